// SPDX-License-Identifier: GPL-2.0-only
/* 16550A register behaviour, by the PC16550D data sheet. */
#include <errno.h>
#include <string.h>

#include "../devices/uart16550.h"
#include "random.h"
#include "tap.h"

#define RBR	0
#define THR	0
#define IER	1
#define IIR	2
#define FCR	2
#define LCR	3
#define MCR	4
#define LSR	5
#define MSR	6
#define SCR	7

#define RTS	0x02
#define OUT2	0x08
#define LOOP	0x10

static struct bus ports;
static struct uart16550 uart;
static u8 sent[64];
static unsigned int nr_sent, nr_rooms, nr_edges;
static bool irq;

static void output(void *ctx, u8 byte)
{
	(void)ctx;
	if (nr_sent < sizeof(sent))
		sent[nr_sent++] = byte;
}

static void input_room(void *ctx)
{
	(void)ctx;
	nr_rooms++;
}

static void set_irq(void *ctx, bool up)
{
	(void)ctx;
	irq = up;
	nr_edges += up;
}

static u8 in(u16 reg)
{
	return bus_read(&ports, UART_COM1 + reg, 1);
}

static void out(u16 reg, u8 value)
{
	bus_write(&ports, UART_COM1 + reg, 1, value);
}

static void setup_untouched(void)
{
	struct uart_io io = { .output = output, .input_room = input_room };
	struct dev_line line = { .set = set_irq };

	bus_init(&ports);
	nr_sent = 0;
	nr_rooms = 0;
	nr_edges = 0;
	irq = false;
	CHECK_EQ(0, dev_uart_init(&uart, &ports, UART_COM1, &io, &line));
}

/* As a program does that only polls. */
static void setup(void)
{
	setup_untouched();
	in(LSR);
	nr_rooms = 0;
}

static unsigned int push(const char *text)
{
	return dev_uart_push_input(&uart, (const u8 *)text, strlen(text));
}

static void registers_after_reset(void)
{
	setup();
	CHECK_EQ(0x00, in(IER));
	CHECK_EQ(0x01, in(IIR));
	CHECK_EQ(0x00, in(LCR));
	CHECK_EQ(0x00, in(MCR));
	CHECK_EQ(0x60, in(LSR));
	CHECK_EQ(0xb0, in(MSR));
	CHECK(!irq);
}

static void it_claims_eight_ports_once(void)
{
	struct uart_io io = { .output = NULL };
	struct uart16550 other;

	setup();
	CHECK_STR("16550 UART", bus_find(&ports, 0x3f8));
	CHECK_STR("16550 UART", bus_find(&ports, 0x3ff));
	CHECK(!bus_find(&ports, 0x400));
	CHECK_EQ(-EEXIST, dev_uart_init(&other, &ports, 0x3ff, &io, NULL));
}

/* How drivers tell a UART from nothing: scratch keeps, IER's high bits do not exist. */
static void probing_finds_a_16550a(void)
{
	setup();
	out(SCR, 0xa5);
	CHECK_EQ(0xa5, in(SCR));
	out(IER, 0xff);
	CHECK_EQ(0x0f, in(IER));
	out(IER, 0);
	out(MCR, 0xff);
	CHECK_EQ(0x1f, in(MCR));
	out(MCR, 0);
	CHECK_EQ(0x00, in(IIR) & 0xc0);
	out(FCR, 0x01);
	CHECK_EQ(0xc0, in(IIR) & 0xc0);
	out(FCR, 0x00);
	CHECK_EQ(0x00, in(IIR) & 0xc0);
}

static void the_divisor_latch_hides_data_and_ier(void)
{
	setup();
	out(IER, 0x05);
	out(LCR, 0x80);
	out(0, 0x01);
	out(1, 0x02);
	CHECK_EQ(0x01, in(0));
	CHECK_EQ(0x02, in(1));
	CHECK_EQ(0, nr_sent);
	out(LCR, 0x03);
	CHECK_EQ(0x05, in(IER));
	CHECK_EQ(0x03, in(LCR));
	CHECK_EQ(0x00, in(RBR));
}

static void bytes_written_go_out_in_order(void)
{
	const char *c;

	setup();
	for (c = "Hello"; *c; c++)
		out(THR, *c);
	CHECK_EQ(5, nr_sent);
	CHECK(!memcmp(sent, "Hello", 5));
	CHECK_EQ(0x60, in(LSR));
}

static void the_thr_interrupt_comes_and_is_acknowledged_by_iir(void)
{
	setup();
	out(MCR, RTS | OUT2);
	out(IER, 0x02);
	CHECK(irq);
	CHECK_EQ(0x02, in(IIR));
	CHECK(!irq);
	CHECK_EQ(0x01, in(IIR));
	out(THR, 'x');
	CHECK(irq);
	CHECK_EQ(0x02, in(IIR));
	CHECK_EQ(0x01, in(IIR));
	/* Enabling it again while it is enabled is no new event; off and on is. */
	out(IER, 0x02);
	CHECK(!irq);
	out(IER, 0x00);
	out(IER, 0x02);
	CHECK(irq);
}

static void each_byte_written_makes_an_edge(void)
{
	unsigned int i;

	setup();
	out(MCR, RTS | OUT2);
	out(IER, 0x02);
	CHECK_EQ(1, nr_edges);
	for (i = 0; i < 3; i++)
		out(THR, 'x');
	CHECK_EQ(4, nr_edges);
}

static void reading_iir_for_another_cause_keeps_the_thr_interrupt(void)
{
	setup();
	out(MCR, RTS | OUT2);
	out(IER, 0x03);
	CHECK_EQ(1, push("a"));
	CHECK_EQ(0x04, in(IIR));
	CHECK_EQ(0x04, in(IIR));
	CHECK_EQ('a', in(RBR));
	CHECK_EQ(0x02, in(IIR));
	CHECK_EQ(0x01, in(IIR));
}

static void without_fifo_one_byte_is_received_at_a_time(void)
{
	setup();
	CHECK_EQ(1, dev_uart_input_room(&uart));
	CHECK_EQ(1, push("ab"));
	CHECK_EQ(0, dev_uart_input_room(&uart));
	CHECK_EQ(0, push("b"));
	CHECK_EQ(0x61, in(LSR));
	CHECK_EQ('a', in(RBR));
	CHECK_EQ(1, nr_rooms);
	CHECK_EQ(0x60, in(LSR));
	CHECK_EQ(1, push("b"));
	CHECK_EQ('b', in(RBR));
}

static void the_fifo_takes_16_bytes_and_keeps_their_order(void)
{
	const char *text = "0123456789abcdefgh";
	unsigned int i, round;

	setup();
	out(FCR, 0x01);
	for (round = 0; round < 3; round++) {
		CHECK_EQ(16, push(text));
		CHECK_EQ(0, push("x"));
		for (i = 0; i < 5; i++)
			CHECK_EQ(text[i], in(RBR));
		CHECK_EQ(5, dev_uart_input_room(&uart));
		CHECK_EQ(3, push("XYZ"));
		for (i = 5; i < 16; i++)
			CHECK_EQ(text[i], in(RBR));
		CHECK_EQ('X', in(RBR));
		CHECK_EQ('Y', in(RBR));
		CHECK_EQ('Z', in(RBR));
		CHECK_EQ(0x60, in(LSR));
	}
}

static void the_receive_interrupt_tells_trigger_level_from_timeout(void)
{
	static const struct { u8 fcr; unsigned int level; } triggers[] = {
		{ 0x01, 1 }, { 0x41, 4 }, { 0x81, 8 }, { 0xc1, 14 },
	};
	unsigned int i, count;

	for (i = 0; i < ARRAY_SIZE(triggers); i++) {
		setup();
		out(MCR, RTS | OUT2);
		out(IER, 0x01);
		out(FCR, triggers[i].fcr);
		tap_context("trigger level %u", triggers[i].level);
		CHECK_EQ(0xc1, in(IIR));
		for (count = 1; count <= 16; count++) {
			CHECK_EQ(1, push("x"));
			CHECK_EQ(count < triggers[i].level ? 0xcc : 0xc4, in(IIR));
			CHECK(irq);
		}
		while (count-- > 1)
			in(RBR);
		CHECK_EQ(0xc1, in(IIR));
		CHECK(!irq);
	}
}

static void fcr_empties_the_receiver(void)
{
	setup();
	out(FCR, 0x01);
	push("abc");
	out(FCR, 0x03);
	CHECK_EQ(0x60, in(LSR));
	CHECK(nr_rooms > 0);
	push("abc");
	out(FCR, 0x05);			/* the transmitter's only */
	CHECK_EQ(0x61, in(LSR));
	out(FCR, 0x00);			/* turning the FIFOs off empties them too */
	CHECK_EQ(0x60, in(LSR));
	push("a");
	out(FCR, 0xc2);			/* without the enable bit, the others do nothing */
	CHECK_EQ(0x61, in(LSR));
	CHECK_EQ(0x00, in(IIR) & 0xc0);
}

static void loopback_sends_to_the_receiver_and_not_out(void)
{
	setup();
	out(MCR, LOOP);
	out(THR, 0x5a);
	CHECK_EQ(0, nr_sent);
	CHECK_EQ(0x61, in(LSR));
	CHECK_EQ(0x5a, in(RBR));
	CHECK_EQ(0, push("a"));		/* the line is cut off */
	nr_rooms = 0;
	out(MCR, RTS);
	CHECK_EQ(1, nr_rooms);
	CHECK_EQ(1, push("a"));
}

/* What a pipe holds at power-on must not get lost in what a driver does before it listens. */
static void input_waits_until_the_guest_listens(void)
{
	setup_untouched();
	CHECK_EQ(0, push("a"));
	in(LSR);			/* a program that only polls */
	CHECK_EQ(1, nr_rooms);
	CHECK_EQ(1, push("a"));

	setup_untouched();
	out(MCR, 0x01);			/* a driver that prints, with DTR alone */
	in(LSR);
	CHECK_EQ(0, push("a"));
	out(FCR, 0x07);
	in(RBR);
	out(MCR, 0x01 | RTS);
	CHECK_EQ(1, nr_rooms);
	CHECK_EQ(1, push("a"));
	CHECK_EQ('a', in(RBR));
	out(MCR, 0x01);
	CHECK_EQ(0, push("b"));
}

static void loopback_connects_modem_outputs_to_inputs(void)
{
	static const struct { u8 mcr, msr; } wires[] = {
		{ 0x01, 0x20 }, { 0x02, 0x10 }, { 0x04, 0x40 }, { 0x08, 0x80 }, { 0x0f, 0xf0 },
		{ 0x00, 0x00 },
	};
	unsigned int i;

	setup();
	for (i = 0; i < ARRAY_SIZE(wires); i++) {
		tap_context("MCR %#x", wires[i].mcr);
		out(MCR, LOOP | wires[i].mcr);
		CHECK_EQ(wires[i].msr, in(MSR) & 0xf0);
	}
}

static void modem_deltas_are_noted_and_cleared_by_reading(void)
{
	setup();
	out(MCR, LOOP);
	in(MSR);
	out(MCR, LOOP | 0x03);
	CHECK_EQ(0x33, in(MSR));	/* CTS and DSR came up */
	CHECK_EQ(0x30, in(MSR));
	out(MCR, LOOP | 0x04);		/* they go, a ring begins: no trailing edge yet */
	CHECK_EQ(0x43, in(MSR));
	out(MCR, LOOP);
	CHECK_EQ(0x04, in(MSR));	/* the ring ends */
	out(MCR, LOOP | 0x08);
	CHECK_EQ(0x88, in(MSR));
}

static void the_modem_status_interrupt_is_the_last_in_priority(void)
{
	setup();
	out(IER, 0x0f);
	CHECK_EQ(0x02, in(IIR));	/* THR is empty */
	CHECK_EQ(0x01, in(IIR));
	out(MCR, LOOP | 0x01);
	CHECK_EQ(0x00, in(IIR));
	out(THR, 'x');
	CHECK_EQ(0x04, in(IIR));	/* received data before THR and modem */
	in(RBR);
	CHECK_EQ(0x02, in(IIR));
	CHECK_EQ(0x00, in(IIR));
	in(MSR);
	CHECK_EQ(0x01, in(IIR));
}

static void an_overrun_is_reported_first_and_cleared_by_lsr(void)
{
	setup();
	out(IER, 0x05);
	out(MCR, LOOP);
	out(THR, 'a');
	out(THR, 'b');
	CHECK_EQ(0x06, in(IIR));
	CHECK_EQ(0x63, in(LSR));
	CHECK_EQ(0x61, in(LSR));
	CHECK_EQ(0x04, in(IIR));
	CHECK_EQ('b', in(RBR));		/* without FIFOs the new character replaces the old */
}

static void a_fifo_overrun_keeps_the_fifo(void)
{
	unsigned int i;

	setup();
	out(FCR, 0x01);
	out(MCR, LOOP);
	for (i = 0; i < 17; i++)
		out(THR, i);
	CHECK_EQ(0x63, in(LSR));
	for (i = 0; i < 16; i++)
		CHECK_EQ(i, in(RBR));
	CHECK_EQ(0x60, in(LSR));
}

static void out2_gates_the_interrupt_and_loopback_holds_it_off(void)
{
	setup();
	out(IER, 0x01);
	push("a");
	CHECK_EQ(0x04, in(IIR));
	CHECK(!irq);
	out(MCR, RTS | OUT2);
	CHECK(irq);
	out(MCR, RTS | OUT2 | LOOP);
	CHECK(!irq);
	out(MCR, RTS | OUT2);
	CHECK(irq);
	in(RBR);
	CHECK(!irq);
	CHECK_EQ(2, nr_edges);
}

static void line_and_modem_status_cannot_be_written(void)
{
	setup();
	out(LSR, 0xff);
	out(MSR, 0xff);
	CHECK_EQ(0x60, in(LSR));
	CHECK_EQ(0xb0, in(MSR));
}

/* With TI16750's wider FIFO switched on, IIR would show it. */
static u8 iir_with_64_byte_fifo(u8 lcr)
{
	u8 iir;

	out(LCR, lcr);
	out(FCR, 0x21);
	iir = in(IIR) >> 5;
	out(FCR, 0x01);
	out(LCR, 0);
	return iir;
}

/* What Linux does to tell the family's members apart must end at the 16550A. */
static void linux_takes_it_for_a_16550a(void)
{
	u8 mcr;

	setup();
	out(IER, 0);
	CHECK_EQ(0, in(IER) & 0x0f);
	out(IER, 0x0f);
	CHECK_EQ(0x0f, in(IER) & 0x0f);
	out(IER, 0);
	out(MCR, LOOP | 0x0a);			/* RTS and OUT2 come back as CTS and DCD */
	CHECK_EQ(0x90, in(MSR) & 0xf0);
	out(MCR, 0);
	out(LCR, 0xbf);
	out(IIR, 0);				/* an EFR of the 16650's would be here */
	out(LCR, 0);
	out(FCR, 0x01);
	CHECK_EQ(3, in(IIR) >> 6);
	out(LCR, 0x80);
	CHECK(in(IIR) != 0);			/* nor is it one of those with EFR at DLAB */
	out(LCR, 0xbf);
	CHECK(in(IIR) != 0);
	out(LCR, 0);
	mcr = in(MCR);
	out(MCR, mcr ^ LOOP);
	out(LCR, 0xe0);				/* a bank switch of National's would show MCR */
	CHECK_EQ(mcr & LOOP, in(IIR) & LOOP);
	out(LCR, 0);
	out(MCR, mcr);
	CHECK_EQ(6, iir_with_64_byte_fifo(0));
	CHECK_EQ(6, iir_with_64_byte_fifo(0x80));
	out(IER, 0x40);				/* XScale's unit enable */
	CHECK_EQ(0, in(IER) & 0x40);
}

/* Its start-up tests: the interrupt of an empty THR must come each time that it is enabled. */
static void linux_finds_no_fault_in_the_thr_interrupt(void)
{
	unsigned int i;

	setup();
	out(MCR, RTS | OUT2);
	for (i = 0; i < 3; i++) {
		out(IER, 0x02);
		CHECK(irq);
		CHECK_EQ(0x60, in(LSR) & 0x60);
		CHECK_EQ(0x02, in(IIR));
		CHECK(!irq);
		out(IER, 0);
	}
	out(IER, 0x02);
	out(IER, 0);
	CHECK(!irq);
	CHECK_EQ(0x01, in(IIR));
	out(IER, 0x02);
	CHECK(irq);
	CHECK_EQ(4 + 1, nr_edges);
}

/* As a driver works: sixteen bytes for each interrupt, until there are no more. */
static void a_driver_sends_sixteen_bytes_per_interrupt(void)
{
	unsigned int left = sizeof(sent), i;

	setup();
	out(FCR, 0x01);
	out(MCR, RTS | OUT2);
	out(IER, 0x02);
	while (irq) {
		CHECK_EQ(0xc2, in(IIR));
		for (i = 0; i < 16 && left; i++)
			out(THR, left--);
		if (!left)
			out(IER, 0);
	}
	CHECK_EQ(sizeof(sent), nr_sent);
	CHECK_EQ(1, sent[sizeof(sent) - 1]);
}

/* Whatever is written and received, no byte too many is kept, and IIR and the line agree. */
static void no_sequence_of_accesses_confuses_it(void)
{
	unsigned int step;

	setup();
	random_seed(7);
	for (step = 0; step < 200000; step++) {
		unsigned int size = 1 + random_below(8), before = nr_edges;
		u16 port = UART_COM1 - 2 + random_below(12);
		u8 bytes[20];

		tap_context("step %u", step);
		switch (random_below(4)) {
		case 0:
		case 1:
			bus_write(&ports, port, size, random_word());
			break;
		case 2:
			bus_read(&ports, port, size);
			break;
		case 3:
			memset(bytes, step, sizeof(bytes));
			CHECK(dev_uart_push_input(&uart, bytes, random_below(20)) <= 16);
			break;
		}
		CHECK(nr_edges - before <= size);
		CHECK(dev_uart_input_room(&uart) <= 16);
		if (random_below(16) == 0) {
			bool pending = irq;

			if ((in(MCR) & (OUT2 | LOOP)) == OUT2)
				CHECK_EQ(!pending, in(IIR) & 1);
			else
				CHECK(!pending);
		}
	}
}

static const struct tap_test tests[] = {
	TEST(registers_after_reset),
	TEST(it_claims_eight_ports_once),
	TEST(probing_finds_a_16550a),
	TEST(the_divisor_latch_hides_data_and_ier),
	TEST(bytes_written_go_out_in_order),
	TEST(the_thr_interrupt_comes_and_is_acknowledged_by_iir),
	TEST(each_byte_written_makes_an_edge),
	TEST(reading_iir_for_another_cause_keeps_the_thr_interrupt),
	TEST(without_fifo_one_byte_is_received_at_a_time),
	TEST(the_fifo_takes_16_bytes_and_keeps_their_order),
	TEST(the_receive_interrupt_tells_trigger_level_from_timeout),
	TEST(fcr_empties_the_receiver),
	TEST(loopback_sends_to_the_receiver_and_not_out),
	TEST(input_waits_until_the_guest_listens),
	TEST(loopback_connects_modem_outputs_to_inputs),
	TEST(modem_deltas_are_noted_and_cleared_by_reading),
	TEST(the_modem_status_interrupt_is_the_last_in_priority),
	TEST(an_overrun_is_reported_first_and_cleared_by_lsr),
	TEST(a_fifo_overrun_keeps_the_fifo),
	TEST(out2_gates_the_interrupt_and_loopback_holds_it_off),
	TEST(line_and_modem_status_cannot_be_written),
	TEST(linux_takes_it_for_a_16550a),
	TEST(linux_finds_no_fault_in_the_thr_interrupt),
	TEST(a_driver_sends_sixteen_bytes_per_interrupt),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

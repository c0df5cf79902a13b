// SPDX-License-Identifier: GPL-2.0-only
/*
 * 16550A UART (National Semiconductor PC16550D data sheet). Model and ownership: uart16550.h.
 */
#include <string.h>

#include "uart16550.h"

#define REG_DATA	0	/* RBR, THR; DLL with LCR.DLAB */
#define REG_IER		1	/* DLM with LCR.DLAB */
#define REG_IIR		2	/* FCR when written */
#define REG_LCR		3
#define REG_MCR		4
#define REG_LSR		5
#define REG_MSR		6
#define REG_SCR		7
#define UART_PORTS	8

#define IER_RX		0x01
#define IER_THRE	0x02
#define IER_LINE	0x04
#define IER_MODEM	0x08
#define IER_MASK	0x0f

#define IIR_MODEM	0x00
#define IIR_NONE	0x01
#define IIR_THRE	0x02
#define IIR_RX		0x04
#define IIR_LINE	0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFO	0xc0

#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define FCR_DMA		0x08
#define FCR_TRIGGER	0xc0

#define LCR_DLAB	0x80

#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT1	0x04
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10
#define MCR_MASK	0x1f

#define LSR_DR		0x01
#define LSR_OE		0x02
#define LSR_THRE	0x20
#define LSR_TEMT	0x40

#define MSR_TERI	0x04
#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80
#define MSR_DELTAS	0x0f

#define DIVISOR_9600	12

static bool fifo_enabled(const struct uart16550 *uart)
{
	return uart->fcr & FCR_ENABLE;
}

/* Without FIFOs there is one receive buffer register. */
static unsigned int rx_capacity(const struct uart16550 *uart)
{
	return fifo_enabled(uart) ? UART_FIFO_SIZE : 1;
}

static unsigned int rx_trigger(const struct uart16550 *uart)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	return fifo_enabled(uart) ? levels[uart->fcr >> 6] : 1;
}

/* Modem inputs: a terminal that is always there, or, in loopback, the UART's own outputs. */
static u8 modem_inputs(const struct uart16550 *uart)
{
	u8 inputs = 0;

	if (!(uart->mcr & MCR_LOOP))
		return MSR_DCD | MSR_DSR | MSR_CTS;
	if (uart->mcr & MCR_RTS)
		inputs |= MSR_CTS;
	if (uart->mcr & MCR_DTR)
		inputs |= MSR_DSR;
	if (uart->mcr & MCR_OUT1)
		inputs |= MSR_RI;
	if (uart->mcr & MCR_OUT2)
		inputs |= MSR_DCD;
	return inputs;
}

static u8 line_status(const struct uart16550 *uart)
{
	return LSR_THRE | LSR_TEMT | uart->lsr_errors | (uart->fifo_count ? LSR_DR : 0);
}

/* The interrupt that IIR names: the one of highest priority among those enabled. */
static u8 interrupt_id(const struct uart16550 *uart)
{
	if ((uart->ier & IER_LINE) && uart->lsr_errors)
		return IIR_LINE;
	if ((uart->ier & IER_RX) && uart->fifo_count)
		return uart->fifo_count >= rx_trigger(uart) ? IIR_RX : IIR_TIMEOUT;
	if ((uart->ier & IER_THRE) && uart->thre_pending)
		return IIR_THRE;
	if ((uart->ier & IER_MODEM) && uart->msr_deltas)
		return IIR_MODEM;
	return IIR_NONE;
}

/*
 * On a PC, OUT2 gates the interrupt to the bus. In loopback the pin is inactive whatever MCR says,
 * so interrupts show in IIR only.
 */
static void update_irq(struct uart16550 *uart)
{
	bool gate = (uart->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

	dev_line_set(&uart->irq, gate && interrupt_id(uart) != IIR_NONE);
}

static void rx_clear(struct uart16550 *uart)
{
	uart->fifo_start = 0;
	uart->fifo_count = 0;
}

/*
 * A character arrives. When there is no room the FIFO keeps what it has, and the new one is lost;
 * without FIFOs the new one replaces the old.
 */
static void rx_character(struct uart16550 *uart, u8 byte)
{
	if (uart->fifo_count == rx_capacity(uart)) {
		uart->lsr_errors |= LSR_OE;
		if (fifo_enabled(uart))
			return;
		rx_clear(uart);
	}
	uart->fifo[(uart->fifo_start + uart->fifo_count) % UART_FIFO_SIZE] = byte;
	uart->fifo_count++;
}

static u8 read_rbr(struct uart16550 *uart)
{
	u8 byte;

	if (!uart->fifo_count)
		return 0;
	byte = uart->fifo[uart->fifo_start];
	uart->fifo_start = (uart->fifo_start + 1) % UART_FIFO_SIZE;
	uart->fifo_count--;
	if (uart->io.input_room)
		uart->io.input_room(uart->io.ctx);
	return byte;
}

static void write_thr(struct uart16550 *uart, u8 byte)
{
	if (uart->mcr & MCR_LOOP)
		rx_character(uart, byte);
	else if (uart->io.output)
		uart->io.output(uart->io.ctx, byte);
	/*
	 * Filling THR ends its interrupt, and THR is empty again at once: an edge-triggered
	 * interrupt controller must see both.
	 */
	uart->thre_pending = false;
	update_irq(uart);
	uart->thre_pending = true;
}

/* Reading IIR acknowledges the THR-empty interrupt, if that is the one it shows. */
static u8 read_iir(struct uart16550 *uart)
{
	u8 id = interrupt_id(uart);

	if (id == IIR_THRE)
		uart->thre_pending = false;
	return id | (fifo_enabled(uart) ? IIR_FIFO : 0);
}

static u8 read_lsr(struct uart16550 *uart)
{
	u8 status = line_status(uart);

	uart->lsr_errors = 0;
	return status;
}

static u8 read_msr(struct uart16550 *uart)
{
	u8 status = modem_inputs(uart) | uart->msr_deltas;

	uart->msr_deltas = 0;
	return status;
}

/* Enabling the THR-empty interrupt while THR is empty, which it always is, raises it. */
static void write_ier(struct uart16550 *uart, u8 value)
{
	if ((value & IER_THRE) && !(uart->ier & IER_THRE))
		uart->thre_pending = true;
	uart->ier = value & IER_MASK;
}

/*
 * Switching the FIFOs on or off empties them; the other bits count only together with FCR_ENABLE.
 */
static void write_fcr(struct uart16550 *uart, u8 value)
{
	bool had_data = uart->fifo_count;

	if ((value ^ uart->fcr) & FCR_ENABLE)
		rx_clear(uart);
	if (!(value & FCR_ENABLE))
		value = 0;
	if (value & FCR_CLEAR_RX)
		rx_clear(uart);
	uart->fcr = value & (FCR_ENABLE | FCR_DMA | FCR_TRIGGER);
	if (had_data && !uart->fifo_count && uart->io.input_room)
		uart->io.input_room(uart->io.ctx);
}

static bool listening(const struct uart16550 *uart)
{
	if (uart->mcr_written)
		return (uart->mcr & (MCR_RTS | MCR_LOOP)) == MCR_RTS;
	return uart->polled;
}

static void tell_room(struct uart16550 *uart, bool was_listening)
{
	if (!was_listening && listening(uart) && uart->io.input_room)
		uart->io.input_room(uart->io.ctx);
}

/* DCTS, DDSR and DDCD note any change; TERI only the end of a ring. */
static void write_mcr(struct uart16550 *uart, u8 value)
{
	u8 before = modem_inputs(uart), changed;
	bool was_listening = listening(uart);

	uart->mcr = value & MCR_MASK;
	uart->mcr_written = true;
	changed = before ^ modem_inputs(uart);
	uart->msr_deltas |= (changed >> 4) & (MSR_DELTAS & ~MSR_TERI);
	if (changed & before & MSR_RI)
		uart->msr_deltas |= MSR_TERI;
	tell_room(uart, was_listening);
}

static void uart_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct uart16550 *uart = dev;
	bool dlab = uart->lcr & LCR_DLAB, was_listening;

	(void)size;
	switch (offset) {
	case REG_DATA:
		*value = dlab ? uart->dll : read_rbr(uart);
		break;
	case REG_IER:
		*value = dlab ? uart->dlm : uart->ier;
		break;
	case REG_IIR:
		*value = read_iir(uart);
		break;
	case REG_LCR:
		*value = uart->lcr;
		break;
	case REG_MCR:
		*value = uart->mcr;
		break;
	case REG_LSR:
		was_listening = listening(uart);
		uart->polled = true;
		tell_room(uart, was_listening);
		*value = read_lsr(uart);
		break;
	case REG_MSR:
		*value = read_msr(uart);
		break;
	case REG_SCR:
		*value = uart->scr;
		break;
	}
	update_irq(uart);
}

static void uart_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct uart16550 *uart = dev;
	bool dlab = uart->lcr & LCR_DLAB;

	(void)size;
	switch (offset) {
	case REG_DATA:
		if (dlab)
			uart->dll = value;
		else
			write_thr(uart, value);
		break;
	case REG_IER:
		if (dlab)
			uart->dlm = value;
		else
			write_ier(uart, value);
		break;
	case REG_IIR:
		write_fcr(uart, value);
		break;
	case REG_LCR:
		uart->lcr = value;
		break;
	case REG_MCR:
		write_mcr(uart, value);
		break;
	case REG_SCR:
		uart->scr = value;
		break;
	default:		/* LSR and MSR are for reading only, outside the factory */
		break;
	}
	update_irq(uart);
}

static const struct bus_device uart_device = {
	.name = "16550 UART",
	.width = 1,
	.read = uart_read,
	.write = uart_write,
};

int dev_uart_init(struct uart16550 *uart, struct bus *ports, u16 base, const struct uart_io *io,
		  const struct dev_line *irq)
{
	memset(uart, 0, sizeof(*uart));
	uart->io = *io;
	if (irq)
		uart->irq = *irq;
	uart->dll = DIVISOR_9600;
	return bus_add(ports, base, UART_PORTS, &uart_device, uart);
}

unsigned int dev_uart_input_room(const struct uart16550 *uart)
{
	if (!listening(uart))
		return 0;
	return rx_capacity(uart) - uart->fifo_count;
}

unsigned int dev_uart_push_input(struct uart16550 *uart, const u8 *bytes, unsigned int count)
{
	unsigned int room = dev_uart_input_room(uart), i;

	if (count > room)
		count = room;
	for (i = 0; i < count; i++)
		rx_character(uart, bytes[i]);
	update_irq(uart);
	return count;
}

// SPDX-License-Identifier: GPL-2.0-only
/* i8042 register behaviour, and the keys that are typed through it. */
#include <errno.h>
#include <string.h>

#include "../devices/i8042.h"
#include "../devices/keys.h"
#include "random.h"
#include "tap.h"

#define DATA		0x60
#define STATUS		0x64
#define COMMAND		0x64

#define FULL		0x01
#define WAS_COMMAND	0x08

static struct bus ports;
static struct i8042 kbc;
static unsigned int nr_resets, nr_edges;
static bool irq;

static void reset(void *ctx)
{
	(void)ctx;
	nr_resets++;
}

static void set_irq(void *ctx, bool up)
{
	(void)ctx;
	irq = up;
	nr_edges += up;
}

static void setup(void)
{
	struct i8042_io io = { .reset = reset };
	struct dev_line line = { .set = set_irq };

	bus_init(&ports);
	nr_resets = 0;
	nr_edges = 0;
	irq = false;
	CHECK_EQ(0, dev_i8042_init(&kbc, &ports, &io, &line));
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

static bool push(u8 code)
{
	return dev_i8042_push_scancodes(&kbc, &code, 1);
}

/* The next byte must be there and be this one. */
static void check_next(u8 expected)
{
	CHECK_EQ(FULL, in(STATUS) & FULL);
	CHECK_EQ(expected, in(DATA));
}

static void check_empty(void)
{
	CHECK_EQ(0, in(STATUS) & FULL);
}

static void command_with_data(u8 command, u8 data)
{
	out(COMMAND, command);
	out(DATA, data);
}

static void status_after_firmware(void)
{
	setup();
	CHECK_EQ(0x14, in(STATUS));	/* nothing to read, self-test passed, not locked */
	CHECK(!irq);
	CHECK(!bus_find(&ports, 0x62));
}

static void the_self_test_passes(void)
{
	setup();
	out(COMMAND, 0xaa);
	CHECK_EQ(0x14 | FULL | WAS_COMMAND, in(STATUS));
	check_next(0x55);
	check_empty();
	out(COMMAND, 0xab);
	check_next(0x00);
}

static void status_tells_commands_from_data(void)
{
	setup();
	out(COMMAND, 0xae);
	CHECK_EQ(WAS_COMMAND, in(STATUS) & WAS_COMMAND);
	out(DATA, 0xf4);
	CHECK_EQ(0, in(STATUS) & WAS_COMMAND);
}

static void pulsing_bit_0_resets(void)
{
	unsigned int command;

	setup();
	for (command = 0xf0; command <= 0xff; command++) {
		nr_resets = 0;
		out(COMMAND, command);
		tap_context("command %#x", command);
		CHECK_EQ(!(command & 1), nr_resets);
	}
}

static void clearing_bit_0_of_the_output_port_resets(void)
{
	setup();
	command_with_data(0xd1, 0xdf);
	CHECK_EQ(0, nr_resets);
	out(COMMAND, 0xd0);
	check_next(0xdf);
	command_with_data(0xd1, 0xde);
	CHECK_EQ(1, nr_resets);
}

/* A guest that closes the A20 gate finds it open. */
static void a20_is_always_on(void)
{
	setup();
	command_with_data(0xd1, 0x01);
	out(COMMAND, 0xd0);
	check_next(0x03);
}

static void the_controllers_ram_can_be_read_and_written(void)
{
	unsigned int i;

	setup();
	for (i = 1; i < 32; i++)
		command_with_data(0x60 + i, 0x80 + i);
	for (i = 1; i < 32; i++) {
		out(COMMAND, 0x20 + i);
		check_next(0x80 + i);
	}
}

static void the_command_byte_sets_system_flag_interrupt_and_keyboard(void)
{
	setup();
	out(COMMAND, 0x20);
	check_next(0x65);
	command_with_data(0x60, 0x20);
	CHECK_EQ(0, in(STATUS) & 0x04);
	push(0x1e);
	CHECK(!irq);
	command_with_data(0x60, 0x25);
	CHECK_EQ(0x04, in(STATUS) & 0x04);
	CHECK(irq);
	check_next(0x1e);
	CHECK(!irq);
}

static void keys_arrive_in_order_with_one_edge_each(void)
{
	u8 i;

	setup();
	for (i = 1; i <= 10; i++)
		CHECK(push(i));
	CHECK(irq);
	for (i = 1; i <= 10; i++) {
		CHECK_EQ(i, nr_edges);
		check_next(i);
	}
	check_empty();
	CHECK(!irq);
	CHECK_EQ(10, in(DATA));		/* the buffer keeps its last byte */
	CHECK_EQ(10, nr_edges);
}

static void the_queue_takes_all_of_a_key_or_nothing(void)
{
	u8 long_key[6] = { 0 };
	unsigned int taken = 0;

	setup();
	while (taken < 1000 && dev_i8042_push_scancodes(&kbc, long_key, sizeof(long_key)))
		taken++;
	CHECK(taken >= 10 && taken < 1000);
	CHECK_EQ(taken * sizeof(long_key), kbc.queue_count + 1);
	in(DATA);
	for (taken = 0; taken < 5; taken++)
		in(DATA);
	CHECK(dev_i8042_push_scancodes(&kbc, long_key, sizeof(long_key)));
}

static void a_disabled_keyboard_holds_its_keys_back(void)
{
	setup();
	out(COMMAND, 0xad);
	push(0x1e);
	check_empty();
	out(COMMAND, 0x20);
	check_next(0x75);
	out(COMMAND, 0xae);
	check_next(0x1e);
	/* A byte for the keyboard opens its line too. */
	out(COMMAND, 0xad);
	out(DATA, 0xee);
	check_next(0xee);
}

static void the_controllers_reply_overtakes_queued_keys(void)
{
	setup();
	push(0x1e);
	push(0x9e);
	out(COMMAND, 0xaa);
	check_next(0x1e);		/* was in the output buffer already */
	check_next(0x55);
	check_next(0x9e);
}

static void the_keyboard_answers_its_commands(void)
{
	setup();
	out(DATA, 0xff);
	check_next(0xfa);
	check_next(0xaa);
	out(DATA, 0xf2);
	check_next(0xfa);
	check_next(0xab);
	check_next(0x41);		/* 0x83, translated */
	out(DATA, 0xee);
	check_next(0xee);
	out(DATA, 0xed);
	check_next(0xfa);
	out(DATA, 0x07);
	check_next(0xfa);
	out(DATA, 0xf3);
	check_next(0xfa);
	out(DATA, 0x20);
	check_next(0xfa);
	out(DATA, 0xf0);
	check_next(0xfa);
	out(DATA, 0x00);
	check_next(0xfa);
	check_next(0x41);
	out(DATA, 0x55);		/* no such command: send again */
	check_next(0xfe);
	out(DATA, 0xfe);
	check_next(0xfe);
	check_empty();
}

static void without_translation_the_keyboard_has_its_own_id(void)
{
	setup();
	command_with_data(0x60, 0x25);
	out(DATA, 0xf2);
	check_next(0xfa);
	check_next(0xab);
	check_next(0x83);
}

static void a_command_instead_of_data_starts_anew(void)
{
	setup();
	out(DATA, 0xed);
	check_next(0xfa);
	out(DATA, 0xf5);		/* scanning off, not LEDs */
	check_next(0xfa);
	push(0x1e);
	check_empty();
	out(DATA, 0x01);
	check_next(0xfe);
}

static void with_scanning_off_keys_are_lost_and_answers_are_not(void)
{
	setup();
	out(DATA, 0xf5);
	check_next(0xfa);
	CHECK(push(0x1e));
	check_empty();
	out(DATA, 0xee);
	check_next(0xee);
	out(DATA, 0xf4);
	check_next(0xfa);
	CHECK(push(0x1f));
	check_next(0x1f);
}

/* What Linux does to find out whether there is a mouse: it must find none, and quickly. */
static void there_is_no_second_port(void)
{
	setup();
	command_with_data(0xd3, 0x5a);
	CHECK_EQ(FULL, in(STATUS) & (FULL | 0x20));
	check_next(0x5a);
	out(COMMAND, 0xa9);
	check_next(0x01);
	out(COMMAND, 0xa8);
	out(COMMAND, 0x20);
	check_next(0x65);
	command_with_data(0x60, 0x47);
	out(COMMAND, 0x20);
	check_next(0x67);
	command_with_data(0xd4, 0xf2);
	check_empty();
}

static void other_commands(void)
{
	setup();
	command_with_data(0xd2, 0x77);
	check_next(0x77);
	out(COMMAND, 0xc0);
	check_next(0x80);
	out(COMMAND, 0xe0);
	check_next(0x00);
	out(COMMAND, 0x99);
	check_empty();
}

static void characters_become_keys_of_a_us_keyboard(void)
{
	static const struct { char c; unsigned int n; u8 codes[4]; } keys[] = {
		{ 'p', 2, { 0x19, 0x99 } },
		{ 'P', 4, { 0x2a, 0x19, 0x99, 0xaa } },
		{ '1', 2, { 0x02, 0x82 } },
		{ '!', 4, { 0x2a, 0x02, 0x82, 0xaa } },
		{ '/', 2, { 0x35, 0xb5 } },
		{ '\\', 2, { 0x2b, 0xab } },
		{ '`', 2, { 0x29, 0xa9 } },
		{ '~', 4, { 0x2a, 0x29, 0xa9, 0xaa } },
		{ ' ', 2, { 0x39, 0xb9 } },
		{ '\n', 2, { 0x1c, 0x9c } },
		{ 0x1b, 2, { 0x01, 0x81 } },
		{ '\b', 2, { 0x0e, 0x8e } },
	};
	u8 codes[KEYS_CODES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		tap_context("character %#x", keys[i].c);
		CHECK_EQ(keys[i].n, keys_for_character(keys[i].c, codes));
		CHECK(!memcmp(keys[i].codes, codes, keys[i].n));
	}
	tap_context(NULL);
	CHECK_EQ(0, keys_for_character(0, codes));
	CHECK_EQ(0, keys_for_character((char)0xe4, codes));
	CHECK_EQ(0, keys_for_character(0x01, codes));
}

/* No two characters share a key and shift state; all of printable ASCII can be typed. */
static void every_printable_character_has_a_key_of_its_own(void)
{
	u8 codes[KEYS_CODES], seen[256] = { 0 };
	int c;

	for (c = ' '; c <= '~'; c++) {
		unsigned int n = keys_for_character(c, codes);
		u8 key = n == 4 ? codes[1] | 0x80 : codes[0];

		tap_context("character '%c'", c);
		CHECK(n == 2 || n == 4);
		CHECK(!seen[key]);
		seen[key] = 1;
	}
}

static u8 read_command_byte(void)
{
	out(COMMAND, 0x20);
	CHECK_EQ(FULL, in(STATUS) & FULL);
	return in(DATA);
}

/* A byte to the keyboard, and its answers, each by an interrupt. */
static void check_keyboard(u8 byte, unsigned int count, const u8 *answers)
{
	unsigned int i, before = nr_edges;

	out(DATA, byte);
	for (i = 0; i < count; i++) {
		tap_context("byte %#x, answer %u", byte, i);
		CHECK(irq);
		CHECK_EQ(before + i + 1, nr_edges);
		CHECK_EQ(FULL, in(STATUS) & (FULL | 0x20));
		CHECK_EQ(answers[i], in(DATA));
	}
	CHECK(!irq);
	tap_context(NULL);
}

/* What Linux does when it starts: the controller, no mouse, then the keyboard with interrupts. */
static void linux_finds_a_controller_and_a_keyboard(void)
{
	static const u8 ack[] = { 0xfa }, id[] = { 0xfa, 0xab, 0x41 };
	u8 byte;

	setup();
	push(0x1e);				/* someone leans on the keyboard */
	while (in(STATUS) & FULL)
		in(DATA);
	byte = read_command_byte();
	CHECK_EQ(byte, read_command_byte());
	CHECK_EQ(0x40, byte & 0x40);		/* translation: scan codes will be set 1 */
	nr_edges = 0;
	command_with_data(0x60, (byte | 0x30) & ~0x03);
	out(COMMAND, 0xaa);
	check_next(0x55);
	CHECK_EQ((byte | 0x30) & ~0x03, read_command_byte());
	command_with_data(0xd3, 0x5a);
	CHECK_EQ(0, in(STATUS) & 0x20);
	in(DATA);
	out(COMMAND, 0xa9);
	CHECK(in(DATA) != 0x00);
	CHECK_EQ(0, nr_edges);
	command_with_data(0x60, (byte | 0x21) & ~0x10);
	check_keyboard(0xf2, 3, id);
	check_keyboard(0xf5, 1, ack);
	check_keyboard(0xed, 1, ack);
	check_keyboard(0x00, 1, ack);
	check_keyboard(0xf3, 1, ack);
	check_keyboard(0x00, 1, ack);
	check_keyboard(0xf4, 1, ack);
	CHECK(push(0x1e));
	CHECK(irq);
	check_next(0x1e);
}

/* Whatever is written and typed, what waits stays within the queue, and the line follows it. */
static void no_sequence_of_accesses_confuses_it(void)
{
	unsigned int step;

	setup();
	random_seed(8);
	for (step = 0; step < 200000; step++) {
		unsigned int size = 1 + random_below(8), before = nr_edges;
		u16 port = 0x5d + random_below(10);
		bool full;

		tap_context("step %u", step);
		switch (random_below(4)) {
		case 0:
			bus_write(&ports, port, size, random_word());
			break;
		case 1:
			out(random_below(2) ? DATA : COMMAND, random_word());
			break;
		case 2:
			bus_read(&ports, port, size);
			break;
		case 3:
			push(random_word());
			break;
		}
		CHECK(nr_edges - before <= size);
		CHECK(kbc.queue_count <= I8042_QUEUE);
		full = in(STATUS) & FULL;
		CHECK_EQ(full && (kbc.ram[0] & 1), irq);
	}
	out(DATA, 0xff);			/* it can still be reset to a known state */
	command_with_data(0x60, 0x65);
	out(COMMAND, 0xaa);
	while (in(STATUS) & FULL)
		in(DATA);
	out(DATA, 0xee);
	check_next(0xee);
}

static const struct tap_test tests[] = {
	TEST(status_after_firmware),
	TEST(the_self_test_passes),
	TEST(status_tells_commands_from_data),
	TEST(pulsing_bit_0_resets),
	TEST(clearing_bit_0_of_the_output_port_resets),
	TEST(a20_is_always_on),
	TEST(the_controllers_ram_can_be_read_and_written),
	TEST(the_command_byte_sets_system_flag_interrupt_and_keyboard),
	TEST(keys_arrive_in_order_with_one_edge_each),
	TEST(the_queue_takes_all_of_a_key_or_nothing),
	TEST(a_disabled_keyboard_holds_its_keys_back),
	TEST(the_controllers_reply_overtakes_queued_keys),
	TEST(the_keyboard_answers_its_commands),
	TEST(without_translation_the_keyboard_has_its_own_id),
	TEST(a_command_instead_of_data_starts_anew),
	TEST(with_scanning_off_keys_are_lost_and_answers_are_not),
	TEST(there_is_no_second_port),
	TEST(other_commands),
	TEST(characters_become_keys_of_a_us_keyboard),
	TEST(every_printable_character_has_a_key_of_its_own),
	TEST(linux_finds_a_controller_and_a_keyboard),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

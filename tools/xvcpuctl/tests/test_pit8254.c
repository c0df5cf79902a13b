// SPDX-License-Identifier: GPL-2.0-only
/*
 * 8254 and port 0x61 register behaviour, by the data sheet, and against a model that really
 * counts.
 */
#include "pit_bench.h"
#include "pit_clockwork.h"
#include "random.h"
#include "tap.h"

static u8 status(unsigned int channel)
{
	pit_out(CONTROL, 0xe0 | 2 << channel);
	return pit_in(CHANNEL(channel));
}

static void eighty_eight_seconds_have_105_million_clocks(void)
{
	pit_setup();
	pit_out(0x61, 1);
	pit_program(2, MODE(0), 0);
	pit_wait(1);
	CHECK_EQ(0, pit_latched(2));
	pit_bench.now += 88ull * 1000000000;	/* 88 s: 105 million clocks, to the last one */
	CHECK_EQ((u16)-(105000000 % 65536), pit_latched(2));
}

static void mode_0_raises_out_n_plus_1_clocks_after_the_count(void)
{
	pit_setup();
	pit_out(0x61, 1);
	pit_out(CONTROL, SELECT(2) | LOW | MODE(0));
	CHECK(!dev_pit_out(&pit_bench.pit, 2));
	pit_out(CHANNEL(2), 4);
	pit_wait(4);
	CHECK(!dev_pit_out(&pit_bench.pit, 2));
	pit_wait(1);
	CHECK(dev_pit_out(&pit_bench.pit, 2));
	pit_wait(70000);
	CHECK(dev_pit_out(&pit_bench.pit, 2));
	pit_out(CHANNEL(2), 10);
	CHECK(!dev_pit_out(&pit_bench.pit, 2));
}

static void mode_0_counts_on_past_zero(void)
{
	pit_setup();
	pit_program(0, MODE(0), 5);
	pit_wait(1);
	CHECK_EQ(5, pit_latched(0));
	pit_wait(5);
	CHECK_EQ(0, pit_latched(0));
	pit_wait(1);
	CHECK_EQ(0xffff, pit_latched(0));
	pit_wait(65536);
	CHECK_EQ(0xffff, pit_latched(0));
}

/* How grub-invaders waits: mode 0, status until the count is loaded, then latched counts. */
static void null_count_shows_until_the_count_is_loaded(void)
{
	pit_setup();
	pit_program(0, MODE(0), 0x5dc0);
	CHECK_EQ(0x40, status(0) & 0x40);
	pit_wait(1);
	CHECK_EQ(0x00, status(0) & 0x40);
	CHECK_EQ(0x5dc0, pit_latched(0));
}

static void status_shows_out_access_mode_and_bcd(void)
{
	pit_setup();
	pit_program(0, MODE(2), 100);
	pit_wait(1);
	CHECK_EQ(0x80 | BOTH | MODE(2), status(0));
	pit_out(CONTROL, SELECT(0) | LOW | MODE(0) | BCD);
	pit_out(CHANNEL(0), 0x10);
	pit_wait(1);
	CHECK_EQ(LOW | MODE(0) | BCD, status(0));
	pit_wait(10);
	CHECK_EQ(0x80 | LOW | MODE(0) | BCD, status(0));
	pit_out(CONTROL, SELECT(0) | HIGH | MODE(7));
	CHECK_EQ(0x80 | 0x40 | HIGH | MODE(3), status(0));
}

static void a_latched_count_stays_until_it_is_read(void)
{
	pit_setup();
	pit_program(0, MODE(2), 0x1000);
	pit_wait(1);
	pit_out(CONTROL, SELECT(0));
	pit_wait(0x123);
	pit_out(CONTROL, SELECT(0));		/* ignored: there is one already */
	CHECK_EQ(0x1000, pit_read_count(0));
	CHECK_EQ(0x1000 - 0x123, pit_read_count(0));	/* and now it follows the counter */
	pit_wait(1);
	CHECK_EQ(0x1000 - 0x124, pit_read_count(0));
}

static void read_back_latches_several_channels_and_gives_status_first(void)
{
	pit_setup();
	pit_program(0, MODE(2), 0x2222);
	pit_program(1, MODE(2), 0x3333);
	pit_wait(1);
	pit_out(CONTROL, 0xc0 | 0x02 | 0x04);
	pit_wait(0x100);
	CHECK_EQ(0x80 | BOTH | MODE(2), pit_in(CHANNEL(0)));
	CHECK_EQ(0x2222, pit_read_count(0));
	CHECK_EQ(0x80 | BOTH | MODE(2), pit_in(CHANNEL(1)));
	CHECK_EQ(0x3333, pit_read_count(1));
	CHECK_EQ(0x2222 - 0x100, pit_read_count(0));
}

static void single_byte_access_reads_and_writes_that_byte(void)
{
	pit_setup();
	pit_out(CONTROL, SELECT(0) | LOW | MODE(2));
	pit_out(CHANNEL(0), 0x40);
	pit_wait(1);
	CHECK_EQ(0x40, pit_in(CHANNEL(0)));
	CHECK_EQ(0x40, pit_in(CHANNEL(0)));
	pit_out(CONTROL, SELECT(0) | HIGH | MODE(2));
	pit_out(CHANNEL(0), 0x40);
	pit_wait(2);
	CHECK_EQ(0x3f, pit_in(CHANNEL(0)));
	pit_out(CONTROL, SELECT(0));
	CHECK_EQ(0x3f, pit_in(CHANNEL(0)));
}

static void mode_2_pulses_low_for_the_last_clock(void)
{
	unsigned int i;

	pit_setup();
	pit_program(0, MODE(2), 5);
	pit_wait(1);
	for (i = 0; i < 20; i++) {
		tap_context("clock %u", i);
		CHECK_EQ(i % 5 != 4, dev_pit_out(&pit_bench.pit, 0));
		CHECK_EQ(5 - i % 5, pit_latched(0));
		pit_wait(1);
	}
}

static void mode_2_takes_a_new_count_with_the_next_period(void)
{
	pit_setup();
	pit_program(0, MODE(2), 10);
	pit_wait(1 + 3);
	pit_out(CHANNEL(0), 4);
	pit_out(CHANNEL(0), 0);
	CHECK_EQ(7, pit_latched(0));
	CHECK_EQ(0x40, status(0) & 0x40);
	pit_wait(7);
	CHECK_EQ(4, pit_latched(0));
	CHECK_EQ(0, status(0) & 0x40);
	pit_wait(4 * 1000 + 1);
	CHECK_EQ(3, pit_latched(0));
}

static void mode_3_is_square_for_even_and_odd_counts(void)
{
	static const u16 even[] = { 6, 4, 2, 6, 4, 2 };
	static const u16 odd[] = { 4, 2, 0, 4, 2 };
	unsigned int i;

	pit_setup();
	pit_program(0, MODE(3), 6);
	pit_wait(1);
	for (i = 0; i < 24; i++) {
		tap_context("even, clock %u", i);
		CHECK_EQ(i % 6 < 3, dev_pit_out(&pit_bench.pit, 0));
		CHECK_EQ(even[i % 6], pit_latched(0));
		pit_wait(1);
	}
	pit_program(0, MODE(3), 5);
	pit_wait(1);
	for (i = 0; i < 20; i++) {
		tap_context("odd, clock %u", i);
		CHECK_EQ(i % 5 < 3, dev_pit_out(&pit_bench.pit, 0));
		CHECK_EQ(odd[i % 5], pit_latched(0));
		pit_wait(1);
	}
}

static void bcd_counts_in_decimal(void)
{
	pit_setup();
	pit_program(0, MODE(2) | BCD, 0x1000);
	pit_wait(2);
	CHECK_EQ(0x0999, pit_latched(0));
	pit_wait(999);
	CHECK_EQ(0x1000, pit_latched(0));
	pit_program(0, MODE(2) | BCD, 0);		/* 10000 */
	pit_wait(2);
	CHECK_EQ(0x9999, pit_latched(0));
	pit_program(0, MODE(0) | BCD, 0x0003);
	pit_wait(1 + 4);
	CHECK_EQ(0x9999, pit_latched(0));
}

static void count_0_is_the_largest(void)
{
	pit_setup();
	pit_program(0, MODE(2), 0);
	pit_wait(1);
	CHECK_EQ(0, pit_latched(0));
	pit_wait(1);
	CHECK_EQ(0xffff, pit_latched(0));
	pit_wait(65534);
	CHECK_EQ(1, pit_latched(0));
	CHECK(!dev_pit_out(&pit_bench.pit, 0));
	pit_wait(1);
	CHECK_EQ(0, pit_latched(0));
	CHECK(dev_pit_out(&pit_bench.pit, 0));
}

static void port_61_gates_channel_2_and_shows_its_out(void)
{
	pit_setup();
	CHECK_EQ(0, pit_in(0x61) & 0x0f);
	pit_program(2, MODE(0), 1000);
	pit_wait(5000);
	CHECK_EQ(0, pit_in(0x61) & 0x20);		/* the gate is closed */
	CHECK_EQ(1000, pit_latched(2));
	pit_out(0x61, 0xff);
	CHECK_EQ(0x0f, pit_in(0x61) & 0x0f);	/* the rest cannot be written */
	CHECK_EQ(0x00, pit_in(0x61) & 0xc0);
	pit_wait(400);
	pit_out(0x61, 0);
	pit_wait(10000);
	CHECK_EQ(600, pit_latched(2));
	pit_out(0x61, 1);
	pit_wait(599);
	CHECK_EQ(0, pit_in(0x61) & 0x20);
	pit_wait(1);
	CHECK_EQ(0x20, pit_in(0x61) & 0x20);
}

static void the_refresh_bit_toggles_every_18_clocks(void)
{
	unsigned int i;
	u8 before;

	pit_setup();
	while (pit_bench.clock_now % 18)
		pit_wait(1);
	before = pit_in(0x61) & 0x10;
	for (i = 1; i < 100; i++) {
		pit_wait(17);
		CHECK_EQ(before, pit_in(0x61) & 0x10);
		pit_wait(1);
		before ^= 0x10;
		CHECK_EQ(before, pit_in(0x61) & 0x10);
	}
}

static void the_channels_run_after_reset_as_firmware_leaves_them(void)
{
	u16 first;

	pit_setup();
	CHECK_EQ(0x80 | BOTH | MODE(3), status(0) & ~0x40);
	pit_wait(1);
	first = pit_latched(0);
	pit_wait(10);
	CHECK_EQ((u16)(first - 20), pit_latched(0));
}

static void the_control_word_cannot_be_read(void)
{
	pit_setup();
	CHECK_EQ(0xff, pit_in(CONTROL));
}

static void compare(const struct clockwork *cw, unsigned int step)
{
	u8 value = status(2);

	tap_context("mode %u, step %u, clock %llu", cw->mode, step,
		    (unsigned long long)pit_bench.clock_now);
	CHECK_EQ(cw->out, dev_pit_out(&pit_bench.pit, 2));
	CHECK_EQ(cw->out, value >> 7);
	CHECK_EQ(cw->null, value >> 6 & 1);
	if (cw->running && !cw->load)
		CHECK_EQ(cw->element & 0xffff, pit_latched(2));
}

static void random_step(struct clockwork *cw)
{
	u32 clocks, count;
	bool gate;

	switch (random_below(8)) {
	case 0:
		count = 2 + random_below(random_below(2) ? 12 : 400);
		pit_out(CHANNEL(2), count);
		clockwork_first_byte(cw);
		if (random_below(4) == 0) {
			clockwork_clock(cw);
			pit_wait(1);
			compare(cw, ~0u);
		}
		pit_out(CHANNEL(2), count >> 8);
		clockwork_count(cw, count);
		break;
	case 1 ... 3:
		gate = random_below(2);
		pit_out(0x61, gate);
		clockwork_gate(cw, gate);
		break;
	default:
		clocks = random_below(random_below(2) ? 4 : 300);
		pit_wait(clocks);
		while (clocks--)
			clockwork_clock(cw);
		break;
	}
}

/*
 * Whatever is written and gated when, the model that computes agrees with the one that counts, in
 * all modes. What the counting element holds before the clock that loads it is undefined.
 */
static void every_mode_agrees_with_a_counter_that_counts(void)
{
	struct clockwork cw = { .gate = false };
	unsigned int mode, step;

	pit_setup();
	random_seed(1);
	for (mode = 0; mode < 6; mode++) {
		unsigned int round;

		for (round = 0; round < 40; round++) {
			pit_out(CONTROL, SELECT(2) | BOTH | MODE(mode));
			clockwork_control(&cw, mode);
			for (step = 0; step < 100; step++) {
				random_step(&cw);
				compare(&cw, round * 100 + step);
				pit_wait(1);
				clockwork_clock(&cw);
				compare(&cw, round * 100 + step);
			}
		}
	}
}

static const struct tap_test tests[] = {
	TEST(eighty_eight_seconds_have_105_million_clocks),
	TEST(mode_0_raises_out_n_plus_1_clocks_after_the_count),
	TEST(mode_0_counts_on_past_zero),
	TEST(null_count_shows_until_the_count_is_loaded),
	TEST(status_shows_out_access_mode_and_bcd),
	TEST(a_latched_count_stays_until_it_is_read),
	TEST(read_back_latches_several_channels_and_gives_status_first),
	TEST(single_byte_access_reads_and_writes_that_byte),
	TEST(mode_2_pulses_low_for_the_last_clock),
	TEST(mode_2_takes_a_new_count_with_the_next_period),
	TEST(mode_3_is_square_for_even_and_odd_counts),
	TEST(bcd_counts_in_decimal),
	TEST(count_0_is_the_largest),
	TEST(port_61_gates_channel_2_and_shows_its_out),
	TEST(the_refresh_bit_toggles_every_18_clocks),
	TEST(the_channels_run_after_reset_as_firmware_leaves_them),
	TEST(the_control_word_cannot_be_read),
	TEST(every_mode_agrees_with_a_counter_that_counts),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

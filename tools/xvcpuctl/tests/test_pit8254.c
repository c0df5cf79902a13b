// SPDX-License-Identifier: GPL-2.0-only
/*
 * 8254 and port 0x61 register behaviour, by the data sheet, and against a model that really counts.
 */
#include <string.h>

#include "../devices/pit8254.h"
#include "pit_clockwork.h"
#include "random.h"
#include "tap.h"

#define CONTROL		0x43
#define CHANNEL(n)	(0x40 + (n))

#define LOW		0x10
#define HIGH		0x20
#define BOTH		0x30
#define MODE(m)		((m) << 1)
#define BCD		1
#define SELECT(n)	((n) << 6)

static struct bus ports;
static struct pit8254 pit;
static u64 now;
static bool irq;
static unsigned int nr_edges;

static void set_irq(void *ctx, bool up)
{
	(void)ctx;
	irq = up;
	nr_edges += up;
}

static u64 now_ns(void *ctx)
{
	(void)ctx;
	return now;
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

/* The first nanosecond of a clock of 105/88 MHz. */
static void at_clock(u64 clock)
{
	now = (clock * 88000 + 104) / 105;
}

static u64 clock_now;

static void wait(u64 clocks)
{
	clock_now += clocks;
	at_clock(clock_now);
}

static void setup(void)
{
	struct dev_clock clock = { .now_ns = now_ns };
	struct dev_line line = { .set = set_irq };

	bus_init(&ports);
	irq = false;
	clock_now = 1000000;
	at_clock(clock_now);
	CHECK_EQ(0, dev_pit_init(&pit, &ports, &clock, &line));
	nr_edges = 0;
}

static u16 read_count(unsigned int channel)
{
	u8 low = in(CHANNEL(channel));

	return in(CHANNEL(channel)) << 8 | low;
}

static u16 latched(unsigned int channel)
{
	out(CONTROL, SELECT(channel));
	return read_count(channel);
}

static u8 status(unsigned int channel)
{
	out(CONTROL, 0xe0 | 2 << channel);
	return in(CHANNEL(channel));
}

static void program(unsigned int channel, u8 control, u16 count)
{
	out(CONTROL, SELECT(channel) | BOTH | control);
	out(CHANNEL(channel), count);
	out(CHANNEL(channel), count >> 8);
}

static void eighty_eight_seconds_have_105_million_clocks(void)
{
	setup();
	out(0x61, 1);
	program(2, MODE(0), 0);
	wait(1);
	CHECK_EQ(0, latched(2));
	now += 88ull * 1000000000;		/* 88 s: 105 million clocks, to the last one */
	CHECK_EQ((u16)-(105000000 % 65536), latched(2));
}

static void mode_0_raises_out_n_plus_1_clocks_after_the_count(void)
{
	setup();
	out(0x61, 1);
	out(CONTROL, SELECT(2) | LOW | MODE(0));
	CHECK(!dev_pit_out(&pit, 2));
	out(CHANNEL(2), 4);
	wait(4);
	CHECK(!dev_pit_out(&pit, 2));
	wait(1);
	CHECK(dev_pit_out(&pit, 2));
	wait(70000);
	CHECK(dev_pit_out(&pit, 2));
	out(CHANNEL(2), 10);
	CHECK(!dev_pit_out(&pit, 2));
}

static void mode_0_counts_on_past_zero(void)
{
	setup();
	program(0, MODE(0), 5);
	wait(1);
	CHECK_EQ(5, latched(0));
	wait(5);
	CHECK_EQ(0, latched(0));
	wait(1);
	CHECK_EQ(0xffff, latched(0));
	wait(65536);
	CHECK_EQ(0xffff, latched(0));
}

/* How grub-invaders waits: mode 0, status until the count is loaded, then latched counts. */
static void null_count_shows_until_the_count_is_loaded(void)
{
	setup();
	program(0, MODE(0), 0x5dc0);
	CHECK_EQ(0x40, status(0) & 0x40);
	wait(1);
	CHECK_EQ(0x00, status(0) & 0x40);
	CHECK_EQ(0x5dc0, latched(0));
}

static void status_shows_out_access_mode_and_bcd(void)
{
	setup();
	program(0, MODE(2), 100);
	wait(1);
	CHECK_EQ(0x80 | BOTH | MODE(2), status(0));
	out(CONTROL, SELECT(0) | LOW | MODE(0) | BCD);
	out(CHANNEL(0), 0x10);
	wait(1);
	CHECK_EQ(LOW | MODE(0) | BCD, status(0));
	wait(10);
	CHECK_EQ(0x80 | LOW | MODE(0) | BCD, status(0));
	out(CONTROL, SELECT(0) | HIGH | MODE(7));
	CHECK_EQ(0x80 | 0x40 | HIGH | MODE(3), status(0));
}

static void a_latched_count_stays_until_it_is_read(void)
{
	setup();
	program(0, MODE(2), 0x1000);
	wait(1);
	out(CONTROL, SELECT(0));
	wait(0x123);
	out(CONTROL, SELECT(0));		/* ignored: there is one already */
	CHECK_EQ(0x1000, read_count(0));
	CHECK_EQ(0x1000 - 0x123, read_count(0));	/* and now it follows the counter */
	wait(1);
	CHECK_EQ(0x1000 - 0x124, read_count(0));
}

static void read_back_latches_several_channels_and_gives_status_first(void)
{
	setup();
	program(0, MODE(2), 0x2222);
	program(1, MODE(2), 0x3333);
	wait(1);
	out(CONTROL, 0xc0 | 0x02 | 0x04);
	wait(0x100);
	CHECK_EQ(0x80 | BOTH | MODE(2), in(CHANNEL(0)));
	CHECK_EQ(0x2222, read_count(0));
	CHECK_EQ(0x80 | BOTH | MODE(2), in(CHANNEL(1)));
	CHECK_EQ(0x3333, read_count(1));
	CHECK_EQ(0x2222 - 0x100, read_count(0));
}

static void single_byte_access_reads_and_writes_that_byte(void)
{
	setup();
	out(CONTROL, SELECT(0) | LOW | MODE(2));
	out(CHANNEL(0), 0x40);
	wait(1);
	CHECK_EQ(0x40, in(CHANNEL(0)));
	CHECK_EQ(0x40, in(CHANNEL(0)));
	out(CONTROL, SELECT(0) | HIGH | MODE(2));
	out(CHANNEL(0), 0x40);
	wait(2);
	CHECK_EQ(0x3f, in(CHANNEL(0)));
	out(CONTROL, SELECT(0));
	CHECK_EQ(0x3f, in(CHANNEL(0)));
}

static void mode_2_pulses_low_for_the_last_clock(void)
{
	unsigned int i;

	setup();
	program(0, MODE(2), 5);
	wait(1);
	for (i = 0; i < 20; i++) {
		tap_context("clock %u", i);
		CHECK_EQ(i % 5 != 4, dev_pit_out(&pit, 0));
		CHECK_EQ(5 - i % 5, latched(0));
		wait(1);
	}
}

static void mode_2_takes_a_new_count_with_the_next_period(void)
{
	setup();
	program(0, MODE(2), 10);
	wait(1 + 3);
	out(CHANNEL(0), 4);
	out(CHANNEL(0), 0);
	CHECK_EQ(7, latched(0));
	CHECK_EQ(0x40, status(0) & 0x40);
	wait(7);
	CHECK_EQ(4, latched(0));
	CHECK_EQ(0, status(0) & 0x40);
	wait(4 * 1000 + 1);
	CHECK_EQ(3, latched(0));
}

static void mode_3_is_square_for_even_and_odd_counts(void)
{
	static const u16 even[] = { 6, 4, 2, 6, 4, 2 };
	static const u16 odd[] = { 4, 2, 0, 4, 2 };
	unsigned int i;

	setup();
	program(0, MODE(3), 6);
	wait(1);
	for (i = 0; i < 24; i++) {
		tap_context("even, clock %u", i);
		CHECK_EQ(i % 6 < 3, dev_pit_out(&pit, 0));
		CHECK_EQ(even[i % 6], latched(0));
		wait(1);
	}
	program(0, MODE(3), 5);
	wait(1);
	for (i = 0; i < 20; i++) {
		tap_context("odd, clock %u", i);
		CHECK_EQ(i % 5 < 3, dev_pit_out(&pit, 0));
		CHECK_EQ(odd[i % 5], latched(0));
		wait(1);
	}
}

static void bcd_counts_in_decimal(void)
{
	setup();
	program(0, MODE(2) | BCD, 0x1000);
	wait(2);
	CHECK_EQ(0x0999, latched(0));
	wait(999);
	CHECK_EQ(0x1000, latched(0));
	program(0, MODE(2) | BCD, 0);		/* 10000 */
	wait(2);
	CHECK_EQ(0x9999, latched(0));
	program(0, MODE(0) | BCD, 0x0003);
	wait(1 + 4);
	CHECK_EQ(0x9999, latched(0));
}

static void count_0_is_the_largest(void)
{
	setup();
	program(0, MODE(2), 0);
	wait(1);
	CHECK_EQ(0, latched(0));
	wait(1);
	CHECK_EQ(0xffff, latched(0));
	wait(65534);
	CHECK_EQ(1, latched(0));
	CHECK(!dev_pit_out(&pit, 0));
	wait(1);
	CHECK_EQ(0, latched(0));
	CHECK(dev_pit_out(&pit, 0));
}

static void port_61_gates_channel_2_and_shows_its_out(void)
{
	setup();
	CHECK_EQ(0, in(0x61) & 0x0f);
	program(2, MODE(0), 1000);
	wait(5000);
	CHECK_EQ(0, in(0x61) & 0x20);		/* the gate is closed */
	CHECK_EQ(1000, latched(2));
	out(0x61, 0xff);
	CHECK_EQ(0x0f, in(0x61) & 0x0f);	/* the rest cannot be written */
	CHECK_EQ(0x00, in(0x61) & 0xc0);
	wait(400);
	out(0x61, 0);
	wait(10000);
	CHECK_EQ(600, latched(2));
	out(0x61, 1);
	wait(599);
	CHECK_EQ(0, in(0x61) & 0x20);
	wait(1);
	CHECK_EQ(0x20, in(0x61) & 0x20);
}

static void the_refresh_bit_toggles_every_18_clocks(void)
{
	unsigned int i;
	u8 before;

	setup();
	while (clock_now % 18)
		wait(1);
	before = in(0x61) & 0x10;
	for (i = 1; i < 100; i++) {
		wait(17);
		CHECK_EQ(before, in(0x61) & 0x10);
		wait(1);
		before ^= 0x10;
		CHECK_EQ(before, in(0x61) & 0x10);
	}
}

static void the_channels_run_after_reset_as_firmware_leaves_them(void)
{
	u16 first;

	setup();
	CHECK_EQ(0x80 | BOTH | MODE(3), status(0) & ~0x40);
	wait(1);
	first = latched(0);
	wait(10);
	CHECK_EQ((u16)(first - 20), latched(0));
}

static void the_control_word_cannot_be_read(void)
{
	setup();
	CHECK_EQ(0xff, in(CONTROL));
}

static void compare(const struct clockwork *cw, unsigned int step)
{
	u8 value = status(2);

	tap_context("mode %u, step %u, clock %llu", cw->mode, step, (unsigned long long)clock_now);
	CHECK_EQ(cw->out, dev_pit_out(&pit, 2));
	CHECK_EQ(cw->out, value >> 7);
	CHECK_EQ(cw->null, value >> 6 & 1);
	if (cw->running && !cw->load)
		CHECK_EQ(cw->element & 0xffff, latched(2));
}

static void random_step(struct clockwork *cw)
{
	u32 clocks, count;
	bool gate;

	switch (random_below(8)) {
	case 0:
		count = 2 + random_below(random_below(2) ? 12 : 400);
		out(CHANNEL(2), count);
		clockwork_first_byte(cw);
		if (random_below(4) == 0) {
			clockwork_clock(cw);
			wait(1);
			compare(cw, ~0u);
		}
		out(CHANNEL(2), count >> 8);
		clockwork_count(cw, count);
		break;
	case 1 ... 3:
		gate = random_below(2);
		out(0x61, gate);
		clockwork_gate(cw, gate);
		break;
	default:
		clocks = random_below(random_below(2) ? 4 : 300);
		wait(clocks);
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

	setup();
	random_seed(1);
	for (mode = 0; mode < 6; mode++) {
		unsigned int round;

		for (round = 0; round < 40; round++) {
			out(CONTROL, SELECT(2) | BOTH | MODE(mode));
			clockwork_control(&cw, mode);
			for (step = 0; step < 100; step++) {
				random_step(&cw);
				compare(&cw, round * 100 + step);
				wait(1);
				clockwork_clock(&cw);
				compare(&cw, round * 100 + step);
			}
		}
	}
}

/* Time goes on to a clock; who drives the timer ticks it at its deadlines, and nowhere else. */
static void run_to(u64 clock)
{
	u64 end = (clock * 88000 + 104) / 105;

	while (dev_pit_deadline(&pit) <= end) {
		if (now < dev_pit_deadline(&pit))
			now = dev_pit_deadline(&pit);
		dev_pit_tick(&pit);
	}
	clock_now = clock;
	now = end;
}

static void run(u64 clocks)
{
	run_to(clock_now + clocks);
}

/* Time passes unseen up to the deadline: not a nanosecond before is there an edge. */
static void check_edge_at(u64 clock)
{
	unsigned int before = nr_edges;

	CHECK_EQ((clock * 88000 + 104) / 105, dev_pit_deadline(&pit));
	now = dev_pit_deadline(&pit) - 1;
	dev_pit_tick(&pit);
	CHECK_EQ(before, nr_edges);
	now++;
	dev_pit_tick(&pit);
	CHECK_EQ(before + 1, nr_edges);
	CHECK(irq);
	clock_now = clock;
}

static void a_single_shot_interrupts_to_the_nanosecond(void)
{
	setup();
	program(0, MODE(0), 1000);
	CHECK(!irq);
	check_edge_at(clock_now + 1001);
	CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit));
	run(1000000);
	CHECK_EQ(1, nr_edges);
	/* How Linux does it: mode 4, whose pulse ends a clock after the count did. */
	program(0, MODE(4), 1000);
	nr_edges = 0;
	check_edge_at(clock_now + 1002);
	out(CHANNEL(0), 0x10);
	out(CHANNEL(0), 0x00);
	check_edge_at(clock_now + 0x10 + 2);
	CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit));
	run(1000000);
	CHECK_EQ(2, nr_edges);
}

static void a_shot_that_is_loaded_anew_comes_later(void)
{
	setup();
	program(0, MODE(4), 1000);
	nr_edges = 0;
	run(900);
	out(CHANNEL(0), 0xe8);
	out(CHANNEL(0), 0x03);
	run(1001);
	CHECK_EQ(0, nr_edges);
	run(1);
	CHECK_EQ(1, nr_edges);
}

static void mode_0_takes_its_interrupt_back_when_it_is_written(void)
{
	setup();
	program(0, MODE(0), 10);
	run(11);
	CHECK(irq);
	out(CHANNEL(0), 20);
	CHECK(!irq);
	run(1000);
	CHECK(!irq);			/* it waits for the other byte */
	out(CHANNEL(0), 0);
	run(20);
	CHECK(!irq);
	run(1);
	CHECK(irq);
	out(CONTROL, BOTH | MODE(0));
	CHECK(!irq);
	out(CONTROL, BOTH | MODE(2));	/* and mode 2 begins with OUT up */
	CHECK(irq);
}

static void each_period_makes_one_edge(void)
{
	static const u8 modes[] = { 2, 3 };
	static const u16 counts[] = { 4772, 4773, 1193, 0xffff, 0 };
	unsigned int m, i;

	for (m = 0; m < ARRAY_SIZE(modes); m++) {
		for (i = 0; i < ARRAY_SIZE(counts); i++) {
			u32 count = counts[i] ? counts[i] : 65536;
			u64 start;

			tap_context("mode %u, count %u", modes[m], count);
			setup();
			program(0, MODE(modes[m]), counts[i]);
			start = clock_now + 1;
			check_edge_at(start + count);
			check_edge_at(start + 2 * count);
			nr_edges = 0;
			run_to(start + 1002ull * count - 1);
			CHECK_EQ(999, nr_edges);
			run(1);
			CHECK_EQ(1000, nr_edges);
		}
	}
}

/* A thread that comes late finds one edge, and the next where it always would have been. */
static void missed_periods_are_one_edge(void)
{
	u64 start;

	setup();
	program(0, MODE(2), 1000);
	start = clock_now + 1;
	nr_edges = 0;
	wait(4567);
	dev_pit_tick(&pit);
	CHECK_EQ(1, nr_edges);
	dev_pit_tick(&pit);
	CHECK_EQ(1, nr_edges);
	check_edge_at(start + 5000);
	wait(10000);
	latched(0);			/* the guest looks before the thread does */
	CHECK_EQ(3, nr_edges);
	dev_pit_tick(&pit);
	CHECK_EQ(3, nr_edges);
	check_edge_at(start + 16000);
}

static void the_low_half_of_a_square_wave_leaves_the_line_up(void)
{
	setup();
	program(0, MODE(3), 10000);
	CHECK(irq);
	run(6001);
	CHECK(!dev_pit_out(&pit, 0));
	latched(0);
	dev_pit_tick(&pit);
	CHECK(irq);
	CHECK_EQ(0, nr_edges);
	program(0, MODE(0), 100);
	CHECK(!irq);
}

static void a_new_count_moves_the_edges_from_the_next_period_on(void)
{
	u64 start;

	setup();
	program(0, MODE(2), 5000);
	start = clock_now + 1;
	run(2000);
	out(CHANNEL(0), 3000 & 0xff);
	out(CHANNEL(0), 3000 >> 8);
	check_edge_at(start + 5000);
	check_edge_at(start + 8000);
	program(0, MODE(3), 5000);
	start = clock_now + 1;
	run(2000);			/* the high half: its end brings the new count's low one */
	out(CHANNEL(0), 3000 & 0xff);
	out(CHANNEL(0), 3000 >> 8);
	check_edge_at(start + 2500 + 1500);
	check_edge_at(start + 7000);
	start = clock_now;
	run(2000);			/* the low half */
	out(CHANNEL(0), 4000 & 0xff);
	out(CHANNEL(0), 4000 >> 8);
	check_edge_at(start + 3000);
	check_edge_at(start + 7000);
}

static void what_makes_no_edges_has_no_deadline(void)
{
	static const struct { u8 mode; bool count; } idle[] = {
		{ 0, false }, { 1, true }, { 2, false }, { 3, false }, { 4, false }, { 5, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(idle); i++) {
		tap_context("mode %u", idle[i].mode);
		setup();
		out(CONTROL, BOTH | MODE(idle[i].mode));
		if (idle[i].count) {
			out(CHANNEL(0), 100);
			out(CHANNEL(0), 0);
		}
		CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit));
		nr_edges = 0;
		wait(1000000);
		dev_pit_tick(&pit);
		CHECK_EQ(0, nr_edges);
	}
	for (i = 2; i <= 3; i++) {	/* a count that the data sheet forbids */
		tap_context("mode %u, count 1", i);
		program(0, MODE(i), 1);
		CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit));
	}
}

static void other_channels_have_no_deadline(void)
{
	u64 deadline;

	setup();
	out(0x61, 1);
	program(0, MODE(2), 0);
	deadline = dev_pit_deadline(&pit);
	program(1, MODE(2), 100);
	program(2, MODE(0), 100);
	CHECK_EQ(deadline, dev_pit_deadline(&pit));
}

static void short_periods_do_not_keep_the_host_busy(void)
{
	static const u16 counts[] = { 2, 3, 10, 60, 118 };
	unsigned int i, mode;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (mode = 2; mode <= 3; mode++) {
			tap_context("mode %u, count %u", mode, counts[i]);
			setup();
			program(0, MODE(mode), counts[i]);
			nr_edges = 0;
			run(1193182);
			CHECK(nr_edges <= 10000);
			CHECK(nr_edges >= 4900);
		}
	}
}

/* A step of the guest's on channel 0: mostly it lets time pass. */
static void random_write(struct clockwork *cw)
{
	u32 count;

	if (random_below(5000) == 0) {
		unsigned int mode = random_below(6);

		out(CONTROL, BOTH | MODE(mode));
		clockwork_control(cw, mode);
	} else if (random_below(1500) == 0) {
		count = 150 + random_below(300);
		out(CHANNEL(0), count);
		clockwork_first_byte(cw);
		out(CHANNEL(0), count >> 8);
		clockwork_count(cw, count);
	} else if (random_below(50) == 0) {
		latched(0);
	}
}

/* Counts are long enough here for every edge to be made. */
static void edges_and_deadlines_agree_with_a_counter_that_counts(void)
{
	struct clockwork cw = { .gate = true, .out = true };
	unsigned int step, edges = 0;

	setup();
	random_seed(3);
	out(CONTROL, BOTH | MODE(3));
	clockwork_control(&cw, 3);
	nr_edges = 0;
	for (step = 0; step < 1000000; step++) {
		bool before = cw.out;
		u64 deadline;

		random_write(&cw);
		edges += cw.out && !before;
		tap_context("step %u, mode %u", step, cw.mode);
		CHECK_EQ(edges, nr_edges);
		before = cw.out;
		deadline = dev_pit_deadline(&pit);
		CHECK(deadline > now);
		wait(1);
		clockwork_clock(&cw);
		CHECK_EQ(cw.out && !before, now >= deadline);
		edges += cw.out && !before;
		if (random_below(2))
			dev_pit_tick(&pit);
		else
			latched(0);
		CHECK_EQ(edges, nr_edges);
		CHECK_EQ(cw.out, dev_pit_out(&pit, 0));
	}
	CHECK(nr_edges > 500);
}

static void no_sequence_of_accesses_confuses_it(void)
{
	static const u16 bases[] = { 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x60, 0x61 };
	unsigned int step;

	setup();
	random_seed(4);
	for (step = 0; step < 200000; step++) {
		u16 port = bases[random_below(ARRAY_SIZE(bases))];
		unsigned int size = 1 + random_below(8), before = nr_edges;
		u64 deadline;

		tap_context("step %u", step);
		now += random_below(4) ? random_below(2000) : random_below(2000000000);
		deadline = dev_pit_deadline(&pit);
		switch (random_below(3)) {
		case 0:
			bus_read(&ports, port, size);
			break;
		case 1:
			bus_write(&ports, port, size, random_word());
			break;
		case 2:
			dev_pit_tick(&pit);
			CHECK_EQ(now >= deadline, nr_edges - before);
			CHECK(dev_pit_deadline(&pit) > now);
			break;
		}
		CHECK(nr_edges - before <= 1 + size);
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
	TEST(a_single_shot_interrupts_to_the_nanosecond),
	TEST(a_shot_that_is_loaded_anew_comes_later),
	TEST(mode_0_takes_its_interrupt_back_when_it_is_written),
	TEST(each_period_makes_one_edge),
	TEST(missed_periods_are_one_edge),
	TEST(the_low_half_of_a_square_wave_leaves_the_line_up),
	TEST(a_new_count_moves_the_edges_from_the_next_period_on),
	TEST(what_makes_no_edges_has_no_deadline),
	TEST(other_channels_have_no_deadline),
	TEST(short_periods_do_not_keep_the_host_busy),
	TEST(edges_and_deadlines_agree_with_a_counter_that_counts),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

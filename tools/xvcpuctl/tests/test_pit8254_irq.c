// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt 0: when the 8254 makes an edge and when it wants to be ticked, by hand, and against a
 * model that really counts.
 */
#include "pit_bench.h"
#include "pit_clockwork.h"
#include "random.h"
#include "tap.h"

/* Time goes on to a clock; who drives the timer ticks it at its deadlines, and nowhere else. */
static void run_to(u64 clock)
{
	u64 end = (clock * 88000 + 104) / 105;

	while (dev_pit_deadline(&pit_bench.pit) <= end) {
		if (pit_bench.now < dev_pit_deadline(&pit_bench.pit))
			pit_bench.now = dev_pit_deadline(&pit_bench.pit);
		dev_pit_tick(&pit_bench.pit);
	}
	pit_bench.clock_now = clock;
	pit_bench.now = end;
}

static void run(u64 clocks)
{
	run_to(pit_bench.clock_now + clocks);
}

/* Time passes unseen up to the deadline: not a nanosecond before is there an edge. */
static void check_edge_at(u64 clock)
{
	unsigned int before = pit_bench.nr_edges;

	CHECK_EQ((clock * 88000 + 104) / 105, dev_pit_deadline(&pit_bench.pit));
	pit_bench.now = dev_pit_deadline(&pit_bench.pit) - 1;
	dev_pit_tick(&pit_bench.pit);
	CHECK_EQ(before, pit_bench.nr_edges);
	pit_bench.now++;
	dev_pit_tick(&pit_bench.pit);
	CHECK_EQ(before + 1, pit_bench.nr_edges);
	CHECK(pit_bench.irq);
	pit_bench.clock_now = clock;
}

static void a_single_shot_interrupts_to_the_nanosecond(void)
{
	pit_setup();
	pit_program(0, MODE(0), 1000);
	CHECK(!pit_bench.irq);
	check_edge_at(pit_bench.clock_now + 1001);
	CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit_bench.pit));
	run(1000000);
	CHECK_EQ(1, pit_bench.nr_edges);
	/* How Linux does it: mode 4, whose pulse ends a clock after the count did. */
	pit_program(0, MODE(4), 1000);
	pit_bench.nr_edges = 0;
	check_edge_at(pit_bench.clock_now + 1002);
	pit_out(CHANNEL(0), 0x10);
	pit_out(CHANNEL(0), 0x00);
	check_edge_at(pit_bench.clock_now + 0x10 + 2);
	CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit_bench.pit));
	run(1000000);
	CHECK_EQ(2, pit_bench.nr_edges);
}

static void a_shot_that_is_loaded_anew_comes_later(void)
{
	pit_setup();
	pit_program(0, MODE(4), 1000);
	pit_bench.nr_edges = 0;
	run(900);
	pit_out(CHANNEL(0), 0xe8);
	pit_out(CHANNEL(0), 0x03);
	run(1001);
	CHECK_EQ(0, pit_bench.nr_edges);
	run(1);
	CHECK_EQ(1, pit_bench.nr_edges);
}

static void mode_0_takes_its_interrupt_back_when_it_is_written(void)
{
	pit_setup();
	pit_program(0, MODE(0), 10);
	run(11);
	CHECK(pit_bench.irq);
	pit_out(CHANNEL(0), 20);
	CHECK(!pit_bench.irq);
	run(1000);
	CHECK(!pit_bench.irq);			/* it waits for the other byte */
	pit_out(CHANNEL(0), 0);
	run(20);
	CHECK(!pit_bench.irq);
	run(1);
	CHECK(pit_bench.irq);
	pit_out(CONTROL, BOTH | MODE(0));
	CHECK(!pit_bench.irq);
	pit_out(CONTROL, BOTH | MODE(2));	/* and mode 2 begins with OUT up */
	CHECK(pit_bench.irq);
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
			pit_setup();
			pit_program(0, MODE(modes[m]), counts[i]);
			start = pit_bench.clock_now + 1;
			check_edge_at(start + count);
			check_edge_at(start + 2 * count);
			pit_bench.nr_edges = 0;
			run_to(start + 1002ull * count - 1);
			CHECK_EQ(999, pit_bench.nr_edges);
			run(1);
			CHECK_EQ(1000, pit_bench.nr_edges);
		}
	}
}

/* A thread that comes late finds one edge, and the next where it always would have been. */
static void missed_periods_are_one_edge(void)
{
	u64 start;

	pit_setup();
	pit_program(0, MODE(2), 1000);
	start = pit_bench.clock_now + 1;
	pit_bench.nr_edges = 0;
	pit_wait(4567);
	dev_pit_tick(&pit_bench.pit);
	CHECK_EQ(1, pit_bench.nr_edges);
	dev_pit_tick(&pit_bench.pit);
	CHECK_EQ(1, pit_bench.nr_edges);
	check_edge_at(start + 5000);
	pit_wait(10000);
	pit_latched(0);			/* the guest looks before the thread does */
	CHECK_EQ(3, pit_bench.nr_edges);
	dev_pit_tick(&pit_bench.pit);
	CHECK_EQ(3, pit_bench.nr_edges);
	check_edge_at(start + 16000);
}

static void the_low_half_of_a_square_wave_leaves_the_line_up(void)
{
	pit_setup();
	pit_program(0, MODE(3), 10000);
	CHECK(pit_bench.irq);
	run(6001);
	CHECK(!dev_pit_out(&pit_bench.pit, 0));
	pit_latched(0);
	dev_pit_tick(&pit_bench.pit);
	CHECK(pit_bench.irq);
	CHECK_EQ(0, pit_bench.nr_edges);
	pit_program(0, MODE(0), 100);
	CHECK(!pit_bench.irq);
}

static void a_new_count_moves_the_edges_from_the_next_period_on(void)
{
	u64 start;

	pit_setup();
	pit_program(0, MODE(2), 5000);
	start = pit_bench.clock_now + 1;
	run(2000);
	pit_out(CHANNEL(0), 3000 & 0xff);
	pit_out(CHANNEL(0), 3000 >> 8);
	check_edge_at(start + 5000);
	check_edge_at(start + 8000);
	pit_program(0, MODE(3), 5000);
	start = pit_bench.clock_now + 1;
	run(2000);			/* the high half: its end brings the new count's low one */
	pit_out(CHANNEL(0), 3000 & 0xff);
	pit_out(CHANNEL(0), 3000 >> 8);
	check_edge_at(start + 2500 + 1500);
	check_edge_at(start + 7000);
	start = pit_bench.clock_now;
	run(2000);			/* the low half */
	pit_out(CHANNEL(0), 4000 & 0xff);
	pit_out(CHANNEL(0), 4000 >> 8);
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
		pit_setup();
		pit_out(CONTROL, BOTH | MODE(idle[i].mode));
		if (idle[i].count) {
			pit_out(CHANNEL(0), 100);
			pit_out(CHANNEL(0), 0);
		}
		CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit_bench.pit));
		pit_bench.nr_edges = 0;
		pit_wait(1000000);
		dev_pit_tick(&pit_bench.pit);
		CHECK_EQ(0, pit_bench.nr_edges);
	}
	for (i = 2; i <= 3; i++) {	/* a count that the data sheet forbids */
		tap_context("mode %u, count 1", i);
		pit_program(0, MODE(i), 1);
		CHECK_EQ(UINT64_MAX, dev_pit_deadline(&pit_bench.pit));
	}
}

static void other_channels_have_no_deadline(void)
{
	u64 deadline;

	pit_setup();
	pit_out(0x61, 1);
	pit_program(0, MODE(2), 0);
	deadline = dev_pit_deadline(&pit_bench.pit);
	pit_program(1, MODE(2), 100);
	pit_program(2, MODE(0), 100);
	CHECK_EQ(deadline, dev_pit_deadline(&pit_bench.pit));
}

static void short_periods_do_not_keep_the_host_busy(void)
{
	static const u16 counts[] = { 2, 3, 10, 60, 118 };
	unsigned int i, mode;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (mode = 2; mode <= 3; mode++) {
			tap_context("mode %u, count %u", mode, counts[i]);
			pit_setup();
			pit_program(0, MODE(mode), counts[i]);
			pit_bench.nr_edges = 0;
			run(1193182);
			CHECK(pit_bench.nr_edges <= 10000);
			CHECK(pit_bench.nr_edges >= 4900);
		}
	}
}

/* A step of the guest's on channel 0: mostly it lets time pass. */
static void random_write(struct clockwork *cw)
{
	u32 count;

	if (random_below(5000) == 0) {
		unsigned int mode = random_below(6);

		pit_out(CONTROL, BOTH | MODE(mode));
		clockwork_control(cw, mode);
	} else if (random_below(1500) == 0) {
		count = 150 + random_below(300);
		pit_out(CHANNEL(0), count);
		clockwork_first_byte(cw);
		pit_out(CHANNEL(0), count >> 8);
		clockwork_count(cw, count);
	} else if (random_below(50) == 0) {
		pit_latched(0);
	}
}

/* Counts are long enough here for every edge to be made. */
static void edges_and_deadlines_agree_with_a_counter_that_counts(void)
{
	struct clockwork cw = { .gate = true, .out = true };
	unsigned int step, edges = 0;

	pit_setup();
	random_seed(3);
	pit_out(CONTROL, BOTH | MODE(3));
	clockwork_control(&cw, 3);
	pit_bench.nr_edges = 0;
	for (step = 0; step < 1000000; step++) {
		bool before = cw.out;
		u64 deadline;

		random_write(&cw);
		edges += cw.out && !before;
		tap_context("step %u, mode %u", step, cw.mode);
		CHECK_EQ(edges, pit_bench.nr_edges);
		before = cw.out;
		deadline = dev_pit_deadline(&pit_bench.pit);
		CHECK(deadline > pit_bench.now);
		pit_wait(1);
		clockwork_clock(&cw);
		CHECK_EQ(cw.out && !before, pit_bench.now >= deadline);
		edges += cw.out && !before;
		if (random_below(2))
			dev_pit_tick(&pit_bench.pit);
		else
			pit_latched(0);
		CHECK_EQ(edges, pit_bench.nr_edges);
		CHECK_EQ(cw.out, dev_pit_out(&pit_bench.pit, 0));
	}
	CHECK(pit_bench.nr_edges > 500);
}

static void no_sequence_of_accesses_confuses_it(void)
{
	static const u16 bases[] = { 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x60, 0x61 };
	unsigned int step;

	pit_setup();
	random_seed(4);
	for (step = 0; step < 200000; step++) {
		u16 port = bases[random_below(ARRAY_SIZE(bases))];
		unsigned int size = 1 + random_below(8), before = pit_bench.nr_edges;
		u64 deadline;

		tap_context("step %u", step);
		pit_bench.now += random_below(4) ? random_below(2000) : random_below(2000000000);
		deadline = dev_pit_deadline(&pit_bench.pit);
		switch (random_below(3)) {
		case 0:
			bus_read(&pit_bench.ports, port, size);
			break;
		case 1:
			bus_write(&pit_bench.ports, port, size, random_word());
			break;
		case 2:
			dev_pit_tick(&pit_bench.pit);
			CHECK_EQ(pit_bench.now >= deadline, pit_bench.nr_edges - before);
			CHECK(dev_pit_deadline(&pit_bench.pit) > pit_bench.now);
			break;
		}
		CHECK(pit_bench.nr_edges - before <= 1 + size);
	}
}

static const struct tap_test tests[] = {
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

// SPDX-License-Identifier: GPL-2.0-only
/* The devices put together: which interrupt is whose, and when the machine wants to be ticked. */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../machine.h"
#include "random.h"
#include "tap.h"

#define PIC1		0x20
#define PIC2		0xa0
#define BASE		0x30

static struct machine machine;
static unsigned int nr_up, nr_deadlines, nr_resets, nr_sent;
static u64 last_deadline;
static bool intr;

/* What the thread that ticks the machine waits on, if there is one. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	u64 deadline;
	bool stop;
} ticker = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void on_output(void *ctx, u8 byte)
{
	(void)ctx;
	(void)byte;
	nr_sent++;
}

static void on_nothing(void *ctx)
{
	(void)ctx;
}

static void on_reset(void *ctx)
{
	(void)ctx;
	nr_resets++;
}

static void on_status(void *ctx, u8 status)
{
	(void)ctx;
	(void)status;
}

static void on_interrupt(void *ctx, bool level)
{
	CHECK(ctx == &machine);
	CHECK(level != intr);
	intr = level;
	nr_up += level;
}

static void on_deadline(void *ctx, u64 ns)
{
	CHECK(ctx == &machine);
	CHECK(ns != UINT64_MAX);
	nr_deadlines++;
	last_deadline = ns;
	pthread_mutex_lock(&ticker.lock);
	ticker.deadline = ns;
	pthread_cond_signal(&ticker.changed);
	pthread_mutex_unlock(&ticker.lock);
}

static const struct machine_events events = {
	.output = on_output, .input_room = on_nothing, .power_off = on_nothing, .reset = on_reset,
	.debug_exit = on_status, .interrupt = on_interrupt, .deadline = on_deadline,
};

static void out(u16 port, u8 value)
{
	machine_out(&machine, port, 1, value);
}

static u8 in(u16 port)
{
	return machine_in(&machine, port, 1);
}

static void setup(void)
{
	struct machine_config config = { .debug_exit = -1, .low_ram = 64 << 20 };
	struct message err;

	intr = false;
	CHECK_EQ(0, machine_init(&machine, &config, &events, &machine, &err));
	out(PIC1, 0x11);
	out(PIC1 + 1, BASE);
	out(PIC1 + 1, 0x04);
	out(PIC1 + 1, 0x01);
	out(PIC2, 0x11);
	out(PIC2 + 1, BASE + 8);
	out(PIC2 + 1, 0x02);
	out(PIC2 + 1, 0x01);
	nr_up = 0;
	nr_deadlines = 0;
	CHECK(!machine_interrupt_pending(&machine));
}

static u64 monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* What a thread does that drives the devices: at each deadline, a tick. */
static void drive_until_interrupt(void)
{
	while (!machine_interrupt_pending(&machine)) {
		u64 deadline = machine_deadline(&machine);

		if (!CHECK(deadline != UINT64_MAX))
			return;
		while (monotonic() < deadline)
			;
		machine_tick(&machine);
	}
}

static void check_taken(unsigned int irq)
{
	CHECK(intr);
	CHECK(machine_interrupt_pending(&machine));
	CHECK_EQ(BASE + irq, machine_acknowledge(&machine));
	CHECK(!intr);
	CHECK(!machine_interrupt_pending(&machine));
	CHECK_EQ(-1, machine_acknowledge(&machine));
	if (irq >= 8)
		out(PIC2, 0x20);
	out(PIC1, 0x20);
}

static void a_one_shot_timer(unsigned int clocks)
{
	out(0x43, 0x38);
	out(0x40, clocks);
	out(0x40, clocks >> 8);
}

static void the_timer_is_interrupt_0(void)
{
	setup();
	a_one_shot_timer(1193);
	CHECK(!intr);
	drive_until_interrupt();
	check_taken(0);
	CHECK_EQ(UINT64_MAX, machine_deadline(&machine));
}

static void the_keyboard_is_interrupt_1(void)
{
	setup();
	CHECK_EQ(1, machine_type(&machine, (const u8 *)"a", 1));
	check_taken(1);
	CHECK_EQ(0x1e, in(0x60));
	check_taken(1);			/* its release */
	CHECK_EQ(0x9e, in(0x60));
	CHECK(!intr);
}

static void the_console_is_interrupt_4(void)
{
	setup();
	out(0x3fc, 0x0a);
	out(0x3f9, 0x01);
	CHECK(!intr);
	CHECK_EQ(1, machine_input(&machine, (const u8 *)"a", 1));
	check_taken(4);
	CHECK_EQ('a', in(0x3f8));
	CHECK(!intr);
}

static void put_cmos(u8 index, u8 value)
{
	out(0x70, index);
	out(0x71, value);
}

static void the_clock_is_interrupt_8(void)
{
	setup();
	out(0x43, 0x30);		/* the timer stands still */
	put_cmos(0x0b, 0x42);
	drive_until_interrupt();
	check_taken(8);
	CHECK_EQ(UINT64_MAX, machine_deadline(&machine));
	out(0x70, 0x0c);
	CHECK_EQ(0xc0, in(0x71) & 0xc0);
	CHECK(machine_deadline(&machine) != UINT64_MAX);
	drive_until_interrupt();
	check_taken(8);
}

static void an_interrupt_is_announced_once_and_withdrawn(void)
{
	setup();
	out(0x3fc, 0x0a);
	out(0x3f9, 0x01);
	machine_input(&machine, (const u8 *)"a", 1);
	CHECK_EQ(1, nr_up);
	in(0x3fd);
	CHECK_EQ(1, nr_up);
	in(0x3f8);			/* the guest polled it away */
	CHECK(!intr);
	CHECK_EQ(-1, machine_acknowledge(&machine));
}

/* Program the timer, and see how often that told of a nearer deadline. */
static unsigned int told_by(unsigned int clocks)
{
	unsigned int before = nr_deadlines;

	a_one_shot_timer(clocks);
	return nr_deadlines - before;
}

/* The clock is the host's: a round says something if it ended before its first deadline came. */
static void a_nearer_deadline_is_told_and_a_later_one_is_not(void)
{
	u64 first, nearer, later;
	unsigned int told[2];

	do {
		setup();
		a_one_shot_timer(60000);
		first = machine_deadline(&machine);
		CHECK_EQ(first, last_deadline);
		told[0] = told_by(1000);
		nearer = machine_deadline(&machine);
		CHECK_EQ(nearer, last_deadline);
		told[1] = told_by(60000);
		later = machine_deadline(&machine);
		CHECK_EQ(nearer, last_deadline);
	} while (monotonic() >= nearer);
	CHECK(nearer < first);
	CHECK(later > first);
	CHECK_EQ(1, told[0]);
	CHECK_EQ(0, told[1]);
}

/* Whoever sets a timer to what is told needs to hear of the next time when this one has come. */
static void a_tick_tells_the_next_deadline_again(void)
{
	unsigned int before;

	setup();
	a_one_shot_timer(60000);
	before = nr_deadlines;
	machine_tick(&machine);
	CHECK_EQ(before + 1, nr_deadlines);
	CHECK_EQ(machine_deadline(&machine), last_deadline);
	out(0x43, 0x30);
	CHECK_EQ(UINT64_MAX, machine_deadline(&machine));
	machine_tick(&machine);
	CHECK_EQ(before + 1, nr_deadlines);
	CHECK_EQ(1, told_by(60000));
}

static void wait_for(u64 deadline)
{
	struct timespec until = { deadline / 1000000000, deadline % 1000000000 };

	if (deadline == UINT64_MAX)
		pthread_cond_wait(&ticker.changed, &ticker.lock);
	else
		pthread_cond_timedwait(&ticker.changed, &ticker.lock, &until);
}

/* Does what a timer does that is set to each deadline told, and ticks when it expires. */
static void *tick_at_deadlines(void *unused)
{
	pthread_mutex_lock(&ticker.lock);
	while (!ticker.stop) {
		if (monotonic() < ticker.deadline) {
			wait_for(ticker.deadline);
			continue;
		}
		ticker.deadline = UINT64_MAX;
		pthread_mutex_unlock(&ticker.lock);
		machine_tick(&machine);
		pthread_mutex_lock(&ticker.lock);
	}
	pthread_mutex_unlock(&ticker.lock);
	return unused;
}

/* One thread ticks at deadlines, the other is the guest: no shot is lost, and none doubled. */
static void a_thread_that_waits_for_deadlines_misses_none(void)
{
	unsigned int shot, before;
	pthread_t thread;

	setup();
	a_one_shot_timer(1);
	if (!CHECK_EQ(0, pthread_create(&thread, NULL, tick_at_deadlines, NULL)))
		return;
	alarm(60);			/* nobody else ends the wait for a lost one */
	for (shot = 0; shot < 500; shot++) {
		while (!machine_interrupt_pending(&machine))
			;
		before = nr_up;
		CHECK_EQ(BASE, machine_acknowledge(&machine));
		out(PIC1, 0x20);
		CHECK_EQ(before, nr_up);
		CHECK(!machine_interrupt_pending(&machine));
		a_one_shot_timer(1 + random_below(shot % 50 ? 300 : 5000));
	}
	alarm(0);
	pthread_mutex_lock(&ticker.lock);
	ticker.stop = true;
	pthread_cond_signal(&ticker.changed);
	pthread_mutex_unlock(&ticker.lock);
	pthread_join(thread, NULL);
}

/* The whole machine, poked at everywhere. */
static void no_sequence_of_accesses_confuses_it(void)
{
	unsigned int step;
	u64 before;
	u8 byte;

	setup();
	random_seed(5);
	for (step = 0; step < 100000; step++) {
		unsigned int size = 1u << random_below(3);
		u16 port = random_below(4) ? random_below(0x500) : random_below(0x10000);

		tap_context("step %u, port %#x", step, port);
		switch (random_below(6)) {
		case 0:
		case 1:
			machine_in(&machine, port, size);
			break;
		case 2:
		case 3:
			machine_out(&machine, port, size, random_word());
			break;
		case 4:
			byte = random_below(256);
			machine_input(&machine, &byte, 1);
			machine_type(&machine, &byte, 1);
			break;
		case 5:
			before = monotonic();
			machine_tick(&machine);
			CHECK(machine_deadline(&machine) > before);
			machine_acknowledge(&machine);
			break;
		}
		CHECK_EQ(machine_interrupt_pending(&machine), intr);
	}
}

static const struct tap_test tests[] = {
	TEST(the_timer_is_interrupt_0),
	TEST(the_keyboard_is_interrupt_1),
	TEST(the_console_is_interrupt_4),
	TEST(the_clock_is_interrupt_8),
	TEST(an_interrupt_is_announced_once_and_withdrawn),
	TEST(a_nearer_deadline_is_told_and_a_later_one_is_not),
	TEST(a_tick_tells_the_next_deadline_again),
	TEST(a_thread_that_waits_for_deadlines_misses_none),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	pthread_condattr_t monotonic_clock;

	pthread_condattr_init(&monotonic_clock);
	pthread_condattr_setclock(&monotonic_clock, CLOCK_MONOTONIC);
	pthread_cond_init(&ticker.changed, &monotonic_clock);
	return tap_main(tests, ARRAY_SIZE(tests));
}

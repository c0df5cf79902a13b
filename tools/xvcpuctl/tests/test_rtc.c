// SPDX-License-Identifier: GPL-2.0-only
/* MC146818 real-time clock and CMOS RAM, by the data sheet. */
#include <string.h>

#include "../devices/rtc.h"
#include "random.h"
#include "tap.h"

#define SECOND		1000000000ull
#define MS		1000000ull

#define SECONDS		0x00
#define MINUTES		0x02
#define HOURS		0x04
#define WEEKDAY		0x06
#define DAY		0x07
#define MONTH		0x08
#define YEAR		0x09
#define ALARM_S		0x01
#define ALARM_M		0x03
#define ALARM_H		0x05
#define A		0x0a
#define B		0x0b
#define C		0x0c
#define CENTURY		0x32

#define SET		0x80
#define PERIODIC	0x40
#define ALARM		0x20
#define UPDATE		0x10
#define BINARY		0x04
#define H24		0x02
#define IRQF		0x80

static struct bus ports;
static struct rtc rtc;
static u64 wall, now;
static bool irq;
static unsigned int nr_edges;

static u64 wall_ns(void *ctx)
{
	(void)ctx;
	return wall;
}

/* Not the wall clock's zero: the two must not be taken for each other. */
static u64 clock_ns(void *ctx)
{
	(void)ctx;
	return now;
}

static void set_irq(void *ctx, bool up)
{
	(void)ctx;
	irq = up;
	nr_edges += up;
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

static u8 cmos(u8 index)
{
	out(0x70, index);
	return in(0x71);
}

static void put(u8 index, u8 value)
{
	out(0x70, index);
	out(0x71, value);
}

static void set_alarm(u8 hours, u8 minutes, u8 seconds)
{
	put(ALARM_H, hours);
	put(ALARM_M, minutes);
	put(ALARM_S, seconds);
}

static void wait(u64 ns)
{
	wall += ns;
	now += ns;
}

/* 2000-02-29 23:59:59, a Tuesday, as date(1) counts. */
#define LEAP_DAY	951868799

static void setup(u64 seconds)
{
	struct dev_clock wall_clock = { .now_ns = wall_ns }, host_clock = { .now_ns = clock_ns };
	struct dev_line line = { .set = set_irq };

	bus_init(&ports);
	wall = seconds * SECOND;
	now = 5 * SECOND;
	irq = false;
	nr_edges = 0;
	CHECK_EQ(0, dev_rtc_init(&rtc, &ports, &wall_clock, &host_clock, &line));
	set_alarm(0x12, 0x34, 0x56);
}

/* Seconds, minutes, hours, weekday from Sunday = 1, day, month, year, century. */
static void check_date(const u8 expected[8])
{
	static const u8 registers[] = {
		SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		tap_context("register %#x", registers[i]);
		CHECK_EQ(expected[i], cmos(registers[i]));
	}
	tap_context(NULL);
}

static void it_shows_utc_in_bcd_and_24_hours(void)
{
	setup(LEAP_DAY);
	check_date((u8[]){ 0x59, 0x59, 0x23, 3, 0x29, 0x02, 0x00, 0x20 });
	setup(1798761600);	/* Fri 2027-01-01 00:00:00 */
	check_date((u8[]){ 0x00, 0x00, 0x00, 6, 0x01, 0x01, 0x27, 0x20 });
	setup(0);		/* Thu 1970-01-01 */
	check_date((u8[]){ 0x00, 0x00, 0x00, 5, 0x01, 0x01, 0x70, 0x19 });
}

static void register_b_chooses_binary_and_12_hours(void)
{
	setup(LEAP_DAY);
	put(B, BINARY | H24);
	check_date((u8[]){ 59, 59, 23, 3, 29, 2, 0, 20 });
	put(B, BINARY);
	CHECK_EQ(0x80 | 11, cmos(HOURS));
	wait(SECOND);		/* midnight is 12 am */
	CHECK_EQ(12, cmos(HOURS));
	put(B, 0);
	CHECK_EQ(0x12, cmos(HOURS));
	wait(12 * 3600 * SECOND);
	CHECK_EQ(0x92, cmos(HOURS));
}

static void update_in_progress_shows_ahead_of_the_second(void)
{
	setup(1000);
	CHECK_EQ(0x26, cmos(A));
	wait(999755999);
	CHECK_EQ(0x26, cmos(A));
	wait(1);
	CHECK_EQ(0xa6, cmos(A));
	CHECK_EQ(0x40, cmos(SECONDS));
	wait(244000);
	CHECK_EQ(0x26, cmos(A));
	CHECK_EQ(0x41, cmos(SECONDS));
	wait(999900000);
	put(B, SET | H24);
	CHECK_EQ(0x26, cmos(A));
}

static void ram_can_be_written_and_status_cannot(void)
{
	setup(LEAP_DAY);
	put(0x0d, 0x00);
	CHECK_EQ(0x80, cmos(0x0d));
	put(C, 0xff);
	CHECK_EQ(0x00, cmos(C));
	put(A, 0xa6);
	CHECK_EQ(0x26, cmos(A));
	put(0x7f, 0x42);
	CHECK_EQ(0x42, cmos(0x7f));
	CHECK_EQ(0x42, cmos(0xff));	/* bit 7 of the index is the NMI mask */
	CHECK_EQ(0xff, in(0x70));
}

static void cmos_tells_the_memory_size(void)
{
	setup(0);
	dev_rtc_memory(&rtc, 3ull << 30, 5ull << 30);
	CHECK_EQ(640 & 0xff, cmos(0x15));
	CHECK_EQ(640 >> 8, cmos(0x16));
	CHECK_EQ(0xff, cmos(0x17));
	CHECK_EQ(0xff, cmos(0x18));
	CHECK_EQ(0x00, cmos(0x34));	/* 3 GiB - 16 MiB in 64 KiB: 0xbf00 */
	CHECK_EQ(0xbf, cmos(0x35));
	CHECK_EQ(0x00, cmos(0x5b));	/* 5 GiB in 64 KiB: 0x14000 */
	CHECK_EQ(0x40, cmos(0x5c));
	CHECK_EQ(0x01, cmos(0x5d));
}

static void cmos_of_a_small_guest(void)
{
	setup(0);
	dev_rtc_memory(&rtc, 8 << 20, 0);
	CHECK_EQ((7 << 10) & 0xff, cmos(0x30));
	CHECK_EQ((7 << 10) >> 8, cmos(0x31));
	CHECK_EQ(0, cmos(0x34) | cmos(0x35) | cmos(0x5b));
}

static void write_date(const u8 values[8])
{
	put(SECONDS, values[0]);
	put(MINUTES, values[1]);
	put(HOURS, values[2]);
	put(WEEKDAY, values[3]);
	put(DAY, values[4]);
	put(MONTH, values[5]);
	put(YEAR, values[6]);
	put(CENTURY, values[7]);
}

static void the_time_that_is_set_goes_on_from_there(void)
{
	setup(LEAP_DAY);
	wait(300 * MS);
	put(B, SET | H24);
	write_date((u8[]){ 0x58, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19 });
	wait(10 * SECOND);		/* held */
	check_date((u8[]){ 0x58, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19 });
	put(B, H24);
	wait(699 * MS);
	check_date((u8[]){ 0x58, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19 });
	wait(1 * MS);			/* the divider went on meanwhile */
	CHECK_EQ(0x59, cmos(SECONDS));
	wait(SECOND);
	check_date((u8[]){ 0x00, 0x00, 0x00, 7, 0x01, 0x01, 0x00, 0x20 });
}

/* How Linux sets it: the next second begins half a second after the divider is let go. */
static void the_divider_starts_half_a_second_before_an_update(void)
{
	setup(LEAP_DAY);
	wait(800 * MS);
	put(B, SET | H24);
	put(A, 0x76);
	put(SECONDS, 0x10);
	put(MINUTES, 0x20);
	put(HOURS, 0x05);
	put(B, H24);
	wait(5 * SECOND);		/* held by the divider */
	CHECK_EQ(0x10, cmos(SECONDS));
	CHECK_EQ(0x76, cmos(A));
	put(A, 0x26);
	wait(499 * MS);
	CHECK_EQ(0x10, cmos(SECONDS));
	wait(1 * MS);
	CHECK_EQ(0x11, cmos(SECONDS));
	CHECK_EQ(0x20, cmos(MINUTES));
	CHECK_EQ(0x05, cmos(HOURS));
	CHECK_EQ(0x29, cmos(DAY));
	put(B, SET | H24);		/* the other way round */
	put(A, 0x66);
	put(A, 0x26);
	put(SECONDS, 0x30);
	put(B, H24);
	wait(499 * MS);
	CHECK_EQ(0x30, cmos(SECONDS));
	wait(1 * MS);
	CHECK_EQ(0x31, cmos(SECONDS));
}

static void the_time_can_be_set_in_every_format(void)
{
	static const struct { u8 b, hours, binary_24; } formats[] = {
		{ H24, 0x23, 23 }, { BINARY | H24, 13, 13 }, { 0, 0x12, 0 }, { 0, 0x92, 12 },
		{ 0, 0x07, 7 }, { BINARY, 0x80 | 11, 23 }, { BINARY, 12, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		tap_context("format %u", i);
		setup(LEAP_DAY);
		put(B, SET | formats[i].b);
		put(HOURS, formats[i].hours);
		put(MINUTES, 0x09);
		put(SECONDS, 0x05);
		put(B, formats[i].b);
		CHECK_EQ(formats[i].hours, cmos(HOURS));
		put(B, BINARY | H24);
		CHECK_EQ(formats[i].binary_24, cmos(HOURS));
		CHECK_EQ(9, cmos(MINUTES));
	}
}

static void a_register_can_be_set_while_the_time_runs(void)
{
	setup(LEAP_DAY);
	wait(300 * MS);
	put(HOURS, 0x05);
	check_date((u8[]){ 0x59, 0x59, 0x05, 3, 0x29, 0x02, 0x00, 0x20 });
	wait(700 * MS);
	check_date((u8[]){ 0x00, 0x00, 0x06, 3, 0x29, 0x02, 0x00, 0x20 });
}

static void the_weekday_counts_from_where_it_was_set(void)
{
	setup(LEAP_DAY);
	put(WEEKDAY, 7);
	CHECK_EQ(7, cmos(WEEKDAY));
	wait(SECOND);
	CHECK_EQ(1, cmos(WEEKDAY));
	wait(6 * 86400 * SECOND);
	CHECK_EQ(7, cmos(WEEKDAY));
}

/* The guest's clock keeps its distance to the host's, which may be set as well. */
static void the_guests_time_follows_the_hosts_wall_clock(void)
{
	setup(LEAP_DAY);
	put(B, SET | H24);
	put(YEAR, 0x10);
	put(B, H24);
	wall += 86400 * SECOND;
	CHECK_EQ(0x10, cmos(YEAR));
	CHECK_EQ(0x02, cmos(DAY));	/* 2010-02-29 was 1 March */
	CHECK_EQ(0x03, cmos(MONTH));
	wall -= 2 * 86400 * SECOND;
	CHECK_EQ(0x28, cmos(DAY));
	CHECK_EQ(0x02, cmos(MONTH));
}

static void flags_tell_what_happened_and_reading_clears_them(void)
{
	setup(LEAP_DAY);
	put(ALARM_H, 0x00);
	put(ALARM_M, 0x00);
	put(ALARM_S, 0x01);
	put(A, 0x20);			/* no periodic rate */
	CHECK_EQ(0, cmos(C));
	wait(999 * MS);
	CHECK_EQ(0, cmos(C));
	wait(1 * MS);
	CHECK_EQ(UPDATE, cmos(C));
	CHECK_EQ(0, cmos(C));
	wait(1000 * MS);
	CHECK_EQ(UPDATE | ALARM, cmos(C));
	put(A, 0x26);
	wait(2 * MS);
	CHECK_EQ(PERIODIC, cmos(C));
	CHECK(!irq);			/* none of it is enabled */
	CHECK_EQ(0, nr_edges);
	CHECK_EQ(UINT64_MAX, dev_rtc_deadline(&rtc));
}

/* Time passes unseen up to the deadline; not a nanosecond before is there an interrupt. */
static void check_interrupt_after(u64 ns)
{
	CHECK_EQ(now + ns, dev_rtc_deadline(&rtc));
	wait(ns - 1);
	dev_rtc_tick(&rtc);
	CHECK(!irq);
	wait(1);
	dev_rtc_tick(&rtc);
	CHECK(irq);
}

static void the_update_ended_interrupt_comes_every_second(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	wait(250 * MS);
	cmos(C);
	put(B, UPDATE | H24);
	check_interrupt_after(750 * MS);
	CHECK_EQ(UINT64_MAX, dev_rtc_deadline(&rtc));	/* until it is answered */
	wait(100 * MS);
	CHECK_EQ(IRQF | UPDATE, cmos(C));
	CHECK(!irq);
	check_interrupt_after(900 * MS);
	wait(10 * SECOND);
	dev_rtc_tick(&rtc);
	CHECK_EQ(2, nr_edges);		/* nobody reads C: they are one */
	CHECK_EQ(IRQF | UPDATE, cmos(C));
	check_interrupt_after(SECOND);
}

static void setting_the_time_ends_the_update_interrupt(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	put(B, UPDATE | H24);
	put(B, SET | UPDATE | H24);
	CHECK_EQ(SET | H24, cmos(B));
	wait(10 * SECOND);
	dev_rtc_tick(&rtc);
	CHECK_EQ(0, cmos(C));
	CHECK(!irq);
	put(B, UPDATE | H24);
	CHECK_EQ(0, cmos(C));		/* to set it was no update */
	check_interrupt_after(SECOND);
}

static void every_rate_has_its_period(void)
{
	unsigned int rate, i;

	for (rate = 1; rate < 16; rate++) {
		u64 hz = rate == 1 ? 256 : rate == 2 ? 128 : 65536 >> rate;
		u64 start;

		tap_context("rate %u", rate);
		setup(LEAP_DAY);
		put(A, 0x20 | rate);
		put(B, PERIODIC | H24);
		for (i = 0; i < 2; i++) {
			CHECK(dev_rtc_deadline(&rtc) <= now + SECOND / hz + 1);
			wait(dev_rtc_deadline(&rtc) - now);
			dev_rtc_tick(&rtc);
			CHECK(irq);
			CHECK_EQ(IRQF | PERIODIC, cmos(C) & ~UPDATE);
		}
		start = now;
		for (i = 0; i < 3 * hz; i++) {
			wait(dev_rtc_deadline(&rtc) - now);
			dev_rtc_tick(&rtc);
			CHECK(irq);
			cmos(C);
		}
		CHECK(now - start + 1 >= 3 * SECOND && now - start <= 3 * SECOND + 1);
	}
	tap_context(NULL);
	put(A, 0x20);
	CHECK_EQ(UINT64_MAX, dev_rtc_deadline(&rtc));
	put(A, 0x76);			/* no divider, no periods */
	CHECK_EQ(UINT64_MAX, dev_rtc_deadline(&rtc));
	wait(SECOND);
	CHECK_EQ(0, cmos(C));
}

/* Drives the clock until the alarm's interrupt. Return: seconds that took; 0: more than @most. */
static u64 seconds_to_alarm(u64 most)
{
	u64 start = now;

	while (!irq && now - start < most * SECOND) {
		if (dev_rtc_deadline(&rtc) == UINT64_MAX)
			return 0;
		CHECK(dev_rtc_deadline(&rtc) > now);
		CHECK(dev_rtc_deadline(&rtc) <= now + 60 * SECOND);
		wait(dev_rtc_deadline(&rtc) - now);
		dev_rtc_tick(&rtc);
	}
	return irq ? (now - start) / SECOND : 0;
}

static void the_alarm_comes_at_its_time_and_parts_can_be_any(void)
{
	static const struct { u8 hours, minutes, seconds; unsigned int after, again; } alarms[] = {
		{ 0x00, 0x00, 0x10, 11, 86400 },	/* it is 23:59:59 */
		{ 0x23, 0x59, 0x59, 86400, 86400 },
		{ 0x23, 0x59, 0x58, 86399, 86400 },
		{ 0x12, 0x34, 0x56, 45297, 86400 },
		{ 0xff, 0x30, 0x00, 1801, 3600 },
		{ 0xc0, 0xc0, 0x30, 31, 60 },
		{ 0xff, 0xff, 0xff, 1, 1 },
		{ 0x05, 0xff, 0xff, 18001, 1 },
		{ 0xff, 0x07, 0xff, 421, 1 },
		{ 0x25, 0x00, 0x00, 0, 0 },		/* there is no such time */
		{ 0xff, 0x60, 0xff, 0, 0 },
		{ 0xff, 0xff, 0x1a, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alarms); i++) {
		tap_context("alarm %u", i);
		setup(LEAP_DAY);
		put(A, 0x20);
		set_alarm(alarms[i].hours, alarms[i].minutes, alarms[i].seconds);
		put(B, ALARM | H24);
		CHECK_EQ(alarms[i].after, seconds_to_alarm(100000));
		if (!alarms[i].after)
			continue;
		CHECK_EQ(IRQF | ALARM | UPDATE, cmos(C));
		CHECK(!irq);
		CHECK_EQ(alarms[i].again, seconds_to_alarm(100000));
	}
}

static void the_alarm_knows_the_format_of_the_time(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	put(B, ALARM | BINARY);
	set_alarm(0x80 | 1, 15, 30);		/* 1 pm */
	CHECK_EQ(13 * 3600 + 15 * 60 + 31, seconds_to_alarm(100000));
	cmos(C);
	set_alarm(12, 0, 0);			/* midnight */
	CHECK_EQ(86400 - 13 * 3600 - 15 * 60 - 30, seconds_to_alarm(100000));
}

static void an_alarm_that_nobody_waited_for_is_noted(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	set_alarm(0x12, 0x00, 0x00);
	wait(13 * 3600 * SECOND);
	CHECK_EQ(UPDATE | ALARM, cmos(C));
	wait(SECOND);
	CHECK_EQ(UPDATE, cmos(C));
	wall += 30 * 86400 * SECOND;		/* the host was asleep */
	CHECK_EQ(UPDATE | ALARM, cmos(C));
	wall -= 30 * 86400 * SECOND;
	CHECK_EQ(UPDATE, cmos(C));
}

static void enabling_what_is_noted_already_interrupts_at_once(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	wait(SECOND);
	put(B, UPDATE | H24);
	CHECK(irq);
	put(B, H24);
	CHECK(!irq);
	put(B, UPDATE | H24);
	CHECK_EQ(IRQF | UPDATE, cmos(C));
	CHECK(!irq);
	CHECK_EQ(2, nr_edges);
}

static void the_guest_sees_an_interrupt_before_the_thread_does(void)
{
	setup(LEAP_DAY);
	put(A, 0x20);
	put(B, UPDATE | H24);
	wait(SECOND);
	CHECK(!irq);
	CHECK_EQ(0x00, cmos(SECONDS));
	CHECK(irq);
	CHECK_EQ(IRQF | UPDATE, cmos(C));
	dev_rtc_tick(&rtc);
	CHECK(!irq);
	CHECK_EQ(1, nr_edges);
}

/* Whatever is written: dates stay dates, deadlines ahead, and interrupts one for one answer. */
static void no_sequence_of_accesses_confuses_it(void)
{
	unsigned int step;

	setup(LEAP_DAY);
	random_seed(6);
	for (step = 0; step < 100000; step++) {
		unsigned int before = nr_edges, size = 1 + random_below(8);
		u8 index = random_below(2) ? random_below(16) : random_below(256), enabled;

		tap_context("step %u", step);
		wait(random_below(4) ? random_below(3000000) : random_word() % (100000 * SECOND));
		if (random_below(1000) == 0)
			wall = random_word() / 2;
		switch (random_below(4)) {
		case 0:
			cmos(index);
			break;
		case 1:
			put(index, random_word());
			break;
		case 2:
			bus_write(&ports, 0x6d + random_below(6), size, random_word());
			break;
		case 3:
			dev_rtc_tick(&rtc);
			CHECK(dev_rtc_deadline(&rtc) > now);
			break;
		}
		CHECK(nr_edges - before <= 2);
		enabled = cmos(B);
		CHECK_EQ((rtc.flags & enabled & 0x70) != 0, irq);
	}
	put(A, 0x26);
	put(B, BINARY | H24);
	CHECK(cmos(SECONDS) < 60);
	CHECK(cmos(MONTH) >= 1 && cmos(MONTH) <= 12);
	CHECK(cmos(WEEKDAY) >= 1 && cmos(WEEKDAY) <= 7);
}

static const struct tap_test tests[] = {
	TEST(it_shows_utc_in_bcd_and_24_hours),
	TEST(register_b_chooses_binary_and_12_hours),
	TEST(update_in_progress_shows_ahead_of_the_second),
	TEST(ram_can_be_written_and_status_cannot),
	TEST(cmos_tells_the_memory_size),
	TEST(cmos_of_a_small_guest),
	TEST(the_time_that_is_set_goes_on_from_there),
	TEST(the_divider_starts_half_a_second_before_an_update),
	TEST(the_time_can_be_set_in_every_format),
	TEST(a_register_can_be_set_while_the_time_runs),
	TEST(the_weekday_counts_from_where_it_was_set),
	TEST(the_guests_time_follows_the_hosts_wall_clock),
	TEST(flags_tell_what_happened_and_reading_clears_them),
	TEST(the_update_ended_interrupt_comes_every_second),
	TEST(setting_the_time_ends_the_update_interrupt),
	TEST(every_rate_has_its_period),
	TEST(the_alarm_comes_at_its_time_and_parts_can_be_any),
	TEST(the_alarm_knows_the_format_of_the_time),
	TEST(an_alarm_that_nobody_waited_for_is_noted),
	TEST(enabling_what_is_noted_already_interrupts_at_once),
	TEST(the_guest_sees_an_interrupt_before_the_thread_does),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

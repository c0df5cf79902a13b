// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real-time clock and CMOS RAM (Motorola MC146818A data sheet; memory sizes where PC firmware
 * leaves them). Model and ownership: rtc.h.
 */
#include <string.h>

#include "rtc.h"

#define RTC_PORT	0x70
#define RTC_PORTS	2
#define INDEX_MASK	0x7f		/* bit 7 masks NMI */

#define REG_SECONDS	0x00
#define REG_SECONDS_ALARM 0x01
#define REG_MINUTES	0x02
#define REG_MINUTES_ALARM 0x03
#define REG_HOURS	0x04
#define REG_HOURS_ALARM	0x05
#define REG_WEEKDAY	0x06
#define REG_DAY		0x07
#define REG_MONTH	0x08
#define REG_YEAR	0x09
#define REG_A		0x0a
#define REG_B		0x0b
#define REG_C		0x0c
#define REG_D		0x0d
#define REG_CENTURY	0x32

#define A_UPDATING	0x80
#define A_DIVIDER_OFF	0x60		/* both bits: the divider is held in reset */
#define A_RATE		0x0f
#define A_RESET		0x26		/* 32.768 kHz, 1.024 kHz periodic rate */

#define B_SET		0x80
#define B_24_HOURS	0x02
#define B_BINARY	0x04

/* Flags in C, and their enables in B. */
#define INT_PERIODIC	0x40
#define INT_ALARM	0x20
#define INT_UPDATE	0x10
#define INT_ALL		0x70
#define C_IRQ		0x80

#define D_VALID		0x80

#define HOUR_PM		0x80
#define ALARM_ANY	0xc0		/* and above */

/* Update-in-progress shows 244 us ahead of the new second; the update itself takes no time here. */
#define UPDATE_LEAD_NS	244000u
#define SECOND_NS	1000000000u
#define MINUTE		60
#define HOUR		3600
#define DAY		86400

#define BASE_HZ		32768
#define NEVER		UINT64_MAX

#define CMOS_BASE_KIB	0x15
#define CMOS_EXT_KIB	0x17
#define CMOS_EXT_KIB_2	0x30
#define CMOS_ABOVE_16M	0x34		/* in 64 KiB */
#define CMOS_ABOVE_4G	0x5b		/* in 64 KiB, 24 bits */

static bool divider_off(const struct rtc *rtc)
{
	return (rtc->cmos[REG_A] & A_DIVIDER_OFF) == A_DIVIDER_OFF;
}

/* Whether the registers hold still, for the guest to set the time. */
static bool time_stopped(const struct rtc *rtc)
{
	return (rtc->cmos[REG_B] & B_SET) || divider_off(rtc);
}

/* The guest's time: the second, and nanoseconds in it. */
static time_t rtc_now(const struct rtc *rtc, u64 *ns)
{
	u64 wall = dev_clock_now(&rtc->wall);
	u64 part = wall % SECOND_NS + rtc->ahead_ns;

	*ns = part % SECOND_NS;
	return (time_t)(wall / SECOND_NS + part / SECOND_NS) + rtc->ahead_s;
}

/* Let the present second be @second, with @ns of it over. */
static void set_now(struct rtc *rtc, time_t second, u64 ns)
{
	u64 wall = dev_clock_now(&rtc->wall), unused;

	rtc->ahead_ns = (ns + SECOND_NS - wall % SECOND_NS) % SECOND_NS;
	rtc->ahead_s = 0;
	rtc->ahead_s = second - rtc_now(rtc, &unused);
}

static u8 encode(const struct rtc *rtc, unsigned int value)
{
	if (rtc->cmos[REG_B] & B_BINARY)
		return value;
	return value / 10 % 10 << 4 | value % 10;
}

static u8 encode_hours(const struct rtc *rtc, unsigned int hours)
{
	unsigned int twelve = hours % 12 ? hours % 12 : 12;

	if (rtc->cmos[REG_B] & B_24_HOURS)
		return encode(rtc, hours);
	return encode(rtc, twelve) | (hours >= 12 ? HOUR_PM : 0);
}

static unsigned int decode(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[REG_B] & B_BINARY)
		return value;
	return (value >> 4) * 10 + (value & 15);
}

static unsigned int decode_hours(const struct rtc *rtc, u8 value)
{
	if (rtc->cmos[REG_B] & B_24_HOURS)
		return decode(rtc, value);
	return decode(rtc, value & ~HOUR_PM) % 12 + (value & HOUR_PM ? 12 : 0);
}

/* The registers that show the time, and so are storage only while it is stopped. */
static bool is_time(u8 index)
{
	switch (index) {
	case REG_SECONDS:
	case REG_MINUTES:
	case REG_HOURS:
	case REG_WEEKDAY ... REG_YEAR:
	case REG_CENTURY:
		return true;
	default:
		return false;
	}
}

static u8 encode_time(const struct rtc *rtc, const struct tm *tm, u8 index)
{
	switch (index) {
	case REG_SECONDS:
		return encode(rtc, tm->tm_sec);
	case REG_MINUTES:
		return encode(rtc, tm->tm_min);
	case REG_HOURS:
		return encode_hours(rtc, tm->tm_hour);
	case REG_WEEKDAY:
		return encode(rtc, (tm->tm_wday + rtc->weekday_shift) % 7 + 1);
	case REG_DAY:
		return encode(rtc, tm->tm_mday);
	case REG_MONTH:
		return encode(rtc, tm->tm_mon + 1);
	case REG_YEAR:
		return encode(rtc, (tm->tm_year + 1900) % 100);
	default:
		return encode(rtc, (tm->tm_year + 1900) / 100);
	}
}

static u8 read_time(const struct rtc *rtc, u8 index)
{
	struct tm tm = { 0 };
	time_t second;
	u64 ns;

	if (time_stopped(rtc))
		return rtc->cmos[index];
	second = rtc_now(rtc, &ns);
	gmtime_r(&second, &tm);
	return encode_time(rtc, &tm, index);
}

static void stop_time(struct rtc *rtc)
{
	struct tm tm = { 0 };
	time_t second;
	unsigned int i;
	u64 ns;

	second = rtc_now(rtc, &ns);
	gmtime_r(&second, &tm);
	for (i = 0; i < RTC_CMOS_SIZE; i++) {
		if (is_time(i))
			rtc->cmos[i] = encode_time(rtc, &tm, i);
	}
}

/* The time goes on from what the registers say; how much of the second is over does not change. */
static void start_time(struct rtc *rtc)
{
	const u8 *cmos = rtc->cmos;
	unsigned int century = decode(rtc, cmos[REG_CENTURY]);
	struct tm tm = {
		.tm_sec = decode(rtc, cmos[REG_SECONDS]),
		.tm_min = decode(rtc, cmos[REG_MINUTES]),
		.tm_hour = decode_hours(rtc, cmos[REG_HOURS]),
		.tm_mday = decode(rtc, cmos[REG_DAY]),
		.tm_mon = decode(rtc, cmos[REG_MONTH]) - 1,
		.tm_year = century * 100 + decode(rtc, cmos[REG_YEAR]) - 1900,
	};
	time_t second = timegm(&tm);
	u64 ns;

	rtc_now(rtc, &ns);
	set_now(rtc, second, ns);
	/* 7 * 37 is more than a register holds. */
	rtc->weekday_shift = (decode(rtc, cmos[REG_WEEKDAY]) + 7 * 37 - 1 - tm.tm_wday) % 7;
	rtc->updated = second;
}

/* Length of a period as a power of two of the time base's clocks; -1: there is none. */
static int rate_shift(const struct rtc *rtc)
{
	int rate = rtc->cmos[REG_A] & A_RATE;

	if (!rate || divider_off(rtc))
		return -1;
	return rate < 3 ? rate + 6 : rate - 1;	/* the two fastest are not to be had of 32768 Hz */
}

/* Periods since the clock's beginning. */
static u64 count_periods(const struct rtc *rtc)
{
	u64 now = dev_clock_now(&rtc->clock);
	int shift = rate_shift(rtc);

	if (shift < 0)
		return 0;
	return (now / SECOND_NS * BASE_HZ + now % SECOND_NS * BASE_HZ / SECOND_NS) >> shift;
}

static u64 next_period_ns(const struct rtc *rtc)
{
	int shift = rate_shift(rtc);
	u64 clock;

	if (shift < 0)
		return NEVER;
	clock = (rtc->periods + 1) << shift;
	return clock / BASE_HZ * SECOND_NS +
	       (clock % BASE_HZ * SECOND_NS + BASE_HZ - 1) / BASE_HZ;
}

static bool alarm_is(u8 alarm, u8 present)
{
	return alarm >= ALARM_ANY || alarm == present;
}

/* Whether a minute or second ever looks like this. */
static bool alarm_can_be(const struct rtc *rtc, u8 alarm)
{
	unsigned int i;

	for (i = 0; i < 60; i++) {
		if (alarm_is(alarm, encode(rtc, i)))
			return true;
	}
	return false;
}

/* Seconds from one until the alarm comes next: 1 to a day; 0: never. */
static unsigned int until_alarm(const struct rtc *rtc, time_t second)
{
	unsigned int since_midnight = (second % DAY + DAY) % DAY, step, left;
	const u8 *cmos = rtc->cmos;

	if (!alarm_can_be(rtc, cmos[REG_MINUTES_ALARM]) ||
	    !alarm_can_be(rtc, cmos[REG_SECONDS_ALARM]))
		return 0;
	for (left = 1; left <= DAY; left += step) {
		unsigned int t = (since_midnight + left) % DAY;

		if (!alarm_is(cmos[REG_HOURS_ALARM], encode_hours(rtc, t / HOUR)))
			step = HOUR - t % HOUR;
		else if (!alarm_is(cmos[REG_MINUTES_ALARM], encode(rtc, t / MINUTE % 60)))
			step = MINUTE - t % MINUTE;
		else if (!alarm_is(cmos[REG_SECONDS_ALARM], encode(rtc, t % MINUTE)))
			step = 1;
		else
			return left;
	}
	return 0;
}

/* Note in the flags what has happened. The wall clock may have been put back: no alarm, then. */
static void catch_up(struct rtc *rtc)
{
	u64 periods = count_periods(rtc), ns;
	time_t second = rtc_now(rtc, &ns);
	unsigned int alarm;

	if (periods != rtc->periods)
		rtc->flags |= INT_PERIODIC;
	rtc->periods = periods;
	if (time_stopped(rtc) || second == rtc->updated)
		return;
	rtc->flags |= INT_UPDATE;
	alarm = until_alarm(rtc, rtc->updated);
	if (alarm && second - rtc->updated >= (time_t)alarm)
		rtc->flags |= INT_ALARM;
	rtc->updated = second;
}

/* When the interrupt comes, if it has not; ns of @clock. */
static u64 next_interrupt(const struct rtc *rtc)
{
	u8 enabled = rtc->cmos[REG_B] & INT_ALL;
	u64 nearest = NEVER, due, ns;
	unsigned int seconds = 0;
	time_t second;

	if (!enabled || (enabled & rtc->flags))
		return NEVER;
	if (enabled & INT_PERIODIC)
		nearest = next_period_ns(rtc);
	if (time_stopped(rtc))
		return nearest;
	second = rtc_now(rtc, &ns);
	if (enabled & INT_ALARM)
		seconds = until_alarm(rtc, second);
	if (seconds > MINUTE)
		seconds = MINUTE;
	if (enabled & INT_UPDATE)
		seconds = 1;
	if (!seconds)
		return nearest;
	due = dev_clock_now(&rtc->clock) + (u64)seconds * SECOND_NS - ns;
	return due < nearest ? due : nearest;
}

/* The guest did something, or time has passed, and the flags are up to date. */
static void settle(struct rtc *rtc)
{
	dev_line_set(&rtc->irq, rtc->flags & rtc->cmos[REG_B] & INT_ALL);
	rtc->deadline = next_interrupt(rtc);
}

static u8 read_a(const struct rtc *rtc)
{
	u64 ns;

	rtc_now(rtc, &ns);
	if (time_stopped(rtc) || ns < SECOND_NS - UPDATE_LEAD_NS)
		return rtc->cmos[REG_A];
	return rtc->cmos[REG_A] | A_UPDATING;
}

static u8 read_c(struct rtc *rtc)
{
	u8 flags = rtc->flags;

	rtc->flags = 0;
	return flags | (flags & rtc->cmos[REG_B] & INT_ALL ? C_IRQ : 0);
}

static u8 read_register(struct rtc *rtc, u8 index)
{
	if (is_time(index))
		return read_time(rtc, index);
	switch (index) {
	case REG_A:
		return read_a(rtc);
	case REG_C:
		return read_c(rtc);
	case REG_D:
		return D_VALID;
	default:
		return rtc->cmos[index];
	}
}

/* A and B can stop the time and let it go on, and the divider, half a second before an update. */
static void write_control(struct rtc *rtc, u8 index, u8 value)
{
	bool was_stopped = time_stopped(rtc), was_off = divider_off(rtc);
	u8 before = rtc->cmos[index];

	rtc->cmos[index] = value;
	if (!was_stopped && time_stopped(rtc)) {
		rtc->cmos[index] = before;
		stop_time(rtc);
		rtc->cmos[index] = value;
	}
	if (was_off && !divider_off(rtc))
		set_now(rtc, 0, SECOND_NS / 2);
	if (was_stopped && !time_stopped(rtc))
		start_time(rtc);
	rtc->periods = count_periods(rtc);
}

static void write_register(struct rtc *rtc, u8 index, u8 value)
{
	switch (index) {
	case REG_A:
		write_control(rtc, index, value & ~A_UPDATING);
		break;
	case REG_B:		/* to stop the time also turns the update-ended interrupt off */
		write_control(rtc, index, value & B_SET ? value & ~INT_UPDATE : value);
		break;
	case REG_C:
	case REG_D:		/* for reading only */
		break;
	default:
		if (is_time(index) && !time_stopped(rtc)) {
			stop_time(rtc);
			rtc->cmos[index] = value;
			start_time(rtc);
		} else {
			rtc->cmos[index] = value;
		}
		break;
	}
}

static void rtc_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct rtc *rtc = dev;

	(void)size;
	if (!offset)		/* the index register cannot be read */
		return;
	catch_up(rtc);
	*value = read_register(rtc, rtc->index);
	settle(rtc);
}

static void rtc_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct rtc *rtc = dev;

	(void)size;
	if (!offset) {
		rtc->index = value & INDEX_MASK;
		return;
	}
	catch_up(rtc);
	write_register(rtc, rtc->index, value);
	settle(rtc);
}

static const struct bus_device rtc_device = {
	.name = "RTC", .width = 1, .read = rtc_read, .write = rtc_write,
};

int dev_rtc_init(struct rtc *rtc, struct bus *ports, const struct dev_clock *wall,
		 const struct dev_clock *clock, const struct dev_line *irq)
{
	u64 ns;

	memset(rtc, 0, sizeof(*rtc));
	rtc->wall = *wall;
	rtc->clock = *clock;
	if (irq)
		rtc->irq = *irq;
	rtc->cmos[REG_A] = A_RESET;
	rtc->cmos[REG_B] = B_24_HOURS;
	rtc->updated = rtc_now(rtc, &ns);
	rtc->periods = count_periods(rtc);
	rtc->deadline = NEVER;
	return bus_add(ports, RTC_PORT, RTC_PORTS, &rtc_device, rtc);
}

static void put(struct rtc *rtc, u8 index, u64 value, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		rtc->cmos[index + i] = value >> (8 * i);
}

/* A size in units, less what lies below it, as far as @bytes bytes can say. */
static u64 units_above(u64 size, u64 below, unsigned int shift, unsigned int bytes)
{
	u64 units = size > below ? (size - below) >> shift : 0;
	u64 most = (1ull << (8 * bytes)) - 1;

	return units < most ? units : most;
}

void dev_rtc_memory(struct rtc *rtc, u64 low, u64 high)
{
	u64 base = low < 640 << 10 ? low : 640 << 10;

	put(rtc, CMOS_BASE_KIB, base >> 10, 2);
	put(rtc, CMOS_EXT_KIB, units_above(low, 1 << 20, 10, 2), 2);
	put(rtc, CMOS_EXT_KIB_2, units_above(low, 1 << 20, 10, 2), 2);
	put(rtc, CMOS_ABOVE_16M, units_above(low, 16 << 20, 16, 2), 2);
	put(rtc, CMOS_ABOVE_4G, units_above(high, 0, 16, 3), 3);
}

u64 dev_rtc_deadline(const struct rtc *rtc)
{
	return rtc->deadline;
}

void dev_rtc_tick(struct rtc *rtc)
{
	if (dev_clock_now(&rtc->clock) < rtc->deadline)
		return;
	catch_up(rtc);
	settle(rtc);
}

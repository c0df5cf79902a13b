// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real-time clock and CMOS RAM (Motorola MC146818A data sheet; memory sizes where PC firmware
 * leaves them). Model and ownership: rtc.h.
 */
#include <string.h>
#include <time.h>

#include "rtc.h"

#define RTC_PORT	0x70
#define RTC_PORTS	2
#define INDEX_MASK	0x7f		/* bit 7 masks NMI */

#define REG_SECONDS	0x00
#define REG_MINUTES	0x02
#define REG_HOURS	0x04
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
#define A_DIVIDER	0x26		/* 32.768 kHz, 1.024 kHz periodic rate */
#define B_24_HOURS	0x02
#define B_BINARY	0x04
#define D_VALID		0x80

#define HOUR_PM		0x80

/* Update-in-progress shows 244 us ahead of the new second; the update itself takes no time here. */
#define UPDATE_LEAD_NS	244000u
#define SECOND_NS	1000000000u

#define CMOS_BASE_KIB	0x15
#define CMOS_EXT_KIB	0x17
#define CMOS_EXT_KIB_2	0x30
#define CMOS_ABOVE_16M	0x34		/* in 64 KiB */
#define CMOS_ABOVE_4G	0x5b		/* in 64 KiB, 24 bits */

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

static u8 read_time(const struct rtc *rtc, u8 index)
{
	time_t seconds = dev_clock_now(&rtc->wall) / SECOND_NS;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	switch (index) {
	case REG_SECONDS:
		return encode(rtc, tm.tm_sec);
	case REG_MINUTES:
		return encode(rtc, tm.tm_min);
	case REG_HOURS:
		return encode_hours(rtc, tm.tm_hour);
	case REG_WEEKDAY:
		return encode(rtc, tm.tm_wday + 1);
	case REG_DAY:
		return encode(rtc, tm.tm_mday);
	case REG_MONTH:
		return encode(rtc, tm.tm_mon + 1);
	case REG_YEAR:
		return encode(rtc, tm.tm_year % 100);
	default:
		return encode(rtc, (tm.tm_year + 1900) / 100);
	}
}

/* The registers that show the time, and so are not storage. */
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

static u8 read_register(const struct rtc *rtc, u8 index)
{
	bool updating;

	if (is_time(index))
		return read_time(rtc, index);
	switch (index) {
	case REG_A:
		updating = dev_clock_now(&rtc->wall) % SECOND_NS >= SECOND_NS - UPDATE_LEAD_NS;
		return rtc->cmos[REG_A] | (updating ? A_UPDATING : 0);
	case REG_C:		/* no interrupt is ever pending */
		return 0;
	case REG_D:
		return D_VALID;
	default:
		return rtc->cmos[index];
	}
}

static void rtc_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct rtc *rtc = dev;

	(void)size;
	if (offset)		/* the index register cannot be read */
		*value = read_register(rtc, rtc->index);
}

static void rtc_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct rtc *rtc = dev;

	(void)size;
	if (!offset)
		rtc->index = value & INDEX_MASK;
	else if (rtc->index == REG_A)
		rtc->cmos[REG_A] = value & ~A_UPDATING;
	else		/* the time, C and D are not read from here: setting them is lost */
		rtc->cmos[rtc->index] = value;
}

static const struct bus_device rtc_device = {
	.name = "RTC", .width = 1, .read = rtc_read, .write = rtc_write,
};

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

static void fill_memory_sizes(struct rtc *rtc, u64 low, u64 high)
{
	u64 base = low < 640 << 10 ? low : 640 << 10;

	put(rtc, CMOS_BASE_KIB, base >> 10, 2);
	put(rtc, CMOS_EXT_KIB, units_above(low, 1 << 20, 10, 2), 2);
	put(rtc, CMOS_EXT_KIB_2, units_above(low, 1 << 20, 10, 2), 2);
	put(rtc, CMOS_ABOVE_16M, units_above(low, 16 << 20, 16, 2), 2);
	put(rtc, CMOS_ABOVE_4G, units_above(high, 0, 16, 3), 3);
}

int dev_rtc_init(struct rtc *rtc, struct bus *ports, const struct dev_clock *wall, u64 low,
		 u64 high)
{
	memset(rtc, 0, sizeof(*rtc));
	rtc->wall = *wall;
	rtc->cmos[REG_A] = A_DIVIDER;
	rtc->cmos[REG_B] = B_24_HOURS;
	fill_memory_sizes(rtc, low, high);
	return bus_add(ports, RTC_PORT, RTC_PORTS, &rtc_device, rtc);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MC146818 real-time clock with CMOS RAM.
 *
 * The guest's time is the host's wall clock, in UTC, plus what the guest has set it ahead or back;
 * nothing counts in between. An update takes no time: registers can always be read, though
 * update-in-progress shows ahead of it. Dates that cannot be (31 February) become the day that they
 * amount to. Periodic, alarm and update-ended interrupts: who wants them calls dev_rtc_tick() when
 * the deadline has come. Events that nobody saw are one flag in register C, as on the chip, so that
 * a guest that does not read it is left alone. Not there: daylight saving, the square wave and time
 * bases other than 32768 Hz, which only their register bits know of.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_RTC_H
#define XVCPUCTL_DEVICES_RTC_H

#include <time.h>

#include "../bus.h"
#include "clock.h"
#include "line.h"

#define RTC_IRQ		8
#define RTC_CMOS_SIZE	128

/** struct rtc - private to rtc.c */
struct rtc {
	struct dev_clock wall, clock;
	struct dev_line irq;
	u8 index;
	u8 cmos[RTC_CMOS_SIZE];	/* the time's registers: as of when it was stopped */
	u8 flags;		/* register C without IRQF */
	time_t ahead_s;		/* guest's time less the wall clock's, to be added to ... */
	u64 ahead_ns;		/* ... this, below a second */
	unsigned int weekday_shift;	/* the guest's Sunday need not be the calendar's */
	time_t updated;		/* second up to which updates and alarms are in the flags */
	u64 periods;		/* periods of the rate that are in the flags */
	u64 deadline;
};

/**
 * dev_rtc_init() - put the clock on the bus
 * @rtc:   the device
 * @ports: port bus; 0x70 and 0x71 are claimed
 * @wall:  nanoseconds since 1970-01-01 00:00 UTC; copied. Unlike other clocks it may step
 * @clock: what deadlines are in; copied
 * @irq:   interrupt line, copied; NULL: not connected
 *
 * Return: 0, or as bus_add().
 */
int dev_rtc_init(struct rtc *rtc, struct bus *ports, const struct dev_clock *wall,
		 const struct dev_clock *clock, const struct dev_line *irq);

/**
 * dev_rtc_memory() - what firmware notes in the CMOS of how much memory there is
 * @rtc:  the device
 * @low:  bytes of RAM below 4 GiB
 * @high: bytes of RAM above
 */
void dev_rtc_memory(struct rtc *rtc, u64 low, u64 high);

/**
 * dev_rtc_deadline() - when dev_rtc_tick() must be called
 *
 * Return: nanoseconds of @clock; UINT64_MAX: never, as things are. Changes with guest accesses and
 * ticks only. While an alarm is set it is at most a minute away, so that one is seen in time should
 * the wall clock step.
 */
u64 dev_rtc_deadline(const struct rtc *rtc);

/** dev_rtc_tick() - bring the interrupt line up to date; at any time, best at the deadline */
void dev_rtc_tick(struct rtc *rtc);

#endif /* XVCPUCTL_DEVICES_RTC_H */

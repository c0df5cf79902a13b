/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MC146818 real-time clock with CMOS RAM: enough for guests that read the time and the memory size.
 *
 * The time is the VMM's and cannot be set: writes to its registers are dropped. There are no
 * interrupts. The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_RTC_H
#define XVCPUCTL_DEVICES_RTC_H

#include "../bus.h"
#include "clock.h"

#define RTC_CMOS_SIZE	128

/** struct rtc - private to rtc.c */
struct rtc {
	struct dev_clock wall;
	u8 index;
	u8 cmos[RTC_CMOS_SIZE];
};

/**
 * dev_rtc_init() - put the clock on the bus
 * @rtc:   the device
 * @ports: port bus; 0x70 and 0x71 are claimed
 * @wall:  nanoseconds since 1970-01-01 00:00 UTC; copied. The guest sees UTC
 * @low:   bytes of RAM below 4 GiB
 * @high:  bytes of RAM above
 *
 * Return: 0, or as bus_add().
 */
int dev_rtc_init(struct rtc *rtc, struct bus *ports, const struct dev_clock *wall, u64 low,
		 u64 high);

#endif /* XVCPUCTL_DEVICES_RTC_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Where devices take the time from: the VMM's clocks, or a test's. */
#ifndef XVCPUCTL_DEVICES_CLOCK_H
#define XVCPUCTL_DEVICES_CLOCK_H

#include "../types.h"

/**
 * struct dev_clock - a source of time
 * @now_ns: nanoseconds since a fixed moment, never decreasing
 * @ctx:    first argument to @now_ns
 */
struct dev_clock {
	u64 (*now_ns)(void *ctx);
	void *ctx;
};

static inline u64 dev_clock_now(const struct dev_clock *clock)
{
	return clock->now_ns(clock->ctx);
}

#endif /* XVCPUCTL_DEVICES_CLOCK_H */

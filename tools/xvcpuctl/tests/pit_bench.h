/* SPDX-License-Identifier: GPL-2.0-only */
/* An 8254 on a bus, with a clock that stands still between the test's calls. */
#ifndef XVCPUCTL_TESTS_PIT_BENCH_H
#define XVCPUCTL_TESTS_PIT_BENCH_H

#include "../devices/pit8254.h"

#define CONTROL		0x43
#define CHANNEL(n)	(0x40 + (n))

#define LOW		0x10
#define HIGH		0x20
#define BOTH		0x30
#define MODE(m)		((m) << 1)
#define BCD		1
#define SELECT(n)	((n) << 6)

/**
 * struct pit_bench - the timer and what is around it
 * @ports:     its bus
 * @pit:       the device
 * @now:       nanoseconds
 * @clock_now: the same in clocks of 105/88 MHz, where pit_wait() left it
 * @irq:       level of interrupt 0
 * @nr_edges:  how often it rose since pit_setup()
 */
extern struct pit_bench {
	struct bus ports;
	struct pit8254 pit;
	u64 now;
	u64 clock_now;
	bool irq;
	unsigned int nr_edges;
} pit_bench;

/** pit_setup() - a timer after reset */
void pit_setup(void);

u8 pit_in(u16 port);
void pit_out(u16 port, u8 value);

/** pit_wait() - time goes on to the first nanosecond of a later clock; nobody ticks the timer */
void pit_wait(u64 clocks);

/** pit_read_count() - both bytes of a counter */
u16 pit_read_count(unsigned int channel);

/** pit_latched() - the same after a latch command */
u16 pit_latched(unsigned int channel);

/** pit_program() - control word, with both bytes to follow, and count */
void pit_program(unsigned int channel, u8 control, u16 count);

#endif /* XVCPUCTL_TESTS_PIT_BENCH_H */

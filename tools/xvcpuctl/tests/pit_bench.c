// SPDX-License-Identifier: GPL-2.0-only
/* See pit_bench.h. */
#include "pit_bench.h"
#include "tap.h"

struct pit_bench pit_bench;

static void set_irq(void *ctx, bool up)
{
	(void)ctx;
	pit_bench.irq = up;
	pit_bench.nr_edges += up;
}

static u64 now_ns(void *ctx)
{
	(void)ctx;
	return pit_bench.now;
}

u8 pit_in(u16 port)
{
	return bus_read(&pit_bench.ports, port, 1);
}

void pit_out(u16 port, u8 value)
{
	bus_write(&pit_bench.ports, port, 1, value);
}

/* The first nanosecond of a clock of 105/88 MHz. */
static void at_clock(u64 clock)
{
	pit_bench.now = (clock * 88000 + 104) / 105;
}

void pit_wait(u64 clocks)
{
	pit_bench.clock_now += clocks;
	at_clock(pit_bench.clock_now);
}

void pit_setup(void)
{
	struct dev_clock clock = { .now_ns = now_ns };
	struct dev_line line = { .set = set_irq };

	bus_init(&pit_bench.ports);
	pit_bench.irq = false;
	pit_bench.clock_now = 1000000;
	at_clock(pit_bench.clock_now);
	CHECK_EQ(0, dev_pit_init(&pit_bench.pit, &pit_bench.ports, &clock, &line));
	pit_bench.nr_edges = 0;
}

u16 pit_read_count(unsigned int channel)
{
	u8 low = pit_in(CHANNEL(channel));

	return pit_in(CHANNEL(channel)) << 8 | low;
}

u16 pit_latched(unsigned int channel)
{
	pit_out(CONTROL, SELECT(channel));
	return pit_read_count(channel);
}

void pit_program(unsigned int channel, u8 control, u16 count)
{
	pit_out(CONTROL, SELECT(channel) | BOTH | control);
	pit_out(CHANNEL(channel), count);
	pit_out(CHANNEL(channel), count >> 8);
}

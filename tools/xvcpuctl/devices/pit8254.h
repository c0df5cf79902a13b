/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 8254 programmable interval timer with the system-control port 0x61 that gates its third channel.
 *
 * The state of a channel is a function of the time since its count was loaded: it is computed when
 * somebody looks, and nothing runs in between. Who wants interrupt 0 calls dev_pit_tick() when the
 * deadline has come.
 *
 * The line of interrupt 0 rises with channel 0's OUT. What took place unseen makes one edge,
 * however many periods it was: a guest that counts ticks runs slow by what its host withheld,
 * instead of being flooded afterwards. That OUT falls in the course of a period (modes 2 and 3)
 * reaches the line only together with the next rise, so that a late guest does not lose its request
 * by it; when a write takes OUT down, the line follows at once.
 *
 * At reset the channels are as PC firmware leaves them: 0 counts 65536 in mode 3, 1 counts 18 in
 * mode 2, 2 is in mode 3 without a count.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_PIT8254_H
#define XVCPUCTL_DEVICES_PIT8254_H

#include "../bus.h"
#include "clock.h"
#include "line.h"

#define PIT_CHANNELS	3
#define PIT_IRQ		0

/**
 * define PIT_SHORTEST_NS - least time between two edges that no guest access asked for
 *
 * Counts of a few clocks would keep the host busy with nothing else. 10 kHz is more than any guest
 * takes ticks with.
 */
#define PIT_SHORTEST_NS	100000

/** struct pit_channel - private to pit8254.c */
struct pit_channel {
	u8 mode, access;
	bool bcd;
	bool gate;
	bool loaded;		/* the counting element holds a count */
	bool fresh;		/* a count was written; the clock that loads it may be to come */
	bool stopped;		/* mode 0 between the two bytes of a new count */
	bool out_before;	/* modes 1 and 5: OUT until the clock after the trigger */
	u32 count;		/* what was loaded: 1 to 65536, or 10000 in BCD */
	u64 phase;		/* clocks counted since then, at the time ... */
	u64 stamp;		/* ... of this clock */
	u32 next_count;		/* written, not yet loaded */
	bool next_pending;
	bool write_high_next, read_high_next;
	u8 write_low;
	bool count_latched, status_latched;
	u16 latched_count;
	u8 latched_status;
};

/** struct pit8254 - private to pit8254.c */
struct pit8254 {
	struct dev_clock clock;
	struct pit_channel channels[PIT_CHANNELS];
	u8 port61;
	struct dev_line irq;
	u64 rise;		/* clock at which channel 0's OUT rises next; UINT64_MAX: never */
	u64 deadline;
	u64 earliest;		/* ns before which time alone makes no other edge */
};

/**
 * dev_pit_init() - reset the timer and put it on the bus
 * @pit:   the device
 * @ports: port bus; 0x40 to 0x43 and 0x61 are claimed
 * @clock: time; copied
 * @irq:   interrupt line, copied; NULL: not connected
 *
 * Return: 0, or as bus_add().
 */
int dev_pit_init(struct pit8254 *pit, struct bus *ports, const struct dev_clock *clock,
		 const struct dev_line *irq);

/** dev_pit_out() - level of a channel's OUT pin now; channel 0's is interrupt 0 */
bool dev_pit_out(struct pit8254 *pit, unsigned int channel);

/**
 * dev_pit_deadline() - when dev_pit_tick() must be called
 *
 * Return: nanoseconds of the device's clock at which interrupt 0 comes next; UINT64_MAX: never, as
 * things are. Changes with guest accesses and ticks only. Exact for a single shot; of a period
 * shorter than %PIT_SHORTEST_NS only every so many ends count.
 */
u64 dev_pit_deadline(const struct pit8254 *pit);

/** dev_pit_tick() - bring the line of interrupt 0 up to date; at any time, best at the deadline */
void dev_pit_tick(struct pit8254 *pit);

#endif /* XVCPUCTL_DEVICES_PIT8254_H */

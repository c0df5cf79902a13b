/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One 8254 channel that really counts: a second model, advanced clock by clock, to hold the one in
 * devices/pit8254.c against.
 */
#ifndef XVCPUCTL_TESTS_PIT_CLOCKWORK_H
#define XVCPUCTL_TESTS_PIT_CLOCKWORK_H

#include "../types.h"

/** struct clockwork - a channel with binary counting and two-byte access */
struct clockwork {
	unsigned int mode;
	bool gate, out;
	bool written;		/* the count register holds a count */
	bool load;		/* the next clock loads the counting element */
	bool null;		/* the counting element lacks the last count written */
	bool running;		/* the counting element has been loaded */
	bool armed;		/* modes 0, 1, 4, 5: terminal count still to come */
	u32 count_register;	/* 1 to 65536 */
	u32 reload;		/* mode 3: count in use */
	u32 element;		/* 0 to 65535 */
	u32 left;		/* modes 2 and 3: clocks to the end of this half or period */
};

void clockwork_control(struct clockwork *cw, unsigned int mode);
void clockwork_first_byte(struct clockwork *cw);
void clockwork_count(struct clockwork *cw, u32 count);
void clockwork_gate(struct clockwork *cw, bool up);
void clockwork_clock(struct clockwork *cw);

#endif /* XVCPUCTL_TESTS_PIT_CLOCKWORK_H */

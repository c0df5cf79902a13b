// SPDX-License-Identifier: GPL-2.0-only
/* An 8254 channel advanced clock by clock (Intel 8254 data sheet, "Mode Definitions"). */
#include <string.h>

#include "pit_clockwork.h"

void clockwork_control(struct clockwork *cw, unsigned int mode)
{
	bool gate = cw->gate;

	memset(cw, 0, sizeof(*cw));
	cw->gate = gate;
	cw->mode = mode;
	cw->null = true;
	cw->out = mode != 0;
}

/* Mode 0: the first byte of a two-byte count stops counting and takes OUT low. */
void clockwork_first_byte(struct clockwork *cw)
{
	if (cw->mode != 0)
		return;
	cw->running = false;
	cw->out = false;
}

void clockwork_count(struct clockwork *cw, u32 count)
{
	cw->count_register = count;
	cw->written = true;
	cw->null = true;
	if (cw->mode == 0 || cw->mode == 4)
		cw->load = true;
	else if ((cw->mode == 2 || cw->mode == 3) && !cw->running)
		cw->load = true;
	if (cw->mode == 4)
		cw->out = true;
}

void clockwork_gate(struct clockwork *cw, bool up)
{
	bool rising = up && !cw->gate;

	cw->gate = up;
	if ((cw->mode == 2 || cw->mode == 3) && !up)
		cw->out = true;
	if (!rising || !cw->written)
		return;
	if (cw->mode == 1 || cw->mode == 5)
		cw->load = true;
	else if ((cw->mode == 2 || cw->mode == 3) && cw->running)
		cw->load = true;
}

/* What the counting element starts a period, or a half of mode 3, with. */
static void start(struct clockwork *cw, bool high)
{
	u32 count = cw->count_register;

	cw->null = false;
	cw->reload = count;
	if (cw->mode == 3) {
		cw->element = count & ~1u;
		cw->left = high ? (count + 1) / 2 : count / 2;
		cw->out = high;
		return;
	}
	cw->element = count;
	cw->left = count;
}

static void load(struct clockwork *cw)
{
	cw->load = false;
	cw->running = true;
	cw->armed = true;
	start(cw, true);
	if (cw->mode == 0 || cw->mode == 1)
		cw->out = false;
	else
		cw->out = true;
	/* A mode 2 count of 1 is at its last clock at once. */
	if (cw->mode == 2 && cw->left == 1)
		cw->out = !cw->gate;
}

static void clock_single(struct clockwork *cw)
{
	if (cw->mode == 4 || cw->mode == 5)
		cw->out = true;
	cw->element = (cw->element - 1) & 0xffff;
	if (cw->element || !cw->armed)
		return;
	cw->armed = false;
	cw->out = cw->mode < 2;
}

static void clock_rate(struct clockwork *cw)
{
	if (!--cw->left)
		start(cw, true);
	else
		cw->element--;
	cw->out = cw->left != 1;
}

static void clock_square(struct clockwork *cw)
{
	if (--cw->left) {
		cw->element -= 2;
		return;
	}
	start(cw, !cw->out);
	/* With a count of 1 the low half has no length. */
	if (!cw->left)
		start(cw, true);
}

void clockwork_clock(struct clockwork *cw)
{
	bool triggered = cw->mode == 1 || cw->mode == 5;

	if (cw->load) {
		load(cw);
		return;
	}
	if (!cw->running || (!triggered && !cw->gate))
		return;
	if (cw->mode == 2)
		clock_rate(cw);
	else if (cw->mode == 3)
		clock_square(cw);
	else
		clock_single(cw);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* An interrupt line between a device and whatever the VMM connects it to. */
#ifndef XVCPUCTL_DEVICES_LINE_H
#define XVCPUCTL_DEVICES_LINE_H

#include "../types.h"

/**
 * struct dev_line - one end of an interrupt line
 * @set: called when the level changes, never twice with the same one; NULL: not connected
 * @ctx: first argument to @set
 * @up:  the present level; private to dev_line_set()
 */
struct dev_line {
	void (*set)(void *ctx, bool up);
	void *ctx;
	bool up;
};

/** dev_line_set() - put the line on a level */
static inline void dev_line_set(struct dev_line *line, bool up)
{
	if (line->up == up)
		return;
	line->up = up;
	if (line->set)
		line->set(line->ctx, up);
}

#endif /* XVCPUCTL_DEVICES_LINE_H */

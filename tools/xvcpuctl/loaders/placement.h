/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan of what goes where in guest memory.
 *
 * A loader claims a range for everything it is going to write, then writes. A claim that is outside
 * RAM or on top of another is refused with both names, so nothing is ever half loaded. The plan
 * lives on the loader's stack.
 */
#ifndef XVCPUCTL_LOADERS_PLACEMENT_H
#define XVCPUCTL_LOADERS_PLACEMENT_H

#include "../guest_memory.h"
#include "../message.h"
#include "../types.h"

/** define PLACEMENT_CLAIMS - ranges that fit into a plan */
#define PLACEMENT_CLAIMS	160

/**
 * struct placement_claim - one range
 * @gpa:  first address
 * @len:  bytes, not 0
 * @what: its name in messages
 */
struct placement_claim {
	u64 gpa;
	u64 len;
	char what[48];
};

/**
 * struct placement - a plan
 * @memory: the guest's memory
 * @image:  name of the image, for messages
 * @nr:     entries in @claims
 * @claims: in the order in which they were made
 */
struct placement {
	const struct guest_memory *memory;
	const char *image;
	unsigned int nr;
	struct placement_claim claims[PLACEMENT_CLAIMS];
};

/** placement_init() - an empty plan */
void placement_init(struct placement *plan, const struct guest_memory *memory, const char *image);

/**
 * placement_claim() - reserve a range
 * @plan:  the plan
 * @gpa:   first address
 * @len:   bytes; 0 claims nothing and succeeds
 * @err:   on failure: what is in the way
 * @what:  printf format of the range's name
 *
 * Return: 0; -ENOSPC: not RAM, or the plan is full; -ENOEXEC: overlap.
 */
int placement_claim(struct placement *plan, u64 gpa, u64 len, struct message *err,
		    const char *what, ...) __attribute__((format(printf, 5, 6)));

/**
 * placement_find_above() - the lowest free, page-aligned place behind everything above @floor
 *
 * Return: an address at or above @floor from which @len bytes are free RAM below 3 GiB, or 0.
 */
u64 placement_find_above(const struct placement *plan, u64 floor, u64 len);

/**
 * placement_find_below() - the highest free, page-aligned place below an address
 *
 * Return: an address of @len free bytes of RAM of one region that end at or below @ceiling,
 * or 0.
 */
u64 placement_find_below(const struct placement *plan, u64 ceiling, u64 len);

#endif /* XVCPUCTL_LOADERS_PLACEMENT_H */

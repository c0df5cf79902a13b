/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operand's segment and offset to its linear address, or to the fault that the guest gets.
 *
 * A pure function over its arguments; also compiled in userspace, for selftests/host.
 */
#ifndef KMOD_SEGMENT_H
#define KMOD_SEGMENT_H

#include <linux/types.h>

#include "../uapi/xvcpu.h"

/* Segment registers in order of their encoding, as in &struct xvcpu_sregs. */
enum segment_index {
	SEGMENT_ES,
	SEGMENT_CS,
	SEGMENT_SS,
	SEGMENT_DS,
	SEGMENT_FS,
	SEGMENT_GS,
};

/**
 * struct segment_operand - an operand in memory
 * @segment: the segment register
 * @index:   &enum segment_index
 * @bits:    64 in 64-bit mode; else 32 or 16, which makes no difference here
 * @checked: types are checked: CR0.PE is set and RFLAGS.VM clear
 * @write:   the access writes
 * @offset:  effective address
 * @len:     bytes, above 0
 */
struct segment_operand {
	const struct xvcpu_segment *segment;
	u8 index;
	u8 bits;
	bool checked;
	bool write;
	u64 offset;
	u32 len;
};

/**
 * segment_linear() - the linear address of an operand
 * @operand: the operand
 * @linear:  set to the address of its first byte; in 64-bit mode it may be non-canonical
 *
 * Return: 0, or the vector of the exception, whose error code is 0: 13 (#GP) or 12 (#SS).
 */
unsigned int segment_linear(const struct segment_operand *operand, u64 *linear);

#endif /* KMOD_SEGMENT_H */

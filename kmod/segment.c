// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segmentation of data operands (SDM volume 3, "Limit Checking", "Type Checking", "Segmentation in
 * IA-32e Mode").
 */
#include "segment.h"

#define VECTOR_SS	12
#define VECTOR_GP	13

/* Type bits of code and data segments (SDM "Code- and Data-Segment Descriptor Types"). */
#define TYPE_CODE		0x8
#define TYPE_EXPAND_DOWN	0x4	/* data */
#define TYPE_WRITABLE		0x2	/* data */
#define TYPE_READABLE		0x2	/* code */
#define AR_DB			0x4000

static bool type_allows(const struct segment_operand *operand)
{
	u16 ar = operand->segment->ar;

	if (ar & TYPE_CODE)
		return !operand->write && (ar & TYPE_READABLE);
	return !operand->write || (ar & TYPE_WRITABLE);
}

static bool within_limit(const struct segment_operand *operand)
{
	const struct xvcpu_segment *segment = operand->segment;
	u64 last = operand->offset + operand->len - 1;

	if ((segment->ar & (TYPE_CODE | TYPE_EXPAND_DOWN)) != TYPE_EXPAND_DOWN)
		return last <= segment->limit;
	return operand->offset > segment->limit &&
	       last <= (segment->ar & AR_DB ? 0xffffffffull : 0xffffull);
}

unsigned int segment_linear(const struct segment_operand *operand, u64 *linear)
{
	const struct xvcpu_segment *segment = operand->segment;

	if (operand->bits == 64) {
		*linear = operand->offset;
		if (operand->index == SEGMENT_FS || operand->index == SEGMENT_GS)
			*linear += segment->base;
		return 0;
	}
	if (segment->unusable || !within_limit(operand) ||
	    (operand->checked && !type_allows(operand)))
		return operand->index == SEGMENT_SS ? VECTOR_SS : VECTOR_GP;
	*linear = (u32)(segment->base + operand->offset);
	return 0;
}

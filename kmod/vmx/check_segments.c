// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM entry's rules for the guest's segment registers (SDM "Checks on Guest Segment Registers").
 *
 * Pure: see check.h. The SDM goes through the parts of a segment register (selector, base, limit,
 * each bit field of the access rights) and for each through the registers; so does this file.
 */
#include "check_rule.h"

/* SDM "Guest Register State", access rights */
#define AR_TYPE			GENMASK_ULL(3, 0)
#define AR_S			BIT(4)
#define AR_DPL			GENMASK_ULL(6, 5)
#define AR_DPL_SHIFT		5
#define AR_PRESENT		BIT(7)
#define AR_L			BIT(13)
#define AR_DB			BIT(14)
#define AR_GRANULARITY		BIT(15)
#define AR_UNUSABLE		BIT(16)
#define AR_RESERVED		(GENMASK_ULL(31, 17) | GENMASK_ULL(11, 8))

/* SDM "Code- and Data-Segment Descriptor Types" and "System Descriptor Types" */
#define TYPE_ACCESSED		BIT(0)
#define TYPE_READABLE		BIT(1)
#define TYPE_CONFORMING		BIT(2)
#define TYPE_CODE		BIT(3)
#define TYPE_LDT		2
#define TYPE_DATA		3
#define TYPE_TSS16_BUSY		3
#define TYPE_DATA_DOWN		7
#define TYPE_TSS32_BUSY		11

#define SELECTOR_RPL		3
#define SELECTOR_TI		4

#define V86_LIMIT		0xffff
#define V86_ACCESS		0xf3

/* In the order of their VMCS fields, whose encodings are 2 apart. */
enum { ES, CS, SS, DS, FS, GS, LDTR, TR, SEGMENTS };

/**
 * struct segment - one segment register
 * @base:   base
 * @limit:  limit
 * @ar:     access rights
 * @sel:    selector
 * @usable: what most rules ask first; CS and TR count as usable whatever their bit 16 says
 */
struct segment {
	u64 base;
	u32 limit;
	u32 ar;
	u16 sel;
	bool usable;
};

/**
 * struct segments - all of them, and what the rules depend on
 * @c:            the VMCS
 * @seg:          by index
 * @v86:          the guest will be in virtual-8086 mode
 * @long_mode:    it will be in IA-32e mode
 * @unrestricted: "unrestricted guest"
 */
struct segments {
	const struct check *c;
	struct segment seg[SEGMENTS];
	bool v86;
	bool long_mode;
	bool unrestricted;
};

static void segments_read(struct segments *s, const struct check *c)
{
	u64 rflags = check_get(c, GUEST_RFLAGS);
	unsigned int i;

	s->c = c;
	s->long_mode = c->entry & VM_ENTRY_IA32E_MODE;
	s->unrestricted = c->proc2 & SECONDARY_EXEC_UNRESTRICTED_GUEST;
	/* Where RFLAGS.VM may not be 1, XVCPU_RULE_RFLAGS_VM is the rule to name, not these. */
	s->v86 = rflags & X86_EFLAGS_VM && !s->long_mode && check_get(c, GUEST_CR0) & X86_CR0_PE;

	for (i = ES; i < SEGMENTS; i++) {
		struct segment *seg = &s->seg[i];

		seg->sel = check_get(c, GUEST_ES_SELECTOR + 2 * i);
		seg->base = check_get(c, GUEST_ES_BASE + 2 * i);
		seg->limit = check_get(c, GUEST_ES_LIMIT + 2 * i);
		seg->ar = check_get(c, GUEST_ES_AR_BYTES + 2 * i);
		seg->usable = i == CS || i == TR || !(seg->ar & AR_UNUSABLE);
	}
}

static u32 type_of(const struct segment *seg)
{
	return seg->ar & AR_TYPE;
}

static u32 dpl_of(const struct segment *seg)
{
	return (seg->ar & AR_DPL) >> AR_DPL_SHIFT;
}

static u32 rpl_of(const struct segment *seg)
{
	return seg->sel & SELECTOR_RPL;
}

/* Records that the access rights of segment @i should be @expected. */
static bool ar_fail(const struct segments *s, u32 rule, unsigned int i, u32 expected)
{
	return check_fail(s->c, rule, GUEST_ES_AR_BYTES + 2 * i, s->seg[i].ar, expected);
}

static bool ar_fail_type(const struct segments *s, u32 rule, unsigned int i, u32 type)
{
	return ar_fail(s, rule, i, (s->seg[i].ar & ~AR_TYPE) | type);
}

static bool ar_fail_dpl(const struct segments *s, u32 rule, unsigned int i, u32 dpl)
{
	return ar_fail(s, rule, i, (s->seg[i].ar & ~AR_DPL) | dpl << AR_DPL_SHIFT);
}

static bool segment_selectors(const struct segments *s)
{
	const struct segment *cs = &s->seg[CS], *ss = &s->seg[SS];

	if (!check_zero(s->c, XVCPU_RULE_SEG_TR_TI, GUEST_TR_SELECTOR, SELECTOR_TI))
		return false;
	if (s->seg[LDTR].usable &&
	    !check_zero(s->c, XVCPU_RULE_SEG_LDTR_TI, GUEST_LDTR_SELECTOR, SELECTOR_TI))
		return false;
	if (s->v86 || s->unrestricted || rpl_of(ss) == rpl_of(cs))
		return true;
	return check_fail(s->c, XVCPU_RULE_SEG_SS_RPL, GUEST_SS_SELECTOR, ss->sel,
			  (ss->sel & ~SELECTOR_RPL) | rpl_of(cs));
}

static bool segment_v86_bases(const struct segments *s)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		u64 expected = (u64)s->seg[i].sel << 4;

		if (s->seg[i].base != expected)
			return check_fail(s->c, XVCPU_RULE_SEG_V86_BASE, GUEST_ES_BASE + 2 * i,
					  s->seg[i].base, expected);
	}
	return true;
}

static bool segment_bases(const struct segments *s)
{
	unsigned int i;

	if (s->v86 && !segment_v86_bases(s))
		return false;

	for (i = ES; i < SEGMENTS; i++) {
		u32 field = GUEST_ES_BASE + 2 * i;
		bool wide = i == FS || i == GS || i == LDTR || i == TR;

		/* FS and GS have a 64-bit base even when they are unusable. */
		if (!s->seg[i].usable && i != FS && i != GS)
			continue;
		if (wide && !check_canonical(s->c, XVCPU_RULE_SEG_BASE_CANONICAL, field))
			return false;
		if (!wide && !check_zero(s->c, XVCPU_RULE_SEG_BASE_HIGH, field, CHECK_HIGH_HALF))
			return false;
	}
	return true;
}

static bool segment_v86_limits(const struct segments *s)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		if (s->seg[i].limit != V86_LIMIT)
			return check_fail(s->c, XVCPU_RULE_SEG_V86_LIMIT, GUEST_ES_LIMIT + 2 * i,
					  s->seg[i].limit, V86_LIMIT);
	}
	return true;
}

static bool segment_v86_access(const struct segments *s)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		if (s->seg[i].ar != V86_ACCESS)
			return ar_fail(s, XVCPU_RULE_SEG_V86_ACCESS, i, V86_ACCESS);
	}
	return true;
}

static bool cs_type(const struct segments *s)
{
	u32 type = type_of(&s->seg[CS]);

	if (type & TYPE_CODE && type & TYPE_ACCESSED)
		return true;
	/* An unrestricted guest in real mode may hold a data segment in CS, as after reset. */
	if (s->unrestricted && type == TYPE_DATA)
		return true;
	return ar_fail_type(s, XVCPU_RULE_SEG_CS_TYPE, CS, type | TYPE_CODE | TYPE_ACCESSED);
}

static bool ss_type(const struct segments *s)
{
	u32 type = type_of(&s->seg[SS]);

	if (!s->seg[SS].usable || type == TYPE_DATA || type == TYPE_DATA_DOWN)
		return true;
	return ar_fail_type(s, XVCPU_RULE_SEG_SS_TYPE, SS, TYPE_DATA);
}

static bool data_type(const struct segments *s, unsigned int i)
{
	u32 type = type_of(&s->seg[i]);

	if (!s->seg[i].usable)
		return true;
	if (!(type & TYPE_ACCESSED))
		return ar_fail_type(s, XVCPU_RULE_SEG_ACCESSED, i, type | TYPE_ACCESSED);
	if (type & TYPE_CODE && !(type & TYPE_READABLE))
		return ar_fail_type(s, XVCPU_RULE_SEG_READABLE, i, type | TYPE_READABLE);
	return true;
}

static bool segment_types(const struct segments *s)
{
	return cs_type(s) && ss_type(s) && data_type(s, DS) && data_type(s, ES) &&
	       data_type(s, FS) && data_type(s, GS);
}

/* A bit of the access rights that is 1 in CS and in whichever of the others is usable. */
static bool segment_bits(const struct segments *s, u32 rule, u32 bit)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		if (s->seg[i].usable && !(s->seg[i].ar & bit))
			return ar_fail(s, rule, i, s->seg[i].ar | bit);
	}
	return true;
}

static bool cs_dpl(const struct segments *s)
{
	u32 type = type_of(&s->seg[CS]);
	u32 dpl = dpl_of(&s->seg[CS]);
	u32 stack = dpl_of(&s->seg[SS]);

	if (type == TYPE_DATA)
		return !dpl || ar_fail_dpl(s, XVCPU_RULE_SEG_CS_DPL_DATA, CS, 0);
	if (type & TYPE_CONFORMING)
		return dpl <= stack ||
		       ar_fail_dpl(s, XVCPU_RULE_SEG_CS_DPL_CONFORMING, CS, stack);
	return dpl == stack || ar_fail_dpl(s, XVCPU_RULE_SEG_CS_DPL_EQUAL, CS, stack);
}

/* Checked even when SS is unusable: its DPL is the CPL. */
static bool ss_dpl(const struct segments *s)
{
	const struct segment *ss = &s->seg[SS];
	bool real = !(check_get(s->c, GUEST_CR0) & X86_CR0_PE);

	if (!s->unrestricted && dpl_of(ss) != rpl_of(ss))
		return ar_fail_dpl(s, XVCPU_RULE_SEG_SS_DPL_RPL, SS, rpl_of(ss));
	if ((real || type_of(&s->seg[CS]) == TYPE_DATA) && dpl_of(ss))
		return ar_fail_dpl(s, XVCPU_RULE_SEG_SS_DPL_ZERO, SS, 0);
	return true;
}

static bool data_dpl(const struct segments *s, unsigned int i)
{
	const struct segment *seg = &s->seg[i];
	bool conforming = type_of(seg) & TYPE_CODE && type_of(seg) & TYPE_CONFORMING;

	if (s->unrestricted || !seg->usable || conforming || dpl_of(seg) >= rpl_of(seg))
		return true;
	return ar_fail_dpl(s, XVCPU_RULE_SEG_DATA_DPL, i, rpl_of(seg));
}

static bool segment_dpls(const struct segments *s)
{
	return cs_dpl(s) && ss_dpl(s) && data_dpl(s, DS) && data_dpl(s, ES) && data_dpl(s, FS) &&
	       data_dpl(s, GS);
}

static bool segment_reserved(const struct segments *s)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		if (s->seg[i].usable && s->seg[i].ar & AR_RESERVED)
			return ar_fail(s, XVCPU_RULE_SEG_RESERVED, i, s->seg[i].ar & ~AR_RESERVED);
	}
	return true;
}

static bool cs_db(const struct segments *s)
{
	u32 ar = s->seg[CS].ar;

	if (s->long_mode && ar & AR_L && ar & AR_DB)
		return ar_fail(s, XVCPU_RULE_SEG_CS_DB_L, CS, ar & ~AR_DB);
	return true;
}

/* The limit is in bytes; with G = 1 its low 12 bits are ones, with G = 0 its high 12 are zeroes. */
static bool granularity(const struct segments *s, u32 rule0, u32 rule1, unsigned int i)
{
	u32 limit = s->seg[i].limit;
	u32 ar = s->seg[i].ar;

	if (~limit & GENMASK_ULL(11, 0) && ar & AR_GRANULARITY)
		return ar_fail(s, rule0, i, ar & ~AR_GRANULARITY);
	if (limit & GENMASK_ULL(31, 20) && !(ar & AR_GRANULARITY))
		return ar_fail(s, rule1, i, ar | AR_GRANULARITY);
	return true;
}

static bool segment_granularity(const struct segments *s)
{
	unsigned int i;

	for (i = ES; i <= GS; i++) {
		if (s->seg[i].usable && !granularity(s, XVCPU_RULE_SEG_GRANULARITY_0,
						     XVCPU_RULE_SEG_GRANULARITY_1, i))
			return false;
	}
	return true;
}

static bool segment_access(const struct segments *s)
{
	if (s->v86)
		return segment_v86_access(s);

	return segment_types(s) && segment_bits(s, XVCPU_RULE_SEG_S, AR_S) && segment_dpls(s) &&
	       segment_bits(s, XVCPU_RULE_SEG_PRESENT, AR_PRESENT) && segment_reserved(s) &&
	       cs_db(s) && segment_granularity(s);
}

static bool tr_access(const struct segments *s)
{
	u32 type = type_of(&s->seg[TR]);
	u32 ar = s->seg[TR].ar;

	if (type != TYPE_TSS32_BUSY && (s->long_mode || type != TYPE_TSS16_BUSY))
		return ar_fail_type(s, XVCPU_RULE_TR_TYPE, TR, TYPE_TSS32_BUSY);
	if (ar & AR_S)
		return ar_fail(s, XVCPU_RULE_TR_S, TR, ar & ~AR_S);
	if (!(ar & AR_PRESENT))
		return ar_fail(s, XVCPU_RULE_TR_PRESENT, TR, ar | AR_PRESENT);
	if (ar & AR_RESERVED)
		return ar_fail(s, XVCPU_RULE_TR_RESERVED, TR, ar & ~AR_RESERVED);
	if (!granularity(s, XVCPU_RULE_TR_GRANULARITY_0, XVCPU_RULE_TR_GRANULARITY_1, TR))
		return false;
	return !(ar & AR_UNUSABLE) ||
	       ar_fail(s, XVCPU_RULE_TR_UNUSABLE, TR, ar & ~AR_UNUSABLE);
}

static bool ldtr_access(const struct segments *s)
{
	u32 ar = s->seg[LDTR].ar;

	if (!s->seg[LDTR].usable)
		return true;
	if (type_of(&s->seg[LDTR]) != TYPE_LDT)
		return ar_fail_type(s, XVCPU_RULE_LDTR_TYPE, LDTR, TYPE_LDT);
	if (ar & AR_S)
		return ar_fail(s, XVCPU_RULE_LDTR_S, LDTR, ar & ~AR_S);
	if (!(ar & AR_PRESENT))
		return ar_fail(s, XVCPU_RULE_LDTR_PRESENT, LDTR, ar | AR_PRESENT);
	if (ar & AR_RESERVED)
		return ar_fail(s, XVCPU_RULE_LDTR_RESERVED, LDTR, ar & ~AR_RESERVED);
	return granularity(s, XVCPU_RULE_LDTR_GRANULARITY_0, XVCPU_RULE_LDTR_GRANULARITY_1, LDTR);
}

bool check_guest_segments(const struct check *c)
{
	struct segments s;

	segments_read(&s, c);
	return segment_selectors(&s) && segment_bases(&s) &&
	       (!s.v86 || segment_v86_limits(&s)) && segment_access(&s) &&
	       tr_access(&s) && ldtr_access(&s);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest page-table walk (walk.h): paging modes, table entries, access rights, page faults, accessed
 * and dirty flags.
 *
 * Pure but for walk_ops, no lock; also compiled in userspace. The reference is the SDM's chapter
 * "Paging"; the sections are cited where a rule comes from.
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trap_pf.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "walk.h"

/* Flags of paging-structure entries, in the same place in each mode that has them. */
#define ENTRY_P			BIT_ULL(0)
#define ENTRY_RW		BIT_ULL(1)
#define ENTRY_US		BIT_ULL(2)
#define ENTRY_A			BIT_ULL(5)
#define ENTRY_D			BIT_ULL(6)
#define ENTRY_PS		BIT_ULL(7)
#define ENTRY_XD		BIT_ULL(63)
#define ENTRY_KEY(entry)	(((entry) >> 59) & 15)

#define PAGE_OFFSET_BITS	12
#define LEVELS_MAX		5
/* How often walk_access() begins again before it leaves the next attempt to its caller. */
#define ACCESS_ATTEMPTS		8
/* PSE-36 reaches 40 bits however wide physical addresses are: "32-Bit Paging". */
#define PSE36_MAX_BITS		40

enum paging {
	PAGING_OFF,
	PAGING_32BIT,
	PAGING_PAE,
	PAGING_4LEVEL,
	PAGING_5LEVEL,
};

/**
 * struct format - the tables of a paging mode
 * @levels:     tables in memory; PAE's page-directory pointers are registers
 * @entry_size: bytes of an entry
 * @index_bits: bits of the linear address that each level takes
 */
struct format {
	u8 levels;
	u8 entry_size;
	u8 index_bits;
};

static const struct format formats[] = {
	/*                  levels entry index */
	[PAGING_32BIT]  = { 2,     4,    10 },
	[PAGING_PAE]    = { 2,     8,    9 },
	[PAGING_4LEVEL] = { 4,     8,    9 },
	[PAGING_5LEVEL] = { 5,     8,    9 },
};

/* The entries that a walk has used, from the top on. */
struct trail {
	struct { u64 gpa, entry; } at[LEVELS_MAX];
	unsigned int nr;
};

/* The walk under way. */
struct walk {
	const struct walk_state *state;
	const struct walk_ops *ops;
	void *ctx;
	u64 gva;
	u32 access;
	enum paging paging;
	const struct format *format;
	struct walk_result *out;
	struct trail trail;
};

/* The page that a walk found: each right is what every level on the way grants. */
struct page_found {
	u64 gpa;
	u64 size;
	bool user;
	bool writable;
	bool no_exec;
	u8 key;
};

/* "Paging Modes and Control Bits". */
static enum paging paging_of(const struct walk_state *s)
{
	if (!(s->cr0 & X86_CR0_PG))
		return PAGING_OFF;
	if (!(s->cr4 & X86_CR4_PAE))
		return PAGING_32BIT;
	if (!(s->efer & EFER_LMA))
		return PAGING_PAE;
	return s->cr4 & X86_CR4_LA57 ? PAGING_5LEVEL : PAGING_4LEVEL;
}

static bool is_long(const struct walk *w)
{
	return w->paging == PAGING_4LEVEL || w->paging == PAGING_5LEVEL;
}

/* Bits maxphyaddr-1:12. */
static u64 address_bits(const struct walk *w)
{
	return GENMASK_ULL(w->state->maxphyaddr - 1, PAGE_OFFSET_BITS);
}

static unsigned int level_shift(const struct walk *w, unsigned int level)
{
	return PAGE_OFFSET_BITS + (level - 1) * w->format->index_bits;
}

/* Bits above those that the tables translate repeat the highest of them: "Canonical Addressing". */
static bool canonical(const struct walk *w)
{
	unsigned int shift = 64 - level_shift(w, w->format->levels + 1);

	return (u64)((s64)(w->gva << shift) >> shift) == w->gva;
}

/*
 * "Page-Fault Exceptions". @cause is what the tables say; the other flags describe the access. I/D
 * is reported only where the processor can tell fetches apart.
 */
static enum walk_outcome page_fault(const struct walk *w, u32 cause)
{
	const struct walk_state *s = w->state;
	bool no_exec = s->cr4 & X86_CR4_PAE && s->efer & EFER_NX;
	u32 code = cause;

	if (w->access & XVCPU_ACCESS_WRITE)
		code |= X86_PF_WRITE;
	if (s->cpl == 3)
		code |= X86_PF_USER;
	if (w->access & XVCPU_ACCESS_EXEC && (no_exec || s->cr4 & X86_CR4_SMEP))
		code |= X86_PF_INSTR;

	w->out->error_code = code;
	return WALK_PAGE_FAULT;
}

static enum walk_outcome read_entry(const struct walk *w, u64 gpa, u64 *entry)
{
	u32 entry32;
	int err;

	if (w->format->entry_size == sizeof(entry32)) {
		err = w->ops->read(w->ctx, gpa, &entry32, sizeof(entry32));
		if (!err)
			*entry = entry32;
	} else {
		err = w->ops->read(w->ctx, gpa, entry, sizeof(*entry));
	}
	if (!err)
		return WALK_OK;

	w->out->gpa = gpa;
	w->out->error = err;
	return WALK_NO_TABLE;
}

/* Whether an entry maps a page, rather than naming the next table. */
static bool maps_page(const struct walk *w, unsigned int level, u64 entry)
{
	switch (level) {
	case 1:
		return true;
	case 2:
		/* In 32-bit paging without CR4.PSE bit 7 is ignored. */
		if (w->paging == PAGING_32BIT && !(w->state->cr4 & X86_CR4_PSE))
			return false;
		return entry & ENTRY_PS;
	case 3:
		return entry & ENTRY_PS && w->state->gbpages;
	default:
		return false;
	}
}

/* "32-Bit Paging", table of the PDE that maps a 4-MByte page: bit 21, and addresses not there. */
static u64 reserved_bits_32bit(const struct walk *w, unsigned int level, bool maps)
{
	u8 bits = w->state->maxphyaddr;

	if (level == 1 || !maps)
		return 0;
	if (bits > PSE36_MAX_BITS)
		bits = PSE36_MAX_BITS;
	return GENMASK_ULL(21, 13 + bits - 32);
}

/* "PAE Paging", "4-Level Paging and 5-Level Paging": the bits that must be 0 in a present entry. */
static u64 reserved_bits(const struct walk *w, unsigned int level, bool maps)
{
	u64 bits = GENMASK_ULL(51, w->state->maxphyaddr);

	if (w->paging == PAGING_32BIT)
		return reserved_bits_32bit(w, level, maps);
	if (w->paging == PAGING_PAE)
		bits |= GENMASK_ULL(62, 52);
	if (!(w->state->efer & EFER_NX))
		bits |= ENTRY_XD;
	if (level > 1 && maps)
		bits |= GENMASK_ULL(level_shift(w, level) - 1, PAGE_OFFSET_BITS + 1);
	if (level > 2 && !maps)
		bits |= ENTRY_PS;
	return bits;
}

static void set_page(const struct walk *w, unsigned int level, u64 entry, struct page_found *page)
{
	u64 frame = entry & address_bits(w);

	page->size = 1ull << level_shift(w, level);
	page->key = ENTRY_KEY(entry);
	/* PSE-36: bits 20:13 are bits 39:32 of the address. */
	if (w->paging == PAGING_32BIT && level == 2)
		frame = (entry & GENMASK_ULL(31, 22)) | (entry & GENMASK_ULL(20, 13)) << 19;
	page->gpa = (frame & ~(page->size - 1)) | (w->gva & (page->size - 1));
}

static enum walk_outcome first_table(const struct walk *w, u64 *table)
{
	u64 pdpte;

	switch (w->paging) {
	case PAGING_32BIT:
		*table = w->state->cr3 & GENMASK_ULL(31, PAGE_OFFSET_BITS);
		return WALK_OK;
	case PAGING_PAE:
		/* Reserved bits were checked when the register was loaded: "PDPTE Registers". */
		pdpte = w->state->pdpte[(w->gva >> 30) & 3];
		*table = pdpte & address_bits(w);
		return pdpte & ENTRY_P ? WALK_OK : page_fault(w, 0);
	default:
		*table = w->state->cr3 & address_bits(w);
		return WALK_OK;
	}
}

static enum walk_outcome walk_tables(struct walk *w, struct page_found *page)
{
	const struct format *f = w->format;
	enum walk_outcome outcome;
	unsigned int level, index;
	u64 table, entry, gpa;
	bool maps;

	outcome = first_table(w, &table);
	if (outcome)
		return outcome;

	page->user = true;
	page->writable = true;
	for (level = f->levels; ; level--) {
		index = (w->gva >> level_shift(w, level)) & ((1u << f->index_bits) - 1);
		gpa = table + index * f->entry_size;
		outcome = read_entry(w, gpa, &entry);
		if (outcome)
			return outcome;
		w->trail.at[w->trail.nr].gpa = gpa;
		w->trail.at[w->trail.nr++].entry = entry;
		if (!(entry & ENTRY_P))
			return page_fault(w, 0);
		maps = maps_page(w, level, entry);
		if (entry & reserved_bits(w, level, maps))
			return page_fault(w, X86_PF_PROT | X86_PF_RSVD);

		page->user &= !!(entry & ENTRY_US);
		page->writable &= !!(entry & ENTRY_RW);
		page->no_exec |= !!(entry & ENTRY_XD);
		if (maps)
			break;
		table = entry & address_bits(w);
	}
	set_page(w, level, entry, page);
	return WALK_OK;
}

/* "Determination of Access Rights", without protection keys. */
static bool rights_allow(const struct walk_state *s, const struct page_found *page, u32 access)
{
	bool user_mode = s->cpl == 3;
	bool user_page_data = s->cpl < 3 && page->user;

	if (user_mode && !page->user)
		return false;
	if (access & XVCPU_ACCESS_EXEC)
		return !page->no_exec && !(user_page_data && s->cr4 & X86_CR4_SMEP);

	if (user_page_data && s->cr4 & X86_CR4_SMAP && !(s->rflags & X86_EFLAGS_AC))
		return false;
	if (access & XVCPU_ACCESS_WRITE && !page->writable)
		return !user_mode && !(s->cr0 & X86_CR0_WP);
	return true;
}

/* "Protection Keys": for data at user-mode addresses, whoever accesses it. */
static bool key_allows(const struct walk *w, const struct page_found *page, u32 access)
{
	const struct walk_state *s = w->state;
	bool access_disable = s->pkru & BIT_ULL(2 * page->key);
	bool write_disable = s->pkru & BIT_ULL(2 * page->key + 1);

	if (!is_long(w) || !(s->cr4 & X86_CR4_PKE))
		return true;
	if (access & XVCPU_ACCESS_EXEC || !page->user)
		return true;
	if (access_disable)
		return false;
	if (access & XVCPU_ACCESS_WRITE && write_disable)
		return s->cpl < 3 && !(s->cr0 & X86_CR0_WP);
	return true;
}

static u32 all_rights(const struct walk *w, const struct page_found *page)
{
	u32 rights = 0;
	u32 access;

	for (access = XVCPU_ACCESS_READ; access <= XVCPU_ACCESS_EXEC; access <<= 1) {
		if (rights_allow(w->state, page, access) && key_allows(w, page, access))
			rights |= access;
	}
	return rights;
}

static enum walk_outcome walk_paged(struct walk *w)
{
	struct page_found page = { 0 };
	enum walk_outcome outcome;
	bool rights, key;

	w->format = &formats[w->paging];
	w->trail.nr = 0;
	/* In the other modes no index and no offset takes bits 63:32. */
	if (is_long(w) && !canonical(w))
		return WALK_NONCANONICAL;

	outcome = walk_tables(w, &page);
	if (outcome)
		return outcome;

	/* PK tells that the key forbids the access, even if something else does too. */
	rights = rights_allow(w->state, &page, w->access);
	key = key_allows(w, &page, w->access);
	if (!rights || !key)
		return page_fault(w, X86_PF_PROT | (key ? 0 : X86_PF_PK));

	w->out->gpa = page.gpa;
	w->out->page_size = page.size;
	w->out->rights = all_rights(w, &page);
	return WALK_OK;
}

/* Sets the flags of one entry; -EAGAIN if it has changed since it was read. */
static int mark_entry(const struct walk *w, unsigned int i)
{
	bool last = i == w->trail.nr - 1;
	u64 entry = w->trail.at[i].entry, flags = ENTRY_A;

	if (last && w->access & XVCPU_ACCESS_WRITE)
		flags |= ENTRY_D;
	if ((entry & flags) == flags)
		return 0;
	return w->ops->exchange(w->ctx, w->trail.at[i].gpa, entry, entry | flags,
				w->format->entry_size);
}

static enum walk_outcome mark_entries(struct walk *w, int *err)
{
	unsigned int i;

	for (i = 0; i < w->trail.nr; i++) {
		*err = mark_entry(w, i);
		if (!*err)
			continue;
		*w->out = (struct walk_result){ .gpa = w->trail.at[i].gpa, .error = *err };
		return WALK_NO_TABLE;
	}
	return WALK_OK;
}

static void walk_begin(struct walk *w, const struct walk_state *state, const struct walk_ops *ops,
		       void *ctx, u64 gva, u32 access, struct walk_result *out)
{
	*w = (struct walk) {
		.state = state,
		.ops = ops,
		.ctx = ctx,
		.gva = gva,
		.access = access,
		.paging = paging_of(state),
		.out = out,
	};
}

static enum walk_outcome walk_once(struct walk *w)
{
	*w->out = (struct walk_result){ 0 };
	if (w->paging != PAGING_OFF)
		return walk_paged(w);

	w->out->gpa = w->gva & GENMASK_ULL(31, 0);
	w->out->page_size = 1ull << PAGE_OFFSET_BITS;
	w->out->rights = XVCPU_ACCESS_READ | XVCPU_ACCESS_WRITE | XVCPU_ACCESS_EXEC;
	return WALK_OK;
}

enum walk_outcome walk_translate(const struct walk_state *state, const struct walk_ops *ops,
				 void *ctx, u64 gva, u32 access, struct walk_result *out)
{
	struct walk w;

	walk_begin(&w, state, ops, ctx, gva, access, out);
	return walk_once(&w);
}

enum walk_outcome walk_access(const struct walk_state *state, const struct walk_ops *ops,
			      void *ctx, u64 gva, u32 access, struct walk_result *out)
{
	enum walk_outcome outcome;
	unsigned int attempt;
	struct walk w;
	int err = 0;

	walk_begin(&w, state, ops, ctx, gva, access, out);
	for (attempt = 0; attempt < ACCESS_ATTEMPTS; attempt++) {
		outcome = walk_once(&w);
		if (outcome != WALK_OK)
			return outcome;
		outcome = mark_entries(&w, &err);
		if (outcome == WALK_OK || err != -EAGAIN)
			return outcome;
	}
	return outcome;
}

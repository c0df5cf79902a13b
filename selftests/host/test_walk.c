// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/walk.c on page tables built here, for each paging mode and each rule of the SDM's "Paging".
 *
 * Error codes and reserved-bit masks are literal numbers, worked out from the SDM's tables by hand.
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <errno.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <string.h>

#include "tap.h"
#include "walk.h"

#define P	0x001ull
#define W	0x002ull
#define U	0x004ull
#define A	0x020ull
#define D	0x040ull
#define PS	0x080ull
#define G	0x100ull
#define XD	BIT_ULL(63)
#define KEY(k)	((u64)(k) << 59)

#define R_	XVCPU_ACCESS_READ
#define W_	XVCPU_ACCESS_WRITE
#define X_	XVCPU_ACCESS_EXEC

enum mode { MODE_32, MODE_PAE, MODE_4, MODE_5, MODES };

static const char * const mode_names[] = { "32-bit", "PAE", "4-level", "5-level" };

/* Guest memory: pages from MEMORY_BASE on; what is elsewhere cannot be read. */
#define MEMORY_BASE	0x100000ull
#define MEMORY_PAGES	4096

static u8 memory[MEMORY_PAGES][4096];
static unsigned int pages_used;
static unsigned int reads;

static int read_memory(void *ctx, u64 gpa, void *buf, unsigned int len)
{
	const struct walk_state *s = ctx;

	reads++;
	EXPECT_EQ(s->cr4 & X86_CR4_PAE ? 8u : 4u, len);
	EXPECT(gpa % len == 0, "entry at 0x%llx is not aligned", gpa);
	if (gpa < MEMORY_BASE || gpa >= MEMORY_BASE + sizeof(memory))
		return -EFAULT;
	memcpy(buf, (u8 *)memory + (gpa - MEMORY_BASE), len);
	return 0;
}

static unsigned int exchanges;
static void (*on_exchange)(u64 gpa);

static int exchange_memory(void *ctx, u64 gpa, u64 old, u64 new, unsigned int len)
{
	const struct walk_state *s = ctx;
	u8 *at = (u8 *)memory + (gpa - MEMORY_BASE);

	exchanges++;
	EXPECT_EQ(s->cr4 & X86_CR4_PAE ? 8u : 4u, len);
	EXPECT(gpa % len == 0, "entry at 0x%llx is not aligned", gpa);
	EXPECT(len == 8 || !(new >> 32), "0x%llx is wider than the entry", new);
	if (on_exchange)
		on_exchange(gpa);
	if (memcmp(at, &old, len))
		return -EAGAIN;
	memcpy(at, &new, len);
	return 0;
}

/* An exchange that is not asked for crashes. */
static const struct walk_ops ops = { .read = read_memory };
static const struct walk_ops access_ops = { .read = read_memory, .exchange = exchange_memory };

static u64 new_table(void)
{
	memset(memory[pages_used], 0, 4096);
	return MEMORY_BASE + 4096 * pages_used++;
}

/* A guest with paging on and an empty top table, at CPL 0 with nothing but NX restricting it. */
static struct walk_state new_guest(enum mode mode)
{
	struct walk_state s = {
		.cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_WP,
		.rflags = X86_EFLAGS_FIXED,
		.maxphyaddr = 46,
		.gbpages = true,
	};
	unsigned int i;

	pages_used = 0;
	switch (mode) {
	case MODE_32:
		s.cr4 = X86_CR4_PSE;
		s.cr3 = new_table();
		break;
	case MODE_PAE:
		s.cr4 = X86_CR4_PAE;
		s.efer = EFER_NX;
		for (i = 0; i < 4; i++)
			s.pdpte[i] = new_table() | P;
		break;
	default:
		s.cr4 = X86_CR4_PAE | (mode == MODE_5 ? X86_CR4_LA57 : 0);
		s.efer = EFER_NX | EFER_LMA | EFER_LME;
		s.cr3 = new_table();
	}
	return s;
}

static unsigned int top_level(const struct walk_state *s)
{
	if (!(s->efer & EFER_LMA))
		return 2;
	return s->cr4 & X86_CR4_LA57 ? 5 : 4;
}

static u64 read_entry(const struct walk_state *s, u64 gpa)
{
	u64 entry = 0;

	memcpy(&entry, (u8 *)memory + (gpa - MEMORY_BASE), s->cr4 & X86_CR4_PAE ? 8 : 4);
	return entry;
}

static void write_entry(const struct walk_state *s, u64 gpa, u64 entry)
{
	memcpy((u8 *)memory + (gpa - MEMORY_BASE), &entry, s->cr4 & X86_CR4_PAE ? 8 : 4);
}

/* Where the entry of @level for @gva is; tables above it are made where there are none. */
static u64 entry_gpa(const struct walk_state *s, u64 gva, unsigned int level)
{
	unsigned int size = s->cr4 & X86_CR4_PAE ? 8 : 4;
	unsigned int bits = s->cr4 & X86_CR4_PAE ? 9 : 10;
	unsigned int i = top_level(s);
	u64 table = s->cr3, gpa;

	if (s->cr4 & X86_CR4_PAE && !(s->efer & EFER_LMA))
		table = s->pdpte[(gva >> 30) & 3];
	for (;; i--) {
		table &= 0xffffffff000ull;
		gpa = table + ((gva >> (12 + (i - 1) * bits)) & ((1u << bits) - 1)) * size;
		if (i == level)
			return gpa;
		if (!(read_entry(s, gpa) & P))
			write_entry(s, gpa, new_table() | P | W | U);
		table = read_entry(s, gpa);
	}
}

static void map(const struct walk_state *s, u64 gva, unsigned int level, u64 entry)
{
	write_entry(s, entry_gpa(s, gva, level), entry);
}

static enum walk_outcome translate(const struct walk_state *s, u64 gva, u32 access,
				   struct walk_result *out)
{
	memset(out, 0xcc, sizeof(*out));
	reads = 0;
	return walk_translate(s, &ops, (void *)s, gva, access, out);
}

/* The error code of the page fault, or -1 if there is none. */
static int fault_code(const struct walk_state *s, u64 gva, u32 access)
{
	struct walk_result out;
	enum walk_outcome outcome = translate(s, gva, access, &out);

	if (outcome == WALK_OK) {
		EXPECT((out.rights & access) == access, "allowed, but rights are %x", out.rights);
		return -1;
	}
	EXPECT(outcome == WALK_PAGE_FAULT, "outcome %d", outcome);
	EXPECT(!out.gpa && !out.page_size && !out.rights && !out.error, "other members set");
	return out.error_code;
}

static void test_paging_off(void)
{
	struct walk_state s = new_guest(MODE_4);
	struct walk_result out;

	s.cr0 = X86_CR0_PE | X86_CR0_WP;
	s.cr4 |= X86_CR4_SMEP | X86_CR4_SMAP;
	s.cpl = 3;
	EXPECT_EQ(WALK_OK, translate(&s, 0x1fee00123, W_, &out));
	EXPECT_EQ(0xfee00123, out.gpa);
	EXPECT_EQ(4096, out.page_size);
	EXPECT_EQ(R_ | W_ | X_, out.rights);
	EXPECT_EQ(0, reads);
}

struct translation {
	enum mode mode;
	u8 level;
	u8 maxphyaddr;
	u64 gva;
	u64 entry;
	u64 gpa;
	u64 size;
};

static const struct translation translations[] = {
	{ MODE_32, 1, 46, 0x00403abc, 0x12345000 | P, 0x12345abc, 0x1000 },
	{ MODE_32, 1, 46, 0xfffffffc, 0xfffff000 | P | G | PS, 0xfffffffc, 0x1000 },
	/* bits 63:32 of the linear address do not exist */
	{ MODE_32, 1, 46, 0xffffffff00403abc, 0x12345000 | P, 0x12345abc, 0x1000 },
	{ MODE_32, 2, 46, 0x00c12345, 0x80400000 | P | PS, 0x80412345, 0x400000 },
	/* PSE-36: bits 20:13 are bits 39:32; bit 12 is PAT */
	{ MODE_32, 2, 46, 0x00c12345, 0x801ff000 | P | PS, 0xff80012345, 0x400000 },
	{ MODE_32, 2, 36, 0x00c12345, 0x8001e000 | P | PS, 0xf80012345, 0x400000 },
	{ MODE_PAE, 1, 46, 0xc0201fff, 0x3ffffffff000 | P, 0x3fffffffffff, 0x1000 },
	{ MODE_PAE, 1, 36, 0x00000000, 0x0000ff0ff000 | P | PS | G, 0xff0ff000, 0x1000 },
	{ MODE_PAE, 2, 46, 0x403fffff, 0x2aaaaaa00000 | P | PS, 0x2aaaaabfffff, 0x200000 },
	/* bit 12 of a large page is PAT */
	{ MODE_PAE, 2, 46, 0x403fffff, 0x2aaaaaa01000 | P | PS, 0x2aaaaabfffff, 0x200000 },
	{ MODE_4, 1, 46, 0x00007fffffffffff, 0x3ffffffff000 | P | PS, 0x3fffffffffff, 0x1000 },
	{ MODE_4, 1, 52, 0xffff800000000000, 0xffffffffff000 | P, 0xffffffffff000, 0x1000 },
	/* bits 62:52 of an entry are ignored */
	{ MODE_4, 1, 46, 0x0000123456789abc, 0x7ff0000012345000 | P, 0x12345abc, 0x1000 },
	{ MODE_4, 2, 46, 0xffffffff80212345, 0x1000000 | P | PS, 0x1012345, 0x200000 },
	{ MODE_4, 3, 46, 0xffff888040000001, 0x3fffc0001000 | P | PS, 0x3fffc0000001, 0x40000000 },
	{ MODE_5, 1, 52, 0x00ffffffffffffff, 0x123456789a000 | P, 0x123456789afff, 0x1000 },
	{ MODE_5, 1, 52, 0xff00000000001000, 0x1000 | P, 0x1000, 0x1000 },
	/* canonical with 57 bits, not with 48 */
	{ MODE_5, 2, 52, 0x0000800000234567, 0xfffffffe00000 | P | PS, 0xfffffffe34567, 0x200000 },
	{ MODE_5, 3, 52, 0x0001000000000007, 0x40000000 | P | PS, 0x40000007, 0x40000000 },
};

static void test_translations(void)
{
	struct walk_result out;
	struct walk_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(translations); i++) {
		const struct translation *t = &translations[i];
		enum walk_outcome outcome;

		s = new_guest(t->mode);
		s.maxphyaddr = t->maxphyaddr;
		map(&s, t->gva, t->level, t->entry);
		outcome = translate(&s, t->gva, R_, &out);
		EXPECT(outcome == WALK_OK, "%s case %u: outcome %d, error code %x",
		       mode_names[t->mode], i, outcome, out.error_code);
		EXPECT(out.gpa == t->gpa && out.page_size == t->size,
		       "%s case %u: 0x%llx in a page of 0x%llx", mode_names[t->mode], i, out.gpa,
		       out.page_size);
		EXPECT(!out.error_code && !out.error, "case %u: other members set", i);
		EXPECT_EQ(top_level(&s) - t->level + 1, reads);
	}
}

/* Every index bit counts: pages whose addresses differ in one bit are told apart. */
static void test_every_address_bit(void)
{
	static const unsigned int bits[MODES] = { 32, 32, 47, 56 };
	struct walk_result out;
	struct walk_state s;
	unsigned int mode, bit;

	for (mode = 0; mode < MODES; mode++) {
		s = new_guest(mode);
		map(&s, 0, 1, 0x1000 | P);
		for (bit = 12; bit < bits[mode]; bit++)
			map(&s, 1ull << bit, 1, ((u64)bit << 12) | P);
		for (bit = 12; bit < bits[mode]; bit++) {
			EXPECT_EQ(WALK_OK, translate(&s, 1ull << bit, R_, &out));
			EXPECT(out.gpa == (u64)bit << 12, "%s, bit %u: 0x%llx", mode_names[mode],
			       bit, out.gpa);
		}
		EXPECT_EQ(WALK_OK, translate(&s, 0xfff, R_, &out));
		EXPECT_EQ(0x1fff, out.gpa);
	}
}

/* What else CR3 holds (PCID, PWT, PCD, LAM, bits 63:32 in 32-bit paging) is no address. */
static void test_cr3_flags(void)
{
	struct walk_result out;
	struct walk_state s;

	s = new_guest(MODE_4);
	map(&s, 0x5000, 1, 0x7000 | P);
	s.cr3 |= 0xfff | XD;
	EXPECT_EQ(WALK_OK, translate(&s, 0x5000, R_, &out));
	s = new_guest(MODE_32);
	map(&s, 0x5000, 1, 0x7000 | P);
	s.cr3 |= 0xffffffff00000fff;
	EXPECT_EQ(WALK_OK, translate(&s, 0x5000, R_, &out));
	EXPECT_EQ(0x7000, out.gpa);
}

static void test_pse_off(void)
{
	struct walk_state s = new_guest(MODE_32);
	struct walk_result out;
	u64 pde;

	/* Without CR4.PSE bit 7 of a PDE means nothing, and no bit is reserved. */
	s.cr4 = 0;
	map(&s, 0x5123, 1, 0x7000 | P);
	pde = entry_gpa(&s, 0x5123, 2);
	write_entry(&s, pde, read_entry(&s, pde) | PS);
	EXPECT_EQ(WALK_OK, translate(&s, 0x5123, R_, &out));
	EXPECT_EQ(0x7123, out.gpa);
	EXPECT_EQ(0x1000, out.page_size);

	/* PAE has large pages whatever CR4.PSE says. */
	s = new_guest(MODE_PAE);
	map(&s, 0x5123, 2, 0x200000 | P | PS);
	EXPECT_EQ(WALK_OK, translate(&s, 0x5123, R_, &out));
	EXPECT_EQ(0x205123, out.gpa);
}

static void test_canonical(void)
{
	static const struct {
		enum mode mode;
		u64 gva;
		enum walk_outcome outcome;
	} cases[] = {
		{ MODE_4, 0x00007fffffffffff, WALK_PAGE_FAULT },
		{ MODE_4, 0x0000800000000000, WALK_NONCANONICAL },
		{ MODE_4, 0xffff7fffffffffff, WALK_NONCANONICAL },
		{ MODE_4, 0xffff800000000000, WALK_PAGE_FAULT },
		{ MODE_4, 0x8000000000000000, WALK_NONCANONICAL },
		{ MODE_5, 0x0000800000000000, WALK_PAGE_FAULT },
		{ MODE_5, 0x00ffffffffffffff, WALK_PAGE_FAULT },
		{ MODE_5, 0x0100000000000000, WALK_NONCANONICAL },
		{ MODE_5, 0xfeffffffffffffff, WALK_NONCANONICAL },
		{ MODE_5, 0xff00000000000000, WALK_PAGE_FAULT },
		{ MODE_PAE, 0x8000000000000000, WALK_PAGE_FAULT },
		{ MODE_32, 0x8000000000000000, WALK_PAGE_FAULT },
	};
	struct walk_result out;
	struct walk_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = new_guest(cases[i].mode);
		EXPECT(translate(&s, cases[i].gva, R_, &out) == cases[i].outcome,
		       "0x%llx in %s", cases[i].gva, mode_names[cases[i].mode]);
		if (cases[i].outcome != WALK_NONCANONICAL)
			continue;
		EXPECT_EQ(0, reads);
		EXPECT(!out.error_code && !out.gpa, "members set");
	}
}

/* Not present: P is 0, and the rest of the code describes the access, at whatever level it is. */
static void test_not_present(void)
{
	static const struct {
		u8 cpl;
		u32 access;
		int code;
	} cases[] = {
		{ 0, R_, 0x00 }, { 1, R_, 0x00 }, { 2, R_, 0x00 }, { 3, R_, 0x04 },
		{ 0, W_, 0x02 }, { 3, W_, 0x06 }, { 0, R_ | W_, 0x02 }, { 3, R_ | W_, 0x06 },
		{ 0, X_, 0x10 }, { 3, X_, 0x14 },
	};
	unsigned int mode, level, i;
	struct walk_state s;

	for (mode = MODE_PAE; mode < MODES; mode++) {
		s = new_guest(mode);
		for (level = top_level(&s); level > 0; level--) {
			/* All other bits set: none of them counts, not even reserved ones. */
			map(&s, 0x12345678, level, ~P);
			for (i = 0; i < ARRAY_SIZE(cases); i++) {
				s.cpl = cases[i].cpl;
				EXPECT(fault_code(&s, 0x12345678, cases[i].access) == cases[i].code,
				       "%s level %u case %u", mode_names[mode], level, i);
			}
			map(&s, 0x12345678, level, 0);
		}
	}

	s = new_guest(MODE_PAE);
	s.pdpte[0] = ~P;
	EXPECT_EQ(0x02, fault_code(&s, 0x12345678, W_));
	EXPECT_EQ(0, reads);
}

/* I/D is set for fetches where the processor can forbid them: NX with PAE, or SMEP. */
static void test_fetch_flag(void)
{
	static const struct {
		enum mode mode;
		u64 efer, cr4;
		int code;
	} cases[] = {
		{ MODE_32, 0, 0, 0x00 },
		{ MODE_32, EFER_NX, 0, 0x00 },
		{ MODE_32, 0, X86_CR4_SMEP, 0x10 },
		{ MODE_PAE, 0, 0, 0x00 },
		{ MODE_PAE, EFER_NX, 0, 0x10 },
		{ MODE_PAE, 0, X86_CR4_SMEP, 0x10 },
		{ MODE_4, EFER_LMA, 0, 0x00 },
		{ MODE_4, EFER_LMA | EFER_NX, 0, 0x10 },
		{ MODE_4, EFER_LMA, X86_CR4_SMEP, 0x10 },
	};
	struct walk_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = new_guest(cases[i].mode);
		s.efer = cases[i].efer;
		s.cr4 |= cases[i].cr4;
		EXPECT(fault_code(&s, 0x1000, X_) == cases[i].code, "case %u", i);
		EXPECT(fault_code(&s, 0x1000, R_) == 0, "case %u, read", i);
	}
}

/*
 * Each bit of an entry set alone: those in the mask are reserved. @entry is what the entry has
 * besides; @skip are bits that would change what kind of entry it is.
 */
static const struct reserved_case {
	enum mode mode;
	u8 level;
	u8 maxphyaddr;
	bool nx;
	u64 entry;
	u64 skip;
	u64 mask;
} reserved_cases[] = {
	{ MODE_32, 1, 46, true, P, 0, 0 },
	{ MODE_32, 2, 46, true, P, PS, 0 },
	{ MODE_32, 2, 46, true, P | PS, 0, 0x00200000 },
	{ MODE_32, 2, 40, true, P | PS, 0, 0x00200000 },
	{ MODE_32, 2, 39, true, P | PS, 0, 0x00300000 },
	{ MODE_32, 2, 36, true, P | PS, 0, 0x003e0000 },
	{ MODE_32, 2, 32, true, P | PS, 0, 0x003fe000 },
	{ MODE_PAE, 1, 46, true, P, 0, 0x7fffc00000000000 },
	{ MODE_PAE, 1, 46, false, P, 0, 0xffffc00000000000 },
	{ MODE_PAE, 1, 36, true, P, 0, 0x7ffffff000000000 },
	{ MODE_PAE, 1, 52, true, P, 0, 0x7ff0000000000000 },
	{ MODE_PAE, 2, 46, true, P, PS, 0x7fffc00000000000 },
	{ MODE_PAE, 2, 46, true, P | PS, 0, 0x7fffc000001fe000 },
	{ MODE_PAE, 2, 36, false, P | PS, 0, 0xfffffff0001fe000 },
	{ MODE_4, 1, 46, true, P, 0, 0x000fc00000000000 },
	{ MODE_4, 1, 39, true, P, 0, 0x000fff8000000000 },
	{ MODE_4, 1, 52, true, P, 0, 0 },
	{ MODE_4, 1, 46, false, P, 0, 0x800fc00000000000 },
	{ MODE_4, 2, 46, true, P, PS, 0x000fc00000000000 },
	{ MODE_4, 2, 46, true, P | PS, 0, 0x000fc000001fe000 },
	{ MODE_4, 3, 46, true, P, PS, 0x000fc00000000000 },
	{ MODE_4, 3, 46, true, P | PS, 0, 0x000fc0003fffe000 },
	{ MODE_4, 3, 39, false, P | PS, 0, 0x800fff803fffe000 },
	{ MODE_4, 4, 46, true, P, 0, 0x000fc00000000080 },
	{ MODE_5, 1, 52, true, P, 0, 0 },
	{ MODE_5, 1, 52, false, P, 0, 0x8000000000000000 },
	{ MODE_5, 3, 52, true, P | PS, 0, 0x000000003fffe000 },
	{ MODE_5, 4, 46, true, P, 0, 0x000fc00000000080 },
	{ MODE_5, 5, 46, true, P, 0, 0x000fc00000000080 },
	{ MODE_5, 5, 52, false, P, 0, 0x8000000000000080 },
};

static void check_reserved(const struct reserved_case *c, unsigned int nr)
{
	struct walk_state s = new_guest(c->mode);
	struct walk_result out;
	bool faults;
	u64 bit;

	s.maxphyaddr = c->maxphyaddr;
	s.efer = (s.efer & ~EFER_NX) | (c->nx ? EFER_NX : 0);
	for (bit = 2; bit && (c->mode != MODE_32 || bit >> 32 == 0); bit <<= 1) {
		if (bit & c->skip)
			continue;
		map(&s, 0x5000, c->level, c->entry | bit);
		faults = translate(&s, 0x5000, W_, &out) == WALK_PAGE_FAULT &&
			 out.error_code & 0x08;
		EXPECT(faults == !!(c->mask & bit), "%s case %u: bit 0x%llx %s",
		       mode_names[c->mode], nr, bit, faults ? "reserved" : "not reserved");
		/* P, W/R, RSVD, and U/S when it is the user's */
		EXPECT(!faults || out.error_code == 0x0b, "code 0x%x", out.error_code);
		s.cpl = 3;
		EXPECT(!faults || fault_code(&s, 0x5000, R_) == 0x0d, "not 0x0d");
		EXPECT(!faults || !c->nx || c->mode == MODE_32 ||
		       fault_code(&s, 0x5000, X_) == 0x1d, "not 0x1d");
		s.cpl = 0;
	}
}

static void test_reserved_bits(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reserved_cases); i++)
		check_reserved(&reserved_cases[i], i);
}

static void test_no_gbpages(void)
{
	struct walk_state s = new_guest(MODE_4);

	s.gbpages = false;
	map(&s, 0x5000, 3, 0x40000000 | P | W | U | PS);
	EXPECT_EQ(0x09, fault_code(&s, 0x5000, R_));
	s.gbpages = true;
	EXPECT_EQ(-1, fault_code(&s, 0x5000, R_));
}

/* Reserved bits on the way down count before rights, and a table that is absent before both. */
static void test_precedence(void)
{
	struct walk_state s = new_guest(MODE_4);
	u64 gva = 0x5000;

	map(&s, gva, 1, 0x7000 | P | 1ull << 50);
	map(&s, gva, 3, (read_entry(&s, entry_gpa(&s, gva, 3)) & ~(W | U)));
	s.cpl = 3;
	EXPECT_EQ(0x0f, fault_code(&s, gva, W_));
	map(&s, gva, 1, 0);
	EXPECT_EQ(0x06, fault_code(&s, gva, W_));
	map(&s, gva, 1, 0x7000 | P | W | U);
	EXPECT_EQ(0x07, fault_code(&s, gva, W_));
}

/* ---------------------------------------------------------------------------- access rights */

#define WP	X86_CR0_WP
#define SMEP	X86_CR4_SMEP
#define SMAP	X86_CR4_SMAP
#define AC	X86_EFLAGS_AC

static const struct rights_case {
	u64 entry;
	u8 cpl;
	u64 cr0, cr4, rflags;
	u32 access;
	int code;
} rights_cases[] = {
	/* supervisor mode, supervisor page */
	{ P,          0, WP, 0, 0, R_, -1 },
	{ P | W,      0, WP, 0, 0, W_, -1 },
	{ P,          0, WP, 0, 0, W_, 0x03 },
	{ P,          2, WP, 0, 0, W_, 0x03 },
	{ P,          0, WP, 0, 0, R_ | W_, 0x03 },
	{ P,          0, 0,  0, 0, W_, -1 },
	{ P,          1, 0,  0, 0, W_, -1 },
	{ P,          0, WP, 0, 0, X_, -1 },
	{ P | XD,     0, WP, 0, 0, X_, 0x11 },
	{ P | XD,     0, WP, 0, 0, R_, -1 },
	{ P | XD | W, 0, WP, 0, 0, W_, -1 },
	{ P,          0, WP, SMEP | SMAP, 0, X_, -1 },
	{ P,          0, WP, SMEP | SMAP, 0, R_, -1 },
	/* supervisor mode, user page */
	{ P | U,      0, WP, 0, 0, R_, -1 },
	{ P | U,      0, WP, 0, 0, W_, 0x03 },
	{ P | U,      0, 0,  0, 0, W_, -1 },
	{ P | U,      0, WP, 0, 0, X_, -1 },
	{ P | U | XD, 0, WP, 0, 0, X_, 0x11 },
	{ P | U,      0, WP, SMEP, 0, X_, 0x11 },
	{ P | U,      2, WP, SMEP, 0, X_, 0x11 },
	{ P | U,      0, WP, SMEP, AC, X_, 0x11 },
	{ P | U,      0, WP, SMEP, 0, R_, -1 },
	{ P | U,      0, WP, SMAP, 0, X_, -1 },
	{ P | U,      0, WP, SMAP, 0, R_, 0x01 },
	{ P | U,      1, WP, SMAP, 0, R_, 0x01 },
	{ P | U | W,  0, WP, SMAP, 0, W_, 0x03 },
	{ P | U,      0, 0,  SMAP, 0, W_, 0x03 },
	{ P | U,      0, WP, SMAP, AC, R_, -1 },
	{ P | U | W,  0, WP, SMAP, AC, W_, -1 },
	{ P | U,      0, WP, SMAP, AC, W_, 0x03 },
	{ P | U,      0, 0,  SMAP, AC, W_, -1 },
	/* user mode */
	{ P,          3, WP, 0, 0, R_, 0x05 },
	{ P | W,      3, WP, 0, 0, W_, 0x07 },
	{ P,          3, 0,  0, 0, R_, 0x05 },
	{ P,          3, WP, 0, 0, X_, 0x15 },
	{ P,          3, WP, 0, AC, R_, 0x05 },
	{ P | U,      3, WP, 0, 0, R_, -1 },
	{ P | U,      3, WP, SMEP | SMAP, 0, R_, -1 },
	{ P | U,      3, WP, SMEP | SMAP, 0, X_, -1 },
	{ P | U,      3, WP, 0, 0, W_, 0x07 },
	{ P | U,      3, 0,  0, 0, W_, 0x07 },
	{ P | U,      3, WP, 0, 0, R_ | W_, 0x07 },
	{ P | U | W,  3, WP, SMEP | SMAP, 0, W_, -1 },
	{ P | U | XD, 3, WP, 0, 0, X_, 0x15 },
	{ P | U | XD, 3, WP, 0, 0, R_, -1 },
};

/* The rule above, through a page of every size that the mode has. */
static void check_rights(const struct rights_case *c, unsigned int nr, enum mode mode)
{
	static const unsigned int largest[MODES] = { 2, 2, 3, 3 };
	struct walk_state s = new_guest(mode);
	unsigned int level;
	int code;

	/* no NX in 32-bit entries, and I/D only with SMEP */
	if (mode == MODE_32 && c->entry & XD)
		return;
	code = c->code;
	if (mode == MODE_32 && code > 0 && !(c->cr4 & SMEP))
		code &= ~0x10;

	s.cr0 = X86_CR0_PE | X86_CR0_PG | c->cr0;
	s.cr4 |= c->cr4;
	s.rflags |= c->rflags;
	s.cpl = c->cpl;
	for (level = 1; level <= largest[mode]; level++) {
		u64 gva = (u64)level << 30;
		int got;

		map(&s, gva, level, c->entry | (level > 1 ? PS : 0));
		got = fault_code(&s, gva, c->access);
		EXPECT(got == code, "%s, level %u, case %u: 0x%x, expected 0x%x", mode_names[mode],
		       level, nr, got, code);
	}
}

static void test_access_rights(void)
{
	unsigned int i, mode;

	for (i = 0; i < ARRAY_SIZE(rights_cases); i++) {
		for (mode = 0; mode < MODES; mode++)
			check_rights(&rights_cases[i], i, mode);
	}
}

/* A right that one level withholds is withheld, whichever level it is. */
static void test_rights_of_all_levels(void)
{
	unsigned int mode, level;
	struct walk_state s;
	u64 gva = 0x40005000, gpa, entry;

	for (mode = 0; mode < MODES; mode++) {
		s = new_guest(mode);
		s.cpl = 3;
		map(&s, gva, 1, 0x7000 | P | W | U);
		EXPECT_EQ(-1, fault_code(&s, gva, W_));
		EXPECT_EQ(-1, fault_code(&s, gva, X_));
		for (level = top_level(&s); level > 0; level--) {
			gpa = entry_gpa(&s, gva, level);
			entry = read_entry(&s, gpa);
			write_entry(&s, gpa, entry & ~W);
			EXPECT_EQ(0x07, fault_code(&s, gva, W_));
			EXPECT_EQ(-1, fault_code(&s, gva, R_));
			write_entry(&s, gpa, entry & ~U);
			EXPECT_EQ(0x05, fault_code(&s, gva, R_));
			if (mode != MODE_32) {
				write_entry(&s, gpa, entry | XD);
				EXPECT_EQ(0x15, fault_code(&s, gva, X_));
				EXPECT_EQ(-1, fault_code(&s, gva, W_));
			}
			write_entry(&s, gpa, entry);
		}
		/* A page is the supervisor's for SMEP and SMAP as soon as one level says so. */
		s.cpl = 0;
		s.cr4 |= SMEP | SMAP;
		EXPECT_EQ(0x01, fault_code(&s, gva, R_));
		for (level = top_level(&s); level > 0; level--) {
			gpa = entry_gpa(&s, gva, level);
			entry = read_entry(&s, gpa);
			write_entry(&s, gpa, entry & ~U);
			EXPECT_EQ(-1, fault_code(&s, gva, R_));
			EXPECT_EQ(-1, fault_code(&s, gva, X_));
			write_entry(&s, gpa, entry);
		}
	}
}

/* Bits 1, 2 and 63 of a PAE page-directory pointer are no rights. */
static void test_pdpte_has_no_rights(void)
{
	struct walk_state s = new_guest(MODE_PAE);

	map(&s, 0x5000, 1, 0x7000 | P | W | U);
	s.cpl = 3;
	EXPECT_EQ(-1, fault_code(&s, 0x5000, W_));
	EXPECT_EQ(2, reads);
	EXPECT_EQ(-1, fault_code(&s, 0x5000, X_));
}

static void test_rights_reported(void)
{
	static const struct {
		u64 entry;
		u8 cpl;
		u64 cr0, cr4, rflags;
		u32 rights;
	} cases[] = {
		{ P | U,          3, WP, 0, 0, R_ | X_ },
		{ P | U | XD,     3, WP, 0, 0, R_ },
		{ P | U | W | XD, 3, WP, 0, 0, R_ | W_ },
		{ P | U | W,      3, WP, 0, 0, R_ | W_ | X_ },
		{ P,              0, WP, 0, 0, R_ | X_ },
		{ P,              0, 0,  0, 0, R_ | W_ | X_ },
		{ P | U | W,      0, WP, SMEP, 0, R_ | W_ },
		{ P | U,          0, WP, SMEP | SMAP, AC, R_ },
	};
	struct walk_result out;
	struct walk_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = new_guest(MODE_4);
		s.cr0 = X86_CR0_PE | X86_CR0_PG | cases[i].cr0;
		s.cr4 |= cases[i].cr4;
		s.rflags |= cases[i].rflags;
		s.cpl = cases[i].cpl;
		map(&s, 0x5000, 1, cases[i].entry);
		EXPECT_EQ(WALK_OK, translate(&s, 0x5000, R_, &out));
		EXPECT(out.rights == cases[i].rights, "case %u: rights %x", i, out.rights);
	}

	/* SMAP forbids data and leaves fetches: what is allowed is reported for a fetch. */
	s = new_guest(MODE_4);
	s.cr4 |= SMAP;
	map(&s, 0x5000, 1, P | U | W);
	EXPECT_EQ(WALK_OK, translate(&s, 0x5000, X_, &out));
	EXPECT_EQ(X_, out.rights);
}

/*
 * All combinations against the SDM's list of what is allowed, "Determination of Access Rights",
 * written down in its order and its positive form.
 */
static bool sdm_allows(u8 cpl, bool user, bool writable, bool xd, bool wp, bool smep, bool smap,
		       bool ac, u32 access)
{
	if (cpl < 3 && access == R_)
		return !user || !smap || ac;
	if (cpl < 3 && access == W_) {
		if (!user)
			return wp ? writable : true;
		if (!smap || ac)
			return wp ? writable : true;
		return false;
	}
	if (cpl < 3) {
		if (!user)
			return !xd;
		return smep ? false : !xd;
	}
	if (access == R_)
		return user;
	if (access == W_)
		return user && writable;
	return user && !xd;
}

static void test_all_combinations(void)
{
	static const u32 accesses[] = { R_, W_, X_ };
	struct walk_state s = new_guest(MODE_4);
	unsigned int bits, cpl, i;
	bool user, w, xd, allowed;
	u64 cr4 = s.cr4;
	int code;

	entry_gpa(&s, 0x5000, 1);
	for (bits = 0; bits < 128; bits++) {
		user = bits & 1;
		w = bits & 2;
		xd = bits & 4;
		map(&s, 0x5000, 1, P | (user ? U : 0) | (w ? W : 0) | (xd ? XD : 0));
		s.cr0 = X86_CR0_PE | X86_CR0_PG | (bits & 8 ? WP : 0);
		s.cr4 = cr4 | (bits & 16 ? SMEP : 0) | (bits & 32 ? SMAP : 0);
		s.rflags = X86_EFLAGS_FIXED | (bits & 64 ? AC : 0);
		for (cpl = 0; cpl < 4; cpl++) {
			s.cpl = cpl;
			for (i = 0; i < ARRAY_SIZE(accesses); i++) {
				allowed = sdm_allows(cpl, user, w, xd, bits & 8, bits & 16,
						     bits & 32, bits & 64, accesses[i]);
				code = fault_code(&s, 0x5000, accesses[i]);
				EXPECT(code == (allowed ? -1 : 1 | (accesses[i] == W_) << 1 |
						(cpl == 3) << 2 | (accesses[i] == X_) << 4),
				       "combination 0x%x, CPL %u, access %u: %x", bits, cpl,
				       accesses[i], code);
			}
		}
	}
}

/* -------------------------------------------------------------------------- protection keys */

#define AD(k)	(1u << (2 * (k)))
#define WD(k)	(2u << (2 * (k)))

static const struct key_case {
	u64 entry;
	u8 cpl;
	u64 cr0;
	u32 pkru;
	u32 access;
	int code;
} key_cases[] = {
	{ P | U | W | KEY(5), 3, WP, 0, W_, -1 },
	{ P | U | W | KEY(5), 3, WP, AD(5), R_, 0x25 },
	{ P | U | W | KEY(5), 3, WP, AD(5), W_, 0x27 },
	{ P | U | W | KEY(5), 3, WP, WD(5), R_, -1 },
	{ P | U | W | KEY(5), 3, WP, WD(5), W_, 0x27 },
	{ P | U | W | KEY(5), 3, 0, WD(5), W_, 0x27 },
	{ P | U | W | KEY(5), 3, WP, AD(5) | WD(5), X_, -1 },
	{ P | U | W | KEY(5), 3, WP, ~(AD(5) | WD(5)), W_, -1 },
	{ P | U | W | KEY(0), 3, WP, AD(0), R_, 0x25 },
	{ P | U | W | KEY(15), 3, WP, AD(15), R_, 0x25 },
	{ P | U | W | KEY(15), 3, WP, WD(15), W_, 0x27 },
	/* supervisor mode: user pages have keys there too; WD needs CR0.WP */
	{ P | U | W | KEY(5), 0, WP, AD(5), R_, 0x21 },
	{ P | U | W | KEY(5), 0, 0, AD(5), R_, 0x21 },
	{ P | U | W | KEY(5), 0, WP, WD(5), W_, 0x23 },
	{ P | U | W | KEY(5), 0, 0, WD(5), W_, -1 },
	{ P | U | W | KEY(5), 0, 0, AD(5), W_, 0x23 },
	/* supervisor pages have none */
	{ P | W | KEY(5), 0, WP, AD(5) | WD(5), W_, -1 },
	{ P | KEY(5), 3, WP, AD(5), R_, 0x05 },
	/* PK is told beside another reason */
	{ P | U | KEY(5), 3, WP, WD(5), W_, 0x27 },
	{ P | U | KEY(5), 3, WP, 0, W_, 0x07 },
	/* reserved bits come first */
	{ P | U | KEY(5) | 1ull << 50, 3, WP, AD(5), R_, 0x0d },
};

static void test_protection_keys(void)
{
	unsigned int mode, i;
	struct walk_state s;

	for (mode = MODE_4; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(key_cases); i++) {
			const struct key_case *c = &key_cases[i];

			s = new_guest(mode);
			s.cr0 = X86_CR0_PE | X86_CR0_PG | c->cr0;
			s.cr4 |= X86_CR4_PKE;
			s.cpl = c->cpl;
			s.pkru = c->pkru;
			map(&s, 0x5000, 1, c->entry);
			EXPECT(fault_code(&s, 0x5000, c->access) == c->code, "%s case %u: 0x%x",
			       mode_names[mode], i, fault_code(&s, 0x5000, c->access));
		}
	}
}

static void test_protection_keys_off(void)
{
	struct walk_state s = new_guest(MODE_4);
	struct walk_result out;

	s.cpl = 3;
	s.pkru = ~0u;
	map(&s, 0x5000, 1, P | U | W | KEY(5));
	EXPECT_EQ(-1, fault_code(&s, 0x5000, W_));

	/* the key of a large page is in its entry; keys of tables mean nothing */
	s.cr4 |= X86_CR4_PKE;
	s.pkru = AD(3);
	map(&s, 0x40000000, 2, P | U | W | PS | KEY(3));
	EXPECT_EQ(0x25, fault_code(&s, 0x40000000, R_));
	s.pkru = ~(AD(5) | WD(5));
	EXPECT_EQ(WALK_OK, translate(&s, 0x5000, W_, &out));
	EXPECT_EQ(R_ | W_ | X_, out.rights);
	s.pkru = WD(5);
	EXPECT_EQ(WALK_OK, translate(&s, 0x5000, R_, &out));
	EXPECT_EQ(R_ | X_, out.rights);

	/* CR4.PKE outside long mode */
	s = new_guest(MODE_32);
	s.cr4 |= X86_CR4_PKE;
	s.cpl = 3;
	s.pkru = ~0u;
	map(&s, 0x5000, 1, P | U | W);
	EXPECT_EQ(-1, fault_code(&s, 0x5000, W_));
}

/* ------------------------------------------------------------------------------- the tables */

static void test_unreadable_table(void)
{
	unsigned int mode, level;
	struct walk_result out;
	struct walk_state s;
	u64 gva = 0x40403000;

	for (mode = 0; mode < MODES; mode++) {
		s = new_guest(mode);
		s.cpl = 3;
		for (level = top_level(&s); level > 1; level--) {
			u64 expected = 0x80000000ull;
			unsigned int size = mode == MODE_32 ? 4 : 8;
			unsigned int bits = mode == MODE_32 ? 10 : 9;

			expected += ((gva >> (12 + (level - 2) * bits)) & ((1 << bits) - 1)) * size;
			/* a table without rights is read all the same */
			map(&s, gva, level, 0x80000000 | P);
			EXPECT_EQ(WALK_NO_TABLE, translate(&s, gva, W_, &out));
			EXPECT(out.gpa == expected, "%s level %u: 0x%llx", mode_names[mode], level,
			       out.gpa);
			EXPECT_EQ(-EFAULT, out.error);
			EXPECT(!out.error_code && !out.rights && !out.page_size, "members set");
			map(&s, gva, level, 0);
		}
		s.cr3 = 0x90000000;
		if (mode == MODE_PAE)
			s.pdpte[1] = 0x90000000 | P;
		EXPECT_EQ(WALK_NO_TABLE, translate(&s, gva, R_, &out));
		EXPECT(out.gpa >= 0x90000000 && out.gpa < 0x90001000, "0x%llx", out.gpa);
	}
}

/* ------------------------------------------------------------------- accessed and dirty flags */

static enum walk_outcome access_as_guest(const struct walk_state *s, u64 gva, u32 access,
					 struct walk_result *out)
{
	memset(out, 0xcc, sizeof(*out));
	exchanges = 0;
	return walk_access(s, &access_ops, (void *)s, gva, access, out);
}

/* Of the entries from the top down to @level. */
static void expect_flags(const struct walk_state *s, u64 gva, unsigned int level, u64 last,
			 const char *when)
{
	unsigned int i;

	for (i = top_level(s); i >= level; i--) {
		u64 entry = read_entry(s, entry_gpa(s, gva, i));

		EXPECT((entry & (A | D)) == (i == level ? last : last & A),
		       "%s: entry of level %u is 0x%llx", when, i, entry);
	}
}

/* A page of each size in each mode: reads set A everywhere, writes D in the last entry. */
static void test_access_sets_flags(void)
{
	unsigned int mode, level;
	struct walk_result out;
	struct walk_state s;
	u64 gva = 0x40403000;

	for (mode = 0; mode < MODES; mode++) {
		for (level = 1; level <= (mode >= MODE_4 ? 3 : 2); level++) {
			unsigned int entries;

			s = new_guest(mode);
			entries = top_level(&s) - level + 1;
			map(&s, gva, level, 0x40000000 | P | W | (level > 1 ? PS : 0));
			EXPECT_EQ(WALK_OK, translate(&s, gva, W_, &out));
			expect_flags(&s, gva, level, 0, "translated");

			EXPECT_EQ(WALK_OK, access_as_guest(&s, gva, R_, &out));
			EXPECT_EQ(0x40000000 + (gva & (out.page_size - 1)), out.gpa);
			EXPECT_EQ(entries, exchanges);
			expect_flags(&s, gva, level, A, "read");
			EXPECT_EQ(WALK_OK, access_as_guest(&s, gva, X_, &out));
			EXPECT_EQ(0, exchanges);

			EXPECT_EQ(WALK_OK, access_as_guest(&s, gva, W_, &out));
			EXPECT_EQ(1, exchanges);
			expect_flags(&s, gva, level, A | D, "written");
			EXPECT_EQ(WALK_OK, access_as_guest(&s, gva, W_ | R_, &out));
			EXPECT_EQ(0, exchanges);
		}
	}
}

static void test_refused_access_sets_no_flags(void)
{
	struct walk_result out;
	struct walk_state s;

	s = new_guest(MODE_4);
	map(&s, 0x5000, 1, 0x6000 | P);
	EXPECT_EQ(WALK_PAGE_FAULT, access_as_guest(&s, 0x5000, W_, &out));
	EXPECT_EQ(3, out.error_code);
	expect_flags(&s, 0x5000, 1, 0, "written without W");
	EXPECT_EQ(WALK_PAGE_FAULT, access_as_guest(&s, 0x7000, R_, &out));
	expect_flags(&s, 0x5000, 1, 0, "neighbour absent");
	EXPECT_EQ(WALK_NONCANONICAL, access_as_guest(&s, 1ull << 60, R_, &out));
	EXPECT_EQ(0, exchanges);
	s.cr0 &= ~X86_CR0_PG;
	EXPECT_EQ(WALK_OK, access_as_guest(&s, 0x5000, W_, &out));
	EXPECT_EQ(0x5000, out.gpa);
	EXPECT_EQ(0, exchanges);
}

static const struct walk_state *changed_guest;
static unsigned int changes;

/* Another vCPU makes the page another one, and then another one... */
static void change_page(u64 gpa)
{
	u64 leaf = entry_gpa(changed_guest, 0x5000, 1);

	(void)gpa;
	if (changes) {
		changes--;
		write_entry(changed_guest, leaf, read_entry(changed_guest, leaf) + 0x1000);
	}
}

static void test_access_begins_again(void)
{
	struct walk_result out;
	struct walk_state s;

	s = new_guest(MODE_4);
	changed_guest = &s;
	on_exchange = change_page;
	map(&s, 0x5000, 1, 0x6000 | P | W);
	changes = 2;
	EXPECT_EQ(WALK_OK, access_as_guest(&s, 0x5000, W_, &out));
	EXPECT_EQ(0x8000, out.gpa);
	EXPECT_EQ(0x8000 | P | W | A | D, read_entry(&s, entry_gpa(&s, 0x5000, 1)));

	/* It does not wait for the end of that. */
	map(&s, 0x5000, 1, 0x6000 | P | W);
	changes = 1000000;
	EXPECT_EQ(WALK_NO_TABLE, access_as_guest(&s, 0x5000, W_, &out));
	EXPECT_EQ(-EAGAIN, out.error);
	EXPECT_EQ(entry_gpa(&s, 0x5000, 1), out.gpa);
	EXPECT(exchanges < 20, "%u attempts", exchanges);
	on_exchange = NULL;
}

static int exchange_nothing(void *ctx, u64 gpa, u64 old, u64 new, unsigned int len)
{
	(void)ctx;
	(void)gpa;
	(void)old;
	(void)new;
	(void)len;
	return -EROFS;
}

static void test_unwritable_table(void)
{
	static const struct walk_ops readonly = { read_memory, exchange_nothing };
	struct walk_result out;
	struct walk_state s;

	s = new_guest(MODE_4);
	map(&s, 0x5000, 1, 0x6000 | P | W);
	EXPECT_EQ(WALK_NO_TABLE, walk_access(&s, &readonly, &s, 0x5000, R_, &out));
	EXPECT_EQ(-EROFS, out.error);
	EXPECT_EQ(entry_gpa(&s, 0x5000, 4), out.gpa);
	EXPECT(!out.page_size && !out.rights && !out.error_code, "members set");
}

static u64 random_state = 1;

static u64 random64(void)
{
	u64 z = (random_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Random registers and tables: the result keeps its promises, and no sanitizer objects. */
static void test_random_tables(void)
{
	unsigned int counts[4] = { 0 };
	struct walk_result out;
	struct walk_state s;
	unsigned int i, j;
	u64 gva;

	for (i = 0; i < 200000; i++) {
		enum walk_outcome outcome;
		u32 access = random64() % 4 ? (random64() & 1 ? R_ : W_) : X_;

		s = new_guest(random64() % MODES);
		s.maxphyaddr = 32 + random64() % 21;
		s.gbpages = random64() & 1;
		s.cpl = random64() % 4;
		s.pkru = random64();
		s.cr0 ^= random64() & WP;
		s.cr4 ^= random64() & (SMEP | SMAP | X86_CR4_PKE | X86_CR4_PSE);
		s.rflags ^= random64() & AC;
		s.efer ^= random64() & EFER_NX;
		gva = (s64)random64() >> (random64() % 48);
		if (s.efer & EFER_LMA && random64() % 8)
			gva = (s64)(gva << 16) >> 16;
		/* two levels of one table that points to itself or elsewhere, now and then wrong */
		for (j = 0; j < 512; j++) {
			u64 entry = MEMORY_BASE | (random64() & 0xfff) | P;

			entry |= random64() % 4 ? W | U : 0;
			entry ^= random64() % 8 ? 0 : 1ull << (random64() % 64);
			((u64 *)memory[0])[j] = entry;
		}
		for (j = 0; j < 4; j++)
			s.pdpte[j] = MEMORY_BASE | P;

		outcome = translate(&s, gva, access, &out);
		EXPECT(outcome <= WALK_NO_TABLE, "outcome %d", outcome);
		if (outcome > WALK_NO_TABLE)
			continue;
		counts[outcome]++;
		if (outcome != WALK_OK)
			continue;
		EXPECT((out.rights & access) == access, "rights %x", out.rights);
		EXPECT(out.gpa >> (s.maxphyaddr > 40 || s.efer & EFER_LMA ? s.maxphyaddr : 40) == 0,
		       "0x%llx is wider than %u bits", out.gpa, s.maxphyaddr);
		EXPECT(((out.gpa ^ gva) & (out.page_size - 1)) == 0, "offset in page");
	}
	printf("# translated %u, page faults %u, not canonical %u, no table %u\n", counts[0],
	       counts[1], counts[2], counts[3]);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		EXPECT(counts[i] > 1000, "outcome %u only %u times", i, counts[i]);
}

static const struct tap_test tests[] = {
	{ "paging_off_is_identity", test_paging_off },
	{ "each_mode_and_page_size_translates", test_translations },
	{ "every_address_bit_selects", test_every_address_bit },
	{ "cr3_flags_are_no_address", test_cr3_flags },
	{ "ps_needs_pse_in_32bit_paging_only", test_pse_off },
	{ "noncanonical_is_told", test_canonical },
	{ "absent_entries_fault_with_p_clear", test_not_present },
	{ "fetch_flag_needs_nx_or_smep", test_fetch_flag },
	{ "each_reserved_bit_faults_and_no_other", test_reserved_bits },
	{ "ps_in_pdpte_is_reserved_without_1g_pages", test_no_gbpages },
	{ "absent_then_reserved_then_rights", test_precedence },
	{ "each_access_right", test_access_rights },
	{ "each_level_can_withhold_a_right", test_rights_of_all_levels },
	{ "pae_pdptes_come_from_registers_without_rights", test_pdpte_has_no_rights },
	{ "all_combinations_of_rights", test_all_combinations },
	{ "rights_are_reported", test_rights_reported },
	{ "protection_keys", test_protection_keys },
	{ "protection_keys_apply_where_they_should", test_protection_keys_off },
	{ "unreadable_tables_are_told_with_their_address", test_unreadable_table },
	{ "accesses_set_accessed_and_dirty_flags", test_access_sets_flags },
	{ "a_refused_access_sets_no_flags", test_refused_access_sets_no_flags },
	{ "an_access_begins_again_when_tables_change", test_access_begins_again },
	{ "tables_that_cannot_be_marked_are_told", test_unwritable_table },
	{ "random_tables_keep_the_promises", test_random_tables },
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * EPT walks: mapping a page, dropping ranges, reading and clearing accessed flags.
 *
 * All under ept->lock, all bounded. A leaf may stand on any level; what maps makes 4K leaves only,
 * for now.
 */
#include <linux/page-flags.h>
#include <linux/swap.h>

#include "../debug.h"
#include "ept.h"
#include "ept_table.h"

/* Tables of leaves that one ept_zap() visits: at most a fraction of a millisecond. */
#define EPT_ZAP_TABLES	4

enum ept_op {
	EPT_OP_ZAP,
	EPT_OP_TEST_YOUNG,
	EPT_OP_CLEAR_YOUNG,
};

/**
 * struct ept_walk - a walk over all leaves in a range
 * @ept:    tree
 * @op:     what to do with each leaf
 * @tables: tables of leaves that may still be visited before stopping
 * @young:  a visited leaf was marked accessed
 */
struct ept_walk {
	struct ept *ept;
	enum ept_op op;
	int tables;
	bool young;
};

/*
 * The page is alive and, if it is a file's, cannot be truncated here: the address space must unmap
 * it first, and to do that it drops this leaf under ept->lock. So the calls are as legal as they
 * are under a page-table lock. Reserved pages (the zero page) are nobody's to mark.
 */
static void ept_mark_page(u64 entry, bool accessed)
{
	struct page *page = pfn_to_page((entry & EPT_ENTRY_ADDRESS) >> PAGE_SHIFT);
	struct folio *folio = page_folio(page);

	if (PageReserved(page))
		return;
	if ((entry & EPT_ENTRY_DIRTY) && !folio_test_dirty(folio))
		folio_mark_dirty(folio);
	if (accessed && (entry & EPT_ENTRY_ACCESSED))
		folio_mark_accessed(folio);
}

/* The exchange is atomic: a flag that the processor sets is either in @old or makes it fault. */
static void ept_drop_leaf(struct ept *ept, u64 *table, u64 *entry, bool accessed)
{
	u64 old = xchg(entry, 0);

	ept_table_add(table, -1);
	ept->stale = true;
	ept_mark_page(old, accessed);
}

static void ept_clear_young(struct ept_walk *walk, u64 *table, u64 *entry)
{
	/*
	 * Without hardware flags only a fault tells of the next access. The caller hears that the
	 * page was used, so the page itself is not marked: that would count the same access twice.
	 */
	if (!walk->ept->accessed_dirty) {
		walk->young = true;
		ept_drop_leaf(walk->ept, table, entry, false);
		return;
	}
	if (test_and_clear_bit(ilog2(EPT_ENTRY_ACCESSED), (unsigned long *)entry))
		walk->young = true;
}

static void ept_visit_leaf(struct ept_walk *walk, u64 *table, u64 *entry)
{
	switch (walk->op) {
	case EPT_OP_ZAP:
		ept_drop_leaf(walk->ept, table, entry, true);
		break;
	case EPT_OP_TEST_YOUNG:
		if (READ_ONCE(*entry) & EPT_ENTRY_ACCESSED)
			walk->young = true;
		break;
	case EPT_OP_CLEAR_YOUNG:
		ept_clear_young(walk, table, entry);
		break;
	}
}

/*
 * A leaf that the range only touches counts as in it. Returns where the walk stopped: @end, or
 * earlier when the tables it may visit are used up. The depth of the recursion is EPT_ROOT_LEVEL.
 */
static u64 ept_walk_table(struct ept_walk *walk, u64 *table, unsigned int level, u64 gpa, u64 end)
{
	u64 next;

	for (; gpa < end; gpa = next) {
		u64 *entry = ept_entry(table, gpa, level);
		u64 value = READ_ONCE(*entry);
		u64 *child;

		next = min(end, (gpa | (ept_span(level) - 1)) + 1);
		if (!ept_present(value))
			continue;
		if (ept_is_leaf(value, level)) {
			ept_visit_leaf(walk, table, entry);
			continue;
		}

		child = ept_child(value);
		next = ept_walk_table(walk, child, level - 1, gpa, next);
		if (!ept_table_count(child))
			ept_table_unlink(walk->ept, table, entry, child);
		if (walk->tables <= 0)
			return next;
	}

	if (level == EPT_LEVEL_4K)
		walk->tables--;
	return gpa;
}

u64 ept_zap(struct ept *ept, u64 start, u64 end)
{
	struct ept_walk walk = { .ept = ept, .op = EPT_OP_ZAP, .tables = EPT_ZAP_TABLES };

	lockdep_assert_held(&ept->lock);
	xvcpu_assert(end <= BIT_ULL(EPT_GPA_BITS));
	return ept_walk_table(&walk, ept->root, EPT_ROOT_LEVEL, start, end);
}

bool ept_young(struct ept *ept, u64 start, u64 end, enum ept_young what)
{
	struct ept_walk walk = {
		.ept = ept,
		.op = what == EPT_YOUNG_CLEAR ? EPT_OP_CLEAR_YOUNG : EPT_OP_TEST_YOUNG,
		.tables = INT_MAX,
	};

	lockdep_assert_held(&ept->lock);
	xvcpu_assert(end <= BIT_ULL(EPT_GPA_BITS));
	ept_walk_table(&walk, ept->root, EPT_ROOT_LEVEL, start, end);
	return walk.young;
}

/* The table that holds the entry for @gpa on @level; NULL if the cache runs out. */
static u64 *ept_find_table(struct ept *ept, struct ept_cache *cache, u64 gpa, unsigned int level)
{
	u64 *table = ept->root;
	unsigned int at;

	for (at = EPT_ROOT_LEVEL; at > level; at--) {
		u64 *entry = ept_entry(table, gpa, at);
		u64 value = READ_ONCE(*entry);

		if (ept_present(value) && ept_is_leaf(value, at)) {
			ept_drop_leaf(ept, table, entry, true);
			value = 0;
		}
		if (!ept_present(value)) {
			if (!cache->nr)
				return NULL;
			value = __pa(cache->table[--cache->nr]) | EPT_ENTRY_RWX;
			WRITE_ONCE(*entry, value);
			ept_table_add(table, 1);
		}
		table = ept_child(value);
	}
	return table;
}

static u64 ept_make_leaf(struct ept *ept, u64 hpa, unsigned int level, bool writable, bool dirty)
{
	u64 leaf = hpa | EPT_ENTRY_READ | EPT_ENTRY_EXEC | EPT_ENTRY_MEMTYPE_WB |
		   EPT_ENTRY_IGNORE_PAT | EPT_ENTRY_ACCESSED;

	if (level > EPT_LEVEL_4K)
		leaf |= EPT_ENTRY_LARGE;
	if (writable)
		leaf |= EPT_ENTRY_WRITE;
	/*
	 * Setting the flags here saves the processor an atomic access. Where it does not maintain
	 * them, whatever can be written counts as written.
	 */
	if (writable && (dirty || !ept->accessed_dirty))
		leaf |= EPT_ENTRY_DIRTY;
	return leaf;
}

/*
 * A large leaf needs its whole span free. Dropping a leaf that is there already costs a flush,
 * which is right, if not fast: nothing maps large leaves yet.
 */
static void ept_make_room(struct ept *ept, u64 gpa, unsigned int level)
{
	struct ept_walk walk = { .ept = ept, .op = EPT_OP_ZAP, .tables = INT_MAX };

	if (level > EPT_LEVEL_4K)
		ept_walk_table(&walk, ept->root, EPT_ROOT_LEVEL, gpa, gpa + ept_span(level));
}

bool ept_map(struct ept *ept, struct ept_cache *cache, u64 gpa, u64 hpa, unsigned int level,
	     bool writable, bool dirty)
{
	u64 leaf = ept_make_leaf(ept, hpa, level, writable, dirty);
	u64 *table, *entry, old;

	lockdep_assert_held(&ept->lock);
	xvcpu_assert(gpa < BIT_ULL(EPT_GPA_BITS));
	gpa &= ~(ept_span(level) - 1);
	ept_make_room(ept, gpa, level);
	table = ept_find_table(ept, cache, gpa, level);
	if (!table)
		return false;

	entry = ept_entry(table, gpa, level);
	old = READ_ONCE(*entry);
	if (ept_present(old) && ((old ^ leaf) & EPT_ENTRY_ADDRESS)) {
		ept_drop_leaf(ept, table, entry, true);
		old = 0;
	}
	if (!ept_present(old)) {
		/* No CPU may go on with what was here while another uses the new leaf. */
		ept_flush(ept);
		WRITE_ONCE(*entry, leaf);
		ept_table_add(table, 1);
		return true;
	}

	/*
	 * Another vCPU was faster, or the leaf was read-only. Adding permissions needs no flush:
	 * the violation dropped what this CPU had cached, others fault once more (SDM "Guidelines
	 * for Use of the INVEPT Instruction").
	 */
	while (!try_cmpxchg(entry, &old, old | leaf))
		;
	return true;
}

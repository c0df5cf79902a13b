/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EPT entries and tables, for the files of this directory only.
 *
 * Formats: SDM "EPT Translation Mechanism", tables "Format of an EPT ... Entry". Entries change
 * only under ept->lock, but the processor sets flags in them at any time: whole entries are
 * written with WRITE_ONCE() where nothing was present and with an atomic exchange where something
 * was.
 */
#ifndef _XVCPU_EPT_TABLE_H
#define _XVCPU_EPT_TABLE_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "ept.h"

#define EPT_ENTRY_READ		BIT_ULL(0)
#define EPT_ENTRY_WRITE		BIT_ULL(1)
#define EPT_ENTRY_EXEC		BIT_ULL(2)
#define EPT_ENTRY_RWX		(EPT_ENTRY_READ | EPT_ENTRY_WRITE | EPT_ENTRY_EXEC)
#define EPT_ENTRY_MEMTYPE_WB	(6ULL << 3)
#define EPT_ENTRY_IGNORE_PAT	BIT_ULL(6)
#define EPT_ENTRY_LARGE		BIT_ULL(7)
/* Ignored by processors that EPTP does not tell to maintain them: then they are software's. */
#define EPT_ENTRY_ACCESSED	BIT_ULL(8)
#define EPT_ENTRY_DIRTY		BIT_ULL(9)
#define EPT_ENTRY_ADDRESS	GENMASK_ULL(51, 12)

#define EPT_TABLE_BITS		9
#define EPT_TABLE_ENTRIES	BIT(EPT_TABLE_BITS)

/* Guest-physical bytes that one entry of a table on this level covers. */
static inline u64 ept_span(unsigned int level)
{
	return 1ULL << (PAGE_SHIFT + (level - 1) * EPT_TABLE_BITS);
}

static inline u64 *ept_entry(u64 *table, u64 gpa, unsigned int level)
{
	return &table[(gpa >> (PAGE_SHIFT + (level - 1) * EPT_TABLE_BITS)) &
		      (EPT_TABLE_ENTRIES - 1)];
}

/* Not present: bits 2:0 are all clear. */
static inline bool ept_present(u64 entry)
{
	return entry & EPT_ENTRY_RWX;
}

static inline bool ept_is_leaf(u64 entry, unsigned int level)
{
	return level == EPT_LEVEL_4K || (entry & EPT_ENTRY_LARGE);
}

static inline u64 *ept_child(u64 entry)
{
	return __va(entry & EPT_ENTRY_ADDRESS);
}

/* How many entries of a table are present, kept in its struct page. */
static inline unsigned long ept_table_count(u64 *table)
{
	return page_private(virt_to_page(table));
}

static inline void ept_table_add(u64 *table, long n)
{
	struct page *page = virt_to_page(table);

	set_page_private(page, page_private(page) + n);
}

u64 *ept_table_alloc(void);
void ept_table_free(u64 *table);

/* Takes an empty table out of its parent; it is freed once no CPU can be walking through it. */
void ept_table_unlink(struct ept *ept, u64 *parent, u64 *entry, u64 *table);

#endif /* _XVCPU_EPT_TABLE_H */

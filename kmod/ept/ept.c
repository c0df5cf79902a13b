// SPDX-License-Identifier: GPL-2.0-only
/*
 * EPT life cycle: the tree, the tables it is made of, and the flush that must come between taking a
 * translation or a table away and letting go of the memory behind it.
 *
 * ept->lock protects everything here but the caches, which belong to their vCPU's thread.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/sched.h>

#include "../debug.h"
#include "ept.h"
#include "ept_table.h"

/* SDM "Extended-Page-Table Pointer (EPTP)". */
#define EPTP_MEMTYPE_WB		6ULL
#define EPTP_WALK_LENGTH(n)	(((n) - 1ULL) << 3)
#define EPTP_ACCESSED_DIRTY	BIT_ULL(6)

u64 *ept_table_alloc(void)
{
	return (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
}

void ept_table_free(u64 *table)
{
	/* The page allocator wants its fields back as it gave them. */
	set_page_private(virt_to_page(table), 0);
	virt_to_page(table)->index = 0;
	free_page((unsigned long)table);
}

void ept_table_unlink(struct ept *ept, u64 *parent, u64 *entry, u64 *table)
{
	struct page *page = virt_to_page(table);

	/*
	 * A CPU that has the old entry in its paging-structure cache goes on walking through
	 * @table: it finds it empty until the flush, and so must nobody else's use of the page
	 * come before.
	 */
	WRITE_ONCE(*entry, 0);
	ept_table_add(parent, -1);
	ept->stale = true;
	page->index = atomic64_read(&ept->flush_gen) + 1;
	list_add(&page->lru, &ept->unlinked);
}

static void ept_free_unlinked(struct ept *ept)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &ept->unlinked, lru) {
		xvcpu_assert(page->index <= ept->acked_gen);
		list_del(&page->lru);
		ept_table_free(page_address(page));
	}
}

void ept_flush(struct ept *ept)
{
	u64 gen;

	lockdep_assert_held(&ept->lock);
	if (!ept->stale)
		return;

	/*
	 * The increment is a full barrier: a vCPU that the kick does not see in guest mode will see
	 * the new generation, and the entries as they are now, when it enters.
	 */
	gen = atomic64_inc_return(&ept->flush_gen);
	xvcpu_ept_kick(ept);
	ept->acked_gen = gen;
	ept->stale = false;
	ept_free_unlinked(ept);
}

void ept_force_flush(struct ept *ept)
{
	lockdep_assert_held(&ept->lock);
	ept->stale = true;
}

void ept_lock(struct ept *ept) __acquires(&ept->lock)
{
	spin_lock(&ept->lock);
}

void ept_unlock(struct ept *ept) __releases(&ept->lock)
{
	ept_flush(ept);
	spin_unlock(&ept->lock);
}

bool ept_yield(struct ept *ept)
{
	if (!need_resched() && !spin_needbreak(&ept->lock))
		return false;

	ept_unlock(ept);
	cond_resched();
	ept_lock(ept);
	return true;
}

int ept_init(struct ept *ept, const struct ept_config *config)
{
	ept->root = ept_table_alloc();
	if (!ept->root)
		return -ENOMEM;

	spin_lock_init(&ept->lock);
	INIT_LIST_HEAD(&ept->unlinked);
	ept->accessed_dirty = config->accessed_dirty;
	ept->stale = false;
	ept->acked_gen = 0;
	/* A vCPU whose copy is zero has never flushed. */
	atomic64_set(&ept->flush_gen, 1);
	ept->eptp = __pa(ept->root) | EPTP_MEMTYPE_WB | EPTP_WALK_LENGTH(EPT_ROOT_LEVEL);
	if (ept->accessed_dirty)
		ept->eptp |= EPTP_ACCESSED_DIRTY;
	return 0;
}

void ept_destroy(struct ept *ept)
{
	u64 gpa = 0;

	ept_lock(ept);
	while (gpa < BIT_ULL(EPT_GPA_BITS)) {
		gpa = ept_zap(ept, gpa, BIT_ULL(EPT_GPA_BITS));
		ept_yield(ept);
	}
	ept_unlock(ept);

	xvcpu_assert(!ept_table_count(ept->root) && list_empty(&ept->unlinked));
	ept_table_free(ept->root);
	ept->root = NULL;
}

int ept_cache_fill(struct ept_cache *cache)
{
	while (cache->nr < EPT_CACHE_TABLES) {
		u64 *table = ept_table_alloc();

		if (!table)
			return -ENOMEM;
		cache->table[cache->nr++] = table;
	}
	return 0;
}

void ept_cache_drain(struct ept_cache *cache)
{
	while (cache->nr)
		ept_table_free(cache->table[--cache->nr]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended page tables: guest-physical to host-physical translation of one VM.
 *
 * The tables and every member of struct ept but @eptp and @flush_gen belong to ept->lock, the
 * innermost lock of the module (kmod/memory.h has the order). It is taken with interrupts on, never
 * from interrupt context and never with interrupts off: a holder waits for IPIs.
 *
 * Leaves map struct pages of a user address space and hold no reference on them. What keeps them
 * valid is the rule of the caller: a leaf is dropped before the address space gives its page up
 * (kmod/mmu_notifier.c).
 *
 * Upcall of this directory: xvcpu_ept_kick().
 */
#ifndef _XVCPU_EPT_H
#define _XVCPU_EPT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* The page-walk length that EPTP asks for (SDM "Extended-Page-Table Pointer (EPTP)"), in levels. */
#define EPT_ROOT_LEVEL	4
#define EPT_LEVEL_4K	1

/* Mapping one page links at most one table on each level below the root. */
#define EPT_CACHE_TABLES	(EPT_ROOT_LEVEL - 1)

/* Guest-physical bits that EPT_ROOT_LEVEL levels translate. */
#define EPT_GPA_BITS	48

/**
 * struct ept_config - what the CPUs offer, less what module parameters turn off
 * @accessed_dirty: the processor maintains accessed and dirty flags
 */
struct ept_config {
	bool accessed_dirty;
};

/**
 * struct ept_cache - zeroed tables for the next mapping, so that nothing is allocated under a lock
 * @nr:    tables at hand
 * @table: the tables
 *
 * One per vCPU, used by its thread only. All zero is an empty cache.
 */
struct ept_cache {
	unsigned int nr;
	u64 *table[EPT_CACHE_TABLES];
};

/**
 * struct ept - the tables of one VM
 * @eptp:           value for the VMCS; constant
 * @flush_gen:      grows whenever translations were dropped. A vCPU compares it with its own copy
 *                  after publishing that it is in guest mode (full barrier between) and executes
 *                  INVEPT when they differ
 * @lock:           protects the tables and what follows
 * @accessed_dirty: the processor maintains the flags; constant
 * @stale:          something was dropped and some CPU may still translate through it
 * @acked_gen:      the last generation that all vCPUs have acknowledged
 * @root:           the top table
 * @unlinked:       tables taken out of the tree, freed after the next flush
 */
struct ept {
	u64 eptp;
	atomic64_t flush_gen;
	spinlock_t lock; /* the tables, and the members below */
	bool accessed_dirty;
	bool stale;
	u64 acked_gen;
	u64 *root;
	struct list_head unlinked;
};

/**
 * ept_init() - make an empty tree
 * @ept:    tree to set up
 * @config: features to use
 *
 * Return: 0 or -ENOMEM.
 */
int ept_init(struct ept *ept, const struct ept_config *config);

/**
 * ept_destroy() - drop all leaves, then free all tables
 * @ept: tree that no vCPU enters with any more
 *
 * May sleep. CPUs may keep translations tagged with @ept->eptp: whoever loads that value into a
 * VMCS for the first time on a CPU must execute INVEPT there, as the page may be a root again.
 */
void ept_destroy(struct ept *ept);

/**
 * ept_cache_fill() - have enough tables for one mapping
 * @cache: cache to fill
 *
 * Return: 0 or -ENOMEM.
 */
int ept_cache_fill(struct ept_cache *cache);

/**
 * ept_cache_drain() - free what is left in a cache
 * @cache: cache to empty
 */
void ept_cache_drain(struct ept_cache *cache);

/**
 * ept_lock() - take ept->lock
 * @ept: tree
 */
void ept_lock(struct ept *ept) __acquires(&ept->lock);

/**
 * ept_unlock() - flush what was dropped under the lock, then release it
 * @ept: tree
 *
 * Whoever next takes the lock and finds a leaf absent may thus rely on no CPU using it.
 */
void ept_unlock(struct ept *ept) __releases(&ept->lock);

/**
 * ept_yield() - between two steps of long work, let others have the lock and the CPU if they wait
 * @ept: tree, locked
 *
 * Return: true if the lock was dropped and taken again.
 */
bool ept_yield(struct ept *ept);

/**
 * ept_flush() - make every CPU forget what was dropped; nothing to do if nothing was
 * @ept: tree, locked
 *
 * Returns when no vCPU can use a dropped translation or an unlinked table.
 */
void ept_flush(struct ept *ept);

/**
 * ept_map() - map one page, or add permissions to the mapping it has
 * @ept:      tree, locked
 * @cache:    filled cache
 * @gpa:      guest-physical address
 * @hpa:      host-physical address of the page
 * @level:    EPT_LEVEL_4K; larger leaves take the same way
 * @writable: the guest may write
 * @dirty:    the guest is about to write
 *
 * Permissions are never taken away from a leaf that maps the same page.
 *
 * Return: false if @cache did not have enough tables; then nothing is mapped.
 */
bool ept_map(struct ept *ept, struct ept_cache *cache, u64 gpa, u64 hpa, unsigned int level,
	     bool writable, bool dirty);

/**
 * ept_zap() - drop leaves, handing their accessed and dirty flags to the pages
 * @ept:   tree, locked
 * @start: first guest-physical address, page aligned
 * @end:   end of the range, page aligned; at most 1 << EPT_GPA_BITS
 *
 * Does a bounded amount of work. Empty tables are unlinked. The flush is the caller's, at the
 * latest by ept_unlock().
 *
 * Return: where to go on; @end when done.
 */
u64 ept_zap(struct ept *ept, u64 start, u64 end);

/**
 * enum ept_young - what to do with accessed flags
 * @EPT_YOUNG_TEST:  only look
 * @EPT_YOUNG_CLEAR: clear them; without hardware flags this drops the leaf, so that the next access
 *                   faults and is seen
 */
enum ept_young {
	EPT_YOUNG_TEST,
	EPT_YOUNG_CLEAR,
};

/**
 * ept_young() - has the guest used a range?
 * @ept:   tree, locked
 * @start: first guest-physical address, page aligned
 * @end:   end of the range, page aligned
 * @what:  look or clear
 *
 * Cleared hardware flags are not flushed: a CPU that holds the translation may use it without
 * setting the flag again. ept_force_flush() is for those who want it seen.
 *
 * Return: true if a leaf in the range was marked accessed.
 */
bool ept_young(struct ept *ept, u64 start, u64 end, enum ept_young what);

/**
 * ept_force_flush() - let the next ept_flush() or ept_unlock() flush even if nothing was dropped
 * @ept: tree, locked
 */
void ept_force_flush(struct ept *ept);

/**
 * xvcpu_ept_kick() - upcall: force every vCPU that is in guest mode out, wait until each has left
 * @ept: tree, locked, interrupts on
 */
void xvcpu_ept_kick(struct ept *ept);

#endif /* _XVCPU_EPT_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: changing slots, mapping pages on demand, reading and writing for the guest.
 *
 * The rule that all of it obeys: a page is used for a guest-physical address only under ept->lock,
 * and only after looking again, under that lock, whether the slot and the page found without it are
 * still the right ones (memory_changed()). Whatever takes a slot or a page away changes what is
 * looked at first, takes ept->lock next, zaps and flushes, and lets go last.
 *
 * Memory without struct page (VM_PFNMAP, VM_IO) cannot back a guest: get_user_pages() refuses it
 * and the guest's access ends as a memory fault with EFAULT. The owner of such memory need not
 * tell notifiers before it goes, and its cache attributes would not be the guest's.
 *
 * Locks: kmod/memory.h.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "debug.h"
#include "memory.h"
#include "mmu_notifier.h"
#include "slots.h"

/* Bytes within a page touch at most two. */
#define MEMORY_PIECES	2

/**
 * struct memory_piece - the part of an access that lies in one page
 * @hva:  user address of its first byte
 * @len:  bytes
 */
struct memory_piece {
	u64 hva;
	unsigned int len;
};

/**
 * struct memory_view - what was found without a lock, and must be looked at again under it
 * @sample:     of the notifier, from before everything else
 * @generation: of the slot table
 * @readonly:   a piece lies in a read-only slot
 * @nr:         pieces
 * @piece:      pieces
 */
struct memory_view {
	unsigned long sample;
	u64 generation;
	bool readonly;
	unsigned int nr;
	struct memory_piece piece[MEMORY_PIECES];
};

/**
 * struct memory_change - what is written to an access's bytes
 * @buf: the new bytes; NULL: @old is exchanged for @new
 * @old: .
 * @new: .
 * @met: @old was there
 */
struct memory_change {
	const void *buf;
	u64 old;
	u64 new;
	bool met;
};

void xvcpu_ept_kick(struct ept *ept)
{
	xvcpu_vm_kick_guests(container_of(ept, struct xvcpu_vm_memory, ept));
}

bool xvcpu_memory_is_owner(const struct xvcpu_vm_memory *mem)
{
	return current->mm == mem->mm;
}

static const struct xvcpu_slots *memory_slots_locked(const struct xvcpu_vm_memory *mem)
{
	return rcu_dereference_protected(mem->slots, lockdep_is_held(&mem->ept.lock));
}

/* Find the slots of an access. False if a byte of it is in none. */
static bool memory_look_up(const struct xvcpu_vm_memory *mem, u64 gpa, unsigned int len,
			   struct memory_view *view)
{
	const struct xvcpu_slots *slots;
	const struct xvcpu_slot *slot;

	view->sample = xvcpu_notifier_sample(mem->notifier);
	view->readonly = false;
	view->nr = 0;

	rcu_read_lock();
	slots = rcu_dereference(mem->slots);
	view->generation = slots->generation;
	do {
		unsigned int part = min_t(u64, len, PAGE_SIZE - offset_in_page(gpa));

		slot = xvcpu_slots_find(slots, gpa);
		if (!slot)
			break;
		view->readonly |= slot->flags & XVCPU_SLOT_READONLY;
		view->piece[view->nr++] = (struct memory_piece) {
			.hva = xvcpu_slot_hva(slot, gpa),
			.len = part,
		};
		gpa += part;
		len -= part;
	} while (len);
	rcu_read_unlock();
	return slot;
}

/* Under ept->lock: are the slots, or the pages behind them, perhaps not those that were found? */
static bool memory_changed(const struct xvcpu_vm_memory *mem, const struct memory_view *view)
{
	unsigned int i;

	lockdep_assert_held(&mem->ept.lock);
	if (memory_slots_locked(mem)->generation != view->generation)
		return true;
	for (i = 0; i < view->nr; i++) {
		if (xvcpu_notifier_changed(mem->notifier, view->sample,
					   view->piece[i].hva & PAGE_MASK))
			return true;
	}
	return false;
}

/*
 * Get the page at @hva. A page that is only read is mapped writable as well if that costs nothing:
 * if the slot lets (@writable on entry) and the host maps it writable already. Asking for more
 * would break copy-on-write for pages that nobody writes.
 */
static int memory_get_page(u64 hva, bool write, bool *writable, struct page **page)
{
	struct page *upgrade;
	long got;

	if (get_user_pages_fast_only(hva, 1, *writable ? FOLL_WRITE : 0, page) == 1)
		return 0;

	/* Ends with -EINTR on a fatal signal, wherever it sleeps. */
	got = get_user_pages_unlocked(hva, 1, page, FOLL_HWPOISON | (write ? FOLL_WRITE : 0));
	if (got != 1)
		return got < 0 ? got : -EFAULT;
	if (write || !*writable)
		return 0;

	*writable = get_user_pages_fast_only(hva, 1, FOLL_WRITE, &upgrade) == 1;
	if (*writable) {
		put_page(*page);
		*page = upgrade;
	}
	return 0;
}

static enum xvcpu_fault memory_fault_error(int error, int *err)
{
	/* A signal, or the address space was busy: the caller looks at signals and enters. */
	if (error == -EINTR || error == -ERESTARTSYS || error == -EAGAIN || error == -EBUSY)
		return XVCPU_FAULT_RETRY;
	*err = error;
	return XVCPU_FAULT_ERROR;
}

enum xvcpu_fault xvcpu_memory_fault(struct xvcpu_vm_memory *mem, struct ept_cache *cache, u64 gpa,
				    u32 access, int *err)
{
	bool write = access & XVCPU_ACCESS_WRITE;
	enum xvcpu_fault result = XVCPU_FAULT_RETRY;
	struct memory_view view;
	struct page *page;
	bool writable;
	int error;

	*err = 0;
	gpa &= PAGE_MASK;
	/* get_user_pages() means current->mm, whatever @mem says. */
	if (!xvcpu_memory_is_owner(mem))
		return memory_fault_error(-EIO, err);
	if (!memory_look_up(mem, gpa, 1, &view))
		return XVCPU_FAULT_NO_SLOT;
	if (write && view.readonly)
		return XVCPU_FAULT_READONLY;
	if (xvcpu_notifier_settle(mem->notifier, view.piece[0].hva))
		return XVCPU_FAULT_RETRY;
	if (ept_cache_fill(cache))
		return memory_fault_error(-ENOMEM, err);

	writable = !view.readonly;
	error = memory_get_page(view.piece[0].hva, write, &writable, &page);
	if (error)
		return memory_fault_error(error, err);

	ept_lock(&mem->ept);
	if (!memory_changed(mem, &view) &&
	    ept_map(&mem->ept, cache, gpa, PFN_PHYS(page_to_pfn(page)), EPT_LEVEL_4K,
		    writable, write))
		result = XVCPU_FAULT_MAPPED;
	ept_unlock(&mem->ept);

	/* The leaf holds no reference: the notifier tells before the page goes. */
	put_page(page);
	return result;
}

static int memory_check_access(const struct xvcpu_vm_memory *mem, unsigned int len)
{
	if (!xvcpu_memory_is_owner(mem))
		return -EIO;
	return len && len <= PAGE_SIZE ? 0 : -EINVAL;
}

static int memory_copy_in(const struct memory_view *view, void *buf)
{
	unsigned int i;

	for (i = 0; i < view->nr; i++) {
		const struct memory_piece *piece = &view->piece[i];

		if (copy_from_user(buf, (const void __user *)(unsigned long)piece->hva, piece->len))
			return -EFAULT;
		buf += piece->len;
	}
	return 0;
}

static u64 memory_generation(const struct xvcpu_vm_memory *mem)
{
	u64 generation;

	rcu_read_lock();
	generation = rcu_dereference(mem->slots)->generation;
	rcu_read_unlock();
	return generation;
}

int xvcpu_memory_read(struct xvcpu_vm_memory *mem, u64 gpa, void *buf, unsigned int len)
{
	int err = memory_check_access(mem, len);
	struct memory_view view;

	if (err)
		return err;

	for (;;) {
		err = -EFAULT;
		if (memory_look_up(mem, gpa, len, &view))
			err = memory_copy_in(&view, buf);
		/* Pages need no check, user access follows them. The data first, then the slots. */
		smp_rmb();
		if (memory_generation(mem) == view.generation)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

static void memory_mark_dirty(struct page *page)
{
	/* Legal here for the reason that ept_mark_page() gives. */
	if (!PageReserved(page) && !PageDirty(page))
		set_page_dirty(page);
}

static void memory_copy_out(const struct memory_view *view, struct page **pages, const void *buf)
{
	unsigned int i;

	for (i = 0; i < view->nr; i++) {
		const struct memory_piece *piece = &view->piece[i];

		memcpy_to_page(pages[i], offset_in_page(piece->hva), buf, piece->len);
		memory_mark_dirty(pages[i]);
		buf += piece->len;
	}
}

/* Aligned, so in one page. The guest's processors see a locked access to the same memory. */
static void memory_exchange_in(const struct memory_view *view, struct page *page,
			       struct memory_change *change)
{
	void *mapped = kmap_local_page(page), *at = mapped + offset_in_page(view->piece[0].hva);

	if (view->piece[0].len == sizeof(u32))
		change->met = cmpxchg((u32 *)at, (u32)change->old, (u32)change->new) ==
			      (u32)change->old;
	else
		change->met = cmpxchg((u64 *)at, change->old, change->new) == change->old;
	kunmap_local(mapped);
	if (change->met)
		memory_mark_dirty(page);
}

/*
 * Writes obey the rule of this file and not copy_to_user(): that could hit memory which
 * XVCPU_SET_MEMORY has given back to its owner meanwhile.
 */
static int memory_write_once(struct xvcpu_vm_memory *mem, const struct memory_view *view,
			     struct memory_change *change)
{
	struct page *pages[MEMORY_PIECES];
	unsigned int got;
	int err = 0;

	for (got = 0; got < view->nr; got++) {
		bool writable = true;

		err = memory_get_page(view->piece[got].hva, true, &writable, &pages[got]);
		if (err)
			goto put;
	}

	ept_lock(&mem->ept);
	if (memory_changed(mem, view))
		err = -EAGAIN;
	else if (change->buf)
		memory_copy_out(view, pages, change->buf);
	else
		memory_exchange_in(view, pages[0], change);
	ept_unlock(&mem->ept);
put:
	while (got)
		put_page(pages[--got]);
	return err;
}

static int memory_apply(struct xvcpu_vm_memory *mem, u64 gpa, unsigned int len,
			struct memory_change *change)
{
	int err = memory_check_access(mem, len);
	struct memory_view view;

	if (err)
		return err;

	for (;;) {
		if (!memory_look_up(mem, gpa, len, &view))
			return -EFAULT;
		if (view.readonly)
			return -EROFS;
		err = memory_write_once(mem, &view, change);
		if (err != -EAGAIN)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		xvcpu_notifier_settle(mem->notifier, view.piece[view.nr - 1].hva & PAGE_MASK);
		cond_resched();
	}
}

int xvcpu_memory_write(struct xvcpu_vm_memory *mem, u64 gpa, const void *buf, unsigned int len)
{
	struct memory_change change = { .buf = buf };

	return memory_apply(mem, gpa, len, &change);
}

int xvcpu_memory_exchange(struct xvcpu_vm_memory *mem, u64 gpa, u64 old, u64 new,
			  unsigned int len)
{
	struct memory_change change = { .old = old, .new = new };
	int err;

	if ((len != sizeof(u32) && len != sizeof(u64)) || (gpa & (len - 1)))
		return -EINVAL;
	err = memory_apply(mem, gpa, len, &change);
	if (err)
		return err;
	return change.met ? 0 : -EAGAIN;
}

/* False if the lock was dropped on the way and the slots changed: the caller's slot is no more. */
static bool memory_zap_range(struct xvcpu_vm_memory *mem, u64 gpa, u64 end, bool may_sleep)
{
	u64 generation = memory_slots_locked(mem)->generation;

	for (;;) {
		gpa = ept_zap(&mem->ept, gpa, end);
		if (may_sleep && ept_yield(&mem->ept) &&
		    memory_slots_locked(mem)->generation != generation)
			return false;
		if (gpa >= end)
			return true;
	}
}

void xvcpu_memory_zap_user(struct xvcpu_vm_memory *mem, u64 start, u64 end, bool may_sleep)
{
	const struct xvcpu_slots *slots;
	u64 gpa, gpa_end;
	u32 i;

	ept_lock(&mem->ept);
restart:
	slots = memory_slots_locked(mem);
	for (i = 0; i < slots->nr; i++) {
		if (!xvcpu_slot_intersect(&slots->slot[i], start, end, &gpa, &gpa_end))
			continue;
		/* Cheap to begin again: what was zapped has no tables left. */
		if (!memory_zap_range(mem, gpa, gpa_end, may_sleep))
			goto restart;
	}
	ept_unlock(&mem->ept);
}

bool xvcpu_memory_young(struct xvcpu_vm_memory *mem, u64 start, u64 end, enum ept_young what,
			bool flush)
{
	const struct xvcpu_slots *slots;
	bool young = false;
	u64 gpa, gpa_end;
	u32 i;

	ept_lock(&mem->ept);
	slots = memory_slots_locked(mem);
	for (i = 0; i < slots->nr; i++) {
		if (xvcpu_slot_intersect(&slots->slot[i], start, end, &gpa, &gpa_end))
			young |= ept_young(&mem->ept, gpa, gpa_end, what);
	}
	if (young && flush)
		ept_force_flush(&mem->ept);
	ept_unlock(&mem->ept);
	return young;
}

static bool memory_loses(const struct xvcpu_slots *old, const struct xvcpu_slots *next)
{
	u32 i;

	for (i = 0; i < old->nr; i++) {
		if (!xvcpu_slots_keep(next, &old->slot[i]))
			return true;
	}
	return false;
}

/*
 * Put @next in force. If nothing goes away, publishing the table is the whole atomic step.
 * Otherwise a vCPU could use an old mapping after it has faulted a new one in, so all wait outside
 * until the old mappings are gone.
 */
static void memory_switch(struct xvcpu_vm_memory *mem, const struct xvcpu_slots *old,
			  struct xvcpu_slots *next)
{
	bool loses = memory_loses(old, next);
	u32 i;

	if (loses)
		xvcpu_vm_hold(mem);

	ept_lock(&mem->ept);
	/* From here memory_changed() turns faults away that found their page by the old table. */
	rcu_assign_pointer(mem->slots, next);
	for (i = 0; i < old->nr; i++) {
		const struct xvcpu_slot *slot = &old->slot[i];

		if (!xvcpu_slots_keep(next, slot))
			memory_zap_range(mem, slot->gpa, slot->gpa + slot->size, true);
	}
	ept_unlock(&mem->ept);

	if (loses)
		xvcpu_vm_release(mem);
}

long xvcpu_memory_set(struct xvcpu_vm_memory *mem, const struct xvcpu_memory_slot *entries, u32 nr,
		      struct xvcpu_error *error)
{
	struct xvcpu_slots *old, *next;

	if (!xvcpu_memory_is_owner(mem))
		return -EIO;
	if (mutex_lock_killable(&mem->slots_lock))
		return -EINTR;

	old = rcu_dereference_protected(mem->slots, lockdep_is_held(&mem->slots_lock));
	next = xvcpu_slots_plan(old, entries, nr, mem->gpa_bits, error);
	if (IS_ERR(next)) {
		mutex_unlock(&mem->slots_lock);
		return PTR_ERR(next);
	}

	memory_switch(mem, old, next);
	mutex_unlock(&mem->slots_lock);
	kvfree_rcu(old, rcu);
	return 0;
}

int xvcpu_memory_init(struct xvcpu_vm_memory *mem, unsigned int gpa_bits,
		      const struct ept_config *config)
{
	struct xvcpu_slots *slots;
	int err = -ENOMEM;

	xvcpu_assert(gpa_bits <= EPT_GPA_BITS);
	slots = xvcpu_slots_alloc(0);
	if (!slots)
		return -ENOMEM;
	if (ept_init(&mem->ept, config))
		goto free_slots;

	rcu_assign_pointer(mem->slots, slots);
	mutex_init(&mem->slots_lock);
	mem->gpa_bits = gpa_bits;
	mem->mm = current->mm;
	err = xvcpu_notifier_join(mem);
	if (err)
		goto destroy_ept;
	mmgrab(mem->mm);
	return 0;

destroy_ept:
	ept_destroy(&mem->ept);
free_slots:
	kvfree(slots);
	return err;
}

void xvcpu_memory_destroy(struct xvcpu_vm_memory *mem)
{
	/* Pages are safe to touch only as long as the notifier would tell us that they go. */
	ept_lock(&mem->ept);
	memory_zap_range(mem, 0, BIT_ULL(EPT_GPA_BITS), true);
	ept_unlock(&mem->ept);

	xvcpu_notifier_leave(mem);
	ept_destroy(&mem->ept);
	kvfree(rcu_access_pointer(mem->slots));
	mmdrop(mem->mm);
}

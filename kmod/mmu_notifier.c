// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner's address space: what it takes away, guests lose first.
 *
 * One struct xvcpu_notifier per address space serves all its VMs. It comes and goes by
 * mmu_notifier_get() and _put(), so that closing a VM waits for no grace period.
 *
 * notifier->lock protects the list of VMs and the account of invalidations. Writers of either take
 * it for writing; who goes through the list takes it for reading, or keeps one VM in place by its
 * walkers count and drops it (a long zap must be able to sleep). Faults read the account without
 * it, under ept->lock: see xvcpu_notifier_changed().
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>

#include "debug.h"
#include "memory.h"
#include "mmu_notifier.h"

/**
 * struct xvcpu_notifier - one address space
 * @base:     the kernel's part
 * @lock:     see above
 * @vms:      struct xvcpu_vm_memory by link
 * @sequence: grows when an invalidation ends
 * @active:   invalidations under way
 * @start:    with @active: no address below is being invalidated
 * @end:      with @active: no address from here on is
 * @idle:     woken when @active becomes zero
 */
struct xvcpu_notifier {
	struct mmu_notifier base;
	rwlock_t lock;
	struct list_head vms;
	unsigned long sequence;
	unsigned long active;
	unsigned long start;
	unsigned long end;
	wait_queue_head_t idle;
};

static struct xvcpu_notifier *to_notifier(struct mmu_notifier *base)
{
	return container_of(base, struct xvcpu_notifier, base);
}

unsigned long xvcpu_notifier_sample(const struct xvcpu_notifier *notifier)
{
	/*
	 * Before the page tables are read: who sees the sequence of an invalidation's end also sees
	 * what it did to them. Pairs with the release in notifier_end().
	 */
	return smp_load_acquire(&notifier->sequence);
}

/*
 * While @active is not zero the range only grows, so reading it in pieces is safe. It starts anew
 * only after @active was zero, and then the sequence has grown.
 */
static bool notifier_covers(const struct xvcpu_notifier *notifier, u64 hva)
{
	return READ_ONCE(notifier->active) && hva < READ_ONCE(notifier->end) &&
	       hva + PAGE_SIZE > READ_ONCE(notifier->start);
}

bool xvcpu_notifier_settle(struct xvcpu_notifier *notifier, u64 hva)
{
	if (likely(!notifier_covers(notifier, hva)))
		return false;
	wait_event_interruptible_timeout(notifier->idle, !notifier_covers(notifier, hva), 1);
	return true;
}

bool xvcpu_notifier_changed(const struct xvcpu_notifier *notifier, unsigned long sample, u64 hva)
{
	/*
	 * An invalidation first enters the account, then takes ept->lock to zap, then lets the page
	 * go, then leaves the account. If its zap is still to come, it drops what the caller maps
	 * now. If its zap was before, that unlock and our lock make its entry in the account
	 * visible here, unless it has left by now: then the sequence, read last, tells.
	 */
	if (notifier_covers(notifier, hva))
		return true;
	smp_rmb();	/* pairs with the smp_wmb() in notifier_end() */
	return READ_ONCE(notifier->sequence) != sample;
}

/* Enter the account. The range covers all invalidations that are under way together. */
static void notifier_begin(struct xvcpu_notifier *notifier, unsigned long start, unsigned long end)
{
	write_lock(&notifier->lock);
	if (notifier->active) {
		start = min(start, notifier->start);
		end = max(end, notifier->end);
	}
	WRITE_ONCE(notifier->start, start);
	WRITE_ONCE(notifier->end, end);
	WRITE_ONCE(notifier->active, notifier->active + 1);
	write_unlock(&notifier->lock);
}

static void notifier_end(struct xvcpu_notifier *notifier)
{
	bool idle;

	write_lock(&notifier->lock);
	/* After what was done to the page tables: pairs with xvcpu_notifier_sample(). */
	smp_store_release(&notifier->sequence, notifier->sequence + 1);
	smp_wmb();	/* before leaving: pairs with xvcpu_notifier_changed() */
	xvcpu_assert(notifier->active);
	WRITE_ONCE(notifier->active, notifier->active - 1);
	idle = !notifier->active;
	write_unlock(&notifier->lock);

	if (idle && wq_has_sleeper(&notifier->idle))
		wake_up_all(&notifier->idle);
}

/*
 * The work on one VM may sleep and therefore goes without the lock; the count keeps the VM in the
 * list and alive. It is dropped under the lock, which xvcpu_notifier_leave() needs to go on.
 */
static void notifier_zap(struct xvcpu_notifier *notifier, unsigned long start, unsigned long end,
			 bool may_sleep)
{
	struct xvcpu_vm_memory *mem;

	read_lock(&notifier->lock);
	list_for_each_entry(mem, &notifier->vms, link) {
		atomic_inc(&mem->walkers);
		read_unlock(&notifier->lock);

		xvcpu_memory_zap_user(mem, start, end, may_sleep);

		read_lock(&notifier->lock);
		if (atomic_dec_and_test(&mem->walkers))
			wake_up_var(&mem->walkers);
	}
	read_unlock(&notifier->lock);
}

static int notifier_range_start(struct mmu_notifier *base, const struct mmu_notifier_range *range)
{
	struct xvcpu_notifier *notifier = to_notifier(base);

	notifier_begin(notifier, range->start, range->end);
	notifier_zap(notifier, range->start, range->end, mmu_notifier_range_blockable(range));
	return 0;
}

static void notifier_range_end(struct mmu_notifier *base, const struct mmu_notifier_range *range)
{
	notifier_end(to_notifier(base));
}

/*
 * The last user of the address space is gone, so no task can be in XVCPU_RUN and no fault under
 * way. VMs may live on, held by file descriptors elsewhere; nobody can give them memory again.
 */
static void notifier_release(struct mmu_notifier *base, struct mm_struct *mm)
{
	notifier_zap(to_notifier(base), 0, ULONG_MAX, true);
}

/* May be called under page-table locks: nothing here sleeps. */
static bool notifier_young(struct mmu_notifier *base, unsigned long start, unsigned long end,
			   enum ept_young what, bool flush)
{
	struct xvcpu_notifier *notifier = to_notifier(base);
	struct xvcpu_vm_memory *mem;
	bool young = false;

	read_lock(&notifier->lock);
	list_for_each_entry(mem, &notifier->vms, link)
		young |= xvcpu_memory_young(mem, start, end, what, flush);
	read_unlock(&notifier->lock);
	return young;
}

static int notifier_clear_flush_young(struct mmu_notifier *base, struct mm_struct *mm,
				      unsigned long start, unsigned long end)
{
	return notifier_young(base, start, end, EPT_YOUNG_CLEAR, true);
}

static int notifier_clear_young(struct mmu_notifier *base, struct mm_struct *mm,
				unsigned long start, unsigned long end)
{
	return notifier_young(base, start, end, EPT_YOUNG_CLEAR, false);
}

static int notifier_test_young(struct mmu_notifier *base, struct mm_struct *mm,
			       unsigned long address)
{
	return notifier_young(base, address, address + 1, EPT_YOUNG_TEST, false);
}

/* Not freed yet: freeing is a callback into this module, which must not be gone by then. */
static atomic_t notifiers_alive = ATOMIC_INIT(0);

static struct mmu_notifier *notifier_alloc(struct mm_struct *mm)
{
	struct xvcpu_notifier *notifier = kzalloc(sizeof(*notifier), GFP_KERNEL_ACCOUNT);

	if (!notifier)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&notifiers_alive);
	rwlock_init(&notifier->lock);
	INIT_LIST_HEAD(&notifier->vms);
	init_waitqueue_head(&notifier->idle);
	return &notifier->base;
}

static void notifier_free(struct mmu_notifier *base)
{
	struct xvcpu_notifier *notifier = to_notifier(base);

	xvcpu_assert(list_empty(&notifier->vms));
	kfree(notifier);
	if (atomic_dec_and_test(&notifiers_alive))
		wake_up_var(&notifiers_alive);
}

static const struct mmu_notifier_ops notifier_ops = {
	.invalidate_range_start = notifier_range_start,
	.invalidate_range_end = notifier_range_end,
	.release = notifier_release,
	.clear_flush_young = notifier_clear_flush_young,
	.clear_young = notifier_clear_young,
	.test_young = notifier_test_young,
	.alloc_notifier = notifier_alloc,
	.free_notifier = notifier_free,
};

/*
 * An invalidation may be under way when a VM joins. Its zap may have passed this VM by, but there
 * was nothing to zap, and the account, which is the notifier's and not the VM's, has it.
 */
int xvcpu_notifier_join(struct xvcpu_vm_memory *mem)
{
	struct mm_struct *mm = current->mm;
	struct mmu_notifier *base;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	base = mmu_notifier_get_locked(&notifier_ops, mm);
	mmap_write_unlock(mm);
	if (IS_ERR(base))
		return PTR_ERR(base);

	mem->notifier = to_notifier(base);
	atomic_set(&mem->walkers, 0);
	write_lock(&mem->notifier->lock);
	list_add_tail(&mem->link, &mem->notifier->vms);
	write_unlock(&mem->notifier->lock);
	return 0;
}

void xvcpu_notifier_leave(struct xvcpu_vm_memory *mem)
{
	struct xvcpu_notifier *notifier = mem->notifier;

	write_lock(&notifier->lock);
	while (atomic_read(&mem->walkers)) {
		write_unlock(&notifier->lock);
		wait_var_event(&mem->walkers, !atomic_read(&mem->walkers));
		write_lock(&notifier->lock);
	}
	list_del(&mem->link);
	write_unlock(&notifier->lock);
	mmu_notifier_put(&notifier->base);
}

void xvcpu_memory_exit(void)
{
	/* Waits for readers, not for the callbacks that other CPUs have queued. */
	mmu_notifier_synchronize();
	wait_var_event(&notifiers_alive, !atomic_read(&notifiers_alive));
	/* The last callback may still have its return to make; they run with softirqs off. */
	synchronize_rcu();
}

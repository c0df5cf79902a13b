/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the owner's address space and the guest memory of its VMs; for kmod/memory.c only.
 */
#ifndef _XVCPU_MMU_NOTIFIER_H
#define _XVCPU_MMU_NOTIFIER_H

#include <linux/types.h>

#include "ept/ept.h"

struct xvcpu_notifier;
struct xvcpu_vm_memory;

/**
 * xvcpu_notifier_join() - hear of changes of current->mm from now on
 * @mem: memory; its notifier member is set
 *
 * Return: 0, -ENOMEM, or -EINTR if a signal came.
 */
int xvcpu_notifier_join(struct xvcpu_vm_memory *mem);

/**
 * xvcpu_notifier_leave() - hear no more
 * @mem: memory that has no mappings left and gets no new ones
 *
 * Waits for invalidations that are at work on @mem, but for no grace period.
 */
void xvcpu_notifier_leave(struct xvcpu_vm_memory *mem);

/**
 * xvcpu_notifier_sample() - begin to look a page up
 * @notifier: of the address space
 *
 * Return: to be handed to xvcpu_notifier_changed().
 */
unsigned long xvcpu_notifier_sample(const struct xvcpu_notifier *notifier);

/**
 * xvcpu_notifier_settle() - if a page is just being invalidated, wait for the end of that
 * @notifier: of the address space
 * @hva:      user address of the page
 *
 * Saves going in circles; proves nothing. Ends early for a signal, or when it takes long, so that
 * the caller can look at what else it has been asked to do.
 *
 * Return: true if it waited.
 */
bool xvcpu_notifier_settle(struct xvcpu_notifier *notifier, u64 hva);

/**
 * xvcpu_notifier_changed() - may a page that was looked up have left its address meanwhile?
 * @notifier: of the address space
 * @sample:   from before the look-up
 * @hva:      user address of the page
 *
 * The caller holds ept->lock of the VM that wants to map it. If this returns false, whatever takes
 * the page away later waits for that lock.
 *
 * Return: true if the page must not be used.
 */
bool xvcpu_notifier_changed(const struct xvcpu_notifier *notifier, unsigned long sample, u64 hva);

/* Upcalls, implemented in kmod/memory.c: */

/**
 * xvcpu_memory_zap_user() - drop what the guest maps of a range of user addresses
 * @mem:       memory
 * @start:     first address
 * @end:       end of the range
 * @may_sleep: long work may let others run
 *
 * On return no CPU uses it.
 */
void xvcpu_memory_zap_user(struct xvcpu_vm_memory *mem, u64 start, u64 end, bool may_sleep);

/**
 * xvcpu_memory_young() - has the guest used a range of user addresses?
 * @mem:   memory
 * @start: first address
 * @end:   end of the range
 * @what:  look, or clear
 * @flush: make sure that the next access is seen
 *
 * Return: true if so.
 */
bool xvcpu_memory_young(struct xvcpu_vm_memory *mem, u64 start, u64 end, enum ept_young what,
			bool flush);

#endif /* _XVCPU_MMU_NOTIFIER_H */

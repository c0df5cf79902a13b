/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory of one VM: slots, the faults that map them, and the owner's address space below.
 *
 * Lock order of the module, outermost first:
 *
 *   vcpu->lock > memory->slots_lock > mmap_lock > reverse-map and page-table locks >
 *   notifier->lock (kmod/mmu_notifier.c) > ept->lock
 *
 * ept->lock is innermost of ours; page flags and the locks of page-cache dirtying nest inside it,
 * and it is held, interrupts on, while all vCPUs are kicked. The kicked code must take none of
 * these.
 *
 * memory->slots is published by RCU: written under slots_lock and ept->lock, read under rcu or
 * either lock. Readers copy a slot; what they then do with it counts only if, under ept->lock, the
 * table still has the generation that they read (see memory.c). No grace period is ever waited for.
 *
 * Upcalls of kmod/memory.c, implemented with the VM: xvcpu_vm_kick_guests(), xvcpu_vm_hold(),
 * xvcpu_vm_release().
 */
#ifndef _XVCPU_MEMORY_H
#define _XVCPU_MEMORY_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "../uapi/xvcpu.h"
#include "ept/ept.h"

struct mm_struct;
struct xvcpu_notifier;
struct xvcpu_slots;

/**
 * struct xvcpu_vm_memory - guest memory, embedded in struct xvcpu_vm
 * @ept:        the tables; @ept.eptp and @ept.flush_gen are for the vCPUs
 * @slots:      table in force, never NULL
 * @slots_lock: one change of slots at a time
 * @mm:         the owner's address space: the structure is held, not the memory; constant
 * @notifier:   tells when @mm changes; shared by all VMs of @mm; constant
 * @link:       in @notifier's list
 * @walkers:    invalidations at work on this VM, notifier->lock
 * @gpa_bits:   guest-physical address width; constant
 */
struct xvcpu_vm_memory {
	struct ept ept;
	struct xvcpu_slots __rcu *slots;
	struct mutex slots_lock; /* writers of slots */
	struct mm_struct *mm;
	struct xvcpu_notifier *notifier;
	struct list_head link;
	atomic_t walkers;
	unsigned int gpa_bits;
};

/**
 * xvcpu_memory_init() - give a VM memory without slots, owned by current->mm
 * @mem:      memory to set up
 * @gpa_bits: guest-physical address width, at most %EPT_GPA_BITS
 * @config:   EPT features to use
 *
 * From its return on, upcalls may come for @mem.
 *
 * Return: 0, -ENOMEM, or -EINTR if a signal came.
 */
int xvcpu_memory_init(struct xvcpu_vm_memory *mem, unsigned int gpa_bits,
		      const struct ept_config *config);

/**
 * xvcpu_memory_destroy() - undo xvcpu_memory_init()
 * @mem: memory that no vCPU uses any more
 *
 * May sleep, from any address space. xvcpu_vm_kick_guests() may still be called, until it returns.
 */
void xvcpu_memory_destroy(struct xvcpu_vm_memory *mem);

/**
 * xvcpu_memory_exit() - wait until no code of this module runs on behalf of notifiers
 *
 * For module exit, when no VM is left.
 */
void xvcpu_memory_exit(void);

/**
 * xvcpu_memory_is_owner() - is the current task in the address space that backs the VM?
 * @mem: memory
 *
 * Return: true if so.
 */
bool xvcpu_memory_is_owner(const struct xvcpu_vm_memory *mem);

/**
 * xvcpu_memory_set() - XVCPU_SET_MEMORY: change slots, all of them or none
 * @mem:     memory
 * @entries: the request, in kernel memory
 * @nr:      entries
 * @error:   filled when the request is refused
 *
 * When it returns 0, no vCPU uses or will use what was removed: the caller may do with that memory
 * as he likes. May sleep; not under vcpu->lock of a vCPU that xvcpu_vm_hold() waits for.
 *
 * Return: 0; -EIO for another address space; -EINVAL, -EEXIST, -ENOENT with @error; -ENOMEM; -EINTR
 * for a killed task.
 */
long xvcpu_memory_set(struct xvcpu_vm_memory *mem, const struct xvcpu_memory_slot *entries, u32 nr,
		      struct xvcpu_error *error);

/**
 * enum xvcpu_fault - what became of a fault
 * @XVCPU_FAULT_MAPPED:   the page is there: enter again
 * @XVCPU_FAULT_RETRY:    something changed meanwhile, or a signal came: look at signals, enter
 *                        again
 * @XVCPU_FAULT_NO_SLOT:  no memory there: MMIO
 * @XVCPU_FAULT_READONLY: a write to a read-only slot
 * @XVCPU_FAULT_ERROR:    the page could not be had
 */
enum xvcpu_fault {
	XVCPU_FAULT_MAPPED,
	XVCPU_FAULT_RETRY,
	XVCPU_FAULT_NO_SLOT,
	XVCPU_FAULT_READONLY,
	XVCPU_FAULT_ERROR,
};

/**
 * xvcpu_memory_fault() - answer an EPT violation by mapping the page that the slot has there
 * @mem:    memory; the caller is its owner
 * @cache:  the vCPU's
 * @gpa:    guest-physical address
 * @access: XVCPU_ACCESS_*; only %XVCPU_ACCESS_WRITE matters
 * @err:    set to 0, or with %XVCPU_FAULT_ERROR to the (negative) errno: -EFAULT, -ENOMEM,
 *          -EHWPOISON; -EIO if the caller is not the owner
 *
 * May sleep for as long as the page takes; a fatal signal ends that.
 *
 * Return: &enum xvcpu_fault.
 */
enum xvcpu_fault xvcpu_memory_fault(struct xvcpu_vm_memory *mem, struct ept_cache *cache, u64 gpa,
				    u32 access, int *err);

/**
 * xvcpu_memory_read() - read guest memory, as the guest would
 * @mem: memory; the caller is its owner
 * @gpa: guest-physical address, any alignment
 * @buf: where to
 * @len: bytes, at most %PAGE_SIZE; they may lie in two pages and in two slots
 *
 * All bytes come from one and the same slot table. May sleep.
 *
 * Return: 0; -EFAULT if a byte is in no slot or its page cannot be had; -EINTR for a killed task;
 * -EIO if the caller is not the owner; -EINVAL for a longer @len.
 */
int xvcpu_memory_read(struct xvcpu_vm_memory *mem, u64 gpa, void *buf, unsigned int len);

/**
 * xvcpu_memory_write() - write guest memory, as the guest would
 * @mem: memory; the caller is its owner
 * @gpa: guest-physical address, any alignment
 * @buf: what
 * @len: bytes, at most %PAGE_SIZE; they may lie in two pages and in two slots
 *
 * All bytes are written or none, and never to memory that is not the slot's any more. May sleep.
 *
 * Return: as for xvcpu_memory_read(), and -EROFS if a byte is in a read-only slot, -ENOMEM,
 * -EHWPOISON.
 */
int xvcpu_memory_write(struct xvcpu_vm_memory *mem, u64 gpa, const void *buf, unsigned int len);

/**
 * xvcpu_memory_exchange() - compare and exchange in guest memory, as a locked access of the guest's
 * @mem: memory; the caller is its owner
 * @gpa: guest-physical address, aligned to @len
 * @old: what must be there
 * @new: what is then there
 * @len: bytes, 4 or 8
 *
 * May sleep.
 *
 * Return: 0; -EAGAIN if something else is there; else as for xvcpu_memory_write().
 */
int xvcpu_memory_exchange(struct xvcpu_vm_memory *mem, u64 gpa, u64 old, u64 new,
			  unsigned int len);

/**
 * xvcpu_vm_kick_guests() - upcall: force every vCPU in guest mode out, return when each has left
 * @mem: memory of the VM
 *
 * Called under ept->lock with interrupts on. A vCPU that enters afterwards must see
 * @mem->ept.flush_gen as it is now.
 */
void xvcpu_vm_kick_guests(struct xvcpu_vm_memory *mem);

/**
 * xvcpu_vm_hold() - upcall: all vCPUs out of guest mode, and none enters until xvcpu_vm_release()
 * @mem: memory of the VM
 *
 * May sleep. Does not wait for vCPUs that are in xvcpu_memory_fault(), _read() or _write(): those
 * find out by themselves.
 */
void xvcpu_vm_hold(struct xvcpu_vm_memory *mem);

/**
 * xvcpu_vm_release() - upcall: undo xvcpu_vm_hold()
 * @mem: memory of the VM
 */
void xvcpu_vm_release(struct xvcpu_vm_memory *mem);

#endif /* _XVCPU_MEMORY_H */

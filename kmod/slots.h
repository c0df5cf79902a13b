/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots: guest-physical ranges backed by the address space of the VM's owner.
 *
 * A struct xvcpu_slots is immutable once published (RCU, kmod/memory.c). This part knows no lock,
 * no VM and no EPT: it checks requests, plans the next table and looks addresses up.
 */
#ifndef _XVCPU_SLOTS_H
#define _XVCPU_SLOTS_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "../uapi/xvcpu.h"

/* &xvcpu_info.max_slots */
#define XVCPU_MAX_SLOTS		512

/**
 * struct xvcpu_slot - one slot that is in force
 * @gpa:   first guest-physical address
 * @size:  bytes, not zero
 * @hva:   user address behind @gpa
 * @id:    slot number
 * @flags: XVCPU_SLOT_*
 */
struct xvcpu_slot {
	u64 gpa;
	u64 size;
	u64 hva;
	u32 id;
	u32 flags;
};

/**
 * struct xvcpu_slots - all slots of a VM
 * @rcu:        to free it
 * @generation: differs from that of every other table of the VM
 * @nr:         slots
 * @slot:       disjoint, sorted by gpa
 */
struct xvcpu_slots {
	struct rcu_head rcu;
	u64 generation;
	u32 nr;
	struct xvcpu_slot slot[];
};

/**
 * xvcpu_slots_alloc() - a table with room for slots, holding none
 * @room: how many it must hold
 *
 * Return: the table, to be freed by kvfree() or kvfree_rcu(); NULL without memory.
 */
struct xvcpu_slots *xvcpu_slots_alloc(u32 room);

/**
 * xvcpu_slots_plan() - check a request and make the table that it asks for
 * @old:      table in force; not changed
 * @entries:  what to change
 * @nr:       how many; more than %XVCPU_MAX_SLOTS or none is an error, nothing is read then
 * @gpa_bits: guest-physical address width of the VM
 * @error:    filled when the request is refused
 *
 * &xvcpu_error.index is the entry and &xvcpu_error.field the member's offset in it; for a bad @nr
 * index is 0 and field the offset of &xvcpu_memory.nr. A range that leaves guest-physical space is
 * reported at gpa, one that leaves user space at hva. An overlap is reported at the gpa of the last
 * entry that takes part in it.
 *
 * Return: the next table, or an error pointer: -EINVAL, -EEXIST, -ENOENT as struct xvcpu_memory
 * says, -ENOMEM.
 */
struct xvcpu_slots *xvcpu_slots_plan(const struct xvcpu_slots *old,
				     const struct xvcpu_memory_slot *entries, u32 nr,
				     unsigned int gpa_bits, struct xvcpu_error *error);

/**
 * xvcpu_slots_find() - the slot that holds an address
 * @slots: table
 * @gpa:   guest-physical address, from a guest
 *
 * Return: the slot, or NULL.
 */
const struct xvcpu_slot *xvcpu_slots_find(const struct xvcpu_slots *slots, u64 gpa);

/**
 * xvcpu_slots_keep() - does a slot mean the same to the guest in another table?
 * @slots: the other table
 * @slot:  the slot
 *
 * Return: true if @slots maps exactly @slot's range, to the same memory, with the same flags.
 */
bool xvcpu_slots_keep(const struct xvcpu_slots *slots, const struct xvcpu_slot *slot);

/**
 * xvcpu_slot_hva() - user address behind a guest-physical one
 * @slot: slot that holds @gpa
 * @gpa:  guest-physical address, from a guest
 *
 * Return: the address; within the slot even when the processor only speculates that it is.
 */
u64 xvcpu_slot_hva(const struct xvcpu_slot *slot, u64 gpa);

/**
 * xvcpu_slot_intersect() - which part of a slot a range of user addresses backs
 * @slot:  slot
 * @start: first user address
 * @end:   end of the range, above @start
 * @gpa:   set to the first guest-physical address of that part, page aligned
 * @gpa_end: set to its end, page aligned
 *
 * Pages that the range only touches belong to it.
 *
 * Return: false if there is no such part.
 */
bool xvcpu_slot_intersect(const struct xvcpu_slot *slot, u64 start, u64 end,
			  u64 *gpa, u64 *gpa_end);

#endif /* _XVCPU_SLOTS_H */

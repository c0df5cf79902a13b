// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots: the checks of XVCPU_SET_MEMORY, the plan for the next table, look-ups.
 *
 * Pure functions: whoever calls them sees to it that the tables stay (slots_lock or RCU).
 */
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "slots.h"

#define SLOT_FLAGS	XVCPU_SLOT_READONLY

#define SLOT_FIELD(member)	offsetof(struct xvcpu_memory_slot, member)

/* One refused member of one entry. */
static int slot_refuse(struct xvcpu_error *error, u32 code, u32 field, u64 value, u64 expected)
{
	error->code = code;
	error->field = field;
	error->value = value;
	error->expected = expected;
	return -EINVAL;
}

/* What must hold for a slot that is deleted as well. */
static int slot_check_form(const struct xvcpu_memory_slot *entry, struct xvcpu_error *error)
{
	if (entry->slot >= XVCPU_MAX_SLOTS)
		return slot_refuse(error, XVCPU_ERR_RANGE, SLOT_FIELD(slot), entry->slot,
				   XVCPU_MAX_SLOTS - 1);
	if (entry->flags & ~SLOT_FLAGS)
		return slot_refuse(error, XVCPU_ERR_FLAGS, SLOT_FIELD(flags), entry->flags,
				   SLOT_FLAGS);
	if (entry->backing != XVCPU_BACKING_HVA)
		return slot_refuse(error, XVCPU_ERR_RANGE, SLOT_FIELD(backing), entry->backing,
				   XVCPU_BACKING_HVA);
	if (entry->fd)
		return slot_refuse(error, XVCPU_ERR_VALUE, SLOT_FIELD(fd), entry->fd, 0);
	if (entry->offset)
		return slot_refuse(error, XVCPU_ERR_VALUE, SLOT_FIELD(offset), entry->offset, 0);
	if (entry->reserved[0])
		return slot_refuse(error, XVCPU_ERR_RESERVED, SLOT_FIELD(reserved[0]),
				   entry->reserved[0], 0);
	if (entry->reserved[1])
		return slot_refuse(error, XVCPU_ERR_RESERVED, SLOT_FIELD(reserved[1]),
				   entry->reserved[1], 0);
	if (!PAGE_ALIGNED(entry->gpa))
		return slot_refuse(error, XVCPU_ERR_ALIGN, SLOT_FIELD(gpa), entry->gpa, PAGE_SIZE);
	if (!PAGE_ALIGNED(entry->size))
		return slot_refuse(error, XVCPU_ERR_ALIGN, SLOT_FIELD(size), entry->size,
				   PAGE_SIZE);
	if (!PAGE_ALIGNED(entry->hva))
		return slot_refuse(error, XVCPU_ERR_ALIGN, SLOT_FIELD(hva), entry->hva, PAGE_SIZE);
	return 0;
}

static int slot_check_range(const struct xvcpu_memory_slot *entry, unsigned int gpa_bits,
			    struct xvcpu_error *error)
{
	const u64 gpa_end = BIT_ULL(gpa_bits);

	if (entry->size > gpa_end || entry->gpa > gpa_end - entry->size)
		return slot_refuse(error, XVCPU_ERR_WRAP, SLOT_FIELD(gpa), entry->gpa, gpa_end);
	if (!entry->size && entry->hva)
		return slot_refuse(error, XVCPU_ERR_VALUE, SLOT_FIELD(hva), entry->hva, 0);
	/* No check of what is mapped there: that may change at any time, and faults find out. */
	if (entry->size > TASK_SIZE_MAX || entry->hva > TASK_SIZE_MAX - entry->size)
		return slot_refuse(error, XVCPU_ERR_WRAP, SLOT_FIELD(hva), entry->hva,
				   TASK_SIZE_MAX);
	return 0;
}

static const struct xvcpu_slot *slots_by_id(const struct xvcpu_slots *slots, u32 id)
{
	u32 i;

	for (i = 0; i < slots->nr; i++) {
		if (slots->slot[i].id == id)
			return &slots->slot[i];
	}
	return NULL;
}

/* Everything that can be said of an entry without looking at the other ranges. */
static int slots_check(const struct xvcpu_slots *old, const struct xvcpu_memory_slot *entries,
		       u32 nr, unsigned int gpa_bits, unsigned long *named,
		       struct xvcpu_error *error)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		const struct xvcpu_memory_slot *entry = &entries[i];
		int err;

		error->index = i;
		err = slot_check_form(entry, error);
		if (!err)
			err = slot_check_range(entry, gpa_bits, error);
		if (err)
			return err;

		if (__test_and_set_bit(array_index_nospec(entry->slot, XVCPU_MAX_SLOTS), named))
			return slot_refuse(error, XVCPU_ERR_TWICE, SLOT_FIELD(slot), entry->slot,
					   0);
		if (!entry->size && !slots_by_id(old, entry->slot)) {
			slot_refuse(error, XVCPU_ERR_MISSING, SLOT_FIELD(slot), entry->slot, 0);
			return -ENOENT;
		}
	}
	return 0;
}

static int slots_compare(const void *a, const void *b)
{
	const struct xvcpu_slot *left = a, *right = b;

	if (left->gpa == right->gpa)
		return 0;
	return left->gpa < right->gpa ? -1 : 1;
}

static void slots_build(struct xvcpu_slots *next, const struct xvcpu_slots *old,
			const struct xvcpu_memory_slot *entries, u32 nr,
			const unsigned long *named)
{
	u32 i;

	next->generation = old->generation + 1;
	for (i = 0; i < old->nr; i++) {
		if (!test_bit(old->slot[i].id, named))
			next->slot[next->nr++] = old->slot[i];
	}
	for (i = 0; i < nr; i++) {
		if (!entries[i].size)
			continue;
		next->slot[next->nr++] = (struct xvcpu_slot) {
			.gpa = entries[i].gpa,
			.size = entries[i].size,
			.hva = entries[i].hva,
			.id = entries[i].slot,
			.flags = entries[i].flags,
		};
	}
	sort(next->slot, next->nr, sizeof(next->slot[0]), slots_compare, NULL);
}

/* The entry that made a slot; @nr if the slot was there before. */
static u32 slots_entry_of(const struct xvcpu_memory_slot *entries, u32 nr, u32 id)
{
	u32 i;

	for (i = 0; i < nr && entries[i].slot != id; i++)
		;
	return i;
}

static int slots_overlap(const struct xvcpu_slot *a, const struct xvcpu_slot *b,
			 const struct xvcpu_memory_slot *entries, u32 nr,
			 struct xvcpu_error *error)
{
	u32 at_a = slots_entry_of(entries, nr, a->id);
	u32 at_b = slots_entry_of(entries, nr, b->id);
	/* Not both were there before: blame the last entry. */
	bool blame_b = at_a == nr || (at_b != nr && at_b > at_a);

	error->index = blame_b ? at_b : at_a;
	slot_refuse(error, XVCPU_ERR_OVERLAP, SLOT_FIELD(gpa), entries[error->index].gpa,
		    blame_b ? a->id : b->id);
	return -EEXIST;
}

/* In a table sorted by address two slots overlap only if two neighbours do. */
static int slots_check_overlap(const struct xvcpu_slots *next,
			       const struct xvcpu_memory_slot *entries, u32 nr,
			       struct xvcpu_error *error)
{
	u32 i;

	for (i = 1; i < next->nr; i++) {
		const struct xvcpu_slot *before = &next->slot[i - 1], *slot = &next->slot[i];

		if (slot->gpa - before->gpa < before->size)
			return slots_overlap(before, slot, entries, nr, error);
	}
	return 0;
}

struct xvcpu_slots *xvcpu_slots_alloc(u32 room)
{
	struct xvcpu_slots *slots;

	return kvzalloc(struct_size(slots, slot, room), GFP_KERNEL_ACCOUNT);
}

struct xvcpu_slots *xvcpu_slots_plan(const struct xvcpu_slots *old,
				     const struct xvcpu_memory_slot *entries, u32 nr,
				     unsigned int gpa_bits, struct xvcpu_error *error)
{
	DECLARE_BITMAP(named, XVCPU_MAX_SLOTS) = { 0 };
	struct xvcpu_slots *next;
	int err;

	*error = (struct xvcpu_error) { 0 };
	if (!nr || nr > XVCPU_MAX_SLOTS) {
		slot_refuse(error, XVCPU_ERR_RANGE, offsetof(struct xvcpu_memory, nr), nr,
			    nr ? XVCPU_MAX_SLOTS : 1);
		return ERR_PTR(-EINVAL);
	}
	err = slots_check(old, entries, nr, gpa_bits, named, error);
	if (err)
		return ERR_PTR(err);
	error->index = 0;

	next = xvcpu_slots_alloc(old->nr + nr);
	if (!next)
		return ERR_PTR(-ENOMEM);

	slots_build(next, old, entries, nr, named);
	err = slots_check_overlap(next, entries, nr, error);
	if (err) {
		kvfree(next);
		return ERR_PTR(err);
	}
	return next;
}

/* How many slots begin at or below @gpa: the last of them is the only one that can hold it. */
static u32 slots_upper_bound(const struct xvcpu_slots *slots, u64 gpa)
{
	u32 low = 0, high = slots->nr;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (slots->slot[middle].gpa <= gpa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct xvcpu_slot *xvcpu_slots_find(const struct xvcpu_slots *slots, u64 gpa)
{
	u32 above = slots_upper_bound(slots, gpa);
	const struct xvcpu_slot *slot;

	if (!above)
		return NULL;
	slot = &slots->slot[array_index_nospec(above - 1, slots->nr)];
	return gpa - slot->gpa < slot->size ? slot : NULL;
}

bool xvcpu_slots_keep(const struct xvcpu_slots *slots, const struct xvcpu_slot *slot)
{
	const struct xvcpu_slot *now = xvcpu_slots_find(slots, slot->gpa);

	return now && now->gpa == slot->gpa && now->size == slot->size &&
	       now->hva == slot->hva && now->flags == slot->flags;
}

u64 xvcpu_slot_hva(const struct xvcpu_slot *slot, u64 gpa)
{
	return slot->hva + array_index_nospec(gpa - slot->gpa, slot->size);
}

bool xvcpu_slot_intersect(const struct xvcpu_slot *slot, u64 start, u64 end,
			  u64 *gpa, u64 *gpa_end)
{
	/* Last addresses, not ends: a range may reach to the end of the address space. */
	u64 first = max(start & PAGE_MASK, slot->hva);
	u64 last = min((end - 1) | ~PAGE_MASK, slot->hva + slot->size - 1);

	if (first > last)
		return false;
	*gpa = slot->gpa + (first - slot->hva);
	*gpa_end = slot->gpa + (last + 1 - slot->hva);
	return true;
}

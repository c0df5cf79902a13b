// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: the fault protocol, with changes of the address space and of the slots put between
 * its steps; notifiers, ageing, reading and writing for the guest; several VMs of one owner.
 *
 * The test is the owner's address space (shim_user), the VM (the upcalls) and the processor.
 */
#include "kernel_shim/mem.h"
#include "../../kmod/slots.c"
#include "../../kmod/ept/ept.c"
#include "../../kmod/ept/ept_map.c"
#include "../../kmod/mmu_notifier.c"
#include "../../kmod/memory.c"
#include "tap.h"

#define PAGES(n)	((n) * 4096ull)
#define HVA(n)		(SHIM_USER_BASE + PAGES(n))

/* Slot 0: guest pages 0 to 63 are user pages 0 to 63. Slot 1, read-only: 64 to 71 are 64 to 71. */
#define RAM_PAGES	64
#define ROM_PAGES	8

static struct xvcpu_vm_memory vm, vm2;
static struct ept_cache cache;
static unsigned int used_before, kicks, holds;
static bool held;
static void (*on_kick)(void);

void xvcpu_vm_kick_guests(struct xvcpu_vm_memory *mem)
{
	shim_require(mem->ept.lock.held);
	kicks++;
	if (on_kick)
		on_kick();
}

void xvcpu_vm_hold(struct xvcpu_vm_memory *mem)
{
	shim_require(!held && !mem->ept.lock.held);
	held = true;
	holds++;
}

void xvcpu_vm_release(struct xvcpu_vm_memory *mem)
{
	shim_require(held && !mem->ept.lock.held);
	held = false;
}

static long set_slot(struct xvcpu_vm_memory *mem, u32 slot, u64 gpa, u64 size, u64 hva, u32 flags)
{
	struct xvcpu_memory_slot entry = {
		.slot = slot, .gpa = gpa, .size = size, .hva = hva, .flags = flags,
	};
	struct xvcpu_error error;

	return xvcpu_memory_set(mem, &entry, 1, &error);
}

static void begin_vm(struct xvcpu_vm_memory *mem)
{
	const struct ept_config config = { .accessed_dirty = true };

	EXPECT_EQ(0, xvcpu_memory_init(mem, 39, &config));
	EXPECT_EQ(0, set_slot(mem, 0, 0, PAGES(RAM_PAGES), HVA(0), 0));
	EXPECT_EQ(0, set_slot(mem, 1, PAGES(RAM_PAGES), PAGES(ROM_PAGES), HVA(RAM_PAGES),
			      XVCPU_SLOT_READONLY));
}

static void begin(void)
{
	unsigned int i;

	used_before = shim_pages_used;
	shim_task = (struct shim_task) { .mm = &shim_mm };
	shim_mm.count = 1;
	shim_no_fast_gup = false;
	shim_need_resched = false;
	shim_on_gup = NULL;
	shim_on_user_copy = NULL;
	shim_on_resched = NULL;
	shim_on_wait = NULL;
	on_kick = NULL;
	for (i = 0; i < 2 * (RAM_PAGES + ROM_PAGES); i++) {
		shim_user[i] = (struct shim_pte) { .page = shim_page_alloc(), .writable = true };
		memset(page_address(shim_user[i].page), i, PAGE_SIZE);
	}
	begin_vm(&vm);
	kicks = 0;
	holds = 0;
}

static void end(void)
{
	unsigned int i;

	ept_cache_drain(&cache);
	xvcpu_memory_destroy(&vm);
	EXPECT(!shim_notifier, "the notifier has users left");
	xvcpu_memory_exit();
	EXPECT_EQ(1, shim_mm.count);
	for (i = 0; i < SHIM_USER_PAGES; i++) {
		if (shim_user[i].page)
			put_page(shim_user[i].page);
		shim_user[i] = (struct shim_pte) { 0 };
	}
	EXPECT_EQ(used_before, shim_pages_used);
	EXPECT(!vm.ept.lock.held && !vm.slots_lock.held && !held, "a lock is still held");
}

static enum xvcpu_fault fault_of(struct xvcpu_vm_memory *mem, u64 gpa, u32 access)
{
	enum xvcpu_fault result;
	int err = 1;

	result = xvcpu_memory_fault(mem, &cache, gpa, access, &err);
	EXPECT_EQ(result == XVCPU_FAULT_ERROR, !!err);
	return result;
}

static enum xvcpu_fault fault(u64 gpa, u32 access)
{
	return fault_of(&vm, gpa, access);
}

static u64 leaf_of(struct xvcpu_vm_memory *mem, u64 gpa)
{
	u64 *table = mem->ept.root;
	unsigned int level;

	for (level = 4; level > 1; level--) {
		u64 entry = table[gpa >> (12 + 9 * (level - 1)) & 511];

		if (!(entry & 7))
			return 0;
		table = ept_child(entry);
	}
	return table[gpa >> 12 & 511];
}

static u64 leaf(u64 gpa)
{
	return leaf_of(&vm, gpa);
}

static bool maps(u64 gpa, const struct page *page, bool writable)
{
	u64 entry = leaf(gpa);

	return (entry & EPT_ENTRY_ADDRESS) == PFN_PHYS(page_to_pfn(page)) &&
	       (entry & 7) == (writable ? 7 : 5);
}

static void inv_start(u64 start, u64 end_)
{
	const struct mmu_notifier_range range = { start, end_, true };

	EXPECT_EQ(0, shim_notifier->ops->invalidate_range_start(shim_notifier, &range));
}

static void inv_end(u64 start, u64 end_)
{
	const struct mmu_notifier_range range = { start, end_, true };

	shim_notifier->ops->invalidate_range_end(shim_notifier, &range);
}

/* As the kernel replaces a page: tell, change, free, tell. The old page has no other user. */
static struct page *replace(unsigned int n)
{
	struct page *new = shim_page_alloc();

	inv_start(HVA(n), HVA(n + 1));
	put_page(shim_user[n].page);
	shim_user[n].page = new;
	inv_end(HVA(n), HVA(n + 1));
	return new;
}

static void faults_map_what_the_slot_has(void)
{
	begin();
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3) + 0x123, XVCPU_ACCESS_WRITE));
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "leaf is 0x%llx", leaf(PAGES(3)));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(RAM_PAGES), XVCPU_ACCESS_READ));
	EXPECT(maps(PAGES(RAM_PAGES), shim_user[RAM_PAGES].page, false), "read-only slot");
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(RAM_PAGES - 1) + 4095, XVCPU_ACCESS_EXEC));
	EXPECT_EQ(1, shim_user[3].page->refs);
	EXPECT_EQ(0, kicks);
	end();
}

static void faults_say_why_not(void)
{
	begin();
	EXPECT_EQ(XVCPU_FAULT_NO_SLOT, fault(PAGES(RAM_PAGES + ROM_PAGES), XVCPU_ACCESS_READ));
	EXPECT_EQ(XVCPU_FAULT_NO_SLOT, fault(~0ull, XVCPU_ACCESS_WRITE));
	EXPECT_EQ(XVCPU_FAULT_READONLY, fault(PAGES(RAM_PAGES), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(0, leaf(PAGES(RAM_PAGES)));
	end();
}

static void errors_of_the_page_are_reported(void)
{
	static const struct { int gup; enum xvcpu_fault result; int err; } cases[] = {
		{ -EFAULT, XVCPU_FAULT_ERROR, -EFAULT }, { -ENOMEM, XVCPU_FAULT_ERROR, -ENOMEM },
		{ -EHWPOISON, XVCPU_FAULT_ERROR, -EHWPOISON }, { -EINTR, XVCPU_FAULT_RETRY, 0 },
		{ -EAGAIN, XVCPU_FAULT_RETRY, 0 },
	};
	struct page *page;
	size_t i;

	begin();
	page = shim_user[3].page;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = 1;

		shim_user[3].page = NULL;
		shim_user[3].error = cases[i].gup;
		EXPECT_EQ(cases[i].result,
			  xvcpu_memory_fault(&vm, &cache, PAGES(3), XVCPU_ACCESS_WRITE, &err));
		EXPECT_EQ(cases[i].err, err);
		EXPECT_EQ(0, leaf(PAGES(3)));
	}
	shim_user[3].page = page;
	ept_cache_drain(&cache);
	shim_fail_alloc = 2;
	EXPECT_EQ(XVCPU_FAULT_ERROR, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	shim_fail_alloc = 0;
	end();
}

static void another_address_space_gets_nothing(void)
{
	u8 byte;
	int err;

	begin();
	shim_task.mm = &shim_other_mm;
	EXPECT(!xvcpu_memory_is_owner(&vm), "is the owner");
	EXPECT_EQ(-EIO, set_slot(&vm, 2, PAGES(100), PAGES(1), HVA(0), 0));
	EXPECT_EQ(XVCPU_FAULT_ERROR,
		  xvcpu_memory_fault(&vm, &cache, PAGES(3), XVCPU_ACCESS_READ, &err));
	EXPECT_EQ(-EIO, err);
	EXPECT_EQ(-EIO, xvcpu_memory_read(&vm, PAGES(3), &byte, 1));
	EXPECT_EQ(-EIO, xvcpu_memory_write(&vm, PAGES(3), &byte, 1));
	/* But it may close the last file descriptor. */
	end();
}

static void a_read_fault_is_writable_only_if_that_costs_nothing(void)
{
	begin();
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_READ));
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "the host maps it writable, EPT does not");

	shim_user[4].writable = false;
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(4), XVCPU_ACCESS_READ));
	EXPECT(maps(PAGES(4), shim_user[4].page, false), "writable against the host's will");

	shim_user[4].writable = true;
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(4), XVCPU_ACCESS_WRITE));
	EXPECT(maps(PAGES(4), shim_user[4].page, true), "not upgraded");
	EXPECT_EQ(1, shim_user[3].page->refs);
	EXPECT_EQ(1, shim_user[4].page->refs);
	end();
}

static void slow_look_ups_map_the_same(void)
{
	begin();
	shim_no_fast_gup = true;
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "write");
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(4), XVCPU_ACCESS_READ));
	EXPECT(maps(PAGES(4), shim_user[4].page, false), "read");
	EXPECT_EQ(1, shim_user[4].page->refs);
	end();
}

static void let_fast_gup_work(void)
{
	shim_no_fast_gup = false;
}

static void a_slow_read_is_made_writable_if_the_host_page_became_so(void)
{
	begin();
	shim_no_fast_gup = true;
	shim_on_gup = let_fast_gup_work;
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_READ));
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "not writable");
	EXPECT_EQ(1, shim_user[3].page->refs);
	end();
}

static void replace_3(void)
{
	replace(3);
}

static void a_page_replaced_during_a_fault_is_not_mapped(void)
{
	begin();
	shim_on_gup = replace_3;
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "not the new page");
	end();
}

static void inv_start_3(void)
{
	inv_start(HVA(3), HVA(4));
}

static void inv_start_5(void)
{
	inv_start(HVA(5), HVA(6));
}

static void a_page_being_invalidated_is_not_mapped(void)
{
	begin();
	shim_on_gup = inv_start_3;
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_READ));
	EXPECT_EQ(0, leaf(PAGES(3)));
	/* Its neighbours are. */
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(2), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(4), XVCPU_ACCESS_WRITE));

	/* Two at a time count as one range until both are over. */
	inv_start_5();
	inv_end(HVA(5), HVA(6));
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_READ));
	inv_start(HVA(1), HVA(2));
	inv_end(HVA(1), HVA(2));
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_READ));
	inv_end(HVA(3), HVA(4));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));

	/* The next one starts with a range of its own. */
	inv_start_5();
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(5), XVCPU_ACCESS_WRITE));
	inv_end(HVA(5), HVA(6));
	end();
}

static void inv_end_3(void)
{
	inv_end(HVA(3), HVA(4));
}

static void a_fault_waits_for_an_invalidation_to_end(void)
{
	static const u8 data = 0xa5;

	begin();
	inv_start_3();
	shim_on_wait = inv_end_3;
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT(!shim_on_wait, "did not wait");
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));

	inv_start_3();
	shim_on_wait = inv_end_3;
	EXPECT_EQ(0, xvcpu_memory_write(&vm, PAGES(3), &data, 1));
	EXPECT(!shim_on_wait, "did not wait");
	end();
}

static struct page *going;

static void page_is_alive_at_kick(void)
{
	EXPECT(going->refs > 0, "the page was freed before the kick");
	EXPECT_EQ(0, leaf(PAGES(3)));
}

static void what_the_owner_takes_away_the_guest_loses_first(void)
{
	begin();
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	fault(PAGES(4), XVCPU_ACCESS_WRITE);
	going = shim_user[3].page;
	on_kick = page_is_alive_at_kick;
	inv_start(HVA(3), HVA(4));
	EXPECT_EQ(1, kicks);
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT(going->dirty && going->accessed, "flags are lost");
	EXPECT(leaf(PAGES(4)), "the neighbour was dropped");
	inv_end(HVA(3), HVA(4));

	on_kick = NULL;
	inv_start(0, ~0ull);
	EXPECT_EQ(0, leaf(PAGES(4)));
	inv_end(0, ~0ull);
	inv_start(HVA(300), HVA(301));
	inv_end(HVA(300), HVA(301));
	EXPECT_EQ(2, kicks);
	end();
}

static void one_page_at_two_places_is_lost_at_both(void)
{
	begin();
	EXPECT_EQ(0, set_slot(&vm, 2, PAGES(1000), PAGES(4), HVA(2), 0));
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	fault(PAGES(1001), XVCPU_ACCESS_WRITE);
	EXPECT_EQ(leaf(PAGES(3)), leaf(PAGES(1001)));
	replace(3);
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT_EQ(0, leaf(PAGES(1001)));
	EXPECT_EQ(1, kicks);
	end();
}

static void move_slot_0(void)
{
	EXPECT_EQ(0, set_slot(&vm, 0, 0, PAGES(RAM_PAGES), HVA(RAM_PAGES + ROM_PAGES), 0));
}

static void a_slot_changed_during_a_fault_is_not_mapped_by_the_old_table(void)
{
	begin();
	shim_on_gup = move_slot_0;
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault(PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT(maps(PAGES(3), shim_user[RAM_PAGES + ROM_PAGES + 3].page, true), "the old memory");
	end();
}

static void changed_slots_are_zapped_with_vcpus_held_and_kept_ones_not(void)
{
	begin();
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	fault(PAGES(RAM_PAGES), XVCPU_ACCESS_READ);
	EXPECT_EQ(0, set_slot(&vm, 5, PAGES(2000), PAGES(1), HVA(0), 0));
	EXPECT_EQ(0, set_slot(&vm, 0, 0, PAGES(RAM_PAGES), HVA(0), 0));
	EXPECT_EQ(0, holds);
	EXPECT_EQ(0, kicks);
	EXPECT(leaf(PAGES(3)), "a slot set to what it was lost its pages");

	EXPECT_EQ(0, set_slot(&vm, 0, 0, PAGES(RAM_PAGES), HVA(0), XVCPU_SLOT_READONLY));
	EXPECT_EQ(1, holds);
	EXPECT_EQ(1, kicks);
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT(leaf(PAGES(RAM_PAGES)), "an unchanged slot lost its pages");
	EXPECT(shim_user[3].page->dirty, "flags are lost");
	EXPECT_EQ(XVCPU_FAULT_READONLY, fault(PAGES(3), XVCPU_ACCESS_WRITE));

	EXPECT_EQ(0, set_slot(&vm, 1, 0, 0, 0, 0));
	EXPECT_EQ(2, holds);
	EXPECT_EQ(0, leaf(PAGES(RAM_PAGES)));
	EXPECT_EQ(XVCPU_FAULT_NO_SLOT, fault(PAGES(RAM_PAGES), XVCPU_ACCESS_READ));
	end();
}

static void a_refused_change_changes_nothing(void)
{
	begin();
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	EXPECT_EQ(-EEXIST, set_slot(&vm, 7, PAGES(3), PAGES(1), HVA(0), 0));
	EXPECT_EQ(-ENOENT, set_slot(&vm, 7, 0, 0, 0, 0));
	EXPECT_EQ(-EINVAL, set_slot(&vm, 0, 1, PAGES(1), HVA(0), 0));
	shim_fail_alloc = 1;
	EXPECT_EQ(-ENOMEM, set_slot(&vm, 0, 0, PAGES(1), HVA(0), 0));
	shim_fail_alloc = 0;
	shim_task.killed = true;
	EXPECT_EQ(-EINTR, set_slot(&vm, 0, 0, PAGES(1), HVA(0), 0));
	shim_task.killed = false;
	EXPECT_EQ(0, holds);
	EXPECT_EQ(0, kicks);
	EXPECT(maps(PAGES(3), shim_user[3].page, true), "the mapping is gone");
	end();
}

static void ageing_reads_and_clears(void)
{
	const struct mmu_notifier_ops *ops;

	begin();
	ops = shim_notifier->ops;
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	EXPECT_EQ(1, ops->test_young(shim_notifier, &shim_mm, HVA(3)));
	EXPECT_EQ(0, ops->test_young(shim_notifier, &shim_mm, HVA(4)));
	EXPECT_EQ(0, ops->clear_young(shim_notifier, &shim_mm, HVA(4), HVA(6)));
	EXPECT_EQ(1, ops->clear_young(shim_notifier, &shim_mm, HVA(3), HVA(4)));
	EXPECT_EQ(0, kicks);
	EXPECT_EQ(0, ops->test_young(shim_notifier, &shim_mm, HVA(3)));
	EXPECT_EQ(0, ops->clear_flush_young(shim_notifier, &shim_mm, HVA(3), HVA(4)));
	EXPECT_EQ(0, kicks);
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	EXPECT_EQ(1, ops->clear_flush_young(shim_notifier, &shim_mm, HVA(3), HVA(4)));
	EXPECT_EQ(1, kicks);
	EXPECT(leaf(PAGES(3)), "ageing dropped the leaf");
	end();
}

static void the_end_of_the_address_space_takes_everything(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < RAM_PAGES; i++)
		fault(PAGES(i), XVCPU_ACCESS_WRITE);
	shim_notifier->ops->release(shim_notifier, &shim_mm);
	for (i = 0; i < RAM_PAGES; i++)
		EXPECT_EQ(0, leaf(PAGES(i)));
	EXPECT(shim_user[0].page->dirty, "flags are lost");
	/* The VM outlives its memory and is closed by somebody else. */
	shim_task.mm = &shim_other_mm;
	for (i = 0; i < SHIM_USER_PAGES; i++) {
		if (shim_user[i].page)
			put_page(shim_user[i].page);
		shim_user[i].page = NULL;
	}
	end();
}

static void closing_hands_the_flags_over(void)
{
	struct page *page;

	begin();
	page = shim_user[3].page;
	page->refs++;
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	used_before++;
	end();
	EXPECT(page->dirty && page->accessed, "flags are lost");
	put_page(page);
}

static void two_vms_of_one_owner_share_a_notifier(void)
{
	begin();
	begin_vm(&vm2);
	EXPECT_EQ(2, shim_notifier->users);
	kicks = 0;
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	fault_of(&vm2, PAGES(3), XVCPU_ACCESS_WRITE);
	replace(3);
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT_EQ(0, leaf_of(&vm2, PAGES(3)));
	EXPECT_EQ(2, kicks);
	xvcpu_memory_destroy(&vm2);
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	replace(3);
	EXPECT_EQ(0, leaf(PAGES(3)));
	end();
}

static void a_vm_that_joins_during_an_invalidation_obeys_it(void)
{
	begin();
	inv_start(HVA(3), HVA(4));
	begin_vm(&vm2);
	EXPECT_EQ(XVCPU_FAULT_RETRY, fault_of(&vm2, PAGES(3), XVCPU_ACCESS_WRITE));
	EXPECT_EQ(0, leaf_of(&vm2, PAGES(3)));
	inv_end(HVA(3), HVA(4));
	EXPECT_EQ(XVCPU_FAULT_MAPPED, fault_of(&vm2, PAGES(3), XVCPU_ACCESS_WRITE));
	xvcpu_memory_destroy(&vm2);
	end();
}

static void failing_to_start_leaves_nothing(void)
{
	const struct ept_config config = { .accessed_dirty = true };
	unsigned int i;

	begin();
	for (i = 1; i <= 2; i++) {
		unsigned int used = shim_pages_used;

		shim_fail_alloc = i;
		EXPECT_EQ(-ENOMEM, xvcpu_memory_init(&vm2, 39, &config));
		shim_fail_alloc = 0;
		EXPECT_EQ(used, shim_pages_used);
	}
	shim_task.killed = true;
	EXPECT_EQ(-EINTR, xvcpu_memory_init(&vm2, 39, &config));
	shim_task.killed = false;
	EXPECT_EQ(1, shim_notifier->users);
	end();
}

static void delete_slot_0_while_yielding(void)
{
	EXPECT_EQ(0, set_slot(&vm, 0, 0, 0, 0, 0));
}

static void slots_may_change_while_a_long_zap_yields(void)
{
	begin();
	fault(PAGES(3), XVCPU_ACCESS_WRITE);
	fault(PAGES(RAM_PAGES), XVCPU_ACCESS_READ);
	/* The address sanitizer sees it if the old table, freed at once here, is still used. */
	shim_need_resched = true;
	shim_on_resched = delete_slot_0_while_yielding;
	inv_start(0, ~0ull);
	EXPECT_EQ(0, leaf(PAGES(3)));
	EXPECT_EQ(0, leaf(PAGES(RAM_PAGES)));
	inv_end(0, ~0ull);
	end();
}

static void reads_cross_pages_and_slots(void)
{
	u8 buf[4096];

	begin();
	EXPECT_EQ(0, xvcpu_memory_read(&vm, PAGES(3) + 4094, buf, 4));
	EXPECT_EQ(0x03030404, (u32)buf[0] << 24 | buf[1] << 16 | buf[2] << 8 | buf[3]);
	EXPECT_EQ(0, xvcpu_memory_read(&vm, PAGES(RAM_PAGES) - 1, buf, 4096));
	EXPECT_EQ(RAM_PAGES - 1, buf[0]);
	EXPECT_EQ(RAM_PAGES, buf[4095]);
	EXPECT_EQ(-EFAULT, xvcpu_memory_read(&vm, PAGES(RAM_PAGES + ROM_PAGES) - 1, buf, 2));
	EXPECT_EQ(-EFAULT, xvcpu_memory_read(&vm, ~0ull, buf, 2));
	EXPECT_EQ(-EINVAL, xvcpu_memory_read(&vm, 0, buf, 4097));
	EXPECT_EQ(-EINVAL, xvcpu_memory_read(&vm, 0, buf, 0));
	put_page(shim_user[5].page);
	shim_user[5].page = NULL;
	EXPECT_EQ(-EFAULT, xvcpu_memory_read(&vm, PAGES(5), buf, 1));
	end();
}

static void a_read_never_mixes_two_slot_tables(void)
{
	u8 buf[2];

	begin();
	shim_on_user_copy = move_slot_0;
	EXPECT_EQ(0, xvcpu_memory_read(&vm, PAGES(4) - 1, buf, 2));
	EXPECT_EQ(RAM_PAGES + ROM_PAGES + 3, buf[0]);
	EXPECT_EQ(RAM_PAGES + ROM_PAGES + 4, buf[1]);
	end();
}

static void writes_cross_pages_and_are_whole_or_not_at_all(void)
{
	static const u8 data[4] = { 0xa1, 0xa2, 0xa3, 0xa4 };
	u8 *first, *second;

	begin();
	first = page_address(shim_user[3].page);
	second = page_address(shim_user[4].page);
	EXPECT_EQ(0, xvcpu_memory_write(&vm, PAGES(3) + 4094, data, 4));
	EXPECT(!memcmp(first + 4094, data, 2) && !memcmp(second, data + 2, 2), "wrong bytes");
	EXPECT_EQ(3, first[4093]);
	EXPECT_EQ(4, second[2]);
	EXPECT(shim_user[3].page->dirty && shim_user[4].page->dirty, "not dirty");
	EXPECT_EQ(1, shim_user[3].page->refs);

	first = page_address(shim_user[RAM_PAGES - 1].page);
	EXPECT_EQ(-EROFS, xvcpu_memory_write(&vm, PAGES(RAM_PAGES) - 2, data, 4));
	EXPECT_EQ(RAM_PAGES - 1, first[4094]);
	EXPECT_EQ(-EFAULT, xvcpu_memory_write(&vm, PAGES(RAM_PAGES + ROM_PAGES) - 2, data, 4));
	first = page_address(shim_user[7].page);
	shim_user[8].writable = false;
	EXPECT_EQ(-EFAULT, xvcpu_memory_write(&vm, PAGES(8) - 2, data, 4));
	EXPECT_EQ(7, first[4094]);
	EXPECT_EQ(1, shim_user[7].page->refs);
	end();
}

static void an_exchange_is_made_if_the_old_value_is_there(void)
{
	const u64 threes = 0x0303030303030303;
	u8 *bytes;

	begin();
	bytes = page_address(shim_user[3].page);
	EXPECT_EQ(0, xvcpu_memory_exchange(&vm, PAGES(3) + 8, threes, 0x1122334455667788, 8));
	EXPECT_EQ(0x1122334455667788, *(u64 *)(bytes + 8));
	EXPECT_EQ(0, xvcpu_memory_exchange(&vm, PAGES(3) + 20, (u32)threes, 0xaabbccdd, 4));
	EXPECT_EQ(0xaabbccdd, *(u32 *)(bytes + 20));
	EXPECT_EQ(threes, *(u64 *)(bytes + 24));
	EXPECT(shim_user[3].page->dirty, "not dirty");
	EXPECT_EQ(1, shim_user[3].page->refs);

	bytes = page_address(shim_user[4].page);
	EXPECT_EQ(-EAGAIN, xvcpu_memory_exchange(&vm, PAGES(4), 1, 2, 8));
	EXPECT_EQ(0x0404040404040404, *(u64 *)bytes);
	EXPECT(!shim_user[4].page->dirty, "dirty");
	EXPECT_EQ(-EINVAL, xvcpu_memory_exchange(&vm, PAGES(4) + 4, 1, 2, 8));
	EXPECT_EQ(-EINVAL, xvcpu_memory_exchange(&vm, PAGES(4), 1, 2, 2));
	EXPECT_EQ(-EROFS, xvcpu_memory_exchange(&vm, PAGES(RAM_PAGES), 1, 2, 8));
	EXPECT_EQ(-EFAULT, xvcpu_memory_exchange(&vm, PAGES(RAM_PAGES + ROM_PAGES), 1, 2, 8));

	/* In the page that is the guest's when it is made. */
	bytes = page_address(shim_user[5].page);
	shim_on_gup = move_slot_0;
	EXPECT_EQ(-EAGAIN, xvcpu_memory_exchange(&vm, PAGES(5), 0x0505050505050505, 1, 8));
	EXPECT_EQ(0x0505050505050505, *(u64 *)bytes);
	end();
}

static void a_write_never_hits_memory_that_was_given_back(void)
{
	static const u8 data = 0xa5;
	u8 *old;

	begin();
	old = page_address(shim_user[3].page);
	shim_on_gup = move_slot_0;
	EXPECT_EQ(0, xvcpu_memory_write(&vm, PAGES(3), &data, 1));
	EXPECT_EQ(3, old[0]);
	EXPECT_EQ(0xa5, *(u8 *)page_address(shim_user[RAM_PAGES + ROM_PAGES + 3].page));
	end();
}

static void a_write_follows_a_page_that_is_replaced(void)
{
	static const u8 data = 0xa5;

	begin();
	shim_on_gup = replace_3;
	EXPECT_EQ(0, xvcpu_memory_write(&vm, PAGES(3), &data, 1));
	EXPECT_EQ(0xa5, *(u8 *)page_address(shim_user[3].page));
	end();
}

static void kill_and_replace_3(void)
{
	shim_task.killed = true;
	replace(3);
}

static void a_killed_task_does_not_try_again(void)
{
	static const u8 data = 0xa5;
	u8 byte;

	begin();
	shim_on_gup = kill_and_replace_3;
	EXPECT_EQ(-EINTR, xvcpu_memory_write(&vm, PAGES(3), &data, 1));
	shim_task.killed = false;
	shim_on_user_copy = move_slot_0;
	EXPECT_EQ(0, xvcpu_memory_read(&vm, PAGES(3), &byte, 1));
	end();
}

static const struct tap_test tests[] = {
#define TEST(name) { #name, name }
	TEST(faults_map_what_the_slot_has),
	TEST(faults_say_why_not),
	TEST(errors_of_the_page_are_reported),
	TEST(another_address_space_gets_nothing),
	TEST(a_read_fault_is_writable_only_if_that_costs_nothing),
	TEST(slow_look_ups_map_the_same),
	TEST(a_slow_read_is_made_writable_if_the_host_page_became_so),
	TEST(a_page_replaced_during_a_fault_is_not_mapped),
	TEST(a_page_being_invalidated_is_not_mapped),
	TEST(a_fault_waits_for_an_invalidation_to_end),
	TEST(what_the_owner_takes_away_the_guest_loses_first),
	TEST(one_page_at_two_places_is_lost_at_both),
	TEST(a_slot_changed_during_a_fault_is_not_mapped_by_the_old_table),
	TEST(changed_slots_are_zapped_with_vcpus_held_and_kept_ones_not),
	TEST(a_refused_change_changes_nothing),
	TEST(ageing_reads_and_clears),
	TEST(the_end_of_the_address_space_takes_everything),
	TEST(closing_hands_the_flags_over),
	TEST(two_vms_of_one_owner_share_a_notifier),
	TEST(a_vm_that_joins_during_an_invalidation_obeys_it),
	TEST(failing_to_start_leaves_nothing),
	TEST(slots_may_change_while_a_long_zap_yields),
	TEST(reads_cross_pages_and_slots),
	TEST(a_read_never_mixes_two_slot_tables),
	TEST(writes_cross_pages_and_are_whole_or_not_at_all),
	TEST(an_exchange_is_made_if_the_old_value_is_there),
	TEST(a_write_never_hits_memory_that_was_given_back),
	TEST(a_write_follows_a_page_that_is_replaced),
	TEST(a_killed_task_does_not_try_again),
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_SET_MEMORY: what is refused, by name and without a trace, and what a guest sees of what is
 * accepted.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define SLOT_AT(member)	offsetof(struct xvcpu_memory_slot, member)

/* RBX: where to look; RAX: what is there. */
GUEST_CODE(load, 64, "mov (%rbx), %rax; hlt");
/* RBX: where; RAX: what. */
GUEST_CODE(store, 64, "mov %rax, (%rbx); hlt");

FIXTURE(memory) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint64_t *a, *b;	/* two pages each, in no slot yet */
};

FIXTURE_SETUP(memory)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->a = pages_alloc(2 * PAGE_BYTES, MAP_SHARED);
	self->b = pages_alloc(2 * PAGE_BYTES, MAP_SHARED);
	self->a[0] = 0xaaaa;
	self->a[512] = 0xa2a2;
	self->b[0] = 0xbbbb;
	self->b[512] = 0xb2b2;
	guest_begin(&self->vcpu, MODE_LONG, &load);
}

FIXTURE_TEARDOWN(memory)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define NOTHING_THERE	0xdead0000dead0000ull

/* What the guest reads at @gpa, or NOTHING_THERE. */
static uint64_t look(struct test_vcpu *vcpu, uint64_t gpa)
{
	guest_next(vcpu, &load);
	guest_regs(vcpu)->rbx = gpa;
	if (guest_run(vcpu) == NO_TRAP)
		return vcpu->sync->regs.rax;
	if (vcpu->exit->reason != XVCPU_EXIT_MMIO || vcpu->exit->mmio.gpa != gpa)
		die("reading %#llx: exit %u", (unsigned long long)gpa, vcpu->exit->reason);
	*(volatile uint64_t *)vcpu->exit->mmio.data = NOTHING_THERE;
	if (guest_run(vcpu) != NO_TRAP)
		die("no HLT after MMIO");
	return vcpu->sync->regs.rax;
}

#define A_GPA	(GIB(1) - MIB(4))
#define B_GPA	(GIB(1) - MIB(2))

static struct xvcpu_memory_slot slot(uint32_t id, uint64_t gpa, uint64_t size, const void *hva)
{
	return (struct xvcpu_memory_slot) {
		.gpa = gpa, .size = size, .hva = (uintptr_t)hva, .slot = id,
	};
}

/* ---- what is refused ---- */

struct refusal {
	struct xvcpu_memory_slot slot;
	long err;
	uint32_t code, field;
	uint64_t value, expected;
};

static void refuse_each(struct __test_metadata *_metadata, struct test_vm *vm,
			const struct refusal *refusals, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct refusal *r = &refusals[i];

		EXPECT_EQ(r->err, vm_slots(vm, &r->slot, 1)) {
			TH_LOG("refusal %u", i);
		}
		EXPECT_EQ(r->code, vm->error.code) {
			TH_LOG("refusal %u", i);
		}
		EXPECT_EQ(0, vm->error.index);
		EXPECT_EQ(r->field, vm->error.field) {
			TH_LOG("refusal %u", i);
		}
		EXPECT_EQ(r->value, vm->error.value) {
			TH_LOG("refusal %u", i);
		}
		EXPECT_EQ(r->expected, vm->error.expected) {
			TH_LOG("refusal %u", i);
		}
	}
}

TEST_F(memory, addresses_and_sizes_must_be_pages)
{
	uint64_t hva = (uintptr_t)self->a;
	struct refusal bad[] = {
		{ { .gpa = A_GPA + 1, .size = 4096, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_ALIGN, SLOT_AT(gpa), A_GPA + 1, 4096 },
		{ { .gpa = A_GPA + 2048, .size = 4096, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_ALIGN, SLOT_AT(gpa), A_GPA + 2048, 4096 },
		{ { .gpa = A_GPA, .size = 1, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_ALIGN, SLOT_AT(size), 1, 4096 },
		{ { .gpa = A_GPA, .size = 4097, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_ALIGN, SLOT_AT(size), 4097, 4096 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva + 8, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_ALIGN, SLOT_AT(hva), hva + 8, 4096 },
	};

	refuse_each(_metadata, &self->vm, bad, ARRAY_SIZE(bad));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
}

TEST_F(memory, ranges_must_not_wrap_or_leave_their_space)
{
	uint64_t hva = (uintptr_t)self->a, end = 1ull << self->vm.info.gpa_bits;
	const uint64_t user_end = 0x7ffffffff000ull;
	struct refusal bad[] = {
		{ { .gpa = end, .size = 4096, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(gpa), end, end },
		{ { .gpa = end - 4096, .size = 8192, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(gpa), end - 4096, end },
		{ { .gpa = ~0xfffull, .size = 4096, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(gpa), ~0xfffull, end },
		{ { .gpa = ~0xfffull, .size = 8192, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(gpa), ~0xfffull, end },
		{ { .gpa = 4096, .size = ~0xfffull, .hva = hva, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(gpa), 4096, end },
		{ { .gpa = A_GPA, .size = 4096, .hva = user_end, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(hva), user_end, user_end },
		{ { .gpa = A_GPA, .size = 8192, .hva = user_end - 4096, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(hva), user_end - 4096, user_end },
		{ { .gpa = A_GPA, .size = 4096, .hva = 0xffff888000000000ull, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(hva), 0xffff888000000000ull, user_end },
		{ { .gpa = A_GPA, .size = 8192, .hva = ~0xfffull, .slot = 1 }, -EINVAL,
		  XVCPU_ERR_WRAP, SLOT_AT(hva), ~0xfffull, user_end },
	};

	refuse_each(_metadata, &self->vm, bad, ARRAY_SIZE(bad));
	/* The last page that there is can be used. */
	EXPECT_EQ(0, vm_slot(&self->vm, 1, end - 4096, 4096, self->a, 0));
}

TEST_F(memory, members_of_other_backings_must_be_zero)
{
	uint64_t hva = (uintptr_t)self->a;
	struct refusal bad[] = {
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = 1, .backing = 1 }, -EINVAL,
		  XVCPU_ERR_RANGE, SLOT_AT(backing), 1, XVCPU_BACKING_HVA },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = 1, .offset = 4096 }, -EINVAL,
		  XVCPU_ERR_VALUE, SLOT_AT(offset), 4096, 0 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = 1, .fd = 3 }, -EINVAL,
		  XVCPU_ERR_VALUE, SLOT_AT(fd), 3, 0 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = 1, .reserved = { 1 } }, -EINVAL,
		  XVCPU_ERR_RESERVED, SLOT_AT(reserved), 1, 0 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = 1,
		    .reserved = { 0, 1 } }, -EINVAL,
		  XVCPU_ERR_RESERVED, SLOT_AT(reserved) + 8, 1, 0 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva, .slot = ~0u }, -EINVAL,
		  XVCPU_ERR_RANGE, SLOT_AT(slot), ~0u, self->vm.info.max_slots - 1 },
		{ { .gpa = A_GPA, .size = 4096, .hva = hva,
		    .slot = self->vm.info.max_slots }, -EINVAL,
		  XVCPU_ERR_RANGE, SLOT_AT(slot), self->vm.info.max_slots,
		  self->vm.info.max_slots - 1 },
		{ { .slot = 0, .hva = hva }, -EINVAL, XVCPU_ERR_VALUE, SLOT_AT(hva), hva, 0 },
		{ { .slot = 9 }, -ENOENT, XVCPU_ERR_MISSING, SLOT_AT(slot), 9, 0 },
	};

	refuse_each(_metadata, &self->vm, bad, ARRAY_SIZE(bad));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
}

TEST_F(memory, each_unknown_slot_flag_is_refused)
{
	struct xvcpu_memory_slot entry = slot(1, A_GPA, 4096, self->a);
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		entry.flags = 1u << bit;
		if (entry.flags == XVCPU_SLOT_READONLY)
			continue;
		EXPECT_EQ(-EINVAL, vm_slots(&self->vm, &entry, 1));
		EXPECT_EQ(XVCPU_ERR_FLAGS, self->vm.error.code);
		EXPECT_EQ(SLOT_AT(flags), self->vm.error.field);
		EXPECT_EQ(1u << bit, self->vm.error.value);
		EXPECT_EQ(XVCPU_SLOT_READONLY, self->vm.error.expected);
	}
}

TEST_F(memory, slots_must_not_overlap)
{
	/* Against slot 0, which is [0, 2 MiB): inside, identical, across either end, around. */
	static const struct { uint64_t gpa, size; } over[] = {
		{ 4096, 4096 }, { 0, MIB(2) }, { MIB(2) - 4096, 8192 }, { 0, 4096 }, { 0, MIB(4) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(over); i++) {
		struct xvcpu_memory_slot entry = slot(3, over[i].gpa, over[i].size,
						      self->vm.memory);

		EXPECT_EQ(-EEXIST, vm_slots(&self->vm, &entry, 1)) {
			TH_LOG("range %u", i);
		}
		EXPECT_EQ(XVCPU_ERR_OVERLAP, self->vm.error.code);
		EXPECT_EQ(0, self->vm.error.index);
		EXPECT_EQ(0, self->vm.error.expected);
	}
	/* Side by side is not over. */
	EXPECT_EQ(0, vm_slot(&self->vm, 3, MIB(2), 4096, self->a, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, MIB(2)));
}

TEST_F(memory, entries_of_one_call_must_not_overlap_either)
{
	struct xvcpu_memory_slot entries[3] = {
		slot(1, A_GPA, 8192, self->a), slot(2, B_GPA, 4096, self->b),
		slot(3, A_GPA + 4096, 4096, self->b),
	};

	EXPECT_EQ(-EEXIST, vm_slots(&self->vm, entries, 3));
	EXPECT_EQ(XVCPU_ERR_OVERLAP, self->vm.error.code);
	EXPECT_EQ(2, self->vm.error.index);
	EXPECT_EQ(1, self->vm.error.expected);
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, B_GPA));
}

TEST_F(memory, a_slot_stands_once_in_a_call)
{
	struct xvcpu_memory_slot entries[2] = {
		slot(1, A_GPA, 4096, self->a), slot(1, B_GPA, 4096, self->b),
	};

	EXPECT_EQ(-EINVAL, vm_slots(&self->vm, entries, 2));
	EXPECT_EQ(XVCPU_ERR_TWICE, self->vm.error.code);
	EXPECT_EQ(1, self->vm.error.index);
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
}

TEST_F(memory, a_bad_entry_undoes_the_good_ones_before_it)
{
	struct xvcpu_memory_slot entries[16];
	unsigned int bad, i;

	for (bad = 0; bad < ARRAY_SIZE(entries); bad++) {
		for (i = 0; i < ARRAY_SIZE(entries); i++)
			entries[i] = slot(i + 1, A_GPA + i * 4096, 4096, self->a);
		entries[bad].hva++;
		EXPECT_EQ(-EINVAL, vm_slots(&self->vm, entries, ARRAY_SIZE(entries)));
		EXPECT_EQ(bad, self->vm.error.index);
		EXPECT_EQ(XVCPU_ERR_ALIGN, self->vm.error.code);
		EXPECT_EQ(SLOT_AT(hva), self->vm.error.field);
		for (i = 0; i < ARRAY_SIZE(entries); i += 5)
			EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA + i * 4096));
	}
}

TEST_F(memory, the_number_of_entries_has_limits)
{
	struct xvcpu_memory_slot entry = slot(1, A_GPA, 4096, self->a);

	EXPECT_EQ(-EINVAL, vm_slots(&self->vm, &entry, 0));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->vm.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_memory, nr), self->vm.error.field);
	EXPECT_EQ(1, self->vm.error.expected);
	EXPECT_EQ(-EINVAL, vm_slots(&self->vm, &entry, self->vm.info.max_slots + 1));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->vm.error.code);
	EXPECT_EQ(self->vm.info.max_slots, self->vm.error.expected);
	EXPECT_EQ(-EINVAL, vm_slots(&self->vm, &entry, ~0u));
}

TEST_F(memory, as_many_slots_as_get_info_says)
{
	uint32_t max = self->vm.info.max_slots, i;
	struct xvcpu_memory_slot *entries = pages_alloc(max * sizeof(*entries), MAP_PRIVATE);

	/* With a hole between any two, so that none can be merged with the next. */
	for (i = 1; i < max; i++)
		entries[i] = slot(i, A_GPA - 8192 * i, 4096, i & 1 ? self->a : self->b);
	ASSERT_EQ(0, vm_slots(&self->vm, entries + 1, max - 1));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA - 8192));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA - 4096));
	EXPECT_EQ(max & 1 ? 0xbbbb : 0xaaaa, look(&self->vcpu, A_GPA - 8192 * (max - 1)));
	for (i = 1; i < max; i++)
		entries[i] = slot(i, 0, 0, NULL);
	ASSERT_EQ(0, vm_slots(&self->vm, entries + 1, max - 1));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA - 8192));
}

/* ---- what is accepted ---- */

TEST_F(memory, an_added_slot_is_seen_and_a_deleted_one_is_gone)
{
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 8192, self->a, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	EXPECT_EQ(0xa2a2, look(&self->vcpu, A_GPA + 4096));
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA + 4096));
	EXPECT_EQ(-ENOENT, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
}

TEST_F(memory, a_slot_that_is_named_again_is_replaced)
{
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 8192, self->a, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	/* Other memory, */
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 8192, self->b, 0));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, A_GPA));
	EXPECT_EQ(0xb2b2, look(&self->vcpu, A_GPA + 4096));
	/* another size, */
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->b, 0));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, A_GPA));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA + 4096));
	/* another place. */
	ASSERT_EQ(0, vm_slot(&self->vm, 1, B_GPA, 4096, self->b, 0));
	EXPECT_EQ(NOTHING_THERE, look(&self->vcpu, A_GPA));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, B_GPA));
}

TEST_F(memory, two_slots_change_places_in_one_call)
{
	struct xvcpu_memory_slot entries[2] = {
		slot(1, B_GPA, 8192, self->a), slot(2, A_GPA, 8192, self->b),
	};

	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 8192, self->a, 0));
	ASSERT_EQ(0, vm_slot(&self->vm, 2, B_GPA, 8192, self->b, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, B_GPA));
	ASSERT_EQ(0, vm_slots(&self->vm, entries, 2));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, A_GPA));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, B_GPA));
}

TEST_F(memory, a_place_is_vacated_and_taken_in_one_call)
{
	struct xvcpu_memory_slot entries[2] = {
		slot(2, A_GPA, 4096, self->b), slot(1, 0, 0, NULL),
	};

	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	ASSERT_EQ(0, vm_slots(&self->vm, entries, 2));
	EXPECT_EQ(0xbbbb, look(&self->vcpu, A_GPA));
	EXPECT_EQ(-ENOENT, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
}

/* The table after a refused call is the table before it, mapped pages included. */
TEST_F(memory, a_refused_replacement_leaves_the_old_slot)
{
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	EXPECT_EQ(-EEXIST, vm_slot(&self->vm, 1, 0, 4096, self->b, 0));
	EXPECT_EQ(-EINVAL, vm_slot(&self->vm, 1, A_GPA, 4097, self->b, 0));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
}

TEST_F(memory, the_same_memory_may_stand_in_two_places)
{
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, 0));
	ASSERT_EQ(0, vm_slot(&self->vm, 2, B_GPA, 4096, self->a, XVCPU_SLOT_READONLY));
	guest_next(&self->vcpu, &store);
	guest_regs(&self->vcpu)->rbx = A_GPA;
	guest_regs(&self->vcpu)->rax = 0x1234;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x1234, self->a[0]);
	EXPECT_EQ(0x1234, look(&self->vcpu, B_GPA));
}

/* ---- read-only slots ---- */

TEST_F(memory, a_write_to_a_read_only_slot_is_mmio_and_changes_nothing)
{
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 8192, self->a, XVCPU_SLOT_READONLY));
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
	guest_next(&self->vcpu, &store);
	guest_regs(&self->vcpu)->rbx = A_GPA;
	guest_regs(&self->vcpu)->rax = 0x1122334455667788;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MMIO), guest_run(&self->vcpu));
	EXPECT_EQ(A_GPA, mmio->gpa);
	EXPECT_EQ(XVCPU_MMIO_WRITE | XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA, mmio->flags);
	EXPECT_EQ(8, mmio->size);
	EXPECT_EQ(0x1122334455667788, *(volatile uint64_t *)mmio->data);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0xaaaa, self->a[0]);
	EXPECT_EQ(0xaaaa, look(&self->vcpu, A_GPA));
}

TEST_F(memory, code_runs_from_a_read_only_slot)
{
	memcpy(self->a, load.begin, load.end - load.begin);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, XVCPU_SLOT_READONLY));
	guest_regs(&self->vcpu)->rip = A_GPA;
	guest_regs(&self->vcpu)->rbx = GUEST_DATA;
	guest_write64(&self->vm, GUEST_DATA, 77);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(77, self->vcpu.sync->regs.rax);
}

TEST_F(memory, a_slot_becomes_read_only_and_writable_again)
{
	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, 0));
	guest_next(&self->vcpu, &store);
	guest_regs(&self->vcpu)->rbx = A_GPA;
	guest_regs(&self->vcpu)->rax = 1;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(1, self->a[0]);

	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, XVCPU_SLOT_READONLY));
	guest_regs(&self->vcpu)->rip = GUEST_CODE_AT;
	guest_regs(&self->vcpu)->rax = 2;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MMIO), guest_run(&self->vcpu));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(1, self->a[0]);

	ASSERT_EQ(0, vm_slot(&self->vm, 1, A_GPA, 4096, self->a, 0));
	guest_regs(&self->vcpu)->rip = GUEST_CODE_AT;
	guest_regs(&self->vcpu)->rax = 3;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(3, self->a[0]);
}

/* ---- the width of a VM ---- */

TEST(a_vm_with_fewer_bits_has_less_room)
{
	struct xvcpu_create_vm args = { .size = sizeof(args), .gpa_bits = 30 };
	struct test_vm vm = { .dev = dev_open() };
	void *page = pages_alloc(4096, MAP_PRIVATE);

	vm.fd = call(vm.dev, XVCPU_CREATE_VM, &args);
	ASSERT_LE(0, vm.fd);
	EXPECT_EQ(0, vm_slot(&vm, 0, GIB(1) - 4096, 4096, page, 0));
	EXPECT_EQ(-EINVAL, vm_slot(&vm, 1, GIB(1), 4096, page, 0));
	EXPECT_EQ(XVCPU_ERR_WRAP, vm.error.code);
	EXPECT_EQ(GIB(1), vm.error.expected);
	close(vm.fd);
}

TEST_HARNESS_MAIN

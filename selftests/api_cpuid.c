// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPUID table and the list of MSRs, seen from the VMM: what is offered, what a vCPU's table
 * may hold, what the MSRS group refuses.
 */
#include <errno.h>
#include <cpuid.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define LEAF_1_VMX	(1u << 5)
#define LEAF_1_SMX	(1u << 6)
#define LEAF_1_OSXSAVE	(1u << 27)
#define LEAF_1_X2APIC	(1u << 21)
#define LEAF_1_TSCD	(1u << 24)
#define LEAF_1_PDCM	(1u << 15)
#define LEAF_1_MONITOR	(1u << 3)
#define LEAF_1_HYPERVISOR (1u << 31)

#define ENTRY(member)	offsetof(struct xvcpu_cpuid_entry, member)

FIXTURE(cpuid) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct cpuid_group table, back;
};

FIXTURE_SETUP(cpuid)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_get_cpuid(&self->vcpu, &self->table);
}

FIXTURE_TEARDOWN(cpuid)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static uint32_t supported(int dev, struct xvcpu_cpuid_entry *entries)
{
	struct xvcpu_cpuid args = {
		.size = sizeof(args), .nr = CPUID_MAX, .entry_size = sizeof(*entries),
		.entries = (uintptr_t)entries,
	};

	if (call(dev, XVCPU_GET_SUPPORTED_CPUID, &args))
		die("GET_SUPPORTED_CPUID");
	return args.nr;
}

TEST_F(cpuid, a_new_vcpu_has_the_supported_table)
{
	struct xvcpu_cpuid_entry entries[CPUID_MAX];
	uint32_t nr = supported(self->vm.dev, entries);

	ASSERT_EQ(nr, self->table.head.nr);
	EXPECT_EQ(sizeof(entries[0]), self->table.head.entry_size);
	EXPECT_EQ(0, memcmp(entries, self->table.entry, nr * sizeof(entries[0])));
}

TEST_F(cpuid, the_supported_table_is_accepted)
{
	EXPECT_EQ(0, vcpu_set_cpuid(&self->vcpu, &self->table));
	vcpu_get_cpuid(&self->vcpu, &self->back);
	EXPECT_EQ(0, memcmp(&self->table, &self->back,
			    8 + self->table.head.nr * sizeof(self->table.entry[0])));
}

TEST_F(cpuid, no_feature_is_offered_that_is_not_switched)
{
	const struct xvcpu_cpuid_entry *e = cpuid_find(&self->table, 1, 0);

	ASSERT_NE(NULL, e);
	EXPECT_EQ(0, e->ecx & (LEAF_1_VMX | LEAF_1_SMX | LEAF_1_X2APIC | LEAF_1_TSCD | LEAF_1_PDCM |
			       LEAF_1_MONITOR));
	EXPECT_EQ(LEAF_1_HYPERVISOR, e->ecx & LEAF_1_HYPERVISOR);
	EXPECT_EQ(0, e->edx & (1u << 7 | 1u << 9 | 1u << 14 | 1u << 21 | 1u << 22));
	EXPECT_EQ(0, e->ebx >> 24);		/* the host's APIC id */
	EXPECT_EQ(1, e->ebx >> 16 & 0xff);	/* one logical processor */
	e = cpuid_find(&self->table, 0xa, 0);
	EXPECT_TRUE(!e || !e->eax);		/* no PMU */
	e = cpuid_find(&self->table, 0xb, 0);
	EXPECT_TRUE(!e || !e->ebx);		/* no host topology */
	e = cpuid_find(&self->table, 0x12, 0);
	EXPECT_TRUE(!e || !e->eax);		/* no SGX */
}

/* Nothing can be announced that the processor underneath has not. */
TEST_F(cpuid, nothing_is_offered_that_the_host_lacks)
{
	const struct xvcpu_cpuid_entry *e;
	uint32_t a, b, c, d;

	e = cpuid_find(&self->table, 1, 0);
	__cpuid_count(1, 0, a, b, c, d);
	EXPECT_EQ(a, e->eax);
	EXPECT_EQ(0, e->ecx & ~c & ~LEAF_1_HYPERVISOR);
	EXPECT_EQ(0, e->edx & ~d);
	e = cpuid_find(&self->table, 7, 0);
	ASSERT_NE(NULL, e);
	__cpuid_count(7, 0, a, b, c, d);
	EXPECT_EQ(0, e->ebx & ~b);
	EXPECT_EQ(0, e->ecx & ~c);
	EXPECT_EQ(0, e->edx & ~d);
	e = cpuid_find(&self->table, 0x80000001, 0);
	ASSERT_NE(NULL, e);
	__cpuid_count(0x80000001, 0, a, b, c, d);
	EXPECT_EQ(0, e->ecx & ~c);
	/* SYSCALL is told by the processor only in 64-bit mode, where this test may not be. */
	EXPECT_EQ(0, e->edx & ~d & ~(1u << 11));
	EXPECT_NE(0, e->edx & 1u << 29);	/* long mode */
}

static long refuse_entry(struct test_vcpu *vcpu, struct cpuid_group *table,
			 struct xvcpu_cpuid_entry *e, uint32_t *member, uint32_t value)
{
	uint32_t old = *member;
	long ret;

	*member = value;
	ret = vcpu_set_cpuid(vcpu, table);
	*member = old;
	return ret;
}

TEST_F(cpuid, features_beyond_the_supported_ones_are_refused_bit_by_bit)
{
	static const struct { uint32_t leaf, at; } words[] = {
		{ 1, ENTRY(ecx) }, { 1, ENTRY(edx) }, { 7, ENTRY(ebx) }, { 7, ENTRY(ecx) },
		{ 7, ENTRY(edx) }, { 0x80000001, ENTRY(ecx) }, { 0x80000001, ENTRY(edx) },
	};
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		struct xvcpu_cpuid_entry *e = cpuid_find(&self->table, words[i].leaf, 0);
		uint32_t *member = (uint32_t *)((uint8_t *)e + words[i].at), offered = *member;

		for (bit = 0; bit < 32; bit++) {
			bool ecx = words[i].at == ENTRY(ecx);
			bool ignored = ecx && ((words[i].leaf == 1 && bit == 27) ||
					       (words[i].leaf == 7 && bit == 4));

			if (offered & 1u << bit || ignored)
				continue;
			EXPECT_EQ(-EINVAL, refuse_entry(&self->vcpu, &self->table, e, member,
							offered | 1u << bit)) {
				TH_LOG("leaf %#x, offset %u, bit %u", words[i].leaf,
				       words[i].at, bit);
			}
			EXPECT_EQ(XVCPU_ERR_BITS, self->vcpu.error.code);
			EXPECT_EQ(e - self->table.entry, self->vcpu.error.index);
			EXPECT_EQ(words[i].at, self->vcpu.error.field);
		}
	}
	vcpu_get_cpuid(&self->vcpu, &self->back);
	EXPECT_EQ(0, memcmp(&self->table, &self->back,
			    8 + self->table.head.nr * sizeof(self->table.entry[0])));
}

TEST_F(cpuid, features_can_be_taken_away)
{
	struct xvcpu_cpuid_entry *e = cpuid_find(&self->table, 1, 0);
	struct xvcpu_cregs cregs;

	e->edx &= ~(1u << 6);	/* PAE */
	ASSERT_EQ(0, vcpu_set_cpuid(&self->vcpu, &self->table));
	/* and what depends on them goes, too. */
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	cregs.cr4 = CR4_PAE;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	EXPECT_EQ(XVCPU_ERR_BITS, self->vcpu.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_cregs, cr4), self->vcpu.error.field);
	EXPECT_EQ(0, self->vcpu.error.expected & CR4_PAE);
}

TEST_F(cpuid, entries_have_no_unknown_flags_or_reserved_members)
{
	struct xvcpu_cpuid_entry *e = &self->table.entry[2];
	unsigned int bit;

	for (bit = 1; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, refuse_entry(&self->vcpu, &self->table, e, &e->flags,
						e->flags | 1u << bit));
		EXPECT_EQ(XVCPU_ERR_FLAGS, self->vcpu.error.code);
		EXPECT_EQ(2, self->vcpu.error.index);
		EXPECT_EQ(ENTRY(flags), self->vcpu.error.field);
	}
	EXPECT_EQ(-EINVAL, refuse_entry(&self->vcpu, &self->table, e, &e->reserved, 1));
	EXPECT_EQ(XVCPU_ERR_RESERVED, self->vcpu.error.code);
	EXPECT_EQ(ENTRY(reserved), self->vcpu.error.field);
}

TEST_F(cpuid, a_leaf_stands_once)
{
	struct cpuid_group *t = &self->table;

	t->entry[t->head.nr] = t->entry[1];
	t->head.nr++;
	EXPECT_EQ(-EINVAL, vcpu_set_cpuid(&self->vcpu, t));
	EXPECT_EQ(XVCPU_ERR_TWICE, self->vcpu.error.code);
	EXPECT_EQ(t->head.nr - 1, self->vcpu.error.index);
}

TEST_F(cpuid, the_size_of_the_table_is_checked)
{
	struct cpuid_group *t = &self->table;
	uint32_t nr = t->head.nr, room = 8 + nr * sizeof(t->entry[0]);

	t->head.nr = self->vm.info.max_cpuid + 1;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_CPUID, t, sizeof(*t)));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->vcpu.error.code);
	t->head.nr = ~0u;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_CPUID, t, sizeof(*t)));
	/* more entries than the group has bytes */
	t->head.nr = nr + 1;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_CPUID, t, room));
	EXPECT_EQ(XVCPU_ERR_SIZE, self->vcpu.error.code);
	t->head.nr = nr;
	t->head.entry_size = 24;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_CPUID, t, room));
	EXPECT_EQ(XVCPU_ERR_SIZE, self->vcpu.error.code);
	vcpu_get_cpuid(&self->vcpu, &self->back);
	EXPECT_EQ(nr, self->back.head.nr);
}

TEST_F(cpuid, an_empty_table_is_one_too)
{
	self->table.head.nr = 0;
	EXPECT_EQ(0, vcpu_set_cpuid(&self->vcpu, &self->table));
	vcpu_get_cpuid(&self->vcpu, &self->back);
	EXPECT_EQ(0, self->back.head.nr);
}

/* ---- MSRs ---- */

static uint32_t msr_list(int dev, uint32_t *indices)
{
	struct xvcpu_msr_list args = {
		.size = sizeof(args), .nr = MSRS_MAX, .indices = (uintptr_t)indices,
	};

	if (call(dev, XVCPU_GET_MSR_LIST, &args))
		die("GET_MSR_LIST");
	return args.nr;
}

TEST_F(cpuid, the_msr_group_is_the_msr_list)
{
	uint32_t indices[MSRS_MAX], nr = msr_list(self->vm.dev, indices), i, k;
	struct msr_group group;

	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_MSRS, &group, sizeof(group)));
	ASSERT_EQ(nr, group.head.nr);
	EXPECT_LE(nr, self->vm.info.max_msrs);
	for (i = 0; i < nr; i++) {
		EXPECT_EQ(indices[i], group.msr[i].index);
		for (k = 0; k < i; k++)
			EXPECT_NE(indices[k], indices[i]);
		/* in the CREGS group */
		EXPECT_NE(0xc0000080, indices[i]);
		EXPECT_NE(0x1b, indices[i]);
		EXPECT_NE(0xda0, indices[i]);
	}
}

TEST_F(cpuid, msrs_keep_what_they_are_given)
{
	static const struct { uint32_t index; uint64_t value; } good[] = {
		{ 0x174, 0xffffffff }, { 0x175, 0xffff800000001234 }, { 0x176, 0x00007fffffffffff },
		{ 0x277, 0x0001040506070001 }, { 0xc0000081, ~0ull },
		{ 0xc0000082, 0xffff900000000000 },
		{ 0xc0000083, 0x1234 }, { 0xc0000084, 0xffffffff }, { 0xc0000102, 0x7fff00000000 },
		{ 0xc0000103, 0xfedcba98 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, vcpu_set_msr(&self->vcpu, good[i].index, good[i].value)) {
			TH_LOG("MSR %#x", good[i].index);
		}
		EXPECT_EQ(good[i].value, vcpu_msr(&self->vcpu, good[i].index));
	}
}

TEST_F(cpuid, msrs_refuse_what_wrmsr_would)
{
	static const struct { uint32_t index; uint64_t value; } bad[] = {
		{ 0x175, 1ull << 48 }, { 0x176, 0x0000800000000000 }, { 0x277, 2 },
		{ 0x277, 3 << 8 },
		{ 0x277, 8ull << 56 }, { 0xc0000082, 1ull << 63 }, { 0xc0000084, 1ull << 32 },
		{ 0xc0000102, 1ull << 47 }, { 0xc0000103, 1ull << 32 },
	};
	uint64_t before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		before = vcpu_msr(&self->vcpu, bad[i].index);
		EXPECT_EQ(-EINVAL, vcpu_set_msr(&self->vcpu, bad[i].index, bad[i].value)) {
			TH_LOG("MSR %#x", bad[i].index);
		}
		EXPECT_EQ(XVCPU_ERR_VALUE, self->vcpu.error.code);
		EXPECT_EQ(XVCPU_GROUP_MSRS, self->vcpu.error.index);
		EXPECT_EQ(bad[i].index, self->vcpu.error.field);
		EXPECT_EQ(bad[i].value, self->vcpu.error.value);
		EXPECT_EQ(before, vcpu_msr(&self->vcpu, bad[i].index));
	}
}

TEST_F(cpuid, msrs_outside_the_list_are_missing)
{
	static const uint32_t outside[] = {
		0, 0x1b, 0x3a, 0x480, 0x1d9, 0x40000000, 0xc0000080, ~0u
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		EXPECT_EQ(-EINVAL, vcpu_set_msr(&self->vcpu, outside[i], 0));
		EXPECT_EQ(XVCPU_ERR_MISSING, self->vcpu.error.code);
		EXPECT_EQ(outside[i], self->vcpu.error.field);
	}
}

/* A list with one bad entry at its end: the good ones before it are not set. */
TEST_F(cpuid, a_bad_msr_stops_the_good_ones)
{
	struct msr_group group = {
		.head = { 2, sizeof(struct xvcpu_msr) },
		.msr = { { .index = 0x174, .value = 0x77 }, { .index = 0x277, .value = 2 } },
	};

	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_MSRS, &group, 8 + 2 * 16));
	EXPECT_EQ(0, vcpu_msr(&self->vcpu, 0x174));
	group.msr[1].value = 0x0606060606060606;
	group.msr[0].reserved = 1;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_MSRS, &group, 8 + 2 * 16));
	EXPECT_EQ(XVCPU_ERR_RESERVED, self->vcpu.error.code);
	EXPECT_EQ(0x174, self->vcpu.error.field);
	EXPECT_EQ(0x0007040600070406, vcpu_msr(&self->vcpu, 0x277));
	group.msr[0].reserved = 0;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_MSRS, &group, 8 + 1 * 16));
	EXPECT_EQ(XVCPU_ERR_SIZE, self->vcpu.error.code);
	EXPECT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_MSRS, &group, 8 + 2 * 16));
	EXPECT_EQ(0x77, vcpu_msr(&self->vcpu, 0x174));
}

/* The guest's TSC runs from what CREATE_VM said, on every vCPU of the VM. */
TEST(the_tsc_starts_where_create_vm_says)
{
	struct xvcpu_create_vm args = { .size = sizeof(args), .tsc = 1ull << 56 };
	struct test_vm vm = { .dev = dev_open() };
	struct test_vcpu first, second;
	uint64_t a, b;

	get_info(vm.dev, &vm.info);
	vm.fd = call(vm.dev, XVCPU_CREATE_VM, &args);
	ASSERT_LE(0, vm.fd);
	vcpu_open(&first, &vm, 0);
	vcpu_open(&second, &vm, 1);
	a = vcpu_msr(&first, 0x10);
	b = vcpu_msr(&second, 0x10);
	EXPECT_LE(1ull << 56, a);
	EXPECT_LT(a, b);
	EXPECT_LT(b, (1ull << 56) + (1ull << 40));
	EXPECT_LT(b, vcpu_msr(&first, 0x10));
}

TEST_HARNESS_MAIN

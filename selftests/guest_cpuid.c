// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID in the guest: answered from the vCPU's table, but for the bits that follow from its own
 * state.
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define LEAF_1_VMX		(1u << 5)
#define LEAF_1_OSXSAVE		(1u << 27)
#define LEAF_1_XSAVE		(1u << 26)
#define LEAF_1_HYPERVISOR	(1u << 31)
#define LEAF_D1_XSAVEC		(1u << 1)
#define LEAF_D1_XSAVES		(1u << 3)

GUEST_CODE(cpuid, 64, "cpuid; hlt");
GUEST_CODE(osxsave, 64,
	   "mov %cr4, %rsi; mov $1, %eax; cpuid; mov %ecx, %r8d\n"
	   "mov %rsi, %rax; bts $18, %rax; mov %rax, %cr4\n"
	   "mov $1, %eax; cpuid; mov %ecx, %r9d\n"
	   "mov %rsi, %cr4; mov $1, %eax; cpuid; hlt");
GUEST_CODE(avx_on, 64,
	   "mov %cr4, %rax; bts $18, %rax; mov %rax, %cr4\n"
	   "xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx; xsetbv\n"
	   "mov $0xd, %eax; xor %ecx, %ecx; cpuid; mov %ebx, %r8d; mov %ecx, %r10d\n"
	   "xor %ecx, %ecx; mov $7, %eax; xor %edx, %edx; xsetbv\n"
	   "mov $0xd, %eax; xor %ecx, %ecx; cpuid; mov %ebx, %r9d; mov %ecx, %r11d; hlt");

FIXTURE(cpuid) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct cpuid_group table;
};

FIXTURE_SETUP(cpuid)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_get_cpuid(&self->vcpu, &self->table);
	guest_begin(&self->vcpu, MODE_LONG, &cpuid);
}

FIXTURE_TEARDOWN(cpuid)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* What the guest gets, in the mode it is in; the upper halves of its registers hold garbage. */
static struct xvcpu_cpuid_entry ask(struct test_vcpu *vcpu, uint32_t leaf, uint32_t subleaf)
{
	struct xvcpu_regs *regs = guest_regs(vcpu);

	regs->rip = GUEST_CODE_AT;
	regs->rax = 0xaaaaaaaa00000000 | leaf;
	regs->rcx = 0xcccccccc00000000 | subleaf;
	regs->rbx = ~0ull;
	regs->rdx = ~0ull;
	if (guest_run(vcpu) != NO_TRAP)
		die("CPUID %#x did not come back", leaf);
	return (struct xvcpu_cpuid_entry) {
		.leaf = leaf, .subleaf = subleaf,
		.eax = regs->rax, .ebx = regs->rbx, .ecx = regs->rcx, .edx = regs->rdx,
	};
}

static bool all_zero(const struct xvcpu_cpuid_entry *e)
{
	return !(e->eax | e->ebx | e->ecx | e->edx);
}

TEST_F(cpuid, every_entry_of_the_table_is_answered)
{
	struct cpuid_group *table = &self->table;
	struct xvcpu_cpuid_entry got;
	uint32_t i, state;

	ASSERT_LT(10, table->head.nr);
	for (i = 0; i < table->head.nr; i++) {
		const struct xvcpu_cpuid_entry *e = &table->entry[i];

		got = ask(&self->vcpu, e->leaf, e->subleaf);
		/* Sizes of XSAVE areas and OSXSAVE are the vCPU's own. */
		state = e->leaf == 1 ? LEAF_1_OSXSAVE : e->leaf == 0xd && e->subleaf < 2 ? ~0u : 0;
		EXPECT_EQ(e->eax, got.eax) { TH_LOG("leaf %#x.%u", e->leaf, e->subleaf); }
		if (e->leaf != 0xd || e->subleaf > 1)
			EXPECT_EQ(e->ebx, got.ebx) { TH_LOG("leaf %#x.%u", e->leaf, e->subleaf); }
		EXPECT_EQ(e->ecx & ~state, got.ecx & ~state) {
			TH_LOG("leaf %#x.%u", e->leaf, e->subleaf);
		}
		EXPECT_EQ(e->edx, got.edx) { TH_LOG("leaf %#x.%u", e->leaf, e->subleaf); }
	}
}

TEST_F(cpuid, a_leaf_outside_the_table_is_zeros)
{
	static const uint32_t leaves[][2] = {
		{ 3, 0 }, { 5, 0 }, { 6, 0 }, { 7, 9 }, { 0xa, 0 }, { 0xb, 0 }, { 0xd, 62 },
		{ 0x12, 0 }, { 0x1f, 0 }, { 0x20, 0 }, { 0x40000001, 0 }, { 0x40010000, 0 },
		{ 0x80000009, 0 }, { 0x8000001d, 0 }, { 0xc0000000, 0 }, { 0xffffffff, 0 },
	};
	struct xvcpu_cpuid_entry got;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		ASSERT_EQ(NULL, cpuid_find(&self->table, leaves[i][0], leaves[i][1]));
		got = ask(&self->vcpu, leaves[i][0], leaves[i][1]);
		EXPECT_TRUE(all_zero(&got)) { TH_LOG("leaf %#x.%u", leaves[i][0], leaves[i][1]); }
	}
}

/* As guests compute it: Linux in whole kHz, from the crystal's. */
TEST_F(cpuid, the_rate_of_the_tsc_is_told)
{
	uint32_t khz = self->vm.info.tsc_khz;
	struct xvcpu_cpuid_entry got;

	ASSERT_LT(1000, khz);
	EXPECT_LE(0x16, ask(&self->vcpu, 0, 0).eax);
	got = ask(&self->vcpu, 0x15, 0);
	ASSERT_NE(0, got.eax);
	EXPECT_LE(khz - got.ebx, got.ecx / 1000 * got.ebx / got.eax);
	EXPECT_GE(khz, got.ecx / 1000 * got.ebx / got.eax);
	EXPECT_EQ(0, got.edx);
	EXPECT_EQ(khz / 1000, ask(&self->vcpu, 0x16, 0).eax);
	EXPECT_LE(0x40000010, ask(&self->vcpu, 0x40000000, 0).eax);
	EXPECT_EQ(khz, ask(&self->vcpu, 0x40000010, 0).eax);
}

TEST_F(cpuid, every_mode_has_it)
{
	enum guest_mode mode;
	struct xvcpu_cpuid_entry got;

	for (mode = 0; mode < MODES; mode++) {
		guest_mode(&self->vcpu, mode);
		got = ask(&self->vcpu, 0x40000000, 0);
		EXPECT_EQ(0, memcmp(&got.ebx, "xvcpuxvcpu\0\0", 12)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(GUEST_CODE_AT + 3, self->vcpu.sync->regs.rip);
	}
}

TEST_F(cpuid, a_program_at_cpl_3_has_it)
{
	struct xvcpu_regs *regs;

	guest_user(&self->vcpu);
	regs = guest_regs(&self->vcpu);
	regs->rax = 0x40000000;
	/* HLT is not for CPL 3. */
	ASSERT_EQ(VEC_GP, guest_run(&self->vcpu));
	EXPECT_EQ(0, memcmp(&regs->rbx, "xvcp", 4));
}

TEST_F(cpuid, upper_halves_become_zero_and_no_other_register_changes)
{
	struct xvcpu_regs *regs = guest_regs(&self->vcpu), before;

	memset(regs, 0x5a, offsetof(struct xvcpu_regs, rip));
	regs->rsp = GUEST_STACK;
	regs->rax = 0xffffffff00000000;
	regs->rflags = RFLAGS_1 | RFLAGS_CF | RFLAGS_ZF | RFLAGS_DF;
	before = *regs;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, (regs->rax | regs->rbx | regs->rcx | regs->rdx) >> 32);
	EXPECT_EQ(before.rflags, regs->rflags);
	EXPECT_EQ(before.rsp, regs->rsp);
	EXPECT_EQ(0, memcmp(&before.rbp, &regs->rbp, offsetof(struct xvcpu_regs, rip) -
			    offsetof(struct xvcpu_regs, rbp)));
}

TEST_F(cpuid, the_vmm_decides_what_the_table_says)
{
	struct xvcpu_cpuid_entry *e = self->table.entry, got;

	guest_mode(&self->vcpu, MODE_REAL);	/* a mode that the table need not announce */
	self->table.head.nr = 4;
	memset(e, 0, 4 * sizeof(*e));
	e[0] = (struct xvcpu_cpuid_entry) { .leaf = 1, .eax = 0x12345, .ebx = 0x00020800 };
	e[1] = (struct xvcpu_cpuid_entry) { .leaf = 0x55, .eax = 1, .ebx = 2, .ecx = 3, .edx = 4 };
	e[2] = (struct xvcpu_cpuid_entry) {
		.leaf = 0x56, .subleaf = 3, .flags = XVCPU_CPUID_SUBLEAF, .edx = 0xfeedface,
	};
	e[3] = (struct xvcpu_cpuid_entry) { .leaf = 0x40000000, .eax = ~0u };
	ASSERT_EQ(0, vcpu_set_cpuid(&self->vcpu, &self->table));
	got = ask(&self->vcpu, 1, 0);
	EXPECT_EQ(0x12345, got.eax);
	EXPECT_EQ(0x00020800, got.ebx);
	EXPECT_EQ(0, got.ecx | got.edx);
	/* Without the flag ECX does not count. */
	got = ask(&self->vcpu, 0x55, 77);
	EXPECT_EQ(1, got.eax);
	EXPECT_EQ(4, got.edx);
	got = ask(&self->vcpu, 0x56, 3);
	EXPECT_EQ(0xfeedface, got.edx);
	got = ask(&self->vcpu, 0x56, 0);
	EXPECT_TRUE(all_zero(&got));
	got = ask(&self->vcpu, 0x40000000, 0);
	EXPECT_EQ(~0u, got.eax);
	got = ask(&self->vcpu, 0, 0);
	EXPECT_TRUE(all_zero(&got));
}

TEST_F(cpuid, no_vmx_and_a_hypervisor)
{
	struct xvcpu_cpuid_entry got = ask(&self->vcpu, 1, 0);

	EXPECT_EQ(0, got.ecx & LEAF_1_VMX);
	EXPECT_EQ(LEAF_1_HYPERVISOR, got.ecx & LEAF_1_HYPERVISOR);
}

TEST_F(cpuid, osxsave_follows_cr4)
{
	struct xvcpu_regs *regs;

	if (!(cpuid_find(&self->table, 1, 0)->ecx & LEAF_1_XSAVE))
		SKIP(return, "the processor has no XSAVE");
	guest_begin(&self->vcpu, MODE_LONG, &osxsave);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	regs = guest_regs(&self->vcpu);
	EXPECT_EQ(0, regs->r8 & LEAF_1_OSXSAVE);
	EXPECT_EQ(LEAF_1_OSXSAVE, regs->r9 & LEAF_1_OSXSAVE);
	EXPECT_EQ(0, regs->rcx & LEAF_1_OSXSAVE);
	EXPECT_EQ(regs->r8 | LEAF_1_OSXSAVE, regs->r9);
}

/* SDM "CPUID", leaf 0DH: EBX follows XCR0, ECX what XCR0 may become. */
TEST_F(cpuid, xsave_sizes_follow_xcr0)
{
	struct xvcpu_cpuid_entry *d = cpuid_find(&self->table, 0xd, 0);
	struct xvcpu_cpuid_entry *avx = cpuid_find(&self->table, 0xd, 2);
	struct xvcpu_regs *regs;

	if (!d || !avx)
		SKIP(return, "the processor has no AVX");
	guest_begin(&self->vcpu, MODE_LONG, &avx_on);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	regs = guest_regs(&self->vcpu);
	EXPECT_EQ(512 + 64, regs->r8);
	EXPECT_EQ(avx->ebx + avx->eax, regs->r9);
	EXPECT_LE(regs->r9, regs->r10);
	EXPECT_EQ(regs->r10, regs->r11);
}

/* SDM "CPUID", leaf 0DH, sub-leaf 1: without XSAVEC and XSAVES EBX gives no size. */
TEST_F(cpuid, the_compacted_size_needs_a_compacted_format)
{
	struct xvcpu_cpuid_entry *d1 = cpuid_find(&self->table, 0xd, 1);

	if (!d1)
		SKIP(return, "the processor has no XSAVE");
	d1->eax &= ~(LEAF_D1_XSAVEC | LEAF_D1_XSAVES);
	ASSERT_EQ(0, vcpu_set_cpuid(&self->vcpu, &self->table));
	EXPECT_EQ(0, ask(&self->vcpu, 0xd, 1).ebx);
}

TEST_F(cpuid, each_vcpu_has_its_own_apic_id)
{
	struct test_vcpu other;
	long fd = create_vcpu(self->vm.fd, 1, 0xfe);

	ASSERT_LE(0, fd);
	memset(&other, 0, sizeof(other));
	other.vm = &self->vm;
	vcpu_map(&other, fd, &self->vm.info);
	guest_mode(&other, MODE_LONG);
	EXPECT_EQ(0, ask(&self->vcpu, 1, 0).ebx >> 24);
	EXPECT_EQ(0xfe, ask(&other, 1, 0).ebx >> 24);
	EXPECT_EQ(ask(&self->vcpu, 1, 0).ebx & 0xffffff, ask(&other, 1, 0).ebx & 0xffffff);
	vcpu_close(&other);
}

/* An exit of its own for each, and none of them the VMM's. */
TEST_F(cpuid, it_is_answered_in_the_kernel)
{
	uint64_t exits = vcpu_counter(&self->vcpu, 10), user;

	user = vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS);
	ask(&self->vcpu, 0, 0);
	EXPECT_EQ(exits + 1, vcpu_counter(&self->vcpu, 10));
	EXPECT_EQ(user + 1, vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS));	/* HLT */
}

TEST_HARNESS_MAIN

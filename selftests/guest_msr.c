// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMSR and WRMSR in the guest: what is switched, what is fixed, what exits, what raises #GP(0);
 * and that no access at all changes an MSR of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define MSR_TSC			0x10
#define MSR_PLATFORM_ID		0x17
#define MSR_APIC_BASE		0x1b
#define MSR_UCODE_REV		0x8b
#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175
#define MSR_SYSENTER_EIP	0x176
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define MSR_PAT			0x277
#define MSR_XSS			0xda0
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_FMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103
#define MSR_UNKNOWN		0x12345678

#define NOT_CANONICAL		0x0123456789abcdefull
#define EXIT_READ		OTHER_EXIT(XVCPU_EXIT_MSR_READ)
#define EXIT_WRITE		OTHER_EXIT(XVCPU_EXIT_MSR_WRITE)

GUEST_CODE(read_msr, 64, "rdmsr; hlt");
GUEST_CODE(write_msr, 64, "wrmsr; hlt");
GUEST_CODE(read_tsc, 64, "rdtsc; hlt");
GUEST_CODE(read_tscp, 64, "rdtscp; hlt");
GUEST_CODE(swap_gs, 64, "swapgs; hlt");
GUEST_CODE(tsc_twice, 64,
	   "rdtsc; mov %eax, %r8d; mov %edx, %r9d; mov $0x10, %ecx; rdmsr; hlt");

/*
 * Every MSR from ECX to R12 - 1: the instruction, and R8 counts those that it did not fault on,
 * whose numbers go to RDI. The #GP handler goes on behind the fault's instruction and its count.
 */
#define SWEEP(insn)									\
	"1: mov %r10d, %eax; mov %r11d, %edx\n"						\
	insn "\n"									\
	"jmp 2f\n"									\
	"jmp 3f\n"									\
	"2: inc %r8; mov %ecx, (%rdi); add $4, %rdi\n"					\
	"3: inc %ecx; cmp %r12d, %ecx; jne 1b\n"					\
	"hlt"
GUEST_CODE(sweep_write, 64, SWEEP("wrmsr"));
GUEST_CODE(sweep_read, 64, SWEEP("rdmsr"));
/* The fault's instruction and the jump behind it are 2 bytes each. */
GUEST_CODE(sweep_on_gp, 64, "add $8, %rsp; addq $4, (%rsp); iretq");

FIXTURE(msr) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_VARIANT(msr) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(msr, deny) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(msr, exit) {
	.flags = XVCPU_VM_MSR_EXIT,
};

FIXTURE_SETUP(msr)
{
	vm_open(&self->vm, variant->flags);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	guest_mode(&self->vcpu, MODE_LONG);
}

FIXTURE_TEARDOWN(msr)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* Back at the start, whatever handler the guest is in. */
static void again(struct test_vcpu *vcpu)
{
	guest_regs(vcpu)->rsp = GUEST_STACK;
	vcpu->sync->regs.rflags = RFLAGS_1;
}

static int rdmsr(struct test_vcpu *vcpu, uint32_t index, uint64_t *value)
{
	struct xvcpu_regs *regs;
	int ret;

	guest_next(vcpu, &read_msr);
	again(vcpu);
	regs = guest_regs(vcpu);
	regs->rcx = 0xabcdef0000000000 | index;
	regs->rax = 0x5555555555555555;
	regs->rdx = 0x6666666666666666;
	ret = guest_run(vcpu);
	*value = regs->rdx << 32 | (uint32_t)regs->rax;
	return ret;
}

static int wrmsr(struct test_vcpu *vcpu, uint32_t index, uint64_t value)
{
	struct xvcpu_regs *regs;

	guest_next(vcpu, &write_msr);
	again(vcpu);
	regs = guest_regs(vcpu);
	regs->rcx = 0xabcdef0000000000 | index;
	regs->rax = 0x1212121200000000 | (uint32_t)value;
	regs->rdx = 0x3434343400000000 | value >> 32;
	return guest_run(vcpu);
}

static bool gp_0(struct test_vcpu *vcpu)
{
	struct guest_trap trap;

	return guest_trapped(vcpu, &trap) && trap.vector == VEC_GP && !trap.error &&
	       trap.rip == GUEST_CODE_AT;
}

/* ---- switched ---- */

static const struct {
	uint32_t index;
	uint64_t value;
	bool address;		/* must be canonical */
	bool narrow;		/* bits 63:32 are reserved */
} switched[] = {
	{ MSR_SYSENTER_CS, 0xfedc },
	{ MSR_SYSENTER_ESP, 0xffff888012345678, true },
	{ MSR_SYSENTER_EIP, 0x00007ffffffffff0, true },
	{ MSR_PAT, 0x0001040506070007 },
	{ MSR_STAR, 0x0123456789abcdef },
	{ MSR_LSTAR, 0xffffffff81000000, true },
	{ MSR_CSTAR, 0x00001234 },
	{ MSR_FMASK, 0x47700, false, true },
	{ MSR_KERNEL_GS_BASE, 0xffff800000000123, true },
	{ MSR_TSC_AUX, 0xfeedf00d, false, true },
};

#define SWITCHED	ARRAY_SIZE(switched)

TEST_F(msr, each_has_a_value_of_its_own)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < SWITCHED; i++)
		ASSERT_EQ(NO_TRAP, wrmsr(vcpu, switched[i].index, switched[i].value)) {
			TH_LOG("MSR %#x", switched[i].index);
		}
	for (i = 0; i < SWITCHED; i++) {
		ASSERT_EQ(NO_TRAP, rdmsr(vcpu, switched[i].index, &value));
		EXPECT_EQ(switched[i].value, value) { TH_LOG("MSR %#x", switched[i].index); }
		EXPECT_EQ(0, (vcpu->sync->regs.rax | vcpu->sync->regs.rdx) >> 32);
		EXPECT_EQ(switched[i].value, vcpu_msr(vcpu, switched[i].index));
	}
}

TEST_F(msr, what_the_vmm_sets_the_guest_reads)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < SWITCHED; i++) {
		ASSERT_EQ(0, vcpu_set_msr(vcpu, switched[i].index, switched[i].value));
		ASSERT_EQ(NO_TRAP, rdmsr(vcpu, switched[i].index, &value));
		EXPECT_EQ(switched[i].value, value) { TH_LOG("MSR %#x", switched[i].index); }
	}
}

TEST_F(msr, another_vcpu_has_others)
{
	struct test_vcpu *vcpu = &self->vcpu, other;
	uint64_t value;
	unsigned int i;

	vcpu_open(&other, &self->vm, 1);
	guest_mode(&other, MODE_LONG);
	for (i = 0; i < SWITCHED; i++)
		ASSERT_EQ(NO_TRAP, wrmsr(vcpu, switched[i].index, switched[i].value));
	for (i = 0; i < SWITCHED; i++) {
		ASSERT_EQ(NO_TRAP, rdmsr(&other, switched[i].index, &value));
		EXPECT_NE(switched[i].value, value) { TH_LOG("MSR %#x", switched[i].index); }
		EXPECT_EQ(switched[i].index == MSR_PAT ? 0x0007040600070406 : 0, value);
		ASSERT_EQ(NO_TRAP, rdmsr(vcpu, switched[i].index, &value));
		EXPECT_EQ(switched[i].value, value) { TH_LOG("MSR %#x", switched[i].index); }
	}
	vcpu_close(&other);
}

TEST_F(msr, an_address_must_be_canonical)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < SWITCHED; i++) {
		if (!switched[i].address)
			continue;
		ASSERT_EQ(NO_TRAP, wrmsr(vcpu, switched[i].index, switched[i].value));
		EXPECT_EQ(VEC_GP, wrmsr(vcpu, switched[i].index, NOT_CANONICAL)) {
			TH_LOG("MSR %#x", switched[i].index);
		}
		EXPECT_TRUE(gp_0(vcpu));
		EXPECT_EQ(VEC_GP, wrmsr(vcpu, switched[i].index, 1ull << 47));
		EXPECT_EQ(switched[i].value, vcpu_msr(vcpu, switched[i].index));
	}
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_FS_BASE, NOT_CANONICAL));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_GS_BASE, NOT_CANONICAL));
}

TEST_F(msr, reserved_upper_halves_are_refused)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < SWITCHED; i++) {
		if (!switched[i].narrow)
			continue;
		ASSERT_EQ(NO_TRAP, wrmsr(vcpu, switched[i].index, switched[i].value));
		EXPECT_EQ(VEC_GP, wrmsr(vcpu, switched[i].index, 1ull << 32)) {
			TH_LOG("MSR %#x", switched[i].index);
		}
		EXPECT_TRUE(gp_0(vcpu));
		EXPECT_EQ(switched[i].value, vcpu_msr(vcpu, switched[i].index));
	}
}

TEST_F(msr, pat_takes_memory_types_only)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int type, i;

	for (type = 0; type < 256; type = type < 8 ? type + 1 : type * 2) {
		bool exists = type == 0 || type == 1 || (type >= 4 && type <= 7);

		for (i = 0; i < 8; i++) {
			ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_PAT, 0x0606060606060606));
			EXPECT_EQ(exists ? NO_TRAP : VEC_GP,
				  wrmsr(vcpu, MSR_PAT, (uint64_t)type << (8 * i))) {
				TH_LOG("type %u in entry %u", type, i);
			}
			EXPECT_EQ(exists ? (uint64_t)type << (8 * i) : 0x0606060606060606,
				  vcpu_msr(vcpu, MSR_PAT));
		}
	}
}

TEST_F(msr, fs_and_gs_base_are_those_of_the_segments)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;

	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_FS_BASE, 0xffff900000000001));
	EXPECT_EQ(0xffff900000000001, vcpu->sync->sregs.fs.base);
	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_GS_BASE, 0x00007abc00000002));
	EXPECT_EQ(0x00007abc00000002, vcpu->sync->sregs.gs.base);
	guest_sregs(vcpu)->fs.base = 0x1234;
	ASSERT_EQ(NO_TRAP, rdmsr(vcpu, MSR_FS_BASE, &value));
	EXPECT_EQ(0x1234, value);
}

TEST_F(msr, swapgs_exchanges_the_two_bases)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_GS_BASE, 0x1111));
	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_KERNEL_GS_BASE, 0x2222));
	guest_next(vcpu, &swap_gs);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x2222, vcpu->sync->sregs.gs.base);
	EXPECT_EQ(0x1111, vcpu_msr(vcpu, MSR_KERNEL_GS_BASE));
}

TEST_F(msr, rdtscp_reads_the_guests_tsc_aux)
{
	struct cpuid_group table;
	struct test_vcpu *vcpu = &self->vcpu;

	vcpu_get_cpuid(vcpu, &table);
	if (!(cpuid_find(&table, 0x80000001, 0)->edx & 1u << 27))
		SKIP(return, "the processor has no RDTSCP");
	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_TSC_AUX, 0xabcd1234));
	guest_next(vcpu, &read_tscp);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xabcd1234, vcpu->sync->regs.rcx);
	/* Not announced: neither the instruction nor the MSR is there. */
	cpuid_find(&table, 0x80000001, 0)->edx &= ~(1u << 27);
	cpuid_find(&table, 7, 0)->ecx &= ~(1u << 22);
	ASSERT_EQ(0, vcpu_set_cpuid(vcpu, &table));
	guest_next(vcpu, &read_tscp);
	EXPECT_EQ(VEC_UD, guest_run(vcpu));
	EXPECT_EQ(variant->flags ? EXIT_WRITE : VEC_GP, wrmsr(vcpu, MSR_TSC_AUX, 0));
}

TEST_F(msr, the_tsc_runs_and_can_be_written)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs *regs = &vcpu->sync->regs;
	uint64_t first, second;

	guest_next(vcpu, &tsc_twice);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	first = regs->r9 << 32 | regs->r8;
	second = regs->rdx << 32 | regs->rax;
	EXPECT_LT(first, second);
	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_TSC, 1ull << 60));
	guest_next(vcpu, &read_tsc);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	second = regs->rdx << 32 | (uint32_t)regs->rax;
	EXPECT_LE(1ull << 60, second);
	EXPECT_GT((1ull << 60) + (1ull << 40), second);
	EXPECT_LT(second, vcpu_msr(vcpu, MSR_TSC));
	ASSERT_EQ(NO_TRAP, wrmsr(vcpu, MSR_TSC, 0));
	EXPECT_GT(1ull << 40, vcpu_msr(vcpu, MSR_TSC));
}

/* ---- fixed ---- */

TEST_F(msr, fixed_ones_are_read_and_keep_their_value)
{
	static const struct {
		uint32_t index;
		uint64_t value;
	} fixed[] = {
		{ MSR_PLATFORM_ID, 0 }, { MSR_UCODE_REV, 0 }, { MSR_DEBUGCTL, 0 },
		{ MSR_MISC_ENABLE, 1 | 1 << 11 | 1 << 12 }, { MSR_APIC_BASE, 0xfee00900 },
		{ MSR_EFER, EFER_LME | EFER_LMA },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		ASSERT_EQ(NO_TRAP, rdmsr(vcpu, fixed[i].index, &value)) {
			TH_LOG("MSR %#x", fixed[i].index);
		}
		EXPECT_EQ(fixed[i].value, value) { TH_LOG("MSR %#x", fixed[i].index); }
		EXPECT_EQ(NO_TRAP, wrmsr(vcpu, fixed[i].index, value));
		EXPECT_EQ(VEC_GP, wrmsr(vcpu, fixed[i].index, value ^ 2)) {
			TH_LOG("MSR %#x", fixed[i].index);
		}
		EXPECT_TRUE(gp_0(vcpu));
		ASSERT_EQ(NO_TRAP, rdmsr(vcpu, fixed[i].index, &value));
		EXPECT_EQ(fixed[i].value, value);
	}
}

TEST_F(msr, the_bootstrap_processor_is_vcpu_0)
{
	struct test_vcpu other;
	uint64_t value;

	vcpu_open(&other, &self->vm, 1);
	guest_mode(&other, MODE_LONG);
	ASSERT_EQ(NO_TRAP, rdmsr(&other, MSR_APIC_BASE, &value));
	EXPECT_EQ(0xfee00800, value);
	vcpu_close(&other);
}

/* ---- unknown ---- */

TEST_F(msr, an_unknown_one_is_gp_or_an_exit)
{
	static const uint32_t indices[] = {
		0, 1, 0x3a, 0x48, 0x49, 0xfe, 0x1d8, 0x2ff, 0x38f, 0x480, 0x6e0, 0x800, 0x808,
		0x1fff, 0x2000, 0x40000000, MSR_UNKNOWN, 0xbfffffff, 0xc0000104, 0xc0001fff,
		0xc0002000, 0xc0011020, 0xffffffff,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		guest_mode(vcpu, MODE_LONG);
		EXPECT_EQ(variant->flags ? EXIT_READ : VEC_GP, rdmsr(vcpu, indices[i], &value)) {
			TH_LOG("RDMSR %#x", indices[i]);
		}
		/* Nothing was written. */
		EXPECT_EQ(0x5555555555555555, vcpu->sync->regs.rax);
		EXPECT_EQ(0x6666666666666666, vcpu->sync->regs.rdx);
		if (variant->flags) {
			EXPECT_EQ(indices[i], vcpu->exit->msr.index);
			EXPECT_EQ(0, vcpu->exit->msr.value);
		} else {
			EXPECT_TRUE(gp_0(vcpu));
		}
		guest_mode(vcpu, MODE_LONG);
		EXPECT_EQ(variant->flags ? EXIT_WRITE : VEC_GP, wrmsr(vcpu, indices[i], ~1ull)) {
			TH_LOG("WRMSR %#x", indices[i]);
		}
		if (variant->flags) {
			EXPECT_EQ(indices[i], vcpu->exit->msr.index);
			EXPECT_EQ(~1ull, vcpu->exit->msr.value);
			EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
		} else {
			EXPECT_TRUE(gp_0(vcpu));
		}
	}
}

TEST_F(msr, the_vmm_answers_a_read)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;

	if (!variant->flags) {
		/* Without the flag there is no exit to answer. */
		EXPECT_EQ(VEC_GP, rdmsr(vcpu, MSR_UNKNOWN, &value));
		return;
	}
	ASSERT_EQ(EXIT_READ, rdmsr(vcpu, MSR_UNKNOWN, &value));
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	vcpu->exit->msr.value = 0x1122334455667788;
	vcpu->exit->msr.index = MSR_STAR;	/* not read back */
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x55667788, vcpu->sync->regs.rax);
	EXPECT_EQ(0x11223344, vcpu->sync->regs.rdx);
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
	/* Or refuses it. */
	ASSERT_EQ(EXIT_READ, rdmsr(vcpu, MSR_UNKNOWN, &value));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	EXPECT_TRUE(gp_0(vcpu));
	EXPECT_EQ(0x5555555555555555, vcpu->sync->regs.rax);
}

TEST_F(msr, the_vmm_answers_a_write)
{
	struct test_vcpu *vcpu = &self->vcpu;

	if (!variant->flags) {
		EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_UNKNOWN, 5));
		return;
	}
	ASSERT_EQ(EXIT_WRITE, wrmsr(vcpu, MSR_UNKNOWN, 5));
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	EXPECT_EQ(5, vcpu->exit->msr.value);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
	EXPECT_EQ(0x1212121200000005, vcpu->sync->regs.rax);
	ASSERT_EQ(EXIT_WRITE, wrmsr(vcpu, MSR_UNKNOWN, 5));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	EXPECT_TRUE(gp_0(vcpu));
}

/* A value that the module refuses is the guest's fault, not the VMM's business. */
TEST_F(msr, a_bad_value_is_gp_and_never_an_exit)
{
	struct test_vcpu *vcpu = &self->vcpu;

	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_LSTAR, NOT_CANONICAL));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_EFER, 2));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_APIC_BASE, 0));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_MISC_ENABLE, ~0ull));
}

TEST_F(msr, a_program_at_cpl_3_reaches_none)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t user = vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS);

	guest_load(&self->vm, GUEST_CODE_AT, &read_msr);
	guest_user(vcpu);
	guest_regs(vcpu)->rcx = MSR_UNKNOWN;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	EXPECT_TRUE(gp_0(vcpu));
	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &write_msr);
	guest_user(vcpu);
	guest_regs(vcpu)->rcx = MSR_FS_BASE;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->sync->sregs.fs.base);
	EXPECT_EQ(user + 2, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));	/* two HLTs */
}

/* ---- the sweep ---- */

/* The MSRs that the host restores stand in the last, so that no RESET undoes what was written. */
static const uint32_t ranges[][2] = {
	{ 0, 0x2000 }, { 0x40000000, 0x40000100 }, { 0xc0000000, 0xc0002000 },
};

#define RANGES		3
#define SWEPT		(0x2000 + 0x2000 + 0x100)
#define SENTINEL	0x5a5a5a5aull
#define SWEEP_LIST	0x40000u	/* where the guest writes numbers */

/* The MSRs that the guest reaches with @code and RAX, RDX as given; how many, and which. */
static uint32_t sweep(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t value,
		      uint32_t *list)
{
	uint32_t nr = 0, i;

	for (i = 0; i < RANGES; i++) {
		struct xvcpu_regs *regs;

		guest_mode(vcpu, MODE_LONG);
		guest_load(vcpu->vm, GUEST_CODE_AT, code);
		guest_load(vcpu->vm, GUEST_TRAPS + 16 * VEC_GP, &sweep_on_gp);
		regs = guest_regs(vcpu);
		regs->rcx = ranges[i][0];
		regs->r12 = ranges[i][1];
		regs->r10 = (uint32_t)value;
		regs->r11 = value >> 32;
		regs->rdi = SWEEP_LIST;
		if (guest_run(vcpu) != NO_TRAP)
			die("the sweep stopped at MSR %#llx, exit %u",
			    (unsigned long long)regs->rcx, vcpu->exit->reason);
		memcpy(list + nr, guest_at(vcpu->vm, SWEEP_LIST), 4 * regs->r8);
		nr += regs->r8;
	}
	return nr;
}

static bool in_list(const uint32_t *list, uint32_t nr, uint32_t index)
{
	while (nr--) {
		if (list[nr] == index)
			return true;
	}
	return false;
}

/* What a guest may reach at all. */
static const uint32_t reachable[] = {
	MSR_TSC, MSR_PLATFORM_ID, MSR_APIC_BASE, MSR_UCODE_REV, MSR_SYSENTER_CS, MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP, MSR_MISC_ENABLE, MSR_DEBUGCTL, MSR_PAT, MSR_XSS, MSR_EFER, MSR_STAR,
	MSR_LSTAR, MSR_CSTAR, MSR_FMASK, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_TSC_AUX,
};

#define REACHABLE	ARRAY_SIZE(reachable)

struct host_msrs {
	bool there[SWEPT];
	uint64_t value[SWEPT];
};

static void host_read(int fd, struct host_msrs *host)
{
	uint32_t i, index, at = 0;

	for (i = 0; i < RANGES; i++) {
		for (index = ranges[i][0]; index < ranges[i][1]; index++, at++)
			host->there[at] = pread(fd, &host->value[at], 8, index) == 8;
	}
}

static uint32_t index_at(uint32_t at)
{
	uint32_t i;

	for (i = 0; at >= ranges[i][1] - ranges[i][0]; i++)
		at -= ranges[i][1] - ranges[i][0];
	return ranges[i][0] + at;
}

static bool differs(const struct host_msrs *a, const struct host_msrs *b, uint32_t at)
{
	return a->there[at] != b->there[at] || (a->there[at] && a->value[at] != b->value[at]);
}

TEST(no_access_changes_an_msr_of_the_host)
{
	/* The last is a 32-bit value, which registers with a reserved upper half take, too. */
	static const uint64_t values[] = { 0, ~0ull, SENTINEL };
	static struct host_msrs before, still, after;
	static uint32_t list[SWEPT];
	uint32_t at, nr, i, seen = 0, moving = 0;
	struct test_vcpu vcpu;
	struct test_vm vm;
	cpu_set_t cpu0;
	int fd;

	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu0), &cpu0));
	if (access("/dev/cpu/0/msr", R_OK) && system("modprobe msr"))
		die("modprobe msr");
	fd = open("/dev/cpu/0/msr", O_RDONLY);
	if (fd < 0)
		die("/dev/cpu/0/msr: %s", strerror(errno));
	vm_open(&vm, 0);
	vcpu_open(&vcpu, &vm, 0);
	guest_memory_init(&vm);
	host_read(fd, &before);
	host_read(fd, &still);

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		nr = sweep(&vcpu, &sweep_write, values[i], list);
		EXPECT_LT(4, nr);
		EXPECT_GE(REACHABLE, nr);
		for (at = 0; at < nr; at++)
			EXPECT_TRUE(in_list(reachable, REACHABLE, list[at])) {
				TH_LOG("MSR %#x", list[at]);
			}
	}
	/* These hold something that no host has there. */
	EXPECT_TRUE(in_list(list, nr, MSR_KERNEL_GS_BASE));
	EXPECT_EQ(SENTINEL, vcpu_msr(&vcpu, MSR_KERNEL_GS_BASE));

	host_read(fd, &after);
	for (at = 0; at < SWEPT; at++) {
		seen += after.there[at];
		/* Clocks and counters run by themselves. */
		if (differs(&before, &still, at)) {
			moving++;
			continue;
		}
		EXPECT_FALSE(differs(&before, &after, at)) {
			TH_LOG("MSR %#x: %#llx, before %#llx", index_at(at),
			       (unsigned long long)after.value[at],
			       (unsigned long long)before.value[at]);
		}
	}
	EXPECT_LT(100, seen);
	EXPECT_GT(16, moving);
	close(fd);
	vcpu_close(&vcpu);
	vm_close(&vm);
}

TEST(no_other_msr_can_be_read)
{
	static uint32_t list[SWEPT];
	struct test_vcpu vcpu;
	struct test_vm vm;
	uint32_t nr, i;

	vm_open(&vm, 0);
	vcpu_open(&vcpu, &vm, 0);
	guest_memory_init(&vm);
	nr = sweep(&vcpu, &sweep_read, 0, list);
	for (i = 0; i < nr; i++)
		EXPECT_TRUE(in_list(reachable, REACHABLE, list[i])) { TH_LOG("MSR %#x", list[i]); }
	/* XSS and TSC_AUX depend on the processor. */
	for (i = 0; i < REACHABLE; i++) {
		if (reachable[i] == MSR_XSS || reachable[i] == MSR_TSC_AUX)
			continue;
		EXPECT_TRUE(in_list(list, nr, reachable[i])) { TH_LOG("MSR %#x", reachable[i]); }
	}
	vcpu_close(&vcpu);
	vm_close(&vm);
}

TEST_HARNESS_MAIN

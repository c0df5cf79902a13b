// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a policy makes of guests' accesses: ports, MSRs, CPUID leaves, hypercalls, and the port that
 * means "system down".
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define EXIT_READ	OTHER_EXIT(XVCPU_EXIT_MSR_READ)
#define EXIT_WRITE	OTHER_EXIT(XVCPU_EXIT_MSR_WRITE)
#define EXIT_CPUID	OTHER_EXIT(XVCPU_EXIT_CPUID)
#define EXIT_CALL	OTHER_EXIT(XVCPU_EXIT_HYPERCALL)
#define EXIT_DOWN	OTHER_EXIT(XVCPU_EXIT_SYSTEM_DOWN)
#define RAX		0xfedcba9876543210ull

#define MSR_TSC		0x10
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_MISC_ENABLE	0x1a0
#define MSR_UNKNOWN	0x12345678

GUEST_CODE(out_1, 64, "out %al, %dx; hlt");
GUEST_CODE(out_2, 64, "out %ax, %dx; hlt");
GUEST_CODE(out_4, 64, "out %eax, %dx; hlt");
GUEST_CODE(in_1, 64, "in %dx, %al; hlt");
GUEST_CODE(in_2, 64, "in %dx, %ax; hlt");
GUEST_CODE(in_4, 64, "in %dx, %eax; hlt");
GUEST_CODE(rep_outsw, 64, "rep outsw; hlt");
GUEST_CODE(rep_insl, 64, "rep insl; hlt");
GUEST_CODE(sti_out, 64, "sti; out %al, %dx; hlt");
GUEST_CODE(read_msr, 64, "rdmsr; hlt");
GUEST_CODE(write_msr, 64, "wrmsr; hlt");
GUEST_CODE(cpuid, 64, "cpuid; hlt");
GUEST_CODE(vmcall, 64, "vmcall; hlt");

static const struct guest_code *const out_of[] = { [1] = &out_1, [2] = &out_2, [4] = &out_4 };
static const struct guest_code *const in_of[] = { [1] = &in_1, [2] = &in_2, [4] = &in_4 };

FIXTURE(policy) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct guest_trap trap;
};

FIXTURE_SETUP(policy)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &out_1);
}

FIXTURE_TEARDOWN(policy)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static struct xvcpu_policy_range range(uint32_t kind, uint32_t first, uint32_t last, uint8_t read,
				       uint8_t write)
{
	return (struct xvcpu_policy_range) {
		.kind = kind, .first = first, .last = last, .read = read, .write = write,
	};
}

/* One range is the whole policy. */
static void set_range(struct test_vm *vm, uint32_t kind, uint32_t first, uint32_t last,
		      uint8_t read, uint8_t write)
{
	struct xvcpu_policy_range one = range(kind, first, last, read, write);
	long err = vm_policy(vm, NULL, &one, 1);

	if (err)
		die("SET_POLICY: %s", strerror(-err));
}

/* From the start, in the mode that the vCPU is in, with nothing left of an earlier run. */
static int start(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t rax, uint64_t rcx,
		 uint64_t rdx)
{
	struct xvcpu_regs *regs;

	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	regs = guest_regs(vcpu);
	regs->rax = rax;
	regs->rcx = rcx;
	regs->rdx = rdx;
	return guest_run(vcpu);
}

static int out(struct test_vcpu *vcpu, uint16_t port, unsigned int size)
{
	return start(vcpu, out_of[size], RAX, 0, port);
}

static int in(struct test_vcpu *vcpu, uint16_t port, unsigned int size)
{
	return start(vcpu, in_of[size], RAX, 0, port);
}

static bool gp_0(struct test_vcpu *vcpu)
{
	struct guest_trap trap;

	return guest_trapped(vcpu, &trap) && trap.vector == VEC_GP && !trap.error &&
	       trap.rip == GUEST_CODE_AT;
}

/* ---- ports ---- */

TEST_F(policy, a_port_exits_faults_or_is_not_there)
{
	static const uint64_t ones[] = {
		[1] = RAX | 0xff, [2] = RAX | 0xffff, [4] = 0xffffffff,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t user, denied;
	unsigned int size;

	for (size = 1; size <= 4; size *= 2) {
		set_range(&self->vm, XVCPU_POLICY_PORT, 0x60, 0x6f, XVCPU_POLICY_GP,
			  XVCPU_POLICY_GP);
		EXPECT_EQ(VEC_GP, out(vcpu, 0x64, size));
		EXPECT_TRUE(gp_0(vcpu));
		EXPECT_EQ(VEC_GP, in(vcpu, 0x64, size));
		EXPECT_TRUE(gp_0(vcpu));
		EXPECT_EQ(RAX, vcpu->sync->regs.rax);

		set_range(&self->vm, XVCPU_POLICY_PORT, 0x60, 0x6f, XVCPU_POLICY_IGNORE,
			  XVCPU_POLICY_IGNORE);
		user = vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS);
		denied = vcpu_counter(vcpu, XVCPU_COUNT_POLICY);
		EXPECT_EQ(NO_TRAP, out(vcpu, 0x64, size));
		EXPECT_EQ(RAX, vcpu->sync->regs.rax);
		EXPECT_EQ(NO_TRAP, in(vcpu, 0x64, size));
		EXPECT_EQ(ones[size], vcpu->sync->regs.rax) TH_LOG("size %u", size);
		EXPECT_EQ(GUEST_CODE_AT + (in_of[size]->end - in_of[size]->begin),
			  vcpu->sync->regs.rip);
		EXPECT_EQ(user + 2, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));	/* HLT */
		EXPECT_EQ(denied + 2, vcpu_counter(vcpu, XVCPU_COUNT_POLICY));

		set_range(&self->vm, XVCPU_POLICY_PORT, 0x60, 0x6f, XVCPU_POLICY_EXIT,
			  XVCPU_POLICY_DEFAULT);
		EXPECT_EQ(EXIT_IO, out(vcpu, 0x64, size));
		EXPECT_EQ(EXIT_IO, in(vcpu, 0x64, size));
		EXPECT_EQ(denied + 2, vcpu_counter(vcpu, XVCPU_COUNT_POLICY));
	}
}

TEST_F(policy, in_and_out_are_judged_apart)
{
	struct test_vcpu *vcpu = &self->vcpu;

	set_range(&self->vm, XVCPU_POLICY_PORT, 0x70, 0x71, XVCPU_POLICY_GP, XVCPU_POLICY_IGNORE);
	EXPECT_EQ(VEC_GP, in(vcpu, 0x70, 1));
	EXPECT_EQ(NO_TRAP, out(vcpu, 0x70, 1));
	set_range(&self->vm, XVCPU_POLICY_PORT, 0x70, 0x71, XVCPU_POLICY_DEFAULT, XVCPU_POLICY_GP);
	EXPECT_EQ(EXIT_IO, in(vcpu, 0x70, 1));
	EXPECT_EQ(VEC_GP, out(vcpu, 0x70, 1));
}

TEST_F(policy, a_range_of_ports_ends_where_it_ends)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0x60, 0x6f }, { 0x80, 0x80 }, { 0, 3 }, { 0xfff0, 0xffff } };
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		uint32_t first = ranges[i].first, last = ranges[i].last;

		set_range(&self->vm, XVCPU_POLICY_PORT, first, last, XVCPU_POLICY_GP,
			  XVCPU_POLICY_GP);
		EXPECT_EQ(VEC_GP, out(vcpu, first, 1));
		EXPECT_EQ(VEC_GP, in(vcpu, first, 1));
		EXPECT_EQ(VEC_GP, out(vcpu, last, 1)) TH_LOG("last %#x", last);
		EXPECT_EQ(VEC_GP, in(vcpu, last, 1));
		if (first)
			EXPECT_EQ(EXIT_IO, out(vcpu, first - 1, 1)) TH_LOG("first %#x", first);
		if (last < 0xffff)
			EXPECT_EQ(EXIT_IO, out(vcpu, last + 1, 1)) TH_LOG("last %#x", last);
	}
}

/* Several ranges, found among each other; what lies between them exits. */
TEST_F(policy, each_range_has_its_own_action)
{
	struct xvcpu_policy_range ranges[XVCPU_POLICY_RANGES];
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < XVCPU_POLICY_RANGES; i++)
		ranges[i] = range(XVCPU_POLICY_PORT, 0x1000 + 16 * i, 0x1000 + 16 * i + 7, 0,
				  i % 2 ? XVCPU_POLICY_GP : XVCPU_POLICY_IGNORE);
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, ranges, XVCPU_POLICY_RANGES));
	for (i = 0; i < XVCPU_POLICY_RANGES; i++) {
		int want = i % 2 ? VEC_GP : NO_TRAP;

		EXPECT_EQ(want, out(vcpu, ranges[i].first, 1)) TH_LOG("range %u", i);
		EXPECT_EQ(want, out(vcpu, ranges[i].last, 1)) TH_LOG("range %u", i);
		EXPECT_EQ(EXIT_IO, out(vcpu, ranges[i].last + 1, 1)) TH_LOG("range %u", i);
	}
	EXPECT_EQ(EXIT_IO, out(vcpu, 0xfff, 1));
}

TEST_F(policy, an_access_is_decided_by_every_port_it_touches)
{
	const struct xvcpu_policy_range ranges[] = {
		range(XVCPU_POLICY_PORT, 0x100, 0x103, XVCPU_POLICY_IGNORE, XVCPU_POLICY_IGNORE),
		range(XVCPU_POLICY_PORT, 0x106, 0x106, XVCPU_POLICY_GP, XVCPU_POLICY_GP),
		range(XVCPU_POLICY_PORT, 0xfffe, 0xffff, XVCPU_POLICY_IGNORE, XVCPU_POLICY_IGNORE),
	};
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, NULL, ranges, ARRAY_SIZE(ranges)));
	EXPECT_EQ(NO_TRAP, out(vcpu, 0x100, 4));
	EXPECT_EQ(NO_TRAP, out(vcpu, 0x102, 2));
	EXPECT_EQ(EXIT_IO, out(vcpu, 0x101, 4));	/* 0x104 exits */
	EXPECT_EQ(EXIT_IO, in(vcpu, 0x103, 2));
	EXPECT_EQ(VEC_GP, out(vcpu, 0x103, 4));		/* 0x106 is refused */
	EXPECT_EQ(VEC_GP, in(vcpu, 0x105, 2));
	EXPECT_EQ(EXIT_IO, out(vcpu, 0x104, 2));
	/* Behind the last port nothing is. */
	EXPECT_EQ(NO_TRAP, out(vcpu, 0xffff, 1));
	EXPECT_EQ(NO_TRAP, out(vcpu, 0xffff, 4));
}

/* To the end of what is done without the VMM: 3000 elements are more than a page. */
static int string(struct test_vcpu *vcpu, const struct guest_code *code)
{
	struct xvcpu_regs *regs;

	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	regs = guest_regs(vcpu);
	regs->rcx = 3000;
	regs->rsi = GUEST_FREE + 4;
	regs->rdi = GUEST_FREE + 4;
	regs->rdx = 0x1f0;
	return guest_run(vcpu);
}

TEST_F(policy, string_io_obeys_it)
{
	struct test_vcpu *vcpu = &self->vcpu;
	const uint8_t *memory = guest_at(&self->vm, GUEST_FREE);
	uint64_t user = vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS);
	unsigned int i;

	set_range(&self->vm, XVCPU_POLICY_PORT, 0x1f0, 0x1f3, XVCPU_POLICY_IGNORE,
		  XVCPU_POLICY_IGNORE);
	ASSERT_EQ(NO_TRAP, string(vcpu, &rep_outsw));
	EXPECT_EQ(0, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_FREE + 4 + 6000, vcpu->sync->regs.rsi);
	ASSERT_EQ(NO_TRAP, string(vcpu, &rep_insl));
	EXPECT_EQ(0, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_FREE + 4 + 12000, vcpu->sync->regs.rdi);
	for (i = 0; i < 12000 && memory[4 + i] == 0xff; i++)
		;
	EXPECT_EQ(12000, i);
	EXPECT_EQ(0, memory[3]);
	EXPECT_EQ(0, memory[12004]);
	EXPECT_EQ(user + 2, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));	/* HLT */

	set_range(&self->vm, XVCPU_POLICY_PORT, 0x1f3, 0x1f3, XVCPU_POLICY_GP, 0);
	EXPECT_EQ(VEC_GP, string(vcpu, &rep_insl));
	EXPECT_TRUE(gp_0(vcpu));
	EXPECT_EQ(3000, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_FREE + 4, vcpu->sync->regs.rdi);
	EXPECT_EQ(EXIT_IO, string(vcpu, &rep_outsw));
}

TEST_F(policy, an_ignored_out_ends_blocking_by_sti)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_events events;

	set_range(&self->vm, XVCPU_POLICY_PORT, 0, 0xffff, XVCPU_POLICY_IGNORE,
		  XVCPU_POLICY_IGNORE);
	EXPECT_EQ(NO_TRAP, start(vcpu, &sti_out, 0, 0, 0x80));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(0, events.interruptibility);
}

/* ---- the port that means "system down" ---- */

TEST_F(policy, the_exit_port_wants_port_size_and_value)
{
	static const struct xvcpu_policy policy = {
		.exit_port = 0x604, .exit_size = 2, .exit_value = 0x2000,
	};
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, &policy, NULL, 0));
	/* What stands above AX is not written. */
	ASSERT_EQ(EXIT_DOWN, start(vcpu, &out_2, 0xffffffffffff2000, 0, 0x604));
	EXPECT_EQ(0x604, vcpu->exit->io.port);
	EXPECT_EQ(2, vcpu->exit->io.size);
	EXPECT_EQ(0x2000, vcpu->exit->io.data);
	EXPECT_EQ(XVCPU_IO_OUT, vcpu->exit->io.flags);
	EXPECT_EQ(0, vcpu->exit->flags);	/* waits for nothing */
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	EXPECT_EQ(1, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));
	/* A VMM that goes on finds the guest behind it. */
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));

	EXPECT_EQ(EXIT_IO, start(vcpu, &out_2, 0x2001, 0, 0x604));
	EXPECT_EQ(EXIT_IO, start(vcpu, &out_2, 0x2000, 0, 0x605));
	EXPECT_EQ(EXIT_IO, start(vcpu, &out_4, 0x2000, 0, 0x604));
	EXPECT_EQ(EXIT_IO, start(vcpu, &out_1, 0x2000, 0, 0x604));
	EXPECT_EQ(EXIT_IO, start(vcpu, &in_2, 0x2000, 0, 0x604));
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
	EXPECT_EQ(EXIT_IO, start(vcpu, &out_2, 0x2000, 0, 0x604));
}

TEST_F(policy, the_exit_port_comes_before_the_ranges)
{
	static const struct xvcpu_policy policy = {
		.exit_port = 0xf4, .exit_size = 1, .exit_value = 0x31,
	};
	const struct xvcpu_policy_range all = range(XVCPU_POLICY_PORT, 0, 0xffff, XVCPU_POLICY_GP,
						    XVCPU_POLICY_GP);
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, &policy, &all, 1));
	EXPECT_EQ(EXIT_DOWN, start(vcpu, &out_1, 0x31, 0, 0xf4));
	EXPECT_EQ(VEC_GP, start(vcpu, &out_1, 0x30, 0, 0xf4));
}

/* ---- MSRs ---- */

static int rdmsr(struct test_vcpu *vcpu, uint32_t index)
{
	return start(vcpu, &read_msr, 0x5555555555555555, index, 0x6666666666666666);
}

static int wrmsr(struct test_vcpu *vcpu, uint32_t index, uint64_t value)
{
	return start(vcpu, &write_msr, (uint32_t)value, index, value >> 32);
}

static uint64_t value_read(struct test_vcpu *vcpu)
{
	return vcpu->sync->regs.rdx << 32 | (uint32_t)vcpu->sync->regs.rax;
}

TEST_F(policy, an_unknown_msr_exits_faults_or_is_ignored)
{
	struct test_vcpu *vcpu = &self->vcpu;

	set_range(&self->vm, XVCPU_POLICY_MSR, MSR_UNKNOWN, MSR_UNKNOWN, XVCPU_POLICY_EXIT,
		  XVCPU_POLICY_IGNORE);
	ASSERT_EQ(EXIT_READ, rdmsr(vcpu, MSR_UNKNOWN));
	EXPECT_EQ(MSR_UNKNOWN, vcpu->exit->msr.index);
	EXPECT_EQ(0, vcpu->exit->msr.value);
	vcpu->exit->msr.value = 0x1122334455667788;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x1122334455667788, value_read(vcpu));
	EXPECT_EQ(NO_TRAP, wrmsr(vcpu, MSR_UNKNOWN, ~0ull));
	/* Its neighbours are not named. */
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, MSR_UNKNOWN - 1));
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, MSR_UNKNOWN + 1));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_UNKNOWN + 1, 0));

	set_range(&self->vm, XVCPU_POLICY_MSR, MSR_UNKNOWN, MSR_UNKNOWN, XVCPU_POLICY_IGNORE,
		  XVCPU_POLICY_EXIT);
	ASSERT_EQ(NO_TRAP, rdmsr(vcpu, MSR_UNKNOWN));
	EXPECT_EQ(0, vcpu->sync->regs.rax);
	EXPECT_EQ(0, vcpu->sync->regs.rdx);
	ASSERT_EQ(EXIT_WRITE, wrmsr(vcpu, MSR_UNKNOWN, 0xabcdef0123456789));
	EXPECT_EQ(0xabcdef0123456789, vcpu->exit->msr.value);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(policy, msr_ranges_reach_to_both_ends)
{
	struct xvcpu_policy_range ranges[] = {
		range(XVCPU_POLICY_MSR, 0, 0xf, XVCPU_POLICY_EXIT, XVCPU_POLICY_EXIT),
		range(XVCPU_POLICY_MSR, 0xc0000200, 0xffffffff, XVCPU_POLICY_EXIT, 0),
	};
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, NULL, ranges, 2));
	EXPECT_EQ(EXIT_READ, rdmsr(vcpu, 0));
	EXPECT_EQ(EXIT_WRITE, wrmsr(vcpu, 0xf, 0));
	EXPECT_EQ(EXIT_READ, rdmsr(vcpu, 0xc0000200));
	EXPECT_EQ(EXIT_READ, rdmsr(vcpu, 0xffffffff));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, 0xffffffff, 0));
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, 0xc00001ff));
}

/* What the module has of its own is told, and goes to the guest if the VMM leaves it. */
TEST_F(policy, a_range_comes_before_an_msr_of_the_modules_own)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_policy_range ranges[] = {
		range(XVCPU_POLICY_MSR, MSR_MISC_ENABLE, MSR_MISC_ENABLE, XVCPU_POLICY_GP, 0),
		range(XVCPU_POLICY_MSR, MSR_EFER, MSR_STAR, XVCPU_POLICY_EXIT, XVCPU_POLICY_EXIT),
	};

	ASSERT_EQ(NO_TRAP, rdmsr(vcpu, MSR_MISC_ENABLE));
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, ranges, 2));
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, MSR_MISC_ENABLE));
	EXPECT_TRUE(gp_0(vcpu));

	ASSERT_EQ(EXIT_READ, rdmsr(vcpu, MSR_EFER));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->exit->msr.value);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(EFER_LME | EFER_LMA, value_read(vcpu));
	ASSERT_EQ(EXIT_READ, rdmsr(vcpu, MSR_EFER));
	vcpu->exit->msr.value = EFER_LME;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(EFER_LME, value_read(vcpu));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);

	/* The write is the VMM's to make: DONE makes none. */
	ASSERT_EQ(EXIT_WRITE, wrmsr(vcpu, MSR_STAR, 0x1234567800000000));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, vcpu_msr(vcpu, MSR_STAR));
	ASSERT_EQ(EXIT_WRITE, wrmsr(vcpu, MSR_STAR, 0x1234567800000000));
	ASSERT_EQ(0, vcpu_set_msr(vcpu, MSR_STAR, vcpu->exit->msr.value));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x1234567800000000, vcpu_msr(vcpu, MSR_STAR));
}

TEST_F(policy, reads_and_writes_of_an_msr_are_judged_apart)
{
	struct test_vcpu *vcpu = &self->vcpu;

	set_range(&self->vm, XVCPU_POLICY_MSR, MSR_STAR, MSR_STAR, XVCPU_POLICY_DEFAULT,
		  XVCPU_POLICY_GP);
	EXPECT_EQ(NO_TRAP, rdmsr(vcpu, MSR_STAR));
	EXPECT_EQ(VEC_GP, wrmsr(vcpu, MSR_STAR, 1));
	set_range(&self->vm, XVCPU_POLICY_MSR, MSR_STAR, MSR_STAR, XVCPU_POLICY_GP,
		  XVCPU_POLICY_DEFAULT);
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, MSR_STAR));
	EXPECT_EQ(NO_TRAP, wrmsr(vcpu, MSR_STAR, 1));
	EXPECT_EQ(1, vcpu_msr(vcpu, MSR_STAR));
}

/* The flag of CREATE_VM is for what no range names. */
TEST(a_range_comes_before_msr_exit)
{
	struct test_vcpu vcpu;
	struct test_vm vm;

	vm_open(&vm, XVCPU_VM_MSR_EXIT);
	vcpu_open(&vcpu, &vm, 0);
	guest_memory_init(&vm);
	EXPECT_EQ(EXIT_READ, rdmsr(&vcpu, MSR_UNKNOWN));
	set_range(&vm, XVCPU_POLICY_MSR, MSR_UNKNOWN, MSR_UNKNOWN + 1, XVCPU_POLICY_GP,
		  XVCPU_POLICY_DEFAULT);
	EXPECT_EQ(VEC_GP, rdmsr(&vcpu, MSR_UNKNOWN));
	EXPECT_EQ(VEC_GP, rdmsr(&vcpu, MSR_UNKNOWN + 1));
	EXPECT_EQ(EXIT_WRITE, wrmsr(&vcpu, MSR_UNKNOWN, 0));
	EXPECT_EQ(EXIT_READ, rdmsr(&vcpu, MSR_UNKNOWN + 2));
	vcpu_close(&vcpu);
	vm_close(&vm);
}

/* ---- CPUID ---- */

static int leaf(struct test_vcpu *vcpu, uint32_t eax, uint32_t ecx)
{
	return start(vcpu, &cpuid, 0x1111111100000000 | eax, 0x2222222200000000 | ecx, 0);
}

static bool regs_are(struct test_vcpu *vcpu, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	const struct xvcpu_regs *regs = &vcpu->sync->regs;

	return regs->rax == eax && regs->rbx == ebx && regs->rcx == ecx && regs->rdx == edx;
}

TEST_F(policy, a_cpuid_leaf_exits_with_the_modules_answer)
{
	static const uint32_t leaves[] = { 0, 1, 7, 0xd, 0x40000000, 0x80000001, 0x80000008 };
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_exit_cpuid exit;
	struct xvcpu_regs before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
		ASSERT_EQ(NO_TRAP, leaf(vcpu, leaves[i], 0));
		before = vcpu->sync->regs;
		set_range(&self->vm, XVCPU_POLICY_CPUID, leaves[i], leaves[i], XVCPU_POLICY_EXIT,
			  0);
		ASSERT_EQ(EXIT_CPUID, leaf(vcpu, leaves[i], 0));
		exit = *(struct xvcpu_exit_cpuid *)&vcpu->exit->cpuid;
		EXPECT_EQ(leaves[i], exit.leaf);
		EXPECT_EQ(0, exit.subleaf);
		EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_TRUE(regs_are(vcpu, before.rax, before.rbx, before.rcx, before.rdx)) {
			TH_LOG("leaf %#x", leaves[i]);
		}
		EXPECT_TRUE(regs_are(vcpu, exit.eax, exit.ebx, exit.ecx, exit.edx));
	}
}

TEST_F(policy, the_vmm_answers_a_cpuid_leaf)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_cpuid *exit = &vcpu->exit->cpuid;

	set_range(&self->vm, XVCPU_POLICY_CPUID, 0x40000000, 0x400000ff, XVCPU_POLICY_EXIT, 0);
	ASSERT_EQ(EXIT_CPUID, leaf(vcpu, 0x40000012, 0x77));
	EXPECT_EQ(0x40000012, exit->leaf);
	EXPECT_EQ(0x77, exit->subleaf);
	exit->leaf = 0;
	exit->eax = 0xa0a0a0a0;
	exit->ebx = 0xb0b0b0b0;
	exit->ecx = 0xc0c0c0c0;
	exit->edx = 0xd0d0d0d0;
	guest_regs(vcpu)->rax = 5;	/* the answer wins */
	guest_regs(vcpu)->rsi = 6;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_TRUE(regs_are(vcpu, 0xa0a0a0a0, 0xb0b0b0b0, 0xc0c0c0c0, 0xd0d0d0d0));
	EXPECT_EQ(6, vcpu->sync->regs.rsi);
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);

	ASSERT_EQ(EXIT_CPUID, leaf(vcpu, 0x400000ff, 0));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_UD;
	EXPECT_EQ(VEC_UD, guest_run(vcpu));
	ASSERT_EQ(EXIT_CPUID, leaf(vcpu, 0x40000000, 0));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	guest_regs(vcpu)->rax = 0x40000100;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(NO_TRAP, leaf(vcpu, 0x3fffffff, 0));
}

/* ---- VMCALL ---- */

static int call_at(struct test_vcpu *vcpu, bool user)
{
	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, &vmcall);
	if (user)
		guest_user(vcpu);
	return guest_run(vcpu);
}

TEST_F(policy, a_hypercall_exits_up_to_a_cpl)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_policy policy = { 0 };

	for (policy.hypercall_cpl = 0; policy.hypercall_cpl < 4; policy.hypercall_cpl++) {
		ASSERT_EQ(0, vm_policy(&self->vm, &policy, NULL, 0));
		ASSERT_EQ(EXIT_CALL, call_at(vcpu, false));
		EXPECT_EQ(0, vcpu->exit->hypercall.cpl);
		ASSERT_EQ(policy.hypercall_cpl == 3 ? EXIT_CALL : VEC_UD, call_at(vcpu, true)) {
			TH_LOG("CPL %u", policy.hypercall_cpl);
		}
	}
	EXPECT_EQ(3, vcpu->exit->hypercall.cpl);
	EXPECT_EQ(0, vcpu->exit->hypercall.reserved);
	vcpu->exit->hypercall.result = 0x4242;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));	/* HLT at CPL 3 */
	EXPECT_EQ(0x4242, vcpu->sync->regs.rax);
}

TEST_F(policy, hypercalls_can_be_ud_everywhere)
{
	static const struct xvcpu_policy policy = {
		.hypercall = XVCPU_HYPERCALL_UD, .hypercall_cpl = 3,
	};
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, &policy, NULL, 0));
	EXPECT_EQ(VEC_UD, call_at(vcpu, false));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(VEC_UD, call_at(vcpu, true));
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
	EXPECT_EQ(EXIT_CALL, call_at(vcpu, false));
	EXPECT_EQ(VEC_UD, call_at(vcpu, true));
}

/* ---- all at once, and changes ---- */

TEST_F(policy, kinds_do_not_get_mixed_up)
{
	const struct xvcpu_policy_range ranges[] = {
		range(XVCPU_POLICY_PORT, 0x40, 0x43, XVCPU_POLICY_GP, XVCPU_POLICY_GP),
		range(XVCPU_POLICY_MSR, 0x42, 0x42, XVCPU_POLICY_EXIT, XVCPU_POLICY_EXIT),
		range(XVCPU_POLICY_CPUID, 0x41, 0x41, XVCPU_POLICY_EXIT, 0),
	};
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vm_policy(&self->vm, NULL, ranges, 3));
	EXPECT_EQ(VEC_GP, out(vcpu, 0x42, 1));
	EXPECT_EQ(EXIT_READ, rdmsr(vcpu, 0x42));
	EXPECT_EQ(VEC_GP, rdmsr(vcpu, 0x41));
	EXPECT_EQ(EXIT_CPUID, leaf(vcpu, 0x41, 0));
	EXPECT_EQ(NO_TRAP, leaf(vcpu, 0x42, 0));
}

TEST_F(policy, an_exit_that_waits_stays_what_it_is)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, in(vcpu, 0x60, 1));
	set_range(&self->vm, XVCPU_POLICY_PORT, 0, 0xffff, XVCPU_POLICY_GP, XVCPU_POLICY_GP);
	vcpu->exit->io.data = 0x5a;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ((RAX & ~0xffull) | 0x5a, vcpu->sync->regs.rax);
	EXPECT_EQ(VEC_GP, in(vcpu, 0x60, 1));
	/* RETRY is another access. */
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
	ASSERT_EQ(EXIT_IO, in(vcpu, 0x60, 1));
	set_range(&self->vm, XVCPU_POLICY_PORT, 0x60, 0x60, XVCPU_POLICY_GP, 0);
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

TEST_F(policy, it_is_for_all_vcpus_of_its_vm_and_for_no_other)
{
	struct test_vcpu other_vcpu, *vcpu = &self->vcpu, second;
	struct test_vm other;

	vm_open(&other, 0);
	vcpu_open(&other_vcpu, &other, 0);
	guest_memory_init(&other);
	set_range(&self->vm, XVCPU_POLICY_PORT, 0, 0xffff, XVCPU_POLICY_GP, XVCPU_POLICY_GP);
	vcpu_open(&second, &self->vm, 1);
	EXPECT_EQ(VEC_GP, out(vcpu, 0x80, 1));
	EXPECT_EQ(VEC_GP, out(&second, 0x80, 1));
	EXPECT_EQ(EXIT_IO, out(&other_vcpu, 0x80, 1));
	ASSERT_EQ(0, vcpu_reset(vcpu));		/* is about the vCPU */
	EXPECT_EQ(VEC_GP, out(vcpu, 0x80, 1));
	vcpu_close(&second);
	vcpu_close(&other_vcpu);
	vm_close(&other);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that exit because the VMM wants to see them: what the exit tells, and where the
 * answer goes. Exceptions: guest_intercept_exception.c.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_INSN	OTHER_EXIT(XVCPU_EXIT_INSTRUCTION)
#define ARITHMETIC	0x8d5ull	/* CF, PF, AF, ZF, SF, OF */
#define MSR_TSC		0x10
#define MSR_TSC_AUX	0xc0000103
#define VALUE		0x1122334455667788ull
#define ALL_ONES	(~0ull)
#define CR4_PCE		0x100ull
#define DR6_FIXED	0xffff0ff0ull
#define DR7_FIXED	0x400ull
#define DR7_GD		(1ull << 13)

GUEST_CODE(rdtsc, 64, "rdtsc; hlt");
GUEST_CODE(rdtsc_twice, 64, "rdtsc; rdtsc; hlt");
GUEST_CODE(rdtscp, 64, "rdtscp; hlt");
GUEST_CODE(rdpmc, 64, "rdpmc; hlt");
GUEST_CODE(invlpg, 64, "invlpg 0x123(%rsi); hlt");
GUEST_CODE(invpcid, 64, "invpcid (%rsi), %r11; hlt");
GUEST_CODE(wbinvd, 64, "wbinvd; hlt");
GUEST_CODE(monitor, 64, "monitor; hlt");
GUEST_CODE(mwait, 64, "mwait; hlt");
GUEST_CODE(spin_hint, 64, "pause; hlt");
GUEST_CODE(rdrand_16, 16, "rdrand %bx; hlt");
GUEST_CODE(rdrand_32, 64, "rdrand %r12d; hlt");
GUEST_CODE(rdrand_64, 64, "rdrand %rsp; hlt");
GUEST_CODE(rdseed_16, 16, "rdseed %bx; hlt");
GUEST_CODE(rdseed_32, 64, "rdseed %r12d; hlt");
GUEST_CODE(rdseed_64, 64, "rdseed %rsp; hlt");
GUEST_CODE(to_dr2, 64, "mov %rbp, %dr2; hlt");
GUEST_CODE(to_dr7, 64, "mov %rbp, %dr7; hlt");
GUEST_CODE(from_dr3, 64, "mov %dr3, %r9; hlt");
GUEST_CODE(from_dr6, 64, "mov %dr4, %r9; hlt");	/* an alias, without CR4.DE */
/* The page at RSI is read, its entry at RDI changed, and it is read again. */
GUEST_CODE(remap, 64, "mov (%rsi), %rax; mov %rbx, (%rdi); invlpg (%rsi); mov (%rsi), %rcx; hlt");
GUEST_CODE(spin, 64, "1: incq 0xa000; rdtsc; jmp 1b");

FIXTURE(intercept) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct guest_trap trap;
};

FIXTURE_SETUP(intercept)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(intercept)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define intercept_data FIXTURE_DATA(intercept)

/* False where the processor cannot. */
static bool want(struct test_vcpu *vcpu, enum xvcpu_instruction instruction)
{
	long ret = vcpu_intercepts(vcpu, XVCPU_INTERCEPT(instruction), 0);

	if (ret && ret != -EOPNOTSUPP)
		die("SET_INTERCEPTS: %s", strerror(-ret));
	return !ret;
}

/* Every register holds VALUE but what is set here. */
static struct xvcpu_regs *prepare_in(struct test_vcpu *vcpu, enum guest_mode mode,
				     const struct guest_code *code)
{
	struct xvcpu_regs *regs;
	unsigned int i;

	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	regs = guest_regs(vcpu);
	for (i = 0; i < 16; i++)
		(&regs->rax)[i] = VALUE;
	regs->rsp = GUEST_STACK;
	regs->rsi = GUEST_DATA;
	return regs;
}

static struct xvcpu_regs *prepare(struct test_vcpu *vcpu, const struct guest_code *code)
{
	return prepare_in(vcpu, MODE_LONG, code);
}

static int run(struct test_vcpu *vcpu, const struct guest_code *code)
{
	prepare(vcpu, code);
	return guest_run(vcpu);
}

/* What every such exit has in common. */
static void expect_exit(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			enum xvcpu_instruction which, unsigned int insn_len)
{
	EXPECT_EQ(which, vcpu->exit->instruction.which);
	EXPECT_EQ(insn_len, vcpu->exit->instruction.insn_len);
	EXPECT_EQ(0, vcpu->exit->instruction.carry);
	EXPECT_EQ(0, vcpu->exit->instruction.reserved);
	EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
}

/* ---- time ---- */

TEST_F(intercept, rdtsc_gets_the_vmms_time)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t from, to;

	ASSERT_EQ(NO_TRAP, run(vcpu, &rdtsc));
	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_RDTSC));
	from = vcpu_msr(vcpu, MSR_TSC);
	ASSERT_EQ(EXIT_INSN, run(vcpu, &rdtsc));
	to = vcpu_msr(vcpu, MSR_TSC);
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_RDTSC, 2);
	/* What it would have read; a guest_mode() is a RESET, with the VM's clock. */
	EXPECT_LE(from, vcpu->exit->instruction.value);
	EXPECT_GE(to, vcpu->exit->instruction.value);
	from = vcpu->exit->instruction.value;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ((uint32_t)from, vcpu->sync->regs.rax);
	EXPECT_EQ(from >> 32, vcpu->sync->regs.rdx);
	EXPECT_EQ(VALUE, vcpu->sync->regs.rcx);

	ASSERT_EQ(EXIT_INSN, run(vcpu, &rdtsc));
	vcpu->exit->instruction.value = 0xaaaaaaaabbbbbbbb;
	vcpu->exit->instruction.which = XVCPU_INSTRUCTION_PAUSE;	/* not read back */
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xbbbbbbbb, vcpu->sync->regs.rax);
	EXPECT_EQ(0xaaaaaaaa, vcpu->sync->regs.rdx);
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
}

TEST_F(intercept, rdtscp_comes_with_rdtsc_and_gets_tsc_aux)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_RDTSC));
	prepare(vcpu, &rdtscp);
	ASSERT_EQ(0, vcpu_set_msr(vcpu, MSR_TSC_AUX, 0x87654321));
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_RDTSCP, 3);
	vcpu->exit->instruction.value = 0x100000002;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(2, vcpu->sync->regs.rax);
	EXPECT_EQ(1, vcpu->sync->regs.rdx);
	EXPECT_EQ(0x87654321, vcpu->sync->regs.rcx);
}

/* CR4.TSD makes it #GP at CPL 3, before any exit. */
TEST_F(intercept, faults_by_privilege_come_first)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(0, vcpu_intercepts(vcpu, XVCPU_INTERCEPT(XVCPU_INSTRUCTION_RDTSC) |
				     XVCPU_INTERCEPT(XVCPU_INSTRUCTION_RDPMC) |
				     XVCPU_INTERCEPT(XVCPU_INSTRUCTION_INVLPG) |
				     XVCPU_INTERCEPT(XVCPU_INSTRUCTION_MOV_DR), 0));
	prepare(vcpu, &rdtsc);
	guest_user(vcpu);
	EXPECT_EQ(EXIT_INSN, guest_run(vcpu));
	prepare(vcpu, &rdtsc);
	guest_user(vcpu);
	guest_cregs(vcpu)->cr4 |= 4;	/* TSD */
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
	prepare(vcpu, &rdpmc);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
	prepare(vcpu, &rdpmc);
	guest_user(vcpu);
	guest_cregs(vcpu)->cr4 |= CR4_PCE;
	EXPECT_EQ(EXIT_INSN, guest_run(vcpu));
	prepare(vcpu, &invlpg);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
	prepare(vcpu, &to_dr2);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

/* ---- the four answers ---- */

TEST_F(intercept, every_answer_does_what_it_says)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_RDTSC));
	ASSERT_EQ(EXIT_INSN, run(vcpu, &rdtsc));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	guest_regs(vcpu)->rax = 5;
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	EXPECT_EQ(5, vcpu->sync->regs.rax);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	EXPECT_EQ(-EINVAL, vcpu_run(vcpu));	/* without registers */
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(5, vcpu->sync->regs.rax);
	ASSERT_EQ(EXIT_INSN, run(vcpu, &rdtsc));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_UD;
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(VALUE, vcpu->sync->regs.rax);
}

TEST_F(intercept, each_instruction_is_completed_once)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_RDTSC));
	ASSERT_EQ(EXIT_INSN, run(vcpu, &rdtsc_twice));
	vcpu->exit->instruction.value = 1;
	vcpu->request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	EXPECT_EQ(1, vcpu->sync->regs.rax);
	vcpu->request->immediate_exit = 0;
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	vcpu->exit->instruction.value = 2;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(2, vcpu->sync->regs.rax);
}

/* ---- what keeps an intercept, and what ends it ---- */

TEST_F(intercept, reset_and_cpuid_leave_intercepts_alone)
{
	struct test_vcpu *vcpu = &self->vcpu;
	bool random = want(vcpu, XVCPU_INSTRUCTION_RDRAND);
	const struct guest_code *other = random ? &rdrand_64 : &wbinvd;
	struct cpuid_group table;

	if (vcpu_intercepts(vcpu, XVCPU_INTERCEPT(XVCPU_INSTRUCTION_RDTSC) |
			    XVCPU_INTERCEPT(random ? XVCPU_INSTRUCTION_RDRAND :
						     XVCPU_INSTRUCTION_WBINVD), 0))
		die("SET_INTERCEPTS");
	ASSERT_EQ(0, vcpu_reset(vcpu));
	EXPECT_EQ(EXIT_INSN, run(vcpu, &rdtsc));
	EXPECT_EQ(EXIT_INSN, run(vcpu, other));
	vcpu_get_cpuid(vcpu, &table);
	prepare(vcpu, other);
	ASSERT_EQ(0, vcpu_set_cpuid(vcpu, &table));
	EXPECT_EQ(EXIT_INSN, guest_run(vcpu));
	prepare(vcpu, &rdtsc);
	ASSERT_EQ(0, vcpu_set_cpuid(vcpu, &table));
	EXPECT_EQ(EXIT_INSN, guest_run(vcpu));
}

TEST_F(intercept, an_empty_mask_ends_them_all)
{
	static const struct {
		enum xvcpu_instruction instruction;
		const struct guest_code *code;
		int without;
	} rows[] = {
		{ XVCPU_INSTRUCTION_INVLPG, &invlpg, NO_TRAP },
		{ XVCPU_INSTRUCTION_RDPMC, &rdpmc, VEC_GP },
		{ XVCPU_INSTRUCTION_RDTSC, &rdtsc, NO_TRAP },
		{ XVCPU_INSTRUCTION_RDRAND, &rdrand_32, NO_TRAP },
		{ XVCPU_INSTRUCTION_RDSEED, &rdseed_32, NO_TRAP },
		{ XVCPU_INSTRUCTION_WBINVD, &wbinvd, NO_TRAP },
		{ XVCPU_INSTRUCTION_MONITOR, &monitor, VEC_UD },
		{ XVCPU_INSTRUCTION_MWAIT, &mwait, VEC_UD },
		{ XVCPU_INSTRUCTION_PAUSE, &spin_hint, NO_TRAP },
		{ XVCPU_INSTRUCTION_MOV_DR, &to_dr2, NO_TRAP },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!want(vcpu, rows[i].instruction))
			continue;
		/* This one and no other. */
		for (k = 0; k < ARRAY_SIZE(rows); k++) {
			/* Not every processor has these. */
			if (k != i && (rows[k].instruction == XVCPU_INSTRUCTION_RDSEED ||
				       rows[k].instruction == XVCPU_INSTRUCTION_RDRAND))
				continue;
			EXPECT_EQ(k == i ? EXIT_INSN : rows[k].without, run(vcpu, rows[k].code)) {
				TH_LOG("%s intercepted, %s", rows[i].code->name,
				       rows[k].code->name);
			}
		}
		ASSERT_EQ(0, vcpu_intercepts(vcpu, 0, 0));
		EXPECT_EQ(rows[i].without, run(vcpu, rows[i].code)) {
			TH_LOG("%s", rows[i].code->name);
		}
	}
}

/* ---- random numbers ---- */

struct random_case {
	const struct guest_code *code;
	enum xvcpu_instruction which;
	unsigned int bytes, reg;	/* by encoding */
};

static const struct random_case randoms[] = {
	{ &rdrand_16, XVCPU_INSTRUCTION_RDRAND, 2, 3 },
	{ &rdrand_32, XVCPU_INSTRUCTION_RDRAND, 4, 12 },
	{ &rdrand_64, XVCPU_INSTRUCTION_RDRAND, 8, 4 },
	{ &rdseed_16, XVCPU_INSTRUCTION_RDSEED, 2, 3 },
	{ &rdseed_32, XVCPU_INSTRUCTION_RDSEED, 4, 12 },
	{ &rdseed_64, XVCPU_INSTRUCTION_RDSEED, 8, 4 },
};

static void expect_random(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			  const struct random_case *c, bool carry)
{
	unsigned int length = c->code->end - c->code->begin - 1;
	uint64_t answer = 0xfedcba9876543210, want, old;

	/* Bochs 2.7 tells the address size in place of the operand size: 16 bits in real mode. */
	prepare_in(vcpu, c->bytes == 2 ? MODE_REAL : MODE_LONG, c->code)->rflags |= ARITHMETIC;
	old = (&vcpu->sync->regs.rax)[c->reg];
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu)) { TH_LOG("%s", c->code->name); }
	expect_exit(_metadata, vcpu, c->which, length);
	EXPECT_EQ(c->bytes, vcpu->exit->instruction.operand);
	EXPECT_EQ(0, vcpu->exit->instruction.value);
	vcpu->exit->instruction.value = answer;
	vcpu->exit->instruction.carry = carry ? 0x100 : 0;
	if (!carry)
		answer = 0;
	want = c->bytes == 2 ? (old & ~0xffffull) | (answer & 0xffff) :
	       c->bytes == 4 ? (uint32_t)answer : answer;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(want, (&vcpu->sync->regs.rax)[c->reg]) { TH_LOG("%s", c->code->name); }
	EXPECT_EQ(carry ? RFLAGS_CF : 0, vcpu->sync->regs.rflags & ARITHMETIC);
	EXPECT_EQ(GUEST_CODE_AT + length + 1, vcpu->sync->regs.rip);
	EXPECT_EQ(VALUE, vcpu->sync->regs.rdi);
}

TEST_F(intercept, random_numbers_are_the_vmms)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(randoms); i++) {
		if (!want(&self->vcpu, randoms[i].which))
			continue;
		expect_random(_metadata, &self->vcpu, &randoms[i], true);
		expect_random(_metadata, &self->vcpu, &randoms[i], false);
	}
}

/* ---- the others ---- */

TEST_F(intercept, rdpmc_gets_the_vmms_count)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_RDPMC));
	prepare(vcpu, &rdpmc)->rcx = 0x7777777740000001;
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_RDPMC, 2);
	EXPECT_EQ(0x40000001, vcpu->exit->instruction.operand);
	EXPECT_EQ(0, vcpu->exit->instruction.value);
	vcpu->exit->instruction.value = 0xff12345678;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x12345678, vcpu->sync->regs.rax);
	EXPECT_EQ(0xff, vcpu->sync->regs.rdx);
	EXPECT_EQ(0x7777777740000001, vcpu->sync->regs.rcx);
}

TEST_F(intercept, invlpg_tells_the_address)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_INVLPG));
	prepare(vcpu, &invlpg)->rsi = 0xffff800012345000;
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_INVLPG, 7);
	EXPECT_EQ(0xffff800012345123, vcpu->exit->instruction.operand);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 8, vcpu->sync->regs.rip);
	EXPECT_EQ(VALUE, vcpu->sync->regs.rax);
}

/* The guest finds the new page, whoever invalidated the old one. */
TEST_F(intercept, an_intercepted_invlpg_has_invalidated)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm);
	struct xvcpu_regs *regs;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_INVLPG));
	guest_write64(&self->vm, GUEST_FREE, 0x1111);
	guest_write64(&self->vm, GUEST_FREE + PAGE_BYTES, 0x2222);
	regs = prepare(vcpu, &remap);
	regs->rsi = GUEST_FREE;
	regs->rdi = GUEST_PT + GUEST_FREE / PAGE_BYTES * 8;
	regs->rbx = pt[GUEST_FREE / PAGE_BYTES + 1];
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	EXPECT_EQ(GUEST_FREE, vcpu->exit->instruction.operand);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x1111, regs->rax);
	EXPECT_EQ(0x2222, regs->rcx);
}

TEST_F(intercept, invpcid_comes_with_invlpg)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct cpuid_group table;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_INVLPG));
	prepare(vcpu, &invpcid)->r11 = 2;
	vcpu_get_cpuid(vcpu, &table);
	if (!(cpuid_find(&table, 7, 0)->ebx & 1 << 10)) {
		EXPECT_EQ(VEC_UD, guest_run(vcpu));
		return;
	}
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_INVPCID, 6);
	EXPECT_EQ(2, vcpu->exit->instruction.operand);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	ASSERT_EQ(0, vcpu_intercepts(vcpu, 0, 0));
	prepare(vcpu, &invpcid)->r11 = 2;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(intercept, those_without_a_result_are_skipped)
{
	static const struct {
		enum xvcpu_instruction which;
		const struct guest_code *code;
		unsigned int insn_len;
		uint64_t operand;
	} rows[] = {
		{ XVCPU_INSTRUCTION_WBINVD, &wbinvd, 2, 0 },
		{ XVCPU_INSTRUCTION_MONITOR, &monitor, 3, GUEST_DATA },
		{ XVCPU_INSTRUCTION_MWAIT, &mwait, 3, GUEST_DATA },
		{ XVCPU_INSTRUCTION_PAUSE, &spin_hint, 2, 0 },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!want(vcpu, rows[i].which))
			continue;
		prepare(vcpu, rows[i].code)->rax = GUEST_DATA;
		vcpu->sync->regs.rcx = 0;
		vcpu->sync->regs.rdx = 0;
		before = vcpu->sync->regs;
		ASSERT_EQ(EXIT_INSN, guest_run(vcpu)) { TH_LOG("%s", rows[i].code->name); }
		expect_exit(_metadata, vcpu, rows[i].which, rows[i].insn_len);
		EXPECT_EQ(rows[i].operand, vcpu->exit->instruction.operand);
		vcpu->exit->instruction.value = ALL_ONES;
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		before.rip += rows[i].insn_len + 1;
		EXPECT_EQ(0, memcmp(&before, &vcpu->sync->regs, sizeof(before))) {
			TH_LOG("%s", rows[i].code->name);
		}
	}
}

/* ---- debug registers ---- */

static struct xvcpu_debug_regs get_debug(struct test_vcpu *vcpu)
{
	struct xvcpu_debug_regs debug;

	if (vcpu_get(vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)))
		die("GET_STATE of DEBUG");
	return debug;
}

TEST_F(intercept, a_write_of_a_debug_register_goes_by_the_vmm)
{
	volatile struct xvcpu_exit_instruction *insn = &self->vcpu.exit->instruction;
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_MOV_DR));
	ASSERT_EQ(EXIT_INSN, run(vcpu, &to_dr2));
	expect_exit(_metadata, vcpu, XVCPU_INSTRUCTION_MOV_DR, 3);
	EXPECT_EQ(2, insn->reg);
	EXPECT_EQ(XVCPU_INSTRUCTION_WRITE, insn->flags);
	EXPECT_EQ(VALUE, insn->value);
	EXPECT_EQ(0, get_debug(vcpu).db[2]);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(VALUE, get_debug(vcpu).db[2]);

	ASSERT_EQ(EXIT_INSN, run(vcpu, &to_dr2));
	insn->value = 0x1000;
	insn->reg = 0;		/* the kernel goes by its own record */
	insn->flags = 0;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x1000, get_debug(vcpu).db[2]);
	EXPECT_EQ(0, get_debug(vcpu).db[0]);
	EXPECT_EQ(VALUE, vcpu->sync->regs.rbp);

	/* Fixed bits stay fixed, whatever the VMM says. */
	prepare(vcpu, &to_dr7)->rbp = DR7_FIXED;
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	EXPECT_EQ(7, insn->reg);
	insn->value = 0x1230000f000ull;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(DR7_FIXED | DR7_GD, get_debug(vcpu).dr7);
	/* An invalid write is #GP, and none of the VMM's business. */
	prepare(vcpu, &to_dr7)->rbp = 1ull << 32;
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

TEST_F(intercept, a_read_of_a_debug_register_goes_by_the_vmm)
{
	volatile struct xvcpu_exit_instruction *insn = &self->vcpu.exit->instruction;
	struct xvcpu_debug_regs debug = { .db[3] = 0x3333, .dr6 = DR6_FIXED, .dr7 = DR7_FIXED };
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_TRUE(want(vcpu, XVCPU_INSTRUCTION_MOV_DR));
	prepare(vcpu, &from_dr3);
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	ASSERT_EQ(EXIT_INSN, guest_run(vcpu));
	EXPECT_EQ(3, insn->reg);
	EXPECT_EQ(0, insn->flags);
	EXPECT_EQ(0x3333, insn->value);
	EXPECT_EQ(VALUE, vcpu->sync->regs.r9);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x3333, vcpu->sync->regs.r9);
	ASSERT_EQ(EXIT_INSN, run(vcpu, &from_dr6));
	EXPECT_EQ(6, insn->reg);
	EXPECT_EQ(DR6_FIXED, insn->value);
	insn->value = 0x4444;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x4444, vcpu->sync->regs.r9);
	EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
	/* DR7.GD makes it a #DB, which is the guest's. */
	debug.dr7 |= DR7_GD;
	prepare(vcpu, &from_dr3);
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	EXPECT_EQ(VEC_DB, guest_run(vcpu));
}

/* ---- while the vCPU is in RUN ---- */

static void *run_thread(void *arg)
{
	intercept_data *self = arg;

	return (void *)vcpu_run(&self->vcpu);
}

TEST_F(intercept, it_takes_effect_in_a_guest_that_runs)
{
	struct test_vcpu *vcpu = &self->vcpu;
	pthread_t thread;
	void *result;

	guest_begin(vcpu, MODE_LONG, &spin);
	guest_interruptible(vcpu);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, self));
	wait_for_guest(&self->vm);
	EXPECT_EQ(0, vcpu_intercepts(vcpu, XVCPU_INTERCEPT(XVCPU_INSTRUCTION_RDTSC), 0));
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);
	EXPECT_EQ(XVCPU_EXIT_INSTRUCTION, vcpu->exit->reason);
	EXPECT_EQ(1, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));
	/* And ends, with the exit that waits completed as it was. */
	ASSERT_EQ(0, vcpu_intercepts(vcpu, 0, 0));
	vcpu->exit->instruction.value = 0x500000006;
	vcpu->request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	EXPECT_EQ(6, vcpu->sync->regs.rax);
	EXPECT_EQ(5, vcpu->sync->regs.rdx);
	vcpu->request->immediate_exit = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, self));
	wait_for_guest(&self->vm);
	wait_for_guest(&self->vm);
	EXPECT_EQ(0, vcpu_kick(vcpu));
	pthread_join(thread, &result);
	EXPECT_EQ(XVCPU_EXIT_KICK, vcpu->exit->reason);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers and single-stepping in the guest: MOV DR and its faults, breakpoints, and TF over
 * instructions that the module or the VMM executes for the guest.
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define DR6_FIXED	0xffff0ff0ull
#define DR6_B0		0x1ull
#define DR6_BD		0x2000ull
#define DR6_BS		0x4000ull
#define DR7_FIXED	0x400ull
#define DR7_GD		0x2000ull
#define DR7_L0		0x1ull
#define DR7_WRITE_4_0	0xd0000ull	/* breakpoint 0: writes, 4 bytes */

/* The same in 32-bit and 64-bit code. */
GUEST_CODE(to_drs, 64,
	   "mov %rax, %dr0; mov %rbx, %dr1; mov %rcx, %dr2; mov %rdx, %dr3; hlt");
GUEST_CODE(from_drs, 64,
	   "mov %dr0, %rax; mov %dr1, %rbx; mov %dr2, %rcx; mov %dr3, %rdx;"
	   "mov %dr6, %rsi; mov %dr7, %rdi; hlt");
GUEST_CODE(to_dr6, 64, "mov %rax, %dr6; mov %dr6, %rbx; hlt");
GUEST_CODE(to_dr7, 64, "mov %rax, %dr7; mov %dr7, %rbx; hlt");
/* DR4 and DR5, which the assembler knows by their number alone. */
GUEST_CODE(to_dr4, 64, ".byte 0x0f, 0x23, 0xe0; mov %dr6, %rbx; hlt");
GUEST_CODE(to_dr5, 64, ".byte 0x0f, 0x23, 0xe8; mov %dr7, %rbx; hlt");
GUEST_CODE(from_dr4, 64, ".byte 0x0f, 0x21, 0xe3; hlt");
GUEST_CODE(from_dr5, 64, ".byte 0x0f, 0x21, 0xeb; hlt");
GUEST_CODE(from_dr0, 64, "mov %dr0, %rax; hlt");
GUEST_CODE(rsp_to_dr3, 64, "mov %rsp, %dr3; xor %esp, %esp; mov %dr3, %rsp; hlt");
GUEST_CODE(nops, 64, "nop; nop; nop; hlt");
GUEST_CODE(store, 64, "movl $1, (%rsi); nop; hlt");
GUEST_CODE(icebp, 64, ".byte 0xf1; hlt");
GUEST_CODE(int3, 64, "int3; hlt");
GUEST_CODE(int_1, 64, "int $1; hlt");

GUEST_CODE(just_hlt, 64, "hlt");
GUEST_CODE(step_cpuid, 64, "cpuid; hlt");
GUEST_CODE(step_nop, 64, "nop; hlt");
GUEST_CODE(step_rdmsr, 64, "rdmsr; hlt");
GUEST_CODE(step_wrmsr, 64, "wrmsr; hlt");
GUEST_CODE(step_cr0, 64, "mov %r8, %cr0; hlt");
GUEST_CODE(step_dr, 64, "mov %dr0, %r8; hlt");
GUEST_CODE(step_wbinvd, 64, "wbinvd; hlt");
GUEST_CODE(step_out, 64, "out %al, $0x10; hlt");
GUEST_CODE(step_in, 64, "in $0x10, %al; hlt");
GUEST_CODE(step_mmio, 64, "mov (%rsi), %eax; hlt");
GUEST_CODE(step_mmio_write, 64, "mov %eax, (%rsi); hlt");
GUEST_CODE(step_vmcall, 64, "vmcall; hlt");
GUEST_CODE(step_hlt, 64, "hlt; nop; hlt");
GUEST_CODE(step_stos, 64, "rep stosb; hlt");
GUEST_CODE(popf_cpuid, 64, "pushfq; orl $0x100, (%rsp); popfq; cpuid; nop; hlt");
GUEST_CODE(cpuid_cpuid, 64, "cpuid; cpuid; hlt");

#define BEHIND_MOV_SS(insn)	"mov %eax, %ss; " insn "; nop; hlt"
GUEST_CODE(ss_nop, 64, BEHIND_MOV_SS("nop"));
GUEST_CODE(ss_cpuid, 64, BEHIND_MOV_SS("cpuid"));
GUEST_CODE(ss_rdmsr, 64, BEHIND_MOV_SS("rdmsr"));
GUEST_CODE(ss_wrmsr, 64, BEHIND_MOV_SS("wrmsr"));
GUEST_CODE(ss_cr0, 64, BEHIND_MOV_SS("mov %r8, %cr0"));
GUEST_CODE(ss_to_cr8, 64, BEHIND_MOV_SS("mov %r9, %cr8"));
GUEST_CODE(ss_from_cr8, 64, BEHIND_MOV_SS("mov %cr8, %r9"));
GUEST_CODE(ss_dr, 64, BEHIND_MOV_SS("mov %dr0, %r8"));
GUEST_CODE(ss_wbinvd, 64, BEHIND_MOV_SS("wbinvd"));

#define RFLAGS_RF	0x10000ull
#define MMIO_AT		0x300000u

FIXTURE(debug) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct xvcpu_debug_regs dr;
};

FIXTURE_SETUP(debug)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(debug)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void prepare(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
}

/*
 * The same with TF set. Where Bochs 2.7 exits while it executes an instruction with TF set it
 * saves a pending single-step trap; a processor saves none (SDM "Saving Non-Register State"). So
 * the code's page is touched before, to spare the fetch an EPT violation, and the tests below
 * write REGS with the answer, which clears what was saved: what is pending then is the module's
 * doing.
 */
static void prepare_step(struct test_vcpu *vcpu, const struct guest_code *code)
{
	prepare(vcpu, MODE_LONG, &just_hlt);
	if (guest_run(vcpu) != NO_TRAP)
		die("HLT did not halt");
	prepare(vcpu, MODE_LONG, code);
	guest_regs(vcpu)->rflags |= RFLAGS_TF;
}

static int with_rax(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t value)
{
	guest_next(vcpu, code);
	guest_regs(vcpu)->rax = value;
	guest_regs(vcpu)->rsp = GUEST_STACK;
	return guest_run(vcpu);
}

static struct xvcpu_debug_regs get_debug(struct test_vcpu *vcpu)
{
	struct xvcpu_debug_regs dr;

	if (vcpu_get(vcpu, XVCPU_GROUP_DEBUG, &dr, sizeof(dr)))
		die("GET_STATE of debug registers");
	return dr;
}

static void set_debug(struct test_vcpu *vcpu, const struct xvcpu_debug_regs *dr)
{
	if (vcpu_set(vcpu, XVCPU_GROUP_DEBUG, dr, sizeof(*dr)))
		die("SET_STATE of debug registers");
}

/* ---- MOV DR ---- */

TEST_F(debug, each_register_keeps_its_value)
{
	static const enum guest_mode modes[] = { MODE_REAL, MODE_PROT32, MODE_PAE, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs *regs = &vcpu->sync->regs;
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		uint64_t mask = modes[i] == MODE_LONG ? ~0ull : 0xffffffff;

		prepare(vcpu, modes[i], &to_drs);
		guest_regs(vcpu)->rax = 0xffff800000001111;
		regs->rbx = 0x0000222200002222;
		regs->rcx = 0x33333333;
		regs->rdx = 0x4444444444444444;
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		self->dr = get_debug(vcpu);
		EXPECT_EQ(0xffff800000001111 & mask, self->dr.db[0]);
		EXPECT_EQ(0x0000222200002222 & mask, self->dr.db[1]);
		EXPECT_EQ(0x33333333, self->dr.db[2]);
		EXPECT_EQ(0x4444444444444444 & mask, self->dr.db[3]);
		for (k = 0; k < 4; k++)
			(&regs->rax)[k] = 0;
		guest_next(vcpu, &from_drs);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(self->dr.db[0], regs->rax & mask) {
			TH_LOG("%s", guest_mode_names[modes[i]]);
		}
		EXPECT_EQ(self->dr.db[1], regs->rbx & mask);
		EXPECT_EQ(self->dr.db[2], regs->rcx & mask);
		EXPECT_EQ(self->dr.db[3], regs->rdx & mask);
		EXPECT_EQ(DR6_FIXED, regs->rsi & mask);
		EXPECT_EQ(DR7_FIXED, regs->rdi & mask);
	}
}

TEST_F(debug, what_the_vmm_sets_the_guest_reads)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs *regs = &vcpu->sync->regs;

	prepare(vcpu, MODE_LONG, &from_drs);
	self->dr = (struct xvcpu_debug_regs) {
		.db = { 0x10, 0x20, 0x30, 0x7fffffffffff }, .dr6 = DR6_FIXED | DR6_BS | 5,
		.dr7 = DR7_FIXED | 0xffff0000,		/* nothing armed */
	};
	set_debug(vcpu, &self->dr);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x10, regs->rax);
	EXPECT_EQ(0x20, regs->rbx);
	EXPECT_EQ(0x30, regs->rcx);
	EXPECT_EQ(0x7fffffffffff, regs->rdx);
	EXPECT_EQ(DR6_FIXED | DR6_BS | 5, regs->rsi);
	EXPECT_EQ(DR7_FIXED | 0xffff0000, regs->rdi);
}

/* SDM "Debug Status Register (DR6)", "Debug Control Register (DR7)". */
TEST_F(debug, fixed_bits_of_dr6_and_dr7_stay)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr6, 0));
	EXPECT_EQ(DR6_FIXED, vcpu->sync->regs.rbx);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr6, 0xffffffff));
	/* BLD and RTM are there on some processors. */
	EXPECT_EQ(0xfffeefff & ~0x800ull, vcpu->sync->regs.rbx & ~0x10800ull);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr7, 0));
	EXPECT_EQ(DR7_FIXED, vcpu->sync->regs.rbx);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr7, 0xffffd000));
	EXPECT_EQ(0xffff0400, vcpu->sync->regs.rbx & ~(1ull << 11));
}

TEST_F(debug, upper_halves_of_dr6_and_dr7_are_gp)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int bit;

	guest_mode(vcpu, MODE_LONG);
	for (bit = 32; bit < 64; bit += 31) {
		EXPECT_EQ(VEC_GP, with_rax(vcpu, &to_dr6, DR6_FIXED | 1 | 1ull << bit));
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(VEC_GP, with_rax(vcpu, &to_dr7, DR7_FIXED | 0x10000 | 1ull << bit));
	}
	self->dr = get_debug(vcpu);
	EXPECT_EQ(DR6_FIXED, self->dr.dr6);
	EXPECT_EQ(DR7_FIXED, self->dr.dr7);
	/* Outside 64-bit mode there are none. */
	guest_mode(vcpu, MODE_PROT32);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_dr7, DR7_FIXED | 0x10000 | 1ull << 32));
}

TEST_F(debug, dr4_and_dr5_are_dr6_and_dr7_without_de)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr4, DR6_FIXED | 2));
	EXPECT_EQ(DR6_FIXED | 2, vcpu->sync->regs.rbx);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &from_dr4, 0));
	EXPECT_EQ(DR6_FIXED | 2, vcpu->sync->regs.rbx);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr5, DR7_FIXED | 0x30000));
	EXPECT_EQ(DR7_FIXED | 0x30000, vcpu->sync->regs.rbx);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &from_dr5, 0));
	EXPECT_EQ(DR7_FIXED | 0x30000, vcpu->sync->regs.rbx);
}

TEST_F(debug, dr4_and_dr5_are_ud_with_de)
{
	static const struct guest_code *const codes[] = { &to_dr4, &from_dr4, &to_dr5, &from_dr5 };
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		guest_mode(vcpu, MODE_LONG);
		guest_cregs(vcpu)->cr4 |= CR4_DE;
		EXPECT_EQ(VEC_UD, with_rax(vcpu, codes[i], 0)) { TH_LOG("%s", codes[i]->name); }
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	}
	self->dr = get_debug(vcpu);
	EXPECT_EQ(DR6_FIXED, self->dr.dr6);
	EXPECT_EQ(DR7_FIXED, self->dr.dr7);
}

TEST_F(debug, general_detect_makes_mov_dr_a_db)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	guest_mode(vcpu, MODE_LONG);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_dr6, 0));
	prepare(vcpu, MODE_LONG, &from_dr0);
	self->dr = (struct xvcpu_debug_regs) {
		/* B0 to B3 of an earlier #DB go with this one. */
		.db[0] = 0x1234, .dr6 = DR6_FIXED | 0xf, .dr7 = DR7_FIXED | DR7_GD,
	};
	set_debug(vcpu, &self->dr);
	guest_regs(vcpu)->rax = 0x77;
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);	/* a fault */
	EXPECT_EQ(0x77, vcpu->sync->regs.rax);
	self->dr = get_debug(vcpu);
	EXPECT_EQ(DR6_FIXED | DR6_BD, self->dr.dr6);
	EXPECT_EQ(DR7_FIXED, self->dr.dr7);	/* so that the handler can look */
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x1234, vcpu->sync->regs.rax);
}

TEST_F(debug, a_program_at_cpl_3_reaches_none)
{
	static const struct guest_code *const codes[] = {
		&to_drs, &from_drs, &to_dr6, &to_dr7, &to_dr4,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		prepare(vcpu, MODE_LONG, codes[i]);
		guest_user(vcpu);
		guest_regs(vcpu)->rax = 0x77;
		EXPECT_EQ(VEC_GP, guest_run(vcpu)) { TH_LOG("%s", codes[i]->name); }
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	}
	EXPECT_EQ(0, get_debug(vcpu).db[0]);
}

TEST_F(debug, any_register_is_the_operand)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &rsp_to_dr3);
	guest_regs(vcpu)->rsp = 0x123456;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x123456, vcpu->sync->regs.rsp);
	EXPECT_EQ(0x123456, get_debug(vcpu).db[3]);
}

/* ---- breakpoints ---- */

TEST_F(debug, a_breakpoint_on_an_instruction_is_hit)
{
	static const enum guest_mode modes[] = { MODE_PROT32, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		prepare(vcpu, modes[i], &nops);
		self->dr = (struct xvcpu_debug_regs) {
			.db[0] = GUEST_CODE_AT + 2, .dr6 = DR6_FIXED, .dr7 = DR7_FIXED | DR7_L0,
		};
		set_debug(vcpu, &self->dr);
		ASSERT_EQ(VEC_DB, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[modes[i]]); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT + 2, trap.rip);
		EXPECT_EQ(DR6_FIXED | DR6_B0, get_debug(vcpu).dr6);
		/* SDM "Resume Flag": this one #DB leaves RF clear, and its handler sets it. */
		EXPECT_EQ(0, trap.rflags & RFLAGS_RF);
		guest_return(vcpu, &trap, 0);
		guest_regs(vcpu)->rflags |= RFLAGS_RF;
		EXPECT_EQ(NO_TRAP, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[modes[i]]); }
	}
}

TEST_F(debug, a_watchpoint_on_data_is_hit_behind_the_write)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &store);
	self->dr = (struct xvcpu_debug_regs) {
		.db[0] = GUEST_DATA, .dr6 = DR6_FIXED, .dr7 = DR7_FIXED | DR7_L0 | DR7_WRITE_4_0,
	};
	set_debug(vcpu, &self->dr);
	guest_regs(vcpu)->rsi = GUEST_DATA;
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 6, trap.rip);
	EXPECT_EQ(DR6_FIXED | DR6_B0, get_debug(vcpu).dr6);
	EXPECT_EQ(1, guest_read64(&self->vm, GUEST_DATA));
	/* Not elsewhere. */
	prepare(vcpu, MODE_LONG, &store);
	set_debug(vcpu, &self->dr);
	guest_regs(vcpu)->rsi = GUEST_DATA + 4;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(debug, int1_int3_and_int_n_are_delivered)
{
	static const struct {
		const struct guest_code *code;
		int vector;
		unsigned int length;
	} cases[] = { { &icebp, VEC_DB, 1 }, { &int3, VEC_BP, 1 }, { &int_1, VEC_DB, 2 } };
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		prepare(vcpu, MODE_LONG, cases[i].code);
		ASSERT_EQ(cases[i].vector, guest_run(vcpu)) { TH_LOG("%s", cases[i].code->name); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT + cases[i].length, trap.rip) {
			TH_LOG("%s", cases[i].code->name);
		}
		EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
		guest_return(vcpu, &trap, 0);
		EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	}
}

/* ---- TF ---- */

struct step {
	const struct guest_code *code;
	int exit;		/* what comes before the #DB; NO_TRAP: nothing */
};

/* @code with TF set; the #DB that follows is at the next instruction, and BS says what it is. */
static void expect_step(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			const struct step *step)
{
	unsigned int length = step->code->end - step->code->begin - 1;
	struct guest_trap trap = { 0 };
	struct xvcpu_regs *regs;

	prepare_step(vcpu, step->code);
	regs = guest_regs(vcpu);
	regs->rcx = 0xc0000081;		/* STAR; also the count of REP */
	regs->r8 = vcpu->sync->cregs.cr0;
	regs->rsi = MMIO_AT;
	if (step->exit != NO_TRAP) {
		ASSERT_EQ(step->exit, guest_run(vcpu)) { TH_LOG("%s", step->code->name); }
		EXPECT_EQ(RFLAGS_TF, regs->rflags & RFLAGS_TF);
		EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
		guest_regs(vcpu);
	}
	EXPECT_EQ(VEC_DB, guest_run(vcpu)) { TH_LOG("%s", step->code->name); }
	EXPECT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + length, trap.rip) { TH_LOG("%s", step->code->name); }
	EXPECT_EQ(RFLAGS_TF, trap.rflags & RFLAGS_TF);
	EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6) { TH_LOG("%s", step->code->name); }
	/* Once: with TF clear it goes on. */
	trap.rflags &= ~RFLAGS_TF;
	guest_return(vcpu, &trap, 0);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu)) { TH_LOG("%s", step->code->name); }
}

TEST_F(debug, tf_steps_over_what_the_module_executes)
{
	static const struct step steps[] = {
		{ &step_nop, NO_TRAP }, { &step_cpuid, NO_TRAP }, { &step_rdmsr, NO_TRAP },
		{ &step_wrmsr, NO_TRAP }, { &step_cr0, NO_TRAP }, { &step_dr, NO_TRAP },
		{ &step_wbinvd, NO_TRAP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		expect_step(_metadata, &self->vcpu, &steps[i]);
}

/*
 * With TF set Bochs would step over those without the module's doing (see prepare_step()). But MOV
 * SS holds #DB back until the next instruction is done, which only the module can say.
 */
TEST_F(debug, what_the_module_executes_ends_blocking_by_mov_ss)
{
	static const struct guest_code *const codes[] = {
		&ss_nop, &ss_cpuid, &ss_rdmsr, &ss_wrmsr, &ss_cr0, &ss_to_cr8, &ss_from_cr8, &ss_dr,
		&ss_wbinvd,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	struct xvcpu_regs *regs;
	unsigned int i;

	/* MOV SS reads the GDT, whose page must be mapped, too. */
	prepare(vcpu, MODE_LONG, &ss_nop);
	guest_regs(vcpu)->rax = SEL_DATA;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		prepare_step(vcpu, codes[i]);
		regs = guest_regs(vcpu);
		regs->rax = SEL_DATA;
		regs->rcx = 0xc0000081;		/* STAR */
		/* A bit that the guest does not own. */
		regs->r8 = vcpu->sync->cregs.cr0 ^ CR0_CD;
		ASSERT_EQ(VEC_DB, guest_run(vcpu)) { TH_LOG("%s", codes[i]->name); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		/* NOP and HLT are still to come. */
		EXPECT_EQ(GUEST_CODE_AT + (codes[i]->end - codes[i]->begin) - 2, trap.rip) {
			TH_LOG("%s", codes[i]->name);
		}
		EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6);
	}
}

TEST_F(debug, tf_steps_over_what_the_vmm_answers)
{
	static const struct step steps[] = {
		{ &step_out, OTHER_EXIT(XVCPU_EXIT_IO) },
		{ &step_in, OTHER_EXIT(XVCPU_EXIT_IO) },
		{ &step_mmio, OTHER_EXIT(XVCPU_EXIT_MMIO) },
		{ &step_mmio_write, OTHER_EXIT(XVCPU_EXIT_MMIO) },
		{ &step_vmcall, OTHER_EXIT(XVCPU_EXIT_HYPERCALL) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		expect_step(_metadata, &self->vcpu, &steps[i]);
}

TEST_F(debug, tf_steps_over_what_the_vmm_skipped)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare_step(vcpu, &step_in);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 2, trap.rip);
	EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6);
}

TEST_F(debug, a_retried_or_refused_instruction_was_not_stepped_over)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare_step(vcpu, &step_in);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	guest_regs(vcpu);
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
	guest_regs(vcpu);
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(RFLAGS_TF, trap.rflags & RFLAGS_TF);
	EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
}

TEST_F(debug, the_step_over_hlt_comes_with_the_next_run)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare_step(vcpu, &step_hlt);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 1, vcpu->sync->regs.rip);
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 1, trap.rip);
	EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6);
}

TEST_F(debug, tf_traps_between_the_elements_of_a_string)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare_step(vcpu, &step_stos);
	vcpu->sync->regs.rdi = MMIO_AT;
	vcpu->sync->regs.rcx = 2;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MMIO), guest_run(vcpu));
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(1, vcpu->sync->regs.rcx);
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MMIO), guest_run(vcpu));
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 2, trap.rip);
	EXPECT_EQ(0, vcpu->sync->regs.rcx);
}

TEST_F(debug, popf_arms_it_for_the_instruction_behind_the_next)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &popf_cpuid);
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 1 + 7 + 1 + 2, trap.rip);	/* behind CPUID */
	EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6);
}

TEST_F(debug, every_step_is_seen)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int at;

	prepare_step(vcpu, &cpuid_cpuid);
	for (at = 2; at <= 4; at += 2) {
		ASSERT_EQ(VEC_DB, guest_run(vcpu));
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT + at, trap.rip);
		guest_return(vcpu, &trap, 0);
	}
	/* HLT with TF: its exit first. */
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
}

/* The #DB that a VMM raises tells why in DR6. */
TEST_F(debug, an_exception_answer_sets_dr6)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &step_in);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_DB;
	vcpu->request->payload = DR6_BS | DR6_B0;
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	EXPECT_EQ(DR6_FIXED | DR6_BS | DR6_B0, get_debug(vcpu).dr6);
}

TEST_HARNESS_MAIN

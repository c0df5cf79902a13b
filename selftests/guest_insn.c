// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that exit by themselves: VMCALL, HLT, those of VMX and SMX, MONITOR, RDPMC, WBINVD;
 * the task switch, which nobody handles; and the triple fault.
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_CALL	OTHER_EXIT(XVCPU_EXIT_HYPERCALL)
#define EXIT_SHUTDOWN	OTHER_EXIT(XVCPU_EXIT_SHUTDOWN)
#define REASON_TRIPLE	2
#define REASON_TASK	9
#define REASON_WBINVD	54

GUEST_CODE(vmcall, 64, "vmcall; hlt");
GUEST_CODE(hlt, 64, "hlt; nop; hlt");
GUEST_CODE(sti_hlt, 64, "sti; hlt; cli; hlt");
GUEST_CODE(wbinvd, 64, "wbinvd; hlt");
GUEST_CODE_AT_RSI(store_invd, "movb $0x5a, ", "; invd; hlt");
GUEST_CODE(rdpmc, 64, "rdpmc; hlt");
GUEST_CODE(pause_many, 64, "mov $1000, %ecx; 1: pause; dec %ecx; jnz 1b; hlt");
GUEST_CODE(clflush, 64, "clflush (%rsi); hlt");
GUEST_CODE(ud2, 64, "ud2; hlt");
GUEST_CODE(jump_to_tss, 32, "ljmp $0x38, $0");
GUEST_CODE(load_ds, 32, "mov %eax, %ds; hlt");
GUEST_CODE(iret, 32, "iret");

/* What is not there for a guest: #UD. */
GUEST_CODE_MODES(vmlaunch, "vmlaunch; hlt");
GUEST_CODE_MODES(vmresume, "vmresume; hlt");
GUEST_CODE_MODES(vmxoff, "vmxoff; hlt");
GUEST_CODE_MODES(vmfunc, "vmfunc; hlt");
GUEST_CODE_AT_RSI(vmxon, "vmxon ", "; hlt");
GUEST_CODE_AT_RSI(vmclear, "vmclear ", "; hlt");
GUEST_CODE_AT_RSI(vmptrld, "vmptrld ", "; hlt");
GUEST_CODE_AT_RSI(vmptrst, "vmptrst ", "; hlt");
GUEST_CODE_MODES(getsec, "getsec; hlt");
GUEST_CODE_MODES(monitor, "monitor; hlt");
GUEST_CODE_MODES(mwait, "mwait; hlt");
GUEST_CODE(rsm, 64, "rsm; hlt");
GUEST_CODE(vmread, 64, "vmread %rax, %rbx; hlt");
GUEST_CODE(vmwrite, 64, "vmwrite %rax, %rbx; hlt");
GUEST_CODE(invept, 64, "invept (%rsi), %rax; hlt");
GUEST_CODE(invvpid, 64, "invvpid (%rsi), %rax; hlt");

FIXTURE(insn) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(insn)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(insn)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static int run_in(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	guest_regs(vcpu)->rsi = GUEST_DATA;
	return guest_run(vcpu);
}

/* ---- VMCALL ---- */

/* Every register with its own number in both halves. */
static void number_registers(struct xvcpu_regs *regs)
{
	__u64 *reg = &regs->rax;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (&reg[i] != &regs->rsp)
			reg[i] = (0x100 + i) * 0x100000001ull;
	}
}

TEST_F(insn, vmcall_gives_number_and_arguments)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_hypercall *call = &vcpu->exit->hypercall;
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		uint64_t mask = mode == MODE_LONG ? ~0ull : 0xffffffff;
		struct xvcpu_regs before;

		guest_mode(vcpu, mode);
		guest_load(&self->vm, GUEST_CODE_AT, &vmcall);
		number_registers(guest_regs(vcpu));
		before = vcpu->sync->regs;
		ASSERT_EQ(EXIT_CALL, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[mode]); }
		EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
		EXPECT_EQ(before.rax & mask, call->nr) { TH_LOG("%s", guest_mode_names[mode]); }
		EXPECT_EQ(before.rdi & mask, call->args[0]);
		EXPECT_EQ(before.rsi & mask, call->args[1]);
		EXPECT_EQ(before.rdx & mask, call->args[2]);
		EXPECT_EQ(before.rcx & mask, call->args[3]);
		EXPECT_EQ(mode == MODE_LONG ? before.r8 : 0, call->args[4]);
		EXPECT_EQ(mode == MODE_LONG ? before.r9 : 0, call->args[5]);
		EXPECT_EQ(0, call->result);
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
		call->result = 0x8877665544332211;
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(0x8877665544332211 & mask, vcpu->sync->regs.rax) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(GUEST_CODE_AT + 4, vcpu->sync->regs.rip);
		EXPECT_EQ(before.rcx & mask, vcpu->sync->regs.rcx & mask);
		EXPECT_EQ(before.rdi & mask, vcpu->sync->regs.rdi & mask);
	}
}

TEST_F(insn, vmcall_at_cpl_3_is_ud)
{
	static const enum guest_mode modes[] = {
		MODE_PROT32, MODE_PAGED32, MODE_PAE, MODE_COMPAT, MODE_LONG,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		guest_mode(vcpu, modes[i]);
		guest_load(&self->vm, GUEST_CODE_AT, &vmcall);
		guest_user(vcpu);
		EXPECT_EQ(VEC_UD, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[modes[i]]); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(3, trap.cs & 3);
	}
}

TEST_F(insn, vmcall_can_be_refused_retried_and_skipped)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_CALL, run_in(vcpu, MODE_LONG, &vmcall));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	guest_regs(vcpu)->rax = 77;
	ASSERT_EQ(EXIT_CALL, guest_run(vcpu));
	EXPECT_EQ(77, vcpu->exit->hypercall.nr);
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	vcpu->exit->hypercall.result = 1;
	guest_regs(vcpu)->rip += 3;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(77, vcpu->sync->regs.rax);
	ASSERT_EQ(EXIT_CALL, run_in(vcpu, MODE_LONG, &vmcall));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_UD;
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
}

/* ---- HLT ---- */

TEST_F(insn, hlt_exits_behind_itself)
{
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		ASSERT_EQ(NO_TRAP, run_in(vcpu, mode, &hlt));
		EXPECT_EQ(GUEST_CODE_AT + 1, vcpu->sync->regs.rip);
		EXPECT_EQ(0, vcpu->exit->flags);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
	}
}

TEST_F(insn, hlt_after_sti_ends_its_blocking)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(NO_TRAP, run_in(vcpu, MODE_LONG, &sti_hlt));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	EXPECT_EQ(RFLAGS_IF, vcpu->sync->regs.rflags & RFLAGS_IF);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->sync->regs.rflags & RFLAGS_IF);
}

TEST_F(insn, hlt_at_cpl_3_is_gp)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &hlt);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

/* ---- what is not there ---- */

static void expect_ud(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
		      enum guest_mode mode, const struct guest_code *code, bool user)
{
	struct xvcpu_regs before;
	struct guest_trap trap = { 0 };

	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	if (user)
		guest_user(vcpu);
	guest_regs(vcpu)->rsi = GUEST_DATA;
	before = vcpu->sync->regs;
	EXPECT_EQ(VEC_UD, guest_run(vcpu)) {
		TH_LOG("%s, %s, CPL %u", code->name, guest_mode_names[mode], user * 3);
	}
	EXPECT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT, trap.rip) { TH_LOG("%s", code->name); }
	EXPECT_EQ(before.rax, vcpu->sync->regs.rax);
	EXPECT_EQ(before.rflags, trap.rflags & ~(1ull << 16 /* RF */));
	EXPECT_EQ(0, guest_read64(vcpu->vm, GUEST_DATA));
}

TEST_F(insn, vmx_instructions_are_ud)
{
	static const struct guest_code *const *const all[] = {
		vmlaunch, vmresume, vmxoff, vmfunc, vmxon, vmclear, vmptrld, vmptrst,
	};
	static const struct guest_code *const only_64[] = { &vmread, &vmwrite, &invept, &invvpid };
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(all); i++)
			expect_ud(_metadata, &self->vcpu, mode, all[i][mode], false);
	}
	for (i = 0; i < 4; i++)
		expect_ud(_metadata, &self->vcpu, MODE_LONG, only_64[i], false);
}

TEST_F(insn, vmx_instructions_at_cpl_3_are_ud)
{
	static const struct guest_code *const codes[] = {
		&vmlaunch_64, &vmresume_64, &vmxoff_64, &vmfunc_64, &vmxon_64, &vmclear_64,
		&vmptrld_64, &vmptrst_64, &vmread, &vmwrite, &invept, &invvpid,
	};
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		guest_mode(&self->vcpu, MODE_LONG);
		guest_load(&self->vm, GUEST_CODE_AT, codes[i]);
		guest_user(&self->vcpu);
		guest_regs(&self->vcpu)->rsi = GUEST_DATA;
		EXPECT_EQ(VEC_UD, guest_run(&self->vcpu)) { TH_LOG("%s", codes[i]->name); }
		EXPECT_TRUE(guest_trapped(&self->vcpu, &trap));
		EXPECT_EQ(3, trap.cs & 3);
	}
}

TEST_F(insn, getsec_monitor_and_mwait_are_ud)
{
	static const struct guest_code *const *const all[] = { getsec, monitor, mwait };
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < 3; i++)
			expect_ud(_metadata, &self->vcpu, mode, all[i][mode], false);
	}
	expect_ud(_metadata, &self->vcpu, MODE_LONG, &monitor_64, true);
	expect_ud(_metadata, &self->vcpu, MODE_LONG, &mwait_64, true);
	expect_ud(_metadata, &self->vcpu, MODE_LONG, &rsm, false);
}

TEST_F(insn, rdpmc_is_gp)
{
	static const uint32_t counters[] = { 0, 1, 0x40000000, 0x80000000, ~0u };
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		guest_mode(vcpu, MODE_LONG);
		guest_load(&self->vm, GUEST_CODE_AT, &rdpmc);
		guest_regs(vcpu)->rcx = counters[i];
		guest_regs(vcpu)->rax = 0x77;
		EXPECT_EQ(VEC_GP, guest_run(vcpu)) { TH_LOG("counter %#x", counters[i]); }
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(0x77, vcpu->sync->regs.rax);
	}
	guest_mode(vcpu, MODE_LONG);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

/* ---- harmless ---- */

TEST_F(insn, wbinvd_does_nothing)
{
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;
	uint64_t exits;

	for (mode = 0; mode < MODES; mode++) {
		exits = vcpu_counter(vcpu, REASON_WBINVD);
		EXPECT_EQ(NO_TRAP, run_in(vcpu, mode, &wbinvd)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
		EXPECT_EQ(exits + 1, vcpu_counter(vcpu, REASON_WBINVD));
	}
	guest_mode(vcpu, MODE_LONG);
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

/* What the guest has written must not be lost with the cache. */
TEST_F(insn, invd_loses_nothing)
{
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		guest_write64(&self->vm, GUEST_DATA, 0);
		EXPECT_EQ(NO_TRAP, run_in(&self->vcpu, mode, store_invd[mode])) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(0x5a, guest_read64(&self->vm, GUEST_DATA));
	}
}

TEST_F(insn, pause_and_clflush_do_not_leave_the_kernel)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t user = vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS);

	EXPECT_EQ(NO_TRAP, run_in(vcpu, MODE_LONG, &pause_many));
	EXPECT_EQ(NO_TRAP, run_in(vcpu, MODE_LONG, &clflush));
	EXPECT_EQ(user + 2, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));	/* two HLTs */
}

/* ---- reported as itself ---- */

TEST_F(insn, a_task_switch_is_an_exit_of_its_own)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *gdt = guest_at(&self->vm, GUEST_GDT);
	uint64_t saved = gdt[7];

	guest_mode(vcpu, MODE_PROT32);
	/* An available 32-bit TSS at GUEST_FREE, where SEL_DATA_3 stands else. */
	gdt[7] = 0x0000890000000067ull | (uint64_t)(GUEST_FREE & 0xffffff) << 16;
	guest_load(&self->vm, GUEST_CODE_AT, &jump_to_tss);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_UNKNOWN), guest_run(vcpu));
	EXPECT_EQ(REASON_TASK, vcpu->exit->hardware.hw_reason);
	EXPECT_EQ(XVCPU_INTERNAL_TASK_SWITCH, vcpu->exit->hardware.code);
	EXPECT_EQ(0x38, vcpu->exit->hardware.qualification & 0xffff);
	EXPECT_EQ(2, vcpu->exit->hardware.qualification >> 30 & 3);	/* by JMP */
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	EXPECT_EQ(0, vcpu->exit->flags);
	/* It retries, or the VMM does something about it. */
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_UNKNOWN), guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0x38;
	gdt[7] = saved;
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

/* Sources in the exit qualification (SDM "Exit Qualification for Task Switches"). */
#define BY_IRET		1
#define BY_GATE		3
/* #DF with an error code, as it is injected. */
#define INFO_DF		0x80000b08u

static void expect_switch(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			  unsigned int source, uint16_t selector)
{
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_UNKNOWN), guest_run(vcpu));
	EXPECT_EQ(REASON_TASK, vcpu->exit->hardware.hw_reason);
	EXPECT_EQ(XVCPU_INTERNAL_TASK_SWITCH, vcpu->exit->hardware.code);
	EXPECT_EQ(selector, vcpu->exit->hardware.qualification & 0xffff);
	EXPECT_EQ(source, vcpu->exit->hardware.qualification >> 30 & 3);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	EXPECT_EQ(0, vcpu->exit->flags);
}

/* A #GP whose gate is none: the #GP of its delivery makes it a #DF, which has a task gate. */
TEST_F(insn, a_task_gate_in_the_idt_is_one_and_keeps_the_event)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *gdt = guest_at(&self->vm, GUEST_GDT), *idt = guest_at(&self->vm, GUEST_IDT);
	struct xvcpu_events events;
	unsigned int i;

	guest_mode(vcpu, MODE_PROT32);
	gdt[7] = 0x0000890000000067ull | (uint64_t)(GUEST_FREE & 0xffffff) << 16;
	idt[VEC_DF] = 0x38 << 16 | 0x85ull << 40;
	idt[VEC_GP] = 0;
	guest_load(&self->vm, GUEST_CODE_AT, &load_ds);
	guest_regs(vcpu)->rax = 0xfff8;
	/* The second time it is delivered once more: it was not lost, nor done. */
	for (i = 0; i < 2; i++) {
		expect_switch(_metadata, vcpu, BY_GATE, 0x38);
		ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
		EXPECT_EQ(INFO_DF, events.info);
		EXPECT_EQ(0, events.error);
	}
}

/* To the task in the back link, which must be busy. */
TEST_F(insn, an_iret_with_nt_set_is_one)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *gdt = guest_at(&self->vm, GUEST_GDT);

	guest_mode(vcpu, MODE_PROT32);
	gdt[7] = 0x00008b0000000067ull | (uint64_t)(GUEST_FREE & 0xffffff) << 16;
	*(uint32_t *)guest_at(&self->vm, GUEST_TSS) = 0x38;
	guest_load(&self->vm, GUEST_CODE_AT, &iret);
	guest_regs(vcpu)->rflags = RFLAGS_1 | RFLAGS_NT;
	expect_switch(_metadata, vcpu, BY_IRET, 0x38);
	EXPECT_EQ(RFLAGS_NT, vcpu->sync->regs.rflags & RFLAGS_NT);
}

/* ---- triple fault ---- */

static int triple_fault(struct test_vcpu *vcpu, enum guest_mode mode)
{
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, &ud2);
	guest_sregs(vcpu)->idtr.limit = 0;
	return guest_run(vcpu);
}

TEST_F(insn, a_triple_fault_is_a_shutdown_in_every_mode)
{
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		EXPECT_EQ(EXIT_SHUTDOWN, triple_fault(&self->vcpu, mode)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(0, self->vcpu.exit->flags);
	}
	EXPECT_EQ(MODES, vcpu_counter(&self->vcpu, REASON_TRIPLE));
}

TEST_F(insn, after_a_shutdown_the_guest_is_not_entered_again)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t entries;
	unsigned int i;

	ASSERT_EQ(EXIT_SHUTDOWN, triple_fault(vcpu, MODE_LONG));
	entries = vcpu_counter(vcpu, XVCPU_COUNT_ENTRIES);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(EXIT_SHUTDOWN, guest_run(vcpu));
	/* Nor with other control registers. */
	guest_sregs(vcpu)->idtr.limit = 0xfff;
	guest_cregs(vcpu)->cr2 = 1;
	ASSERT_EQ(EXIT_SHUTDOWN, guest_run(vcpu));
	EXPECT_EQ(entries, vcpu_counter(vcpu, XVCPU_COUNT_ENTRIES));
	/* A kick comes first, and is not lost. */
	vcpu_kick(vcpu);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(vcpu));
	ASSERT_EQ(EXIT_SHUTDOWN, guest_run(vcpu));
}

TEST_F(insn, reset_ends_a_shutdown)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct snapshot fresh, after;
	struct test_vcpu other;

	ASSERT_EQ(EXIT_SHUTDOWN, triple_fault(vcpu, MODE_PROT32));
	ASSERT_EQ(0, vcpu_reset(vcpu));
	vcpu_snapshot(vcpu, &after);
	vcpu_open(&other, &self->vm, 1);
	vcpu_snapshot(&other, &fresh);
	vcpu_close(&other);
	/* As a new vCPU, but for the bit that says which is the bootstrap processor. */
	((struct xvcpu_cregs *)(fresh.bytes + fresh.groups[XVCPU_GROUP_CREGS].offset))->apic_base |=
		1 << 8;
	EXPECT_EQ(-1, snapshots_differ(&fresh, &after));
	EXPECT_EQ(NO_TRAP, run_in(vcpu, MODE_REAL, &hlt));
}

TEST_F(insn, setting_registers_ends_a_shutdown)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs regs;

	ASSERT_EQ(EXIT_SHUTDOWN, triple_fault(vcpu, MODE_PROT32));
	guest_load(&self->vm, GUEST_CODE_AT, &hlt);
	regs = vcpu->sync->regs;
	regs.rip = GUEST_CODE_AT;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	/* Through the run area, too. */
	ASSERT_EQ(EXIT_SHUTDOWN, triple_fault(vcpu, MODE_PROT32));
	guest_load(&self->vm, GUEST_CODE_AT, &hlt);
	guest_regs(vcpu)->rip = GUEST_CODE_AT;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that the VMM sends: interrupts, NMIs, exceptions. Each is delivered once, in the order of
 * the SDM's priorities, at the first moment at which the guest can take it.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define IRQ	0x33

GUEST_CODE_MODES(halt, "nop; hlt");
GUEST_CODE(out, 64, "out %al, $0x80; nop; hlt");
GUEST_CODE(sti_out, 64, "sti; out %al, $0x80; nop; hlt");
GUEST_CODE(mov_ss_out, 64, "mov %eax, %ss; out %al, $0x80; nop; hlt");
GUEST_CODE(sti_later, 64, "nop; sti; nop; nop; hlt");
GUEST_CODE(cli_sti_cli, 64, "cli; sti; cli; nop; sti; nop; cli; hlt");
/* In place of the HLT that is the handler. */
GUEST_CODE(handler, 64, "hlt; iretq");

/* To the instruction behind it. */
GUEST_CODE(iret, 64,
	   "mov %rsp, %rax; push $0x10; push %rax; push $2; push $0x18\n"
	   "lea 1f(%rip), %rax; push %rax; iretq; 1: hlt");

FIXTURE(event) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct guest_trap trap;
	struct snapshot before, after;
};

FIXTURE_SETUP(event)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, halt[MODE_LONG]);
	guest_interruptible(&self->vcpu);
}

/*
 * An IRET in the guest: Bochs 2.7 goes on blocking virtual NMIs, in whatever guest comes next,
 * until one is executed.
 */
static void end_nmi(struct test_vcpu *vcpu)
{
	vcpu->request->flags = 0;
	guest_begin(vcpu, MODE_LONG, &iret);
	if (guest_run(vcpu) != NO_TRAP)
		die("IRET did not get to the end");
}

FIXTURE_TEARDOWN(event)
{
	end_nmi(&self->vcpu);
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* The registers in the sync section into the vCPU, without entering the guest. */
static void load(struct test_vcpu *vcpu)
{
	vcpu->request->immediate_exit = 1;
	if (vcpu_run(vcpu) != -EINTR)
		die("RUN with immediate_exit entered the guest");
	vcpu->request->immediate_exit = 0;
}

static void handler_returns(struct test_vm *vm, unsigned int vector)
{
	guest_load(vm, GUEST_TRAPS + 16 * vector, &handler);
}

static uint64_t injected(struct test_vcpu *vcpu)
{
	return vcpu_counter(vcpu, XVCPU_COUNT_INJECTED);
}

/* ---- interrupts ---- */

TEST_F(event, an_interrupt_is_delivered_in_every_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int mode;

	for (mode = 0; mode < MODES; mode++) {
		if (mode == MODE_PROT16)	/* its gates are 32-bit code's */
			continue;
		guest_begin(vcpu, mode, halt[mode]);
		guest_interruptible(vcpu);
		load(vcpu);
		EXPECT_EQ(XVCPU_EXIT_FLAG_IF | XVCPU_EXIT_FLAG_READY, vcpu->exit->flags);
		ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
		ASSERT_EQ(IRQ, guest_run(vcpu)) TH_LOG("mode %s", guest_mode_names[mode]);
		ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
		EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
		EXPECT_TRUE(self->trap.rflags & RFLAGS_IF);
		EXPECT_FALSE(vcpu->sync->regs.rflags & RFLAGS_IF);
		EXPECT_EQ(0, vcpu->exit->flags);
		/* Once. */
		guest_return(vcpu, &self->trap, 0);
		EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	}
}

TEST_F(event, an_interrupt_is_refused_while_if_is_clear)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_regs(vcpu)->rflags = RFLAGS_1;
	load(vcpu);
	EXPECT_EQ(0, vcpu->exit->flags);
	vcpu_snapshot(vcpu, &self->before);
	EXPECT_EQ(-EAGAIN, vcpu_interrupt(vcpu, IRQ));
	EXPECT_EQ(XVCPU_ERR_BLOCKED, vcpu->error.code);
	vcpu_snapshot(vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(event, the_slot_holds_one)
{
	struct test_vcpu *vcpu = &self->vcpu;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	EXPECT_EQ(-EAGAIN, vcpu_interrupt(vcpu, IRQ + 1));
	EXPECT_EQ(XVCPU_ERR_PENDING, vcpu->error.code);
	EXPECT_EQ(IRQ, vcpu->error.value);
	EXPECT_EQ(IRQ, guest_run(vcpu));
}

TEST_F(event, an_interrupt_waits_for_the_end_of_the_exit)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_next(vcpu, &out);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS | XVCPU_EXIT_FLAG_IF | XVCPU_EXIT_FLAG_READY,
		  vcpu->exit->flags);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT + 2, self->trap.rip);
}

/* Completion ends the blocking; RETRY does not, and then the interrupt waits for its moment. */
static const struct guest_code *const blocking[] = { &sti_out, &mov_ss_out };

TEST_F(event, an_interrupt_waits_for_the_end_of_blocking)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocking); i++) {
		guest_begin(vcpu, MODE_LONG, blocking[i]);
		guest_regs(vcpu)->rax = SEL_DATA;
		if (blocking[i] == &mov_ss_out)
			guest_interruptible(vcpu);
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
		EXPECT_TRUE(vcpu->exit->flags & XVCPU_EXIT_FLAG_READY);
		ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
		vcpu->request->answer = XVCPU_ANSWER_RETRY;
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
		EXPECT_FALSE(vcpu->exit->flags & XVCPU_EXIT_FLAG_READY);
		ASSERT_EQ(IRQ, guest_run(vcpu)) TH_LOG("%s", blocking[i]->name);
		ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
		EXPECT_EQ(vcpu->exit->reason == XVCPU_EXIT_HLT ? GUEST_CODE_AT + 2 +
			  (blocking[i] == &sti_out ? 1 : 2) : 0, self->trap.rip);
		EXPECT_EQ(1 + i, injected(vcpu));
	}
}

/* ---- windows ---- */

TEST_F(event, the_window_opens_behind_the_instruction_after_sti)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_begin(vcpu, MODE_LONG, &sti_later);
	vcpu->request->flags = XVCPU_RUN_INTERRUPT_WINDOW;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_WINDOW), guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
	EXPECT_EQ(XVCPU_EXIT_FLAG_IF | XVCPU_EXIT_FLAG_READY, vcpu->exit->flags);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	vcpu->request->flags = 0;
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT + 3, self->trap.rip);
}

TEST_F(event, a_window_that_nobody_asked_for_is_not_told)
{
	guest_next(&self->vcpu, &sti_later);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, vcpu_counter(&self->vcpu, 7 /* interrupt window */));
}

TEST_F(event, an_open_window_is_told_before_the_first_instruction)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	vcpu->request->flags = XVCPU_RUN_INTERRUPT_WINDOW;
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_WINDOW), guest_run(vcpu));
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	}
}

/* STI, then CLI in its shadow: at no moment is there a window. */
TEST_F(event, cli_in_the_shadow_of_sti_leaves_no_window)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_begin(vcpu, MODE_LONG, &cli_sti_cli);
	vcpu->request->flags = XVCPU_RUN_INTERRUPT_WINDOW;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_WINDOW), guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 6, vcpu->sync->regs.rip);
}

/* ---- order ---- */

TEST_F(event, an_exception_comes_before_an_interrupt_and_neither_is_lost)
{
	const struct xvcpu_exception ud = { .vector = VEC_UD };
	struct test_vcpu *vcpu = &self->vcpu;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	ASSERT_EQ(0, vcpu_exception(vcpu, &ud));
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	EXPECT_EQ(1, injected(vcpu));
	/* Its handler has IF clear: the interrupt waits. */
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	guest_return(vcpu, &self->trap, 0);
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(2, injected(vcpu));
	guest_return(vcpu, &self->trap, 0);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(2, injected(vcpu));
}

TEST_F(event, an_nmi_comes_before_an_interrupt)
{
	struct test_vcpu *vcpu = &self->vcpu;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(VEC_NMI, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	/* And not out of the interrupt's handler. */
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	guest_return(vcpu, &self->trap, 0);
	ASSERT_EQ(IRQ, guest_run(vcpu));
}

/* The trap of an instruction that is done, as the state says: an OUT that was stepped over, say. */
TEST_F(event, a_single_step_comes_before_an_interrupt)
{
	struct xvcpu_events events = {
		.pending_debug = 1 << 14, .flags = XVCPU_EVENTS_INTERRUPT, .vector = IRQ,
	};
	struct test_vcpu *vcpu = &self->vcpu;

	guest_regs(vcpu)->rflags |= RFLAGS_TF;
	load(vcpu);
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	guest_return(vcpu, &self->trap, 0);
	guest_regs(vcpu)->rflags &= ~RFLAGS_TF;
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
}

/* ---- NMIs ---- */

TEST_F(event, an_nmi_needs_no_if)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_regs(vcpu)->rflags = RFLAGS_1;
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(VEC_NMI, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(XVCPU_EXIT_FLAG_NMI_BLOCKED, vcpu->exit->flags);
}

TEST_F(event, one_nmi_is_latched_until_the_iret_of_the_one_before)
{
	struct test_vcpu *vcpu = &self->vcpu;

	handler_returns(&self->vm, VEC_NMI);
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(VEC_NMI, guest_run(vcpu));
	/* Three in its handler are one behind it. */
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	EXPECT_EQ(1, injected(vcpu));
	ASSERT_EQ(VEC_NMI, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(2, injected(vcpu));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(2, injected(vcpu));
}

TEST_F(event, an_nmi_waits_for_the_end_of_blocking)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocking); i++) {
		guest_begin(vcpu, MODE_LONG, blocking[i]);
		guest_regs(vcpu)->rax = SEL_DATA;
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
		ASSERT_EQ(0, vcpu_nmi(vcpu));
		vcpu->request->answer = XVCPU_ANSWER_RETRY;
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
		EXPECT_EQ(VEC_NMI, guest_run(vcpu));
		end_nmi(vcpu);
	}
}

/* ---- exceptions ---- */

TEST_F(event, every_exception_is_delivered_with_its_error_code)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int vector;
	bool error;

	for (vector = 0; vector < 21; vector++) {
		struct xvcpu_exception exception = { .vector = vector, .error_code = 0x1234 };

		if (vector == VEC_NMI || vector == 9 || vector == 15 || vector == 18)
			continue;
		error = vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) ||
			vector == VEC_AC;
		exception.payload = vector == VEC_PF ? 0x5678 : 0;
		guest_begin(vcpu, MODE_LONG, halt[MODE_LONG]);
		load(vcpu);
		ASSERT_EQ(0, vcpu_exception(vcpu, &exception));
		ASSERT_EQ(vector, guest_run(vcpu));
		ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
		EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
		EXPECT_EQ(error ? 0x1234 : 0, self->trap.error);
		if (vector == VEC_PF)
			EXPECT_EQ(0x5678, vcpu->sync->cregs.cr2);
	}
}

TEST_F(event, real_mode_has_no_error_codes)
{
	const struct xvcpu_exception gp = { .vector = VEC_GP, .error_code = 0x1234 };
	struct test_vcpu *vcpu = &self->vcpu;

	guest_begin(vcpu, MODE_REAL, halt[MODE_REAL]);
	load(vcpu);
	ASSERT_EQ(0, vcpu_exception(vcpu, &gp));
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
}

TEST_F(event, software_events_save_the_rip_behind_them)
{
	static const struct xvcpu_exception events[] = {
		{ .vector = VEC_BP, .type = XVCPU_EXCEPTION_INT3, .insn_len = 1 },
		{ .vector = VEC_OF, .type = XVCPU_EXCEPTION_INT3, .insn_len = 3 },
		{ .vector = VEC_DB, .type = XVCPU_EXCEPTION_INT1, .insn_len = 1 },
		{ .vector = IRQ, .type = XVCPU_EXCEPTION_INTN, .insn_len = 2 },
		{ .vector = VEC_GP, .type = XVCPU_EXCEPTION_INTN, .insn_len = 15 },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t frame;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		guest_begin(vcpu, MODE_LONG, halt[MODE_LONG]);
		load(vcpu);
		ASSERT_EQ(0, vcpu_exception(vcpu, &events[i]));
		ASSERT_EQ(events[i].vector, guest_run(vcpu));
		/* INT n pushes no error code, whatever the vector. */
		frame = guest_read64(&self->vm, vcpu->sync->regs.rsp);
		EXPECT_EQ(GUEST_CODE_AT + events[i].insn_len, frame);
	}
}

TEST_F(event, wrong_exceptions_are_refused)
{
	static const struct {
		struct xvcpu_exception exception;
		uint32_t code, field;
	} rows[] = {
#define FIELD(member)	offsetof(struct xvcpu_exception, member)
		{ { .vector = 2 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 32 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 6, .insn_len = 1 }, XVCPU_ERR_RANGE, FIELD(insn_len) },
		{ { .vector = 13, .error_code = 0x10000 }, XVCPU_ERR_BITS, FIELD(error_code) },
		{ { .vector = 1, .payload = 0x10 }, XVCPU_ERR_BITS, FIELD(payload) },
		{ { .vector = 6, .type = 4 }, XVCPU_ERR_RANGE, FIELD(type) },
		{ { .vector = 5, .type = 1, .insn_len = 1 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 2, .type = 1, .insn_len = 1 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 3, .type = 1 }, XVCPU_ERR_RANGE, FIELD(insn_len) },
		{ { .vector = 3, .type = 2, .insn_len = 1 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 256, .type = 3, .insn_len = 2 }, XVCPU_ERR_RANGE, FIELD(vector) },
		{ { .vector = 255, .type = 3, .insn_len = 16 }, XVCPU_ERR_RANGE,
		  FIELD(insn_len) },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	load(vcpu);
	vcpu_snapshot(vcpu, &self->before);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(-EINVAL, vcpu_exception(vcpu, &rows[i].exception)) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].code, vcpu->error.code);
		EXPECT_EQ(rows[i].field, vcpu->error.field) TH_LOG("row %u", i);
	}
	vcpu_snapshot(vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(event, an_exception_is_refused_while_another_event_or_an_exit_waits)
{
	const struct xvcpu_exception ud = { .vector = VEC_UD }, gp = { .vector = VEC_GP };
	struct test_vcpu *vcpu = &self->vcpu;

	guest_next(vcpu, &out);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	EXPECT_EQ(-EBUSY, vcpu_exception(vcpu, &ud));
	EXPECT_EQ(XVCPU_ERR_WAITING, vcpu->error.code);
	EXPECT_EQ(XVCPU_EXIT_IO, vcpu->error.value);
	load(vcpu);
	ASSERT_EQ(0, vcpu_exception(vcpu, &ud));
	EXPECT_EQ(-EAGAIN, vcpu_exception(vcpu, &gp));
	EXPECT_EQ(XVCPU_ERR_PENDING, vcpu->error.code);
	EXPECT_EQ(VEC_UD, vcpu->error.value);
	EXPECT_EQ(-EAGAIN, vcpu_interrupt(vcpu, IRQ));
	EXPECT_EQ(XVCPU_ERR_PENDING, vcpu->error.code);
	EXPECT_EQ(VEC_UD, guest_run(vcpu));
}

/* ---- what a refused entry, RESET and SET_STATE do to them ---- */

TEST_F(event, a_refused_entry_loses_nothing)
{
	struct test_vcpu *vcpu = &self->vcpu;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	guest_sregs(vcpu)->cs.ar = 0;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_FAIL_ENTRY), guest_run(vcpu));
	guest_begin(vcpu, MODE_LONG, halt[MODE_LONG]);	/* a RESET is in it */
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));

	guest_begin(vcpu, MODE_LONG, halt[MODE_LONG]);
	guest_interruptible(vcpu);
	load(vcpu);
	self->vcpu.request->dirty = 0;
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	guest_sregs(vcpu)->gs.ar = 0;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_FAIL_ENTRY), guest_run(vcpu));
	guest_sregs(vcpu)->gs = vcpu->sync->sregs.fs;
	guest_regs(vcpu);
	EXPECT_EQ(IRQ, guest_run(vcpu));
}

TEST_F(event, reset_forgets_them)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_events events;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(XVCPU_EVENTS_NMI | XVCPU_EVENTS_INTERRUPT, events.flags);
	EXPECT_EQ(IRQ, events.vector);
	ASSERT_EQ(0, vcpu_reset(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(0, events.flags);
	EXPECT_EQ(0, events.vector);
}

/* From one vCPU to another, with everything that is on its way. */
TEST_F(event, events_move_with_the_state)
{
	struct test_vcpu *vcpu = &self->vcpu, other;
	const struct xvcpu_exception gp = { .vector = VEC_GP, .error_code = 0x77 };
	struct xvcpu_events events;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
	struct xvcpu_regs regs;

	load(vcpu);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	ASSERT_EQ(0, vcpu_exception(vcpu, &gp));
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	EXPECT_EQ(0x80000b0d, events.info);
	EXPECT_EQ(0x77, events.error);

	vcpu_open(&other, &self->vm, 1);
	cregs.apic_base &= ~0x100ull;	/* not the bootstrap processor */
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	other.request->sync = ALL_SYNCED;
	/* The exception first, so that the NMI finds its handler before the first instruction. */
	handler_returns(&self->vm, VEC_NMI);
	ASSERT_EQ(VEC_NMI, guest_run(&other));
	ASSERT_TRUE(guest_trapped(&other, &self->trap));
	EXPECT_EQ(GUEST_TRAPS + 16 * VEC_GP, self->trap.rip);
	ASSERT_EQ(VEC_GP, guest_run(&other));
	ASSERT_TRUE(guest_trapped(&other, &self->trap));
	EXPECT_EQ(0x77, self->trap.error);
	guest_return(&other, &self->trap, 0);
	ASSERT_EQ(IRQ, guest_run(&other));
	ASSERT_TRUE(guest_trapped(&other, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	vcpu_close(&other);
}

TEST_F(event, blocking_is_part_of_the_state)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_events events;

	guest_begin(vcpu, MODE_LONG, &sti_out);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(1, events.interruptibility);
	EXPECT_EQ(-EBUSY, vcpu_set(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(XVCPU_ERR_WAITING, vcpu->error.code);
	load(vcpu);
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(0, events.interruptibility);
	/* Set by hand: the interrupt comes one instruction later. */
	events.interruptibility = 1;
	events.flags = XVCPU_EVENTS_INTERRUPT;
	events.vector = IRQ;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT + 4, self->trap.rip);
	/* And by NMI. */
	handler_returns(&self->vm, VEC_NMI);
	guest_next(vcpu, halt[MODE_LONG]);
	load(vcpu);
	memset(&events, 0, sizeof(events));
	events.interruptibility = 8;
	events.flags = XVCPU_EVENTS_NMI;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_TRUE(vcpu->exit->flags & XVCPU_EXIT_FLAG_NMI_BLOCKED);
}

TEST_F(event, wrong_events_are_refused)
{
	static const struct {
		struct xvcpu_events events;
		uint32_t code, field;
	} rows[] = {
#define PLACE(member)	offsetof(struct xvcpu_events, member)
		{ { .info = 0x0d }, XVCPU_ERR_BITS, PLACE(info) },
		{ { .info = 0x8000130d }, XVCPU_ERR_BITS, PLACE(info) },
		{ { .info = 0x80000133 }, XVCPU_ERR_VALUE, PLACE(info) },
		{ { .info = 0x80000700 }, XVCPU_ERR_VALUE, PLACE(info) },
		{ { .error = 0x10000 }, XVCPU_ERR_BITS, PLACE(error) },
		{ { .insn_len = 16 }, XVCPU_ERR_RANGE, PLACE(insn_len) },
		{ { .interruptibility = 4 }, XVCPU_ERR_BITS, PLACE(interruptibility) },
		{ { .interruptibility = 16 }, XVCPU_ERR_BITS, PLACE(interruptibility) },
		{ { .interruptibility = 3 }, XVCPU_ERR_VALUE, PLACE(interruptibility) },
		{ { .pending_debug = 0x10 }, XVCPU_ERR_BITS, PLACE(pending_debug) },
		{ { .flags = 8 }, XVCPU_ERR_FLAGS, PLACE(flags) },
		{ { .vector = 1 }, XVCPU_ERR_RANGE, PLACE(vector) },
		{ { .flags = 2, .vector = 256 }, XVCPU_ERR_RANGE, PLACE(vector) },
		{ { .reserved = { 0, 0, 0, 1 } }, XVCPU_ERR_RESERVED, PLACE(reserved) },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	load(vcpu);
	vcpu_snapshot(vcpu, &self->before);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(-EINVAL, vcpu_set(vcpu, XVCPU_GROUP_EVENTS, &rows[i].events,
					    sizeof(rows[i].events))) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].code, vcpu->error.code);
		EXPECT_EQ(rows[i].field, vcpu->error.field) TH_LOG("row %u", i);
	}
	vcpu_snapshot(vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that exit because the VMM wants to see them: what the exit tells, what passes them on,
 * double faults, events that they interrupt; and guests that raise #AC or #DB for ever.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_EXCEPTION	OTHER_EXIT(XVCPU_EXIT_EXCEPTION)
#define EXIT_SHUTDOWN	OTHER_EXIT(XVCPU_EXIT_SHUTDOWN)
#define IRQ		0x33
#define RFLAGS_AC	0x40000ull
#define RFLAGS_RF	0x10000ull
#define DR6_FIXED	0xffff0ff0ull
#define DR6_BS		0x4000ull
#define DR6_B0		1ull
#define DR7_FIXED	0x400ull
#define DR7_L0		1ull
#define DR7_WRITE_8_0	(9ull << 16)
#define HARD_EXCEPTION	(3u << 8)
#define INFO_ERROR	(1u << 11)
#define INFO_VALID	(1u << 31)
#define PAGE_ENTRY	(GUEST_FREE / PAGE_BYTES)

GUEST_CODE(ud2, 64, "ud2; nop; hlt");
GUEST_CODE(divide, 64, "xor %edx, %edx; mov $1, %eax; xor %ecx, %ecx; div %ecx; hlt");
GUEST_CODE(bad_ds, 64, "mov $0x58, %eax; mov %eax, %ds; hlt");
GUEST_CODE(load, 64, "mov (%rsi), %eax; hlt");
GUEST_CODE(store, 64, "mov %eax, (%rsi); hlt");
GUEST_CODE(int3, 64, "int3; hlt");
GUEST_CODE(icebp, 64, ".byte 0xf1; hlt");
GUEST_CODE(nops, 64, "nop; nop; hlt");
GUEST_CODE(halt, 64, "nop; hlt");
GUEST_CODE(fpu, 64, "fnop; hlt");
/* In place of the HLT that is the handler. */
GUEST_CODE(bad_iret, 64, "movq $0x58, 8(%rsp); 1: iretq");
GUEST_CODE(good_iret, 64,
	   "mov %rsp, %rax; push $0x10; push %rax; push $2; push $0x18\n"
	   "lea 1f(%rip), %rax; push %rax; iretq; 1: hlt");
GUEST_CODE(unaligned, 32, "mov 0xa001, %eax; hlt");
GUEST_CODE(watched, 64, "incq 0xa000; .byte 0xf1; hlt");

FIXTURE(exc) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct guest_trap trap;
};

FIXTURE_SETUP(exc)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(exc)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define exc_data FIXTURE_DATA(exc)

static void want(struct test_vcpu *vcpu, uint32_t exceptions)
{
	long ret = vcpu_intercepts(vcpu, 0, exceptions);

	if (ret)
		die("SET_INTERCEPTS: %s", strerror(-ret));
}

static int run(struct test_vcpu *vcpu, const struct guest_code *code)
{
	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	guest_regs(vcpu)->rsi = GUEST_FREE + 0x123;
	return guest_run(vcpu);
}

/* The guest gets what exited, or something else. */
static int pass(struct test_vcpu *vcpu, uint32_t vector)
{
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = vector;
	vcpu->request->error_code = vcpu->exit->exception.error_code;
	vcpu->request->payload = vector == vcpu->exit->exception.vector ?
				 vcpu->exit->exception.payload : 0;
	return guest_run(vcpu);
}

static struct xvcpu_debug_regs get_debug(struct test_vcpu *vcpu)
{
	struct xvcpu_debug_regs debug;

	if (vcpu_get(vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)))
		die("GET_STATE of DEBUG");
	return debug;
}

static void set_debug(struct test_vcpu *vcpu, const struct xvcpu_debug_regs *debug)
{
	if (vcpu_set(vcpu, XVCPU_GROUP_DEBUG, debug, sizeof(*debug)))
		die("SET_STATE of DEBUG");
}

/* ---- the exit, and passing it on ---- */

struct exception_case {
	const struct guest_code *code;
	uint32_t vector, type, error, insn_len;
	uint64_t payload;
	unsigned int at;	/* of the instruction, from the start of the code */
};

static const struct exception_case exceptions[] = {
	{ &ud2, VEC_UD },
	{ &divide, VEC_DE, .at = 9 },
	{ &bad_ds, VEC_GP, .error = 0x58, .at = 5 },
	{ &fpu, VEC_NM },
	{ &load, VEC_PF, .error = 0, .payload = GUEST_FREE + 0x123 },
	{ &store, VEC_PF, .error = 2, .payload = GUEST_FREE + 0x123 },
	{ &int3, VEC_BP, XVCPU_EXCEPTION_INT3, .insn_len = 1 },
	{ &icebp, VEC_DB, XVCPU_EXCEPTION_INT1, .insn_len = 1 },
};

static int run_case(struct test_vcpu *vcpu, const struct exception_case *c)
{
	uint64_t *pt = guest_split(vcpu->vm);

	pt[PAGE_ENTRY] = 0;
	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, c->code);
	guest_regs(vcpu)->rsi = GUEST_FREE + 0x123;
	if (c->vector == VEC_NM)
		guest_cregs(vcpu)->cr0 |= CR0_TS;
	return guest_run(vcpu);
}

TEST_F(exc, the_exit_tells_what_the_guest_would_get)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_exception *exit = &vcpu->exit->exception;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exceptions); i++) {
		const struct exception_case *c = &exceptions[i];

		want(vcpu, 1u << c->vector);
		ASSERT_EQ(EXIT_EXCEPTION, run_case(vcpu, c)) { TH_LOG("%s", c->code->name); }
		EXPECT_EQ(c->vector, exit->vector);
		EXPECT_EQ(c->type, exit->type) { TH_LOG("%s", c->code->name); }
		EXPECT_EQ(c->error, exit->error_code) { TH_LOG("%s", c->code->name); }
		EXPECT_EQ(c->insn_len, exit->insn_len) { TH_LOG("%s", c->code->name); }
		EXPECT_EQ(c->payload, exit->payload) { TH_LOG("%s", c->code->name); }
		EXPECT_EQ(0, exit->event_info);
		EXPECT_EQ(0, exit->event_error);
		EXPECT_EQ(0, exit->reserved);
		EXPECT_EQ(0, vcpu->exit->flags);	/* retries */
		EXPECT_EQ(GUEST_CODE_AT + c->at, vcpu->sync->regs.rip) {
			TH_LOG("%s", c->code->name);
		}
		EXPECT_EQ(0, vcpu->sync->cregs.cr2);
		EXPECT_EQ(DR6_FIXED, get_debug(vcpu).dr6);
	}
}

/* The same frame, CR2 and DR6 as without the intercept. */
TEST_F(exc, passed_on_it_is_what_it_was)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap without;
	struct xvcpu_regs regs;
	uint64_t cr2, injected;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exceptions); i++) {
		const struct exception_case *c = &exceptions[i];

		want(vcpu, 0);
		ASSERT_EQ(c->vector, run_case(vcpu, c)) { TH_LOG("%s", c->code->name); }
		ASSERT_TRUE(guest_trapped(vcpu, &without));
		regs = vcpu->sync->regs;
		cr2 = vcpu->sync->cregs.cr2;
		want(vcpu, 1u << c->vector);
		ASSERT_EQ(EXIT_EXCEPTION, run_case(vcpu, c));
		injected = vcpu_counter(vcpu, XVCPU_COUNT_INJECTED);
		ASSERT_EQ(c->vector, pass(vcpu, c->vector)) { TH_LOG("%s", c->code->name); }
		ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
		EXPECT_EQ(0, memcmp(&without, &self->trap, sizeof(without))) {
			TH_LOG("%s: rip %#llx, %#llx without; rflags %#llx, %#llx", c->code->name,
			       (unsigned long long)self->trap.rip,
			       (unsigned long long)without.rip,
			       (unsigned long long)self->trap.rflags,
			       (unsigned long long)without.rflags);
		}
		EXPECT_EQ(0, memcmp(&regs, &vcpu->sync->regs, sizeof(regs)));
		EXPECT_EQ(cr2, vcpu->sync->cregs.cr2);
		EXPECT_EQ(injected + 1, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
	}
}

TEST_F(exc, done_and_retry_execute_again)
{
	static const uint32_t answers[] = { XVCPU_ANSWER_DONE, XVCPU_ANSWER_RETRY };
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm);
	unsigned int i;

	want(vcpu, 1 << VEC_PF);
	for (i = 0; i < 2; i++) {
		pt[PAGE_ENTRY] = 0;
		guest_write64(&self->vm, GUEST_FREE + 0x123, 0x87654321);
		ASSERT_EQ(EXIT_EXCEPTION, run(vcpu, &load));
		vcpu->request->answer = answers[i];
		ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
		EXPECT_EQ(VEC_PF, vcpu->exit->exception.vector);
		/* Somebody has mapped the page. */
		pt[PAGE_ENTRY] = GUEST_FREE | PTE_P | PTE_W;
		vcpu->request->answer = answers[i];
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(0x87654321, vcpu->sync->regs.rax);
		EXPECT_EQ(0, vcpu->sync->cregs.cr2);
	}
}

TEST_F(exc, skipped_goes_where_the_vmm_says)
{
	struct test_vcpu *vcpu = &self->vcpu;

	want(vcpu, 1 << VEC_UD);
	ASSERT_EQ(EXIT_EXCEPTION, run(vcpu, &ud2));
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	vcpu->sync->regs.rax = 77;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(77, vcpu->sync->regs.rax);
	EXPECT_EQ(GUEST_CODE_AT + 4, vcpu->sync->regs.rip);
	EXPECT_EQ(0, vcpu->sync->regs.rflags & RFLAGS_RF);
}

TEST_F(exc, another_may_be_given_instead)
{
	struct test_vcpu *vcpu = &self->vcpu;

	want(vcpu, 1 << VEC_UD | 1 << VEC_BP);
	ASSERT_EQ(EXIT_EXCEPTION, run(vcpu, &ud2));
	EXPECT_EQ(VEC_NP, pass(vcpu, VEC_NP));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	/* INT3's length is for #BP only. */
	ASSERT_EQ(EXIT_EXCEPTION, run(vcpu, &int3));
	EXPECT_EQ(VEC_UD, pass(vcpu, VEC_UD));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
}

TEST_F(exc, only_what_is_asked_for_exits)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(exceptions); k++) {
		want(vcpu, ~(1u << exceptions[k].vector | 1u << VEC_NMI | 1u << 18));
		for (i = 0; i < ARRAY_SIZE(exceptions); i++) {
			int vector = exceptions[i].vector;

			EXPECT_EQ(vector == exceptions[k].vector ? vector : EXIT_EXCEPTION,
				  run_case(vcpu, &exceptions[i])) {
				TH_LOG("%s", exceptions[i].code->name);
			}
		}
	}
}

/* ---- #DB ---- */

TEST_F(exc, a_single_step_has_its_bit_in_the_payload_only)
{
	struct xvcpu_debug_regs debug = { .dr6 = DR6_FIXED | 2, .dr7 = DR7_FIXED };
	struct test_vcpu *vcpu = &self->vcpu;

	want(vcpu, 1 << VEC_DB);
	ASSERT_EQ(NO_TRAP, run(vcpu, &nops));	/* the page is there */
	guest_mode(vcpu, MODE_LONG);
	guest_regs(vcpu)->rflags |= RFLAGS_TF;
	set_debug(vcpu, &debug);
	ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
	EXPECT_EQ(DR6_BS, vcpu->exit->exception.payload);
	EXPECT_EQ(XVCPU_EXCEPTION_FAULT, vcpu->exit->exception.type);
	EXPECT_EQ(GUEST_CODE_AT + 1, vcpu->sync->regs.rip);
	EXPECT_EQ(DR6_FIXED | 2, get_debug(vcpu).dr6);
	/* RETRY goes on: the trap is over. The next instruction makes its own. */
	ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	ASSERT_EQ(VEC_DB, pass(vcpu, VEC_DB));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT + 2, self->trap.rip);
	EXPECT_EQ(DR6_FIXED | DR6_BS, get_debug(vcpu).dr6);
}

TEST_F(exc, passing_a_db_on_clears_general_detect)
{
	struct xvcpu_debug_regs debug = { .dr6 = DR6_FIXED, .dr7 = DR7_FIXED | 1 << 13 };
	struct test_vcpu *vcpu = &self->vcpu;

	want(vcpu, 1 << VEC_DB);
	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &icebp);
	set_debug(vcpu, &debug);
	ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
	EXPECT_EQ(DR7_FIXED | 1 << 13, get_debug(vcpu).dr7);
	ASSERT_EQ(VEC_DB, pass(vcpu, VEC_DB));
	EXPECT_EQ(DR7_FIXED, get_debug(vcpu).dr7);
}

/* ---- in the middle of a delivery ---- */

/* @vector's gate is not present, so that its delivery raises #NP. */
static void break_gate(struct test_vm *vm, unsigned int vector, bool broken)
{
	uint64_t *idt = guest_at(vm, GUEST_IDT);

	idt[2 * vector] &= ~(1ull << 47);
	if (!broken)
		idt[2 * vector] |= 1ull << 47;
}

/*
 * To the exit for the #NP that the delivery of @first raised. The gates are those of guest_mode(),
 * but for @first's.
 */
static int first_fault(struct test_vcpu *vcpu, uint32_t first)
{
	struct xvcpu_exception exception = { .vector = first };

	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, &halt);
	vcpu->request->immediate_exit = 1;
	if (vcpu_run(vcpu) != -EINTR)
		die("immediate_exit");
	vcpu->request->immediate_exit = 0;
	if (vcpu_exception(vcpu, &exception))
		die("XVCPU_EXCEPTION %u", first);
	break_gate(vcpu->vm, first, true);
	return guest_run(vcpu);
}

static bool has_error_code(uint32_t vector)
{
	return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

TEST_F(exc, the_exit_names_the_event_it_interrupted)
{
	volatile struct xvcpu_exit_exception *exit = &self->vcpu.exit->exception;
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t injected;
	uint32_t vector;

	want(vcpu, 1 << VEC_NP);
	for (vector = 0; vector < 20; vector++) {
		if (vector == VEC_NMI || vector == VEC_NP)
			continue;
		ASSERT_EQ(EXIT_EXCEPTION, first_fault(vcpu, vector)) TH_LOG("vector %u", vector);
		EXPECT_EQ(VEC_NP, exit->vector);
		EXPECT_EQ(vector * 8 + 2, exit->error_code & ~1u);
		EXPECT_EQ(INFO_VALID | HARD_EXCEPTION | vector |
			  (has_error_code(vector) ? INFO_ERROR : 0), exit->event_info);
		/* Repaired, it is delivered: once. */
		break_gate(&self->vm, vector, false);
		injected = vcpu_counter(vcpu, XVCPU_COUNT_INJECTED);
		ASSERT_EQ(vector, guest_run(vcpu)) TH_LOG("vector %u", vector);
		ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
		EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
		EXPECT_EQ(GUEST_STACK, self->trap.rsp);
		EXPECT_EQ(injected + 1, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
	}
}

enum fault_class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

static enum fault_class class_of(uint32_t vector)
{
	switch (vector) {
	case VEC_DE:
	case VEC_TS:
	case VEC_NP:
	case VEC_SS:
	case VEC_GP:
		return CONTRIBUTORY;
	case VEC_PF:
		return PAGE_FAULT;
	case VEC_DF:
		return DOUBLE_FAULT;
	}
	return BENIGN;
}

#define SERIALLY	0

/* SDM "Conditions for Generating a Double Fault"; a second #DF is the VMM's invention. */
static const int outcome[4][3] = {
	[BENIGN]       = { SERIALLY, SERIALLY, SERIALLY },
	[CONTRIBUTORY] = { SERIALLY, VEC_DF, SERIALLY },
	[PAGE_FAULT]   = { SERIALLY, VEC_DF, VEC_DF },
	[DOUBLE_FAULT] = { SERIALLY, EXIT_SHUTDOWN, EXIT_SHUTDOWN },
};

TEST_F(exc, every_pair_of_exceptions_is_judged_as_on_hardware)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint32_t first, second;
	int want_outcome;

	want(vcpu, 1 << VEC_NP);
	for (first = 0; first < 32; first++) {
		/* A #NP that raises #NP has no gate left to show it. */
		if (first == VEC_NMI || first == VEC_NP || first == 18)
			continue;
		for (second = 0; second < 32; second++) {
			if (second == VEC_NMI || second == VEC_DF || second == first)
				continue;
			ASSERT_EQ(EXIT_EXCEPTION, first_fault(vcpu, first));
			want_outcome = outcome[class_of(first)][class_of(second)];
			EXPECT_EQ(want_outcome == SERIALLY ? second : want_outcome,
				  pass(vcpu, second)) {
				TH_LOG("%u, then %u", first, second);
			}
			if (want_outcome != VEC_DF)
				continue;
			ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
			EXPECT_EQ(0, self->trap.error);
		}
	}
}

/* The same of one vector twice: its gate is whole again by the time of the second. */
TEST_F(exc, the_same_exception_twice)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint32_t vector;

	want(vcpu, 1 << VEC_NP);
	for (vector = 0; vector < 20; vector++) {
		if (vector == VEC_NMI || vector == VEC_NP || vector == VEC_DF || vector == 18)
			continue;
		ASSERT_EQ(EXIT_EXCEPTION, first_fault(vcpu, vector));
		break_gate(&self->vm, vector, false);
		EXPECT_EQ(class_of(vector) == BENIGN ? vector : VEC_DF, pass(vcpu, vector)) {
			TH_LOG("%u twice", vector);
		}
	}
}

/* An interrupt whose delivery was interrupted is delivered when that is over, and once. */
TEST_F(exc, an_interrupted_interrupt_is_delivered_once)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	want(vcpu, 1 << VEC_NP);
	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &halt);
	guest_interruptible(vcpu);
	vcpu->request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	vcpu->request->immediate_exit = 0;
	ASSERT_EQ(0, vcpu_interrupt(vcpu, IRQ));
	break_gate(&self->vm, IRQ, true);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
		EXPECT_EQ(INFO_VALID | IRQ, vcpu->exit->exception.event_info);
		EXPECT_EQ(0, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
	}
	break_gate(&self->vm, IRQ, false);
	ASSERT_EQ(IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &self->trap));
	EXPECT_EQ(GUEST_CODE_AT, self->trap.rip);
	EXPECT_EQ(1, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
	guest_return(vcpu, &self->trap, 0);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(1, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
}

/* ---- IRET that faults has unblocked NMIs, and will be executed again ---- */

static void nmi_to_faulting_iret(struct __test_metadata *_metadata, struct test_vcpu *vcpu)
{
	want(vcpu, 1 << VEC_GP);
	guest_begin(vcpu, MODE_LONG, &halt);
	guest_load(vcpu->vm, GUEST_TRAPS + 16 * VEC_NMI, &bad_iret);
	ASSERT_EQ(0, vcpu_nmi(vcpu));
	ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
	EXPECT_EQ(VEC_GP, vcpu->exit->exception.vector);
	EXPECT_EQ(0x58, vcpu->exit->exception.error_code);
}

/* Bochs goes on blocking NMIs in whatever guest comes next until an IRET is executed. */
static void end_nmi(struct test_vcpu *vcpu)
{
	want(vcpu, 0);
	guest_begin(vcpu, MODE_LONG, &good_iret);
	if (guest_run(vcpu) != NO_TRAP)
		die("IRET did not get to the end");
}

TEST_F(exc, nmis_stay_blocked_while_an_iret_is_tried_again)
{
	struct test_vcpu *vcpu = &self->vcpu;

	nmi_to_faulting_iret(_metadata, vcpu);
	EXPECT_TRUE(vcpu->exit->flags & XVCPU_EXIT_FLAG_NMI_BLOCKED);
	ASSERT_EQ(EXIT_EXCEPTION, guest_run(vcpu));
	EXPECT_TRUE(vcpu->exit->flags & XVCPU_EXIT_FLAG_NMI_BLOCKED);
	/* Passed on, the IRET has had its effect. */
	ASSERT_EQ(VEC_GP, pass(vcpu, VEC_GP));
	EXPECT_FALSE(vcpu->exit->flags & XVCPU_EXIT_FLAG_NMI_BLOCKED);
	end_nmi(vcpu);
}

/* ---- storms ---- */

static void *run_thread(void *arg)
{
	exc_data *self = arg;

	return (void *)vcpu_run(&self->vcpu);
}

/* A kick ends it, and in between the guest exits all the time. */
static void expect_storm(struct __test_metadata *_metadata, exc_data *self)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int round;
	pthread_t thread;
	uint64_t seen;
	void *result;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, self));
		seen = vcpu_counter(vcpu, 0);
		while (vcpu_counter(vcpu, 0) < seen + 100)
			sched_yield();
		ASSERT_EQ(0, vcpu_kick(vcpu));
		pthread_join(thread, &result);
		EXPECT_EQ(NULL, result);
		EXPECT_EQ(XVCPU_EXIT_KICK, vcpu->exit->reason);
	}
}

/*
 * #AC whose delivery, to a handler at CPL 3 with an unaligned stack, raises #AC, and so on
 * (CVE-2015-5307).
 */
TEST_F(exc, a_kick_ends_a_storm_of_alignment_checks)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *idt = guest_at(&self->vm, GUEST_IDT);

	guest_begin(vcpu, MODE_PROT32, &unaligned);
	guest_user(vcpu);
	idt[VEC_AC] = (idt[VEC_AC] & ~0xffff0000ull) | (uint64_t)SEL_CODE32_3 << 16;
	guest_cregs(vcpu)->cr0 |= CR0_AM;
	guest_regs(vcpu)->rflags |= RFLAGS_AC | RFLAGS_IF;
	vcpu->sync->regs.rsp = GUEST_STACK3 - 2;
	expect_storm(_metadata, self);
	EXPECT_EQ(GUEST_STACK3 - 2, vcpu->sync->regs.rsp);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
}

/* #DB whose delivery writes to a watched place, which raises #DB (CVE-2015-8104). */
TEST_F(exc, a_kick_ends_a_storm_of_debug_exceptions)
{
	struct xvcpu_debug_regs debug = {
		.db[0] = GUEST_FREE + 0xff8, .dr6 = DR6_FIXED,
		.dr7 = DR7_FIXED | DR7_L0 | DR7_WRITE_8_0,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *idt = guest_at(&self->vm, GUEST_IDT), *tss = guest_at(&self->vm, GUEST_TSS + 36);

	guest_begin(vcpu, MODE_LONG, &icebp);
	/* A stack of its own for #DB, so that each delivery begins at the same place. */
	*tss = GUEST_FREE + 0x1000;
	idt[2 * VEC_DB] |= 1ull << 32;
	set_debug(vcpu, &debug);
	guest_interruptible(vcpu);
	expect_storm(_metadata, self);
}

TEST_HARNESS_MAIN

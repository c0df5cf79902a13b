// SPDX-License-Identifier: GPL-2.0-only
/*
 * The budget of a RUN: that it ends any guest, what it counts, and its place among what else ends
 * RUN. The same with the VMX-preemption timer and, in a run of its own, without.
 */
#include <errno.h>
#include <string.h>
#include <x86intrin.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_BUDGET	OTHER_EXIT(XVCPU_EXIT_BUDGET)
#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define EXIT_KICK	OTHER_EXIT(XVCPU_EXIT_KICK)
#define EXIT_SHUTDOWN	OTHER_EXIT(XVCPU_EXIT_SHUTDOWN)
#define REASON_TIMER	52		/* SDM "VMX Basic Exit Reasons" */
#define SOME_TICKS	2000000ull

GUEST_CODE(spin, 64, "1: inc %r12; jmp 1b");
GUEST_CODE(spin_here, 64, "jmp .");
GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(out_for_ever, 64, "1: out %al, $0x10; inc %r12; jmp 1b");
GUEST_CODE(cpuid_for_ever, 64, "1: xor %eax, %eax; cpuid; inc %r12; jmp 1b");
GUEST_CODE(no_idt, 64, "ud2");

FIXTURE(budget) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(budget)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
}

FIXTURE_TEARDOWN(budget)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* Spinning guests need IF in the emulator, where no kernel timer takes them out otherwise. */
static void begin(struct test_vcpu *vcpu, const struct guest_code *code)
{
	guest_begin(vcpu, MODE_LONG, code);
	guest_interruptible(vcpu);
	guest_regs(vcpu)->r12 = 0;
}

static int run_with(struct test_vcpu *vcpu, uint32_t flag, uint64_t budget)
{
	vcpu->request->flags = flag;
	vcpu->request->budget = budget;
	return guest_run(vcpu);
}

TEST_F(budget, ends_a_guest_that_never_exits)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t budgets = vcpu_counter(vcpu, XVCPU_COUNT_BUDGETS);

	begin(vcpu, &spin_here);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, SOME_TICKS));
	EXPECT_EQ(0, vcpu->exit->budget_left);
	EXPECT_EQ(0, vcpu->exit->flags & XVCPU_EXIT_FLAG_WAITS);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET, 1000000));
	EXPECT_EQ(0, vcpu->exit->budget_left);
	EXPECT_EQ(1000000, vcpu->request->budget);
	EXPECT_EQ(budgets + 2, vcpu_counter(vcpu, XVCPU_COUNT_BUDGETS));
}

/* The exits of such a guest cost it more than its own instructions; none of them is for nothing. */
TEST_F(budget, ends_a_guest_that_exits_all_the_time)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(vcpu, &cpuid_for_ever);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, SOME_TICKS));
	EXPECT_GT(vcpu->sync->regs.r12, 10);
}

TEST_F(budget, ends_a_guest_with_interrupts_off)
{
	struct test_vcpu *vcpu = &self->vcpu;

	if (self->vm.info.features[XVCPU_FEATURE_PREEMPTION_TIMER] != XVCPU_REASON_OK)
		SKIP(return, "the emulator takes no interrupt out of a guest entered with IF clear");
	begin(vcpu, &spin_here);
	guest_regs(vcpu)->rflags = RFLAGS_1;
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, SOME_TICKS));
}

TEST_F(budget, four_times_the_budget_is_four_times_the_guest)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t once;

	begin(vcpu, &spin);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, SOME_TICKS));
	once = vcpu->sync->regs.r12;
	ASSERT_LT(0, once);
	guest_regs(vcpu)->r12 = 0;
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, 4 * SOME_TICKS));
	EXPECT_GT(vcpu->sync->regs.r12, 3 * once);
	EXPECT_LT(vcpu->sync->regs.r12, 5 * once);
}

TEST_F(budget, nanoseconds_are_ticks_by_the_frequency)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t once;

	begin(vcpu, &spin);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, 4 * SOME_TICKS));
	once = vcpu->sync->regs.r12;
	guest_regs(vcpu)->r12 = 0;
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET,
					4 * SOME_TICKS * 1000000 / self->vm.info.tsc_khz));
	EXPECT_GT(vcpu->sync->regs.r12, once / 4 * 3);
	EXPECT_LT(vcpu->sync->regs.r12, once / 4 * 5);
}

TEST_F(budget, only_the_guests_time_counts)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t left = SOME_TICKS, begun;
	unsigned int i;

	begin(vcpu, &out_for_ever);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(EXIT_IO, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, left));
		EXPECT_LT(vcpu->exit->budget_left, left);
		left = vcpu->exit->budget_left;
		begun = __rdtsc();
		while (__rdtsc() - begun < SOME_TICKS)
			;
	}
	EXPECT_GT(left, SOME_TICKS / 2);
}

TEST_F(budget, what_is_left_is_handed_on_until_nothing_is)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t left = SOME_TICKS / 10;
	unsigned int exits = 0;
	int outcome;

	begin(vcpu, &out_for_ever);
	while ((outcome = run_with(vcpu, XVCPU_RUN_BUDGET_TSC, left)) == EXIT_IO) {
		ASSERT_LT(vcpu->exit->budget_left, left);
		left = vcpu->exit->budget_left;
		exits++;
	}
	EXPECT_EQ(EXIT_BUDGET, outcome);
	EXPECT_LT(1, exits);
	/* The last one is completed, and what follows it may have had no time. */
	EXPECT_LE(exits - 1, vcpu->sync->regs.r12);
}

TEST_F(budget, a_budget_of_0_does_not_enter)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t entries = vcpu_counter(vcpu, XVCPU_COUNT_ENTRIES);

	begin(vcpu, &halt);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET, 0));
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, 0));
	EXPECT_EQ(entries, vcpu_counter(vcpu, XVCPU_COUNT_ENTRIES));
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
}

/* Longer than the timer's 32 bits and than any clock, and not cut short by what overflows. */
TEST_F(budget, the_longest_budget_ends_nothing)
{
	static const uint64_t longest[] = { ~0ull, ~0ull - 1, 1ull << 63, 1ull << 38, 1ull << 37 };
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		begin(vcpu, &halt);
		ASSERT_EQ(NO_TRAP, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, longest[i]));
		EXPECT_GT(vcpu->exit->budget_left, longest[i] / 2);
		EXPECT_LT(vcpu->exit->budget_left, longest[i]);
		begin(vcpu, &halt);
		ASSERT_EQ(NO_TRAP, run_with(vcpu, XVCPU_RUN_BUDGET, longest[i]));
		EXPECT_GT(vcpu->exit->budget_left, longest[i] / 2);
		EXPECT_LE(vcpu->exit->budget_left, longest[i]);
	}
	EXPECT_EQ(0, vcpu_counter(vcpu, REASON_TIMER));
}

TEST_F(budget, without_its_flag_it_does_not_count)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(vcpu, &spin);
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET_TSC, SOME_TICKS));
	guest_next(vcpu, &halt);
	ASSERT_EQ(NO_TRAP, run_with(vcpu, 0, 0));
	EXPECT_EQ(0, vcpu->exit->budget_left);
}

TEST_F(budget, both_units_are_refused)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(vcpu, &halt);
	vcpu->request->flags = XVCPU_RUN_BUDGET | XVCPU_RUN_BUDGET_TSC;
	vcpu->request->budget = ~0ull;
	ASSERT_EQ(-EINVAL, vcpu_run(vcpu));
	EXPECT_EQ(XVCPU_ERR_VALUE, vcpu->exit->error.code);
	EXPECT_EQ(self->vm.info.run_request + offsetof(struct xvcpu_run_request, flags),
		  vcpu->exit->error.field);
	EXPECT_NE(0, vcpu->request->dirty);
	EXPECT_EQ(NO_TRAP, run_with(vcpu, 0, 0));
}

TEST_F(budget, kick_signal_and_shutdown_come_first)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(vcpu, &no_idt);
	ASSERT_EQ(0, vcpu_kick(vcpu));
	EXPECT_EQ(EXIT_KICK, run_with(vcpu, XVCPU_RUN_BUDGET, 0));
	vcpu->request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(vcpu));
	vcpu->request->immediate_exit = 0;
	EXPECT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET, 0));
	guest_sregs(vcpu)->idtr.limit = 0;
	ASSERT_EQ(EXIT_SHUTDOWN, run_with(vcpu, 0, 0));
	EXPECT_EQ(EXIT_SHUTDOWN, run_with(vcpu, XVCPU_RUN_BUDGET, 0));
}

/* The exit that waits is completed, and only then nothing is left. */
TEST_F(budget, a_waiting_exit_is_completed_first)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(vcpu, &out_for_ever);
	ASSERT_EQ(EXIT_IO, run_with(vcpu, 0, 0));
	ASSERT_EQ(EXIT_BUDGET, run_with(vcpu, XVCPU_RUN_BUDGET, 0));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
}

TEST_HARNESS_MAIN

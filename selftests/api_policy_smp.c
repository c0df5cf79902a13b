// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy that changes while vCPUs run: each exit is judged by one of them as a whole, and those
 * that begin after the call by the new one.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define ROUNDS	400
#define IGNORED	GUEST_DATA		/* OUTs that were done */
#define REFUSED	(GUEST_DATA + 8)	/* those that were #GP */

/* Two ports in one access, for ever; the handler goes on behind the OUT. */
GUEST_CODE(outs, 64, "mov $0x80, %dx; 1: out %ax, %dx; incq 0xa000; jmp 1b");
GUEST_CODE(on_gp, 64, "add $8, %rsp; incq 0xa008; addq $10, (%rsp); iretq");

FIXTURE(change) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
};

#define change_data FIXTURE_DATA(change)

static void *run(void *arg)
{
	change_data *self = arg;

	return (void *)vcpu_run(&self->vcpu);
}

static void set(struct test_vm *vm, uint8_t of_80, uint8_t of_81)
{
	const struct xvcpu_policy_range ranges[] = {
		{ .first = 0x80, .last = 0x80, .write = of_80 },
		{ .first = 0x81, .last = 0x81, .write = of_81 },
	};
	long err = vm_policy(vm, NULL, ranges, 2);

	if (err)
		die("SET_POLICY: %s", strerror(-err));
}

FIXTURE_SETUP(change)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &outs);
	guest_load(&self->vm, GUEST_TRAPS + 16 * VEC_GP, &on_gp);
	guest_interruptible(&self->vcpu);
	set(&self->vm, XVCPU_POLICY_IGNORE, XVCPU_POLICY_IGNORE);
	if (pthread_create(&self->thread, NULL, run, self))
		die("pthread_create");
	wait_for_guest(&self->vm);
}

FIXTURE_TEARDOWN(change)
{
	void *result;

	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, &result);
	EXPECT_EQ(NULL, result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void wait_for_change(struct test_vm *vm, uint64_t at)
{
	uint64_t from = guest_read64(vm, at);

	while (guest_read64(vm, at) == from)
		sched_yield();
}

/* #GP at one port or at the other: no mixture that has it at neither. */
TEST_F(change, no_exit_sees_half_a_policy)
{
	uint64_t ignored;
	unsigned int i;

	set(&self->vm, XVCPU_POLICY_GP, XVCPU_POLICY_IGNORE);
	wait_for_change(&self->vm, REFUSED);
	wait_for_change(&self->vm, REFUSED);
	ignored = guest_read64(&self->vm, IGNORED);
	for (i = 0; i < ROUNDS; i++) {
		set(&self->vm, XVCPU_POLICY_IGNORE, XVCPU_POLICY_GP);
		set(&self->vm, XVCPU_POLICY_GP, XVCPU_POLICY_IGNORE);
	}
	wait_for_change(&self->vm, REFUSED);
	EXPECT_EQ(ignored, guest_read64(&self->vm, IGNORED));
}

/* The one OUT that was on its way may still have been judged by the old one. */
TEST_F(change, it_is_in_force_when_the_call_returns)
{
	uint64_t ignored, refused;
	unsigned int i;

	for (i = 0; i < ROUNDS / 10; i++) {
		set(&self->vm, XVCPU_POLICY_GP, 0);
		ignored = guest_read64(&self->vm, IGNORED);
		wait_for_change(&self->vm, REFUSED);
		wait_for_change(&self->vm, REFUSED);
		EXPECT_GE(ignored + 1, guest_read64(&self->vm, IGNORED));
		set(&self->vm, XVCPU_POLICY_IGNORE, XVCPU_POLICY_IGNORE);
		refused = guest_read64(&self->vm, REFUSED);
		wait_for_change(&self->vm, IGNORED);
		wait_for_change(&self->vm, IGNORED);
		EXPECT_GE(refused + 1, guest_read64(&self->vm, REFUSED));
	}
}

TEST_HARNESS_MAIN

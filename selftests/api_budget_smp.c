// SPDX-License-Identifier: GPL-2.0-only
/*
 * A budget holds while its thread is moved between CPUs.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_BUDGET	OTHER_EXIT(XVCPU_EXIT_BUDGET)
#define ROUNDS		20
#define TICKS		20000000ull

GUEST_CODE(spin, 64, "1: inc %r12; jmp 1b");

FIXTURE(budget) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	volatile pid_t tid;
	volatile bool done;
	unsigned int ended;
};

#define budget_data	FIXTURE_DATA(budget)

FIXTURE_SETUP(budget)
{
	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_interruptible(&self->vcpu);
}

FIXTURE_TEARDOWN(budget)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void *run_rounds(void *arg)
{
	budget_data *self = arg;
	unsigned int i;
	int outcome;

	self->tid = syscall(SYS_gettid);
	for (i = 0; i < ROUNDS; i++) {
		self->vcpu.request->flags = XVCPU_RUN_BUDGET_TSC;
		self->vcpu.request->budget = TICKS;
		outcome = guest_run(&self->vcpu);
		if (outcome == EXIT_BUDGET && !self->vcpu.exit->budget_left)
			self->ended++;
	}
	self->done = true;
	return NULL;
}

TEST_F(budget, holds_wherever_its_thread_goes)
{
	uint64_t moves = vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS);
	unsigned int cpu = 0;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_rounds, self));
	while (!self->tid)
		;
	while (!self->done)
		to_cpu(self->tid, cpu++ & 1);
	ASSERT_EQ(0, pthread_join(self->thread, NULL));
	EXPECT_EQ(ROUNDS, self->ended);
	EXPECT_LT(moves + ROUNDS, vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS));
}

TEST_HARNESS_MAIN

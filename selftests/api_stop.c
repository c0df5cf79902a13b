// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that reach a vCPU while another thread has it in RUN: interrupts, NMIs, its state. The
 * thread does not return for that, and nothing is lost.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define IRQ	0x33

/* Counts at GUEST_DATA for ever; the handler counts at GUEST_DATA + 8. */
GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");
GUEST_CODE(spin_exits, 64, "1: incq 0xa000; cpuid; jmp 1b");
/*
 * Whatever takes the guest out of its handler lets it in again with IF clear, which Bochs would not
 * notice the end of (docs/testing.md): an exit with IF set ends that.
 */
GUEST_CODE(counting_handler, 64, "incq 0xa008; sti; nop; cpuid; iretq");

FIXTURE(stop) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	volatile bool returned;
	long result;
};

FIXTURE_SETUP(stop)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_load(&self->vm, GUEST_TRAPS + 16 * IRQ, &counting_handler);
	guest_load(&self->vm, GUEST_TRAPS + 16 * VEC_NMI, &counting_handler);
	guest_interruptible(&self->vcpu);
}

FIXTURE_TEARDOWN(stop)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* checkpatch does not know the macro as a type. */
#define stop_data	FIXTURE_DATA(stop)

static void *run(void *arg)
{
	stop_data *self = arg;

	self->result = vcpu_run(&self->vcpu);
	self->returned = true;
	return NULL;
}

static void begin(struct __test_metadata *_metadata, stop_data *self)
{
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run, self));
	wait_for_guest(&self->vm);
}

/* The thread is still in RUN, and ends by a kick only. */
static void end(struct __test_metadata *_metadata, stop_data *self)
{
	wait_for_guest(&self->vm);
	EXPECT_FALSE(self->returned);
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_EQ(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS));
}

static unsigned int rounds(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 300 : 20;
}

static uint64_t handled(stop_data *self)
{
	return guest_read64(&self->vm, GUEST_DATA + 8);
}

/* As many as were taken, and no more. */
TEST_F(stop, interrupts_reach_a_running_guest_once_each)
{
	unsigned int taken = 0, nr = rounds();
	long err;

	begin(_metadata, self);
	while (taken < nr) {
		err = vcpu_interrupt(&self->vcpu, IRQ);
		if (!err)
			taken++;
		else
			ASSERT_EQ(-EAGAIN, err);
	}
	end(_metadata, self);
	EXPECT_EQ(nr, handled(self));
	EXPECT_EQ(nr, vcpu_counter(&self->vcpu, XVCPU_COUNT_INJECTED));
}

TEST_F(stop, an_interrupt_is_refused_by_a_running_guest_that_has_if_clear)
{
	unsigned int i;

	guest_next(&self->vcpu, &spin_exits);
	guest_regs(&self->vcpu)->rflags = RFLAGS_1;
	begin(_metadata, self);
	for (i = 0; i < rounds(); i++) {
		EXPECT_EQ(-EAGAIN, vcpu_interrupt(&self->vcpu, IRQ));
		EXPECT_EQ(XVCPU_ERR_BLOCKED, self->vcpu.error.code);
	}
	end(_metadata, self);
	EXPECT_EQ(0, handled(self));
}

TEST_F(stop, nmis_reach_a_running_guest)
{
	uint64_t seen;
	unsigned int i;

	begin(_metadata, self);
	for (i = 0; i < rounds(); i++) {
		seen = handled(self);
		ASSERT_EQ(0, vcpu_nmi(&self->vcpu));
		while (handled(self) == seen)
			sched_yield();
	}
	end(_metadata, self);
	EXPECT_EQ(i, handled(self));
}

/* However many come at once, at least one is handled behind the last of them. */
TEST_F(stop, no_nmi_is_lost_in_a_storm)
{
	uint64_t seen;
	unsigned int i, k;

	begin(_metadata, self);
	for (i = 0; i < rounds() / 4; i++) {
		for (k = 0; k < 20; k++) {
			seen = handled(self);
			ASSERT_EQ(0, vcpu_nmi(&self->vcpu));
		}
		while (handled(self) == seen)
			sched_yield();
	}
	end(_metadata, self);
}

TEST_F(stop, state_is_read_from_a_running_guest)
{
	struct xvcpu_regs regs;
	struct xvcpu_state args = {
		.size = sizeof(args),
		.flags = XVCPU_GET_SYNC,
		.mask = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS),
		.buffer = (uintptr_t)&regs,
		.length = sizeof(regs),
	};
	unsigned int i;

	guest_regs(&self->vcpu)->r13 = 0x1313131313131313;
	begin(_metadata, self);
	EXPECT_EQ(-EBUSY, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	for (i = 0; i < rounds(); i++) {
		memset(&regs, POISON, sizeof(regs));
		ASSERT_EQ(0, call(self->vcpu.fd, XVCPU_GET_STATE, &args));
		EXPECT_EQ(0x1313131313131313, regs.r13);
		EXPECT_LE(GUEST_CODE_AT, regs.rip);
		EXPECT_GE(GUEST_CODE_AT + (spin.end - spin.begin), regs.rip);
		EXPECT_TRUE(regs.rflags & RFLAGS_IF);
	}
	end(_metadata, self);
}

/* Two that stop it at once, each on its own, and the guest goes on when both are done. */
static void *stop_again_and_again(void *arg)
{
	stop_data *self = arg;
	struct xvcpu_sregs sregs;
	struct xvcpu_state args = {
		.size = sizeof(args),
		.flags = XVCPU_GET_SYNC,
		.mask = XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS),
		.buffer = (uintptr_t)&sregs,
		.length = sizeof(sregs),
	};
	unsigned long failed = 0;
	unsigned int i;

	for (i = 0; i < rounds(); i++)
		failed += call(self->vcpu.fd, XVCPU_GET_STATE, &args) ||
			  sregs.cs.selector != SEL_CODE64;
	return (void *)failed;
}

TEST_F(stop, several_threads_stop_it_at_once)
{
	pthread_t thread[3];
	unsigned int i;
	void *failed;

	begin(_metadata, self);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, stop_again_and_again, self));
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
	end(_metadata, self);
}

/* RUN begins and ends all the time: whoever stops the vCPU then gets it too. */
static void *run_and_return(void *arg)
{
	stop_data *self = arg;

	while (!self->returned) {
		self->result = vcpu_run(&self->vcpu);
		if (self->result)
			break;
	}
	return NULL;
}

GUEST_CODE(outs, 64, "1: incq 0xa000; out %al, $0x80; jmp 1b");

TEST_F(stop, a_vcpu_between_runs_is_stopped_too)
{
	void *failed;

	guest_next(&self->vcpu, &outs);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_and_return, self));
	wait_for_guest(&self->vm);
	failed = stop_again_and_again(self);
	EXPECT_EQ(NULL, failed);
	self->returned = true;
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

TEST_HARNESS_MAIN

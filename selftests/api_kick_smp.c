// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kick from another CPU is seen at once, not when the next timer tick ends the guest's stay:
 * how far the guest still got is measured in its own instructions. Needs two CPUs.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");

/*
 * Rounds of the loop above in which a kick has to arrive. A tick is 4 ms and more, some millions
 * of them; an interrupt takes microseconds.
 */
#define AT_ONCE	200000
#define KICKS	21
#define ON_THE_WAY 400

FIXTURE(kick) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	volatile unsigned int returns;
	volatile long result;
	volatile bool stop;
};

#define kick_data	FIXTURE_DATA(kick)

FIXTURE_SETUP(kick)
{
	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_interruptible(&self->vcpu);
	to_cpu(0, 0);
}

FIXTURE_TEARDOWN(kick)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void nothing(int signal)
{
}

static void *run_again_and_again(void *arg)
{
	kick_data *self = arg;

	to_cpu(0, 1);
	while (!self->stop) {
		self->result = vcpu_run(&self->vcpu);
		self->returns++;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* The median of how far the guest came between @end_run and its return. */
static uint64_t rounds_until_return(kick_data *self,
				    void (*end_run)(kick_data *self))
{
	uint64_t late[KICKS], from;
	unsigned int i, seen;

	if (pthread_create(&self->thread, NULL, run_again_and_again, self))
		die("pthread_create");
	for (i = 0; i < KICKS; i++) {
		wait_for_guest(&self->vm);
		wait_for_guest(&self->vm);
		seen = self->returns;
		self->stop = i == KICKS - 1;
		from = guest_read64(&self->vm, GUEST_DATA);
		end_run(self);
		while (self->returns == seen)
			;
		/* The next RUN may count already: what it adds only makes the bound stricter. */
		late[i] = guest_read64(&self->vm, GUEST_DATA) - from;
	}
	pthread_join(self->thread, NULL);
	qsort(late, KICKS, sizeof(late[0]), compare);
	return late[KICKS / 2];
}

static void by_kick(kick_data *self)
{
	vcpu_kick(&self->vcpu);
}

static void by_signal(kick_data *self)
{
	pthread_kill(self->thread, SIGUSR1);
}

TEST_F(kick, a_kick_ends_the_stay_at_once)
{
	EXPECT_GT(AT_ONCE, rounds_until_return(self, by_kick));
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(KICKS, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS));
}

TEST_F(kick, a_signal_ends_the_stay_at_once)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	EXPECT_GT(AT_ONCE, rounds_until_return(self, by_signal));
	EXPECT_EQ(-EINTR, self->result);
}

/*
 * Kicks at every distance behind a RUN's return meet the next RUN all along its way. One that comes
 * when RUN has looked for kicks, but is not in the guest yet, gets no interrupt: who does not look
 * again goes in, and stays until the next tick.
 */
TEST_F(kick, a_kick_on_the_way_into_the_guest_is_seen_at_once)
{
	unsigned int i, seen, late = 0;
	volatile unsigned int wait;
	uint64_t from;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_again_and_again, self));
	wait_for_guest(&self->vm);
	for (i = 0; i < ON_THE_WAY; i++) {
		for (wait = 0; wait < i % 100 * 6; wait++)
			;
		seen = self->returns;
		self->stop = i == ON_THE_WAY - 1;
		from = guest_read64(&self->vm, GUEST_DATA);
		vcpu_kick(&self->vcpu);
		while (self->returns == seen)
			;
		late += guest_read64(&self->vm, GUEST_DATA) - from >= AT_ONCE;
	}
	pthread_join(self->thread, NULL);
	/* The kicker itself may have been interrupted before its kick. */
	EXPECT_GT(4, late);
	EXPECT_EQ(ON_THE_WAY, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS));
}

/* Kicks from two sides at a vCPU that goes in and out: each side sees its own kicks answered. */
TEST_F(kick, kicks_from_many_threads_are_all_answered)
{
	unsigned int i, seen;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_again_and_again, self));
	for (i = 0; i < 2000; i++) {
		seen = self->returns;
		vcpu_kick(&self->vcpu);
		if (i & 1)
			vcpu_kick(&self->vcpu);
		while (self->returns == seen)
			;
	}
	self->stop = true;
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_LE(2000, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS) +
			vcpu_counter(&self->vcpu, XVCPU_COUNT_SIGNALS));
}

TEST_HARNESS_MAIN

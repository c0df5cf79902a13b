// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a vCPU out of RUN: kicks, signals and immediate_exit, in which order they are told, and
 * that no kick is ever lost. Threads wait for each other by what they see in memory, never by
 * time.
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

/* Counts at GUEST_DATA for ever. */
GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");
/* The same, but each round also leaves the guest and comes back in the kernel. */
GUEST_CODE(spin_exits, 64, "1: incq 0xa000; cpuid; jmp 1b");
GUEST_CODE(jump_to_self, 64, "1: jmp 1b");
GUEST_CODE(outs, 64, "1: out %al, $0x80; incq 0xa000; jmp 1b");

FIXTURE(kick) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	long result;
	pid_t tid;
	volatile int stage;
	int rounds;
};

#define kick_data	FIXTURE_DATA(kick)

FIXTURE_SETUP(kick)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_interruptible(&self->vcpu);
}

FIXTURE_TEARDOWN(kick)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void *run_once(void *arg)
{
	kick_data *self = arg;

	self->tid = syscall(SYS_gettid);
	self->result = vcpu_run(&self->vcpu);
	return NULL;
}

/* As a VMM does: a signal is not the end. */
static void *run_on(void *arg)
{
	kick_data *self = arg;

	do {
		self->result = vcpu_run(&self->vcpu);
	} while (self->result == -EINTR);
	return NULL;
}

TEST_F(kick, a_kick_before_run_is_seen_by_run)
{
	uint64_t entries = vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES);

	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_EQ(entries, vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES));
}

TEST_F(kick, kicks_do_not_add_up)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	self->vcpu.request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS));
}

TEST_F(kick, a_kick_ends_a_run_in_the_guest)
{
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	/* The guest goes on where it was. */
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
}

TEST_F(kick, a_kick_ends_a_guest_that_exits_all_the_time)
{
	guest_next(&self->vcpu, &spin_exits);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

TEST_F(kick, a_kick_stays_behind_another_exit)
{
	guest_next(&self->vcpu, &outs);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	/* The OUT is completed, then the kick is told. */
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_EQ(GUEST_CODE_AT + 2, self->vcpu.sync->regs.rip);
	EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(1, guest_read64(&self->vm, GUEST_DATA));
}

TEST_F(kick, a_kick_comes_before_immediate_exit)
{
	self->vcpu.request->immediate_exit = 1;
	vcpu_kick(&self->vcpu);
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_SIGNAL, self->vcpu.exit->reason);
}

TEST_F(kick, a_refused_run_does_not_eat_a_kick)
{
	vcpu_kick(&self->vcpu);
	self->vcpu.request->flags = 1u << 31;
	EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
	self->vcpu.request->flags = 0;
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

/* ---- none lost ---- */

/* On one CPU a guest that is never kicked in time costs a time slice a round. */
static int rounds(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2000 : 30;
}

/* Each kick must give an exit: a lost one leaves the loop below waiting for ever. */
static void *run_until_told(void *arg)
{
	kick_data *self = arg;

	while (self->stage < self->rounds) {
		self->result = vcpu_run(&self->vcpu);
		if (self->result && self->result != -EINTR)
			return NULL;
		if (!self->result && self->vcpu.exit->reason == XVCPU_EXIT_KICK)
			self->stage++;
	}
	return NULL;
}

static void kick_rounds(struct __test_metadata *_metadata, kick_data *self)
{
	int seen;

	self->rounds = rounds();
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_until_told, self));
	while (self->stage < self->rounds) {
		seen = self->stage;
		vcpu_kick(&self->vcpu);
		while (self->stage == seen && !self->result)
			sched_yield();
		ASSERT_TRUE(!self->result || self->result == -EINTR);
	}
	pthread_join(self->thread, NULL);
	EXPECT_EQ(self->rounds, self->stage);
	EXPECT_EQ(self->rounds, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS));
}

TEST_F(kick, no_kick_is_lost_in_a_guest_that_never_exits)
{
	guest_next(&self->vcpu, &jump_to_self);
	kick_rounds(_metadata, self);
}

TEST_F(kick, no_kick_is_lost_in_a_guest_that_always_exits)
{
	guest_next(&self->vcpu, &spin_exits);
	kick_rounds(_metadata, self);
}

/* ---- signals ---- */

static void nothing(int signal)
{
}

static void catch_usr1(void)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
}

TEST_F(kick, a_signal_ends_a_run_in_the_guest)
{
	catch_usr1();
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	pthread_kill(self->thread, SIGUSR1);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EINTR, self->result);
	EXPECT_EQ(XVCPU_EXIT_SIGNAL, self->vcpu.exit->reason);
	EXPECT_EQ(ALL_SYNCED, self->vcpu.sync->valid);
	EXPECT_EQ(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_SIGNALS));
}

static void *run_with_signal_blocked(void *arg)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	return run_once(arg);
}

TEST_F(kick, a_blocked_signal_does_not_end_a_run)
{
	catch_usr1();
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_with_signal_blocked, self));
	wait_for_guest(&self->vm);
	pthread_kill(self->thread, SIGUSR1);
	wait_for_guest(&self->vm);
	wait_for_guest(&self->vm);
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_EQ(0, vcpu_counter(&self->vcpu, XVCPU_COUNT_SIGNALS));
}

TEST_F(kick, a_kick_stays_behind_a_signal)
{
	catch_usr1();
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_with_signal_blocked, self));
	wait_for_guest(&self->vm);
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	/* The other order, by hand: a RUN that ends with -EINTR has not told the kick. */
	self->vcpu.request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	self->vcpu.request->immediate_exit = 0;
	vcpu_kick(&self->vcpu);
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

TEST_F(kick, stop_and_continue_leave_the_guest_running)
{
	pid_t child = fork();
	int status;

	if (!child) {
		/* The VM belongs to its creator: this process needs its own. */
		vm_open(&self->vm, 0);
		vcpu_open(&self->vcpu, &self->vm, 0);
		guest_begin(&self->vcpu, MODE_LONG, &spin);
		guest_interruptible(&self->vcpu);
		pthread_create(&self->thread, NULL, run_on, self);
		wait_for_guest(&self->vm);
		raise(SIGSTOP);
		wait_for_guest(&self->vm);
		vcpu_kick(&self->vcpu);
		pthread_join(self->thread, NULL);
		_exit(self->result || self->vcpu.exit->reason != XVCPU_EXIT_KICK);
	}
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	kill(child, SIGCONT);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_F(kick, a_process_is_killed_in_its_guest)
{
	int ready[2], status;
	pid_t child;
	char c;

	ASSERT_EQ(0, pipe(ready));
	child = fork();
	if (!child) {
		vm_open(&self->vm, 0);
		vcpu_open(&self->vcpu, &self->vm, 0);
		guest_begin(&self->vcpu, MODE_LONG, &spin);
		guest_interruptible(&self->vcpu);
		pthread_create(&self->thread, NULL, run_once, self);
		wait_for_guest(&self->vm);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

/* ---- two threads ---- */

TEST_F(kick, a_second_run_is_busy_and_disturbs_nothing)
{
	struct xvcpu_regs regs;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	self->vcpu.exit->reason = 99;
	self->vcpu.exit->error.code = 99;
	EXPECT_EQ(-EBUSY, vcpu_run(&self->vcpu));
	EXPECT_EQ(99, self->vcpu.exit->reason);
	EXPECT_EQ(99, self->vcpu.exit->error.code);
	EXPECT_EQ(-EBUSY, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(XVCPU_ERR_RUNNING, self->vcpu.error.code);
	memset(&regs, 0, sizeof(regs));
	regs.rflags = RFLAGS_1;
	EXPECT_EQ(-EBUSY, vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(XVCPU_ERR_RUNNING, self->vcpu.error.code);
	EXPECT_EQ(-EBUSY, vcpu_reset(&self->vcpu));
	EXPECT_EQ(XVCPU_ERR_RUNNING, self->vcpu.error.code);
	wait_for_guest(&self->vm);
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

/* The last descriptor closes in another thread, and the guest runs on until it is told to stop. */
TEST_F(kick, closing_during_run_is_harmless)
{
	int again = dup(self->vcpu.fd), vm = self->vm.fd;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_once, self));
	wait_for_guest(&self->vm);
	close(vm);
	close(self->vcpu.fd);
	wait_for_guest(&self->vm);
	self->vcpu.fd = again;
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	self->vm.fd = create_vm(self->vm.dev, 0);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a VMM's process while its guests run: exec, fork, exit, kill, a debugger.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define VCPUS	4

/* Each counts in memory that every process sees: GUEST_FREE + 8 * RBX. */
GUEST_CODE(spin, 64, "1: incq 0x20000(,%rbx,8); jmp 1b");
GUEST_CODE(halt, 64, "hlt");

FIXTURE(process) {
	volatile uint64_t *counts;
	pid_t child;
};

#define process_data	FIXTURE_DATA(process)

struct vmm {
	struct test_vm vm;
	struct test_vcpu vcpu[VCPUS];
	pthread_t thread[VCPUS];
	long result[VCPUS];
};

struct runner {
	struct test_vcpu *vcpu;
	long *result;
};

FIXTURE_SETUP(process)
{
	self->counts = pages_alloc(PAGE_BYTES, MAP_SHARED);
}

FIXTURE_TEARDOWN(process)
{
	/* The device is free again: nothing of the child's is left. */
	EXPECT_TRUE(guest_runs());
	munmap((void *)self->counts, PAGE_BYTES);
}

static void *run(void *arg)
{
	struct runner *runner = arg;

	do {
		*runner->result = vcpu_run(runner->vcpu);
	} while (*runner->result == -EINTR);
	return NULL;
}

/* All guests spin, each in a thread. */
static void vmm_start(struct vmm *vmm, const volatile uint64_t *counts)
{
	static struct runner runner[VCPUS];
	unsigned int i;

	vm_open(&vmm->vm, 0);
	munmap(vmm->vm.memory + GUEST_FREE, PAGE_BYTES);
	if (mremap((void *)counts, 0, PAGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
		   vmm->vm.memory + GUEST_FREE) == MAP_FAILED)
		die("mremap");
	for (i = 0; i < VCPUS; i++) {
		vcpu_open(&vmm->vcpu[i], &vmm->vm, i);
		guest_begin(&vmm->vcpu[i], MODE_LONG, &spin);
		guest_interruptible(&vmm->vcpu[i]);
		guest_regs(&vmm->vcpu[i])->rbx = i;
		runner[i].vcpu = &vmm->vcpu[i];
		runner[i].result = &vmm->result[i];
		if (pthread_create(&vmm->thread[i], NULL, run, &runner[i]))
			die("pthread_create");
	}
}

static void wait_for_all(const volatile uint64_t *counts)
{
	uint64_t from;
	unsigned int i;

	for (i = 0; i < VCPUS; i++) {
		from = counts[i];
		while (counts[i] == from)
			sched_yield();
	}
}

/* None of them runs: for as long as it takes this process to be scheduled often. */
static bool all_stand_still(const volatile uint64_t *counts)
{
	uint64_t from[VCPUS];
	unsigned int i, round;

	for (i = 0; i < VCPUS; i++)
		from[i] = counts[i];
	for (round = 0; round < 1000; round++)
		sched_yield();
	for (i = 0; i < VCPUS; i++) {
		if (counts[i] != from[i])
			return false;
	}
	return true;
}

/* A process with VCPUS running guests that then does @last. */
static void start_child(process_data *self, void (*last)(struct vmm *vmm))
{
	static struct vmm vmm;

	self->child = fork();
	if (self->child < 0)
		die("fork");
	if (!self->child) {
		vmm_start(&vmm, self->counts);
		wait_for_all(self->counts);
		last(&vmm);
		_exit(99);
	}
}

static int child_ends(process_data *self)
{
	int status = -1;

	if (waitpid(self->child, &status, 0) != self->child)
		die("waitpid");
	return status;
}

static void wait_for_ever(struct vmm *vmm)
{
	for (;;)
		pause();
}

TEST_F(process, a_killed_one_takes_all_its_guests_with_it)
{
	int status;

	start_child(self, wait_for_ever);
	wait_for_all(self->counts);
	kill(self->child, SIGKILL);
	status = child_ends(self);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_TRUE(all_stand_still(self->counts));
}

static void leave(struct vmm *vmm)
{
	exit(42);
}

TEST_F(process, exit_does_not_wait_for_guests)
{
	int status;

	start_child(self, leave);
	status = child_ends(self);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	EXPECT_TRUE(all_stand_still(self->counts));
}

static void become_another(struct vmm *vmm)
{
	execlp("sh", "sh", "-c", "exit 43", NULL);
}

TEST_F(process, exec_ends_the_guests_of_the_other_threads)
{
	int status;

	start_child(self, become_another);
	status = child_ends(self);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 43);
	EXPECT_TRUE(all_stand_still(self->counts));
}

/* Descriptors that are kept: the program that follows is not the one that made the VM. */
static void become_another_with_fds(struct vmm *vmm)
{
	char line[128];

	fcntl(vmm->vm.fd, F_SETFD, 0);
	fcntl(vmm->vcpu[0].fd, F_SETFD, 0);
	snprintf(line, sizeof(line), "[ -e /proc/self/fd/%d ] && [ -e /proc/self/fd/%d ] && exit 44",
		 vmm->vm.fd, vmm->vcpu[0].fd);
	execlp("sh", "sh", "-c", line, NULL);
}

TEST_F(process, exec_with_descriptors_kept_ends_them_too)
{
	int status;

	start_child(self, become_another_with_fds);
	status = child_ends(self);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 44);
	EXPECT_TRUE(all_stand_still(self->counts));
}

/* A child of the VMM may look at its guests, and cannot run them; they are not disturbed. */
TEST_F(process, fork_leaves_the_guests_with_the_parent)
{
	static struct vmm vmm;
	struct xvcpu_regs regs;
	unsigned int i;
	int status;

	vmm_start(&vmm, self->counts);
	wait_for_all(self->counts);
	self->child = fork();
	ASSERT_LE(0, self->child);
	if (!self->child) {
		/* The copy of the run area is shared with the parent: nothing is written there. */
		if (call(vmm.vcpu[0].fd, XVCPU_RUN, NULL) != -EIO)
			_exit(1);
		if (create_vcpu(vmm.vm.fd, VCPUS, VCPUS) < 0)
			_exit(2);
		wait_for_all(self->counts);
		_exit(0);
	}
	status = child_ends(self);
	EXPECT_TRUE(WIFEXITED(status)) {
		TH_LOG("status %x", status);
	}
	EXPECT_EQ(0, WEXITSTATUS(status));
	wait_for_all(self->counts);
	for (i = 0; i < VCPUS; i++) {
		vcpu_kick(&vmm.vcpu[i]);
		pthread_join(vmm.thread[i], NULL);
		EXPECT_EQ(0, vmm.result[i]);
		EXPECT_EQ(XVCPU_EXIT_KICK, vmm.vcpu[i].exit->reason);
		EXPECT_EQ(0, vcpu_get(&vmm.vcpu[i], XVCPU_GROUP_REGS, &regs, sizeof(regs)));
		EXPECT_EQ(i, regs.rbx);
		vcpu_close(&vmm.vcpu[i]);
	}
	vm_close(&vmm.vm);
}

/* A debugger stops every thread that is in RUN, and lets it go on where it was. */
static void spin_in_main(struct vmm *vmm)
{
	vcpu_kick(&vmm->vcpu[0]);
	pthread_join(vmm->thread[0], NULL);
	do {
		vmm->result[0] = vcpu_run(&vmm->vcpu[0]);
	} while (vmm->result[0] == -EINTR);
}

TEST_F(process, a_debugger_stops_a_guest_and_lets_it_go_on)
{
	uint64_t from;
	unsigned int i;
	int status;

	start_child(self, spin_in_main);
	wait_for_all(self->counts);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_ATTACH, self->child, NULL, NULL));
		ASSERT_EQ(self->child, waitpid(self->child, &status, __WALL));
		ASSERT_TRUE(WIFSTOPPED(status));
		from = self->counts[0];
		sched_yield();
		EXPECT_EQ(from, self->counts[0]);
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->child, NULL, NULL));
		while (self->counts[0] == from)
			sched_yield();
	}
	kill(self->child, SIGKILL);
	child_ends(self);
}

static void *die_here(void *arg)
{
	raise(SIGABRT);
	return arg;
}

static void crash_in_a_thread(struct vmm *vmm)
{
	pthread_t thread;

	signal(SIGABRT, SIG_DFL);
	pthread_create(&thread, NULL, die_here, NULL);
	pthread_join(thread, NULL);
}

TEST_F(process, a_crash_of_one_thread_ends_all_guests)
{
	int status;

	start_child(self, crash_in_a_thread);
	status = child_ends(self);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT_TRUE(all_stand_still(self->counts));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * No memory left while a guest runs: the kernel kills the VMM, or the guest comes to its memory
 * cgroup's limit. Needs cgroup v2 with its memory controller, and sysrq.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define ROOT	"/tmp/memory_oom"
#define GROUP	ROOT "/vmm"

#define VM_SIZE	MIB(32)
#define ROOM	MIB(4)		/* of VM_SIZE */

/* Counts in the VMM's and our memory. */
GUEST_CODE(spin, 64, "1: incq 0x20000; jmp 1b");
/* Touches all pages from 2 MiB on, and counts them in RAX. */
GUEST_CODE(touch, 64,
	   "mov $0x200000, %edi\n"
	   "1: mov %rdi, (%rdi)\n"
	   "inc %rax\n"
	   "add $0x1000, %rdi\n"
	   "cmp %rsi, %rdi\n"
	   "jb 1b\n"
	   "hlt");

/* What the child tells. */
struct report {
	volatile uint64_t count;	/* of spin */
	volatile bool ready, limited, raised;
	volatile uint32_t reason, error, faults;
	volatile uint64_t pages, gpa;
};

FIXTURE(oom) {
	struct report *report;
	pid_t child;
	bool mounted;
};

#define oom_data	FIXTURE_DATA(oom)

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

static void put_number(const char *path, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	if (!put(path, text))
		die("%s: %s", path, strerror(errno));
}

static uint64_t number_of(const char *path)
{
	unsigned long long number;
	FILE *from = fopen(path, "re");

	if (!from || fscanf(from, "%llu", &number) != 1)
		die("%s: %s", path, strerror(errno));
	fclose(from);
	return number;
}

FIXTURE_SETUP(oom)
{
	mkdir(ROOT, 0700);
	self->report = pages_alloc(PAGE_BYTES, MAP_SHARED);
	self->mounted = !mount("none", ROOT, "cgroup2", 0, NULL) &&
			put(ROOT "/cgroup.subtree_control", "+memory") && !mkdir(GROUP, 0700);
	if (!self->mounted)
		SKIP(return, "no memory controller of cgroup v2");
}

FIXTURE_TEARDOWN(oom)
{
	if (self->mounted)
		EXPECT_EQ(0, rmdir(GROUP));
	umount(ROOT);
	munmap(self->report, PAGE_BYTES);
	/* The device is free again: nothing of the child's is left. */
	EXPECT_TRUE(guest_runs());
}

static int child_ends(oom_data *self)
{
	int status = -1;

	if (waitpid(self->child, &status, 0) != self->child)
		die("waitpid");
	return status;
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void spin_for_ever(struct report *report)
{
	struct test_vm vm;
	struct test_vcpu vcpu;

	vm_open(&vm, 0);
	if (mremap(report, 0, PAGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, vm.memory + GUEST_FREE) ==
	    MAP_FAILED)
		die("mremap");
	vcpu_open(&vcpu, &vm, 0);
	guest_begin(&vcpu, MODE_LONG, &spin);
	guest_interruptible(&vcpu);
	for (;;)
		vcpu_run(&vcpu);
}

/* Its memory is taken away, by another thread, while it is still in the guest. */
TEST_F(oom, the_kernel_kills_a_vmm_in_its_guest)
{
	int status;

	self->child = fork();
	if (!self->child) {
		put_number("/proc/self/oom_score_adj", 1000);
		spin_for_ever(self->report);
	}
	while (self->report->count < 1000)
		sched_yield();
	ASSERT_TRUE(put("/proc/sysrq-trigger", "f"));
	status = child_ends(self);
	EXPECT_TRUE(was_killed(status)) {
		TH_LOG("status %#x", status);
	}
}

/* All in the child: memory for a guest, of which its group allows a part. */
static void touch_memory(struct report *report)
{
	struct test_vm vm;
	struct test_vcpu vcpu;
	long ret;

	vm_open_sized(&vm, 0, VM_SIZE);
	vcpu_open(&vcpu, &vm, 0);
	guest_begin(&vcpu, MODE_LONG, &touch);
	guest_regs(&vcpu)->rsi = VM_SIZE;
	vcpu.sync->regs.rax = 0;
	report->ready = true;
	while (!report->limited)
		sched_yield();
	for (;;) {
		ret = vcpu_run(&vcpu);
		report->reason = ret ? (uint32_t)ret : vcpu.exit->reason;
		report->pages = vcpu.sync->regs.rax;
		if (ret || vcpu.exit->reason != XVCPU_EXIT_MEMORY_FAULT)
			_exit(0);
		report->error = vcpu.exit->memory.error;
		report->gpa = vcpu.exit->memory.gpa;
		report->faults++;
		while (!report->raised)
			sched_yield();
	}
}

static void start_limited(oom_data *self, const char *score)
{
	self->child = fork();
	if (!self->child) {
		if (!put(GROUP "/cgroup.procs", "0") || !put("/proc/self/oom_score_adj", score))
			die("joining the group");
		touch_memory(self->report);
	}
	while (!self->report->ready)
		sched_yield();
	put_number(GROUP "/memory.max", number_of(GROUP "/memory.current") + ROOM);
	self->report->limited = true;
}

TEST_F(oom, a_guest_that_comes_to_the_limit_has_its_vmm_killed)
{
	int status;

	start_limited(self, "0");
	status = child_ends(self);
	EXPECT_TRUE(was_killed(status)) {
		TH_LOG("status %#x, reason %u", status, self->report->reason);
	}
	EXPECT_EQ(0, self->report->faults);
}

/* Nobody may be killed: the VMM is told, and the guest goes on once there is memory. */
TEST_F(oom, a_limit_that_kills_nobody_is_a_memory_fault)
{
	const uint64_t all = (VM_SIZE - MIB(2)) / PAGE_BYTES;

	start_limited(self, "-1000");
	while (!self->report->faults) {
		if (waitpid(self->child, NULL, WNOHANG))
			break;
	}
	ASSERT_EQ(1, self->report->faults) {
		TH_LOG("reason %u", self->report->reason);
	}
	EXPECT_EQ(ENOMEM, self->report->error);
	EXPECT_EQ(MIB(2) + self->report->pages * PAGE_BYTES, self->report->gpa);
	EXPECT_LT(0, self->report->pages);
	EXPECT_GT(all / 2, self->report->pages);
	put_number(GROUP "/memory.max", GIB(1));
	self->report->raised = true;
	EXPECT_EQ(0, child_ends(self));
	EXPECT_EQ(XVCPU_EXIT_HLT, self->report->reason);
	EXPECT_EQ(all, self->report->pages);
}

TEST_HARNESS_MAIN

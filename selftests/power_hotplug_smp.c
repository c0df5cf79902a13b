// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU 1 goes offline and comes back while guests run: on it, beside it, and with none at all.
 * Needs two CPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");
GUEST_CODE(halt, 64, "hlt");

FIXTURE(hotplug) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	long result;
};

#define hotplug_data	FIXTURE_DATA(hotplug)

static long cpu1(const char *state)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);
	long ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, state, 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

FIXTURE_SETUP(hotplug)
{
	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_interruptible(&self->vcpu);
}

FIXTURE_TEARDOWN(hotplug)
{
	cpu1("1");
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void *run_on_cpu1(void *arg)
{
	hotplug_data *self = arg;

	to_cpu(0, 1);
	do {
		self->result = vcpu_run(&self->vcpu);
	} while (self->result == -EINTR);
	return NULL;
}

TEST_F(hotplug, a_guest_leaves_the_cpu_that_goes)
{
	unsigned int i;

	to_cpu(0, 0);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run_on_cpu1, self));
	for (i = 0; i < 3; i++) {
		wait_for_guest(&self->vm);
		ASSERT_EQ(0, cpu1("0"));
		wait_for_guest(&self->vm);
		ASSERT_EQ(0, cpu1("1"));
	}
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	EXPECT_LE(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS));
}

TEST_F(hotplug, a_guest_beside_it_is_not_disturbed)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, cpu1("0"));
		guest_next(&self->vcpu, &halt);
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
		ASSERT_EQ(0, cpu1("1"));
		guest_next(&self->vcpu, &halt);
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	}
}

/* A CPU has VMX on if it came while a VM was there, and off if it came while none was. */
TEST_F(hotplug, a_cpu_that_comes_back_runs_guests)
{
	ASSERT_EQ(0, cpu1("0"));
	ASSERT_EQ(0, cpu1("1"));
	to_cpu(0, 1);
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

TEST_F(hotplug, a_vm_made_while_the_cpu_is_away_runs_on_it_later)
{
	struct test_vm vm;
	struct test_vcpu vcpu;

	vcpu_close(&self->vcpu);
	close(self->vm.fd);
	ASSERT_EQ(0, cpu1("0"));
	vm_open(&vm, 0);
	vcpu_open(&vcpu, &vm, 0);
	ASSERT_EQ(0, cpu1("1"));
	to_cpu(0, 1);
	guest_begin(&vcpu, MODE_LONG, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&vcpu));
	vcpu_close(&vcpu);
	vm_close(&vm);
	self->vm.fd = create_vm(self->vm.dev, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
}

TEST_F(hotplug, state_of_a_vcpu_loaded_on_a_cpu_that_went_is_kept)
{
	struct xvcpu_regs regs;

	to_cpu(0, 1);
	guest_next(&self->vcpu, &halt);
	guest_regs(&self->vcpu)->r12 = 0x1234567812345678;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	to_cpu(0, 0);
	ASSERT_EQ(0, cpu1("0"));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1234567812345678, regs.r12);
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, cpu1("1"));
	/* Nor does the CPU that came back believe that it still has it. */
	to_cpu(0, 1);
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

static void *offline_and_online(void *arg)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		cpu1("0");
		cpu1("1");
	}
	return arg;
}

/* The next time that CPU 1 comes to @state on its way, its callback there fails. */
static bool fail_at(long state)
{
	int fd = open("/sys/devices/system/cpu/cpu1/hotplug/fail", O_WRONLY);
	char text[24];
	ssize_t len = snprintf(text, sizeof(text), "%ld", state), ret;

	if (fd < 0)
		die("hotplug/fail: %s", strerror(errno));
	ret = write(fd, text, len);
	close(fd);
	return ret == len;
}

static bool runs_on_cpu1(hotplug_data *self)
{
	bool ok;

	to_cpu(0, 1);
	guest_next(&self->vcpu, &halt);
	ok = guest_run(&self->vcpu) == NO_TRAP;
	to_cpu(0, 0);
	return ok;
}

static bool runs_beside(hotplug_data *self)
{
	guest_next(&self->vcpu, &halt);
	return guest_run(&self->vcpu) == NO_TRAP;
}

/* Before ours on the way up, ours, and behind it; on the way down the other way round. */
static const char *const callbacks[] = {
	"timers:prepare", "workqueue:online", "xvcpu:online", "sched:active",
};

static bool is_named(const char *line, const char *name)
{
	return strstr(line, name) && strstr(line, name)[strlen(name)] == '\n';
}

/* The kernel's number of a callback; -1 if it has none of that name. */
static long state_of(const char *name)
{
	FILE *states = fopen("/sys/devices/system/cpu/hotplug/states", "r");
	char line[128];
	long state = -1;

	if (!states)
		die("hotplug/states: %s", strerror(errno));
	while (state < 0 && fgets(line, sizeof(line), states)) {
		if (is_named(line, name))
			state = strtol(line, NULL, 10);
	}
	fclose(states);
	return state;
}

/* Whatever fails, what was done is undone: VMX is on again, or stays off. */
TEST_F_TIMEOUT(hotplug, callbacks_that_fail_are_undone, 120)
{
	unsigned int i, down = 0;
	long state;

	to_cpu(0, 0);
	for (i = 0; i < ARRAY_SIZE(callbacks); i++) {
		state = state_of(callbacks[i]);
		ASSERT_LT(0, state) {
			TH_LOG("no callback %s", callbacks[i]);
		}
		/* Not all can fail on the way down. */
		if (fail_at(state) && cpu1("0")) {
			down++;
			EXPECT_TRUE(runs_on_cpu1(self)) {
				TH_LOG("down, %s", callbacks[i]);
			}
		}
		fail_at(-1);
		ASSERT_EQ(0, cpu1("0"));
		ASSERT_TRUE(fail_at(state));
		EXPECT_EQ(-EAGAIN, cpu1("1")) {
			TH_LOG("up, %s", callbacks[i]);
		}
		EXPECT_TRUE(runs_beside(self));
		ASSERT_EQ(0, cpu1("1"));
		EXPECT_TRUE(runs_on_cpu1(self)) {
			TH_LOG("afterwards, %s", callbacks[i]);
		}
	}
	EXPECT_LE(2, down);
}

/* VMs come and go while the CPU does. */
TEST_F(hotplug, vms_come_and_go_meanwhile)
{
	struct test_vm vm;
	struct test_vcpu vcpu;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, offline_and_online, NULL));
	for (i = 0; i < 10; i++) {
		vm_open(&vm, 0);
		vcpu_open(&vcpu, &vm, 0);
		guest_begin(&vcpu, MODE_LONG, &halt);
		EXPECT_EQ(NO_TRAP, guest_run(&vcpu));
		vcpu_close(&vcpu);
		vm_close(&vm);
	}
	pthread_join(self->thread, NULL);
}

TEST_HARNESS_MAIN

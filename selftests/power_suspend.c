// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine goes to sleep and wakes up with a guest alive: to suspend-to-idle, where tasks are
 * frozen and devices told, and as deep as the kernel's own test of suspend goes ("core": all CPUs
 * but one offline, and the callbacks of the core called) without the firmware, which an emulator
 * lacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");
GUEST_CODE(halt, 64, "hlt");

FIXTURE(suspend) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	long result;
};

#define suspend_data	FIXTURE_DATA(suspend)

static long power_write(const char *file, const char *word)
{
	char path[64];
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/sys/power/%s", file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	ret = write(fd, word, strlen(word)) == (ssize_t)strlen(word) ? 0 : -errno;
	close(fd);
	return ret;
}

static bool power_offers(const char *file, const char *word)
{
	char path[64], line[128] = "";
	FILE *from;

	snprintf(path, sizeof(path), "/sys/power/%s", file);
	from = fopen(path, "r");
	if (!from)
		return false;
	if (!fgets(line, sizeof(line), from))
		line[0] = '\0';
	fclose(from);
	return strstr(line, word);
}

/* The kernel's test of suspend waits before it wakes up: five seconds, if nobody says otherwise. */
static void do_not_linger(void)
{
	int fd = open("/sys/module/suspend/parameters/pm_test_delay", O_WRONLY);

	if (fd >= 0 && write(fd, "0", 1) != 1)
		die("pm_test_delay");
	close(fd);
}

FIXTURE_SETUP(suspend)
{
	do_not_linger();
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &spin);
	guest_interruptible(&self->vcpu);
	guest_regs(&self->vcpu)->r12 = 0x1234567812345678;
}

FIXTURE_TEARDOWN(suspend)
{
	power_write("pm_test", "none");
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void *run(void *arg)
{
	suspend_data *self = arg;

	do {
		self->result = vcpu_run(&self->vcpu);
	} while (self->result == -EINTR);
	return NULL;
}

/* The guest runs while @word is written to state, and goes on afterwards; so does a new one. */
static void sleep_and_wake(struct __test_metadata *_metadata, suspend_data *self, const char *word)
{
	struct xvcpu_regs regs;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run, self));
	wait_for_guest(&self->vm);
	ASSERT_EQ(0, power_write("state", word));
	wait_for_guest(&self->vm);
	EXPECT_TRUE(guest_runs());
	vcpu_kick(&self->vcpu);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1234567812345678, regs.r12);
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

TEST_F_TIMEOUT(suspend, a_guest_survives_suspend_to_idle, 120)
{
	if (!power_offers("state", "freeze"))
		SKIP(return, "no suspend-to-idle");
	if (power_write("pm_test", "devices"))
		SKIP(return, "no /sys/power/pm_test");
	sleep_and_wake(_metadata, self, "freeze");
}

TEST_F_TIMEOUT(suspend, a_guest_survives_all_of_suspend_but_the_firmware, 120)
{
	if (!power_offers("mem_sleep", "deep"))
		SKIP(return, "no S3");
	if (power_write("mem_sleep", "deep") || power_write("pm_test", "core"))
		SKIP(return, "no /sys/power/pm_test");
	sleep_and_wake(_metadata, self, "mem");
}

/* A VM that no thread runs: its VMCS was cleared, and is loaded again. */
TEST_F_TIMEOUT(suspend, state_is_kept_while_nobody_runs, 120)
{
	if (!power_offers("mem_sleep", "deep"))
		SKIP(return, "no S3");
	if (power_write("mem_sleep", "deep") || power_write("pm_test", "core"))
		SKIP(return, "no /sys/power/pm_test");
	guest_next(&self->vcpu, &halt);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, power_write("state", "mem"));
	guest_next(&self->vcpu, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

TEST_HARNESS_MAIN

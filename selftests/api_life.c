// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a vCPU is in its life, where it would like to run, and its time-stamp counter as state.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(count, 64, "1: incq (%rdi); jmp 1b");
GUEST_CODE(read_tsc, 64, "rdtsc; shl $32, %rdx; or %rdx, %rax; hlt");

#define MSR_TSC		0x10

FIXTURE(life) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct xvcpu_life life;
	struct xvcpu_affinity affinity;
	struct xvcpu_tsc tsc;
};

#define life_data	FIXTURE_DATA(life)

FIXTURE_SETUP(life)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 3);
	self->affinity = (struct xvcpu_affinity) {
		.size = sizeof(self->affinity), .preferred = XVCPU_AFFINITY_ANY,
	};
}

FIXTURE_TEARDOWN(life)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static long get_life(int fd, struct xvcpu_life *life)
{
	memset(life, 0xcc, sizeof(*life));
	life->size = sizeof(*life);
	life->flags = 0;
	life->reserved = 0;
	return call(fd, XVCPU_GET_LIFE, life);
}

static long set_affinity(life_data *self)
{
	return call(self->vcpu.fd, XVCPU_SET_AFFINITY, &self->affinity);
}

static long get_tsc(life_data *self)
{
	return vcpu_get(&self->vcpu, XVCPU_GROUP_TSC, &self->tsc, sizeof(self->tsc));
}

static long set_tsc(life_data *self)
{
	return vcpu_set(&self->vcpu, XVCPU_GROUP_TSC, &self->tsc, sizeof(self->tsc));
}

TEST_F(life, a_new_vcpu_is_created_and_one_that_has_run_is_loaded)
{
	struct xvcpu_life *life = &self->life;

	ASSERT_EQ(0, get_life(self->vcpu.fd, life));
	EXPECT_EQ(XVCPU_LIFE_CREATED, life->state);
	EXPECT_EQ(3, life->id);
	EXPECT_EQ(XVCPU_AFFINITY_ANY, life->preferred);
	EXPECT_EQ(0, life->set[0] | life->set[15]);
	to_cpu(0, 0);
	guest_begin(&self->vcpu, MODE_LONG, &halt);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, get_life(self->vcpu.fd, life));
	EXPECT_EQ(XVCPU_LIFE_READY, life->state);
	EXPECT_EQ(0, life->cpu);
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	ASSERT_EQ(0, get_life(self->vcpu.fd, life));
	EXPECT_EQ(XVCPU_LIFE_CREATED, life->state);
}

static void *run(void *arg)
{
	life_data *self = arg;

	return (void *)vcpu_run(&self->vcpu);
}

/* Also for another process, and without an exit. */
TEST_F(life, a_vcpu_in_run_is_running_for_whoever_asks)
{
	uint64_t exits = vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS);
	pthread_t thread;
	int status;
	pid_t pid;

	guest_begin(&self->vcpu, MODE_LONG, &count);
	guest_interruptible(&self->vcpu);
	guest_regs(&self->vcpu)->rdi = GUEST_DATA;
	ASSERT_EQ(0, pthread_create(&thread, NULL, run, self));
	wait_for_guest(&self->vm);
	pid = fork();
	if (!pid)
		_exit(get_life(self->vcpu.fd, &self->life) ||
		      self->life.state != XVCPU_LIFE_RUNNING);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	wait_for_guest(&self->vm);
	EXPECT_EQ(exits, vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS));
	ASSERT_EQ(0, vcpu_kick(&self->vcpu));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, get_life(self->vcpu.fd, &self->life));
	EXPECT_EQ(XVCPU_LIFE_READY, self->life.state);
}

TEST_F(life, the_hint_is_kept_and_reported)
{
	self->affinity.set[0] = 1;
	self->affinity.preferred = 0;
	ASSERT_EQ(0, set_affinity(self));
	ASSERT_EQ(0, get_life(self->vcpu.fd, &self->life));
	EXPECT_EQ(0, self->life.preferred);
	EXPECT_EQ(1, self->life.set[0]);
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	self->affinity.set[0] = 0;
	self->affinity.preferred = XVCPU_AFFINITY_ANY;
	ASSERT_EQ(0, get_life(self->vcpu.fd, &self->life));
	EXPECT_EQ(0, self->life.preferred);
	ASSERT_EQ(0, set_affinity(self));
	ASSERT_EQ(0, get_life(self->vcpu.fd, &self->life));
	EXPECT_EQ(XVCPU_AFFINITY_ANY, self->life.preferred);
	EXPECT_EQ(0, self->life.set[0]);
}

TEST_F(life, cpus_that_cannot_be_are_refused)
{
	static const int32_t bad[] = { -2, 1023, 1024, 1 << 20, INT32_MAX, INT32_MIN };
	unsigned int i;

	self->affinity.set[0] = 1;
	self->affinity.preferred = 0;
	ASSERT_EQ(0, set_affinity(self));
	self->affinity.set[0] = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->affinity.preferred = bad[i];
		EXPECT_EQ(-EINVAL, set_affinity(self));
		EXPECT_EQ(XVCPU_ERR_RANGE, self->affinity.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_affinity, preferred), self->affinity.error.field);
	}
	self->affinity.preferred = XVCPU_AFFINITY_ANY;
	self->affinity.set[15] = 1ull << 63;
	EXPECT_EQ(-EINVAL, set_affinity(self));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->affinity.error.code);
	EXPECT_EQ(1023, self->affinity.error.value);
	EXPECT_EQ(offsetof(struct xvcpu_affinity, set) + 15 * 8, self->affinity.error.field);
	self->affinity.set[15] = 0;
	self->affinity.reserved = 1;
	EXPECT_EQ(-EINVAL, set_affinity(self));
	ASSERT_EQ(0, get_life(self->vcpu.fd, &self->life));
	EXPECT_EQ(0, self->life.preferred);
	EXPECT_EQ(1, self->life.set[0]);
}

TEST_F(life, the_tsc_is_told_with_the_hosts)
{
	uint64_t before = __rdtsc(), after;

	ASSERT_EQ(0, get_tsc(self));
	after = __rdtsc();
	EXPECT_LE(before, self->tsc.host);
	EXPECT_LE(self->tsc.host, after);
	EXPECT_EQ(self->tsc.guest - self->tsc.host, self->tsc.offset);
	EXPECT_EQ(self->vm.info.tsc_khz, self->tsc.khz);
	EXPECT_EQ(0, self->tsc.multiplier);
	EXPECT_LT(0, self->tsc.boottime_ns);
}

TEST_F(life, setting_what_was_read_changes_nothing_however_late)
{
	uint64_t offset;

	ASSERT_EQ(0, get_tsc(self));
	offset = self->tsc.offset;
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_TSC, 0));
	ASSERT_EQ(0, set_tsc(self));
	ASSERT_EQ(0, get_tsc(self));
	EXPECT_EQ(offset, self->tsc.offset);
}

TEST_F(life, the_guest_reads_what_was_set)
{
	const uint64_t future = 1ull << 60;

	ASSERT_EQ(0, get_tsc(self));
	self->tsc.guest += future;
	self->tsc.offset += future;
	self->tsc.khz = 0;
	ASSERT_EQ(0, set_tsc(self));
	guest_begin(&self->vcpu, MODE_LONG, &read_tsc);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	/* guest_begin() resets: the VM's again. */
	EXPECT_LT(self->vcpu.sync->regs.rax, future);
	ASSERT_EQ(0, set_tsc(self));
	guest_next(&self->vcpu, &read_tsc);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_GT(self->vcpu.sync->regs.rax, future);
}

TEST_F(life, a_tsc_that_contradicts_itself_is_refused)
{
	struct xvcpu_tsc good;

	ASSERT_EQ(0, get_tsc(self));
	good = self->tsc;
	self->tsc.guest++;
	EXPECT_EQ(-EINVAL, set_tsc(self));
	EXPECT_EQ(offsetof(struct xvcpu_tsc, offset), self->vcpu.error.field);
	self->tsc = good;
	self->tsc.khz++;
	EXPECT_EQ(-EINVAL, set_tsc(self));
	EXPECT_EQ(offsetof(struct xvcpu_tsc, khz), self->vcpu.error.field);
	self->tsc = good;
	self->tsc.multiplier = 1;
	EXPECT_EQ(-EINVAL, set_tsc(self));
	EXPECT_EQ(offsetof(struct xvcpu_tsc, multiplier), self->vcpu.error.field);
	self->tsc = good;
	self->tsc.reserved1[1] = 1;
	EXPECT_EQ(-EINVAL, set_tsc(self));
	EXPECT_EQ(XVCPU_ERR_RESERVED, self->vcpu.error.code);
	ASSERT_EQ(0, get_tsc(self));
	EXPECT_EQ(good.offset, self->tsc.offset);
}

TEST_HARNESS_MAIN

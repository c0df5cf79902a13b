// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of last exits: each exit once, in order, as it was; what a reader of a running vCPU can
 * tell; and that nobody but the kernel writes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exits.h"
#include "kselftest_harness.h"

#define ROUNDS		200
#define REFUSED		(1u << 31)

/* CPUID with EAX and ECX counting down. */
GUEST_CODE(count_down, 64, "mov $200, %edi; 1: mov %edi, %eax; mov %edi, %ecx; cpuid\n"
			   "dec %edi; jnz 1b; hlt");
GUEST_CODE(count_up, 64, "1: incq 0xa000; mov 0xa000, %eax; mov %eax, %ecx; cpuid; jmp 1b");

FIXTURE(ring) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	const volatile struct xvcpu_run_stats *stats;
	pthread_t thread;
	long result;
};

FIXTURE_SETUP(ring)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->stats = self->vcpu.stats;
}

FIXTURE_TEARDOWN(ring)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define ring_data	FIXTURE_DATA(ring)

TEST_F(ring, a_new_vcpu_has_no_records)
{
	EXPECT_EQ(0, self->stats->begun);
	EXPECT_EQ(0, self->stats->done);
}

TEST_F(ring, each_exit_is_recorded_once_in_order_as_it_was)
{
	const struct known_exit *want;
	struct xvcpu_exit_record got;
	uint64_t number, tsc = 0;
	unsigned int seen = 0;

	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	ASSERT_GE(XVCPU_EXIT_RECORDS, self->stats->done);
	for (number = 0; number < self->stats->done; number++) {
		ASSERT_TRUE(ring_read(&self->vcpu, number, &got));
		EXPECT_LT(tsc, got.tsc);
		tsc = got.tsc;
		EXPECT_GT(sysconf(_SC_NPROCESSORS_CONF), got.cpu);
		if (exit_is_noise(&self->vm, got.hw_reason, got.detail))
			continue;
		ASSERT_GT(KNOWN_EXITS, seen);
		want = &known_exits[seen++];
		EXPECT_EQ(want->reason, got.hw_reason);
		EXPECT_EQ(GUEST_CODE_AT + want->offset, got.rip) { TH_LOG("%s", want->name); }
		EXPECT_EQ(want->flags, got.flags) { TH_LOG("%s", want->name); }
		EXPECT_EQ(want->qualification, got.qualification & want->mask) {
			TH_LOG("%s", want->name);
		}
		EXPECT_EQ(want->detail, got.detail) { TH_LOG("%s", want->name); }
	}
	EXPECT_EQ(KNOWN_EXITS, seen);
}

TEST_F(ring, as_many_are_done_as_the_counters_have)
{
	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	EXPECT_LE(KNOWN_EXITS, self->stats->done);
	EXPECT_EQ(exits_counted(&self->vcpu), self->stats->done);
	EXPECT_EQ(self->stats->begun, self->stats->done);
	EXPECT_EQ(0, vcpu_counter(&self->vcpu, XVCPU_COUNT_REFUSED));
}

/* The last 64 are there, without a gap; older ones are known to be lost. */
TEST_F(ring, it_wraps_around_and_keeps_the_last)
{
	struct xvcpu_exit_record got;
	uint64_t number, first, next = 0;
	unsigned int cpuids = 0;

	guest_begin(&self->vcpu, MODE_LONG, &count_down);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_LT(ROUNDS, self->stats->done);
	first = self->stats->done - XVCPU_EXIT_RECORDS;
	EXPECT_FALSE(ring_read(&self->vcpu, first - 1, &got));
	EXPECT_FALSE(ring_read(&self->vcpu, self->stats->done, &got));
	for (number = first; number + 1 < self->stats->done; number++) {
		ASSERT_TRUE(ring_read(&self->vcpu, number, &got));
		if (exit_is_noise(&self->vm, got.hw_reason, got.detail))
			continue;
		ASSERT_EQ(10, got.hw_reason);
		EXPECT_EQ(got.detail >> 32, (uint32_t)got.detail);
		if (next)
			EXPECT_EQ(next, got.detail >> 32);
		next = (got.detail >> 32) - 1;
		cpuids++;
	}
	EXPECT_EQ(0, next);
	EXPECT_LT(0, cpuids);
	ASSERT_TRUE(ring_read(&self->vcpu, number, &got));
	EXPECT_EQ(12, got.hw_reason);
}

TEST_F(ring, a_refused_entry_is_recorded_as_such)
{
	struct xvcpu_exit_record got;
	uint64_t exits;

	guest_begin(&self->vcpu, MODE_LONG, &count_down);
	self->vcpu.sync->sregs.tr.ar = 0x89;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_FAIL_ENTRY), guest_run(&self->vcpu));
	EXPECT_EQ(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_REFUSED));
	exits = exits_counted(&self->vcpu);
	EXPECT_EQ(exits + 1, self->stats->done);
	ASSERT_TRUE(ring_read(&self->vcpu, self->stats->done - 1, &got));
	EXPECT_EQ(REFUSED | 33, got.hw_reason);
	EXPECT_EQ(GUEST_CODE_AT, got.rip);
}

TEST_F(ring, reset_keeps_it)
{
	uint64_t done;

	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	done = self->stats->done;
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	EXPECT_EQ(done, self->stats->done);
}

/* Not through the mapping, and not past it. */
TEST_F(ring, nobody_but_the_kernel_writes_it)
{
	uint64_t junk = ~0ull;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, mem);
	EXPECT_EQ(-1, mprotect((void *)self->stats, self->vm.info.stats_size,
			       PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_NE(sizeof(junk), pwrite(mem, &junk, sizeof(junk), (uintptr_t)&self->stats->done));
	EXPECT_EQ(0, self->stats->done);
	close(mem);
}

static void *run(void *arg)
{
	ring_data *self = arg;

	self->result = vcpu_run(&self->vcpu);
	return NULL;
}

/*
 * Every copy that the protocol calls good is one exit and not parts of two: EAX is ECX, and the
 * numbers that the guest counts grow with those of the records.
 */
TEST_F(ring, a_reader_of_a_running_vcpu_gets_whole_records_or_none)
{
	uint64_t number = 0, last = 0, lost = 0, good = 0, done;
	struct xvcpu_exit_record got;

	guest_begin(&self->vcpu, MODE_LONG, &count_up);
	guest_interruptible(&self->vcpu);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run, self));
	wait_for_guest(&self->vm);
	while (good < 2000) {
		done = self->stats->done;
		if (number == done) {
			sched_yield();
			continue;
		}
		if (number + XVCPU_EXIT_RECORDS < done) {
			lost += done - XVCPU_EXIT_RECORDS - number;
			number = done - XVCPU_EXIT_RECORDS;
		}
		if (!ring_read(&self->vcpu, number++, &got)) {
			lost++;
			continue;
		}
		good++;
		if (got.hw_reason != 10)
			continue;
		ASSERT_EQ(got.detail >> 32, (uint32_t)got.detail);
		ASSERT_LT(last, (uint32_t)got.detail);
		last = (uint32_t)got.detail;
	}
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(number, good + lost);
	EXPECT_EQ(exits_counted(&self->vcpu), self->stats->done);
}

TEST_HARNESS_MAIN

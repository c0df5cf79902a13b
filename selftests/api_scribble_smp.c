// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile VMM: the run area is written to between runs and during them, by another thread.
 * Whatever stands there, RUN ends with one of its documented results, a waiting exit is completed
 * as the kernel remembers it, and after a reset the vCPU works. Needs two CPUs, so that the
 * writes fall into RUN.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define HOLE	(GIB(1) - MIB(4))

/* Every kind of exit that waits, again and again. */
GUEST_CODE(exits, 64,
	   "1: incq 0xa000\n"
	   "in $0x80, %al\n"
	   "out %eax, $0x81\n"
	   "mov (%rbx), %rcx\n"
	   "mov %ecx, 0x10(%rbx)\n"
	   "vmcall\n"
	   "mov $0x12345678, %ecx\n"
	   "rdmsr\n"
	   "hlt\n"
	   "jmp 1b\n");
GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(in_loop, 64, "1: in $0x80, %eax; mov %rax, %rdx; jmp 1b");

FIXTURE(scribble) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t thread;
	volatile bool stop;
	uint32_t from, to;	/* which bytes of the run area are written to */
	uint64_t canary;
	volatile struct xvcpu_reset reset;
};

#define scribble_data	FIXTURE_DATA(scribble)

FIXTURE_SETUP(scribble)
{
	vm_open(&self->vm, XVCPU_VM_MSR_EXIT);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->canary = 0xc0ffee0123456789;
	guest_write64(&self->vm, self->vm.size - 8, self->canary);
}

FIXTURE_TEARDOWN(scribble)
{
	self->stop = true;
	EXPECT_EQ(self->canary, guest_read64(&self->vm, self->vm.size - 8));
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static uint64_t next_random(uint64_t *state)
{
	/* xorshift64: the same sequence in every run. */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Values that a check might let through once and not twice. */
static uint32_t tempting(uint64_t *state)
{
	static const uint32_t values[] = { 0, 1, 2, 4, 7, 8, 0xff, 0xffff, 0x80000000, ~0u };

	return values[next_random(state) % ARRAY_SIZE(values)];
}

static void begin(struct test_vcpu *vcpu)
{
	memset(vcpu->area, 0, vcpu->vm->info.run_size);
	vcpu->request->sync = ALL_SYNCED;
	guest_begin(vcpu, MODE_LONG, &exits);
	guest_regs(vcpu)->rbx = HOLE;
}

static bool documented(long result)
{
	return !result || result == -EINVAL || result == -EINTR;
}

/* The vCPU is as good as new after a reset. */
static void expect_usable(struct __test_metadata *_metadata, struct test_vcpu *vcpu)
{
	memset(vcpu->area, 0, vcpu->vm->info.run_size);
	vcpu->request->sync = ALL_SYNCED;
	guest_begin(vcpu, MODE_LONG, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(scribble, each_word_of_the_area_between_runs)
{
	uint32_t at, size = self->vm.info.run_size;
	uint64_t random = 1;
	long result;

	begin(&self->vcpu);
	for (at = 0; at < size; at += 4) {
		*(volatile uint32_t *)(self->vcpu.area + at) = tempting(&random);
		result = vcpu_run(&self->vcpu);
		ASSERT_TRUE(documented(result)) {
			TH_LOG("word at %#x: %ld", at, result);
		}
		/* What is refused stays refused: take it back and go on. */
		if (result == -EINVAL || self->vcpu.exit->reason == XVCPU_EXIT_FAIL_ENTRY ||
		    self->vcpu.exit->reason == XVCPU_EXIT_SHUTDOWN ||
		    self->vcpu.exit->reason == XVCPU_EXIT_MEMORY_FAULT)
			begin(&self->vcpu);
		self->vcpu.request->immediate_exit = 0;
	}
	expect_usable(_metadata, &self->vcpu);
}

static void *scribble(void *arg)
{
	scribble_data *self = arg;
	uint32_t words = (self->to - self->from) / 4;
	uint64_t random = 0x1234567;
	volatile uint32_t *area = (void *)(self->vcpu.area + self->from);

	while (!self->stop)
		area[next_random(&random) % words] = tempting(&random);
	return NULL;
}

/* Some thousand runs while another CPU writes to [from, to) of the area. */
static void run_against(struct __test_metadata *_metadata, scribble_data *self,
			uint32_t from, uint32_t to)
{
	unsigned int i, entered = 0;
	long result;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	self->from = from;
	self->to = to;
	begin(&self->vcpu);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, scribble, self));
	for (i = 0; i < 3000; i++) {
		result = vcpu_run(&self->vcpu);
		if (!documented(result))
			break;
		entered += !result;
		/* Out of a state that cannot go on; the area itself is the other thread's. */
		if (i % 64 == 63)
			vcpu_reset(&self->vcpu);
		/* Requests that forbid every RUN would leave nothing to test. */
		self->vcpu.request->flags = 0;
		self->vcpu.request->dirty = i & 1 ? ALL_SYNCED : 0;
	}
	self->stop = true;
	pthread_join(self->thread, NULL);
	EXPECT_EQ(3000, i) {
		TH_LOG("RUN: %ld", result);
	}
	expect_usable(_metadata, &self->vcpu);
}

TEST_F(scribble, the_request_section_during_runs)
{
	uint32_t at = self->vm.info.run_request;

	run_against(_metadata, self, at, at + sizeof(struct xvcpu_run_request));
}

TEST_F(scribble, the_exit_section_during_runs)
{
	uint32_t at = self->vm.info.run_exit;

	run_against(_metadata, self, at, at + sizeof(struct xvcpu_run_exit));
}

TEST_F(scribble, the_sync_section_during_runs)
{
	uint32_t at = self->vm.info.run_sync;

	run_against(_metadata, self, at, at + sizeof(struct xvcpu_run_sync));
}

TEST_F(scribble, the_whole_area_during_runs)
{
	run_against(_metadata, self, 0, self->vm.info.run_size);
}

/* Only REGS, SREGS and CREGS that the kernel wrote are loaded, of one mode: they can be entered. */
struct good_state {
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
};

static void put_back(struct test_vcpu *vcpu, const struct good_state *good)
{
	const struct {
		enum xvcpu_group group;
		const void *data;
		uint32_t size;
	} groups[] = {
		{ XVCPU_GROUP_REGS, &good->regs, sizeof(good->regs) },
		{ XVCPU_GROUP_CREGS, &good->cregs, sizeof(good->cregs) },
		{ XVCPU_GROUP_SREGS, &good->sregs, sizeof(good->sregs) },
	};
	unsigned int i;
	long result;

	/* An exit that waits would keep SET_STATE out. */
	if (vcpu_reset(vcpu))
		die("RESET");
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		result = vcpu_set(vcpu, groups[i].group, groups[i].data, groups[i].size);
		if (result)
			die("SET_STATE of group %u: %ld, error %u at %u", groups[i].group, result,
			    vcpu->error.code, vcpu->error.field);
	}
}

/* A group that is loaded though it was not there when the request was judged is not one of them. */
TEST_F(scribble, a_request_is_read_once)
{
	struct good_state good;
	unsigned int i, reason, entered = 0;
	long result;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	begin(&self->vcpu);
	self->vcpu.request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(&self->vcpu));
	self->vcpu.request->immediate_exit = 0;
	good.regs = self->vcpu.sync->regs;
	good.sregs = self->vcpu.sync->sregs;
	good.cregs = self->vcpu.sync->cregs;
	self->from = self->vm.info.run_request + offsetof(struct xvcpu_run_request, dirty);
	self->to = self->from + sizeof(uint32_t);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, scribble, self));
	for (i = 0; i < 3000; i++) {
		result = vcpu_run(&self->vcpu);
		ASSERT_TRUE(documented(result));
		reason = self->vcpu.exit->reason;
		if (!result) {
			entered++;
			ASSERT_NE(XVCPU_EXIT_FAIL_ENTRY, reason);
			ASSERT_NE(XVCPU_EXIT_INTERNAL, reason);
		}
		if (i % 32 == 31)
			put_back(&self->vcpu, &good);
	}
	self->stop = true;
	pthread_join(self->thread, NULL);
	EXPECT_LT(100, entered);
	expect_usable(_metadata, &self->vcpu);
}

static void *change_size(void *arg)
{
	scribble_data *self = arg;
	uint64_t random = 0x7654321;

	/* Not in turns: processors that take theirs by instructions could meet the same always. */
	while (!self->stop)
		self->reset.size = next_random(&random) & 1 ? sizeof(self->reset) : 4;
	return NULL;
}

/*
 * Flags that no size lets through: long enough they are refused as what they are, and a struct
 * that ends before them is refused as such. Fetched twice, the size would let them go unseen.
 */
TEST_F(scribble, the_size_of_a_struct_is_read_once)
{
	volatile uint32_t *flags = &self->reset.flags;
	unsigned int i, judged = 0;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	*flags = 1;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, change_size, self));
	for (i = 0; i < 4000; i++) {
		self->reset.error.code = 0;
		ASSERT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_RESET, (void *)&self->reset));
		judged += self->reset.error.code == XVCPU_ERR_FLAGS;
	}
	self->stop = true;
	pthread_join(self->thread, NULL);
	/* Both were met. */
	EXPECT_LT(0, judged);
	EXPECT_GT(4000, judged);
}

/* The answer's data changes under the completion: it is still the answer to this IN. */
TEST_F(scribble, an_answer_is_read_once)
{
	unsigned int i;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	guest_begin(&self->vcpu, MODE_LONG, &in_loop);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	self->from = self->vm.info.run_exit + offsetof(struct xvcpu_run_exit, io.data);
	self->to = self->from + 8;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, scribble, self));
	for (i = 0; i < 2000; i++) {
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
		/* Whatever was read, it is 32 bits in the register that IN writes. */
		ASSERT_EQ(0, self->vcpu.sync->regs.rdx >> 32);
		ASSERT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
	}
	self->stop = true;
	pthread_join(self->thread, NULL);
}

TEST_HARNESS_MAIN

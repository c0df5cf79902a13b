// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that changes under guests running on other CPUs: slots are swapped in one step for every
 * vCPU at once, and no CPU goes on using a page that was taken away. Needs two CPUs.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define PLACE	0x200000u	/* behind slot 0 */
#define SEEN	0xa000u		/* what vCPU 0 has seen */
#define ROUNDS	300
#define VCPUS	2

/*
 * One instruction reads the end of one page and the beginning of the next, so that it sees either
 * table or, if slots do not change all at once, some of both. Counts rounds at 0xa100 + 8 * RDI.
 */
GUEST_CODE(read_across, 64,
	   "1: incq 0xa100(,%rdi,8)\n"
	   "mov 0x200ffc, %rax\n"
	   "cmp %rbx, %rax; je 1b\n"
	   "cmp %rcx, %rax; je 1b\n"
	   "out %al, $0xbd\n");
/* vCPU 0 tells what it saw; vCPU 1 must not see anything older afterwards. */
GUEST_CODE(tell, 64, "1: incq 0xa100; mov 0x200000, %rax; mov %rax, 0xa000; jmp 1b");
GUEST_CODE(compare, 64,
	   "1: incq 0xa108\n"
	   "mov 0xa000, %rbx\n"
	   "mov 0x200000, %rax\n"
	   "cmp %rbx, %rax\n"
	   "jae 1b\n"
	   "out %al, $0xbd\n");
GUEST_CODE(write_all, 64,
	   "1: incq 0xa100(,%rdi,8)\n"
	   "mov $0x200000, %ebx; mov $16, %ecx\n"
	   "2: mov %rdx, (%rbx); mov %rdx, 0xff8(%rbx); add $4096, %rbx; loop 2b\n"
	   "jmp 1b\n");
GUEST_CODE(read_all, 64,
	   "1: incq 0xa100(,%rdi,8)\n"
	   "mov $0x200000, %ebx; mov $16, %ecx\n"
	   "2: mov (%rbx), %rax; cmp %rdx, %rax; je 9f; add $4096, %rbx; loop 2b\n"
	   "jmp 1b\n"
	   "9: out %al, $0xbd\n");

/* Nothing that was translated before is used: an unmapped page is missed at once. */
GUEST_CODE(compare_words, 64,
	   "1: incq 0xa100\n"
	   "mov %rbx, %cr3\n"
	   "mov %r8, %rsi; mov %r9, %rdi; cmpsq; jne 1b\n"
	   "out %al, $0xbd\n");

GUEST_CODE(count_and_read, 64, "1: incq 0xa100; mov 0x200000, %rax; jmp 1b");
GUEST_CODE(count_and_write, 64, "1: incq 0xa100; mov %rax, 0x200000; jmp 1b");

FIXTURE(smp) {
	struct test_vm vm;
	struct test_vcpu vcpu[VCPUS];
	pthread_t thread[VCPUS];
	int outcome[VCPUS];
	volatile unsigned int left;	/* vCPUs that have left their guest */
};

/* checkpatch does not know the macro as a type. */
#define smp_data	FIXTURE_DATA(smp)

FIXTURE_SETUP(smp)
{
	unsigned int i;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	vm_open(&self->vm, 0);
	for (i = 0; i < VCPUS; i++)
		vcpu_open(&self->vcpu[i], &self->vm, i);
}

FIXTURE_TEARDOWN(smp)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		vcpu_close(&self->vcpu[i]);
	vm_close(&self->vm);
}

struct runner {
	smp_data *self;
	unsigned int i;
};

static void *run_guest(void *arg)
{
	struct runner *runner = arg;
	smp_data *self = runner->self;

	self->outcome[runner->i] = guest_run(&self->vcpu[runner->i]);
	__sync_fetch_and_add(&self->left, 1);
	return NULL;
}

static uint64_t rounds_of(smp_data *self, unsigned int i)
{
	return guest_read64(&self->vm, 0xa100 + 8 * i);
}

static void wait_for_rounds(smp_data *self, unsigned int i, unsigned int nr)
{
	uint64_t from = rounds_of(self, i);

	while (rounds_of(self, i) < from + nr && !self->left)
		sched_yield();
}

static void begin(smp_data *self, unsigned int i, const struct guest_code *code)
{
	/* Codes of different vCPUs stand apart. */
	guest_memory_init(&self->vm);
	guest_mode(&self->vcpu[i], MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT + 0x800 * i, code);
	guest_regs(&self->vcpu[i])->rip = GUEST_CODE_AT + 0x800 * i;
	guest_regs(&self->vcpu[i])->rsp = GUEST_STACK - 0x400 * i;
	guest_regs(&self->vcpu[i])->rdi = i;
	guest_interruptible(&self->vcpu[i]);
}

static void start(smp_data *self, unsigned int nr)
{
	static struct runner runners[VCPUS];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		runners[i] = (struct runner) { self, i };
		if (pthread_create(&self->thread[i], NULL, run_guest, &runners[i]))
			die("pthread_create");
	}
	for (i = 0; i < nr; i++)
		wait_for_rounds(self, i, 2);
}

static void stop(struct __test_metadata *_metadata, smp_data *self, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		vcpu_kick(&self->vcpu[i]);
	for (i = 0; i < nr; i++) {
		pthread_join(self->thread[i], NULL);
		EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), self->outcome[i]) {
			TH_LOG("vCPU %u: exit %u, RAX %#llx", i, self->vcpu[i].exit->reason,
			       (unsigned long long)self->vcpu[i].sync->regs.rax);
		}
	}
}

static struct xvcpu_memory_slot slot(uint32_t id, uint64_t gpa, uint64_t size, const void *hva)
{
	return (struct xvcpu_memory_slot) {
		.gpa = gpa, .size = size, .hva = (uintptr_t)hva, .slot = id,
	};
}

TEST_F(smp, slots_change_places_for_every_vcpu_at_once)
{
	uint32_t *a = pages_alloc(PAGE_BYTES, MAP_SHARED), *b = pages_alloc(PAGE_BYTES, MAP_SHARED);
	struct xvcpu_memory_slot entries[2];
	unsigned int i, round;

	a[0] = 0x11111111;
	a[1023] = a[0];
	b[0] = 0x22222222;
	b[1023] = b[0];
	entries[0] = slot(1, PLACE, PAGE_BYTES, a);
	entries[1] = slot(2, PLACE + PAGE_BYTES, PAGE_BYTES, b);
	ASSERT_EQ(0, vm_slots(&self->vm, entries, 2));
	for (i = 0; i < VCPUS; i++) {
		begin(self, i, &read_across);
		guest_regs(&self->vcpu[i])->rbx = 0x2222222211111111;
		guest_regs(&self->vcpu[i])->rcx = 0x1111111122222222;
	}
	start(self, VCPUS);
	for (round = 0; round < ROUNDS && !self->left; round++) {
		entries[0] = slot(1, PLACE + PAGE_BYTES * (~round & 1), PAGE_BYTES, a);
		entries[1] = slot(2, PLACE + PAGE_BYTES * (round & 1), PAGE_BYTES, b);
		ASSERT_EQ(0, vm_slots(&self->vm, entries, 2));
		if (round % 16 == 0)
			wait_for_rounds(self, round / 16 & 1, 1);
	}
	EXPECT_EQ(ROUNDS, round);
	stop(_metadata, self, VCPUS);
}

#define MANY	300

/*
 * Unmapping many slots takes its time, and a vCPU that misses the first could be given its new page
 * while the last still has its old one. One instruction reads both, which never hold the same.
 */
TEST_F(smp, many_slots_change_at_once)
{
	static struct xvcpu_memory_slot entries[MANY];
	uint64_t size = MANY * PAGE_BYTES, last = size - PAGE_BYTES;
	uint8_t *memory[2] = { pages_alloc(size, MAP_SHARED), pages_alloc(size, MAP_SHARED) };
	unsigned int i, round;

	for (i = 0; i < 2; i++) {
		*(uint64_t *)memory[i] = i;
		*(uint64_t *)(memory[i] + last) = i;
	}
	for (round = 0; round < 40 && !self->left; round++) {
		for (i = 0; i < MANY; i++)
			entries[i] = slot(1 + i, PLACE + i * PAGE_BYTES, PAGE_BYTES,
					  memory[(round ^ (i == MANY - 1)) & 1] + i * PAGE_BYTES);
		ASSERT_EQ(0, vm_slots(&self->vm, entries, MANY));
		if (!round) {
			begin(self, 0, &compare_words);
			guest_regs(&self->vcpu[0])->rbx = GUEST_PML4;
			guest_regs(&self->vcpu[0])->r8 = PLACE;
			guest_regs(&self->vcpu[0])->r9 = PLACE + last;
			start(self, 1);
		}
		wait_for_rounds(self, 0, 2);
	}
	EXPECT_EQ(40, round);
	stop(_metadata, self, 1);
}

/* Once one vCPU has seen new memory, no other sees the old. */
TEST_F(smp, no_vcpu_sees_old_memory_after_another_saw_the_new)
{
	uint64_t *page[2] = {
		pages_alloc(PAGE_BYTES, MAP_SHARED), pages_alloc(PAGE_BYTES, MAP_SHARED),
	};
	unsigned int round;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, PAGE_BYTES, page[0], 0));
	begin(self, 0, &tell);
	begin(self, 1, &compare);
	start(self, VCPUS);
	for (round = 1; round <= ROUNDS && !self->left; round++) {
		/* This one was taken out of the guest a round ago. */
		page[round & 1][0] = round;
		ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, PAGE_BYTES, page[round & 1], 0));
		if (round % 16 == 0)
			wait_for_rounds(self, round / 16 & 1, 1);
	}
	EXPECT_EQ(ROUNDS + 1, round);
	stop(_metadata, self, VCPUS);
	EXPECT_LE(guest_read64(&self->vm, SEEN), ROUNDS);
	EXPECT_LT(0, guest_read64(&self->vm, SEEN));
}

/*
 * When SET_MEMORY has returned, no guest uses the old slot any more: one that spins on it gets no
 * further than to its next access.
 */
static void take_slot_away(struct __test_metadata *_metadata, smp_data *self,
			   const struct guest_code *code, uint32_t flags)
{
	uint64_t *page = pages_alloc(PAGE_BYTES, MAP_SHARED), at;
	unsigned int round;

	for (round = 0; round < 20; round++) {
		self->left = 0;
		ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, PAGE_BYTES, page, 0));
		begin(self, 0, code);
		start(self, 1);
		ASSERT_EQ(0, flags ? vm_slot(&self->vm, 1, PLACE, PAGE_BYTES, page, flags) :
			     vm_slot(&self->vm, 1, 0, 0, NULL, 0));
		at = rounds_of(self, 0);
		pthread_join(self->thread[0], NULL);
		EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_MMIO), self->outcome[0]);
		EXPECT_EQ(PLACE, self->vcpu[0].exit->mmio.gpa);
		EXPECT_LE(rounds_of(self, 0), at + 1);
		if (!flags)
			continue;
		ASSERT_EQ(0, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
	}
}

TEST_F(smp, a_deleted_slot_is_gone_at_once)
{
	take_slot_away(_metadata, self, &count_and_read, 0);
	take_slot_away(_metadata, self, &count_and_write, 0);
}

TEST_F(smp, a_slot_made_read_only_is_not_written_any_more)
{
	take_slot_away(_metadata, self, &count_and_write, XVCPU_SLOT_READONLY);
}

#define PAGES	16
#define SIZE	((size_t)PAGES * PAGE_BYTES)
#define FOREIGN	0xfeedfeedfeedfeedull
#define MINE	0x1717171717171717ull

/* Pages that the host gets next after it gave others back: most likely the same ones. */
static void check_fresh_pages(struct __test_metadata *_metadata, smp_data *self)
{
	uint64_t *fresh = pages_alloc(SIZE, MAP_PRIVATE);
	unsigned int i;

	for (i = 0; i < SIZE / 8; i++)
		fresh[i] = FOREIGN;
	wait_for_rounds(self, 0, 3);
	for (i = 0; i < SIZE / 8 && fresh[i] == FOREIGN; i++)
		;
	EXPECT_EQ(SIZE / 8, i);
	munmap(fresh, SIZE);
}

TEST_F(smp, pages_that_were_given_back_are_not_written)
{
	uint8_t *memory = pages_alloc(SIZE, MAP_PRIVATE);
	unsigned int round;
	uint64_t flushes;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory, 0));
	begin(self, 0, &write_all);
	guest_regs(&self->vcpu[0])->rdx = MINE;
	start(self, 1);
	for (round = 0; round < 40 && !self->left; round++) {
		wait_for_rounds(self, 0, 2);
		flushes = vcpu_counter(&self->vcpu[0], XVCPU_COUNT_EPT_FLUSH);
		ASSERT_EQ(0, madvise(memory, SIZE, MADV_DONTNEED));
		check_fresh_pages(_metadata, self);
		/* A processor keeps translations across exits: it was asked to flush. */
		EXPECT_LT(flushes, vcpu_counter(&self->vcpu[0], XVCPU_COUNT_EPT_FLUSH));
	}
	stop(_metadata, self, 1);
	EXPECT_EQ(40, round);
}

TEST_F(smp, pages_behind_a_replaced_slot_are_not_written)
{
	uint8_t *memory[2] = { pages_alloc(SIZE, MAP_PRIVATE), pages_alloc(SIZE, MAP_PRIVATE) };
	uint64_t *old;
	unsigned int round, i;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory[0], 0));
	begin(self, 0, &write_all);
	guest_regs(&self->vcpu[0])->rdx = MINE;
	start(self, 1);
	for (round = 1; round <= 40 && !self->left; round++) {
		wait_for_rounds(self, 0, 2);
		ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory[round & 1], 0));
		old = (uint64_t *)memory[~round & 1];
		for (i = 0; i < SIZE / 8; i++)
			old[i] = FOREIGN;
		wait_for_rounds(self, 0, 3);
		for (i = 0; i < SIZE / 8 && old[i] == FOREIGN; i++)
			;
		EXPECT_EQ(SIZE / 8, i);
	}
	stop(_metadata, self, 1);
	EXPECT_EQ(41, round);
}

TEST_F(smp, pages_that_were_given_back_are_not_read)
{
	uint8_t *memory = pages_alloc(SIZE, MAP_PRIVATE);
	unsigned int round;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory, 0));
	begin(self, 0, &read_all);
	guest_regs(&self->vcpu[0])->rdx = FOREIGN;
	start(self, 1);
	for (round = 0; round < 40 && !self->left; round++) {
		memset(memory, round, SIZE);
		wait_for_rounds(self, 0, 2);
		ASSERT_EQ(0, madvise(memory, SIZE, MADV_DONTNEED));
		check_fresh_pages(_metadata, self);
	}
	stop(_metadata, self, 1);
	EXPECT_EQ(40, round);
}

/*
 * What the guest writes while pages come and go is where the host finds it when both have
 * stopped.
 */
TEST_F(smp, writes_during_protection_changes_are_not_lost)
{
	uint8_t *memory = pages_alloc(SIZE, MAP_PRIVATE);
	uint64_t *words = (uint64_t *)memory;
	unsigned int round, i;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory, 0));
	begin(self, 0, &write_all);
	guest_regs(&self->vcpu[0])->rdx = MINE;
	start(self, 1);
	for (round = 0; round < 200 && !self->left; round++) {
		/* Copy-on-write pages, shared for a moment with a child that ends at once. */
		if (round % 50 == 0 && !fork())
			_exit(0);
		ASSERT_EQ(0, mprotect(memory, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC));
		ASSERT_EQ(0, mprotect(memory, SIZE, PROT_READ | PROT_WRITE));
	}
	wait_for_rounds(self, 0, 2);
	stop(_metadata, self, 1);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(MINE, words[i * 512]);
		EXPECT_EQ(MINE, words[i * 512 + 511]);
	}
}

/* Two vCPUs fault the same pages in at the same time. */
TEST_F(smp, two_vcpus_fault_the_same_pages)
{
	uint8_t *memory = pages_alloc(SIZE, MAP_PRIVATE);
	unsigned int round, i;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, memory, 0));
	for (i = 0; i < VCPUS; i++) {
		begin(self, i, &write_all);
		guest_regs(&self->vcpu[i])->rdx = MINE;
	}
	start(self, VCPUS);
	for (round = 0; round < 40 && !self->left; round++) {
		ASSERT_EQ(0, madvise(memory, SIZE, MADV_DONTNEED));
		/* The first may have begun before. */
		wait_for_rounds(self, round & 1, 2);
	}
	EXPECT_EQ(40, round);
	stop(_metadata, self, VCPUS);
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(MINE, ((uint64_t *)memory)[i * 512]);
}

TEST_HARNESS_MAIN

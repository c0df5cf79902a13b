// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_RUN and the run area: what can be mapped, what the request section refuses, dirty and
 * synced groups, and how a completed exit is completed once.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "kselftest_harness.h"

#define REQUEST(member)	offsetof(struct xvcpu_run_request, member)

GUEST_CODE(count_outs, 64,
	   "1: inc %rbx\n"
	   "out %al, $0x80\n"
	   "jmp 1b");
GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(in_byte, 64, "in $0x80, %al; hlt");

FIXTURE(run) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct snapshot before, after;
};

FIXTURE_SETUP(run)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &count_outs);
}

FIXTURE_TEARDOWN(run)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define EXPECT_UNCHANGED() do {								\
	vcpu_snapshot(&self->vcpu, &self->after);					\
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));			\
} while (0)

/* ---- mmap ---- */

static int map_errno(int fd, size_t length, int prot, int flags, off_t offset)
{
	void *at = mmap(NULL, length, prot, flags, fd, offset);

	if (at == MAP_FAILED)
		return errno;
	munmap(at, length);
	return 0;
}

TEST_F(run, only_the_two_areas_can_be_mapped)
{
	const struct xvcpu_info *info = &self->vm.info;
	int fd = self->vcpu.fd, rw = PROT_READ | PROT_WRITE;
	size_t size = info->run_size, stats = info->stats_size;

	EXPECT_EQ(0, map_errno(fd, size, rw, MAP_SHARED, 0));
	EXPECT_EQ(0, map_errno(fd, size, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(0, map_errno(fd, stats, PROT_READ, MAP_SHARED, info->stats_offset));
	EXPECT_EQ(EINVAL, map_errno(fd, size - PAGE_BYTES, rw, MAP_SHARED, 0));
	EXPECT_EQ(EINVAL, map_errno(fd, size + PAGE_BYTES, rw, MAP_SHARED, 0));
	EXPECT_EQ(EINVAL, map_errno(fd, size, rw, MAP_SHARED, PAGE_BYTES));
	EXPECT_EQ(EINVAL, map_errno(fd, PAGE_BYTES, rw, MAP_SHARED, PAGE_BYTES));
	EXPECT_EQ(EINVAL, map_errno(fd, stats, PROT_READ, MAP_SHARED,
				    info->stats_offset + PAGE_BYTES));
	EXPECT_EQ(EINVAL, map_errno(fd, stats + PAGE_BYTES, PROT_READ, MAP_SHARED,
				    info->stats_offset));
	EXPECT_EQ(EINVAL, map_errno(fd, PAGE_BYTES, PROT_READ, MAP_SHARED, 1l << 40));
}

TEST_F(run, private_and_executable_mappings_are_refused)
{
	const struct xvcpu_info *info = &self->vm.info;
	int fd = self->vcpu.fd, rw = PROT_READ | PROT_WRITE;
	void *at = self->vcpu.area;

	EXPECT_EQ(EINVAL, map_errno(fd, info->run_size, rw, MAP_PRIVATE, 0));
	EXPECT_EQ(EINVAL, map_errno(fd, info->stats_size, PROT_READ, MAP_PRIVATE,
				    info->stats_offset));
	EXPECT_EQ(EACCES, map_errno(fd, info->run_size, rw | PROT_EXEC, MAP_SHARED, 0));
	EXPECT_EQ(EACCES, map_errno(fd, info->stats_size, PROT_READ | PROT_EXEC, MAP_SHARED,
				    info->stats_offset));
	EXPECT_EQ(-1, mprotect(at, info->run_size, rw | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(run, the_counters_cannot_be_written)
{
	const struct xvcpu_info *info = &self->vm.info;

	EXPECT_EQ(EACCES, map_errno(self->vcpu.fd, info->stats_size, PROT_READ | PROT_WRITE,
				    MAP_SHARED, info->stats_offset));
	EXPECT_EQ(-1, mprotect((void *)self->vcpu.stats, info->stats_size,
			       PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(run, a_mapping_cannot_grow)
{
	void *at = mremap(self->vcpu.area, self->vm.info.run_size,
			  self->vm.info.run_size + PAGE_BYTES, MREMAP_MAYMOVE);

	EXPECT_EQ(MAP_FAILED, at);
}

TEST_F(run, every_mapping_shows_the_same_area)
{
	struct test_vcpu again = { .vm = &self->vm };

	vcpu_map(&again, self->vcpu.fd, &self->vm.info);
	again.request->sync = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS);
	EXPECT_EQ(XVCPU_GROUP_BIT(XVCPU_GROUP_REGS), self->vcpu.request->sync);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_IO, again.exit->reason);
	EXPECT_EQ(vcpu_counter(&self->vcpu, 30), vcpu_counter(&again, 30));
	vcpu_unmap(&again);
}

/* ---- the request section ---- */

TEST_F(run, unknown_requests_are_refused_by_name)
{
	volatile struct xvcpu_run_request *request = self->vcpu.request;
	const volatile struct xvcpu_error *error = &self->vcpu.exit->error;
	unsigned int bit;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	vcpu_snapshot(&self->vcpu, &self->before);
	for (bit = 3; bit < 32; bit++) {
		request->flags = 1u << bit;
		EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
		EXPECT_EQ(XVCPU_ERR_FLAGS, error->code);
		EXPECT_EQ(self->vm.info.run_request + REQUEST(flags), error->field);
		EXPECT_EQ(1u << bit, error->value);
		EXPECT_EQ(XVCPU_RUN_INTERRUPT_WINDOW | XVCPU_RUN_BUDGET | XVCPU_RUN_BUDGET_TSC,
			  error->expected);
	}
	request->flags = 0;
	for (bit = XVCPU_GROUP_CREGS + 1; bit < 64; bit++) {
		request->sync = 1ull << bit;
		EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
		EXPECT_EQ(XVCPU_ERR_BITS, error->code);
		EXPECT_EQ(self->vm.info.run_request + REQUEST(sync), error->field);
		EXPECT_EQ(ALL_SYNCED, error->expected);
		request->sync = ALL_SYNCED;
		request->dirty = 1ull << bit;
		EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
		EXPECT_EQ(self->vm.info.run_request + REQUEST(dirty), error->field);
		request->dirty = 0;
	}
	EXPECT_UNCHANGED();
}

TEST_F(run, a_reserved_request_is_refused)
{
	volatile struct xvcpu_run_request *request = self->vcpu.request;
	const volatile struct xvcpu_error *error = &self->vcpu.exit->error;
	unsigned int bit;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	vcpu_snapshot(&self->vcpu, &self->before);
	for (bit = 0; bit < 32; bit++) {
		request->reserved0 = 1u << bit;
		EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
		EXPECT_EQ(XVCPU_ERR_RESERVED, error->code);
		EXPECT_EQ(self->vm.info.run_request + REQUEST(reserved0), error->field);
		EXPECT_EQ(1u << bit, error->value);
	}
	EXPECT_UNCHANGED();
}

/*
 * Members of a later version: they count only with a flag of their own, and this kernel knows
 * none.
 */
TEST_F(run, members_without_their_flag_do_not_count)
{
	unsigned int i;

	for (i = 0; i < 25; i++)
		self->vcpu.request->reserved[i] = ~0ull;
	EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(~0ull, self->vcpu.request->reserved[24]);
}

/* A refused RUN leaves the exit section but its error record, the answer and the waiting exit. */
TEST_F(run, a_refused_run_can_be_repeated)
{
	uint64_t outs;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	outs = self->vcpu.sync->regs.rbx;
	vcpu_snapshot(&self->vcpu, &self->before);
	guest_regs(&self->vcpu)->rflags = 0;
	self->vcpu.request->answer = XVCPU_ANSWER_RETRY;
	EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_IO, self->vcpu.exit->reason);
	EXPECT_EQ(0x80, self->vcpu.exit->io.port);
	EXPECT_EQ(XVCPU_ERR_BITS, self->vcpu.exit->error.code);
	EXPECT_EQ(self->vm.info.run_sync + offsetof(struct xvcpu_run_sync, regs) +
		  offsetof(struct xvcpu_regs, rflags), self->vcpu.exit->error.field);
	EXPECT_EQ(XVCPU_ANSWER_RETRY, self->vcpu.request->answer);
	EXPECT_EQ(XVCPU_GROUP_BIT(XVCPU_GROUP_REGS), self->vcpu.request->dirty);
	EXPECT_UNCHANGED();
	/* With what was wrong put right, RETRY is still the answer: the OUT comes again. */
	guest_regs(&self->vcpu)->rflags = RFLAGS_1;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(outs, self->vcpu.sync->regs.rbx);
	EXPECT_EQ(XVCPU_ANSWER_DONE, self->vcpu.request->answer);
}

/* ---- dirty and valid ---- */

TEST_F(run, dirty_groups_are_loaded_and_cleared)
{
	struct xvcpu_regs regs;

	self->vcpu.request->immediate_exit = 1;
	guest_regs(&self->vcpu)->r13 = 0x1313;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(0, self->vcpu.request->dirty);
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1313, regs.r13);
	/* Not dirty: written, and not looked at. */
	self->vcpu.sync->regs.r13 = 0x1414;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1313, regs.r13);
	EXPECT_EQ(0x1313, self->vcpu.sync->regs.r13);
}

TEST_F(run, only_the_groups_asked_for_are_synced)
{
	uint64_t mask;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	for (mask = 0; mask <= ALL_SYNCED; mask++) {
		memset(&self->vcpu.sync->regs, POISON, sizeof(struct xvcpu_regs));
		memset(&self->vcpu.sync->cregs, POISON, sizeof(struct xvcpu_cregs));
		memset(&self->vcpu.sync->sregs, POISON, sizeof(struct xvcpu_sregs));
		self->vcpu.request->sync = mask;
		ASSERT_EQ(0, vcpu_run(&self->vcpu));
		EXPECT_EQ(mask, self->vcpu.sync->valid);
		EXPECT_EQ(!(mask & 1), self->vcpu.sync->regs.rip == 0xcccccccccccccccc);
		EXPECT_EQ(!(mask & 2), self->vcpu.sync->sregs.cs.base == 0xcccccccccccccccc);
		EXPECT_EQ(!(mask & 4), self->vcpu.sync->cregs.cr0 == 0xcccccccccccccccc);
	}
}

TEST_F(run, what_is_synced_is_what_get_state_says)
{
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	EXPECT_EQ(0, memcmp(&regs, &self->vcpu.sync->regs, sizeof(regs)));
	EXPECT_EQ(0, memcmp(&sregs, &self->vcpu.sync->sregs, sizeof(sregs)));
	EXPECT_EQ(0, memcmp(&cregs, &self->vcpu.sync->cregs, sizeof(cregs)));
}

TEST_F(run, a_refused_dirty_group_loads_none_of_the_others)
{
	struct xvcpu_regs regs;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	vcpu_snapshot(&self->vcpu, &self->before);
	guest_regs(&self->vcpu)->r15 = 0x1515;
	guest_cregs(&self->vcpu)->cr2 = 0x2222;
	guest_sregs(&self->vcpu)->gdtr.limit = 0x10000;
	EXPECT_EQ(-EINVAL, vcpu_run(&self->vcpu));
	EXPECT_EQ(self->vm.info.run_sync + offsetof(struct xvcpu_run_sync, sregs.gdtr.limit),
		  self->vcpu.exit->error.field);
	EXPECT_EQ(ALL_SYNCED, self->vcpu.request->dirty);
	EXPECT_UNCHANGED();
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_NE(0x1515, regs.r15);
}

/* ---- completion ---- */

TEST_F(run, immediate_exit_completes_and_does_not_enter)
{
	uint64_t entries;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, self->vcpu.exit->flags);
	EXPECT_EQ(GUEST_CODE_AT + 3, self->vcpu.sync->regs.rip);
	entries = vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES);
	self->vcpu.request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_SIGNAL, self->vcpu.exit->reason);
	EXPECT_EQ(0, self->vcpu.exit->flags);
	EXPECT_EQ(GUEST_CODE_AT + 5, self->vcpu.sync->regs.rip);
	EXPECT_EQ(entries, vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES));
	EXPECT_EQ(1, self->vcpu.request->immediate_exit);
	/* Completed once: RIP does not move again. */
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 5, self->vcpu.sync->regs.rip);
	self->vcpu.request->immediate_exit = 0;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(2, self->vcpu.sync->regs.rbx);
}

TEST_F(run, each_out_is_seen_once)
{
	unsigned int i;

	for (i = 1; i <= 100; i++) {
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
		ASSERT_EQ(i, self->vcpu.sync->regs.rbx);
	}
	EXPECT_EQ(100, vcpu_counter(&self->vcpu, 30 /* I/O instruction */));
	EXPECT_EQ(100, vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS));
}

/*
 * The exit section is the kernel's: what the VMM scribbles there does not change what is
 * completed.
 */
TEST_F(run, only_the_data_of_the_answer_is_read_back)
{
	volatile struct xvcpu_run_exit *exit = self->vcpu.exit;

	guest_next(&self->vcpu, &in_byte);
	guest_regs(&self->vcpu)->rax = 0x1111111111111111;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	memset((void *)exit, 0xff, sizeof(*exit));
	exit->io.data = 0xabcdef;
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x11111111111111ef, self->vcpu.sync->regs.rax);
	EXPECT_EQ(GUEST_CODE_AT + 3, self->vcpu.sync->regs.rip);
}

TEST_F(run, a_completion_wins_over_a_dirty_register)
{
	guest_next(&self->vcpu, &in_byte);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	guest_regs(&self->vcpu)->rax = 0x2222222222222222;
	guest_regs(&self->vcpu)->rbx = 0x3333;
	guest_regs(&self->vcpu)->rip = 0x9999;
	self->vcpu.exit->io.data = 0x77;
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x2222222222222277, self->vcpu.sync->regs.rax);
	EXPECT_EQ(0x3333, self->vcpu.sync->regs.rbx);
	EXPECT_EQ(GUEST_CODE_AT + 3, self->vcpu.sync->regs.rip);
}

TEST_F(run, a_state_from_before_any_run_is_complete)
{
	struct xvcpu_run_exit *exit = (void *)self->vcpu.exit;

	EXPECT_EQ(XVCPU_EXIT_NONE, exit->reason);
	EXPECT_EQ(0, exit->flags);
	EXPECT_EQ(0, self->vcpu.sync->valid);
}

/* ---- counters ---- */

TEST_F(run, counters_add_up)
{
	uint64_t exits = 0;
	unsigned int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	self->vcpu.request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	self->vcpu.request->immediate_exit = 0;
	vcpu_kick(&self->vcpu);
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	for (i = 0; i < XVCPU_COUNT_ENTRIES; i++)
		exits += vcpu_counter(&self->vcpu, i);
	EXPECT_EQ(exits, vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES));
	EXPECT_EQ(20, vcpu_counter(&self->vcpu, 30));
	EXPECT_EQ(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_KICKS));
	EXPECT_LE(1, vcpu_counter(&self->vcpu, XVCPU_COUNT_SIGNALS));
	EXPECT_LT(0, vcpu_counter(&self->vcpu, XVCPU_COUNT_EPT_MAPPED));
}

TEST_HARNESS_MAIN

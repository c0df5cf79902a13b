// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory behind a slot changes its pages while the guest has them mapped: munmap, mprotect,
 * MADV_DONTNEED, mremap, fork with copy-on-write, a shrunk file. The guest sees the new page or a
 * fault, never the old one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define PLACE	(GIB(1) - MIB(4))
#define PAGES	8
#define SIZE	((size_t)PAGES * PAGE_BYTES)

GUEST_CODE(load, 64, "mov (%rbx), %rax; hlt");
GUEST_CODE(store, 64, "mov %rax, (%rbx); hlt");
/* Reads or writes a word of each of the pages. */
GUEST_CODE(load_all, 64,
	   "xor %rax, %rax; mov $8, %ecx; 1: add (%rbx), %rax; add $4096, %rbx; loop 1b; hlt");
GUEST_CODE(store_all, 64,
	   "mov $8, %ecx; 1: mov %rax, (%rbx); add $4096, %rbx; loop 1b; hlt");

FIXTURE(backing) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint64_t *pages;
};

FIXTURE_VARIANT(backing) {
	int map_flags;
};

FIXTURE_VARIANT_ADD(backing, private) { .map_flags = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(backing, shared) { .map_flags = MAP_SHARED };

FIXTURE_SETUP(backing)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->pages = pages_alloc(SIZE, variant->map_flags);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, self->pages, 0));
	guest_begin(&self->vcpu, MODE_LONG, &load);
}

FIXTURE_TEARDOWN(backing)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static int access_at(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t gpa,
		     uint64_t value)
{
	guest_next(vcpu, code);
	guest_regs(vcpu)->rbx = gpa;
	guest_regs(vcpu)->rax = value;
	return guest_run(vcpu);
}

static uint64_t guest_loads(struct test_vcpu *vcpu, uint64_t gpa)
{
	int outcome = access_at(vcpu, &load, gpa, 0);

	if (outcome != NO_TRAP)
		die("load at %#llx: outcome %d", (unsigned long long)gpa, outcome);
	return vcpu->sync->regs.rax;
}

static void guest_stores(struct test_vcpu *vcpu, uint64_t gpa, uint64_t value)
{
	int outcome = access_at(vcpu, &store, gpa, value);

	if (outcome != NO_TRAP)
		die("store at %#llx: outcome %d", (unsigned long long)gpa, outcome);
}

static void expect_fault(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			 const struct guest_code *code, uint64_t gpa, uint32_t access)
{
	const volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT), access_at(vcpu, code, gpa, 0x666));
	EXPECT_EQ(gpa, memory->gpa);
	EXPECT_EQ(gpa, memory->gla);
	EXPECT_EQ(access | XVCPU_ACCESS_GLA, memory->access);
	EXPECT_EQ(EFAULT, memory->error);
	EXPECT_EQ(0, memory->view);
	EXPECT_EQ(0, vcpu->exit->flags);
}

TEST_F(backing, both_sides_see_each_others_writes)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		self->pages[i * 512] = 100 + i;
		EXPECT_EQ(100 + i, guest_loads(&self->vcpu, PLACE + i * PAGE_BYTES));
		guest_stores(&self->vcpu, PLACE + i * PAGE_BYTES, 200 + i);
		EXPECT_EQ(200 + i, self->pages[i * 512]);
		self->pages[i * 512] = 300 + i;
		EXPECT_EQ(300 + i, guest_loads(&self->vcpu, PLACE + i * PAGE_BYTES));
	}
}

/*
 * A page that the guest only read so far is the zero page, or shared: the first write must part
 * them.
 */
TEST_F(backing, a_page_read_first_can_be_written_afterwards)
{
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE));
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
	guest_stores(&self->vcpu, PLACE, 5);
	EXPECT_EQ(5, self->pages[0]);
	EXPECT_EQ(0, self->pages[512]);
	EXPECT_EQ(5, guest_loads(&self->vcpu, PLACE));
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
	self->pages[512] = 6;
	EXPECT_EQ(6, guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
}

TEST_F(backing, what_is_unmapped_is_a_memory_fault)
{
	self->pages[0] = 1;
	EXPECT_EQ(1, guest_loads(&self->vcpu, PLACE));
	guest_stores(&self->vcpu, PLACE, 2);
	munmap(self->pages, PAGE_BYTES);
	expect_fault(_metadata, &self->vcpu, &load, PLACE, XVCPU_ACCESS_READ);
	expect_fault(_metadata, &self->vcpu, &store, PLACE, XVCPU_ACCESS_WRITE);
	/* The pages beside it are not touched. */
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
}

TEST_F(backing, a_fault_is_retried_after_memory_came_back)
{
	guest_stores(&self->vcpu, PLACE, 2);
	munmap(self->pages, PAGE_BYTES);
	expect_fault(_metadata, &self->vcpu, &load, PLACE, XVCPU_ACCESS_READ);
	ASSERT_EQ((void *)self->pages,
		  mmap(self->pages, PAGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_FIXED | MAP_ANONYMOUS | variant->map_flags, -1, 0));
	self->pages[0] = 3;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(3, self->vcpu.sync->regs.rax);
}

TEST_F(backing, what_is_mapped_over_is_seen)
{
	self->pages[0] = 1;
	EXPECT_EQ(1, guest_loads(&self->vcpu, PLACE));
	guest_stores(&self->vcpu, PLACE, 2);
	ASSERT_EQ((void *)self->pages,
		  mmap(self->pages, SIZE, PROT_READ | PROT_WRITE,
		       MAP_FIXED | MAP_ANONYMOUS | variant->map_flags, -1, 0));
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE));
	self->pages[0] = 7;
	EXPECT_EQ(7, guest_loads(&self->vcpu, PLACE));
}

TEST_F(backing, protections_of_the_host_hold_for_the_guest)
{
	guest_stores(&self->vcpu, PLACE, 1);
	mprotect(self->pages, PAGE_BYTES, PROT_READ);
	EXPECT_EQ(1, guest_loads(&self->vcpu, PLACE));
	expect_fault(_metadata, &self->vcpu, &store, PLACE, XVCPU_ACCESS_WRITE);
	EXPECT_EQ(1, self->pages[0]);
	mprotect(self->pages, PAGE_BYTES, PROT_NONE);
	expect_fault(_metadata, &self->vcpu, &load, PLACE, XVCPU_ACCESS_READ);
	mprotect(self->pages, PAGE_BYTES, PROT_READ | PROT_WRITE);
	EXPECT_EQ(1, guest_loads(&self->vcpu, PLACE));
	guest_stores(&self->vcpu, PLACE, 2);
	EXPECT_EQ(2, self->pages[0]);
}

TEST_F(backing, memory_that_was_given_back_is_fresh)
{
	unsigned int i;

	ASSERT_EQ(NO_TRAP, access_at(&self->vcpu, &store_all, PLACE, 9));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(9, self->pages[i * 512]);
	/* Private pages are dropped; for shared ones only removing them from the object does it. */
	ASSERT_EQ(0, madvise(self->pages, SIZE, variant->map_flags == MAP_PRIVATE ?
			     MADV_DONTNEED : MADV_REMOVE));
	ASSERT_EQ(NO_TRAP, access_at(&self->vcpu, &load_all, PLACE, 0));
	EXPECT_EQ(0, self->vcpu.sync->regs.rax);
	self->pages[0] = 4;
	EXPECT_EQ(4, guest_loads(&self->vcpu, PLACE));
}

TEST_F(backing, memory_that_moved_away_is_gone)
{
	uint64_t *elsewhere = pages_alloc(SIZE, MAP_PRIVATE);

	guest_stores(&self->vcpu, PLACE, 1);
	ASSERT_EQ((void *)elsewhere,
		  mremap(self->pages, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	expect_fault(_metadata, &self->vcpu, &load, PLACE, XVCPU_ACCESS_READ);
	EXPECT_EQ(1, elsewhere[0]);
	/* and comes to life where it is looked for again. */
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, elsewhere, 0));
	EXPECT_EQ(1, guest_loads(&self->vcpu, PLACE));
}

/*
 * After fork() private pages are copied on write: the guest's write must reach the parent's copy.
 */
TEST_F(backing, fork_parts_private_memory)
{
	int go[2], done[2], status;
	pid_t child;
	char c = 0;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(done));
	guest_stores(&self->vcpu, PLACE, 1);
	guest_stores(&self->vcpu, PLACE + PAGE_BYTES, 1);
	child = fork();
	if (!child) {
		uint64_t want = variant->map_flags == MAP_PRIVATE ? 1 : 2;

		if (read(go[0], &c, 1) != 1)
			_exit(1);
		status = self->pages[0] != want;
		self->pages[512] = 77;
		if (write(done[1], &c, 1) != 1)
			_exit(1);
		_exit(status);
	}
	guest_stores(&self->vcpu, PLACE, 2);
	EXPECT_EQ(2, self->pages[0]);
	ASSERT_EQ(1, write(go[1], &c, 1));
	ASSERT_EQ(1, read(done[0], &c, 1));
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	/* What the child wrote to its copy is not here. */
	EXPECT_EQ(variant->map_flags == MAP_PRIVATE ? 1 : 77,
		  guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
	EXPECT_EQ(2, guest_loads(&self->vcpu, PLACE));
}

TEST_F(backing, a_page_written_by_the_host_after_a_guests_read_is_seen)
{
	unsigned int i;

	/* The guest maps the pages read-only (the zero page, where private). */
	ASSERT_EQ(NO_TRAP, access_at(&self->vcpu, &load_all, PLACE, 0));
	EXPECT_EQ(0, self->vcpu.sync->regs.rax);
	for (i = 0; i < PAGES; i++)
		self->pages[i * 512] = 1 << i;
	ASSERT_EQ(NO_TRAP, access_at(&self->vcpu, &load_all, PLACE, 0));
	EXPECT_EQ(0xff, self->vcpu.sync->regs.rax);
}

/* ---- what cannot back a guest ---- */

FIXTURE(odd) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(odd)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &load);
}

FIXTURE_TEARDOWN(odd)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

TEST_F(odd, a_slot_over_nothing_is_accepted_and_faults)
{
	void *nothing = pages_alloc(SIZE, MAP_PRIVATE);

	munmap(nothing, SIZE);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, nothing, 0));
	expect_fault(_metadata, &self->vcpu, &load, PLACE, XVCPU_ACCESS_READ);
	expect_fault(_metadata, &self->vcpu, &store, PLACE, XVCPU_ACCESS_WRITE);
}

TEST_F(odd, read_only_memory_in_a_writable_slot_faults_on_writes)
{
	const char *file = "/proc/self/exe";
	int fd = open(file, O_RDONLY);
	void *text = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, text);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, PAGE_BYTES, text, 0));
	EXPECT_EQ(0x464c457f, (uint32_t)guest_loads(&self->vcpu, PLACE));
	expect_fault(_metadata, &self->vcpu, &store, PLACE, XVCPU_ACCESS_WRITE);
	close(fd);
}

/* The vsyscall page, the run area: no memory that a guest may have. */
TEST_F(odd, memory_without_pages_of_its_own_faults)
{
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, self->vm.info.run_size, self->vcpu.area, 0));
	access_at(&self->vcpu, &load, PLACE, 0);
	EXPECT_TRUE(self->vcpu.exit->reason == XVCPU_EXIT_HLT ||
		    self->vcpu.exit->reason == XVCPU_EXIT_MEMORY_FAULT);
}

TEST_F(odd, a_file_that_shrinks_faults)
{
	int fd = memfd_create("guest", 0);
	uint64_t *pages;

	ASSERT_EQ(0, ftruncate(fd, SIZE));
	pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, pages, 0));
	guest_stores(&self->vcpu, PLACE, 5);
	EXPECT_EQ(5, pages[0]);
	ASSERT_EQ(0, ftruncate(fd, 0));
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT), access_at(&self->vcpu, &load, PLACE, 0));
	EXPECT_EQ(EFAULT, self->vcpu.exit->memory.error);
	ASSERT_EQ(0, ftruncate(fd, SIZE));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, self->vcpu.sync->regs.rax);
	close(fd);
}

TEST_F(odd, a_punched_hole_reads_as_zeros)
{
	int fd = memfd_create("guest", 0);
	uint64_t *pages;

	ASSERT_EQ(0, ftruncate(fd, SIZE));
	pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, pages, 0));
	guest_stores(&self->vcpu, PLACE, 5);
	guest_stores(&self->vcpu, PLACE + PAGE_BYTES, 6);
	ASSERT_EQ(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE_BYTES));
	EXPECT_EQ(0, guest_loads(&self->vcpu, PLACE));
	EXPECT_EQ(6, guest_loads(&self->vcpu, PLACE + PAGE_BYTES));
	close(fd);
}

/* ---- what the guest wrote reaches the file ---- */

TEST_F(odd, what_the_guest_wrote_is_in_the_file)
{
	int fd = open("/tmp/xvcpu-backing", O_RDWR | O_CREAT | O_TRUNC, 0600);
	uint64_t *pages, word = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, SIZE));
	pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, pages, 0));
	guest_stores(&self->vcpu, PLACE + 3 * PAGE_BYTES, 0x1122334455667788);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
	munmap(pages, SIZE);
	ASSERT_EQ(8, pread(fd, &word, 8, 3 * PAGE_BYTES));
	EXPECT_EQ(0x1122334455667788, word);
	close(fd);
	unlink("/tmp/xvcpu-backing");
}

#define KPF_DIRTY	4

static uint64_t page_flags(void *at)
{
	int map = open("/proc/self/pagemap", O_RDONLY), flags = open("/proc/kpageflags", O_RDONLY);
	uint64_t entry = 0, bits = 0;

	if (pread(map, &entry, 8, (uintptr_t)at / PAGE_BYTES * 8) != 8 || !(entry >> 63))
		die("pagemap of %p", at);
	if (pread(flags, &bits, 8, (entry & ((1ull << 55) - 1)) * 8) != 8)
		die("kpageflags");
	close(map);
	close(flags);
	return bits;
}

/*
 * A page that only the guest has written to counts as dirty once the guest can no longer write to
 * it.
 */
TEST_F(odd, a_guests_write_makes_the_page_dirty)
{
	uint64_t *pages = pages_alloc(SIZE, MAP_PRIVATE);

	ASSERT_EQ(0, vm_slot(&self->vm, 1, PLACE, SIZE, pages, 0));
	guest_stores(&self->vcpu, PLACE, 5);
	/* Clean again, and still mapped writable: only the module can tell of a write now. */
	ASSERT_EQ(0, madvise(pages, SIZE, MADV_FREE));
	ASSERT_EQ(0, page_flags(pages) & 1 << KPF_DIRTY);
	guest_stores(&self->vcpu, PLACE, 6);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
	EXPECT_NE(0, page_flags(pages) & 1 << KPF_DIRTY);
	EXPECT_EQ(6, pages[0]);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_TRANSLATE and XVCPU_ACCESS: where guest-linear addresses lead in each mode and with which
 * rights, and guest memory as the VMM reads and writes it. Neither leaves a trace in page tables.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define PF_P	1u
#define PF_W	2u
#define PF_U	4u
#define PF_RSVD	8u
#define PF_I	16u

#define READ	XVCPU_ACCESS_READ
#define WRITE	XVCPU_ACCESS_WRITE
#define EXEC	XVCPU_ACCESS_EXEC

GUEST_CODE(halt, 64, "hlt");

FIXTURE(access) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct xvcpu_translate t;
	struct xvcpu_access a;
	uint64_t *pt;
};

/* The registers in the sync section into the vCPU, without entering the guest. */
static void load(struct test_vcpu *vcpu)
{
	vcpu->request->immediate_exit = 1;
	if (vcpu_run(vcpu) != -EINTR)
		die("RUN with immediate_exit entered the guest");
	vcpu->request->immediate_exit = 0;
}

FIXTURE_SETUP(access)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &halt);
	self->pt = guest_split(&self->vm);
	guest_cregs(&self->vcpu)->efer |= EFER_NXE;
	guest_cregs(&self->vcpu)->cr0 |= CR0_WP;
	load(&self->vcpu);
}

FIXTURE_TEARDOWN(access)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define access_data	FIXTURE_DATA(access)

static uint32_t translate(access_data *self, uint64_t gva, uint32_t access, uint32_t flags)
{
	long err;

	memset(&self->t, POISON, sizeof(self->t));
	self->t.size = sizeof(self->t);
	self->t.flags = flags;
	self->t.access = access;
	self->t.gva = gva;
	err = call(self->vcpu.fd, XVCPU_TRANSLATE, &self->t);
	if (err)
		die("TRANSLATE: %s", strerror(-err));
	return self->t.outcome;
}

static long access_memory(access_data *self, uint32_t flags, uint64_t address, void *buffer,
			  uint32_t length)
{
	memset(&self->a, POISON, sizeof(self->a));
	self->a.size = sizeof(self->a);
	self->a.flags = flags;
	self->a.address = address;
	self->a.buffer = (uintptr_t)buffer;
	self->a.length = length;
	return call(self->vcpu.fd, XVCPU_ACCESS, &self->a);
}

/* ---- TRANSLATE ---- */

TEST_F(access, every_mode_translates)
{
	unsigned int mode;

	for (mode = 0; mode < MODES; mode++) {
		guest_begin(&self->vcpu, mode, &halt);
		load(&self->vcpu);
		EXPECT_EQ(XVCPU_TRANSLATION_OK, translate(self, 0x3456, READ | WRITE, 0)) {
			TH_LOG("mode %s", guest_mode_names[mode]);
		}
		EXPECT_EQ(0x3456, self->t.gpa);
		EXPECT_EQ(READ | WRITE | EXEC, self->t.rights);
		EXPECT_EQ(mode == MODE_PAGED32 ? MIB(4) : mode >= MODE_PAE ? MIB(2) : PAGE_BYTES,
			  self->t.page_size);
		EXPECT_EQ(0, self->t.error_code);
	}
}

TEST_F(access, pages_lead_elsewhere_and_faults_say_why)
{
	self->pt[0x30] = 0x50000 | PTE_P | PTE_W | PTE_U;
	self->pt[0x31] = 0x51000 | PTE_P | PTE_NX;
	self->pt[0x32] = 0;
	self->pt[0x33] = 0x53000 | PTE_P | PTE_W | 1ull << 51;

	EXPECT_EQ(XVCPU_TRANSLATION_OK, translate(self, 0x30123, WRITE, 0));
	EXPECT_EQ(0x50123, self->t.gpa);
	EXPECT_EQ(PAGE_BYTES, self->t.page_size);

	EXPECT_EQ(XVCPU_TRANSLATION_OK, translate(self, 0x31fff, READ, 0));
	EXPECT_EQ(READ, self->t.rights);
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, translate(self, 0x31000, WRITE, 0));
	EXPECT_EQ(PF_P | PF_W, self->t.error_code);
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, translate(self, 0x31000, EXEC, 0));
	EXPECT_EQ(PF_P | PF_I, self->t.error_code);

	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, translate(self, 0x32000, READ, 0));
	EXPECT_EQ(0, self->t.error_code);
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, translate(self, 0x33000, READ, 0));
	EXPECT_EQ(PF_P | PF_RSVD, self->t.error_code);
	EXPECT_EQ(XVCPU_TRANSLATION_NONCANONICAL, translate(self, 1ull << 47, READ, 0));
}

TEST_F(access, a_user_has_the_users_rights_unless_asked_as_supervisor)
{
	guest_begin(&self->vcpu, MODE_LONG, &halt);
	self->pt = guest_split(&self->vm);
	self->pt[0x30] = 0x50000 | PTE_P | PTE_W;
	guest_user(&self->vcpu);
	load(&self->vcpu);
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, translate(self, 0x30000, READ, 0));
	EXPECT_EQ(PF_P | PF_U, self->t.error_code);
	EXPECT_EQ(XVCPU_TRANSLATION_OK, translate(self, 0x30000, WRITE, XVCPU_AS_SUPERVISOR));
	EXPECT_EQ(0x50000, self->t.gpa);
}

TEST_F(access, tables_in_no_slot_are_named)
{
	uint64_t *pd = guest_at(&self->vm, GUEST_PD);

	pd[5] = GIB(5) | PTE_P | PTE_W | PTE_U;
	EXPECT_EQ(XVCPU_TRANSLATION_NO_TABLE, translate(self, MIB(10) + 0x3000, READ, 0));
	EXPECT_EQ(GIB(5) + 8 * 3, self->t.gpa);
}

TEST_F(access, no_accessed_or_dirty_flag_is_set)
{
	uint64_t word = 1, pte = 0x50000 | PTE_P | PTE_W | PTE_U;

	self->pt[0x30] = pte;
	EXPECT_EQ(XVCPU_TRANSLATION_OK, translate(self, 0x30000, WRITE, 0));
	EXPECT_EQ(0, access_memory(self, XVCPU_ACCESS_LINEAR | XVCPU_ACCESS_TO_GUEST, 0x30000,
				   &word, 8));
	EXPECT_EQ(8, self->a.done);
	EXPECT_EQ(pte, self->pt[0x30]);
}

/* ---- ACCESS ---- */

TEST_F(access, memory_is_read_and_written)
{
	uint8_t bytes[3 * PAGE_BYTES], back[3 * PAGE_BYTES];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7 + 1;
	ASSERT_EQ(0, access_memory(self, XVCPU_ACCESS_TO_GUEST, GUEST_FREE + 0x123, bytes,
				   sizeof(bytes)));
	EXPECT_EQ(sizeof(bytes), self->a.done);
	EXPECT_EQ(XVCPU_TRANSLATION_OK, self->a.outcome);
	EXPECT_EQ(0, memcmp(bytes, guest_at(&self->vm, GUEST_FREE + 0x123), sizeof(bytes)));
	EXPECT_EQ(0, *(uint8_t *)guest_at(&self->vm, GUEST_FREE + 0x122));
	EXPECT_EQ(0, *(uint8_t *)guest_at(&self->vm, GUEST_FREE + 0x123 + sizeof(bytes)));
	ASSERT_EQ(0, access_memory(self, 0, GUEST_FREE + 0x123, back, sizeof(back)));
	EXPECT_EQ(0, memcmp(bytes, back, sizeof(back)));
}

/* Linear addresses that follow each other in pages that do not, and the last is not there. */
TEST_F(access, linear_memory_is_taken_page_by_page)
{
	uint8_t bytes[3 * PAGE_BYTES];

	self->pt[0x30] = 0x52000 | PTE_P | PTE_W | PTE_U;
	self->pt[0x31] = 0x50000 | PTE_P | PTE_W | PTE_U;
	self->pt[0x32] = 0;
	memset(guest_at(&self->vm, 0x52000), 0x52, PAGE_BYTES);
	memset(guest_at(&self->vm, 0x50000), 0x50, PAGE_BYTES);
	memset(bytes, POISON, sizeof(bytes));
	ASSERT_EQ(0, access_memory(self, XVCPU_ACCESS_LINEAR, 0x30800, bytes, sizeof(bytes)));
	EXPECT_EQ(0x1800, self->a.done);
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, self->a.outcome);
	EXPECT_EQ(0, self->a.error_code);
	EXPECT_EQ(0x52, bytes[0x7ff]);
	EXPECT_EQ(0x50, bytes[0x800]);
	EXPECT_EQ(0x50, bytes[0x17ff]);
	EXPECT_EQ(POISON, bytes[0x1800]);
}

TEST_F(access, what_stops_it_is_told)
{
	uint8_t *rom = pages_alloc(PAGE_BYTES, MAP_PRIVATE);
	uint64_t word = 0x1234;

	ASSERT_EQ(0, vm_slot(&self->vm, 1, GIB(4), PAGE_BYTES, rom, XVCPU_SLOT_READONLY));
	ASSERT_EQ(0, access_memory(self, XVCPU_ACCESS_TO_GUEST, GIB(4), &word, 8));
	EXPECT_EQ(0, self->a.done);
	EXPECT_EQ(XVCPU_TRANSLATION_READONLY, self->a.outcome);
	EXPECT_EQ(0, *(uint64_t *)rom);
	*(uint64_t *)rom = 0x5678;
	ASSERT_EQ(0, access_memory(self, 0, GIB(4), &word, 8));
	EXPECT_EQ(0x5678, word);
	ASSERT_EQ(0, access_memory(self, 0, GIB(4) + PAGE_BYTES - 4, &word, 8));
	EXPECT_EQ(4, self->a.done);
	EXPECT_EQ(XVCPU_TRANSLATION_NO_MEMORY, self->a.outcome);
	munmap(rom, PAGE_BYTES);
	ASSERT_EQ(0, access_memory(self, 0, GIB(4), &word, 8));
	EXPECT_EQ(XVCPU_TRANSLATION_NO_MEMORY, self->a.outcome);
	/* The rights of the guest, not those of the slot. */
	self->pt[0x30] = 0x50000 | PTE_P;
	ASSERT_EQ(0, access_memory(self, XVCPU_ACCESS_LINEAR | XVCPU_ACCESS_TO_GUEST, 0x30000,
				   &word, 8));
	EXPECT_EQ(XVCPU_TRANSLATION_PAGE_FAULT, self->a.outcome);
	EXPECT_EQ(PF_P | PF_W, self->a.error_code);
}

/* ---- refusals ---- */

TEST_F(access, wrong_arguments_are_refused)
{
	static const struct {
		uint32_t flags, length;
		uint64_t address;
		uint32_t code, field;
	} rows[] = {
#define FIELD(member)	offsetof(struct xvcpu_access, member)
		{ 8, 8, 0, XVCPU_ERR_FLAGS, FIELD(flags) },
		{ XVCPU_AS_SUPERVISOR, 8, 0, XVCPU_ERR_VALUE, FIELD(flags) },
		{ 0, 0, 0, XVCPU_ERR_RANGE, FIELD(length) },
		{ 0, 65537, 0, XVCPU_ERR_RANGE, FIELD(length) },
		{ 0, 8, ~0ull - 6, XVCPU_ERR_WRAP, FIELD(address) },
	};
	static const uint32_t kinds[] = { 0, 8, READ | EXEC, WRITE | EXEC, 16 };
	uint8_t bytes[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(-EINVAL, access_memory(self, rows[i].flags, rows[i].address, bytes,
						 rows[i].length)) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].code, self->a.error.code);
		EXPECT_EQ(rows[i].field, self->a.error.field);
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		self->t = (struct xvcpu_translate) { .size = sizeof(self->t), .access = kinds[i] };
		EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_TRANSLATE, &self->t));
		EXPECT_EQ(offsetof(struct xvcpu_translate, access), self->t.error.field);
	}
	EXPECT_EQ(-EFAULT, access_memory(self, 0, 0, (void *)8, 8));
}

TEST_F(access, another_process_is_refused)
{
	pid_t child = fork();
	uint64_t word;
	int status;

	if (!child) {
		self->t = (struct xvcpu_translate) { .size = sizeof(self->t), .access = READ };
		_exit(call(self->vcpu.fd, XVCPU_TRANSLATE, &self->t) != -EIO ||
		      access_memory(self, 0, 0, &word, 8) != -EIO);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN

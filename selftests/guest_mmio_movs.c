// SPDX-License-Identifier: GPL-2.0-only
/*
 * MOVS with MMIO on either side or both: what the processor does between two places of memory, in
 * every mode, size and direction; and the operand in memory, which the module accesses for the
 * guest: its faults, before anything has changed, and what it leaves in page tables.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_MMIO	OTHER_EXIT(XVCPU_EXIT_MMIO)
#define EXIT_KICK	OTHER_EXIT(XVCPU_EXIT_KICK)
#define EXIT_MEMORY	OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT)
#define MMIO_AT		0x300000u	/* behind the VM's memory, mapped to itself in every mode */
#define MMIO_SIZE	(2 * PAGE_BYTES)
#define MEMORY_AT	GUEST_FREE
#define AREA		0x100u		/* around the operands, compared */

GUEST_CODE_MODES(movs_1, "movsb; hlt");
GUEST_CODE_MODES(movs_2, "movsw; hlt");
GUEST_CODE_MODES(movs_4, "movsl; hlt");
GUEST_CODE(movs_8, 64, "movsq; hlt");
GUEST_CODE_MODES(rep_movs_1, "rep movsb; hlt");
GUEST_CODE_MODES(rep_movs_2, "rep movsw; hlt");
GUEST_CODE_MODES(rep_movs_4, "rep movsl; hlt");
GUEST_CODE(rep_movs_8, 64, "rep movsq; hlt");
GUEST_CODE(repne_movs_4, 64, "repne movsl; hlt");
GUEST_CODE(movs_fs, 64, "movsl %fs:(%rsi), %es:(%rdi); hlt");
GUEST_CODE(movs_ss, 32, "movsl %ss:(%esi), %es:(%edi); hlt");
GUEST_CODE(movs_cs, 32, "movsl %cs:(%esi), %es:(%edi); hlt");
GUEST_CODE(rep_movs_addr32, 64, "rep addr32 movsl; hlt");
GUEST_CODE(rep_movs_addr16, 32, "rep addr16 movsb; hlt");

static const struct {
	const struct guest_code *const *code;
	unsigned int size;
} widths[] = {
	{ movs_1, 1 }, { movs_2, 2 }, { movs_4, 4 },
	{ rep_movs_1, 1 }, { rep_movs_2, 2 }, { rep_movs_4, 4 },
};

static const struct {
	const struct guest_code *code;
	unsigned int size;
} widths_64[] = { { &movs_8, 8 }, { &rep_movs_8, 8 }, { &repne_movs_4, 4 } };

/* Which side is MMIO. */
enum sides { FROM_MMIO = 1, TO_MMIO = 2, BOTH_MMIO = 3 };

FIXTURE(movs) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint8_t *page;
	uint8_t device[MMIO_SIZE];
	unsigned int reads, writes;
};

#define movs_data	FIXTURE_DATA(movs)

FIXTURE_SETUP(movs)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	self->page = pages_alloc(MMIO_SIZE, MAP_SHARED);
}

FIXTURE_TEARDOWN(movs)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static bool is_16bit(enum guest_mode mode)
{
	return mode == MODE_REAL || mode == MODE_PROT16;
}

/* Where an operand is: AREA bytes into a page of the device, or of memory. */
static uint64_t place(enum sides sides, enum sides side)
{
	uint64_t page = side == TO_MMIO ? PAGE_BYTES : 0;

	return (sides & side ? MMIO_AT : MEMORY_AT) + page + AREA;
}

/* Ready to move from one to the other, with segments of 64 KiB in 16-bit code. */
static void prepare(movs_data *self, enum guest_mode mode, const struct guest_code *code,
		    enum sides sides)
{
	struct xvcpu_sregs *sregs;
	struct xvcpu_regs *regs;

	guest_mode(&self->vcpu, mode);
	guest_load(&self->vm, GUEST_CODE_AT, code);
	regs = guest_regs(&self->vcpu);
	regs->rsi = place(sides, FROM_MMIO);
	regs->rdi = place(sides, TO_MMIO);
	regs->rcx = 3;
	if (!is_16bit(mode))
		return;
	sregs = guest_sregs(&self->vcpu);
	sregs->ds.base = regs->rsi - 0x4000;
	sregs->es.base = regs->rdi - 0x5000;
	regs->rsi = 0x4000;
	regs->rdi = 0x5000;
}

static void fill(uint8_t *bytes, unsigned int length, uint8_t seed)
{
	unsigned int i;

	for (i = 0; i < length; i++)
		bytes[i] = seed + 7 * i + (i >> 8);
}

static void fill_all(movs_data *self)
{
	fill(guest_at(&self->vm, MEMORY_AT), MMIO_SIZE, 1);
	fill(self->device, MMIO_SIZE, 2);
	fill(self->page, MMIO_SIZE, 2);
	self->reads = 0;
	self->writes = 0;
}

static void serve(movs_data *self)
{
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;
	unsigned int at = mmio->gpa - MMIO_AT, i;

	if (!(mmio->flags & XVCPU_MMIO_DECODED) || at > MMIO_SIZE - 8)
		die("an access to %#llx was not decoded", (unsigned long long)mmio->gpa);
	for (i = 0; i < mmio->size; i++) {
		if (mmio->flags & XVCPU_MMIO_WRITE)
			self->device[at + i] = mmio->data[i];
		else
			mmio->data[i] = self->device[at + i];
	}
	if (mmio->flags & XVCPU_MMIO_WRITE)
		self->writes++;
	else
		self->reads++;
}

static int serve_all(movs_data *self)
{
	int ret;

	for (;;) {
		ret = guest_run(&self->vcpu);
		if (ret != EXIT_MMIO)
			return ret;
		serve(self);
	}
}

static long slot(movs_data *self, bool there, uint32_t flags)
{
	if (!there)
		return vm_slot(&self->vm, 1, 0, 0, NULL, 0);
	return vm_slot(&self->vm, 1, MMIO_AT, MMIO_SIZE, self->page, flags);
}

/* ---- as between two places of memory ---- */

struct outcome {
	struct xvcpu_regs regs;
	uint8_t memory[MMIO_SIZE];
	uint8_t device[MMIO_SIZE];
};

static struct outcome emulated, executed;

static void compare(struct __test_metadata *_metadata, movs_data *self, enum guest_mode mode,
		    const struct guest_code *code, enum sides sides, bool down)
{
	bool rep = strstr(code->name, "rep");
	unsigned int count = rep ? 3 : 1;
	struct outcome *out;

	for (out = &emulated; out; out = out == &emulated ? &executed : NULL) {
		if (out == &executed)
			ASSERT_EQ(0, slot(self, true, 0));
		fill_all(self);
		prepare(self, mode, code, sides);
		if (down)
			guest_regs(&self->vcpu)->rflags |= RFLAGS_DF;
		ASSERT_EQ(NO_TRAP, serve_all(self)) { TH_LOG("%s", code->name); }
		out->regs = self->vcpu.sync->regs;
		memcpy(out->memory, guest_at(&self->vm, MEMORY_AT), MMIO_SIZE);
		memcpy(out->device, out == &emulated ? self->device : self->page, MMIO_SIZE);
		EXPECT_EQ(out == &emulated && sides & FROM_MMIO ? count : 0, self->reads);
		EXPECT_EQ(out == &emulated && sides & TO_MMIO ? count : 0, self->writes);
	}
	ASSERT_EQ(0, slot(self, false, 0));
	EXPECT_EQ(0, memcmp(&emulated.regs, &executed.regs, sizeof(emulated.regs))) {
		TH_LOG("%s, %s, sides %u%s: rcx %llx %llx rsi %llx %llx rdi %llx %llx", code->name,
		       guest_mode_names[mode], sides, down ? ", DF" : "",
		       emulated.regs.rcx, executed.regs.rcx, emulated.regs.rsi, executed.regs.rsi,
		       emulated.regs.rdi, executed.regs.rdi);
	}
	EXPECT_EQ(0, memcmp(emulated.memory, executed.memory, MMIO_SIZE)) {
		TH_LOG("%s, %s, sides %u", code->name, guest_mode_names[mode], sides);
	}
	EXPECT_EQ(0, memcmp(emulated.device, executed.device, MMIO_SIZE)) {
		TH_LOG("%s, %s, sides %u", code->name, guest_mode_names[mode], sides);
	}
}

TEST_F(movs, every_mode_and_size_does_what_it_does_in_memory)
{
	enum guest_mode mode;
	enum sides sides;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < 2 * ARRAY_SIZE(widths); i++) {
			for (sides = FROM_MMIO; sides <= BOTH_MMIO; sides++)
				compare(_metadata, self, mode, widths[i / 2].code[mode], sides,
					i % 2);
		}
	}
	for (i = 0; i < 2 * ARRAY_SIZE(widths_64); i++) {
		for (sides = FROM_MMIO; sides <= BOTH_MMIO; sides++)
			compare(_metadata, self, MODE_LONG, widths_64[i / 2].code, sides, i % 2);
	}
}

/* ---- each exit ---- */

TEST_F(movs, each_element_is_a_read_and_a_write)
{
	const struct guest_code *code = rep_movs_4[MODE_LONG];
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;
	struct xvcpu_regs *regs = &self->vcpu.sync->regs;
	uint64_t from = place(BOTH_MMIO, FROM_MMIO), to = place(BOTH_MMIO, TO_MMIO);
	unsigned int i, half;

	fill_all(self);
	prepare(self, MODE_LONG, code, BOTH_MMIO);
	for (i = 0; i < 3; i++) {
		for (half = 0; half < 2; half++) {
			ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
			EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA |
				  (half ? XVCPU_MMIO_WRITE : 0), mmio->flags);
			EXPECT_EQ((half ? to : from) + 4 * i, mmio->gpa);
			EXPECT_EQ(mmio->gpa, mmio->gla);
			EXPECT_EQ(4, mmio->size);
			EXPECT_EQ(2, mmio->insn_len);
			EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, self->vcpu.exit->flags);
			EXPECT_EQ(3 - i, regs->rcx);
			EXPECT_EQ(from + 4 * i, regs->rsi);
			EXPECT_EQ(to + 4 * i, regs->rdi);
			EXPECT_EQ(GUEST_CODE_AT, regs->rip);
			if (half)
				EXPECT_EQ(0, memcmp((void *)mmio->data,
						    self->device + AREA + 4 * i, 4));
			serve(self);
		}
	}
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, regs->rcx);
	EXPECT_EQ(from + 12, regs->rsi);
	EXPECT_EQ(to + 12, regs->rdi);
}

TEST_F(movs, a_count_of_0_moves_nothing)
{
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], BOTH_MMIO);
	guest_regs(&self->vcpu)->rcx = 0;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(place(BOTH_MMIO, FROM_MMIO), self->vcpu.sync->regs.rsi);
	EXPECT_EQ(place(BOTH_MMIO, TO_MMIO), self->vcpu.sync->regs.rdi);
}

TEST_F(movs, it_can_be_left_in_its_middle)
{
	struct xvcpu_regs *regs = &self->vcpu.sync->regs;
	uint64_t to = place(FROM_MMIO, TO_MMIO);

	fill_all(self);
	prepare(self, MODE_LONG, rep_movs_1[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rcx = 1000000;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	self->vcpu.exit->mmio.data[0] = 0x5a;
	EXPECT_NE(0x5a, *(uint8_t *)guest_at(&self->vm, to));
	vcpu_kick(&self->vcpu);
	ASSERT_EQ(EXIT_KICK, guest_run(&self->vcpu));
	EXPECT_EQ(0x5a, *(uint8_t *)guest_at(&self->vm, to));
	EXPECT_EQ(999999, regs->rcx);
	EXPECT_EQ(place(FROM_MMIO, FROM_MMIO) + 1, regs->rsi);
	EXPECT_EQ(to + 1, regs->rdi);
	EXPECT_EQ(GUEST_CODE_AT, regs->rip);
	guest_regs(&self->vcpu)->rcx = 1;
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(0, regs->rcx);
	EXPECT_EQ(to + 2, regs->rdi);
}

/* In 32-bit addresses ESI, EDI and ECX count, in 16-bit ones SI, DI and CX. */
TEST_F(movs, the_address_size_limits_registers)
{
	struct xvcpu_regs *regs = &self->vcpu.sync->regs;

	fill_all(self);
	prepare(self, MODE_LONG, &rep_movs_addr32, FROM_MMIO);
	guest_regs(&self->vcpu)->rcx = 0x500000002;
	regs->rsi |= 0x600000000;
	regs->rdi |= 0x700000000;
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(2, self->reads);
	EXPECT_EQ(0, regs->rcx);
	EXPECT_EQ(place(FROM_MMIO, FROM_MMIO) + 8, regs->rsi);
	EXPECT_EQ(place(FROM_MMIO, TO_MMIO) + 8, regs->rdi);

	fill_all(self);
	prepare(self, MODE_PROT32, &rep_movs_addr16, FROM_MMIO);
	guest_sregs(&self->vcpu)->ds.base = MMIO_AT - 0xff00;
	guest_regs(&self->vcpu)->rcx = 0x50001;
	regs->rsi = 0x6ffff;
	regs->rdi = 0x7ffff;
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(1, self->reads);
	EXPECT_EQ(self->device[0xff], *(uint8_t *)guest_at(&self->vm, 0xffff));
	EXPECT_EQ(0x50000, regs->rcx);
	EXPECT_EQ(0x60000, regs->rsi);
	EXPECT_EQ(0x70000, regs->rdi);
}

TEST_F(movs, an_override_counts_for_the_source)
{
	uint64_t from = place(FROM_MMIO, FROM_MMIO), to = place(FROM_MMIO, TO_MMIO);

	fill_all(self);
	prepare(self, MODE_LONG, &movs_fs, FROM_MMIO);
	guest_regs(&self->vcpu)->rsi = from - 0x1000;
	guest_sregs(&self->vcpu)->fs.base = 0x1000;
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, to), self->device + AREA, 4));
	/* The side in memory. */
	fill_all(self);
	prepare(self, MODE_LONG, &movs_fs, TO_MMIO);
	guest_regs(&self->vcpu)->rsi = MEMORY_AT + AREA - 0x1000;
	guest_sregs(&self->vcpu)->fs.base = 0x1000;
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(0, memcmp(self->device + PAGE_BYTES + AREA,
			    guest_at(&self->vm, MEMORY_AT + AREA), 4));
}

/* ---- faults of the side in memory ---- */

/* The exit of a fault in the guest, with nothing moved and no exit before it. */
static void expect_fault(struct __test_metadata *_metadata, movs_data *self, int vector,
			 uint64_t error)
{
	struct xvcpu_regs before = self->vcpu.sync->regs;
	struct guest_trap trap;

	fill_all(self);
	EXPECT_EQ(vector, serve_all(self));
	EXPECT_EQ(0, self->reads);
	EXPECT_EQ(0, self->writes);
	ASSERT_TRUE(guest_trapped(&self->vcpu, &trap));
	EXPECT_EQ(error, trap.error);
	EXPECT_EQ(before.rip, trap.rip);
	EXPECT_EQ(before.rsi, self->vcpu.sync->regs.rsi);
	EXPECT_EQ(before.rdi, self->vcpu.sync->regs.rdi);
	EXPECT_EQ(before.rcx, self->vcpu.sync->regs.rcx);
}

TEST_F(movs, a_page_fault_comes_before_the_device_is_read)
{
	static const struct {
		uint64_t pte;
		bool user;
		uint64_t error;
	} cases[] = {
		{ 0, false, 2 }, { 0, true, 6 },
		{ PTE_P | PTE_U, false, 3 },			/* CR0.WP */
		{ PTE_P | PTE_U, true, 7 },
		{ PTE_P | PTE_W, true, 7 },			/* the supervisor's */
		{ PTE_P | PTE_W | PTE_U | 1ull << 51, false, 11 },	/* reserved */
	};
	uint64_t *pt = guest_split(&self->vm), to = place(FROM_MMIO, TO_MMIO);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pt[to / PAGE_BYTES] = (to & ~(PAGE_BYTES - 1ull)) | cases[i].pte;
		prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
		guest_cregs(&self->vcpu)->cr0 |= CR0_WP;
		if (cases[i].user)
			guest_user(&self->vcpu);
		expect_fault(_metadata, self, VEC_PF, cases[i].error);
		EXPECT_EQ(to, self->vcpu.sync->cregs.cr2);
		EXPECT_EQ(0, pt[to / PAGE_BYTES] & (PTE_A | PTE_D));
	}
}

TEST_F(movs, a_page_fault_part_way_leaves_exact_registers)
{
	uint64_t *pt = guest_split(&self->vm), to = MEMORY_AT + PAGE_BYTES - 10;
	struct xvcpu_regs *regs = &self->vcpu.sync->regs;
	struct guest_trap trap;

	/* Elements 1 and 2 fit, of the third half is in the next page. */
	pt[MEMORY_AT / PAGE_BYTES + 1] = 0;
	fill_all(self);
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = to;
	regs->rcx = 7;
	ASSERT_EQ(VEC_PF, serve_all(self));
	ASSERT_TRUE(guest_trapped(&self->vcpu, &trap));
	EXPECT_EQ(2, trap.error);
	EXPECT_EQ(MEMORY_AT + PAGE_BYTES, self->vcpu.sync->cregs.cr2);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(2, self->reads);
	EXPECT_EQ(5, regs->rcx);
	EXPECT_EQ(to + 8, regs->rdi);
	EXPECT_EQ(place(FROM_MMIO, FROM_MMIO) + 8, regs->rsi);
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, to), self->device + AREA, 8));
	EXPECT_NE(0, memcmp(guest_at(&self->vm, to + 8), self->device + AREA + 8, 2));

	/* Mapped, and gone on: elsewhere than behind the first page. */
	pt[MEMORY_AT / PAGE_BYTES + 1] = (MEMORY_AT + 5 * PAGE_BYTES) | PTE_P | PTE_W | PTE_U;
	guest_return(&self->vcpu, &trap, 0);
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(7, self->reads);
	EXPECT_EQ(0, regs->rcx);
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, to), self->device + AREA, 10));
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, MEMORY_AT + 5 * PAGE_BYTES),
			    self->device + AREA + 10, 18));
}

/* The source in memory is the processor's to check, and the module's where MMIO comes first. */
TEST_F(movs, a_fault_of_the_source_is_a_read)
{
	uint64_t *pt = guest_split(&self->vm), from = place(TO_MMIO, FROM_MMIO);

	pt[from / PAGE_BYTES] = 0;
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], TO_MMIO);
	expect_fault(_metadata, self, VEC_PF, 0);
	EXPECT_EQ(from, self->vcpu.sync->cregs.cr2);
}

TEST_F(movs, segments_limit_the_destination)
{
	struct xvcpu_segment *es;

	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	es = &guest_sregs(&self->vcpu)->es;
	es->limit = place(FROM_MMIO, TO_MMIO) + 2;
	es->ar &= ~0x8000;
	expect_fault(_metadata, self, VEC_GP, 0);

	/* One byte more is enough for the first element. */
	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	es = &guest_sregs(&self->vcpu)->es;
	es->limit = place(FROM_MMIO, TO_MMIO) + 3;
	es->ar &= ~0x8000;
	fill_all(self);
	EXPECT_EQ(VEC_GP, serve_all(self));
	EXPECT_EQ(1, self->reads);
	EXPECT_EQ(2, self->vcpu.sync->regs.rcx);

	/* Read only. */
	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	guest_sregs(&self->vcpu)->es.ar &= ~2;
	expect_fault(_metadata, self, VEC_GP, 0);

	/* Grows down: what is up to its limit is not in it. */
	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	es = &guest_sregs(&self->vcpu)->es;
	es->ar = (es->ar & ~0x8000) | 4;
	es->limit = place(FROM_MMIO, TO_MMIO);
	expect_fault(_metadata, self, VEC_GP, 0);
	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	es = &guest_sregs(&self->vcpu)->es;
	es->ar = (es->ar & ~0x8000) | 4;
	es->limit = place(FROM_MMIO, TO_MMIO) - 1;
	fill_all(self);
	EXPECT_EQ(NO_TRAP, serve_all(self));

	/* A null selector. */
	prepare(self, MODE_PROT32, rep_movs_4[MODE_PROT32], FROM_MMIO);
	guest_sregs(&self->vcpu)->es.unusable = 1;
	expect_fault(_metadata, self, VEC_GP, 0);
	/* In 64-bit mode nothing of this counts. */
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	es = &guest_sregs(&self->vcpu)->es;
	es->unusable = 1;
	es->limit = 0;
	fill_all(self);
	EXPECT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(3, self->reads);
}

TEST_F(movs, a_real_mode_segment_ends_at_64_kib)
{
	fill_all(self);
	prepare(self, MODE_REAL, rep_movs_4[MODE_REAL], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = 0xfffa;
	EXPECT_EQ(VEC_GP, serve_all(self));
	EXPECT_EQ(1, self->reads);
	EXPECT_EQ(2, self->vcpu.sync->regs.rcx);
	EXPECT_EQ(0xfffe, self->vcpu.sync->regs.rdi);
}

TEST_F(movs, a_destination_that_is_not_canonical_is_a_gp)
{
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = 1ull << 50;
	expect_fault(_metadata, self, VEC_GP, 0);
	/* Its last byte. */
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = 0x7ffffffffffe;
	guest_split(&self->vm);
	((uint64_t *)guest_at(&self->vm, GUEST_PML4))[255] = GUEST_PDPT | PTE_P | PTE_W | PTE_U;
	((uint64_t *)guest_at(&self->vm, GUEST_PDPT))[511] = GUEST_PD | PTE_P | PTE_W | PTE_U;
	((uint64_t *)guest_at(&self->vm, GUEST_PD))[511] = PTE_P | PTE_W | PTE_U | PTE_PS;
	expect_fault(_metadata, self, VEC_GP, 0);
}

TEST_F(movs, an_unaligned_destination_is_an_ac_where_that_is_checked)
{
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_user(&self->vcpu);
	guest_cregs(&self->vcpu)->cr0 |= CR0_AM;
	guest_regs(&self->vcpu)->rflags |= 1u << 18;
	guest_regs(&self->vcpu)->rdi += 2;
	expect_fault(_metadata, self, VEC_AC, 0);
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi += 2;
	fill_all(self);
	EXPECT_EQ(NO_TRAP, serve_all(self));
}

/* ---- what it leaves in page tables ---- */

static uint64_t flags_of(movs_data *self, uint64_t table, unsigned int index)
{
	return ((uint64_t *)guest_at(&self->vm, table))[index] & (PTE_A | PTE_D);
}

TEST_F(movs, the_destination_is_marked_dirty_and_the_source_accessed)
{
	uint64_t *pt = guest_split(&self->vm);
	uint64_t to = place(FROM_MMIO, TO_MMIO) / PAGE_BYTES;

	/* Elsewhere than the code and what it uses, so that nothing else marks the tables. */
	((uint64_t *)guest_at(&self->vm, GUEST_PML4))[1] = GUEST_PDPT_PAE | PTE_P | PTE_W | PTE_U;
	((uint64_t *)guest_at(&self->vm, GUEST_PDPT_PAE))[0] = GUEST_PD_32 | PTE_P | PTE_W | PTE_U;
	memset(guest_at(&self->vm, GUEST_PD_32), 0, PAGE_BYTES);
	((uint64_t *)guest_at(&self->vm, GUEST_PD_32))[0] = GUEST_PT | PTE_P | PTE_W | PTE_U;
	fill_all(self);
	prepare(self, MODE_LONG, movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi |= 1ull << 39;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	serve(self);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, place(FROM_MMIO, TO_MMIO)), self->device + AREA,
			    4));
	EXPECT_EQ(PTE_A | PTE_D, pt[to] & (PTE_A | PTE_D));
	EXPECT_EQ(PTE_A, flags_of(self, GUEST_PML4, 1));
	EXPECT_EQ(PTE_A, flags_of(self, GUEST_PDPT_PAE, 0));
	EXPECT_EQ(PTE_A, flags_of(self, GUEST_PD_32, 0));
	EXPECT_EQ(0, pt[to + 1] & (PTE_A | PTE_D));
}

/* ---- slots ---- */

TEST_F(movs, a_read_only_slot_is_written_as_mmio)
{
	uint8_t *rom = pages_alloc(PAGE_BYTES, MAP_SHARED);

	ASSERT_EQ(0, vm_slot(&self->vm, 2, MMIO_AT + MIB(1), PAGE_BYTES, rom,
			     XVCPU_SLOT_READONLY));
	memset(rom, 0x33, PAGE_BYTES);
	prepare(self, MODE_LONG, movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = MMIO_AT + MIB(1) + 8;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(0, self->vcpu.exit->mmio.flags & XVCPU_MMIO_WRITE);
	self->vcpu.exit->mmio.data[0] = 0x5a;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(XVCPU_MMIO_WRITE, self->vcpu.exit->mmio.flags & XVCPU_MMIO_WRITE);
	EXPECT_EQ(MMIO_AT + MIB(1) + 8, self->vcpu.exit->mmio.gpa);
	EXPECT_EQ(0x5a, self->vcpu.exit->mmio.data[0]);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x33, rom[8]);
	/* As a source it is memory. */
	fill_all(self);
	prepare(self, MODE_LONG, movs_4[MODE_LONG], TO_MMIO);
	guest_regs(&self->vcpu)->rsi = MMIO_AT + MIB(1);
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(0, self->reads);
	EXPECT_EQ(1, self->writes);
	EXPECT_EQ(0x33, self->device[PAGE_BYTES + AREA]);
}

TEST_F(movs, a_destination_without_a_page_is_a_memory_fault_before_the_read)
{
	uint64_t to = place(FROM_MMIO, TO_MMIO);

	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	ASSERT_EQ(0, mprotect(guest_at(&self->vm, MEMORY_AT + PAGE_BYTES), PAGE_BYTES, PROT_NONE));
	ASSERT_EQ(EXIT_MEMORY, guest_run(&self->vcpu));
	EXPECT_EQ(to, self->vcpu.exit->memory.gpa);
	EXPECT_EQ(to, self->vcpu.exit->memory.gla);
	EXPECT_EQ(XVCPU_ACCESS_WRITE | XVCPU_ACCESS_GLA, self->vcpu.exit->memory.access);
	EXPECT_EQ(EFAULT, self->vcpu.exit->memory.error);
	EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
	EXPECT_EQ(3, self->vcpu.sync->regs.rcx);
	/* It is executed again. */
	ASSERT_EQ(0, mprotect(guest_at(&self->vm, MEMORY_AT + PAGE_BYTES), PAGE_BYTES,
			      PROT_READ | PROT_WRITE));
	fill_all(self);
	ASSERT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(3, self->reads);
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, to), self->device + AREA, 12));
}

TEST_F(movs, page_tables_that_are_not_there_are_a_memory_fault)
{
	uint64_t to = 1ull << 39;

	((uint64_t *)guest_at(&self->vm, GUEST_PML4))[1] = 0x10000000 | PTE_P | PTE_W | PTE_U;
	prepare(self, MODE_LONG, rep_movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = to;
	ASSERT_EQ(EXIT_MEMORY, guest_run(&self->vcpu));
	EXPECT_EQ(0x10000000, self->vcpu.exit->memory.gpa);
	EXPECT_EQ(to, self->vcpu.exit->memory.gla);
	EXPECT_EQ(XVCPU_ACCESS_WRITE | XVCPU_ACCESS_WALK | XVCPU_ACCESS_GLA,
		  self->vcpu.exit->memory.access);
	EXPECT_EQ(0, self->vcpu.exit->memory.error);
	EXPECT_EQ(3, self->vcpu.sync->regs.rcx);
}

/* What was read is not lost: it is what the VMM gets to write. */
TEST_F(movs, memory_taken_away_between_read_and_write_is_written_as_mmio)
{
	uint64_t to = self->vm.size - 2;
	uint8_t *next = pages_alloc(PAGE_BYTES, MAP_SHARED);

	/* Two bytes at the end of slot 0, two in slot 1 behind it. */
	ASSERT_EQ(0, vm_slot(&self->vm, 1, self->vm.size, PAGE_BYTES, next, 0));
	prepare(self, MODE_LONG, movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = to;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	memcpy((void *)self->vcpu.exit->mmio.data, "\x11\x22\x33\x44", 4);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0, 0, NULL, 0));
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA | XVCPU_MMIO_WRITE,
		  self->vcpu.exit->mmio.flags);
	EXPECT_EQ(self->vm.size, self->vcpu.exit->mmio.gpa);
	EXPECT_EQ(2, self->vcpu.exit->mmio.size);
	EXPECT_EQ(0x33, self->vcpu.exit->mmio.data[0]);
	EXPECT_EQ(0x44, self->vcpu.exit->mmio.data[1]);
	EXPECT_EQ(0, self->vcpu.exit->mmio.data[2]);
	EXPECT_EQ(0, memcmp(guest_at(&self->vm, to), "\x11\x22", 2));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(to + 4, self->vcpu.sync->regs.rdi);
}

TEST_F(movs, a_side_that_is_half_memory_is_left_to_the_vmm)
{
	prepare(self, MODE_LONG, movs_4[MODE_LONG], FROM_MMIO);
	guest_regs(&self->vcpu)->rdi = self->vm.size - 2;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(0, self->vcpu.exit->mmio.flags & XVCPU_MMIO_DECODED);
	EXPECT_EQ(1, self->vcpu.exit->mmio.insn_bytes > 0);
}

/* ---- segments of the source ---- */

TEST_F(movs, segments_limit_the_source)
{
	struct xvcpu_segment *ss;

	/* Checked by the processor: MMIO is the other side. */
	prepare(self, MODE_PROT32, &movs_ss, TO_MMIO);
	ss = &guest_sregs(&self->vcpu)->ss;
	ss->limit = place(TO_MMIO, FROM_MMIO) + 2;
	ss->ar &= ~0x8000;
	guest_regs(&self->vcpu)->rsp = GUEST_STACK;
	expect_fault(_metadata, self, VEC_SS, 0);
	/* Code that can be read. */
	fill_all(self);
	prepare(self, MODE_PROT32, &movs_cs, TO_MMIO);
	EXPECT_EQ(NO_TRAP, serve_all(self));
	EXPECT_EQ(1, self->writes);
}

TEST_HARNESS_MAIN

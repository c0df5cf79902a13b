// SPDX-License-Identifier: GPL-2.0-only
/*
 * INS and OUTS: what the exits say, batches, and registers that are exact wherever the instruction
 * stops: at its end, at a fault, at an exit, at an interrupt.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define EXIT_MEMORY	OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT)
#define PORT		0x1f0
#define PAGE		4096
#define UPPER		0xabcd000000000000ull
#define READONLY_GPA	0x400000ull
#define NO_GPA		0x800000ull
#define VEC_IRQ		40
#define PF_P		1
#define PF_W		2

GUEST_CODE_MODES(out_1, "outsb; hlt");
GUEST_CODE_MODES(out_2, "outsw; hlt");
GUEST_CODE_MODES(out_4, "outsl; hlt");
GUEST_CODE_MODES(in_1, "insb; hlt");
GUEST_CODE_MODES(in_2, "insw; hlt");
GUEST_CODE_MODES(in_4, "insl; hlt");
GUEST_CODE_MODES(rep_out_1, "rep outsb; hlt");
GUEST_CODE_MODES(rep_out_2, "rep outsw; hlt");
GUEST_CODE_MODES(rep_out_4, "rep outsl; hlt");
GUEST_CODE_MODES(rep_in_1, "rep insb; hlt");
GUEST_CODE_MODES(rep_in_2, "rep insw; hlt");
GUEST_CODE_MODES(rep_in_4, "rep insl; hlt");
GUEST_CODE(rep_out_1_a32, 64, "addr32 rep outsb; hlt");
GUEST_CODE(rep_in_1_a32, 64, "addr32 rep insb; hlt");
GUEST_CODE(rep_out_1_a16, 32, "addr16 rep outsb; hlt");
GUEST_CODE(fs_out_1, 64, "rep outsb %fs:(%rsi), %dx; hlt");
GUEST_CODE(cs_out_1, 32, "rep outsb %cs:(%esi), %dx; hlt");
GUEST_CODE(ss_out_1, 32, "rep outsb %ss:(%esi), %dx; hlt");
GUEST_CODE(sti_rep_in_1, 64, "sti; nop; rep insb; hlt");

static const struct guest_code *const *const outs[] = { out_1, out_2, out_4 };
static const struct guest_code *const *const ins[] = { in_1, in_2, in_4 };
static const struct guest_code *const *const rep_outs[] = { rep_out_1, rep_out_2, rep_out_4 };
static const struct guest_code *const *const rep_ins[] = { rep_in_1, rep_in_2, rep_in_4 };
static const unsigned int sizes[] = { 1, 2, 4 };

/* A device behind PORT: it counts up when it is read, and keeps what is written. */
struct device {
	uint8_t next;
	uint8_t written[3 * PAGE];
	unsigned int used;
	unsigned int exits;
	unsigned int accesses;
};

FIXTURE(string) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct device device;
	uint8_t *readonly;
};

#define string_data	FIXTURE_DATA(string)

FIXTURE_SETUP(string)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	self->readonly = pages_alloc(PAGE, MAP_PRIVATE);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, READONLY_GPA, PAGE, self->readonly,
			     XVCPU_SLOT_READONLY));
}

FIXTURE_TEARDOWN(string)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void begin(string_data *self, enum guest_mode mode, const struct guest_code *code,
		  uint64_t index, uint64_t count)
{
	struct xvcpu_regs *regs;

	memset(&self->device, 0, sizeof(self->device));
	guest_mode(&self->vcpu, mode);
	guest_load(&self->vm, GUEST_CODE_AT, code);
	regs = guest_regs(&self->vcpu);
	regs->rdx = PORT;
	regs->rsi = index;
	regs->rdi = index;
	regs->rcx = count;
}

/* Serves the exit that waits. */
static void serve(string_data *self)
{
	volatile struct xvcpu_exit_io *io = &self->vcpu.exit->io;
	uint8_t *data = self->vcpu.area + io->data_offset;
	unsigned int i, bytes = io->size * io->count;

	self->device.exits++;
	self->device.accesses += io->count;
	if (bytes > PAGE || self->device.used + bytes > sizeof(self->device.written))
		die("%u bytes in one exit, %u before", bytes, self->device.used);
	for (i = 0; i < bytes; i++) {
		if (io->flags & XVCPU_IO_OUT)
			self->device.written[self->device.used++] = data[i];
		else
			data[i] = self->device.next++;
	}
}

/* Serves exits of string I/O until something else comes. */
static int drive(string_data *self)
{
	int outcome = guest_run(&self->vcpu);

	while (outcome == EXIT_IO && (self->vcpu.exit->io.flags & XVCPU_IO_STRING)) {
		serve(self);
		outcome = guest_run(&self->vcpu);
	}
	return outcome;
}

static uint8_t *fill(string_data *self, uint64_t gpa, unsigned int bytes)
{
	uint8_t *at = guest_at(&self->vm, gpa);
	unsigned int i;

	for (i = 0; i < bytes; i++)
		at[i] = 0x80 ^ (i * 7 + (i >> 8));
	return at;
}

TEST_F(string, the_exit_tells_port_size_count_and_data)
{
	volatile struct xvcpu_exit_io *io = &self->vcpu.exit->io;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			begin(self, mode, rep_outs[i][mode], GUEST_DATA, 3);
			fill(self, GUEST_DATA, 16);
			ASSERT_EQ(EXIT_IO, guest_run(&self->vcpu));
			EXPECT_EQ(PORT, io->port);
			EXPECT_EQ(sizes[i], io->size) {
				TH_LOG("%s", guest_mode_names[mode]);
			}
			EXPECT_EQ(XVCPU_IO_OUT | XVCPU_IO_STRING, io->flags);
			EXPECT_EQ(3, io->count);
			EXPECT_EQ(0, io->data);
			EXPECT_EQ(self->vm.info.run_data, io->data_offset);
			EXPECT_EQ(0, memcmp(guest_at(&self->vm, GUEST_DATA),
					    self->vcpu.area + io->data_offset, 3 * sizes[i]));
			EXPECT_TRUE(self->vcpu.exit->flags & XVCPU_EXIT_FLAG_WAITS);
			EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
			EXPECT_EQ(3, self->vcpu.sync->regs.rcx);
			EXPECT_EQ(GUEST_DATA, self->vcpu.sync->regs.rsi);
			serve(self);
			ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
			EXPECT_EQ(0, self->vcpu.sync->regs.rcx);
			EXPECT_EQ(GUEST_DATA + 3 * sizes[i], self->vcpu.sync->regs.rsi);
			EXPECT_EQ(GUEST_DATA, self->vcpu.sync->regs.rdi);
		}
	}
}

TEST_F(string, ins_writes_what_was_answered)
{
	uint8_t *at = guest_at(&self->vm, GUEST_DATA);
	enum guest_mode mode;
	unsigned int i, j;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			begin(self, mode, rep_ins[i][mode], GUEST_DATA + 1, 5);
			memset(at, 0x55, 64);
			ASSERT_EQ(NO_TRAP, drive(self));
			EXPECT_EQ(1, self->device.exits);
			EXPECT_EQ(5, self->device.accesses);
			EXPECT_EQ(0x55, at[0]);
			for (j = 0; j < 5 * sizes[i]; j++)
				EXPECT_EQ(j, at[1 + j]);
			EXPECT_EQ(0x55, at[1 + j]);
			EXPECT_EQ(0, self->vcpu.sync->regs.rcx);
			EXPECT_EQ(GUEST_DATA + 1 + 5 * sizes[i], self->vcpu.sync->regs.rdi);
			EXPECT_EQ(GUEST_DATA + 1, self->vcpu.sync->regs.rsi);
		}
	}
}

TEST_F(string, without_rep_there_is_one_access_and_rcx_stays)
{
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			begin(self, mode, outs[i][mode], GUEST_DATA, 7);
			ASSERT_EQ(NO_TRAP, drive(self));
			EXPECT_EQ(1, self->device.accesses);
			EXPECT_EQ(7, self->vcpu.sync->regs.rcx);
			EXPECT_EQ(GUEST_DATA + sizes[i], self->vcpu.sync->regs.rsi);
			begin(self, mode, ins[i][mode], GUEST_DATA, 7);
			guest_regs(&self->vcpu)->rflags |= RFLAGS_DF;
			ASSERT_EQ(NO_TRAP, drive(self));
			EXPECT_EQ(1, self->device.accesses);
			EXPECT_EQ(7, self->vcpu.sync->regs.rcx);
			EXPECT_EQ(GUEST_DATA - sizes[i], self->vcpu.sync->regs.rdi);
		}
	}
}

TEST_F(string, a_count_of_0_does_nothing)
{
	begin(self, MODE_LONG, rep_out_4[MODE_LONG], NO_GPA, 0);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, self->device.exits);
	EXPECT_EQ(NO_GPA, self->vcpu.sync->regs.rsi);
	begin(self, MODE_LONG, rep_in_4[MODE_LONG], NO_GPA, 0);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, self->device.exits);
	EXPECT_EQ(NO_GPA, self->vcpu.sync->regs.rdi);
}

TEST_F(string, with_df_memory_goes_down_and_accesses_keep_their_order)
{
	unsigned int i, j, size;
	uint8_t *at;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size = sizes[i];
		begin(self, MODE_LONG, rep_outs[i][MODE_LONG], GUEST_DATA + 400, 101);
		at = fill(self, GUEST_DATA, 512);
		guest_regs(&self->vcpu)->rflags |= RFLAGS_DF;
		ASSERT_EQ(NO_TRAP, drive(self));
		EXPECT_EQ(101, self->device.accesses);
		EXPECT_GT(101, self->device.exits);
		for (j = 0; j < 101 && 400 >= j * size; j++)
			ASSERT_EQ(0, memcmp(at + 400 - j * size, self->device.written + j * size,
					    size));
		EXPECT_EQ(GUEST_DATA + 400 - 101 * size, self->vcpu.sync->regs.rsi);
		EXPECT_EQ(0, self->vcpu.sync->regs.rcx);

		begin(self, MODE_LONG, rep_ins[i][MODE_LONG], GUEST_DATA + 400, 50);
		guest_regs(&self->vcpu)->rflags |= RFLAGS_DF;
		ASSERT_EQ(NO_TRAP, drive(self));
		for (j = 0; j < 50; j++)
			ASSERT_EQ((uint8_t)(j * size), at[400 - j * size]);
		EXPECT_EQ(GUEST_DATA + 400 - 50 * size, self->vcpu.sync->regs.rdi);
	}
}

TEST_F(string, batches_end_with_the_page)
{
	uint8_t *at = fill(self, GUEST_DATA, 3 * PAGE);

	begin(self, MODE_LONG, rep_out_2[MODE_LONG], GUEST_DATA + 100, PAGE);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(3, self->device.exits);
	EXPECT_EQ(PAGE, self->device.accesses);
	EXPECT_EQ(0, memcmp(at + 100, self->device.written, 2 * PAGE));
	EXPECT_EQ(GUEST_DATA + 100 + 2 * PAGE, self->vcpu.sync->regs.rsi);

	/* And with one element that lies in two. */
	begin(self, MODE_LONG, rep_out_4[MODE_LONG], GUEST_DATA + 101, PAGE / 4);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(3, self->device.exits);
	EXPECT_EQ(0, memcmp(at + 101, self->device.written, PAGE));
	begin(self, MODE_LONG, rep_in_4[MODE_LONG], GUEST_DATA + PAGE - 2, 1);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, at[PAGE - 2]);
	EXPECT_EQ(1, at[PAGE - 1]);
	EXPECT_EQ(2, at[PAGE]);
	EXPECT_EQ(3, at[PAGE + 1]);
}

TEST_F(string, the_address_size_says_how_much_of_the_registers_counts)
{
	uint8_t *at = fill(self, GUEST_DATA, 64);

	begin(self, MODE_LONG, &rep_out_1_a32, UPPER | GUEST_DATA, UPPER | 2);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(2, self->device.accesses);
	EXPECT_EQ(0, memcmp(at, self->device.written, 2));
	EXPECT_EQ(GUEST_DATA + 2, self->vcpu.sync->regs.rsi);
	EXPECT_EQ(0, self->vcpu.sync->regs.rcx);
	EXPECT_EQ(UPPER | GUEST_DATA, self->vcpu.sync->regs.rdi);

	begin(self, MODE_LONG, &rep_in_1_a32, UPPER | GUEST_DATA, UPPER | 3);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(GUEST_DATA + 3, self->vcpu.sync->regs.rdi);

	begin(self, MODE_PROT32, &rep_out_1_a16, 0x70000 | GUEST_DATA, 0x50002);
	fill(self, GUEST_DATA, 64);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(2, self->device.accesses);
	EXPECT_EQ(0, memcmp(at, self->device.written, 2));
	EXPECT_EQ(0x70000 | (GUEST_DATA + 2), self->vcpu.sync->regs.rsi);
	EXPECT_EQ(0x50000, self->vcpu.sync->regs.rcx);
}

TEST_F(string, a_16_bit_index_wraps)
{
	uint8_t *high = fill(self, 0xfff0, 16), *low = guest_at(&self->vm, 0);

	begin(self, MODE_REAL, rep_out_2[MODE_REAL], 0xfffc, 4);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(4, self->device.accesses);
	EXPECT_EQ(0, memcmp(high + 12, self->device.written, 4));
	EXPECT_EQ(0, memcmp(low, self->device.written + 4, 4));
	EXPECT_EQ(4, self->vcpu.sync->regs.rsi);
	/* An element does not: its last byte is beyond the limit. */
	begin(self, MODE_REAL, rep_out_2[MODE_REAL], 0xfffd, 4);
	EXPECT_EQ(VEC_GP, drive(self));
	EXPECT_EQ(1, self->device.accesses);
	EXPECT_EQ(0xffff, self->vcpu.sync->regs.rsi);
	EXPECT_EQ(3, self->vcpu.sync->regs.rcx);
}

TEST_F(string, a_page_fault_part_way_finds_exact_registers)
{
	uint64_t *pt = guest_split(&self->vm), second = GUEST_DATA + PAGE;
	struct test_vcpu *vcpu = &self->vcpu;
	uint8_t *at = fill(self, GUEST_DATA, 2 * PAGE);
	struct guest_trap trap;

	pt[second / PAGE] &= ~PTE_P;
	begin(self, MODE_LONG, rep_out_2[MODE_LONG], second - 7, 10);
	ASSERT_EQ(VEC_PF, drive(self));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(3, self->device.accesses);
	EXPECT_EQ(0, trap.error);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(second, guest_cregs(vcpu)->cr2);
	EXPECT_EQ(7, vcpu->sync->regs.rcx);
	EXPECT_EQ(second - 1, vcpu->sync->regs.rsi);
	/* Repaired, it goes on where it was. */
	pt[second / PAGE] |= PTE_P;
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(10, self->device.accesses);
	EXPECT_EQ(0, memcmp(at + PAGE - 7, self->device.written, 20));

	pt[second / PAGE] &= ~PTE_W;
	begin(self, MODE_LONG, rep_in_1[MODE_LONG], second - 5, 10);
	guest_cregs(vcpu)->cr0 |= CR0_WP;
	ASSERT_EQ(VEC_PF, drive(self));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(5, self->device.accesses);
	EXPECT_EQ(PF_P | PF_W, trap.error);
	EXPECT_EQ(second, guest_cregs(vcpu)->cr2);
	EXPECT_EQ(5, vcpu->sync->regs.rcx);
	EXPECT_EQ(second, vcpu->sync->regs.rdi);
}

/* SDM "Accessed and Dirty Flags": the module makes the access in the guest's stead. */
TEST_F(string, the_operands_page_becomes_accessed_and_dirty)
{
	uint64_t *pt = guest_split(&self->vm), index = GUEST_FREE / PAGE;
	uint64_t flags = PTE_P | PTE_W | PTE_U;

	pt[index] = GUEST_FREE | flags;
	pt[index + 1] = (GUEST_FREE + PAGE) | flags;
	begin(self, MODE_LONG, rep_out_1[MODE_LONG], GUEST_FREE, 4);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(GUEST_FREE | flags | PTE_A, pt[index]);
	EXPECT_EQ((GUEST_FREE + PAGE) | flags, pt[index + 1]);
	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_FREE + PAGE - 2, 4);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(GUEST_FREE | flags | PTE_A | PTE_D, pt[index]);
	EXPECT_EQ((GUEST_FREE + PAGE) | flags | PTE_A | PTE_D, pt[index + 1]);

	/* A fault leaves no trace. */
	pt[index] = GUEST_FREE | PTE_P | PTE_U;
	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_FREE, 4);
	guest_cregs(&self->vcpu)->cr0 |= CR0_WP;
	ASSERT_EQ(VEC_PF, drive(self));
	EXPECT_EQ(GUEST_FREE | PTE_P | PTE_U, pt[index]);
}

TEST_F(string, an_operand_without_memory_is_a_memory_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_memory *memory = &vcpu->exit->memory;

	begin(self, MODE_LONG, rep_out_1[MODE_LONG], READONLY_GPA + PAGE - 2, 5);
	self->readonly[PAGE - 2] = 0x12;
	self->readonly[PAGE - 1] = 0x34;
	ASSERT_EQ(EXIT_MEMORY, drive(self));
	EXPECT_EQ(2, self->device.accesses);
	EXPECT_EQ(0x12, self->device.written[0]);
	EXPECT_EQ(0x34, self->device.written[1]);
	EXPECT_EQ(READONLY_GPA + PAGE, memory->gpa);
	EXPECT_EQ(READONLY_GPA + PAGE, memory->gla);
	EXPECT_EQ(XVCPU_ACCESS_READ | XVCPU_ACCESS_GLA, memory->access);
	EXPECT_EQ(0, memory->error);
	EXPECT_EQ(3, vcpu->sync->regs.rcx);
	EXPECT_EQ(READONLY_GPA + PAGE, vcpu->sync->regs.rsi);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	/* Nothing was done about it: again. */
	ASSERT_EQ(EXIT_MEMORY, drive(self));
	EXPECT_EQ(3, vcpu->sync->regs.rcx);

	begin(self, MODE_LONG, rep_in_1[MODE_LONG], READONLY_GPA, 5);
	ASSERT_EQ(EXIT_MEMORY, drive(self));
	EXPECT_EQ(0, self->device.accesses);
	EXPECT_EQ(READONLY_GPA, memory->gpa);
	EXPECT_EQ(XVCPU_ACCESS_WRITE | XVCPU_ACCESS_GLA, memory->access);
	EXPECT_EQ(0, self->readonly[0]);
}

/* As the processor's own accesses do. */
TEST_F(string, page_tables_are_marked)
{
	uint64_t *pt = guest_split(&self->vm);
	uint64_t *pte = &pt[GUEST_FREE / PAGE];

	begin(self, MODE_LONG, out_1[MODE_LONG], GUEST_FREE, 1);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(PTE_A, *pte & (PTE_A | PTE_D));
	begin(self, MODE_LONG, in_1[MODE_LONG], GUEST_FREE, 1);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(PTE_A | PTE_D, *pte & (PTE_A | PTE_D));
	EXPECT_EQ(0, pt[GUEST_FREE / PAGE + 1] & (PTE_A | PTE_D));
}

TEST_F(string, the_segment_is_checked)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	/* The limit comes in the middle. */
	begin(self, MODE_PROT32, rep_out_1[MODE_PROT32], GUEST_DATA, 20);
	guest_sregs(vcpu)->ds.limit = GUEST_DATA + 11;
	vcpu->sync->sregs.ds.ar &= ~0x8000;	/* G */
	ASSERT_EQ(VEC_GP, drive(self));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0, trap.error);
	EXPECT_EQ(12, self->device.accesses);
	EXPECT_EQ(8, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_DATA + 12, vcpu->sync->regs.rsi);

	begin(self, MODE_PROT32, &ss_out_1, GUEST_DATA + 12, 20);
	guest_sregs(vcpu)->ss.limit = GUEST_DATA + 11;
	vcpu->sync->sregs.ss.ar &= ~0x8000;
	EXPECT_EQ(VEC_SS, drive(self));

	/* Not writable: OUTS may, INS may not. */
	begin(self, MODE_PROT32, rep_in_1[MODE_PROT32], GUEST_DATA, 1);
	guest_sregs(vcpu)->es.ar &= ~2;
	EXPECT_EQ(VEC_GP, drive(self));
	begin(self, MODE_PROT32, rep_out_1[MODE_PROT32], GUEST_DATA, 1);
	guest_sregs(vcpu)->ds.ar &= ~2;
	EXPECT_EQ(NO_TRAP, drive(self));
	/* Expand-down: what is below the limit is outside. */
	begin(self, MODE_PROT32, rep_in_1[MODE_PROT32], GUEST_DATA, 2);
	guest_sregs(vcpu)->es.ar |= 4;
	vcpu->sync->sregs.es.ar &= ~0x8000;
	vcpu->sync->sregs.es.limit = GUEST_DATA;
	EXPECT_EQ(VEC_GP, drive(self));
	begin(self, MODE_PROT32, rep_in_1[MODE_PROT32], GUEST_DATA + 1, 2);
	guest_sregs(vcpu)->es.ar |= 4;
	vcpu->sync->sregs.es.ar &= ~0x8000;
	vcpu->sync->sregs.es.limit = GUEST_DATA;
	EXPECT_EQ(NO_TRAP, drive(self));
	/* A null selector. */
	begin(self, MODE_PROT32, rep_in_1[MODE_PROT32], GUEST_DATA, 1);
	guest_sregs(vcpu)->es.unusable = 1;
	vcpu->sync->sregs.es.selector = 0;
	EXPECT_EQ(VEC_GP, drive(self));
	EXPECT_EQ(0, self->device.exits);
	/* In 64-bit mode it makes no difference. */
	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_DATA, 1);
	guest_sregs(vcpu)->es.unusable = 1;
	vcpu->sync->sregs.es.selector = 0;
	EXPECT_EQ(NO_TRAP, drive(self));
}

TEST_F(string, prefixes_choose_the_segment)
{
	uint8_t *at = fill(self, GUEST_DATA, 64);

	begin(self, MODE_LONG, &fs_out_1, 0x1000, 3);
	guest_sregs(&self->vcpu)->fs.base = GUEST_DATA - 0x1000 + 5;
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, memcmp(at + 5, self->device.written, 3));
	EXPECT_EQ(0x1003, self->vcpu.sync->regs.rsi);

	begin(self, MODE_PROT32, &cs_out_1, GUEST_DATA + 9, 3);
	guest_sregs(&self->vcpu)->ds.base = 0x1000;
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, memcmp(at + 9, self->device.written, 3));
	/* And without one it is DS, in real mode by its base. */
	begin(self, MODE_REAL, rep_out_1[MODE_REAL], GUEST_DATA - 0x100 + 2, 3);
	guest_sregs(&self->vcpu)->ds.base = 0x100;
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(0, memcmp(at + 2, self->device.written, 3));
}

TEST_F(string, a_non_canonical_operand_is_gp)
{
	begin(self, MODE_LONG, rep_out_1[MODE_LONG], 0x800000000000, 3);
	EXPECT_EQ(VEC_GP, drive(self));
	EXPECT_EQ(0, self->device.exits);
	EXPECT_EQ(3, self->vcpu.sync->regs.rcx);
}

TEST_F(string, alignment_is_checked_at_cpl_3)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int ac;

	for (ac = 0; ac < 2; ac++) {
		begin(self, MODE_LONG, out_4[MODE_LONG], GUEST_DATA + 2, 1);
		guest_user(vcpu);
		guest_cregs(vcpu)->cr0 |= CR0_AM;
		guest_regs(vcpu)->rflags |= 3 << 12 | (ac ? 1 << 18 : 0);
		/* Without: to the HLT, which CPL 3 may not do. */
		EXPECT_EQ(ac ? VEC_AC : VEC_GP, drive(self));
		EXPECT_EQ(!ac, self->device.accesses);
	}
}

TEST_F(string, iopl_comes_first)
{
	begin(self, MODE_LONG, rep_out_1[MODE_LONG], GUEST_DATA, 1);
	guest_user(&self->vcpu);
	EXPECT_EQ(VEC_GP, drive(self));
	EXPECT_EQ(0, self->device.exits);
	EXPECT_EQ(1, self->vcpu.sync->regs.rcx);
}

TEST_F(string, single_step_traps_after_each_iteration)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	/* Without it first, to have the pages mapped: Bochs makes a fetch that faults a step. */
	begin(self, MODE_LONG, rep_out_1[MODE_LONG], GUEST_DATA, 3);
	ASSERT_EQ(NO_TRAP, drive(self));
	begin(self, MODE_LONG, rep_out_1[MODE_LONG], GUEST_DATA, 3);
	guest_regs(vcpu)->rflags |= RFLAGS_TF;
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(VEC_DB, drive(self));
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(i, self->device.accesses);
		EXPECT_EQ(3 - i, vcpu->sync->regs.rcx);
		EXPECT_EQ(i < 3 ? GUEST_CODE_AT : GUEST_CODE_AT + 2, trap.rip);
		guest_return(vcpu, &trap, 0);
	}
}

TEST_F(string, an_interrupt_comes_between_batches)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	begin(self, MODE_LONG, &sti_rep_in_1, GUEST_DATA + PAGE - 4, 10);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(4, vcpu->exit->io.count);
	EXPECT_TRUE(vcpu->exit->flags & XVCPU_EXIT_FLAG_READY);
	serve(self);
	ASSERT_EQ(0, vcpu_interrupt(vcpu, VEC_IRQ));
	ASSERT_EQ(VEC_IRQ, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 2, trap.rip);
	EXPECT_EQ(6, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_DATA + PAGE, vcpu->sync->regs.rdi);
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(10, self->device.accesses);
}

TEST_F(string, a_kick_and_a_signal_lose_nothing)
{
	struct test_vcpu *vcpu = &self->vcpu;

	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_DATA + PAGE - 4, 10);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	serve(self);
	ASSERT_EQ(0, vcpu_kick(vcpu));
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(vcpu));
	EXPECT_EQ(6, vcpu->sync->regs.rcx);
	vcpu->request->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(vcpu));
	EXPECT_EQ(6, vcpu->sync->regs.rcx);
	vcpu->request->immediate_exit = 0;
	ASSERT_EQ(NO_TRAP, drive(self));
	EXPECT_EQ(10, self->device.accesses);
	EXPECT_EQ(9, *(uint8_t *)guest_at(&self->vm, GUEST_DATA + PAGE + 5));
}

TEST_F(string, the_other_answers)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_DATA, 4);
	memset(guest_at(&self->vm, GUEST_DATA), 0x55, 8);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	serve(self);
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(4, vcpu->sync->regs.rcx);
	EXPECT_EQ(0x55, *(uint8_t *)guest_at(&self->vm, GUEST_DATA));
	serve(self);
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0x10;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(4, vcpu->sync->regs.rcx);
	EXPECT_EQ(0x55, *(uint8_t *)guest_at(&self->vm, GUEST_DATA));
	guest_return(vcpu, &trap, 0);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	vcpu->sync->regs.rcx = 77;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(77, vcpu->sync->regs.rcx);
	EXPECT_EQ(GUEST_DATA, vcpu->sync->regs.rdi);
}

/* DONE writes RDI and RCX whatever dirty registers say, and leaves the others to them. */
TEST_F(string, the_result_wins_over_dirty_registers)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs *regs;

	begin(self, MODE_LONG, rep_in_1[MODE_LONG], GUEST_DATA, 4);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	serve(self);
	regs = guest_regs(vcpu);
	regs->rcx = 0x1000;
	regs->rdi = NO_GPA;
	regs->rsi = 0x1234;
	regs->rip = 0xdead;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, regs->rcx);
	EXPECT_EQ(GUEST_DATA + 4, regs->rdi);
	EXPECT_EQ(0x1234, regs->rsi);
	EXPECT_EQ(3, *(uint8_t *)guest_at(&self->vm, GUEST_DATA + 3));
}

TEST_F(string, only_the_data_is_read_back)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_io *io = &vcpu->exit->io;
	uint8_t *at = guest_at(&self->vm, GUEST_DATA);

	memset(at, 0x55, 64);
	begin(self, MODE_LONG, rep_in_2[MODE_LONG], GUEST_DATA, 4);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	serve(self);
	io->count = 0xffffffff;
	io->size = 255;
	io->flags = XVCPU_IO_OUT;
	io->data_offset = 0xfffffff0;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(7, at[7]);
	EXPECT_EQ(0x55, at[8]);
	EXPECT_EQ(GUEST_DATA + 8, vcpu->sync->regs.rdi);
}

/* A failed RUN changes nothing: the exit waits until its memory is there. */
TEST_F(string, memory_that_went_before_ins_was_completed)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint8_t *page = pages_alloc(PAGE, MAP_PRIVATE);
	struct xvcpu_pending pending;

	ASSERT_EQ(0, vm_slot(&self->vm, 2, NO_GPA, PAGE, page, 0));
	begin(self, MODE_LONG, rep_in_4[MODE_LONG], NO_GPA, 4);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	serve(self);
	ASSERT_EQ(0, vm_slot(&self->vm, 2, 0, 0, NULL, 0));
	guest_regs(vcpu)->rbx = 0x77;
	ASSERT_EQ(-EFAULT, vcpu_run(vcpu));
	EXPECT_EQ(XVCPU_ERR_MEMORY, vcpu->exit->error.code);
	EXPECT_EQ(NO_GPA, vcpu->exit->error.value);
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending)));
	EXPECT_EQ(XVCPU_EXIT_IO, pending.reason);
	EXPECT_NE(0, vcpu->request->dirty);
	ASSERT_EQ(0, vm_slot(&self->vm, 2, NO_GPA, PAGE, page, XVCPU_SLOT_READONLY));
	ASSERT_EQ(-EFAULT, vcpu_run(vcpu));
	EXPECT_EQ(0, page[1]);
	ASSERT_EQ(0, vm_slot(&self->vm, 2, NO_GPA, PAGE, page, 0));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(15, page[15]);
	EXPECT_EQ(NO_GPA + 16, vcpu->sync->regs.rdi);
	EXPECT_EQ(0x77, vcpu->sync->regs.rbx);
}

TEST_HARNESS_MAIN

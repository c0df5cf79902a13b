// SPDX-License-Identifier: GPL-2.0-only
/*
 * IN and OUT: what the exit says, how the answer is merged, the four answers.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define RAX		0xfedcba9876543210ull

/* Bare instructions; the test puts what follows. */
GUEST_CODE_MODES(out_imm_1, "out %al, $0x42; hlt");
GUEST_CODE_MODES(out_imm_2, "out %ax, $0x42; hlt");
GUEST_CODE_MODES(out_imm_4, "out %eax, $0x42; hlt");
GUEST_CODE_MODES(out_dx_1, "out %al, %dx; hlt");
GUEST_CODE_MODES(out_dx_2, "out %ax, %dx; hlt");
GUEST_CODE_MODES(out_dx_4, "out %eax, %dx; hlt");
GUEST_CODE_MODES(in_imm_1, "in $0x42, %al; hlt");
GUEST_CODE_MODES(in_imm_2, "in $0x42, %ax; hlt");
GUEST_CODE_MODES(in_imm_4, "in $0x42, %eax; hlt");
GUEST_CODE_MODES(in_dx_1, "in %dx, %al; hlt");
GUEST_CODE_MODES(in_dx_2, "in %dx, %ax; hlt");
GUEST_CODE_MODES(in_dx_4, "in %dx, %eax; hlt");
GUEST_CODE(in_then_nops, 64, "in %dx, %al; nop; nop; hlt");
GUEST_CODE(out_twice, 64, "out %al, $0x10; out %al, $0x11; hlt");
GUEST_CODE(sti_out, 64, "sti; out %al, $0x10; hlt");
GUEST_CODE(mov_ss_out, 64, "mov %eax, %ss; out %al, $0x10; nop; nop; hlt");

struct io_case {
	const struct guest_code *const *code;
	uint8_t size;
	bool dx;
};

static const struct io_case outs[] = {
	{ out_imm_1, 1, false }, { out_imm_2, 2, false }, { out_imm_4, 4, false },
	{ out_dx_1, 1, true }, { out_dx_2, 2, true }, { out_dx_4, 4, true },
};

static const struct io_case ins[] = {
	{ in_imm_1, 1, false }, { in_imm_2, 2, false }, { in_imm_4, 4, false },
	{ in_dx_1, 1, true }, { in_dx_2, 2, true }, { in_dx_4, 4, true },
};

#define CASES	6

FIXTURE(io) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(io)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(io)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static uint64_t mask_of(unsigned int size)
{
	return (1ull << (8 * size)) - 1;
}

/* To the exit of @code in @mode, with RAX as above and DX = @port. */
static int start(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code,
		 uint16_t port)
{
	struct xvcpu_regs *regs;

	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	regs = guest_regs(vcpu);
	regs->rax = RAX;
	regs->rdx = 0xdddd0000 | port;
	return guest_run(vcpu);
}

static void answer(struct test_vcpu *vcpu, enum xvcpu_answer how)
{
	vcpu->request->answer = how;
}

TEST_F(io, out_tells_port_size_and_value)
{
	volatile struct xvcpu_exit_io *io = &self->vcpu.exit->io;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < CASES; i++) {
			const struct guest_code *code = outs[i].code[mode];

			ASSERT_EQ(EXIT_IO, start(&self->vcpu, mode, code, 0xfff8));
			EXPECT_EQ(outs[i].dx ? 0xfff8 : 0x42, io->port);
			EXPECT_EQ(outs[i].size, io->size) { TH_LOG("%s", code->name); }
			EXPECT_EQ(XVCPU_IO_OUT, io->flags);
			EXPECT_EQ(1, io->count);
			EXPECT_EQ(RAX & mask_of(outs[i].size), io->data);
			EXPECT_EQ(0, io->data_offset);
			EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, self->vcpu.exit->flags);
			EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
			io->data = 0x5555555555555555;	/* OUT has no use for it */
			ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
			EXPECT_EQ(GUEST_CODE_AT + (code->end - code->begin),
				  self->vcpu.sync->regs.rip);
			EXPECT_EQ(RAX, self->vcpu.sync->regs.rax);
		}
	}
}

/* AL and AX are merged; EAX clears the upper half (SDM volume 1, "General-Purpose Registers"). */
TEST_F(io, in_merges_the_answer_into_rax)
{
	volatile struct xvcpu_exit_io *io = &self->vcpu.exit->io;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < CASES; i++) {
			const struct guest_code *code = ins[i].code[mode];
			uint64_t keep = ins[i].size == 4 ? 0 : ~mask_of(ins[i].size);

			ASSERT_EQ(EXIT_IO, start(&self->vcpu, mode, code, 0x3f8));
			EXPECT_EQ(ins[i].dx ? 0x3f8 : 0x42, io->port);
			EXPECT_EQ(ins[i].size, io->size) { TH_LOG("%s", code->name); }
			EXPECT_EQ(0, io->flags);
			EXPECT_EQ(0, io->data);
			EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
			io->data = 0x1122334455667788;
			ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
			EXPECT_EQ((RAX & keep) | (0x1122334455667788 & mask_of(ins[i].size)),
				  self->vcpu.sync->regs.rax) {
				TH_LOG("%s", code->name);
			}
			EXPECT_EQ(0xdddd03f8, self->vcpu.sync->regs.rdx);
		}
	}
}

TEST_F(io, every_port_can_be_named)
{
	uint32_t port;

	for (port = 1; port < 0x10000; port <<= 1) {
		ASSERT_EQ(EXIT_IO, start(&self->vcpu, MODE_LONG, out_dx_1[MODE_LONG], port));
		EXPECT_EQ(port, self->vcpu.exit->io.port);
	}
	ASSERT_EQ(EXIT_IO, start(&self->vcpu, MODE_LONG, out_dx_4[MODE_LONG], 0xffff));
	EXPECT_EQ(0xffff, self->vcpu.exit->io.port);
	ASSERT_EQ(EXIT_IO, start(&self->vcpu, MODE_LONG, out_dx_1[MODE_LONG], 0));
	EXPECT_EQ(0, self->vcpu.exit->io.port);
}

TEST_F(io, a_dirty_rax_is_loaded_before_the_answer_is_merged)
{
	ASSERT_EQ(EXIT_IO, start(&self->vcpu, MODE_LONG, in_dx_1[MODE_LONG], 1));
	guest_regs(&self->vcpu)->rax = 0x7777777777777777;
	self->vcpu.sync->regs.rbx = 0x1234;
	self->vcpu.sync->regs.rip = 0xdead;	/* DONE goes behind the instruction all the same */
	self->vcpu.exit->io.data = 0xab;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x77777777777777ab, self->vcpu.sync->regs.rax);
	EXPECT_EQ(0x1234, self->vcpu.sync->regs.rbx);
	EXPECT_EQ(GUEST_CODE_AT + 2, self->vcpu.sync->regs.rip);
}

/* The kernel goes by its own record of the exit. */
TEST_F(io, only_the_data_of_the_exit_section_is_read_back)
{
	volatile struct xvcpu_exit_io *io = &self->vcpu.exit->io;

	ASSERT_EQ(EXIT_IO, start(&self->vcpu, MODE_LONG, in_dx_1[MODE_LONG], 1));
	io->size = 4;
	io->flags = XVCPU_IO_OUT;
	io->port = 99;
	io->count = 1000;
	self->vcpu.exit->reason = XVCPU_EXIT_MMIO;
	self->vcpu.exit->flags = 0;
	io->data = ~0ull;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(RAX | 0xff, self->vcpu.sync->regs.rax);
}

TEST_F(io, retry_executes_the_instruction_again)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, in_dx_1[MODE_LONG], 5));
	answer(vcpu, XVCPU_ANSWER_RETRY);
	vcpu->exit->io.data = 0xff;
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(5, vcpu->exit->io.port);
	EXPECT_EQ(XVCPU_ANSWER_DONE, vcpu->request->answer);
	/* With other registers, another access. */
	guest_regs(vcpu)->rdx = 6;
	answer(vcpu, XVCPU_ANSWER_RETRY);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(6, vcpu->exit->io.port);
	EXPECT_EQ(RAX, vcpu->sync->regs.rax);
	vcpu->exit->io.data = 1;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ((RAX & ~0xffull) | 1, vcpu->sync->regs.rax);
}

TEST_F(io, skipped_takes_what_the_vmm_wrote)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, &in_then_nops, 5));
	answer(vcpu, XVCPU_ANSWER_SKIPPED);
	vcpu->exit->io.data = 0xff;
	guest_regs(vcpu)->rax = 0x33;
	vcpu->sync->regs.rip += 2;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x33, vcpu->sync->regs.rax);
	EXPECT_EQ(GUEST_CODE_AT + 4, vcpu->sync->regs.rip);
}

TEST_F(io, skipped_without_registers_is_refused_and_the_exit_still_waits)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, in_dx_1[MODE_LONG], 5));
	answer(vcpu, XVCPU_ANSWER_SKIPPED);
	ASSERT_EQ(-EINVAL, vcpu_run(vcpu));
	EXPECT_EQ(XVCPU_ERR_MISSING, vcpu->exit->error.code);
	EXPECT_EQ(self->vm.info.run_request + offsetof(struct xvcpu_run_request, dirty),
		  vcpu->exit->error.field);
	answer(vcpu, 77);
	ASSERT_EQ(-EINVAL, vcpu_run(vcpu));
	EXPECT_EQ(XVCPU_ERR_RANGE, vcpu->exit->error.code);
	EXPECT_EQ(77, vcpu->exit->error.value);
	EXPECT_EQ(self->vm.info.run_request + offsetof(struct xvcpu_run_request, answer),
		  vcpu->exit->error.field);
	answer(vcpu, XVCPU_ANSWER_DONE);
	vcpu->exit->io.data = 0x99;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ((RAX & ~0xffull) | 0x99, vcpu->sync->regs.rax);
}

TEST_F(io, exception_is_raised_at_the_instruction)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, in_dx_1[MODE_LONG], 5));
	answer(vcpu, XVCPU_ANSWER_EXCEPTION);
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0x1230;
	vcpu->exit->io.data = 0xff;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0x1230, trap.error);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(RAX, vcpu->sync->regs.rax);
}

TEST_F(io, each_instruction_is_completed_once)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, &out_twice, 0));
	EXPECT_EQ(0x10, vcpu->exit->io.port);
	/* Completed, but the guest is not entered. */
	vcpu->request->immediate_exit = 1;
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	ASSERT_EQ(-EINTR, vcpu_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	vcpu->request->immediate_exit = 0;
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(0x11, vcpu->exit->io.port);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(io, iopl_and_the_permission_bitmap_come_first)
{
	static const enum guest_mode modes[] = {
		MODE_PROT32, MODE_PAGED32, MODE_PAE, MODE_COMPAT, MODE_LONG,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		guest_mode(vcpu, modes[i]);
		guest_load(&self->vm, GUEST_CODE_AT, out_imm_1[modes[i]]);
		guest_user(vcpu);
		EXPECT_EQ(VEC_GP, guest_run(vcpu));
		guest_mode(vcpu, modes[i]);
		guest_user(vcpu);
		guest_regs(vcpu)->rflags |= 3 << 12;	/* IOPL */
		EXPECT_EQ(EXIT_IO, guest_run(vcpu)) {
			TH_LOG("%s", guest_mode_names[modes[i]]);
		}
		EXPECT_EQ(VEC_GP, guest_run(vcpu));	/* HLT at CPL 3 */
	}
}

/*
 * MOV SS holds #DB back for one instruction, which the exit completes: the single step's trap comes
 * behind it, not one instruction later.
 */
TEST_F(io, completion_ends_blocking_by_mov_ss)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	/* Without it first, so that the page is mapped: Bochs makes a fetch that faults a step. */
	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &mov_ss_out);
	guest_regs(vcpu)->rax = SEL_DATA;
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	guest_regs(vcpu)->rflags |= RFLAGS_TF;
	vcpu->sync->regs.rip = GUEST_CODE_AT;
	answer(vcpu, XVCPU_ANSWER_RETRY);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT + 2, vcpu->sync->regs.rip);
	ASSERT_EQ(VEC_DB, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT + 4, trap.rip);
}

/* STI blocks interrupts for one instruction, and entry refuses that with IF clear. */
TEST_F(io, clearing_if_ends_blocking_by_sti)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_IO, start(vcpu, MODE_LONG, &sti_out, 0));
	EXPECT_EQ(GUEST_CODE_AT + 1, vcpu->sync->regs.rip);
	EXPECT_EQ(RFLAGS_IF, vcpu->sync->regs.rflags & RFLAGS_IF);
	guest_regs(vcpu)->rflags = RFLAGS_1;
	answer(vcpu, XVCPU_ANSWER_RETRY);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->sync->regs.rflags & RFLAGS_IF);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO: what the module decodes, in every mode and width; what it leaves to the VMM as raw bytes;
 * and the answers to both.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_MMIO	OTHER_EXIT(XVCPU_EXIT_MMIO)
#define MMIO_AT		0x300000u	/* behind the VM's memory, mapped to itself in every mode */
#define OFFSET		0x40u
#define DATA		0x8899aabbccddeeffull
#define RAX		0x1122334455667788ull

/*
 * The tests' code addresses memory through SI, ESI or RSI, and DI for strings. Where that is 16
 * bits, DS and ES begin at MMIO_AT.
 */
GUEST_CODE_AT_RSI(load_1, "mov ", ", %al; hlt");
GUEST_CODE_AT_RSI(load_2, "mov ", ", %ax; hlt");
GUEST_CODE_AT_RSI(load_4, "mov ", ", %eax; hlt");
GUEST_CODE_AT_RSI(load_ah, "mov ", ", %ah; hlt");
GUEST_CODE_AT_RSI(store_1, "mov %al, ", "; hlt");
GUEST_CODE_AT_RSI(store_2, "mov %ax, ", "; hlt");
GUEST_CODE_AT_RSI(store_4, "mov %eax, ", "; hlt");
GUEST_CODE_AT_RSI(store_ah, "mov %ah, ", "; hlt");
GUEST_CODE_AT_RSI(store_imm_1, "movb $0x9a, ", "; hlt");
GUEST_CODE_AT_RSI(store_imm_2, "movw $0x9abc, ", "; hlt");
GUEST_CODE_AT_RSI(store_imm_4, "movl $0x9abcdef0, ", "; hlt");
GUEST_CODE_AT_RSI(movzx_1_2, "movzbw ", ", %ax; hlt");
GUEST_CODE_AT_RSI(movzx_1_4, "movzbl ", ", %eax; hlt");
GUEST_CODE_AT_RSI(movzx_2_4, "movzwl ", ", %eax; hlt");
GUEST_CODE_AT_RSI(movsx_1_2, "movsbw ", ", %ax; hlt");
GUEST_CODE_AT_RSI(movsx_1_4, "movsbl ", ", %eax; hlt");
GUEST_CODE_AT_RSI(movsx_2_4, "movswl ", ", %eax; hlt");
GUEST_CODE(load_8, 64, "mov (%rsi), %rax; hlt");
GUEST_CODE(store_8, 64, "mov %rax, (%rsi); hlt");
GUEST_CODE(store_imm_8, 64, "movq $-2, (%rsi); hlt");
GUEST_CODE(movzx_1_8, 64, "movzbq (%rsi), %rax; hlt");
GUEST_CODE(movsx_2_8, 64, "movswq (%rsi), %rax; hlt");
GUEST_CODE(movsxd, 64, "movslq (%rsi), %rax; hlt");
GUEST_CODE_MODES(stos_1, "stosb; hlt");
GUEST_CODE_MODES(stos_2, "stosw; hlt");
GUEST_CODE_MODES(stos_4, "stosl; hlt");
GUEST_CODE(stos_8, 64, "stosq; hlt");
GUEST_CODE_MODES(rep_stos_1, "rep stosb; hlt");
GUEST_CODE_MODES(rep_stos_2, "rep stosw; hlt");
GUEST_CODE_MODES(rep_stos_4, "rep stosl; hlt");
GUEST_CODE(rep_stos_8, 64, "rep stosq; hlt");

/* Addresses by other means. */
GUEST_CODE(by_displacement, 64, "mov 0x1000(%rbx, %rcx, 4), %r15d; hlt");
GUEST_CODE(by_moffs, 64, "movabs 0x300040, %eax; hlt");
GUEST_CODE(by_rip, 64, "mov 0x300040 - 0x4000 - 6(%rip), %eax; hlt");
GUEST_CODE(by_fs, 64, "mov %fs:(%rsi), %eax; hlt");
GUEST_CODE(by_addr32, 64, "mov (%esi), %eax; hlt");
GUEST_CODE(by_disp16, 16, "mov 0x40, %eax; hlt");

/* What is left to the VMM. */
GUEST_CODE(shll, 64, "shll (%rsi); hlt");
GUEST_CODE(mull, 64, "mull (%rsi); hlt");
GUEST_CODE(cmpxchg8b, 64, "lock cmpxchg8b (%rsi); hlt");
GUEST_CODE(lods, 64, "lodsb; hlt");
GUEST_CODE(push_mem, 64, "pushq (%rsi); hlt");
GUEST_CODE(sse_load, 64, "movups (%rsi), %xmm0; hlt");
GUEST_CODE(x87_load, 64, "fldl (%rsi); hlt");

struct load_case {
	const struct guest_code *const *code;
	uint8_t size;
	uint64_t result;	/* RAX before, DATA read */
};

static const struct load_case loads[] = {
	{ load_1, 1, (RAX & ~0xffull) | 0xff },
	{ load_2, 2, (RAX & ~0xffffull) | 0xeeff },
	{ load_4, 4, 0xccddeeff },
	{ load_ah, 1, (RAX & ~0xff00ull) | 0xff00 },
	{ movzx_1_2, 1, (RAX & ~0xffffull) | 0xff },
	{ movzx_1_4, 1, 0xff },
	{ movzx_2_4, 2, 0xeeff },
	{ movsx_1_2, 1, RAX | 0xffff },
	{ movsx_1_4, 1, 0xffffffff },
	{ movsx_2_4, 2, 0xffffeeff },
};

static const struct {
	const struct guest_code *code;
	uint8_t size;
	uint64_t result;
} loads_64[] = {
	{ &load_8, 8, DATA }, { &movzx_1_8, 1, 0xff }, { &movsx_2_8, 2, 0xffffffffffffeeff },
	{ &movsxd, 4, 0xffffffffccddeeff },
};

struct store_case {
	const struct guest_code *const *code;
	uint8_t size;
	uint64_t data;
};

static const struct store_case stores[] = {
	{ store_1, 1, 0x88 }, { store_2, 2, 0x7788 }, { store_4, 4, 0x55667788 },
	{ store_ah, 1, 0x77 }, { store_imm_1, 1, 0x9a }, { store_imm_2, 2, 0x9abc },
	{ store_imm_4, 4, 0x9abcdef0 },
	{ stos_1, 1, 0x88 }, { stos_2, 2, 0x7788 }, { stos_4, 4, 0x55667788 },
};

static const struct {
	const struct guest_code *code;
	uint64_t data;
} stores_64[] = {
	{ &store_8, RAX }, { &store_imm_8, -2ull }, { &stos_8, RAX },
};

FIXTURE(mmio) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(mmio)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(mmio)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static bool is_16bit(enum guest_mode mode)
{
	return mode == MODE_REAL || mode == MODE_PROT16;
}

/* Ready to run @code, whose operand is OFFSET bytes into the MMIO range. */
static void prepare(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	struct xvcpu_regs *regs;

	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	regs = guest_regs(vcpu);
	regs->rax = RAX;
	regs->rsi = OFFSET;
	if (is_16bit(mode)) {
		guest_sregs(vcpu)->ds.base = MMIO_AT;
		vcpu->sync->sregs.es.base = MMIO_AT;
	} else {
		regs->rsi += MMIO_AT;
	}
	regs->rdi = regs->rsi;
}

static int start(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	prepare(vcpu, mode, code);
	return guest_run(vcpu);
}

static uint64_t written(struct test_vcpu *vcpu)
{
	uint64_t data = 0, i;

	for (i = 0; i < 8; i++)
		data |= (uint64_t)vcpu->exit->mmio.data[i] << (8 * i);
	return data;
}

static void give(struct test_vcpu *vcpu, uint64_t data)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		vcpu->exit->mmio.data[i] = data >> (8 * i);
}

/* What every decoded exit says of the instruction at GUEST_CODE_AT, which a HLT follows. */
static void expect_decoded(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			   const struct guest_code *code, uint64_t gpa, unsigned int size,
			   bool write)
{
	volatile struct xvcpu_exit_mmio *mmio = &vcpu->exit->mmio;
	unsigned int length = code->end - code->begin - 1;

	EXPECT_EQ(XVCPU_MMIO_DECODED | (write ? XVCPU_MMIO_WRITE : 0),
		  mmio->flags & ~XVCPU_MMIO_GLA) {
		TH_LOG("%s", code->name);
	}
	EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
	EXPECT_EQ(gpa, mmio->gpa) { TH_LOG("%s", code->name); }
	EXPECT_EQ(size, mmio->size) { TH_LOG("%s", code->name); }
	EXPECT_EQ(length, mmio->insn_len) { TH_LOG("%s", code->name); }
	EXPECT_EQ(15, mmio->insn_bytes);
	EXPECT_EQ(0, memcmp((void *)mmio->insn, code->begin, length));
	if (mmio->flags & XVCPU_MMIO_GLA)
		EXPECT_EQ(gpa, mmio->gla);	/* mapped to itself */
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
}

TEST_F(mmio, loads_of_every_width_in_every_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(loads); i++) {
			const struct guest_code *code = loads[i].code[mode];

			ASSERT_EQ(EXIT_MMIO, start(vcpu, mode, code)) {
				TH_LOG("%s, %s", code->name, guest_mode_names[mode]);
			}
			expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET, loads[i].size,
				       false);
			EXPECT_EQ(0, written(vcpu));
			give(vcpu, DATA);
			ASSERT_EQ(NO_TRAP, guest_run(vcpu));
			EXPECT_EQ(loads[i].result, vcpu->sync->regs.rax) {
				TH_LOG("%s, %s", code->name, guest_mode_names[mode]);
			}
			EXPECT_EQ(GUEST_CODE_AT + (code->end - code->begin),
				  vcpu->sync->regs.rip);
		}
	}
	for (i = 0; i < ARRAY_SIZE(loads_64); i++) {
		const struct guest_code *code = loads_64[i].code;

		ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, code)) { TH_LOG("%s", code->name); }
		expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET, loads_64[i].size, false);
		give(vcpu, DATA);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(loads_64[i].result, vcpu->sync->regs.rax) { TH_LOG("%s", code->name); }
	}
}

TEST_F(mmio, stores_of_every_width_in_every_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(stores); i++) {
			const struct guest_code *code = stores[i].code[mode];

			ASSERT_EQ(EXIT_MMIO, start(vcpu, mode, code)) {
				TH_LOG("%s, %s", code->name, guest_mode_names[mode]);
			}
			expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET, stores[i].size,
				       true);
			EXPECT_EQ(stores[i].data, written(vcpu)) { TH_LOG("%s", code->name); }
			give(vcpu, 0);		/* a store has no use for it */
			ASSERT_EQ(NO_TRAP, guest_run(vcpu));
			EXPECT_EQ(RAX, vcpu->sync->regs.rax);
			EXPECT_EQ(GUEST_CODE_AT + (code->end - code->begin),
				  vcpu->sync->regs.rip);
		}
	}
	for (i = 0; i < ARRAY_SIZE(stores_64); i++) {
		const struct guest_code *code = stores_64[i].code;

		ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, code)) { TH_LOG("%s", code->name); }
		expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET, 8, true);
		EXPECT_EQ(stores_64[i].data, written(vcpu)) { TH_LOG("%s", code->name); }
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	}
}

/* ---- strings ---- */

static const struct {
	const struct guest_code *const *code;
	uint8_t size;
} reps[] = { { rep_stos_1, 1 }, { rep_stos_2, 2 }, { rep_stos_4, 4 } };

TEST_F(mmio, rep_stos_is_one_exit_for_each_element)
{
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;
	unsigned int i, k;

	for (mode = 0; mode < MODES; mode++) {
		for (i = 0; i < ARRAY_SIZE(reps); i++) {
			const struct guest_code *code = reps[i].code[mode];
			unsigned int size = reps[i].size;
			uint64_t rdi;

			prepare(vcpu, mode, code);
			guest_regs(vcpu)->rcx = 3;
			rdi = vcpu->sync->regs.rdi;
			for (k = 0; k < 3; k++) {
				ASSERT_EQ(EXIT_MMIO, guest_run(vcpu)) {
					TH_LOG("%s, %s", code->name, guest_mode_names[mode]);
				}
				expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET + k * size,
					       size, true);
				EXPECT_EQ(3 - k, vcpu->sync->regs.rcx);
				EXPECT_EQ(rdi + k * size, vcpu->sync->regs.rdi);
			}
			ASSERT_EQ(NO_TRAP, guest_run(vcpu));
			EXPECT_EQ(0, vcpu->sync->regs.rcx);
			EXPECT_EQ(rdi + 3 * size, vcpu->sync->regs.rdi);
		}
	}
}

TEST_F(mmio, stos_moves_rdi_as_df_says)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, &stos_8));
	EXPECT_EQ(MMIO_AT + OFFSET, vcpu->sync->regs.rdi);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET + 8, vcpu->sync->regs.rdi);
	prepare(vcpu, MODE_LONG, &rep_stos_8);
	guest_regs(vcpu)->rflags |= RFLAGS_DF;
	vcpu->sync->regs.rcx = 2;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET, vcpu->exit->mmio.gpa);
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET - 8, vcpu->exit->mmio.gpa);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET - 16, vcpu->sync->regs.rdi);
	EXPECT_EQ(0, vcpu->sync->regs.rcx);
}

TEST_F(mmio, rep_stos_of_nothing_does_not_exit)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, rep_stos_4[MODE_LONG]);
	guest_regs(vcpu)->rcx = 0;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET, vcpu->sync->regs.rdi);
}

/* In 16-bit code SI, DI and CX are meant, and what is above them stays. */
TEST_F(mmio, rep_stos_leaves_what_is_above_the_address_size)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_REAL, rep_stos_2[MODE_REAL]);
	guest_regs(vcpu)->rcx = 0x00550001;
	vcpu->sync->regs.rdi = 0x0066fffe;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + 0xfffe, vcpu->exit->mmio.gpa);
	EXPECT_EQ(XVCPU_MMIO_DECODED, vcpu->exit->mmio.flags & XVCPU_MMIO_DECODED);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x00550000, vcpu->sync->regs.rcx);
	EXPECT_EQ(0x00660000, vcpu->sync->regs.rdi);
}

TEST_F(mmio, a_string_can_be_left_in_its_middle)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, rep_stos_1[MODE_LONG]);
	guest_regs(vcpu)->rcx = 1000000;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	vcpu_kick(vcpu);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(vcpu));
	EXPECT_EQ(999999, vcpu->sync->regs.rcx);
	EXPECT_EQ(MMIO_AT + OFFSET + 1, vcpu->sync->regs.rdi);
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	/* The VMM knows a shorter way. */
	guest_regs(vcpu)->rcx = 1;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET + 1, vcpu->exit->mmio.gpa);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
}

/* ---- addresses ---- */

TEST_F(mmio, addresses_by_every_means)
{
	static const struct {
		const struct guest_code *code;
		enum guest_mode mode;
	} cases[] = {
		{ &by_moffs, MODE_LONG }, { &by_rip, MODE_LONG }, { &by_addr32, MODE_LONG },
		{ &by_disp16, MODE_REAL }, { &by_disp16, MODE_PROT16 },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(EXIT_MMIO, start(vcpu, cases[i].mode, cases[i].code)) {
			TH_LOG("%s", cases[i].code->name);
		}
		expect_decoded(_metadata, vcpu, cases[i].code, MMIO_AT + OFFSET, 4, false);
		give(vcpu, DATA);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(0xccddeeff, vcpu->sync->regs.rax) { TH_LOG("%s", cases[i].code->name); }
	}
	prepare(vcpu, MODE_LONG, &by_displacement);
	guest_regs(vcpu)->rbx = MMIO_AT - 0x1000;
	vcpu->sync->regs.rcx = OFFSET / 4;
	vcpu->sync->regs.r15 = ~0ull;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	expect_decoded(_metadata, vcpu, &by_displacement, MMIO_AT + OFFSET, 4, false);
	give(vcpu, DATA);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xccddeeff, vcpu->sync->regs.r15);
}

TEST_F(mmio, fs_base_counts_in_64_bit_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &by_fs);
	guest_regs(vcpu)->rsi = OFFSET;
	guest_sregs(vcpu)->fs.base = MMIO_AT;
	/* Others do not. */
	vcpu->sync->sregs.ds.base = 0x1234;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	expect_decoded(_metadata, vcpu, &by_fs, MMIO_AT + OFFSET, 4, false);
}

TEST_F(mmio, the_linear_address_is_told_beside_the_physical)
{
	uint64_t *pt = guest_split(&self->vm);
	struct test_vcpu *vcpu = &self->vcpu;

	/* A page of its own for code and tables to stay mapped: GUEST_FREE shows the MMIO range. */
	pt[GUEST_FREE / PAGE_BYTES] = MMIO_AT | PTE_P | PTE_W | PTE_U;
	prepare(vcpu, MODE_LONG, store_4[MODE_LONG]);
	guest_regs(vcpu)->rsi = GUEST_FREE + OFFSET;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET, vcpu->exit->mmio.gpa);
	EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_WRITE | XVCPU_MMIO_GLA, vcpu->exit->mmio.flags);
	EXPECT_EQ(GUEST_FREE + OFFSET, vcpu->exit->mmio.gla);
	EXPECT_EQ(0x55667788, written(vcpu));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(mmio, a_program_at_cpl_3_reaches_what_its_pages_show)
{
	static const enum guest_mode modes[] = { MODE_PAGED32, MODE_PAE, MODE_COMPAT, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct guest_code *code = load_4[modes[i]];

		prepare(vcpu, modes[i], code);
		guest_user(vcpu);
		ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
		expect_decoded(_metadata, vcpu, code, MMIO_AT + OFFSET, 4, false);
		give(vcpu, 7);
		ASSERT_EQ(VEC_GP, guest_run(vcpu));	/* HLT */
		EXPECT_EQ(7, vcpu->sync->regs.rax);
	}
}

/* ---- answers ---- */

TEST_F(mmio, the_module_goes_by_its_own_record)
{
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, load_1[MODE_LONG]));
	give(vcpu, DATA);
	mmio->size = 8;
	mmio->insn_len = 9;
	mmio->flags = 0;
	mmio->gpa = 0;
	memset((void *)mmio->insn, 0x90, 15);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(loads[0].result, vcpu->sync->regs.rax);
}

TEST_F(mmio, a_decoded_access_can_be_retried_skipped_and_refused)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, load_4[MODE_LONG]));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	guest_regs(vcpu)->rsi += 4;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(MMIO_AT + OFFSET + 4, vcpu->exit->mmio.gpa);
	EXPECT_EQ(RAX, vcpu->sync->regs.rax);
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	give(vcpu, DATA);
	guest_regs(vcpu)->rip += 2;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(RAX, vcpu->sync->regs.rax);

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, store_4[MODE_LONG]));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_PF;
	vcpu->request->error_code = 3;
	vcpu->request->payload = 0xffff800000000123;
	ASSERT_EQ(VEC_PF, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(3, trap.error);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(0xffff800000000123, vcpu->sync->cregs.cr2);
}

/* Memory that appears at RETRY answers by itself. */
TEST_F(mmio, retry_after_memory_was_added_reads_it)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint8_t *page = pages_alloc(PAGE_BYTES, MAP_SHARED);

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, load_4[MODE_LONG]));
	memset(page, 0x42, PAGE_BYTES);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, MMIO_AT, PAGE_BYTES, page, 0));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x42424242, vcpu->sync->regs.rax);
}

/* ---- raw bytes ---- */

TEST_F(mmio, what_is_not_decoded_is_given_as_bytes)
{
	static const struct {
		const struct guest_code *code;
		bool write;
	} cases[] = {
		{ &shll, true }, { &cmpxchg8b, true }, { &mull, false }, { &lods, false },
		{ &push_mem, false }, { &sse_load, false }, { &x87_load, false },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_mmio *mmio = &vcpu->exit->mmio;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct guest_code *code = cases[i].code;
		unsigned int length = code->end - code->begin - 1;

		ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, code)) { TH_LOG("%s", code->name); }
		EXPECT_EQ(0, mmio->flags & XVCPU_MMIO_DECODED) { TH_LOG("%s", code->name); }
		EXPECT_EQ(MMIO_AT + OFFSET, mmio->gpa) { TH_LOG("%s", code->name); }
		/* Of a read and write the processor may name the first access only. */
		if (!cases[i].write)
			EXPECT_EQ(0, mmio->flags & XVCPU_MMIO_WRITE) { TH_LOG("%s", code->name); }
		EXPECT_EQ(0, mmio->size);
		EXPECT_EQ(0, mmio->insn_len);
		EXPECT_EQ(15, mmio->insn_bytes);
		EXPECT_EQ(0, memcmp((void *)mmio->insn, code->begin, length));
		EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, vcpu->exit->flags);
		EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	}
}

TEST_F(mmio, raw_bytes_cannot_be_answered_done)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, &shll));
	ASSERT_EQ(-EINVAL, vcpu_run(vcpu));
	EXPECT_EQ(XVCPU_ERR_VALUE, vcpu->exit->error.code);
	EXPECT_EQ(self->vm.info.run_request + offsetof(struct xvcpu_run_request, answer),
		  vcpu->exit->error.field);
	EXPECT_EQ(XVCPU_ANSWER_DONE, vcpu->exit->error.value);
	EXPECT_EQ(XVCPU_EXIT_MMIO, vcpu->exit->reason);
	/* It still waits. */
	vcpu->request->answer = XVCPU_ANSWER_SKIPPED;
	guest_regs(vcpu)->rip += 2;
	vcpu->sync->regs.rax = 5;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(5, vcpu->sync->regs.rax);
	EXPECT_EQ(GUEST_CODE_AT + 3, vcpu->sync->regs.rip);
}

TEST_F(mmio, raw_bytes_can_be_retried_and_refused)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, &shll));
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	/* The VMM has found the operand elsewhere. */
	guest_write64(&self->vm, GUEST_DATA, 21);
	vcpu->request->answer = XVCPU_ANSWER_RETRY;
	guest_regs(vcpu)->rsi = GUEST_DATA;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(42, guest_read64(&self->vm, GUEST_DATA));

	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, &shll));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
}

TEST_F(mmio, an_access_across_a_page_is_left_to_the_vmm)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, load_4[MODE_LONG]);
	guest_regs(vcpu)->rsi = MMIO_AT + PAGE_BYTES - 2;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->exit->mmio.flags & XVCPU_MMIO_DECODED);
	EXPECT_EQ(0, vcpu->exit->mmio.size);
	/* From memory into what is not there. */
	prepare(vcpu, MODE_LONG, store_4[MODE_LONG]);
	guest_regs(vcpu)->rsi = self->vm.size - 2;
	ASSERT_EQ(EXIT_MMIO, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->exit->mmio.flags & XVCPU_MMIO_DECODED);
	EXPECT_EQ(self->vm.size, vcpu->exit->mmio.gpa & ~(PAGE_BYTES - 1ull));
}

/* ---- read-only slots ---- */

TEST_F(mmio, a_write_to_a_read_only_slot_is_mmio)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint8_t *page = pages_alloc(PAGE_BYTES, MAP_SHARED);

	memset(page, 0x11, PAGE_BYTES);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, MMIO_AT, PAGE_BYTES, page, XVCPU_SLOT_READONLY));
	ASSERT_EQ(NO_TRAP, start(vcpu, MODE_LONG, load_4[MODE_LONG]));
	EXPECT_EQ(0x11111111, vcpu->sync->regs.rax);
	ASSERT_EQ(EXIT_MMIO, start(vcpu, MODE_LONG, store_4[MODE_LONG]));
	expect_decoded(_metadata, vcpu, store_4[MODE_LONG], MMIO_AT + OFFSET, 4, true);
	EXPECT_EQ(0x55667788, written(vcpu));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x11, page[OFFSET]);
	ASSERT_EQ(NO_TRAP, start(vcpu, MODE_LONG, load_4[MODE_LONG]));
	EXPECT_EQ(0x11111111, vcpu->sync->regs.rax);
}

TEST_HARNESS_MAIN

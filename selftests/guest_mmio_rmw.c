// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO of instructions that compute: every form, size and addressing does to a device's register,
 * to registers and flags what the processor does with the same bytes to memory; and what happens
 * between the read and the write of one that does both.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_MMIO	OTHER_EXIT(XVCPU_EXIT_MMIO)
#define EXIT_KICK	OTHER_EXIT(XVCPU_EXIT_KICK)
#define MMIO_AT		0x300000u	/* behind the VM's memory, mapped to itself in every mode */
#define OPERAND		0x800u	/* in the middle of the page: bits are on both sides of it */

#define CF		0x1u
#define PF		0x4u
#define AF		0x10u
#define ZF		0x40u
#define SF		0x80u
#define OF		0x800u
#define STATUS		(CF | PF | AF | ZF | SF | OF)

/* ---- instructions, made from their encoding ---- */

enum immediate { IMM_NONE, IMM_BYTE, IMM_FULL };

/**
 * struct form - an opcode of which the byte form, where there is one, is the even opcode below
 * @name:      .
 * @escape:    behind 0F
 * @opcode:    of the operand sizes 2, 4 and 8
 * @extension: reg field, or -1: it is a register
 * @imm:       .
 * @no_byte:   there is no byte form
 * @writes:    memory
 * @bit:       the register is a bit number, which counts for the address
 * @undefined: status flags that it leaves undefined
 */
struct form {
	const char *name;
	bool escape;
	uint8_t opcode;
	int8_t extension;
	enum immediate imm;
	bool no_byte;
	bool writes;
	bool bit;
	uint32_t undefined;
};

/* Four forms each, by the reg field of the one with an immediate. */
static const struct {
	const char *names[4];
	bool writes;
	uint32_t undefined;
} arithmetic[8] = {
	{ { "add m, r", "add r, m", "add m, imm", "add m, imm8" }, true, 0 },
	{ { "or m, r", "or r, m", "or m, imm", "or m, imm8" }, true, AF },
	{ { "adc m, r", "adc r, m", "adc m, imm", "adc m, imm8" }, true, 0 },
	{ { "sbb m, r", "sbb r, m", "sbb m, imm", "sbb m, imm8" }, true, 0 },
	{ { "and m, r", "and r, m", "and m, imm", "and m, imm8" }, true, AF },
	{ { "sub m, r", "sub r, m", "sub m, imm", "sub m, imm8" }, true, 0 },
	{ { "xor m, r", "xor r, m", "xor m, imm", "xor m, imm8" }, true, AF },
	{ { "cmp m, r", "cmp r, m", "cmp m, imm", "cmp m, imm8" }, false, 0 },
};

#define BIT_UNDEFINED	(OF | SF | AF | PF)

static const struct form other_forms[] = {
	{ "bt m, r", true, 0xa3, -1, IMM_NONE, true, false, true, BIT_UNDEFINED },
	{ "bt m, imm8", true, 0xba, 4, IMM_BYTE, true, false, false, BIT_UNDEFINED },
	{ "bts m, r", true, 0xab, -1, IMM_NONE, true, true, true, BIT_UNDEFINED },
	{ "bts m, imm8", true, 0xba, 5, IMM_BYTE, true, true, false, BIT_UNDEFINED },
	{ "btr m, r", true, 0xb3, -1, IMM_NONE, true, true, true, BIT_UNDEFINED },
	{ "btr m, imm8", true, 0xba, 6, IMM_BYTE, true, true, false, BIT_UNDEFINED },
	{ "btc m, r", true, 0xbb, -1, IMM_NONE, true, true, true, BIT_UNDEFINED },
	{ "btc m, imm8", true, 0xba, 7, IMM_BYTE, true, true, false, BIT_UNDEFINED },
	{ "test m, r", false, 0x85, -1, IMM_NONE, false, false, false, AF },
	{ "test m, imm", false, 0xf7, 0, IMM_FULL, false, false, false, AF },
	{ "not m", false, 0xf7, 2, IMM_NONE, false, true, false, 0 },
	{ "neg m", false, 0xf7, 3, IMM_NONE, false, true, false, 0 },
	{ "inc m", false, 0xff, 0, IMM_NONE, false, true, false, 0 },
	{ "dec m", false, 0xff, 1, IMM_NONE, false, true, false, 0 },
	{ "xchg m, r", false, 0x87, -1, IMM_NONE, false, true, false, 0 },
	{ "xadd m, r", true, 0xc1, -1, IMM_NONE, false, true, false, 0 },
	{ "cmpxchg m, r", true, 0xb1, -1, IMM_NONE, false, true, false, 0 },
};

#define FORM_XCHG	(4 * ARRAY_SIZE(arithmetic) + 14)

static struct form forms[4 * ARRAY_SIZE(arithmetic) + ARRAY_SIZE(other_forms)];

static void init_forms(void)
{
	struct form *form = forms;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(arithmetic); i++) {
		for (k = 0; k < 4; k++) {
			*form++ = (struct form) {
				.name = arithmetic[i].names[k],
				.opcode = k == 0 ? 8 * i + 1 : k == 1 ? 8 * i + 3 :
					  k == 2 ? 0x81 : 0x83,
				.extension = k < 2 ? -1 : i,
				.imm = k == 2 ? IMM_FULL : k == 3 ? IMM_BYTE : IMM_NONE,
				.no_byte = k == 3,
				.writes = arithmetic[i].writes && k != 1,
				.undefined = arithmetic[i].undefined,
			};
		}
	}
	memcpy(form, other_forms, sizeof(other_forms));
}

/* Registers by their encoding; 16 for none. */
enum reg { AX, CX, DX, BX, SP, BP, SI, DI, R12 = 12, R13 = 13, NO_REG = 16 };

/**
 * struct addressing - a way to name the operand
 * @width:   address size in bytes
 * @modrm:   mod and rm fields
 * @sib:     SIB byte, where rm says that there is one
 * @rex:     REX.X and REX.B
 * @disp:    bytes of displacement
 * @pointer: register that is moved so that the address comes out; NO_REG: the displacement is
 * @rip:     the displacement counts from the end of the instruction
 * @segment: override prefix, or 0
 */
struct addressing {
	uint8_t width, modrm, sib, rex, disp;
	enum reg pointer;
	bool rip;
	uint8_t segment;
};

static const struct addressing addressing_16[] = {
	{ 2, 0x04, .pointer = SI },				/* [si] */
	{ 2, 0x45, .disp = 1, .pointer = DI },			/* [di+disp8] */
	{ 2, 0x80, .disp = 2, .pointer = BX },			/* [bx+si+disp16] */
	{ 2, 0x43, .disp = 1, .pointer = BP },			/* ss:[bp+di+disp8] */
	{ 2, 0x06, .disp = 2, .pointer = NO_REG },		/* [disp16] */
	{ 2, 0x07, .pointer = BX, .segment = 0x64 },		/* fs:[bx] */
	{ 4, 0x44, 0x9e, .disp = 1, .pointer = SI },		/* [esi+ebx*4+disp8] */
};

static const struct addressing addressing_32[] = {
	{ 4, 0x06, .pointer = SI },				/* [esi] */
	{ 4, 0x47, .disp = 1, .pointer = DI },			/* [edi+disp8] */
	{ 4, 0x86, .disp = 4, .pointer = SI },			/* [esi+disp32] */
	{ 4, 0x44, 0x9e, .disp = 1, .pointer = SI },		/* [esi+ebx*4+disp8] */
	{ 4, 0x05, .disp = 4, .pointer = NO_REG },		/* [disp32] */
	{ 4, 0x45, .disp = 1, .pointer = BP },			/* ss:[ebp+disp8] */
	{ 4, 0x06, .pointer = SI, .segment = 0x26 },		/* es:[esi] */
	{ 2, 0x04, .pointer = SI },				/* [si] */
};

static const struct addressing addressing_64[] = {
	{ 8, 0x06, .pointer = SI },				/* [rsi] */
	{ 8, 0x47, .disp = 1, .pointer = DI },			/* [rdi+disp8] */
	{ 8, 0x86, .disp = 4, .pointer = SI },			/* [rsi+disp32] */
	{ 8, 0x44, 0xa3, 2, .disp = 1, .pointer = BX },		/* [rbx+r12*4+disp8] */
	{ 8, 0x45, 0, 1, .disp = 1, .pointer = R13 },		/* [r13+disp8] */
	{ 8, 0x05, .disp = 4, .pointer = NO_REG, .rip = true },	/* [rip+disp32] */
	{ 8, 0x04, 0x25, .disp = 4, .pointer = NO_REG },	/* [disp32] */
	{ 8, 0x04, 0x24, .pointer = SP },			/* [rsp] */
	{ 4, 0x06, .pointer = SI },				/* [esi] */
	{ 8, 0x06, .pointer = SI, .segment = 0x64 },		/* fs:[rsi] */
};

struct instruction {
	const struct form *form;
	unsigned int size;
	uint8_t bytes[16];
	unsigned int length;
	struct xvcpu_regs regs;
	uint8_t operand[8];
};

static uint64_t random_state;

static uint64_t random64(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Numbers at whose ends carries and signs are. */
static uint64_t random_value(void)
{
	static const uint64_t values[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff,
					   0x80000000, 0x7fffffffffffffff, ~0ull, 0x0f, 0x10 };

	return random64() % 2 ? random64() : values[random64() % ARRAY_SIZE(values)];
}

static uint64_t *reg_of(struct xvcpu_regs *regs, unsigned int reg)
{
	return (uint64_t *)regs + reg;
}

static void put(struct instruction *i, uint64_t value, unsigned int size)
{
	memcpy(i->bytes + i->length, &value, size);
	i->length += size;
}

static unsigned int mode_bits(enum guest_mode mode)
{
	return mode == MODE_LONG ? 64 : mode == MODE_REAL || mode == MODE_PROT16 ? 16 : 32;
}

/* A register that is not part of the address: not an index, nor what points. */
static unsigned int choose_reg(const struct addressing *a, unsigned int bits)
{
	static const uint8_t regs[] = { AX, CX, DX, 8, 9, 15 };

	return regs[random64() % (bits == 64 && a->width == 8 ? ARRAY_SIZE(regs) : 3)];
}

static void put_prefixes(struct instruction *i, unsigned int bits, const struct addressing *a,
			 unsigned int reg)
{
	unsigned int rex = a->rex | (reg >= 8 ? 4 : 0) | (i->size == 8 ? 8 : 0);

	if (i->form->writes && i->form->opcode != 0x87 && random64() % 4 == 0)
		put(i, 0xf0, 1);
	if (a->segment)
		put(i, a->segment, 1);
	if (8u * a->width != bits)
		put(i, 0x67, 1);
	if (bits == 16 ? i->size == 4 : i->size == 2)
		put(i, 0x66, 1);
	if (rex)
		put(i, 0x40 | rex, 1);
}

static uint64_t address_mask(const struct addressing *a)
{
	return a->width == 8 ? ~0ull : (1ull << 8 * a->width) - 1;
}

/* What the address's registers and displacement come to without the pointer. */
static uint64_t address_rest(const struct addressing *a, struct instruction *i, uint64_t disp)
{
	uint64_t rest = disp;

	if (a->width == 2 && (a->modrm & 7) == 0)
		rest += i->regs.rsi;
	if (a->width == 2 && (a->modrm & 7) == 3)
		rest += i->regs.rdi;
	if (a->width != 2 && a->sib == 0x9e)
		rest += 4 * i->regs.rbx;
	if (a->width != 2 && a->sib == 0xa3)
		rest += 4 * i->regs.r12;
	return rest;
}

/* @form of @size on the operand at @offset of its segment, with random registers. */
static void make(struct instruction *i, enum guest_mode mode, const struct form *form,
		 unsigned int size, const struct addressing *a, uint64_t offset)
{
	unsigned int bits = mode_bits(mode), reg = form->extension < 0 ? choose_reg(a, bits) : 0;
	unsigned int imm = form->imm == IMM_BYTE ? 1 : form->imm == IMM_FULL ? size : 0;
	uint64_t disp = a->disp == 1 ? 0x12 : 0x1234, *pointer;
	unsigned int k;

	memset(i, 0, sizeof(*i));
	i->form = form;
	i->size = size;
	for (k = 0; k < 16; k++)
		*reg_of(&i->regs, k) = random_value();
	i->regs.rflags = RFLAGS_1 | (random64() & STATUS);
	i->regs.rip = GUEST_CODE_AT;
	for (k = 0; k < 8; k += size) {
		uint64_t value = random_value();

		memcpy(i->operand + k, &value, size);
	}
	if (form->bit)
		*reg_of(&i->regs, reg) = (int64_t)(random64() % 0x1000) - 0x800;
	if (form->opcode == 0xb1 && random64() % 2)
		memcpy(&i->regs.rax, i->operand, size);

	put_prefixes(i, bits, a, reg);
	if (form->escape)
		put(i, 0x0f, 1);
	put(i, size > 1 ? form->opcode : form->opcode & ~1, 1);
	put(i, a->modrm | (form->extension < 0 ? reg & 7 : form->extension) << 3, 1);
	if (a->width != 2 && (a->modrm & 7) == 4)
		put(i, a->sib, 1);
	if (imm > 4)
		imm = 4;
	if (a->pointer == NO_REG)
		disp = a->rip ? offset - (GUEST_CODE_AT + i->length + a->disp + imm) : offset;
	put(i, disp, a->disp);
	put(i, random_value(), imm);
	put(i, 0xf4, 1);
	if (a->pointer == NO_REG)
		return;
	pointer = reg_of(&i->regs, a->pointer);
	*pointer = (offset - address_rest(a, i, a->disp ? disp : 0)) & address_mask(a);
	/* What is above the address size does not count. */
	if (a->width < 4)
		*pointer |= random64() & 0xffff0000;
}

/* ---- the two ways to execute it ---- */

struct outcome {
	struct xvcpu_regs regs;
	uint8_t page[PAGE_BYTES];
	unsigned int reads, writes;
	bool alike;
};

FIXTURE(rmw) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint8_t *page;
	uint8_t device[PAGE_BYTES];
	enum guest_mode mode;
	struct outcome results[2];
};

#define rmw_data	FIXTURE_DATA(rmw)

FIXTURE_SETUP(rmw)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	self->page = pages_alloc(PAGE_BYTES, MAP_SHARED);
	init_forms();
}

FIXTURE_TEARDOWN(rmw)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void move_segment(struct xvcpu_segment *segment)
{
	segment->base = MMIO_AT;
	segment->limit = 0xffffffff;
	segment->ar |= 0x8000;
}

/* @mode with data segments that begin at MMIO_AT, but for 64-bit mode; there FS does. */
static void enter_mode(rmw_data *self, enum guest_mode mode)
{
	struct xvcpu_sregs *sregs;

	guest_mode(&self->vcpu, mode);
	self->mode = mode;
	sregs = guest_sregs(&self->vcpu);
	if (mode == MODE_LONG) {
		sregs->fs.base = MMIO_AT;
		return;
	}
	if (mode == MODE_REAL) {
		sregs->ds.base = MMIO_AT;
		sregs->es.base = MMIO_AT;
		sregs->ss.base = MMIO_AT;
		sregs->fs.base = MMIO_AT;
		return;
	}
	move_segment(&sregs->ds);
	move_segment(&sregs->es);
	move_segment(&sregs->ss);
	move_segment(&sregs->fs);
}

static uint64_t operand_offset(const rmw_data *self, const struct addressing *a)
{
	return self->mode == MODE_LONG && !a->segment ? MMIO_AT + OPERAND : OPERAND;
}

/* The device: a page of registers that remember. */
static void serve(rmw_data *self, struct outcome *out)
{
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;
	unsigned int at = mmio->gpa - MMIO_AT, i;

	if (!(mmio->flags & XVCPU_MMIO_DECODED) || at > PAGE_BYTES - 8)
		die("an access to %#llx was not decoded", (unsigned long long)mmio->gpa);
	for (i = 0; i < mmio->size; i++) {
		if (mmio->flags & XVCPU_MMIO_WRITE)
			self->device[at + i] = mmio->data[i];
		else
			mmio->data[i] = self->device[at + i];
	}
	if (mmio->flags & XVCPU_MMIO_WRITE)
		out->writes++;
	else
		out->reads++;
}

/* Executes @i on @memory, which is the device's, or what the guest has as memory. */
static int execute(rmw_data *self, const struct instruction *i, uint8_t *memory,
		   struct outcome *out)
{
	int ret;

	memset(memory, 0xa5, PAGE_BYTES);
	memcpy(memory + OPERAND, i->operand, sizeof(i->operand));
	memcpy(guest_at(&self->vm, GUEST_CODE_AT), i->bytes, i->length);
	*guest_regs(&self->vcpu) = i->regs;
	out->reads = 0;
	out->writes = 0;
	for (;;) {
		ret = guest_run(&self->vcpu);
		if (ret != EXIT_MMIO)
			break;
		serve(self, out);
	}
	out->regs = self->vcpu.sync->regs;
	memcpy(out->page, memory, PAGE_BYTES);
	return ret;
}

static bool same_outcome(const struct instruction *i, const struct outcome *a,
			 const struct outcome *b)
{
	struct xvcpu_regs x = a->regs, y = b->regs;

	x.rflags &= ~(uint64_t)i->form->undefined;
	y.rflags &= ~(uint64_t)i->form->undefined;
	return !memcmp(&x, &y, sizeof(x)) && !memcmp(a->page, b->page, PAGE_BYTES);
}

static void print(const struct instruction *i, const rmw_data *self)
{
	const struct xvcpu_regs *x = &self->results[0].regs, *y = &self->results[1].regs;
	const __u64 *a = &x->rax, *b = &y->rax;
	unsigned int k;

	printf("# %s, %u bytes, %s:", i->form->name, i->size, guest_mode_names[self->mode]);
	for (k = 0; k < i->length; k++)
		printf(" %02x", i->bytes[k]);
	printf("\n# flags before %llx, mmio %llx, memory %llx\n",
	       (unsigned long long)i->regs.rflags, (unsigned long long)x->rflags,
	       (unsigned long long)y->rflags);
	for (k = 0; k < 17; k++) {
		if (a[k] != b[k])
			printf("# register %u: mmio %llx, memory %llx\n", k, a[k], b[k]);
	}
	for (k = 0; k < PAGE_BYTES; k++) {
		if (self->results[0].page[k] != self->results[1].page[k])
			printf("# byte %x: mmio %02x, memory %02x\n", k, self->results[0].page[k],
			       self->results[1].page[k]);
	}
}

static long slot(rmw_data *self, bool there, uint32_t flags)
{
	if (!there)
		return vm_slot(&self->vm, 1, 0, 0, NULL, 0);
	return vm_slot(&self->vm, 1, MMIO_AT, PAGE_BYTES, self->page, flags);
}

/*
 * All instructions of a list, first on the device, then with memory in its place, must end alike.
 * The list is made twice from the same random numbers.
 */
#define INSTRUCTIONS_MAX	1400

static struct instruction instructions[INSTRUCTIONS_MAX];
static struct outcome outcomes[INSTRUCTIONS_MAX];
static unsigned int nr_instructions;

static void compare(struct __test_metadata *_metadata, rmw_data *self)
{
	unsigned int i;

	for (i = 0; i < nr_instructions; i++) {
		const struct form *form = instructions[i].form;

		EXPECT_EQ(NO_TRAP, execute(self, &instructions[i], self->device, &outcomes[i])) {
			print(&instructions[i], self);
		}
		EXPECT_EQ(1, outcomes[i].reads) { TH_LOG("%s", form->name); }
		EXPECT_EQ(form->writes, outcomes[i].writes) { TH_LOG("%s", form->name); }
	}
	ASSERT_EQ(0, slot(self, true, 0));
	for (i = 0; i < nr_instructions; i++) {
		self->results[0] = outcomes[i];
		ASSERT_EQ(NO_TRAP, execute(self, &instructions[i], self->page, &self->results[1]));
		EXPECT_EQ(0, self->results[1].reads + self->results[1].writes);
		EXPECT_TRUE(same_outcome(&instructions[i], &self->results[0], &self->results[1])) {
			print(&instructions[i], self);
		}
	}
	ASSERT_EQ(0, slot(self, false, 0));
}

static void add_instruction(rmw_data *self, const struct form *form, unsigned int size,
			    const struct addressing *a)
{
	if (size == 1 && form->no_byte)
		return;
	if (size == 8 && self->mode != MODE_LONG)
		return;
	if (nr_instructions == INSTRUCTIONS_MAX)
		die("more than %u instructions", INSTRUCTIONS_MAX);
	make(&instructions[nr_instructions++], self->mode, form, size, a, operand_offset(self, a));
}

TEST_F(rmw, every_form_and_size_does_what_it_does_to_memory)
{
	unsigned int i, size, all = 0;
	enum guest_mode mode;

	random_state = 1;
	for (mode = 0; mode < MODES; mode++) {
		unsigned int bits = mode_bits(mode);

		enter_mode(self, mode);
		nr_instructions = 0;
		for (i = 0; i < 3 * ARRAY_SIZE(forms); i++) {
			for (size = 1; size <= 8; size *= 2)
				add_instruction(self, &forms[i / 3], size,
						bits == 16 ? &addressing_16[0] :
						bits == 32 ? &addressing_32[0] :
							     &addressing_64[0]);
		}
		compare(_metadata, self);
		all += nr_instructions;
	}
	TH_LOG("%u instructions", all);
}

TEST_F(rmw, every_addressing_leads_to_the_operand)
{
	static const enum guest_mode modes[] = { MODE_REAL, MODE_PROT16, MODE_PROT32, MODE_COMPAT,
						 MODE_LONG };
	/* ADD with and without immediates, OR to a register, BT, BTS, INC, XCHG. */
	static const unsigned int some[] = { 0, 2, 3, 5, 33, 35, 44, 46 };
	unsigned int i, k, m, size, all = 0;

	random_state = 2;
	for (m = 0; m < ARRAY_SIZE(modes); m++) {
		unsigned int bits = mode_bits(modes[m]);
		const struct addressing *a = bits == 16 ? addressing_16 :
					     bits == 32 ? addressing_32 : addressing_64;
		unsigned int nr = bits == 16 ? ARRAY_SIZE(addressing_16) :
				  bits == 32 ? ARRAY_SIZE(addressing_32) :
					       ARRAY_SIZE(addressing_64);

		enter_mode(self, modes[m]);
		nr_instructions = 0;
		for (i = 0; i < nr; i++) {
			for (k = 0; k < ARRAY_SIZE(some); k++) {
				for (size = 1; size <= 8; size *= 2)
					add_instruction(self, &forms[some[k]], size, &a[i]);
			}
		}
		compare(_metadata, self);
		all += nr_instructions;
	}
	TH_LOG("%u instructions", all);
}

/* AH, CH, DH and BH, as what is added and as what is added to. */
TEST_F(rmw, high_bytes_are_operands_too)
{
	struct instruction *i;
	unsigned int k;

	random_state = 3;
	enter_mode(self, MODE_LONG);
	nr_instructions = 0;
	for (k = 0; k < 4 * 3; k++) {
		static const uint8_t opcodes[] = { 0x00, 0x02, 0x86 };

		i = &instructions[nr_instructions++];
		make(i, MODE_LONG, &forms[0], 1, &addressing_64[0], MMIO_AT + OPERAND);
		i->length = 0;
		put(i, opcodes[k / 4], 1);
		put(i, 0x06 | (4 + k % 4) << 3, 1);
		put(i, 0xf4, 1);
		i->form = k / 4 == 0 ? &forms[0] : k / 4 == 1 ? &forms[1] :
			  &forms[FORM_XCHG];
	}
	compare(_metadata, self);
}

/* ---- between the halves ---- */

GUEST_CODE(addl, 64, "lock addl %eax, (%rsi); hlt");
GUEST_CODE(adcl, 64, "adcl %eax, (%rsi); hlt");
GUEST_CODE(xaddl, 64, "xaddl %eax, (%rsi); hlt");
GUEST_CODE(xchgq, 64, "xchg %rax, (%rsi); hlt");
GUEST_CODE(orb, 64, "orb $0x81, (%rsi); hlt");

#define DATA	0x11223344u
#define ADD	0xf0f0f0f0u
#define SUM	0x02132434u	/* carries */

static void prepare(rmw_data *self, const struct guest_code *code)
{
	struct xvcpu_regs *regs;

	guest_mode(&self->vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, code);
	regs = guest_regs(&self->vcpu);
	regs->rax = ADD;
	regs->rsi = MMIO_AT + OPERAND;
	regs->rflags = RFLAGS_1 | SF | ZF;
}

static uint64_t written(const rmw_data *self)
{
	uint64_t data = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		data |= (uint64_t)self->vcpu.exit->mmio.data[i] << (8 * i);
	return data;
}

static void give(rmw_data *self, uint64_t data)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		self->vcpu.exit->mmio.data[i] = data >> (8 * i);
}

static void expect_half(struct __test_metadata *_metadata, rmw_data *self, bool write,
			const struct guest_code *code, unsigned int size)
{
	volatile struct xvcpu_exit_mmio *mmio = &self->vcpu.exit->mmio;
	unsigned int length = code->end - code->begin - 1;

	EXPECT_EQ(XVCPU_EXIT_MMIO, self->vcpu.exit->reason);
	EXPECT_EQ(XVCPU_EXIT_FLAG_WAITS, self->vcpu.exit->flags);
	EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA | (write ? XVCPU_MMIO_WRITE : 0),
		  mmio->flags);
	EXPECT_EQ(MMIO_AT + OPERAND, mmio->gpa);
	EXPECT_EQ(MMIO_AT + OPERAND, mmio->gla);
	EXPECT_EQ(size, mmio->size);
	EXPECT_EQ(length, mmio->insn_len);
	EXPECT_EQ(15, mmio->insn_bytes);
	EXPECT_EQ(0, memcmp((void *)mmio->insn, code->begin, length));
	EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
	EXPECT_EQ(ADD, self->vcpu.sync->regs.rax);
}

TEST_F(rmw, it_is_a_read_and_then_a_write_and_then_over)
{
	prepare(self, &xaddl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, false, &xaddl, 4);
	EXPECT_EQ(0, written(self));
	give(self, DATA);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, true, &xaddl, 4);
	EXPECT_EQ(SUM, written(self));
	EXPECT_EQ(SF | ZF, self->vcpu.sync->regs.rflags & STATUS);
	give(self, 0x55);	/* a write has no use for it */
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(DATA, self->vcpu.sync->regs.rax);
	EXPECT_EQ(CF, self->vcpu.sync->regs.rflags & STATUS);
	EXPECT_EQ(GUEST_CODE_AT + (xaddl.end - xaddl.begin), self->vcpu.sync->regs.rip);
}

TEST_F(rmw, a_kick_between_them_waits_for_the_write)
{
	prepare(self, &addl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	give(self, DATA);
	vcpu_kick(&self->vcpu);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, true, &addl, 4);
	EXPECT_EQ(SUM, written(self));
	ASSERT_EQ(EXIT_KICK, guest_run(&self->vcpu));
	EXPECT_EQ(CF, self->vcpu.sync->regs.rflags & STATUS);
	EXPECT_EQ(GUEST_CODE_AT + (addl.end - addl.begin) - 1, self->vcpu.sync->regs.rip);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

TEST_F(rmw, immediate_exit_between_them_waits_for_the_write)
{
	prepare(self, &addl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	give(self, DATA);
	self->vcpu.request->immediate_exit = 1;
	ASSERT_EQ(0, vcpu_run(&self->vcpu));
	expect_half(_metadata, self, true, &addl, 4);
	EXPECT_EQ(SUM, written(self));
	ASSERT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_SIGNAL, self->vcpu.exit->reason);
	EXPECT_EQ(CF, self->vcpu.sync->regs.rflags & STATUS);
	EXPECT_EQ(GUEST_CODE_AT + (addl.end - addl.begin) - 1, self->vcpu.sync->regs.rip);
	self->vcpu.request->immediate_exit = 0;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

TEST_F(rmw, registers_written_between_them_are_merged)
{
	prepare(self, &adcl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	give(self, 1);
	guest_regs(&self->vcpu)->rax = 2;
	guest_regs(&self->vcpu)->rflags |= CF | RFLAGS_DF;
	guest_regs(&self->vcpu)->rip = 0x1234;
	guest_regs(&self->vcpu)->rbx = 77;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(4, written(self));
	EXPECT_EQ(GUEST_CODE_AT, self->vcpu.sync->regs.rip);
	EXPECT_EQ(77, self->vcpu.sync->regs.rbx);
	/* What is written is decided, and so are the flags. */
	guest_regs(&self->vcpu)->rax = 100;
	guest_regs(&self->vcpu)->rflags = RFLAGS_1 | CF | ZF;
	guest_regs(&self->vcpu)->rip = 0x1234;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(100, self->vcpu.sync->regs.rax);
	EXPECT_EQ(RFLAGS_1, self->vcpu.sync->regs.rflags & (STATUS | RFLAGS_DF | RFLAGS_1));
	EXPECT_EQ(GUEST_CODE_AT + (adcl.end - adcl.begin), self->vcpu.sync->regs.rip);

	/* A register that is a result wins. */
	prepare(self, &xchgq);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	give(self, 0x123456789abcdef0);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(ADD, written(self));
	guest_regs(&self->vcpu)->rax = 5;
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x123456789abcdef0, self->vcpu.sync->regs.rax);
}

TEST_F(rmw, each_half_can_be_retried)
{
	prepare(self, &addl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	give(self, 1);
	self->vcpu.request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, false, &addl, 4);
	give(self, 2);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(ADD + 2, written(self));
	/* From the beginning, and with what is read then. */
	self->vcpu.request->answer = XVCPU_ANSWER_RETRY;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, false, &addl, 4);
	give(self, DATA);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(SUM, written(self));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(CF, self->vcpu.sync->regs.rflags & STATUS);
}

TEST_F(rmw, each_half_can_be_skipped_and_refused)
{
	struct guest_trap trap;
	unsigned int half;

	for (half = 0; half < 2; half++) {
		prepare(self, &xaddl);
		ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		give(self, DATA);
		if (half)
			ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		self->vcpu.request->answer = XVCPU_ANSWER_SKIPPED;
		guest_regs(&self->vcpu)->rip += xaddl.end - xaddl.begin - 1;
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
		EXPECT_EQ(ADD, self->vcpu.sync->regs.rax);
		EXPECT_EQ(SF | ZF, self->vcpu.sync->regs.rflags & STATUS);

		prepare(self, &xaddl);
		ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		give(self, DATA);
		if (half)
			ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		self->vcpu.request->answer = XVCPU_ANSWER_EXCEPTION;
		self->vcpu.request->vector = VEC_GP;
		self->vcpu.request->error_code = 0;
		ASSERT_EQ(VEC_GP, guest_run(&self->vcpu));
		ASSERT_TRUE(guest_trapped(&self->vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(SF | ZF, trap.rflags & STATUS);
		EXPECT_EQ(ADD, self->vcpu.sync->regs.rax);
	}
}

TEST_F(rmw, state_between_them_is_that_before_the_instruction)
{
	struct xvcpu_pending pending;
	struct xvcpu_regs regs;
	unsigned int half;

	for (half = 0; half < 2; half++) {
		prepare(self, &xaddl);
		ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		give(self, DATA);
		if (half)
			ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_PENDING, &pending,
				      sizeof(pending)));
		EXPECT_EQ(XVCPU_EXIT_MMIO, pending.reason);
		ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
		EXPECT_EQ(ADD, regs.rax);
		EXPECT_EQ(GUEST_CODE_AT, regs.rip);
		EXPECT_EQ(SF | ZF, regs.rflags & STATUS);
		EXPECT_EQ(-EBUSY, vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
		EXPECT_EQ(XVCPU_ERR_WAITING, self->vcpu.error.code);
		EXPECT_EQ(XVCPU_EXIT_MMIO, self->vcpu.error.value);
	}
	/* RESET drops it: the next guest's own access is the next exit. */
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending)));
	EXPECT_EQ(XVCPU_EXIT_NONE, pending.reason);
	prepare(self, &addl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, false, &addl, 4);
}

TEST_F(rmw, the_module_goes_by_its_own_record)
{
	prepare(self, &addl);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	memset((void *)&self->vcpu.exit->mmio, POISON, sizeof(self->vcpu.exit->mmio));
	give(self, DATA);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, true, &addl, 4);
	EXPECT_EQ(SUM, written(self));
	memset((void *)&self->vcpu.exit->mmio, POISON, sizeof(self->vcpu.exit->mmio));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(ADD, self->vcpu.sync->regs.rax);
	EXPECT_EQ(CF, self->vcpu.sync->regs.rflags & STATUS);
}

/* ---- what else an operand can be ---- */

TEST_F(rmw, a_read_only_slot_is_read_as_memory)
{
	ASSERT_EQ(0, slot(self, true, XVCPU_SLOT_READONLY));
	self->page[OPERAND] = 0x12;
	prepare(self, &orb);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	expect_half(_metadata, self, true, &orb, 1);
	EXPECT_EQ(0x93, written(self));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x12, self->page[OPERAND]);
	EXPECT_EQ(PF | SF, self->vcpu.sync->regs.rflags & (STATUS & ~AF));
}

TEST_F(rmw, a_page_that_is_not_writable_faults_before_the_read)
{
	uint64_t *pt = guest_split(&self->vm);
	struct guest_trap trap;

	pt[GUEST_FREE / PAGE_BYTES] = MMIO_AT | PTE_P | PTE_U;
	prepare(self, &addl);
	guest_cregs(&self->vcpu)->cr0 |= CR0_WP;
	guest_regs(&self->vcpu)->rsi = GUEST_FREE + OPERAND;
	ASSERT_EQ(VEC_PF, guest_run(&self->vcpu));
	ASSERT_TRUE(guest_trapped(&self->vcpu, &trap));
	EXPECT_EQ(3, trap.error);
	EXPECT_EQ(GUEST_FREE + OPERAND, self->vcpu.sync->cregs.cr2);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
}

/* ---- whose bytes are they? ---- */

/* The new mapping of the page that is executed counts behind the exit only: no INVLPG. */
GUEST_CODE(remap_add, 64, "mov %rdx, (%rbx); addl %eax, (%rsi); hlt");
GUEST_CODE(remap_load, 64, "mov %rdx, (%rbx); movl (%rsi), %eax; hlt");
GUEST_CODE(load_elsewhere, 64, "mov %rdx, (%rbx); movl (%rdi), %eax; hlt");

TEST_F(rmw, bytes_that_changed_since_are_executed_as_they_are_now)
{
	/* One differs in its direction as well, the other in its address alone. */
	static const struct guest_code *const before[] = { &remap_add, &remap_load };
	uint64_t *pt = guest_split(&self->vm);
	unsigned int i;

	guest_load(&self->vm, GUEST_FREE + PAGE_BYTES, &load_elsewhere);
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		guest_load(&self->vm, GUEST_FREE, before[i]);
		pt[GUEST_DATA / PAGE_BYTES] = GUEST_FREE | PTE_P | PTE_W | PTE_U;
		prepare(self, &addl);
		guest_regs(&self->vcpu)->rip = GUEST_DATA;
		self->vcpu.sync->regs.rbx = GUEST_PT + GUEST_DATA / PAGE_BYTES * 8;
		self->vcpu.sync->regs.rdx = (GUEST_FREE + PAGE_BYTES) | PTE_P | PTE_W | PTE_U;
		self->vcpu.sync->regs.rdi = MMIO_AT + OPERAND + 8;
		ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
		EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA, self->vcpu.exit->mmio.flags);
		EXPECT_EQ(MMIO_AT + OPERAND + 8, self->vcpu.exit->mmio.gpa);
		EXPECT_EQ(2, self->vcpu.exit->mmio.insn_len);
		give(self, 7);
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
		EXPECT_EQ(7, self->vcpu.sync->regs.rax);
	}
}

/* The last bytes of memory: nothing behind them can be read, nor is needed. */
TEST_F(rmw, an_instruction_at_the_end_of_memory_is_decoded)
{
	uint64_t at = self->vm.size - 2;

	memcpy(guest_at(&self->vm, at), "\x01\x06", 2);
	prepare(self, &addl);
	guest_regs(&self->vcpu)->rip = at;
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA, self->vcpu.exit->mmio.flags);
	EXPECT_EQ(2, self->vcpu.exit->mmio.insn_bytes);
	give(self, DATA);
	ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
	EXPECT_EQ(SUM, written(self));
	/* What follows is no memory to execute. */
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT), guest_run(&self->vcpu));
	EXPECT_EQ(self->vm.size, self->vcpu.sync->regs.rip);
}

TEST_F(rmw, an_instruction_longer_than_15_bytes_is_a_gp)
{
	unsigned int prefixes;
	struct guest_trap trap;

	for (prefixes = 12; prefixes <= 14; prefixes++) {
		prepare(self, &addl);
		memset(guest_at(&self->vm, GUEST_CODE_AT), 0x3e, prefixes);
		memcpy(guest_at(&self->vm, GUEST_CODE_AT + prefixes), "\x01\x06\xf4", 3);
		if (prefixes <= 13) {
			ASSERT_EQ(EXIT_MMIO, guest_run(&self->vcpu));
			EXPECT_EQ(prefixes + 2, self->vcpu.exit->mmio.insn_len);
			continue;
		}
		ASSERT_EQ(VEC_GP, guest_run(&self->vcpu));
		ASSERT_TRUE(guest_trapped(&self->vcpu, &trap));
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	}
}

TEST_HARNESS_MAIN

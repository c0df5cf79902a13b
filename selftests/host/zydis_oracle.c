// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zydis as the oracle of kmod/insn.c: its result is translated to a struct mmio_insn, from Zydis'
 * own description of the operands alone, and compared field by field.
 *
 * Where the two differ on purpose:
 *  - MOV to and from segment, control and debug registers is not decoded by the module.
 *  - REPNE repeats STOS and MOVS on the processor, as REP does; Zydis keeps no attribute for it, so
 *    the prefix bytes are looked at.
 *  - A bit number in a register is part of the address; Zydis leaves it out.
 *  - The absolute offset of MOV A0-A3 is unsigned; Zydis extends its sign.
 *  - MOVSXD with a 16-bit operand reads 2 bytes on Intel's processors (test_insn_native shows it);
 *    Zydis says 4.
 *  - A SIB byte with base 5 and ModRM.mod 0 has no base, whatever REX.B says (test_insn_native
 *    shows it); Zydis 4.0 takes R13D and no displacement where the address size is 32 bits.
 */
#include <linux/kernel.h>
#include <stdio.h>
#include <string.h>

#include <Zydis/Zydis.h>

#include "zydis_oracle.h"

/* Values that make every base, index and truncation visible in an address. */
#define ORACLE_RIP	0x00007f12fedcb000ull

static const u64 oracle_regs[MMIO_REGS] = {
	0x0000000000010203, 0x8000000000000001, 0x00000000ffffffff, 0x123456789abcdef0,
	0xffffffffffffff00, 0x00000001fffffff8, 0xfedcba9876543210, 0x000000000000ffff,
	0x7fffffffffffffff, 0xffff800000000000, 0x00000000deadbeef, 0x5555555555555555,
	0xaaaaaaaaaaaaaaaa, 0x0f0f0f0f0f0f0f0f, 0xffffffff00000000, 0x00000000fee00000,
};

static ZydisRegisterContext register_context(void)
{
	ZydisRegisterContext context = { 0 };
	unsigned int i;

	for (i = 0; i < MMIO_REGS; i++) {
		context.values[ZYDIS_REGISTER_RAX + i] = oracle_regs[i];
		context.values[ZYDIS_REGISTER_EAX + i] = (u32)oracle_regs[i];
		context.values[ZYDIS_REGISTER_AX + i] = (u16)oracle_regs[i];
	}
	return context;
}

static const ZydisDecoder *decoder_of(enum mmio_mode mode)
{
	static ZydisDecoder decoders[3];
	static bool ready;

	if (!ready) {
		ZydisDecoderInit(&decoders[MMIO_MODE_16], ZYDIS_MACHINE_MODE_LEGACY_16,
				 ZYDIS_STACK_WIDTH_16);
		ZydisDecoderInit(&decoders[MMIO_MODE_32], ZYDIS_MACHINE_MODE_LEGACY_32,
				 ZYDIS_STACK_WIDTH_32);
		ZydisDecoderInit(&decoders[MMIO_MODE_64], ZYDIS_MACHINE_MODE_LONG_64,
				 ZYDIS_STACK_WIDTH_64);
		ready = true;
	}
	return &decoders[mode];
}

static bool is_general(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR8:
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64:
		return true;
	default:
		return false;
	}
}

static u8 reg_number(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE)
		return MMIO_REG_NONE;
	if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
		return MMIO_REG_RIP;
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) -
	       ZYDIS_REGISTER_RAX;
}

static bool has_repeat_prefix(const ZydisDecodedInstruction *zi)
{
	unsigned int i;

	for (i = 0; i < zi->raw.prefix_count; i++) {
		if (zi->raw.prefixes[i].value == 0xf2 || zi->raw.prefixes[i].value == 0xf3)
			return true;
	}
	return false;
}

static void set_memory(struct mmio_insn *insn, const ZydisDecodedOperand *memory)
{
	insn->mem_size = memory->size / 8;
	insn->segment = memory->mem.segment - ZYDIS_REGISTER_ES;
	insn->base = reg_number(memory->mem.base);
	insn->index = reg_number(memory->mem.index);
	insn->scale = insn->index == MMIO_REG_NONE ? 0 : memory->mem.scale;
	insn->disp = memory->mem.disp.has_displacement ? (u64)memory->mem.disp.value : 0;
}

static void set_register(struct mmio_insn *insn, const ZydisDecodedOperand *reg)
{
	insn->reg = reg_number(reg->reg.value);
	insn->high_byte = reg->reg.value >= ZYDIS_REGISTER_AH &&
			  reg->reg.value <= ZYDIS_REGISTER_BH;
}

static void set_immediate(struct mmio_insn *insn, const ZydisDecodedInstruction *zi)
{
	unsigned int shift = 64 - zi->raw.imm[0].size;

	insn->has_imm = true;
	insn->imm = (u64)((s64)(zi->raw.imm[0].value.u << shift) >> shift);
}

static bool set_mov(struct mmio_insn *insn, const ZydisDecodedInstruction *zi,
		    const ZydisDecodedOperand *ops)
{
	const ZydisDecodedOperand *memory = &ops[0], *other = &ops[1];

	insn->kind = MMIO_INSN_MOV_STORE_REG;
	if (ops[1].type == ZYDIS_OPERAND_TYPE_MEMORY) {
		insn->kind = MMIO_INSN_MOV_LOAD;
		memory = &ops[1];
		other = &ops[0];
	}
	if (memory->type != ZYDIS_OPERAND_TYPE_MEMORY)
		return false;

	set_memory(insn, memory);
	insn->dst_size = insn->mem_size;
	if (!(zi->attributes & ZYDIS_ATTRIB_HAS_MODRM))
		insn->disp &= ~0ull >> (64 - zi->address_width);
	if (other->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		insn->kind = MMIO_INSN_MOV_STORE_IMM;
		set_immediate(insn, zi);
		return true;
	}
	set_register(insn, other);
	return is_general(other->reg.value);
}

static bool set_extending_load(struct mmio_insn *insn, ZydisMnemonic mnemonic,
			       const ZydisDecodedOperand *ops)
{
	if (ops[1].type != ZYDIS_OPERAND_TYPE_MEMORY)
		return false;
	insn->kind = mnemonic == ZYDIS_MNEMONIC_MOVZX ? MMIO_INSN_MOVZX : MMIO_INSN_MOVSX;
	set_memory(insn, &ops[1]);
	set_register(insn, &ops[0]);
	insn->dst_size = ops[0].size / 8;
	if (mnemonic == ZYDIS_MNEMONIC_MOVSXD && insn->dst_size == 2)
		insn->mem_size = 2;
	return true;
}

static const struct {
	ZydisMnemonic mnemonic;
	enum mmio_kind kind;
} arithmetic[] = {
	{ ZYDIS_MNEMONIC_ADD, MMIO_INSN_ADD }, { ZYDIS_MNEMONIC_OR, MMIO_INSN_OR },
	{ ZYDIS_MNEMONIC_ADC, MMIO_INSN_ADC }, { ZYDIS_MNEMONIC_SBB, MMIO_INSN_SBB },
	{ ZYDIS_MNEMONIC_AND, MMIO_INSN_AND }, { ZYDIS_MNEMONIC_SUB, MMIO_INSN_SUB },
	{ ZYDIS_MNEMONIC_XOR, MMIO_INSN_XOR }, { ZYDIS_MNEMONIC_CMP, MMIO_INSN_CMP },
	{ ZYDIS_MNEMONIC_TEST, MMIO_INSN_TEST }, { ZYDIS_MNEMONIC_INC, MMIO_INSN_INC },
	{ ZYDIS_MNEMONIC_DEC, MMIO_INSN_DEC }, { ZYDIS_MNEMONIC_NOT, MMIO_INSN_NOT },
	{ ZYDIS_MNEMONIC_NEG, MMIO_INSN_NEG }, { ZYDIS_MNEMONIC_BT, MMIO_INSN_BT },
	{ ZYDIS_MNEMONIC_BTS, MMIO_INSN_BTS }, { ZYDIS_MNEMONIC_BTR, MMIO_INSN_BTR },
	{ ZYDIS_MNEMONIC_BTC, MMIO_INSN_BTC }, { ZYDIS_MNEMONIC_XCHG, MMIO_INSN_XCHG },
	{ ZYDIS_MNEMONIC_XADD, MMIO_INSN_XADD }, { ZYDIS_MNEMONIC_CMPXCHG, MMIO_INSN_CMPXCHG },
};

static enum mmio_kind arithmetic_kind(ZydisMnemonic mnemonic)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arithmetic); i++) {
		if (arithmetic[i].mnemonic == mnemonic)
			return arithmetic[i].kind;
	}
	return MMIO_INSN_NONE;
}

/* Which of the operands written out is in memory; -1 if none. */
static int memory_operand(const ZydisDecodedInstruction *zi, const ZydisDecodedOperand *ops)
{
	unsigned int i;

	for (i = 0; i < zi->operand_count_visible; i++) {
		if (ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			return i;
	}
	return -1;
}

static bool set_arithmetic(struct mmio_insn *insn, const ZydisDecodedInstruction *zi,
			   const ZydisDecodedOperand *ops)
{
	int memory = memory_operand(zi, ops);

	insn->kind = arithmetic_kind(zi->mnemonic);
	if (insn->kind == MMIO_INSN_NONE || memory < 0)
		return false;
	set_memory(insn, &ops[memory]);
	insn->dst_size = insn->mem_size;
	insn->lock = zi->attributes & ZYDIS_ATTRIB_HAS_LOCK;
	insn->to_reg = memory == 1 && ops[0].actions & ZYDIS_OPERAND_ACTION_MASK_READ &&
		       !(ops[1].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE);
	if (zi->operand_count_visible == 1)
		return true;
	if (ops[!memory].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		set_immediate(insn, zi);
	else
		set_register(insn, &ops[!memory]);
	return true;
}

/* Takes the base out that is none, and the displacement in: see the head of the file. */
static void correct_base(const ZydisDecodedInstruction *zi, ZydisDecodedOperand *ops)
{
	unsigned int i;

	for (i = 0; i < zi->operand_count; i++) {
		if (ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    ops[i].mem.base == ZYDIS_REGISTER_R13D &&
		    zi->raw.sib.offset && zi->raw.sib.base == 5 && zi->raw.modrm.mod == 0) {
			ops[i].mem.base = ZYDIS_REGISTER_NONE;
			ops[i].mem.disp.has_displacement = true;
			ops[i].mem.disp.value = zi->raw.disp.value;
		}
	}
}

/* False if the instruction is not one that the module decodes. */
static bool translate(struct mmio_insn *insn, enum mmio_mode mode,
		      const ZydisDecodedInstruction *zi, ZydisDecodedOperand *ops)
{
	correct_base(zi, ops);
	*insn = (struct mmio_insn){
		.length = zi->length,
		.mode = mode,
		.addr_size = zi->address_width / 8,
	};

	switch (zi->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		return set_mov(insn, zi, ops);
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
		return set_extending_load(insn, zi->mnemonic, ops);
	case ZYDIS_MNEMONIC_STOSB:
	case ZYDIS_MNEMONIC_STOSW:
	case ZYDIS_MNEMONIC_STOSD:
	case ZYDIS_MNEMONIC_STOSQ:
		set_memory(insn, &ops[0]);
		insn->kind = MMIO_INSN_STOS;
		insn->dst_size = insn->mem_size;
		insn->rep = has_repeat_prefix(zi);
		return true;
	case ZYDIS_MNEMONIC_MOVSB:
	case ZYDIS_MNEMONIC_MOVSW:
	case ZYDIS_MNEMONIC_MOVSD:
	case ZYDIS_MNEMONIC_MOVSQ:
		/* MOVSD is an instruction of SSE2 as well. */
		if (zi->meta.category != ZYDIS_CATEGORY_STRINGOP)
			return false;
		set_memory(insn, &ops[1]);
		insn->kind = MMIO_INSN_MOVS;
		insn->dst_size = insn->mem_size;
		insn->rep = has_repeat_prefix(zi);
		return true;
	default:
		return set_arithmetic(insn, zi, ops);
	}
}

#define FIELD(member) { #member, offsetof(struct mmio_insn, member) }

static const char *difference(const struct mmio_insn *ours, const struct mmio_insn *theirs)
{
	/* In the order of the struct, where each ends with the next; the last is a byte. */
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
		FIELD(imm), FIELD(disp), FIELD(length), FIELD(kind), FIELD(mode), FIELD(mem_size),
		FIELD(dst_size), FIELD(reg), FIELD(high_byte), FIELD(has_imm), FIELD(to_reg),
		FIELD(lock), FIELD(rep), FIELD(addr_size), FIELD(segment), FIELD(base),
		FIELD(index), FIELD(scale),
	};
	size_t i, start, end;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		start = fields[i].offset;
		end = i + 1 < ARRAY_SIZE(fields) ? fields[i + 1].offset : start + 1;
		if (memcmp((const u8 *)ours + start, (const u8 *)theirs + start, end - start))
			return fields[i].name;
	}
	return NULL;
}

static bool calculate(const ZydisDecodedInstruction *zi, const ZydisDecodedOperand *memory,
		      u64 *address)
{
	ZydisRegisterContext context = register_context();
	ZyanU64 result;

	if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(zi, memory, ORACLE_RIP, &context, &result)))
		return false;
	*address = result;
	return true;
}

/* SDM volume 2, "BT", table of bit offsets: the operand is the one of its size with the bit. */
static u64 add_bit_number(const struct mmio_insn *insn, u64 address)
{
	unsigned int bits = 8 * insn->mem_size;
	s64 number = (s64)(oracle_regs[insn->reg] << (64 - bits)) >> (64 - bits);
	s64 in_operand = (number % (int)bits + (int)bits) % (int)bits;
	s64 operands = (number / (int)bits) - (number % (int)bits < 0);

	/* The bit is where the number says. */
	if ((u64)operands * bits + in_operand != (u64)number)
		return ~0ull;
	address += operands * insn->mem_size;
	return insn->addr_size == 8 ? address : address & ((1ull << (8 * insn->addr_size)) - 1);
}

static bool same_address(const struct mmio_insn *ours, const ZydisDecodedInstruction *zi,
			 const ZydisDecodedOperand *ops)
{
	struct mmio_insn dest;
	u64 address;

	if (ours->kind == MMIO_INSN_MOVS) {
		mmio_destination(ours, &dest);
		if (!calculate(zi, &ops[0], &address) ||
		    ops[0].mem.segment - ZYDIS_REGISTER_ES != dest.segment ||
		    address != mmio_effective_address(&dest, oracle_regs, ORACLE_RIP))
			return false;
		ops++;
	} else if (ops->type != ZYDIS_OPERAND_TYPE_MEMORY) {
		ops++;
	}
	if (!calculate(zi, ops, &address))
		return false;
	if (ours->kind >= MMIO_INSN_BT && ours->kind <= MMIO_INSN_BTC && !ours->has_imm)
		address = add_bit_number(ours, address);
	return address == mmio_effective_address(ours, oracle_regs, ORACLE_RIP);
}

/* Reading and writing of memory, of whichever operand. */
static bool same_direction(const struct mmio_insn *ours, const ZydisDecodedInstruction *zi,
			   const ZydisDecodedOperand *ops)
{
	ZydisOperandActions actions = 0;
	unsigned int i;

	for (i = 0; i < zi->operand_count; i++) {
		if (ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			actions |= ops[i].actions;
	}
	/* CMPXCHG writes memory in any case. */
	return mmio_reads(ours) == !!(actions & ZYDIS_OPERAND_ACTION_MASK_READ) &&
	       mmio_writes(ours) == !!(actions & ZYDIS_OPERAND_ACTION_MASK_WRITE);
}

enum oracle_verdict oracle_compare(enum mmio_mode mode, const u8 *bytes, unsigned int len,
				   const char **why)
{
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	struct mmio_insn ours, theirs;
	ZydisDecodedInstruction zi;
	bool ours_ok, theirs_ok;

	ours_ok = mmio_insn_decode(&ours, mode, bytes, len) == 0;
	theirs_ok = ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder_of(mode), bytes, len, &zi, ops)) &&
		    translate(&theirs, mode, &zi, ops);

	if (!ours_ok && !theirs_ok)
		return ORACLE_BOTH_REFUSE;
	*why = ours_ok ? "only ours decodes it" : "only the oracle decodes it";
	if (ours_ok != theirs_ok)
		return ORACLE_DIFFER;
	*why = difference(&ours, &theirs);
	if (*why)
		return ORACLE_DIFFER;
	*why = "direction";
	if (!same_direction(&ours, &zi, ops))
		return ORACLE_DIFFER;
	*why = "effective address";
	return same_address(&ours, &zi, ops) ? ORACLE_AGREE : ORACLE_DIFFER;
}

void oracle_print(enum mmio_mode mode, const u8 *bytes, unsigned int len, const char *why)
{
	static const char * const names[] = { "16", "32", "64" };
	unsigned int i;

	printf("# disagree, %s-bit:", names[mode]);
	for (i = 0; i < len; i++)
		printf(" %02x", bytes[i]);
	printf(": %s\n", why);
}

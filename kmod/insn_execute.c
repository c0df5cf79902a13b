// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decoded MMIO instruction does: its accesses and their addresses, results, status flags.
 *
 * Pure functions, no lock; also compiled in userspace (insn.h). Operands are numbers in their low
 * @mem_size bytes, the others 0.
 *
 * SDM volume 1, "Status Flags", and in volume 2 the description of each instruction.
 */
#include <asm/processor-flags.h>
#include <linux/types.h>

#include "insn.h"

#define STATUS_FLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_OF)

bool mmio_reads(const struct mmio_insn *insn)
{
	switch (insn->kind) {
	case MMIO_INSN_MOV_STORE_REG:
	case MMIO_INSN_MOV_STORE_IMM:
	case MMIO_INSN_STOS:
		return false;
	default:
		return true;
	}
}

bool mmio_writes(const struct mmio_insn *insn)
{
	switch (insn->kind) {
	case MMIO_INSN_MOV_LOAD:
	case MMIO_INSN_MOVZX:
	case MMIO_INSN_MOVSX:
	case MMIO_INSN_CMP:
	case MMIO_INSN_TEST:
	case MMIO_INSN_BT:
		return false;
	default:
		return !insn->to_reg;
	}
}

bool mmio_is_string(const struct mmio_insn *insn)
{
	return insn->kind == MMIO_INSN_STOS || insn->kind == MMIO_INSN_MOVS;
}

void mmio_destination(const struct mmio_insn *insn, struct mmio_insn *dest)
{
	*dest = *insn;
	dest->segment = MMIO_ES;
	dest->base = MMIO_REG_RDI;
}

/*
 * A bit number in a register reaches beyond the operand, to both sides: the operand is the one of
 * its size that the bit is in (SDM volume 2, "BT").
 */
static u64 bit_displacement(const struct mmio_insn *insn, const u64 regs[MMIO_REGS])
{
	u64 number = mmio_sign_extend(regs[insn->reg], insn->mem_size);

	return (u64)((s64)number >> 3) & ~(u64)(insn->mem_size - 1);
}

static bool has_bit_displacement(const struct mmio_insn *insn)
{
	return insn->kind >= MMIO_INSN_BT && insn->kind <= MMIO_INSN_BTC && !insn->has_imm;
}

u64 mmio_effective_address(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rip)
{
	u64 address = insn->disp;

	if (insn->base == MMIO_REG_RIP)
		address += rip + insn->length;
	else if (insn->base != MMIO_REG_NONE)
		address += regs[insn->base];
	if (insn->index != MMIO_REG_NONE)
		address += regs[insn->index] * insn->scale;
	if (has_bit_displacement(insn))
		address += bit_displacement(insn, regs);
	return mmio_low_bytes(address, insn->addr_size);
}

u64 mmio_linear_address(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rip, u64 base)
{
	u64 address = mmio_effective_address(insn, regs, rip);

	if (insn->mode != MMIO_MODE_64)
		return mmio_low_bytes(address + base, 4);
	/* In 64-bit mode the other segments have base 0, whatever their registers hold. */
	return insn->segment == MMIO_FS || insn->segment == MMIO_GS ? address + base : address;
}

/* The register's value after its low @size bytes were written. */
static u64 write_low(u64 old, u64 value, unsigned int size)
{
	if (size >= 4)
		return mmio_low_bytes(value, size);
	return (old - mmio_low_bytes(old, size)) | mmio_low_bytes(value, size);
}

u64 mmio_load_value(const struct mmio_insn *insn, u64 old, u64 data)
{
	u64 value = mmio_low_bytes(data, insn->mem_size);

	if (insn->kind == MMIO_INSN_MOVSX)
		value = mmio_sign_extend(value, insn->mem_size);
	if (insn->high_byte)
		return (old & ~0xff00ull) | value << 8;
	return write_low(old, value, insn->dst_size);
}

u64 mmio_source_value(const struct mmio_insn *insn, const u64 regs[MMIO_REGS])
{
	u64 value = insn->has_imm ? insn->imm : regs[insn->reg];

	if (insn->high_byte)
		value >>= 8;
	return mmio_low_bytes(value, insn->mem_size);
}

bool mmio_string_done(const struct mmio_insn *insn, const u64 regs[MMIO_REGS])
{
	return insn->rep && mmio_low_bytes(regs[MMIO_REG_RCX], insn->addr_size) == 0;
}

static void move_on(const struct mmio_insn *insn, u64 *reg, u64 rflags)
{
	u64 to = rflags & X86_EFLAGS_DF ? *reg - insn->mem_size : *reg + insn->mem_size;

	*reg = write_low(*reg, to, insn->addr_size);
}

void mmio_string_step(const struct mmio_insn *insn, u64 regs[MMIO_REGS], u64 rflags)
{
	u64 rcx = regs[MMIO_REG_RCX];

	move_on(insn, &regs[MMIO_REG_RDI], rflags);
	if (insn->kind == MMIO_INSN_MOVS)
		move_on(insn, &regs[MMIO_REG_RSI], rflags);
	if (insn->rep)
		regs[MMIO_REG_RCX] = write_low(rcx, rcx - 1, insn->addr_size);
}

/* ---- execution ---- */

static u64 top_bit(const struct mmio_insn *insn)
{
	return 1ull << (8 * insn->mem_size - 1);
}

/* PF, of the low byte alone, ZF and SF. */
static u32 flags_of(const struct mmio_insn *insn, u64 value)
{
	u8 parity = value;
	u32 flags = 0;

	parity ^= parity >> 4;
	parity ^= parity >> 2;
	parity ^= parity >> 1;
	if (!(parity & 1))
		flags |= X86_EFLAGS_PF;
	if (!value)
		flags |= X86_EFLAGS_ZF;
	if (value & top_bit(insn))
		flags |= X86_EFLAGS_SF;
	return flags;
}

/*
 * CF, AF and OF from the operands and the result: @carries has the carry, or borrow, out of each
 * bit, @overflows the sign bit set if the sign is wrong.
 */
static u32 carry_flags(const struct mmio_insn *insn, u64 carries, u64 overflows)
{
	u32 flags = 0;

	if (carries & top_bit(insn))
		flags |= X86_EFLAGS_CF;
	if (carries & 8)
		flags |= X86_EFLAGS_AF;
	if (overflows & top_bit(insn))
		flags |= X86_EFLAGS_OF;
	return flags;
}

static u64 add(const struct mmio_insn *insn, u64 a, u64 b, bool carry, struct mmio_result *result)
{
	u64 sum = mmio_low_bytes(a + b + carry, insn->mem_size);

	result->flags_mask = STATUS_FLAGS;
	result->flags = flags_of(insn, sum) |
			carry_flags(insn, (a & b) | ((a | b) & ~sum), (a ^ sum) & (b ^ sum));
	return sum;
}

static u64 subtract(const struct mmio_insn *insn, u64 a, u64 b, bool borrow,
		    struct mmio_result *result)
{
	u64 difference = mmio_low_bytes(a - b - borrow, insn->mem_size);

	result->flags_mask = STATUS_FLAGS;
	result->flags = flags_of(insn, difference) |
			carry_flags(insn, (~a & b) | ((~a | b) & difference),
				    (a ^ b) & (a ^ difference));
	return difference;
}

static u64 logic(const struct mmio_insn *insn, u64 value, struct mmio_result *result)
{
	result->flags_mask = STATUS_FLAGS;
	result->flags = flags_of(insn, value);
	return value;
}

static u64 bit_test(const struct mmio_insn *insn, u64 value, u64 number, struct mmio_result *result)
{
	u64 bit = 1ull << (number & (8 * insn->mem_size - 1));

	result->flags_mask = X86_EFLAGS_CF;
	result->flags = value & bit ? X86_EFLAGS_CF : 0;
	switch (insn->kind) {
	case MMIO_INSN_BTS:
		return value | bit;
	case MMIO_INSN_BTR:
		return value & ~bit;
	case MMIO_INSN_BTC:
		return value ^ bit;
	default:
		return value;
	}
}

/* Arithmetic of two operands, @a being the destination. */
static u64 arithmetic(const struct mmio_insn *insn, u64 a, u64 b, bool carry,
		      struct mmio_result *result)
{
	switch (insn->kind) {
	case MMIO_INSN_ADD:
	case MMIO_INSN_XADD:
		return add(insn, a, b, false, result);
	case MMIO_INSN_ADC:
		return add(insn, a, b, carry, result);
	case MMIO_INSN_SUB:
	case MMIO_INSN_CMP:
		return subtract(insn, a, b, false, result);
	case MMIO_INSN_SBB:
		return subtract(insn, a, b, carry, result);
	case MMIO_INSN_OR:
		return logic(insn, a | b, result);
	case MMIO_INSN_XOR:
		return logic(insn, a ^ b, result);
	default:
		return logic(insn, a & b, result);
	}
}

static u64 unary(const struct mmio_insn *insn, u64 value, struct mmio_result *result)
{
	u64 changed;

	switch (insn->kind) {
	case MMIO_INSN_NOT:
		return mmio_low_bytes(~value, insn->mem_size);
	case MMIO_INSN_NEG:
		return subtract(insn, 0, value, false, result);
	case MMIO_INSN_INC:
		changed = add(insn, value, 1, false, result);
		break;
	default:
		changed = subtract(insn, value, 1, false, result);
	}
	/* INC and DEC leave CF. */
	result->flags_mask &= ~X86_EFLAGS_CF;
	result->flags &= ~X86_EFLAGS_CF;
	return changed;
}

/* It writes what it read if the accumulator is not the same: then that goes to the accumulator. */
static u64 compare_exchange(const struct mmio_insn *insn, u64 value, const u64 regs[MMIO_REGS],
			    struct mmio_result *result)
{
	u64 accumulator = mmio_low_bytes(regs[MMIO_REG_RAX], insn->mem_size);

	subtract(insn, accumulator, value, false, result);
	if (accumulator == value)
		return mmio_source_value(insn, regs);
	result->load = value;
	result->load_to = MMIO_REG_RAX;
	return value;
}

static void load(const struct mmio_insn *insn, u64 value, struct mmio_result *result)
{
	result->load = value;
	result->load_to = insn->reg;
}

void mmio_execute(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rflags, u64 data,
		  struct mmio_result *result)
{
	u64 source = mmio_source_value(insn, regs), memory = mmio_low_bytes(data, insn->mem_size);
	bool carry = rflags & X86_EFLAGS_CF;

	*result = (struct mmio_result){ .load_to = MMIO_REG_NONE };
	switch (insn->kind) {
	case MMIO_INSN_MOV_STORE_REG:
	case MMIO_INSN_MOV_STORE_IMM:
	case MMIO_INSN_STOS:
		result->store = source;
		break;
	case MMIO_INSN_MOVS:
		result->store = memory;
		break;
	case MMIO_INSN_MOV_LOAD:
	case MMIO_INSN_MOVZX:
	case MMIO_INSN_MOVSX:
		load(insn, memory, result);
		break;
	case MMIO_INSN_XCHG:
		result->store = source;
		load(insn, memory, result);
		break;
	case MMIO_INSN_XADD:
		result->store = arithmetic(insn, memory, source, false, result);
		load(insn, memory, result);
		break;
	case MMIO_INSN_CMPXCHG:
		result->store = compare_exchange(insn, memory, regs, result);
		break;
	case MMIO_INSN_BT:
	case MMIO_INSN_BTS:
	case MMIO_INSN_BTR:
	case MMIO_INSN_BTC:
		result->store = bit_test(insn, memory, source, result);
		break;
	case MMIO_INSN_INC:
	case MMIO_INSN_DEC:
	case MMIO_INSN_NOT:
	case MMIO_INSN_NEG:
		result->store = unary(insn, memory, result);
		break;
	default:
		if (!insn->to_reg) {
			result->store = arithmetic(insn, memory, source, carry, result);
			break;
		}
		result->store = arithmetic(insn, source, memory, carry, result);
		if (insn->kind != MMIO_INSN_CMP)
			load(insn, result->store, result);
	}
}

u64 mmio_register_value(const struct mmio_insn *insn, const struct mmio_result *result, u64 old)
{
	struct mmio_insn accumulator = { .mem_size = insn->mem_size, .dst_size = insn->mem_size };

	if (insn->kind == MMIO_INSN_CMPXCHG)
		return mmio_load_value(&accumulator, old, result->load);
	return mmio_load_value(insn, old, result->load);
}

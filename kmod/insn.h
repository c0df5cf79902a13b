/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction decoder for MMIO: from the bytes at the guest's RIP to its memory accesses, and what
 * they do to registers, flags and memory.
 *
 * Pure functions over their arguments: no lock, no allocation, no state. The same file is compiled
 * in userspace, where selftests/host compares it with another decoder and fuzzes it. Names begin
 * with mmio_ because the kernel has an insn_decode() and a struct insn of its own.
 *
 * What it decodes is what the guest's memory held when the bytes were read. Another vCPU may have
 * changed them since the access that exited, so a caller must not take for granted that the decoded
 * access is the one that exited: it compares mmio_reads() and mmio_writes() with the exit's
 * direction, mmio_linear_address() with its linear address, and asks mmio_string_done() first.
 */
#ifndef KMOD_INSN_H
#define KMOD_INSN_H

#include <linux/types.h>

/** define MMIO_INSN_LENGTH_MAX - bytes of the longest instruction; a longer one raises #GP(0) */
#define MMIO_INSN_LENGTH_MAX		15

/**
 * enum mmio_mode - default operand and address size
 * @MMIO_MODE_16: real mode, virtual-8086 mode, and protected or compatibility mode with CS.D = 0
 * @MMIO_MODE_32: protected or compatibility mode with CS.D = 1
 * @MMIO_MODE_64: EFER.LMA = 1 and CS.L = 1
 */
enum mmio_mode {
	MMIO_MODE_16,
	MMIO_MODE_32,
	MMIO_MODE_64,
};

/**
 * enum mmio_kind - what happens between memory and registers
 * @MMIO_INSN_NONE:           never the kind of a decoded instruction
 * @MMIO_INSN_MOV_LOAD:       MOV from memory to @reg
 * @MMIO_INSN_MOV_STORE_REG:  MOV from @reg to memory
 * @MMIO_INSN_MOV_STORE_IMM:  MOV of @imm to memory
 * @MMIO_INSN_MOVZX:          load, zero-extended from @mem_size to @dst_size
 * @MMIO_INSN_MOVSX:          load, sign-extended from @mem_size to @dst_size; MOVSXD too
 * @MMIO_INSN_STOS:           store of rAX at ES:rDI, which then moves on; @rep: rCX times
 * @MMIO_INSN_MOVS:           the operand is the source, at rSI, the destination is at ES:rDI
 *                            (mmio_destination()); both then move on; @rep: rCX times
 * @MMIO_INSN_ADD:            arithmetic of two operands, the first of which is the memory or, with
 *                            @to_reg, @reg; the other one is @imm with @has_imm
 * @MMIO_INSN_OR:             .
 * @MMIO_INSN_ADC:            .
 * @MMIO_INSN_SBB:            .
 * @MMIO_INSN_AND:            .
 * @MMIO_INSN_SUB:            .
 * @MMIO_INSN_XOR:            .
 * @MMIO_INSN_CMP:            .
 * @MMIO_INSN_TEST:           flags of memory AND the other operand
 * @MMIO_INSN_INC:            .
 * @MMIO_INSN_DEC:            .
 * @MMIO_INSN_NOT:            .
 * @MMIO_INSN_NEG:            .
 * @MMIO_INSN_BT:             the bit that @imm or @reg names; with @reg its number, signed, is part
 *                            of the address
 * @MMIO_INSN_BTS:            .
 * @MMIO_INSN_BTR:            .
 * @MMIO_INSN_BTC:            .
 * @MMIO_INSN_XCHG:           .
 * @MMIO_INSN_XADD:           .
 * @MMIO_INSN_CMPXCHG:        .
 * @MMIO_INSNS:               their number
 */
enum mmio_kind {
	MMIO_INSN_NONE = 0,
	MMIO_INSN_MOV_LOAD,
	MMIO_INSN_MOV_STORE_REG,
	MMIO_INSN_MOV_STORE_IMM,
	MMIO_INSN_MOVZX,
	MMIO_INSN_MOVSX,
	MMIO_INSN_STOS,
	MMIO_INSN_MOVS,
	/* In the order of their encoding, as are the four of bits. */
	MMIO_INSN_ADD,
	MMIO_INSN_OR,
	MMIO_INSN_ADC,
	MMIO_INSN_SBB,
	MMIO_INSN_AND,
	MMIO_INSN_SUB,
	MMIO_INSN_XOR,
	MMIO_INSN_CMP,
	MMIO_INSN_TEST,
	MMIO_INSN_INC,
	MMIO_INSN_DEC,
	MMIO_INSN_NOT,
	MMIO_INSN_NEG,
	MMIO_INSN_BT,
	MMIO_INSN_BTS,
	MMIO_INSN_BTR,
	MMIO_INSN_BTC,
	MMIO_INSN_XCHG,
	MMIO_INSN_XADD,
	MMIO_INSN_CMPXCHG,
	MMIO_INSNS
};

/**
 * enum mmio_segment - segment registers, in the order of their encoding
 * @MMIO_ES: .
 * @MMIO_CS: .
 * @MMIO_SS: .
 * @MMIO_DS: .
 * @MMIO_FS: .
 * @MMIO_GS: .
 */
enum mmio_segment {
	MMIO_ES = 0,
	MMIO_CS = 1,
	MMIO_SS = 2,
	MMIO_DS = 3,
	MMIO_FS = 4,
	MMIO_GS = 5,
};

/* General registers, in the order of their encoding; base and index may be none, the base RIP. */
#define MMIO_REG_RAX		0
#define MMIO_REG_RCX		1
#define MMIO_REG_RDX		2
#define MMIO_REG_RBX		3
#define MMIO_REG_RSP		4
#define MMIO_REG_RBP		5
#define MMIO_REG_RSI		6
#define MMIO_REG_RDI		7
#define MMIO_REGS		16
#define MMIO_REG_RIP		16
#define MMIO_REG_NONE		0xff

/**
 * struct mmio_insn - a decoded instruction with one memory operand
 * @imm:       with @has_imm the immediate, sign-extended to 64 bits; else 0
 * @disp:      displacement, sign-extended; the whole address of a moffs form
 * @length:    bytes of the instruction, 1 to %MMIO_INSN_LENGTH_MAX
 * @kind:      &enum mmio_kind
 * @mode:      &enum mmio_mode it was decoded for
 * @mem_size:  bytes of the memory access: 1, 2, 4 or 8
 * @dst_size:  bytes of the destination: the register of a load, else @mem_size
 * @reg:       register operand, 0 to 15; 0 to 3 with @high_byte; rAX for %MMIO_INSN_STOS; else 0
 * @high_byte: the register operand is AH, CH, DH or BH: bits 15:8 of @reg
 * @has_imm:   the other operand is @imm
 * @to_reg:    arithmetic whose destination is @reg
 * @lock:      LOCK prefix; only where the instruction allows it
 * @rep:       string instruction with a REP or REPNE prefix, which are the same for STOS and MOVS
 * @addr_size: bytes of the effective address, and of rCX, rSI and rDI in a string instruction
 * @segment:   &enum mmio_segment, overrides applied
 * @base:      0 to 15, %MMIO_REG_RIP or %MMIO_REG_NONE
 * @index:     0 to 15 or %MMIO_REG_NONE
 * @scale:     factor of the index: 1, 2, 4 or 8; 0 without an index
 */
struct mmio_insn {
	u64 imm;
	u64 disp;
	u8 length;
	u8 kind;
	u8 mode;
	u8 mem_size;
	u8 dst_size;
	u8 reg;
	bool high_byte;
	bool has_imm;
	bool to_reg;
	bool lock;
	bool rep;
	u8 addr_size;
	u8 segment;
	u8 base;
	u8 index;
	u8 scale;
};

/**
 * mmio_insn_decode() - decode one instruction that accesses memory
 * @insn:  result, written only on success
 * @mode:  &enum mmio_mode, from the guest's CS
 * @bytes: what guest memory holds from RIP on
 * @len:   bytes that could be read; more than %MMIO_INSN_LENGTH_MAX are not looked at
 *
 * Return: 0; -ENODATA if the instruction goes on behind the last byte; -EOPNOTSUPP if it is not a
 * form that the decoder knows, has no memory operand, or raises an exception before any access
 * (LOCK where that is not allowed, more than 15 bytes).
 */
int mmio_insn_decode(struct mmio_insn *insn, enum mmio_mode mode, const u8 *bytes, u32 len);

/**
 * mmio_reads() - whether the instruction reads the memory operand
 * @insn: a decoded instruction
 */
bool mmio_reads(const struct mmio_insn *insn);

/**
 * mmio_writes() - whether the instruction writes the memory operand, or MOVS' destination
 * @insn: a decoded instruction
 *
 * One that also reads it writes it after that, even if the value stays as it was.
 */
bool mmio_writes(const struct mmio_insn *insn);

/**
 * mmio_is_string() - whether the instruction moves rDI on, and has a count with @insn->rep
 * @insn: a decoded instruction
 */
bool mmio_is_string(const struct mmio_insn *insn);

/**
 * mmio_destination() - MOVS' destination as an instruction's memory operand
 * @insn: a decoded MOVS
 * @dest: result, for mmio_effective_address() and mmio_linear_address()
 */
void mmio_destination(const struct mmio_insn *insn, struct mmio_insn *dest);

/**
 * mmio_effective_address() - offset of the access in its segment
 * @insn: a decoded instruction
 * @regs: general registers, in the order of their encoding
 * @rip:  address of the instruction
 *
 * Return: the offset, truncated to the address size.
 */
u64 mmio_effective_address(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rip);

/**
 * mmio_linear_address() - linear address of the access
 * @insn: a decoded instruction
 * @regs: general registers
 * @rip:  address of the instruction
 * @base: base of the segment @insn->segment, whether or not the mode uses it
 *
 * Segment limits and canonical form are not checked: the processor did so before the access.
 *
 * Return: the address of the first byte; at most 32 bits outside 64-bit mode.
 */
u64 mmio_linear_address(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rip, u64 base);

/**
 * mmio_load_value() - the value of the destination register after a load
 * @insn: a decoded load
 * @old:  the register @insn->reg before
 * @data: what was read, in the low @insn->mem_size bytes; the others are ignored
 *
 * Return: all 64 bits: what an 8- or 16-bit destination leaves of @old is kept, a 32-bit one clears
 * bits 63:32.
 */
u64 mmio_load_value(const struct mmio_insn *insn, u64 old, u64 data);

/**
 * mmio_source_value() - the operand that is not memory: what a store writes
 * @insn: a decoded instruction
 * @regs: general registers
 *
 * Return: the value in the low @insn->mem_size bytes, the others 0.
 */
u64 mmio_source_value(const struct mmio_insn *insn, const u64 regs[MMIO_REGS]);

/**
 * mmio_string_done() - whether a string instruction has no access left to make
 * @insn: a decoded instruction
 * @regs: general registers
 *
 * Return: true for a repeated instruction whose count, rCX of the address size, is 0; RIP then goes
 * behind it. False for any other.
 */
bool mmio_string_done(const struct mmio_insn *insn, const u64 regs[MMIO_REGS]);

/**
 * mmio_string_step() - the registers after one access of a string instruction
 * @insn:   a decoded string instruction, not mmio_string_done()
 * @regs:   general registers; rDI, with MOVS rSI, and with @insn->rep rCX, are changed
 * @rflags: the direction flag is looked at
 *
 * Ask mmio_string_done() afterwards: if it says no and @insn->rep is set, RIP stays.
 */
void mmio_string_step(const struct mmio_insn *insn, u64 regs[MMIO_REGS], u64 rflags);

/**
 * struct mmio_result - what an instruction does, once it has read its memory operand
 * @store:      mmio_writes(): what it writes, in the low bytes, the others 0
 * @load:       what goes to @load_to, in the low bytes
 * @flags:      the status flags in @flags_mask as they become
 * @flags_mask: status flags that it changes
 * @load_to:    register that changes, or %MMIO_REG_NONE
 */
struct mmio_result {
	u64 store;
	u64 load;
	u32 flags;
	u32 flags_mask;
	u8 load_to;
};

/**
 * mmio_execute() - compute what an instruction does
 * @insn:   a decoded instruction
 * @regs:   general registers
 * @rflags: carry and direction are looked at
 * @data:   mmio_reads(): what was read, in the low @insn->mem_size bytes; the others are ignored
 * @result: result
 *
 * Flags that the SDM leaves undefined: AF after AND, OR, XOR and TEST becomes 0; OF, SF, AF and PF
 * stay as they are in BT, BTS, BTR and BTC.
 */
void mmio_execute(const struct mmio_insn *insn, const u64 regs[MMIO_REGS], u64 rflags, u64 data,
		  struct mmio_result *result);

/**
 * mmio_register_value() - the register @result->load_to afterwards
 * @insn:   a decoded instruction
 * @result: of mmio_execute(), with a register
 * @old:    the register before
 *
 * Return: all 64 bits.
 */
u64 mmio_register_value(const struct mmio_insn *insn, const struct mmio_result *result, u64 old);

/**
 * mmio_low_bytes() - the low bytes of a value
 * @value: a value
 * @size:  bytes to keep, 1 to 8
 */
static inline u64 mmio_low_bytes(u64 value, unsigned int size)
{
	return size < 8 ? value & ((1ull << (8 * size)) - 1) : value;
}

/**
 * mmio_sign_extend() - a number of fewer bytes as one of 64 bits
 * @value: a value
 * @size:  bytes of it that count, 1 to 8
 */
static inline u64 mmio_sign_extend(u64 value, unsigned int size)
{
	unsigned int shift = 64 - 8 * size;

	return (u64)((s64)(value << shift) >> shift);
}

#endif /* KMOD_INSN_H */

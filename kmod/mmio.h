/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Execution of one instruction that accesses what no slot answers: its record, and what mmio.c and
 * mmio_operand.c know of each other.
 */
#ifndef XVCPU_MMIO_H
#define XVCPU_MMIO_H

#include <linux/types.h>

#include <xvcpu.h>

#include "insn.h"
#include "vmx/vmx.h"
#include "walk.h"

struct xvcpu_vcpu;

/**
 * enum mmio_step - what the VMM was asked for last
 * @MMIO_READ:  what the instruction reads
 * @MMIO_WRITE: to take what it writes
 */
enum mmio_step {
	MMIO_READ,
	MMIO_WRITE,
};

/* An operand of at most 8 bytes lies in two pages at most. */
#define MMIO_PIECES	2

/**
 * struct mmio_place - where a memory operand is
 * @gla:    guest-linear address of its first byte
 * @gpa:    guest-physical address of each piece; one lies in one page
 * @size:   bytes of each piece
 * @nr:     pieces
 * @memory: in slots that allow the access; else the VMM's
 */
struct mmio_place {
	u64 gla;
	u64 gpa[MMIO_PIECES];
	u8 size[MMIO_PIECES];
	u8 nr;
	bool memory;
};

/**
 * struct xvcpu_mmio - the instruction that waits for its answer; the kernel's own record
 * @insn:    the instruction
 * @result:  what it does, once its operand has been read
 * @source:  what it reads
 * @dest:    what it writes; the same place but for MOVS
 * @bytes:   the instruction's bytes
 * @nr:      how many are known
 * @step:    &enum mmio_step
 * @piece:   of @dest, with %MMIO_WRITE
 * @retries: how often in a row the bytes were not those of the access
 */
struct xvcpu_mmio {
	struct mmio_insn insn;
	struct mmio_result result;
	struct mmio_place source;
	struct mmio_place dest;
	u8 bytes[MMIO_INSN_LENGTH_MAX];
	u8 nr;
	u8 step;
	u8 piece;
	u8 retries;
};

/**
 * struct mmio_context - registers that decide what an instruction means
 * @walk:    paging
 * @regs:    general registers, RIP and RFLAGS
 * @cs_base: base of CS
 * @bits:    16, 32 or 64
 */
struct mmio_context {
	struct walk_state walk;
	struct xvcpu_regs regs;
	unsigned long cs_base;
	unsigned int bits;
};

/**
 * enum mmio_find - what became of the search for an operand
 * @MMIO_FOUND:   it is there, and the guest may access it
 * @MMIO_CROSSES: it crosses a page, and not all of it is memory
 * @MMIO_ELSE:    the guest gets a fault, or the VMM an exit, or the instruction is to be executed
 *                again
 */
enum mmio_find {
	MMIO_FOUND,
	MMIO_CROSSES,
	MMIO_ELSE,
};

/* General registers in the order of their encoding. */
static inline const u64 *mmio_regs(const struct xvcpu_regs *regs)
{
	return (const u64 *)regs;
}

/* mmio_operand.c */
enum mmio_find xvcpu_mmio_find(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
			       const struct mmio_insn *insn, u32 access, struct mmio_place *place,
			       enum vmx_next *next);
enum mmio_find xvcpu_mmio_is_memory(struct xvcpu_vcpu *vcpu, struct mmio_place *place, u32 access,
				    enum vmx_next *next);
enum mmio_find xvcpu_mmio_read_memory(struct xvcpu_vcpu *vcpu, const struct mmio_place *place,
				      u64 *data, enum vmx_next *next);
bool xvcpu_mmio_write_memory(struct xvcpu_vcpu *vcpu, const struct mmio_place *place,
			     unsigned int *piece, u64 data);

#endif /* XVCPU_MMIO_H */

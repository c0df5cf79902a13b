/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encoding of instructions for any width of code (SDM volume 2, "Instruction Format").
 */
#ifndef DIFF_EMIT_H
#define DIFF_EMIT_H

#include "program.h"

enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

/* 0 to @below - 1. */
uint32_t pick(struct generator *g, uint32_t below);
/* One of those that programs may change. */
unsigned int pick_gpr(struct generator *g);
/* An operand size of this mode: 1, 2, 4 or 8; pick_wide() without 1. */
unsigned int pick_size(struct generator *g);
unsigned int pick_wide(struct generator *g);

void emit(struct generator *g, unsigned int byte);
void emit_bytes(struct generator *g, const char *bytes, unsigned int nr);
#define EMIT(g, string)	emit_bytes(g, string, sizeof(string) - 1)
/* Little-endian, @size bytes. */
void emit_value(struct generator *g, uint64_t value, unsigned int size);
/* Prefixes that make the operand @size bytes: an operand-size prefix or REX.W. */
void emit_size(struct generator *g, unsigned int size);
/* ModRM: memory at an absolute address; memory at RBX + @disp; a register. */
void emit_at(struct generator *g, unsigned int reg, uint32_t address);
void emit_at_rbx(struct generator *g, unsigned int reg, int disp);
void emit_reg(struct generator *g, unsigned int reg, unsigned int rm);
/* MOV of a constant: 32 bits, zero-extended; as wide as the mode has. */
void emit_mov(struct generator *g, unsigned int reg, uint32_t value);
void emit_mov_wide(struct generator *g, unsigned int reg, uint64_t value);
/* MOV to and from CRn or DRn (@opcode 0x20 to 0x23), CR8 too. */
void emit_mov_special(struct generator *g, unsigned int opcode, unsigned int number,
		      unsigned int reg);
/* A far jump to the next instruction with another code segment, from 16- or 32-bit code. */
void emit_far_jump(struct generator *g, uint16_t selector);
/* Guest address of the next byte. */
uint32_t emit_here(const struct generator *g);

#endif /* DIFF_EMIT_H */

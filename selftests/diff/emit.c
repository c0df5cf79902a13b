// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encoding of instructions (emit.h). What does not fit into a slot is a fault of the item.
 */
#include "emit.h"

#include <stdio.h>
#include <stdlib.h>

/* splitmix64: every state is a good one. */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t pick(struct generator *g, uint32_t below)
{
	return random_next(&g->random) % below;
}

unsigned int pick_gpr(struct generator *g)
{
	static const uint8_t gprs[] = { RAX, RCX, RDX, RBX, RBP, RSI, RDI };

	return gprs[pick(g, sizeof(gprs))];
}

unsigned int pick_wide(struct generator *g)
{
	return 2u << pick(g, mode_bits(g->mode) == 64 ? 3 : 2);
}

unsigned int pick_size(struct generator *g)
{
	return pick(g, 3) ? pick_wide(g) : 1;
}

void emit(struct generator *g, unsigned int byte)
{
	if (g->at == sizeof(g->program->code)) {
		fprintf(stderr, "a program is too long\n");
		abort();
	}
	g->program->code[g->at++] = byte;
}

void emit_bytes(struct generator *g, const char *bytes, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		emit(g, (uint8_t)bytes[i]);
}

void emit_value(struct generator *g, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		emit(g, value >> 8 * i & 0xff);
}

void emit_size(struct generator *g, unsigned int size)
{
	unsigned int bits = mode_bits(g->mode);

	if (size == 8)
		emit(g, 0x48);
	else if (bits == 16 ? size == 4 : size == 2)
		emit(g, 0x66);
}

void emit_at(struct generator *g, unsigned int reg, uint32_t address)
{
	switch (mode_bits(g->mode)) {
	case 16:
		emit(g, reg << 3 | 6);
		emit_value(g, address, 2);
		break;
	case 32:
		emit(g, reg << 3 | 5);
		emit_value(g, address, 4);
		break;
	default:
		emit(g, reg << 3 | 4);
		emit(g, 0x25);
		emit_value(g, address, 4);
	}
}

void emit_at_rbx(struct generator *g, unsigned int reg, int disp)
{
	emit(g, 0x40 | reg << 3 | (mode_bits(g->mode) == 16 ? 7 : RBX));
	emit(g, disp & 0xff);
}

void emit_reg(struct generator *g, unsigned int reg, unsigned int rm)
{
	emit(g, 0xc0 | reg << 3 | rm);
}

void emit_mov(struct generator *g, unsigned int reg, uint32_t value)
{
	emit_size(g, 4);
	emit(g, 0xb8 + reg);
	emit_value(g, value, 4);
}

void emit_mov_wide(struct generator *g, unsigned int reg, uint64_t value)
{
	if (mode_bits(g->mode) != 64) {
		emit_mov(g, reg, value);
		return;
	}
	emit_size(g, 8);
	emit(g, 0xb8 + reg);
	emit_value(g, value, 8);
}

void emit_mov_special(struct generator *g, unsigned int opcode, unsigned int number,
		      unsigned int reg)
{
	if (number >= 8)
		emit(g, 0x44);
	emit(g, 0x0f);
	emit(g, opcode);
	emit_reg(g, number & 7, reg);
}

void emit_far_jump(struct generator *g, uint16_t selector)
{
	unsigned int width = mode_bits(g->mode) == 16 ? 2 : 4;

	emit(g, 0xea);
	emit_value(g, emit_here(g) + width + 2, width);
	emit_value(g, selector, 2);
}

uint32_t emit_here(const struct generator *g)
{
	return AT_CODE + g->at;
}

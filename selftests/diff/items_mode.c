// SPDX-License-Identifier: GPL-2.0-only
/*
 * Items after which the program is in another mode. Where that mode has an IDT of another form, it
 * is loaded on the way; nothing else may happen there.
 */
#include "emit.h"
#include "items.h"

void emit_lidt(struct generator *g, uint32_t pointer)
{
	EMIT(g, "\x0f\x01");
	emit_at(g, 3, pointer);
}

/* DS, ES, SS; with @all FS and GS too. */
static void emit_data_segments(struct generator *g, uint16_t selector, bool all)
{
	static const uint8_t registers[] = { 3, 0, 2, 4, 5 };

	emit_mov(g, RAX, selector);
	for (unsigned int i = 0; i < (all ? 5 : 3); i++) {
		emit(g, 0x8e);
		emit_reg(g, registers[i], RAX);
	}
}

/* The bits of CRn in @set to 1, those in @clear to 0. */
static void emit_set_cr(struct generator *g, unsigned int cr, uint32_t set, uint32_t clear)
{
	emit_mov_special(g, 0x20, cr, RAX);
	if (set) {
		emit_size(g, 4);
		emit(g, 0x0d);
		emit_value(g, set, 4);
	}
	if (clear) {
		emit_size(g, 4);
		emit(g, 0x25);
		emit_value(g, ~clear, 4);
	}
	emit_mov_special(g, 0x22, cr, RAX);
}

static void emit_set_cr3(struct generator *g, uint32_t cr3)
{
	emit_mov(g, RAX, cr3);
	emit_mov_special(g, 0x22, 3, RAX);
}

static void emit_set_lme(struct generator *g, uint32_t lme)
{
	emit_mov(g, RCX, MSR_EFER);
	emit_mov(g, RAX, lme);
	EMIT(g, "\x31\xd2\x0f\x30");
}

/* LMSW, which only exits when it sets PE: the other bits are the guest's own. */
static void emit_set_pe(struct generator *g)
{
	emit_mov(g, RAX, 1 | pick(g, 0x10000));
	EMIT(g, "\x0f\x01\xf0");
}

void emit_to_prot32(struct generator *g)
{
	if (g->mode == REAL) {
		emit_lidt(g, POINTER_IDT32);
		if (pick(g, 2))
			emit_set_cr(g, 0, 1, 0);
		else
			emit_set_pe(g);
	}
	if (g->mode == REAL || g->mode == PROT16) {
		emit_far_jump(g, SEL_CODE32);
		g->mode = PROT32;
		emit_data_segments(g, SEL_DATA, false);
	} else if (g->mode == COMPAT) {
		emit_set_cr(g, 0, 0, 0x80000000);
		emit_set_lme(g, 0);
		emit_lidt(g, POINTER_IDT32);
	} else {
		emit_set_cr(g, 0, 0, 0x80000000);
	}
	g->mode = PROT32;
}

void emit_to_prot16(struct generator *g)
{
	emit_far_jump(g, SEL_CODE16);
	g->mode = PROT16;
	emit_data_segments(g, SEL_DATA16, false);
}

/*
 * Real mode keeps limits and rights: SDM "Switching Back to Real-Address Mode" has every register
 * loaded with fitting ones first. Of one that was null Bochs keeps a type that VM entry refuses.
 */
void emit_to_real(struct generator *g)
{
	emit_data_segments(g, SEL_DATA16, true);
	emit_set_cr(g, 0, 0, 1);
	emit_far_jump(g, 0);
	g->mode = REAL;
	emit_data_segments(g, 0, false);
	emit_lidt(g, POINTER_IDT16);
}

void emit_to_paged32(struct generator *g)
{
	emit_set_cr(g, 4, 0, 0x20);
	emit_set_cr3(g, AT_PD32);
	emit_set_cr(g, 0, 0x80000000, 0);
	g->mode = PAGED32;
}

void emit_to_pae(struct generator *g)
{
	emit_set_cr(g, 4, 0x20, 0);
	emit_set_cr3(g, AT_PDPT_PAE);
	emit_set_cr(g, 0, 0x80000000, 0);
	g->mode = PAE;
}

void emit_to_compat(struct generator *g)
{
	emit_set_cr(g, 4, 0x20, 0);
	emit_set_cr3(g, AT_PML4);
	emit_set_lme(g, 0x100);
	emit_lidt(g, POINTER_IDT64);
	emit_set_cr(g, 0, 0x80000000, 0);
	g->mode = COMPAT;
}

void emit_to_long(struct generator *g)
{
	emit_far_jump(g, SEL_CODE64);
	g->mode = LONG;
}

/* A far jump through memory is the one that 64-bit mode has. */
void emit_from_long(struct generator *g)
{
	uint32_t here;

	emit_mov(g, RAX, 0);
	here = g->at - 4;
	EMIT(g, "\x89");
	emit_at(g, RAX, POINTER_FAR);
	EMIT(g, "\xc7");
	emit_at(g, 0, POINTER_FAR + 4);
	emit_value(g, SEL_CODE32, 4);
	EMIT(g, "\xff");
	emit_at(g, 5, POINTER_FAR);
	for (unsigned int i = 0; i < 4; i++)
		g->program->code[here + i] = emit_here(g) >> 8 * i & 0xff;
	g->mode = COMPAT;
}

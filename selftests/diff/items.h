/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The items that do not stand in items.c itself: accesses to devices, and changes of mode.
 */
#ifndef DIFF_ITEMS_H
#define DIFF_ITEMS_H

#include "program.h"

#define MSR_EFER	0xc0000080

/* Ports and MMIO: items_device.c. */
void emit_in_out(struct generator *g);
void emit_ins_outs(struct generator *g, unsigned int out);
void emit_string_io(struct generator *g);
void emit_mmio_mov(struct generator *g);
void emit_mmio_immediate(struct generator *g);
void emit_mmio_extend(struct generator *g);
void emit_mmio_offset(struct generator *g);
void emit_mmio_stos(struct generator *g);
void emit_mmio_movs(struct generator *g);
void emit_mmio_xchg(struct generator *g);
void emit_mmio_alu(struct generator *g);
void emit_rom(struct generator *g);

/* From mode to mode: items_mode.c. */
void emit_lidt(struct generator *g, uint32_t pointer);
void emit_to_prot32(struct generator *g);
void emit_to_prot16(struct generator *g);
void emit_to_real(struct generator *g);
void emit_to_paged32(struct generator *g);
void emit_to_pae(struct generator *g);
void emit_to_compat(struct generator *g);
void emit_to_long(struct generator *g);
void emit_from_long(struct generator *g);

#endif /* DIFF_ITEMS_H */

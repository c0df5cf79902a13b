// SPDX-License-Identifier: GPL-2.0-only
/*
 * How programs end, and what KVM and xvcpu are known to do differently (known.c).
 */
#include "emit.h"
#include "items.h"

void emit_end(struct generator *g)
{
	if (mode_is_user(g->mode)) {
		emit(g, 0xcd);
		emit(g, VECTOR_END);
	} else {
		emit(g, 0xf4);
	}
}

void emit_triple_fault(struct generator *g)
{
	emit_lidt(g, POINTER_NO_IDT);
	EMIT(g, "\x0f\x0b");
}

/* A fetch where there is no memory. */
void emit_lost(struct generator *g)
{
	emit_mov(g, RAX, AT_HOLE + 0x800);
	EMIT(g, "\xff\xe0");
}

/*
 * An IDT that ends behind #DF: INT, or an exception of the hypervisor's (RDPMC, RDMSR), is #GP,
 * which cannot be delivered either. What follows the program is HLT.
 */
void emit_double_fault(struct generator *g)
{
	emit_lidt(g, mode_is_ia32e(g->mode) ? POINTER_DF64 :
		     g->mode == REAL ? POINTER_DF16 : POINTER_DF32);
	emit_mov(g, RCX, 0x12345);
	switch (pick(g, 3)) {
	case 0:
		EMIT(g, "\xcd\x20");
		break;
	case 1:
		EMIT(g, "\x0f\x33");
		break;
	default:
		EMIT(g, "\x0f\x32");
	}
}

/* INT with an IDT where there is no memory. */
void emit_event_fault(struct generator *g)
{
	emit_lidt(g, POINTER_HOLE);
	EMIT(g, "\xcd\x20");
}

void emit_task_switch(struct generator *g)
{
	emit_far_jump(g, SEL_TSS_FREE);
}

void emit_ins_fault(struct generator *g)
{
	emit_mov(g, RAX, 0);
	EMIT(g, "\x8e\xc0");
	emit_ins_outs(g, 0);
}

void emit_cr4_mce(struct generator *g)
{
	emit_change_cr(g, 4, 0x40);
}

void emit_cpuid_beyond(struct generator *g)
{
	emit_mov(g, RAX, 0x70000000);
	emit_mov(g, RCX, 0);
	EMIT(g, "\x0f\xa2");
}

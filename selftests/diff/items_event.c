// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions and software interrupts, single steps, blocking.
 */
#include "emit.h"
#include "items.h"

#define RFLAGS_AC	0x40000

void emit_int(struct generator *g)
{
	static const uint8_t vectors[] = { 0x20, 0x21, 0x2f, 0x3f };

	switch (pick(g, mode_bits(g->mode) == 64 ? 2 : 3)) {
	case 0:
		emit(g, 0xcd);
		emit(g, vectors[pick(g, sizeof(vectors))]);
		break;
	case 1:
		emit(g, 0xcc);
		break;
	case 2:		/* INTO with OF set: ADD of 0x7f and 0x7f */
		EMIT(g, "\xb0\x7f\x00\xc0\xce");
		break;
	}
}

void emit_ud2(struct generator *g)
{
	EMIT(g, "\x0f\x0b");
}

/*
 * One instruction that exits, or a NOP; under a single step or blocking. Not MOV DR: KVM lets the
 * guest execute the first one again, and Bochs then finds the step of the first time pending.
 */
static void emit_exiting(struct generator *g)
{
	switch (pick(g, 7)) {
	case 0:
		EMIT(g, "\xe4\x41");		/* IN AL */
		break;
	case 1:
		EMIT(g, "\xe6\x42");		/* OUT AL */
		break;
	case 2:
		emit_mov_special(g, 0x20, 0, RDX);
		emit_mov_special(g, 0x22, 0, RDX);
		break;
	case 3:
		emit_mov_special(g, 0x20, 4, RDX);
		emit_mov_special(g, 0x22, 4, RDX);
		break;
	case 4:
		EMIT(g, "\x0f\x09");		/* WBINVD */
		break;
	case 5:
		EMIT(g, "\x0f\x06");		/* CLTS */
		break;
	default:
		emit(g, 0x90);
	}
}

/* RFLAGS.TF set by POPF: #DB behind the next instruction; the handler clears it. */
void emit_single_step(struct generator *g)
{
	EMIT(g, "\x9c\x58\x0d");
	emit_value(g, 0x100, mode_bits(g->mode) == 16 ? 2 : 4);
	EMIT(g, "\x50\x9d");
	emit_exiting(g);
	emit(g, 0x90);
}

void emit_step_cpuid(struct generator *g)
{
	EMIT(g, "\x9c\x58\x0d");
	emit_value(g, 0x100, mode_bits(g->mode) == 16 ? 2 : 4);
	emit(g, 0x50);
	emit_mov(g, RAX, 1);
	EMIT(g, "\x9d\x0f\xa2\x90");
}

void emit_blocking(struct generator *g)
{
	if (pick(g, 2))
		EMIT(g, "\xfa\xfb");		/* CLI; STI */
	else
		EMIT(g, "\x8c\xd2\x8e\xd2");	/* MOV of SS to DX and back */
	emit_exiting(g);
}

void emit_interrupt_flag(struct generator *g)
{
	emit(g, 0xfa + pick(g, 2));
}

/* BOUND: #BR unless the register is between two that happen to be there. */
void emit_bound(struct generator *g)
{
	emit_size(g, pick_wide(g));
	EMIT(g, "\x62");
	emit_at(g, pick_gpr(g), AT_DATA + pick(g, 0xf00));
}

/* #AC at CPL 3 with CR0.AM: POPF of RFLAGS.AC, then memory at an odd address. */
void emit_alignment(struct generator *g)
{
	EMIT(g, "\x9c\x58\x50\x0d");	/* PUSHF; POP rAX; PUSH rAX; OR EAX */
	emit_value(g, RFLAGS_AC, 4);
	EMIT(g, "\x50\x9d");
	emit_size(g, 4);
	EMIT(g, "\x8b");
	emit_at(g, RBX, AT_DATA + 2 * pick(g, 0x700) + pick(g, 2));
	EMIT(g, "\x9d");
}

/* #DB behind a store to where DR0 points; then nothing is armed any more. */
void emit_watchpoint(struct generator *g)
{
	uint32_t at = AT_DATA + 4 * pick(g, 0x300);

	emit_mov(g, RAX, at);
	emit_mov_special(g, 0x23, 0, RAX);
	emit_mov(g, RAX, pick(g, 2) ? 0xd0402 : 0xf0401);	/* stores; loads too */
	emit_mov_special(g, 0x23, 7, RAX);
	emit_size(g, 4);
	EMIT(g, "\x89");
	emit_at(g, RBX, at);
	emit_mov(g, RAX, 0x400);
	emit_mov_special(g, 0x23, 7, RAX);
}

/* IRET to the next instruction, with the flags as they are. */
void emit_iret(struct generator *g)
{
	unsigned int bits = mode_bits(g->mode);

	if (bits == 64) {
		EMIT(g, "\x48\x89\xe0\x8c\xd1\x51\x50");	/* RSP and SS: PUSH RCX, RAX */
		EMIT(g, "\x9c\x8c\xc9\x51\x68");		/* PUSHF; CS: PUSH RCX; PUSH */
		emit_value(g, emit_here(g) + 4 + 2, 4);
		EMIT(g, "\x48\xcf");
		return;
	}
	EMIT(g, "\x9c\x0e\x68");				/* PUSHF; PUSH CS; PUSH */
	emit_value(g, emit_here(g) + bits / 8 + 1, bits / 8);
	EMIT(g, "\xcf");
}

static void emit_ask(struct generator *g, unsigned int port)
{
	emit(g, 0xe6);		/* OUT imm8, AL */
	emit(g, port);
}

/*
 * An interrupt that the VMM gives when the guest can take it: at once or later, behind STI, behind
 * what it shadows, behind POPF.
 */
void emit_interrupt(struct generator *g)
{
	switch (pick(g, 4)) {
	case 0:
		emit_ask(g, PORT_INTERRUPT);
		break;
	case 1:
		EMIT(g, "\xfa");
		emit_ask(g, PORT_INTERRUPT);
		EMIT(g, "\x90\xfb\x90\x90");
		break;
	case 2:
		emit_mov(g, RAX, 1);
		EMIT(g, "\xfa");
		emit_ask(g, PORT_INTERRUPT);
		EMIT(g, "\xfb\x0f\xa2\x90");		/* STI; CPUID */
		break;
	default:
		EMIT(g, "\xfb\x9c\xfa");		/* STI; PUSHF; CLI */
		emit_ask(g, PORT_INTERRUPT);
		EMIT(g, "\x90\x9d\x90");
	}
}

void emit_nmi(struct generator *g)
{
	if (pick(g, 2))
		EMIT(g, "\xfa");
	emit_ask(g, PORT_NMI);
	emit(g, 0x90);
}

/* At its HLT the VMM blocks NMIs and latches one: it comes behind the IRET. */
void emit_nmi_window(struct generator *g)
{
	emit(g, 0xf4);
	emit(g, 0x90);
	emit_iret(g);
	emit(g, 0x90);
}

/* Long enough for the host's timer to interrupt it. */
void emit_spin(struct generator *g)
{
	emit(g, 0xfb);
	emit_mov(g, RCX, 300000);
	if (mode_bits(g->mode) == 16)
		emit(g, 0x67);
	EMIT(g, "\xe2");		/* LOOP to itself, by ECX */
	emit(g, mode_bits(g->mode) == 16 ? 0xfd : 0xfe);
}

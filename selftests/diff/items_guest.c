// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stays in the guest as a rule: arithmetic, strings, stack, FPU, descriptor tables, far jumps,
 * and page faults of its own.
 */
#include "emit.h"
#include "items.h"

void emit_alu(struct generator *g)
{
	unsigned int size = pick_size(g), op = pick(g, 8) << 3, wide = size > 1;

	emit_size(g, size);
	switch (pick(g, 5)) {
	case 0:
		emit(g, op | wide);
		emit_reg(g, pick_gpr(g), pick_gpr(g) & (wide ? 7 : 3));
		break;
	case 1:
		emit(g, 0x80 | wide);
		emit_reg(g, op >> 3, pick_gpr(g) & (wide ? 7 : 3));
		emit_value(g, random_next(&g->random), size > 4 ? 4 : size);
		break;
	case 2:
		emit(g, op | wide);
		emit_at(g, pick_gpr(g), AT_DATA + pick(g, 0xf00));
		break;
	case 3:
		emit(g, op | 2 | wide);
		emit_at(g, pick_gpr(g), AT_DATA + pick(g, 0xf00));
		break;
	case 4:		/* shifts and rotates */
		emit(g, 0xc0 | wide);
		emit_reg(g, pick(g, 6), pick_gpr(g) & (wide ? 7 : 3));
		emit(g, pick(g, 40));
		break;
	}
}

/* One byte each: CMC, CLC, STC, CLD, STD, SAHF, LAHF, CBW, CWD. */
void emit_flags(struct generator *g)
{
	static const uint8_t opcodes[] = {
		0xf5, 0xf8, 0xf9, 0xfc, 0xfd, 0x9e, 0x9f, 0x98, 0x99,
	};

	emit(g, opcodes[pick(g, sizeof(opcodes))]);
}

/* DIV and IDIV of what registers happen to hold: mostly #DE. */
void emit_divide(struct generator *g)
{
	emit_size(g, 4);
	emit(g, 0xf7);
	emit_reg(g, 6 + pick(g, 2), pick_gpr(g));
}

void emit_string(struct generator *g)
{
	static const uint8_t opcodes[] = { 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xae };

	emit_mov(g, RSI, AT_DATA + 0x100 + pick(g, 0x700));
	emit_mov(g, RDI, AT_DATA + 0x100 + pick(g, 0x700));
	emit_mov(g, RCX, pick(g, 20));
	emit(g, 0xf2 + pick(g, 2));
	emit(g, opcodes[pick(g, sizeof(opcodes))]);
}

void emit_stack(struct generator *g)
{
	EMIT(g, "\x9c\x58");			/* PUSHF; POP rAX */
	emit(g, 0xe8);				/* CALL to the next; POP */
	emit_value(g, 0, mode_bits(g->mode) == 16 ? 2 : 4);
	emit(g, 0x58 + pick_gpr(g));
}

/* MOVD, PADDD, MOVDQU; #UD or #NM as CR0 and CR4 say. */
void emit_sse(struct generator *g)
{
	unsigned int xmm = pick(g, 8);

	EMIT(g, "\x66\x0f\x6e");
	emit_reg(g, xmm, pick_gpr(g));
	EMIT(g, "\x66\x0f\xfe");
	emit_reg(g, pick(g, 8), xmm);
	EMIT(g, "\xf3\x0f\x7f");
	emit_at(g, xmm, AT_DATA + pick(g, 0xf00));
}

void emit_x87(struct generator *g)
{
	EMIT(g, "\xd9\xe8\xd9\xeb\xd8\xc9");	/* FLD1; FLDPI; FMUL ST1 */
	EMIT(g, "\xdd");			/* FST m64 */
	emit_at(g, 2, AT_DATA + pick(g, 0xf00));
}

/* VXORPS, VADDPS of YMM registers; #UD unless XCR0 has them. */
void emit_avx(struct generator *g)
{
	EMIT(g, "\xc5\xfc\x57");
	emit_reg(g, pick(g, 8), pick(g, 8));
	EMIT(g, "\xc5\xfc\x58");
	emit_reg(g, pick(g, 8), pick(g, 8));
}

/* #MF of FWAIT: FLDCW of a control word that masks nothing; FLD1, FLDZ, FDIVP. */
void emit_x87_fault(struct generator *g)
{
	emit_mov(g, RAX, 0x360);
	EMIT(g, "\x89");
	emit_at(g, RAX, AT_DATA);
	EMIT(g, "\xd9");
	emit_at(g, 5, AT_DATA);
	EMIT(g, "\xd9\xe8\xd9\xee\xde\xf9\x9b");
}

/* #XM: MXCSR that masks nothing, CVTSI2SS, DIVSS by zero; #UD without CR4.OSXMMEXCPT. */
void emit_sse_fault(struct generator *g)
{
	emit_mov(g, RAX, 0);
	emit_size(g, 4);
	emit(g, 0x89);
	emit_at(g, RAX, AT_DATA);
	EMIT(g, "\x0f\xae");
	emit_at(g, 2, AT_DATA);
	EMIT(g, "\xf3\x0f\x2a\xc8");		/* XMM1: 0 */
	emit_mov(g, RAX, 1 + pick(g, 100));
	EMIT(g, "\xf3\x0f\x2a\xc0\xf3\x0f\x5e\xc1");
}

/* #PF: absent, read-only with CR0.WP, beyond the tables, a user page with CR4.SMAP. */
void emit_page_fault(struct generator *g)
{
	static const uint32_t places[] = { AT_ABSENT, AT_READONLY, AT_USER, 0x300000 };

	emit_size(g, 4);
	emit(g, 0x88 | 1 | pick(g, 2) << 1);
	emit_at(g, pick_gpr(g), places[pick(g, 4)] + pick(g, 0xf00));
}

/* Valid, null, absent (#NP, #SS), wrong type, beyond the limit (#GP). Not DS: handlers use it. */
void emit_segment(struct generator *g)
{
	static const uint16_t selectors[] = {
		SEL_DATA, SEL_DATA_3, 0, SEL_ABSENT, SEL_CODE32, SEL_TSS, 0xfff8, 0x14,
	};
	static const uint8_t registers[] = { 0, 2, 4, 5 };	/* ES, SS, FS, GS */
	unsigned int nr = sizeof(registers);

	emit_mov(g, RAX, selectors[pick(g, 8)]);
	emit(g, 0x8e);
	emit_reg(g, mode_is_8086(g->mode) ? 4 + pick(g, 2) : registers[pick(g, nr)], RAX);
}

void emit_system(struct generator *g)
{
	switch (pick(g, 6)) {
	case 0:		/* SGDT, SIDT */
		EMIT(g, "\x0f\x01");
		emit_at(g, pick(g, 2), AT_DATA + pick(g, 0xf00));
		break;
	case 1:		/* SLDT, STR */
		EMIT(g, "\x0f\x00");
		emit_reg(g, pick(g, 2), RBX);
		break;
	case 2:		/* LAR */
		emit_mov(g, RAX, 8 * pick(g, 14));
		EMIT(g, "\x0f\x02\xd8");
		break;
	case 3:		/* CLFLUSH */
		EMIT(g, "\x0f\xae");
		emit_at(g, 7, AT_DATA);
		break;
	case 4:		/* LGDT */
		EMIT(g, "\x0f\x01");
		emit_at(g, 2, POINTER_GDT);
		break;
	case 5:		/* PAUSE */
		EMIT(g, "\xf3\x90");
		break;
	}
}

void emit_tsc_aux(struct generator *g)
{
	EMIT(g, "\x0f\x01\xf9\x31\xc0\x31\xd2");	/* RDTSCP; XOR EAX; XOR EDX */
	if (mode_bits(g->mode) == 16)
		EMIT(g, "\x66\x31\xc0\x66\x31\xd2");
}

void emit_swapgs(struct generator *g)
{
	EMIT(g, "\x0f\x01\xf8");
}

/* RDFSBASE to WRGSBASE: #UD unless CR4.FSGSBASE is set. */
void emit_base(struct generator *g)
{
	emit_mov(g, RAX, random_next(&g->random));
	EMIT(g, "\xf3\x48\x0f\xae");
	emit_reg(g, pick(g, 4), RAX);
}

void emit_invlpg(struct generator *g)
{
	EMIT(g, "\x0f\x01");
	emit_at(g, 7, AT_DATA + pick(g, 0x1000));
}

void emit_invpcid(struct generator *g)
{
	emit_mov(g, RBX, 2 + pick(g, 4));
	EMIT(g, "\x66\x0f\x38\x82");
	emit_at(g, RBX, AT_IDT64 + 8);
}

void emit_far(struct generator *g)
{
	static const uint16_t selectors[] = {
		[REAL] = 0, [PROT16] = SEL_CODE16, [PROT32] = SEL_CODE32, [PAGED32] = SEL_CODE32,
		[PAE] = SEL_CODE32, [COMPAT] = SEL_CODE32, [USER32] = SEL_CODE32_3,
		[COMPAT3] = SEL_CODE32_3, [V86] = 0,
	};

	emit_far_jump(g, selectors[g->mode]);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers that the hypervisor watches: MSRs, control and debug registers, XCR0.
 */
#include "emit.h"
#include "items.h"

#define MSR_STAR	0xc0000081

static uint32_t pick_switched_msr(struct generator *g)
{
	static const uint32_t msrs[] = {
		0x174, 0x175, 0x176, 0x277, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
		0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, MSR_EFER,
	};

	return msrs[pick(g, ARRAY_SIZE(msrs))];
}

void emit_rdmsr(struct generator *g)
{
	emit_mov(g, RCX, pick_switched_msr(g));
	EMIT(g, "\x0f\x32");
}

/* Any value where the MSR takes any, one that it takes or refuses where it is choosy. */
static uint64_t msr_value(struct generator *g, uint32_t msr)
{
	static const uint64_t pats[] = { 0x0007040600070406, 0x0606060606060606, 0x0302 };
	static const uint64_t efers[] = { 1, 0x800, 0x801, 2, 1ull << 40 };
	uint64_t value = random_next(&g->random);

	if (msr == 0x277)
		return pats[pick(g, 3)];
	if (msr == MSR_EFER)
		return efers[pick(g, 5)] | (mode_is_ia32e(g->mode) ? 0x500 : 0);
	if (msr == MSR_STAR)
		return value;
	if (msr == 0x174 || msr == 0xc0000084 || msr == 0xc0000103)
		return value >> 32;
	return (int64_t)(value << 17) >> 17;
}

void emit_wrmsr(struct generator *g)
{
	uint32_t msr = pick_switched_msr(g);
	uint64_t value = msr_value(g, msr);

	emit_mov(g, RCX, msr);
	emit_mov(g, RAX, value);
	emit_mov(g, RDX, value >> 32);
	EMIT(g, "\x0f\x30");
}

/* Neither hypervisor knows these: to the VMM, which answers or refuses (run.c). */
void emit_msr_exit(struct generator *g)
{
	static const uint32_t msrs[] = { 0x5000, 0x5001, 0xc0005000, 0xc0005001 };

	emit_mov(g, RCX, msrs[pick(g, 4)]);
	emit(g, 0x0f);
	emit(g, 0x30 | pick(g, 2) << 1);
}

void emit_change_cr(struct generator *g, unsigned int cr, uint64_t bits)
{
	emit_mov_special(g, 0x20, cr, RAX);
	if (bits >> 32) {
		emit_mov_wide(g, RDX, bits);
		EMIT(g, "\x48\x31\xd0");	/* XOR RAX, RDX */
	} else {
		emit_size(g, 4);
		emit(g, 0x35);			/* XOR EAX */
		emit_value(g, bits, 4);
	}
	emit_mov_special(g, 0x22, cr, RAX);
	emit_mov_special(g, 0x20, cr, RBX);
}

/* Among them what is ignored (ET, bit 6) and what is #GP: NW without CD, PG in 64-bit mode. */
void emit_cr0(struct generator *g)
{
	static const uint64_t bits[] = {
		0x8, 0x2, 0x4, 0x10000, 0x40000, 0x20, 0x40000000, 0x60000000, 0x20000000, 0x10,
		0x40, 0x10000000, 0x8 | 0x2 | 0x4, 0,
	};
	static const uint64_t bits_64[] = { 0x80000000, 1ull << 32, 1ull << 63 };

	if (g->mode == LONG && !pick(g, 4))
		emit_change_cr(g, 0, bits_64[pick(g, 3)]);
	else
		emit_change_cr(g, 0, bits[pick(g, ARRAY_SIZE(bits))]);
}

/* VMXE, SMXE, UMIP, PKE and reserved bits are #GP, and PAE off in long mode. */
void emit_cr4(struct generator *g)
{
	static const uint64_t bits[] = {
		0x4, 0x8, 0x80, 0x100, 0x200, 0x400, 0x10000, 0x40000, 0x100000, 0x200000,
		0x2000, 0x4000, 0x20000, 0x1000000, 0x80000000, 0x3, 0x84,
	};
	static const uint64_t bits_long[] = { 0x20, 1ull << 32 };

	if (g->mode == LONG && !pick(g, 5))
		emit_change_cr(g, 4, bits_long[pick(g, 2)]);
	else
		emit_change_cr(g, 4, bits[pick(g, ARRAY_SIZE(bits))]);
}

void emit_cr3(struct generator *g)
{
	if (g->mode == LONG && !pick(g, 4))
		emit_change_cr(g, 3, 1ull << 62);
	else
		emit_change_cr(g, 3, pick(g, 4) << 3);
}

void emit_cr2(struct generator *g)
{
	emit_mov_wide(g, RAX, random_next(&g->random));
	emit_mov_special(g, 0x22, 2, RAX);
	emit_mov_special(g, 0x20, 2, RDX);
}

void emit_cr8(struct generator *g)
{
	static const uint64_t values[] = { 0, 5, 15, 16, ~0ull };

	emit_mov_wide(g, RAX, values[pick(g, 5)]);
	emit_mov_special(g, 0x22, 8, RAX);
	emit_mov_special(g, 0x20, 8, RBX);
}

void emit_clts(struct generator *g)
{
	EMIT(g, "\x0f\x06");
	emit_mov_special(g, 0x20, 0, RBX);
}

/* Not PE in real mode: what follows would be in another mode. */
void emit_lmsw(struct generator *g)
{
	emit_mov(g, RAX, pick(g, 0x10000) & (g->mode == REAL ? ~1u : ~0u));
	EMIT(g, "\x0f\x01\xf0");
	emit_mov_special(g, 0x20, 0, RBX);
}

void emit_smsw(struct generator *g)
{
	emit_size(g, pick_wide(g));
	EMIT(g, "\x0f\x01");
	emit_reg(g, 4, pick_gpr(g));
}

void emit_dr(struct generator *g)
{
	unsigned int dr = pick(g, 8);
	uint64_t value = random_next(&g->random);

	/* No breakpoint is armed; general detect sometimes is. */
	if (dr == 5 || dr == 7)
		value &= pick(g, 4) ? 0xffffdf00 : 0xffffff00;
	if ((dr == 4 || dr == 6) && pick(g, 4))
		value &= 0xffffffff;
	emit_mov_wide(g, RAX, value);
	emit_mov_special(g, 0x23, dr, RAX);
	emit_mov_special(g, 0x21, dr, RBX);
}

void emit_xsetbv(struct generator *g)
{
	static const uint8_t values[] = { 1, 3, 7, 0, 2, 5, 0x1f };

	emit_mov(g, RCX, !pick(g, 8));
	emit_mov(g, RAX, values[pick(g, sizeof(values))]);
	emit_mov(g, RDX, !pick(g, 8));
	EMIT(g, "\x0f\x01\xd1\x0f\x01\xd0");	/* XSETBV; XGETBV */
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Items that reach the VMM's devices: IN and OUT, INS and OUTS, MMIO in each form that the module
 * decodes, and stores into read-only memory. MMIO stays within one page.
 */
#include "emit.h"
#include "items.h"

#define ALU_CMP		7

void emit_in_out(struct generator *g)
{
	unsigned int size = 1u << pick(g, 3), out = pick(g, 2) << 1;

	if (pick(g, 2)) {
		emit_size(g, size);
		emit(g, 0xe4 | out | (size > 1));
		emit(g, pick(g, 256));
	} else {
		emit_mov(g, RDX, pick(g, 0x10000));
		emit_size(g, size);
		emit(g, 0xec | out | (size > 1));
	}
}

/* Not one that asks for an event: of a string KVM gives the elements one by one, xvcpu together. */
static void emit_string_port(struct generator *g, uint32_t below)
{
	uint32_t port = pick(g, below);

	if (port == PORT_INTERRUPT || port == PORT_NMI)
		port++;
	emit_mov(g, RDX, port);
}

void emit_ins_outs(struct generator *g, unsigned int out)
{
	unsigned int size = 1u << pick(g, 3);

	emit_mov(g, RSI, AT_DATA + 0x100 + pick(g, 0x700));
	emit_mov(g, RDI, AT_DATA + 0x100 + pick(g, 0x700));
	emit_mov(g, RCX, pick(g, 12));
	emit_string_port(g, 0x10000);
	if (pick(g, 4))
		emit(g, 0xf3);
	emit_size(g, size);
	emit(g, 0x6c | out | (size > 1));
}

/* ES is what DS is: KVM reads the port before it finds that it cannot store (known.c). */
void emit_string_io(struct generator *g)
{
	EMIT(g, "\x8c\xd8\x8e\xc0");
	emit_ins_outs(g, pick(g, 2) << 1);
}

/* OUTS of memory at an odd address, at CPL 3 with CR0.AM and RFLAGS.AC. */
void emit_outs_alignment(struct generator *g)
{
	emit_mov(g, RSI, AT_DATA + 1);
	emit_mov(g, RDX, 0x80);
	EMIT(g, "\x9c\x58\x0d");	/* PUSHF; POP rAX; OR EAX */
	emit_value(g, 0x40000, 4);
	EMIT(g, "\x50\x9d\x6f");	/* PUSH rAX; POPF; OUTSD */
}

/* OUTS that runs into a page that is absent: #PF on the way, behind the elements before it. */
void emit_outs_fault(struct generator *g)
{
	unsigned int size = 1u << pick(g, 3);

	emit_mov(g, RSI, AT_ABSENT - 16 + pick(g, 16));
	emit_mov(g, RCX, 1 + pick(g, 16));
	emit_string_port(g, IO_PORTS);
	EMIT(g, "\xfc\xf3");
	emit_size(g, size);
	emit(g, 0x6e | (size > 1));
}

static uint32_t mmio_address(struct generator *g)
{
	return AT_HOLE + pick(g, 0xff0);
}

/* Either at an absolute address or at RBX and a displacement. */
static void emit_mmio_operand(struct generator *g, const char *opcode, unsigned int nr,
			      unsigned int size, unsigned int reg, bool at_rbx)
{
	emit_size(g, size);
	emit_bytes(g, opcode, nr);
	if (at_rbx)
		emit_at_rbx(g, reg, (int)pick(g, 256) - 128);
	else
		emit_at(g, reg, mmio_address(g));
}

static bool pick_rbx(struct generator *g)
{
	bool at_rbx = pick(g, 2);

	if (at_rbx)
		emit_mov(g, RBX, AT_HOLE + 0x100 + pick(g, 0xd00));
	return at_rbx;
}

void emit_mmio_mov(struct generator *g)
{
	unsigned int size = pick_size(g), wide = size > 1;
	char opcode = 0x88 | pick(g, 2) << 1 | wide;
	bool at_rbx = pick_rbx(g);

	emit_mmio_operand(g, &opcode, 1, size, pick_gpr(g), at_rbx);
}

void emit_mmio_immediate(struct generator *g)
{
	unsigned int size = pick_size(g);
	char opcode = 0xc6 | (size > 1);
	bool at_rbx = pick_rbx(g);

	emit_mmio_operand(g, &opcode, 1, size, 0, at_rbx);
	emit_value(g, random_next(&g->random), size > 4 ? 4 : size);
}

void emit_mmio_extend(struct generator *g)
{
	static const uint8_t opcodes[] = { 0xb6, 0xb7, 0xbe, 0xbf };
	unsigned int size = pick_wide(g);
	char opcode[] = { 0x0f, opcodes[pick(g, 4)] };
	bool at_rbx = pick_rbx(g);

	if (size == 8 && !pick(g, 3))
		emit_mmio_operand(g, "\x63", 1, 8, pick_gpr(g), at_rbx);	/* MOVSXD */
	else
		emit_mmio_operand(g, opcode, 2, size, pick_gpr(g), at_rbx);
}

void emit_mmio_offset(struct generator *g)
{
	unsigned int size = pick_size(g), bits = mode_bits(g->mode);

	emit_size(g, size);
	emit(g, 0xa0 | pick(g, 2) << 1 | (size > 1));
	emit_value(g, mmio_address(g), bits / 8);
}

void emit_mmio_stos(struct generator *g)
{
	unsigned int size = pick_size(g);

	emit_mov(g, RDI, AT_HOLE + 0x100 + pick(g, 0xd00));
	emit_mov(g, RCX, pick(g, 5));
	if (pick(g, 2))
		emit(g, 0xf3);
	emit_size(g, size);
	emit(g, 0xaa | (size > 1));
}

static void emit_movs(struct generator *g, unsigned int load)
{
	unsigned int size = pick_size(g);

	emit_mov(g, load ? RSI : RDI, AT_HOLE + 0x100 + pick(g, 0xd00));
	emit_mov(g, load ? RDI : RSI, AT_DATA + 0x100 + pick(g, 0xd00));
	emit_mov(g, RCX, pick(g, 5));
	if (pick(g, 2))
		emit(g, 0xf3);
	emit_size(g, size);
	emit(g, 0xa4 | (size > 1));
}

/* MOVS between RAM and MMIO, either way. ES is what DS is: as for INS. */
void emit_mmio_movs(struct generator *g)
{
	EMIT(g, "\x8c\xd8\x8e\xc0");
	emit_movs(g, pick(g, 2));
}

/* From MMIO through a null ES. */
void emit_movs_fault(struct generator *g)
{
	emit_mov(g, RAX, 0);
	EMIT(g, "\x8e\xc0");
	emit_movs(g, 1);
}

void emit_mmio_xchg(struct generator *g)
{
	unsigned int size = pick_size(g);
	char opcode = 0x86 | (size > 1);
	bool at_rbx = pick_rbx(g);

	emit_mmio_operand(g, &opcode, 1, size, pick_gpr(g), at_rbx);
}

/* LOCK, where the instruction stores what it computes. */
static void emit_lock(struct generator *g)
{
	if (!pick(g, 4))
		emit(g, 0xf0);
}

/* ADD, OR, ADC, SBB, AND, SUB, XOR, CMP to and from MMIO. */
void emit_mmio_alu(struct generator *g)
{
	unsigned int size = pick_size(g), op = pick(g, 8), load = pick(g, 2) << 1;
	char opcode = op << 3 | load | (size > 1);
	bool at_rbx = pick_rbx(g);

	if (op != ALU_CMP && !load)
		emit_lock(g);
	emit_mmio_operand(g, &opcode, 1, size, pick_gpr(g), at_rbx);
}

/* The same with an immediate, and TEST. */
void emit_mmio_alu_immediate(struct generator *g)
{
	unsigned int size = pick_size(g), op = pick(g, 9), bytes = size > 4 ? 4 : size;
	bool at_rbx = pick_rbx(g), short_one = size > 1 && op < 8 && pick(g, 2);
	char opcode = op == 8 ? 0xf6 : 0x80;

	opcode |= short_one ? 3 : size > 1;
	if (op < ALU_CMP)
		emit_lock(g);
	emit_mmio_operand(g, &opcode, 1, size, op & 7, at_rbx);
	emit_value(g, random_next(&g->random), short_one ? 1 : bytes);
}

/* NOT, NEG, INC, DEC. */
void emit_mmio_unary(struct generator *g)
{
	static const char opcodes[] = { 0xf6, 0xf6, 0xfe, 0xfe };
	static const uint8_t extensions[] = { 2, 3, 0, 1 };
	unsigned int size = pick_size(g), which = pick(g, 4);
	char opcode = opcodes[which] | (size > 1);
	bool at_rbx = pick_rbx(g);

	emit_lock(g);
	emit_mmio_operand(g, &opcode, 1, size, extensions[which], at_rbx);
}

/* TEST with a register, CMPXCHG, XADD. */
void emit_mmio_exchange(struct generator *g)
{
	unsigned int size = pick_size(g), wide = size > 1;
	char opcode[] = { 0x0f, pick(g, 2) ? 0xb0 | wide : 0xc0 | wide }, test = 0x84 | wide;
	bool at_rbx = pick_rbx(g);

	if (!pick(g, 3)) {
		emit_mmio_operand(g, &test, 1, size, pick_gpr(g), at_rbx);
		return;
	}
	emit_lock(g);
	emit_mmio_operand(g, opcode, 2, size, pick_gpr(g), at_rbx);
}

/* BT, BTS, BTR, BTC; a number in a register goes beyond the operand, either way. */
void emit_mmio_bit(struct generator *g)
{
	unsigned int size = pick_wide(g), op = pick(g, 4), by_register = pick(g, 2);
	char opcode[] = { 0x0f, by_register ? 0xa3 | op << 3 : 0xba };

	emit_mov(g, RCX, pick(g, 512) - 256);
	emit_mov(g, RBX, AT_HOLE + 0x100 + pick(g, 0xd00));
	if (op)
		emit_lock(g);
	emit_mmio_operand(g, opcode, 2, size, by_register ? RCX : 4 | op, true);
	if (!by_register)
		emit(g, pick(g, 256));
}

/* A load whose second half is in the next page, which is memory. */
void emit_mmio_crossing(struct generator *g)
{
	emit(g, 0x8b);
	emit_at(g, RBX, AT_HOLE + 0xffe);
}

/* A store into the read-only slot is MMIO, a load is not. */
void emit_rom(struct generator *g)
{
	unsigned int size = pick_size(g);

	emit_size(g, size);
	emit(g, 0x88 | pick(g, 2) << 1 | (size > 1));
	emit_at(g, pick_gpr(g), AT_ROM + pick(g, 0xff0));
}

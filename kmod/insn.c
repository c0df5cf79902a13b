// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction decoder for MMIO: opcode tables, prefixes, ModRM addressing.
 *
 * Pure functions, no lock; also compiled in userspace (insn.h). An instruction is a row of a table:
 * a new form is added as a row, and as a kind, in insn_execute.c, if none there does what it does.
 *
 * SDM volume 2, "Instruction Format" and "Opcode Map", is the reference throughout.
 */
#include <linux/errno.h>
#include <linux/types.h>

#include "insn.h"

#define PREFIX_OPERAND_SIZE	0x66
#define PREFIX_ADDRESS_SIZE	0x67
#define PREFIX_LOCK		0xf0
#define PREFIX_REPNE		0xf2
#define PREFIX_REP		0xf3
#define OPCODE_ESCAPE		0x0f

#define REX_W			0x08
#define REX_R			0x04
#define REX_X			0x02
#define REX_B			0x01

#define MODRM_MOD(modrm)	((modrm) >> 6)
#define MODRM_REG(modrm)	(((modrm) >> 3) & 7)
#define MODRM_RM(modrm)		((modrm) & 7)
#define SIB_SCALE(sib)		(1u << ((sib) >> 6))
#define SIB_INDEX(sib)		(((sib) >> 3) & 7)
#define SIB_BASE(sib)		((sib) & 7)

/* Where the operands of an opcode are. */
enum form {
	FORM_MODRM_REG = 1,	/* ModRM: memory and a general register */
	FORM_MODRM_TO_REG,	/* likewise; arithmetic with the register as its destination */
	FORM_GROUP,		/* ModRM: memory, the reg field chooses from a group */
	FORM_GROUP_IMM_1,	/* likewise, and an immediate byte */
	FORM_MOFFS,		/* rAX, and memory at an absolute offset */
	FORM_STRING_DEST,	/* rAX, and memory at ES:rDI */
	FORM_STRING_BOTH,	/* memory at rSI and at ES:rDI */
};

/* Width of an operand: in bytes, or one that follows from the prefixes. */
enum width {
	SIZE_1 = 1,
	SIZE_2 = 2,
	SIZE_OP,	/* the operand size */
	SIZE_OP_4,	/* the operand size, but 4 bytes where that is 8 */
};

/* The only mode in which an opcode is this instruction. */
enum only {
	ONLY_ANY = 0,
	ONLY_64,
	ONLY_NOT_64,
};

/* Instructions that share an opcode (SDM volume 2, "Opcode Extensions"). */
enum group {
	GROUP_ALU = 1,
	GROUP_BIT,
	GROUP_MOV,
	GROUP_UNARY,
	GROUP_INC_DEC,
};

/**
 * struct group_entry - what the reg field of ModRM makes of an opcode
 * @kind: &enum mmio_kind; 0: not an instruction that is decoded
 * @imm:  an immediate as wide as the operand, up to 4 bytes, follows where the form has none
 */
struct group_entry {
	u8 kind;
	bool imm;
};

static const struct group_entry groups[][8] = {
	[GROUP_ALU] = {
		{ MMIO_INSN_ADD, true }, { MMIO_INSN_OR, true }, { MMIO_INSN_ADC, true },
		{ MMIO_INSN_SBB, true }, { MMIO_INSN_AND, true }, { MMIO_INSN_SUB, true },
		{ MMIO_INSN_XOR, true }, { MMIO_INSN_CMP, true },
	},
	[GROUP_BIT] = {
		[4] = { MMIO_INSN_BT, true }, [5] = { MMIO_INSN_BTS, true },
		[6] = { MMIO_INSN_BTR, true }, [7] = { MMIO_INSN_BTC, true },
	},
	[GROUP_MOV] = {
		[0] = { MMIO_INSN_MOV_STORE_IMM, true },
	},
	[GROUP_UNARY] = {
		[0] = { MMIO_INSN_TEST, true }, [1] = { MMIO_INSN_TEST, true },
		[2] = { MMIO_INSN_NOT, false }, [3] = { MMIO_INSN_NEG, false },
	},
	[GROUP_INC_DEC] = {
		[0] = { MMIO_INSN_INC, false }, [1] = { MMIO_INSN_DEC, false },
	},
};

/**
 * struct opcode - one row: an opcode that accesses memory
 * @kind: &enum mmio_kind, in a group &enum group; 0: not an instruction that is decoded
 * @form: &enum form
 * @mem:  &enum width of the memory operand
 * @dst:  &enum width of the destination
 * @only: &enum only
 */
struct opcode {
	u8 kind;
	u8 form;
	u8 mem;
	u8 dst;
	u8 only;
};

static const struct opcode one_byte_opcodes[256] = {
	/*         kind                     form                mem        dst      only */
	[0x00] = { MMIO_INSN_ADD,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x01] = { MMIO_INSN_ADD,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x02] = { MMIO_INSN_ADD,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x03] = { MMIO_INSN_ADD,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x08] = { MMIO_INSN_OR,            FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x09] = { MMIO_INSN_OR,            FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x0a] = { MMIO_INSN_OR,            FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x0b] = { MMIO_INSN_OR,            FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x10] = { MMIO_INSN_ADC,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x11] = { MMIO_INSN_ADC,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x12] = { MMIO_INSN_ADC,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x13] = { MMIO_INSN_ADC,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x18] = { MMIO_INSN_SBB,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x19] = { MMIO_INSN_SBB,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x1a] = { MMIO_INSN_SBB,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x1b] = { MMIO_INSN_SBB,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x20] = { MMIO_INSN_AND,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x21] = { MMIO_INSN_AND,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x22] = { MMIO_INSN_AND,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x23] = { MMIO_INSN_AND,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x28] = { MMIO_INSN_SUB,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x29] = { MMIO_INSN_SUB,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x2a] = { MMIO_INSN_SUB,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x2b] = { MMIO_INSN_SUB,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x30] = { MMIO_INSN_XOR,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x31] = { MMIO_INSN_XOR,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x32] = { MMIO_INSN_XOR,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x33] = { MMIO_INSN_XOR,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x38] = { MMIO_INSN_CMP,           FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x39] = { MMIO_INSN_CMP,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x3a] = { MMIO_INSN_CMP,           FORM_MODRM_TO_REG,  SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x3b] = { MMIO_INSN_CMP,           FORM_MODRM_TO_REG,  SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x63] = { MMIO_INSN_MOVSX,         FORM_MODRM_REG,     SIZE_OP_4, SIZE_OP, ONLY_64 },
	[0x80] = { GROUP_ALU,               FORM_GROUP,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x81] = { GROUP_ALU,               FORM_GROUP,         SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x82] = { GROUP_ALU,               FORM_GROUP,         SIZE_1,    SIZE_1,  ONLY_NOT_64 },
	[0x83] = { GROUP_ALU,               FORM_GROUP_IMM_1,   SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x84] = { MMIO_INSN_TEST,          FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x85] = { MMIO_INSN_TEST,          FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x86] = { MMIO_INSN_XCHG,          FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x87] = { MMIO_INSN_XCHG,          FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x88] = { MMIO_INSN_MOV_STORE_REG, FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x89] = { MMIO_INSN_MOV_STORE_REG, FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0x8a] = { MMIO_INSN_MOV_LOAD,      FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0x8b] = { MMIO_INSN_MOV_LOAD,      FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xa0] = { MMIO_INSN_MOV_LOAD,      FORM_MOFFS,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xa1] = { MMIO_INSN_MOV_LOAD,      FORM_MOFFS,         SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xa2] = { MMIO_INSN_MOV_STORE_REG, FORM_MOFFS,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xa3] = { MMIO_INSN_MOV_STORE_REG, FORM_MOFFS,         SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xa4] = { MMIO_INSN_MOVS,          FORM_STRING_BOTH,   SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xa5] = { MMIO_INSN_MOVS,          FORM_STRING_BOTH,   SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xaa] = { MMIO_INSN_STOS,          FORM_STRING_DEST,   SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xab] = { MMIO_INSN_STOS,          FORM_STRING_DEST,   SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xc6] = { GROUP_MOV,               FORM_GROUP,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xc7] = { GROUP_MOV,               FORM_GROUP,         SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xf6] = { GROUP_UNARY,             FORM_GROUP,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xf7] = { GROUP_UNARY,             FORM_GROUP,         SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xfe] = { GROUP_INC_DEC,           FORM_GROUP,         SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xff] = { GROUP_INC_DEC,           FORM_GROUP,         SIZE_OP,   SIZE_OP, ONLY_ANY },
};

/* Opcodes after 0F. */
static const struct opcode two_byte_opcodes[256] = {
	/*         kind                     form                mem        dst      only */
	[0xa3] = { MMIO_INSN_BT,            FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xab] = { MMIO_INSN_BTS,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xb0] = { MMIO_INSN_CMPXCHG,       FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xb1] = { MMIO_INSN_CMPXCHG,       FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xb3] = { MMIO_INSN_BTR,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xb6] = { MMIO_INSN_MOVZX,         FORM_MODRM_REG,     SIZE_1,    SIZE_OP, ONLY_ANY },
	[0xb7] = { MMIO_INSN_MOVZX,         FORM_MODRM_REG,     SIZE_2,    SIZE_OP, ONLY_ANY },
	[0xba] = { GROUP_BIT,               FORM_GROUP_IMM_1,   SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xbb] = { MMIO_INSN_BTC,           FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
	[0xbe] = { MMIO_INSN_MOVSX,         FORM_MODRM_REG,     SIZE_1,    SIZE_OP, ONLY_ANY },
	[0xbf] = { MMIO_INSN_MOVSX,         FORM_MODRM_REG,     SIZE_2,    SIZE_OP, ONLY_ANY },
	[0xc0] = { MMIO_INSN_XADD,          FORM_MODRM_REG,     SIZE_1,    SIZE_1,  ONLY_ANY },
	[0xc1] = { MMIO_INSN_XADD,          FORM_MODRM_REG,     SIZE_OP,   SIZE_OP, ONLY_ANY },
};

/* The instruction under the decoder: how far it has been read, and what its prefixes said. */
struct decode {
	const u8 *bytes;
	u32 len;
	u32 pos;
	enum mmio_mode mode;
	unsigned int operand_size;
	bool segment_override;
	u8 rex;
	struct mmio_insn insn;
};

/* Reads the next @size bytes as a little-endian number. */
static int fetch(struct decode *d, unsigned int size, u64 *value)
{
	unsigned int i;

	if (d->pos + size > MMIO_INSN_LENGTH_MAX)
		return -EOPNOTSUPP;
	if (d->pos + size > d->len)
		return -ENODATA;

	*value = 0;
	for (i = 0; i < size; i++)
		*value |= (u64)d->bytes[d->pos + i] << (8 * i);
	d->pos += size;
	return 0;
}

static int fetch_byte(struct decode *d, u8 *byte)
{
	u64 value;
	int err = fetch(d, 1, &value);

	if (!err)
		*byte = value;
	return err;
}

static int fetch_signed(struct decode *d, unsigned int size, u64 *value)
{
	int err = fetch(d, size, value);

	if (!err)
		*value = mmio_sign_extend(*value, size);
	return err;
}

/*
 * In 64-bit mode overrides to ES, CS, SS and DS are ignored, as if they were not there: an FS or GS
 * before them still counts (SDM volume 1, "Segmentation in 64-Bit Mode").
 */
static void override_segment(struct decode *d, enum mmio_segment segment)
{
	if (d->mode == MMIO_MODE_64 && segment < MMIO_FS)
		return;
	d->insn.segment = segment;
	d->segment_override = true;
}

/* Takes in one legacy prefix; false if @byte is none. Of segment overrides the last one counts. */
static bool legacy_prefix(struct decode *d, u8 byte, bool *operand_prefix)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		override_segment(d, (byte >> 3) & 3);
		return true;
	case 0x64:
	case 0x65:
		override_segment(d, byte & 7);
		return true;
	case PREFIX_OPERAND_SIZE:
		*operand_prefix = true;
		return true;
	case PREFIX_ADDRESS_SIZE:
		/* Not from 64 to 16 bits, nor the other way round. */
		d->insn.addr_size = d->mode == MMIO_MODE_32 ? 2 : 4;
		return true;
	case PREFIX_LOCK:
		d->insn.lock = true;
		return true;
	case PREFIX_REPNE:
	case PREFIX_REP:
		d->insn.rep = true;
		return true;
	default:
		return false;
	}
}

/* Reads all prefixes, and the first byte of the opcode behind them. */
static int read_prefixes(struct decode *d, u8 *opcode)
{
	bool operand_prefix = false;
	int err;

	for (;;) {
		err = fetch_byte(d, opcode);
		if (err)
			return err;
		if (legacy_prefix(d, *opcode, &operand_prefix)) {
			d->rex = 0;	/* a REX prefix counts only right before the opcode */
			continue;
		}
		if (d->mode != MMIO_MODE_64 || (*opcode & 0xf0) != 0x40)
			break;
		d->rex = *opcode;
	}

	if (d->rex & REX_W)
		d->operand_size = 8;
	else if (operand_prefix)
		d->operand_size = d->mode == MMIO_MODE_16 ? 4 : 2;
	else
		d->operand_size = d->mode == MMIO_MODE_16 ? 2 : 4;
	return 0;
}

static int read_opcode(struct decode *d, const struct opcode **row)
{
	u8 opcode;
	int err;

	err = read_prefixes(d, &opcode);
	if (err)
		return err;
	*row = &one_byte_opcodes[opcode];
	if (opcode == OPCODE_ESCAPE) {
		err = fetch_byte(d, &opcode);
		if (err)
			return err;
		*row = &two_byte_opcodes[opcode];
	}

	if (!(*row)->kind)
		return -EOPNOTSUPP;
	if ((*row)->only == ONLY_64 && d->mode != MMIO_MODE_64)
		return -EOPNOTSUPP;
	if ((*row)->only == ONLY_NOT_64 && d->mode == MMIO_MODE_64)
		return -EOPNOTSUPP;
	return 0;
}

static unsigned int width_bytes(const struct decode *d, enum width width)
{
	switch (width) {
	case SIZE_OP:
		return d->operand_size;
	case SIZE_OP_4:
		return d->operand_size < 4 ? d->operand_size : 4;
	default:
		return width;
	}
}

/* The stack segment is the default where the base is rBP or rSP, which R12 and R13 are not. */
static void default_segment(struct decode *d)
{
	if (d->segment_override)
		return;
	if (d->insn.base == MMIO_REG_RBP || d->insn.base == MMIO_REG_RSP)
		d->insn.segment = MMIO_SS;
	else
		d->insn.segment = MMIO_DS;
}

/* SDM volume 2, "16-Bit Addressing Forms with the ModR/M Byte". */
static int read_address16(struct decode *d, u8 modrm)
{
	static const struct { u8 base, index; } forms[8] = {
		{ MMIO_REG_RBX, MMIO_REG_RSI },
		{ MMIO_REG_RBX, MMIO_REG_RDI },
		{ MMIO_REG_RBP, MMIO_REG_RSI },
		{ MMIO_REG_RBP, MMIO_REG_RDI },
		{ MMIO_REG_RSI, MMIO_REG_NONE },
		{ MMIO_REG_RDI, MMIO_REG_NONE },
		{ MMIO_REG_RBP, MMIO_REG_NONE },
		{ MMIO_REG_RBX, MMIO_REG_NONE },
	};
	u8 mod = MODRM_MOD(modrm), rm = MODRM_RM(modrm);

	if (mod == 0 && rm == 6)
		return fetch_signed(d, 2, &d->insn.disp);

	d->insn.base = forms[rm].base;
	d->insn.index = forms[rm].index;
	d->insn.scale = d->insn.index == MMIO_REG_NONE ? 0 : 1;
	return mod == 0 ? 0 : fetch_signed(d, mod, &d->insn.disp);
}

/* Reads a SIB byte; *disp32 if there is a displacement where mod says there is none. */
static int read_sib(struct decode *d, u8 mod, bool *disp32)
{
	u8 sib, index;
	int err;

	err = fetch_byte(d, &sib);
	if (err)
		return err;

	index = SIB_INDEX(sib) | (d->rex & REX_X ? 8 : 0);
	if (index != MMIO_REG_RSP) {
		d->insn.index = index;
		d->insn.scale = SIB_SCALE(sib);
	}
	*disp32 = mod == 0 && SIB_BASE(sib) == MMIO_REG_RBP;
	if (!*disp32)
		d->insn.base = SIB_BASE(sib) | (d->rex & REX_B ? 8 : 0);
	return 0;
}

/*
 * SDM volume 2, "32-Bit Addressing Forms with the ModR/M Byte" and "with the SIB Byte". The two
 * special cases, a SIB byte and no base, go by the three bits in ModRM, whatever REX.B says.
 */
static int read_address32(struct decode *d, u8 modrm)
{
	u8 mod = MODRM_MOD(modrm), rm = MODRM_RM(modrm);
	bool disp32 = false;
	int err;

	if (rm == MMIO_REG_RSP) {
		err = read_sib(d, mod, &disp32);
		if (err)
			return err;
	} else if (mod == 0 && rm == MMIO_REG_RBP) {
		disp32 = true;
		if (d->mode == MMIO_MODE_64)
			d->insn.base = MMIO_REG_RIP;
	} else {
		d->insn.base = rm | (d->rex & REX_B ? 8 : 0);
	}

	if (mod == 1)
		return fetch_signed(d, 1, &d->insn.disp);
	if (mod == 2 || disp32)
		return fetch_signed(d, 4, &d->insn.disp);
	return 0;
}

static int read_modrm(struct decode *d, u8 *modrm)
{
	int err = fetch_byte(d, modrm);

	if (err)
		return err;
	return MODRM_MOD(*modrm) == 3 ? -EOPNOTSUPP : 0;
}

static int read_address(struct decode *d, u8 modrm)
{
	int err;

	err = d->insn.addr_size == 2 ? read_address16(d, modrm) : read_address32(d, modrm);
	if (!err)
		default_segment(d);
	return err;
}

/* Without a REX prefix the byte registers 4 to 7 are AH, CH, DH and BH. */
static void set_register(struct decode *d, u8 reg)
{
	if (d->insn.dst_size == 1 && !d->rex && reg >= 4) {
		d->insn.high_byte = true;
		d->insn.reg = reg - 4;
		return;
	}
	d->insn.reg = reg | (d->rex & REX_R ? 8 : 0);
}

static int read_modrm_reg(struct decode *d)
{
	u8 modrm;
	int err;

	err = read_modrm(d, &modrm);
	if (err)
		return err;
	set_register(d, MODRM_REG(modrm));
	return read_address(d, modrm);
}

/* An immediate is as wide as the operand, but not wider than 4 bytes, or a byte. */
static int read_immediate(struct decode *d, enum form form)
{
	unsigned int size = d->insn.mem_size < 4 ? d->insn.mem_size : 4;

	d->insn.has_imm = true;
	return fetch_signed(d, form == FORM_GROUP_IMM_1 ? 1 : size, &d->insn.imm);
}

static int read_group(struct decode *d, const struct opcode *row)
{
	const struct group_entry *entry;
	u8 modrm;
	int err;

	err = read_modrm(d, &modrm);
	if (err)
		return err;
	entry = &groups[row->kind][MODRM_REG(modrm)];
	if (entry->kind == MMIO_INSN_NONE)
		return -EOPNOTSUPP;
	d->insn.kind = entry->kind;
	err = read_address(d, modrm);
	if (err)
		return err;
	return entry->imm ? read_immediate(d, row->form) : 0;
}

/* No override for the destination of a string instruction: it is always in ES. */
static void set_string(struct decode *d, enum form form)
{
	if (form == FORM_STRING_DEST) {
		d->insn.segment = MMIO_ES;
		d->insn.base = MMIO_REG_RDI;
		return;
	}
	d->insn.base = MMIO_REG_RSI;
	default_segment(d);
}

static int read_operands(struct decode *d, const struct opcode *row)
{
	switch ((enum form)row->form) {
	case FORM_MODRM_REG:
	case FORM_MODRM_TO_REG:
		return read_modrm_reg(d);
	case FORM_GROUP:
	case FORM_GROUP_IMM_1:
		return read_group(d, row);
	case FORM_MOFFS:
		default_segment(d);
		return fetch(d, d->insn.addr_size, &d->insn.disp);
	case FORM_STRING_DEST:
	case FORM_STRING_BOTH:
		set_string(d, row->form);
		return 0;
	}
	return -EOPNOTSUPP;
}

/* SDM volume 2, "LOCK": with a destination in memory that is read and written; else #UD. */
static bool may_be_locked(const struct mmio_insn *insn)
{
	return mmio_reads(insn) && mmio_writes(insn) && !mmio_is_string(insn);
}

int mmio_insn_decode(struct mmio_insn *insn, enum mmio_mode mode, const u8 *bytes, u32 len)
{
	struct decode d = {
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.insn = {
			.mode = mode,
			.addr_size = mode == MMIO_MODE_64 ? 8 : mode == MMIO_MODE_32 ? 4 : 2,
			.base = MMIO_REG_NONE,
			.index = MMIO_REG_NONE,
		},
	};
	const struct opcode *row;
	int err;

	err = read_opcode(&d, &row);
	if (err)
		return err;
	d.insn.kind = row->kind;
	d.insn.to_reg = row->form == FORM_MODRM_TO_REG;
	d.insn.mem_size = width_bytes(&d, row->mem);
	d.insn.dst_size = width_bytes(&d, row->dst);

	err = read_operands(&d, row);
	if (err)
		return err;
	if (d.insn.lock && !may_be_locked(&d.insn))
		return -EOPNOTSUPP;
	/* REP before an instruction that is not a string instruction is ignored. */
	if (!mmio_is_string(&d.insn))
		d.insn.rep = false;
	d.insn.length = d.pos;
	*insn = d.insn;
	return 0;
}

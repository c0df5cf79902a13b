// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/insn.c against literal expectations, and against Zydis on enumerated and random bytes.
 *
 * The seed of the random part is fixed, and printed; INSN_SEED in the environment changes it.
 */
#include <errno.h>
#include <linux/kernel.h>
#include <string.h>

#include "insn.h"
#include "tap.h"
#include "zydis_oracle.h"

#define RANDOM_CASES	1500000
#define NONE		MMIO_REG_NONE

static u64 random_state;

/* SplitMix64: small, and good for any seed. */
static u64 random64(void)
{
	u64 z = (random_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned int random_below(unsigned int limit)
{
	return random64() % limit;
}

struct decode_case {
	enum mmio_mode mode;
	unsigned int len;
	u8 bytes[20];
	struct mmio_insn insn;
};

/* Initialises the members len and bytes. */
#define B(...) .len = sizeof((u8[]){ __VA_ARGS__ }), .bytes = { __VA_ARGS__ }

/* One case for each rule; assembled by hand from the opcode maps. */
static const struct decode_case decode_cases[] = {
	/* mov eax, [0xfee00020] */
	{ MMIO_MODE_32, B(0xa1, 0x20, 0x00, 0xe0, 0xfe),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 4, .dst_size = 4, .addr_size = 4,
	    .segment = MMIO_DS, .base = NONE, .index = NONE, .disp = 0xfee00020 } },
	/* mov [rip+0x10], r9b */
	{ MMIO_MODE_64, B(0x44, 0x88, 0x0d, 0x10, 0x00, 0x00, 0x00),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 1, .dst_size = 1, .reg = 9,
	    .addr_size = 8, .segment = MMIO_DS, .base = MMIO_REG_RIP, .index = NONE,
	    .disp = 0x10 } },
	/* mov byte [bp+si-1], dh */
	{ MMIO_MODE_16, B(0x88, 0x72, 0xff),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 1, .dst_size = 1, .reg = 2,
	    .high_byte = true, .addr_size = 2, .segment = MMIO_SS, .base = 5, .index = 6,
	    .scale = 1, .disp = -1ull } },
	/* mov [rbp], sil: with a REX prefix register 6 of a byte is SIL, not DH */
	{ MMIO_MODE_64, B(0x40, 0x88, 0x75, 0x00),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 1, .dst_size = 1, .reg = 6,
	    .addr_size = 8, .segment = MMIO_SS, .base = 5, .index = NONE } },
	/* the same REX prefix before 66 is no REX prefix: mov [rbp], dh */
	{ MMIO_MODE_64, B(0x40, 0x66, 0x88, 0x75, 0x00),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 1, .dst_size = 1, .reg = 2,
	    .high_byte = true, .addr_size = 8, .segment = MMIO_SS, .base = 5, .index = NONE } },
	/* mov r13, [r13+0]: R13 as the base needs a displacement, and DS is its segment */
	{ MMIO_MODE_64, B(0x4d, 0x8b, 0x6d, 0x00),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 8, .dst_size = 8, .reg = 13, .addr_size = 8,
	    .segment = MMIO_DS, .base = 13, .index = NONE } },
	/* mov ecx, [r12]: R12 as the base needs a SIB byte */
	{ MMIO_MODE_64, B(0x41, 0x8b, 0x0c, 0x24),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 4, .dst_size = 4, .reg = 1, .addr_size = 8,
	    .segment = MMIO_DS, .base = 12, .index = NONE } },
	/* mov eax, [r12*8+0x12345678]: index 4 with REX.X is R12 */
	{ MMIO_MODE_64, B(0x42, 0x8b, 0x04, 0xe5, 0x78, 0x56, 0x34, 0x12),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 4, .dst_size = 4, .addr_size = 8,
	    .segment = MMIO_DS, .base = NONE, .index = 12, .scale = 8, .disp = 0x12345678 } },
	/* mov qword gs:[edi], -2: REX.W beats 66, the immediate is 32 bits sign-extended */
	{ MMIO_MODE_64, B(0x65, 0x66, 0x67, 0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff),
	  { .kind = MMIO_INSN_MOV_STORE_IMM, .has_imm = true, .mem_size = 8, .dst_size = 8,
	    .imm = -2ull, .addr_size = 4, .segment = MMIO_GS, .base = 7, .index = NONE } },
	/* mov word [rax], 0x8000: the immediate follows the operand size */
	{ MMIO_MODE_64, B(0x66, 0xc7, 0x00, 0x00, 0x80),
	  { .kind = MMIO_INSN_MOV_STORE_IMM, .has_imm = true, .mem_size = 2, .dst_size = 2,
	    .imm = 0xffffffffffff8000, .addr_size = 8, .segment = MMIO_DS, .index = NONE } },
	/* mov fs:[rax], ecx with an ignored override to CS behind that to FS */
	{ MMIO_MODE_64, B(0x64, 0x2e, 0x89, 0x08),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 4, .dst_size = 4, .reg = 1,
	    .addr_size = 8, .segment = MMIO_FS, .index = NONE } },
	/* outside 64-bit mode the last override counts: mov cs:[eax], ecx */
	{ MMIO_MODE_32, B(0x64, 0x2e, 0x89, 0x08),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 4, .dst_size = 4, .reg = 1,
	    .addr_size = 4, .segment = MMIO_CS, .index = NONE } },
	/* mov rax, [0xf0e0d0c0b0a09080] */
	{ MMIO_MODE_64, B(0x48, 0xa1, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 8, .dst_size = 8, .addr_size = 8,
	    .segment = MMIO_DS, .base = NONE, .index = NONE, .disp = 0xf0e0d0c0b0a09080 } },
	/* mov [0x90a0b0c0], al: an absolute offset is not sign-extended */
	{ MMIO_MODE_64, B(0x67, 0xa2, 0xc0, 0xb0, 0xa0, 0x90),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 1, .dst_size = 1, .addr_size = 4,
	    .segment = MMIO_DS, .base = NONE, .index = NONE, .disp = 0x90a0b0c0 } },
	/* movzx r8d, byte [rax+rcx*2-0x80] */
	{ MMIO_MODE_64, B(0x44, 0x0f, 0xb6, 0x44, 0x48, 0x80),
	  { .kind = MMIO_INSN_MOVZX, .mem_size = 1, .dst_size = 4, .reg = 8, .addr_size = 8,
	    .segment = MMIO_DS, .base = 0, .index = 1, .scale = 2, .disp = -0x80ull } },
	/* movzx esp, byte [eax]: register 4 of a doubleword is not AH */
	{ MMIO_MODE_32, B(0x0f, 0xb6, 0x20),
	  { .kind = MMIO_INSN_MOVZX, .mem_size = 1, .dst_size = 4, .reg = 4, .addr_size = 4,
	    .segment = MMIO_DS, .index = NONE } },
	/* movsx eax, word [bx] in a 16-bit segment */
	{ MMIO_MODE_16, B(0x66, 0x0f, 0xbf, 0x07),
	  { .kind = MMIO_INSN_MOVSX, .mem_size = 2, .dst_size = 4, .addr_size = 2,
	    .segment = MMIO_DS, .base = 3, .index = NONE } },
	/* movsxd rdx, dword [rsp] */
	{ MMIO_MODE_64, B(0x48, 0x63, 0x14, 0x24),
	  { .kind = MMIO_INSN_MOVSX, .mem_size = 4, .dst_size = 8, .reg = 2, .addr_size = 8,
	    .segment = MMIO_SS, .base = 4, .index = NONE } },
	/* rep stosd with an override that does not apply */
	{ MMIO_MODE_32, B(0x64, 0xf3, 0xab),
	  { .kind = MMIO_INSN_STOS, .mem_size = 4, .dst_size = 4, .rep = true, .addr_size = 4,
	    .segment = MMIO_ES, .base = 7, .index = NONE } },
	/* repne stosq, 32-bit addresses */
	{ MMIO_MODE_64, B(0xf2, 0x67, 0x48, 0xab),
	  { .kind = MMIO_INSN_STOS, .mem_size = 8, .dst_size = 8, .rep = true, .addr_size = 4,
	    .segment = MMIO_ES, .base = 7, .index = NONE } },
	/* REP before MOV is ignored: mov [di], ax */
	{ MMIO_MODE_16, B(0xf3, 0x89, 0x05),
	  { .kind = MMIO_INSN_MOV_STORE_REG, .mem_size = 2, .dst_size = 2, .addr_size = 2,
	    .segment = MMIO_DS, .base = 7, .index = NONE } },
	/* mov ax, [0x8000] by ModRM: BP is no base there, so DS */
	{ MMIO_MODE_16, B(0x8b, 0x06, 0x00, 0x80),
	  { .kind = MMIO_INSN_MOV_LOAD, .mem_size = 2, .dst_size = 2, .addr_size = 2,
	    .segment = MMIO_DS, .base = NONE, .index = NONE, .disp = 0xffffffffffff8000 } },
	/* lock add [rdi+8], r9d */
	{ MMIO_MODE_64, B(0xf0, 0x44, 0x01, 0x4f, 0x08),
	  { .kind = MMIO_INSN_ADD, .mem_size = 4, .dst_size = 4, .reg = 9, .lock = true,
	    .addr_size = 8, .segment = MMIO_DS, .base = 7, .index = NONE, .disp = 8 } },
	/* sbb bh, [ebx]: the register is the destination */
	{ MMIO_MODE_32, B(0x1a, 0x3b),
	  { .kind = MMIO_INSN_SBB, .mem_size = 1, .dst_size = 1, .reg = 3, .high_byte = true,
	    .to_reg = true, .addr_size = 4, .segment = MMIO_DS, .base = 3, .index = NONE } },
	/* and qword [rax], -16: an immediate byte, sign-extended */
	{ MMIO_MODE_64, B(0x48, 0x83, 0x20, 0xf0),
	  { .kind = MMIO_INSN_AND, .mem_size = 8, .dst_size = 8, .imm = -16ull, .has_imm = true,
	    .addr_size = 8, .segment = MMIO_DS, .index = NONE } },
	/* test word [eax], 0x8001 */
	{ MMIO_MODE_32, B(0x66, 0xf7, 0x00, 0x01, 0x80),
	  { .kind = MMIO_INSN_TEST, .mem_size = 2, .dst_size = 2, .imm = 0xffffffffffff8001,
	    .has_imm = true, .addr_size = 4, .segment = MMIO_DS, .index = NONE } },
	/* neg byte [eax] */
	{ MMIO_MODE_32, B(0xf6, 0x18),
	  { .kind = MMIO_INSN_NEG, .mem_size = 1, .dst_size = 1, .addr_size = 4,
	    .segment = MMIO_DS, .index = NONE } },
	/* btc word [rax], 9: the immediate is a byte */
	{ MMIO_MODE_64, B(0x66, 0x0f, 0xba, 0x38, 0x09),
	  { .kind = MMIO_INSN_BTC, .mem_size = 2, .dst_size = 2, .imm = 9, .has_imm = true,
	    .addr_size = 8, .segment = MMIO_DS, .index = NONE } },
	/* rep movsw fs:[esi] to es:[edi] */
	{ MMIO_MODE_32, B(0x64, 0x66, 0xf3, 0xa5),
	  { .kind = MMIO_INSN_MOVS, .mem_size = 2, .dst_size = 2, .rep = true, .addr_size = 4,
	    .segment = MMIO_FS, .base = 6, .index = NONE } },
	/* 15 bytes exactly: mov dword [eax*4+0x11223344], 0x55667788 behind four prefixes */
	{ MMIO_MODE_32, B(0x3e, 0x3e, 0x3e, 0x3e, 0xc7, 0x04, 0x85, 0x44, 0x33, 0x22, 0x11,
			  0x88, 0x77, 0x66, 0x55),
	  { .kind = MMIO_INSN_MOV_STORE_IMM, .has_imm = true, .mem_size = 4, .dst_size = 4,
	    .imm = 0x55667788, .addr_size = 4, .segment = MMIO_DS, .base = NONE, .index = 0,
	    .scale = 4, .disp = 0x11223344 } },
};

static void test_decode_table(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(decode_cases); i++) {
		const struct decode_case *c = &decode_cases[i];
		struct mmio_insn insn;
		const char *why = "";

		memset(&insn, 0xcc, sizeof(insn));
		EXPECT(!mmio_insn_decode(&insn, c->mode, c->bytes, c->len), "case %u refused", i);
		EXPECT(insn.length == c->len, "case %u: length %u", i, insn.length);
		EXPECT(insn.mode == c->mode, "case %u: mode %u", i, insn.mode);
		EXPECT(insn.kind == c->insn.kind, "case %u: kind %u", i, insn.kind);
		EXPECT(insn.mem_size == c->insn.mem_size && insn.dst_size == c->insn.dst_size,
		       "case %u: sizes %u %u", i, insn.mem_size, insn.dst_size);
		EXPECT(insn.reg == c->insn.reg && insn.high_byte == c->insn.high_byte,
		       "case %u: register %u %u", i, insn.reg, insn.high_byte);
		EXPECT(insn.imm == c->insn.imm, "case %u: immediate 0x%llx", i, insn.imm);
		EXPECT(insn.has_imm == c->insn.has_imm, "case %u: has_imm %u", i, insn.has_imm);
		EXPECT(insn.to_reg == c->insn.to_reg, "case %u: to_reg %u", i, insn.to_reg);
		EXPECT(insn.lock == c->insn.lock, "case %u: lock %u", i, insn.lock);
		EXPECT(insn.rep == c->insn.rep, "case %u: rep %u", i, insn.rep);
		EXPECT(insn.addr_size == c->insn.addr_size, "case %u: address size %u", i,
		       insn.addr_size);
		EXPECT(insn.segment == c->insn.segment, "case %u: segment %u", i, insn.segment);
		EXPECT(insn.base == c->insn.base && insn.index == c->insn.index &&
		       insn.scale == c->insn.scale, "case %u: base %u index %u scale %u", i,
		       insn.base, insn.index, insn.scale);
		EXPECT(insn.disp == c->insn.disp, "case %u: displacement 0x%llx", i, insn.disp);
		EXPECT(oracle_compare(c->mode, c->bytes, c->len, &why) == ORACLE_AGREE,
		       "case %u: the oracle differs: %s", i, why);
	}
}

struct refusal_case {
	enum mmio_mode mode;
	int error;
	const char *what;
	unsigned int len;
	u8 bytes[20];
};

static const struct refusal_case refusal_cases[] = {
	{ MMIO_MODE_64, -ENODATA, "no bytes", 0, { 0 } },
	{ MMIO_MODE_64, -ENODATA, "prefixes only", B(0x66, 0x48) },
	{ MMIO_MODE_64, -ENODATA, "opcode only", B(0x8b) },
	{ MMIO_MODE_64, -ENODATA, "escape only", B(0x0f) },
	{ MMIO_MODE_64, -ENODATA, "SIB missing", B(0x8b, 0x04) },
	{ MMIO_MODE_64, -ENODATA, "displacement cut", B(0x8b, 0x80, 1, 2, 3) },
	{ MMIO_MODE_64, -ENODATA, "immediate cut", B(0xc7, 0x00, 1, 2, 3) },
	{ MMIO_MODE_64, -ENODATA, "offset cut", B(0xa1, 1, 2, 3, 4, 5, 6, 7) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "register operand", B(0x8b, 0xc0) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "LOCK MOV", B(0xf0, 0x89, 0x08) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "LOCK STOS", B(0xf0, 0xaa) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "LOCK MOVS", B(0xf0, 0xa5) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "LOCK BT", B(0xf0, 0x0f, 0xa3, 0x00) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "82 in 64-bit mode", B(0x82, 0x00, 0x01) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "MUL", B(0xf6, 0x20) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "CALL", B(0xff, 0x10) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "PUSH", B(0xff, 0x30) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "FE /2", B(0xfe, 0x10) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "0F BA /3", B(0x0f, 0xba, 0x18, 0x01) },
	{ MMIO_MODE_64, -ENODATA, "immediate byte missing", B(0x0f, 0xba, 0x20) },
	{ MMIO_MODE_64, -ENODATA, "TEST's immediate cut", B(0xf7, 0x00, 1, 2, 3) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "C7 /1", B(0xc7, 0x08, 0, 0, 0, 0) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "C6 /7, before its displacement is read", B(0xc6, 0xb8) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "ARPL", B(0x63, 0x00) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "no REX outside 64-bit mode", B(0x48, 0x8b, 0x00) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "MOV to DS", B(0x8e, 0x18) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "VEX", B(0xc5, 0xf8, 0x28, 0x00) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "EVEX", B(0x62, 0xf1, 0x7c, 0x48, 0x28, 0x00) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "FXSAVE", B(0x0f, 0xae, 0x00) },
	{ MMIO_MODE_64, -EOPNOTSUPP, "15 prefixes", B(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x8b, 0x00) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "16 bytes", B(0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0xc7, 0x04, 0x85,
		0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55) },
	{ MMIO_MODE_32, -EOPNOTSUPP, "16 bytes, 15 there", B(0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0xc7,
		0x04, 0x85, 0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66) },
};

static void test_refusals(void)
{
	struct mmio_insn insn, before;
	unsigned int i;

	memset(&before, 0xcc, sizeof(before));
	for (i = 0; i < ARRAY_SIZE(refusal_cases); i++) {
		const struct refusal_case *c = &refusal_cases[i];
		int err;

		insn = before;
		err = mmio_insn_decode(&insn, c->mode, c->bytes, c->len);
		EXPECT(err == c->error, "%s: %d, expected %d", c->what, err, c->error);
		EXPECT(!memcmp(&insn, &before, sizeof(insn)), "%s: result written", c->what);
	}
}

/* Each accepted instruction, cut anywhere, is -ENODATA, and bytes behind it do not matter. */
static void test_truncation(void)
{
	struct mmio_insn whole, again;
	unsigned int i, len;
	u8 bytes[20];

	for (i = 0; i < ARRAY_SIZE(decode_cases); i++) {
		const struct decode_case *c = &decode_cases[i];

		for (len = 0; len < c->len; len++)
			EXPECT_EQ(-ENODATA, mmio_insn_decode(&again, c->mode, c->bytes, len));
		memset(&whole, 0, sizeof(whole));
		memset(&again, 0, sizeof(again));
		memset(bytes, 0xf0, sizeof(bytes));
		memcpy(bytes, c->bytes, c->len);
		EXPECT_EQ(0, mmio_insn_decode(&whole, c->mode, c->bytes, c->len));
		EXPECT_EQ(0, mmio_insn_decode(&again, c->mode, bytes, sizeof(bytes)));
		EXPECT(!memcmp(&whole, &again, sizeof(whole)), "case %u: what follows counts", i);
	}
}

static struct mmio_insn decode(enum mmio_mode mode, const char *bytes, unsigned int len)
{
	struct mmio_insn insn = { 0 };
	int err = mmio_insn_decode(&insn, mode, (const u8 *)bytes, len);

	EXPECT(!err, "decoding gave %d", err);
	return insn;
}

#define DECODE(mode, bytes) decode(mode, bytes, sizeof(bytes) - 1)

static void test_load_value(void)
{
	const u64 old = 0x1122334455667788;
	struct mmio_insn insn;

	/* mov al, [rax] */
	insn = DECODE(MMIO_MODE_64, "\x8a\x00");
	EXPECT_EQ(0x11223344556677f1ull, mmio_load_value(&insn, old, 0xf1));
	/* mov ah, [rax] */
	insn = DECODE(MMIO_MODE_64, "\x8a\x20");
	EXPECT_EQ(0x112233445566f188ull, mmio_load_value(&insn, old, 0xabf1));
	/* mov ax, [rax] */
	insn = DECODE(MMIO_MODE_64, "\x66\x8b\x00");
	EXPECT_EQ(0x112233445566f1f2ull, mmio_load_value(&insn, old, 0xabf1f2));
	/* mov eax, [rax] */
	insn = DECODE(MMIO_MODE_64, "\x8b\x00");
	EXPECT_EQ(0xf1f2f3f4ull, mmio_load_value(&insn, old, 0xabf1f2f3f4));
	/* mov rax, [rax] */
	insn = DECODE(MMIO_MODE_64, "\x48\x8b\x00");
	EXPECT_EQ(0xf1f2f3f4f5f6f7f8ull, mmio_load_value(&insn, old, 0xf1f2f3f4f5f6f7f8));
	/* movzx ax, byte [rax] */
	insn = DECODE(MMIO_MODE_64, "\x66\x0f\xb6\x00");
	EXPECT_EQ(0x11223344556600f1ull, mmio_load_value(&insn, old, 0xabf1));
	/* movzx eax, word [rax] */
	insn = DECODE(MMIO_MODE_64, "\x0f\xb7\x00");
	EXPECT_EQ(0xf1f2ull, mmio_load_value(&insn, old, 0xabf1f2));
	/* movsx ax, byte [rax] */
	insn = DECODE(MMIO_MODE_64, "\x66\x0f\xbe\x00");
	EXPECT_EQ(0x112233445566fff1ull, mmio_load_value(&insn, old, 0xf1));
	/* movsx eax, byte [rax] */
	insn = DECODE(MMIO_MODE_64, "\x0f\xbe\x00");
	EXPECT_EQ(0xfffffff1ull, mmio_load_value(&insn, old, 0xf1));
	EXPECT_EQ(0x71ull, mmio_load_value(&insn, old, 0xf71));
	insn = DECODE(MMIO_MODE_64, "\x48\x0f\xbf\x00"); /* movsx rax, word [rax] */
	EXPECT_EQ(0xfffffffffffff1f2ull, mmio_load_value(&insn, old, 0xf1f2));
	/* movsxd rax, dword [rax] */
	insn = DECODE(MMIO_MODE_64, "\x48\x63\x00");
	EXPECT_EQ(0xfffffffff1f2f3f4ull, mmio_load_value(&insn, old, 0xf1f2f3f4));
	/* movsxd eax, dword [rax] */
	insn = DECODE(MMIO_MODE_64, "\x63\x00");
	EXPECT_EQ(0xf1f2f3f4ull, mmio_load_value(&insn, old, 0xf1f2f3f4));
}

static void test_store_value(void)
{
	u64 regs[MMIO_REGS] = { [0] = 0x1122334455667788, [1] = 0xa1a2a3a4a5a6a7a8,
				[5] = 0xb1b2b3b4b5b6b7b8, [13] = 0xc1c2c3c4c5c6c7c8 };
	struct mmio_insn insn;

	/* mov [rax], cl */
	insn = DECODE(MMIO_MODE_64, "\x88\x08");
	EXPECT_EQ(0xa8ull, mmio_source_value(&insn, regs));
	/* mov [rax], ch */
	insn = DECODE(MMIO_MODE_64, "\x88\x28");
	EXPECT_EQ(0xa7ull, mmio_source_value(&insn, regs));
	/* mov [rax], bpl */
	insn = DECODE(MMIO_MODE_64, "\x40\x88\x28");
	EXPECT_EQ(0xb8ull, mmio_source_value(&insn, regs));
	/* mov [rax], r13w */
	insn = DECODE(MMIO_MODE_64, "\x66\x44\x89\x28");
	EXPECT_EQ(0xc7c8ull, mmio_source_value(&insn, regs));
	/* mov [rax], ecx */
	insn = DECODE(MMIO_MODE_64, "\x89\x08");
	EXPECT_EQ(0xa5a6a7a8ull, mmio_source_value(&insn, regs));
	/* mov [rax], rcx */
	insn = DECODE(MMIO_MODE_64, "\x48\x89\x08");
	EXPECT_EQ(0xa1a2a3a4a5a6a7a8ull, mmio_source_value(&insn, regs));
	/* mov byte [rax], -2 */
	insn = DECODE(MMIO_MODE_64, "\xc6\x00\xfe");
	EXPECT_EQ(0xfeull, mmio_source_value(&insn, regs));
	/* mov qword [rax], -2 */
	insn = DECODE(MMIO_MODE_64, "\x48\xc7\x00\xfe\xff\xff\xff");
	EXPECT_EQ(-2ull, mmio_source_value(&insn, regs));
	/* stosd */
	insn = DECODE(MMIO_MODE_64, "\xab");
	EXPECT_EQ(0x55667788ull, mmio_source_value(&insn, regs));
}

static void test_directions(void)
{
	static const struct {
		enum mmio_mode mode;
		bool reads, writes;
		unsigned int len;
		u8 bytes[8];
	} directions[] = {
		{ MMIO_MODE_64, false, true, B(0x89, 0x00) },		/* mov [rax], eax */
		{ MMIO_MODE_64, false, true, B(0xc6, 0x00, 0x01) },	/* mov byte [rax], 1 */
		{ MMIO_MODE_64, false, true, B(0xaa) },			/* stosb */
		{ MMIO_MODE_64, true, false, B(0x8b, 0x00) },		/* mov eax, [rax] */
		{ MMIO_MODE_64, true, false, B(0x0f, 0xb6, 0x00) },	/* movzx eax, byte [rax] */
		{ MMIO_MODE_64, true, false, B(0x0f, 0xbe, 0x00) },	/* movsx eax, byte [rax] */
		{ MMIO_MODE_64, true, true, B(0xa4) },			/* movsb */
		{ MMIO_MODE_64, true, true, B(0x01, 0x00) },		/* add [rax], eax */
		{ MMIO_MODE_64, true, false, B(0x03, 0x00) },		/* add eax, [rax] */
		{ MMIO_MODE_64, true, false, B(0x39, 0x00) },		/* cmp [rax], eax */
		{ MMIO_MODE_64, true, false, B(0x3b, 0x00) },		/* cmp eax, [rax] */
		{ MMIO_MODE_64, true, false, B(0x83, 0x38, 0x01) },	/* cmp dword [rax], 1 */
		{ MMIO_MODE_64, true, true, B(0x83, 0x20, 0x01) },	/* and dword [rax], 1 */
		{ MMIO_MODE_64, true, false, B(0x84, 0x00) },		/* test [rax], al */
		{ MMIO_MODE_64, true, true, B(0xff, 0x00) },		/* inc dword [rax] */
		{ MMIO_MODE_64, true, true, B(0x87, 0x00) },		/* xchg [rax], eax */
		{ MMIO_MODE_64, true, false, B(0x0f, 0xa3, 0x00) },	/* bt [rax], eax */
		{ MMIO_MODE_64, true, true, B(0x0f, 0xba, 0x28, 1) },	/* bts dword [rax], 1 */
		{ MMIO_MODE_64, true, true, B(0x0f, 0xb1, 0x08) },	/* cmpxchg [rax], ecx */
		{ MMIO_MODE_64, true, true, B(0x0f, 0xc1, 0x08) },	/* xadd [rax], ecx */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(directions); i++) {
		struct mmio_insn insn = { 0 };

		EXPECT(!mmio_insn_decode(&insn, directions[i].mode, directions[i].bytes,
					 directions[i].len), "case %u refused", i);
		EXPECT(mmio_reads(&insn) == directions[i].reads, "case %u reads", i);
		EXPECT(mmio_writes(&insn) == directions[i].writes, "case %u writes", i);
	}
}

/* LOCK where memory is read and written, and nowhere else. */
static void test_lock(void)
{
	struct mmio_insn insn;
	unsigned int op;
	u8 bytes[] = { 0xf0, 0, 0x03, 0, 0, 0, 0 };

	for (op = 0; op < 0x40; op += 8) {
		/* OP [rbx], eax; CMP has no destination */
		bytes[1] = op | 1;
		EXPECT_EQ(op == 0x38 ? -EOPNOTSUPP : 0,
			  mmio_insn_decode(&insn, MMIO_MODE_64, bytes, sizeof(bytes)));
		EXPECT(op == 0x38 || insn.lock, "opcode %x: the prefix is forgotten", bytes[1]);
		/* OP eax, [rbx] */
		bytes[1] = op | 3;
		EXPECT_EQ(-EOPNOTSUPP,
			  mmio_insn_decode(&insn, MMIO_MODE_64, bytes, sizeof(bytes)));
	}
}

/* A bit number in a register reaches up and down from the address. */
static void test_bit_addresses(void)
{
	u64 regs[MMIO_REGS] = { [3] = 0x10000 };
	struct mmio_insn insn;

	/* bt [rbx], eax */
	insn = decode(MMIO_MODE_64, "\x0f\xa3\x03", 3);
	regs[0] = 31;
	EXPECT_EQ(0x10000, mmio_effective_address(&insn, regs, 0));
	regs[0] = 32;
	EXPECT_EQ(0x10004, mmio_effective_address(&insn, regs, 0));
	regs[0] = 0x7fffffff;
	EXPECT_EQ(0x1000fffc, mmio_effective_address(&insn, regs, 0));
	regs[0] = 0xffffffff;
	EXPECT_EQ(0xfffc, mmio_effective_address(&insn, regs, 0));
	regs[0] = 0x80000000;
	EXPECT_EQ(0xfffffffff0010000, mmio_effective_address(&insn, regs, 0));
	/* bt [rbx], ax: 16 bits of the number count */
	insn = decode(MMIO_MODE_64, "\x66\x0f\xa3\x03", 4);
	regs[0] = 0x1fff0;
	EXPECT_EQ(0xfffe, mmio_effective_address(&insn, regs, 0));
	/* bt [rbx], rax */
	insn = decode(MMIO_MODE_64, "\x48\x0f\xa3\x03", 4);
	regs[0] = -65;
	EXPECT_EQ(0xfff0, mmio_effective_address(&insn, regs, 0));
	/* bt dword [rbx], 255: an immediate does not move it */
	insn = decode(MMIO_MODE_64, "\x0f\xba\x23\xff", 4);
	EXPECT_EQ(0x10000, mmio_effective_address(&insn, regs, 0));
}

struct execution {
	unsigned int len;
	u8 bytes[8];
	u64 rcx, memory;	/* RAX is 0x80 */
	u64 store;
	u32 flags, flags_mask;
};

#define CF	0x1
#define PF	0x4
#define AF	0x10
#define ZF	0x40
#define SF	0x80
#define OF	0x800
#define ALL	(CF | PF | AF | ZF | SF | OF)

/* By hand from the SDM; test_insn_native has the processor's word. CF is set before. */
static const struct execution executions[] = {
	/* add byte [rax], cl */
	{ B(0x00, 0x08), 0x01, 0x7f, 0x80, AF | SF | OF, ALL },
	{ B(0x00, 0x08), 0x01, 0xff, 0x00, CF | PF | AF | ZF, ALL },
	{ B(0x00, 0x08), 0x80, 0x80, 0x00, CF | PF | ZF | OF, ALL },
	/* adc */
	{ B(0x10, 0x08), 0xff, 0x00, 0x00, CF | PF | AF | ZF, ALL },
	{ B(0x11, 0x08), 0xffffffff, 0xffffffff, 0xffffffff, CF | PF | AF | SF, ALL },
	/* sub, sbb */
	{ B(0x28, 0x08), 0x01, 0x80, 0x7f, AF | OF, ALL },
	{ B(0x18, 0x08), 0xff, 0x00, 0x00, CF | PF | AF | ZF, ALL },
	{ B(0x48, 0x29, 0x08), 1, 0, ~0ull, CF | PF | AF | SF, ALL },
	/* or, and, xor: CF, OF and AF clear */
	{ B(0x08, 0x08), 0x80, 0x01, 0x81, PF | SF, ALL },
	{ B(0x20, 0x08), 0x0f, 0xf0, 0x00, PF | ZF, ALL },
	{ B(0x66, 0x31, 0x08), 0x8000, 0x0001, 0x8001, SF, ALL },
	/* inc, dec: not CF */
	{ B(0xfe, 0x00), 0, 0xff, 0x00, PF | AF | ZF, ALL & ~CF },
	{ B(0xff, 0x08), 0, 0x80000000, 0x7fffffff, PF | AF | OF, ALL & ~CF },
	/* neg, not */
	{ B(0xf6, 0x18), 0, 0x80, 0x80, CF | SF | OF, ALL },
	{ B(0xf6, 0x18), 0, 0x00, 0x00, PF | ZF, ALL },
	{ B(0xf6, 0x10), 0, 0x0f, 0xf0, 0, 0 },
	/* bts, btr, btc dword [rax], 35: of its number five bits count */
	{ B(0x0f, 0xba, 0x28, 35), 0, 0x1, 0x9, 0, CF },
	{ B(0x0f, 0xba, 0x30, 35), 0, 0xf, 0x7, CF, CF },
	{ B(0x0f, 0xba, 0x38, 35), 0, 0x8, 0x0, CF, CF },
	/* xchg, xadd */
	{ B(0x86, 0x08), 0x12, 0x34, 0x12, 0, 0 },
	{ B(0x0f, 0xc0, 0x08), 0x12, 0x34, 0x46, 0, ALL },
	/* cmpxchg: RAX is 0x80 */
	{ B(0x0f, 0xb0, 0x08), 0x12, 0x80, 0x12, PF | ZF, ALL },
	{ B(0x0f, 0xb0, 0x08), 0x12, 0x81, 0x81, CF | PF | AF | SF, ALL },
};

static void test_executions(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(executions); i++) {
		const struct execution *e = &executions[i];
		u64 regs[MMIO_REGS] = { [0] = 0x80, [1] = e->rcx };
		struct mmio_result result;
		struct mmio_insn insn = { 0 };

		EXPECT(!mmio_insn_decode(&insn, MMIO_MODE_64, e->bytes, e->len), "case %u", i);
		mmio_execute(&insn, regs, CF, e->memory, &result);
		EXPECT(result.store == e->store, "case %u: 0x%llx", i, result.store);
		EXPECT(result.flags == e->flags && result.flags_mask == e->flags_mask,
		       "case %u: flags %x of %x", i, result.flags, result.flags_mask);
	}
}

static void test_addresses(void)
{
	u64 regs[MMIO_REGS] = { [0] = 0x10000fff0, [1] = 0xffffffffffffffff, [3] = 0xabcdfff8,
				[6] = 0x10, [7] = 0xffffffff00001000 };
	struct mmio_insn insn;

	/* mov [bx+si], al wraps at 64 KiB, and real mode's base is added behind that */
	insn = DECODE(MMIO_MODE_16, "\x88\x00");
	EXPECT_EQ(0x8ull, mmio_effective_address(&insn, regs, 0));
	EXPECT_EQ(0xf0008ull, mmio_linear_address(&insn, regs, 0, 0xf0000));
	/* mov [eax], al: bits 63:32 of RAX are not there, and linear addresses wrap at 4 GiB */
	insn = DECODE(MMIO_MODE_32, "\x88\x00");
	EXPECT_EQ(0xfff0ull, mmio_effective_address(&insn, regs, 0));
	EXPECT_EQ(0xffe0ull, mmio_linear_address(&insn, regs, 0, 0xfffffff0));
	/* mov [eax], al in 64-bit mode */
	insn = DECODE(MMIO_MODE_64, "\x67\x88\x00");
	EXPECT_EQ(0xfff0ull, mmio_linear_address(&insn, regs, 0, 0x5000));
	/* mov [rax], al: the base of DS is not added in 64-bit mode, that of GS is */
	insn = DECODE(MMIO_MODE_64, "\x88\x00");
	EXPECT_EQ(0x10000fff0ull, mmio_linear_address(&insn, regs, 0, 0x5000));
	insn = DECODE(MMIO_MODE_64, "\x65\x88\x00");
	EXPECT_EQ(0xffff888100010ff0ull,
		  mmio_linear_address(&insn, regs, 0, 0xffff888000001000));
	/* mov [rip+8], al counts from the end of the instruction; with 67 it wraps at 4 GiB */
	insn = DECODE(MMIO_MODE_64, "\x88\x05\x08\x00\x00\x00");
	EXPECT_EQ(0x40000000eull, mmio_linear_address(&insn, regs, 0x400000000, 0));
	insn = DECODE(MMIO_MODE_64, "\x67\x88\x05\x08\x00\x00\x00");
	EXPECT_EQ(0xfull, mmio_linear_address(&insn, regs, 0x400000000, 0));
	/* rip-relative with an immediate: the end is behind the immediate */
	insn = DECODE(MMIO_MODE_64, "\xc7\x05\x00\x00\x00\x00\x01\x02\x03\x04");
	EXPECT_EQ(0x40000000aull, mmio_linear_address(&insn, regs, 0x400000000, 0));
	/* mov [rax+rcx*8-1], al */
	insn = DECODE(MMIO_MODE_64, "\x88\x44\xc8\xff");
	EXPECT_EQ(0x10000ffe7ull, mmio_linear_address(&insn, regs, 0, 0));
	/* stosb: ES:EDI, whatever FS override is there */
	insn = DECODE(MMIO_MODE_32, "\x64\xaa");
	EXPECT_EQ(MMIO_ES, insn.segment);
	EXPECT_EQ(0x3000ull, mmio_linear_address(&insn, regs, 0, 0x2000));
}

static void test_string_step(void)
{
	const u64 df = 0x400;
	u64 regs[MMIO_REGS] = { 0 };
	struct mmio_insn insn;

	/* rep stosd, 64-bit addresses */
	insn = DECODE(MMIO_MODE_64, "\xf3\xab");
	regs[1] = 2;
	regs[7] = 0xfffffffe;
	EXPECT_EQ(false, mmio_string_done(&insn, regs));
	mmio_string_step(&insn, regs, 0);
	EXPECT_EQ(0x100000002ull, regs[7]);
	EXPECT_EQ(1, regs[1]);
	mmio_string_step(&insn, regs, df);
	EXPECT_EQ(0xfffffffeull, regs[7]);
	EXPECT_EQ(true, mmio_string_done(&insn, regs));

	/* the same with 32-bit addresses: both registers are written as 32-bit ones */
	insn = DECODE(MMIO_MODE_64, "\x67\xf3\xab");
	regs[1] = 0x500000001;
	regs[7] = 0x6fffffffe;
	EXPECT_EQ(false, mmio_string_done(&insn, regs));
	mmio_string_step(&insn, regs, 0);
	EXPECT_EQ(0x2, regs[7]);
	EXPECT_EQ(0, regs[1]);
	EXPECT_EQ(true, mmio_string_done(&insn, regs));

	/* with 16-bit addresses the rest of them is kept; CX = 0 is done whatever is above it */
	insn = DECODE(MMIO_MODE_32, "\x67\xf3\xaa");
	regs[1] = 0x12340001;
	regs[7] = 0x56780000;
	mmio_string_step(&insn, regs, df);
	EXPECT_EQ(0x5678ffff, regs[7]);
	EXPECT_EQ(0x12340000, regs[1]);
	EXPECT_EQ(true, mmio_string_done(&insn, regs));

	/* movsd moves both */
	insn = DECODE(MMIO_MODE_64, "\xf3\xa5");
	regs[1] = 1;
	regs[6] = 0x100000000;
	regs[7] = 0x2000;
	mmio_string_step(&insn, regs, df);
	EXPECT_EQ(0xfffffffc, regs[6]);
	EXPECT_EQ(0x1ffc, regs[7]);
	EXPECT_EQ(0, regs[1]);
	insn = DECODE(MMIO_MODE_32, "\x67\xa4");
	regs[6] = 0x1ffff;
	regs[7] = 0x2ffff;
	mmio_string_step(&insn, regs, 0);
	EXPECT_EQ(0x10000, regs[6]);
	EXPECT_EQ(0x20000, regs[7]);
	regs[1] = 0x12340000;

	/* without REP there is no count */
	insn = DECODE(MMIO_MODE_64, "\xaa");
	EXPECT_EQ(false, mmio_string_done(&insn, regs));
	mmio_string_step(&insn, regs, 0);
	EXPECT_EQ(0x12340000, regs[1]);
}

/* ------------------------------------------------------------------------ against the oracle */

static unsigned int cases, agreed;

static void compare(enum mmio_mode mode, const u8 *bytes, unsigned int len)
{
	const char *why;

	cases++;
	switch (oracle_compare(mode, bytes, len, &why)) {
	case ORACLE_AGREE:
		agreed++;
		break;
	case ORACLE_DIFFER:
		if (tap_failures < TAP_MAX_DIAGNOSTICS)
			oracle_print(mode, bytes, len, why);
		tap_failures++;
		break;
	case ORACLE_BOTH_REFUSE:
		break;
	}
}

static const u8 decoded_opcodes[] = {
	0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a,
	0x1b, 0x20, 0x21, 0x22, 0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39,
	0x3a, 0x3b, 0x63, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xaa, 0xab, 0xc6, 0xc7, 0xf6, 0xf7, 0xfe, 0xff,
};

static const u8 decoded_0f_opcodes[] = {
	0xa3, 0xab, 0xb0, 0xb1, 0xb3, 0xb6, 0xb7, 0xba, 0xbb, 0xbe, 0xbf, 0xc0, 0xc1,
};

static const struct prefixes {
	unsigned int len;
	u8 bytes[4];
} prefix_sets[] = {
	{ 0 }, { B(0x66) }, { B(0x67) }, { B(0x66, 0x67) }, { B(0xf2) }, { B(0xf3) },
	{ B(0xf0) }, { B(0x26) }, { B(0x2e) }, { B(0x36) }, { B(0x3e) }, { B(0x64) }, { B(0x65) },
	{ B(0x64, 0x36) }, { B(0x26, 0x65) }, { B(0x40) }, { B(0x41) }, { B(0x42) }, { B(0x43) },
	{ B(0x44) }, { B(0x45) }, { B(0x46) }, { B(0x47) }, { B(0x48) }, { B(0x49) }, { B(0x4a) },
	{ B(0x4b) }, { B(0x4c) }, { B(0x4d) }, { B(0x4e) }, { B(0x4f) }, { B(0x66, 0x48) },
	{ B(0x67, 0x41) }, { B(0x67, 0x43) }, { B(0x66, 0x67, 0x4f) }, { B(0x48, 0x66) },
	{ B(0x4f, 0x40) }, { B(0xf3, 0x66, 0x67, 0x48) }, { B(0xf2, 0x64, 0x67) },
};

#define NR_PREFIX_SETS (ARRAY_SIZE(prefix_sets))

/* All modes, prefix sets and ModRM bytes with @opcode, and all SIB bytes where @sibs. */
static void enumerate(const u8 *opcode, unsigned int opcode_len, unsigned int modrm_step, bool sibs)
{
	static const u8 tail[] = { 0x25, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 0x09 };
	unsigned int mode, i, modrm, sib, pos;
	u8 bytes[24];

	for (mode = MMIO_MODE_16; mode <= MMIO_MODE_64; mode++) {
		for (i = 0; i < NR_PREFIX_SETS; i++) {
			pos = prefix_sets[i].len;
			memcpy(bytes, prefix_sets[i].bytes, pos);
			memcpy(bytes + pos, opcode, opcode_len);
			pos += opcode_len;
			memcpy(bytes + pos + 1, tail, sizeof(tail));
			for (modrm = 0; modrm < 256; modrm += modrm_step) {
				bytes[pos] = modrm;
				compare(mode, bytes, pos + 1 + sizeof(tail));
				if (!sibs || (modrm & 7) != 4 || modrm >= 0xc0)
					continue;
				for (sib = 0; sib < 256; sib++) {
					bytes[pos + 1] = sib;
					compare(mode, bytes, pos + 1 + sizeof(tail));
				}
				bytes[pos + 1] = tail[0];
			}
		}
	}
}

static void test_oracle_enumerated(void)
{
	unsigned int i, op;
	u8 opcode[2];

	cases = 0;
	agreed = 0;
	for (i = 0; i < sizeof(decoded_opcodes); i++)
		enumerate(&decoded_opcodes[i], 1, 1, decoded_opcodes[i] == 0x8b);
	opcode[0] = 0x0f;
	for (i = 0; i < sizeof(decoded_0f_opcodes); i++) {
		opcode[1] = decoded_0f_opcodes[i];
		enumerate(opcode, 2, 1, false);
	}
	/* every other opcode, to see that none of them is taken for one of ours */
	for (op = 0; op < 256; op++) {
		opcode[0] = op;
		enumerate(opcode, 1, 37, false);
		opcode[0] = 0x0f;
		opcode[1] = op;
		enumerate(opcode, 2, 37, false);
	}
	printf("# %u cases, %u instructions that both decode alike\n", cases, agreed);
	EXPECT(agreed > 1200000, "only %u instructions were compared", agreed);
}

static unsigned int random_instruction(u8 *bytes)
{
	static const u8 prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2,
				       0xf3, 0x40, 0x41, 0x42, 0x44, 0x48, 0x4f };
	unsigned int nr = random_below(16) ? random_below(4) : random_below(16);
	unsigned int i, pos = 0;

	while (nr--)
		bytes[pos++] = prefixes[random_below(sizeof(prefixes))];
	switch (random_below(8)) {
	case 0:
		bytes[pos++] = random64();
		break;
	case 1:
		bytes[pos++] = 0x0f;
		bytes[pos++] = random64();
		break;
	case 2:
	case 3:
		bytes[pos++] = 0x0f;
		bytes[pos++] = decoded_0f_opcodes[random_below(sizeof(decoded_0f_opcodes))];
		break;
	default:
		bytes[pos++] = decoded_opcodes[random_below(sizeof(decoded_opcodes))];
	}
	for (i = 0; i < 12; i++)
		bytes[pos++] = random64();
	return random_below(4) ? pos : random_below(pos + 1);
}

static void test_oracle_random(void)
{
	const char *seed = getenv("INSN_SEED");
	unsigned int i, len;
	u8 bytes[32];

	cases = 0;
	agreed = 0;
	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("# seed 0x%llx\n", random_state);
	for (i = 0; i < RANDOM_CASES; i++) {
		len = random_instruction(bytes);
		compare(random_below(3), bytes, len);
	}
	printf("# %u cases, %u instructions that both decode alike\n", cases, agreed);
	EXPECT(agreed > RANDOM_CASES / 4, "only %u instructions were compared", agreed);
}

static const struct tap_test tests[] = {
	{ "decode_gives_every_field", test_decode_table },
	{ "refusals_say_why_and_write_nothing", test_refusals },
	{ "cut_instructions_lack_data", test_truncation },
	{ "reads_and_writes_are_told", test_directions },
	{ "lock_needs_a_destination_in_memory", test_lock },
	{ "bit_numbers_move_the_address", test_bit_addresses },
	{ "results_and_flags_are_those_of_the_manual", test_executions },
	{ "load_merges_and_extends", test_load_value },
	{ "store_takes_the_right_bytes", test_store_value },
	{ "addresses_are_computed_and_wrap", test_addresses },
	{ "string_steps_count_and_move", test_string_step },
	{ "oracle_agrees_on_enumerated_forms", test_oracle_enumerated },
	{ "oracle_agrees_on_random_bytes", test_oracle_random },
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}

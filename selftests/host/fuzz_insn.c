// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer harness of kmod/insn.c. The first byte chooses the mode, the rest are the instruction.
 *
 * What must hold of any bytes: the decoder agrees with Zydis, reads no byte behind the instruction,
 * needs every byte of it, and what it computes from the result stays within the operand's width.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "zydis_oracle.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void require(bool condition, enum mmio_mode mode, const u8 *bytes, size_t len,
		    const char *why)
{
	if (condition)
		return;
	oracle_print(mode, bytes, len, why);
	abort();
}

static bool fits(u64 value, unsigned int size)
{
	return size == 8 || !(value >> (8 * size));
}

static void use_result(enum mmio_mode mode, const u8 *bytes, const struct mmio_insn *insn)
{
	struct mmio_result result, again;
	u64 regs[MMIO_REGS], behind;
	unsigned int i;

	for (i = 0; i < MMIO_REGS; i++)
		regs[i] = 0x8182838485868788ull * (i + 1);
	require(fits(mmio_effective_address(insn, regs, ~0ull), insn->addr_size), mode, bytes,
		insn->length, "effective address wider than the address size");
	require(mode == MMIO_MODE_64 || fits(mmio_linear_address(insn, regs, ~0ull, ~0ull), 4),
		mode, bytes, insn->length, "linear address wider than 32 bits");
	mmio_execute(insn, regs, 0x246, 0x7f, &result);
	if (mmio_writes(insn))
		require(fits(result.store, insn->mem_size), mode, bytes, insn->length,
			"stored value wider than the memory operand");
	require(result.load_to == MMIO_REG_NONE || result.load_to < MMIO_REGS, mode, bytes,
		insn->length, "register out of range");
	require(!(result.flags & ~result.flags_mask) && !(result.flags_mask & ~0x8d5u), mode, bytes,
		insn->length, "flags other than status flags");
	behind = insn->mem_size < 8 ? ~0ull << (8 * insn->mem_size) : 0;
	memset(&again, 0xcc, sizeof(again));
	mmio_execute(insn, regs, 0x246, 0x7f | behind, &again);
	require(result.store == again.store && result.load == again.load &&
		result.flags == again.flags, mode, bytes, insn->length,
		"bytes behind the memory operand count");
	if (result.load_to < MMIO_REGS)
		mmio_register_value(insn, &result, regs[result.load_to]);
	require(!insn->lock || (mmio_reads(insn) && mmio_writes(insn)), mode, bytes, insn->length,
		"LOCK without a read and a write");
	if (mmio_is_string(insn) && !mmio_string_done(insn, regs))
		mmio_string_step(insn, regs, 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mmio_insn insn, again;
	enum mmio_mode mode;
	const char *why = "";
	size_t len;
	u8 *exact;

	if (size < 1)
		return 0;
	mode = data[0] % 3;
	data++;
	len = size - 1;

	require(oracle_compare(mode, data, len, &why) != ORACLE_DIFFER, mode, data, len, why);
	memset(&insn, 0, sizeof(insn));
	if (mmio_insn_decode(&insn, mode, data, len))
		return 0;
	require(insn.length > 0 && insn.length <= len && insn.length <= MMIO_INSN_LENGTH_MAX, mode,
		data, len, "length out of range");
	require(mmio_insn_decode(&again, mode, data, insn.length - 1) == -ENODATA, mode, data, len,
		"last byte not needed");

	/* Alone in memory of its own, so that a read behind it is seen. */
	exact = malloc(insn.length);
	memcpy(exact, data, insn.length);
	memset(&again, 0, sizeof(again));
	require(!mmio_insn_decode(&again, mode, exact, insn.length) &&
		!memcmp(&insn, &again, sizeof(insn)), mode, data, len, "depends on what follows");
	free(exact);

	use_result(mode, data, &insn);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the Zydis disassembler makes of the bytes that the module's decoder is given. */
#ifndef SELFTESTS_HOST_ZYDIS_ORACLE_H
#define SELFTESTS_HOST_ZYDIS_ORACLE_H

#include "insn.h"

/**
 * enum oracle_verdict - how the two decoders compare
 * @ORACLE_BOTH_REFUSE: neither takes it for an instruction that the module decodes
 * @ORACLE_AGREE:       both do, and every field is the same
 * @ORACLE_DIFFER:      anything else
 */
enum oracle_verdict {
	ORACLE_BOTH_REFUSE,
	ORACLE_AGREE,
	ORACLE_DIFFER,
};

/**
 * oracle_compare() - decode with both and compare
 * @mode:  mode to decode in
 * @bytes: instruction bytes
 * @len:   how many
 * @why:   on ORACLE_DIFFER set to what differs
 */
enum oracle_verdict oracle_compare(enum mmio_mode mode, const u8 *bytes, unsigned int len,
				   const char **why);

/**
 * oracle_print() - print bytes and mode of a case, and the reason, as a TAP diagnostic
 * @mode:  mode it was decoded in
 * @bytes: instruction bytes
 * @len:   how many
 * @why:   what is wrong with it
 */
void oracle_print(enum mmio_mode mode, const u8 *bytes, unsigned int len, const char *why);

#endif /* SELFTESTS_HOST_ZYDIS_ORACLE_H */

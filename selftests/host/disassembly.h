/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel object, disassembled, with its alternatives: what the processor executes on a machine
 * where the kernel patches them in, and on one where it leaves them out.
 */
#ifndef SELFTESTS_HOST_DISASSEMBLY_H
#define SELFTESTS_HOST_DISASSEMBLY_H

#include <stdbool.h>

/**
 * struct insn - one instruction
 * @section: number of its section, by order in the object
 * @address: in it
 * @op:      mnemonic, with prefixes
 * @args:    operands as objdump writes them
 * @symbol:  what a relocation in it is against, or ""
 */
struct insn {
	unsigned int section;
	unsigned long address;
	char op[24];
	char args[72];
	char symbol[64];
};

/* A place that the kernel may patch, and with what (struct alt_instr of the kernel). */
struct alternative {
	unsigned long at, with;
	unsigned int length, with_length;
};

#define INSNS_MAX	8192
#define ALTERNATIVES_MAX 64
#define TRACE_MAX	256

/**
 * struct object - what is known of an object file
 * @insn:        its instructions, section by section
 * @alternative: those in the section .noinstr.text, in order
 * @noinstr:     number of that section
 * @replacement: number of .altinstr_replacement
 */
struct object {
	struct insn insn[INSNS_MAX];
	unsigned int nr;
	struct alternative alternative[ALTERNATIVES_MAX];
	unsigned int nr_alternatives;
	unsigned int noinstr, replacement;
	unsigned long entry, landing, host_nmi;
};

/* What is patched in: nothing; the first that a place offers; the last. */
enum patched {
	PATCHED_OUT,
	PATCHED_FIRST,
	PATCHED_LAST,
};

/**
 * struct trace - instructions in the order of execution
 *
 * Conditional jumps are taken or all passed by; calls with a relocation return; calls within the
 * function, as they fill the return stack buffer, are followed. NOPs are left out.
 */
struct trace {
	const struct insn *insn[TRACE_MAX];
	unsigned int nr;
};

/* End the program with a message if the object cannot be read. */
void object_read(struct object *object, const char *path);

/* From @address of .noinstr.text on, up to an instruction that @last is true for. */
void trace_from(struct trace *trace, const struct object *object, enum patched patched, bool taken,
		unsigned long address, bool (*last)(const struct insn *insn));

/* The first instruction with this mnemonic, from @from on, or -1. */
int trace_find(const struct trace *trace, unsigned int from, const char *op);

#endif /* SELFTESTS_HOST_DISASSEMBLY_H */

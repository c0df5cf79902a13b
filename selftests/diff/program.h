/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generated guest programs: which instructions in which mode, from a seed and a number alone.
 *
 * A program is a row of slots. Each holds one item of the table in items.c, padded with NOPs; an
 * exception in it goes on at the next slot (handlers.S). The last slot ends the program.
 */
#ifndef DIFF_PROGRAM_H
#define DIFF_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

#define SLOTS_MAX	24
#define ITEMS_MAX	96

enum mode {
	REAL,
	PROT16,
	PROT32,
	PAGED32,
	PAE,
	COMPAT,
	LONG,
	USER32,		/* PAGED32 at CPL 3 */
	USER64,		/* LONG at CPL 3 */
	COMPAT3,	/* COMPAT at CPL 3 */
	V86,		/* a virtual-8086 task in PAGED32 */
	MODES
};

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define ONE(mode)	(1u << (mode))
#define ALL_MODES	(ONE(MODES) - 1)
#define ALL_USER	(ONE(USER32) | ONE(USER64) | ONE(COMPAT3) | ONE(V86))
#define ALL_64		(ONE(LONG) | ONE(USER64))
#define ALL_PAGED	(ALL_MODES & ~(ONE(REAL) | ONE(PROT16) | ONE(PROT32)))

extern const char *const mode_names[MODES];

static inline bool mode_is_user(enum mode mode)
{
	return ONE(mode) & ALL_USER;
}

/* Selectors are paragraphs. */
static inline bool mode_is_8086(enum mode mode)
{
	return mode == REAL || mode == V86;
}

/* IA-32e mode: its IDT, its TSS. */
static inline bool mode_is_ia32e(enum mode mode)
{
	return ONE(mode) & (ALL_64 | ONE(COMPAT) | ONE(COMPAT3));
}

/* Width of code. */
static inline unsigned int mode_bits(enum mode mode)
{
	return ONE(mode) & ALL_64 ? 64 : mode_is_8086(mode) || mode == PROT16 ? 16 : 32;
}

/**
 * struct slot - one place in a program
 * @item: index into items[]
 * @mode: the mode that the program is in there
 */
struct slot {
	uint8_t item;
	uint8_t mode;
};

/**
 * struct program - a guest
 * @seed, @index: what it was made from
 * @mode:   in which it starts
 * @rflags: at the start
 * @gprs:   at the start; that of RSP is not random
 * @cr0, @cr4: bits at the start beyond those that the mode needs
 * @xcr0:   at the start
 * @slots:  @nr of them, the last of which ends it
 * @code:   for AT_CODE
 */
struct program {
	uint64_t seed;
	uint32_t index;
	enum mode mode;
	uint64_t rflags;
	uint64_t gprs[16];
	uint64_t cr0;
	uint64_t cr4;
	uint64_t xcr0;
	struct slot slots[SLOTS_MAX];
	unsigned int nr;
	uint8_t code[SLOTS_MAX * SLOT_BYTES];
};

/**
 * struct generator - a program being made
 * @program: .
 * @random:  state of the random numbers
 * @mode:    in which what comes next will run
 * @at:      where the next byte goes in program->code
 */
struct generator {
	struct program *program;
	uint64_t random;
	enum mode mode;
	unsigned int at;
};

/**
 * struct item - an instruction, or a few that belong together
 * @name:   what it is about
 * @modes:  in which it may stand
 * @weight: how often, compared with the others; 0: never by chance
 * @ends:   the program does not go on behind it
 * @emit:   writes its bytes; may change the generator's mode
 */
struct item {
	const char *name;
	uint32_t modes;
	uint8_t weight;
	bool ends;
	void (*emit)(struct generator *g);
};

extern const struct item items[];
extern const unsigned int items_nr;

/**
 * struct log_entry - what a handler wrote at LOG_ENTRIES
 * @vector: .
 * @error:  0 where the vector has none
 * @rip:    as saved
 * @cs:     .
 * @rflags: low half
 * @cr2:    whether or not it was a page fault
 */
struct log_entry {
	uint32_t vector;
	uint32_t error;
	uint64_t rip;
	uint32_t cs;
	uint32_t rflags;
	uint64_t cr2;
};

/* Program @index of @seed: always the same one. */
void program_make(struct program *program, uint64_t seed, uint32_t index);

/* A program of one item in one mode. */
void program_single(struct program *program, unsigned int item, enum mode mode);

/* The item of this name, or -1. */
int item_find(const char *name);

/* What stands in memory before the program runs: tables, handlers, code; MEMORY_BYTES. */
void image_make(uint8_t *memory, const struct program *program);

uint64_t random_next(uint64_t *state);

#endif /* DIFF_PROGRAM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of a program: everything that is compared, in one struct that is written to a file
 * as it is. The file is read on the machine that wrote it.
 */
#ifndef DIFF_RECORD_H
#define DIFF_RECORD_H

#include <stdio.h>
#include <xvcpu.h>

#include "program.h"

#define TRACE_MAX	128
#define WORDS_MAX	256
#define XSAVE_BYTES	832	/* x87, SSE, AVX */
#define PAGES		(MEMORY_BYTES / 4096)

enum trace_kind {
	TRACE_IN,
	TRACE_OUT,
	TRACE_READ,
	TRACE_WRITE,
	TRACE_RDMSR,
	TRACE_WRMSR,
	TRACE_HLT,
};

/**
 * struct trace - what reached the VMM: one element of a string, at most 8 bytes of MMIO
 * @kind: &enum trace_kind
 * @size: bytes
 * @at:   port, address, MSR, or RIP behind HLT
 * @data: what was written or answered
 */
struct trace {
	uint32_t kind;
	uint32_t size;
	uint64_t at;
	uint64_t data;
};

enum ending {
	ENDED_HALTED,
	ENDED_SHUTDOWN,
	ENDED_STUCK,		/* no memory where code, tables or an event's frame should be */
	ENDED_BUDGET,		/* too many exits */
	ENDED_RAW,		/* MMIO that was not decoded */
	ENDED_ENTRY,		/* VM entry refused */
	ENDED_OTHER,		/* an exit that the runner does not know */
	ENDED_FAILED,		/* the run failed */
	ENDINGS
};

extern const char *const ending_names[ENDINGS];

enum msr_place {
	MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_PAT, MSR_STAR, MSR_LSTAR,
	MSR_CSTAR, MSR_FMASK, MSR_KERNEL_GS, MSR_AUX, MSRS
};

extern const uint32_t msr_indices[MSRS];

/**
 * struct word - eight bytes of memory that the program changed
 * @at:    address
 * @value: after it
 */
struct word {
	uint64_t at;
	uint64_t value;
};

/**
 * struct record - a program's end
 * @index:    its number; those from the file's count on are of the table of known differences
 * @ending:   &enum ending
 * @detail:   what more there is to say about it; not compared
 * @executed: slots that were reached
 * @exits:    bit n: &enum xvcpu_exit_reason n was seen by the VMM; not compared
 * @hw_exits: bit n: a VM exit for basic reason n was seen; not compared
 * @regs:     state, from here on
 * @sregs:    .
 * @cregs:    .
 * @debug:    .
 * @interruptibility: .
 * @msrs:     .
 * @xsave:    in standard form, components in their initial state written out
 * @nr_trace: entries in @trace, or more
 * @nr_words: entries in @words, or more
 * @trace:    .
 * @words:    by address
 * @pages:    hash of each page
 */
struct record {
	uint32_t index;
	uint32_t ending;
	uint64_t detail;
	uint64_t executed;
	uint64_t exits;
	uint64_t hw_exits;
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
	struct xvcpu_debug_regs debug;
	uint64_t interruptibility;
	uint64_t msrs[MSRS];
	uint8_t xsave[XSAVE_BYTES];
	uint32_t nr_trace;
	uint32_t nr_words;
	struct trace trace[TRACE_MAX];
	struct word words[WORDS_MAX];
	uint64_t pages[PAGES];
};

#define FILE_MAGIC	0x6666696475706376ull

/**
 * struct results - head of a file of records
 * @magic:   FILE_MAGIC
 * @size:    sizeof(struct record)
 * @seed:    of all programs
 * @first:   index of the first
 * @count:   how many, then come those of known.c
 * @backend: who ran them
 */
struct results {
	uint64_t magic;
	uint64_t size;
	uint64_t seed;
	uint32_t first;
	uint32_t count;
	char backend[16];
};

/**
 * struct known - a difference between KVM and xvcpu that is meant
 * @item:    what shows it
 * @mode:    in which mode
 * @differs: the first thing that differs, as compare.c names it
 * @why:     who does what, and who is right
 */
struct known {
	const char *item;
	enum mode mode;
	const char *differs;
	const char *why;
};

extern const struct known known[];
extern const unsigned int known_nr;

/* The program of a known difference. */
void known_make(struct program *program, unsigned int nr);

struct runner;

/* A VM of this backend ("kvm" or "xvcpu"), or NULL, said on stderr. */
struct runner *runner_open(const char *backend);
void runner_close(struct runner *runner);
/* 0, or -1: the backend failed in a way that is not the program's doing; said on stderr. */
int runner_run(struct runner *runner, const struct program *program, struct record *record);

/* TAP: are these the same? 0 if so. */
int compare(FILE *kvm, FILE *xvcpu);

/* The program and its record, for people. */
void print_program(FILE *out, const struct program *program);
void print_record(FILE *out, const struct record *record);

#endif /* DIFF_RECORD_H */

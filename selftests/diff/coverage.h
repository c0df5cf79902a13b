/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where programs came, and whether that is everywhere.
 */
#ifndef DIFF_COVERAGE_H
#define DIFF_COVERAGE_H

#include "record.h"

/**
 * struct coverage - where programs came, on one side
 * @items:   slots executed, by item and mode
 * @exits:   programs, by &enum xvcpu_exit_reason and the mode in which they start
 * @hw:      programs, by basic exit reason and the same
 * @endings: programs, by &enum ending and the same
 */
struct coverage {
	unsigned int items[ITEMS_MAX][MODES];
	unsigned int exits[64][MODES];
	unsigned int hw[64][MODES];
	unsigned int endings[ENDINGS][MODES];
};

/* Adds a program to it. */
void cover(struct coverage *c, const struct program *program, const struct record *record);

/* These print what came on one side, and return how much is missing or must not be. */
unsigned int check_items(const char *side, const struct coverage *c);
unsigned int check_exits(const char *side, const struct coverage *c, bool kvm);
unsigned int check_hw(const char *side, const struct coverage *c, bool kvm);
unsigned int check_ends(const char *side, const struct coverage *c);
unsigned int check_endings(const char *side, const struct coverage *c);

/* VM exits that are not compared, and why. */
void print_left_out(void);

#endif /* DIFF_COVERAGE_H */

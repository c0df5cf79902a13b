/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --until, --until-screen: every pattern matches a line of one screen at the same time.
 *
 * Constant after until_add(); the main thread's.
 */
#ifndef XVCPUCTL_UNTIL_H
#define XVCPUCTL_UNTIL_H

#include <regex.h>

#include "message.h"
#include "types.h"

/** define UNTIL_PATTERNS - patterns at most: one bit each in a mask */
#define UNTIL_PATTERNS	32

/**
 * struct until - the patterns
 * @nr:       how many
 * @patterns: compiled POSIX extended regular expressions
 */
struct until {
	unsigned int nr;
	regex_t patterns[UNTIL_PATTERNS];
};

/**
 * until_add() - add a pattern
 * @until:   the patterns so far
 * @pattern: POSIX extended regular expression
 * @err:     what is wrong with it
 *
 * Return: 0, or -EINVAL.
 */
int until_add(struct until *until, const char *pattern, struct message *err);

/** until_line() - which patterns match @line. Return: bit n for pattern n */
u32 until_line(const struct until *until, const char *line);

/** until_all() - the mask of all patterns */
u32 until_all(const struct until *until);

/** until_free() - give the patterns back */
void until_free(struct until *until);

#endif /* XVCPUCTL_UNTIL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers on the command lines of stat and trace: a wrong one ends the process with usage.
 */
#ifndef XVCPUCTL_NUMBERS_H
#define XVCPUCTL_NUMBERS_H

#include <argp.h>

#include "types.h"

/**
 * numbers_count() - a whole decimal number from 1 on
 * @state:  argp's
 * @option: its name, for the message
 * @arg:    the text
 * @max:    the largest
 */
u64 numbers_count(struct argp_state *state, const char *option, const char *arg, u64 max);

/**
 * numbers_seconds() - a time above 0
 * @state:  argp's
 * @option: its name, for the message
 * @arg:    seconds, with a fraction if one likes
 *
 * Return: nanoseconds, at least 1.
 */
u64 numbers_seconds(struct argp_state *state, const char *option, const char *arg);

#endif /* XVCPUCTL_NUMBERS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* A sequence of pseudo-random numbers that is the same in every run. */
#ifndef XVCPUCTL_TESTS_RANDOM_H
#define XVCPUCTL_TESTS_RANDOM_H

#include "../types.h"

/** random_seed() - begin a sequence; a seed of 0 begins one as well */
void random_seed(u64 seed);

/** random_word() - 64 bits */
u64 random_word(void);

/** random_below() - a number from 0 to @limit - 1; @limit is not 0 */
u32 random_below(u32 limit);

#endif /* XVCPUCTL_TESTS_RANDOM_H */

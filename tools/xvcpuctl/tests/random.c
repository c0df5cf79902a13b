// SPDX-License-Identifier: GPL-2.0-only
/* Pseudo-random numbers by a linear congruence (Knuth's constants), two steps for a word. */
#include "random.h"

static u64 state;

void random_seed(u64 seed)
{
	state = seed;
}

static u32 step(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 32;
}

u64 random_word(void)
{
	u64 high = step();

	return high << 32 | step();
}

u32 random_below(u32 limit)
{
	return step() % limit;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers on command lines (numbers.h).
 */
#include "numbers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MAX_SECONDS	1e9

u64 numbers_count(struct argp_state *state, const char *option, const char *arg, u64 max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 10);
	if (arg[0] < '0' || arg[0] > '9' || *end || !value)
		argp_error(state, "%s: '%s' is no whole number above 0", option, arg);
	if (errno == ERANGE || value > max)
		argp_error(state, "%s: %s is too large, the limit is %llu", option, arg,
			   (unsigned long long)max);
	return value;
}

u64 numbers_seconds(struct argp_state *state, const char *option, const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (!*arg || *end || !isfinite(value) || value <= 0 || value > MAX_SECONDS)
		argp_error(state, "%s: '%s' is no number of seconds above 0", option, arg);
	return value * 1e9 < 1 ? 1 : value * 1e9;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host-only tests: a table of named tests, each a function of EXPECTs, reported as TAP.
 *
 * A failed EXPECT prints where and what as a diagnostic and fails its test; the test goes on, so
 * that one run shows all that is wrong, but a test that fails everywhere stops printing.
 */
#ifndef SELFTESTS_HOST_TAP_H
#define SELFTESTS_HOST_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TAP_MAX_DIAGNOSTICS	10

struct tap_test {
	const char *name;
	void (*run)(void);
};

/* Weak, not static: an EXPECT in another file of the same program fails the test as well. */
__attribute__((weak)) unsigned int tap_failures;
__attribute__((weak)) const char *tap_skip_reason;

/* Counts a failure and prints where; false if enough has been printed about this test. */
static inline bool tap_failed(const char *file, int line)
{
	if (tap_failures++ >= TAP_MAX_DIAGNOSTICS)
		return false;
	printf("# %s:%d: ", file, line);
	return true;
}

/* EXPECT - a condition that must hold, and what to print when it does not */
#define EXPECT(condition, ...)							\
	do {									\
		if (!(condition) && tap_failed(__FILE__, __LINE__)) {		\
			printf(__VA_ARGS__);					\
			putchar('\n');						\
		}								\
	} while (0)

/* EXPECT_EQ - two integers that must be equal */
#define EXPECT_EQ(expected, actual)						\
	do {									\
		unsigned long long tap_e = (expected), tap_a = (actual);	\
										\
		EXPECT(tap_e == tap_a, "%s is 0x%llx, expected %s = 0x%llx",	\
		       #actual, tap_a, #expected, tap_e);			\
	} while (0)

/* Call before any EXPECT and return: the test cannot be made here, and why. */
static inline void tap_skip(const char *reason)
{
	tap_skip_reason = reason;
}

static inline int tap_run(const struct tap_test *tests, unsigned int nr)
{
	unsigned int i, failed = 0;

	printf("TAP version 13\n1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		tap_failures = 0;
		tap_skip_reason = NULL;
		tests[i].run();
		if (tap_failures > TAP_MAX_DIAGNOSTICS)
			printf("# %u failures in all\n", tap_failures);
		failed += !!tap_failures;
		printf("%s %u %s%s%s\n", tap_failures ? "not ok" : "ok", i + 1, tests[i].name,
		       tap_skip_reason ? " # SKIP " : "", tap_skip_reason ? tap_skip_reason : "");
		fflush(stdout);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* SELFTESTS_HOST_TAP_H */

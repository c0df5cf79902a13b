/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program's frame: each TEST() is one TAP result. A failed CHECK says where and what, and
 * lets the test go on, so that one run shows everything that is wrong.
 */
#ifndef XVCPUCTL_TESTS_TAP_H
#define XVCPUCTL_TESTS_TAP_H

#include "../types.h"

/**
 * struct tap_test - one test
 * @name: what is being asserted
 * @run:  asserts it
 */
struct tap_test {
	const char *name;
	void (*run)(void);
};

/** define TEST - an entry of the table given to tap_main(): a function, named as a sentence */
#define TEST(function)	{ #function, function }

/** tap_main() - run tests and print TAP. Return: the process's exit status */
int tap_main(const struct tap_test *tests, unsigned int count);

/** tap_skip() - the test cannot run here; nothing that it checks counts */
void tap_skip(const char *reason, ...) __attribute__((format(printf, 1, 2)));

/** tap_context() - what a loop is at; printed with failures until the next call; NULL: nothing */
void tap_context(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Used by the macros; each returns whether the check held. */
bool tap_true(const char *file, int line, const char *what, bool holds);
bool tap_equal(const char *file, int line, const char *what, u64 expected, u64 actual);
bool tap_string(const char *file, int line, const char *what, const char *expected,
		const char *actual);
bool tap_contains(const char *file, int line, const char *text, const char *part);

#define CHECK(condition)	tap_true(__FILE__, __LINE__, #condition, condition)
#define CHECK_EQ(expected, actual)	\
	tap_equal(__FILE__, __LINE__, #actual, (u64)(expected), (u64)(actual))
#define CHECK_STR(expected, actual)	\
	tap_string(__FILE__, __LINE__, #actual, expected, actual)
#define CHECK_CONTAINS(text, part)	tap_contains(__FILE__, __LINE__, text, part)

#endif /* XVCPUCTL_TESTS_TAP_H */

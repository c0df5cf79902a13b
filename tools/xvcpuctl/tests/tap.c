// SPDX-License-Identifier: GPL-2.0-only
/* TAP output for the tests of this directory. Single-threaded: the running test is a global. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

static unsigned int failures;
static char skip_reason[200];
static char context[200];

static void complain(const char *file, int line)
{
	failures++;
	printf("# %s:%d: ", file, line);
	if (context[0])
		printf("[%s] ", context);
}

void tap_skip(const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(skip_reason, sizeof(skip_reason), reason, args);
	va_end(args);
}

void tap_context(const char *format, ...)
{
	va_list args;

	context[0] = '\0';
	if (!format)
		return;
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
}

bool tap_true(const char *file, int line, const char *what, bool holds)
{
	if (!holds) {
		complain(file, line);
		printf("not so: %s\n", what);
	}
	return holds;
}

bool tap_equal(const char *file, int line, const char *what, u64 expected, u64 actual)
{
	if (expected != actual) {
		complain(file, line);
		printf("%s is 0x%" PRIx64 ", expected 0x%" PRIx64 "\n", what, actual, expected);
	}
	return expected == actual;
}

bool tap_string(const char *file, int line, const char *what, const char *expected,
		const char *actual)
{
	bool equal = !strcmp(expected, actual);

	if (!equal) {
		complain(file, line);
		printf("%s is \"%s\", expected \"%s\"\n", what, actual, expected);
	}
	return equal;
}

bool tap_contains(const char *file, int line, const char *text, const char *part)
{
	bool found = strstr(text, part);

	if (!found) {
		complain(file, line);
		printf("\"%s\" does not mention \"%s\"\n", text, part);
	}
	return found;
}

static bool run_one(const struct tap_test *test, unsigned int number)
{
	failures = 0;
	skip_reason[0] = '\0';
	tap_context(NULL);
	test->run();
	printf("%s %u %s%s%s\n", failures ? "not ok" : "ok", number, test->name,
	       skip_reason[0] ? " # SKIP " : "", skip_reason);
	fflush(stdout);
	return !failures;
}

int tap_main(const struct tap_test *tests, unsigned int count)
{
	bool good = true;
	unsigned int i;

	printf("TAP version 13\n1..%u\n", count);
	fflush(stdout);
	for (i = 0; i < count; i++)
		good &= run_one(&tests[i], i + 1);
	return good ? 0 : 1;
}

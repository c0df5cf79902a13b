// SPDX-License-Identifier: GPL-2.0-only
/*
 * enum xvcpu_rule as userspace sees it: every rule has its kernel-doc, a number of its own, a name
 * and a sentence.
 */
#include <ctype.h>
#include <string.h>

#include "tap.h"

/* The library's own file, so that no library needs to be built for this test. */
#include "../../tools/libxvcpu/rules.c"

extern const char names_abi_header[];
__asm__(".section .rodata\n"
	".global names_abi_header\n"
	"names_abi_header: .incbin \"../../uapi/xvcpu.h\"\n"
	".byte 0\n"
	".previous\n");

#define RULES	512

struct enumerator {
	char name[64];
	unsigned int rule;
};

/* Reads the next enumerator at *@at; false at the end of the enum. */
static bool next_rule(const char **at, struct enumerator *e)
{
	for (; **at && **at != '}'; *at = strchr(*at, '\n') + 1) {
		if (**at == '\t' &&
		    sscanf(*at, " XVCPU_RULE_%63[A-Z0-9_] = %u,", e->name, &e->rule) == 2) {
			*at = strchr(*at, '\n') + 1;
			return true;
		}
	}
	return false;
}

static const char *first_rule(void)
{
	const char *at = strstr(names_abi_header, "enum xvcpu_rule {");

	EXPECT(at, "no enum xvcpu_rule");
	return at ? strchr(at, '\n') + 1 : "";
}

static void every_rule_has_a_name_and_a_sentence(void)
{
	const char *at = first_rule();
	struct enumerator e;
	unsigned int i, nr = 0;

	for (; next_rule(&at, &e); nr++) {
		const char *name = xvcpu_rule_name(e.rule);
		const char *text = xvcpu_rule_text(e.rule);

		for (i = 0; e.name[i]; i++)
			e.name[i] = tolower(e.name[i]);
		EXPECT(!strcmp(name, e.name), "rule %u is %s, not %s", e.rule, name, e.name);
		EXPECT(strcmp(text, "unknown") && strlen(text) > 10, "%s has no sentence", e.name);
		EXPECT(!strchr(text, '\n') && text[strlen(text) - 1] != '.', "%s: not one line",
		       e.name);
	}
	EXPECT(nr > 100, "only %u rules were found", nr);
}

static void numbers_are_unique_and_ordered(void)
{
	const char *at = first_rule();
	struct enumerator e;
	int last = -1;

	while (next_rule(&at, &e)) {
		EXPECT(e.rule < RULES && (int)e.rule > last, "%s = %u follows %d", e.name, e.rule,
		       last);
		last = e.rule;
	}
}

static void every_rule_is_documented(void)
{
	const char *at = first_rule();
	struct enumerator e;
	char doc[96];

	while (next_rule(&at, &e)) {
		snprintf(doc, sizeof(doc), "\n * @XVCPU_RULE_%s: ", e.name);
		EXPECT(strstr(names_abi_header, doc), "%s has no kernel-doc", e.name);
	}
}

static void other_numbers_are_unknown(void)
{
	static const unsigned int others[] = { 59, 99, 199, 239, 511, 100000, ~0u };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT(!strcmp(xvcpu_rule_name(others[i]), "unknown"), "%u has a name", others[i]);
		EXPECT(!strcmp(xvcpu_rule_text(others[i]), "unknown"), "%u has a text", others[i]);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "every rule has a name and a sentence", every_rule_has_a_name_and_a_sentence },
		{ "numbers are unique and in order", numbers_are_unique_and_ordered },
		{ "every rule is documented", every_rule_is_documented },
		{ "other numbers are unknown", other_numbers_are_unknown },
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}

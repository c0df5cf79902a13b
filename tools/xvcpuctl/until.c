// SPDX-License-Identifier: GPL-2.0-only
/*
 * The patterns of --until and --until-screen (until.h).
 */
#include "until.h"

#include <errno.h>

int until_add(struct until *until, const char *pattern, struct message *err)
{
	char text[128];
	int ret;

	if (until->nr == UNTIL_PATTERNS) {
		message_set(err, "there can be %d patterns at most", UNTIL_PATTERNS);
		return -EINVAL;
	}
	if (!pattern[0]) {
		message_set(err, "a pattern to wait for must not be empty: it would match at once");
		return -EINVAL;
	}
	ret = regcomp(&until->patterns[until->nr], pattern, REG_EXTENDED | REG_NOSUB);
	if (ret) {
		regerror(ret, &until->patterns[until->nr], text, sizeof(text));
		message_set(err,
			    "'%s' is no extended regular expression (regex(7)): %s",
			    pattern, text);
		return -EINVAL;
	}
	until->nr++;
	return 0;
}

u32 until_line(const struct until *until, const char *line)
{
	u32 mask = 0;

	for (unsigned int i = 0; i < until->nr; i++) {
		if (!regexec(&until->patterns[i], line, 0, NULL, 0))
			mask |= 1u << i;
	}
	return mask;
}

u32 until_all(const struct until *until)
{
	return until->nr == UNTIL_PATTERNS ? ~0u : (1u << until->nr) - 1;
}

void until_free(struct until *until)
{
	while (until->nr)
		regfree(&until->patterns[--until->nr]);
}

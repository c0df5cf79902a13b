// SPDX-License-Identifier: GPL-2.0-only
/* Linux's panic message in a stream of bytes (panic.h). */
#include "panic.h"

#include <string.h>

static const char text[] = PANIC_TEXT;

/* The first character comes nowhere else in the text: a mismatch needs no second look but at it. */
static void take(struct panic_watch *watch, char c)
{
	if (watch->done)
		return;
	if (watch->matched == sizeof(text) - 1) {	/* the rest of the line */
		if (c != '\n')
			return;
		watch->seen = true;
		watch->done = watch->ending;
		watch->matched = 0;
	}
	if (c != text[watch->matched])
		watch->matched = 0;
	if (c == text[watch->matched]) {
		if (!watch->matched)
			watch->ending = !memcmp(watch->before, "end ", sizeof(watch->before));
		watch->matched++;
	}
	memmove(watch->before, watch->before + 1, sizeof(watch->before) - 1);
	watch->before[sizeof(watch->before) - 1] = c;
}

void panic_watch(struct panic_watch *watch, const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		take(watch, bytes[i]);
}

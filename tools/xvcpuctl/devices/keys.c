// SPDX-License-Identifier: GPL-2.0-only
/* Scan codes (set 1) of characters on a US keyboard. Constant tables only. */
#include <string.h>

#include "keys.h"

#define SCAN_ESCAPE	0x01
#define SCAN_BACKSPACE	0x0e
#define SCAN_TAB	0x0f
#define SCAN_ENTER	0x1c
#define SCAN_SHIFT	0x2a
#define SCAN_SPACE	0x39
#define SCAN_RELEASE	0x80

/* Rows of keys with consecutive codes, without and with Shift. */
static const struct {
	u8 first;
	const char *plain;
	const char *shifted;
} rows[] = {
	{ 0x02, "1234567890-=", "!@#$%^&*()_+" },
	{ 0x10, "qwertyuiop[]", "QWERTYUIOP{}" },
	{ 0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
	{ 0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
};

static u8 special_key(char character)
{
	switch (character) {
	case '\n':
	case '\r':
		return SCAN_ENTER;
	case '\b':
	case 0x7f:
		return SCAN_BACKSPACE;
	case '\t':
		return SCAN_TAB;
	case 0x1b:
		return SCAN_ESCAPE;
	case ' ':
		return SCAN_SPACE;
	default:
		return 0;
	}
}

static u8 key_of(char character, bool *shift)
{
	size_t i;

	*shift = false;
	if (!character)
		return 0;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = strchr(rows[i].plain, character);

		if (at)
			return rows[i].first + (at - rows[i].plain);
		at = strchr(rows[i].shifted, character);
		if (at) {
			*shift = true;
			return rows[i].first + (at - rows[i].shifted);
		}
	}
	return special_key(character);
}

unsigned int keys_for_character(char character, u8 codes[KEYS_CODES])
{
	unsigned int count = 0;
	bool shift;
	u8 key = key_of(character, &shift);

	if (!key)
		return 0;
	if (shift)
		codes[count++] = SCAN_SHIFT;
	codes[count++] = key;
	codes[count++] = key | SCAN_RELEASE;
	if (shift)
		codes[count++] = SCAN_SHIFT | SCAN_RELEASE;
	return count;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Scan codes (set 1) of the keys that produce a character on a US keyboard. */
#ifndef XVCPUCTL_DEVICES_KEYS_H
#define XVCPUCTL_DEVICES_KEYS_H

#include "../types.h"

/** define KEYS_CODES - codes that one character may take: Shift, the key, their releases */
#define KEYS_CODES	4

/**
 * keys_for_character() - what a keyboard sends when a character is typed
 * @character: ASCII; '\n' and '\r' are Enter, '\b' and 0x7f Backspace, 0x1b Escape
 * @codes:     receives the scan codes: press and release
 *
 * Return: the number of codes; 0: no key produces this character.
 */
unsigned int keys_for_character(char character, u8 codes[KEYS_CODES]);

#endif /* XVCPUCTL_DEVICES_KEYS_H */

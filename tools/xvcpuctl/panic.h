/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks for a Linux kernel's last words in what the guest prints. The main thread's.
 *
 * "Kernel panic - not syncing: WHY" comes first; registers and a call trace may follow, and at last
 * the same again behind "end ". A kernel that was told to restart resets the machine before that.
 */
#ifndef XVCPUCTL_PANIC_H
#define XVCPUCTL_PANIC_H

#include "types.h"

/** define PANIC_TEXT - what every version prints */
#define PANIC_TEXT	"Kernel panic - not syncing"

/**
 * struct panic_watch - as far as the text has come
 * @matched: characters of %PANIC_TEXT that the last bytes were
 * @ending:  the characters before them were "end "
 * @before:  the four characters before
 * @seen:    it panicked
 * @done:    and has said all that it will
 */
struct panic_watch {
	unsigned int matched;
	bool ending;
	char before[4];
	bool seen;
	bool done;
};

/** panic_watch() - look at some more output; @watch: all zero at first */
void panic_watch(struct panic_watch *watch, const u8 *bytes, size_t size);

#endif /* XVCPUCTL_PANIC_H */

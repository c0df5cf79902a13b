/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest prints, on its way from the vCPU threads to the main thread, which alone writes
 * it out: a slow reader of our output holds the guest up, but never the main thread's timers and
 * signals.
 *
 * console.lock protects everything in it and is a leaf: nothing else is taken under it.
 */
#ifndef XVCPUCTL_CONSOLE_H
#define XVCPUCTL_CONSOLE_H

#include <pthread.h>

#include "types.h"

/** define CONSOLE_SIZE - bytes on their way at most; a power of two */
#define CONSOLE_SIZE	16384

/**
 * struct console - a ring of bytes
 * @lock:   protects the members below
 * @room:   signalled when bytes are taken
 * @wake:   eventfd that is written when bytes arrive; the main thread's
 * @woken:  @wake was written since the last console_take()
 * @closed: nobody takes bytes any more: nobody shall wait
 * @head:   bytes ever put
 * @tail:   bytes ever taken
 * @bytes:  the ring
 */
struct console {
	pthread_mutex_t lock;
	pthread_cond_t room;
	int wake;
	bool woken;
	bool closed;
	u64 head;
	u64 tail;
	u8 bytes[CONSOLE_SIZE];
};

/** console_init() - make it empty; @wake: eventfd, not owned */
void console_init(struct console *console, int wake);

/**
 * console_put() - add a byte; never waits
 *
 * Devices call it with their lock held. Bytes that find the ring full are lost: console_wait()
 * after each exit keeps that from happening.
 */
void console_put(struct console *console, u8 byte);

/** console_wait() - wait until half of the ring is free; with no lock held */
void console_wait(struct console *console);

/** console_take() - move up to @size bytes to @to. Return: how many */
size_t console_take(struct console *console, u8 *to, size_t size);

/** console_close() - let everybody who waits, or will, go on */
void console_close(struct console *console);

#endif /* XVCPUCTL_CONSOLE_H */

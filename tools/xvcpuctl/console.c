// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring between the guest's serial port and the main thread (console.h).
 */
#include "console.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

void console_init(struct console *console, int wake)
{
	memset(console, 0, sizeof(*console));
	pthread_mutex_init(&console->lock, NULL);
	pthread_cond_init(&console->room, NULL);
	console->wake = wake;
}

void console_put(struct console *console, u8 byte)
{
	u64 one = 1;
	bool wake;

	pthread_mutex_lock(&console->lock);
	if (console->head - console->tail < CONSOLE_SIZE)
		console->bytes[console->head++ % CONSOLE_SIZE] = byte;
	wake = !console->woken;
	console->woken = true;
	pthread_mutex_unlock(&console->lock);

	/* An eventfd that is full has woken its reader already. */
	if (wake && write(console->wake, &one, sizeof(one)) < 0)
		return;
}

void console_wait(struct console *console)
{
	pthread_mutex_lock(&console->lock);
	while (!console->closed && console->head - console->tail > CONSOLE_SIZE / 2)
		pthread_cond_wait(&console->room, &console->lock);
	pthread_mutex_unlock(&console->lock);
}

size_t console_take(struct console *console, u8 *to, size_t size)
{
	size_t taken = 0;

	pthread_mutex_lock(&console->lock);
	while (taken < size && console->tail != console->head)
		to[taken++] = console->bytes[console->tail++ % CONSOLE_SIZE];
	if (console->tail == console->head)
		console->woken = false;
	pthread_cond_broadcast(&console->room);
	pthread_mutex_unlock(&console->lock);
	return taken;
}

void console_close(struct console *console)
{
	pthread_mutex_lock(&console->lock);
	console->closed = true;
	pthread_cond_broadcast(&console->room);
	pthread_mutex_unlock(&console->lock);
}

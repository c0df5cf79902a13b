// SPDX-License-Identifier: GPL-2.0-only
/* Formatting of failure messages. No state, no lock. */
#include <stdarg.h>
#include <stdio.h>

#include "message.h"

int message_set(struct message *message, int error, const char *format, ...)
{
	va_list args;

	if (message) {
		va_start(args, format);
		vsnprintf(message->text, sizeof(message->text), format, args);
		va_end(args);
	}
	return -error;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of a refusal: see message.h. A struct message belongs to the thread that fills it.
 */
#include "message.h"

#include <stdio.h>
#include <string.h>

void message_set(struct message *msg, const char *fmt, ...)
{
	va_list args;

	if (!msg)
		return;
	va_start(args, fmt);
	vsnprintf(msg->text, sizeof(msg->text), fmt, args);
	va_end(args);
}

void message_append(struct message *msg, const char *fmt, ...)
{
	size_t used;
	va_list args;

	if (!msg)
		return;
	used = strnlen(msg->text, sizeof(msg->text) - 1);
	va_start(args, fmt);
	vsnprintf(msg->text + used, sizeof(msg->text) - used, fmt, args);
	va_end(args);
}

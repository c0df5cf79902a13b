/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message for the person at the terminal: what was wrong, and what to do about it.
 *
 * The function that finds the fault sets the text; the command that asked prints it once, behind
 * its own name. No function below a command prints anything itself.
 */
#ifndef XVCPUCTL_MESSAGE_H
#define XVCPUCTL_MESSAGE_H

#include <stdarg.h>

#define MESSAGE_SIZE	512

/**
 * struct message - text of a refusal
 * @text: one line or more without a final newline; empty while nothing is wrong
 */
struct message {
	char text[MESSAGE_SIZE];
};

/**
 * message_set() - replace the text; what does not fit is cut
 * @msg: may be NULL: the caller does not want to know
 * @fmt: as for printf(3), no final newline
 */
void message_set(struct message *msg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * message_append() - add to the text; what does not fit is cut
 * @msg: may be NULL
 * @fmt: as for printf(3)
 */
void message_append(struct message *msg, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* XVCPUCTL_MESSAGE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sentence that goes with a failure: what is wrong and what to do about it.
 *
 * Whoever finds the fault writes it, the command that called prints it. It belongs to the caller.
 */
#ifndef XVCPUCTL_MESSAGE_H
#define XVCPUCTL_MESSAGE_H

/** struct message - one sentence without a final newline; empty as long as nothing failed */
struct message {
	char text[512];
};

/**
 * message_set() - note a failure
 * @message: receives the sentence; may be NULL
 * @error:   positive errno
 * @format:  printf format of the sentence
 *
 * Return: -@error, so that a caller can "return message_set(...)".
 */
int message_set(struct message *message, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* XVCPUCTL_MESSAGE_H */

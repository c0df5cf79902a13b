/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the guest's console is: this process's own files, a terminal of its own, or a file. */
#ifndef XVCPUCTL_CONSOLE_FILE_H
#define XVCPUCTL_CONSOLE_FILE_H

#include "message.h"
#include "types.h"

/**
 * struct console_file - what the console is connected to
 * @output: what the guest prints goes here; -1: nowhere
 * @input:  what it reads comes from here; -1: nowhere
 * @own:    @output is ours to close
 * @other:  a pty's other end, kept open so that the terminal lives while nobody uses it; else -1
 * @name:   of the pty; else empty
 */
struct console_file {
	int output;
	int input;
	bool own;
	int other;
	char name[64];
};

/**
 * console_file_open() - connect the console
 * @file:   filled
 * @where:  "stdio", "pty", or the path of a file, which is emptied
 * @stdout_taken: standard output belongs to somebody else: "stdio" prints to standard error
 * @err:    why it cannot be
 *
 * Return: 0 or a negative errno.
 */
int console_file_open(struct console_file *file, const char *where, bool stdout_taken,
		      struct message *err);

/** console_file_close() - close what console_file_open() opened */
void console_file_close(struct console_file *file);

#endif /* XVCPUCTL_CONSOLE_FILE_H */

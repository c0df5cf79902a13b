/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run without a processor: the real devices, console, event loop and terminal of xvcpuctl run in
 * a child process, with a thread in the guest's place that reads and writes ports as a guest
 * would.
 */
#ifndef XVCPUCTL_TESTS_CLI_SESSION_H
#define XVCPUCTL_TESTS_CLI_SESSION_H

#include <sys/types.h>
#include <termios.h>

#include "../events.h"

/**
 * struct session - what runs in the child, and the parent's ends of it
 * @argv:    a program that runs in the child instead of all the following; NULL: none
 * @guest:   runs on the guest's thread until it returns or the machine ends
 * @until:   NULL or a pattern for --until
 * @until_screen: the same for --until-screen
 * @timeout_ns: as --timeout
 * @type:    as --type
 * @keys:    standard input is the keyboard
 * @live:    as --screen on a terminal
 * @terminal: standard input and output are a new terminal; else pipes
 * @piped_output: with @terminal: standard output is a pipe all the same
 * @stdin_file: not a terminal: standard input is this file; NULL: a pipe
 * @before:  the terminal's settings before the child got it
 * @pid:     the child
 * @to:      written by the parent: its input
 * @from:    read by the parent: its output; -1 after session_close_output()
 * @seen:    what was read so far, NUL-terminated
 * @size:    bytes in @seen
 */
struct session {
	char **argv;
	void (*guest)(struct vmm *vmm);
	const char *until;
	const char *until_screen;
	u64 timeout_ns;
	const char *type;
	bool keys;
	bool live;
	bool terminal;
	bool piped_output;
	const char *stdin_file;
	struct termios before;
	pid_t pid;
	int to;
	int from;
	char seen[65536];
	size_t size;
};

/** session_start() - start it */
void session_start(struct session *session);

/** session_raw() - wait until the terminal is raw. Return: false after a long time */
bool session_raw(const struct session *session);

/** session_restored() - wait until the terminal is as it was. Return: false after a long time */
bool session_restored(const struct session *session);

/** session_expect() - read until @text was printed. Return: false if that never happens */
bool session_expect(struct session *session, const char *text);

/** session_type() - send it input */
void session_type(const struct session *session, const char *text);

/** session_end() - read the rest, wait for the child's end. Return: status as wait(2) gives it */
int session_end(struct session *session);

/** guest_print() - what a guest does to print */
void guest_print(struct vmm *vmm, const char *text);

/** guest_read() - what it does to read a byte. Return: the byte; -1: the machine has ended */
int guest_read(struct vmm *vmm);

#endif /* XVCPUCTL_TESTS_CLI_SESSION_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user's terminal in raw mode, and back, on every way out of the process.
 *
 * There is one terminal per process, so the state is global: set up once by the main thread before
 * other threads start. terminal_restore() may be called at any time, from signal handlers too.
 */
#ifndef XVCPUCTL_TERMINAL_H
#define XVCPUCTL_TERMINAL_H

#include "types.h"

/**
 * terminal_setup() - take note of the terminal on standard input, and make sure it is restored
 *
 * From now on its settings come back at exit() and when the process dies of a fault (SIGSEGV,
 * SIGBUS, SIGILL, SIGFPE, SIGABRT...). Signals that ask a process to end are the caller's to take:
 * it calls terminal_restore() and dies of them. Nothing can be done about SIGKILL: stty sane
 * helps.
 *
 * Return: whether standard input is a terminal; if not, the other functions do nothing.
 */
bool terminal_setup(void);

/**
 * terminal_raw() - hand every key to the guest
 *
 * Does nothing while the process is in the background: the shell owns the terminal then.
 */
void terminal_raw(void);

/** terminal_restore() - back to the settings that terminal_setup() found */
void terminal_restore(void);

/** terminal_is_raw() - whether keys go to the guest */
bool terminal_is_raw(void);

/** terminal_stop() - restore, stop the process, and go on raw if continued in the foreground */
void terminal_stop(void);

#endif /* XVCPUCTL_TERMINAL_H */

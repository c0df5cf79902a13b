// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw mode that never outlives the process (terminal.h).
 *
 * The saved settings are written once, before any handler or thread that reads them exists;
 * whether the terminal is raw is a single atomic flag, so that restoring twice, or from a handler
 * in the middle of a change, does no harm. tcsetattr() may be called in signal handlers (POSIX).
 */
#include "terminal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool present;
static atomic_bool raw;

/* Signals that the process dies of without asking. */
static const int faults[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ,
};

/*
 * A process in the background that changes the terminal is stopped by SIGTTOU unless it blocks it.
 * A dying process must get through: otherwise it would stay stopped with the terminal raw.
 */
static void set(const struct termios *settings)
{
	sigset_t ttou, old;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &old);
	tcsetattr(STDIN_FILENO, TCSADRAIN, settings);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void terminal_restore(void)
{
	if (present && atomic_exchange(&raw, false))
		set(&saved);
}

/* SA_RESETHAND has put the default action back: raising again ends the process as it should. */
static void on_fault(int number)
{
	terminal_restore();
	raise(number);
}

static bool in_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

bool terminal_setup(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_RESETHAND | SA_NODEFER };

	if (present)
		return true;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved))
		return false;
	present = true;
	atexit(terminal_restore);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigaction(faults[i], &action, NULL);
	return true;
}

void terminal_raw(void)
{
	struct termios settings = saved;

	if (!present || !in_foreground())
		return;
	/* Output processing stays as it is: our own messages need their line ends. */
	settings.c_iflag &= ~(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON | PARMRK);
	settings.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	settings.c_cflag &= ~(CSIZE | PARENB);
	settings.c_cflag |= CS8;
	settings.c_cc[VMIN] = 1;
	settings.c_cc[VTIME] = 0;

	/* The flag first: a fault between the two lines must restore rather than not. */
	atomic_store(&raw, true);
	set(&settings);
}

bool terminal_is_raw(void)
{
	return atomic_load(&raw);
}

void terminal_stop(void)
{
	terminal_restore();
	raise(SIGSTOP);
	terminal_raw();
}

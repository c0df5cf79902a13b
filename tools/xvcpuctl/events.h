/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The main thread while a guest runs: console and screen, keys, signals, time. It returns when the
 * machine has ended, by whatever of these or by the guest.
 */
#ifndef XVCPUCTL_EVENTS_H
#define XVCPUCTL_EVENTS_H

#include "until.h"
#include "vmm.h"

/**
 * struct events_config - what the user wants to see and when it shall end
 * @type:       typed on its keyboard before anything else; NULL: nothing
 * @console:    file descriptor for what the guest prints; -1: nowhere
 * @input:      file descriptor of what the guest reads; -1: nothing
 * @keys:       as keys of its keyboard; else as bytes of its serial port
 * @live:       show the text screen while the guest runs; needs a terminal on standard output
 * @panic_exit: end the run when a Linux guest says that it panicked
 * @timeout_ns: end the run after this time; 0: never
 * @until:      end it when these were seen on the console, and
 * @until_screen: these on the text screen; neither: never
 */
struct events_config {
	const char *type;
	int console;
	int input;
	bool keys;
	bool live;
	bool panic_exit;
	u64 timeout_ns;
	const struct until *until;
	const struct until *until_screen;
};

/**
 * events_begin() - take over signals and terminal, type the first keys; before any thread starts
 * @vmm:    not started yet
 * @config: see there; must outlive events_run()
 * @err:    what is wrong
 *
 * Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT and SIGWINCH, ignores SIGPIPE.
 *
 * Return: 0, or a negative errno. In both cases the machine needs its events_run().
 */
int events_begin(struct vmm *vmm, const struct events_config *config, struct message *err);

/**
 * events_run() - handle events until the machine has ended, then join its threads and clean up
 *
 * What the guest printed up to its end has been written, and the terminal is as it was before.
 */
void events_run(void);

/** events_die() - die of a signal that ended the run, so that the parent sees that it did */
void events_die(int number);

#endif /* XVCPUCTL_EVENTS_H */

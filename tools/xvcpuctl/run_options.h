/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of `xvcpuctl run`. */
#ifndef XVCPUCTL_RUN_OPTIONS_H
#define XVCPUCTL_RUN_OPTIONS_H

#include <backend.h>

#include "loaders/loader.h"
#include "types.h"
#include "until.h"

/** define RUN_MODULES - Multiboot modules at most */
#define RUN_MODULES	64

/**
 * struct run_options - what it asks for; strings are argv's own
 * @backend:    who runs the guest
 * @device:     path; NULL: the backend's own
 * @load:       what to load
 * @modules:    for @load
 * @mem_mib:    RAM
 * @debug_exit: port of the debug-exit device; -1: none
 * @debug_port: file for what the guest writes to the firmware's debug port; NULL: no such port
 * @screen:     show the text screen
 * @keys:       input is typed on the keyboard
 * @type:       typed first of all; NULL: nothing
 * @serial:     the serial port is the console
 * @console:    where that goes: "stdio", "pty", or a file
 * @reboot:     a guest that resets the machine boots again
 * @panic_exit: a Linux guest's panic ends the run
 * @stats:      print VM exits at the end
 * @json:       write the result as JSON
 * @json_path:  to this file; NULL: standard output
 * @timeout_ns: end the run after this time; 0: never
 * @until:      patterns for the console
 * @until_screen: patterns for the text screen
 */
struct run_options {
	const struct xvcpu_backend *backend;
	const char *device;
	struct load_request load;
	struct load_module modules[RUN_MODULES];
	u64 mem_mib;
	int debug_exit;
	const char *debug_port;
	bool screen;
	bool keys;
	const char *type;
	bool serial;
	const char *console;
	bool reboot;
	bool panic_exit;
	bool stats;
	bool json;
	const char *json_path;
	u64 timeout_ns;
	struct until until;
	struct until until_screen;
};

/**
 * run_options_parse() - read the command line
 *
 * Ends the process with a message and %STATUS_USAGE where it makes no sense.
 */
void run_options_parse(struct run_options *opts, int argc, char **argv);

#endif /* XVCPUCTL_RUN_OPTIONS_H */

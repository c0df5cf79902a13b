/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user gets when a run is over: message, registers, screen, statistics, JSON, exit status.
 */
#ifndef XVCPUCTL_OUTCOME_H
#define XVCPUCTL_OUTCOME_H

#include "vmm.h"

/**
 * struct outcome_config - what to show
 * @command:   name in front of messages
 * @console:   the guest's console went to standard output
 * @screen:    the text screen
 * @stats:     VM exits by reason
 * @json:      everything, as JSON
 * @json_path: to this file; NULL: to standard output
 * @until:     --until was given: ending well without it is an end of its own
 */
struct outcome_config {
	const char *command;
	bool console;
	bool screen;
	bool stats;
	bool json;
	const char *json_path;
	bool until;
};

/**
 * outcome_check_path() - see before the run whether its result can be written
 * @path: NULL: nothing to check
 * @err:  why not
 *
 * Return: 0 or a negative errno. The file is created if it does not exist.
 */
int outcome_check_path(const char *path, struct message *err);

/** outcome_print_stats() - VM exits by reason, to standard error; at any time after vmm_start() */
void outcome_print_stats(const struct vmm *vmm);

/**
 * outcome_show() - show how a machine ended
 * @vmm:    ended, threads joined, not destroyed
 * @boot:   what was loaded
 * @config: what to show
 *
 * Return: the exit status.
 */
int outcome_show(struct vmm *vmm, const struct boot_state *boot,
		 const struct outcome_config *config);

#endif /* XVCPUCTL_OUTCOME_H */

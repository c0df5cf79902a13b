// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl: the command line of xvcpu. Finds the command and hands it the rest.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "status.h"
#include "types.h"

struct command {
	const char *name;
	char *title;		/* argv[0] of the command: argp prints it in front of messages */
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "doctor", "xvcpuctl doctor", "can this host run guests, and if not, why", cmd_doctor },
	{ "info", "xvcpuctl info", "limits, features and CPUID of the module", cmd_info },
	{ "run", "xvcpuctl run", "run a guest", cmd_run },
	{ "stat", "xvcpuctl stat", "VM exits and other counters of all VMs, live", cmd_stat },
	{ "trace", "xvcpuctl trace", "what the module does, event by event", cmd_trace },
};

static void print_help(FILE *to)
{
	fputs("Usage: xvcpuctl COMMAND [OPTION...]\n\nCommands:\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'xvcpuctl COMMAND --help' lists its options; xvcpuctl(1) has it all.\n", to);
}

static int finish_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		perror("xvcpuctl: cannot write the output");
		return status ? status : STATUS_HOST;
	}
	return status;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	argp_err_exit_status = STATUS_USAGE;
	if (!name) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return finish_output(STATUS_OK);
	}
	if (!strcmp(name, "--version")) {
		puts("xvcpuctl " XVCPUCTL_VERSION);
		return finish_output(STATUS_OK);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		argv[1] = commands[i].title;
		return finish_output(commands[i].run(argc - 1, argv + 1));
	}
	fprintf(stderr, "xvcpuctl: there is no command '%s'; 'xvcpuctl --help' lists them\n", name);
	return STATUS_USAGE;
}

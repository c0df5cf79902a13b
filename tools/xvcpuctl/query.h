/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of the commands that ask and print: doctor and info.
 */
#ifndef XVCPUCTL_QUERY_H
#define XVCPUCTL_QUERY_H

#include <stdbool.h>

struct query {
	const char *device;
	bool json;
};

/* Ends the process with a message and STATUS_USAGE if the arguments are wrong. */
struct query query_parse(int argc, char **argv, const char *doc);

#endif /* XVCPUCTL_QUERY_H */

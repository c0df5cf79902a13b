// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of the commands that ask and print: doctor and info.
 */
#include "query.h"

#include <argp.h>
#include <errno.h>
#include <libxvcpu.h>

static const struct argp_option options[] = {
	{ "device", 'd', "PATH", 0, "The device (default " XVCPU_DEVICE ")", 0 },
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct query *query = state->input;

	switch (key) {
	case 'd':
		query->device = arg;
		return 0;
	case 'j':
		query->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct query query_parse(int argc, char **argv, const char *doc)
{
	const struct argp parser = { .options = options, .parser = parse_option, .doc = doc };
	struct query query = { .device = XVCPU_DEVICE };

	argp_parse(&parser, argc, argv, 0, NULL, &query);
	return query;
}

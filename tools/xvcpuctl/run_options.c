// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of `xvcpuctl run` (run_options.h). No state but the caller's.
 */
#include "run_options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

#define DEFAULT_MIB	128
#define MAX_MIB		(1u << 22)	/* 4 TiB: what 4-level EPT could map at most is more */
#define MAX_SECONDS	1e9

enum {
	OPT_MODE = 256, OPT_LOAD, OPT_ENTRY, OPT_MODULE, OPT_INITRD, OPT_DEBUG_EXIT, OPT_SCREEN,
	OPT_FIRMWARE, OPT_UNTIL, OPT_STATS, OPT_NO_SERIAL, OPT_KEYS, OPT_TYPE,
	OPT_UNTIL_SCREEN, OPT_BACKEND, OPT_CONSOLE, OPT_REBOOT, OPT_PANIC_EXIT, OPT_DEBUG_PORT,
};

static const struct argp_option options[] = {
	{ 0, 0, 0, 0, "The image", 1 },
	{ "firmware", OPT_FIRMWARE, "FILE", 0,
	  "No image: start a firmware, such as SeaBIOS, at the reset vector", 0 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "Start in real, protected or long mode; a flat binary needs it", 0 },
	{ "load", OPT_LOAD, "ADDRESS", 0,
	  "Where a flat binary goes (default 0x7c00 for real mode, else 0x100000)", 0 },
	{ "entry", OPT_ENTRY, "ADDRESS", 0, "Its first instruction (default: its start)", 0 },
	{ "append", 'a', "TEXT", 0, "Command line (Linux, PVH, Multiboot)", 0 },
	{ "module", OPT_MODULE, "'FILE [ARGUMENTS]'", 0, "Multiboot module; may be repeated", 0 },
	{ "initrd", OPT_INITRD, "FILE", 0, "Initial RAM disk (Linux, PVH)", 0 },

	{ 0, 0, 0, 0, "The machine", 2 },
	{ "mem", 'm', "MIB", 0, "Memory (default 128)", 0 },
	{ "debug-exit", OPT_DEBUG_EXIT, "PORT", 0,
	  "A value written to PORT ends the run with status (value << 1) | 1", 0 },
	{ "screen", OPT_SCREEN, NULL, 0,
	  "Show the text screen: live on a terminal, and as it was at the end", 0 },
	{ "keys", OPT_KEYS, NULL, 0,
	  "Standard input is typed on the keyboard, not sent to the serial port (default with "
	  "--screen on a terminal)", 0 },
	{ "type", OPT_TYPE, "TEXT", 0,
	  "Type TEXT on the keyboard before the guest starts; \\n, \\t, \\b and \\e are keys", 0 },
	{ "console", OPT_CONSOLE, "WHERE", 0,
	  "The serial port: stdio (default), pty (a new terminal, whose name is printed), or a file, "
	  "which gets what the guest prints", 0 },
	{ "no-serial", OPT_NO_SERIAL, NULL, 0,
	  "Connect the serial port to nothing: print nothing, read no input", 0 },
	{ "debug-port", OPT_DEBUG_PORT, "FILE", 0,
	  "Port 0x402, to which firmware writes its messages, writes to FILE", 0 },

	{ 0, 0, 0, 0, "The run", 3 },
	{ "until", OPT_UNTIL, "REGEX", 0,
	  "End with status 0 when a line on the console matches; repeated: when all match at the "
	  "same time", 0 },
	{ "until-screen", OPT_UNTIL_SCREEN, "REGEX", 0, "The same for the text screen", 0 },
	{ "reboot", OPT_REBOOT, "WHAT", 0,
	  "When the guest resets the machine: exit (default) with status 30, or reset: boot again",
	  0 },
	{ "panic-exit", OPT_PANIC_EXIT, NULL, 0,
	  "End with status 46 when a Linux guest says on the console that it panicked", 0 },
	{ "timeout", 't', "SECONDS", 0, "End with status 124 after this time", 0 },
	{ "stats", OPT_STATS, NULL, 0, "Print the VM exits by reason at the end", 0 },
	{ "json", 'j', "FILE", OPTION_ARG_OPTIONAL,
	  "Write the result as JSON to FILE, or to standard output (the console then goes to "
	  "standard error)", 0 },
	{ "device", 'd', "PATH", 0, "The device (default " XVCPU_DEVICE ")", 0 },
	{ "backend", OPT_BACKEND, "NAME", 0,
	  "Who runs the guest: xvcpu (default), or kvm, to compare with it", 0 },
	{ 0 }
};

/* A whole number in decimal, hexadecimal (0x) or octal (0), not above @max; or usage and exit. */
static u64 parse_number(struct argp_state *state, const char *option, const char *arg, u64 max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (!*arg || *end || arg[0] == '-' || arg[0] == '+' || arg[0] == ' ')
		argp_error(state, "%s: '%s' is no number (decimal, or hexadecimal with 0x)",
			   option, arg);
	if (errno == ERANGE || value > max)
		argp_error(state, "%s: %s is too large, the limit is 0x%llx", option, arg,
			   (unsigned long long)max);
	return value;
}

static u64 parse_seconds(struct argp_state *state, const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (!*arg || *end || !isfinite(value) || value <= 0 || value > MAX_SECONDS)
		argp_error(state, "--timeout: '%s' is no number of seconds above 0", arg);
	return value * 1e9 < 1 ? 1 : value * 1e9;
}

static enum load_mode parse_mode(struct argp_state *state, const char *arg)
{
	if (!strcmp(arg, "real"))
		return LOAD_REAL;
	if (!strcmp(arg, "protected"))
		return LOAD_PROTECTED;
	if (!strcmp(arg, "long"))
		return LOAD_LONG;
	argp_error(state, "--mode: '%s' is none of real, protected, long", arg);
	return LOAD_AUTO;
}

static bool parse_reboot(struct argp_state *state, const char *arg)
{
	if (strcmp(arg, "exit") && strcmp(arg, "reset"))
		argp_error(state, "--reboot: '%s' is neither exit nor reset", arg);
	return !strcmp(arg, "reset");
}

/* "FILE ARGUMENTS": the guest gets all of it as command line. Files may have blanks in names. */
static void add_module(struct argp_state *state, struct run_options *opts, char *arg)
{
	struct load_module *module = &opts->modules[opts->load.nr_modules];
	char *blank = strchr(arg, ' ');

	if (opts->load.nr_modules == RUN_MODULES)
		argp_error(state, "--module: %d modules at most", RUN_MODULES);
	opts->load.nr_modules++;
	module->path = arg;
	if (!blank || !access(arg, F_OK))
		return;
	module->cmdline = arg;
	module->path = strndup(arg, blank - arg);
	if (!module->path)
		argp_failure(state, STATUS_HOST, 0, "out of memory");
}

/* Keys that are no printable characters; in place, since an escape is longer than what it means. */
static void unescape(char *text)
{
	static const char escapes[] = "n\nt\tb\be\033\\\\";
	char *to = text;

	for (; *text; text++) {
		const char *found = NULL;

		for (size_t i = 0; text[0] == '\\' && i < sizeof(escapes) - 1; i += 2) {
			if (text[1] == escapes[i])
				found = &escapes[i + 1];
		}
		*to++ = found ? *found : *text;
		if (found)
			text++;
	}
	*to = '\0';
}

static void add_until(struct argp_state *state, struct until *until, const char *arg)
{
	struct message err;

	if (until_add(until, arg, &err))
		argp_error(state, "%s", err.text);
}

static error_t parse_image_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *opts = state->input;

	switch (key) {
	case OPT_MODE:
		opts->load.mode = parse_mode(state, arg);
		return 0;
	case OPT_FIRMWARE:
		opts->load.firmware = arg;
		return 0;
	case OPT_LOAD:
		opts->load.load = parse_number(state, "--load", arg, UINT64_MAX);
		opts->load.has_load = true;
		return 0;
	case OPT_ENTRY:
		opts->load.entry = parse_number(state, "--entry", arg, UINT64_MAX);
		opts->load.has_entry = true;
		return 0;
	case 'a':
		opts->load.cmdline = arg;
		return 0;
	case OPT_MODULE:
		add_module(state, opts, arg);
		return 0;
	case OPT_INITRD:
		opts->load.initrd = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (opts->load.image)
			argp_error(state, "'%s': there can be one image only", arg);
		opts->load.image = arg;
		return 0;
	case ARGP_KEY_END:
		if (!opts->load.image && !opts->load.firmware)
			argp_error(state, "which image? xvcpuctl run IMAGE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_machine_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *opts = state->input;

	switch (key) {
	case 'm':
		opts->mem_mib = parse_number(state, "--mem", arg, MAX_MIB);
		if (!opts->mem_mib)
			argp_error(state, "--mem: a guest needs 1 MiB at least");
		return 0;
	case OPT_DEBUG_EXIT:
		opts->debug_exit = parse_number(state, "--debug-exit", arg, 0xfffc);
		return 0;
	case OPT_SCREEN:
		opts->screen = true;
		return 0;
	case OPT_KEYS:
		opts->keys = true;
		return 0;
	case OPT_TYPE:
		unescape(arg);
		opts->type = arg;
		return 0;
	case OPT_NO_SERIAL:
		opts->serial = false;
		return 0;
	case OPT_CONSOLE:
		opts->console = arg;
		return 0;
	case OPT_DEBUG_PORT:
		opts->debug_port = arg;
		return 0;
	default:
		return parse_image_option(key, arg, state);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *opts = state->input;

	switch (key) {
	case OPT_UNTIL:
		add_until(state, &opts->until, arg);
		return 0;
	case OPT_UNTIL_SCREEN:
		add_until(state, &opts->until_screen, arg);
		return 0;
	case OPT_REBOOT:
		opts->reboot = parse_reboot(state, arg);
		return 0;
	case OPT_PANIC_EXIT:
		opts->panic_exit = true;
		return 0;
	case 't':
		opts->timeout_ns = parse_seconds(state, arg);
		return 0;
	case OPT_STATS:
		opts->stats = true;
		return 0;
	case 'j':
		opts->json = true;
		opts->json_path = arg;
		return 0;
	case 'd':
		opts->device = arg;
		return 0;
	case OPT_BACKEND:
		opts->backend = xvcpu_backend_find(arg);
		if (!opts->backend)
			argp_error(state, "--backend: '%s' is neither xvcpu nor kvm", arg);
		return 0;
	default:
		return parse_machine_option(key, arg, state);
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "IMAGE\n--firmware FILE",
	.doc = "Run a guest: a Linux kernel, a Multiboot, PVH or other ELF image, or a flat binary."
	       "\vThe console is the guest's first serial port. On a terminal, Ctrl-a x ends the "
	       "guest and Ctrl-a h helps. xvcpuctl(1) lists the exit statuses.",
};

void run_options_parse(struct run_options *opts, int argc, char **argv)
{
	memset(opts, 0, sizeof(*opts));
	opts->backend = &xvcpu_backend_xvcpu;
	opts->mem_mib = DEFAULT_MIB;
	opts->debug_exit = -1;
	opts->serial = true;
	opts->console = "stdio";
	opts->load.modules = opts->modules;
	argp_parse(&parser, argc, argv, 0, NULL, opts);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl trace: what the module does, event by event, as it happens.
 *
 * The signals that end it are blocked but while it waits, so that there is one way out, on which
 * the events are turned off and the instance is removed.
 */
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernelfs.h"
#include "numbers.h"
#include "tracing.h"
#include "watch.h"

/*
 * When nothing is there: look again after this time. Who waits in poll() or read() is woken by an
 * interrupt of the CPU that traces, so that a guest whose entries are traced would leave again
 * before its first instruction; with one CPU, for ever.
 */
#define LOOK_AGAIN_NS	20000000ull
/* A guest may make events faster than they are printed: after these look at signals and time. */
#define LINES_AT_ONCE	200

enum { OPT_DEBUGFS = 256, OPT_TRACEFS };

/* @count, @timeout_ns: 0: no limit. */
struct trace_options {
	const char *debugfs;
	const char *tracefs;
	u32 owner;
	u32 events;
	u64 count;
	u64 timeout_ns;
};

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "Only VMs that this process has created", 0 },
	{ "events", 'e', "LIST", 0,
	  "Of entry, exit, inject, ept_fault, kick, state, separated by commas (default: all)", 0 },
	{ "count", 'n', "N", 0, "End after N events", 0 },
	{ "timeout", 't', "SECONDS", 0, "End after this time", 0 },
	{ "tracefs", OPT_TRACEFS, "PATH", 0, "Where tracefs is (default " KERNELFS_TRACE ")", 0 },
	{ "debugfs", OPT_DEBUGFS, "PATH", 0, "Where debugfs is (default " KERNELFS_DEBUG ")", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct trace_options *opts = state->input;
	struct message msg;

	switch (key) {
	case 'p':
		opts->owner = numbers_count(state, "--pid", arg, INT32_MAX);
		return 0;
	case 'e':
		if (tracing_events(arg, &opts->events, &msg))
			argp_error(state, "--events: %s", msg.text);
		return 0;
	case 'n':
		opts->count = numbers_count(state, "--count", arg, UINT32_MAX);
		return 0;
	case 't':
		opts->timeout_ns = numbers_seconds(state, "--timeout", arg);
		return 0;
	case OPT_DEBUGFS:
		opts->debugfs = arg;
		return 0;
	case OPT_TRACEFS:
		opts->tracefs = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.doc = "Print VM entries and exits, injected events, EPT faults, kicks and changes of state "
	       "as they happen, until ended."
	       "\vThe module's tracepoints are turned on for it, and off when it ends.",
};

static volatile sig_atomic_t ended_by;

static void on_signal(int number)
{
	ended_by = number;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Return in @waiting the mask with which to wait. */
static void catch_signals(sigset_t *waiting)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&block, signals[i]);
	}
	/* A reader that has gone is an error of the output. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigprocmask(SIG_BLOCK, &block, waiting);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigdelset(waiting, signals[i]);
}

/* Die of the signal as if it had not been caught: the caller's shell may want to know. */
static void die_of(int number)
{
	sigset_t only;

	fflush(stdout);
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* For a while, or until there is a signal, or until @deadline_ns. */
static void wait_a_while(const sigset_t *waiting, u64 deadline_ns)
{
	u64 now = now_ns(), wait = LOOK_AGAIN_NS;
	struct timespec timeout;

	if (deadline_ns && deadline_ns < now + wait)
		wait = deadline_ns > now ? deadline_ns - now : 0;
	timeout = (struct timespec){ .tv_nsec = wait };
	ppoll(NULL, 0, &timeout, waiting);
}

/*
 * Print what is there now.
 *
 * Return: 1: @left events have been printed; 0: not yet; a negative errno: reading or writing
 * failed.
 */
static int print_events(struct tracing *tracing, u64 *left)
{
	char line[TRACING_LINE];
	bool event;
	int ret = 0;

	for (unsigned int i = 0; i < LINES_AT_ONCE; i++) {
		ret = tracing_next(tracing, line, &event);
		if (ret <= 0)
			break;
		if (puts(line) < 0)
			return -EPIPE;
		if (event && *left && !--*left)
			return 1;
	}
	if (fflush(stdout))
		return -EPIPE;
	return ret < 0 ? ret : 0;
}

static enum status trace(struct tracing *tracing, const struct trace_options *opts,
			 const sigset_t *waiting, struct message *msg)
{
	u64 deadline = opts->timeout_ns ? now_ns() + opts->timeout_ns : 0, left = opts->count;
	bool over = false;
	int ret = 0;

	while (!ret && !over) {
		wait_a_while(waiting, deadline);
		over = ended_by || (deadline && now_ns() >= deadline);
		if (over)
			tracing_stop(tracing);
		ret = print_events(tracing, &left);
		if (!ret && !over && !tracing_alive(tracing)) {
			message_set(msg, "the module was unloaded");
			return STATUS_NO_DEVICE;
		}
	}
	/* What cannot be written is told by main(). */
	if (ret >= 0 || ret == -EPIPE)
		return STATUS_OK;
	message_set(msg, "%s: %s", tracing->instance, strerror(-ret));
	return STATUS_HOST;
}

/* tracefs does not know which VMs there are. */
static enum status check_owner(const struct trace_options *opts, struct message *msg)
{
	enum status status;
	struct watch watch;

	if (!opts->owner)
		return STATUS_OK;
	status = watch_read(&watch, opts->debugfs, opts->owner, msg);
	if (status)
		return status;
	if (!watch.nr_vms) {
		message_set(msg, "process %u has no VM\nWhat to do: 'xvcpuctl stat' shows all VMs",
			    opts->owner);
		status = STATUS_NO_VM;
	}
	watch_free(&watch);
	return status;
}

int cmd_trace(int argc, char **argv)
{
	static struct tracing tracing = { .fd = -1 };
	struct trace_options opts = { .debugfs = KERNELFS_DEBUG, .tracefs = KERNELFS_TRACE };
	struct message msg = { 0 };
	enum status status;
	sigset_t waiting;

	tracing_events(NULL, &opts.events, NULL);
	argp_parse(&parser, argc, argv, 0, NULL, &opts);
	catch_signals(&waiting);
	status = check_owner(&opts, &msg);
	if (!status)
		status = tracing_begin(&tracing, opts.tracefs, opts.events, opts.owner, &msg);
	if (!status)
		status = trace(&tracing, &opts, &waiting, &msg);
	tracing_end(&tracing);
	if (status)
		fprintf(stderr, "%s: %s\n", argv[0], msg.text);
	if (ended_by)
		die_of(ended_by);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl stat: VM exits and the other counters of all vCPUs, once or again and again.
 */
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "kernelfs.h"
#include "numbers.h"
#include "watch.h"

#define EXIT_PREFIX	"exit_"
#define SECOND_NS	1000000000ull
#define TO_THE_TOP	"\033[H\033[J"

enum { OPT_DEBUGFS = 256 };

/* @samples: 0: until the process is ended; @interval_ns: 0: one sample. */
struct stat_options {
	const char *root;
	u32 owner;
	u64 interval_ns;
	u64 samples;
	bool json;
};

/* A counter with what it grew by. */
struct row {
	const char *name;
	u64 total, delta;
};

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "Only VMs that this process has created", 0 },
	{ "interval", 'i', "SECONDS", 0, "Print again after this time, with differences", 0 },
	{ "count", 'n', "N", 0, "End after N tables (default interval: 1 second)", 0 },
	{ "json", 'j', NULL, 0, "Print JSON, one object each time", 0 },
	{ "debugfs", OPT_DEBUGFS, "PATH", 0, "Where debugfs is (default " KERNELFS_DEBUG ")", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct stat_options *opts = state->input;

	switch (key) {
	case 'p':
		opts->owner = numbers_count(state, "--pid", arg, INT32_MAX);
		return 0;
	case 'i':
		opts->interval_ns = numbers_seconds(state, "--interval", arg);
		return 0;
	case 'n':
		opts->samples = numbers_count(state, "--count", arg, UINT32_MAX);
		return 0;
	case 'j':
		opts->json = true;
		return 0;
	case OPT_DEBUGFS:
		opts->root = arg;
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
	.doc = "Print how often each virtual CPU left its guest, by reason, and its other counters."
	       "\vWithout --interval and --count: once. With --interval alone: until ended.",
};

static bool is_exit(const char *name)
{
	return !strncmp(name, EXIT_PREFIX, strlen(EXIT_PREFIX));
}

/* The busiest first; then those with the largest total. */
static int by_size(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->delta != y->delta)
		return x->delta > y->delta ? -1 : 1;
	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The counters of one kind that are not 0, sorted. Return: how many. */
static unsigned int make_rows(const struct watch_vcpu *vcpu, const struct watch_vcpu *before,
			      bool exits, struct row *rows)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < vcpu->nr; i++) {
		const struct watch_counter *counter = &vcpu->counters[i];

		if (!counter->value || is_exit(counter->name) != exits)
			continue;
		rows[nr].name = counter->name + (exits ? strlen(EXIT_PREFIX) : 0);
		rows[nr].total = counter->value;
		rows[nr].delta = counter->value - (before ? watch_value(before, counter->name) : 0);
		nr++;
	}
	qsort(rows, nr, sizeof(*rows), by_size);
	return nr;
}

/* @seconds: since the sample before; 0: there is none. */
static void print_rows(const char *title, const struct watch_vcpu *vcpu,
		       const struct watch_vcpu *before, bool exits, double seconds)
{
	struct row rows[WATCH_COUNTERS];
	unsigned int nr = make_rows(vcpu, before, exits, rows);

	if (!nr)
		return;
	printf("  %-24s %16s %14s\n", title, "total", seconds > 0 ? "per second" : "");
	for (unsigned int i = 0; i < nr; i++) {
		printf("    %-22s %16" PRIu64, rows[i].name, rows[i].total);
		if (seconds > 0)
			printf(" %14.1f", rows[i].delta / seconds);
		putchar('\n');
	}
}

static void print_text(const struct watch *now, const struct watch *before, double seconds)
{
	printf("%u VM%s, %u vCPU%s\n", now->nr_vms, now->nr_vms == 1 ? "" : "s", now->nr_vcpus,
	       now->nr_vcpus == 1 ? "" : "s");
	for (unsigned int i = 0; i < now->nr_vcpus; i++) {
		const struct watch_vcpu *vcpu = &now->vcpus[i];
		const struct watch_vcpu *old = watch_find(before, vcpu);

		printf("\nVM %u-%u vCPU %u: %s", vcpu->owner, vcpu->serial, vcpu->id, vcpu->state);
		if (vcpu->cpu >= 0)
			printf(", CPU %d", vcpu->cpu);
		putchar('\n');
		print_rows("VM exits", vcpu, old, true, seconds);
		print_rows("counters", vcpu, old, false, seconds);
	}
}

static cJSON *json_vcpu(const struct watch_vcpu *vcpu, const struct watch_vcpu *before,
			double seconds)
{
	cJSON *item = json_object(), *totals, *deltas = NULL;

	json_number(item, "owner", vcpu->owner);
	json_number(item, "serial", vcpu->serial);
	json_number(item, "id", vcpu->id);
	json_text(item, "state", vcpu->state);
	if (vcpu->cpu >= 0)
		json_number(item, "cpu", vcpu->cpu);
	else
		json_null(item, "cpu");
	totals = json_add(item, "counters", json_object());
	if (seconds > 0)
		deltas = json_add(item, "deltas", json_object());
	for (unsigned int i = 0; i < vcpu->nr; i++) {
		const struct watch_counter *counter = &vcpu->counters[i];
		u64 old = before ? watch_value(before, counter->name) : 0;

		json_number(totals, counter->name, counter->value);
		if (deltas)
			json_number(deltas, counter->name, counter->value - old);
	}
	return item;
}

static int print_json(const struct watch *now, const struct watch *before, double seconds)
{
	cJSON *top = json_object(), *list;

	if (seconds > 0)
		json_number(top, "seconds", seconds);
	else
		json_null(top, "seconds");
	json_number(top, "vms", now->nr_vms);
	list = json_add(top, "vcpus", json_list());
	for (unsigned int i = 0; i < now->nr_vcpus; i++)
		json_append(list, json_vcpu(&now->vcpus[i], watch_find(before, &now->vcpus[i]),
					    seconds));
	return json_print(top, stdout);
}

/* Return: 0, or -1 if nobody reads any more. */
static int print_sample(const struct stat_options *opts, const struct watch *now,
			const struct watch *before)
{
	double seconds = 0;

	if (before->time_ns)
		seconds = (now->time_ns - before->time_ns) / 1e9;
	if (opts->json)
		return print_json(now, before, seconds) || fflush(stdout) ? -1 : 0;
	if (opts->samples != 1 && isatty(STDOUT_FILENO))
		fputs(TO_THE_TOP, stdout);
	else if (before->time_ns)
		putchar('\n');
	print_text(now, before, seconds);
	return fflush(stdout) ? -1 : 0;
}

static void wait_until(u64 time_ns)
{
	const struct timespec at = {
		.tv_sec = time_ns / SECOND_NS, .tv_nsec = time_ns % SECOND_NS,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static enum status watch_all(const struct stat_options *opts, struct message *msg)
{
	struct watch now = { 0 }, before = { 0 };
	enum status status = STATUS_OK;

	for (u64 nr = 0; !opts->samples || nr < opts->samples; nr++) {
		if (nr)
			wait_until(before.time_ns + opts->interval_ns);
		status = watch_read(&now, opts->root, opts->owner, msg);
		if (status)
			break;
		if (opts->owner && !now.nr_vms) {
			if (!nr) {
				status = STATUS_NO_VM;
				message_set(msg, "process %u has no VM\nWhat to do: 'xvcpuctl stat' "
					    "without --pid shows all VMs", opts->owner);
			}
			break;	/* else it has ended, and so does this */
		}
		if (print_sample(opts, &now, &before))
			break;	/* main() tells */
		watch_free(&before);
		before = now;
		memset(&now, 0, sizeof(now));
	}
	watch_free(&now);
	watch_free(&before);
	return status;
}

int cmd_stat(int argc, char **argv)
{
	struct stat_options opts = { .root = KERNELFS_DEBUG };
	struct message msg = { 0 };
	enum status status;

	argp_parse(&parser, argc, argv, 0, NULL, &opts);
	if (!opts.interval_ns) {
		opts.samples = opts.samples ? opts.samples : 1;
		opts.interval_ns = SECOND_NS;
	}
	status = watch_all(&opts, &msg);
	if (status)
		fprintf(stderr, "%s: %s\n", argv[0], msg.text);
	return status;
}

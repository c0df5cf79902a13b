// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls to /dev/xvcpu and what it gives, made at random but with the ABI's types, and the rules
 * that must hold after each of them (fuzz/).
 *
 *	fuzz_ioctl [--seed S] [--calls N] [--threads T] [--trace K]
 *
 * S decides everything: the same S and N make the same calls again. --trace prints each call from
 * number K on, so that what a failure names can be looked at: --seed S --calls K+1 --trace K. Calls
 * made by several threads at once are not repeatable.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "fuzz/fuzz.h"

#define DEFAULT_CALLS	100000
#define DEFAULT_THREADS	3
#define THREADS_MAX	8
#define REFCOUNT	"/sys/module/xvcpu/refcnt"

static struct fuzz alone, crew[THREADS_MAX];
static unsigned int working;

static void one_call(struct fuzz *f)
{
	unsigned int what = below(f, 100);

	if (one_in(f, 300))
		world_change(f);
	else if (one_in(f, 300))
		fuzz_spin(f);
	else if (what < 72)
		fuzz_one_ioctl(f);
	else if (what < 86)
		fuzz_run(f);
	else if (what < 90)
		fuzz_kick(f);
	else if (what < 94)
		fuzz_map(f);
	else if (what < 97)
		fuzz_set_what_get_gave(f);
	else
		fuzz_unknown_ioctl(f);
}

static void fuzz(struct fuzz *f)
{
	for (f->call = 0; f->call < f->calls; f->call++) {
		random_begin(f);
		one_call(f);
	}
}

static void *fuzz_with_others(void *arg)
{
	struct fuzz *f = arg;

	fuzz(f);
	__atomic_sub_fetch(&working, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Files that the module has open. */
static long references(void)
{
	FILE *file = fopen(REFCOUNT, "r");
	long nr = -1;

	if (file) {
		if (fscanf(file, "%ld", &nr) != 1)
			nr = -1;
		fclose(file);
	}
	return nr;
}

/* Whether both ways of each ioctl were gone, and each kind of exit was seen. */
static bool reached_everything(const struct fuzz *f)
{
	static const unsigned int reasons[] = {
		XVCPU_EXIT_HYPERCALL, XVCPU_EXIT_IO, XVCPU_EXIT_MMIO, XVCPU_EXIT_MSR_READ,
		XVCPU_EXIT_MSR_WRITE, XVCPU_EXIT_MEMORY_FAULT, XVCPU_EXIT_EVENT_FAULT,
		XVCPU_EXIT_HLT, XVCPU_EXIT_SHUTDOWN, XVCPU_EXIT_SIGNAL, XVCPU_EXIT_KICK,
		XVCPU_EXIT_WINDOW, XVCPU_EXIT_BUDGET, XVCPU_EXIT_EXCEPTION,
		XVCPU_EXIT_INSTRUCTION, XVCPU_EXIT_FAIL_ENTRY,
	};
	bool all = true;
	unsigned int i;

	for (i = 0; i < fuzz_ioctls_nr; i++) {
		ksft_print_msg("%-26s %6u accepted %6u refused\n", fuzz_ioctls[i].name,
			       f->passed[i], f->failed[i]);
		all &= f->passed[i] && f->failed[i];
	}
	for (i = 0; i < ELEMENTS(reasons); i++) {
		ksft_print_msg("exit reason %2u: %6u\n", reasons[i], f->exits[reasons[i]]);
		all &= f->exits[reasons[i]] > 0;
	}
	return all;
}

static void test_alone(uint64_t seed, uint64_t calls, uint64_t trace)
{
	ksft_print_msg("seed %llu, %llu calls\n", (unsigned long long)seed,
		       (unsigned long long)calls);
	alone.seed = seed;
	alone.calls = calls;
	alone.trace = trace;
	world_init(&alone);
	world_complete(&alone);
	fuzz(&alone);
	ksft_test_result(!alone.violations, "calls_of_one_thread_break_no_rule\n");
	if (calls < DEFAULT_CALLS)
		ksft_test_result_skip("all_was_reached: fewer calls than by default\n");
	else
		ksft_test_result(reached_everything(&alone), "all_was_reached\n");
	ksft_print_msg("%u entries refused by Bochs, but not by the SDM\n", alone.bochs_alone);
}

/*
 * The same on VMs and vCPUs that other threads use at the same time, through descriptors of their
 * own. This thread kicks guests out, so that every RUN ends.
 */
static void test_together(uint64_t seed, uint64_t calls, unsigned int threads)
{
	unsigned int i, k, violations = 0;
	pthread_t thread[THREADS_MAX];
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	working = threads;
	for (i = 0; i < threads; i++) {
		crew[i].seed = seed;
		crew[i].thread = i + 1;
		crew[i].calls = calls;
		crew[i].trace = ~0ull;
		crew[i].shared = true;
		world_init(&crew[i]);
		world_share(&crew[i], &alone);
	}
	for (i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, fuzz_with_others, &crew[i]);
	while (__atomic_load_n(&working, __ATOMIC_SEQ_CST)) {
		for (i = 0; i < FUZZ_VMS; i++) {
			for (k = 0; k < FUZZ_VCPUS; k++)
				vcpu_kick(&alone.vms[i].vcpu[k]);
		}
		usleep(1000);
	}
	for (i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		violations += crew[i].violations;
		world_close(&crew[i]);
	}
	ksft_test_result(!violations, "calls_of_several_threads_break_no_rule\n");
}

static void test_afterwards(long before)
{
	bool runs = guest_runs();

	world_close(&alone);
	runs &= guest_runs();
	ksft_test_result(runs, "a_guest_runs_afterwards\n");
	ksft_print_msg("references: %ld before, %ld now\n", before, references());
	ksft_test_result(references() == before, "nothing_stays_open\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "calls", required_argument, NULL, 'c' },
		{ "threads", required_argument, NULL, 't' },
		{ "trace", required_argument, NULL, 'k' },
		{ }
	};
	uint64_t seed = 1, calls = DEFAULT_CALLS, trace = ~0ull;
	unsigned int threads = DEFAULT_THREADS;
	long before = references();
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			calls = strtoull(optarg, NULL, 0);
			break;
		case 't':
			threads = strtoul(optarg, NULL, 0);
			break;
		case 'k':
			trace = strtoull(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}
	if (!calls || threads > THREADS_MAX) {
		fprintf(stderr, "fuzz_ioctl: at least one call, at most %d threads\n", THREADS_MAX);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fuzz_alarm_init();
	ksft_print_header();
	ksft_set_plan(5);
	test_alone(seed, calls, trace);
	test_together(seed, calls / 20, threads);
	test_afterwards(before);
	ksft_finished();
}

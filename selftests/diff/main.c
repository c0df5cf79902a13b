// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generated guest programs on KVM and on xvcpu: run them, compare what became of them.
 *
 *	diff_kvm run BACKEND FILE [SEED [COUNT [FIRST]]]	BACKEND: kvm or xvcpu
 *	diff_kvm compare KVM-FILE XVCPU-FILE			TAP
 *	diff_kvm show SEED INDEX				a program
 *	diff_kvm replay BACKEND SEED INDEX			a program and what becomes of it
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define SEED_DEFAULT	0x78766370
#define COUNT_DEFAULT	2000

static uint64_t number(char **argv, int i, uint64_t otherwise)
{
	return argv[i] ? strtoull(argv[i], NULL, 0) : otherwise;
}

static int run_one(struct runner *runner, const struct program *program, FILE *out)
{
	static struct record record;

	if (runner_run(runner, program, &record))
		return -1;
	if (fwrite(&record, sizeof(record), 1, out) == 1)
		return 0;
	perror("diff_kvm");
	return -1;
}

static int run_all(struct runner *runner, const struct results *head, FILE *out)
{
	struct program program;

	for (uint32_t i = 0; i < head->count; i++) {
		program_make(&program, head->seed, head->first + i);
		if (run_one(runner, &program, out))
			return 1;
	}
	for (uint32_t i = 0; i < known_nr; i++) {
		known_make(&program, i);
		program.index = head->first + head->count + i;
		if (run_one(runner, &program, out))
			return 1;
	}
	return 0;
}

static int cmd_run(char **argv)
{
	char **rest = argv + 2;
	struct results head = { .magic = FILE_MAGIC, .size = sizeof(struct record) };
	struct runner *runner = runner_open(argv[0]);
	FILE *out = fopen(argv[1], "w");
	int ret;

	if (!runner || !out)
		return 1;
	snprintf(head.backend, sizeof(head.backend), "%s", argv[0]);
	head.seed = number(rest, 0, SEED_DEFAULT);
	head.count = rest[0] ? number(rest, 1, COUNT_DEFAULT) : COUNT_DEFAULT;
	head.first = rest[0] && rest[1] ? number(rest, 2, 0) : 0;
	ret = fwrite(&head, sizeof(head), 1, out) != 1 || run_all(runner, &head, out);
	if (fclose(out))
		ret = 1;
	runner_close(runner);
	return ret;
}

static int cmd_compare(char **argv)
{
	FILE *kvm = fopen(argv[0], "r"), *xvcpu = fopen(argv[1], "r");

	if (kvm && xvcpu)
		return compare(kvm, xvcpu);
	printf("Bail out! a file of records is missing\n");
	return 1;
}

static int cmd_show(char **argv)
{
	struct program program;

	program_make(&program, number(argv, 0, 0), number(argv, 1, 0));
	print_program(stdout, &program);
	return 0;
}

static int cmd_replay(char **argv)
{
	static struct record record;
	struct runner *runner = runner_open(argv[0]);
	struct program program;

	if (!runner)
		return 1;
	program_make(&program, number(argv, 1, 0), number(argv, 2, 0));
	print_program(stdout, &program);
	if (runner_run(runner, &program, &record))
		return 1;
	print_record(stdout, &record);
	runner_close(runner);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int min;
		int (*call)(char **argv);
	} commands[] = {
		{ "run", 2, cmd_run },
		{ "compare", 2, cmd_compare },
		{ "show", 2, cmd_show },
		{ "replay", 3, cmd_replay },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		if (argc > 1 && !strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].min)
			return commands[i].call(argv + 2);
	}
	fprintf(stderr, "usage: diff_kvm run BACKEND FILE [SEED [COUNT [FIRST]]]\n"
		"       diff_kvm compare KVM-FILE XVCPU-FILE\n"
		"       diff_kvm show SEED INDEX\n"
		"       diff_kvm replay BACKEND SEED INDEX\n");
	return 2;
}

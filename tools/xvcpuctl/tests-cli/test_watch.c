// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stat and trace make of the kernel's text, also where it is not as expected; and that the
 * module and the library call the same things by the same names.
 */
#include <errno.h>
#include <libxvcpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../kmod/names.h"
#include "../tests/tap.h"
#include "../tracing.h"
#include "../watch.h"

static char root[32];

static void make(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/xvcpu/%s", root, name);
	if (!text) {
		CHECK(!mkdir(path, 0700));
		return;
	}
	file = fopen(path, "w");
	if (CHECK(!!file)) {
		fputs(text, file);
		fclose(file);
	}
}

static void begin(void)
{
	char path[64];

	strcpy(root, "/tmp/watch-XXXXXX");
	CHECK(!!mkdtemp(root));
	snprintf(path, sizeof(path), "%s/xvcpu", root);
	CHECK(!mkdir(path, 0700));
	make("totals", "vms 2\n");
}

static void end(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", root);
	CHECK_EQ(0, system(command));
}

static void vcpus_are_ordered_and_complete(void)
{
	struct message msg;
	struct watch watch;

	begin();
	make("200-9", NULL);
	make("200-9/vm", "owner 200\n");
	make("200-9/vcpu11", "state ready\ncpu 3\nentries 18446744073709551615\n");
	make("200-9/vcpu2", "state running\ncpu -1\n");
	make("300-1", NULL);
	make("300-1/vcpu0", "state free\nexit_cpuid 12\n");
	CHECK_EQ(STATUS_OK, watch_read(&watch, root, 0, &msg));
	CHECK_EQ(2, watch.nr_vms);
	if (CHECK_EQ(3, watch.nr_vcpus)) {
		CHECK_EQ(1, watch.vcpus[0].serial);
		CHECK_EQ(300, watch.vcpus[0].owner);
		CHECK_EQ(12, watch_value(&watch.vcpus[0], "exit_cpuid"));
		CHECK_EQ(0, watch_value(&watch.vcpus[0], "entries"));
		CHECK_EQ(2, watch.vcpus[1].id);
		CHECK_STR("running", watch.vcpus[1].state);
		CHECK_EQ(11, watch.vcpus[2].id);
		CHECK_EQ(3, watch.vcpus[2].cpu);
		CHECK_EQ(UINT64_MAX, watch_value(&watch.vcpus[2], "entries"));
		CHECK(watch_find(&watch, &watch.vcpus[2]) == &watch.vcpus[2]);
	}
	watch_free(&watch);
	CHECK_EQ(STATUS_OK, watch_read(&watch, root, 300, &msg));
	CHECK_EQ(1, watch.nr_vms);
	CHECK_EQ(1, watch.nr_vcpus);
	watch_free(&watch);
	end();
}

/* A newer kernel, and vCPUs that go while one looks. */
static void what_is_not_understood_is_passed_over(void)
{
	static char many[WATCH_COUNTERS * 2 * 32];
	struct message msg;
	struct watch watch;

	begin();
	for (unsigned int i = 0; i < WATCH_COUNTERS * 2; i++)
		snprintf(many + strlen(many), 32, "counter_%u %u\n", i, i);
	make("5-1", NULL);
	make("5-1/vcpu0", many);
	make("5-1/vcpu1", "");
	make("5-1/vcpu2", "state\ncpu x\nnonsense\n\nentries 3\n"
	     "a_name_that_is_longer_than_any_that_there_is_now_in_the_module 1\n");
	make("5-1/regs", "rip 3\n");
	make("nothing", NULL);
	make("6-2", NULL);
	CHECK_EQ(STATUS_OK, watch_read(&watch, root, 0, &msg));
	CHECK_EQ(2, watch.nr_vms);
	if (CHECK_EQ(2, watch.nr_vcpus)) {
		CHECK_EQ(WATCH_COUNTERS, watch.vcpus[0].nr);
		CHECK_EQ(2, watch.vcpus[1].id);
		CHECK_EQ(3, watch_value(&watch.vcpus[1], "entries"));
		CHECK_EQ(-1, watch.vcpus[1].cpu);
	}
	watch_free(&watch);
	end();
}

static void lists_of_events(void)
{
	struct message msg;
	u32 all, mask;

	CHECK_EQ(0, tracing_events(NULL, &all, &msg));
	CHECK_EQ(0x3f, all);
	CHECK_EQ(0, tracing_events("exit", &mask, &msg));
	CHECK_EQ(2, mask);
	CHECK_EQ(0, tracing_events("state,entry,state", &mask, &msg));
	CHECK_EQ(0x21, mask);
	CHECK_EQ(-EINVAL, tracing_events("exi", &mask, &msg));
	CHECK_CONTAINS(msg.text, "'exi'");
	CHECK_EQ(-EINVAL, tracing_events("exits", &mask, &msg));
	CHECK_EQ(-EINVAL, tracing_events("exit,", &mask, &msg));
}

static void lines_of_events(void)
{
	char line[TRACING_LINE];

	CHECK(tracing_format("        xvcpuctl-93      [001] d..1.    12.345678: xvcpu_exit: "
			     "vm=93-1 vcpu=0 reason=cpuid rip=0x400a", line));
	CHECK_STR("12.345678 CPU 1 VM 93-1 vCPU 0 exit      reason=cpuid rip=0x400a", line);
	CHECK(tracing_format("odd [7] name-5 [000] ..... 1.5: xvcpu_ept_fault: vm=5-2 vcpu=63 gpa=0x0",
			     line));
	CHECK_STR("1.5 CPU 0 VM 5-2 vCPU 63 ept_fault gpa=0x0", line);
	CHECK(!tracing_format("CPU:1 [LOST 12 EVENTS]", line));
	CHECK_STR("CPU:1 [LOST 12 EVENTS]", line);
	CHECK(!tracing_format(": xvcpu_", line));
	CHECK(!tracing_format("x: xvcpu_exit: vm=1-1", line));
	CHECK(!tracing_format("x-1 [000] 1.5: xvcpu_exit:", line));
	CHECK(!tracing_format("", line));
}

static void lines_of_any_length(void)
{
	static char raw[4 * TRACING_LINE];
	char line[TRACING_LINE];

	strcpy(raw, "x-1 [000] ..... 1.5: xvcpu_exit: vm=5-2 vcpu=0 ");
	memset(raw + strlen(raw), 'y', 2 * TRACING_LINE);
	CHECK(tracing_format(raw, line));
	CHECK_EQ(TRACING_LINE - 1, strlen(line));
	memset(raw, 'z', 2 * TRACING_LINE);
	CHECK(!tracing_format(raw, line));
	CHECK_EQ(TRACING_LINE - 1, strlen(line));
}

/* From a pipe, in pieces, with a line that never ends. */
static void lines_are_taken_one_by_one(void)
{
	static struct tracing tracing;
	static char filler[6000];
	char line[TRACING_LINE];
	bool event;
	int fds[2];

	CHECK(!pipe(fds));
	memset(&tracing, 0, sizeof(tracing));
	tracing.fd = fds[0];
	CHECK_EQ(26, write(fds[1], "x [000] 1.5: xvcpu_kick: v", 26));
	CHECK_EQ(20, write(fds[1], "m=1-1 vcpu=0 f\nLOST\n", 20));
	CHECK_EQ(1, tracing_next(&tracing, line, &event));
	CHECK(event);
	CHECK_STR("1.5 CPU 0 VM 1-1 vCPU 0 kick      f", line);
	CHECK_EQ(1, tracing_next(&tracing, line, &event));
	CHECK(!event);
	CHECK_STR("LOST", line);
	memset(filler, 'x', sizeof(filler));
	CHECK_EQ(sizeof(filler), write(fds[1], filler, sizeof(filler)));
	CHECK_EQ(sizeof(filler), write(fds[1], filler, sizeof(filler)));
	close(fds[1]);
	CHECK_EQ(1, tracing_next(&tracing, line, &event));
	CHECK_EQ(TRACING_LINE - 1, strlen(line));
	CHECK_EQ(0, tracing_next(&tracing, line, &event));
	close(fds[0]);
}

static const struct xvcpu_name exits[] = XVCPU_HW_EXIT_NAMES(xvcpu_names, 0);
static const struct xvcpu_name counters[] = XVCPU_COUNTER_NAMES(xvcpu_names, 0);

static const char *module_name(unsigned int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
		if (exits[i].number == number)
			return exits[i].name;
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (counters[i].number == number)
			return counters[i].name;
	return "none";
}

static void module_and_library_have_the_same_names(void)
{
	for (unsigned int i = 0; i < XVCPU_COUNTERS; i++) {
		const char *name = xvcpu_counter_name(i);

		tap_context("counter %u", i);
		CHECK_STR(name ? name : "none", module_name(i));
	}
	tap_context(NULL);
}

static const struct tap_test tests[] = {
	TEST(vcpus_are_ordered_and_complete),
	TEST(what_is_not_understood_is_passed_over),
	TEST(lists_of_events),
	TEST(lines_of_events),
	TEST(lines_of_any_length),
	TEST(lines_are_taken_one_by_one),
	TEST(module_and_library_have_the_same_names),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

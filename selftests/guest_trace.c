// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints and debugfs: what the kernel says about guests to root, against guests whose exits
 * are known; and that no address of the kernel is in any of it.
 *
 * Events go to an instance of tracefs of the test's own.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exits.h"
#include "kselftest_harness.h"

#define TRACEFS		"/sys/kernel/tracing"
#define DEBUGFS		"/sys/kernel/debug"
#define TEXT_SIZE	(1u << 18)
#define NOBODY		65534

GUEST_CODE(unknown_msr, 64, "mov $0x12345678, %ecx; rdmsr; hlt");
GUEST_CODE(touch, 64, "movb $1, 0x100000; hlt");
GUEST_CODE(spin_exits, 64, "1: incq 0xa000; cpuid; jmp 1b");

static const char *const events[] = {
	"xvcpu_entry", "xvcpu_exit", "xvcpu_inject", "xvcpu_ept_fault", "xvcpu_kick", "xvcpu_state",
};

/* ---- files ---- */

static long put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text));
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : 0;
}

/* All of a file, in @text of TEXT_SIZE bytes; an empty text if it cannot be opened. */
static long slurp(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t ret;

	text[0] = 0;
	if (fd < 0)
		return -errno;
	while ((ret = read(fd, text + done, TEXT_SIZE - 1 - done)) > 0)
		done += ret;
	close(fd);
	text[done] = 0;
	return ret < 0 ? -errno : (long)done;
}

/* 16 hexadecimal digits of which the first four are f: what an address of the kernel looks like. */
static const char *kernel_address(const char *text)
{
	const char *at, *digit;

	for (at = strstr(text, "ffff"); at; at = strstr(at + 1, "ffff")) {
		for (digit = at; isxdigit((unsigned char)*digit); digit++)
			;
		if (digit - at >= 16)
			return at;
	}
	return NULL;
}

/* ---- fixture ---- */

FIXTURE(trace) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	char instance[128];	/* of tracefs */
	char directory[128];	/* of debugfs, of the VM */
	char who[64];		/* how events name the vCPU */
	char *text;
	pthread_t thread;
	long result;
	volatile bool stop;
	bool closed;
};

#define trace_data	FIXTURE_DATA(trace)

static bool mounted(const char *where, const char *type, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", where, file);
	if (access(path, F_OK))
		mount(type, where, type, 0, NULL);
	return !access(path, F_OK);
}

/* The directory of the one VM of this process that has vCPUs: the harness forks for each test. */
static bool find_directory(trace_data *self)
{
	DIR *dir = opendir(DEBUGFS "/xvcpu");
	struct dirent *entry;
	char prefix[32];
	bool found = false;

	if (!dir)
		return false;
	snprintf(prefix, sizeof(prefix), "%d-", getpid());
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(self->directory, sizeof(self->directory), DEBUGFS "/xvcpu/%.60s",
			 entry->d_name);
		snprintf(self->who, sizeof(self->who), "vm=%.40s vcpu=0 ", entry->d_name);
		found = true;
	}
	closedir(dir);
	return found;
}

static void set_event(trace_data *self, const char *event, bool on)
{
	char path[256];
	long err;

	snprintf(path, sizeof(path), "%s/events/xvcpu/%s/enable", self->instance, event);
	err = put(path, on ? "1" : "0");
	if (err)
		die("%s: %s", path, strerror(-err));
}

static void set_events(trace_data *self, bool on)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		set_event(self, events[i], on);
}

FIXTURE_SETUP(trace)
{
	if (!mounted(DEBUGFS, "debugfs", "xvcpu/totals"))
		SKIP(return, "the kernel has no debugfs");
	if (!mounted(TRACEFS, "tracefs", "events/xvcpu/enable"))
		SKIP(return, "the kernel has no event tracing");
	self->text = malloc(TEXT_SIZE);
	ASSERT_NE(NULL, self->text);
	snprintf(self->instance, sizeof(self->instance), TRACEFS "/instances/xvcpu-test-%d",
		 getpid());
	ASSERT_EQ(0, mkdir(self->instance, 0700));
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	ASSERT_TRUE(find_directory(self));
}

static void close_all(trace_data *self)
{
	if (self->closed)
		return;
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
	self->closed = true;
}

FIXTURE_TEARDOWN(trace)
{
	if (!self->text)
		return;
	close_all(self);
	set_events(self, false);
	EXPECT_EQ(0, rmdir(self->instance));
	free(self->text);
}

/* The text of the trace so far; and that it has no address of the kernel in it. */
static void read_trace(struct __test_metadata *_metadata, trace_data *self)
{
	const char *address;
	char path[160];

	snprintf(path, sizeof(path), "%s/trace", self->instance);
	ASSERT_LT(0, slurp(path, self->text));
	address = kernel_address(self->text);
	EXPECT_EQ(NULL, address) { TH_LOG("%.80s", address); }
}

/* What follows "EVENT: vm=... vcpu=0 " in the next line of that event; NULL if there is none. */
static const char *next_event(trace_data *self, const char *from, const char *event)
{
	char key[128];
	const char *at;

	snprintf(key, sizeof(key), ": %s: %s", event, self->who);
	at = strstr(from, key);
	return at ? at + strlen(key) : NULL;
}

static unsigned int count_events(trace_data *self, const char *event)
{
	const char *at = self->text;
	unsigned int nr = 0;

	while ((at = next_event(self, at, event)) != NULL)
		nr++;
	return nr;
}

/* ---- tracepoints ---- */

static const char *name_of(uint32_t reason)
{
	unsigned int i;

	for (i = 0; i < KNOWN_EXITS; i++)
		if (known_exits[i].reason == reason)
			return known_exits[i].name;
	return reason == 1 ? "external_interrupt" : "?";
}

/* One line for each record of the ring, with the same in it, and the known ones among them. */
TEST_F(trace, exits_are_those_of_the_ring)
{
	struct xvcpu_exit_record want;
	unsigned int known = 0;
	const char *at;
	uint64_t number;
	char line[256];

	set_event(self, "xvcpu_exit", true);
	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	read_trace(_metadata, self);
	at = self->text;
	for (number = 0; number < self->vcpu.stats->done; number++) {
		ASSERT_TRUE(ring_read(&self->vcpu, number, &want));
		snprintf(line, sizeof(line),
			 "reason=%s rip=0x%llx qualification=0x%llx detail=0x%llx\n",
			 name_of(want.hw_reason), want.rip, want.qualification, want.detail);
		at = next_event(self, at, "xvcpu_exit");
		ASSERT_NE(NULL, at) { TH_LOG("%s", line); }
		EXPECT_EQ(0, strncmp(line, at, strlen(line))) { TH_LOG("%.120s", at); }
		if (!exit_is_noise(&self->vm, want.hw_reason, want.detail))
			EXPECT_EQ(known_exits[known++ % KNOWN_EXITS].reason, want.hw_reason);
	}
	EXPECT_EQ(KNOWN_EXITS, known);
	EXPECT_EQ(NULL, next_event(self, at, "xvcpu_exit"));
}

TEST_F(trace, an_entry_comes_before_each_exit)
{
	const char *entry, *exit;
	unsigned int nr = 0;

	set_event(self, "xvcpu_entry", true);
	set_event(self, "xvcpu_exit", true);
	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	read_trace(_metadata, self);
	entry = next_event(self, self->text, "xvcpu_entry");
	exit = next_event(self, self->text, "xvcpu_exit");
	ASSERT_NE(NULL, entry);
	EXPECT_EQ(0, strncmp("rip=0x4000\n", entry, 11)) { TH_LOG("%.40s", entry); }
	while (entry && exit) {
		EXPECT_LT(entry, exit);
		entry = next_event(self, entry, "xvcpu_entry");
		if (entry)
			EXPECT_LT(exit, entry);
		exit = next_event(self, exit, "xvcpu_exit");
		nr++;
	}
	EXPECT_EQ(entry, exit);
	EXPECT_EQ(vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES), nr);
}

TEST_F(trace, an_injected_event_is_told_with_its_vector)
{
	const char *at;

	set_event(self, "xvcpu_inject", true);
	guest_begin(&self->vcpu, MODE_LONG, &unknown_msr);
	ASSERT_EQ(VEC_GP, guest_run(&self->vcpu));
	read_trace(_metadata, self);
	at = next_event(self, self->text, "xvcpu_inject");
	ASSERT_NE(NULL, at);
	EXPECT_EQ(0, strncmp("type=exception vector=13 error=0x0\n", at, 35)) {
		TH_LOG("%.60s", at);
	}
}

TEST_F(trace, an_ept_fault_is_told_with_what_became_of_it)
{
	const char *mmio = "gpa=0x20000000 gla=0x20000000 access=read|gla result=no_slot error=0\n";
	const char *mapped = "gpa=0x100000 gla=0x100000 access=write|gla result=mapped error=0\n";
	const char *at;
	bool seen = false;

	set_event(self, "xvcpu_ept_fault", true);
	guest_begin(&self->vcpu, MODE_LONG, &touch);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	read_trace(_metadata, self);
	for (at = self->text; (at = next_event(self, at, "xvcpu_ept_fault")) != NULL;)
		seen = seen || !strncmp(mapped, at, strlen(mapped));
	EXPECT_TRUE(seen) { TH_LOG("%s", self->text); }
	EXPECT_NE(NULL, strstr(self->text, mmio)) { TH_LOG("%s", self->text); }
}

TEST_F(trace, a_kick_is_told_and_so_is_each_step_of_life)
{
	static const char *const states[] = { "created", "running", "ready", "destroyed" };
	const char *at;
	unsigned int i;

	set_events(self, true);
	guest_begin(&self->vcpu, MODE_LONG, &touch);	/* RESET */
	ASSERT_EQ(0, vcpu_kick(&self->vcpu));
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(&self->vcpu));
	close_all(self);
	read_trace(_metadata, self);
	at = next_event(self, self->text, "xvcpu_kick");
	ASSERT_NE(NULL, at);
	EXPECT_EQ(0, strncmp("found=outside wait=0\n", at, 21)) { TH_LOG("%.40s", at); }
	at = self->text;
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		at = next_event(self, at, "xvcpu_state");
		ASSERT_NE(NULL, at);
		EXPECT_EQ(0, strncmp("state=", at, 6));
		EXPECT_EQ(0, strncmp(states[i], at + 6, strlen(states[i]))) {
			TH_LOG("%.40s", at);
		}
	}
	EXPECT_EQ(0, count_events(self, "xvcpu_entry"));
}

static void *run(void *arg)
{
	trace_data *self = arg;

	self->result = vcpu_run(&self->vcpu);
	return NULL;
}

static void begin_spinning(struct __test_metadata *_metadata, trace_data *self)
{
	guest_begin(&self->vcpu, MODE_LONG, &spin_exits);
	guest_interruptible(&self->vcpu);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run, self));
	wait_for_guest(&self->vm);
}

static void end_spinning(struct __test_metadata *_metadata, trace_data *self)
{
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

/* Also under a guest that runs. */
TEST_F(trace, what_is_turned_off_is_silent)
{
	unsigned int nr;

	set_events(self, true);
	begin_spinning(_metadata, self);
	set_events(self, false);
	read_trace(_metadata, self);
	nr = count_events(self, "xvcpu_entry");
	wait_for_guest(&self->vm);
	end_spinning(_metadata, self);
	read_trace(_metadata, self);
	/* The one that was under way. */
	EXPECT_GE(nr + 1, count_events(self, "xvcpu_entry"));
	EXPECT_LT(0, nr);
}

/* ---- debugfs ---- */

static void read_file(struct __test_metadata *_metadata, trace_data *self, const char *name)
{
	const char *address;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", self->directory, name);
	ASSERT_LT(0, slurp(path, self->text)) { TH_LOG("%s", path); }
	address = kernel_address(self->text);
	EXPECT_EQ(NULL, address) { TH_LOG("%.80s", address); }
}

/* The value of "name value"; -1 if there is no such line. */
static long long value_of(trace_data *self, const char *name)
{
	size_t length = strlen(name);
	const char *at;

	for (at = self->text; at && *at; at = strchr(at, '\n'), at += !!at)
		if (!strncmp(at, name, length) && at[length] == ' ')
			return atoll(at + length);
	return -1;
}

TEST_F(trace, debugfs_has_the_counters_by_name)
{
	unsigned int i;
	char name[64];

	known_exits_begin(&self->vcpu);
	known_exits_run(&self->vcpu);
	read_file(_metadata, self, "vcpu0");
	for (i = 0; i < KNOWN_EXITS; i++) {
		snprintf(name, sizeof(name), "exit_%s", known_exits[i].name);
		EXPECT_EQ(vcpu_counter(&self->vcpu, known_exits[i].reason),
			  value_of(self, name)) { TH_LOG("%s", name); }
		EXPECT_LT(0, value_of(self, name)) { TH_LOG("%s", name); }
	}
	EXPECT_EQ(-1, value_of(self, "exit_wrmsr"));
	EXPECT_EQ(vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES), value_of(self, "entries"));
	EXPECT_EQ(vcpu_counter(&self->vcpu, XVCPU_COUNT_USER_EXITS), value_of(self, "user_exits"));
	EXPECT_EQ(vcpu_counter(&self->vcpu, XVCPU_COUNT_EPT_MAPPED), value_of(self, "ept_mapped"));
	EXPECT_EQ(0, value_of(self, "refused"));
}

TEST_F(trace, debugfs_shows_the_state_of_vcpu_and_vm)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	read_file(_metadata, self, "vm");
	EXPECT_EQ(getpid(), value_of(self, "owner"));
	EXPECT_EQ(1, value_of(self, "vcpus"));
	EXPECT_EQ(0, value_of(self, "dead"));
	read_file(_metadata, self, "vcpu0");
	EXPECT_NE(NULL, strstr(self->text, "state created\n")) { TH_LOG("%s", self->text); }
	begin_spinning(_metadata, self);
	read_file(_metadata, self, "vcpu0");
	EXPECT_NE(NULL, strstr(self->text, "state running\n")) { TH_LOG("%s", self->text); }
	EXPECT_LE(0, value_of(self, "cpu"));
	EXPECT_GT(cpus, value_of(self, "cpu"));
	end_spinning(_metadata, self);
	read_file(_metadata, self, "vcpu0");
	EXPECT_NE(NULL, strstr(self->text, "state ready\n")) { TH_LOG("%s", self->text); }
}

TEST_F(trace, debugfs_has_what_is_there_and_no_more)
{
	long long vms, vcpus, ever;
	struct test_vcpu second;
	char path[256];

	slurp(DEBUGFS "/xvcpu/totals", self->text);
	vms = value_of(self, "vms");
	vcpus = value_of(self, "vcpus");
	ever = value_of(self, "vcpus_ever");
	EXPECT_LE(1, vms);
	EXPECT_LE(1, vcpus);
	vcpu_open(&second, &self->vm, 5);
	snprintf(path, sizeof(path), "%s/vcpu5", self->directory);
	EXPECT_EQ(0, access(path, F_OK));
	slurp(DEBUGFS "/xvcpu/totals", self->text);
	EXPECT_EQ(vms, value_of(self, "vms"));
	EXPECT_EQ(vcpus + 1, value_of(self, "vcpus"));
	vcpu_close(&second);
	EXPECT_EQ(-1, access(path, F_OK));
	/* The id again, and its file. */
	vcpu_open(&second, &self->vm, 5);
	EXPECT_EQ(0, access(path, F_OK));
	vcpu_close(&second);
	close_all(self);
	EXPECT_EQ(-1, access(self->directory, F_OK));
	slurp(DEBUGFS "/xvcpu/totals", self->text);
	EXPECT_EQ(vms - 1, value_of(self, "vms"));
	EXPECT_EQ(vcpus - 1, value_of(self, "vcpus"));
	EXPECT_EQ(ever + 2, value_of(self, "vcpus_ever"));
}

TEST_F(trace, debugfs_is_for_root_only)
{
	static const char *const names[] = { "vm", "vcpu0" };
	struct stat st;
	unsigned int i;
	char path[256];
	int status;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", self->directory, names[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(0400, st.st_mode & 07777);
	}
	if (!fork())
		_exit(setuid(NOBODY) || open(path, O_RDONLY) != -1 || errno != EACCES);
	wait(&status);
	EXPECT_EQ(0, status);
}

/* A file that is held open shows nothing of what is gone. */
TEST_F(trace, a_file_held_open_outlives_its_vcpu_without_a_word)
{
	char path[256];
	ssize_t ret;
	int fd;

	snprintf(path, sizeof(path), "%s/vcpu0", self->directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	close_all(self);
	ret = read(fd, self->text, TEXT_SIZE - 1);
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(EIO, errno);
	close(fd);
}

static void *read_all(void *arg)
{
	trace_data *self = arg;
	char path[256], *text = malloc(TEXT_SIZE);
	struct dirent *entry;
	DIR *dir;

	while (!self->stop) {
		dir = opendir(DEBUGFS "/xvcpu");
		while (dir && (entry = readdir(dir)) != NULL) {
			snprintf(path, sizeof(path), DEBUGFS "/xvcpu/%.60s/vcpu0", entry->d_name);
			slurp(path, text);
			snprintf(path, sizeof(path), DEBUGFS "/xvcpu/%.60s/vm", entry->d_name);
			slurp(path, text);
		}
		if (dir)
			closedir(dir);
	}
	free(text);
	return NULL;
}

TEST_F(trace, vms_come_and_go_under_readers)
{
	unsigned int i, rounds = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 100 : 20;
	struct test_vcpu vcpu;
	struct test_vm vm;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, read_all, self));
	for (i = 0; i < rounds; i++) {
		vm_open(&vm, 0);
		vcpu_open(&vcpu, &vm, 0);
		guest_begin(&vcpu, MODE_LONG, &touch);
		EXPECT_EQ(NO_TRAP, guest_run(&vcpu));
		vcpu_close(&vcpu);
		vm_close(&vm);
	}
	self->stop = true;
	pthread_join(self->thread, NULL);
}

TEST_HARNESS_MAIN

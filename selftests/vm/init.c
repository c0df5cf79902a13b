// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of the test machine: mounts what COMMAND needs, loads the module, runs COMMAND, and
 * carries its output, its exit status and the kernel's log to the host (frames.h).
 *
 * It judges nothing: the host does, from the log, the taint bits and the facts sent here
 * (verdict.sh). What to run is in /etc/xvcpu-vm, written by initramfs.sh:
 *   command      COMMAND and its arguments, each ended by NUL
 *   environment  NAME=VALUE, each ended by NUL
 *   module       path of the module to load; absent when there is none
 *   module-args  its parameters
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"

#define CONFIG_DIR "/etc/xvcpu-vm/"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define TAINT_DIE (1ul << 7)

/* ---- to the host ---- */

static int port_fd = -1;	/* /dev/port, for a kernel without ioperm() */

static void port_write(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	if (port_fd < 0) {
		__asm__ volatile("rep outsb"
				 : "+S"(bytes), "+c"(length)
				 : "d"(FRAME_PORT)
				 : "memory");
		return;
	}
	while (length--)
		if (pwrite(port_fd, byte++, 1, FRAME_PORT) != 1)
			return;
}

static void send_frame(enum frame_type type, const void *payload, size_t length)
{
	static uint8_t sequence;
	struct frame_header head = {
		.magic = FRAME_MAGIC, .type = type, .sequence = sequence++,
		.length = { length, length >> 8 },
	};
	uint16_t sum = frame_sum(&head, payload, length);

	head.sum[0] = sum;
	head.sum[1] = sum >> 8;
	port_write(&head, sizeof(head));
	port_write(payload, length);
}

static __attribute__((format(printf, 1, 2))) void send_fact(const char *format, ...)
{
	char text[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	send_frame(FRAME_FACT, text, length);
}

static void open_port(void)
{
	if (ioperm(FRAME_PORT, 1, 1))
		port_fd = open("/dev/port", O_WRONLY | O_CLOEXEC);
}

/* ---- files ---- */

/* Returns the file's contents, NUL-ended, or NULL; @length may be NULL. */
static char *read_file(const char *path, size_t *length)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room);
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !text) {
		free(text);
		return NULL;
	}
	while ((got = read(fd, text + size, room - size - 1)) > 0) {
		size += got;
		if (room - size < 2048) {
			room *= 2;
			text = realloc(text, room);
			if (!text)
				break;
		}
	}
	close(fd);
	if (!text)
		return NULL;
	text[size] = '\0';
	if (length)
		*length = size;
	return text;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Splits NUL-ended strings into a NULL-ended vector that lives as long as the machine. */
static char **split(char *text, size_t length)
{
	char **vector, *end = text + length;
	size_t n = 0;

	vector = calloc(length + 1, sizeof(*vector));
	if (!vector)
		return NULL;
	for (; text < end; text += strlen(text) + 1)
		vector[n++] = text;
	return vector;
}

/* ---- the kernel's log ---- */

static int kmsg = -1;

/*
 * Sends what the kernel has logged since the last call. A record is "priority,sequence,time,flags;"
 * then the text, then lines of key=value that nobody wants here.
 */
static void drain_kmsg(enum frame_type type)
{
	char record[8192], line[8192], *text, *end;
	unsigned long long usec;
	ssize_t got;
	int length;

	for (;;) {
		got = read(kmsg, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE) {
			send_fact("kmsg-lost 1");
			continue;
		}
		if (got <= 0)
			return;
		record[got] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		if (sscanf(record, "%*u,%*u,%llu", &usec) != 1)
			usec = 0;
		text++;
		end = strchrnul(text, '\n');
		length = snprintf(line, FRAME_PAYLOAD, "[%5llu.%06llu] %.*s\n", usec / 1000000,
				  usec % 1000000, (int)(end - text), text);
		send_frame(type, line, length < FRAME_PAYLOAD ? length : FRAME_PAYLOAD - 1);
	}
}

static unsigned long taint(void)
{
	char *text = read_file("/proc/sys/kernel/tainted", NULL);
	unsigned long bits = text ? strtoul(text, NULL, 10) : 0;

	free(text);
	return bits;
}

/* ---- the module ---- */

static int load_module(const char *path)
{
	char *args = read_file(CONFIG_DIR "module-args", NULL);
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, args ? args : "", 0))
		err = errno;
	if (fd >= 0)
		close(fd);
	free(args);
	return err;
}

/*
 * COMMAND and all it started are gone. What they held may still be on its way out (a file's last
 * put runs from a work queue), so a busy module is asked again for a while; one that stays busy
 * has lost a reference.
 */
static int unload_module(const char *path)
{
	char name[64];
	int tries;

	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	name[strcspn(name, ".")] = '\0';
	for (tries = 0; tries < 200; tries++) {
		if (!syscall(SYS_delete_module, name, O_NONBLOCK) || errno == ENOENT)
			return 0;
		if (errno != EWOULDBLOCK)
			break;
		usleep(10000);
	}
	return errno;
}

/* ---- COMMAND ---- */

struct run {
	pid_t child;
	int out, err;		/* our ends of its pipes */
	int signals;		/* signalfd: SIGCHLD */
	bool ended;
	int status;
};

static void exec_command(int out, int err)
{
	size_t length;
	char *text, **command, **env;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	text = read_file(CONFIG_DIR "environment", &length);
	for (env = text ? split(text, length) : NULL; env && *env; env++)
		putenv(*env);
	if (chdir("/selftests"))
		fprintf(stderr, "vm: no /selftests: %s\n", strerror(errno));
	text = read_file(CONFIG_DIR "command", &length);
	command = text ? split(text, length) : NULL;
	if (!command || !*command) {
		fprintf(stderr, "vm: no command\n");
		_exit(127);
	}
	execvp(command[0], command);
	fprintf(stderr, "vm: cannot run %s: %s\n", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static bool start_command(struct run *run)
{
	int out[2], err[2];
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	run->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signals < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return false;
	run->child = fork();
	if (run->child < 0)
		return false;
	if (!run->child)
		exec_command(out[1], err[1]);
	close(out[1]);
	close(err[1]);
	run->out = out[0];
	run->err = err[0];
	fcntl(run->out, F_SETFL, O_NONBLOCK);
	fcntl(run->err, F_SETFL, O_NONBLOCK);
	return true;
}

/* Returns false at end of file, which comes when the last process that writes has gone. */
static bool forward(int fd, enum frame_type type)
{
	char bytes[FRAME_PAYLOAD];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		send_frame(type, bytes, got);
	return got < 0;
}

static void reap(struct run *run)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(run->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->child)
			continue;
		run->ended = true;
		run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

static void watch_command(struct run *run)
{
	struct pollfd fds[] = {
		{ .fd = run->out, .events = POLLIN },
		{ .fd = run->err, .events = POLLIN },
		{ .fd = kmsg, .events = POLLIN },
		{ .fd = run->signals, .events = POLLIN },
	};

	while (!run->ended) {
		if (poll(fds, 4, -1) < 0)
			continue;
		if (fds[0].revents && !forward(run->out, FRAME_STDOUT))
			fds[0].fd = -1;
		if (fds[1].revents && !forward(run->err, FRAME_STDERR))
			fds[1].fd = -1;
		if (fds[2].revents)
			drain_kmsg(FRAME_KMSG);
		if (fds[3].revents)
			reap(run);
	}
	/* What it wrote last, and no more: a process left behind may hold the pipes open. */
	forward(run->out, FRAME_STDOUT);
	forward(run->err, FRAME_STDERR);
}

/* ---- around it ---- */

static void mount_all(void)
{
	static const struct {
		const char *type, *where;
		bool required;
	} mounts[] = {
		{ "devtmpfs", "/dev", true },
		{ "proc", "/proc", true },
		{ "sysfs", "/sys", true },
		{ "tmpfs", "/tmp", true },
		{ "tmpfs", "/run", true },
		{ "devpts", "/dev/pts", false },
		{ "tmpfs", "/dev/shm", false },
		{ "debugfs", "/sys/kernel/debug", false },
		{ "tracefs", "/sys/kernel/tracing", false },
		{ "hugetlbfs", "/dev/hugepages", false },
		{ "cgroup2", "/sys/fs/cgroup", false },
		{ }
	}, *each;

	for (each = mounts; each->type; each++) {
		mkdir(each->where, 0755);
		if (mount(each->type, each->where, each->type, 0, NULL) && each->required)
			send_fact("note cannot mount %s: %s", each->where, strerror(errno));
	}
	if (!freopen("/dev/null", "r", stdin))
		send_fact("note cannot open /dev/null: %s", strerror(errno));
}

static void kill_all(void)
{
	if (kill(-1, SIGKILL) && errno == ESRCH)
		return;
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/*
 * Two scans: an object counts as leaked only when it is seen unreferenced, unchanged, and older
 * than five seconds. Writing fails when kmemleak was not turned on at boot (--leaks).
 */
static void look_for_leaks(void)
{
	char *text, *at;
	size_t length, part;

	if (!write_file(KMEMLEAK, "scan"))
		return;
	sleep(6);
	write_file(KMEMLEAK, "scan");
	text = read_file(KMEMLEAK, &length);
	for (at = text; at && length; at += part, length -= part) {
		part = length < FRAME_PAYLOAD ? length : FRAME_PAYLOAD;
		send_frame(FRAME_LEAK, at, part);
	}
	free(text);
}

static void report_locks(void)
{
	char *text = read_file("/proc/lockdep_stats", NULL);
	char *at = text ? strstr(text, "debug_locks:") : NULL;

	if (at)
		send_fact("debug-locks %d", atoi(at + strlen("debug_locks:")));
	free(text);
}

static void run_and_report(const char *module, unsigned long taint_before)
{
	struct run run = { 0 };
	int err = 0;

	sethostname("xvcpu", strlen("xvcpu"));
	if (module)
		err = load_module(module);
	send_fact("module-load %d %s", err, err ? strerror(err) : "ok");
	drain_kmsg(FRAME_KMSG);
	if (err)
		return;
	if (!start_command(&run)) {
		send_fact("note cannot start COMMAND: %s", strerror(errno));
		return;
	}
	watch_command(&run);
	send_fact("status %d", run.status);
	kill_all();
	/* After an oops in the module its locks may be held for good, and unloading would hang. */
	if (module && !(taint() & ~taint_before & TAINT_DIE)) {
		err = unload_module(module);
		send_fact("module-unload %d %s", err, err ? strerror(err) : "ok");
	}
}

int main(void)
{
	unsigned long taint_before;
	char *module;

	open_port();
	send_frame(FRAME_HELLO, "", 0);
	mount_all();
	module = read_file(CONFIG_DIR "module", NULL);
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		send_fact("note cannot open /dev/kmsg: %s", strerror(errno));
	/* Leaks of the boot are not the module's. */
	write_file(KMEMLEAK, "clear");
	drain_kmsg(FRAME_BOOT_KMSG);
	taint_before = taint();
	send_fact("taint-before %lu", taint_before);
	dprintf(kmsg, "<5>xvcpu-vm: from here on every warning counts\n");

	run_and_report(module, taint_before);

	look_for_leaks();
	drain_kmsg(FRAME_KMSG);
	send_fact("taint-after %lu", taint());
	report_locks();
	send_frame(FRAME_END, "", 0);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

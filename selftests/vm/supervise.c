// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the emulator: sorts the frames on its standard output (frames.h), passes COMMAND's output on
 * as it comes, ends the emulator when the machine is done, panics, restarts or takes too long.
 *
 *	supervise [-l] [-c] [-b BOOTS] -t SECONDS -d DIR -- EMULATOR [ARG...]
 *
 * -l waits for the emulator to end by itself, so that its own log is whole. -c counts seconds of
 * CPU time that the emulator uses, so that a busy host is not taken for a hung machine; then ten
 * times as many seconds may pass. -b: the machine is to boot so often, by restarts, panics or kexec
 * that COMMAND causes; its last boot tells the story. In DIR it writes
 *   dmesg.boot, dmesg	the kernel's log before and after the marker
 *   leaks		what kmemleak found
 *   facts		"name value" lines from init, and a last one "outcome WORD"
 *   emulator.out, emulator.err
 * and it reads DIR/serial, the machine's console, for a panic. Exit status: 0 when the machine told
 * its whole story, 124 at the timeout, 98 otherwise, 125 when the emulator cannot be started.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"

#define PANIC "Kernel panic - not syncing"

enum exit_status {
	TOLD_ALL = 0,
	DIED = 98,
	TIMED_OUT = 124,
	CANNOT_START = 125,
};

struct machine {
	pid_t pid;
	int output;
	long seconds;
	time_t started;
	bool linger, cpu_time;

	uint8_t buffer[2 * (sizeof(struct frame_header) + FRAME_PAYLOAD)];
	size_t held;
	uint8_t sequence;
	unsigned int hellos, boots, damaged;
	const char *outcome;

	int boot, kmsg, leaks, facts, chatter;	/* files in DIR */
	int serial;				/* opened when it appears */
	char serial_tail[sizeof(PANIC)];
};

static const char panicked_word[] = "panicked";
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Has the machine had its time? */
static bool overdue(struct machine *m)
{
	struct timespec used;
	clockid_t clock;
	long passed = now() - m->started;

	if (!m->cpu_time)
		return passed >= m->seconds;
	if (clock_getcpuclockid(m->pid, &clock) || clock_gettime(clock, &used))
		return false;		/* it has just ended: its output says so next */
	return used.tv_sec >= m->seconds || passed >= 10 * m->seconds;
}

static void write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	ssize_t done;

	while (length) {
		done = write(fd, at, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			perror("vm: cannot write");
			exit(CANNOT_START);
		}
		at += done;
		length -= done;
	}
}

/* ---- frames ---- */

static void fact(struct machine *m, const char *text, size_t length)
{
	write_all(m->facts, text, length);
	write_all(m->facts, "\n", 1);
}

static void take_frame(struct machine *m, const struct frame_header *head,
		       const uint8_t *payload, size_t length)
{
	if (m->hellos && head->sequence != m->sequence && head->type != FRAME_HELLO)
		m->damaged++;
	m->sequence = head->sequence + 1;

	switch (head->type) {
	case FRAME_HELLO:
		if (m->hellos++ >= m->boots)
			m->outcome = "restarted";
		/* What the last boot ended with, a panic maybe, was to be. */
		if (m->serial >= 0)
			lseek(m->serial, 0, SEEK_END);
		memset(m->serial_tail, 0, sizeof(m->serial_tail));
		break;
	case FRAME_STDOUT:
		write_all(STDOUT_FILENO, payload, length);
		break;
	case FRAME_STDERR:
		write_all(STDERR_FILENO, payload, length);
		break;
	case FRAME_BOOT_KMSG:
		write_all(m->boot, payload, length);
		break;
	case FRAME_KMSG:
		write_all(m->kmsg, payload, length);
		break;
	case FRAME_LEAK:
		write_all(m->leaks, payload, length);
		break;
	case FRAME_FACT:
		fact(m, (const char *)payload, length);
		break;
	case FRAME_END:
		m->outcome = m->hellos < m->boots ? "did not restart" : "ended";
		break;
	default:
		m->damaged++;
	}
}

/*
 * Takes what @bytes begin with and returns how many of them that was; 0 when more must come first.
 * A header whose sum is wrong is skipped by one byte, so that a good one inside it is still found.
 */
static size_t take(struct machine *m, const uint8_t *bytes, size_t length)
{
	const struct frame_header *head = (const void *)bytes;
	const uint8_t *magic;
	size_t payload;

	magic = memchr(bytes, FRAME_MAGIC[0], length);
	if (magic != bytes) {
		length = magic ? (size_t)(magic - bytes) : length;
		write_all(m->chatter, bytes, length);
		return length;
	}
	if (length < sizeof(*head))
		return 0;
	payload = head->length[0] | head->length[1] << 8;
	if (memcmp(head->magic, FRAME_MAGIC, FRAME_MAGIC_LEN) || payload > FRAME_PAYLOAD) {
		write_all(m->chatter, bytes, 1);
		return 1;
	}
	if (length < sizeof(*head) + payload)
		return 0;
	if (frame_sum(head, bytes + sizeof(*head), payload) != (head->sum[0] | head->sum[1] << 8)) {
		m->damaged++;
		write_all(m->chatter, bytes, 1);
		return 1;
	}
	take_frame(m, head, bytes + sizeof(*head), payload);
	return sizeof(*head) + payload;
}

/* Returns false at the end of the emulator's output. */
static bool take_output(struct machine *m)
{
	size_t taken = 0, part;
	ssize_t got;

	got = read(m->output, m->buffer + m->held, sizeof(m->buffer) - m->held);
	if (got < 0)
		return errno == EINTR;
	if (!got)
		return false;
	m->held += got;
	while (!m->outcome && taken < m->held) {
		part = take(m, m->buffer + taken, m->held - taken);
		if (!part)
			break;
		taken += part;
	}
	m->held -= taken;
	memmove(m->buffer, m->buffer + taken, m->held);
	return true;
}

/* ---- the emulator ---- */

static int create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "vm: cannot create %s: %s\n", name, strerror(errno));
		exit(CANNOT_START);
	}
	return fd;
}

static void start(struct machine *m, char **command)
{
	int out[2], err, null;

	m->boot = create("dmesg.boot");
	m->kmsg = create("dmesg");
	m->leaks = create("leaks");
	m->facts = create("facts");
	m->chatter = create("emulator.out");
	m->serial = -1;
	err = create("emulator.err");
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2(out, O_CLOEXEC)) {
		perror("vm: pipe");
		exit(CANNOT_START);
	}
	m->pid = fork();
	if (m->pid < 0) {
		perror("vm: fork");
		exit(CANNOT_START);
	}
	if (!m->pid) {
		/* Its own group, so that Ctrl-C reaches it through us only; never outlives us. */
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	close(out[1]);
	m->output = out[0];
}

/* A panicked kernel halts for good: there is no point in waiting for the timeout. */
static bool panicked(struct machine *m)
{
	size_t keep = sizeof(PANIC) - 2;
	char text[4096 + sizeof(PANIC)];
	ssize_t got;

	if (m->serial < 0)
		m->serial = open("serial", O_RDONLY | O_CLOEXEC);
	if (m->serial < 0)
		return false;
	if (m->hellos < m->boots)
		return false;		/* on purpose: a boot is still to come */
	for (;;) {
		memcpy(text, m->serial_tail, keep);
		got = read(m->serial, text + keep, 4096);
		if (got <= 0)
			return false;
		if (memmem(text, keep + got, PANIC, strlen(PANIC)))
			return true;
		memcpy(m->serial_tail, text + got, keep);
	}
}

static void watch(struct machine *m)
{
	struct pollfd fd = { .fd = m->output, .events = POLLIN };

	while (!m->outcome) {
		if (interrupted)
			m->outcome = "interrupted";
		else if (overdue(m))
			m->outcome = "timeout";
		else if (poll(&fd, 1, 500) > 0 && !take_output(m) && !m->outcome)
			m->outcome = "died";
		else if (!m->outcome && panicked(m))
			m->outcome = panicked_word;
	}
}

static void end(struct machine *m)
{
	struct timespec pause = { .tv_nsec = 20000000 };
	int tries;

	/* The rest of a panic is still on its slow way through the serial port. */
	for (tries = 0; m->outcome == panicked_word && tries < 100; tries++)
		nanosleep(&pause, NULL);
	for (tries = 0; m->linger && !interrupted && tries < 1000; tries++) {
		if (waitpid(m->pid, NULL, WNOHANG) == m->pid)
			return;
		nanosleep(&pause, NULL);
	}
	kill(-m->pid, SIGKILL);
	waitpid(m->pid, NULL, 0);
}

static int report(struct machine *m)
{
	char line[64];
	int length;

	if (m->damaged) {
		length = snprintf(line, sizeof(line), "damaged %u", m->damaged);
		fact(m, line, length);
	}
	length = snprintf(line, sizeof(line), "outcome %s", m->outcome);
	fact(m, line, length);
	if (interrupted)
		return 128 + interrupted;
	if (!strcmp(m->outcome, "ended"))
		return TOLD_ALL;
	return strcmp(m->outcome, "timeout") ? DIED : TIMED_OUT;
}

int main(int argc, char **argv)
{
	static struct machine m = { .boots = 1 };
	struct sigaction act = { .sa_handler = on_signal };
	const char *dir = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "+lcb:t:d:")) != -1) {
		if (opt == 'l')
			m.linger = true;
		else if (opt == 'c')
			m.cpu_time = true;
		else if (opt == 'b')
			m.boots = strtoul(optarg, NULL, 10);
		else if (opt == 't')
			m.seconds = strtol(optarg, NULL, 10);
		else if (opt == 'd')
			dir = optarg;
	}
	if (!dir || m.seconds <= 0 || optind == argc) {
		fprintf(stderr, "usage: supervise [-lc] [-b BOOTS] -t SECONDS -d DIR -- EMULATOR [ARG...]\n");
		return CANNOT_START;
	}
	if (chdir(dir)) {
		fprintf(stderr, "vm: %s: %s\n", dir, strerror(errno));
		return CANNOT_START;
	}
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	m.started = now();
	start(&m, argv + optind);
	watch(&m);
	end(&m);
	return report(&m);
}

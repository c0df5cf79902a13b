// SPDX-License-Identifier: GPL-2.0-only
/*
 * See session.h. The parent waits for states, with a generous limit, never for a time.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define PATIENCE_MS	30000

#define UART_DATA	0x3f8
#define UART_LSR	0x3fd
#define LSR_DATA	0x01

void guest_print(struct vmm *vmm, const char *text)
{
	for (; *text && !atomic_load(&vmm->stopping); text++) {
		machine_out(&vmm->machine, UART_DATA, 1, (u8)*text);
		console_wait(&vmm->console);
	}
}

int guest_read(struct vmm *vmm)
{
	while (!atomic_load(&vmm->stopping)) {
		if (machine_in(&vmm->machine, UART_LSR, 1) & LSR_DATA)
			return machine_in(&vmm->machine, UART_DATA, 1);
		sched_yield();
	}
	return -1;
}

struct guest {
	struct vmm *vmm;
	void (*run)(struct vmm *vmm);
};

static void *guest_main(void *arg)
{
	struct guest *guest = arg;

	guest->run(guest->vmm);
	return NULL;
}

/* The child: cmd_run.c with a thread in the place of the device. */
static int child(const struct session *session)
{
	static struct vmm vmm;
	static struct until until, until_screen;
	struct events_config config = {
		.console = STDOUT_FILENO,
		.input = STDIN_FILENO,
		.keys = session->keys,
		.type = session->type,
		.live = session->live,
		.timeout_ns = session->timeout_ns,
		.until = &until,
		.until_screen = &until_screen,
	};
	struct vmm_config machine = { .memory = 4 << 20, .machine = { .debug_exit = 0xf4 } };
	struct guest guest = { .vmm = &vmm, .run = session->guest };
	struct message err;
	pthread_t thread;

	if (session->argv) {
		execvp(session->argv[0], session->argv);
		return 99;
	}
	if (session->until && until_add(&until, session->until, &err))
		return 99;
	if (session->until_screen && until_add(&until_screen, session->until_screen, &err))
		return 99;
	if (vmm_create(&vmm, &machine, &err))
		return 99;
	if (events_begin(&vmm, &config, &err))
		return 99;
	if (pthread_create(&thread, NULL, guest_main, &guest))
		return 99;
	events_run();
	pthread_join(thread, NULL);
	if (vmm.result.kind == VMM_SIGNAL)
		events_die(vmm.result.number);
	return vmm_status(&vmm.result);
}

/* Settings that no program would choose by itself: only restoring brings them back. */
static void start_on_terminal(struct session *session)
{
	int master, slave, out[2];

	if (openpty(&master, &slave, NULL, NULL, NULL) || pipe2(out, O_CLOEXEC))
		exit(99);
	tcgetattr(slave, &session->before);
	session->before.c_lflag &= ~ECHOCTL;
	session->before.c_cc[VKILL] = 'K';
	session->before.c_cc[VMIN] = 3;
	tcsetattr(slave, TCSANOW, &session->before);
	tcgetattr(slave, &session->before);

	session->pid = fork();
	if (!session->pid) {
		close(master);
		login_tty(slave);
		if (session->piped_output)
			dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		exit(child(session));
	}
	close(slave);
	close(out[1]);
	session->to = master;
	session->from = session->piped_output ? out[0] : master;
	if (!session->piped_output)
		close(out[0]);
}

static void start_on_pipes(struct session *session)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		exit(99);
	if (session->stdin_file)
		in[0] = open(session->stdin_file, O_RDONLY | O_CLOEXEC);
	session->pid = fork();
	if (!session->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		exit(child(session));
	}
	close(in[0]);
	close(out[1]);
	session->to = in[1];
	session->from = out[0];
}

void session_start(struct session *session)
{
	session->size = 0;
	session->seen[0] = '\0';
	fflush(NULL);
	if (session->terminal)
		start_on_terminal(session);
	else
		start_on_pipes(session);
}

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static bool same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

/* The master's settings are the terminal's, also when nobody has it open any more. */
static bool wait_for(const struct session *session, bool raw)
{
	u64 limit = now_ms() + PATIENCE_MS;
	struct termios now;

	while (now_ms() < limit) {
		if (tcgetattr(session->to, &now))
			return false;
		if (raw ? !(now.c_lflag & (ICANON | ECHO | ISIG)) : same(&now, &session->before))
			return true;
		sched_yield();
	}
	return false;
}

bool session_raw(const struct session *session)
{
	return wait_for(session, true);
}

bool session_restored(const struct session *session)
{
	return wait_for(session, false);
}

/* Return: false at the end of the output. */
static bool read_some(struct session *session)
{
	struct pollfd ready = { .fd = session->from, .events = POLLIN };
	size_t room = sizeof(session->seen) - 1;
	ssize_t ret;

	/* Only the last half is kept of a long output. */
	if (session->size > room / 2) {
		memmove(session->seen, session->seen + session->size - room / 4, room / 4);
		session->size = room / 4;
	}
	if (poll(&ready, 1, PATIENCE_MS) <= 0)
		return false;
	ret = read(session->from, session->seen + session->size, room - session->size);
	if (ret <= 0)
		return false;
	/* The guest may send zeros; strstr() must get past them. */
	for (ssize_t i = 0; i < ret; i++) {
		if (!session->seen[session->size + i])
			session->seen[session->size + i] = '@';
	}
	session->size += ret;
	session->seen[session->size] = '\0';
	return true;
}

bool session_expect(struct session *session, const char *text)
{
	while (!strstr(session->seen, text)) {
		if (!read_some(session))
			return false;
	}
	return true;
}

void session_type(const struct session *session, const char *text)
{
	if (write(session->to, text, strlen(text)) != (ssize_t)strlen(text))
		perror("# typing");
}

int session_end(struct session *session)
{
	int status = -1;

	while (session->from >= 0 && read_some(session))
		;
	waitpid(session->pid, &status, 0);
	if (!session->terminal)
		close(session->to);
	if (session->from >= 0)
		close(session->from);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main thread's loop (events.h).
 *
 * poll(2) rather than epoll: standard input may be a regular file, which epoll refuses. Signals are
 * taken from a signalfd, so that handling them may do anything.
 */
#include "events.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "outcome.h"
#include "output.h"
#include "panic.h"
#include "terminal.h"
#include "view.h"
#include "vt.h"

#define CTRL_A		0x01
#define HELP		"Ctrl-a x: end; Ctrl-a b: reset; Ctrl-a s: statistics; Ctrl-a a: send Ctrl-a"
#define TIME_IS_OVER	"the time of --timeout is over"
#define TICK_NS		100000000ull	/* of the text screen */
#define DRAIN_MS	2000		/* patience with a reader that takes nothing, at the end */

/* What lasts from boot to boot: a reset machine has the same person or pipe before it. */
struct input {
	bool begun;
	bool reading;			/* it has not ended */
	bool escape;			/* Ctrl-a was the last key */
	size_t waiting;			/* bytes that the guest did not take yet */
	u8 bytes[256];
};

struct events {
	struct vmm *vmm;
	const struct events_config *config;
	int signals;
	int timeout;
	int tick;
	bool terminal;			/* the input is the terminal on standard input */
	bool screen_seen;		/* the text screen showed its patterns */
	const char *type;		/* what is left to type of --type */
	struct input input;
	struct vmm_result asked;	/* the end that a signal, a key or the time asked for */
	struct output output;
	struct vt vt;
	struct view view;
	struct panic_watch panic;
};

enum { FD_WAKE, FD_DEVICES, FD_SIGNALS, FD_TIMEOUT, FD_TICK, FD_INPUT, FD_OUTPUT, FD_COUNT };

static const int taken_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH,
};

/* The user's end, also of a machine that has just ended by itself: see settle(). */
static void end_asked(struct events *events, enum vmm_end_kind kind, u32 number, const char *text)
{
	events->asked = (struct vmm_result){ .kind = kind, .number = number, .vcpu = -1 };
	message_set(&events->asked.message, "%s", text);
	vmm_end_simply(events->vmm, kind, number, text);
}

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(taken_signals); i++)
		sigaddset(set, taken_signals[i]);
}

static void output_failed(struct events *events, int ret)
{
	char text[128];

	events->output.fd = -1;
	if (ret == -EPIPE) {
		vmm_end_simply(events->vmm, VMM_SIGNAL, SIGPIPE, "nobody reads the console");
		return;
	}
	snprintf(text, sizeof(text), "the console cannot be written: %s", strerror(-ret));
	vmm_end_simply(events->vmm, VMM_HOST, 0, text);
}

/* Console and text screen each show their patterns when they do: not at the same moment. */
static bool all_seen(const struct events *events)
{
	const struct events_config *config = events->config;

	if (config->until->nr && !events->vt.seen)
		return false;
	if (config->until_screen->nr && !events->screen_seen)
		return false;
	return config->until->nr || config->until_screen->nr;
}

static void end_panic(struct events *events)
{
	vmm_end_simply(events->vmm, VMM_PANIC, 0, "the guest's kernel panicked");
}

static void end_seen(struct events *events)
{
	vmm_end_simply(events->vmm, VMM_SEEN, 0, "what --until waits for was seen");
}

/* Move what the guest printed to where it goes, until it is all there or the reader is slow. */
static void pump_output(struct events *events)
{
	struct output *output = &events->output;
	u8 bytes[4096];
	size_t size;
	int ret;

	for (;;) {
		ret = output_write(output);
		if (ret)
			output_failed(events, ret);
		if (output_waits(output))
			return;
		size = console_take(&events->vmm->console, bytes, sizeof(bytes));
		if (!size)
			return;
		vt_feed(&events->vt, bytes, size);
		if (all_seen(events))
			end_seen(events);
		panic_watch(&events->panic, bytes, size);
		if (events->panic.done && events->config->panic_exit)
			end_panic(events);
		view_console(&events->view, bytes, size);
	}
}

static void offer_input(struct events *events)
{
	struct input *input = &events->input;
	size_t taken;

	events->type += machine_type(&events->vmm->machine, (const u8 *)events->type,
				     strlen(events->type));
	if (!events->input.waiting || events->type[0])
		return;
	if (events->config->keys)
		taken = machine_type(&events->vmm->machine, input->bytes, input->waiting);
	else
		taken = machine_input(&events->vmm->machine, input->bytes, input->waiting);
	events->input.waiting -= taken;
	memmove(events->input.bytes, events->input.bytes + taken, events->input.waiting);
}

/* One key behind Ctrl-a. Return: whether it goes to the guest after all. */
static bool escaped_key(struct events *events, u8 key)
{
	events->input.escape = false;
	switch (key) {
	case 'x':
		end_asked(events, VMM_USER, 0, "ended by Ctrl-a x");
		return false;
	case 'b':
		vmm_end_simply(events->vmm, VMM_RESET, 0, "reset by Ctrl-a b");
		return false;
	case 's':
		outcome_print_stats(events->vmm);
		return false;
	case CTRL_A:
	case 'a':
		return true;
	default:
		view_notice(&events->view, HELP);
		return false;
	}
}

/* Take our own keys out of what came from the terminal. Return: bytes left for the guest. */
static size_t take_keys(struct events *events, u8 *bytes, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		if (!events->input.escape && bytes[i] == CTRL_A)
			events->input.escape = true;
		else if (!events->input.escape)
			bytes[kept++] = bytes[i];
		else if (escaped_key(events, bytes[i]))
			bytes[kept++] = CTRL_A;
	}
	return kept;
}

static void read_input(struct events *events)
{
	ssize_t ret = read(events->config->input, events->input.bytes,
			   sizeof(events->input.bytes));

	if (ret < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (ret <= 0) {
		events->input.reading = false;
		return;
	}
	events->input.waiting = ret;
	if (events->terminal)
		events->input.waiting = take_keys(events, events->input.bytes, ret);
	offer_input(events);
}

static void take_signal(struct events *events)
{
	struct signalfd_siginfo info;
	char text[64];

	if (read(events->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGTSTP:
		view_suspend(&events->view);
		terminal_stop();
		view_resume(&events->view);
		break;
	case SIGCONT:
		if (events->terminal)
			terminal_raw();
		break;
	case SIGWINCH:
		view_resume(&events->view);
		break;
	default:
		snprintf(text, sizeof(text), "ended by signal %u (%s)", info.ssi_signo,
			 strsignal(info.ssi_signo));
		end_asked(events, VMM_SIGNAL, info.ssi_signo, text);
	}
}

static void look_at_screen(struct events *events)
{
	if (view_draw(&events->view, events->config->until_screen))
		events->screen_seen = true;
}

static void take_tick(struct events *events)
{
	u64 ticks;

	if (read(events->tick, &ticks, sizeof(ticks)) <= 0)
		return;
	look_at_screen(events);
	if (all_seen(events))
		end_seen(events);
}

static void clear_wake(struct events *events)
{
	u64 value;

	/* Nothing to read: somebody else's wake-up was taken with ours. */
	if (read(events->vmm->wake, &value, sizeof(value)) < 0)
		return;
}

/* Whether to look for input now: a terminal that is not raw belongs to the shell. */
static bool wants_input(const struct events *events)
{
	return events->input.reading && !events->input.waiting &&
	       (!events->terminal || terminal_is_raw());
}

/* A device's time has come. */
static void take_device_time(struct events *events)
{
	u64 times;

	if (read(events->vmm->timer, &times, sizeof(times)) > 0)
		machine_tick(&events->vmm->machine);
}

static void handle(struct events *events, const struct pollfd *fds)
{
	if (fds[FD_DEVICES].revents)
		take_device_time(events);
	if (fds[FD_WAKE].revents)
		clear_wake(events);
	if (fds[FD_SIGNALS].revents)
		take_signal(events);
	if (fds[FD_TIMEOUT].revents)
		end_asked(events, VMM_TIMEOUT, 0, TIME_IS_OVER);
	if (fds[FD_TICK].revents)
		take_tick(events);
	if (fds[FD_INPUT].revents)
		read_input(events);
	offer_input(events);
	pump_output(events);
}

static void loop(struct events *events)
{
	struct pollfd fds[FD_COUNT] = {
		[FD_WAKE]    = { .fd = events->vmm->wake, .events = POLLIN },
		[FD_DEVICES] = { .fd = events->vmm->timer, .events = POLLIN },
		[FD_SIGNALS] = { .fd = events->signals, .events = POLLIN },
		[FD_TIMEOUT] = { .fd = events->timeout, .events = POLLIN },
		[FD_TICK]    = { .fd = events->tick, .events = POLLIN },
		[FD_INPUT]   = { .events = POLLIN },
		[FD_OUTPUT]  = { .events = POLLOUT },
	};

	while (!atomic_load(&events->vmm->stopping)) {
		fds[FD_INPUT].fd = wants_input(events) ? events->config->input : -1;
		fds[FD_OUTPUT].fd = output_waits(&events->output) ? events->output.fd : -1;
		if (poll(fds, FD_COUNT, -1) > 0)
			handle(events, fds);
	}
	/* A guest that ends at once leaves no time for a look: what the user asked for counts. */
	if (poll(fds + FD_SIGNALS, FD_TIMEOUT - FD_SIGNALS + 1, 0) > 0) {
		if (fds[FD_SIGNALS].revents)
			take_signal(events);
		if (fds[FD_TIMEOUT].revents)
			end_asked(events, VMM_TIMEOUT, 0, TIME_IS_OVER);
	}
}

/* The threads are joined: what is in the console now is all there will be. */
static void drain(struct events *events)
{
	struct pollfd ready = { .events = POLLOUT };

	pump_output(events);
	while (output_waits(&events->output)) {
		ready.fd = events->output.fd;
		if (poll(&ready, 1, DRAIN_MS) <= 0)
			break;
		pump_output(events);
	}
}

static void settle_as(struct vmm_result *result, enum vmm_end_kind kind, const char *text)
{
	free(result->report);
	result->report = NULL;
	result->kind = kind;
	message_set(&result->message, "%s", text);
}

/*
 * A guest that shows what --until waits for and then ends may do both before this thread looks:
 * what was shown counts, so that the result does not depend on who was faster. One that panics and
 * then resets, halts or hangs until the timeout has panicked.
 */
static void settle(struct events *events)
{
	struct vmm_result *result = &events->vmm->result;

	look_at_screen(events);
	if (result->kind == VMM_RESET && events->asked.kind != VMM_RUNNING) {
		settle_as(result, events->asked.kind, events->asked.message.text);
		result->number = events->asked.number;
	}
	if (result->kind == VMM_USER || result->kind == VMM_SIGNAL)
		return;
	if (all_seen(events))
		settle_as(result, VMM_SEEN, "what --until waits for was seen");
	else if (events->config->panic_exit && events->panic.seen)
		settle_as(result, VMM_PANIC, "the guest's kernel panicked");
}

static int make_timer(u64 first_ns, u64 every_ns)
{
	struct itimerspec when = {
		.it_value = { first_ns / 1000000000, first_ns % 1000000000 },
		.it_interval = { every_ns / 1000000000, every_ns % 1000000000 },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &when, NULL);
	return fd;
}

static int open_files(struct events *events)
{
	const struct events_config *config = events->config;
	bool ticks = config->live || config->until_screen->nr || config->keys || config->type;
	sigset_t set;

	signal_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);	/* write() says EPIPE, and output_failed() acts on it */
	events->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	events->timeout = make_timer(config->timeout_ns, 0);
	events->tick = make_timer(ticks ? TICK_NS : 0, TICK_NS);
	if (events->signals < 0 || events->timeout < 0 || events->tick < 0)
		return -errno;
	return 0;
}

/* One for the process: it is large, and there is one main thread and one terminal. */
static struct events the_events;

int events_begin(struct vmm *vmm, const struct events_config *config, struct message *err)
{
	struct events *events = &the_events;
	struct input input = events->input;
	int ret;

	memset(events, 0, sizeof(*events));
	events->input = input;
	events->vmm = vmm;
	events->config = config;
	events->type = config->type ?: "";
	output_open(&events->output, config->console);
	ret = open_files(events);
	if (ret) {
		message_set(err, "signals and timers cannot be set up: %s", strerror(-ret));
		vmm_end_simply(vmm, VMM_HOST, 0, err->text);
	}
	if (!events->input.begun)
		events->input = (struct input){ .begun = true, .reading = config->input >= 0 };
	events->terminal = config->input == STDIN_FILENO && terminal_setup();
	vt_init(&events->vt, config->until);
	view_init(&events->view, vmm, &events->output, config->live);
	terminal_raw();
	offer_input(events);
	return ret;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void events_run(void)
{
	struct events *events = &the_events;

	loop(events);
	vmm_join(events->vmm);
	drain(events);
	settle(events);
	view_close(&events->view);
	terminal_restore();
	output_close(&events->output);
	close_fd(events->signals);
	close_fd(events->timeout);
	close_fd(events->tick);
}

void events_die(int number)
{
	sigset_t set;

	fflush(NULL);
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

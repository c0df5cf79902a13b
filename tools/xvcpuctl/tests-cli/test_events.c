// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event loop and the terminal: keys, signals, time, slow and dead readers; and that the
 * terminal is as before, whatever ends the process.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tests/tap.h"
#include "session.h"

#define SECOND	1000000000ull

static struct session session;

static struct session *fresh(void (*guest)(struct vmm *vmm), bool terminal)
{
	memset(&session, 0, sizeof(session));
	session.guest = guest;
	session.terminal = terminal;
	return &session;
}

static void check_exited(int status, int expected)
{
	CHECK(WIFEXITED(status));
	CHECK_EQ(expected, WEXITSTATUS(status));
}

static void check_killed(int status, int expected)
{
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(expected, WTERMSIG(status));
}

/* Prints the code of every byte it gets. */
static void echoing(struct vmm *vmm)
{
	char text[16];
	int byte;

	guest_print(vmm, "ready\r\n");
	while ((byte = guest_read(vmm)) >= 0) {
		snprintf(text, sizeof(text), "<%02x>", byte);
		guest_print(vmm, text);
	}
}

static void waiting(struct vmm *vmm)
{
	while (guest_read(vmm) >= 0)
		;
}

static void keys_go_to_the_guest(void)
{
	struct session *s = fresh(echoing, true);

	session_start(s);
	CHECK(session_expect(s, "ready"));
	CHECK(session_raw(s));
	/* Ctrl-c, Ctrl-z, Ctrl-s, Enter: none of them means anything to the terminal now. */
	session_type(s, "a\003\032\023\r");
	CHECK(session_expect(s, "<61><03><1a><13><0d>"));
	session_type(s, "\001a\001\001b");
	CHECK(session_expect(s, "<01><01><62>"));
	session_type(s, "\001h");
	CHECK(session_expect(s, "Ctrl-a x: end"));
	session_type(s, "\001x");
	check_exited(session_end(s), STATUS_USER);
	CHECK(!strstr(s->seen, "<78>"));
}

static void ctrl_a_x_restores_the_terminal(void)
{
	struct session *s = fresh(echoing, true);

	session_start(s);
	CHECK(session_raw(s));
	session_type(s, "\001x");
	CHECK(session_restored(s));
	check_exited(session_end(s), STATUS_USER);
}

static void the_time_limit_restores_the_terminal(void)
{
	struct session *s = fresh(waiting, true);

	s->timeout_ns = 2 * SECOND;
	session_start(s);
	CHECK(session_raw(s));
	CHECK(session_restored(s));
	check_exited(session_end(s), STATUS_TIMEOUT);
}

static void signals_end_the_run_and_restore_the_terminal(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct session *s = fresh(echoing, true);

		tap_context("%s", strsignal(numbers[i]));
		session_start(s);
		CHECK(session_raw(s));
		kill(s->pid, numbers[i]);
		CHECK(session_restored(s));
		check_killed(session_end(s), numbers[i]);
	}
	tap_context(NULL);
}

static void stopping_gives_the_terminal_back_for_a_while(void)
{
	struct session *s = fresh(echoing, true);
	int status;

	session_start(s);
	CHECK(session_expect(s, "ready"));
	CHECK(session_raw(s));
	kill(s->pid, SIGTSTP);
	CHECK_EQ(s->pid, waitpid(s->pid, &status, WUNTRACED));
	CHECK(WIFSTOPPED(status));
	CHECK(session_restored(s));
	kill(s->pid, SIGCONT);
	CHECK(session_raw(s));
	session_type(s, "k");
	CHECK(session_expect(s, "<6b>"));
	kill(s->pid, SIGTERM);
	CHECK(session_restored(s));
	check_killed(session_end(s), SIGTERM);
}

/* Dies of the fault that the first byte names. */
static void faulting(struct vmm *vmm)
{
	int number;

	guest_print(vmm, "ready\r\n");
	number = guest_read(vmm);
	if (number > 0)
		raise(number);
}

static void faults_restore_the_terminal(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct session *s = fresh(faulting, true);
		char key[2] = { numbers[i] };

		tap_context("%s", strsignal(numbers[i]));
		session_start(s);
		CHECK(session_raw(s));
		session_type(s, key);
		CHECK(session_restored(s));
		check_killed(session_end(s), numbers[i]);
	}
	tap_context(NULL);
}

static void exiting(struct vmm *vmm)
{
	if (guest_read(vmm) >= 0)
		exit(55);
}

static void exit_restores_the_terminal(void)
{
	struct session *s = fresh(exiting, true);

	session_start(s);
	CHECK(session_raw(s));
	session_type(s, "k");
	CHECK(session_restored(s));
	check_exited(session_end(s), 55);
}

static void time_passes(void)
{
	struct session *s = fresh(waiting, false);

	s->timeout_ns = SECOND / 10;
	session_start(s);
	check_exited(session_end(s), STATUS_TIMEOUT);
}

/* A guest whose port write ends the machine. */
static void powering_off(struct vmm *vmm)
{
	guest_print(vmm, "bye");
	machine_out(&vmm->machine, 0x604, 2, 0x2000);
}

static void debug_exiting(struct vmm *vmm)
{
	machine_out(&vmm->machine, 0xf4, 1, 0x15);
}

static void resetting(struct vmm *vmm)
{
	machine_out(&vmm->machine, 0x64, 1, 0xfe);
}

static void ports_end_the_run(void)
{
	struct session *s = fresh(powering_off, false);

	session_start(s);
	check_exited(session_end(s), STATUS_OK);
	CHECK_STR("bye", s->seen);

	s = fresh(debug_exiting, false);
	session_start(s);
	check_exited(session_end(s), 0x2b);

	s = fresh(resetting, false);
	session_start(s);
	check_exited(session_end(s), STATUS_RESET);
}

static void piped_input_reaches_the_guest_and_its_end_ends_nothing(void)
{
	struct session *s = fresh(echoing, false);

	session_start(s);
	session_type(s, "xy");
	CHECK(session_expect(s, "<78><79>"));
	/* More than the receiver's queue holds: all of it must arrive, in order. */
	session_type(s, "0123456789abcdefghijklmnopqrstuvwxyz0123456789");
	CHECK(session_expect(s, "<30><31><32><33><34><35><36><37><38><39><61><62><63><64>"));
	CHECK(session_expect(s, "<79><7a><30><31><32><33><34><35><36><37><38><39>"));
	close(s->to);
	s->to = -1;
	kill(s->pid, SIGTERM);
	check_killed(session_end(s), SIGTERM);
}

static void a_file_can_be_the_input(void)
{
	char path[] = "/tmp/xvcpuctl-test-XXXXXX";
	int fd = mkstemp(path);
	struct session *s = fresh(echoing, false);

	CHECK_EQ(3, write(fd, "\001xz", 3));
	s->stdin_file = path;
	session_start(s);
	/* Ctrl-a is an ordinary byte where there is no terminal. */
	CHECK(session_expect(s, "<01><78><7a>"));
	kill(s->pid, SIGTERM);
	check_killed(session_end(s), SIGTERM);
	close(fd);
	unlink(path);
}

static void counting(struct vmm *vmm)
{
	char text[16];

	for (int i = 0; i < 50000; i++) {
		snprintf(text, sizeof(text), "%05d\n", i);
		guest_print(vmm, text);
	}
	machine_out(&vmm->machine, 0x604, 2, 0x2000);
}

static void no_byte_is_lost_or_out_of_order(void)
{
	struct session *s = fresh(counting, false);
	int next = 0, used = 0, number;
	size_t size = 0;
	ssize_t ret;

	session_start(s);
	while ((ret = read(s->from, s->seen + size, 4096)) > 0) {
		size += ret;
		s->seen[size] = '\0';
		while (sscanf(s->seen + used, "%5d\n", &number) == 1 && size - used >= 6) {
			if (number != next)
				break;
			next++;
			used += 6;
		}
		memmove(s->seen, s->seen + used, size - used);
		size -= used;
		used = 0;
		if (size > 10000)
			break;
	}
	CHECK_EQ(50000, next);
	CHECK_EQ(0, size);
	check_exited(session_end(s), STATUS_OK);
}

static void babbling(struct vmm *vmm)
{
	while (!atomic_load(&vmm->stopping))
		guest_print(vmm, "babble ");
}

static void a_reader_that_does_not_read_holds_up_nothing(void)
{
	struct session *s = fresh(babbling, false);
	int from, status;

	s->timeout_ns = SECOND;
	session_start(s);
	from = s->from;
	s->from = -1;		/* nobody reads */
	status = session_end(s);
	check_exited(status, STATUS_TIMEOUT);
	close(from);

	s = fresh(babbling, true);
	session_start(s);
	CHECK(session_raw(s));
	session_type(s, "\001x");
	CHECK(session_restored(s));
	s->from = -1;
	check_exited(session_end(s), STATUS_USER);
	close(s->to);
}

static void a_reader_that_is_gone_ends_the_run(void)
{
	struct session *s = fresh(babbling, false);

	session_start(s);
	CHECK(session_expect(s, "babble"));
	close(s->from);
	s->from = -1;
	check_killed(session_end(s), SIGPIPE);

	s = fresh(babbling, true);
	s->piped_output = true;
	session_start(s);
	CHECK(session_raw(s));
	close(s->from);
	s->from = -1;
	CHECK(session_restored(s));
	check_killed(session_end(s), SIGPIPE);
	close(s->to);
}

static void announcing(struct vmm *vmm)
{
	guest_print(vmm, "\033[4;1H\033[31mTest \033[0m#6\r\n");
	waiting(vmm);
}

static void announcing_and_dying(struct vmm *vmm)
{
	guest_print(vmm, "Test #6");
	machine_out(&vmm->machine, 0x64, 1, 0xfe);
}

static void draw_on_screen(struct vmm *vmm)
{
	u8 *cells = guest_memory_at(&vmm->memory, 0xb8000, 4000);
	static const char text[] = "Test #6";

	for (int i = 0; i < 2000; i++)
		cells[2 * i] = ' ';
	for (size_t i = 0; i < strlen(text); i++)
		cells[160 * 24 + 2 * (73 + i)] = text[i];
}

static void drawing(struct vmm *vmm)
{
	draw_on_screen(vmm);
	waiting(vmm);
}

static void announcing_and_drawing(struct vmm *vmm)
{
	guest_print(vmm, "Test #6");
	drawing(vmm);
}

static void what_until_waits_for_ends_the_run(void)
{
	static const struct {
		void (*guest)(struct vmm *vmm);
		const char *until, *until_screen;
	} cases[] = {
		{ announcing, "Test #[6-9]", NULL },
		{ announcing_and_dying, "Test #[6-9]", NULL },
		{ drawing, NULL, "Test #[6-9]$" },
		{ announcing_and_drawing, "Test #[6-9]", "Test #[6-9]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct session *s = fresh(cases[i].guest, false);

		tap_context("case %zu", i);
		s->until = cases[i].until;
		s->until_screen = cases[i].until_screen;
		session_start(s);
		check_exited(session_end(s), STATUS_OK);
	}
	tap_context(NULL);
}

static void drawing_and_dying(struct vmm *vmm)
{
	draw_on_screen(vmm);
	machine_out(&vmm->machine, 0x64, 1, 0xfe);
}

/* Wrong text, or the right one in the wrong place. */
static void what_until_does_not_wait_for_does_not(void)
{
	static const struct {
		void (*guest)(struct vmm *vmm);
		const char *until, *until_screen;
	} cases[] = {
		{ announcing_and_dying, "Test #[7-9]", NULL },
		{ announcing_and_dying, NULL, "Test #6" },
		{ announcing_and_dying, "Test #6", "Test #6" },
		{ drawing_and_dying, "Test #6", NULL },
		{ drawing_and_dying, "Test #6", "Test #6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct session *s = fresh(cases[i].guest, false);

		tap_context("case %zu", i);
		s->until = cases[i].until;
		s->until_screen = cases[i].until_screen;
		session_start(s);
		check_exited(session_end(s), STATUS_RESET);
	}
	tap_context(NULL);
}

/* Prints the scan codes that the keyboard controller has for it. */
static void reading_keyboard(struct vmm *vmm)
{
	char text[16];

	guest_print(vmm, "ready\r\n");
	while (!atomic_load(&vmm->stopping)) {
		if (!(machine_in(&vmm->machine, 0x64, 1) & 1)) {
			sched_yield();
			continue;
		}
		snprintf(text, sizeof(text), "<%02x>", machine_in(&vmm->machine, 0x60, 1));
		guest_print(vmm, text);
	}
}

/* Looks once, at its very beginning. */
static void glancing_at_keyboard(struct vmm *vmm)
{
	char text[16];

	snprintf(text, sizeof(text), "<%02x>", machine_in(&vmm->machine, 0x60, 1));
	guest_print(vmm, text);
	reading_keyboard(vmm);
}

static void what_is_to_be_typed_is_there_before_the_guest(void)
{
	/* More than the keyboard's queue holds. */
	struct session *s = fresh(glancing_at_keyboard, false);

	s->type = "pzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz1";
	session_start(s);
	CHECK(session_expect(s, "<19>"));
	CHECK(session_expect(s, "<2c><ac><02><82>"));
	kill(s->pid, SIGTERM);
	check_killed(session_end(s), SIGTERM);
}

static void input_can_be_typed(void)
{
	struct session *s = fresh(reading_keyboard, false);

	s->keys = true;
	session_start(s);
	session_type(s, "a ");
	CHECK(session_expect(s, "<1e><9e><39><b9>"));
	kill(s->pid, SIGTERM);
	check_killed(session_end(s), SIGTERM);
}

static void drawing_live(struct vmm *vmm)
{
	guest_print(vmm, "console text");
	drawing(vmm);
}

static void the_live_screen_leaves_the_terminal_as_it_was(void)
{
	struct session *s = fresh(drawing_live, true);
	const char *leave;

	s->live = true;
	session_start(s);
	CHECK(session_expect(s, "\033[?1049h"));
	CHECK(session_expect(s, "\033[25;1H"));
	CHECK(session_expect(s, "Test #6"));
	CHECK(!strstr(s->seen, "console text"));
	session_type(s, "\001x");
	check_exited(session_end(s), STATUS_USER);
	leave = strstr(s->seen, "\033[?1049l");
	CHECK(leave);
	if (leave) {
		CHECK_CONTAINS(leave, "\033[?25h");
		CHECK_CONTAINS(leave, "console text");
	}
}

static const struct tap_test tests[] = {
	TEST(keys_go_to_the_guest),
	TEST(ctrl_a_x_restores_the_terminal),
	TEST(the_time_limit_restores_the_terminal),
	TEST(signals_end_the_run_and_restore_the_terminal),
	TEST(stopping_gives_the_terminal_back_for_a_while),
	TEST(faults_restore_the_terminal),
	TEST(exit_restores_the_terminal),
	TEST(time_passes),
	TEST(ports_end_the_run),
	TEST(piped_input_reaches_the_guest_and_its_end_ends_nothing),
	TEST(a_file_can_be_the_input),
	TEST(no_byte_is_lost_or_out_of_order),
	TEST(a_reader_that_does_not_read_holds_up_nothing),
	TEST(a_reader_that_is_gone_ends_the_run),
	TEST(what_until_waits_for_ends_the_run),
	TEST(what_until_does_not_wait_for_does_not),
	TEST(what_is_to_be_typed_is_there_before_the_guest),
	TEST(input_can_be_typed),
	TEST(the_live_screen_leaves_the_terminal_as_it_was),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

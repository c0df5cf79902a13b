// SPDX-License-Identifier: GPL-2.0-only
/* The line about a large file: on a terminal only, not oftener than it changes, gone at the end. */
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "../progress.h"
#include "../tests/tap.h"

#define MIB	(1ull << 20)

static struct progress progress;
static struct image_progress sink;
static int master, slave;

static void begin(void)
{
	CHECK_EQ(0, openpty(&master, &slave, NULL, NULL, NULL));
	fcntl(master, F_SETFL, O_NONBLOCK);
	CHECK(progress_init(&progress, slave, &sink) == &sink);
}

static void end(void)
{
	close(master);
	close(slave);
}

/* What the terminal got since the last call. */
static const char *shown(void)
{
	static char text[4096];
	ssize_t size = read(master, text, sizeof(text) - 1);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void a_pipe_is_told_nothing(void)
{
	int fds[2];

	CHECK_EQ(0, pipe(fds));
	CHECK(!progress_init(&progress, fds[1], &sink));
	progress_end(&progress);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	CHECK(read(fds[0], fds, 1) < 0);
	close(fds[0]);
	close(fds[1]);
}

static void the_line_has_name_and_percent_and_goes_away(void)
{
	begin();
	sink.report(sink.ctx, "a-kernel", 10 * MIB, 40 * MIB);
	CHECK_STR("\r\033[Kreading a-kernel: 25 % of 40 MiB", shown());
	sink.report(sink.ctx, "a-kernel", 40 * MIB, 40 * MIB);
	CHECK_STR("\r\033[K", shown());
	progress_end(&progress);
	CHECK_STR("", shown());
	end();
}

static void it_is_written_when_it_changes(void)
{
	begin();
	sink.report(sink.ctx, "a-kernel", 0, 1000 * MIB);
	CHECK_STR("\r\033[Kreading a-kernel: 0 % of 1000 MiB", shown());
	sink.report(sink.ctx, "a-kernel", 9 * MIB, 1000 * MIB);
	CHECK_STR("", shown());
	sink.report(sink.ctx, "a-kernel", 10 * MIB, 1000 * MIB);
	CHECK_STR("\r\033[Kreading a-kernel: 1 % of 1000 MiB", shown());
	end();
}

static void a_file_that_ends_early_leaves_no_line(void)
{
	begin();
	sink.report(sink.ctx, "a-kernel", 10 * MIB, 40 * MIB);
	shown();
	progress_end(&progress);
	CHECK_STR("\r\033[K", shown());
	end();
}

static const struct tap_test tests[] = {
	TEST(a_pipe_is_told_nothing),
	TEST(the_line_has_name_and_percent_and_goes_away),
	TEST(it_is_written_when_it_changes),
	TEST(a_file_that_ends_early_leaves_no_line),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

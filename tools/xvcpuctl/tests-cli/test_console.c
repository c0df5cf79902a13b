// SPDX-License-Identifier: GPL-2.0-only
/* Where the console goes, and the words of a dying Linux on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../console_file.h"
#include "../debug_file.h"
#include "../output.h"
#include "../panic.h"
#include "../tests/tap.h"

static struct panic_watch watch;

static void feed(const char *text)
{
	panic_watch(&watch, (const u8 *)text, strlen(text));
}

static void begin(void)
{
	memset(&watch, 0, sizeof(watch));
}

static void a_panic_is_over_with_its_last_line(void)
{
	begin();
	feed("[ 1.0] Kernel panic - not syncing: sysrq triggered crash\n");
	CHECK(watch.seen && !watch.done);
	feed("[ 1.0] CPU: 0 PID: 1\n[ 1.1] ---[ end Kernel panic - not syncing: sysrq");
	CHECK(!watch.done);
	feed(" triggered crash ]---\r\n");
	CHECK(watch.done);
}

static void it_may_come_byte_by_byte(void)
{
	static const char text[] = PANIC_TEXT ": x\nend " PANIC_TEXT "\n";

	begin();
	for (unsigned int i = 0; text[i]; i++) {
		CHECK(!watch.done);
		panic_watch(&watch, (const u8 *)&text[i], 1);
	}
	CHECK(watch.seen && watch.done);
}

static void what_only_looks_like_it_is_none(void)
{
	begin();
	feed("kernel panic - not syncing\nKernel panic - not synching\nKernel panic\n");
	feed("Kernel panic - not syncin\n");
	CHECK(!watch.seen && !watch.done);
	feed("KKernel KKernel panic - not syncing: there\n");
	CHECK(watch.seen && !watch.done);
	feed("send Kernel panic - not syncing");	/* a line that is not over */
	CHECK(!watch.done);
}

static void standard_files_are_not_closed(void)
{
	struct console_file file;
	struct message err;

	CHECK_EQ(0, console_file_open(&file, "stdio", false, &err));
	CHECK_EQ(STDOUT_FILENO, file.output);
	CHECK_EQ(STDIN_FILENO, file.input);
	console_file_close(&file);
	CHECK(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
	CHECK_EQ(0, console_file_open(&file, "stdio", true, &err));
	CHECK_EQ(STDERR_FILENO, file.output);
	console_file_close(&file);
	CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
}

static void a_pty_carries_every_byte_both_ways(void)
{
	static const char bytes[] = "\001\003\004\r\n\021\023\032\177\377x";
	struct console_file file;
	struct output output;
	struct message err;
	char back[32];
	int user;

	CHECK_EQ(0, console_file_open(&file, "pty", false, &err));
	user = open(file.name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	CHECK(user >= 0);
	output_open(&output, file.output);
	memcpy(output.bytes, bytes, sizeof(bytes));
	output.end = sizeof(bytes);
	CHECK_EQ(0, output_write(&output));
	CHECK(!output_waits(&output));
	CHECK_EQ(sizeof(bytes), read(user, back, sizeof(back)));
	CHECK(!memcmp(bytes, back, sizeof(bytes)));
	CHECK_EQ(sizeof(bytes), write(user, bytes, sizeof(bytes)));
	CHECK_EQ(sizeof(bytes), read(file.input, back, sizeof(back)));
	CHECK(!memcmp(bytes, back, sizeof(bytes)));
	close(user);
	CHECK(read(file.input, back, sizeof(back)) < 0 && errno == EAGAIN);	/* no hang-up */
	output_close(&output);
	console_file_close(&file);
	CHECK_EQ(-1, file.output);
}

static void a_file_gets_output_and_gives_no_input(void)
{
	char path[] = "/tmp/test_console.XXXXXX";
	struct console_file file;
	struct message err;
	int fd = mkstemp(path);

	CHECK(fd >= 0 && write(fd, "old", 3) == 3);
	CHECK_EQ(0, console_file_open(&file, path, false, &err));
	CHECK_EQ(-1, file.input);
	CHECK_EQ(0, lseek(fd, 0, SEEK_END));
	CHECK_EQ(2, write(file.output, "hi", 2));
	CHECK_EQ(2, lseek(fd, 0, SEEK_END));
	console_file_close(&file);
	unlink(path);
	close(fd);
}

static void a_debug_file_whose_reader_is_slow_loses_bytes_and_holds_nobody_up(void)
{
	char path[] = "/tmp/test_console.XXXXXX";
	struct debug_file file;
	struct message err;
	int reader;

	CHECK(mkdtemp(path) && !rmdir(path) && !mkfifo(path, 0600));
	reader = open(path, O_RDWR | O_NONBLOCK);
	CHECK_EQ(0, debug_file_open(&file, path, &err));
	alarm(20);			/* instead of waiting for ever */
	for (unsigned int i = 0; i < 200000; i++)
		debug_file_put(&file, i);
	alarm(0);
	CHECK(file.lost > 0 && file.lost < 200000);
	CHECK_EQ(EAGAIN, file.error);
	file.lost = 0;			/* else close() says so */
	debug_file_close(&file, "test");
	CHECK_EQ(-1, file.fd);
	close(reader);
	unlink(path);
}

static void a_file_that_cannot_be_written_is_named(void)
{
	struct console_file file;
	struct message err = { 0 };

	CHECK_EQ(-ENOENT, console_file_open(&file, "/nowhere/at/all", false, &err));
	CHECK_CONTAINS(err.text, "/nowhere/at/all");
	CHECK_EQ(-1, file.output);
}

static const struct tap_test tests[] = {
	TEST(a_panic_is_over_with_its_last_line),
	TEST(it_may_come_byte_by_byte),
	TEST(what_only_looks_like_it_is_none),
	TEST(standard_files_are_not_closed),
	TEST(a_pty_carries_every_byte_both_ways),
	TEST(a_file_gets_output_and_gives_no_input),
	TEST(a_debug_file_whose_reader_is_slow_loses_bytes_and_holds_nobody_up),
	TEST(a_file_that_cannot_be_written_is_named),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}

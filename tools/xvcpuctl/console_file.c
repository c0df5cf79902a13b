// SPDX-License-Identifier: GPL-2.0-only
/* The console's files (console_file.h). */
#include "console_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int fail(struct console_file *file, struct message *err, const char *what)
{
	int ret = -errno;

	message_set(err, "--console: %s: %s", what, strerror(errno));
	console_file_close(file);
	return ret;
}

/* A new terminal echoes and waits for lines: the guest does both itself. */
static void make_raw(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings))
		return;
	cfmakeraw(&settings);
	tcsetattr(fd, TCSANOW, &settings);
}

static int open_pty(struct console_file *file, struct message *err)
{
	file->output = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (file->output < 0)
		return fail(file, err, "no pty can be had");
	file->own = true;
	if (grantpt(file->output) || unlockpt(file->output) ||
	    ptsname_r(file->output, file->name, sizeof(file->name)))
		return fail(file, err, "the pty cannot be used");
	file->other = open(file->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (file->other < 0)
		return fail(file, err, file->name);
	make_raw(file->other);
	file->input = file->output;
	return 0;
}

int console_file_open(struct console_file *file, const char *where, bool stdout_taken,
		      struct message *err)
{
	*file = (struct console_file){ .output = -1, .input = -1, .other = -1 };
	if (!strcmp(where, "pty"))
		return open_pty(file, err);
	if (!strcmp(where, "stdio")) {
		file->output = stdout_taken ? STDERR_FILENO : STDOUT_FILENO;
		file->input = STDIN_FILENO;
		return 0;
	}
	file->output = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (file->output < 0)
		return fail(file, err, where);
	file->own = true;
	return 0;
}

void console_file_close(struct console_file *file)
{
	if (file->own && file->output >= 0)
		close(file->output);
	if (file->other >= 0)
		close(file->other);
	*file = (struct console_file){ .output = -1, .input = -1, .other = -1 };
}

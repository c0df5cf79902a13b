// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's console on its way out of the process (output.h).
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_again(int fd)
{
	char path[32], name[64];
	struct stat st;

	/* Opening the file of a pty's master makes another pty. */
	if (!ptsname_r(fd, name, sizeof(name)))
		return -1;
	if (fstat(fd, &st) || !(S_ISFIFO(st.st_mode) || isatty(fd)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void output_open(struct output *output, int fd)
{
	int again = fd < 0 ? -1 : open_again(fd);

	output->own = again >= 0;
	output->fd = output->own ? again : fd;
	output->start = 0;
	output->end = 0;
}

void output_close(struct output *output)
{
	if (output->own)
		close(output->fd);
	output->own = false;
	output->fd = -1;
}

bool output_waits(const struct output *output)
{
	return output->start != output->end;
}

int output_write(struct output *output)
{
	struct pollfd ready = { .fd = output->fd, .events = POLLOUT };

	if (output->fd < 0)
		output->start = output->end;
	while (output_waits(output)) {
		ssize_t ret;

		/* For the case that the file could not be made non-blocking. */
		if (!poll(&ready, 1, 0))
			return 0;
		ret = write(output->fd, output->bytes + output->start,
			    output->end - output->start);
		if (ret < 0 && errno == EAGAIN)
			return 0;
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret > 0)
			output->start += ret;
	}
	output->start = 0;
	output->end = 0;
	return 0;
}

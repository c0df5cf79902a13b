// SPDX-License-Identifier: GPL-2.0-only
/* The file of --debug-port (debug_file.h). */
#include "debug_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int debug_file_open(struct debug_file *file, const char *path, struct message *err)
{
	int ret;

	*file = (struct debug_file){ .fd = -1 };
	if (!path)
		return 0;
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (file->fd < 0) {
		ret = -errno;
		message_set(err, "--debug-port: %s: %s", path, strerror(errno));
		return ret;
	}
	/* Not before: a FIFO is opened when its reader is there. */
	fcntl(file->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

void debug_file_put(struct debug_file *file, u8 byte)
{
	ssize_t ret;

	do {
		ret = write(file->fd, &byte, 1);
	} while (ret < 0 && errno == EINTR);
	if (ret == 1)
		return;
	file->lost++;
	file->error = ret < 0 ? errno : ENOSPC;
}

void debug_file_close(struct debug_file *file, const char *command)
{
	if (file->lost)
		fprintf(stderr, "%s: --debug-port: %llu bytes were lost: %s\n", command,
			(unsigned long long)file->lost, strerror(file->error));
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

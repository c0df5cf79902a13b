// SPDX-License-Identifier: GPL-2.0-only
/* Progress on a terminal: see progress.h. The main thread's, before a guest runs. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define ERASE_LINE	"\r\033[K"

const struct image_progress *progress_init(struct progress *progress, int fd,
					   struct image_progress *sink)
{
	progress->fd = fd;
	progress->percent = -1;
	sink->report = progress_report;
	sink->ctx = progress;
	return isatty(fd) ? sink : NULL;
}

void progress_report(void *ctx, const char *name, u64 done, u64 total)
{
	struct progress *progress = ctx;
	int percent = done * 100 / total;

	if (done >= total) {
		progress_end(progress);
		return;
	}
	if (percent == progress->percent)
		return;
	progress->percent = percent;
	dprintf(progress->fd, ERASE_LINE "reading %s: %d %% of %" PRIu64 " MiB", name, percent,
		total >> 20);
}

void progress_end(struct progress *progress)
{
	if (progress->percent >= 0)
		dprintf(progress->fd, ERASE_LINE);
	progress->percent = -1;
}

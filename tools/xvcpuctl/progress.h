/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the reading of a large file is, on a terminal. */
#ifndef XVCPUCTL_PROGRESS_H
#define XVCPUCTL_PROGRESS_H

#include "loaders/image.h"
#include "types.h"

/**
 * struct progress - one line on a terminal, written over and over
 * @fd:      the terminal
 * @percent: what the line says; -1: there is none
 */
struct progress {
	int fd;
	int percent;
};

/**
 * progress_init() - prepare to report
 * @progress: filled
 * @fd:       where the line would go
 * @sink:     filled, for &load_request.progress: calls progress_report()
 *
 * Return: @sink; NULL if @fd is no terminal: then nothing is to be reported.
 */
const struct image_progress *progress_init(struct progress *progress, int fd,
					   struct image_progress *sink);

/**
 * progress_report() - say how far a file is; the line is gone when it is done
 * @ctx:   the struct progress
 * @name:  the file
 * @done:  bytes of it that have been read
 * @total: all of them, not 0
 */
void progress_report(void *ctx, const char *name, u64 done, u64 total);

/** progress_end() - take away a line of a file that could not be read to its end */
void progress_end(struct progress *progress);

#endif /* XVCPUCTL_PROGRESS_H */

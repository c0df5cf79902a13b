/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the guest's console goes: a file, pipe or terminal whose reader may be slow. Writing never
 * blocks as long as that can be had. The main thread's.
 */
#ifndef XVCPUCTL_OUTPUT_H
#define XVCPUCTL_OUTPUT_H

#include "types.h"

/** define OUTPUT_SIZE - bytes that may wait: a whole drawing of a text screen fits */
#define OUTPUT_SIZE	16384

/**
 * struct output - the way out and what waits for it
 * @fd:    written to; -1: everything is dropped
 * @own:   @fd is a private open file, to be closed
 * @start: first byte in @bytes that waits
 * @end:   behind the last one
 * @bytes: what was taken from the guest and not written yet
 */
struct output {
	int fd;
	bool own;
	size_t start, end;
	u8 bytes[OUTPUT_SIZE];
};

/**
 * output_open() - prepare to write to @fd
 * @output: filled
 * @fd:     -1: drop everything
 *
 * Pipes and terminals are opened again through /proc, for an open file of our own that can be made
 * non-blocking without doing that to other processes. Where that fails @fd itself is used.
 */
void output_open(struct output *output, int fd);

/** output_close() - close what output_open() opened */
void output_close(struct output *output);

/** output_waits() - bytes wait for the reader */
bool output_waits(const struct output *output);

/**
 * output_write() - write what waits, as far as the reader takes it
 *
 * Return: 0, also if bytes still wait; else a negative errno: nothing more can be written.
 */
int output_write(struct output *output);

#endif /* XVCPUCTL_OUTPUT_H */

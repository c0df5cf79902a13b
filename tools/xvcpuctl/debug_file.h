/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the bytes of firmware's debug port go (devices/debugcon.h).
 *
 * A reader that does not keep up loses bytes and holds nobody up: they are written on a vCPU's
 * thread with machine.lock held, which also protects this.
 */
#ifndef XVCPUCTL_DEBUG_FILE_H
#define XVCPUCTL_DEBUG_FILE_H

#include "message.h"
#include "types.h"

/**
 * struct debug_file - the file
 * @fd:    -1: none
 * @lost:  bytes that could not be written
 * @error: errno of the last of them
 */
struct debug_file {
	int fd;
	u64 lost;
	int error;
};

/**
 * debug_file_open() - create, or empty, a file
 * @file: filled
 * @path: NULL: none
 * @err:  why it cannot be
 *
 * Return: 0 or a negative errno.
 */
int debug_file_open(struct debug_file *file, const char *path, struct message *err);

/** debug_file_put() - write a byte, or lose it */
void debug_file_put(struct debug_file *file, u8 byte);

/** debug_file_close() - close it; @command is in front of a message if something was lost */
void debug_file_close(struct debug_file *file, const char *command);

#endif /* XVCPUCTL_DEBUG_FILE_H */

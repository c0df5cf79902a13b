/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two file systems in which the module shows what it does to root, debugfs and tracefs: whether
 * they can be used, and if not, why, and what to do.
 */
#ifndef XVCPUCTL_KERNELFS_H
#define XVCPUCTL_KERNELFS_H

#include "message.h"
#include "status.h"
#include "types.h"

/** define KERNELFS_DEBUG - where debugfs usually is */
#define KERNELFS_DEBUG	"/sys/kernel/debug"
/** define KERNELFS_TRACE - where tracefs usually is */
#define KERNELFS_TRACE	"/sys/kernel/tracing"

/**
 * enum kernelfs - which one
 * @KERNELFS_IS_DEBUG: debugfs
 * @KERNELFS_IS_TRACE: tracefs
 */
enum kernelfs {
	KERNELFS_IS_DEBUG,
	KERNELFS_IS_TRACE,
};

/**
 * kernelfs_refusal() - why the module's part of a file system cannot be used
 * @which: debugfs or tracefs
 * @root:  where it should be mounted
 * @error: the errno that using it gave
 * @msg:   finding and advice
 *
 * Return: the status for it: that the module is not loaded comes first, then that one may not look,
 * then that the file system is not mounted.
 */
enum status kernelfs_refusal(enum kernelfs which, const char *root, int error,
			     struct message *msg);

/** kernelfs_module_loaded() - the module is there */
bool kernelfs_module_loaded(void);

#endif /* XVCPUCTL_KERNELFS_H */

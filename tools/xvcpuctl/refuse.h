/* SPDX-License-Identifier: GPL-2.0-only */
/* Failing with an errno and a sentence in one expression. */
#ifndef XVCPUCTL_REFUSE_H
#define XVCPUCTL_REFUSE_H

#include "message.h"

/**
 * refuse() - say what is wrong and fail: "return refuse(err, EINVAL, ...)"
 * @err:   &struct message pointer, may be NULL
 * @error: positive errno
 *
 * Return: -@error
 */
#define refuse(err, error, ...)	(message_set(err, __VA_ARGS__), -(error))

#endif /* XVCPUCTL_REFUSE_H */

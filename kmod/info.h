/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XVCPU_GET_INFO, which every kind of fd answers.
 */
#ifndef XVCPU_INFO_H
#define XVCPU_INFO_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct xvcpu_info;

long xvcpu_get_info(struct xvcpu_info __user *arg);
u32 xvcpu_state_size(void);

#endif /* XVCPU_INFO_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's ARRAY_SIZE, for kmod sources compiled in userspace and for the tests. */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif /* SHIM_LINUX_KERNEL_H */

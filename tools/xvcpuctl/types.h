/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixed-width integers under the kernel's names, printable with <inttypes.h>. */
#ifndef XVCPUCTL_TYPES_H
#define XVCPUCTL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* XVCPUCTL_TYPES_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's bit masks, for kmod sources compiled in userspace. */
#ifndef SHIM_LINUX_BITS_H
#define SHIM_LINUX_BITS_H

#define BIT(nr)			(1ul << (nr))
#define BIT_ULL(nr)		(1ull << (nr))
#define GENMASK_ULL(high, low)	((~0ull >> (63 - (high))) & (~0ull << (low)))

#endif /* SHIM_LINUX_BITS_H */

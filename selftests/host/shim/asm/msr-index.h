/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of MSR bits that kmod sources use, for compiling them in userspace. */
#ifndef SHIM_ASM_MSR_INDEX_H
#define SHIM_ASM_MSR_INDEX_H

#include <linux/bits.h>

#define EFER_SCE	BIT_ULL(0)
#define EFER_LME	BIT_ULL(8)
#define EFER_LMA	BIT_ULL(10)
#define EFER_NX		BIT_ULL(11)

#endif /* SHIM_ASM_MSR_INDEX_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a piece of code with all registers chosen: native_run.S. */
#ifndef SELFTESTS_HOST_NATIVE_RUN_H
#define SELFTESTS_HOST_NATIVE_RUN_H

#include <linux/types.h>

/* In: what the code is to find in the general registers, RSP left out. Out: what it left there. */
extern u64 native_regs[16];
/* In: RFLAGS for the code. Out: as it left them. */
extern u64 native_rflags;
/* The code, which ends with a jump to native_return. */
extern void *native_code;
extern const char native_return[];

void native_run(void);

#endif /* SELFTESTS_HOST_NATIVE_RUN_H */

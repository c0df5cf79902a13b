/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_HOST_KERNEL_SHIM_MODULE_H
#define SELFTESTS_HOST_KERNEL_SHIM_MODULE_H

#include "../mem.h"

/* The kernel does not warn of members that are left out. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define __read_mostly
#define lower_32_bits(n)	((u32)(n))
#define upper_32_bits(n)	((u32)((n) >> 32))

/* A test sets the variables themselves. */
#define module_param_named(name, variable, type, mode)	struct shim_no_param_##name
#define MODULE_PARM_DESC(name, text)			struct shim_no_text_##name

#endif /* SELFTESTS_HOST_KERNEL_SHIM_MODULE_H */

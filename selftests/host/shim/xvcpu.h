/* SPDX-License-Identifier: GPL-2.0-only */
/* The ABI header under the name by which userspace includes it. */
#include "../../../uapi/xvcpu.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invariants that only a debug build checks (make CONFIG_XVCPU_DEBUG=1).
 */
#ifndef _XVCPU_DEBUG_H
#define _XVCPU_DEBUG_H

#include <linux/bug.h>
#include <linux/kconfig.h>

/* Evaluated in a debug build only: no condition may have a side effect. */
#define xvcpu_assert(condition) \
	WARN_ON_ONCE(IS_ENABLED(CONFIG_XVCPU_DEBUG) && !(condition))

#endif /* _XVCPU_DEBUG_H */

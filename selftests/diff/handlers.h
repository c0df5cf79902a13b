/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exception handlers of handlers.S, for each width of code.
 */
#ifndef DIFF_HANDLERS_H
#define DIFF_HANDLERS_H

#include <stdint.h>

extern const uint8_t handlers16[], handlers16_end[], handlers32[], handlers32_end[];
extern const uint8_t handlers64[], handlers64_end[];

#endif /* DIFF_HANDLERS_H */

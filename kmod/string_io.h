/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INS and OUTS: the record of the exit that waits, and what the run loop and the completion call.
 */
#ifndef XVCPU_STRING_IO_H
#define XVCPU_STRING_IO_H

#include <linux/types.h>

#include <xvcpu.h>

#include "vmx/vmx.h"

struct xvcpu_vcpu;

/**
 * struct xvcpu_string - a batch of INS or OUTS that waits for its answer
 * @gpa:      where it lies in memory; the second for an element that lies in two pages
 * @first:    bytes at the first
 * @bytes:    bytes in all
 * @reversed: DF: the last element of the data page is the lowest in memory
 * @index:    RDI or RSI afterwards, as wide as the address size
 * @count:    iterations left afterwards
 */
struct xvcpu_string {
	u64 gpa[2];
	u32 first;
	u32 bytes;
	bool reversed;
	u64 index;
	u64 count;
};

enum vmx_next xvcpu_string_io_exit(struct xvcpu_vcpu *vcpu);
int xvcpu_string_io_store(struct xvcpu_vcpu *vcpu, struct xvcpu_error *error);
void xvcpu_string_io_complete(struct xvcpu_vcpu *vcpu);

#endif /* XVCPU_STRING_IO_H */

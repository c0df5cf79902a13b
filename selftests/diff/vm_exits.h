/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which VM exits a backend had.
 */
#ifndef DIFF_VM_EXITS_H
#define DIFF_VM_EXITS_H

#include <libxvcpu.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct vm_exits - what was seen so far
 * @counts: xvcpu's counters
 * @ring:   KVM's tracepoint, or NULL
 * @fd:     of it
 * @offset: of the exit reason in what it writes
 */
struct vm_exits {
	uint64_t counts[64];
	void *ring;
	int fd;
	unsigned int offset;
};

/* Of KVM there is a tracepoint. Says on stderr why there is none; then none is ever seen. */
void vm_exits_open(struct vm_exits *seen, bool kvm);
void vm_exits_close(struct vm_exits *seen);

/* Bit n: a VM exit for basic reason n since this was asked last. */
uint64_t vm_exits_take(struct vm_exits *seen, const struct xvcpu_vcpu *vcpu);

#endif /* DIFF_VM_EXITS_H */

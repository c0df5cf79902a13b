/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The KVM backend's own vCPU, for kvm.c and kvm_state.c: tests and benchmarks only, not installed.
 */
#ifndef XVCPU_KVM_H
#define XVCPU_KVM_H

#include <linux/kvm.h>
#include <stdatomic.h>

#include "backend.h"

#define KVM_DATA_SIZE	4096u

/**
 * struct kvm_vcpu - what stands behind &xvcpu_vcpu.area over KVM
 * @request: the sections of the run area
 * @exit:    .
 * @sync:    .
 * @data:    data of string I/O
 * @run:     KVM's own, shared with the kernel
 * @run_size: its bytes
 * @in:      the last exit reads: its data goes to @run before the next run
 * @thread:  who is in KVM_RUN, 0: nobody
 * @kicked:  a kick that no run has reported
 */
struct kvm_vcpu {
	struct xvcpu_run_request request;
	struct xvcpu_run_exit exit;
	struct xvcpu_run_sync sync;
	__u8 data[KVM_DATA_SIZE];
	struct kvm_run *run;
	size_t run_size;
	int in;
	atomic_int thread;
	atomic_int kicked;
};

static inline struct kvm_vcpu *kvm_vcpu(const struct xvcpu_vcpu *vcpu)
{
	return vcpu->area;
}

/** kvm_load() - give KVM the groups in request.dirty. Return: 0 or a negative errno */
int kvm_load(const struct xvcpu_vcpu *vcpu);

/** kvm_sync() - read the groups in @mask into the sync section, which makes them valid */
int kvm_sync(const struct xvcpu_vcpu *vcpu, __u64 mask);

int kvm_state_get(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, void *data, size_t size,
		  struct xvcpu_error *error);
int kvm_state_set(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, const void *data,
		  size_t size, struct xvcpu_error *error);
int kvm_msrs_get(const struct xvcpu_vcpu *vcpu, struct xvcpu_msr *msrs, __u32 nr);
int kvm_msrs_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_msr *msrs, __u32 nr);

#endif /* XVCPU_KVM_H */

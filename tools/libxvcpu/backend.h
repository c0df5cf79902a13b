/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two hypervisors behind one interface: for tests and benchmarks only. Not installed.
 *
 * A struct xvcpu_backend does what the library's calls of the same names do. xvcpu_backend_xvcpu
 * is these calls; xvcpu_backend_kvm does the same over /dev/kvm, so that one VMM with the same
 * loaders, devices and guests runs on both and can be compared. Over KVM:
 *
 *  - The run area is ordinary memory. The answers are DONE, and EXCEPTION for MSR exits, which
 *    raises #GP(0). Of an exit's flags there are IF and READY, the latter not behind what waits.
 *  - REGS, SREGS and CREGS are judged by the next run or state_get, not by state_set.
 *  - What KVM tells otherwise than xvcpu is %XVCPU_EXIT_UNKNOWN with KVM's exit reason as hw_reason
 *    and its suberror as code. A memory fault is that too.
 *  - KVM answers hypercalls by itself: with -1000 (KVM_ENOSYS) those that it does not know.
 *  - kick sets a flag and sends SIGUSR1 to the thread that runs the vCPU; the caller has a handler.
 *
 * One vCPU belongs to one thread, except for kick.
 */
#ifndef XVCPU_BACKEND_H
#define XVCPU_BACKEND_H

#include "libxvcpu.h"

/**
 * struct xvcpu_backend - what a VMM needs of a hypervisor
 * @name:   "xvcpu" or "kvm"
 * @device: what @open opens by default
 * @open:   xvcpu_open()
 * @get_info: xvcpu_get_info(); over KVM only limits and sizes
 * @vm_create: xvcpu_vm_create()
 * @vm_set_memory: xvcpu_vm_set_memory(); over KVM slot after slot, not in one step
 * @vcpu_create: xvcpu_vcpu_create(); over KVM the CPUID table is what KVM supports
 * @vcpu_destroy: xvcpu_vcpu_destroy()
 * @run:    xvcpu_vcpu_run()
 * @kick:   xvcpu_vcpu_kick()
 * @interrupt: xvcpu_vcpu_interrupt(); over KVM only behind an exit with %XVCPU_EXIT_FLAG_READY
 * @nmi:    xvcpu_vcpu_nmi()
 * @state_get: xvcpu_state_get(): REGS, SREGS, CREGS, DEBUG, EVENTS, XSAVE
 * @state_set: xvcpu_state_set(): the same, and CPUID
 * @msrs_get: values of the @nr MSRs whose numbers are in the array
 * @msrs_set: set them
 */
struct xvcpu_backend {
	const char *name;
	const char *device;
	int (*open)(const char *path);
	int (*get_info)(int dev, struct xvcpu_info *info);
	int (*vm_create)(int dev, const struct xvcpu_create_vm *config,
			 struct xvcpu_error *error);
	int (*vm_set_memory)(int vm, const struct xvcpu_memory_slot *slots, __u32 nr,
			     struct xvcpu_error *error);
	int (*vcpu_create)(struct xvcpu_vcpu *vcpu, int vm, const struct xvcpu_info *info,
			   __u32 id, __u32 apic_id, struct xvcpu_error *error);
	void (*vcpu_destroy)(struct xvcpu_vcpu *vcpu);
	int (*run)(struct xvcpu_vcpu *vcpu);
	int (*kick)(const struct xvcpu_vcpu *vcpu);
	int (*interrupt)(const struct xvcpu_vcpu *vcpu, __u32 vector, struct xvcpu_error *error);
	int (*nmi)(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error);
	int (*state_get)(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, void *data,
			 size_t size, struct xvcpu_error *error);
	int (*state_set)(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group,
			 const void *data, size_t size, struct xvcpu_error *error);
	int (*msrs_get)(const struct xvcpu_vcpu *vcpu, struct xvcpu_msr *msrs, __u32 nr);
	int (*msrs_set)(const struct xvcpu_vcpu *vcpu, const struct xvcpu_msr *msrs, __u32 nr);
};

extern const struct xvcpu_backend xvcpu_backend_xvcpu;
extern const struct xvcpu_backend xvcpu_backend_kvm;

/**
 * xvcpu_backend_find() - a backend by its name
 * @name: "xvcpu" or "kvm"
 *
 * Return: NULL if there is none.
 */
const struct xvcpu_backend *xvcpu_backend_find(const char *name);

#endif /* XVCPU_BACKEND_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM object: memory, vCPUs, and holding all of them out of the guest.
 */
#ifndef XVCPU_VM_H
#define XVCPU_VM_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "memory.h"

struct dentry;
struct file;
struct xvcpu_policy_table;
struct xvcpu_vcpu;

#define XVCPU_MAX_VCPUS		64

/**
 * struct xvcpu_vm - a virtual machine
 *
 * Referenced by its fd and by each of its vCPUs; the last reference frees it and gives VMX back.
 *
 * @refs:      references
 * @memory:    slots and EPT; has its own locks
 * @lock:      writers of @vcpus and @policy
 * @vcpus:     by id; changed under @lock, read under RCU by those who kick
 * @holders:   calls that keep all vCPUs out of the guest (xvcpu_vm_hold)
 * @hold_wait: vCPU threads that wait for @holders to become 0
 * @tsc_offset: of all its vCPUs, fixed at creation
 * @serial:    number of this VM since the module was loaded, from 1 on
 * @owner:     process that created it, by its number in the initial PID namespace
 * @debugfs:   its directory in debugfs, NULL or an error pointer if there is none
 * @flags:     XVCPU_VM_* of CREATE_VM
 * @policy:    what becomes of ports, MSRs, CPUID and hypercalls; NULL: as in a new VM. Changed
 *             under @lock, read under RCU
 * @dead:      an inconsistency killed it
 */
struct xvcpu_vm {
	struct kref refs;
	struct xvcpu_vm_memory memory;
	struct mutex lock; /* writers of @vcpus and @policy */
	struct xvcpu_vcpu *vcpus[XVCPU_MAX_VCPUS];
	atomic_t holders;
	wait_queue_head_t hold_wait;
	u64 tsc_offset;
	u32 serial;
	u32 owner;
	struct dentry *debugfs;
	u32 flags;
	struct xvcpu_policy_table __rcu *policy;
	bool dead;
};

long xvcpu_vm_create(struct xvcpu_create_vm __user *arg);
void xvcpu_vm_get(struct xvcpu_vm *vm);
void xvcpu_vm_put(struct xvcpu_vm *vm);
void xvcpu_vm_kill(struct xvcpu_vm *vm);

#endif /* XVCPU_VM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM's policy: what becomes of accesses to ports, MSRs and CPUID leaves, and of hypercalls.
 *
 * A struct xvcpu_policy_table is immutable once published in vm->policy; exits read it under RCU,
 * once each, so that one policy judges the whole of an exit. Without a table everything is as for a
 * new VM, and an exit pays for one load and one branch.
 */
#ifndef XVCPU_POLICY_H
#define XVCPU_POLICY_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include <xvcpu.h>

struct vmx_vcpu;
struct xvcpu_vcpu;
struct xvcpu_vm;

#define XVCPU_POLICY_KINDS	(XVCPU_POLICY_CPUID + 1)

/**
 * struct xvcpu_policy_table - a policy in force
 * @rcu:           frees it
 * @hypercall:     XVCPU_HYPERCALL_*
 * @hypercall_cpl: the highest CPL at which VMCALL exits
 * @exit_size:     bytes written to @exit_port; 0: no such port
 * @exit_port:     port that means "system down"
 * @exit_value:    and the value
 * @start:         index of a kind's first range, and of the one behind the last
 * @range:         in ascending order, disjoint
 */
struct xvcpu_policy_table {
	struct rcu_head rcu;
	u8 hypercall;
	u8 hypercall_cpl;
	u8 exit_size;
	u16 exit_port;
	u32 exit_value;
	u16 start[XVCPU_POLICY_KINDS + 1];
	struct xvcpu_policy_range range[];
};

/* Pure: what a table says. */
u8 policy_port(const struct xvcpu_policy_table *table, u16 port, unsigned int size, bool out);
u8 policy_msr(const struct xvcpu_policy_table *table, u32 index, bool write);
bool policy_cpuid(const struct xvcpu_policy_table *table, u32 leaf);
bool policy_is_exit_port(const struct xvcpu_policy_table *table, u16 port, unsigned int size,
			 u32 value);
int policy_check(const struct xvcpu_policy_range *range, u32 nr, struct xvcpu_error *error);

/* policy.c */
u8 xvcpu_policy_port(const struct vmx_vcpu *vmx, u16 port, unsigned int size, bool out);
long xvcpu_vm_set_policy(struct xvcpu_vm *vm, struct xvcpu_policy __user *arg);
long xvcpu_vcpu_set_intercepts(struct xvcpu_vcpu *vcpu, struct xvcpu_intercepts __user *arg);

#endif /* XVCPU_POLICY_H */

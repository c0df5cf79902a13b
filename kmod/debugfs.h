/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's directory in debugfs. Nothing here can fail for the caller: a VM whose directory
 * cannot be made works without.
 */
#ifndef XVCPU_DEBUGFS_H
#define XVCPU_DEBUGFS_H

struct xvcpu_vcpu;
struct xvcpu_vm;

void xvcpu_debugfs_init(void);
void xvcpu_debugfs_exit(void);
void xvcpu_debugfs_vm_add(struct xvcpu_vm *vm);
void xvcpu_debugfs_vm_remove(struct xvcpu_vm *vm);
void xvcpu_debugfs_vcpu_add(struct xvcpu_vcpu *vcpu);
void xvcpu_debugfs_vcpu_remove(struct xvcpu_vcpu *vcpu);

#endif /* XVCPU_DEBUGFS_H */

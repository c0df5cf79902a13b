/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's one slot for "turn VMX off, this machine is crashing".
 */
#ifndef XVCPU_VMX_CRASH_H
#define XVCPU_VMX_CRASH_H

int vmx_crash_init(void);
void vmx_crash_exit(void);
int vmx_crash_arm(void);
void vmx_crash_disarm(void);

#endif /* XVCPU_VMX_CRASH_H */

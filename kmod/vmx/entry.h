/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entry.S and C share: included by both, so only constants outside the guard.
 */
#ifndef XVCPU_VMX_ENTRY_H
#define XVCPU_VMX_ENTRY_H

/* Offsets in the array of general registers, in the order of their encoding. */
#define GPR_RAX		0x00
#define GPR_RCX		0x08
#define GPR_RDX		0x10
#define GPR_RBX		0x18
#define GPR_RBP		0x28
#define GPR_RSI		0x30
#define GPR_RDI		0x38
#define GPR_R8		0x40
#define GPR_R9		0x48
#define GPR_R10		0x50
#define GPR_R11		0x58
#define GPR_R12		0x60
#define GPR_R13		0x68
#define GPR_R14		0x70
#define GPR_R15		0x78

/* What vmx_enter() returns. */
#define VMX_ENTERED	0	/* the guest ran, or the entry failed with an exit reason */
#define VMX_FAILED	1	/* VMfail: see the VM-instruction error */
#define VMX_LOST	2	/* #UD or #GP: VMX is off */

#ifndef __ASSEMBLY__

#include <linux/types.h>

/*
 * vmx_enter - VMLAUNCH or VMRESUME, and back
 * @gpr: the guest's general registers but RSP, loaded before and stored after
 * @resume: VMRESUME
 * @host_rsp: shadow of the HOST_RSP field, kept by the stub
 *
 * IRQs off; everything that can be traced or preempted is outside.
 */
int vmx_enter(unsigned long *gpr, bool resume, unsigned long *host_rsp);

/* Where VM exits land: the value of HOST_RIP; never called. */
void vmx_exit_landing(void);

/* Runs the host's NMI handler as the NMI that caused the exit would have. */
void vmx_host_nmi(void);

#endif /* __ASSEMBLY__ */
#endif /* XVCPU_VMX_ENTRY_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of control and debug registers: who owns them, which are fixed. Private to kmod/vmx/.
 */
#ifndef XVCPU_VMX_SETUP_H
#define XVCPU_VMX_SETUP_H

#include <linux/bits.h>
#include <asm/processor-flags.h>
#include <uapi/asm/debugreg.h>

#define CR0_DEFINED	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | \
			 X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD | \
			 X86_CR0_PG)
#define CR0_GUEST_OWNED	(X86_CR0_TS | X86_CR0_MP | X86_CR0_EM | X86_CR0_AM | X86_CR0_WP)
/*
 * Only bits that every CPU with EPT and unrestricted guest has, and that need no CPUID
 * announcement of ours: a guest that sets an owned bit is not asked for it.
 */
#define CR4_GUEST_OWNED	(X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PGE | \
			 X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

/* SDM "Debug Registers": access detected, general detect enable, and the bits that exist. */
#define DR6_BD		BIT(13)
#define DR6_RTM		BIT(16)
#define DR6_DEFINED	(DR_TRAP_BITS | DR6_BD | DR_STEP | DR_SWITCH)
#define DR7_GD		BIT(13)
#define DR7_ONE		BIT(10)
#define DR7_ZERO	(BIT(12) | BIT(14) | BIT(15))

#endif /* XVCPU_VMX_SETUP_H */

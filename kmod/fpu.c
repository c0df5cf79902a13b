// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's FPU and XSAVE state outside the guest: what RESET makes of it, and the XSAVE group.
 *
 * The kernel keeps it in vcpu->fpu, swaps it with the thread's at the ends of RUN (run.c), and
 * converts it from and to the format of XSAVE in memory (SDM "XSAVE Area", standard form), which is
 * that of ptrace and signal frames. Under vcpu->lock, with the vCPU outside RUN or parked.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>

#include <xvcpu.h>

#include "args.h"
#include "compat.h"
#include "vcpu.h"

#define LEAF_XSAVE		0xd
/* Every processor with VMX has DAZ (SDM "MXCSR Control and Status Register"). */
#define MXCSR_BITS		0xffffu
#define MXCSR_AT		offsetof(struct fxregs_state, mxcsr)
#define HEADER_AT		offsetof(struct xregs_state, header)

/**
 * xvcpu_fpu_size_max - bytes that the XSAVE group takes at most on this machine
 */
u32 xvcpu_fpu_size_max(void)
{
	u32 size = PAGE_SIZE;

	/* EBX: the area that the features in XCR0 need. */
	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		size = max(size, cpuid_ebx(LEAF_XSAVE));
	return size;
}

/**
 * xvcpu_fpu_reset_state - the state after power-up
 * @vcpu: the vCPU
 *
 * SDM "Processor State After Reset": FCW 0x40, MXCSR 0x1f80, everything else in its initial state,
 * which is what components that the header does not name get.
 *
 * Return: an area for xvcpu_fpu_set(), to be freed by kfree(), or NULL.
 */
void *xvcpu_fpu_reset_state(struct xvcpu_vcpu *vcpu)
{
	union fpregs_state *state = kzalloc(vcpu->fpu.uabi_size, GFP_KERNEL_ACCOUNT);

	if (!state)
		return NULL;
	state->fxsave.cwd = 0x40;
	state->fxsave.mxcsr = MXCSR_DEFAULT;
	if (boot_cpu_has(X86_FEATURE_XSAVE))
		state->xsave.header.xfeatures = XFEATURE_MASK_FPSSE;
	return state;
}

static u64 features_of(const struct vmx_limits *limits)
{
	return limits->xcr0 | XFEATURE_MASK_FPSSE;
}

/**
 * xvcpu_fpu_check - whether an area is one that xvcpu_fpu_set() takes
 * @vcpu: the vCPU
 * @limits: what its CPUID table will announce
 * @data:   the area
 * @size:   its bytes
 * @error:  filled on refusal
 */
int xvcpu_fpu_check(const struct xvcpu_vcpu *vcpu, const struct vmx_limits *limits,
		    const void *data, u32 size, struct xvcpu_error *error)
{
	const struct xregs_state *xsave = data;
	const struct xstate_header *header = &xsave->header;
	u64 features = features_of(limits);

	if (size < vcpu->fpu.uabi_size)
		return args_refuse(error, XVCPU_ERR_SIZE, 0, size, vcpu->fpu.uabi_size);
	if (xsave->i387.mxcsr & ~MXCSR_BITS)
		return args_refuse(error, XVCPU_ERR_BITS, MXCSR_AT, xsave->i387.mxcsr,
				   MXCSR_BITS);
	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return 0;
	if (header->xfeatures & ~features)
		return args_refuse(error, XVCPU_ERR_BITS, HEADER_AT, header->xfeatures, features);
	/* Bit 63: the compacted form. */
	if (header->xcomp_bv)
		return args_refuse(error, XVCPU_ERR_VALUE, HEADER_AT + sizeof(u64),
				   header->xcomp_bv, 0);
	if (memchr_inv(header->reserved, 0, sizeof(header->reserved)))
		return args_refuse(error, XVCPU_ERR_RESERVED, HEADER_AT + 2 * sizeof(u64), 0, 0);
	return 0;
}

/**
 * xvcpu_fpu_set - replace the state
 * @vcpu: the vCPU
 * @data: what xvcpu_fpu_check() accepted
 *
 * PKRU is not in the kernel's copy of a guest's state, but in vmx.pkru.
 */
void xvcpu_fpu_set(struct xvcpu_vcpu *vcpu, const void *data)
{
	const union fpregs_state *state = data;
	u32 pkru = 0;

	fpu_copy_uabi_to_guest_fpstate(&vcpu->fpu, state, ~0ull, &pkru);
	if (boot_cpu_has(X86_FEATURE_PKU))
		vcpu->vmx.pkru = pkru;
}

/**
 * xvcpu_fpu_get - the state, vcpu->fpu.uabi_size bytes
 * @vcpu: the vCPU
 * @data: the area
 */
void xvcpu_fpu_get(struct xvcpu_vcpu *vcpu, void *data)
{
	compat_fpu_to_uabi(&vcpu->fpu, data, vcpu->fpu.uabi_size, features_of(&vcpu->vmx.limits),
			   vcpu->vmx.pkru);
}

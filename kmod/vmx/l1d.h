/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1D flush before entry (L1TF).
 */
#ifndef XVCPU_VMX_L1D_H
#define XVCPU_VMX_L1D_H

#include <linux/compiler_types.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/types.h>

DECLARE_STATIC_KEY_FALSE(vmx_l1d_flushes);

int vmx_l1d_init(void);
void vmx_l1d_exit(void);
bool vmx_l1d_flush_now(bool *touched);

/**
 * vmx_l1d_flush - flush L1D before the guest is entered, where that is done at all
 * @touched: the host may have read secrets since the last entry of this vCPU; cleared
 *
 * Return: whether it was flushed.
 */
static __always_inline bool vmx_l1d_flush(bool *touched)
{
	if (static_branch_unlikely(&vmx_l1d_flushes))
		return vmx_l1d_flush_now(touched);
	return false;
}

#endif /* XVCPU_VMX_L1D_H */

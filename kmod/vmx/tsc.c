// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's time-stamp counter as a state group: an offset to the host's.
 *
 * One offset for all vCPUs of a VM, until its guest or its VMM writes another (msr.c).
 */
#include <linux/ktime.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/tsc.h>
#include <asm/vmx.h>

#include "../args.h"
#include "vmx.h"

/**
 * vmx_get_tsc - the TSC group
 * @vcpu: the vCPU
 * @tsc: filled; host and guest are of one instant, and the clock is read right after them
 */
void vmx_get_tsc(struct vmx_vcpu *vcpu, struct xvcpu_tsc *tsc)
{
	memset(tsc, 0, sizeof(*tsc));
	tsc->host = rdtsc_ordered();
	tsc->boottime_ns = ktime_get_boottime_ns();
	tsc->guest = tsc->host + vcpu->tsc_offset;
	tsc->offset = vcpu->tsc_offset;
	tsc->khz = tsc_khz;
}

/**
 * vmx_set_tsc - the same, back
 * @vcpu: the vCPU, loaded
 * @tsc: checked
 */
void vmx_set_tsc(struct vmx_vcpu *vcpu, const struct xvcpu_tsc *tsc)
{
	vcpu->tsc_offset = tsc->offset;
	vmcs_write64(TSC_OFFSET, vcpu->tsc_offset);
}

static u64 reserved_of(const struct xvcpu_tsc *tsc)
{
	return tsc->reserved ?: tsc->reserved1[0] ?: tsc->reserved1[1];
}

/**
 * vmx_check_tsc - can this be set?
 * @tsc: the group
 * @error: filled on refusal
 *
 * Return: 0 or -EINVAL.
 */
int vmx_check_tsc(const struct xvcpu_tsc *tsc, struct xvcpu_error *error)
{
	if (tsc->offset != tsc->guest - tsc->host)
		return args_refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*tsc), offset),
				   tsc->offset, tsc->guest - tsc->host);
	if (tsc->multiplier)
		return args_refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*tsc), multiplier),
				   tsc->multiplier, 0);
	if (tsc->khz && tsc->khz != tsc_khz)
		return args_refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*tsc), khz), tsc->khz,
				   tsc_khz);
	if (reserved_of(tsc))
		return args_refuse(error, XVCPU_ERR_RESERVED,
				   tsc->reserved ? offsetof(typeof(*tsc), reserved) :
						   offsetof(typeof(*tsc), reserved1),
				   reserved_of(tsc), 0);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The library's own calls as a backend (backend.h), and the choice of one.
 */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int msrs_get(const struct xvcpu_vcpu *vcpu, struct xvcpu_msr *msrs, __u32 nr)
{
	struct xvcpu_blob blob = { 0 };
	const struct xvcpu_msrs *head;
	const struct xvcpu_msr *all;
	__u32 i, k;
	int ret;

	ret = xvcpu_blob_get(vcpu, XVCPU_GROUP_BIT(XVCPU_GROUP_MSRS), 0, &blob, NULL);
	if (ret)
		return ret;
	head = xvcpu_blob_find(&blob, XVCPU_GROUP_MSRS, NULL);
	all = (const void *)(head + 1);
	for (i = 0; i < nr && !ret; i++) {
		for (k = 0; k < head->nr && all[k].index != msrs[i].index; k++)
			;
		if (k < head->nr)
			msrs[i].value = all[k].value;
		else
			ret = -EINVAL;
	}
	xvcpu_blob_free(&blob);
	return ret;
}

static int msrs_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_msr *msrs, __u32 nr)
{
	struct xvcpu_msrs *group;
	size_t size = sizeof(*group) + nr * sizeof(*msrs);
	int ret;

	group = calloc(1, size);
	if (!group)
		return -ENOMEM;
	group->nr = nr;
	group->entry_size = sizeof(*msrs);
	memcpy(group + 1, msrs, nr * sizeof(*msrs));
	ret = xvcpu_state_set(vcpu, XVCPU_GROUP_MSRS, group, size, NULL);
	free(group);
	return ret;
}

const struct xvcpu_backend xvcpu_backend_xvcpu = {
	.name = "xvcpu",
	.device = XVCPU_DEVICE,
	.open = xvcpu_open,
	.get_info = xvcpu_get_info,
	.vm_create = xvcpu_vm_create,
	.vm_set_memory = xvcpu_vm_set_memory,
	.vcpu_create = xvcpu_vcpu_create,
	.vcpu_destroy = xvcpu_vcpu_destroy,
	.run = xvcpu_vcpu_run,
	.kick = xvcpu_vcpu_kick,
	.interrupt = xvcpu_vcpu_interrupt,
	.nmi = xvcpu_vcpu_nmi,
	.state_get = xvcpu_state_get,
	.state_set = xvcpu_state_set,
	.msrs_get = msrs_get,
	.msrs_set = msrs_set,
};

const struct xvcpu_backend *xvcpu_backend_find(const char *name)
{
	if (!strcmp(name, xvcpu_backend_xvcpu.name))
		return &xvcpu_backend_xvcpu;
	return strcmp(name, xvcpu_backend_kvm.name) ? NULL : &xvcpu_backend_kvm;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device and the VM: one ioctl per function, no state of its own, any thread.
 */
#include "libxvcpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

/* What an ioctl on a struct returns: 0 or more, or -errno with the struct's record handed on. */
static int result(int ret, const struct xvcpu_error *from, struct xvcpu_error *to)
{
	if (ret >= 0)
		return ret;
	ret = -errno;
	if (to)
		*to = *from;
	return ret;
}

int xvcpu_open(const char *path)
{
	int fd = open(path ? path : XVCPU_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int xvcpu_get_info(int dev, struct xvcpu_info *info)
{
	struct xvcpu_info out = { .size = sizeof(out) };

	if (ioctl(dev, XVCPU_GET_INFO, &out))
		return -errno;
	*info = out;
	return 0;
}

int xvcpu_get_supported_cpuid(int dev, struct xvcpu_cpuid_entry *entries, __u32 *nr,
			      struct xvcpu_error *error)
{
	struct xvcpu_cpuid req = {
		.size = sizeof(req),
		.nr = *nr,
		.entry_size = sizeof(*entries),
		.entries = (uintptr_t)entries,
	};
	int ret = result(ioctl(dev, XVCPU_GET_SUPPORTED_CPUID, &req), &req.error, error);

	*nr = req.nr;
	return ret;
}

int xvcpu_get_msr_list(int dev, __u32 *indices, __u32 *nr, struct xvcpu_error *error)
{
	struct xvcpu_msr_list req = {
		.size = sizeof(req),
		.nr = *nr,
		.indices = (uintptr_t)indices,
	};
	int ret = result(ioctl(dev, XVCPU_GET_MSR_LIST, &req), &req.error, error);

	*nr = req.nr;
	return ret;
}

int xvcpu_vm_create(int dev, const struct xvcpu_create_vm *config, struct xvcpu_error *error)
{
	struct xvcpu_create_vm req = { 0 };

	if (config)
		req = *config;
	req.size = sizeof(req);
	memset(&req.error, 0, sizeof(req.error));
	return result(ioctl(dev, XVCPU_CREATE_VM, &req), &req.error, error);
}

int xvcpu_vm_set_memory(int vm, const struct xvcpu_memory_slot *slots, __u32 nr,
			struct xvcpu_error *error)
{
	struct xvcpu_memory req = {
		.size = sizeof(req),
		.nr = nr,
		.entry_size = sizeof(*slots),
		.slots = (uintptr_t)slots,
	};

	return result(ioctl(vm, XVCPU_SET_MEMORY, &req), &req.error, error);
}

int xvcpu_vm_set_policy(int vm, const struct xvcpu_policy *policy,
			const struct xvcpu_policy_range *ranges, __u32 nr,
			struct xvcpu_error *error)
{
	struct xvcpu_policy req = { 0 };

	if (policy)
		req = *policy;
	req.size = sizeof(req);
	req.nr = nr;
	req.entry_size = sizeof(*ranges);
	req.ranges = (uintptr_t)ranges;
	return result(ioctl(vm, XVCPU_SET_POLICY, &req), &req.error, error);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The vCPU: its handle, its two mappings, and the calls that run it.
 *
 * A struct xvcpu_vcpu belongs to the thread that runs it; kicking is the exception (libxvcpu.h).
 */
#include "libxvcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Every section must lie inside what is mapped, whatever the info came from. */
static int layout_fits(const struct xvcpu_info *info)
{
	size_t size = info->run_size;

	return size && info->stats_size >= sizeof(struct xvcpu_run_stats) &&
	       info->run_request + sizeof(struct xvcpu_run_request) <= size &&
	       info->run_exit + sizeof(struct xvcpu_run_exit) <= size &&
	       info->run_sync + sizeof(struct xvcpu_run_sync) <= size &&
	       info->run_data < size;
}

static int vcpu_map(struct xvcpu_vcpu *vcpu, const struct xvcpu_info *info)
{
	char *area;
	void *stats;

	area = mmap(NULL, info->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (area == MAP_FAILED)
		return -errno;
	stats = mmap(NULL, info->stats_size, PROT_READ, MAP_SHARED, vcpu->fd, info->stats_offset);
	if (stats == MAP_FAILED) {
		int ret = -errno;

		munmap(area, info->run_size);
		return ret;
	}

	vcpu->area = area;
	vcpu->area_size = info->run_size;
	vcpu->request = (void *)(area + info->run_request);
	vcpu->exit = (void *)(area + info->run_exit);
	vcpu->sync = (void *)(area + info->run_sync);
	vcpu->data = area + info->run_data;
	vcpu->stats = stats;
	vcpu->stats_size = info->stats_size;
	return 0;
}

int xvcpu_vcpu_create(struct xvcpu_vcpu *vcpu, int vm, const struct xvcpu_info *info, __u32 id,
		      __u32 apic_id, struct xvcpu_error *error)
{
	struct xvcpu_create_vcpu req = { .size = sizeof(req), .id = id, .apic_id = apic_id };
	struct xvcpu_vcpu made = { 0 };
	int ret;

	if (error)
		memset(error, 0, sizeof(*error));
	if (!layout_fits(info))
		return -EPROTO;

	made.fd = ioctl(vm, XVCPU_CREATE_VCPU, &req);
	if (made.fd < 0) {
		ret = -errno;
		if (error)
			*error = req.error;
		return ret;
	}
	ret = vcpu_map(&made, info);
	if (ret) {
		close(made.fd);
		return ret;
	}
	*vcpu = made;
	return 0;
}

void xvcpu_vcpu_destroy(struct xvcpu_vcpu *vcpu)
{
	munmap((void *)vcpu->stats, vcpu->stats_size);
	munmap(vcpu->area, vcpu->area_size);
	close(vcpu->fd);
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->fd = -1;
}

int xvcpu_vcpu_run(struct xvcpu_vcpu *vcpu)
{
	/* Without the 0 the kernel gets what happens to be in the register, and refuses it. */
	if (ioctl(vcpu->fd, XVCPU_RUN, 0))
		return errno == EINTR ? (int)XVCPU_EXIT_SIGNAL : -errno;
	return vcpu->exit->reason;
}

int xvcpu_vcpu_kick(const struct xvcpu_vcpu *vcpu)
{
	return ioctl(vcpu->fd, XVCPU_KICK, 0) ? -errno : 0;
}

/* A call whose struct holds @record, which is given to the caller if it fails. */
static int issue(const struct xvcpu_vcpu *vcpu, unsigned long request, void *req,
		 const struct xvcpu_error *record, struct xvcpu_error *error)
{
	int ret;

	if (!ioctl(vcpu->fd, request, req))
		return 0;
	ret = -errno;
	if (error)
		*error = *record;
	return ret;
}

int xvcpu_vcpu_reset(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error)
{
	struct xvcpu_reset req = { .size = sizeof(req) };

	return issue(vcpu, XVCPU_RESET, &req, &req.error, error);
}

int xvcpu_vcpu_interrupt(const struct xvcpu_vcpu *vcpu, __u32 vector, struct xvcpu_error *error)
{
	struct xvcpu_interrupt req = { .size = sizeof(req), .vector = vector };

	return issue(vcpu, XVCPU_INTERRUPT, &req, &req.error, error);
}

int xvcpu_vcpu_nmi(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error)
{
	struct xvcpu_nmi req = { .size = sizeof(req) };

	return issue(vcpu, XVCPU_NMI, &req, &req.error, error);
}

int xvcpu_vcpu_exception(const struct xvcpu_vcpu *vcpu, const struct xvcpu_exception *exception,
			 struct xvcpu_error *error)
{
	struct xvcpu_exception req = *exception;

	req.size = sizeof(req);
	return issue(vcpu, XVCPU_EXCEPTION, &req, &req.error, error);
}

int xvcpu_vcpu_set_intercepts(const struct xvcpu_vcpu *vcpu, __u32 instructions,
			      __u32 exceptions, struct xvcpu_error *error)
{
	struct xvcpu_intercepts req = {
		.size = sizeof(req),
		.instructions = instructions,
		.exceptions = exceptions,
	};

	return issue(vcpu, XVCPU_SET_INTERCEPTS, &req, &req.error, error);
}

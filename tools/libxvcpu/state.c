// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vCPU state: single groups, and blobs of several that are read and written at one instant.
 *
 * A blob belongs to its caller. Groups stand 8-byte aligned one behind the other, as the kernel
 * wants them.
 */
#include "libxvcpu.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define GROUP_ALIGN	8u

static int state_call(const struct xvcpu_vcpu *vcpu, unsigned long request,
		      struct xvcpu_state *state, struct xvcpu_error *error)
{
	int ret;

	state->size = sizeof(*state);
	memset(&state->error, 0, sizeof(state->error));
	if (!ioctl(vcpu->fd, request, state))
		return 0;
	ret = -errno;
	if (error)
		*error = state->error;
	return ret;
}

int xvcpu_state_get(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, void *data,
		    size_t size, struct xvcpu_error *error)
{
	struct xvcpu_state state = {
		.mask = XVCPU_GROUP_BIT(group % XVCPU_GROUP_SLOTS),
		.buffer = (uintptr_t)data,
		.length = size,
	};

	if ((unsigned int)group >= XVCPU_GROUP_SLOTS)
		return -EINVAL;
	return state_call(vcpu, XVCPU_GET_STATE, &state, error);
}

int xvcpu_state_set(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, const void *data,
		    size_t size, struct xvcpu_error *error)
{
	struct xvcpu_state state = {
		.mask = XVCPU_GROUP_BIT(group % XVCPU_GROUP_SLOTS),
		.buffer = (uintptr_t)data,
		.length = size,
	};

	if ((unsigned int)group >= XVCPU_GROUP_SLOTS)
		return -EINVAL;
	state.groups[group].size = size;
	return state_call(vcpu, XVCPU_SET_STATE, &state, error);
}

/* Room for @capacity bytes, zeroed beyond what is used; the blob is unchanged if there is none. */
static int blob_reserve(struct xvcpu_blob *blob, __u32 capacity)
{
	char *buffer = (char *)(uintptr_t)blob->state.buffer;

	if (capacity <= blob->capacity)
		return 0;
	buffer = realloc(buffer, capacity);
	if (!buffer)
		return -ENOMEM;
	memset(buffer + blob->capacity, 0, capacity - blob->capacity);
	blob->state.buffer = (uintptr_t)buffer;
	blob->capacity = capacity;
	return 0;
}

int xvcpu_blob_get(const struct xvcpu_vcpu *vcpu, __u64 mask, __u32 flags,
		   struct xvcpu_blob *blob, struct xvcpu_error *error)
{
	struct xvcpu_blob next = { .state = { .mask = mask, .flags = flags } };
	int ret;

	/* The kernel says how much it needs; another thread's SET may make that grow meanwhile. */
	do {
		next.state.length = next.capacity;
		ret = state_call(vcpu, XVCPU_GET_STATE, &next.state, error);
		if (ret == -ENOSPC && next.state.error.expected > next.capacity)
			ret = blob_reserve(&next, next.state.error.expected) ?: -EAGAIN;
	} while (ret == -EAGAIN);

	if (ret) {
		xvcpu_blob_free(&next);
		return ret;
	}
	next.state.flags = 0;		/* GET's flags mean nothing to SET, which refuses them */
	xvcpu_blob_free(blob);
	*blob = next;
	return 0;
}

int xvcpu_blob_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_blob *blob,
		   struct xvcpu_error *error)
{
	struct xvcpu_state state = blob->state;

	return state_call(vcpu, XVCPU_SET_STATE, &state, error);
}

int xvcpu_blob_add(struct xvcpu_blob *blob, enum xvcpu_group group, const void *data,
		   __u32 size)
{
	__u32 offset = (blob->state.length + GROUP_ALIGN - 1) & ~(GROUP_ALIGN - 1);
	int ret;

	if ((unsigned int)group >= XVCPU_GROUP_SLOTS || offset + size < offset)
		return -EINVAL;
	if (blob->state.mask & XVCPU_GROUP_BIT(group))
		return -EEXIST;
	ret = blob_reserve(blob, offset + size);
	if (ret)
		return ret;

	memcpy((char *)(uintptr_t)blob->state.buffer + offset, data, size);
	blob->state.groups[group].offset = offset;
	blob->state.groups[group].size = size;
	blob->state.mask |= XVCPU_GROUP_BIT(group);
	blob->state.length = offset + size;
	return 0;
}

void *xvcpu_blob_find(const struct xvcpu_blob *blob, enum xvcpu_group group, __u32 *size)
{
	if ((unsigned int)group >= XVCPU_GROUP_SLOTS)
		return NULL;
	if (!(blob->state.mask & XVCPU_GROUP_BIT(group)))
		return NULL;
	if (size)
		*size = blob->state.groups[group].size;
	return (char *)(uintptr_t)blob->state.buffer + blob->state.groups[group].offset;
}

void xvcpu_blob_free(struct xvcpu_blob *blob)
{
	free((void *)(uintptr_t)blob->state.buffer);
	memset(blob, 0, sizeof(*blob));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_GET_STATE and XVCPU_SET_STATE: several groups at once, in the kernel's own order.
 *
 * Everything is copied in, judged group by group, and only then applied, with the vCPU loaded and
 * under vcpu->lock. The group table says for each group how large it is and what judges, sets and
 * gets it.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xvcpu.h>

#include "args.h"
#include "info.h"
#include "vcpu.h"
#include "vm.h"

#define STATE_BUFFER_MAX	(64 * 1024)

/* Legacy region and header (SDM "XSAVE Area"). */
#define XSAVE_LEAST		576

/**
 * struct state_check - what a group is judged by
 * @vcpu:   the vCPU, not changed
 * @limits: what the CPUID table announces that the vCPU will have after the call
 */
struct state_check {
	struct xvcpu_vcpu *vcpu;
	struct vmx_limits limits;
};

/**
 * struct state_group - how a group is handled
 * @least: first published size
 * @size:  bytes that GET writes
 * @check: judges @size bytes; NULL: cannot be set
 * @set:   applies what @check accepted; vCPU loaded
 * @get:   fills @size bytes; vCPU loaded
 * @synced: is part of the sync section
 */
struct state_group {
	u32 least;
	u32 (*size)(const struct xvcpu_vcpu *vcpu);
	int (*check)(const struct state_check *check, const void *data, u32 size,
		     struct xvcpu_error *error);
	void (*set)(struct xvcpu_vcpu *vcpu, const void *data);
	void (*get)(struct xvcpu_vcpu *vcpu, void *data);
	bool synced;
};

/* A group that is one struct; its functions in vmx/ take the struct. */
#define STATE_STRUCT(name, type)							\
static u32 name##_size(const struct xvcpu_vcpu *vcpu)					\
{											\
	return sizeof(type);								\
}											\
											\
static void name##_set(struct xvcpu_vcpu *vcpu, const void *data)			\
{											\
	vmx_set_##name(&vcpu->vmx, data);						\
}											\
											\
static void name##_get(struct xvcpu_vcpu *vcpu, void *data)				\
{											\
	vmx_get_##name(&vcpu->vmx, data);						\
}

STATE_STRUCT(regs, struct xvcpu_regs)
STATE_STRUCT(sregs, struct xvcpu_sregs)
STATE_STRUCT(cregs, struct xvcpu_cregs)
STATE_STRUCT(debug, struct xvcpu_debug_regs)
STATE_STRUCT(tsc, struct xvcpu_tsc)
STATE_STRUCT(events, struct xvcpu_events)

static int regs_check(const struct state_check *check, const void *data, u32 size,
		      struct xvcpu_error *error)
{
	return vmx_check_regs(data, error);
}

static int sregs_check(const struct state_check *check, const void *data, u32 size,
		       struct xvcpu_error *error)
{
	return vmx_check_sregs(data, error);
}

static int cregs_check(const struct state_check *check, const void *data, u32 size,
		       struct xvcpu_error *error)
{
	return vmx_check_cregs(&check->vcpu->vmx, &check->limits, data, error);
}

static int debug_check(const struct state_check *check, const void *data, u32 size,
		       struct xvcpu_error *error)
{
	return vmx_check_debug(data, error);
}

static int tsc_check(const struct state_check *check, const void *data, u32 size,
		     struct xvcpu_error *error)
{
	return vmx_check_tsc(data, error);
}

static int events_check(const struct state_check *check, const void *data, u32 size,
			struct xvcpu_error *error)
{
	return vmx_check_events(data, error);
}

static u32 msrs_size(const struct xvcpu_vcpu *vcpu)
{
	return sizeof(struct xvcpu_msrs) + vmx_msr_list_nr * sizeof(struct xvcpu_msr);
}

static const struct xvcpu_msr *msr_entries(const struct xvcpu_msrs *msrs)
{
	return (const struct xvcpu_msr *)(msrs + 1);
}

static int array_check(u32 nr, u32 entry_size, u32 known, u32 most, u32 size,
		       struct xvcpu_error *error)
{
	if (entry_size != known)
		return args_refuse(error, XVCPU_ERR_SIZE, sizeof(u32), entry_size, known);
	if (nr > most)
		return args_refuse(error, XVCPU_ERR_RANGE, 0, nr, most);
	if (size < 2 * sizeof(u32) + nr * known)
		return args_refuse(error, XVCPU_ERR_SIZE, 0, size, 2 * sizeof(u32) + nr * known);
	return 0;
}

static int msrs_check(const struct state_check *check, const void *data, u32 size,
		      struct xvcpu_error *error)
{
	const struct xvcpu_msrs *msrs = data;
	const struct xvcpu_msr *msr = msr_entries(msrs);
	u32 i;
	int err;

	err = array_check(msrs->nr, msrs->entry_size, sizeof(*msr), vmx_msr_list_nr, size, error);
	if (err)
		return err;
	for (i = 0; i < msrs->nr; i++, msr++) {
		if (msr->reserved)
			return args_refuse(error, XVCPU_ERR_RESERVED, msr->index, msr->reserved, 0);
		err = vmx_msr_check(&check->vcpu->vmx, msr->index, msr->value);
		if (err)
			return args_refuse(error, err == -ENOENT ? XVCPU_ERR_MISSING :
					   XVCPU_ERR_VALUE, msr->index, msr->value, 0);
	}
	return 0;
}

static void msrs_set(struct xvcpu_vcpu *vcpu, const void *data)
{
	const struct xvcpu_msrs *msrs = data;
	const struct xvcpu_msr *msr = msr_entries(msrs);
	u32 i;

	for (i = 0; i < msrs->nr; i++)
		vmx_msr_set(&vcpu->vmx, msr[i].index, msr[i].value);
}

static void msrs_get(struct xvcpu_vcpu *vcpu, void *data)
{
	struct xvcpu_msrs *msrs = data;
	struct xvcpu_msr *msr = (struct xvcpu_msr *)(msrs + 1);
	u32 i;

	msrs->nr = vmx_msr_list_nr;
	msrs->entry_size = sizeof(*msr);
	for (i = 0; i < vmx_msr_list_nr; i++) {
		msr[i].index = vmx_msr_list[i];
		msr[i].reserved = 0;
		msr[i].value = vmx_msr_get(&vcpu->vmx, vmx_msr_list[i]);
	}
}

static u32 cpuid_size(const struct xvcpu_vcpu *vcpu)
{
	return sizeof(struct xvcpu_cpuid_table) +
	       vcpu->vmx.cpuid_nr * sizeof(struct xvcpu_cpuid_entry);
}

static int cpuid_check(const struct state_check *check, const void *data, u32 size,
		       struct xvcpu_error *error)
{
	const struct xvcpu_cpuid_table *table = data;
	const struct xvcpu_cpuid_entry *entry = (const struct xvcpu_cpuid_entry *)(table + 1);
	int err;

	err = array_check(table->nr, table->entry_size, sizeof(*entry), VMX_CPUID_MAX, size, error);
	if (!err)
		err = vmx_cpuid_check(entry, table->nr, error);
	return err;
}

static void cpuid_set(struct xvcpu_vcpu *vcpu, const void *data)
{
	const struct xvcpu_cpuid_table *table = data;

	vmx_cpuid_set(&vcpu->vmx, (const struct xvcpu_cpuid_entry *)(table + 1), table->nr);
}

static void cpuid_get(struct xvcpu_vcpu *vcpu, void *data)
{
	struct xvcpu_cpuid_table *table = data;

	table->nr = vcpu->vmx.cpuid_nr;
	table->entry_size = sizeof(struct xvcpu_cpuid_entry);
	memcpy(table + 1, vcpu->vmx.cpuid, table->nr * sizeof(struct xvcpu_cpuid_entry));
}

static u32 pending_size(const struct xvcpu_vcpu *vcpu)
{
	return sizeof(struct xvcpu_pending);
}

static void pending_get(struct xvcpu_vcpu *vcpu, void *data)
{
	struct xvcpu_pending *pending = data;

	memset(pending, 0, sizeof(*pending));
	pending->reason = vmx_exit_waits(&vcpu->vmx) ? vcpu->vmx.wait.reason : XVCPU_EXIT_NONE;
}

static u32 xsave_size(const struct xvcpu_vcpu *vcpu)
{
	return vcpu->fpu.uabi_size;
}

static int xsave_check(const struct state_check *check, const void *data, u32 size,
		       struct xvcpu_error *error)
{
	return xvcpu_fpu_check(check->vcpu, &check->limits, data, size, error);
}

static const struct state_group state_groups[] = {
	[XVCPU_GROUP_REGS] = {
		sizeof(struct xvcpu_regs), regs_size, regs_check, regs_set, regs_get, true,
	},
	[XVCPU_GROUP_SREGS] = {
		sizeof(struct xvcpu_sregs), sregs_size, sregs_check, sregs_set, sregs_get, true,
	},
	[XVCPU_GROUP_CREGS] = {
		sizeof(struct xvcpu_cregs), cregs_size, cregs_check, cregs_set, cregs_get, true,
	},
	[XVCPU_GROUP_MSRS] = {
		sizeof(struct xvcpu_msrs), msrs_size, msrs_check, msrs_set, msrs_get,
	},
	[XVCPU_GROUP_CPUID] = {
		sizeof(struct xvcpu_cpuid_table), cpuid_size, cpuid_check, cpuid_set, cpuid_get,
	},
	[XVCPU_GROUP_DEBUG] = {
		sizeof(struct xvcpu_debug_regs), debug_size, debug_check, debug_set, debug_get,
	},
	[XVCPU_GROUP_PENDING] = {
		sizeof(struct xvcpu_pending), pending_size, NULL, NULL, pending_get,
	},
	[XVCPU_GROUP_EVENTS] = {
		sizeof(struct xvcpu_events), events_size, events_check, events_set, events_get,
	},
	[XVCPU_GROUP_XSAVE] = {
		XSAVE_LEAST, xsave_size, xsave_check, xvcpu_fpu_set, xvcpu_fpu_get,
	},
	[XVCPU_GROUP_TSC] = {
		sizeof(struct xvcpu_tsc), tsc_size, tsc_check, tsc_set, tsc_get,
	},
};

/* Order in which SET judges and applies: CPUID decides which bits of control registers exist. */
static const u8 state_order[] = {
	XVCPU_GROUP_CPUID, XVCPU_GROUP_CREGS, XVCPU_GROUP_SREGS, XVCPU_GROUP_REGS,
	XVCPU_GROUP_MSRS, XVCPU_GROUP_DEBUG, XVCPU_GROUP_XSAVE, XVCPU_GROUP_EVENTS,
	XVCPU_GROUP_TSC, XVCPU_GROUP_PENDING,
};

#define STATE_GROUPS	ARRAY_SIZE(state_groups)
#define STATE_MASK	(XVCPU_GROUP_BIT(STATE_GROUPS) - 1)
#define SYNCED_MASK	(XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS) | \
			 XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS))

#define EVENTS_MASK	XVCPU_GROUP_BIT(XVCPU_GROUP_EVENTS)

/**
 * xvcpu_state_size - bytes that hold every group at its largest
 */
u32 xvcpu_state_size(void)
{
	return sizeof(struct xvcpu_regs) + sizeof(struct xvcpu_sregs) +
	       sizeof(struct xvcpu_cregs) + msrs_size(NULL) +
	       sizeof(struct xvcpu_cpuid_table) +
	       VMX_CPUID_MAX * sizeof(struct xvcpu_cpuid_entry) +
	       sizeof(struct xvcpu_debug_regs) + sizeof(struct xvcpu_pending) +
	       sizeof(struct xvcpu_events) + sizeof(struct xvcpu_tsc) +
	       ALIGN(xvcpu_fpu_size_max(), sizeof(u64));
}

static int busy(struct xvcpu_error *error, u32 code, u64 value)
{
	args_refuse(error, code, 0, value, 0);
	return -EBUSY;
}

static int mask_check(const struct xvcpu_state *args, struct xvcpu_error *error)
{
	if (args->reserved)
		return args_refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*args), reserved),
				   args->reserved, 0);
	if (!args->mask || (args->mask & ~STATE_MASK))
		return args_refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*args), mask), args->mask,
				   STATE_MASK);
	return 0;
}

/* Places for the groups of @args->mask; returns the bytes they take. */
static u32 state_layout(struct xvcpu_vcpu *vcpu, struct xvcpu_state *args)
{
	u32 offset = 0, i;

	memset(args->groups, 0, sizeof(args->groups));
	for (i = 0; i < STATE_GROUPS; i++) {
		if (!(args->mask & XVCPU_GROUP_BIT(i)))
			continue;
		args->groups[i].offset = offset;
		args->groups[i].size = state_groups[i].size(vcpu);
		offset += ALIGN(args->groups[i].size, sizeof(u64));
	}
	return offset;
}

static int state_read(struct xvcpu_vcpu *vcpu, const struct xvcpu_state *args, void *buffer)
{
	int err = xvcpu_vcpu_load(vcpu);
	u32 i;

	if (err)
		return err;
	for (i = 0; i < STATE_GROUPS; i++) {
		if (args->mask & XVCPU_GROUP_BIT(i))
			state_groups[i].get(vcpu, buffer + args->groups[i].offset);
	}
	xvcpu_vcpu_unload(vcpu);
	return 0;
}

/* Under vcpu->lock. */
static int get_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state *args)
{
	u32 length;
	void *buffer;
	int err;

	if (vcpu->running && !vcpu->parked)
		return busy(&args->error, XVCPU_ERR_RUNNING, 0);
	if ((args->flags & XVCPU_GET_QUIESCED) && vmx_exit_waits(&vcpu->vmx))
		return busy(&args->error, XVCPU_ERR_WAITING, vcpu->vmx.wait.reason);
	length = state_layout(vcpu, args);
	if (args->length < length) {
		args_refuse(&args->error, XVCPU_ERR_SPACE, offsetof(typeof(*args), length),
			    args->length, length);
		return -ENOSPC;
	}
	args->length = length;
	buffer = kvzalloc(length, GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return -ENOMEM;
	err = state_read(vcpu, args, buffer);
	if (!err && copy_to_user(u64_to_user_ptr(args->buffer), buffer, length))
		err = -EFAULT;
	kvfree(buffer);
	return err;
}

#define GET_FLAGS	(XVCPU_GET_QUIESCED | XVCPU_GET_SYNC)

/**
 * xvcpu_vcpu_get_state - XVCPU_GET_STATE
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_get_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state __user *arg)
{
	struct xvcpu_state args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = mask_check(&args, &args.error);
	if (!err && (args.flags & ~GET_FLAGS))
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS, offsetof(typeof(args), flags),
				  args.flags, GET_FLAGS);
	if (!err && (args.flags & XVCPU_GET_SYNC)) {
		err = xvcpu_vcpu_stop(vcpu);
		if (!err) {
			err = get_state(vcpu, &args);
			xvcpu_vcpu_continue(vcpu);
		}
	} else if (!err && mutex_lock_killable(&vcpu->lock)) {
		err = -EINTR;
	} else if (!err) {
		err = get_state(vcpu, &args);
		mutex_unlock(&vcpu->lock);
	}
	if (!err && (put_user(args.length, &arg->length) ||
		     copy_to_user(&arg->groups, &args.groups, sizeof(args.groups))))
		err = -EFAULT;
	return args_error(&args, arg, err);
}

static bool tail_is_zero(const u8 *bytes, u32 size)
{
	return !size || !memchr_inv(bytes, 0, size);
}

static bool places_overlap(const struct xvcpu_state_group *a, const struct xvcpu_state_group *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static int place_check(const struct xvcpu_state *args, u32 i, struct xvcpu_error *error)
{
	const struct xvcpu_state_group *place = &args->groups[i];
	size_t field = offsetof(typeof(*args), groups) + i * sizeof(*place);
	u32 k;

	error->index = i;
	if (!IS_ALIGNED(place->offset, sizeof(u64)))
		return args_refuse(error, XVCPU_ERR_ALIGN, field, place->offset, sizeof(u64));
	if (place->offset > args->length || place->size > args->length - place->offset)
		return args_refuse(error, XVCPU_ERR_WRAP, field, place->offset + (u64)place->size,
				   args->length);
	if (place->size < state_groups[i].least)
		return args_refuse(error, XVCPU_ERR_SIZE, field + sizeof(u32), place->size,
				   state_groups[i].least);
	for (k = 0; k < i; k++) {
		if ((args->mask & XVCPU_GROUP_BIT(k)) && places_overlap(place, &args->groups[k]))
			return args_refuse(error, XVCPU_ERR_OVERLAP, field, place->offset, k);
	}
	return 0;
}

/* A group whose struct is longer than ours must be zero behind what we know. */
static int group_check(const struct state_check *check, const struct xvcpu_state *args, u32 i,
		       const void *buffer, struct xvcpu_error *error)
{
	const struct xvcpu_state_group *place = &args->groups[i];
	const struct state_group *group = &state_groups[i];
	const u8 *data = buffer + place->offset;
	bool sized = i == XVCPU_GROUP_MSRS || i == XVCPU_GROUP_CPUID || i == XVCPU_GROUP_XSAVE;
	int err;

	error->index = i;
	if (!group->check)
		return args_refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*args), mask),
				   args->mask, 0);
	if (!sized && !tail_is_zero(data + group->least, place->size - group->least))
		return args_refuse(error, XVCPU_ERR_SIZE, group->least, place->size, group->least);
	err = group->check(check, data, place->size, error);
	/* CPUID names the entry; the rest the group. */
	if (err && i != XVCPU_GROUP_CPUID)
		error->index = i;
	return err;
}

static void limits_follow(struct state_check *check, const struct xvcpu_state *args,
			  const void *buffer)
{
	const struct xvcpu_cpuid_table *table =
		buffer + args->groups[XVCPU_GROUP_CPUID].offset;

	vmx_cpuid_limits((const struct xvcpu_cpuid_entry *)(table + 1), table->nr,
			 &check->limits);
}

static int state_check(struct xvcpu_vcpu *vcpu, const struct xvcpu_state *args, const void *buffer,
		       struct xvcpu_error *error)
{
	struct state_check check = { .vcpu = vcpu, .limits = vcpu->vmx.limits };
	u32 i, group;
	int err = 0;

	for (i = 0; i < STATE_GROUPS && !err; i++) {
		if (args->mask & XVCPU_GROUP_BIT(i))
			err = place_check(args, i, error);
	}
	for (i = 0; i < ARRAY_SIZE(state_order) && !err; i++) {
		group = state_order[i];
		if (!(args->mask & XVCPU_GROUP_BIT(group)))
			continue;
		err = group_check(&check, args, group, buffer, error);
		if (!err && group == XVCPU_GROUP_CPUID)
			limits_follow(&check, args, buffer);
	}
	return err;
}

/* Under vcpu->lock, everything checked. */
static int state_write(struct xvcpu_vcpu *vcpu, const struct xvcpu_state *args, const void *buffer)
{
	struct xvcpu_run_sync *sync = run_sync(vcpu);
	int err = xvcpu_vcpu_load(vcpu);
	u32 i;

	if (err)
		return err;
	if (args->mask & XVCPU_GROUP_BIT(XVCPU_GROUP_REGS)) {
		/* What was to be delivered belonged to the state that is replaced. */
		vcpu->vmx.shutdown = false;
		vcpu->vmx.event.info = 0;
	}
	for (i = 0; i < ARRAY_SIZE(state_order); i++) {
		u32 group = state_order[i];

		if (args->mask & XVCPU_GROUP_BIT(group))
			state_groups[group].set(vcpu, buffer + args->groups[group].offset);
	}
	vcpu->vmx.wait.kind = vmx_exit_waits(&vcpu->vmx) ? vcpu->vmx.wait.kind : VMX_WAITS_NOT;
	xvcpu_vcpu_unload(vcpu);
	WRITE_ONCE(sync->valid, READ_ONCE(sync->valid) & ~args->mask);
	return 0;
}

static int set_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state *args, const void *buffer)
{
	int err;

	if (READ_ONCE(vcpu->vm->dead))
		return -ENOTRECOVERABLE;
	if (vcpu->running)
		return busy(&args->error, XVCPU_ERR_RUNNING, 0);
	if (vmx_exit_waits(&vcpu->vmx) && (args->mask & (SYNCED_MASK | EVENTS_MASK)))
		return busy(&args->error, XVCPU_ERR_WAITING, vcpu->vmx.wait.reason);
	err = state_check(vcpu, args, buffer, &args->error);
	return err ?: state_write(vcpu, args, buffer);
}

/**
 * xvcpu_vcpu_set_state - XVCPU_SET_STATE
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_set_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state __user *arg)
{
	struct xvcpu_state args;
	long err = args_get(&args, arg);
	void *buffer;

	if (err)
		return err;
	args_clear_error(&args.error);
	err = mask_check(&args, &args.error);
	if (!err && args.flags)
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS, offsetof(typeof(args), flags),
				  args.flags, 0);
	if (!err && args.length > STATE_BUFFER_MAX)
		err = args_refuse(&args.error, XVCPU_ERR_RANGE, offsetof(typeof(args), length),
				  args.length, STATE_BUFFER_MAX);
	if (err)
		return args_error(&args, arg, err);

	buffer = vmemdup_user(u64_to_user_ptr(args.buffer), args.length);
	if (IS_ERR(buffer))
		return args_error(&args, arg, PTR_ERR(buffer));
	err = -EINTR;
	if (!mutex_lock_killable(&vcpu->lock)) {
		err = set_state(vcpu, &args, buffer);
		mutex_unlock(&vcpu->lock);
	}
	kvfree(buffer);
	return args_error(&args, arg, err);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_GET_LIFE and XVCPU_SET_AFFINITY: where a vCPU is in its life, and where it would like to
 * run.
 *
 * Nothing here waits for the guest: the answer may be old when it arrives.
 */
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include <xvcpu.h>

#include "args.h"
#include "vcpu.h"

/**
 * xvcpu_vcpu_life - where a vCPU is in its life
 * @vcpu: the vCPU; may be old when it is looked at, unless its lock is held
 *
 * Return: &enum xvcpu_life_state.
 */
u32 xvcpu_vcpu_life(const struct xvcpu_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->running))
		return XVCPU_LIFE_RUNNING;
	if (READ_ONCE(vcpu->lost))
		return XVCPU_LIFE_INVALID;
	if (!READ_ONCE(vcpu->begun))
		return XVCPU_LIFE_CREATED;
	return vmx_loaded_on(&vcpu->vmx) < 0 ? XVCPU_LIFE_FREE : XVCPU_LIFE_READY;
}

static void life_get(struct xvcpu_vcpu *vcpu, struct xvcpu_life *args)
{
	args->state = xvcpu_vcpu_life(vcpu);
	args->cpu = vmx_loaded_on(&vcpu->vmx);
	args->id = vcpu->id;
	args->apic_id = vcpu->apic_id;
	args->preferred = vcpu->affinity.preferred;
	memcpy(args->set, vcpu->affinity.set, sizeof(args->set));
}

static int life_check(const struct xvcpu_life *args, struct xvcpu_error *error)
{
	if (args->flags)
		return args_refuse(error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->reserved)
		return args_refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*args), reserved),
				   args->reserved, 0);
	return 0;
}

/**
 * xvcpu_vcpu_get_life - XVCPU_GET_LIFE
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_get_life(struct xvcpu_vcpu *vcpu, struct xvcpu_life __user *arg)
{
	struct xvcpu_life args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = life_check(&args, &args.error);
	if (err)
		return args_error(&args, arg, err);
	if (mutex_lock_killable(&vcpu->lock))
		return -EINTR;
	life_get(vcpu, &args);
	mutex_unlock(&vcpu->lock);
	return copy_to_user(arg, &args, offsetof(typeof(args), error)) ? -EFAULT : 0;
}

static bool in_set(const __u64 *set, unsigned int cpu)
{
	return set[cpu / 64] & BIT_ULL(cpu % 64);
}

static int set_check(const struct xvcpu_affinity *args, struct xvcpu_error *error)
{
	unsigned int cpu;

	for (cpu = 0; cpu < XVCPU_AFFINITY_CPUS; cpu++) {
		if (!in_set(args->set, cpu) || (cpu < nr_cpu_ids && cpu_possible(cpu)))
			continue;
		return args_refuse(error, XVCPU_ERR_RANGE,
				   offsetof(typeof(*args), set) + cpu / 64 * sizeof(u64), cpu,
				   nr_cpu_ids - 1);
	}
	return 0;
}

static int affinity_check(const struct xvcpu_affinity *args, struct xvcpu_error *error)
{
	unsigned int cpus = min_t(unsigned int, nr_cpu_ids, XVCPU_AFFINITY_CPUS), cpu;
	size_t preferred = offsetof(typeof(*args), preferred);
	int err;

	if (args->flags)
		return args_refuse(error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->reserved)
		return args_refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*args), reserved),
				   args->reserved, 0);
	err = set_check(args, error);
	if (err || args->preferred == XVCPU_AFFINITY_ANY)
		return err;
	cpu = (u32)args->preferred < cpus ? array_index_nospec(args->preferred, cpus) : cpus;
	if (cpu >= cpus || !cpu_possible(cpu))
		return args_refuse(error, XVCPU_ERR_RANGE, preferred, args->preferred,
				   nr_cpu_ids - 1);
	/* An empty set is every CPU. */
	if (memchr_inv(args->set, 0, sizeof(args->set)) && !in_set(args->set, cpu))
		return args_refuse(error, XVCPU_ERR_VALUE, preferred, args->preferred, 0);
	return 0;
}

/**
 * xvcpu_vcpu_set_affinity - XVCPU_SET_AFFINITY
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_set_affinity(struct xvcpu_vcpu *vcpu, struct xvcpu_affinity __user *arg)
{
	struct xvcpu_affinity args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = affinity_check(&args, &args.error);
	if (err)
		return args_error(&args, arg, err);
	if (mutex_lock_killable(&vcpu->lock))
		return -EINTR;
	vcpu->affinity.preferred = args.preferred;
	memcpy(vcpu->affinity.set, args.set, sizeof(args.set));
	mutex_unlock(&vcpu->lock);
	return 0;
}

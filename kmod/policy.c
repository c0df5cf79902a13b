// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_SET_POLICY and XVCPU_SET_INTERCEPTS: what the VMM wants of its guests' accesses, and which
 * of their instructions and exceptions it wants to see.
 *
 * vm->policy changes under vm->lock and is read under RCU (policy.h). Intercepts belong to a vCPU,
 * which is stopped to change them.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <xvcpu.h>

#include "args.h"
#include "policy.h"
#include "vcpu.h"
#include "vm.h"

#define PORT_MAX	0xffff
#define CPL_MAX		3

/* ---- what a table says ---- */

/* The first range of @kind that does not end before @number; NULL if all do. */
static const struct xvcpu_policy_range *range_from(const struct xvcpu_policy_table *table,
						   unsigned int kind, u32 number)
{
	unsigned int low = table->start[kind], end = table->start[kind + 1], high = end, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (table->range[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < end ? &table->range[low] : NULL;
}

static const struct xvcpu_policy_range *range_of(const struct xvcpu_policy_table *table,
						 unsigned int kind, u32 number)
{
	const struct xvcpu_policy_range *range = range_from(table, kind, number);

	return range && range->first <= number ? range : NULL;
}

static u8 port_action(const struct xvcpu_policy_table *table, u32 port, bool out)
{
	const struct xvcpu_policy_range *range = range_of(table, XVCPU_POLICY_PORT, port);
	u8 action = XVCPU_POLICY_DEFAULT;

	if (range)
		action = out ? range->write : range->read;
	return action == XVCPU_POLICY_DEFAULT ? XVCPU_POLICY_EXIT : action;
}

/**
 * policy_port - what becomes of an access of ports
 * @table: the policy
 * @port:  the first port
 * @size:  bytes, 1, 2 or 4
 * @out:   the guest writes
 *
 * Ports behind the last one are not there to have an opinion.
 *
 * Return: %XVCPU_POLICY_GP if a port says so, else EXIT if one does, else IGNORE.
 */
u8 policy_port(const struct xvcpu_policy_table *table, u16 port, unsigned int size, bool out)
{
	u8 worst = XVCPU_POLICY_IGNORE, action;
	unsigned int i;

	for (i = 0; i < size && port + i <= PORT_MAX; i++) {
		action = port_action(table, port + i, out);
		if (action == XVCPU_POLICY_GP)
			return action;
		if (action == XVCPU_POLICY_EXIT)
			worst = action;
	}
	return worst;
}

/**
 * policy_msr - what becomes of an access of an MSR: &enum xvcpu_policy_action
 * @table: the policy
 * @index: its number
 * @write: WRMSR
 */
u8 policy_msr(const struct xvcpu_policy_table *table, u32 index, bool write)
{
	const struct xvcpu_policy_range *range = range_of(table, XVCPU_POLICY_MSR, index);

	if (!range)
		return XVCPU_POLICY_DEFAULT;
	return write ? range->write : range->read;
}

/**
 * policy_cpuid - whether CPUID of a leaf exits
 * @table: the policy
 * @leaf:  EAX
 */
bool policy_cpuid(const struct xvcpu_policy_table *table, u32 leaf)
{
	return range_of(table, XVCPU_POLICY_CPUID, leaf);
}

/**
 * policy_is_exit_port - whether an OUT means "system down"
 * @table: the policy
 * @port:  the port
 * @size:  bytes
 * @value: what is written, zero-extended
 */
bool policy_is_exit_port(const struct xvcpu_policy_table *table, u16 port, unsigned int size,
			 u32 value)
{
	return size == table->exit_size && port == table->exit_port && value == table->exit_value;
}

/**
 * xvcpu_policy_port - what becomes of a vCPU's access of ports
 * @vmx:  the vCPU, in RUN
 * @port: the first port
 * @size: bytes, 1, 2 or 4
 * @out:  the guest writes
 *
 * For whoever emulates an I/O instruction by itself; exit_io() reads the table.
 *
 * Return: %XVCPU_POLICY_EXIT, %XVCPU_POLICY_GP or %XVCPU_POLICY_IGNORE.
 */
u8 xvcpu_policy_port(const struct vmx_vcpu *vmx, u16 port, unsigned int size, bool out)
{
	const struct xvcpu_policy_table *table;
	u8 action = XVCPU_POLICY_EXIT;

	rcu_read_lock();
	table = rcu_dereference(*vmx->policy);
	if (table)
		action = policy_port(table, port, size, out);
	rcu_read_unlock();
	return action;
}

/* ---- XVCPU_SET_POLICY ---- */

static int refuse_entry(struct xvcpu_error *error, u32 index, u32 code, size_t field, u64 value,
			u64 expected)
{
	error->index = index;
	return args_refuse(error, code, field, value, expected);
}

#define REFUSE(code, member, expected)							\
	refuse_entry(error, i, code, offsetof(struct xvcpu_policy_range, member),	\
		     range[i].member, expected)

static int check_actions(const struct xvcpu_policy_range *range, u32 i, struct xvcpu_error *error)
{
	if (range[i].kind == XVCPU_POLICY_CPUID) {
		if (range[i].read != XVCPU_POLICY_EXIT)
			return REFUSE(XVCPU_ERR_VALUE, read, XVCPU_POLICY_EXIT);
		if (range[i].write != XVCPU_POLICY_DEFAULT)
			return REFUSE(XVCPU_ERR_VALUE, write, XVCPU_POLICY_DEFAULT);
		return 0;
	}
	if (range[i].read > XVCPU_POLICY_IGNORE)
		return REFUSE(XVCPU_ERR_RANGE, read, XVCPU_POLICY_IGNORE);
	if (range[i].write > XVCPU_POLICY_IGNORE)
		return REFUSE(XVCPU_ERR_RANGE, write, XVCPU_POLICY_IGNORE);
	return 0;
}

static int check_passed(const struct xvcpu_policy_range *range, u32 i, struct xvcpu_error *error)
{
	unsigned int k;

	if (range[i].kind != XVCPU_POLICY_MSR || !(range[i].read || range[i].write))
		return 0;
	for (k = 0; k < vmx_msr_passed_nr; k++) {
		if (vmx_msr_passed[k] >= range[i].first && vmx_msr_passed[k] <= range[i].last)
			return REFUSE(XVCPU_ERR_PASSED, first, vmx_msr_passed[k]);
	}
	return 0;
}

/* A range by itself. */
static int check_range(const struct xvcpu_policy_range *range, u32 i, struct xvcpu_error *error)
{
	int err;

	if (range[i].kind >= XVCPU_POLICY_KINDS)
		return REFUSE(XVCPU_ERR_RANGE, kind, XVCPU_POLICY_KINDS - 1);
	if (range[i].last < range[i].first)
		return REFUSE(XVCPU_ERR_RANGE, last, range[i].first);
	if (range[i].kind == XVCPU_POLICY_PORT && range[i].last > PORT_MAX)
		return REFUSE(XVCPU_ERR_RANGE, last, PORT_MAX);
	if (range[i].reserved)
		return REFUSE(XVCPU_ERR_RESERVED, reserved, 0);
	err = check_actions(range, i, error);
	return err ?: check_passed(range, i, error);
}

/**
 * policy_check - whether ranges can be a policy
 * @range: the ranges
 * @nr:    how many
 * @error: filled on refusal
 *
 * Return: 0 or -EINVAL.
 */
int policy_check(const struct xvcpu_policy_range *range, u32 nr, struct xvcpu_error *error)
{
	u32 i;
	int err;

	for (i = 0; i < nr; i++) {
		err = check_range(range, i, error);
		if (err)
			return err;
		if (!i)
			continue;
		if (range[i].kind < range[i - 1].kind)
			return REFUSE(XVCPU_ERR_ORDER, kind, i - 1);
		if (range[i].kind > range[i - 1].kind)
			continue;
		if (range[i].last < range[i - 1].first)
			return REFUSE(XVCPU_ERR_ORDER, first, i - 1);
		if (range[i].first <= range[i - 1].last)
			return REFUSE(XVCPU_ERR_OVERLAP, first, i - 1);
	}
	return 0;
}

static int check_exit_port(struct xvcpu_policy *args)
{
	struct xvcpu_error *error = &args->error;
	u32 size = args->exit_size, most = size ? PORT_MAX : 0;
	u32 bits = size ? ~0u >> (32 - 8 * min(size, 4u)) : 0;

	if (size > 4 || size == 3)
		return args_refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*args), exit_size),
				   size, 4);
	if (args->exit_port > most)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), exit_port),
				   args->exit_port, most);
	if (args->exit_value & ~bits)
		return args_refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*args), exit_value),
				   args->exit_value, bits);
	return 0;
}

static int check_policy(struct xvcpu_policy *args)
{
	struct xvcpu_error *error = &args->error;

	if (args->flags)
		return args_refuse(error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->nr > XVCPU_POLICY_RANGES)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), nr), args->nr,
				   XVCPU_POLICY_RANGES);
	if (args->entry_size != sizeof(struct xvcpu_policy_range))
		return args_refuse(error, XVCPU_ERR_SIZE, offsetof(typeof(*args), entry_size),
				   args->entry_size, sizeof(struct xvcpu_policy_range));
	if (args->hypercall > XVCPU_HYPERCALL_UD)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), hypercall),
				   args->hypercall, XVCPU_HYPERCALL_UD);
	if (args->hypercall_cpl > CPL_MAX)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), hypercall_cpl),
				   args->hypercall_cpl, CPL_MAX);
	if (args->reserved)
		return args_refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*args), reserved),
				   args->reserved, 0);
	return check_exit_port(args);
}

static void table_fill(struct xvcpu_policy_table *table, const struct xvcpu_policy *args)
{
	unsigned int kind;
	u32 i = 0;

	table->hypercall = args->hypercall;
	table->hypercall_cpl = args->hypercall_cpl;
	table->exit_port = args->exit_port;
	table->exit_size = args->exit_size;
	table->exit_value = args->exit_value;
	for (kind = 0; kind < XVCPU_POLICY_KINDS; kind++) {
		table->start[kind] = i;
		while (i < args->nr && table->range[i].kind == kind)
			i++;
	}
	table->start[kind] = i;
}

static struct xvcpu_policy_table *table_new(struct xvcpu_policy *args)
{
	struct xvcpu_policy_table *table;
	int err;

	table = kvzalloc(struct_size(table, range, args->nr), GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(table->range, u64_to_user_ptr(args->ranges),
			   array_size(args->nr, sizeof(table->range[0]))))
		err = -EFAULT;
	else
		err = policy_check(table->range, args->nr, &args->error);
	if (err) {
		kvfree(table);
		return ERR_PTR(err);
	}
	table_fill(table, args);
	return table;
}

/* What a new VM has: without a table exits need not look. */
static bool says_nothing(const struct xvcpu_policy *args)
{
	return !args->nr && !args->hypercall && !args->hypercall_cpl && !args->exit_size;
}

/**
 * xvcpu_vm_set_policy - XVCPU_SET_POLICY
 * @vm: the VM
 * @arg: the caller's struct
 */
long xvcpu_vm_set_policy(struct xvcpu_vm *vm, struct xvcpu_policy __user *arg)
{
	struct xvcpu_policy_table *table = NULL;
	struct xvcpu_policy args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = check_policy(&args);
	if (err)
		return args_error(&args, arg, err);
	if (!says_nothing(&args))
		table = table_new(&args);
	if (IS_ERR(table))
		return args_error(&args, arg, PTR_ERR(table));
	if (mutex_lock_killable(&vm->lock)) {
		kvfree(table);
		return args_error(&args, arg, -EINTR);
	}
	table = rcu_replace_pointer(vm->policy, table, lockdep_is_held(&vm->lock));
	mutex_unlock(&vm->lock);
	if (table)
		kvfree_rcu(table, rcu);
	return 0;
}

/* ---- XVCPU_SET_INTERCEPTS ---- */

/**
 * xvcpu_vcpu_set_intercepts - XVCPU_SET_INTERCEPTS
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_set_intercepts(struct xvcpu_vcpu *vcpu, struct xvcpu_intercepts __user *arg)
{
	struct xvcpu_intercepts args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (args.flags)
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS, offsetof(typeof(args), flags),
				  args.flags, 0);
	else
		err = vmx_check_intercepts(&args, &args.error);
	if (err)
		return args_error(&args, arg, err);
	err = xvcpu_vcpu_stop(vcpu);
	if (err)
		return args_error(&args, arg, err);
	err = xvcpu_vcpu_load(vcpu);
	if (!err) {
		vmx_set_intercepts(&vcpu->vmx, &args);
		xvcpu_vcpu_unload(vcpu);
	}
	xvcpu_vcpu_continue(vcpu);
	return args_error(&args, arg, err);
}

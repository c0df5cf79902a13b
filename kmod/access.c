// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_TRANSLATE and XVCPU_ACCESS: guest addresses and guest memory, for the VMM.
 *
 * The registers that decide are taken with the vCPU stopped; the walk and the copy then go on
 * without it, as another vCPU's would. They are made in the owner's address space, by the rules of
 * memory.h.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/processor-flags.h>

#include <xvcpu.h>

#include "args.h"
#include "vcpu.h"
#include "vm.h"
#include "walk.h"

#define ACCESS_MAX	65536
#define ACCESS_FLAGS	(XVCPU_AS_SUPERVISOR | XVCPU_ACCESS_TO_GUEST | XVCPU_ACCESS_LINEAR)
#define ACCESS_KINDS	(XVCPU_ACCESS_READ | XVCPU_ACCESS_WRITE | XVCPU_ACCESS_EXEC)

static int read_table(void *ctx, u64 gpa, void *buf, unsigned int len)
{
	struct xvcpu_vcpu *vcpu = ctx;

	return xvcpu_memory_read(&vcpu->vm->memory, gpa, buf, len);
}

static int exchange_entry(void *ctx, u64 gpa, u64 old, u64 new, unsigned int len)
{
	struct xvcpu_vcpu *vcpu = ctx;

	return xvcpu_memory_exchange(&vcpu->vm->memory, gpa, old, new, len);
}

/* For walk_translate() and walk_access() with the vCPU as context. */
const struct walk_ops xvcpu_walk_ops = {
	.read = read_table,
	.exchange = exchange_entry,
};

/* The registers as they are, or as an implicit access of the supervisor's would find them. */
static int state_take(struct xvcpu_vcpu *vcpu, struct walk_state *state, bool supervisor)
{
	int err = xvcpu_vcpu_stop(vcpu);

	if (err)
		return err;
	err = xvcpu_vcpu_load(vcpu);
	if (!err) {
		vmx_walk_state(&vcpu->vmx, state);
		xvcpu_vcpu_unload(vcpu);
	}
	xvcpu_vcpu_continue(vcpu);
	if (!err && supervisor) {
		state->cpl = 0;
		state->rflags |= X86_EFLAGS_AC;
	}
	return err;
}

static u32 outcome_of(enum walk_outcome outcome)
{
	switch (outcome) {
	case WALK_OK:
		return XVCPU_TRANSLATION_OK;
	case WALK_PAGE_FAULT:
		return XVCPU_TRANSLATION_PAGE_FAULT;
	case WALK_NONCANONICAL:
		return XVCPU_TRANSLATION_NONCANONICAL;
	case WALK_NO_TABLE:
		break;
	}
	return XVCPU_TRANSLATION_NO_TABLE;
}

static int translate_check(struct xvcpu_translate *args)
{
	u32 access = args->access;

	if (args->flags & ~XVCPU_AS_SUPERVISOR)
		return args_refuse(&args->error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, XVCPU_AS_SUPERVISOR);
	if (access & ~ACCESS_KINDS)
		return args_refuse(&args->error, XVCPU_ERR_BITS, offsetof(typeof(*args), access),
				   access, ACCESS_KINDS);
	if (!access || ((access & XVCPU_ACCESS_EXEC) && access != XVCPU_ACCESS_EXEC))
		return args_refuse(&args->error, XVCPU_ERR_VALUE, offsetof(typeof(*args), access),
				   access, XVCPU_ACCESS_READ);
	return 0;
}

static int translate(struct xvcpu_vcpu *vcpu, struct xvcpu_translate *args)
{
	struct walk_state state;
	struct walk_result result;
	int err;

	if (!xvcpu_memory_is_owner(&vcpu->vm->memory))
		return -EIO;
	err = state_take(vcpu, &state, args->flags & XVCPU_AS_SUPERVISOR);
	if (err)
		return err;
	args->outcome = outcome_of(walk_translate(&state, &xvcpu_walk_ops, vcpu, args->gva,
						  args->access, &result));
	args->gpa = result.gpa;
	args->page_size = result.page_size;
	args->rights = result.rights;
	args->error_code = result.error_code;
	return 0;
}

/**
 * xvcpu_vcpu_translate - XVCPU_TRANSLATE
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_translate(struct xvcpu_vcpu *vcpu, struct xvcpu_translate __user *arg)
{
	struct xvcpu_translate args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = translate_check(&args);
	if (!err)
		err = translate(vcpu, &args);
	if (!err && copy_to_user(&arg->outcome, &args.outcome, offsetof(typeof(args), error) -
				 offsetof(typeof(args), outcome)))
		err = -EFAULT;
	return args_error(&args, arg, err);
}

static int access_check(struct xvcpu_access *args)
{
	if (args->flags & ~ACCESS_FLAGS)
		return args_refuse(&args->error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, ACCESS_FLAGS);
	if ((args->flags & XVCPU_AS_SUPERVISOR) && !(args->flags & XVCPU_ACCESS_LINEAR))
		return args_refuse(&args->error, XVCPU_ERR_VALUE, offsetof(typeof(*args), flags),
				   args->flags, XVCPU_ACCESS_LINEAR);
	if (!args->length || args->length > ACCESS_MAX)
		return args_refuse(&args->error, XVCPU_ERR_RANGE, offsetof(typeof(*args), length),
				   args->length, args->length ? ACCESS_MAX : 1);
	if (args->address + args->length - 1 < args->address)
		return args_refuse(&args->error, XVCPU_ERR_WRAP, offsetof(typeof(*args), address),
				   args->address, ~0ull);
	return 0;
}

/* Where the piece at @at is; false with the outcome if nowhere. */
static bool piece_place(struct xvcpu_vcpu *vcpu, const struct walk_state *state,
			struct xvcpu_access *args, u64 at, u64 *gpa)
{
	u32 access = args->flags & XVCPU_ACCESS_TO_GUEST ? XVCPU_ACCESS_WRITE : XVCPU_ACCESS_READ;
	struct walk_result result;

	*gpa = at;
	if (!(args->flags & XVCPU_ACCESS_LINEAR))
		return true;
	args->outcome = outcome_of(walk_translate(state, &xvcpu_walk_ops, vcpu, at, access,
						  &result));
	args->error_code = result.error_code;
	*gpa = result.gpa;
	return args->outcome == XVCPU_TRANSLATION_OK;
}

/* One piece, which is in one page. Return: 0; 1 with the outcome; an errno that ends the call. */
static int piece_copy(struct xvcpu_vcpu *vcpu, struct xvcpu_access *args, u64 gpa, void *buf,
		      unsigned int len)
{
	void __user *user = u64_to_user_ptr(args->buffer) + args->done;
	struct xvcpu_vm_memory *memory = &vcpu->vm->memory;
	int err;

	if (args->flags & XVCPU_ACCESS_TO_GUEST) {
		if (copy_from_user(buf, user, len))
			return -EFAULT;
		err = xvcpu_memory_write(memory, gpa, buf, len);
	} else {
		err = xvcpu_memory_read(memory, gpa, buf, len);
		if (!err && copy_to_user(user, buf, len))
			return -EFAULT;
	}
	if (err == -EINTR || err == -EIO)
		return err;
	if (err)
		args->outcome = err == -EROFS ? XVCPU_TRANSLATION_READONLY :
						XVCPU_TRANSLATION_NO_MEMORY;
	return !!err;
}

static int access(struct xvcpu_vcpu *vcpu, struct xvcpu_access *args)
{
	struct walk_state state;
	int err = 0;
	void *buf;

	if (!xvcpu_memory_is_owner(&vcpu->vm->memory))
		return -EIO;
	if (args->flags & XVCPU_ACCESS_LINEAR)
		err = state_take(vcpu, &state, args->flags & XVCPU_AS_SUPERVISOR);
	if (err)
		return err;
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	while (args->done < args->length) {
		u64 at = args->address + args->done, gpa;
		unsigned int len = min_t(u64, args->length - args->done,
					 PAGE_SIZE - offset_in_page(at));

		if (!piece_place(vcpu, &state, args, at, &gpa))
			break;
		err = piece_copy(vcpu, args, gpa, buf, len);
		if (err)
			break;
		args->done += len;
	}
	kfree(buf);
	return err < 0 ? err : 0;
}

/**
 * xvcpu_vcpu_access - XVCPU_ACCESS
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_access(struct xvcpu_vcpu *vcpu, struct xvcpu_access __user *arg)
{
	struct xvcpu_access args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = access_check(&args);
	if (!err) {
		args.done = 0;
		args.outcome = XVCPU_TRANSLATION_OK;
		args.error_code = 0;
		err = access(vcpu, &args);
	}
	if (!err && copy_to_user(&arg->done, &args.done, offsetof(typeof(args), error) -
				 offsetof(typeof(args), done)))
		err = -EFAULT;
	return args_error(&args, arg, err);
}

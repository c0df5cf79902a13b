// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_INTERRUPT, XVCPU_NMI and XVCPU_EXCEPTION: events from the VMM.
 *
 * What they leave in vcpu->vmx is delivered by the next entry that can (vmx/event.c). An NMI is a
 * flag that anyone may set; the other two need the vCPU stopped.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include <xvcpu.h>

#include "args.h"
#include "vcpu.h"

#define INSN_LEN_MAX	15

static int interrupt_check(struct xvcpu_interrupt *args)
{
	if (args->flags)
		return args_refuse(&args->error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->vector > 255)
		return args_refuse(&args->error, XVCPU_ERR_RANGE, offsetof(typeof(*args), vector),
				   args->vector, 255);
	if (args->reserved)
		return args_refuse(&args->error, XVCPU_ERR_RESERVED,
				   offsetof(typeof(*args), reserved), args->reserved, 0);
	return 0;
}

/**
 * xvcpu_vcpu_interrupt - XVCPU_INTERRUPT
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_interrupt(struct xvcpu_vcpu *vcpu, struct xvcpu_interrupt __user *arg)
{
	struct xvcpu_interrupt args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = interrupt_check(&args);
	if (err)
		return args_error(&args, arg, err);
	err = xvcpu_vcpu_stop(vcpu);
	if (err)
		return args_error(&args, arg, err);
	err = xvcpu_vcpu_load(vcpu);
	if (!err) {
		err = vmx_interrupt(&vcpu->vmx, args.vector, &args.error);
		xvcpu_vcpu_unload(vcpu);
	}
	xvcpu_vcpu_continue(vcpu);
	return args_error(&args, arg, err);
}

/**
 * xvcpu_vcpu_nmi - XVCPU_NMI
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_nmi(struct xvcpu_vcpu *vcpu, struct xvcpu_nmi __user *arg)
{
	struct xvcpu_nmi args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (args.flags) {
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS, offsetof(typeof(args), flags),
				  args.flags, 0);
		return args_error(&args, arg, err);
	}
	if (!vmx_has_nmis(&args.error))
		return args_error(&args, arg, -EOPNOTSUPP);
	/* A full barrier, as xvcpu_vcpu_kick_out() wants. */
	atomic_xchg(&vcpu->vmx.nmi, 1);
	xvcpu_vcpu_kick_out(vcpu, false);
	return 0;
}

/* For each type: its form for the entry, and the vectors that it can have. */
static const struct {
	u32 info;
	u8 first, last;
	bool has_length;
} exception_types[] = {
	[XVCPU_EXCEPTION_FAULT] = { INTR_TYPE_HARD_EXCEPTION, 0, 31, false },
	[XVCPU_EXCEPTION_INT3]  = { INTR_TYPE_SOFT_EXCEPTION, X86_TRAP_BP, X86_TRAP_OF, true },
	[XVCPU_EXCEPTION_INT1]  = { INTR_TYPE_PRIV_SW_EXCEPTION, X86_TRAP_DB, X86_TRAP_DB, true },
	[XVCPU_EXCEPTION_INTN]  = { INTR_TYPE_SOFT_INTR, 0, 255, true },
};

static int exception_check(struct xvcpu_exception *args)
{
	unsigned int least, most;

	if (args->flags)
		return args_refuse(&args->error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->type >= ARRAY_SIZE(exception_types))
		return args_refuse(&args->error, XVCPU_ERR_RANGE, offsetof(typeof(*args), type),
				   args->type, ARRAY_SIZE(exception_types) - 1);
	args->type = array_index_nospec(args->type, ARRAY_SIZE(exception_types));
	least = exception_types[args->type].first;
	most = exception_types[args->type].last;
	if (args->vector < least || args->vector > most ||
	    (args->type == XVCPU_EXCEPTION_FAULT && args->vector == X86_TRAP_NMI))
		return args_refuse(&args->error, XVCPU_ERR_RANGE, offsetof(typeof(*args), vector),
				   args->vector, args->vector < least ? least : most);
	least = exception_types[args->type].has_length;
	most = least ? INSN_LEN_MAX : 0;
	if (args->insn_len < least || args->insn_len > most)
		return args_refuse(&args->error, XVCPU_ERR_RANGE,
				   offsetof(typeof(*args), insn_len), args->insn_len, most);
	return 0;
}

static int payload_check(struct xvcpu_exception *args)
{
	size_t code = offsetof(typeof(*args), error_code);
	size_t payload = offsetof(typeof(*args), payload);

	if (args->error_code >> 16)
		return args_refuse(&args->error, XVCPU_ERR_BITS, code, args->error_code, 0xffff);
	if (args->vector == X86_TRAP_DB && args->type != XVCPU_EXCEPTION_INTN &&
	    (args->payload & ~VMX_DR6_SETTABLE))
		return args_refuse(&args->error, XVCPU_ERR_BITS, payload, args->payload,
				   VMX_DR6_SETTABLE);
	return 0;
}

static void exception_raise(struct vmx_vcpu *vmx, const struct xvcpu_exception *args)
{
	if (args->type == XVCPU_EXCEPTION_FAULT) {
		vmx_raise_with_payload(vmx, args->vector, args->error_code, args->payload);
		return;
	}
	if (args->type == XVCPU_EXCEPTION_INT1)
		vmx->dr6 |= args->payload;
	vmx->event.info = args->vector | exception_types[args->type].info | INTR_INFO_VALID_MASK;
	vmx->event.insn_len = args->insn_len;
}

/* Under vcpu->lock. */
static long exception(struct xvcpu_vcpu *vcpu, struct xvcpu_exception *args)
{
	struct vmx_vcpu *vmx = &vcpu->vmx;
	long err;

	if (vcpu->running) {
		args_refuse(&args->error, XVCPU_ERR_RUNNING, 0, 0, 0);
		return -EBUSY;
	}
	if (vmx_exit_waits(vmx)) {
		args_refuse(&args->error, XVCPU_ERR_WAITING, 0, vmx->wait.reason, 0);
		return -EBUSY;
	}
	if (vmx->event.info) {
		args_refuse(&args->error, XVCPU_ERR_PENDING, 0,
			    vmx->event.info & INTR_INFO_VECTOR_MASK, 0);
		return -EAGAIN;
	}
	err = xvcpu_vcpu_load(vcpu);
	if (err)
		return err;
	exception_raise(vmx, args);
	xvcpu_vcpu_unload(vcpu);
	return 0;
}

/**
 * xvcpu_vcpu_exception - XVCPU_EXCEPTION
 * @vcpu: the vCPU
 * @arg: the caller's struct
 */
long xvcpu_vcpu_exception(struct xvcpu_vcpu *vcpu, struct xvcpu_exception __user *arg)
{
	struct xvcpu_exception args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	err = exception_check(&args);
	if (!err)
		err = payload_check(&args);
	if (err)
		return args_error(&args, arg, err);
	err = -EINTR;
	if (!mutex_lock_killable(&vcpu->lock)) {
		err = exception(vcpu, &args);
		mutex_unlock(&vcpu->lock);
	}
	return args_error(&args, arg, err);
}

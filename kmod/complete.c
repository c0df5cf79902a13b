// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of RUN: registers from and to the sync section, and the exit that waits for its answer.
 *
 * What the VMM wrote is copied out of the run area first, then judged, then applied: nothing is
 * read twice, and a refused request leaves registers and the waiting exit as they were. What an
 * exit needs for its completion (size, destination, instruction length) is the kernel's own
 * record in vmx.wait and vcpu->mmio.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/trapnr.h>

#include <xvcpu.h>

#include "args.h"
#include "vcpu.h"
#include "vm.h"

#define HAS(mask, group)	((mask) & XVCPU_GROUP_BIT(XVCPU_GROUP_##group))

/**
 * struct dirty_groups - what the VMM changed, copied from the sync section
 * @regs: REGS
 * @cregs: CREGS
 * @sregs: SREGS
 */
struct dirty_groups {
	struct xvcpu_regs regs;
	struct xvcpu_cregs cregs;
	struct xvcpu_sregs sregs;
};

static int dirty_read(struct xvcpu_vcpu *vcpu, u64 mask, struct dirty_groups *dirty,
		      struct xvcpu_error *error)
{
	struct xvcpu_run_sync *sync = run_sync(vcpu);
	size_t base = 0;
	int err = 0;

	if (HAS(mask, REGS))
		dirty->regs = sync->regs;
	if (HAS(mask, CREGS))
		dirty->cregs = sync->cregs;
	if (HAS(mask, SREGS))
		dirty->sregs = sync->sregs;
	/* The checks below must see the copies. */
	barrier();

	if (HAS(mask, REGS)) {
		base = offsetof(typeof(*sync), regs);
		err = vmx_check_regs(&dirty->regs, error);
	}
	if (!err && HAS(mask, CREGS)) {
		base = offsetof(typeof(*sync), cregs);
		err = vmx_check_cregs(&vcpu->vmx, &vcpu->vmx.limits, &dirty->cregs, error);
	}
	if (!err && HAS(mask, SREGS)) {
		base = offsetof(typeof(*sync), sregs);
		err = vmx_check_sregs(&dirty->sregs, error);
	}
	if (err)
		error->field += RUN_SYNC + base;
	return err;
}

static void dirty_apply(struct xvcpu_vcpu *vcpu, u64 mask, const struct dirty_groups *dirty)
{
	if (HAS(mask, REGS)) {
		vmx_set_regs(&vcpu->vmx, &dirty->regs);
		vcpu->vmx.shutdown = false;
	}
	if (HAS(mask, CREGS))
		vmx_set_cregs(&vcpu->vmx, &dirty->cregs);
	if (HAS(mask, SREGS))
		vmx_set_sregs(&vcpu->vmx, &dirty->sregs);
}

/* Entry refuses error codes above 16 bits (SDM "VM-Entry Control Fields"). */
static int exception_check(const struct xvcpu_run_request *request, struct xvcpu_error *error)
{
	if (request->vector >= 32 || request->vector == X86_TRAP_NMI)
		return args_refuse(error, XVCPU_ERR_RANGE,
				   RUN_REQUEST + offsetof(typeof(*request), vector),
				   request->vector, 31);
	if (request->error_code >> 16)
		return args_refuse(error, XVCPU_ERR_BITS,
				   RUN_REQUEST + offsetof(typeof(*request), error_code),
				   request->error_code, 0xffff);
	if (request->vector == X86_TRAP_DB && (request->payload & ~VMX_DR6_SETTABLE))
		return args_refuse(error, XVCPU_ERR_BITS,
				   RUN_REQUEST + offsetof(typeof(*request), payload),
				   request->payload, VMX_DR6_SETTABLE);
	return 0;
}

static int answer_check(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request,
			struct xvcpu_error *error)
{
	size_t answer = RUN_REQUEST + offsetof(typeof(*request), answer);

	switch (request->answer) {
	case XVCPU_ANSWER_DONE:
		if (vcpu->vmx.wait.kind != VMX_WAITS_RAW)
			return 0;
		return args_refuse(error, XVCPU_ERR_VALUE, answer, request->answer,
				   XVCPU_ANSWER_SKIPPED);
	case XVCPU_ANSWER_RETRY:
		return 0;
	case XVCPU_ANSWER_SKIPPED:
		if (HAS(request->dirty, REGS))
			return 0;
		return args_refuse(error, XVCPU_ERR_MISSING,
				   RUN_REQUEST + offsetof(typeof(*request), dirty),
				   request->dirty, XVCPU_GROUP_BIT(XVCPU_GROUP_REGS));
	case XVCPU_ANSWER_EXCEPTION:
		return exception_check(request, error);
	}
	return args_refuse(error, XVCPU_ERR_RANGE, answer, request->answer, XVCPU_ANSWER_EXCEPTION);
}

/* The registers that CPUID gives, each read once. */
static void answer_cpuid(struct xvcpu_vcpu *vcpu, u32 reg[4])
{
	struct xvcpu_exit_cpuid *cpuid = &run_exit(vcpu)->cpuid;

	reg[0] = READ_ONCE(cpuid->eax);
	reg[1] = READ_ONCE(cpuid->ecx);
	reg[2] = READ_ONCE(cpuid->edx);
	reg[3] = READ_ONCE(cpuid->ebx);
}

/* The data of the answer; each member is read once. */
static u64 answer_data(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_run_exit *exit = run_exit(vcpu);

	switch (vcpu->vmx.wait.kind) {
	case VMX_WAITS_IN:
		return READ_ONCE(exit->io.data);
	case VMX_WAITS_RDMSR:
		return READ_ONCE(exit->msr.value);
	case VMX_WAITS_HYPERCALL:
		return READ_ONCE(exit->hypercall.result);
	case VMX_WAITS_MMIO:
		return READ_ONCE(*(u64 *)exit->mmio.data);
	case VMX_WAITS_INSTRUCTION:
		return READ_ONCE(exit->instruction.value);
	}
	return 0;
}

/* IN writes AL, AX or EAX, and a 32-bit write clears the upper half. */
static void complete_in(struct vmx_vcpu *vmx, u64 data)
{
	unsigned long rax = vmx->gpr[0];

	switch (vmx->wait.size) {
	case 1:
		rax = (rax & ~0xfful) | (data & 0xff);
		break;
	case 2:
		rax = (rax & ~0xfffful) | (data & 0xffff);
		break;
	default:
		rax = (u32)data;
	}
	vmx_write_reg(vmx, 0, rax);
}

/*
 * The vCPU is loaded; @rip is that of the exiting instruction, before dirty registers. True if the
 * instruction has another access to make.
 */
static bool complete_done(struct xvcpu_vcpu *vcpu, u64 data, unsigned long rip)
{
	struct vmx_vcpu *vmx = &vcpu->vmx;
	u32 reg[4];
	unsigned int i;

	switch (vmx->wait.kind) {
	case VMX_WAITS_NOT:
	case VMX_WAITS_RETRY:
		return false;
	case VMX_WAITS_IN:
		complete_in(vmx, data);
		break;
	case VMX_WAITS_RDMSR:
		vmx_write_reg(vmx, 0, lower_32_bits(data));
		vmx_write_reg(vmx, 2, upper_32_bits(data));
		break;
	case VMX_WAITS_HYPERCALL:
		vmx_write_reg(vmx, 0, vmx_is_64bit(vmx) ? data : (u32)data);
		break;
	case VMX_WAITS_INS:
	case VMX_WAITS_OUTS:
		vmx_jump(vmx, rip);
		xvcpu_string_io_complete(vcpu);
		return false;
	case VMX_WAITS_CPUID:
		answer_cpuid(vcpu, reg);
		for (i = 0; i < ARRAY_SIZE(reg); i++)
			vmx_write_reg(vmx, i, reg[i]);
		break;
	case VMX_WAITS_INSTRUCTION:
		vmx_complete_instruction(vmx, data, READ_ONCE(run_exit(vcpu)->instruction.carry));
		break;
	case VMX_WAITS_MMIO:
		vmx_jump(vmx, rip);
		return xvcpu_mmio_complete(vcpu, data);
	}
	vmx_jump(vmx, rip);
	vmx_skip(vmx, vmx->wait.insn_len);
	return false;
}

static void complete_exception(struct vmx_vcpu *vmx, const struct xvcpu_run_request *request)
{
	if (vmx->wait.reason == XVCPU_EXIT_EXCEPTION) {
		vmx_raise_intercepted(vmx, request->vector, request->error_code, request->payload);
		return;
	}
	/* The answer replaces whatever was being delivered. */
	vmx->event.info = 0;
	vmx_raise_with_payload(vmx, request->vector, request->error_code, request->payload);
}

/* True if the instruction has another access to make: xvcpu_mmio_go_on(). */
static bool complete_exit(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request,
			  u64 data, unsigned long rip)
{
	struct vmx_vcpu *vmx = &vcpu->vmx;
	bool more = false;

	switch (request->answer) {
	case XVCPU_ANSWER_DONE:
		more = complete_done(vcpu, data, rip);
		break;
	case XVCPU_ANSWER_SKIPPED:
		vmx->event.info = 0;
		vmx_stop_blocking(vmx);
		break;
	case XVCPU_ANSWER_EXCEPTION:
		complete_exception(vmx, request);
		break;
	}
	vmx->wait.kind = VMX_WAITS_NOT;
	return more;
}

/**
 * xvcpu_complete - the first two steps of RUN: load dirty groups, complete the exit that waits
 * @vcpu: the vCPU
 * @request: the VMM's copy of the request section
 * @error:   filled on refusal
 *
 * Return: 0; 1: the same instruction needs the VMM again, and the exit section says for what;
 * -EINVAL: refused, nothing changed; -ENODEV: see xvcpu_vcpu_load(); likewise what
 * xvcpu_string_io_store() gives.
 */
int xvcpu_complete(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request,
		   struct xvcpu_error *error)
{
	bool waits = vcpu->vmx.wait.kind != VMX_WAITS_NOT;
	struct dirty_groups dirty;
	unsigned long rip;
	bool more = false;
	u64 data;
	int err;

	if (!waits && !request->dirty)
		return 0;
	err = dirty_read(vcpu, request->dirty, &dirty, error);
	if (!err && waits)
		err = answer_check(vcpu, request, error);
	if (err)
		return err;
	data = answer_data(vcpu);
	if (vcpu->vmx.wait.kind == VMX_WAITS_INS && request->answer == XVCPU_ANSWER_DONE)
		err = xvcpu_string_io_store(vcpu, error);
	if (err)
		return err;
	err = xvcpu_vcpu_load(vcpu);
	if (err)
		return err;

	/* From here nothing fails. */
	rip = vmx_rip(&vcpu->vmx);
	dirty_apply(vcpu, request->dirty, &dirty);
	if (waits)
		more = complete_exit(vcpu, request, data, rip);
	xvcpu_vcpu_unload(vcpu);

	WRITE_ONCE(run_request(vcpu)->dirty, 0);
	WRITE_ONCE(run_request(vcpu)->answer, XVCPU_ANSWER_DONE);
	return more ? xvcpu_mmio_go_on(vcpu) : 0;
}

/**
 * xvcpu_sync_out - the last step of RUN: what every exit tells, and the groups that the VMM wants
 * @vcpu: the vCPU
 * @groups: mask of groups, checked
 *
 * Return: 0, or -ENODEV as xvcpu_vcpu_load().
 */
int xvcpu_sync_out(struct xvcpu_vcpu *vcpu, u64 groups)
{
	struct xvcpu_run_sync *sync = run_sync(vcpu);
	struct xvcpu_run_exit *exit = run_exit(vcpu);
	int err;

	WRITE_ONCE(sync->valid, groups);
	err = xvcpu_vcpu_load(vcpu);
	if (err)
		return err;
	WRITE_ONCE(exit->flags, vmx_event_flags(&vcpu->vmx) |
		   (vmx_exit_waits(&vcpu->vmx) ? XVCPU_EXIT_FLAG_WAITS : 0));
	WRITE_ONCE(exit->cr8, vcpu->vmx.cr8);
	if (HAS(groups, REGS))
		vmx_get_regs(&vcpu->vmx, &sync->regs);
	if (HAS(groups, CREGS))
		vmx_get_cregs(&vcpu->vmx, &sync->cregs);
	if (HAS(groups, SREGS))
		vmx_get_sregs(&vcpu->vmx, &sync->sregs);
	xvcpu_vcpu_unload(vcpu);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that no slot answers: decoded MMIO where the instruction is one of those that drivers
 * use, its raw bytes otherwise; and memory faults.
 *
 * What the decoder sees is what guest memory holds now, which another vCPU may have changed since
 * the access: a decoded access that does not match the exit's direction and address goes to
 * userspace as raw bytes. Runs in the thread in RUN, with preemption on; it sleeps in page
 * faults.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xvcpu.h>

#include "insn.h"
#include "vcpu.h"
#include "vm.h"
#include "walk.h"

/**
 * struct mmio_context - registers that decide what an instruction means
 * @walk: paging
 * @regs: general registers, RIP and RFLAGS
 * @cs_base: base of CS
 * @bits: 16, 32 or 64
 */
struct mmio_context {
	struct walk_state walk;
	struct xvcpu_regs regs;
	unsigned long cs_base;
	unsigned int bits;
};

static int context_read(struct xvcpu_vcpu *vcpu, struct mmio_context *context)
{
	int err = xvcpu_vcpu_load(vcpu);

	if (err)
		return err;
	vmx_walk_state(&vcpu->vmx, &context->walk);
	vmx_get_regs(&vcpu->vmx, &context->regs);
	context->cs_base = vmx_segment_base(&vcpu->vmx, MMIO_CS);
	context->bits = vmx_cs_bits(&vcpu->vmx);
	xvcpu_vcpu_unload(vcpu);
	return 0;
}

/* Bytes at RIP, at most two pages of them; fewer where the second page cannot be read. */
static unsigned int fetch(struct xvcpu_vcpu *vcpu, const struct mmio_context *context, u8 *bytes)
{
	struct walk_result walk;
	unsigned int done = 0, chunk;
	u64 linear;

	while (done < MMIO_INSN_LENGTH_MAX) {
		linear = context->regs.rip + done;
		if (context->bits != 64)
			linear = (u32)(linear + context->cs_base);
		if (walk_translate(&context->walk, &xvcpu_walk_ops, vcpu, linear, XVCPU_ACCESS_EXEC,
				   &walk) != WALK_OK)
			break;
		chunk = min_t(unsigned int, MMIO_INSN_LENGTH_MAX - done,
			      PAGE_SIZE - offset_in_page(walk.gpa));
		if (xvcpu_memory_read(&vcpu->vm->memory, walk.gpa, bytes + done, chunk))
			break;
		done += chunk;
	}
	return done;
}

static enum mmio_mode mode_of(unsigned int bits)
{
	return bits == 64 ? MMIO_MODE_64 : bits == 32 ? MMIO_MODE_32 : MMIO_MODE_16;
}

static void regs_array(const struct xvcpu_regs *from, u64 *to)
{
	memcpy(to, from, MMIO_REGS * sizeof(*to));
}

/* Whether the decoded instruction makes just the access that exited, within one page. */
static bool decode(struct xvcpu_vcpu *vcpu, const struct mmio_context *context, const u8 *bytes,
		   unsigned int len, struct mmio_insn *insn)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	u64 regs[MMIO_REGS], linear, base;

	if (mmio_insn_decode(insn, mode_of(context->bits), bytes, len))
		return false;
	if (mmio_is_store(insn) != !!(fault->access & XVCPU_ACCESS_WRITE))
		return false;
	regs_array(&context->regs, regs);
	if (mmio_string_done(insn, regs))
		return false;
	if (offset_in_page(fault->gpa) + insn->mem_size > PAGE_SIZE)
		return false;
	if (!(fault->access & XVCPU_ACCESS_GLA))
		return true;
	if (xvcpu_vcpu_load(vcpu))
		return false;
	base = vmx_segment_base(&vcpu->vmx, insn->segment);
	xvcpu_vcpu_unload(vcpu);
	linear = mmio_linear_address(insn, regs, context->regs.rip, base);
	return linear == fault->gla;
}

static void fill_raw(struct xvcpu_vcpu *vcpu, const u8 *bytes, unsigned int len)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	struct xvcpu_exit_mmio *mmio = &run_exit(vcpu)->mmio;

	memset(mmio, 0, sizeof(*mmio));
	mmio->gpa = fault->gpa;
	mmio->gla = fault->gla;
	if (fault->access & XVCPU_ACCESS_WRITE)
		mmio->flags |= XVCPU_MMIO_WRITE;
	if (fault->access & XVCPU_ACCESS_GLA)
		mmio->flags |= XVCPU_MMIO_GLA;
	mmio->insn_bytes = len;
	memcpy(mmio->insn, bytes, len);
}

/**
 * xvcpu_mmio_exit - a data access outside every slot, or a write to a read-only one
 * @vcpu: the vCPU
 */
enum vmx_next xvcpu_mmio_exit(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_exit_mmio *mmio = &run_exit(vcpu)->mmio;
	struct mmio_insn *insn = &vcpu->mmio.insn;
	u8 bytes[MMIO_INSN_LENGTH_MAX] = {};
	struct mmio_context context;
	u64 regs[MMIO_REGS], data;
	unsigned int len;

	if (context_read(vcpu, &context))
		return VMX_NOT_HERE;
	len = fetch(vcpu, &context, bytes);
	fill_raw(vcpu, bytes, len);
	if (!decode(vcpu, &context, bytes, len, insn)) {
		vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_MMIO, VMX_WAITS_RAW);
		return VMX_TO_USER;
	}
	mmio->flags |= XVCPU_MMIO_DECODED;
	mmio->size = insn->mem_size;
	mmio->insn_len = insn->length;
	if (mmio_is_store(insn)) {
		regs_array(&context.regs, regs);
		data = mmio_store_value(insn, regs);
		memcpy(mmio->data, &data, sizeof(data));
	}
	vcpu->vmx.wait.insn_len = insn->length;
	vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_MMIO, VMX_WAITS_MMIO);
	return VMX_TO_USER;
}

/* One access of a string instruction is done; RIP stays while the count is not 0. */
static void complete_string(struct xvcpu_vcpu *vcpu, const struct mmio_insn *insn)
{
	u64 regs[MMIO_REGS];
	struct xvcpu_regs all;

	vmx_get_regs(&vcpu->vmx, &all);
	regs_array(&all, regs);
	/* Dirty registers were loaded before: the VMM may have made the count 0. */
	if (!mmio_string_done(insn, regs))
		mmio_string_step(insn, regs, all.rflags);
	vmx_write_reg(&vcpu->vmx, MMIO_REG_RDI, regs[MMIO_REG_RDI]);
	vmx_write_reg(&vcpu->vmx, MMIO_REG_RCX, regs[MMIO_REG_RCX]);
	if (!insn->rep || mmio_string_done(insn, regs))
		vmx_skip(&vcpu->vmx, insn->length);
	else
		vmx_stop_blocking(&vcpu->vmx);
}

/**
 * xvcpu_mmio_complete - the VMM has answered a decoded access
 * @vcpu: the vCPU
 * @data: for a load, what was read
 *
 * The vCPU is loaded, RIP at the instruction.
 */
void xvcpu_mmio_complete(struct xvcpu_vcpu *vcpu, u64 data)
{
	const struct mmio_insn *insn = &vcpu->mmio.insn;
	struct xvcpu_regs regs;
	u64 old;

	if (insn->kind == MMIO_INSN_STOS) {
		complete_string(vcpu, insn);
		return;
	}
	if (!mmio_is_store(insn)) {
		vmx_get_regs(&vcpu->vmx, &regs);
		old = ((u64 *)&regs)[insn->reg & (MMIO_REGS - 1)];
		vmx_write_reg(&vcpu->vmx, insn->reg, mmio_load_value(insn, old, data));
	}
	vmx_skip(&vcpu->vmx, insn->length);
}

/**
 * xvcpu_memory_exit_to_user - an access that is not MMIO either
 * @vcpu: the vCPU
 * @error: 0, or a positive errno that getting the page gave
 *
 * While an event was being delivered it is its own exit, with the event, which stays to be
 * delivered again.
 */
enum vmx_next xvcpu_memory_exit_to_user(struct xvcpu_vcpu *vcpu, int error)
{
	struct xvcpu_exit_memory *memory = &run_exit(vcpu)->memory;
	const struct vmx_event *event = &vcpu->vmx.event;
	const struct vmx_fault *fault = &vcpu->vmx.fault;

	memset(memory, 0, sizeof(*memory));
	memory->gpa = fault->gpa;
	memory->gla = fault->gla;
	memory->access = fault->access;
	memory->error = error;
	if (event->info) {
		memory->event_info = event->info;
		memory->event_error = event->error;
		memory->event_insn_len = event->insn_len;
	}
	vmx_exit_to_user(&vcpu->vmx,
			 event->info ? XVCPU_EXIT_EVENT_FAULT : XVCPU_EXIT_MEMORY_FAULT,
			 VMX_WAITS_RETRY);
	return VMX_TO_USER;
}

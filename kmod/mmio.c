// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits for guest-physical accesses that memory cannot answer: MMIO, decoded where it is an
 * instruction that drivers use, its raw bytes otherwise; and memory faults.
 *
 * A decoded instruction is executed here: read, compute, write, registers. What of it is MMIO the
 * VMM is asked for, one exit for the read and one for the write, which come one right behind the
 * other: the RUN that completes the read gives the write. Registers change with the last answer.
 *
 * What the decoder sees is what guest memory holds now, which another vCPU may have changed since
 * the access: if it does not match the exit's direction and address, the guest executes what is
 * there now, and after some such attempts the bytes go to userspace. Runs in the thread in RUN,
 * with preemption on; it sleeps in page faults.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xvcpu.h>

#include "insn.h"
#include "mmio.h"
#include "vcpu.h"
#include "vm.h"
#include "walk.h"

/* Enough for a guest that changes its code now and then; a bound for one that never stops. */
#define RETRIES_MAX	8

/**
 * enum mmio_match - whether decoded bytes are those of the access that exited
 * @MATCH:       they are
 * @MATCH_NOT:   they are not; the guest may have changed them
 * @MATCH_NEVER: it is an access that is left to the VMM
 */
enum mmio_match {
	MATCH,
	MATCH_NOT,
	MATCH_NEVER,
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

static bool has_written(const struct xvcpu_vcpu *vcpu)
{
	return vcpu->vmx.fault.access & XVCPU_ACCESS_WRITE;
}

static bool reads_and_writes(const struct mmio_insn *insn)
{
	return mmio_reads(insn) && mmio_writes(insn);
}

/* Whether the decoded instruction makes just the access that exited. */
static enum mmio_match match_access(struct xvcpu_vcpu *vcpu, const struct mmio_context *context)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	const u64 *regs = mmio_regs(&context->regs);
	struct mmio_insn operand = vcpu->mmio.insn;
	u64 linear, base;

	/* Of an instruction that does both the processor may name one or both. */
	if (has_written(vcpu) ? !mmio_writes(&operand) : !mmio_reads(&operand))
		return MATCH_NOT;
	if (mmio_string_done(&operand, regs))
		return MATCH_NOT;
	if (operand.kind == MMIO_INSN_MOVS && has_written(vcpu))
		mmio_destination(&vcpu->mmio.insn, &operand);
	if (xvcpu_vcpu_load(vcpu))
		return MATCH_NOT;
	base = vmx_segment_base(&vcpu->vmx, operand.segment);
	xvcpu_vcpu_unload(vcpu);
	linear = mmio_linear_address(&operand, regs, context->regs.rip, base);
	/* An access in two pages exits for either of them. */
	if (offset_in_page(linear) + operand.mem_size > PAGE_SIZE &&
	    fault->gla - linear < operand.mem_size)
		return MATCH_NEVER;
	return linear == fault->gla ? MATCH : MATCH_NOT;
}

static enum mmio_match match(struct xvcpu_vcpu *vcpu, const struct mmio_context *context)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;

	if (!(vcpu->vmx.fault.access & XVCPU_ACCESS_GLA))
		return MATCH_NEVER;
	switch (mmio_insn_decode(&mmio->insn, mode_of(context->bits), mmio->bytes, mmio->nr)) {
	case 0:
		return match_access(vcpu, context);
	case -ENODATA:
		/* The processor has had all of it. */
		return MATCH_NOT;
	default:
		return MATCH_NEVER;
	}
}

/* The exit section, but for what is known of decoded instructions only. */
static struct xvcpu_exit_mmio *fill_exit(struct xvcpu_vcpu *vcpu, u64 gpa, u64 gla, bool write)
{
	struct xvcpu_exit_mmio *exit = &run_exit(vcpu)->mmio;
	const struct xvcpu_mmio *mmio = &vcpu->mmio;

	memset(exit, 0, sizeof(*exit));
	exit->gpa = gpa;
	exit->gla = gla;
	if (write)
		exit->flags |= XVCPU_MMIO_WRITE;
	exit->insn_bytes = mmio->nr;
	memcpy(exit->insn, mmio->bytes, mmio->nr);
	return exit;
}

static enum vmx_next exit_raw(struct xvcpu_vcpu *vcpu)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	struct xvcpu_exit_mmio *exit;

	vcpu->mmio.retries = 0;
	exit = fill_exit(vcpu, fault->gpa, fault->gla, has_written(vcpu));
	if (fault->access & XVCPU_ACCESS_GLA)
		exit->flags |= XVCPU_MMIO_GLA;
	vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_MMIO, VMX_WAITS_RAW);
	return VMX_TO_USER;
}

static struct xvcpu_exit_mmio *exit_decoded(struct xvcpu_vcpu *vcpu,
					    const struct mmio_place *place, unsigned int piece,
					    enum mmio_step step)
{
	const struct mmio_insn *insn = &vcpu->mmio.insn;
	struct xvcpu_exit_mmio *exit;

	vcpu->mmio.step = step;
	exit = fill_exit(vcpu, place->gpa[piece], place->gla + (piece ? place->size[0] : 0),
			 step == MMIO_WRITE);
	exit->flags |= XVCPU_MMIO_DECODED | XVCPU_MMIO_GLA;
	exit->size = place->size[piece];
	exit->insn_len = insn->length;
	vcpu->vmx.wait.insn_len = insn->length;
	vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_MMIO, VMX_WAITS_MMIO);
	return exit;
}

static enum vmx_next exit_read(struct xvcpu_vcpu *vcpu)
{
	exit_decoded(vcpu, &vcpu->mmio.source, 0, MMIO_READ);
	return VMX_TO_USER;
}

static enum vmx_next exit_write(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	struct xvcpu_exit_mmio *exit = exit_decoded(vcpu, &mmio->dest, mmio->piece, MMIO_WRITE);

	memcpy(exit->data, (u8 *)&mmio->result.store + (mmio->piece ? mmio->dest.size[0] : 0),
	       mmio->dest.size[mmio->piece]);
	return VMX_TO_USER;
}

static enum mmio_find find_movs(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
				enum vmx_next *next)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	struct mmio_insn dest;

	if (has_written(vcpu))
		return xvcpu_mmio_find(vcpu, context, &mmio->insn, XVCPU_ACCESS_READ,
				       &mmio->source, next);
	mmio_destination(&mmio->insn, &dest);
	return xvcpu_mmio_find(vcpu, context, &dest, XVCPU_ACCESS_WRITE, &mmio->dest, next);
}

/* The operand is read and written. */
static enum mmio_find find_both(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
				enum vmx_next *next)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	struct mmio_place place;
	enum mmio_find found;

	/* A read-only slot is read as memory. */
	if (has_written(vcpu))
		return xvcpu_mmio_is_memory(vcpu, &mmio->source, XVCPU_ACCESS_READ, next);
	/* The processor came to the read alone: whether the guest may write, it has not said. */
	found = xvcpu_mmio_find(vcpu, context, &mmio->insn, XVCPU_ACCESS_READ | XVCPU_ACCESS_WRITE,
				&place, next);
	if (found != MMIO_FOUND || (place.gpa[0] == mmio->source.gpa[0] && !place.memory))
		return found;
	*next = VMX_RESUME;
	return MMIO_ELSE;
}

/* Where the instruction's operands are, by what the processor said of one of them. */
static enum mmio_find find_operands(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
				    enum vmx_next *next)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	struct xvcpu_mmio *mmio = &vcpu->mmio;

	mmio->piece = 0;
	mmio->source = (struct mmio_place) {
		.gla = fault->gla,
		.gpa[0] = fault->gpa,
		.size[0] = mmio->insn.mem_size,
		.nr = 1,
	};
	mmio->dest = mmio->source;
	if (mmio->insn.kind == MMIO_INSN_MOVS)
		return find_movs(vcpu, context, next);
	return reads_and_writes(&mmio->insn) ? find_both(vcpu, context, next) : MMIO_FOUND;
}

/* The first access that is the VMM's. */
static enum vmx_next begin(struct xvcpu_vcpu *vcpu, const struct mmio_context *context)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	enum vmx_next next = VMX_RESUME;
	u64 data = 0;

	switch (find_operands(vcpu, context, &next)) {
	case MMIO_FOUND:
		break;
	case MMIO_CROSSES:
		return exit_raw(vcpu);
	case MMIO_ELSE:
		return next;
	}
	if (mmio_reads(&mmio->insn)) {
		if (!mmio->source.memory)
			return exit_read(vcpu);
		if (xvcpu_mmio_read_memory(vcpu, &mmio->source, &data, &next) != MMIO_FOUND)
			return next;
	}
	mmio_execute(&mmio->insn, mmio_regs(&context->regs), context->regs.rflags, data,
		     &mmio->result);
	return exit_write(vcpu);
}

/**
 * xvcpu_mmio_exit - a data access outside every slot, or a write to a read-only one
 * @vcpu: the vCPU
 */
enum vmx_next xvcpu_mmio_exit(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	struct mmio_context context;

	if (context_read(vcpu, &context))
		return VMX_NOT_HERE;
	memset(mmio->bytes, 0, sizeof(mmio->bytes));
	mmio->nr = fetch(vcpu, &context, mmio->bytes);
	switch (match(vcpu, &context)) {
	case MATCH:
		mmio->retries = 0;
		return begin(vcpu, &context);
	case MATCH_NOT:
		if (mmio->retries++ < RETRIES_MAX)
			return VMX_RESUME;
		break;
	case MATCH_NEVER:
		break;
	}
	return exit_raw(vcpu);
}

/* One element of a string instruction is done; RIP stays while the count is not 0. */
static void finish_string(struct xvcpu_vcpu *vcpu, struct xvcpu_regs *all)
{
	const struct mmio_insn *insn = &vcpu->mmio.insn;
	u64 regs[MMIO_REGS];

	memcpy(regs, all, sizeof(regs));
	/* Dirty registers were loaded before: the VMM may have made the count 0. */
	if (!mmio_string_done(insn, regs))
		mmio_string_step(insn, regs, all->rflags);
	vmx_write_reg(&vcpu->vmx, MMIO_REG_RSI, regs[MMIO_REG_RSI]);
	vmx_write_reg(&vcpu->vmx, MMIO_REG_RDI, regs[MMIO_REG_RDI]);
	vmx_write_reg(&vcpu->vmx, MMIO_REG_RCX, regs[MMIO_REG_RCX]);
	if (!insn->rep || mmio_string_done(insn, regs))
		vmx_skip(&vcpu->vmx, insn->length);
	else
		vmx_stop_blocking(&vcpu->vmx);
}

/* Every access is made: registers, flags, RIP. The vCPU is loaded, RIP at the instruction. */
static void finish(struct xvcpu_vcpu *vcpu)
{
	const struct mmio_result *result = &vcpu->mmio.result;
	const struct mmio_insn *insn = &vcpu->mmio.insn;
	struct xvcpu_regs regs;

	vmx_get_regs(&vcpu->vmx, &regs);
	if (mmio_is_string(insn)) {
		finish_string(vcpu, &regs);
		return;
	}
	if (result->load_to < MMIO_REGS)
		vmx_write_reg(&vcpu->vmx, result->load_to,
			      mmio_register_value(insn, result,
						  mmio_regs(&regs)[result->load_to]));
	if (result->flags_mask)
		vmx_write_flags(&vcpu->vmx, result->flags_mask, result->flags);
	vmx_skip(&vcpu->vmx, insn->length);
}

/**
 * xvcpu_mmio_complete - the VMM has answered a decoded access
 * @vcpu: the vCPU
 * @data: for a read, what was read
 *
 * The vCPU is loaded, RIP at the instruction.
 *
 * Return: true if that was not the last access: xvcpu_mmio_go_on() makes the next one.
 */
bool xvcpu_mmio_complete(struct xvcpu_vcpu *vcpu, u64 data)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	struct xvcpu_regs regs;

	if (mmio->step == MMIO_READ) {
		vmx_get_regs(&vcpu->vmx, &regs);
		mmio_execute(&mmio->insn, mmio_regs(&regs), regs.rflags, data, &mmio->result);
		if (mmio_writes(&mmio->insn))
			return true;
	} else if (++mmio->piece < mmio->dest.nr) {
		return true;
	}
	finish(vcpu);
	return false;
}

/**
 * xvcpu_mmio_go_on - make the write of an instruction whose read is done
 * @vcpu: the vCPU, not loaded
 *
 * To memory if it goes there and the memory is still there, else it is an exit. May sleep.
 *
 * Return: 0: the instruction is done; 1: the exit section is filled; -ENODEV as xvcpu_vcpu_load().
 */
int xvcpu_mmio_go_on(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_mmio *mmio = &vcpu->mmio;
	unsigned int piece = mmio->piece;
	int err;

	if (!mmio->dest.memory ||
	    !xvcpu_mmio_write_memory(vcpu, &mmio->dest, &piece, mmio->result.store)) {
		mmio->piece = piece;
		exit_write(vcpu);
		return 1;
	}
	err = xvcpu_vcpu_load(vcpu);
	if (err)
		return err;
	finish(vcpu);
	xvcpu_vcpu_unload(vcpu);
	return 0;
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

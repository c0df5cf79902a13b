// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operands that the module accesses for the guest: the side of MOVS that the processor has not come
 * to, and the write of an instruction of whose read alone the processor has told.
 *
 * All that can fault is looked at first, in the processor's order (SDM "Priority Among Concurrent
 * Events", faults on executing an instruction): segment, page, alignment. The guest gets the fault
 * before anything has changed. Then the page is brought in as for an access of the guest's own, so
 * that what has no memory becomes the same exit.
 *
 * Runs in the thread in RUN, vCPU not loaded; sleeps.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <xvcpu.h>

#include "mmio.h"
#include "segment.h"
#include "vcpu.h"
#include "vm.h"

static enum mmio_find raise(struct xvcpu_vcpu *vcpu, unsigned int vector, u32 error_code, u64 cr2,
			    enum vmx_next *next)
{
	*next = VMX_NOT_HERE;
	if (xvcpu_vcpu_load(vcpu))
		return MMIO_ELSE;
	vmx_raise_with_payload(&vcpu->vmx, vector, error_code, cr2);
	xvcpu_vcpu_unload(vcpu);
	*next = VMX_RESUME;
	return MMIO_ELSE;
}

/* Page tables or memory that cannot be had: as if the processor had come to them. */
static enum mmio_find memory_fails(struct xvcpu_vcpu *vcpu, u64 gpa, u64 gla, u32 access, int err,
				   enum vmx_next *next)
{
	vcpu->vmx.fault.gpa = gpa;
	vcpu->vmx.fault.gla = gla;
	vcpu->vmx.fault.access = access | XVCPU_ACCESS_GLA;
	*next = xvcpu_memory_exit_to_user(vcpu, -err);
	return MMIO_ELSE;
}

/*
 * Where the memory at @gpa is: *memory tells whether in a slot that allows the access.
 * MMIO_ELSE for what is neither memory nor MMIO.
 */
static enum mmio_find bring_in(struct xvcpu_vcpu *vcpu, u64 gpa, u64 gla, u32 access, bool *memory,
			       enum vmx_next *next)
{
	int err = 0;

	*memory = false;
	switch (xvcpu_memory_fault(&vcpu->vm->memory, &vcpu->cache, gpa, access, &err)) {
	case XVCPU_FAULT_MAPPED:
		*memory = true;
		return MMIO_FOUND;
	case XVCPU_FAULT_NO_SLOT:
	case XVCPU_FAULT_READONLY:
		return MMIO_FOUND;
	case XVCPU_FAULT_ERROR:
		return memory_fails(vcpu, gpa, gla, access, err, next);
	case XVCPU_FAULT_RETRY:
		break;
	}
	*next = VMX_RESUME;
	return MMIO_ELSE;
}

/* An entry of the guest's page tables that could not be read or marked. */
static enum mmio_find table_fails(struct xvcpu_vcpu *vcpu, const struct walk_result *walk, u64 gla,
				  u32 access, enum vmx_next *next)
{
	bool memory;

	access |= XVCPU_ACCESS_WALK;
	/* Marking it is a write; the processor's walk is one too, with EPT's A/D flags. */
	if (bring_in(vcpu, walk->gpa, gla, access | XVCPU_ACCESS_WRITE, &memory, next) ==
	    MMIO_ELSE)
		return MMIO_ELSE;
	if (!memory)
		return memory_fails(vcpu, walk->gpa, gla, access, 0, next);
	/* It changed under our hands, or has come back. */
	*next = VMX_RESUME;
	return MMIO_ELSE;
}

static enum mmio_find check_segment(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
				    const struct mmio_insn *insn, u32 access, u64 *gla,
				    enum vmx_next *next)
{
	struct xvcpu_segment segment;
	const struct segment_operand operand = {
		.segment = &segment,
		.index = insn->segment,
		.bits = context->bits,
		.checked = (context->walk.cr0 & X86_CR0_PE) &&
			   !(context->regs.rflags & X86_EFLAGS_VM),
		.write = access & XVCPU_ACCESS_WRITE,
		.offset = mmio_effective_address(insn, mmio_regs(&context->regs),
						 context->regs.rip),
		.len = insn->mem_size,
	};
	unsigned int vector;

	*next = VMX_NOT_HERE;
	if (xvcpu_vcpu_load(vcpu))
		return MMIO_ELSE;
	vmx_get_segment(&vcpu->vmx, insn->segment, &segment);
	xvcpu_vcpu_unload(vcpu);
	vector = segment_linear(&operand, gla);
	return vector ? raise(vcpu, vector, 0, 0, next) : MMIO_FOUND;
}

/* SDM "Alignment-Check Exception": data accesses at CPL 3, with CR0.AM and RFLAGS.AC. */
static bool checks_alignment(const struct walk_state *walk)
{
	return walk->cpl == 3 && (walk->cr0 & X86_CR0_AM) && (walk->rflags & X86_EFLAGS_AC);
}

/* Translates an operand with the guest's rights, setting accessed and dirty flags. */
static enum mmio_find translate(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
				u64 gla, unsigned int size, u32 access, struct mmio_place *place,
				enum vmx_next *next)
{
	struct walk_result walk;
	unsigned int part;

	*place = (struct mmio_place){ .gla = gla };
	while (size) {
		part = min_t(unsigned int, size, PAGE_SIZE - offset_in_page(gla));
		switch (walk_access(&context->walk, &xvcpu_walk_ops, vcpu, gla, access, &walk)) {
		case WALK_PAGE_FAULT:
			return raise(vcpu, X86_TRAP_PF, walk.error_code, gla, next);
		case WALK_NONCANONICAL:
			return raise(vcpu, X86_TRAP_GP, 0, 0, next);
		case WALK_NO_TABLE:
			return table_fails(vcpu, &walk, gla, access, next);
		case WALK_OK:
			break;
		}
		place->gpa[place->nr] = walk.gpa;
		place->size[place->nr++] = part;
		size -= part;
		gla += part;
		if (context->bits != 64)
			gla = lower_32_bits(gla);
	}
	return MMIO_FOUND;
}

static enum mmio_find classify(struct xvcpu_vcpu *vcpu, u32 access, struct mmio_place *place,
			       enum vmx_next *next)
{
	enum mmio_find found;
	unsigned int i;
	bool memory;

	for (i = 0; i < place->nr; i++) {
		found = bring_in(vcpu, place->gpa[i], place->gla + (i ? place->size[0] : 0), access,
				 &memory, next);
		if (found != MMIO_FOUND)
			return found;
		if (i && memory != place->memory)
			return MMIO_CROSSES;
		place->memory = memory;
	}
	return place->nr > 1 && !place->memory ? MMIO_CROSSES : MMIO_FOUND;
}

/**
 * xvcpu_mmio_find - find an operand that the processor has not accessed, or not in this way
 * @vcpu: the vCPU
 * @context: its registers
 * @insn:    the instruction whose memory operand it is
 * @access:  XVCPU_ACCESS_READ, XVCPU_ACCESS_WRITE or both
 * @place:   result
 * @next:    with %MMIO_ELSE: what the run loop is to do
 */
enum mmio_find xvcpu_mmio_find(struct xvcpu_vcpu *vcpu, const struct mmio_context *context,
			       const struct mmio_insn *insn, u32 access, struct mmio_place *place,
			       enum vmx_next *next)
{
	enum mmio_find found;
	u64 gla;

	found = check_segment(vcpu, context, insn, access, &gla, next);
	if (found == MMIO_FOUND)
		found = translate(vcpu, context, gla, insn->mem_size, access, place, next);
	if (found == MMIO_FOUND && checks_alignment(&context->walk) && gla & (insn->mem_size - 1))
		found = raise(vcpu, X86_TRAP_AC, 0, 0, next);
	if (found == MMIO_FOUND)
		found = classify(vcpu, access, place, next);
	return found;
}

/**
 * xvcpu_mmio_is_memory - whether an operand in one page is in a slot
 * @vcpu: the vCPU
 * @place:  its place; @place->memory is set
 * @access: XVCPU_ACCESS_READ or XVCPU_ACCESS_WRITE
 * @next:   with %MMIO_ELSE: what the run loop is to do
 */
enum mmio_find xvcpu_mmio_is_memory(struct xvcpu_vcpu *vcpu, struct mmio_place *place, u32 access,
				    enum vmx_next *next)
{
	return bring_in(vcpu, place->gpa[0], place->gla, access, &place->memory, next);
}

/**
 * xvcpu_mmio_read_memory - read an operand that is in slots
 * @vcpu: the vCPU
 * @place: where
 * @data:  result
 * @next:  with %MMIO_ELSE: what the run loop is to do
 */
enum mmio_find xvcpu_mmio_read_memory(struct xvcpu_vcpu *vcpu, const struct mmio_place *place,
				      u64 *data, enum vmx_next *next)
{
	unsigned int i, done = 0;

	*data = 0;
	for (i = 0; i < place->nr; i++) {
		if (xvcpu_memory_read(&vcpu->vm->memory, place->gpa[i], (u8 *)data + done,
				      place->size[i])) {
			/* It was there a moment ago. */
			*next = VMX_RESUME;
			return MMIO_ELSE;
		}
		done += place->size[i];
	}
	return MMIO_FOUND;
}

/**
 * xvcpu_mmio_write_memory - write an operand that was in slots when it was found
 * @vcpu: the vCPU
 * @place: where
 * @piece: the first piece to write; on failure the one that could not be
 * @data:  the operand
 *
 * Return: false if the VMM has taken memory away meanwhile.
 */
bool xvcpu_mmio_write_memory(struct xvcpu_vcpu *vcpu, const struct mmio_place *place,
			     unsigned int *piece, u64 data)
{
	for (; *piece < place->nr; (*piece)++) {
		if (xvcpu_memory_write(&vcpu->vm->memory, place->gpa[*piece],
				       (u8 *)&data + (*piece ? place->size[0] : 0),
				       place->size[*piece]))
			return false;
	}
	return true;
}

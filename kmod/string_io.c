// SPDX-License-Identifier: GPL-2.0-only
/*
 * INS and OUTS, with and without REP: batches through the data page of the run area.
 *
 * The processor exits before it has looked at the operand in memory (SDM "Relative Priority of
 * Faults and VM Exits"), so segment, alignment and paging are checked here. A batch lies in one
 * page of the guest, or is one element that lies in two: it is all there or it faults as its first
 * element would, so that RCX, RSI and RDI are exact at each fault, exit and interrupt. After a
 * batch the guest is at the instruction again until its count is 0.
 *
 * Runs in the thread in RUN, with preemption on; it sleeps in page faults. @string of the vCPU
 * belongs to the exit that waits.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <xvcpu.h>

#include "args.h"
#include "policy.h"
#include "segment.h"
#include "string_io.h"
#include "vcpu.h"
#include "vm.h"
#include "walk.h"

/* With DF the elements stand in memory the other way round than in the data page. */
#define BOUNCE_SIZE	128

#define REG_RCX		1
#define REG_RSI		6
#define REG_RDI		7

/**
 * struct string_state - registers that decide what the instruction does next
 * @walk:    paging
 * @regs:    general registers and RFLAGS
 * @segment: of the operand
 * @bits:    16, 32 or 64: what CS says
 */
struct string_state {
	struct walk_state walk;
	struct xvcpu_regs regs;
	struct xvcpu_segment segment;
	unsigned int bits;
};

static int state_read(struct xvcpu_vcpu *vcpu, struct string_state *state)
{
	int err = xvcpu_vcpu_load(vcpu);

	if (err)
		return err;
	vmx_walk_state(&vcpu->vmx, &state->walk);
	vmx_get_regs(&vcpu->vmx, &state->regs);
	vmx_get_segment(&vcpu->vmx, vcpu->vmx.string.segment, &state->segment);
	state->bits = vmx_cs_bits(&vcpu->vmx);
	xvcpu_vcpu_unload(vcpu);
	return 0;
}

static enum vmx_next raise(struct xvcpu_vcpu *vcpu, unsigned int vector, u32 error_code,
			   u64 payload)
{
	if (xvcpu_vcpu_load(vcpu))
		return VMX_NOT_HERE;
	vmx_raise_with_payload(&vcpu->vmx, vector, error_code, payload);
	xvcpu_vcpu_unload(vcpu);
	return VMX_RESUME;
}

static enum vmx_next nothing_to_do(struct xvcpu_vcpu *vcpu)
{
	if (xvcpu_vcpu_load(vcpu))
		return VMX_NOT_HERE;
	vmx_skip(&vcpu->vmx, vcpu->vmx.string.insn_len);
	xvcpu_vcpu_unload(vcpu);
	return VMX_RESUME;
}

/* The part of a register that the address size names. */
static u64 address_mask(const struct vmx_string *insn)
{
	return insn->address_bits == 64 ? ~0ull : (1ull << insn->address_bits) - 1;
}

/* A 32-bit write clears the upper half, a 16-bit one leaves the rest alone. */
static u64 merge(const struct vmx_string *insn, u64 old, u64 value)
{
	if (insn->address_bits == 16)
		return (old & ~0xffffull) | (value & 0xffff);
	return value & address_mask(insn);
}

static u64 index_of(const struct vmx_string *insn, const struct xvcpu_regs *regs)
{
	return (insn->in ? regs->rdi : regs->rsi) & address_mask(insn);
}

/* Where the lowest of @count elements is, the first being at @offset. */
static u64 lowest(const struct string_state *state, const struct vmx_string *insn, u64 offset,
		  unsigned int count)
{
	return state->regs.rflags & X86_EFLAGS_DF ? offset - (count - 1) * insn->size : offset;
}

static unsigned int operand_linear(const struct string_state *state,
				   const struct vmx_string *insn, u64 offset, unsigned int count,
				   u64 *linear)
{
	const struct segment_operand operand = {
		.segment = &state->segment,
		.index = insn->segment,
		.bits = state->bits,
		.checked = (state->walk.cr0 & X86_CR0_PE) &&
			   !(state->regs.rflags & X86_EFLAGS_VM),
		.write = insn->in,
		.offset = lowest(state, insn, offset, count),
		.len = count * insn->size,
	};

	return segment_linear(&operand, linear);
}

/* Elements until the page, the data page or the address size ends; 1 at least. */
static unsigned int count_limit(const struct string_state *state, const struct vmx_string *insn,
				u64 offset, u64 linear)
{
	unsigned int page = offset_in_page(linear), size = insn->size, count;
	u64 left = address_mask(insn) - offset;

	/* A trap follows each iteration. */
	if ((state->regs.rflags & X86_EFLAGS_TF) || page + size > PAGE_SIZE)
		return 1;
	if (state->regs.rflags & X86_EFLAGS_DF) {
		count = min_t(u64, page / size, offset / size) + 1;
		count = min_t(unsigned int, count, BOUNCE_SIZE / size);
	} else {
		count = (PAGE_SIZE - page) / size;
		if (left < PAGE_SIZE)
			count = min_t(u64, count, (left + 1) / size);
	}
	return max(count, 1u);
}

/*
 * Elements of the next batch, of the @count that are left, and the linear address of the lowest.
 * Return: 0 or the vector of the fault of the first element.
 */
static unsigned int plan(const struct string_state *state, const struct vmx_string *insn,
			 u64 *linear, u64 *count)
{
	u64 offset = index_of(insn, &state->regs);
	unsigned int vector = operand_linear(state, insn, offset, 1, linear), batch;

	if (vector)
		return vector;
	batch = min_t(u64, *count, count_limit(state, insn, offset, *linear));
	/* The limit may come before the page's end. */
	while (batch > 1 && operand_linear(state, insn, offset, batch, linear))
		batch /= 2;
	*count = batch;
	return operand_linear(state, insn, offset, batch, linear);
}

static bool misaligned(const struct string_state *state, u64 linear, unsigned int size)
{
	return (linear & (size - 1)) && state->walk.cpl == 3 &&
	       (state->walk.cr0 & X86_CR0_AM) && (state->regs.rflags & X86_EFLAGS_AC);
}

/*
 * Is the operand's page there, as for an access that the processor makes? Return: VMX_MEMORY if it
 * is; else what RUN does.
 */
static enum vmx_next reach(struct xvcpu_vcpu *vcpu, u64 gpa, u64 gla, u32 access)
{
	int err = 0;

	vcpu->vmx.fault.gpa = gpa;
	vcpu->vmx.fault.gla = gla;
	vcpu->vmx.fault.access = access | XVCPU_ACCESS_GLA;
	switch (xvcpu_memory_fault(&vcpu->vm->memory, &vcpu->cache, gpa, access, &err)) {
	case XVCPU_FAULT_MAPPED:
		return VMX_MEMORY;
	case XVCPU_FAULT_RETRY:
		return VMX_RESUME;
	case XVCPU_FAULT_NO_SLOT:
	case XVCPU_FAULT_READONLY:
		return xvcpu_memory_exit_to_user(vcpu, 0);
	case XVCPU_FAULT_ERROR:
		break;
	}
	return xvcpu_memory_exit_to_user(vcpu, -err);
}

/* Return: VMX_MEMORY with the address; else what RUN does. */
static enum vmx_next translate(struct xvcpu_vcpu *vcpu, const struct string_state *state,
			       u64 linear, u64 *gpa)
{
	u32 access = vcpu->vmx.string.in ? XVCPU_ACCESS_WRITE : XVCPU_ACCESS_READ;
	struct walk_result walk;
	enum vmx_next next;

	switch (walk_access(&state->walk, &xvcpu_walk_ops, vcpu, linear, access, &walk)) {
	case WALK_OK:
		*gpa = walk.gpa;
		return reach(vcpu, walk.gpa, linear, access);
	case WALK_PAGE_FAULT:
		return raise(vcpu, X86_TRAP_PF, walk.error_code, linear);
	case WALK_NONCANONICAL:
		return raise(vcpu, X86_TRAP_GP, 0, 0);
	case WALK_NO_TABLE:
		break;
	}
	/* To set flags there is a write. */
	next = reach(vcpu, walk.gpa, linear,
		     XVCPU_ACCESS_READ | XVCPU_ACCESS_WRITE | XVCPU_ACCESS_WALK);
	return next == VMX_MEMORY ? VMX_RESUME : next;
}

/* Both pages of the operand, if it lies in two. Return: as translate(). */
static enum vmx_next locate(struct xvcpu_vcpu *vcpu, const struct string_state *state, u64 linear)
{
	struct xvcpu_string *string = &vcpu->string;
	unsigned int room = PAGE_SIZE - offset_in_page(linear);
	enum vmx_next next = translate(vcpu, state, linear, &string->gpa[0]);
	u64 rest = linear + room;

	string->first = min(string->bytes, room);
	if (next != VMX_MEMORY || string->first == string->bytes)
		return next;
	return translate(vcpu, state, state->bits == 64 ? rest : (u32)rest, &string->gpa[1]);
}

static void reverse(u8 *to, const u8 *from, unsigned int bytes, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < bytes; i += size)
		memcpy(to + i, from + bytes - size - i, size);
}

static int memory_read(struct xvcpu_vcpu *vcpu, u8 *to)
{
	const struct xvcpu_string *string = &vcpu->string;
	struct xvcpu_vm_memory *memory = &vcpu->vm->memory;
	int err = xvcpu_memory_read(memory, string->gpa[0], to, string->first);

	if (err || string->first == string->bytes)
		return err;
	return xvcpu_memory_read(memory, string->gpa[1], to + string->first,
				 string->bytes - string->first);
}

static int memory_write(struct xvcpu_vcpu *vcpu, const u8 *from)
{
	const struct xvcpu_string *string = &vcpu->string;
	struct xvcpu_vm_memory *memory = &vcpu->vm->memory;
	int err = xvcpu_memory_write(memory, string->gpa[0], from, string->first);

	if (err || string->first == string->bytes)
		return err;
	return xvcpu_memory_write(memory, string->gpa[1], from + string->first,
				  string->bytes - string->first);
}

/* What OUTS writes, to the data page. */
static int fetch(struct xvcpu_vcpu *vcpu)
{
	const struct xvcpu_string *string = &vcpu->string;
	u8 bounce[BOUNCE_SIZE];
	int err;

	if (!string->reversed)
		return memory_read(vcpu, run_data(vcpu));
	err = memory_read(vcpu, bounce);
	if (!err)
		reverse(run_data(vcpu), bounce, string->bytes, vcpu->vmx.string.size);
	return err;
}

/* What the registers will be when the batch is done. */
static void set_results(struct xvcpu_vcpu *vcpu, const struct string_state *state, u64 count,
			u64 left)
{
	const struct vmx_string *insn = &vcpu->vmx.string;
	struct xvcpu_string *string = &vcpu->string;
	bool down = state->regs.rflags & X86_EFLAGS_DF;
	u64 step = count * insn->size;

	string->bytes = step;
	string->reversed = down && count > 1;
	string->index = index_of(insn, &state->regs) + (down ? -step : step);
	string->count = left - count;
}

static enum vmx_next exit_to_user(struct xvcpu_vcpu *vcpu, u64 count)
{
	struct xvcpu_exit_io *io = &run_exit(vcpu)->io;
	const struct vmx_string *insn = &vcpu->vmx.string;

	io->port = insn->port;
	io->size = insn->size;
	io->flags = XVCPU_IO_STRING | (insn->in ? 0 : XVCPU_IO_OUT);
	io->count = count;
	io->data = 0;
	io->data_offset = RUN_DATA;
	io->reserved = 0;
	vcpu->vmx.wait.insn_len = insn->insn_len;
	vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_IO,
			 insn->in ? VMX_WAITS_INS : VMX_WAITS_OUTS);
	return VMX_TO_USER;
}

/* Before the operand is looked at, as by the guest's own permissions. */
static enum vmx_next refuse(struct xvcpu_vcpu *vcpu)
{
	vcpu->vmx.counters[XVCPU_COUNT_POLICY]++;
	return raise(vcpu, X86_TRAP_GP, 0, 0);
}

/* The policy says that nothing is behind the port: as if the VMM had answered all ones. */
static enum vmx_next ignore(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_error unread;

	if (vcpu->vmx.string.in) {
		memset(run_data(vcpu), 0xff, vcpu->string.bytes);
		if (xvcpu_string_io_store(vcpu, &unread))
			return VMX_RESUME;
	}
	if (xvcpu_vcpu_load(vcpu))
		return VMX_NOT_HERE;
	xvcpu_string_io_complete(vcpu);
	vcpu->vmx.counters[XVCPU_COUNT_POLICY]++;
	xvcpu_vcpu_unload(vcpu);
	return VMX_RESUME;
}

/**
 * xvcpu_string_io_exit - INS or OUTS
 * @vcpu: the vCPU; vmx.string says what the exit told
 */
enum vmx_next xvcpu_string_io_exit(struct xvcpu_vcpu *vcpu)
{
	const struct vmx_string *insn = &vcpu->vmx.string;
	struct string_state state;
	unsigned int vector;
	enum vmx_next next;
	u64 left, count, linear;
	u8 action;

	if (state_read(vcpu, &state))
		return VMX_NOT_HERE;
	left = insn->rep ? state.regs.rcx & address_mask(insn) : 1;
	if (!left)
		return nothing_to_do(vcpu);
	action = xvcpu_policy_port(&vcpu->vmx, insn->port, insn->size, !insn->in);
	if (action == XVCPU_POLICY_GP)
		return refuse(vcpu);
	count = left;
	vector = plan(&state, insn, &linear, &count);
	if (vector)
		return raise(vcpu, vector, 0, 0);
	if (misaligned(&state, linear, insn->size))
		return raise(vcpu, X86_TRAP_AC, 0, 0);
	set_results(vcpu, &state, count, left);
	next = locate(vcpu, &state, linear);
	if (next != VMX_MEMORY)
		return next;
	/* Gone again since it was found: the guest tries again, unless a signal or a kick came. */
	if (!insn->in && fetch(vcpu))
		return VMX_RESUME;
	return action == XVCPU_POLICY_IGNORE ? ignore(vcpu) : exit_to_user(vcpu, count);
}

/**
 * xvcpu_string_io_store - what INS has read, from the data page to the guest's memory
 * @vcpu: the vCPU, whose INS waits
 * @error: filled on failure
 *
 * Return: 0, or the errno of RUN, which may be called again: nothing else has changed.
 */
int xvcpu_string_io_store(struct xvcpu_vcpu *vcpu, struct xvcpu_error *error)
{
	const struct xvcpu_string *string = &vcpu->string;
	u8 bounce[BOUNCE_SIZE];
	int err;

	if (string->reversed) {
		reverse(bounce, run_data(vcpu), string->bytes, vcpu->vmx.string.size);
		err = memory_write(vcpu, bounce);
	} else {
		err = memory_write(vcpu, run_data(vcpu));
	}
	if (err)
		args_refuse(error, XVCPU_ERR_MEMORY, RUN_DATA, string->gpa[0], 0);
	return err == -EROFS ? -EFAULT : err;
}

/**
 * xvcpu_string_io_complete - a batch is done: the registers
 * @vcpu: the vCPU: loaded, RIP at the instruction
 */
void xvcpu_string_io_complete(struct xvcpu_vcpu *vcpu)
{
	const struct vmx_string *insn = &vcpu->vmx.string;
	const struct xvcpu_string *string = &vcpu->string;
	struct vmx_vcpu *vmx = &vcpu->vmx;
	struct xvcpu_regs regs;

	vmx_get_regs(vmx, &regs);
	if (insn->in)
		vmx_write_reg(vmx, REG_RDI, merge(insn, regs.rdi, string->index));
	else
		vmx_write_reg(vmx, REG_RSI, merge(insn, regs.rsi, string->index));
	if (insn->rep)
		vmx_write_reg(vmx, REG_RCX, merge(insn, regs.rcx, string->count));
	if (string->count)
		vmx_stop_blocking(vmx);
	else
		vmx_skip(vmx, insn->insn_len);
}

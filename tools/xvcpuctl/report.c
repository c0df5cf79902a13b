// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a guest in words (report.h). The text grows in memory; without memory for it the
 * message alone must do.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

#define HW_IO_INSTRUCTION	30
#define SEGMENT_L		(1u << 13)
#define SEGMENT_DB		(1u << 14)
#define EFER_LMA		(1u << 10)
#define CR0_PE			(1u << 0)

/* Add to the report what @print prints into it. */
static void add(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		struct vmm_result *result,
		void (*print)(FILE *out, const struct xvcpu_backend *backend,
			      const struct xvcpu_vcpu *vcpu))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	if (result->report)
		fputs(result->report, out);
	print(out, backend, vcpu);
	if (fclose(out)) {
		free(text);
		return;
	}
	free(result->report);
	result->report = text;
}

static const char *mode_name(const struct xvcpu_cregs *cregs, const struct xvcpu_segment *cs)
{
	if (!(cregs->cr0 & CR0_PE))
		return "real mode";
	if (cregs->efer & EFER_LMA)
		return cs->ar & SEGMENT_L ? "64-bit mode" : "compatibility mode";
	return cs->ar & SEGMENT_DB ? "32-bit protected mode" : "16-bit protected mode";
}

static void print_regs(FILE *out, const struct xvcpu_regs *r)
{
	static const char * const names[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags",
	};
	const __u64 *values = &r->rax;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		fprintf(out, "  %-6s %016llx%s", names[i], (unsigned long long)values[i],
			i % 3 == 2 ? "\n" : "");
}

static void print_segment(FILE *out, const char *name, const struct xvcpu_segment *s)
{
	fprintf(out, "  %-4s %04x  base %016llx  limit %08x  rights %04x%s\n", name, s->selector,
		(unsigned long long)s->base, s->limit, s->ar, s->unusable ? "  unusable" : "");
}

static void print_sregs(FILE *out, const struct xvcpu_sregs *s)
{
	print_segment(out, "cs", &s->cs);
	print_segment(out, "ss", &s->ss);
	print_segment(out, "ds", &s->ds);
	print_segment(out, "es", &s->es);
	print_segment(out, "fs", &s->fs);
	print_segment(out, "gs", &s->gs);
	print_segment(out, "ldtr", &s->ldtr);
	print_segment(out, "tr", &s->tr);
	fprintf(out, "  gdtr       base %016llx  limit %08x\n",
		(unsigned long long)s->gdtr.base, s->gdtr.limit);
	fprintf(out, "  idtr       base %016llx  limit %08x\n",
		(unsigned long long)s->idtr.base, s->idtr.limit);
}

static void print_cregs(FILE *out, const struct xvcpu_cregs *c)
{
	fprintf(out, "  cr0 %08llx  cr2 %016llx  cr3 %016llx  cr4 %08llx  cr8 %llx\n",
		(unsigned long long)c->cr0, (unsigned long long)c->cr2,
		(unsigned long long)c->cr3, (unsigned long long)c->cr4,
		(unsigned long long)c->cr8);
	fprintf(out, "  efer %04llx  apic_base %llx  xcr0 %llx\n", (unsigned long long)c->efer,
		(unsigned long long)c->apic_base, (unsigned long long)c->xcr0);
}

static void print_registers(FILE *out, const struct xvcpu_backend *backend,
			    const struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
	int ret;

	ret = backend->state_get(vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs), NULL);
	if (!ret)
		ret = backend->state_get(vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs), NULL);
	if (!ret)
		ret = backend->state_get(vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs), NULL);
	if (ret) {
		fprintf(out, "  the registers cannot be read: %s\n", strerror(-ret));
		return;
	}
	fprintf(out, "  %s\n", mode_name(&cregs, &sregs.cs));
	print_regs(out, &regs);
	print_sregs(out, &sregs);
	print_cregs(out, &cregs);
}

void report_registers(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		      struct vmm_result *result)
{
	add(backend, vcpu, result, print_registers);
}

static const char *access_name(u32 access)
{
	if (access & XVCPU_ACCESS_WALK)
		return access & XVCPU_ACCESS_WRITE ? "page walk that sets a flag" : "page walk";
	if (access & XVCPU_ACCESS_EXEC)
		return "instruction fetch";
	return access & XVCPU_ACCESS_WRITE ? "write" : "read";
}

void report_memory(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		   struct vmm_result *result)
{
	const struct xvcpu_exit_memory *memory = &vcpu->exit->memory;

	message_set(&result->message, "%s at guest-physical 0x%llx",
		    access_name(memory->access), (unsigned long long)memory->gpa);
	if (memory->access & XVCPU_ACCESS_GLA)
		message_append(&result->message, " (linear 0x%llx)",
			       (unsigned long long)memory->gla);
	if (memory->error)
		message_append(&result->message, ": the host cannot provide the page: %s",
			       strerror(memory->error));
	else
		message_append(&result->message, ", where there is no memory that allows it");
	if (vcpu->exit->reason == XVCPU_EXIT_EVENT_FAULT)
		message_append(&result->message, ", while vector %u was being delivered",
			       memory->event_info & 0xff);
	report_registers(backend, vcpu, result);
}

void report_mmio(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		 struct vmm_result *result)
{
	const struct xvcpu_exit_mmio *mmio = &vcpu->exit->mmio;
	unsigned int bytes = mmio->insn_bytes;

	message_set(&result->message,
		    "%s at guest-physical 0x%llx by an instruction that cannot be emulated",
		    mmio->flags & XVCPU_MMIO_WRITE ? "write" : "read",
		    (unsigned long long)mmio->gpa);
	if (bytes)
		message_append(&result->message, ":");
	for (unsigned int i = 0; i < bytes && i < sizeof(mmio->insn); i++)
		message_append(&result->message, " %02x", mmio->insn[i]);
	report_registers(backend, vcpu, result);
}

static void print_fail_entry(FILE *out, const struct xvcpu_backend *backend,
			     const struct xvcpu_vcpu *vcpu)
{
	const struct xvcpu_exit_fail_entry *fail = &vcpu->exit->fail_entry;

	(void)backend;
	if (fail->rule != XVCPU_RULE_NONE)
		fprintf(out, "  broken rule %u (%s): %s\n", fail->rule,
			xvcpu_rule_name(fail->rule), xvcpu_rule_text(fail->rule));
	else
		fprintf(out, "  the module's own checks find no broken rule\n");
	if (fail->rule != XVCPU_RULE_NONE || fail->field)
		fprintf(out, "  field %s (0x%x) holds 0x%llx; 0x%llx would do\n",
			xvcpu_field_name(fail->field), fail->field,
			(unsigned long long)fail->value, (unsigned long long)fail->expected);
	fprintf(out, "  qualification 0x%llx, on host CPU %u\n",
		(unsigned long long)fail->qualification, fail->cpu);
}

void report_fail_entry(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		       struct vmm_result *result)
{
	const struct xvcpu_exit_fail_entry *fail = &vcpu->exit->fail_entry;

	message_set(&result->message, "the processor refuses to enter the guest: ");
	if (fail->instruction_error)
		message_append(&result->message, "VM-instruction error %u: %s",
			       fail->instruction_error,
			       xvcpu_instruction_error_text(fail->instruction_error));
	else
		message_append(&result->message, "exit reason %u (%s)", fail->hw_reason,
			       xvcpu_hw_exit_name(fail->hw_reason));
	add(backend, vcpu, result, print_fail_entry);
	report_registers(backend, vcpu, result);
}

static void print_hardware(FILE *out, const struct xvcpu_backend *backend,
			   const struct xvcpu_vcpu *vcpu)
{
	const struct xvcpu_exit_hardware *hw = &vcpu->exit->hardware;

	(void)backend;
	fprintf(out, "  reason 0x%x  qualification 0x%llx  instruction length %u  info 0x%x\n",
		hw->hw_reason, (unsigned long long)hw->qualification, hw->insn_len,
		hw->insn_info);
	fprintf(out, "  guest-physical 0x%llx  linear 0x%llx  host CPU %u\n",
		(unsigned long long)hw->gpa, (unsigned long long)hw->gla, hw->cpu);
	fprintf(out, "  interruption 0x%x (error code 0x%x)  vectoring 0x%x\n", hw->intr_info,
		hw->intr_error, hw->vectoring_info);
}

void report_hardware(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		     struct vmm_result *result)
{
	const struct xvcpu_exit_hardware *hw = &vcpu->exit->hardware;
	unsigned int basic = hw->hw_reason & 0xffff;

	if (vcpu->exit->reason == XVCPU_EXIT_INTERNAL)
		message_set(&result->message, "the module gave this VM up: %s (VM exit %u, %s)",
			    xvcpu_internal_text(hw->code), basic, xvcpu_hw_exit_name(basic));
	else if (backend != &xvcpu_backend_xvcpu)
		message_set(&result->message, "exit %u of %s (%u), which has no name here",
			    hw->hw_reason, backend->name, hw->code);
	else
		message_set(&result->message, "VM exit %u (%s), which xvcpu does not handle%s",
			    basic, xvcpu_hw_exit_name(basic),
			    basic == HW_IO_INSTRUCTION ? ": string I/O" : "");
	add(backend, vcpu, result, print_hardware);
	report_registers(backend, vcpu, result);
}

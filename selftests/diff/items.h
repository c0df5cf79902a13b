/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What writes the items of the table in items.c, by the file in which it stands.
 */
#ifndef DIFF_ITEMS_H
#define DIFF_ITEMS_H

#include "program.h"

#define MSR_EFER	0xc0000080

/* items_guest.c: what stays in the guest */
void emit_alu(struct generator *g);
void emit_flags(struct generator *g);
void emit_divide(struct generator *g);
void emit_string(struct generator *g);
void emit_stack(struct generator *g);
void emit_sse(struct generator *g);
void emit_x87(struct generator *g);
void emit_avx(struct generator *g);
void emit_x87_fault(struct generator *g);
void emit_sse_fault(struct generator *g);
void emit_page_fault(struct generator *g);
void emit_segment(struct generator *g);
void emit_system(struct generator *g);
void emit_tsc_aux(struct generator *g);
void emit_swapgs(struct generator *g);
void emit_base(struct generator *g);
void emit_invlpg(struct generator *g);
void emit_invpcid(struct generator *g);
void emit_far(struct generator *g);

/* items_event.c: exceptions, steps, blocking, interrupts */
void emit_int(struct generator *g);
void emit_ud2(struct generator *g);
void emit_single_step(struct generator *g);
void emit_step_cpuid(struct generator *g);
void emit_blocking(struct generator *g);
void emit_interrupt_flag(struct generator *g);
void emit_bound(struct generator *g);
void emit_alignment(struct generator *g);
void emit_watchpoint(struct generator *g);
void emit_iret(struct generator *g);
void emit_interrupt(struct generator *g);
void emit_nmi(struct generator *g);
void emit_nmi_window(struct generator *g);
void emit_spin(struct generator *g);

/* items_register.c: MSRs, control and debug registers */
void emit_rdmsr(struct generator *g);
void emit_wrmsr(struct generator *g);
void emit_msr_exit(struct generator *g);
void emit_change_cr(struct generator *g, unsigned int cr, uint64_t bits);
void emit_cr0(struct generator *g);
void emit_cr4(struct generator *g);
void emit_cr3(struct generator *g);
void emit_cr2(struct generator *g);
void emit_cr8(struct generator *g);
void emit_clts(struct generator *g);
void emit_lmsw(struct generator *g);
void emit_smsw(struct generator *g);
void emit_dr(struct generator *g);
void emit_xsetbv(struct generator *g);

/* items_exit.c: instructions that leave the guest */
void emit_cpuid(struct generator *g);
void emit_wbinvd(struct generator *g);
void emit_invd(struct generator *g);
void emit_rdpmc(struct generator *g);
void emit_monitor(struct generator *g);
void emit_vmcall(struct generator *g);
void emit_vmx(struct generator *g);
void emit_hlt(struct generator *g);

/* items_end.c: ends, known differences */
void emit_end(struct generator *g);
void emit_triple_fault(struct generator *g);
void emit_double_fault(struct generator *g);
void emit_lost(struct generator *g);
void emit_event_fault(struct generator *g);
void emit_task_switch(struct generator *g);
void emit_ins_fault(struct generator *g);
void emit_cr4_mce(struct generator *g);
void emit_cpuid_beyond(struct generator *g);

/* items_device.c: ports and MMIO */
void emit_in_out(struct generator *g);
void emit_ins_outs(struct generator *g, unsigned int out);
void emit_string_io(struct generator *g);
void emit_outs_alignment(struct generator *g);
void emit_outs_fault(struct generator *g);
void emit_mmio_mov(struct generator *g);
void emit_mmio_immediate(struct generator *g);
void emit_mmio_extend(struct generator *g);
void emit_mmio_offset(struct generator *g);
void emit_mmio_stos(struct generator *g);
void emit_mmio_movs(struct generator *g);
void emit_movs_fault(struct generator *g);
void emit_mmio_xchg(struct generator *g);
void emit_mmio_alu(struct generator *g);
void emit_mmio_alu_immediate(struct generator *g);
void emit_mmio_unary(struct generator *g);
void emit_mmio_exchange(struct generator *g);
void emit_mmio_bit(struct generator *g);
void emit_mmio_crossing(struct generator *g);
void emit_rom(struct generator *g);

/* items_mode.c: from mode to mode */
void emit_lidt(struct generator *g, uint32_t pointer);
void emit_to_prot32(struct generator *g);
void emit_to_prot16(struct generator *g);
void emit_to_real(struct generator *g);
void emit_to_paged32(struct generator *g);
void emit_to_pae(struct generator *g);
void emit_to_compat(struct generator *g);
void emit_to_long(struct generator *g);
void emit_from_long(struct generator *g);

#endif /* DIFF_ITEMS_H */

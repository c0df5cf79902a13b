// SPDX-License-Identifier: GPL-2.0-only
/*
 * What generated programs are made of: the table of items. How each is encoded is in items_*.c.
 *
 * Left out: what does not give the same twice (RDTSC, RDRAND), and what KVM and xvcpu are known to
 * do differently; the latter has weight 0 here and a row in known.c that says why.
 */
#include "items.h"

#include <string.h>

#define SUPERVISOR	(ALL_MODES & ~ALL_USER)
#define PROTECTED	(SUPERVISOR & ~ONE(REAL))
#define UNPAGED_TO	(ONE(PROT32))

const struct item items[] = {
	{ "end", ALL_MODES, 0, true, emit_end },
	{ "alu", ALL_MODES, 30, false, emit_alu },
	{ "flags", ALL_MODES, 8, false, emit_flags },
	{ "divide", ALL_MODES, 6, false, emit_divide },
	{ "string", ALL_MODES, 6, false, emit_string },
	{ "stack", ALL_MODES, 6, false, emit_stack },
	{ "sse", ALL_MODES, 8, false, emit_sse },
	{ "x87", ALL_MODES, 6, false, emit_x87 },
	{ "x87_fault", ALL_MODES, 4, false, emit_x87_fault },
	{ "sse_fault", ALL_MODES, 4, false, emit_sse_fault },
	{ "avx", ALL_MODES & ~(ONE(REAL) | ONE(V86)), 6, false, emit_avx },
	{ "page_fault", ALL_PAGED, 8, false, emit_page_fault },
	{ "int", ALL_MODES, 8, false, emit_int },
	{ "bound", ALL_MODES & ~ALL_64, 6, false, emit_bound },
	{ "alignment", ALL_USER & ~ONE(V86), 8, false, emit_alignment },
	{ "ud2", ALL_MODES, 6, false, emit_ud2 },
	{ "segment", ALL_MODES, 8, false, emit_segment },
	{ "single_step", ALL_MODES, 8, false, emit_single_step },
	{ "step_cpuid", ALL_MODES, 6, false, emit_step_cpuid },
	{ "blocking", ALL_MODES, 8, false, emit_blocking },
	{ "interrupt_flag", ALL_MODES, 6, false, emit_interrupt_flag },
	{ "iret", ALL_MODES, 6, false, emit_iret },
	{ "watchpoint", ALL_MODES, 6, false, emit_watchpoint },
	{ "interrupt", ALL_MODES, 12, false, emit_interrupt },
	{ "nmi", ALL_MODES, 6, false, emit_nmi },
	{ "nmi_window", SUPERVISOR, 6, false, emit_nmi_window },
	{ "spin", ALL_MODES, 2, false, emit_spin },
	{ "in_out", ALL_MODES, 16, false, emit_in_out },
	{ "string_io", ALL_MODES, 12, false, emit_string_io },
	{ "outs_fault", ALL_PAGED, 6, false, emit_outs_fault },
	{ "mmio_mov", ALL_MODES, 10, false, emit_mmio_mov },
	{ "mmio_immediate", ALL_MODES, 8, false, emit_mmio_immediate },
	{ "mmio_extend", ALL_MODES, 8, false, emit_mmio_extend },
	{ "mmio_offset", ALL_MODES, 8, false, emit_mmio_offset },
	{ "mmio_stos", ALL_MODES, 8, false, emit_mmio_stos },
	{ "mmio_movs", ALL_MODES, 8, false, emit_mmio_movs },
	{ "mmio_xchg", ALL_MODES, 8, false, emit_mmio_xchg },
	{ "mmio_alu", ALL_MODES, 8, false, emit_mmio_alu },
	{ "mmio_alu_immediate", ALL_MODES, 6, false, emit_mmio_alu_immediate },
	{ "mmio_unary", ALL_MODES, 6, false, emit_mmio_unary },
	{ "mmio_exchange", ALL_MODES, 6, false, emit_mmio_exchange },
	{ "mmio_bit", ALL_MODES, 6, false, emit_mmio_bit },
	{ "rom", ALL_MODES, 8, false, emit_rom },
	{ "cpuid", ALL_MODES, 12, false, emit_cpuid },
	{ "rdmsr", ALL_MODES, 12, false, emit_rdmsr },
	{ "wrmsr", ALL_MODES, 12, false, emit_wrmsr },
	{ "msr_exit", ALL_MODES, 8, false, emit_msr_exit },
	{ "cr0", ALL_MODES, 12, false, emit_cr0 },
	{ "cr2", ALL_MODES, 6, false, emit_cr2 },
	{ "cr3", ALL_MODES, 6, false, emit_cr3 },
	{ "cr4", ALL_MODES, 12, false, emit_cr4 },
	{ "cr8", ALL_64, 24, false, emit_cr8 },
	{ "clts", ALL_MODES, 6, false, emit_clts },
	{ "lmsw", ALL_MODES, 6, false, emit_lmsw },
	{ "smsw", ALL_MODES, 6, false, emit_smsw },
	{ "dr", ALL_MODES, 12, false, emit_dr },
	{ "xsetbv", ALL_MODES, 8, false, emit_xsetbv },
	{ "system", ALL_MODES, 8, false, emit_system },
	{ "tsc_aux", ALL_MODES, 6, false, emit_tsc_aux },
	{ "swapgs", ALL_64, 12, false, emit_swapgs },
	{ "base", ALL_64, 12, false, emit_base },
	{ "invlpg", ALL_MODES, 6, false, emit_invlpg },
	{ "wbinvd", ALL_MODES, 6, false, emit_wbinvd },
	{ "invd", ALL_MODES, 6, false, emit_invd },
	{ "rdpmc", ALL_MODES, 6, false, emit_rdpmc },
	{ "monitor", ALL_MODES, 6, false, emit_monitor },
	{ "vmcall", SUPERVISOR, 8, false, emit_vmcall },
	{ "vmx", ALL_MODES, 12, false, emit_vmx },
	{ "invpcid", ALL_MODES, 6, false, emit_invpcid },
	{ "hlt", ALL_MODES, 6, false, emit_hlt },
	{ "far_jump", ALL_MODES & ~ALL_64, 8, false, emit_far },
	{ "to_prot32", ONE(REAL) | ONE(PROT16) | ONE(PAGED32) | ONE(PAE) | ONE(COMPAT), 24, false,
	  emit_to_prot32 },
	{ "to_prot16", UNPAGED_TO, 10, false, emit_to_prot16 },
	{ "to_real", ONE(PROT16), 24, false, emit_to_real },
	{ "to_paged32", UNPAGED_TO, 10, false, emit_to_paged32 },
	{ "to_pae", UNPAGED_TO, 10, false, emit_to_pae },
	{ "to_compat", UNPAGED_TO, 10, false, emit_to_compat },
	{ "to_long", ONE(COMPAT), 24, false, emit_to_long },
	{ "from_long", ONE(LONG), 24, false, emit_from_long },
	{ "triple_fault", SUPERVISOR, 0, true, emit_triple_fault },
	{ "double_fault", SUPERVISOR, 0, true, emit_double_fault },
	{ "lost", SUPERVISOR, 0, true, emit_lost },
	{ "event_fault", PROTECTED, 0, true, emit_event_fault },
	{ "task_switch", PROTECTED & ~ONE(LONG), 0, true, emit_task_switch },
	{ "vmcall_user", ALL_USER, 0, false, emit_vmcall },
	{ "lost_user", ALL_USER, 0, true, emit_lost },
	{ "ins_fault", ONE(PROT32), 0, false, emit_ins_fault },
	{ "outs_alignment", ONE(USER32), 0, false, emit_outs_alignment },
	{ "movs_fault", ONE(PROT32), 0, false, emit_movs_fault },
	{ "mmio_crossing", ONE(PROT32), 0, false, emit_mmio_crossing },
	{ "cr4_mce", SUPERVISOR, 0, false, emit_cr4_mce },
	{ "cpuid_beyond", ALL_MODES, 0, false, emit_cpuid_beyond },
};

_Static_assert(ARRAY_SIZE(items) <= ITEMS_MAX, "ITEMS_MAX");

const unsigned int items_nr = ARRAY_SIZE(items);

int item_find(const char *name)
{
	for (unsigned int i = 0; i < items_nr; i++) {
		if (!strcmp(items[i].name, name))
			return i;
	}
	return -1;
}

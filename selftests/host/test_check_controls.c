// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM-entry checks of the controls: every good state passes, and every rule is found when one field
 * breaks it.
 */
#include <linux/kernel.h>

#include "check_machine.h"
#include "tap.h"

#define PIN(bits)	OR(PIN_BASED_VM_EXEC_CONTROL, bits)
#define PROC(bits)	OR(CPU_BASED_VM_EXEC_CONTROL, bits)
#define PROC2(bits)	OR(SECONDARY_VM_EXEC_CONTROL, bits)
#define PROC3(bits)	OR(TERTIARY_VM_EXEC_CONTROL, bits)
#define EXIT(bits)	OR(VM_EXIT_CONTROLS, bits)
#define ENTRY(bits)	OR(VM_ENTRY_CONTROLS, bits)
#define NO_PIN(bits)	CLEAR(PIN_BASED_VM_EXEC_CONTROL, bits)
#define NO_PROC(bits)	CLEAR(CPU_BASED_VM_EXEC_CONTROL, bits)
#define NO_PROC2(bits)	CLEAR(SECONDARY_VM_EXEC_CONTROL, bits)
#define NO_EXIT(bits)	CLEAR(VM_EXIT_CONTROLS, bits)
#define NO_ENTRY(bits)	CLEAR(VM_ENTRY_CONTROLS, bits)

#define EVENT(type, vector) \
	SET(VM_ENTRY_INTR_INFO_FIELD, INTR_INFO_VALID_MASK | (type) | (vector))
#define ERROR(type, vector)	EVENT(type, (vector) | INTR_INFO_DELIVER_CODE_MASK)

#define EPT		SECONDARY_EXEC_ENABLE_EPT
#define UNRESTRICTED	SECONDARY_EXEC_UNRESTRICTED_GUEST
#define DELIVERY	SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY
#define TERTIARY	PROC(CHECK_PROC_TERTIARY)
#define HIGH_PAGE	BIT_ULL(38)
#define BEYOND		BIT_ULL(39)

static void cr3_targets_not_told(struct machine *m)
{
	m->env.misc &= ~0x1ff0000ull;
}

static void two_cr3_targets(struct machine *m)
{
	m->env.misc ^= 0x60000;
}

static void no_mtf(struct machine *m)
{
	m->env.proc.may &= ~CPU_BASED_MONITOR_TRAP_FLAG;
}

static void no_zero_length(struct machine *m)
{
	m->env.misc &= ~(u64)VMX_MISC_ZERO_LEN_INS;
}

static void no_ad(struct machine *m)
{
	m->env.ept_vpid_cap &= ~VMX_EPT_AD_BIT;
	m->field[EPT_POINTER] &= ~VMX_EPTP_AD_ENABLE_BIT;
}

static void only_uncached_ept(struct machine *m)
{
	m->env.ept_vpid_cap &= ~VMX_EPTP_WB_BIT;
	m->field[EPT_POINTER] &= ~VMX_EPTP_MT_MASK;
}

static void only_write_back_ept(struct machine *m)
{
	m->env.ept_vpid_cap &= ~VMX_EPTP_UC_BIT;
}

static void any_error_code(struct machine *m)
{
	m->env.basic |= CHECK_BASIC_ANY_ERROR_CODE;
}

static void addresses_of_32_bits(struct machine *m)
{
	m->env.basic |= CHECK_BASIC_32BIT;
	m->field[IO_BITMAP_A] = 0xfffff000;
	m->field[IO_BITMAP_B] = 0;
	m->field[VIRTUAL_APIC_PAGE_ADDR] = 0;
}

static void tracing(struct machine *m)
{
	m->env.tracing = true;
}

static void virtual_tpr_0x5f(struct machine *m)
{
	m->page_pa = m->field[VIRTUAL_APIC_PAGE_ADDR];
	m->page[0x80] = 0x5f;
}

static const struct broken reserved_rows[] = {
	BREAK(PIN_CONTROLS, PROTECTED, .edit = NO_PIN(BIT(1))),
	BREAK(PIN_CONTROLS, LONG, .edit = PIN(BIT(8))),
	BREAK(PROC_CONTROLS, PROTECTED, .edit = NO_PROC(BIT(26))),
	BREAK(PROC_CONTROLS, REAL, .edit = PROC(BIT(18))),
	BREAK(PROC2_CONTROLS, PROTECTED, .edit = PROC2(BIT(29))),
	BREAK(PROC3_CONTROLS, PROTECTED, .setup = { TERTIARY }, .edit = PROC3(BIT(0))),
	BREAK(PROC3_CONTROLS, LONG, .setup = { TERTIARY }, .edit = PROC3(BIT_ULL(63))),
	BREAK(EXIT_CONTROLS, PROTECTED, .edit = NO_EXIT(BIT(0))),
	BREAK(EXIT_CONTROLS, PROTECTED, .edit = EXIT(BIT(24))),
	BREAK(EXIT2_CONTROLS, PROTECTED, .setup = { EXIT(CHECK_EXIT_SECONDARY) },
	      .edit = SET(CHECK_EXIT2_CONTROLS, 1)),
	BREAK(ENTRY_CONTROLS, PROTECTED, .edit = NO_ENTRY(BIT(0))),
	BREAK(ENTRY_CONTROLS, PROTECTED, .edit = ENTRY(BIT(17))),
	BREAK(CR3_TARGETS, PROTECTED, .setup = { SET(CR3_TARGET_COUNT, 4) },
	      .edit = SET(CR3_TARGET_COUNT, 5)),
	BREAK(CR3_TARGETS, PROTECTED, .edit = SET(CR3_TARGET_COUNT, 0xffffffff), .want = 4),
	BREAK(CR3_TARGETS, PROTECTED, .prepare = two_cr3_targets,
	      .setup = { SET(CR3_TARGET_COUNT, 2) }, .edit = SET(CR3_TARGET_COUNT, 3), .want = 2),
	BREAK(CR3_TARGETS, PROTECTED, .prepare = cr3_targets_not_told,
	      .setup = { SET(CR3_TARGET_COUNT, 4) }, .edit = SET(CR3_TARGET_COUNT, 5), .want = 4),
};

static const struct broken address_rows[] = {
	BREAK(IO_BITMAP, PROTECTED, .edit = OR(IO_BITMAP_A, 1)),
	BREAK(IO_BITMAP, PROTECTED, .edit = OR(IO_BITMAP_A, BEYOND), .want = 0x7ffffff000),
	BREAK(IO_BITMAP, PROTECTED, .edit = OR(IO_BITMAP_B, 0x800)),
	BREAK(IO_BITMAP, PROTECTED, .edit = OR(IO_BITMAP_B, BIT_ULL(63))),
	BREAK(MSR_BITMAP, PROTECTED, .edit = OR(MSR_BITMAP, 0x10)),
	BREAK(MSR_BITMAP, PROTECTED, .edit = OR(MSR_BITMAP, BEYOND)),
	BREAK(MSR_BITMAP, PROTECTED, .prepare = addresses_of_32_bits,
	      .edit = OR(MSR_BITMAP, BIT_ULL(32))),
	BREAK(VIRTUAL_APIC, PROTECTED, .edit = OR(VIRTUAL_APIC_PAGE_ADDR, 8)),
	BREAK(VIRTUAL_APIC, PROTECTED, .edit = OR(VIRTUAL_APIC_PAGE_ADDR, BEYOND)),
	BREAK(APIC_ACCESS, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES) },
	      .edit = OR(APIC_ACCESS_ADDR, 0x80)),
	BREAK(APIC_ACCESS, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES) },
	      .edit = OR(APIC_ACCESS_ADDR, BEYOND)),
	BREAK(PML_ADDRESS, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_ENABLE_PML) },
	      .edit = OR(PML_ADDRESS, 1)),
	BREAK(PML_ADDRESS, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_ENABLE_PML) },
	      .edit = OR(PML_ADDRESS, BEYOND)),
	BREAK(SUBPAGE_ADDRESS, PROTECTED, .setup = { PROC2(CHECK_PROC2_SPP) },
	      .edit = OR(CHECK_SPPT_POINTER, 1)),
	BREAK(SHADOW_BITMAP, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_SHADOW_VMCS) },
	      .edit = OR(VMREAD_BITMAP, 0x400)),
	BREAK(SHADOW_BITMAP, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_SHADOW_VMCS) },
	      .edit = OR(VMWRITE_BITMAP, BEYOND)),
	BREAK(SHADOW_BITMAP, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_SHADOW_VMCS) },
	      .edit = OR(VMWRITE_BITMAP, 0x800)),
	BREAK(VE_ADDRESS, PROTECTED, .setup = { PROC2(CHECK_PROC2_VE) },
	      .edit = OR(CHECK_VE_INFO_ADDRESS, 2)),
	BREAK(PASID_DIRECTORY, PROTECTED, .setup = { PROC2(CHECK_PROC2_PASID) },
	      .edit = OR(CHECK_PASID_LOW, 1)),
	BREAK(PASID_DIRECTORY, PROTECTED, .setup = { PROC2(CHECK_PROC2_PASID) },
	      .edit = OR(CHECK_PASID_HIGH, BEYOND)),
	BREAK(PASID_DIRECTORY, PROTECTED, .setup = { PROC2(CHECK_PROC2_PASID) },
	      .edit = OR(CHECK_PASID_HIGH, 0x800)),
	BREAK(PID_TABLE, PROTECTED, .setup = { TERTIARY, PROC3(CHECK_PROC3_IPI) },
	      .edit = OR(PID_POINTER_TABLE, 4)),
	BREAK(PID_TABLE, PROTECTED,
	      .setup = { TERTIARY, PROC3(CHECK_PROC3_IPI), SET(PID_POINTER_TABLE, BEYOND - 16),
			 SET(CHECK_LAST_PID_INDEX, 1) },
	      .edit = SET(CHECK_LAST_PID_INDEX, 2)),
	BREAK(HLAT_POINTER, PROTECTED, .setup = { TERTIARY, PROC3(CHECK_PROC3_HLAT) },
	      .edit = OR(CHECK_HLAT_POINTER, 1)),
	BREAK(HLAT_POINTER, PROTECTED,
	      .setup = { TERTIARY, PROC3(CHECK_PROC3_HLAT), OR(CHECK_HLAT_POINTER, 0x1018) },
	      .edit = OR(CHECK_HLAT_POINTER, 0x20)),
	BREAK(HLAT_POINTER, PROTECTED,
	      .setup = { TERTIARY, PROC3(CHECK_PROC3_HLAT), OR(CHECK_HLAT_POINTER, HIGH_PAGE) },
	      .edit = OR(CHECK_HLAT_POINTER, BEYOND), .want = HIGH_PAGE),
	BREAK(TSC_MULTIPLIER, PROTECTED,
	      .setup = { SET(TSC_MULTIPLIER, 1), PROC2(SECONDARY_EXEC_TSC_SCALING) },
	      .edit = SET(TSC_MULTIPLIER, 0)),
};

static const struct broken interrupt_rows[] = {
	BREAK(TPR_THRESHOLD, PROTECTED, .edit = SET(TPR_THRESHOLD, 0x10)),
	BREAK(TPR_THRESHOLD, PROTECTED, .edit = SET(TPR_THRESHOLD, 0x80000000)),
	BREAK(TPR_THRESHOLD_VTPR, PROTECTED, .prepare = virtual_tpr_0x5f,
	      .setup = { SET(TPR_THRESHOLD, 5) }, .edit = SET(TPR_THRESHOLD, 6), .want = 5),
	BREAK(VIRTUAL_NMIS, PROTECTED, .edit = NO_PIN(PIN_BASED_NMI_EXITING)),
	BREAK(NMI_WINDOW, PROTECTED, .setup = { PROC(CPU_BASED_NMI_WINDOW_EXITING) },
	      .edit = NO_PIN(PIN_BASED_VIRTUAL_NMIS), .field = CPU_BASED_VM_EXEC_CONTROL),
	BREAK(APIC_NEEDS_TPR_SHADOW, PROTECTED,
	      .setup = { PROC2(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE) },
	      .edit = NO_PROC(CPU_BASED_TPR_SHADOW), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(APIC_NEEDS_TPR_SHADOW, PROTECTED,
	      .setup = { PROC2(SECONDARY_EXEC_APIC_REGISTER_VIRT) },
	      .edit = NO_PROC(CPU_BASED_TPR_SHADOW), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(APIC_NEEDS_TPR_SHADOW, PROTECTED, .setup = { PROC2(DELIVERY) },
	      .edit = NO_PROC(CPU_BASED_TPR_SHADOW), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(APIC_NEEDS_TPR_SHADOW, PROTECTED, .setup = { TERTIARY, PROC3(CHECK_PROC3_IPI) },
	      .edit = NO_PROC(CPU_BASED_TPR_SHADOW), .field = TERTIARY_VM_EXEC_CONTROL),
	BREAK(X2APIC_AND_ACCESSES, PROTECTED,
	      .setup = { PROC2(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE) },
	      .edit = PROC2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES)),
	BREAK(DELIVERY_NEEDS_EXITING, PROTECTED, .setup = { PROC2(DELIVERY) },
	      .edit = NO_PIN(PIN_BASED_EXT_INTR_MASK), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(POSTED_NEEDS_DELIVERY, PROTECTED, .setup = { EXIT(VM_EXIT_ACK_INTR_ON_EXIT) },
	      .edit = PIN(PIN_BASED_POSTED_INTR)),
	BREAK(POSTED_NEEDS_ACK, PROTECTED, .setup = { PROC2(DELIVERY) },
	      .edit = PIN(PIN_BASED_POSTED_INTR)),
	BREAK(POSTED_VECTOR, PROTECTED,
	      .setup = { PROC2(DELIVERY), EXIT(VM_EXIT_ACK_INTR_ON_EXIT),
			 PIN(PIN_BASED_POSTED_INTR), SET(POSTED_INTR_NV, 0xff) },
	      .edit = SET(POSTED_INTR_NV, 0x100)),
	BREAK(POSTED_DESCRIPTOR, PROTECTED,
	      .setup = { PROC2(DELIVERY), EXIT(VM_EXIT_ACK_INTR_ON_EXIT),
			 PIN(PIN_BASED_POSTED_INTR), SET(POSTED_INTR_DESC_ADDR, 0x40) },
	      .edit = OR(POSTED_INTR_DESC_ADDR, 0x20)),
	BREAK(POSTED_DESCRIPTOR, PROTECTED,
	      .setup = { PROC2(DELIVERY), EXIT(VM_EXIT_ACK_INTR_ON_EXIT),
			 PIN(PIN_BASED_POSTED_INTR) },
	      .edit = OR(POSTED_INTR_DESC_ADDR, BEYOND)),
};

static const struct broken memory_rows[] = {
	BREAK(VPID, PROTECTED, .edit = SET(VIRTUAL_PROCESSOR_ID, 0)),
	BREAK(EPTP_MEMORY_TYPE, PROTECTED, .edit = CLEAR(EPT_POINTER, 2), .want = 0x7ffffff05e),
	BREAK(EPTP_MEMORY_TYPE, PROTECTED, .edit = OR(EPT_POINTER, 1), .want = 0x7ffffff05e),
	BREAK(EPTP_MEMORY_TYPE, PROTECTED, .prepare = only_uncached_ept,
	      .edit = OR(EPT_POINTER, VMX_EPTP_MT_WB), .want = 0x7ffffff058),
	BREAK(EPTP_MEMORY_TYPE, PROTECTED, .prepare = only_write_back_ept,
	      .edit = CLEAR(EPT_POINTER, VMX_EPTP_MT_WB), .want = 0x7ffffff05e),
	BREAK(EPTP_LEVELS, PROTECTED, .edit = CLEAR(EPT_POINTER, 0x08), .want = 0x7ffffff05e),
	BREAK(EPTP_LEVELS, PROTECTED, .setup = { CLEAR(EPT_POINTER, 0x40) },
	      .edit = SET(EPT_POINTER, 0x20026)),
	BREAK(EPTP_AD, PROTECTED, .prepare = no_ad, .edit = OR(EPT_POINTER, 0x40)),
	BREAK(EPTP_SHADOW_STACK, PROTECTED, .edit = OR(EPT_POINTER, 0x80)),
	BREAK(EPTP_RESERVED, PROTECTED, .edit = OR(EPT_POINTER, 0x100)),
	BREAK(EPTP_RESERVED, PROTECTED, .edit = OR(EPT_POINTER, BEYOND), .want = 0x7ffffff05e),
	BREAK(PML_NEEDS_EPT, PROTECTED,
	      .setup = { NO_PROC2(UNRESTRICTED), PROC2(SECONDARY_EXEC_ENABLE_PML) },
	      .edit = NO_PROC2(EPT)),
	BREAK(UNRESTRICTED_NEEDS_EPT, PROTECTED, .edit = NO_PROC2(EPT)),
	BREAK(MODE_EXEC_NEEDS_EPT, PROTECTED,
	      .setup = { NO_PROC2(UNRESTRICTED), PROC2(SECONDARY_EXEC_MODE_BASED_EPT_EXEC) },
	      .edit = NO_PROC2(EPT)),
	BREAK(SUBPAGE_NEEDS_EPT, PROTECTED,
	      .setup = { NO_PROC2(UNRESTRICTED), PROC2(CHECK_PROC2_SPP) },
	      .edit = NO_PROC2(EPT)),
	BREAK(VMFUNC_CONTROLS, PROTECTED, .setup = { PROC2(SECONDARY_EXEC_ENABLE_VMFUNC) },
	      .edit = OR(VM_FUNCTION_CONTROL, 2)),
	BREAK(EPTP_SWITCHING_NEEDS_EPT, PROTECTED,
	      .setup = { NO_PROC2(UNRESTRICTED), PROC2(SECONDARY_EXEC_ENABLE_VMFUNC),
			 OR(VM_FUNCTION_CONTROL, 1) },
	      .edit = NO_PROC2(EPT), .field = VM_FUNCTION_CONTROL),
	BREAK(EPTP_LIST, PROTECTED,
	      .setup = { PROC2(SECONDARY_EXEC_ENABLE_VMFUNC), OR(VM_FUNCTION_CONTROL, 1) },
	      .edit = OR(EPTP_LIST_ADDRESS, 8)),
	BREAK(PT_NEEDS_EPT, PROTECTED,
	      .setup = { NO_PROC2(UNRESTRICTED), ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL),
			 EXIT(VM_EXIT_CLEAR_IA32_RTIT_CTL), PROC2(SECONDARY_EXEC_PT_USE_GPA) },
	      .edit = NO_PROC2(EPT)),
	BREAK(PT_NEEDS_LOAD, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), EXIT(VM_EXIT_CLEAR_IA32_RTIT_CTL),
			 PROC2(SECONDARY_EXEC_PT_USE_GPA) },
	      .edit = NO_ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(PT_NEEDS_CLEAR, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), EXIT(VM_EXIT_CLEAR_IA32_RTIT_CTL),
			 PROC2(SECONDARY_EXEC_PT_USE_GPA) },
	      .edit = NO_EXIT(VM_EXIT_CLEAR_IA32_RTIT_CTL), .field = SECONDARY_VM_EXEC_CONTROL),
	BREAK(PT_LOAD_TRACING, PROTECTED, .prepare = tracing,
	      .edit = ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL)),
	BREAK(SAVE_TIMER, PROTECTED, .edit = EXIT(VM_EXIT_SAVE_VMX_PREEMPTION_TIMER)),
	BREAK(ENTRY_TO_SMM, PROTECTED, .edit = ENTRY(VM_ENTRY_DEACT_DUAL_MONITOR)),
};

/* The last area that fits ends with the physical address space. */
static const struct broken msr_area_rows[] = {
	BREAK(EXIT_MSR_STORE, PROTECTED, .setup = { SET(VM_EXIT_MSR_STORE_COUNT, 1) },
	      .edit = SET(VM_EXIT_MSR_STORE_ADDR, 0x8008)),
	BREAK(EXIT_MSR_STORE, PROTECTED, .setup = { SET(VM_EXIT_MSR_STORE_ADDR, 0x8008) },
	      .edit = SET(VM_EXIT_MSR_STORE_COUNT, 1), .field = VM_EXIT_MSR_STORE_ADDR),
	BREAK(EXIT_MSR_STORE, PROTECTED, .setup = { SET(VM_EXIT_MSR_STORE_COUNT, 1) },
	      .edit = SET(VM_EXIT_MSR_STORE_ADDR, BEYOND)),
	BREAK(EXIT_MSR_STORE, PROTECTED,
	      .setup = { SET(VM_EXIT_MSR_STORE_COUNT, 2),
			 SET(VM_EXIT_MSR_STORE_ADDR, BEYOND - 32) },
	      .edit = SET(VM_EXIT_MSR_STORE_COUNT, 3)),
	BREAK(EXIT_MSR_LOAD, PROTECTED, .setup = { SET(VM_EXIT_MSR_LOAD_COUNT, 1) },
	      .edit = SET(VM_EXIT_MSR_LOAD_ADDR, 0x8001)),
	BREAK(EXIT_MSR_LOAD, PROTECTED,
	      .setup = { SET(VM_EXIT_MSR_LOAD_COUNT, 1),
			 SET(VM_EXIT_MSR_LOAD_ADDR, BEYOND - 16) },
	      .edit = SET(VM_EXIT_MSR_LOAD_COUNT, 0xffffffff)),
	BREAK(ENTRY_MSR_LOAD, PROTECTED, .setup = { SET(VM_ENTRY_MSR_LOAD_COUNT, 1) },
	      .edit = SET(VM_ENTRY_MSR_LOAD_ADDR, 0x8004)),
	BREAK(ENTRY_MSR_LOAD, PROTECTED,
	      .setup = { SET(VM_ENTRY_MSR_LOAD_COUNT, 1),
			 SET(VM_ENTRY_MSR_LOAD_ADDR, BEYOND - 16) },
	      .edit = SET(VM_ENTRY_MSR_LOAD_COUNT, 2)),
	BREAK(ENTRY_MSR_LOAD, PROTECTED, .prepare = addresses_of_32_bits,
	      .setup = { SET(VM_ENTRY_MSR_LOAD_COUNT, 1),
			 SET(VM_ENTRY_MSR_LOAD_ADDR, 0xfffffff0) },
	      .edit = SET(VM_ENTRY_MSR_LOAD_COUNT, 2)),
};

static const struct broken event_rows[] = {
	BREAK(EVENT_TYPE, PROTECTED, .edit = EVENT(INTR_TYPE_RESERVED, 32), .want = 0x120),
	BREAK(EVENT_TYPE, PROTECTED, .prepare = no_mtf, .edit = EVENT(INTR_TYPE_OTHER_EVENT, 0)),
	BREAK(EVENT_VECTOR, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = EVENT(INTR_TYPE_NMI_INTR, 3), .want = 0x80000202),
	BREAK(EVENT_VECTOR, PROTECTED, .setup = { EVENT(INTR_TYPE_HARD_EXCEPTION, 31) },
	      .edit = EVENT(INTR_TYPE_HARD_EXCEPTION, 0x47), .want = 0x80000307),
	BREAK(EVENT_VECTOR, PROTECTED, .setup = { EVENT(INTR_TYPE_OTHER_EVENT, 0) },
	      .edit = EVENT(INTR_TYPE_OTHER_EVENT, 1)),
	BREAK(EVENT_ERROR_CODE, PROTECTED, .setup = { EVENT(INTR_TYPE_HARD_EXCEPTION, 6) },
	      .edit = ERROR(INTR_TYPE_HARD_EXCEPTION, 6)),
	BREAK(EVENT_ERROR_CODE, PROTECTED, .setup = { ERROR(INTR_TYPE_HARD_EXCEPTION, 8) },
	      .edit = EVENT(INTR_TYPE_HARD_EXCEPTION, 8)),
	BREAK(EVENT_ERROR_CODE, REAL, .setup = { EVENT(INTR_TYPE_HARD_EXCEPTION, 13) },
	      .edit = ERROR(INTR_TYPE_HARD_EXCEPTION, 13)),
	BREAK(EVENT_ERROR_CODE, REAL, .prepare = any_error_code,
	      .setup = { EVENT(INTR_TYPE_HARD_EXCEPTION, 13) },
	      .edit = ERROR(INTR_TYPE_HARD_EXCEPTION, 13)),
	BREAK(EVENT_ERROR_CODE, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = ERROR(INTR_TYPE_NMI_INTR, 2)),
	BREAK(EVENT_ERROR_CODE, PROTECTED, .prepare = any_error_code,
	      .setup = { SET(VM_ENTRY_INSTRUCTION_LEN, 2), EVENT(INTR_TYPE_SOFT_INTR, 13) },
	      .edit = ERROR(INTR_TYPE_SOFT_INTR, 13)),
	BREAK(EVENT_RESERVED, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = OR(VM_ENTRY_INTR_INFO_FIELD, BIT(12))),
	BREAK(EVENT_RESERVED, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = OR(VM_ENTRY_INTR_INFO_FIELD, BIT(30))),
	BREAK(EVENT_ERROR_BITS, PROTECTED,
	      .setup = { ERROR(INTR_TYPE_HARD_EXCEPTION, 14),
			 SET(VM_ENTRY_EXCEPTION_ERROR_CODE, 0xffff) },
	      .edit = SET(VM_ENTRY_EXCEPTION_ERROR_CODE, 0x10000)),
	BREAK(EVENT_LENGTH, PROTECTED,
	      .setup = { SET(VM_ENTRY_INSTRUCTION_LEN, 15), EVENT(INTR_TYPE_SOFT_INTR, 0x80) },
	      .edit = SET(VM_ENTRY_INSTRUCTION_LEN, 16)),
	BREAK(EVENT_LENGTH, PROTECTED, .prepare = no_zero_length,
	      .setup = { SET(VM_ENTRY_INSTRUCTION_LEN, 1), EVENT(INTR_TYPE_SOFT_EXCEPTION, 3) },
	      .edit = SET(VM_ENTRY_INSTRUCTION_LEN, 0)),
	BREAK(EVENT_LENGTH, PROTECTED, .prepare = no_zero_length,
	      .edit = EVENT(INTR_TYPE_PRIV_SW_EXCEPTION, 1), .field = VM_ENTRY_INSTRUCTION_LEN),
};

static void good_states_pass(void)
{
	static struct machine m;
	unsigned int mode;

	for (mode = 0; mode < MODES; mode++) {
		machine_init(&m, mode);
		expect_good(&m, mode_names[mode]);
	}
}

/* What is switched off may hold anything; what the processor offers may be used. */
static void what_is_not_used_is_not_checked(void)
{
	static const u32 unused[] = {
		IO_BITMAP_A, IO_BITMAP_B, MSR_BITMAP, VIRTUAL_APIC_PAGE_ADDR, APIC_ACCESS_ADDR,
		TPR_THRESHOLD, POSTED_INTR_NV, POSTED_INTR_DESC_ADDR, EPT_POINTER, PML_ADDRESS,
		EPTP_LIST_ADDRESS, VM_FUNCTION_CONTROL, VMREAD_BITMAP, VMWRITE_BITMAP,
		VM_EXIT_MSR_STORE_ADDR, VM_EXIT_MSR_LOAD_ADDR, VM_ENTRY_MSR_LOAD_ADDR,
		VM_ENTRY_EXCEPTION_ERROR_CODE, VM_ENTRY_INSTRUCTION_LEN, PID_POINTER_TABLE,
		SECONDARY_VM_EXEC_CONTROL, TERTIARY_VM_EXEC_CONTROL, CHECK_EXIT2_CONTROLS,
		CHECK_HLAT_POINTER, CHECK_SPPT_POINTER, CHECK_VE_INFO_ADDRESS,
	};
	static struct machine m;
	unsigned int i;

	machine_init(&m, RESTRICTED);
	m.field[CPU_BASED_VM_EXEC_CONTROL] = m.env.proc.must;
	for (i = 0; i < ARRAY_SIZE(unused); i++)
		m.field[unused[i]] = field_mask(unused[i]);
	m.field[VM_ENTRY_INTR_INFO_FIELD] = 0x7fffffff;
	m.field[VIRTUAL_PROCESSOR_ID] = 0;
	m.field[PID_POINTER_TABLE] = BEYOND - 16;
	m.field[CHECK_LAST_PID_INDEX] = 0xffff;
	expect_good(&m, "controls that are off");

	machine_init(&m, PROTECTED);
	m.field[SECONDARY_VM_EXEC_CONTROL] |= SECONDARY_EXEC_ENABLE_VMFUNC;
	m.field[EPTP_LIST_ADDRESS] = ~0ull;
	m.field[VM_ENTRY_INTR_INFO_FIELD] = INTR_INFO_VALID_MASK | INTR_TYPE_NMI_INTR | 2;
	m.field[VM_ENTRY_EXCEPTION_ERROR_CODE] = 0xffffffff;
	m.field[VM_ENTRY_INSTRUCTION_LEN] = 0xffffffff;
	expect_good(&m, "no EPTP switching, no error code, no software event");
}

/* VMREAD of a field that does not exist fails: only controls tell which ones do. */
static void fields_that_the_processor_lacks_are_not_read(void)
{
	static const u32 optional[] = {
		VIRTUAL_PROCESSOR_ID, POSTED_INTR_NV, POSTED_INTR_DESC_ADDR, EPT_POINTER,
		PML_ADDRESS, VM_FUNCTION_CONTROL, EPTP_LIST_ADDRESS, VMREAD_BITMAP, VMWRITE_BITMAP,
		APIC_ACCESS_ADDR, VIRTUAL_APIC_PAGE_ADDR, TPR_THRESHOLD, TSC_MULTIPLIER,
		SECONDARY_VM_EXEC_CONTROL, TERTIARY_VM_EXEC_CONTROL, PID_POINTER_TABLE, MSR_BITMAP,
		CHECK_LAST_PID_INDEX, CHECK_VE_INFO_ADDRESS, CHECK_SPPT_POINTER, CHECK_PASID_LOW,
		CHECK_PASID_HIGH, CHECK_HLAT_POINTER, CHECK_EXIT2_CONTROLS, CHECK_GUEST_UINV,
		CHECK_GUEST_LBR_CTL, CHECK_GUEST_PKRS, CHECK_HOST_PKRS, CHECK_GUEST_S_CET,
		CHECK_GUEST_SSP, CHECK_GUEST_SSP_TABLE, CHECK_HOST_S_CET, CHECK_HOST_SSP,
		CHECK_HOST_SSP_TABLE, GUEST_PDPTR0, GUEST_PDPTR0 + 2, GUEST_PDPTR0 + 4,
		GUEST_PDPTR0 + 6, GUEST_BNDCFGS, GUEST_IA32_RTIT_CTL, GUEST_IA32_PAT, HOST_IA32_PAT,
		GUEST_IA32_EFER, HOST_IA32_EFER, GUEST_IA32_PERF_GLOBAL_CTRL,
		HOST_IA32_PERF_GLOBAL_CTRL,
	};
	static struct machine m;
	unsigned int i;

	machine_init(&m, RESTRICTED);
	m.env.proc.may = m.env.proc.must;
	m.field[CPU_BASED_VM_EXEC_CONTROL] = m.env.proc.must;
	m.field[VM_EXIT_CONTROLS] = m.env.exit.must | VM_EXIT_HOST_ADDR_SPACE_SIZE;
	m.field[VM_ENTRY_CONTROLS] = m.env.entry.must;
	m.field[GUEST_CR4] |= X86_CR4_PAE;
	for (i = 0; i < ARRAY_SIZE(optional); i++)
		m.lacks[optional[i]] = true;
	expect_good(&m, "a plain processor");
}

static void what_the_processor_has_is_allowed(void)
{
	static struct machine m;

	machine_init(&m, PROTECTED);
	m.env.ept_vpid_cap |= VMX_EPT_PAGE_WALK_5_BIT | BIT_ULL(23);
	m.field[EPT_POINTER] = 0x20000 | VMX_EPTP_MT_WB | VMX_EPTP_PWL_5 | 0xc0;
	expect_good(&m, "five levels and shadow-stack pages");

	machine_init(&m, PROTECTED);
	m.env.basic |= CHECK_BASIC_ANY_ERROR_CODE;
	m.field[VM_ENTRY_INTR_INFO_FIELD] = INTR_INFO_VALID_MASK | INTR_TYPE_HARD_EXCEPTION | 14;
	expect_good(&m, "page fault without error code");

	machine_init(&m, PROTECTED);
	m.field[VM_ENTRY_INTR_INFO_FIELD] = INTR_INFO_VALID_MASK | INTR_TYPE_SOFT_INTR | 0x80;
	expect_good(&m, "instruction length 0");

	machine_init(&m, PROTECTED);
	m.env.memory = NULL;
	m.field[TPR_THRESHOLD] = 15;
	expect_good(&m, "a virtual TPR that cannot be read");
}

static void exceptions_with_an_error_code(void)
{
	static const bool with[32] = {
		[8] = true, [10] = true, [11] = true, [12] = true, [13] = true, [14] = true,
		[17] = true,
	};
	struct vmx_check_result out;
	static struct machine m;
	unsigned int vector, deliver;

	machine_init(&m, LONG);
	for (vector = 0; vector < 32; vector++) {
		for (deliver = 0; deliver < 2; deliver++) {
			m.field[VM_ENTRY_INTR_INFO_FIELD] =
				INTR_INFO_VALID_MASK | INTR_TYPE_HARD_EXCEPTION | vector |
				(deliver ? INTR_INFO_DELIVER_CODE_MASK : 0);
			EXPECT_EQ(deliver == with[vector],
				  vmx_check_controls(&m.env, machine_read, &m, &out));
			if (deliver != with[vector])
				EXPECT_EQ(XVCPU_RULE_EVENT_ERROR_CODE, out.rule);
		}
	}

	/* Only an unrestricted guest can be in real mode, whatever CR0 holds. */
	machine_init(&m, RESTRICTED);
	m.field[GUEST_CR0] = 0x30;
	m.field[VM_ENTRY_INTR_INFO_FIELD] = INTR_INFO_VALID_MASK | INTR_TYPE_HARD_EXCEPTION | 13 |
					    INTR_INFO_DELIVER_CODE_MASK;
	EXPECT(vmx_check_controls(&m.env, machine_read, &m, &out), "rule %u", out.rule);
}

static void reserved_bits(void)
{
	expect_broken(vmx_check_controls, reserved_rows, ARRAY_SIZE(reserved_rows));
}

static void addresses(void)
{
	expect_broken(vmx_check_controls, address_rows, ARRAY_SIZE(address_rows));
}

static void interrupts(void)
{
	expect_broken(vmx_check_controls, interrupt_rows, ARRAY_SIZE(interrupt_rows));
}

static void memory(void)
{
	expect_broken(vmx_check_controls, memory_rows, ARRAY_SIZE(memory_rows));
}

static void msr_areas(void)
{
	expect_broken(vmx_check_controls, msr_area_rows, ARRAY_SIZE(msr_area_rows));
}

static void events(void)
{
	expect_broken(vmx_check_controls, event_rows, ARRAY_SIZE(event_rows));
}

static void every_rule_was_broken(void)
{
	expect_covered(XVCPU_RULE_PIN_CONTROLS, XVCPU_RULE_HOST_CR0 - 1);
}

static void random_states_get_consistent_answers(void)
{
	static const u32 fields[] = {
		PIN_BASED_VM_EXEC_CONTROL, CPU_BASED_VM_EXEC_CONTROL, SECONDARY_VM_EXEC_CONTROL,
		TERTIARY_VM_EXEC_CONTROL, VM_EXIT_CONTROLS, VM_ENTRY_CONTROLS, CR3_TARGET_COUNT,
		IO_BITMAP_A, IO_BITMAP_B, MSR_BITMAP, VIRTUAL_APIC_PAGE_ADDR, APIC_ACCESS_ADDR,
		TPR_THRESHOLD, POSTED_INTR_NV, POSTED_INTR_DESC_ADDR, EPT_POINTER, PML_ADDRESS,
		EPTP_LIST_ADDRESS, VM_FUNCTION_CONTROL, VIRTUAL_PROCESSOR_ID, TSC_MULTIPLIER,
		VM_EXIT_MSR_STORE_ADDR, VM_EXIT_MSR_STORE_COUNT, VM_EXIT_MSR_LOAD_ADDR,
		VM_EXIT_MSR_LOAD_COUNT, VM_ENTRY_MSR_LOAD_ADDR, VM_ENTRY_MSR_LOAD_COUNT,
		VM_ENTRY_INTR_INFO_FIELD, VM_ENTRY_EXCEPTION_ERROR_CODE, VM_ENTRY_INSTRUCTION_LEN,
		PID_POINTER_TABLE, CHECK_LAST_PID_INDEX, CHECK_HLAT_POINTER, GUEST_CR0,
	};

	expect_consistent(vmx_check_controls, fields, ARRAY_SIZE(fields));
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "good states pass", good_states_pass },
		{ "what is not used is not checked", what_is_not_used_is_not_checked },
		{ "fields that the processor lacks are not read",
		  fields_that_the_processor_lacks_are_not_read },
		{ "what the processor has is allowed", what_the_processor_has_is_allowed },
		{ "reserved bits", reserved_bits },
		{ "addresses", addresses },
		{ "interrupts and the APIC", interrupts },
		{ "EPT, VPID and what needs them", memory },
		{ "MSR areas", msr_areas },
		{ "injected events", events },
		{ "exceptions with an error code", exceptions_with_an_error_code },
		{ "every rule was broken by a test", every_rule_was_broken },
		{ "random states get consistent answers", random_states_get_consistent_answers },
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}

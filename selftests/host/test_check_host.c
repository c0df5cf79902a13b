// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM-entry checks of the host-state area and of the MSR-load area: every rule is found when one
 * field or one entry breaks it.
 */
#include <string.h>

#include <linux/kernel.h>

#include <asm/msr-index.h>

#include "check_machine.h"
#include "tap.h"

#define EXIT(bits)	OR(VM_EXIT_CONTROLS, bits)
#define ENTRY(bits)	OR(VM_ENTRY_CONTROLS, bits)
#define NO_EXIT(bits)	CLEAR(VM_EXIT_CONTROLS, bits)

#define BEYOND		BIT_ULL(39)
#define NOT_CANONICAL	0x0000800000000000
#define LOW_END		0x00007fffffffffff
#define HIGH_START	0xffff800000000000

#define AREA		0x8000

static void has_lam(struct machine *m)
{
	m->env.lam = true;
	m->field[HOST_CR3] |= GENMASK_ULL(62, 61);
}

static void efer_without_nx(struct machine *m)
{
	m->env.efer = 0x501;
	m->field[HOST_IA32_EFER] = 0x501;
}

static void four_counters(struct machine *m)
{
	m->env.perf_global_ctrl = 0x70000000f;
}

/* No processor has it, but what VM entry does not look at must not matter. */
static void cd_and_nw_fixed_wrongly(struct machine *m)
{
	m->env.cr0_fixed0 |= X86_CR0_CD;
	m->env.cr0_fixed1 &= ~(u64)X86_CR0_NW;
	m->field[HOST_CR0] |= X86_CR0_NW;
	m->field[GUEST_CR0] |= X86_CR0_NW;
}

static const struct broken register_rows[] = {
	BREAK(HOST_CR0, PROTECTED, .edit = CLEAR(HOST_CR0, X86_CR0_PG)),
	BREAK(HOST_CR0, PROTECTED, .edit = CLEAR(HOST_CR0, X86_CR0_PE)),
	BREAK(HOST_CR0, PROTECTED, .edit = CLEAR(HOST_CR0, X86_CR0_NE)),
	BREAK(HOST_CR0, PROTECTED, .setup = { OR(HOST_CR0, X86_CR0_CD | X86_CR0_NW) },
	      .edit = OR(HOST_CR0, BIT_ULL(32))),
	BREAK(HOST_CR0, PROTECTED, .prepare = cd_and_nw_fixed_wrongly,
	      .edit = CLEAR(HOST_CR0, X86_CR0_NE)),
	BREAK(HOST_CR4, PROTECTED, .edit = CLEAR(HOST_CR4, X86_CR4_VMXE)),
	BREAK(HOST_CR4, PROTECTED, .edit = OR(HOST_CR4, BIT_ULL(15))),
	BREAK(HOST_CET_WP, PROTECTED, .setup = { OR(HOST_CR4, CHECK_CR4_CET) },
	      .edit = CLEAR(HOST_CR0, X86_CR0_WP), .field = HOST_CR4),
	BREAK(HOST_CR3, PROTECTED, .setup = { OR(HOST_CR3, BIT_ULL(38)) },
	      .edit = OR(HOST_CR3, BEYOND)),
	BREAK(HOST_CR3, PROTECTED, .edit = OR(HOST_CR3, BIT_ULL(62))),
	BREAK(HOST_CR3, PROTECTED, .prepare = has_lam, .edit = OR(HOST_CR3, BIT_ULL(63))),
	BREAK(HOST_SYSENTER, PROTECTED, .setup = { SET(HOST_IA32_SYSENTER_ESP, LOW_END) },
	      .edit = SET(HOST_IA32_SYSENTER_ESP, NOT_CANONICAL)),
	BREAK(HOST_SYSENTER, PROTECTED, .setup = { SET(HOST_IA32_SYSENTER_EIP, HIGH_START) },
	      .edit = SET(HOST_IA32_SYSENTER_EIP, HIGH_START - 1)),
	BREAK(HOST_PERF_GLOBAL_CTRL, PROTECTED,
	      .setup = { EXIT(VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) },
	      .edit = OR(HOST_IA32_PERF_GLOBAL_CTRL, BIT_ULL(49))),
	BREAK(HOST_PERF_GLOBAL_CTRL, PROTECTED, .prepare = four_counters,
	      .setup = { EXIT(VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL),
			 SET(HOST_IA32_PERF_GLOBAL_CTRL, 0x70000000f) },
	      .edit = OR(HOST_IA32_PERF_GLOBAL_CTRL, 0x10)),
	BREAK(HOST_PAT, PROTECTED, .edit = SET(HOST_IA32_PAT, 0x0407050600070102),
	      .want = 0x0407050600070106),
	BREAK(HOST_PAT, PROTECTED, .edit = SET(HOST_IA32_PAT, 0x0307050600070106)),
	BREAK(HOST_PAT, PROTECTED, .edit = SET(HOST_IA32_PAT, 0x0407080600070106),
	      .want = 0x0407060600070106),
	BREAK(HOST_EFER, PROTECTED, .edit = OR(HOST_IA32_EFER, BIT_ULL(1))),
	BREAK(HOST_EFER, PROTECTED, .prepare = efer_without_nx,
	      .edit = OR(HOST_IA32_EFER, BIT_ULL(11))),
	BREAK(HOST_EFER_LMA, PROTECTED, .edit = CLEAR(HOST_IA32_EFER, CHECK_EFER_LMA)),
	BREAK(HOST_EFER_LMA, HOST32, .edit = OR(HOST_IA32_EFER, CHECK_EFER_LMA)),
	BREAK(HOST_EFER_LME, PROTECTED, .edit = CLEAR(HOST_IA32_EFER, CHECK_EFER_LME)),
	BREAK(HOST_EFER_LME, HOST32, .edit = OR(HOST_IA32_EFER, CHECK_EFER_LME)),
	BREAK(HOST_S_CET, PROTECTED, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = OR(CHECK_HOST_S_CET, BIT_ULL(6))),
	BREAK(HOST_S_CET, PROTECTED,
	      .setup = { EXIT(CHECK_EXIT_LOAD_CET), OR(CHECK_HOST_S_CET, BIT_ULL(10)) },
	      .edit = OR(CHECK_HOST_S_CET, BIT_ULL(11))),
	BREAK(HOST_S_CET, PROTECTED, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = OR(CHECK_HOST_S_CET, NOT_CANONICAL)),
	BREAK(HOST_SSP, PROTECTED, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = OR(CHECK_HOST_SSP, 2)),
	BREAK(HOST_SSP_TABLE, PROTECTED, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = OR(CHECK_HOST_SSP_TABLE, NOT_CANONICAL)),
	BREAK(HOST_PKRS, PROTECTED,
	      .setup = { EXIT(CHECK_EXIT_LOAD_PKRS), SET(CHECK_HOST_PKRS, 0xffffffff) },
	      .edit = OR(CHECK_HOST_PKRS, BIT_ULL(32))),
};

static const struct broken segment_rows[] = {
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_ES_SELECTOR, 1)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_CS_SELECTOR, 3)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_SS_SELECTOR, 2)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = SET(HOST_DS_SELECTOR, 0x2b)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_FS_SELECTOR, 4)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_GS_SELECTOR, 7)),
	BREAK(HOST_SELECTOR, PROTECTED, .edit = OR(HOST_TR_SELECTOR, 4)),
	BREAK(HOST_SELECTOR_NULL, PROTECTED, .edit = SET(HOST_CS_SELECTOR, 0)),
	BREAK(HOST_SELECTOR_NULL, PROTECTED, .setup = { SET(HOST_SS_SELECTOR, 0) },
	      .edit = SET(HOST_TR_SELECTOR, 0)),
	BREAK(HOST_SS_NULL, HOST32, .edit = SET(HOST_SS_SELECTOR, 0)),
	BREAK(HOST_BASE, PROTECTED, .setup = { SET(HOST_FS_BASE, LOW_END) },
	      .edit = SET(HOST_FS_BASE, NOT_CANONICAL)),
	BREAK(HOST_BASE, PROTECTED, .setup = { SET(HOST_GS_BASE, HIGH_START) },
	      .edit = SET(HOST_GS_BASE, 0xff00000000000000)),
	BREAK(HOST_BASE, PROTECTED, .edit = SET(HOST_TR_BASE, NOT_CANONICAL)),
	BREAK(HOST_BASE, PROTECTED, .edit = SET(HOST_GDTR_BASE, NOT_CANONICAL)),
	BREAK(HOST_BASE, PROTECTED, .edit = SET(HOST_IDTR_BASE, NOT_CANONICAL)),
};

static void efer_not_loaded(struct machine *m)
{
	m->field[VM_EXIT_CONTROLS] &= ~VM_EXIT_LOAD_IA32_EFER;
}

static const struct broken size_rows[] = {
	BREAK(HOST_SIZE, PROTECTED, .prepare = efer_not_loaded,
	      .edit = NO_EXIT(VM_EXIT_HOST_ADDR_SPACE_SIZE)),
	BREAK(HOST_SIZE, HOST32, .prepare = efer_not_loaded,
	      .edit = EXIT(VM_EXIT_HOST_ADDR_SPACE_SIZE)),
	BREAK(HOST_SIZE_GUEST, HOST32, .edit = ENTRY(VM_ENTRY_IA32E_MODE)),
	BREAK(HOST_PCIDE, HOST32, .edit = OR(HOST_CR4, X86_CR4_PCIDE)),
	BREAK(HOST_PAE, PROTECTED, .edit = CLEAR(HOST_CR4, X86_CR4_PAE)),
	BREAK(HOST_RIP, PROTECTED, .setup = { SET(HOST_RIP, LOW_END) },
	      .edit = SET(HOST_RIP, NOT_CANONICAL)),
	BREAK(HOST_RIP, HOST32, .setup = { SET(HOST_RIP, 0xffffffff) },
	      .edit = SET(HOST_RIP, BIT_ULL(32))),
	BREAK(HOST_SSP_SIZE, PROTECTED, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = SET(CHECK_HOST_SSP, NOT_CANONICAL)),
	BREAK(HOST_SSP_SIZE, HOST32, .setup = { EXIT(CHECK_EXIT_LOAD_CET) },
	      .edit = SET(CHECK_HOST_SSP, BIT_ULL(32))),
};

/* Two good entries, then that of the test, then one that is wrong but not counted. */
static void msr_entry(struct machine *m, unsigned int i, u64 index, u64 value)
{
	memcpy(m->page + 16 * i, &index, 8);
	memcpy(m->page + 16 * i + 8, &value, 8);
}

static void msr_area(struct machine *m, u64 index, u64 value)
{
	m->page_pa = AREA;
	m->field[VM_ENTRY_MSR_LOAD_ADDR] = AREA;
	m->field[VM_ENTRY_MSR_LOAD_COUNT] = 2;
	m->env.x2apic = true;
	msr_entry(m, 0, MSR_EFER, 0xd01);
	msr_entry(m, 1, MSR_IA32_CR_PAT, 0x0007040600070406);
	msr_entry(m, 2, index, value);
	msr_entry(m, 3, MSR_FS_BASE, 0);
}

static const struct {
	u32 rule;
	u64 index;
	u64 value;
} msr_entries[] = {
	{ XVCPU_RULE_MSR_RESERVED, BIT_ULL(32) | MSR_LSTAR, 0 },
	{ XVCPU_RULE_MSR_RESERVED, BIT_ULL(63) | MSR_FS_BASE, 0 },
	{ XVCPU_RULE_MSR_BASE, MSR_FS_BASE, 0 },
	{ XVCPU_RULE_MSR_BASE, MSR_GS_BASE, 0 },
	{ XVCPU_RULE_MSR_X2APIC, 0x800, 0 },
	{ XVCPU_RULE_MSR_X2APIC, 0x8ff, 0 },
	{ XVCPU_RULE_MSR_SMM, 0x9b, 0 },
	{ XVCPU_RULE_MSR_SMM, 0x9e, 0 },
	{ XVCPU_RULE_MSR_MICROCODE, 0x79, 0 },
	{ XVCPU_RULE_MSR_MICROCODE, 0x8b, 0 },
	{ XVCPU_RULE_MSR_VALUE, MSR_EFER, 2 },
	{ XVCPU_RULE_MSR_VALUE, MSR_IA32_CR_PAT, 2 },
	{ XVCPU_RULE_MSR_VALUE, MSR_LSTAR, NOT_CANONICAL },
	{ XVCPU_RULE_MSR_VALUE, MSR_CSTAR, NOT_CANONICAL },
	{ XVCPU_RULE_MSR_VALUE, MSR_KERNEL_GS_BASE, NOT_CANONICAL },
	{ XVCPU_RULE_MSR_VALUE, MSR_IA32_SYSENTER_ESP, NOT_CANONICAL },
	{ XVCPU_RULE_MSR_VALUE, MSR_IA32_SYSENTER_EIP, NOT_CANONICAL },
};

/* The entry of @msr_entries that prepare_msr_area() puts into the area. */
static unsigned int msr_now;

static void prepare_msr_area(struct machine *m)
{
	msr_area(m, msr_entries[msr_now].index, msr_entries[msr_now].value);
}

static void registers(void)
{
	expect_broken(vmx_check_host_state, register_rows, ARRAY_SIZE(register_rows));
}

static void segments(void)
{
	expect_broken(vmx_check_host_state, segment_rows, ARRAY_SIZE(segment_rows));
}

static void address_space_size(void)
{
	expect_broken(vmx_check_host_state, size_rows, ARRAY_SIZE(size_rows));
}

static void msr_load_area(void)
{
	struct broken row = {
		.mode = PROTECTED,
		.prepare = prepare_msr_area,
		.edit = SET(VM_ENTRY_MSR_LOAD_COUNT, 3),
		.field = VM_ENTRY_MSR_LOAD_ADDR,
		.memory = true,
	};

	for (msr_now = 0; msr_now < ARRAY_SIZE(msr_entries); msr_now++) {
		row.rule = msr_entries[msr_now].rule;
		expect_broken(vmx_check_msr_load, &row, 1);
	}
}

/* The area is only looked at as far as it goes and can be read. */
static void msr_load_area_ends(void)
{
	struct vmx_check_result out;
	static struct machine m;
	u32 index;

	machine_init(&m, PROTECTED);
	msr_area(&m, MSR_FS_BASE, 0);
	m.field[VM_ENTRY_MSR_LOAD_COUNT] = 0;
	m.field[VM_ENTRY_MSR_LOAD_ADDR] = ~0ull;
	expect_good(&m, "an empty area");

	machine_init(&m, PROTECTED);
	msr_area(&m, 0x800, 0);
	m.env.x2apic = false;
	m.field[VM_ENTRY_MSR_LOAD_COUNT] = 3;
	expect_good(&m, "an x2APIC register in xAPIC mode");

	machine_init(&m, PROTECTED);
	msr_area(&m, MSR_FS_BASE, 0);
	m.field[VM_ENTRY_MSR_LOAD_COUNT] = 3;
	m.env.memory = NULL;
	expect_good(&m, "an area that cannot be read");

	for (index = 0x7ff; index <= 0x900; index += 0x101) {
		machine_init(&m, PROTECTED);
		msr_area(&m, index, 0);
		m.field[VM_ENTRY_MSR_LOAD_COUNT] = 3;
		expect_good(&m, "beside the x2APIC registers");
	}

	machine_init(&m, PROTECTED);
	msr_area(&m, 0, 0);
	msr_entry(&m, 0, BIT_ULL(32) | MSR_FS_BASE, 0);
	m.field[VM_ENTRY_MSR_LOAD_COUNT] = 1;
	EXPECT(!vmx_check_msr_load(&m.env, machine_read, &m, &out), "the first entry");
	EXPECT_EQ(BIT_ULL(32) | MSR_FS_BASE, out.value);
}

static void the_size_decides(void)
{
	static struct machine m;

	machine_init(&m, PROTECTED);
	m.field[HOST_SS_SELECTOR] = 0;
	expect_good(&m, "a 64-bit host without SS");

	machine_init(&m, HOST32);
	m.field[HOST_CR4] &= ~X86_CR4_PAE;
	expect_good(&m, "a 32-bit host without PAE");
}

static void what_is_not_loaded_is_not_checked(void)
{
	static struct machine m;

	machine_init(&m, PROTECTED);
	m.field[VM_EXIT_CONTROLS] &= ~(VM_EXIT_LOAD_IA32_EFER | VM_EXIT_LOAD_IA32_PAT);
	m.field[HOST_IA32_EFER] = ~0ull;
	m.field[HOST_IA32_PAT] = ~0ull;
	m.field[HOST_IA32_PERF_GLOBAL_CTRL] = ~0ull;
	m.field[CHECK_HOST_PKRS] = ~0ull;
	m.field[CHECK_HOST_S_CET] = NOT_CANONICAL;
	m.field[CHECK_HOST_SSP] = NOT_CANONICAL | 1;
	m.field[CHECK_HOST_SSP_TABLE] = NOT_CANONICAL;
	expect_good(&m, "MSRs that are not loaded");

	machine_init(&m, PROTECTED);
	m.env.linear_bits = 57;
	m.field[HOST_FS_BASE] = 0x00ffffffffffffff;
	m.field[HOST_GS_BASE] = 0xff00000000000000;
	expect_good(&m, "57-bit addresses");
}

static void every_rule_was_broken(void)
{
	expect_covered(XVCPU_RULE_HOST_CR0, XVCPU_RULE_GUEST_CR0 - 1);
	expect_covered(XVCPU_RULE_MSR_RESERVED, 511);
}

static void random_states_get_consistent_answers(void)
{
	static const u32 fields[] = {
		VM_EXIT_CONTROLS, VM_ENTRY_CONTROLS, HOST_CR0, HOST_CR3, HOST_CR4,
		HOST_ES_SELECTOR, HOST_CS_SELECTOR, HOST_SS_SELECTOR, HOST_DS_SELECTOR,
		HOST_FS_SELECTOR, HOST_GS_SELECTOR, HOST_TR_SELECTOR, HOST_FS_BASE, HOST_GS_BASE,
		HOST_TR_BASE, HOST_GDTR_BASE, HOST_IDTR_BASE, HOST_IA32_SYSENTER_ESP,
		HOST_IA32_SYSENTER_EIP, HOST_RSP, HOST_RIP, HOST_IA32_EFER, HOST_IA32_PAT,
		HOST_IA32_PERF_GLOBAL_CTRL, CHECK_HOST_PKRS, CHECK_HOST_S_CET, CHECK_HOST_SSP,
		CHECK_HOST_SSP_TABLE,
	};

	expect_consistent(vmx_check_host_state, fields, ARRAY_SIZE(fields));
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "control registers and MSRs", registers },
		{ "segments and tables", segments },
		{ "address-space size", address_space_size },
		{ "MSR-load area", msr_load_area },
		{ "the MSR-load area ends", msr_load_area_ends },
		{ "the size of the host decides", the_size_decides },
		{ "what is not loaded is not checked", what_is_not_loaded_is_not_checked },
		{ "every rule was broken by a test", every_rule_was_broken },
		{ "random states get consistent answers", random_states_get_consistent_answers },
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}

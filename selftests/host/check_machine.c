// SPDX-License-Identifier: GPL-2.0-only
/*
 * A processor and a VMCS in memory; see check_machine.h. One thread.
 */
#include <string.h>

#include <linux/kernel.h>

#include "check_machine.h"
#include "tap.h"

/* The ABI header itself, so that the list of rules cannot be out of date. */
extern const char abi_header[], abi_header_end[];
__asm__(".section .rodata\n"
	".global abi_header, abi_header_end\n"
	"abi_header: .incbin \"../../uapi/xvcpu.h\"\n"
	"abi_header_end: .byte 0\n"
	".previous\n");

#define RULES		512
#define NO_PAGE		BIT_ULL(52)
#define ROUNDS		200000

static bool covered[RULES];

const char *const mode_names[MODES] = {
	[REAL]		= "real mode",
	[UNPAGED]	= "protected mode without paging",
	[PROTECTED]	= "protected mode",
	[USER]		= "protected mode, ring 3",
	[PAE]		= "PAE paging",
	[V8086]		= "virtual-8086 mode",
	[LONG]		= "64-bit mode",
	[COMPAT]	= "compatibility mode",
	[RESTRICTED]	= "protected mode, restricted guest",
	[HOST32]	= "32-bit host",
};

u64 machine_read(void *ctx, u32 field)
{
	struct machine *m = ctx;

	/* An odd encoding is the high half of a 64-bit field: the checker must never want one. */
	if (field >= MACHINE_FIELDS || field & 1 || m->lacks[field]) {
		m->strays++;
		return 0;
	}
	return m->field[field];
}

bool machine_memory(void *ctx, u64 pa, void *to, unsigned int size)
{
	struct machine *m = ctx;

	if (size > 16 || pa % size || pa >> m->env.phys_bits)
		m->strays++;
	if (m->page_pa == NO_PAGE || pa < m->page_pa || pa - m->page_pa > MACHINE_PAGE - size)
		return false;
	memcpy(to, m->page + (pa - m->page_pa), size);
	return true;
}

/* A processor with everything that has rules, less one bit of each kind to be reserved. */
static void init_env(struct vmx_check_env *env)
{
	*env = (struct vmx_check_env){
		.pin		= { 0x00000016, 0x000000ff },
		.proc		= { 0x04006172, 0xfffbfffe },
		.proc2		= { 0x00000000, 0xdfffffff },
		.exit		= { 0x00036dfb, 0xfeffffff },
		.entry		= { 0x000011fb, 0x00fdffff },
		.proc3		= 0x1e,
		.exit2		= 0x08,
		.cr0_fixed0	= 0x80000021,
		.cr0_fixed1	= 0xffffffff,
		.cr4_fixed0	= 0x00002000,
		.cr4_fixed1	= 0x01f77fff,
		.basic		= 0x00d810000000002b,
		.misc		= 0x400401e0,
		.ept_vpid_cap	= 0x00000f0106334141,
		.vmfunc		= 1,
		.current_vmcs	= 0x5000,
		.memory		= machine_memory,
		.phys_bits	= 39,
		.linear_bits	= 48,
		.long_mode	= true,
	};
}

static void init_controls(struct machine *m)
{
	u64 *f = m->field;

	f[PIN_BASED_VM_EXEC_CONTROL] = m->env.pin.must | PIN_BASED_EXT_INTR_MASK |
				       PIN_BASED_NMI_EXITING | PIN_BASED_VIRTUAL_NMIS;
	f[CPU_BASED_VM_EXEC_CONTROL] = m->env.proc.must | CPU_BASED_TPR_SHADOW |
				       CPU_BASED_USE_IO_BITMAPS | CPU_BASED_USE_MSR_BITMAPS |
				       CPU_BASED_ACTIVATE_SECONDARY_CONTROLS;
	f[SECONDARY_VM_EXEC_CONTROL] = SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_ENABLE_VPID |
				       SECONDARY_EXEC_UNRESTRICTED_GUEST;
	f[VM_EXIT_CONTROLS] = m->env.exit.must | VM_EXIT_HOST_ADDR_SPACE_SIZE |
			      VM_EXIT_LOAD_IA32_PAT | VM_EXIT_LOAD_IA32_EFER;
	f[VM_ENTRY_CONTROLS] = m->env.entry.must | VM_ENTRY_LOAD_DEBUG_CONTROLS |
			       VM_ENTRY_LOAD_IA32_PAT | VM_ENTRY_LOAD_IA32_EFER;
	f[VIRTUAL_PROCESSOR_ID] = 1;
	f[IO_BITMAP_A] = 0x7ffffff000;
	f[IO_BITMAP_B] = 0x7ffffff000;
	f[MSR_BITMAP] = 0x13000;
	f[VIRTUAL_APIC_PAGE_ADDR] = 0x7ffffff000;
	f[EPT_POINTER] = 0x7ffffff000 | VMX_EPTP_MT_WB | VMX_EPTP_PWL_4 | VMX_EPTP_AD_ENABLE_BIT;
	f[VMCS_LINK_POINTER] = ~0ull;
}

static void init_host(struct machine *m)
{
	u64 *f = m->field;

	f[HOST_CR0] = 0x80050033;
	f[HOST_CR3] = 0x0000000012345fff;
	f[HOST_CR4] = 0x00362ef0;
	f[HOST_CS_SELECTOR] = 0x10;
	f[HOST_SS_SELECTOR] = 0x18;
	f[HOST_TR_SELECTOR] = 0x40;
	f[HOST_FS_BASE] = 0x00007f1234567000;
	f[HOST_GS_BASE] = 0xffff888012340000;
	f[HOST_TR_BASE] = 0xfffffe0000003000;
	f[HOST_GDTR_BASE] = 0xfffffe0000001000;
	f[HOST_IDTR_BASE] = 0xfffffe0000000000;
	f[HOST_IA32_SYSENTER_ESP] = 0xfffffe0000002000;
	f[HOST_IA32_SYSENTER_EIP] = 0xffffffff81001000;
	f[HOST_RSP] = 0xffffc90000010000;
	f[HOST_RIP] = 0xffffffffc0001000;
	f[HOST_IA32_EFER] = 0xd01;
	f[HOST_IA32_PAT] = 0x0407050600070106;
}

static void init_segment(struct machine *m, unsigned int i, u16 sel, u32 limit, u32 ar)
{
	m->field[GUEST_ES_SELECTOR + 2 * i] = sel;
	m->field[GUEST_ES_BASE + 2 * i] = 0;
	m->field[GUEST_ES_LIMIT + 2 * i] = limit;
	m->field[GUEST_ES_AR_BYTES + 2 * i] = ar;
}

/* ES, CS, SS, DS, FS and GS: data everywhere but in CS */
static void init_segments(struct machine *m, u16 cs, u32 cs_ar, u16 data, u32 data_ar, u32 limit)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		init_segment(m, i, i == 1 ? cs : data, limit, i == 1 ? cs_ar : data_ar);
}

static void init_guest_mode(struct machine *m, enum mode mode)
{
	u64 *f = m->field;
	unsigned int i;

	init_segments(m, 0x08, 0xc09b, 0x10, 0xc093, 0xffffffff);
	switch (mode) {
	case REAL:
		f[GUEST_CR0] = 0x60000030;
		init_segments(m, 0xf000, 0x0093, 0, 0x0093, 0xffff);
		f[GUEST_CS_BASE] = 0xffff0000;
		f[GUEST_RIP] = 0xfff0;
		break;
	case UNPAGED:
		f[GUEST_CR0] = 0x31;
		break;
	case V8086:
		f[GUEST_RFLAGS] |= X86_EFLAGS_VM | X86_EFLAGS_IOPL;
		init_segments(m, 0x1000, 0xf3, 0x2345, 0xf3, 0xffff);
		for (i = 0; i < 6; i++)
			f[GUEST_ES_BASE + 2 * i] = f[GUEST_ES_SELECTOR + 2 * i] << 4;
		f[GUEST_RIP] = 0x100;
		break;
	case LONG:
		init_segments(m, 0x08, 0xa09b, 0x10, 0xc093, 0xffffffff);
		f[GUEST_FS_BASE] = 0x00007f0000000000;
		f[GUEST_GS_BASE] = 0xffff888000000000;
		f[GUEST_RIP] = 0xffffffff81000000;
		break;
	case COMPAT:
	case USER:
		init_segments(m, 0x23, 0xc0fb, 0x2b, 0xc0f3, 0xffffffff);
		break;
	case RESTRICTED:
		f[SECONDARY_VM_EXEC_CONTROL] &= ~SECONDARY_EXEC_UNRESTRICTED_GUEST;
		break;
	default:
		break;
	}
	if (mode == LONG || mode == COMPAT) {
		f[GUEST_CR4] |= X86_CR4_PAE;
		f[GUEST_IA32_EFER] = 0xd01;
		f[VM_ENTRY_CONTROLS] |= VM_ENTRY_IA32E_MODE;
	} else if (mode == PAE) {
		f[GUEST_CR4] |= X86_CR4_PAE;
		f[GUEST_PDPTR0] = 0x1001;
		f[GUEST_PDPTR0 + 4] = 0x3019;
	}
}

static void init_guest(struct machine *m, enum mode mode)
{
	u64 *f = m->field;

	f[GUEST_CR0] = 0x80050033;
	f[GUEST_CR3] = 0x1000;
	f[GUEST_CR4] = 0x2000;
	f[GUEST_DR7] = 0x400;
	f[GUEST_IA32_PAT] = 0x0007040600070406;
	f[GUEST_SYSENTER_ESP] = 0xffff800000001000;
	f[GUEST_SYSENTER_EIP] = 0x00007fffffffffff;
	f[GUEST_GDTR_LIMIT] = 0xffff;
	f[GUEST_IDTR_LIMIT] = 0x3ff;
	f[GUEST_RIP] = 0x100000;
	f[GUEST_RFLAGS] = X86_EFLAGS_FIXED;
	init_guest_mode(m, mode);
	init_segment(m, 6, 0, 0, 0x10082);
	init_segment(m, 7, 0x18, 0x67, 0x8b);
}

void machine_init(struct machine *m, enum mode mode)
{
	memset(m, 0, sizeof(*m));
	m->page_pa = NO_PAGE;
	init_env(&m->env);
	init_controls(m);
	init_host(m);
	init_guest(m, mode);

	if (mode == HOST32) {
		m->env.long_mode = false;
		m->field[VM_EXIT_CONTROLS] &= ~VM_EXIT_HOST_ADDR_SPACE_SIZE;
		m->field[HOST_CR4] &= ~X86_CR4_PCIDE;
		m->field[HOST_RIP] = 0xc0001000;
		m->field[HOST_IA32_EFER] = 0;
	}
}

static const struct {
	const char *name;
	machine_check check;
} checks[] = {
	{ "controls", vmx_check_controls },
	{ "host state", vmx_check_host_state },
	{ "guest state", vmx_check_guest_state },
	{ "MSR load area", vmx_check_msr_load },
};

void expect_good(struct machine *m, const char *what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		struct vmx_check_result out = { .rule = 0xcccc, .field = 0xcccc };
		bool good = checks[i].check(&m->env, machine_read, m, &out);

		EXPECT(good, "%s: %s: rule %u, field 0x%04x = 0x%llx, expected 0x%llx", what,
		       checks[i].name, out.rule, out.field, out.value, out.expected);
		if (good)
			EXPECT(!out.rule && !out.field && !out.value && !out.expected,
			       "%s: %s: a result without a fault", what, checks[i].name);
	}
	EXPECT(!m->strays, "%s: reads outside the VMCS", what);
}

/* SDM "Field Encoding in VMCS": bits 14:13 are the field's width. */
u64 field_mask(u32 field)
{
	static const u64 masks[] = { 0xffff, ~0ull, 0xffffffff, ~0ull };

	return masks[field >> 13 & 3];
}

static void apply(struct machine *m, const struct edit *edit)
{
	u64 *field = &m->field[edit->field];

	EXPECT(!(edit->value & ~field_mask(edit->field)), "0x%04x cannot hold 0x%llx", edit->field,
	       edit->value);
	switch (edit->how) {
	case SET:
		*field = edit->value;
		break;
	case OR:
		EXPECT((*field & edit->value) != edit->value, "the edit of 0x%04x changes nothing",
		       edit->field);
		*field |= edit->value;
		break;
	case CLEAR:
		EXPECT(*field & edit->value, "the edit of 0x%04x changes nothing", edit->field);
		*field &= ~edit->value;
		break;
	default:
		break;
	}
}

static void set_up(struct machine *m, const struct broken *row, const char *what)
{
	unsigned int i;

	machine_init(m, row->mode);
	if (row->prepare)
		row->prepare(m);
	for (i = 0; i < ARRAY_SIZE(row->setup); i++)
		apply(m, &row->setup[i]);
	expect_good(m, what);
}

void expect_allowed(const struct broken *rows, unsigned int nr)
{
	static struct machine m;
	char what[64];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		snprintf(what, sizeof(what), "row %u, %s", i, mode_names[rows[i].mode]);
		set_up(&m, &rows[i], what);
	}
}

static void expect_row(machine_check check, const struct broken *row, struct machine *m)
{
	u32 field = row->field ?: row->edit.field;
	struct vmx_check_result out, after;
	char what[64];

	snprintf(what, sizeof(what), "rule %u in %s", row->rule, mode_names[row->mode]);
	set_up(m, row, what);
	apply(m, &row->edit);
	EXPECT(!check(&m->env, machine_read, m, &out), "%s: not found", what);
	EXPECT(out.rule == row->rule, "%s: found rule %u, field 0x%04x", what, out.rule, out.field);
	EXPECT(out.field == field, "%s: names field 0x%04x, not 0x%04x", what, out.field, field);
	EXPECT(!m->strays, "%s: reads outside the VMCS", what);
	covered[row->rule] = true;
	if (row->memory) {
		EXPECT(!out.expected, "%s: expects a value of memory", what);
		return;
	}

	EXPECT(out.value == m->field[field], "%s: value 0x%llx is not that of the field", what,
	       out.value);
	EXPECT(!row->want || out.expected == row->want, "%s: 0x%llx expected, not 0x%llx", what,
	       out.expected, row->want);
	m->field[out.field] = out.expected;
	EXPECT(check(&m->env, machine_read, m, &after) != row->partial,
	       "%s: with the expected value 0x%llx: rule %u, field 0x%04x", what, out.expected,
	       after.rule, after.field);
	EXPECT(after.rule != row->rule || after.field != field,
	       "%s: is still broken with the expected value 0x%llx", what, out.expected);
}

void expect_broken(machine_check check, const struct broken *rows, unsigned int nr)
{
	static struct machine m;

	for (; nr--; rows++)
		expect_row(check, rows, &m);
}

void expect_covered(u32 first, u32 last)
{
	const char *at = strstr(abi_header, "enum xvcpu_rule {");
	unsigned int rule, found = 0;
	char name[64];

	EXPECT(at, "no enum xvcpu_rule in the ABI header");
	for (at = at ? strchr(at, '\n') + 1 : "}"; *at != '}'; at = strchr(at, '\n') + 1) {
		if (*at != '\t' ||
		    sscanf(at, " XVCPU_RULE_%63[A-Z0-9_] = %u,", name, &rule) != 2)
			continue;
		EXPECT(rule < RULES, "%s = %u: the test's table is too small", name, rule);
		if (rule < first || rule > last || rule >= RULES)
			continue;
		EXPECT(covered[rule], "no test breaks %s", name);
		found++;
	}
	EXPECT(found, "no rule from %u to %u", first, last);
}

/* Deterministic: a failure can be looked at again. */
static u64 random64(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void scramble(struct machine *m, const u32 *fields, unsigned int nr)
{
	unsigned int changes = 1 + random64() % 4;

	while (changes--) {
		u32 field = fields[random64() % nr];

		switch (random64() % 4) {
		case 0:
			m->field[field] ^= 1ull << random64() % 64;
			break;
		case 1:
			m->field[field] ^= 1ull << random64() % 16;
			break;
		case 2:
			m->field[field] = random64() >> random64() % 64;
			break;
		default:
			m->field[field] = m->field[fields[random64() % nr]];
		}
		m->field[field] &= field_mask(field);
	}
}

void expect_consistent(machine_check check, const u32 *fields, unsigned int nr)
{
	static struct machine m;
	struct vmx_check_result out, after;
	unsigned int i, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		machine_init(&m, random64() % MODES);
		scramble(&m, fields, nr);
		if (check(&m.env, machine_read, &m, &out)) {
			EXPECT(!out.rule, "rule %u although all hold", out.rule);
			good++;
			continue;
		}
		EXPECT(out.rule && out.rule < RULES && covered[out.rule],
		       "rule %u has no test of its own", out.rule);
		EXPECT(out.value == m.field[out.field], "rule %u: not the value of 0x%04x",
		       out.rule, out.field);
		m.field[out.field] = out.expected;
		check(&m.env, machine_read, &m, &after);
		EXPECT(after.rule != out.rule || after.field != out.field,
		       "rule %u still broken: 0x%04x was 0x%llx, expected 0x%llx", out.rule,
		       out.field, out.value, out.expected);
	}
	EXPECT(!m.strays, "reads outside the VMCS");
	EXPECT(good && good < ROUNDS, "%u of %u states are good: nothing was tried", good, ROUNDS);
}

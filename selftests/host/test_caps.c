// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities: firmware that left VMX off, processors that lack one control or another, and what
 * is used of those that lack nothing. The processor is a table of MSRs.
 */
#include "../../kmod/vmx/caps.c"
#include "tap.h"

bool shim_cpu_has[SHIM_FEATURES];
u32 shim_cpuid_1_eax;
u32 shim_cpuid_1_ecx;

#define CPUID_1_ECX_VMX	BIT(5)

/* IA32_VMX_BASIC: a revision, a region of 1024 bytes, write-back, true controls. */
#define BASIC		(0x12ull | 1024ull << 32 | 6ull << 50 | BIT_ULL(55))
#define BASIC_SIZE(n)	((BASIC & ~(0x1fffull << 32)) | (u64)(n) << 32)
#define BASIC_UNCACHED	(BASIC & ~(0xfull << 50))

/* IA32_VMX_EPT_VPID_CAP, by bit (SDM "VPID and EPT Capabilities"). */
#define EPT_WALK_4	BIT_ULL(6)
#define EPT_WB		BIT_ULL(14)
#define EPT_INVEPT	BIT_ULL(20)
#define EPT_AD		BIT_ULL(21)
#define EPT_SINGLE	BIT_ULL(25)
#define VPID_INVVPID	BIT_ULL(32)
#define VPID_SINGLE	BIT_ULL(41)

struct fake_msr {
	u32 msr;
	u64 value;
	bool there;
};

#define MAY(must, may)	((u64)(may) << 32 | (must))

/* Everything there is, and as little of it fixed to 1 as true controls allow. */
static const struct fake_msr complete[] = {
	{ MSR_IA32_FEAT_CTL, 5, true },
	{ MSR_IA32_VMX_BASIC, BASIC, true },
	{ MSR_IA32_VMX_MISC, 0x20, true },
	{ MSR_IA32_VMX_CR0_FIXED0, 0x80000021, true },
	{ MSR_IA32_VMX_CR0_FIXED1, ~0ull, true },
	{ MSR_IA32_VMX_CR4_FIXED0, 0x2000, true },
	{ MSR_IA32_VMX_CR4_FIXED1, ~0ull, true },
	{ MSR_IA32_VMX_TRUE_PINBASED_CTLS, MAY(0x16, 0xff), true },
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, MAY(0x04006172, 0xffffffff), true },
	{ MSR_IA32_VMX_PROCBASED_CTLS2, MAY(0, 0xffffffff), true },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, MAY(0x00036dfb, 0x01ffffff), true },
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, MAY(0x000011fb, 0x0003ffff), true },
	{ MSR_IA32_VMX_EPT_VPID_CAP, 0xf0106734141ull | EPT_AD, true },
};

#define MSRS ARRAY_SIZE(complete)

static struct fake_msr msrs[MSRS];
static unsigned int absent_reads;

static struct fake_msr *find(u32 msr)
{
	unsigned int i;

	for (i = 0; i < MSRS; i++) {
		if (msrs[i].msr == msr)
			return &msrs[i];
	}
	return NULL;
}

int rdmsrl_safe(u32 msr, u64 *value)
{
	const struct fake_msr *fake = find(msr);

	if (!fake || !fake->there) {
		absent_reads++;
		return -EIO;
	}
	*value = fake->value;
	return 0;
}

/* A processor that has all, for a test to take from. */
static void begin(void)
{
	memcpy(msrs, complete, sizeof(msrs));
	memset(shim_cpu_has, true, sizeof(shim_cpu_has));
	shim_cpuid_1_eax = 0;
	shim_cpuid_1_ecx = CPUID_1_ECX_VMX;
	enable_vpid = true;
	enable_ept_ad = true;
	enable_xsaves = true;
	enable_preemption_timer = true;
	absent_reads = 0;
}

static void load(void)
{
	memset(&vmx_caps, 0, sizeof(vmx_caps));
	vmx_caps_init();
}

static void set(u32 msr, u64 value)
{
	find(msr)->value = value;
}

static void clear(u32 msr, u64 bits)
{
	find(msr)->value &= ~bits;
}

static void refused(u32 feature, u32 reason)
{
	u32 missing = ~0u;

	load();
	EXPECT_EQ(reason, vmx_caps_missing(&missing));
	EXPECT_EQ(feature, missing);
	EXPECT_EQ(reason, vmx_caps.feature[feature]);
}

static void not_refused(void)
{
	u32 missing = ~0u;

	load();
	EXPECT_EQ(XVCPU_REASON_OK, vmx_caps_missing(&missing));
	EXPECT_EQ(~0u, missing);
}

static void a_complete_processor_is_used_whole(void)
{
	unsigned int i;

	begin();
	not_refused();
	EXPECT_EQ(0, absent_reads);
	for (i = 0; i <= XVCPU_FEATURE_PREEMPTION_TIMER; i++)
		EXPECT(vmx_caps.feature[i] == XVCPU_REASON_OK, "feature %u: reason %u", i,
		       vmx_caps.feature[i]);
	EXPECT(vmx_caps.vpid && vmx_caps.ept_ad && vmx_caps.xsaves, "an optional one is not used");
	EXPECT_EQ(0x12, vmx_caps.revision);
	EXPECT(vmx_caps_same_on_this_cpu(), "differs from itself");
	for (i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control *control = &vmx_caps.control[i];

		EXPECT_EQ(control->must, control->must & control->value);
		EXPECT_EQ(0, control->value & ~control->may);
	}
}

static void without_vmx_no_other_msr_is_read(void)
{
	begin();
	memset(msrs, 0, sizeof(msrs));
	shim_cpu_has[X86_FEATURE_VMX] = false;
	shim_cpuid_1_ecx = 0;
	refused(XVCPU_FEATURE_VMX, XVCPU_REASON_NO_VMX);
	EXPECT_EQ(0, absent_reads);
}

/* The kernel clears its own flag when the firmware has VMX off; CPUID still has it. */
static void the_firmware_is_told_from_the_processor(void)
{
	static const struct {
		u64 value;
		u32 reason;
	} rows[] = {
		{ 0, XVCPU_REASON_UNLOCKED },
		{ FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX, XVCPU_REASON_UNLOCKED },
		{ FEAT_CTL_LOCKED, XVCPU_REASON_LOCKED },
		{ FEAT_CTL_LOCKED | BIT(1) /* inside SMX */, XVCPU_REASON_LOCKED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		shim_cpu_has[X86_FEATURE_VMX] = false;
		set(MSR_IA32_FEAT_CTL, rows[i].value);
		refused(XVCPU_FEATURE_FIRMWARE, rows[i].reason);
	}
	begin();
	find(MSR_IA32_FEAT_CTL)->there = false;
	refused(XVCPU_FEATURE_FIRMWARE, XVCPU_REASON_NO_CPU);
}

static void regions_that_do_not_fit_are_refused(void)
{
	static const u64 basics[] = {
		BASIC_SIZE(0), BASIC_SIZE(4097), BASIC_SIZE(8191), BASIC_UNCACHED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(basics); i++) {
		begin();
		set(MSR_IA32_VMX_BASIC, basics[i]);
		refused(XVCPU_FEATURE_VMCS, XVCPU_REASON_NO_CPU);
	}
	begin();
	set(MSR_IA32_VMX_BASIC, BASIC_SIZE(4096));
	not_refused();
}

/* The true MSRs need not exist then: none of them may be read. */
static void without_true_controls(void)
{
	unsigned int i;

	begin();
	clear(MSR_IA32_VMX_BASIC, BIT_ULL(55));
	refused(XVCPU_FEATURE_TRUE_CTLS, XVCPU_REASON_NO_CPU);
	for (i = XVCPU_FEATURE_TRUE_CTLS; i < VMX_FEATURES_REQUIRED; i++)
		EXPECT_EQ(XVCPU_REASON_NO_CPU, vmx_caps.feature[i]);
}

/* What the module cannot do without, as the SDM numbers the controls, and how it calls it. */
static const struct needed {
	u32 msr;
	u8 bit;
	u8 feature;
} needed[] = {
	{ MSR_IA32_VMX_TRUE_PINBASED_CTLS, 0, XVCPU_FEATURE_VMX },	/* external interrupts */
	{ MSR_IA32_VMX_TRUE_PINBASED_CTLS, 3, XVCPU_FEATURE_VMX },	/* NMIs */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 2, XVCPU_FEATURE_VMX },	/* interrupt window */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 3, XVCPU_FEATURE_VMX },	/* TSC offset */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 7, XVCPU_FEATURE_VMX },	/* HLT */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 10, XVCPU_FEATURE_VMX },	/* MWAIT */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 11, XVCPU_FEATURE_VMX },	/* RDPMC */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 19, XVCPU_FEATURE_TPR_SHADOW }, /* CR8 */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 20, XVCPU_FEATURE_TPR_SHADOW },
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 23, XVCPU_FEATURE_VMX },	/* MOV DR */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 24, XVCPU_FEATURE_VMX },	/* I/O */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 28, XVCPU_FEATURE_MSR_BITMAPS },
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 29, XVCPU_FEATURE_VMX },	/* MONITOR */
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 31, XVCPU_FEATURE_SECONDARY },
	{ MSR_IA32_VMX_PROCBASED_CTLS2, 1, XVCPU_FEATURE_EPT },
	{ MSR_IA32_VMX_PROCBASED_CTLS2, 7, XVCPU_FEATURE_UNRESTRICTED },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 2, XVCPU_FEATURE_VMX },		/* save DR7, DEBUGCTL */
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 9, XVCPU_FEATURE_VMX },		/* 64-bit host */
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 18, XVCPU_FEATURE_PAT },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 19, XVCPU_FEATURE_PAT },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 20, XVCPU_FEATURE_EFER },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 21, XVCPU_FEATURE_EFER },
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, 2, XVCPU_FEATURE_VMX },		/* load DR7, DEBUGCTL */
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, 14, XVCPU_FEATURE_PAT },
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, 15, XVCPU_FEATURE_EFER },
};

static const struct needed *find_needed(u32 msr, unsigned int bit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (needed[i].msr == msr && needed[i].bit == bit)
			return &needed[i];
	}
	return NULL;
}

static const u32 control_msrs[] = {
	MSR_IA32_VMX_TRUE_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
	MSR_IA32_VMX_PROCBASED_CTLS2, MSR_IA32_VMX_TRUE_EXIT_CTLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS,
};

/* Each control taken away, one at a time: needed ones are refused by name, the others are not. */
static void each_needed_control_is_required_and_no_other(void)
{
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(control_msrs); i++) {
		for (bit = 0; bit < 32; bit++) {
			const struct needed *row = find_needed(control_msrs[i], bit);

			begin();
			clear(control_msrs[i], BIT_ULL(32 + bit) | BIT_ULL(bit));
			if (row)
				refused(row->feature, XVCPU_REASON_NO_CPU);
			else
				not_refused();
		}
	}
}

/* Each control that cannot be turned off: only those that would exit behind our back matter. */
static void controls_that_cannot_be_off(void)
{
	static const struct {
		u32 msr;
		u8 bit;
	} rows[] = {
		{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 15 },	/* CR3 load */
		{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, 16 },	/* CR3 store */
		{ MSR_IA32_VMX_TRUE_EXIT_CTLS, 15 },		/* acknowledge on exit */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		find(rows[i].msr)->value |= BIT_ULL(rows[i].bit);
		refused(XVCPU_FEATURE_TRUE_CTLS, XVCPU_REASON_NO_CPU);
	}
}

static void ept_needs_its_parts(void)
{
	static const u64 bits[] = { EPT_WALK_4, EPT_WB, EPT_INVEPT, EPT_SINGLE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		begin();
		clear(MSR_IA32_VMX_EPT_VPID_CAP, bits[i]);
		refused(XVCPU_FEATURE_EPT, XVCPU_REASON_NO_CPU);
	}
}

/* An optional feature that is not there, or not wanted, is named and its control stays 0. */
static void an_optional_feature_is_done_without(u32 feature, u32 reason, u32 control)
{
	not_refused();
	EXPECT_EQ(reason, vmx_caps.feature[feature]);
	EXPECT_EQ(0, vmx_caps.control[VMX_PROC2].value & control);
}

static void optional_features(void)
{
	begin();
	clear(MSR_IA32_VMX_PROCBASED_CTLS2, BIT_ULL(32 + 5));
	an_optional_feature_is_done_without(XVCPU_FEATURE_VPID, XVCPU_REASON_NO_CPU, BIT(5));
	EXPECT(!vmx_caps.vpid, "VPID in use");
	begin();
	clear(MSR_IA32_VMX_EPT_VPID_CAP, VPID_INVVPID);
	an_optional_feature_is_done_without(XVCPU_FEATURE_VPID, XVCPU_REASON_NO_CPU, BIT(5));
	begin();
	clear(MSR_IA32_VMX_EPT_VPID_CAP, VPID_SINGLE);
	an_optional_feature_is_done_without(XVCPU_FEATURE_VPID, XVCPU_REASON_NO_CPU, BIT(5));
	begin();
	enable_vpid = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_VPID, XVCPU_REASON_PARAM, BIT(5));
	EXPECT(!vmx_caps.vpid, "VPID in use");

	begin();
	clear(MSR_IA32_VMX_EPT_VPID_CAP, EPT_AD);
	an_optional_feature_is_done_without(XVCPU_FEATURE_EPT_AD, XVCPU_REASON_NO_CPU, 0);
	EXPECT(!vmx_caps.ept_ad, "EPT A/D in use");
	begin();
	enable_ept_ad = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_EPT_AD, XVCPU_REASON_PARAM, 0);
	EXPECT(!vmx_caps.ept_ad, "EPT A/D in use");

	begin();
	enable_xsaves = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_XSAVES, XVCPU_REASON_PARAM, BIT(20));
	EXPECT(!vmx_caps.xsaves, "XSAVES in use");
	begin();
	clear(MSR_IA32_VMX_TRUE_PINBASED_CTLS, BIT_ULL(32 + 5));
	an_optional_feature_is_done_without(XVCPU_FEATURE_VNMI, XVCPU_REASON_NO_CPU, 0);
	begin();
	clear(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, BIT_ULL(32 + 22));	/* NMI window */
	an_optional_feature_is_done_without(XVCPU_FEATURE_VNMI, XVCPU_REASON_NO_CPU, 0);

	begin();
	clear(MSR_IA32_VMX_TRUE_PINBASED_CTLS, BIT_ULL(32 + 6));
	an_optional_feature_is_done_without(XVCPU_FEATURE_PREEMPTION_TIMER, XVCPU_REASON_NO_CPU, 0);
	EXPECT(!vmx_caps.timer, "VMX-preemption timer in use");
	begin();
	enable_preemption_timer = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_PREEMPTION_TIMER, XVCPU_REASON_PARAM, 0);
	EXPECT(!vmx_caps.timer, "VMX-preemption timer in use");
	begin();
	shim_cpuid_1_eax = 0x306a8;
	an_optional_feature_is_done_without(XVCPU_FEATURE_PREEMPTION_TIMER, XVCPU_REASON_NO_CPU, 0);
	EXPECT(!vmx_caps.timer, "VMX-preemption timer in use");
}

/* A control that the processor has, for an instruction that the host's kernel turned off. */
static void features_that_the_kernel_turned_off(void)
{
	begin();
	shim_cpu_has[X86_FEATURE_RDTSCP] = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_RDTSCP, XVCPU_REASON_NO_KERNEL, BIT(3));
	begin();
	shim_cpu_has[X86_FEATURE_INVPCID] = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_INVPCID, XVCPU_REASON_NO_KERNEL, BIT(12));
	begin();
	shim_cpu_has[X86_FEATURE_XSAVES] = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_XSAVES, XVCPU_REASON_NO_KERNEL, BIT(20));
	begin();
	shim_cpu_has[X86_FEATURE_OSXSAVE] = false;
	an_optional_feature_is_done_without(XVCPU_FEATURE_XSAVE, XVCPU_REASON_NO_CPU, 0);
}

/* Another CPU that differs in any bit of any of them must not run what was made for the first. */
static void every_difference_between_cpus_is_seen(void)
{
	static const u32 others[] = { MSR_IA32_VMX_BASIC, MSR_IA32_VMX_EPT_VPID_CAP };
	unsigned int i, bit;

	begin();
	load();
	for (i = 0; i < ARRAY_SIZE(control_msrs) + ARRAY_SIZE(others); i++) {
		struct fake_msr *fake = find(i < ARRAY_SIZE(others) ? others[i] :
					     control_msrs[i - ARRAY_SIZE(others)]);

		for (bit = 0; bit < 64; bit++) {
			fake->value ^= BIT_ULL(bit);
			EXPECT(!vmx_caps_same_on_this_cpu(), "MSR %#x bit %u", fake->msr, bit);
			fake->value ^= BIT_ULL(bit);
		}
		fake->there = false;
		EXPECT(!vmx_caps_same_on_this_cpu(), "MSR %#x absent", fake->msr);
		fake->there = true;
	}
	EXPECT(vmx_caps_same_on_this_cpu(), "not what it was");
}

static const struct tap_test tests[] = {
	{ "a complete processor is used whole", a_complete_processor_is_used_whole },
	{ "without VMX no other MSR is read", without_vmx_no_other_msr_is_read },
	{ "the firmware is told from the processor", the_firmware_is_told_from_the_processor },
	{ "regions that do not fit are refused", regions_that_do_not_fit_are_refused },
	{ "without true controls", without_true_controls },
	{ "each needed control is required, and no other",
	  each_needed_control_is_required_and_no_other },
	{ "controls that cannot be off", controls_that_cannot_be_off },
	{ "EPT needs its parts", ept_needs_its_parts },
	{ "optional features", optional_features },
	{ "features that the kernel turned off", features_that_the_kernel_turned_off },
	{ "every difference between CPUs is seen", every_difference_between_cpus_is_seen },
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: the largest table that a guest can be given here, and the exit that answers from a
 * vCPU's table.
 *
 * A feature is offered if the host kernel uses it, the processor has it, and this module either
 * switches what it brings or it brings nothing to switch. LEAF_*_E?X are that list. The supported
 * table is built when the module loads and read-only afterwards but for the TSC's rate; a vCPU's
 * table belongs to the vCPU.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>
#include <asm/tsc.h>
#include <asm/vmx.h>

#include "../compat.h"
#include "caps.h"
#include "exit.h"
#include "regs.h"
#include "setup.h"

#define F(name)		BIT(X86_FEATURE_##name & 31)

/* Leaf 1 EDX and ECX, 7 EBX, ECX and EDX, 0x80000001: bits that may be offered. */
#define LEAF_1_EDX	(F(FPU) | F(VME) | F(DE) | F(PSE) | F(TSC) | F(MSR) | F(PAE) | F(CX8) | \
			 F(SEP) | F(PGE) | F(CMOV) | F(PAT) | F(PSE36) | F(CLFLUSH) | F(MMX) | \
			 F(FXSR) | F(XMM) | F(XMM2) | F(SELFSNOOP))
#define LEAF_1_ECX	(F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) | F(PCID) | \
			 F(XMM4_1) | F(XMM4_2) | F(MOVBE) | F(POPCNT) | F(AES) | F(XSAVE) | \
			 F(AVX) | F(F16C) | F(RDRAND))
#define LEAF_7_EBX	(F(FSGSBASE) | F(BMI1) | F(AVX2) | F(SMEP) | F(BMI2) | F(ERMS) | \
			 F(INVPCID) | F(RDSEED) | F(ADX) | F(SMAP) | F(CLFLUSHOPT) | F(CLWB) | \
			 F(SHA_NI) | F(AVX512F) | F(AVX512DQ) | F(AVX512IFMA) | F(AVX512CD) | \
			 F(AVX512BW) | F(AVX512VL))
#define LEAF_7_ECX	(F(AVX512VBMI) | F(UMIP) | F(PKU) | F(AVX512_VBMI2) | F(GFNI) | F(VAES) | \
			 F(VPCLMULQDQ) | F(AVX512_VNNI) | F(AVX512_BITALG) | F(AVX512_VPOPCNTDQ) | \
			 F(RDPID))
#define LEAF_7_EDX	(F(FSRM) | F(MD_CLEAR))
#define LEAF_D1_EAX	(F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) | F(XSAVES))
#define LEAF_8_1_EDX	(F(SYSCALL) | F(NX) | F(GBPAGES) | F(RDTSCP) | F(LM))
#define LEAF_8_1_ECX	(F(LAHF_LM) | F(ABM) | F(3DNOWPREFETCH))

#define HYPERVISOR_LEAF		0x40000000
#define HYPERVISOR_TIMING	0x40000010
#define LEAF_TSC_INVARIANT	BIT(8)
#define LEAF_TSC_RATIO		0x15
#define LEAF_FREQUENCIES	0x16

#define XCR0_OFFERED	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE | XFEATURE_MASK_YMM | \
			 XFEATURE_MASK_AVX512 | XFEATURE_MASK_PKRU)

struct xvcpu_cpuid_entry vmx_cpuid_supported[VMX_CPUID_MAX];
unsigned int vmx_cpuid_supported_nr;

static u64 xcr0_offered __read_mostly;

static struct xvcpu_cpuid_entry *leaf_add(u32 leaf, u32 subleaf, u32 flags)
{
	struct xvcpu_cpuid_entry *entry;

	if (vmx_cpuid_supported_nr == VMX_CPUID_MAX)
		return NULL;
	entry = &vmx_cpuid_supported[vmx_cpuid_supported_nr++];
	entry->leaf = leaf;
	entry->subleaf = subleaf;
	entry->flags = flags;
	cpuid_count(leaf, subleaf, &entry->eax, &entry->ebx, &entry->ecx, &entry->edx);
	return entry;
}

static void leaf_1(struct xvcpu_cpuid_entry *e)
{
	e->ebx &= 0x0000ff00;	/* CLFLUSH size; one logical processor, APIC id from the vCPU */
	e->ebx |= 1 << 16;
	e->ecx &= LEAF_1_ECX & boot_cpu_data.x86_capability[CPUID_1_ECX];
	e->ecx |= F(HYPERVISOR);
	e->edx &= LEAF_1_EDX;
}

static void leaf_7(struct xvcpu_cpuid_entry *e)
{
	u32 ebx = LEAF_7_EBX, ecx = LEAF_7_ECX;

	if (!(vmx_caps.control[VMX_PROC2].value & SECONDARY_EXEC_ENABLE_INVPCID))
		ebx &= ~F(INVPCID);
	if (!(vmx_caps.control[VMX_PROC2].value & SECONDARY_EXEC_ENABLE_RDTSCP))
		ecx &= ~F(RDPID);
	if (!boot_cpu_has(X86_FEATURE_OSPKE))
		ecx &= ~F(PKU);
	e->eax = 0;
	e->ebx &= ebx & boot_cpu_data.x86_capability[CPUID_7_0_EBX];
	e->ecx &= ecx & (boot_cpu_data.x86_capability[CPUID_7_ECX] | F(UMIP));
	e->edx &= LEAF_7_EDX;
}

static void leaf_80000001(struct xvcpu_cpuid_entry *e)
{
	u32 edx = LEAF_8_1_EDX;

	if (!(vmx_caps.control[VMX_PROC2].value & SECONDARY_EXEC_ENABLE_RDTSCP))
		edx &= ~F(RDTSCP);
	e->eax = 0;
	e->ebx = 0;
	e->ecx &= LEAF_8_1_ECX;
	e->edx &= edx;
}

/* Deterministic cache parameters of one core with one thread. */
static void leaves_4(void)
{
	struct xvcpu_cpuid_entry *e;
	u32 i;

	for (i = 0; i < 8; i++) {
		e = leaf_add(4, i, XVCPU_CPUID_SUBLEAF);
		if (!e)
			return;
		e->eax &= 0x3fff;
		if (!(e->eax & 0x1f))
			return;
	}
}

static void leaves_d(void)
{
	struct xvcpu_cpuid_entry *e;
	u32 i;

	if (!xcr0_offered)
		return;
	e = leaf_add(0xd, 0, XVCPU_CPUID_SUBLEAF);
	if (!e)
		return;
	e->eax = lower_32_bits(xcr0_offered);
	e->edx = upper_32_bits(xcr0_offered);
	e->ecx = 0;	/* filled in by exit_cpuid(), as EBX */
	e = leaf_add(0xd, 1, XVCPU_CPUID_SUBLEAF);
	if (!e)
		return;
	e->eax &= LEAF_D1_EAX;
	if (!vmx_caps.xsaves)
		e->eax &= ~F(XSAVES);
	e->ebx = 0;
	e->ecx = 0;
	e->edx = 0;
	for (i = 2; i < 32; i++) {
		if (xcr0_offered & BIT_ULL(i))
			leaf_add(0xd, i, XVCPU_CPUID_SUBLEAF);
	}
}

static struct xvcpu_cpuid_entry *supported_find(u32 leaf)
{
	unsigned int i;

	for (i = 0; i < vmx_cpuid_supported_nr; i++) {
		if (vmx_cpuid_supported[i].leaf == leaf)
			return &vmx_cpuid_supported[i];
	}
	return NULL;
}

static void leaves_hypervisor(void)
{
	struct xvcpu_cpuid_entry *e = leaf_add(HYPERVISOR_LEAF, 0, 0);

	if (!e)
		return;
	e->eax = HYPERVISOR_TIMING;
	memcpy(&e->ebx, "xvcp", 4);
	memcpy(&e->ecx, "uxvc", 4);
	memcpy(&e->edx, "pu\0\0", 4);
	leaf_add(HYPERVISOR_TIMING, 0, 0);
}

static void timing_set(u32 leaf, u32 eax, u32 ebx, u32 ecx)
{
	struct xvcpu_cpuid_entry *e = supported_find(leaf);

	if (!e)
		return;
	WRITE_ONCE(e->eax, eax);
	WRITE_ONCE(e->ebx, ebx);
	WRITE_ONCE(e->ecx, ecx);
	WRITE_ONCE(e->edx, 0);
}

/**
 * vmx_cpuid_timing - say how fast the TSC is, as the host knows by now
 *
 * Linux refines its measurement a second after boot, which may be later than when this module was
 * loaded: so this is done again whenever VMX is turned on. Called under the lock of that, or before
 * anyone reads the table.
 *
 * The crystal that leaf 0x15 wants is taken to run at the TSC's own rate, or at a power of two of
 * it that 32 bits of Hz can say: no ratio is exact for every rate, and guests count nothing else
 * in its unit.
 */
void vmx_cpuid_timing(void)
{
	u64 hz = (u64)tsc_khz * 1000;
	u32 ratio = 1;

	while (hz / ratio > U32_MAX)
		ratio *= 2;
	timing_set(LEAF_TSC_RATIO, 1, ratio, div_u64(hz, ratio));
	timing_set(LEAF_FREQUENCIES, min(tsc_khz / 1000, 0xffffu), min(tsc_khz / 1000, 0xffffu), 0);
	timing_set(HYPERVISOR_TIMING, tsc_khz, 0, 0);
}

static void leaves_extended(void)
{
	struct xvcpu_cpuid_entry *e = leaf_add(0x80000000, 0, 0);
	u32 leaf;

	if (!e)
		return;
	e->eax = 0x80000008;
	e->ebx = 0;
	e->ecx = 0;
	e->edx = 0;
	leaf_80000001(leaf_add(0x80000001, 0, 0));
	for (leaf = 0x80000002; leaf <= 0x80000006; leaf++)
		leaf_add(leaf, 0, 0);
	e = leaf_add(0x80000007, 0, 0);
	e->eax = 0;
	e->ebx = 0;
	e->ecx = 0;
	e->edx &= LEAF_TSC_INVARIANT;
	e = leaf_add(0x80000008, 0, 0);
	/* No wider than what EPT translates: the guest takes the bits above as reserved. */
	e->eax = (e->eax & 0xff00) | vmx_gpa_bits();
	e->ebx = 0;
	e->ecx = 0;
	e->edx = 0;
}

/**
 * vmx_cpuid_init - build the supported table
 *
 * Leaves that are left out read as zeros: thermal and power (6), PMU (0xa), topology (0xb, 0x1f),
 * and what else is below 0x16, as a processor may (SDM "CPUID": leaves that it does not have).
 */
void vmx_cpuid_init(void)
{
	struct xvcpu_cpuid_entry *e;

	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		xcr0_offered = xgetbv(XCR_XFEATURE_ENABLED_MASK) & XCR0_OFFERED;
	e = leaf_add(0, 0, 0);
	e->eax = LEAF_FREQUENCIES;
	leaf_1(leaf_add(1, 0, 0));
	leaf_add(2, 0, 0);
	leaves_4();
	leaf_7(leaf_add(7, 0, XVCPU_CPUID_SUBLEAF));
	leaves_d();
	leaf_add(LEAF_TSC_RATIO, 0, 0);
	leaf_add(LEAF_FREQUENCIES, 0, 0);
	leaves_hypervisor();
	leaves_extended();
	vmx_cpuid_timing();
}

static const struct xvcpu_cpuid_entry *table_find(const struct xvcpu_cpuid_entry *table, u32 nr,
						  u32 leaf, u32 subleaf)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (table[i].leaf != leaf)
			continue;
		if (!(table[i].flags & XVCPU_CPUID_SUBLEAF) || table[i].subleaf == subleaf)
			return &table[i];
	}
	return NULL;
}

static int refuse(struct xvcpu_error *error, u32 code, u32 index, u32 field, u64 value,
		  u64 expected)
{
	error->code = code;
	error->index = index;
	error->field = field;
	error->value = value;
	error->expected = expected;
	return -EINVAL;
}

static bool leaf_has_features(u32 leaf)
{
	return leaf == 1 || leaf == 7 || leaf == 0xd || leaf == 0x80000001;
}

static u32 entry_reg(const struct xvcpu_cpuid_entry *e, unsigned int reg)
{
	const u32 regs[] = { e->eax, e->ebx, e->ecx, e->edx };

	return regs[reg];
}

/* What of an entry is feature bits; OSXSAVE and OSPKE are the vCPU's, and some registers sizes. */
static struct xvcpu_cpuid_entry features_of(const struct xvcpu_cpuid_entry *e)
{
	struct xvcpu_cpuid_entry features = *e;

	if (e->leaf == 1 || e->leaf == 0x80000001)
		features.eax = 0;
	if (e->leaf != 7)
		features.ebx = 0;
	if (e->leaf == 1)
		features.ecx &= ~F(OSXSAVE);
	if (e->leaf == 7)
		features.ecx &= ~F(OSPKE);
	if (e->leaf == 0xd && !e->subleaf)
		features.ecx = 0;
	return features;
}

static int features_check(const struct xvcpu_cpuid_entry *e, u32 index, struct xvcpu_error *error)
{
	static const struct xvcpu_cpuid_entry none;
	static const u8 fields[] = {
		offsetof(struct xvcpu_cpuid_entry, eax), offsetof(struct xvcpu_cpuid_entry, ebx),
		offsetof(struct xvcpu_cpuid_entry, ecx), offsetof(struct xvcpu_cpuid_entry, edx),
	};
	struct xvcpu_cpuid_entry in = features_of(e);
	const struct xvcpu_cpuid_entry *max;
	unsigned int i;

	/* Sizes and offsets of XSAVE components. */
	if (e->leaf == 0xd && e->subleaf > 1)
		return 0;
	max = table_find(vmx_cpuid_supported, vmx_cpuid_supported_nr, e->leaf, e->subleaf);
	if (!max)
		max = &none;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		u32 value = entry_reg(&in, i), allowed = entry_reg(max, i);

		if (value & ~allowed)
			return refuse(error, XVCPU_ERR_BITS, index, fields[i], value, allowed);
	}
	return 0;
}

/**
 * vmx_cpuid_check - whether vmx_cpuid_set() would accept a table
 * @table: the entries
 * @nr: how many, at most VMX_CPUID_MAX
 * @error: filled on refusal, @index with the entry
 */
int vmx_cpuid_check(const struct xvcpu_cpuid_entry *table, u32 nr, struct xvcpu_error *error)
{
	u32 i;
	int err;

	for (i = 0; i < nr; i++) {
		const struct xvcpu_cpuid_entry *e = &table[i];

		if (e->flags & ~XVCPU_CPUID_SUBLEAF)
			return refuse(error, XVCPU_ERR_FLAGS, i, offsetof(typeof(*e), flags),
				      e->flags, XVCPU_CPUID_SUBLEAF);
		if (e->reserved)
			return refuse(error, XVCPU_ERR_RESERVED, i,
				      offsetof(typeof(*e), reserved), e->reserved, 0);
		if (e->subleaf && !(e->flags & XVCPU_CPUID_SUBLEAF))
			return refuse(error, XVCPU_ERR_VALUE, i, offsetof(typeof(*e), subleaf),
				      e->subleaf, 0);
		if (table_find(table, i, e->leaf, e->subleaf))
			return refuse(error, XVCPU_ERR_TWICE, i, offsetof(typeof(*e), leaf),
				      e->leaf, 0);
		if (!leaf_has_features(e->leaf))
			continue;
		err = features_check(e, i, error);
		if (err)
			return err;
	}
	return 0;
}

static const struct xvcpu_cpuid_entry *leaf_of(const struct xvcpu_cpuid_entry *table, u32 nr,
					       u32 leaf, u32 subleaf)
{
	static const struct xvcpu_cpuid_entry none;
	const struct xvcpu_cpuid_entry *e = table_find(table, nr, leaf, subleaf);

	return e ? e : &none;
}

static const struct xvcpu_cpuid_entry *vcpu_leaf(const struct vmx_vcpu *vcpu, u32 leaf, u32 subleaf)
{
	return leaf_of(vcpu->cpuid, vcpu->cpuid_nr, leaf, subleaf);
}

u32 vmx_cpuid_signature(const struct vmx_vcpu *vcpu)
{
	return vcpu_leaf(vcpu, 1, 0)->eax;
}

/* CR4 bits that exist only with a feature. */
static const struct {
	unsigned long cr4;
	u32 leaf;
	u8 reg;
	u32 bit;
} cr4_rules[] = {
	{ X86_CR4_VME | X86_CR4_PVI,  1, 3, F(VME) },
	{ X86_CR4_TSD,                1, 3, F(TSC) },
	{ X86_CR4_DE,                 1, 3, F(DE) },
	{ X86_CR4_PSE,                1, 3, F(PSE) },
	{ X86_CR4_PAE,                1, 3, F(PAE) },
	{ X86_CR4_PGE,                1, 3, F(PGE) },
	{ X86_CR4_OSFXSR,             1, 3, F(FXSR) },
	{ X86_CR4_OSXMMEXCPT,         1, 3, F(XMM) },
	{ X86_CR4_PCIDE,              1, 2, F(PCID) },
	{ X86_CR4_OSXSAVE,            1, 2, F(XSAVE) },
	{ X86_CR4_FSGSBASE,           7, 1, F(FSGSBASE) },
	{ X86_CR4_SMEP,               7, 1, F(SMEP) },
	{ X86_CR4_SMAP,               7, 1, F(SMAP) },
	{ X86_CR4_UMIP,               7, 2, F(UMIP) },
	{ X86_CR4_PKE,                7, 2, F(PKU) },
	{ X86_CR4_PCE,                1, 3, F(MSR) },
};

/**
 * vmx_cpuid_controls - the guest's own TLB tagging and time-stamp instructions, as it was told
 * @vcpu: the vCPU, loaded
 */
void vmx_cpuid_controls(struct vmx_vcpu *vcpu)
{
	u32 proc2 = vmx_caps.control[VMX_PROC2].value;

	if (!vcpu->vpid)
		proc2 &= ~SECONDARY_EXEC_ENABLE_VPID;
	if (!(vcpu_leaf(vcpu, 0x80000001, 0)->edx & F(RDTSCP)) &&
	    !(vcpu_leaf(vcpu, 7, 0)->ecx & F(RDPID)))
		proc2 &= ~SECONDARY_EXEC_ENABLE_RDTSCP;
	if (!(vcpu_leaf(vcpu, 7, 0)->ebx & F(INVPCID)))
		proc2 &= ~SECONDARY_EXEC_ENABLE_INVPCID;
	if (!(vcpu_leaf(vcpu, 0xd, 1)->eax & F(XSAVES)))
		proc2 &= ~SECONDARY_EXEC_XSAVES;
	vmcs_shadow_write(&vcpu->vmcs.proc2, 32, SECONDARY_VM_EXEC_CONTROL, proc2);
	vmx_apply_intercepts(vcpu);
}

/**
 * vmx_cpuid_limits - bits of control registers that a table announces
 * @table: the entries
 * @nr: how many, at most VMX_CPUID_MAX
 * @limits: filled
 */
void vmx_cpuid_limits(const struct xvcpu_cpuid_entry *table, u32 nr, struct vmx_limits *limits)
{
	const struct xvcpu_cpuid_entry *extended = leaf_of(table, nr, 0x80000001, 0);
	const struct xvcpu_cpuid_entry *xsave = leaf_of(table, nr, 0xd, 0);
	unsigned int i;

	/* Bits that the guest owns it can set without asking us: they are always allowed. */
	limits->cr4 = CR4_GUEST_OWNED;
	for (i = 0; i < ARRAY_SIZE(cr4_rules); i++) {
		if (entry_reg(leaf_of(table, nr, cr4_rules[i].leaf, 0), cr4_rules[i].reg) &
		    cr4_rules[i].bit)
			limits->cr4 |= cr4_rules[i].cr4;
	}
	limits->cr4 &= vmx_caps.cr4_fixed1 & ~X86_CR4_VMXE;
	limits->efer = 0;
	if (extended->edx & F(SYSCALL))
		limits->efer |= EFER_SCE;
	if (extended->edx & F(LM))
		limits->efer |= EFER_LME | EFER_LMA;
	if (extended->edx & F(NX))
		limits->efer |= EFER_NX;
	limits->xcr0 = XFEATURE_MASK_FP;
	if (leaf_of(table, nr, 1, 0)->ecx & F(XSAVE))
		limits->xcr0 |= (xsave->eax | (u64)xsave->edx << 32) & xcr0_offered;
}

/**
 * vmx_cpuid_set - give a vCPU a table that vmx_cpuid_check() accepts
 * @vcpu: the vCPU
 * @table: the entries
 * @nr: how many, at most VMX_CPUID_MAX
 *
 * The vCPU is loaded; vcpu->cpuid has room for @nr.
 */
void vmx_cpuid_set(struct vmx_vcpu *vcpu, const struct xvcpu_cpuid_entry *table, u32 nr)
{
	memcpy(vcpu->cpuid, table, nr * sizeof(*table));
	vcpu->cpuid_nr = nr;
	vmx_cpuid_limits(table, nr, &vcpu->limits);
	vmx_cpuid_controls(vcpu);
}

/* Size of the XSAVE area for the components in @xcr0, standard or compacted format. */
static u32 xsave_size(const struct vmx_vcpu *vcpu, u64 xcr0, bool compacted)
{
	u32 size = 512 + 64, i;

	for (i = 2; i < 32; i++) {
		const struct xvcpu_cpuid_entry *e;
		u32 offset;

		if (!(xcr0 & BIT_ULL(i)))
			continue;
		e = vcpu_leaf(vcpu, 0xd, i);
		if (compacted)
			offset = e->ecx & 2 ? ALIGN(size, 64) : size;
		else
			offset = e->ebx;
		size = max(size, offset + e->eax);
	}
	return size;
}

/* RIP stays: the VMM may answer otherwise. */
static enum vmx_next cpuid_to_user(struct vmx_vcpu *vcpu, const struct xvcpu_exit_cpuid *answer)
{
	vcpu->run_exit->cpuid = *answer;
	vcpu->wait.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	vmx_exit_to_user(vcpu, XVCPU_EXIT_CPUID, VMX_WAITS_CPUID);
	return VMX_TO_USER;
}

/**
 * exit_cpuid - answer from the vCPU's table, or let the VMM do it where the policy says so
 * @vcpu: the vCPU
 */
enum vmx_next exit_cpuid(struct vmx_vcpu *vcpu)
{
	const struct xvcpu_policy_table *policy = vmx_policy(vcpu);
	u32 leaf = vcpu->gpr[VMX_RAX], subleaf = vcpu->gpr[VMX_RCX];
	const struct xvcpu_cpuid_entry *e = vcpu_leaf(vcpu, leaf, subleaf);
	u32 ebx = e->ebx, ecx = e->ecx;

	switch (leaf) {
	case 1:
		ebx = (ebx & 0x00ffffff) | xvcpu_vcpu_apic_id(vcpu) << 24;
		ecx = (ecx & ~F(OSXSAVE)) | (vcpu->cr4 & X86_CR4_OSXSAVE ? F(OSXSAVE) : 0);
		break;
	case 7:
		ecx = (ecx & ~F(OSPKE)) |
		      (!subleaf && (vcpu->cr4 & X86_CR4_PKE) ? F(OSPKE) : 0);
		break;
	case 0xd:
		/* Without a compacted format there is no size of it (SDM "CPUID", leaf 0xd). */
		if ((!subleaf || (subleaf == 1 && e->eax & (F(XSAVEC) | F(XSAVES)))) &&
		    vcpu->limits.xcr0 != XFEATURE_MASK_FP)
			ebx = xsave_size(vcpu, vcpu->xcr0, subleaf);
		if (!subleaf && vcpu->limits.xcr0 != XFEATURE_MASK_FP)
			ecx = xsave_size(vcpu, vcpu->limits.xcr0, false);
		break;
	}
	if (unlikely(policy) && policy_cpuid(policy, leaf))
		return cpuid_to_user(vcpu, &(struct xvcpu_exit_cpuid) {
			.leaf = leaf, .subleaf = subleaf,
			.eax = e->eax, .ebx = ebx, .ecx = ecx, .edx = e->edx,
		});
	vcpu->gpr[VMX_RAX] = e->eax;
	vcpu->gpr[VMX_RBX] = ebx;
	vcpu->gpr[VMX_RCX] = ecx;
	vcpu->gpr[VMX_RDX] = e->edx;
	return exit_skip(vcpu);
}

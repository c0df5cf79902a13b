// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs: default deny.
 *
 * An MSR is switched (its value is the vCPU's, in the VMCS, in the CPU or here), emulated with a
 * fixed value, or unknown: then it exits if the VM asked for that, else it raises #GP(0). The VM's
 * policy comes before all that. No guest reads or writes an MSR of the host.
 *
 * One bitmap serves all VMs: only MSRs that entry and exit switch by themselves are not
 * intercepted. It is written once and read by the processor.
 */
#include <linux/gfp.h>
#include <asm/apicdef.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include "../compat.h"
#include "caps.h"
#include "exit.h"
#include "regs.h"

/* SDM "MSR-Bitmap Address": four bitmaps of 1 KiB, read low, read high, write low, write high. */
#define BITMAP_READ		0
#define BITMAP_WRITE		2048
#define BITMAP_HIGH		1024
#define BITMAP_HIGH_FIRST	0xc0000000

/* The power-up PAT: WB, WT, UC-, UC, twice (SDM "Programming the PAT"). */
#define PAT_RESET		0x0007040600070406ull

static void *msr_bitmap;

/* What XVCPU_GET_MSR_LIST tells; EFER and APIC_BASE are in the CREGS group. */
const u32 vmx_msr_list[] = {
	MSR_IA32_TSC,
	MSR_IA32_SYSENTER_CS,
	MSR_IA32_SYSENTER_ESP,
	MSR_IA32_SYSENTER_EIP,
	MSR_IA32_CR_PAT,
	MSR_STAR,
	MSR_LSTAR,
	MSR_CSTAR,
	MSR_SYSCALL_MASK,
	MSR_KERNEL_GS_BASE,
	MSR_TSC_AUX,
};

const unsigned int vmx_msr_list_nr = ARRAY_SIZE(vmx_msr_list);

/* Switched by entry and exit, or by context.c, in ascending order: the guest is let through. */
const u32 vmx_msr_passed[] = {
	MSR_IA32_SYSENTER_CS,
	MSR_IA32_SYSENTER_ESP,
	MSR_IA32_SYSENTER_EIP,
	MSR_FS_BASE,
	MSR_GS_BASE,
	MSR_KERNEL_GS_BASE,
};

const unsigned int vmx_msr_passed_nr = ARRAY_SIZE(vmx_msr_passed);

static void bitmap_pass(u32 index)
{
	u8 *bitmap = msr_bitmap;

	if (index >= BITMAP_HIGH_FIRST) {
		bitmap += BITMAP_HIGH;
		index -= BITMAP_HIGH_FIRST;
	}
	bitmap[BITMAP_READ + index / 8] &= ~BIT(index % 8);
	bitmap[BITMAP_WRITE + index / 8] &= ~BIT(index % 8);
}

int vmx_msr_init(void)
{
	unsigned int i;

	msr_bitmap = (void *)__get_free_page(GFP_KERNEL);
	if (!msr_bitmap)
		return -ENOMEM;
	memset(msr_bitmap, 0xff, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(vmx_msr_passed); i++)
		bitmap_pass(vmx_msr_passed[i]);
	return 0;
}

void vmx_msr_exit(void)
{
	free_page((unsigned long)msr_bitmap);
}

u64 vmx_msr_bitmap_phys(void)
{
	return __pa(msr_bitmap);
}

void vmx_msr_reset(struct vmx_vcpu *vcpu)
{
	memset(vcpu->msr, 0, sizeof(vcpu->msr));
	vmcs_write64(GUEST_IA32_PAT, PAT_RESET);
	vmcs_write32(GUEST_SYSENTER_CS, 0);
	vmcs_write_natural(GUEST_SYSENTER_ESP, 0);
	vmcs_write_natural(GUEST_SYSENTER_EIP, 0);
}

/* Each byte is a memory type: 0, 1, 4, 5, 6 or 7 (SDM "IA32_PAT MSR"). */
static bool pat_valid(u64 pat)
{
	unsigned int i;

	for (i = 0; i < 64; i += 8) {
		u8 type = pat >> i;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

/* -1: not one of those that live in vcpu->msr. */
static int msr_slot(u32 index)
{
	switch (index) {
	case MSR_STAR:
		return VMX_MSR_STAR;
	case MSR_LSTAR:
		return VMX_MSR_LSTAR;
	case MSR_CSTAR:
		return VMX_MSR_CSTAR;
	case MSR_SYSCALL_MASK:
		return VMX_MSR_FMASK;
	case MSR_TSC_AUX:
		return VMX_MSR_TSC_AUX;
	case MSR_KERNEL_GS_BASE:
		return VMX_MSR_KERNEL_GS_BASE;
	}
	return -1;
}

/* In the CPU while the guest's context is loaded, because SWAPGS changes it there. */
static u64 *msr_place(struct vmx_vcpu *vcpu, u32 index)
{
	int slot = msr_slot(index);

	if (slot < 0)
		return NULL;
	if (slot == VMX_MSR_KERNEL_GS_BASE && vcpu->host_loaded)
		rdmsrl(MSR_KERNEL_GS_BASE, vcpu->msr[slot]);
	return &vcpu->msr[slot];
}

/* Values that a guest may read and that never change. */
static bool msr_fixed(u32 index, u64 *value)
{
	switch (index) {
	case MSR_IA32_UCODE_REV:
	case MSR_IA32_PLATFORM_ID:
	case MSR_IA32_DEBUGCTLMSR:
		*value = 0;
		return true;
	case MSR_IA32_MISC_ENABLE:
		*value = MSR_IA32_MISC_ENABLE_FAST_STRING | MSR_IA32_MISC_ENABLE_BTS_UNAVAIL |
			 MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL;
		return true;
	}
	return false;
}

/**
 * vmx_msr_get - value of an MSR of vmx_msr_list, or of one that the guest may read
 * @vcpu: the vCPU
 * @index: MSR number
 *
 * The vCPU is loaded.
 */
u64 vmx_msr_get(struct vmx_vcpu *vcpu, u32 index)
{
	u64 *place = msr_place(vcpu, index);

	if (place)
		return *place;
	switch (index) {
	case MSR_IA32_TSC:
		return rdtsc_ordered() + vcpu->tsc_offset;
	case MSR_IA32_SYSENTER_CS:
		return vmcs_read32(GUEST_SYSENTER_CS);
	case MSR_IA32_SYSENTER_ESP:
		return vmcs_read_natural(GUEST_SYSENTER_ESP);
	case MSR_IA32_SYSENTER_EIP:
		return vmcs_read_natural(GUEST_SYSENTER_EIP);
	case MSR_IA32_CR_PAT:
		return vmcs_read64(GUEST_IA32_PAT);
	}
	return 0;
}

/**
 * vmx_msr_check - whether vmx_msr_set() would accept a value
 * @vcpu: the vCPU
 * @index: MSR number
 * @value: what to write
 *
 * Return: 0; -ENOENT: not in vmx_msr_list; -EINVAL: WRMSR would raise #GP.
 */
int vmx_msr_check(struct vmx_vcpu *vcpu, u32 index, u64 value)
{
	bool valid = true;

	switch (index) {
	case MSR_IA32_TSC:
	case MSR_STAR:
	case MSR_CSTAR:
		break;
	case MSR_IA32_SYSENTER_CS:
	case MSR_SYSCALL_MASK:
	case MSR_TSC_AUX:
		valid = !(value >> 32);
		break;
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
	case MSR_LSTAR:
	case MSR_KERNEL_GS_BASE:
		valid = __is_canonical_address(value, boot_cpu_data.x86_virt_bits);
		break;
	case MSR_IA32_CR_PAT:
		valid = pat_valid(value);
		break;
	default:
		return -ENOENT;
	}
	return valid ? 0 : -EINVAL;
}

/**
 * vmx_msr_set - set an MSR to a value that vmx_msr_check() accepts
 * @vcpu: the vCPU
 * @index: MSR number
 * @value: what to write
 */
void vmx_msr_set(struct vmx_vcpu *vcpu, u32 index, u64 value)
{
	int slot = msr_slot(index);

	if (slot >= 0) {
		vcpu->msr[slot] = value;
		if (slot == VMX_MSR_KERNEL_GS_BASE && vcpu->host_loaded)
			wrmsrl(MSR_KERNEL_GS_BASE, value);
		return;
	}
	switch (index) {
	case MSR_IA32_TSC:
		vcpu->tsc_offset = value - rdtsc_ordered();
		vmcs_write64(TSC_OFFSET, vcpu->tsc_offset);
		break;
	case MSR_IA32_SYSENTER_CS:
		vmcs_write32(GUEST_SYSENTER_CS, value);
		break;
	case MSR_IA32_SYSENTER_ESP:
		vmcs_write_natural(GUEST_SYSENTER_ESP, value);
		break;
	case MSR_IA32_SYSENTER_EIP:
		vmcs_write_natural(GUEST_SYSENTER_EIP, value);
		break;
	case MSR_IA32_CR_PAT:
		vmcs_write64(GUEST_IA32_PAT, value);
		break;
	}
}

static bool msr_in_list(u32 index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vmx_msr_list); i++) {
		if (vmx_msr_list[i] == index)
			return true;
	}
	return false;
}

static bool msr_read(struct vmx_vcpu *vcpu, u32 index, u64 *value)
{
	if (index == MSR_EFER)
		*value = vcpu->efer;
	else if (index == MSR_IA32_APICBASE)
		*value = vcpu->apic_base;
	else if (index == MSR_IA32_XSS && (vcpu->vmcs.proc2 & SECONDARY_EXEC_XSAVES))
		*value = 0;
	else if (index == MSR_TSC_AUX && !(vcpu->vmcs.proc2 & SECONDARY_EXEC_ENABLE_RDTSCP))
		return false;
	else if (msr_in_list(index))
		*value = vmx_msr_get(vcpu, index);
	else
		return msr_fixed(index, value);
	return true;
}

/* LME cannot change while paging is on; LMA is not writable (SDM "IA32_EFER"). */
static int efer_write(struct vmx_vcpu *vcpu, u64 value)
{
	u64 changed = vcpu->efer ^ value;

	if (value & ~vcpu->limits.efer)
		return -EINVAL;
	if ((changed & EFER_LME) && (vcpu->cr0 & X86_CR0_PG))
		return -EINVAL;
	vmx_write_efer(vcpu, (value & ~EFER_LMA) | (vcpu->efer & EFER_LMA));
	/* Translations made under the other meaning of bit 63 must go. */
	if ((changed & EFER_NX) && vcpu->vpid)
		vmx_invvpid(INVVPID_SINGLE, vcpu->vpid);
	return 0;
}

static int msr_write(struct vmx_vcpu *vcpu, u32 index, u64 value)
{
	u64 fixed;
	int err;

	switch (index) {
	case MSR_EFER:
		return efer_write(vcpu, value);
	case MSR_IA32_APICBASE:
		return value == vcpu->apic_base ? 0 : -EINVAL;
	case MSR_IA32_UCODE_REV:
		/*
		 * Software writes 0 before it asks CPUID for the revision (SDM "Microcode
		 * Update").
		 */
		return value ? -EINVAL : 0;
	case MSR_TSC_AUX:
		if (!(vcpu->vmcs.proc2 & SECONDARY_EXEC_ENABLE_RDTSCP))
			return -ENOENT;
		break;
	case MSR_IA32_XSS:
		if (!(vcpu->vmcs.proc2 & SECONDARY_EXEC_XSAVES))
			return -ENOENT;
		return value ? -EINVAL : 0;
	}
	if (msr_fixed(index, &fixed))
		return value == fixed ? 0 : -EINVAL;
	err = vmx_msr_check(vcpu, index, value);
	if (!err)
		vmx_msr_set(vcpu, index, value);
	return err;
}

static enum vmx_next msr_to_user(struct vmx_vcpu *vcpu, u32 reason, u32 index, u64 value)
{
	struct xvcpu_exit_msr *msr = &vcpu->run_exit->msr;

	msr->index = index;
	msr->reserved = 0;
	msr->value = value;
	vcpu->wait.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	vmx_exit_to_user(vcpu, reason,
			 reason == XVCPU_EXIT_MSR_READ ? VMX_WAITS_RDMSR : VMX_WAITS_SKIP);
	return VMX_TO_USER;
}

static enum vmx_next msr_unknown(struct vmx_vcpu *vcpu, u32 reason, u32 index, u64 value)
{
	if (!xvcpu_vcpu_msr_exits(vcpu))
		return exit_gp(vcpu);
	return msr_to_user(vcpu, reason, index, value);
}

static enum vmx_next rdmsr_done(struct vmx_vcpu *vcpu, u64 value)
{
	vcpu->gpr[VMX_RAX] = lower_32_bits(value);
	vcpu->gpr[VMX_RDX] = upper_32_bits(value);
	return exit_skip(vcpu);
}

/* The policy names the MSR and has something to say about it. */
static enum vmx_next rdmsr_by_policy(struct vmx_vcpu *vcpu, u32 index, u8 action)
{
	u64 value;

	if (action == XVCPU_POLICY_EXIT) {
		if (!msr_read(vcpu, index, &value))
			value = 0;
		return msr_to_user(vcpu, XVCPU_EXIT_MSR_READ, index, value);
	}
	vcpu->counters[XVCPU_COUNT_POLICY]++;
	return action == XVCPU_POLICY_GP ? exit_gp(vcpu) : rdmsr_done(vcpu, 0);
}

static enum vmx_next wrmsr_by_policy(struct vmx_vcpu *vcpu, u32 index, u64 value, u8 action)
{
	if (action == XVCPU_POLICY_EXIT)
		return msr_to_user(vcpu, XVCPU_EXIT_MSR_WRITE, index, value);
	vcpu->counters[XVCPU_COUNT_POLICY]++;
	return action == XVCPU_POLICY_GP ? exit_gp(vcpu) : exit_skip(vcpu);
}

enum vmx_next exit_rdmsr(struct vmx_vcpu *vcpu)
{
	const struct xvcpu_policy_table *policy = vmx_policy(vcpu);
	u32 index = vcpu->gpr[VMX_RCX];
	u64 value;
	u8 action;

	if (unlikely(policy)) {
		action = policy_msr(policy, index, false);
		if (action != XVCPU_POLICY_DEFAULT)
			return rdmsr_by_policy(vcpu, index, action);
	}
	if (!msr_read(vcpu, index, &value))
		return msr_unknown(vcpu, XVCPU_EXIT_MSR_READ, index, 0);
	return rdmsr_done(vcpu, value);
}

enum vmx_next exit_wrmsr(struct vmx_vcpu *vcpu)
{
	u32 index = vcpu->gpr[VMX_RCX];
	const struct xvcpu_policy_table *policy = vmx_policy(vcpu);
	u64 value = (u32)vcpu->gpr[VMX_RAX] | vcpu->gpr[VMX_RDX] << 32;
	u8 action;

	if (unlikely(policy)) {
		action = policy_msr(policy, index, true);
		if (action != XVCPU_POLICY_DEFAULT)
			return wrmsr_by_policy(vcpu, index, value, action);
	}
	vmx_read_crs(vcpu);
	switch (msr_write(vcpu, index, value)) {
	case 0:
		return exit_skip(vcpu);
	case -ENOENT:
		return msr_unknown(vcpu, XVCPU_EXIT_MSR_WRITE, index, value);
	}
	return exit_gp(vcpu);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * L1D flush: on processors with L1TF a guest can read what is in the first-level data cache, by
 * physical addresses that it puts into page-table entries of its own. So nothing that the host
 * touched may be there when it is entered.
 *
 * Who decides: the parameter l1d_flush, else the kernel's mitigations= and l1tf=, and whether the
 * processor has the flaw. Decided while the module loads, constant afterwards. vcpu->l1d_touched
 * belongs to the thread in RUN.
 *
 * The kernel's report in sysfs (vulnerabilities/l1tf) speaks of KVM and is not touched; ours is
 * XVCPU_FEATURE_L1D_FLUSH.
 */
#include <linux/hardirq.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "../compat.h"
#include "caps.h"
#include "l1d.h"

/*
 * Where microcode has no flush, reading replaces what is there. The processors concerned have 32
 * KiB, and choose what they replace by something less than strict age: twice that is read.
 */
#define FILL_ORDER	4
#define FILL_SIZE	(PAGE_SIZE << FILL_ORDER)
#define LINE_SIZE	64

enum l1d_mode {
	L1D_AUTO,
	L1D_NEVER,
	L1D_COND,
	L1D_ALWAYS,
};

static const char *const mode_names[] = {
	[L1D_AUTO]   = "auto",
	[L1D_NEVER]  = "never",
	[L1D_COND]   = "cond",
	[L1D_ALWAYS] = "always",
};

static enum l1d_mode mode __ro_after_init = L1D_AUTO;
static const u8 *fill __ro_after_init;

DEFINE_STATIC_KEY_FALSE(vmx_l1d_flushes);
static DEFINE_STATIC_KEY_FALSE(l1d_conditional);

static int mode_set(const char *value, const struct kernel_param *param)
{
	int i = sysfs_match_string(mode_names, value);

	if (i < 0)
		return i;
	mode = i;
	return 0;
}

/* What is done, which "auto" never is once the module is there. */
static int mode_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", mode_names[mode]);
}

static const struct kernel_param_ops mode_ops = {
	.set = mode_set,
	.get = mode_get,
};

module_param_cb(l1d_flush, &mode_ops, NULL, 0444);
MODULE_PARM_DESC(l1d_flush, "Flush L1D before entering guests: never, cond, always; default auto");

/* SDM "Enumeration of Architectural Capabilities": below another hypervisor, which flushes. */
static bool flushed_by_others(void)
{
	u64 caps = 0;

	if (boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES))
		rdmsrl_safe(MSR_IA32_ARCH_CAPABILITIES, &caps);
	return caps & ARCH_CAP_SKIP_VMENTRY_L1DFLUSH;
}

static bool is_needed(void)
{
	return boot_cpu_has_bug(X86_BUG_L1TF) && !flushed_by_others();
}

static enum l1d_mode mode_by_kernel(void)
{
	switch (l1tf_mitigation) {
	case L1TF_MITIGATION_OFF:
		return L1D_NEVER;
	case L1TF_MITIGATION_FULL:
	case L1TF_MITIGATION_FULL_FORCE:
		return L1D_ALWAYS;
	default:
		return L1D_COND;
	}
}

/**
 * vmx_l1d_init - decide whether entries flush
 *
 * Return: 0, or -ENOMEM without memory to fill the cache from.
 */
int __init vmx_l1d_init(void)
{
	bool needed = is_needed();

	if (mode == L1D_AUTO)
		mode = needed ? mode_by_kernel() : L1D_NEVER;
	vmx_caps.feature[XVCPU_FEATURE_L1D_FLUSH] =
		needed && mode == L1D_NEVER ? XVCPU_REASON_PARAM : XVCPU_REASON_OK;
	if (mode == L1D_NEVER)
		return 0;

	if (!boot_cpu_has(X86_FEATURE_FLUSH_L1D)) {
		fill = (const u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, FILL_ORDER);
		if (!fill)
			return -ENOMEM;
	}
	if (mode == L1D_COND)
		static_branch_enable(&l1d_conditional);
	static_branch_enable(&vmx_l1d_flushes);
	return 0;
}

void vmx_l1d_exit(void)
{
	free_pages((unsigned long)fill, FILL_ORDER);
}

/*
 * Pages first, so that the reads after them miss no TLB: a page walk would take lines of its own
 * out of memory. LFENCE waits for loads (SDM "LFENCE"): the walks are done before, and the fills
 * before the entry.
 */
static noinstr void l1d_fill(void)
{
	unsigned long at;

	for (at = 0; at < FILL_SIZE; at += PAGE_SIZE)
		READ_ONCE(fill[at]);
	asm volatile("lfence" : : : "memory");
	for (at = 0; at < FILL_SIZE; at += LINE_SIZE)
		READ_ONCE(fill[at]);
	asm volatile("lfence" : : : "memory");
}

/**
 * vmx_l1d_flush_now - the flush itself, if something of the host may be in the cache
 * @touched: the vCPU's flag
 *
 * IRQs off, as late as C can be: what follows reads the guest's registers and the stack. The
 * kernel's own flag is set by each interrupt on this CPU.
 *
 * Return: whether it was flushed.
 */
noinstr bool vmx_l1d_flush_now(bool *touched)
{
	if (static_branch_likely(&l1d_conditional)) {
		bool dirty = *touched | kvm_get_cpu_l1tf_flush_l1d();

		*touched = false;
		kvm_clear_cpu_l1tf_flush_l1d();
		if (!dirty)
			return false;
	}
	if (static_cpu_has(X86_FEATURE_FLUSH_L1D))
		native_wrmsrl(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
	else
		l1d_fill();
	return true;
}

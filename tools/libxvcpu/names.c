// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words for the numbers of xvcpu.h and of the processor: constant tables, any thread.
 */
#include "libxvcpu.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* An identifier for programs, and a phrase for people. */
struct words {
	const char *name;
	const char *text;
};

static const struct words reasons[] = {
	[XVCPU_REASON_UNKNOWN]	 = { "unknown", "the module does not know this feature" },
	[XVCPU_REASON_OK]	 = { "ok", "usable" },
	[XVCPU_REASON_NO_VMX]	 = { "no_vmx", "the processor does not offer VMX" },
	[XVCPU_REASON_UNLOCKED]	 = { "unlocked", "the firmware left VMX undecided" },
	[XVCPU_REASON_LOCKED]	 = { "locked", "the firmware turned VMX off" },
	[XVCPU_REASON_TAKEN]	 = { "taken", "VMX is taken by another hypervisor" },
	[XVCPU_REASON_NO_CPU]	 = { "no_cpu", "the processor lacks it" },
	[XVCPU_REASON_PARAM]	 = { "param", "turned off by a module parameter" },
	[XVCPU_REASON_NO_KERNEL] = { "no_kernel", "the kernel does not offer what it needs" },
	[XVCPU_REASON_DIFFERS]	 = { "differs", "the CPUs of this machine disagree about it" },
};

static const struct words features[] = {
	[XVCPU_FEATURE_VMX]	     = { "vmx", "VMX instructions" },
	[XVCPU_FEATURE_FIRMWARE]     = { "firmware", "VMX allowed and locked by the firmware" },
	[XVCPU_FEATURE_AVAILABLE]    = { "available", "VMX not taken by another hypervisor" },
	[XVCPU_FEATURE_VMCS]	     = { "vmcs", "VMCS of at most 4096 bytes, write-back" },
	[XVCPU_FEATURE_TRUE_CTLS]    = { "true_ctls", "true VM-execution control MSRs" },
	[XVCPU_FEATURE_SECONDARY]    = { "secondary", "secondary processor-based controls" },
	[XVCPU_FEATURE_EPT]	     = { "ept", "extended page tables, 4 levels" },
	[XVCPU_FEATURE_UNRESTRICTED] = { "unrestricted", "unrestricted guest" },
	[XVCPU_FEATURE_MSR_BITMAPS]  = { "msr_bitmaps", "MSR and I/O bitmaps" },
	[XVCPU_FEATURE_EFER]	     = { "efer", "EFER switched by entry and exit" },
	[XVCPU_FEATURE_PAT]	     = { "pat", "PAT switched by entry and exit" },
	[XVCPU_FEATURE_TPR_SHADOW]   = { "tpr_shadow", "TPR shadow or CR8 exiting" },
	[XVCPU_FEATURE_EPT_AD]	     = { "ept_ad", "EPT accessed and dirty bits" },
	[XVCPU_FEATURE_VPID]	     = { "vpid", "TLB entries tagged with a VPID" },
	[XVCPU_FEATURE_RDTSCP]	     = { "rdtscp", "RDTSCP and RDPID in the guest" },
	[XVCPU_FEATURE_INVPCID]	     = { "invpcid", "INVPCID in the guest" },
	[XVCPU_FEATURE_XSAVES]	     = { "xsaves", "XSAVES and XRSTORS in the guest" },
	[XVCPU_FEATURE_XSAVE]	     = { "xsave", "XSAVE and XCR0" },
	[XVCPU_FEATURE_VNMI]	     = { "vnmi", "virtual NMIs" },
	[XVCPU_FEATURE_PREEMPTION_TIMER] = { "preemption_timer", "VMX-preemption timer" },
	[XVCPU_FEATURE_L1D_FLUSH]    = { "l1d_flush", "L1D safe from guests (L1TF)" },
};

static const char * const exits[] = {
	[XVCPU_EXIT_NONE]	  = "none",
	[XVCPU_EXIT_HYPERCALL]	  = "hypercall",
	[XVCPU_EXIT_IO]		  = "io",
	[XVCPU_EXIT_MMIO]	  = "mmio",
	[XVCPU_EXIT_MSR_READ]	  = "msr_read",
	[XVCPU_EXIT_MSR_WRITE]	  = "msr_write",
	[XVCPU_EXIT_MEMORY_FAULT] = "memory_fault",
	[XVCPU_EXIT_EVENT_FAULT]  = "event_fault",
	[XVCPU_EXIT_HLT]	  = "hlt",
	[XVCPU_EXIT_SHUTDOWN]	  = "shutdown",
	[XVCPU_EXIT_SYSTEM_DOWN]  = "system_down",
	[XVCPU_EXIT_SIGNAL]	  = "signal",
	[XVCPU_EXIT_KICK]	  = "kick",
	[XVCPU_EXIT_WINDOW]	  = "window",
	[XVCPU_EXIT_BUDGET]	  = "budget",
	[XVCPU_EXIT_EXCEPTION]	  = "exception",
	[XVCPU_EXIT_INSTRUCTION]  = "instruction",
	[XVCPU_EXIT_CPUID]	  = "cpuid",
	[XVCPU_EXIT_FAIL_ENTRY]	  = "fail_entry",
	[XVCPU_EXIT_INTERNAL]	  = "internal",
	[XVCPU_EXIT_UNKNOWN]	  = "unknown",
};

static const char * const groups[] = {
	[XVCPU_GROUP_REGS]    = "regs",
	[XVCPU_GROUP_SREGS]   = "sregs",
	[XVCPU_GROUP_CREGS]   = "cregs",
	[XVCPU_GROUP_MSRS]    = "msrs",
	[XVCPU_GROUP_CPUID]   = "cpuid",
	[XVCPU_GROUP_DEBUG]   = "debug",
	[XVCPU_GROUP_PENDING] = "pending",
	[XVCPU_GROUP_EVENTS]  = "events",
	[XVCPU_GROUP_XSAVE]   = "xsave",
	[XVCPU_GROUP_TSC]     = "tsc",
};

static const char * const internals[] = {
	[XVCPU_INTERNAL_EPT_MISCONFIG] = "an EPT entry that the module must never write",
	[XVCPU_INTERNAL_EXIT]	       = "a VM exit that the VMCS is set up never to give",
	[XVCPU_INTERNAL_TASK_SWITCH]   = "a task switch, which is not emulated",
};

/* SDM "VMX Basic Exit Reasons"; numbers not listed are reserved there. */
static const char * const hw_exits[] = {
	[0] = "exception_or_nmi",	[1] = "external_interrupt",	[2] = "triple_fault",
	[3] = "init_signal",		[4] = "sipi",			[5] = "io_smi",
	[6] = "other_smi",		[7] = "interrupt_window",	[8] = "nmi_window",
	[9] = "task_switch",		[10] = "cpuid",			[11] = "getsec",
	[12] = "hlt",			[13] = "invd",			[14] = "invlpg",
	[15] = "rdpmc",			[16] = "rdtsc",			[17] = "rsm",
	[18] = "vmcall",		[19] = "vmclear",		[20] = "vmlaunch",
	[21] = "vmptrld",		[22] = "vmptrst",		[23] = "vmread",
	[24] = "vmresume",		[25] = "vmwrite",		[26] = "vmxoff",
	[27] = "vmxon",			[28] = "cr_access",		[29] = "mov_dr",
	[30] = "io_instruction",	[31] = "rdmsr",			[32] = "wrmsr",
	[33] = "entry_guest_state",	[34] = "entry_msr_loading",	[36] = "mwait",
	[37] = "monitor_trap_flag",	[39] = "monitor",		[40] = "pause",
	[41] = "entry_machine_check",	[43] = "tpr_below_threshold",	[44] = "apic_access",
	[45] = "virtualized_eoi",	[46] = "gdtr_idtr_access",	[47] = "ldtr_tr_access",
	[48] = "ept_violation",		[49] = "ept_misconfiguration",	[50] = "invept",
	[51] = "rdtscp",		[52] = "preemption_timer",	[53] = "invvpid",
	[54] = "wbinvd",		[55] = "xsetbv",		[56] = "apic_write",
	[57] = "rdrand",		[58] = "invpcid",		[59] = "vmfunc",
	[60] = "encls",			[61] = "rdseed",		[62] = "pml_full",
	[63] = "xsaves",		[64] = "xrstors",		[65] = "pconfig",
	[66] = "spp_event",		[67] = "umwait",		[68] = "tpause",
	[69] = "loadiwkey",		[70] = "enclv",			[72] = "enqcmd_pasid",
	[73] = "enqcmds_pasid",		[74] = "bus_lock",		[75] = "notify_window",
	[76] = "seamcall",		[77] = "tdcall",		[78] = "rdmsrlist",
	[79] = "wrmsrlist",
};

static const char * const counters[] = {
	[95]			 = "exits_above_94",
	[XVCPU_COUNT_ENTRIES]	 = "entries",
	[XVCPU_COUNT_USER_EXITS] = "user_exits",
	[XVCPU_COUNT_SIGNALS]	 = "signals",
	[XVCPU_COUNT_KICKS]	 = "kicks",
	[XVCPU_COUNT_MIGRATIONS] = "migrations",
	[XVCPU_COUNT_EPT_MAPPED] = "ept_mapped",
	[XVCPU_COUNT_EPT_RETRY]	 = "ept_retry",
	[XVCPU_COUNT_EPT_FLUSH]	 = "ept_flush",
	[XVCPU_COUNT_INJECTED]	 = "injected",
	[XVCPU_COUNT_BUDGETS]	 = "budgets",
	[XVCPU_COUNT_POLICY]	 = "policy",
	[XVCPU_COUNT_REFUSED]	 = "refused",
	[XVCPU_COUNT_L1D_FLUSH]	 = "l1d_flush",
};

/* SDM "VM Instruction Error Numbers", in our words. */
static const char * const instruction_errors[] = {
	[1]  = "VMCALL in VMX root operation",
	[2]  = "VMCLEAR of an invalid physical address",
	[3]  = "VMCLEAR of the VMXON region",
	[4]  = "VMLAUNCH of a VMCS that is not clear",
	[5]  = "VMRESUME of a VMCS that was not launched",
	[6]  = "VMRESUME after VMXOFF and VMXON",
	[7]  = "VM entry with invalid control fields",
	[8]  = "VM entry with invalid host-state fields",
	[9]  = "VMPTRLD of an invalid physical address",
	[10] = "VMPTRLD of the VMXON region",
	[11] = "VMPTRLD of a VMCS with another revision identifier",
	[12] = "VMREAD or VMWRITE of a field that this processor does not have",
	[13] = "VMWRITE of a read-only field",
	[15] = "VMXON in VMX root operation",
	[16] = "VM entry with an invalid executive-VMCS pointer",
	[17] = "VM entry with an executive VMCS that was not launched",
	[18] = "VM entry with an executive-VMCS pointer other than the VMXON pointer",
	[19] = "VMCALL with a VMCS that is not clear",
	[20] = "VMCALL with invalid VM-exit control fields",
	[22] = "VMCALL with another MSEG revision identifier",
	[23] = "VMXOFF under the dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "VM entry with invalid VM-execution control fields in the executive VMCS",
	[26] = "VM entry with events blocked by MOV SS",
	[28] = "INVEPT or INVVPID with an invalid operand",
};

static const char *entry(const char * const *table, size_t size, unsigned int index)
{
	return index < size && table[index] ? table[index] : "unknown";
}

const char *xvcpu_reason_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].name : "unknown";
}

const char *xvcpu_reason_text(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].text : "unknown";
}

const char *xvcpu_feature_name(unsigned int feature)
{
	return feature < ARRAY_SIZE(features) ? features[feature].name : NULL;
}

const char *xvcpu_feature_text(unsigned int feature)
{
	return feature < ARRAY_SIZE(features) ? features[feature].text : "unknown";
}

const char *xvcpu_exit_name(unsigned int reason)
{
	return entry(exits, ARRAY_SIZE(exits), reason);
}

const char *xvcpu_hw_exit_name(unsigned int basic)
{
	return entry(hw_exits, ARRAY_SIZE(hw_exits), basic);
}

const char *xvcpu_group_name(unsigned int group)
{
	return entry(groups, ARRAY_SIZE(groups), group);
}

const char *xvcpu_internal_text(unsigned int code)
{
	return entry(internals, ARRAY_SIZE(internals), code);
}

const char *xvcpu_counter_name(unsigned int counter)
{
	if (counter < ARRAY_SIZE(hw_exits) && hw_exits[counter])
		return hw_exits[counter];
	return counter < ARRAY_SIZE(counters) ? counters[counter] : NULL;
}

const char *xvcpu_instruction_error_text(unsigned int error)
{
	return entry(instruction_errors, ARRAY_SIZE(instruction_errors), error);
}

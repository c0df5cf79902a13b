/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for numbers, as traces and debugfs print them. Those of exit reasons and counters are
 * tools/libxvcpu/names.c's, too; its test compares them.
 *
 * Each list hands itself to a macro: @use is __print_symbolic() or __print_flags() with what stands
 * before their list as the arguments, or xvcpu_names() for a table.
 */
#ifndef XVCPU_NAMES_H
#define XVCPU_NAMES_H

/* The initializer of an array of &struct xvcpu_name; the first argument is not used. */
#define xvcpu_names(unused, ...)	{ __VA_ARGS__ }

/**
 * struct xvcpu_name - a number and its word
 * @number: .
 * @name:   .
 */
struct xvcpu_name {
	unsigned int number;
	const char *name;
};

/* SDM "VMX Basic Exit Reasons" */
#define XVCPU_HW_EXIT_NAMES(use, number)					\
	use(number, { 0, "exception_or_nmi" }, { 1, "external_interrupt" },	\
	    { 2, "triple_fault" }, { 3, "init_signal" }, { 4, "sipi" },		\
	    { 5, "io_smi" }, { 6, "other_smi" }, { 7, "interrupt_window" },	\
	    { 8, "nmi_window" }, { 9, "task_switch" }, { 10, "cpuid" },		\
	    { 11, "getsec" }, { 12, "hlt" }, { 13, "invd" }, { 14, "invlpg" },	\
	    { 15, "rdpmc" }, { 16, "rdtsc" }, { 17, "rsm" }, { 18, "vmcall" },	\
	    { 19, "vmclear" }, { 20, "vmlaunch" }, { 21, "vmptrld" },		\
	    { 22, "vmptrst" }, { 23, "vmread" }, { 24, "vmresume" },		\
	    { 25, "vmwrite" }, { 26, "vmxoff" }, { 27, "vmxon" },		\
	    { 28, "cr_access" }, { 29, "mov_dr" }, { 30, "io_instruction" },	\
	    { 31, "rdmsr" }, { 32, "wrmsr" }, { 33, "entry_guest_state" },	\
	    { 34, "entry_msr_loading" }, { 36, "mwait" },			\
	    { 37, "monitor_trap_flag" }, { 39, "monitor" }, { 40, "pause" },	\
	    { 41, "entry_machine_check" }, { 43, "tpr_below_threshold" },	\
	    { 44, "apic_access" }, { 45, "virtualized_eoi" },			\
	    { 46, "gdtr_idtr_access" }, { 47, "ldtr_tr_access" },		\
	    { 48, "ept_violation" }, { 49, "ept_misconfiguration" },		\
	    { 50, "invept" }, { 51, "rdtscp" }, { 52, "preemption_timer" },	\
	    { 53, "invvpid" }, { 54, "wbinvd" }, { 55, "xsetbv" },		\
	    { 56, "apic_write" }, { 57, "rdrand" }, { 58, "invpcid" },		\
	    { 59, "vmfunc" }, { 60, "encls" }, { 61, "rdseed" },		\
	    { 62, "pml_full" }, { 63, "xsaves" }, { 64, "xrstors" },		\
	    { 65, "pconfig" }, { 66, "spp_event" }, { 67, "umwait" },		\
	    { 68, "tpause" }, { 69, "loadiwkey" }, { 70, "enclv" },		\
	    { 72, "enqcmd_pasid" }, { 73, "enqcmds_pasid" },			\
	    { 74, "bus_lock" }, { 75, "notify_window" }, { 76, "seamcall" },	\
	    { 77, "tdcall" }, { 78, "rdmsrlist" }, { 79, "wrmsrlist" })

/* &enum xvcpu_counter; 95 is the last of the exit reasons, and takes all that are higher */
#define XVCPU_COUNTER_NAMES(use, number)					\
	use(number, { 95, "exits_above_94" },					\
	    { XVCPU_COUNT_ENTRIES, "entries" },					\
	    { XVCPU_COUNT_USER_EXITS, "user_exits" },				\
	    { XVCPU_COUNT_SIGNALS, "signals" },					\
	    { XVCPU_COUNT_KICKS, "kicks" },					\
	    { XVCPU_COUNT_MIGRATIONS, "migrations" },				\
	    { XVCPU_COUNT_EPT_MAPPED, "ept_mapped" },				\
	    { XVCPU_COUNT_EPT_RETRY, "ept_retry" },				\
	    { XVCPU_COUNT_EPT_FLUSH, "ept_flush" },				\
	    { XVCPU_COUNT_INJECTED, "injected" }, { XVCPU_COUNT_BUDGETS, "budgets" }, \
	    { XVCPU_COUNT_POLICY, "policy" },					\
	    { XVCPU_COUNT_REFUSED, "refused" }, { XVCPU_COUNT_L1D_FLUSH, "l1d_flush" })

/* &enum xvcpu_fault */
#define XVCPU_FAULT_NAMES(use, number)						\
	use(number, { 0, "mapped" }, { 1, "retry" }, { 2, "no_slot" },		\
	    { 3, "readonly" }, { 4, "error" })

/* VM-entry interruption information, bits 10:8 (SDM "VM-Entry Controls for Event Injection") */
#define XVCPU_EVENT_TYPES(use, number)						\
	use(number, { 0, "interrupt" }, { 2, "nmi" }, { 3, "exception" },	\
	    { 4, "software_interrupt" }, { 5, "int1" }, { 6, "software_exception" })

#define XVCPU_ACCESS_NAMES(use, number)						\
	use(number, "|", { XVCPU_ACCESS_READ, "read" },				\
	    { XVCPU_ACCESS_WRITE, "write" }, { XVCPU_ACCESS_EXEC, "exec" },	\
	    { XVCPU_ACCESS_WALK, "walk" }, { XVCPU_ACCESS_GLA, "gla" })

/* &enum xvcpu_mode */
#define XVCPU_MODE_NAMES(use, number)						\
	use(number, { 0, "outside" }, { 1, "in_guest" }, { 2, "exiting" })

/* XVCPU_TRACE_DESTROYED: what the state tracepoint has beyond &enum xvcpu_life_state */
#define XVCPU_TRACE_DESTROYED	6

#define XVCPU_STATE_NAMES(use, number)						\
	use(number, { XVCPU_LIFE_CREATED, "created" },				\
	    { XVCPU_LIFE_FREE, "free" }, { XVCPU_LIFE_READY, "ready" },		\
	    { XVCPU_LIFE_RUNNING, "running" }, { XVCPU_LIFE_BLOCKED, "blocked" }, \
	    { XVCPU_LIFE_INVALID, "invalid" }, { XVCPU_TRACE_DESTROYED, "destroyed" })

#endif /* XVCPU_NAMES_H */

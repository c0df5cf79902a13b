/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX part's face to the rest of the module: the only header of kmod/vmx/ that others include.
 *
 * It calls up only through the three names at the end, which kmod/vcpu.c defines.
 */
#ifndef XVCPU_VMX_VMX_H
#define XVCPU_VMX_VMX_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <xvcpu.h>

#include "../walk.h"
#include "vmcs.h"

struct ept;
struct ept_config;
struct xvcpu_policy_table;
struct perf_guest_switch_msr;

/**
 * enum vmx_next - what the run loop does after an exit was handled
 * @VMX_RESUME:   enter again
 * @VMX_MEMORY:   an EPT violation: &vmx_vcpu.fault, handled where sleeping is allowed
 * @VMX_PAGING:   a change of CR0, CR3 or CR4 that loads PDPTEs from guest memory:
 *                vmx_finish_paging()
 * @VMX_STRING:   INS or OUTS: &vmx_vcpu.string, handled where sleeping is allowed
 * @VMX_TO_USER:  the exit section is filled: return to userspace
 * @VMX_SPLIT_LOCK: the host's detection of split locks hit the guest at vmx_vcpu.rip
 * @VMX_NOT_HERE: VMX is off on this CPU
 */
enum vmx_next {
	VMX_RESUME,
	VMX_MEMORY,
	VMX_PAGING,
	VMX_STRING,
	VMX_TO_USER,
	VMX_SPLIT_LOCK,
	VMX_NOT_HERE,
};

/**
 * struct vmx_event - an event to inject at the next entry, or one that an exit interrupted
 * @info:     VM-entry interruption information (SDM "VM-Entry Controls for Event Injection"); 0
 *            if none
 * @error:    error code, where @info says that there is one
 * @insn_len: instruction length of software events
 */
struct vmx_event {
	u32 info;
	u32 error;
	u32 insn_len;
};

/**
 * struct vmx_fault - an EPT violation, as the exit reported it
 * @gpa:     guest-physical address
 * @gla:     guest-linear address, if @access has XVCPU_ACCESS_GLA
 * @access:  XVCPU_ACCESS_*
 */
struct vmx_fault {
	u64 gpa;
	u64 gla;
	u32 access;
};

/**
 * struct vmx_string - INS or OUTS, as the exit reported it
 * @port:         0 to 0xffff
 * @size:         bytes of an element: 1, 2 or 4
 * @in:           INS
 * @rep:          with a REP prefix
 * @address_bits: address size: 16, 32 or 64
 * @segment:      of the operand, by its encoding: ES for INS
 * @insn_len:     length of the instruction
 */
struct vmx_string {
	u16 port;
	u8 size;
	bool in;
	bool rep;
	u8 address_bits;
	u8 segment;
	u8 insn_len;
};

/**
 * struct vmx_budget - how long the guest may still be in non-root mode, in ticks of the host's TSC
 * @on:      there is a limit
 * @left:    ticks
 * @entered: TSC when the last stay began
 * @exited:  and when it ended
 */
struct vmx_budget {
	bool on;
	u64 left;
	u64 entered;
	u64 exited;
};

/**
 * enum vmx_waits - what a waiting exit's completion has to do
 * @VMX_WAITS_NOT:       nothing waits
 * @VMX_WAITS_RETRY:     the exit may be answered, but need not be
 * @VMX_WAITS_SKIP:      go behind the instruction
 * @VMX_WAITS_IN:        port data to AL, AX or EAX
 * @VMX_WAITS_INS:       as kmod/string_io.c recorded
 * @VMX_WAITS_OUTS:      likewise
 * @VMX_WAITS_RDMSR:     EDX:EAX
 * @VMX_WAITS_HYPERCALL: RAX
 * @VMX_WAITS_MMIO:      as kmod/mmio.c recorded
 * @VMX_WAITS_RAW:       an MMIO exit that was not decoded
 * @VMX_WAITS_CPUID:     EAX to EDX
 * @VMX_WAITS_INSTRUCTION: as &vmx_vcpu.insn says
 */
enum vmx_waits {
	VMX_WAITS_NOT,
	VMX_WAITS_RETRY,
	VMX_WAITS_SKIP,
	VMX_WAITS_IN,
	VMX_WAITS_INS,
	VMX_WAITS_OUTS,
	VMX_WAITS_RDMSR,
	VMX_WAITS_HYPERCALL,
	VMX_WAITS_MMIO,
	VMX_WAITS_RAW,
	VMX_WAITS_CPUID,
	VMX_WAITS_INSTRUCTION,
};

/**
 * struct vmx_wait - the kernel's own record of the exit that waits; nothing of it is read back
 * @kind:     &enum vmx_waits
 * @reason:   &enum xvcpu_exit_reason
 * @size:     bytes of port data
 * @insn_len: length of the exiting instruction
 */
struct vmx_wait {
	u8 kind;
	u8 reason;
	u8 size;
	u8 insn_len;
};

/**
 * struct vmx_insn - an intercepted instruction that waits for its answer
 * @which: &enum xvcpu_instruction
 * @gpr:   destination; MOV to a debug register: unused
 * @size:  RDRAND, RDSEED: bytes of the destination
 * @dr:    MOV_DR: the debug register
 * @write: MOV to it
 */
struct vmx_insn {
	u8 which;
	u8 gpr;
	u8 size;
	u8 dr;
	bool write;
};

enum vmx_cached {
	VMX_CACHED_RIP		= 1 << 0,
	VMX_CACHED_RSP		= 1 << 1,
	VMX_CACHED_RFLAGS	= 1 << 2,
	VMX_CACHED_QUALIFICATION = 1 << 3,
	VMX_CACHED_GPA		= 1 << 4,
};

/**
 * struct vmx_identity - how traces name a vCPU; fixed at creation
 * @owner: process that created the VM, by its number in the initial PID namespace
 * @vm:    serial number of the VM since the module was loaded, from 1 on
 * @vcpu:  id in the VM
 */
struct vmx_identity {
	u32 owner;
	u32 vm;
	u32 vcpu;
};

/* MSRs that hold a value of their own in each vCPU; msr.c has their numbers and rules. */
enum vmx_msr_slot {
	VMX_MSR_STAR,
	VMX_MSR_LSTAR,
	VMX_MSR_CSTAR,
	VMX_MSR_FMASK,
	VMX_MSR_TSC_AUX,
	VMX_MSR_KERNEL_GS_BASE,
	VMX_MSR_SLOTS,
};

#define VMX_CPUID_MAX	128

#define VMX_NO_IRQ	(-1)

/* B0 to B3, BD, BS, BT (SDM "Debug Status Register (DR6)"): what a VMM may set with a #DB. */
#define VMX_DR6_SETTABLE	0xe00full

/**
 * struct vmx_limits - bits of registers that a CPUID table announces
 * @cr4:  CR4
 * @efer: EFER
 * @xcr0: XCR0
 */
struct vmx_limits {
	unsigned long cr4;
	u64 efer;
	u64 xcr0;
};

/**
 * struct vmx_vcpu - a vCPU as VMX sees it
 *
 * Belongs to the thread that is in RUN or, outside RUN, to the holder of vcpu->lock. VMCS fields
 * are accessed between vmx_load() and the preempt_enable() that follows.
 *
 * @gpr:           general registers in order of encoding; RSP's place is valid with VMX_CACHED_RSP
 * @host_rsp:      shadow of HOST_RSP, kept by vmx_enter()
 * @vmcs:          the VMCS
 * @rip:           valid with VMX_CACHED_RIP
 * @rflags:        valid with VMX_CACHED_RFLAGS
 * @cached:        which of RIP, RSP, RFLAGS, @qualification and @fault's GPA are here
 * @dirty:         which of RIP, RSP, RFLAGS must be written before entry
 * @qualification: exit qualification, valid with VMX_CACHED_QUALIFICATION
 * @cr0:           CR0 as the guest reads it, as of the last exit or write of host-owned bits
 * @cr4:           likewise CR4
 * @cr2:           guest CR2
 * @cr8:           guest CR8
 * @efer:          EFER
 * @apic_base:     IA32_APIC_BASE
 * @xcr0:          guest XCR0
 * @pkru:          guest PKRU
 * @dr:            DR0 to DR3
 * @dr6:           DR6
 * @dr7:           DR7, also in the VMCS
 * @msr:           by &enum vmx_msr_slot
 * @tsc_offset:    the VM's, until the guest or the VMM writes IA32_TSC
 * @event:         to be injected
 * @nmi:           an NMI is latched; set by anyone, taken by the thread in RUN
 * @irq:           vector in the interrupt slot, VMX_NO_IRQ if there is none
 * @window:        leave for userspace when the guest can take an interrupt
 * @budget:        of this RUN
 * @exit_reason:   of the last exit
 * @vectoring:     IDT-vectoring information of the last exit
 * @fault:         with VMX_MEMORY
 * @string:        with VMX_STRING, and until that exit is answered
 * @paging:        with VMX_PAGING: the values to be taken
 * @wait:          the exit that waits
 * @insn:          with VMX_WAITS_INSTRUCTION
 * @exception:     the intercepted exception that the last exit told of
 * @unblocked_nmi: the IRET that raised it had unblocked NMIs
 * @intercepts:    what the VMM wants to see: masks as in &struct xvcpu_intercepts
 * @policy:        the VM's (policy.h)
 * @ept:           the VM's tables
 * @ept_gen:       value of its flush_gen that this vCPU's CPU has seen
 * @vpid:          0: none
 * @host_loaded:   guest MSRs and segment bases are in the CPU (context.c)
 * @l1d_touched:   the host may have read secrets since the last entry (l1d.c)
 * @shutdown:      triple fault: do not enter
 * @load_pdpte:    PDPTEs are to be read from guest memory before the next entry
 * @host:          host values to restore (context.c)
 * @run_exit:      the exit section of the run area
 * @stats:         counters and ring of exits, which userspace can map but not write
 * @counters:      those in @stats
 * @identity:      for traces
 * @cpuid:         the CPUID table
 * @cpuid_nr:      its entries
 * @limits:        what the table announces
 */
struct vmx_vcpu {
	unsigned long gpr[16];
	unsigned long host_rsp;
	struct vmx_vmcs vmcs;
	unsigned long rip;
	unsigned long rflags;
	u32 cached;
	u32 dirty;
	unsigned long qualification;

	unsigned long cr0, cr4, cr2, cr8;
	u64 efer;
	u64 apic_base;
	u64 xcr0;
	u32 pkru;
	unsigned long dr[4];
	unsigned long dr6, dr7;
	u64 msr[VMX_MSR_SLOTS];
	u64 tsc_offset;

	struct vmx_event event;
	atomic_t nmi;
	int irq;
	bool window;
	struct vmx_budget budget;
	u32 exit_reason;
	u32 vectoring;
	struct vmx_fault fault;
	struct vmx_string string;
	struct {
		unsigned long cr0, cr3, cr4;
		u8 insn_len;
		bool load_pdpte;
	} paging;
	struct vmx_wait wait;
	struct vmx_insn insn;
	struct vmx_event exception;
	bool unblocked_nmi;
	struct {
		u32 instructions, exceptions;
	} intercepts;
	struct xvcpu_policy_table __rcu **policy;

	const struct ept *ept;
	u64 ept_gen;
	u16 vpid;

	bool host_loaded;
	bool l1d_touched;
	bool shutdown;
	bool load_pdpte;
	struct {
		u16 fs, gs, ldt, ds, es;
		u64 kernel_gs_base;
		u64 debugctl;
		u32 pkru;
		u32 perf;
		const struct perf_guest_switch_msr *perf_msrs;
	} host;

	struct xvcpu_run_exit *run_exit;
	struct xvcpu_run_stats *stats;
	u64 *counters;
	struct vmx_identity identity;
	struct xvcpu_cpuid_entry *cpuid;
	u32 cpuid_nr;
	struct vmx_limits limits;
};

/* The exit needs an answer: those that only retry need none. */
static inline bool vmx_exit_waits(const struct vmx_vcpu *vcpu)
{
	return vcpu->wait.kind > VMX_WAITS_RETRY;
}

int vmx_init(void);
void vmx_exit(void);
void vmx_info(struct xvcpu_info *info);
int vmx_enable(struct xvcpu_error *error);
void vmx_disable(void);
void vmx_ept_config(struct ept_config *config);
unsigned int vmx_gpa_bits(void);
u32 vmx_present(void);

int vmx_vcpu_init(struct vmx_vcpu *vcpu, const struct ept *ept);
void vmx_vcpu_destroy(struct vmx_vcpu *vcpu);
void vmx_vcpu_setup(struct vmx_vcpu *vcpu, u64 tsc_offset, bool bsp);
void vmx_vcpu_forget(struct vmx_vcpu *vcpu);
void vmx_vcpu_rebuild(struct vmx_vcpu *vcpu);
void vmx_vcpu_reset(struct vmx_vcpu *vcpu, u64 tsc_offset, bool bsp);

int vmx_load(struct vmx_vcpu *vcpu);
bool vmx_is_here(const struct vmx_vcpu *vcpu);
int vmx_loaded_on(const struct vmx_vcpu *vcpu);
void vmx_put(struct vmx_vcpu *vcpu);
void vmx_prepare(struct vmx_vcpu *vcpu);
enum vmx_next vmx_run(struct vmx_vcpu *vcpu);
enum vmx_next vmx_handle_exit(struct vmx_vcpu *vcpu);
enum vmx_next vmx_finish_paging(struct vmx_vcpu *vcpu, const u64 *pdpte, bool readable);

bool vmx_has_timer(void);
void vmx_exit_to_user(struct vmx_vcpu *vcpu, u32 reason, u8 waits);
void vmx_skip(struct vmx_vcpu *vcpu, unsigned int insn_len);
void vmx_stop_blocking(struct vmx_vcpu *vcpu);
void vmx_raise(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code);
void vmx_raise_with_payload(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code,
			    u64 payload);
void vmx_raise_intercepted(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code,
			   u64 payload);
bool vmx_has_nmis(struct xvcpu_error *error);
int vmx_interrupt(struct vmx_vcpu *vcpu, unsigned int vector, struct xvcpu_error *error);
u32 vmx_event_flags(struct vmx_vcpu *vcpu);
void vmx_walk_state(struct vmx_vcpu *vcpu, struct walk_state *walk);
unsigned long vmx_get_cr3(struct vmx_vcpu *vcpu);
unsigned int vmx_cpl(struct vmx_vcpu *vcpu);
bool vmx_is_64bit(struct vmx_vcpu *vcpu);
unsigned int vmx_cs_bits(struct vmx_vcpu *vcpu);
unsigned long vmx_segment_base(struct vmx_vcpu *vcpu, unsigned int segment);
void vmx_get_segment(struct vmx_vcpu *vcpu, unsigned int index, struct xvcpu_segment *segment);
bool vmx_paging_again(struct vmx_vcpu *vcpu);
unsigned long vmx_rip(struct vmx_vcpu *vcpu);
void vmx_jump(struct vmx_vcpu *vcpu, unsigned long rip);
void vmx_write_reg(struct vmx_vcpu *vcpu, unsigned int index, unsigned long value);
void vmx_write_flags(struct vmx_vcpu *vcpu, unsigned long mask, unsigned long flags);

/* State groups (state.c): the caller has loaded the vCPU. check_* change nothing. */
void vmx_get_regs(struct vmx_vcpu *vcpu, struct xvcpu_regs *regs);
void vmx_set_regs(struct vmx_vcpu *vcpu, const struct xvcpu_regs *regs);
void vmx_get_sregs(struct vmx_vcpu *vcpu, struct xvcpu_sregs *sregs);
void vmx_set_sregs(struct vmx_vcpu *vcpu, const struct xvcpu_sregs *sregs);
void vmx_get_cregs(struct vmx_vcpu *vcpu, struct xvcpu_cregs *cregs);
void vmx_set_cregs(struct vmx_vcpu *vcpu, const struct xvcpu_cregs *cregs);
void vmx_get_debug(struct vmx_vcpu *vcpu, struct xvcpu_debug_regs *debug);
void vmx_set_debug(struct vmx_vcpu *vcpu, const struct xvcpu_debug_regs *debug);
void vmx_get_events(struct vmx_vcpu *vcpu, struct xvcpu_events *events);
void vmx_set_events(struct vmx_vcpu *vcpu, const struct xvcpu_events *events);
int vmx_check_events(const struct xvcpu_events *events, struct xvcpu_error *error);
int vmx_check_regs(const struct xvcpu_regs *regs, struct xvcpu_error *error);
int vmx_check_sregs(const struct xvcpu_sregs *sregs, struct xvcpu_error *error);
int vmx_check_cregs(const struct vmx_vcpu *vcpu, const struct vmx_limits *limits,
		    const struct xvcpu_cregs *cregs, struct xvcpu_error *error);
void vmx_get_tsc(struct vmx_vcpu *vcpu, struct xvcpu_tsc *tsc);
void vmx_set_tsc(struct vmx_vcpu *vcpu, const struct xvcpu_tsc *tsc);
int vmx_check_tsc(const struct xvcpu_tsc *tsc, struct xvcpu_error *error);
int vmx_check_debug(const struct xvcpu_debug_regs *debug, struct xvcpu_error *error);

/* Intercepts (intercept.c) */
int vmx_check_intercepts(const struct xvcpu_intercepts *intercepts, struct xvcpu_error *error);
void vmx_set_intercepts(struct vmx_vcpu *vcpu, const struct xvcpu_intercepts *intercepts);
void vmx_complete_instruction(struct vmx_vcpu *vcpu, u64 value, bool carry);

/* MSRs (msr.c) */
extern const u32 vmx_msr_passed[];
extern const unsigned int vmx_msr_passed_nr;
extern const u32 vmx_msr_list[];
extern const unsigned int vmx_msr_list_nr;
u64 vmx_msr_get(struct vmx_vcpu *vcpu, u32 index);
int vmx_msr_check(struct vmx_vcpu *vcpu, u32 index, u64 value);
void vmx_msr_set(struct vmx_vcpu *vcpu, u32 index, u64 value);

/* CPUID (cpuid.c) */
extern struct xvcpu_cpuid_entry vmx_cpuid_supported[];
extern unsigned int vmx_cpuid_supported_nr;
int vmx_cpuid_check(const struct xvcpu_cpuid_entry *table, u32 nr, struct xvcpu_error *error);
void vmx_cpuid_limits(const struct xvcpu_cpuid_entry *table, u32 nr, struct vmx_limits *limits);
void vmx_cpuid_set(struct vmx_vcpu *vcpu, const struct xvcpu_cpuid_entry *table, u32 nr);

/* Called up. */
unsigned int xvcpu_vcpu_apic_id(const struct vmx_vcpu *vcpu);
bool xvcpu_vcpu_msr_exits(const struct vmx_vcpu *vcpu);
void xvcpu_vcpu_kill(struct vmx_vcpu *vcpu);

#endif /* XVCPU_VMX_VMX_H */

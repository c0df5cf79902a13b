/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * xvcpu: virtual CPUs on Intel VMX, through /dev/xvcpu.
 *
 * /dev/xvcpu  --XVCPU_CREATE_VM-->  VM fd  --XVCPU_CREATE_VCPU-->  vCPU fd (mmap: the run area)
 *
 * Rules that hold for every call:
 *  - XVCPU_RUN and XVCPU_KICK take no argument. Every other ioctl takes a pointer to a struct whose
 *    first member is its size in bytes as the caller knows it. A kernel that knows a longer struct
 *    takes the missing tail as zero; a kernel that knows a shorter one accepts a longer struct, of
 *    at most 4096 bytes, only if the unknown tail is zero (-E2BIG otherwise). On return @size is
 *    unchanged.
 *  - Unknown flags and non-zero reserved members are -EINVAL.
 *  - A failed call changes nothing, except that it fills the @error record of its own struct.
 *  - Pointers are carried as __u64; all structs have one layout for 32- and 64-bit callers.
 *  - Any ioctl: -EFAULT if an argument cannot be read or written, -EINVAL if @size is below the
 *    first published size of the struct, -ENOTTY for a number that this kind of fd does not know.
 *  - Calls that wait for a lock or for memory end with -EINTR when the task is killed. Those on a
 *    vCPU fd that reach its hardware state give -ENODEV when VMX was turned off under them.
 *
 * XVCPU_RUN and XVCPU_SET_MEMORY must come from the address space that created the VM (-EIO
 * otherwise); everything else works from any holder of the fd.
 *
 * docs/uapi.md has the tour, the table of RUN's results, and examples.
 */
#ifndef _UAPI_XVCPU_H
#define _UAPI_XVCPU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* XVCPU_ABI_VERSION: &xvcpu_info.abi_version of this header; grows when structs grow */
#define XVCPU_ABI_VERSION	2

#define XVCPU_IOC_TYPE		0xd7

/*
 * Numbers are plain _IO() so that growing a struct keeps its number.
 * 0x00-0x1f: /dev/xvcpu; 0x20-0x3f: VM fd; 0x40-0x7f: vCPU fd.
 */
#define XVCPU_GET_INFO			_IO(XVCPU_IOC_TYPE, 0x00)
#define XVCPU_GET_SUPPORTED_CPUID	_IO(XVCPU_IOC_TYPE, 0x01)
#define XVCPU_GET_MSR_LIST		_IO(XVCPU_IOC_TYPE, 0x02)
#define XVCPU_CREATE_VM			_IO(XVCPU_IOC_TYPE, 0x03)

#define XVCPU_CREATE_VCPU		_IO(XVCPU_IOC_TYPE, 0x20)
#define XVCPU_SET_MEMORY		_IO(XVCPU_IOC_TYPE, 0x21)
#define XVCPU_SET_POLICY		_IO(XVCPU_IOC_TYPE, 0x22)

#define XVCPU_RUN			_IO(XVCPU_IOC_TYPE, 0x40)
#define XVCPU_KICK			_IO(XVCPU_IOC_TYPE, 0x41)
#define XVCPU_GET_STATE			_IO(XVCPU_IOC_TYPE, 0x42)
#define XVCPU_SET_STATE			_IO(XVCPU_IOC_TYPE, 0x43)
#define XVCPU_RESET			_IO(XVCPU_IOC_TYPE, 0x44)
#define XVCPU_INTERRUPT			_IO(XVCPU_IOC_TYPE, 0x45)
#define XVCPU_NMI			_IO(XVCPU_IOC_TYPE, 0x46)
#define XVCPU_EXCEPTION			_IO(XVCPU_IOC_TYPE, 0x47)
#define XVCPU_TRANSLATE			_IO(XVCPU_IOC_TYPE, 0x48)
#define XVCPU_ACCESS			_IO(XVCPU_IOC_TYPE, 0x49)
#define XVCPU_SET_INTERCEPTS		_IO(XVCPU_IOC_TYPE, 0x4a)
#define XVCPU_SET_AFFINITY		_IO(XVCPU_IOC_TYPE, 0x4b)
#define XVCPU_GET_LIFE			_IO(XVCPU_IOC_TYPE, 0x4c)

/**
 * enum xvcpu_error_code - what was wrong with a refused request
 * @XVCPU_ERR_NONE:      nothing is known beyond the errno
 * @XVCPU_ERR_FLAGS:     an unknown flag; @value is the flags, @expected the mask of known ones
 * @XVCPU_ERR_RESERVED:  a reserved member is not zero
 * @XVCPU_ERR_RANGE:     a number is outside its range; @expected is the nearest limit
 * @XVCPU_ERR_ALIGN:     an address or length is not aligned; @expected is the alignment
 * @XVCPU_ERR_WRAP:      start plus length wraps or passes the end of its space; @expected is the
 *                       end
 * @XVCPU_ERR_OVERLAP:   the range overlaps slot number @expected, or in XVCPU_SET_POLICY entry
 *                       @expected
 * @XVCPU_ERR_EXISTS:    the id or slot is taken
 * @XVCPU_ERR_MISSING:   the slot to delete, or the group asked for, does not exist
 * @XVCPU_ERR_TWICE:     the same slot or entry stands twice in one call
 * @XVCPU_ERR_BITS:      reserved bits of a register are set; @expected is the mask of allowed bits
 * @XVCPU_ERR_CANONICAL: an address is not canonical
 * @XVCPU_ERR_VALUE:     a value that the hardware or the ABI does not allow
 * @XVCPU_ERR_SPACE:     the buffer is too small; @expected is the size needed
 * @XVCPU_ERR_FEATURE:   the hardware lacks a feature; @expected is an &enum xvcpu_feature and
 *                       @value an &enum xvcpu_reason
 * @XVCPU_ERR_RUNNING:   another thread is in XVCPU_RUN of this vCPU
 * @XVCPU_ERR_WAITING:   an exit waits for its answer; @value is its &enum xvcpu_exit_reason
 * @XVCPU_ERR_SIZE:      a struct or entry has a size that the kernel does not accept
 * @XVCPU_ERR_BLOCKED:   the guest cannot take the event now: RFLAGS.IF is clear, or STI or MOV SS
 *                       blocks
 * @XVCPU_ERR_PENDING:   another event is there already; @value is its vector
 * @XVCPU_ERR_MEMORY:    the guest memory at @value cannot be had, or not be written
 * @XVCPU_ERR_ORDER:     an entry stands before one that must come first; @expected is that entry's
 *                       index
 * @XVCPU_ERR_PASSED:    the range covers an MSR that the guest reaches without an exit: @expected
 * @XVCPU_ERR_INTERCEPT: the processor cannot intercept an instruction; @expected is the mask of
 *                       those that it can
 */
enum xvcpu_error_code {
	XVCPU_ERR_NONE		= 0,
	XVCPU_ERR_FLAGS		= 1,
	XVCPU_ERR_RESERVED	= 2,
	XVCPU_ERR_RANGE		= 3,
	XVCPU_ERR_ALIGN		= 4,
	XVCPU_ERR_WRAP		= 5,
	XVCPU_ERR_OVERLAP	= 6,
	XVCPU_ERR_EXISTS	= 7,
	XVCPU_ERR_MISSING	= 8,
	XVCPU_ERR_TWICE		= 9,
	XVCPU_ERR_BITS		= 10,
	XVCPU_ERR_CANONICAL	= 11,
	XVCPU_ERR_VALUE		= 12,
	XVCPU_ERR_SPACE		= 13,
	XVCPU_ERR_FEATURE	= 14,
	XVCPU_ERR_RUNNING	= 15,
	XVCPU_ERR_WAITING	= 16,
	XVCPU_ERR_SIZE		= 17,
	XVCPU_ERR_BLOCKED	= 18,
	XVCPU_ERR_PENDING	= 19,
	XVCPU_ERR_MEMORY	= 20,
	XVCPU_ERR_ORDER		= 22,
	XVCPU_ERR_PASSED	= 23,
	XVCPU_ERR_INTERCEPT	= 24,
};

/**
 * struct xvcpu_error - why a call was refused; ignored on input, written only when the call fails
 * @code:     &enum xvcpu_error_code
 * @index:    which element: the entry of an array, or the &enum xvcpu_group of a state group
 * @field:    byte offset of the offending member in its struct (for an MSR: the MSR's number; for
 *            XVCPU_RUN: from the start of the run area)
 * @reserved: 0
 * @value:    the value that was refused
 * @expected: what would have been accepted; the meaning depends on @code
 */
struct xvcpu_error {
	__u32 code;
	__u32 index;
	__u32 field;
	__u32 reserved;
	__aligned_u64 value;
	__aligned_u64 expected;
};

/* ------------------------------------------------------------------ /dev/xvcpu: what is there */

/**
 * enum xvcpu_reason - whether a feature can be used, and if not, why
 * @XVCPU_REASON_UNKNOWN:   this kernel does not know the feature
 * @XVCPU_REASON_OK:        usable
 * @XVCPU_REASON_NO_VMX:    CPUID.1:ECX.VMX[5] is clear
 * @XVCPU_REASON_UNLOCKED:  IA32_FEATURE_CONTROL is not locked: the firmware left VMX undecided
 * @XVCPU_REASON_LOCKED:    IA32_FEATURE_CONTROL is locked with VMX off: a firmware setting
 * @XVCPU_REASON_TAKEN:     CR4.VMXE is already set on some CPU: another hypervisor holds VMX
 * @XVCPU_REASON_NO_CPU:    the processor lacks it
 * @XVCPU_REASON_PARAM:     turned off by a module parameter or the kernel's command line
 * @XVCPU_REASON_NO_KERNEL: the kernel does not offer what it needs
 * @XVCPU_REASON_DIFFERS:   the CPUs of this machine disagree about it
 */
enum xvcpu_reason {
	XVCPU_REASON_UNKNOWN	= 0,
	XVCPU_REASON_OK		= 1,
	XVCPU_REASON_NO_VMX	= 2,
	XVCPU_REASON_UNLOCKED	= 3,
	XVCPU_REASON_LOCKED	= 4,
	XVCPU_REASON_TAKEN	= 5,
	XVCPU_REASON_NO_CPU	= 6,
	XVCPU_REASON_PARAM	= 7,
	XVCPU_REASON_NO_KERNEL	= 8,
	XVCPU_REASON_DIFFERS	= 9,
};

/**
 * enum xvcpu_feature - indices into &xvcpu_info.features
 *
 * @XVCPU_FEATURE_VMX:          VMX instructions
 * @XVCPU_FEATURE_FIRMWARE:     VMX outside SMX allowed and locked by the firmware
 * @XVCPU_FEATURE_AVAILABLE:    no other hypervisor holds VMX on any CPU (a snapshot)
 * @XVCPU_FEATURE_VMCS:         VMCS region of at most 4096 bytes in write-back memory
 * @XVCPU_FEATURE_TRUE_CTLS:    IA32_VMX_TRUE_* capability MSRs
 * @XVCPU_FEATURE_SECONDARY:    secondary processor-based controls
 * @XVCPU_FEATURE_EPT:          extended page tables, 4-level, write-back, with single-context
 *                              INVEPT
 * @XVCPU_FEATURE_UNRESTRICTED: unrestricted guest: real mode and unpaged protected mode run
 *                              directly
 * @XVCPU_FEATURE_MSR_BITMAPS:  MSR and I/O bitmaps
 * @XVCPU_FEATURE_EFER:         EFER loaded and saved by entry and exit
 * @XVCPU_FEATURE_PAT:          PAT loaded and saved by entry and exit
 * @XVCPU_FEATURE_TPR_SHADOW:   TPR shadow or CR8 exiting: the guest cannot reach the host's TPR
 * @XVCPU_FEATURE_EPT_AD:       accessed and dirty bits in EPT entries
 * @XVCPU_FEATURE_VPID:         TLB entries tagged with a VPID
 * @XVCPU_FEATURE_RDTSCP:       RDTSCP and RDPID in the guest
 * @XVCPU_FEATURE_INVPCID:      INVPCID in the guest
 * @XVCPU_FEATURE_XSAVES:       XSAVES and XRSTORS in the guest
 * @XVCPU_FEATURE_XSAVE:        XSAVE, XCR0
 * @XVCPU_FEATURE_VNMI:         virtual NMIs
 * @XVCPU_FEATURE_PREEMPTION_TIMER: VMX-preemption timer, for budgets; without it, and where it is
 *                              known to count wrongly, a timer of the kernel's ends them
 * @XVCPU_FEATURE_L1D_FLUSH:    guests cannot read what the host has in the L1 data cache (L1TF):
 *                              the processor does not let them, or it is flushed before entries
 */
enum xvcpu_feature {
	XVCPU_FEATURE_VMX		= 0,
	XVCPU_FEATURE_FIRMWARE		= 1,
	XVCPU_FEATURE_AVAILABLE		= 2,
	XVCPU_FEATURE_VMCS		= 3,
	XVCPU_FEATURE_TRUE_CTLS		= 4,
	XVCPU_FEATURE_SECONDARY		= 5,
	XVCPU_FEATURE_EPT		= 6,
	XVCPU_FEATURE_UNRESTRICTED	= 7,
	XVCPU_FEATURE_MSR_BITMAPS	= 8,
	XVCPU_FEATURE_EFER		= 9,
	XVCPU_FEATURE_PAT		= 10,
	XVCPU_FEATURE_TPR_SHADOW	= 11,
	XVCPU_FEATURE_EPT_AD		= 12,
	XVCPU_FEATURE_VPID		= 13,
	XVCPU_FEATURE_RDTSCP		= 14,
	XVCPU_FEATURE_INVPCID		= 15,
	XVCPU_FEATURE_XSAVES		= 16,
	XVCPU_FEATURE_XSAVE		= 17,
	XVCPU_FEATURE_VNMI		= 18,
	XVCPU_FEATURE_PREEMPTION_TIMER	= 19,
	XVCPU_FEATURE_L1D_FLUSH		= 20,
};

/* XVCPU_FEATURE_SLOTS: size of &xvcpu_info.features */
#define XVCPU_FEATURE_SLOTS	64

/**
 * struct xvcpu_info - XVCPU_GET_INFO: versions, limits, layout and features; all output
 * Works on every kind of fd, so that a process that was handed a vCPU fd finds the run area.
 * @size:            in: sizeof(struct xvcpu_info) of the caller
 * @abi_version:     %XVCPU_ABI_VERSION of the kernel
 * @errata:          bit n set: fixed fault n of docs/uapi.md "Errata" is fixed in this module
 * @max_vcpus:       vCPUs per VM; ids are 0 to @max_vcpus - 1
 * @max_slots:       memory slots per VM; slot numbers are 0 to @max_slots - 1
 * @max_cpuid:       entries in a vCPU's CPUID table
 * @max_msrs:        entries in the MSRS state group
 * @gpa_bits:        guest-physical address width of this machine's EPT, in bits
 * @run_size:        bytes to map read-write at offset 0 of a vCPU fd
 * @run_request:     offset of &struct xvcpu_run_request in the run area
 * @run_exit:        offset of &struct xvcpu_run_exit
 * @run_sync:        offset of &struct xvcpu_run_sync
 * @run_data:        offset of the data of string I/O (one page), which is also in
 *                   &xvcpu_exit_io.data_offset
 * @stats_offset:    mmap offset of &struct xvcpu_run_stats; can only be mapped without PROT_WRITE
 * @stats_size:      bytes to map there
 * @state_size:      bytes that hold every state group of a vCPU at their largest
 * @tsc_khz:         host TSC frequency, in kHz
 * @ready:           first required feature's &enum xvcpu_reason that is not OK, else
 *                   %XVCPU_REASON_OK: XVCPU_CREATE_VM can be expected to work now
 * @reserved0:       0
 * @required:        bit n: feature n is required by XVCPU_CREATE_VM
 * @reserved:        0
 * @features:        for each &enum xvcpu_feature an &enum xvcpu_reason
 */
struct xvcpu_info {
	__u32 size;
	__u32 abi_version;
	__aligned_u64 errata;
	__u32 max_vcpus;
	__u32 max_slots;
	__u32 max_cpuid;
	__u32 max_msrs;
	__u32 gpa_bits;
	__u32 run_size;
	__u32 run_request;
	__u32 run_exit;
	__u32 run_sync;
	__u32 run_data;
	__u32 stats_offset;
	__u32 stats_size;
	__u32 state_size;
	__u32 tsc_khz;
	__u32 ready;
	__u32 reserved0;
	__aligned_u64 required;
	__aligned_u64 reserved[7];
	__u8 features[XVCPU_FEATURE_SLOTS];
};

/* XVCPU_CPUID_SUBLEAF: the entry answers only when ECX equals @subleaf */
#define XVCPU_CPUID_SUBLEAF	(1u << 0)

/**
 * struct xvcpu_cpuid_entry - one leaf of a CPUID table
 * @leaf:     EAX on input
 * @subleaf:  ECX on input, when %XVCPU_CPUID_SUBLEAF is set; else 0
 * @flags:    XVCPU_CPUID_*
 * @eax:      value returned
 * @ebx:      value returned
 * @ecx:      value returned
 * @edx:      value returned
 * @reserved: 0
 *
 * Whatever the table says, the module fills in from the vCPU: its APIC id (leaf 1 EBX[31:24]),
 * OSXSAVE and OSPKE, and the sizes in leaf 0xd. A leaf without an entry reads as zeros; leaves
 * 0x40000000 to 0x4fffffff are the VMM's to choose.
 */
struct xvcpu_cpuid_entry {
	__u32 leaf;
	__u32 subleaf;
	__u32 flags;
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
	__u32 reserved;
};

/**
 * struct xvcpu_cpuid - XVCPU_GET_SUPPORTED_CPUID: the largest table a guest can be given here
 * @size:     sizeof(struct xvcpu_cpuid)
 * @flags:    0
 * @nr:       in: entries that fit at @entries; out: entries there are
 * @entry_size: sizeof(struct xvcpu_cpuid_entry)
 * @entries:  user pointer to an array of &struct xvcpu_cpuid_entry
 * @error:    why the call failed
 *
 * Never contains VMX, the host's APIC id or topology, or a feature the module cannot switch.
 * -ENOSPC: @nr is too small; @error.expected says how many are needed. -ENODEV: no VMX.
 */
struct xvcpu_cpuid {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 entry_size;
	__aligned_u64 entries;
	struct xvcpu_error error;
};

/**
 * struct xvcpu_msr_list - XVCPU_GET_MSR_LIST: the MSRs that make up the MSRS state group
 * @size:     sizeof(struct xvcpu_msr_list)
 * @flags:    0
 * @nr:       in: numbers that fit at @indices; out: numbers there are
 * @reserved: 0
 * @indices:  user pointer to an array of __u32 MSR numbers
 * @error:    why the call failed
 *
 * -ENOSPC and -ENODEV: as for XVCPU_GET_SUPPORTED_CPUID.
 */
struct xvcpu_msr_list {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 reserved;
	__aligned_u64 indices;
	struct xvcpu_error error;
};

/*
 * XVCPU_VM_MSR_EXIT: accesses to MSRs that the module neither switches nor emulates exit as
 * %XVCPU_EXIT_MSR_READ or %XVCPU_EXIT_MSR_WRITE; without it they raise #GP(0) in the guest
 */
#define XVCPU_VM_MSR_EXIT	(1u << 0)

/* XVCPU_LAPIC_NONE: no local APIC in the kernel: HLT is an exit, the VMM injects */
#define XVCPU_LAPIC_NONE	0

/**
 * struct xvcpu_create_vm - XVCPU_CREATE_VM: returns a VM fd (close-on-exec)
 * @size:     sizeof(struct xvcpu_create_vm)
 * @flags:    XVCPU_VM_*
 * @lapic:    XVCPU_LAPIC_*
 * @gpa_bits: guest-physical address width, 30 to &xvcpu_info.gpa_bits; 0 means the largest
 * @views:    EPT views; 0: one. Others are -EINVAL in this version
 * @reserved: 0
 * @tsc:      the guest's TSC at this moment
 * @error:    why the call failed
 *
 * Turns VMX on, on every CPU, if this is the first VM. The VM belongs to the caller's address
 * space.
 * -ENODEV: no VMX (@error has the reason). -EOPNOTSUPP: VMX is there, but locked off by the
 * firmware
 * or lacking a required feature. -EBUSY: another hypervisor holds VMX. -EIO: VMXON failed.
 * -EMFILE, -ENFILE, -ENOMEM as usual.
 */
struct xvcpu_create_vm {
	__u32 size;
	__u32 flags;
	__u32 lapic;
	__u32 gpa_bits;
	__u32 views;
	__u32 reserved;
	__aligned_u64 tsc;
	struct xvcpu_error error;
};

/* ------------------------------------------------------------------------------------- VM fd */

/**
 * struct xvcpu_create_vcpu - XVCPU_CREATE_VCPU: returns a vCPU fd (close-on-exec)
 * @size:    sizeof(struct xvcpu_create_vcpu)
 * @flags:   0
 * @id:      0 to &xvcpu_info.max_vcpus - 1
 * @apic_id: what CPUID tells the guest, 0 to 254; every vCPU of a VM its own
 * @error:   why the call failed
 *
 * The vCPU starts in the state after power-up (SDM "Processor State After Reset"): real mode,
 * CS:RIP = f000:fff0 with CS.base 0xffff0000. Its CPUID table is the supported one. It keeps the
 * VM alive until its own fd is closed. The vCPU with id 0 is the bootstrap processor
 * (IA32_APIC_BASE.BSP). Without an in-kernel LAPIC every vCPU can be run at once: the VMM decides
 * who starts when.
 * -EEXIST: @id or @apic_id is taken. -EINVAL: out of range. -EMFILE, -ENFILE, -ENOMEM as usual.
 */
struct xvcpu_create_vcpu {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 apic_id;
	struct xvcpu_error error;
};

/* XVCPU_SLOT_READONLY: guest writes exit as MMIO; guest reads and fetches work */
#define XVCPU_SLOT_READONLY	(1u << 0)

/* XVCPU_BACKING_HVA: @hva names memory of the address space that created the VM */
#define XVCPU_BACKING_HVA	0

/**
 * struct xvcpu_memory_slot - one guest-physical range
 * @gpa:      first guest-physical address, 4 KiB aligned
 * @size:     bytes, 4 KiB multiple; 0 deletes the slot
 * @hva:      address in the caller's memory that backs @gpa, 4 KiB aligned; 0 when deleting
 * @slot:     0 to &xvcpu_info.max_slots - 1
 * @flags:    XVCPU_SLOT_*
 * @backing:  XVCPU_BACKING_*
 * @fd:       0 for %XVCPU_BACKING_HVA
 * @offset:   0 for %XVCPU_BACKING_HVA
 * @reserved: 0
 *
 * Naming an existing slot replaces it. The memory behind @hva need not exist yet: pages are
 * looked up when the guest touches them, and follow the address space (munmap, fork, migration,
 * swap).
 */
struct xvcpu_memory_slot {
	__aligned_u64 gpa;
	__aligned_u64 size;
	__aligned_u64 hva;
	__u32 slot;
	__u32 flags;
	__u32 backing;
	__s32 fd;
	__aligned_u64 offset;
	__aligned_u64 reserved[2];
};

/**
 * struct xvcpu_memory - XVCPU_SET_MEMORY: change several slots in one atomic step
 * @size:     sizeof(struct xvcpu_memory)
 * @flags:    0
 * @nr:       entries, 1 to &xvcpu_info.max_slots
 * @entry_size: sizeof(struct xvcpu_memory_slot)
 * @slots:    user pointer to an array of &struct xvcpu_memory_slot
 * @error:    why the call failed; @error.index is the entry
 *
 * All entries take effect or none does; no vCPU ever runs with some of them. Overlap is judged on
 * the table as it would be afterwards, so two slots can change places in one call.
 * -EINVAL: alignment, wrap, range (@hva outside user space too), flags, the same slot twice.
 * -EEXIST: overlap. -ENOENT: deleting a
 * slot that does not exist. -EIO: not the address space that created the VM. -ENOMEM.
 */
struct xvcpu_memory {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 entry_size;
	__aligned_u64 slots;
	struct xvcpu_error error;
};

/**
 * enum xvcpu_policy_kind - what the numbers of a &struct xvcpu_policy_range are
 * @XVCPU_POLICY_PORT:  I/O ports, 0 to 0xffff
 * @XVCPU_POLICY_MSR:   MSRs
 * @XVCPU_POLICY_CPUID: CPUID leaves (EAX), whatever the subleaf
 */
enum xvcpu_policy_kind {
	XVCPU_POLICY_PORT	= 0,
	XVCPU_POLICY_MSR	= 1,
	XVCPU_POLICY_CPUID	= 2,
};

/**
 * enum xvcpu_policy_action - what becomes of a guest's access
 * @XVCPU_POLICY_DEFAULT: as if the range were not there
 * @XVCPU_POLICY_EXIT:    %XVCPU_EXIT_IO, %XVCPU_EXIT_MSR_READ, %XVCPU_EXIT_MSR_WRITE or
 *                        %XVCPU_EXIT_CPUID
 * @XVCPU_POLICY_GP:      #GP(0)
 * @XVCPU_POLICY_IGNORE:  a write is dropped; a port reads as all ones, an MSR as 0
 */
enum xvcpu_policy_action {
	XVCPU_POLICY_DEFAULT	= 0,
	XVCPU_POLICY_EXIT	= 1,
	XVCPU_POLICY_GP		= 2,
	XVCPU_POLICY_IGNORE	= 3,
};

/**
 * struct xvcpu_policy_range - what becomes of accesses to some ports, MSRs or CPUID leaves
 * @kind:     &enum xvcpu_policy_kind
 * @first:    first number
 * @last:     last number, not below @first
 * @read:     &enum xvcpu_policy_action of IN, INS, RDMSR; for CPUID %XVCPU_POLICY_EXIT
 * @write:    &enum xvcpu_policy_action of OUT, OUTS, WRMSR; for CPUID %XVCPU_POLICY_DEFAULT
 * @reserved: 0
 *
 * Ports: without a range every access exits. An access of several ports is decided by all of them:
 * #GP if one of them says so, else an exit if one exits, else it is ignored. The guest's own
 * permissions (IOPL, the TSS' bitmap) come first.
 *
 * MSRs: a range comes before what the module does by itself, also for MSRs that it switches or
 * emulates. Of those %XVCPU_EXIT_MSR_READ tells the value that the guest would get; a
 * %XVCPU_EXIT_MSR_WRITE that is answered DONE changes nothing: XVCPU_SET_STATE of MSRS or a dirty
 * CREGS does. MSRs that the processor switches by itself never exit, and a range with another
 * action than DEFAULT must not cover them (%XVCPU_ERR_PASSED): IA32_FS_BASE, IA32_GS_BASE,
 * IA32_KERNEL_GS_BASE, IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP.
 *
 * Whatever it says, no range gives the guest a port or an MSR of the host.
 */
struct xvcpu_policy_range {
	__u32 kind;
	__u32 first;
	__u32 last;
	__u8 read;
	__u8 write;
	__u16 reserved;
};

/* XVCPU_POLICY_RANGES: the most entries of a policy */
#define XVCPU_POLICY_RANGES	256

/* XVCPU_HYPERCALL_EXIT: VMCALL exits, where its CPL allows */
#define XVCPU_HYPERCALL_EXIT	0
/* XVCPU_HYPERCALL_UD: VMCALL raises #UD at every CPL */
#define XVCPU_HYPERCALL_UD	1

/**
 * struct xvcpu_policy - XVCPU_SET_POLICY: replace what becomes of a VM's port, MSR, CPUID accesses
 *                       and hypercalls
 * @size:          sizeof(struct xvcpu_policy)
 * @flags:         0
 * @nr:            entries, 0 to %XVCPU_POLICY_RANGES
 * @entry_size:    sizeof(struct xvcpu_policy_range)
 * @ranges:        user pointer to an array of &struct xvcpu_policy_range, in ascending order of
 *                 kind and then of numbers, without overlap
 * @hypercall:     XVCPU_HYPERCALL_*
 * @hypercall_cpl: VMCALL at a CPL above this raises #UD: 0 to 3
 * @exit_port:     an OUT of @exit_size bytes to this port, 0 to 0xffff ...
 * @exit_size:     1, 2 or 4; 0: there is no such port, and the other two are 0
 * @exit_value:    ... that writes this value gives %XVCPU_EXIT_SYSTEM_DOWN, whatever the ranges
 *                 say. Fits in @exit_size bytes. OUTS never gives it
 * @reserved:      0
 * @error:         why the call failed; @error.index is the entry
 *
 * The whole policy takes effect or nothing of it. A new VM has one of all zeros: every port exits,
 * MSRs are as XVCPU_CREATE_VM says, VMCALL exits at CPL 0, CPUID never exits. May be called while
 * vCPUs run: each exit is judged by one policy as a whole, those that begin after the call has
 * returned by the new one. An exit that waits stays what it is.
 *
 * -EINVAL: order, overlap, a number or an action out of range. -EFAULT: @ranges. -ENOMEM. -EINTR: a
 * fatal signal.
 */
struct xvcpu_policy {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 entry_size;
	__aligned_u64 ranges;
	__u32 hypercall;
	__u32 hypercall_cpl;
	__u32 exit_port;
	__u32 exit_size;
	__u32 exit_value;
	__u32 reserved;
	struct xvcpu_error error;
};

/* ----------------------------------------------------------------------------- vCPU fd: state */

/**
 * enum xvcpu_group - groups of vCPU state; masks are made with XVCPU_GROUP_BIT()
 * @XVCPU_GROUP_REGS:    &struct xvcpu_regs
 * @XVCPU_GROUP_SREGS:   &struct xvcpu_sregs
 * @XVCPU_GROUP_CREGS:   &struct xvcpu_cregs
 * @XVCPU_GROUP_MSRS:    &struct xvcpu_msrs
 * @XVCPU_GROUP_CPUID:   &struct xvcpu_cpuid_table
 * @XVCPU_GROUP_DEBUG:   &struct xvcpu_debug_regs
 * @XVCPU_GROUP_PENDING: &struct xvcpu_pending, read only
 * @XVCPU_GROUP_EVENTS:  &struct xvcpu_events
 * @XVCPU_GROUP_XSAVE:   FPU and extended state, in the form that XSAVE writes (SDM "XSAVE Area",
 *                       standard form), or FXSAVE where the processor has no XSAVE. GET tells the
 *                       size, SET wants at least that. SET: a component that XSTATE_BV does not
 *                       name gets its initial state; one that the CPUID table does not announce is
 *                       refused, as are XCOMP_BV, reserved bytes of the header, and reserved bits
 *                       of MXCSR
 * @XVCPU_GROUP_TSC:     &struct xvcpu_tsc
 */
enum xvcpu_group {
	XVCPU_GROUP_REGS	= 0,
	XVCPU_GROUP_SREGS	= 1,
	XVCPU_GROUP_CREGS	= 2,
	XVCPU_GROUP_MSRS	= 3,
	XVCPU_GROUP_CPUID	= 4,
	XVCPU_GROUP_DEBUG	= 5,
	XVCPU_GROUP_PENDING	= 6,
	XVCPU_GROUP_EVENTS	= 7,
	XVCPU_GROUP_XSAVE	= 8,
	XVCPU_GROUP_TSC		= 9,
};

/* XVCPU_GROUP_BIT: the mask bit of a group, for &xvcpu_state.mask, @sync, @dirty and @valid */
#define XVCPU_GROUP_BIT(group)	(1ULL << (group))

/* XVCPU_GROUP_SLOTS: size of &xvcpu_state.groups */
#define XVCPU_GROUP_SLOTS	16

/**
 * struct xvcpu_regs - general registers, in the order of their encoding (SDM "ModR/M")
 * @rax: to @r15: 64 bits each; rsp is in its place by encoding
 * @rcx: .
 * @rdx: .
 * @rbx: .
 * @rsp: .
 * @rbp: .
 * @rsi: .
 * @rdi: .
 * @r8:  .
 * @r9:  .
 * @r10: .
 * @r11: .
 * @r12: .
 * @r13: .
 * @r14: .
 * @r15: .
 * @rip:    instruction pointer; at an exit that needs an answer: of the exiting instruction
 * @rflags: bit 1 must be set, reserved bits clear
 * @reserved: 0
 */
struct xvcpu_regs {
	__aligned_u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	__aligned_u64 r8, r9, r10, r11, r12, r13, r14, r15;
	__aligned_u64 rip, rflags;
	__aligned_u64 reserved[6];
};

/**
 * struct xvcpu_segment - a segment register with its hidden part
 * @base:     base address
 * @limit:    limit in bytes, as the hidden part holds it (already scaled by G)
 * @selector: the visible part
 * @ar:       access rights in VMCS form: type[3:0] S[4] DPL[6:5] P[7] AVL[12] L[13] D/B[14] G[15];
 *            the unusable bit is not here but in @unusable
 * @unusable: 1: a null selector was loaded
 * @reserved: 0
 */
struct xvcpu_segment {
	__aligned_u64 base;
	__u32 limit;
	__u16 selector;
	__u16 ar;
	__u32 unusable;
	__u32 reserved;
};

/**
 * struct xvcpu_table - GDTR or IDTR
 * @base:     linear address, canonical
 * @limit:    bytes - 1, at most 0xffff
 * @reserved: 0
 */
struct xvcpu_table {
	__aligned_u64 base;
	__u32 limit;
	__u32 reserved;
};

/**
 * struct xvcpu_sregs - segment and descriptor-table registers
 * @es:   in the order of their encoding in VMCS fields
 * @cs:   .
 * @ss:   .
 * @ds:   .
 * @fs:   .
 * @gs:   .
 * @ldtr: .
 * @tr:   .
 * @gdtr: global descriptor table
 * @idtr: interrupt descriptor table
 * @reserved: 0
 */
struct xvcpu_sregs {
	struct xvcpu_segment es, cs, ss, ds, fs, gs, ldtr, tr;
	struct xvcpu_table gdtr, idtr;
	__aligned_u64 reserved[4];
};

/*
 * XVCPU_CREGS_LOAD_PDPTE: ignore @pdpte; the next XVCPU_RUN reads them from memory at @cr3 if PAE
 * paging is on, as MOV to CR3 would
 */
#define XVCPU_CREGS_LOAD_PDPTE	(1u << 0)

/**
 * struct xvcpu_cregs - control registers and what goes with them
 * @cr0:       as the guest reads it
 * @cr2:       page-fault linear address
 * @cr3:       page-table base; bits above the guest-physical width are refused
 * @cr4:       as the guest reads it; VMXE and bits that CPUID does not announce are refused
 * @cr8:       task priority, 0 to 15
 * @efer:      SCE, LME, LMA, NXE; LMA must equal LME && CR0.PG when the vCPU is run
 * @apic_base: IA32_APIC_BASE
 * @xcr0:      extended control register 0; bit 0 set
 * @xss:       IA32_XSS; 0 in this version
 * @pdpte:     PAE page-directory pointers, meaningful when PAE paging is on without long mode
 * @flags:     XVCPU_CREGS_*; GET gives %XVCPU_CREGS_LOAD_PDPTE back until a XVCPU_RUN has read them
 * @reserved:  0
 */
struct xvcpu_cregs {
	__aligned_u64 cr0, cr2, cr3, cr4, cr8;
	__aligned_u64 efer, apic_base, xcr0, xss;
	__aligned_u64 pdpte[4];
	__aligned_u64 flags;
	__aligned_u64 reserved[2];
};

/**
 * struct xvcpu_msr - one MSR and its value
 * @index:    MSR number
 * @reserved: 0
 * @value:    64 bits
 */
struct xvcpu_msr {
	__u32 index;
	__u32 reserved;
	__aligned_u64 value;
};

/**
 * struct xvcpu_msrs - head of the MSRS group; @nr entries of &struct xvcpu_msr follow
 * @nr:         entries; GET fills all of XVCPU_GET_MSR_LIST, SET may give fewer
 * @entry_size: sizeof(struct xvcpu_msr)
 *
 * MSRs that live in other groups (EFER, IA32_APIC_BASE, IA32_XSS) are not in the list. Setting an
 * MSR outside the list is -EINVAL with %XVCPU_ERR_MISSING.
 */
struct xvcpu_msrs {
	__u32 nr;
	__u32 entry_size;
};

/**
 * struct xvcpu_cpuid_table - head of the CPUID group; @nr &struct xvcpu_cpuid_entry follow
 * @nr:         entries, at most &xvcpu_info.max_cpuid
 * @entry_size: sizeof(struct xvcpu_cpuid_entry)
 *
 * A SET replaces the whole table. Features that the module does not support, and the same leaf and
 * subleaf twice, are refused.
 */
struct xvcpu_cpuid_table {
	__u32 nr;
	__u32 entry_size;
};

/**
 * struct xvcpu_debug_regs - debug registers
 * @db:  DR0 to DR3
 * @dr6: status; SET forces the fixed bits
 * @dr7: control; bits 63:32 clear
 */
struct xvcpu_debug_regs {
	__aligned_u64 db[4];
	__aligned_u64 dr6, dr7;
};

/**
 * struct xvcpu_pending - whether the last exit still waits for the VMM's answer
 * @reason:   &enum xvcpu_exit_reason that waits, or %XVCPU_EXIT_NONE
 * @reserved: 0
 */
struct xvcpu_pending {
	__u32 reason;
	__u32 reserved[15];
};

/* XVCPU_EVENTS_NMI: an NMI is latched: it is delivered when nothing blocks it */
#define XVCPU_EVENTS_NMI	(1u << 0)
/* XVCPU_EVENTS_INTERRUPT: the interrupt slot holds &xvcpu_events.vector */
#define XVCPU_EVENTS_INTERRUPT	(1u << 1)
/* XVCPU_EVENTS_SHUTDOWN: a triple fault stopped the guest: %XVCPU_EXIT_SHUTDOWN */
#define XVCPU_EVENTS_SHUTDOWN	(1u << 2)

/**
 * struct xvcpu_events - events on their way to the guest, and what holds them back
 * @info:             what the next entry delivers, in VM-entry interruption-information form (SDM
 *                    "VM-Entry Controls for Event Injection"); 0: nothing
 * @error:            error code, where @info says that there is one; bits 31:16 clear
 * @insn_len:         instruction length of a software event, 0 to 15
 * @interruptibility: blocking by STI (bit 0), MOV SS (bit 1) and NMI (bit 3); not both of the first
 * @pending_debug:    debug exceptions that are not delivered yet (SDM "Guest Non-Register State"):
 *                    bits 3:0, 12 and 14
 * @flags:            XVCPU_EVENTS_*
 * @vector:           with %XVCPU_EVENTS_INTERRUPT: 0 to 255; else 0
 * @reserved:         0
 *
 * Set together with the registers that they belong to: SET of REGS alone drops @info, and ends
 * blocking by STI and MOV SS where RIP changes. Rules between this group and others, like IF with
 * blocking by STI, are checked when the vCPU is run.
 */
struct xvcpu_events {
	__u32 info;
	__u32 error;
	__u32 insn_len;
	__u32 interruptibility;
	__aligned_u64 pending_debug;
	__u32 flags;
	__u32 vector;
	__aligned_u64 reserved[4];
};

/**
 * struct xvcpu_tsc - the guest's time-stamp counter, and what it is to the host's
 * @guest:       what the guest reads when the host's is @host
 * @host:        the host's, at GET
 * @boottime_ns: CLOCK_BOOTTIME then, in ns; SET does not look at it
 * @offset:      @guest - @host
 * @multiplier:  0: the guest's counts as fast as the host's
 * @khz:         frequency of both
 * @reserved:    0
 *
 * SET of what GET gave changes nothing, whenever that is. To move a guest to another time: add what
 * has passed to @guest and @offset. -EINVAL: @offset is not @guest - @host, or @khz is not 0 and
 * not the host's.
 */
struct xvcpu_tsc {
	__aligned_u64 guest;
	__aligned_u64 host;
	__aligned_u64 boottime_ns;
	__aligned_u64 offset;
	__aligned_u64 multiplier;
	__u32 khz;
	__u32 reserved;
	__aligned_u64 reserved1[2];
};

/**
 * struct xvcpu_state_group - where a group stands in the buffer
 * @offset: from the start of the buffer, 8-byte aligned
 * @size:   bytes
 */
struct xvcpu_state_group {
	__u32 offset;
	__u32 size;
};

/* XVCPU_GET_QUIESCED: GET: fail with -EBUSY if an exit waits for its answer */
#define XVCPU_GET_QUIESCED	(1u << 0)
/*
 * XVCPU_GET_SYNC: GET: if the vCPU is in XVCPU_RUN, take it out of the guest, read, and let it go
 * on: its thread does not return. The caller sleeps until the vCPU can be stopped, which may be
 * until a page of the guest's memory has come; a fatal signal ends that (-EINTR)
 */
#define XVCPU_GET_SYNC		(1u << 1)

/**
 * struct xvcpu_state - XVCPU_GET_STATE, XVCPU_SET_STATE: several groups of a vCPU's state at once
 * @size:     sizeof(struct xvcpu_state)
 * @flags:    %XVCPU_GET_QUIESCED (GET only)
 * @mask:     bit n: group n is wanted (GET) or given (SET)
 * @buffer:   user pointer to the groups
 * @length:   bytes at @buffer; GET sets it to the bytes used
 * @reserved: 0
 * @error:    why the call failed; @error.index is the group
 * @groups:   by &enum xvcpu_group. GET: out, place of each chosen group; SET: in. What GET filled
 *            can be given to SET
 *
 * The order in which groups are applied is the kernel's: a caller cannot get it wrong. SET checks
 * every group against itself, then applies all of them; rules between groups (SDM "Checks on the
 * Guest State Area") are checked when the vCPU is run, so that any state can be reached step by
 * step.
 *
 * Groups grow at their end: GET writes the kernel's size. SET takes any size from the first
 * published one on: members behind a shorter group keep their value, a non-zero unknown tail is
 * refused. In MSRS and CPUID what stands behind the last entry is not looked at.
 *
 * SET clears the bits of the groups that it changed from &xvcpu_run_sync.valid. Neither call sees
 * what the VMM wrote to the sync section and marked in @dirty: the next XVCPU_RUN loads that over
 * whatever SET stored. While an exit waits, SET of REGS, SREGS or CREGS is refused (they go
 * through the sync section), and so is EVENTS; other groups can be set.
 *
 * -EBUSY: the vCPU is in XVCPU_RUN (%XVCPU_ERR_RUNNING), or an exit waits for its answer
 * (%XVCPU_ERR_WAITING). -ENOSPC: @length is too small; @error.expected is what is needed.
 * -EINVAL: a group is unknown, has a wrong size, lies outside the buffer or overlaps another, or
 * a value is refused. -ENOMEM. -ENOTRECOVERABLE: see XVCPU_RUN.
 */
struct xvcpu_state {
	__u32 size;
	__u32 flags;
	__aligned_u64 mask;
	__aligned_u64 buffer;
	__u32 length;
	__u32 reserved;
	struct xvcpu_error error;
	struct xvcpu_state_group groups[XVCPU_GROUP_SLOTS];
};

/**
 * struct xvcpu_reset - XVCPU_RESET: put the vCPU into the state after power-up
 * @size:     sizeof(struct xvcpu_reset)
 * @flags:    0
 * @error:    why the call failed
 *
 * Everything is reset but the CPUID table, the intercepts, the ids, the VM's TSC, the affinity
 * hint, the statistics and a pending kick. A waiting exit is dropped and &xvcpu_run_sync.valid
 * becomes 0. -EBUSY: the vCPU is in XVCPU_RUN.
 */
struct xvcpu_reset {
	__u32 size;
	__u32 flags;
	struct xvcpu_error error;
};

/**
 * enum xvcpu_life_state - where a vCPU is in its life
 * @XVCPU_LIFE_CREATED: made or reset, and not run since
 * @XVCPU_LIFE_FREE:    not in XVCPU_RUN; loaded on no CPU
 * @XVCPU_LIFE_READY:   not in XVCPU_RUN; its state is loaded on &xvcpu_life.cpu
 * @XVCPU_LIFE_RUNNING: a thread is in XVCPU_RUN
 * @XVCPU_LIFE_BLOCKED: waits for an event in XVCPU_RUN; not in this version: HLT is an exit
 * @XVCPU_LIFE_INVALID: VMX was turned off under it, and what the processor held of its state is
 *                      lost: calls that need it give -ENODEV, until XVCPU_RESET, which does once
 *                      VMX is on again
 */
enum xvcpu_life_state {
	XVCPU_LIFE_CREATED	= 0,
	XVCPU_LIFE_FREE		= 1,
	XVCPU_LIFE_READY	= 2,
	XVCPU_LIFE_RUNNING	= 3,
	XVCPU_LIFE_BLOCKED	= 4,
	XVCPU_LIFE_INVALID	= 5,
};

/* XVCPU_AFFINITY_CPUS: CPUs that a set can name */
#define XVCPU_AFFINITY_CPUS	1024
/* XVCPU_AFFINITY_ANY: no CPU is preferred */
#define XVCPU_AFFINITY_ANY	(-1)

/**
 * struct xvcpu_life - XVCPU_GET_LIFE: where the vCPU is, and where it would like to be
 * @size:      sizeof(struct xvcpu_life)
 * @flags:     0
 * @state:     out: &enum xvcpu_life_state
 * @cpu:       out: host CPU on which its state is loaded, -1: none
 * @id:        out: as it was created
 * @apic_id:   out: likewise
 * @preferred: out: as XVCPU_SET_AFFINITY set it, at first %XVCPU_AFFINITY_ANY
 * @reserved:  0
 * @set:       out: likewise, at first 0
 * @error:     why the call failed
 *
 * Never waits for the guest. -EINTR: a fatal signal.
 */
struct xvcpu_life {
	__u32 size;
	__u32 flags;
	__u32 state;
	__s32 cpu;
	__u32 id;
	__u32 apic_id;
	__s32 preferred;
	__u32 reserved;
	__aligned_u64 set[XVCPU_AFFINITY_CPUS / 64];
	struct xvcpu_error error;
};

/**
 * struct xvcpu_affinity - XVCPU_SET_AFFINITY: a hint where the vCPU should run
 * @size:      sizeof(struct xvcpu_affinity)
 * @flags:     0
 * @preferred: a host CPU that is in @set, or %XVCPU_AFFINITY_ANY
 * @reserved:  0
 * @set:       host CPUs, bit n of word m is CPU 64 * m + n; all 0: any
 * @error:     why the call failed
 *
 * For whoever starts or moves the thread that calls XVCPU_RUN (sched_setaffinity()): the module
 * keeps and reports the hint, and follows the thread wherever it goes. -EINVAL: a CPU that this
 * machine cannot have, or @preferred is not in @set. -EINTR: a fatal signal.
 */
struct xvcpu_affinity {
	__u32 size;
	__u32 flags;
	__s32 preferred;
	__u32 reserved;
	__aligned_u64 set[XVCPU_AFFINITY_CPUS / 64];
	struct xvcpu_error error;
};

/* -------------------------------------------------------------------- vCPU fd: guest addresses */

/**
 * enum xvcpu_translation - how the translation of a guest-linear address ended
 * @XVCPU_TRANSLATION_OK:           to a guest-physical address, and the access is allowed
 * @XVCPU_TRANSLATION_PAGE_FAULT:   the guest would get a #PF
 * @XVCPU_TRANSLATION_NONCANONICAL: the address is not canonical: #GP or #SS
 * @XVCPU_TRANSLATION_NO_TABLE:     a page table is in no slot, or its page cannot be had
 * @XVCPU_TRANSLATION_NO_MEMORY:    XVCPU_ACCESS: the guest-physical address is in no slot, or its
 *                                  page cannot be had
 * @XVCPU_TRANSLATION_READONLY:     XVCPU_ACCESS: a write to a read-only slot
 */
enum xvcpu_translation {
	XVCPU_TRANSLATION_OK		= 0,
	XVCPU_TRANSLATION_PAGE_FAULT	= 1,
	XVCPU_TRANSLATION_NONCANONICAL	= 2,
	XVCPU_TRANSLATION_NO_TABLE	= 3,
	XVCPU_TRANSLATION_NO_MEMORY	= 4,
	XVCPU_TRANSLATION_READONLY	= 5,
};

/* XVCPU_AS_SUPERVISOR: at CPL 0, whatever the guest's CPL is, and regardless of SMAP */
#define XVCPU_AS_SUPERVISOR	(1u << 0)
/* XVCPU_ACCESS_TO_GUEST: XVCPU_ACCESS writes to the guest; else it reads */
#define XVCPU_ACCESS_TO_GUEST	(1u << 1)
/* XVCPU_ACCESS_LINEAR: XVCPU_ACCESS: @address is guest-linear; else guest-physical */
#define XVCPU_ACCESS_LINEAR	(1u << 2)

/**
 * struct xvcpu_translate - XVCPU_TRANSLATE: walk the guest's page tables as the processor would
 * @size:       sizeof(struct xvcpu_translate)
 * @flags:      0 or %XVCPU_AS_SUPERVISOR
 * @access:     XVCPU_ACCESS_READ, XVCPU_ACCESS_WRITE or both, or XVCPU_ACCESS_EXEC
 * @outcome:    out: &enum xvcpu_translation
 * @gva:        guest-linear address; outside long mode bits 63:32 are ignored
 * @gpa:        out: OK: where it leads to; NO_TABLE: the table's entry
 * @page_size:  out: OK: bytes of the page, 4 KiB to 1 GiB; 4 KiB without paging
 * @rights:     out: OK: all XVCPU_ACCESS_READ, _WRITE and _EXEC that the vCPU has there
 * @error_code: out: PAGE_FAULT: as the guest would see it
 * @error:      why the call failed
 *
 * With the vCPU's registers as they are, in every mode: WP, NX, SMEP, SMAP, protection keys.
 * Sets no accessed or dirty flag. A vCPU in XVCPU_RUN is stopped for it, as by %XVCPU_GET_SYNC.
 * -EIO: not the address space that created the VM. -EINTR: a fatal signal. -ENODEV: VMX is off.
 */
struct xvcpu_translate {
	__u32 size;
	__u32 flags;
	__u32 access;
	__u32 outcome;
	__aligned_u64 gva;
	__aligned_u64 gpa;
	__aligned_u64 page_size;
	__u32 rights;
	__u32 error_code;
	struct xvcpu_error error;
};

/**
 * struct xvcpu_access - XVCPU_ACCESS: read or write guest memory
 * @size:       sizeof(struct xvcpu_access)
 * @flags:      %XVCPU_ACCESS_LINEAR, %XVCPU_ACCESS_TO_GUEST, %XVCPU_AS_SUPERVISOR (with LINEAR)
 * @address:    first byte
 * @buffer:     user pointer
 * @length:     bytes, 1 to 65536
 * @done:       out: bytes that were copied
 * @outcome:    out: &enum xvcpu_translation: why @done is less than @length; else OK
 * @error_code: out: PAGE_FAULT: as the guest would see it
 * @error:      why the call failed
 *
 * Page by page, in the order of addresses: a call that ends early has copied what is before the
 * page that stopped it, and says 0. As for XVCPU_TRANSLATE otherwise. Writes go to the memory
 * behind the slots, and never to a read-only one; those by XVCPU_ACCESS_LINEAR obey the guest's
 * rights.
 */
struct xvcpu_access {
	__u32 size;
	__u32 flags;
	__aligned_u64 address;
	__aligned_u64 buffer;
	__u32 length;
	__u32 done;
	__u32 outcome;
	__u32 error_code;
	struct xvcpu_error error;
};

/* --------------------------------------------------------------------------- vCPU fd: events */

/**
 * struct xvcpu_interrupt - XVCPU_INTERRUPT: an external interrupt, for a VMM with a PIC of its own
 * @size:   sizeof(struct xvcpu_interrupt)
 * @flags:  0
 * @vector: 0 to 255
 * @reserved: 0
 * @error:  why the call failed
 *
 * For VMs without an in-kernel local APIC. There is one slot, and it is filled only while the guest
 * can take an interrupt, so that a VMM need not acknowledge its PIC too early: that is so when the
 * last exit had %XVCPU_EXIT_FLAG_READY. What is in the slot is delivered once, at the next entry
 * or, if something of higher priority comes first, at the first moment after that. From any thread
 * or process; a vCPU in XVCPU_RUN is stopped, asked, and goes on, without an exit (the caller waits
 * as for %XVCPU_GET_SYNC).
 * -EAGAIN: the guest cannot take it now (%XVCPU_ERR_BLOCKED), or an event is to be delivered
 * already (%XVCPU_ERR_PENDING). -EINTR: a fatal signal. -ENODEV: VMX is off.
 */
struct xvcpu_interrupt {
	__u32 size;
	__u32 flags;
	__u32 vector;
	__u32 reserved;
	struct xvcpu_error error;
};

/**
 * struct xvcpu_nmi - XVCPU_NMI: a non-maskable interrupt
 * @size:  sizeof(struct xvcpu_nmi)
 * @flags: 0
 * @error: why the call failed
 *
 * One NMI is latched, as on hardware: a second one before the first was delivered is the same. From
 * any thread or process; a vCPU in XVCPU_RUN takes it without an exit. -EOPNOTSUPP: the processor
 * lacks %XVCPU_FEATURE_VNMI.
 */
struct xvcpu_nmi {
	__u32 size;
	__u32 flags;
	struct xvcpu_error error;
};

/**
 * enum xvcpu_exception_type - what raised an exception
 * @XVCPU_EXCEPTION_FAULT: the processor: vectors 0 to 31, not 2; RIP is as it is
 * @XVCPU_EXCEPTION_INT3:  INT3 or INTO: vectors 3 and 4; the RIP that is saved is @insn_len on
 * @XVCPU_EXCEPTION_INT1:  INT1: vector 1; likewise
 * @XVCPU_EXCEPTION_INTN:  INT n: vectors 0 to 255; likewise
 */
enum xvcpu_exception_type {
	XVCPU_EXCEPTION_FAULT	= 0,
	XVCPU_EXCEPTION_INT3	= 1,
	XVCPU_EXCEPTION_INT1	= 2,
	XVCPU_EXCEPTION_INTN	= 3,
};

/**
 * struct xvcpu_exception - XVCPU_EXCEPTION: an exception or software interrupt at the guest's RIP
 * @size:       sizeof(struct xvcpu_exception)
 * @flags:      0
 * @vector:     as @type says
 * @type:       &enum xvcpu_exception_type
 * @error_code: 0 to 0xffff, for the vectors that have one; not delivered in real mode
 * @insn_len:   1 to 15 for the software types, else 0
 * @payload:    vector 14: CR2; vector 1: bits to set in DR6
 * @error:      why the call failed
 *
 * Delivered by the next entry, before any interrupt or NMI. While an exit waits,
 * %XVCPU_ANSWER_EXCEPTION is the way. -EBUSY: the vCPU is in XVCPU_RUN, or an exit waits. -EAGAIN:
 * an event is to be delivered already (%XVCPU_ERR_PENDING). -ENODEV: VMX is off.
 */
struct xvcpu_exception {
	__u32 size;
	__u32 flags;
	__u32 vector;
	__u32 type;
	__u32 error_code;
	__u32 insn_len;
	__aligned_u64 payload;
	struct xvcpu_error error;
};

/* ------------------------------------------------------------------------ vCPU fd: intercepts */

/**
 * enum xvcpu_instruction - instructions that exit if the VMM wants to see them
 * @XVCPU_INSTRUCTION_INVLPG:  INVLPG, and INVPCID with it
 * @XVCPU_INSTRUCTION_RDPMC:   else #GP(0): guests have no performance counters
 * @XVCPU_INSTRUCTION_RDTSC:   RDTSC, and RDTSCP with it
 * @XVCPU_INSTRUCTION_RDRAND:  .
 * @XVCPU_INSTRUCTION_RDSEED:  .
 * @XVCPU_INSTRUCTION_WBINVD:  WBINVD and WBNOINVD; else they do nothing
 * @XVCPU_INSTRUCTION_MONITOR: else #UD
 * @XVCPU_INSTRUCTION_MWAIT:   else #UD
 * @XVCPU_INSTRUCTION_PAUSE:   .
 * @XVCPU_INSTRUCTION_MOV_DR:  MOV to and from debug registers; else the module does it
 * @XVCPU_INSTRUCTION_INVPCID: only in &xvcpu_exit_instruction.which
 * @XVCPU_INSTRUCTION_RDTSCP:  only in &xvcpu_exit_instruction.which
 *
 * HLT and VMCALL always exit; ports, MSRs and CPUID are for XVCPU_SET_POLICY.
 */
enum xvcpu_instruction {
	XVCPU_INSTRUCTION_INVLPG	= 0,
	XVCPU_INSTRUCTION_RDPMC		= 1,
	XVCPU_INSTRUCTION_RDTSC		= 2,
	XVCPU_INSTRUCTION_RDRAND	= 3,
	XVCPU_INSTRUCTION_RDSEED	= 4,
	XVCPU_INSTRUCTION_WBINVD	= 5,
	XVCPU_INSTRUCTION_MONITOR	= 6,
	XVCPU_INSTRUCTION_MWAIT		= 7,
	XVCPU_INSTRUCTION_PAUSE		= 8,
	XVCPU_INSTRUCTION_MOV_DR	= 9,
	XVCPU_INSTRUCTION_INVPCID	= 10,
	XVCPU_INSTRUCTION_RDTSCP	= 11,
};

/* XVCPU_INTERCEPT: the mask bit of an instruction, for &xvcpu_intercepts.instructions */
#define XVCPU_INTERCEPT(instruction)	(1u << (instruction))

/**
 * struct xvcpu_intercepts - XVCPU_SET_INTERCEPTS: instructions and exceptions that exit
 * @size:         sizeof(struct xvcpu_intercepts)
 * @flags:        0
 * @instructions: mask of XVCPU_INTERCEPT(): these give %XVCPU_EXIT_INSTRUCTION
 * @exceptions:   bit n: vector n gives %XVCPU_EXIT_EXCEPTION; not 2 (NMI) and 18 (#MC), which are
 *                the host's
 * @error:        why the call failed
 *
 * Replaces both masks, which are 0 in a new vCPU and which RESET keeps. From any thread or process;
 * a vCPU in XVCPU_RUN is stopped for it, as by %XVCPU_GET_SYNC, and its next instruction is under
 * the new masks. An exit that waits stays what it is.
 * -EOPNOTSUPP: the processor cannot intercept one of @instructions (%XVCPU_ERR_INTERCEPT). -EINTR:
 * a fatal signal. -ENODEV: VMX is off.
 */
struct xvcpu_intercepts {
	__u32 size;
	__u32 flags;
	__u32 instructions;
	__u32 exceptions;
	struct xvcpu_error error;
};

/* -------------------------------------------------------------------------- vCPU fd: running */

/**
 * enum xvcpu_exit_reason - why XVCPU_RUN returned
 *
 * Those marked (waits) wait for the VMM: the guest's RIP is still at the instruction, and the
 * next XVCPU_RUN completes it as &xvcpu_run_request.answer says. Those marked (retries) execute
 * the instruction again unless the answer is SKIPPED or EXCEPTION; the VMM may also just change
 * the state with XVCPU_SET_STATE, which drops the answer.
 *
 * @XVCPU_EXIT_NONE:         no exit yet
 * @XVCPU_EXIT_HYPERCALL:    VMCALL, at the CPLs that XVCPU_SET_POLICY allows (waits);
 *                           &xvcpu_run_exit.hypercall
 * @XVCPU_EXIT_IO:           IN, OUT, INS or OUTS (waits); &xvcpu_run_exit.io
 * @XVCPU_EXIT_MMIO:         data access outside every slot, or write to a read-only slot (waits);
 *                           &xvcpu_run_exit.mmio
 * @XVCPU_EXIT_MSR_READ:     RDMSR (waits); &xvcpu_run_exit.msr
 * @XVCPU_EXIT_MSR_WRITE:    WRMSR (waits); &xvcpu_run_exit.msr
 * @XVCPU_EXIT_MEMORY_FAULT: fetch, page walk or operand of INS or OUTS outside every slot, or the
 *                           memory behind a slot cannot be had (retries); &xvcpu_run_exit.memory
 * @XVCPU_EXIT_EVENT_FAULT:  such a fault, or MMIO, while an event was being delivered (retries: the
 *                           event is delivered again; SKIPPED and EXCEPTION drop it);
 *                           &xvcpu_run_exit.memory with its event members
 * @XVCPU_EXIT_HLT:          HLT; RIP is behind it, blocking by STI is over
 * @XVCPU_EXIT_SHUTDOWN:     triple fault; XVCPU_RUN gives it again, without entering the guest,
 *                           until XVCPU_RESET, a XVCPU_SET_STATE of REGS or a dirty REGS
 * @XVCPU_EXIT_SYSTEM_DOWN:  the guest wrote the value of &xvcpu_policy.exit_value to
 *                           &xvcpu_policy.exit_port; RIP is behind the OUT
 * @XVCPU_EXIT_SIGNAL:       XVCPU_RUN returned -EINTR: a signal or immediate_exit; the kernel may
 *                           have made the signal up, for its own work on the way to userspace
 * @XVCPU_EXIT_KICK:         XVCPU_KICK
 * @XVCPU_EXIT_FAIL_ENTRY:   the processor refused to enter the guest; an event that was to be
 *                           injected is kept; &xvcpu_run_exit.fail_entry
 * @XVCPU_EXIT_INTERNAL:     the module met something that cannot be: this VM is dead;
 *                           &xvcpu_run_exit.hardware
 * @XVCPU_EXIT_UNKNOWN:      a VM exit that the module has no handler for, or a task switch, which
 *                           it does not emulate (retries); &xvcpu_run_exit.hardware
 *
 * @XVCPU_EXIT_WINDOW:       the guest can take an interrupt now, with
 *                           %XVCPU_RUN_INTERRUPT_WINDOW
 * @XVCPU_EXIT_BUDGET:       the guest has had the time that %XVCPU_RUN_BUDGET gave it
 * @XVCPU_EXIT_EXCEPTION:    an exception of &xvcpu_intercepts.exceptions (retries: what raised it
 *                           is executed, or an interrupted event delivered, again; EXCEPTION gives
 *                           it, or another, to the guest); &xvcpu_run_exit.exception
 * @XVCPU_EXIT_INSTRUCTION:  an instruction of &xvcpu_intercepts.instructions (waits);
 *                           &xvcpu_run_exit.instruction
 * @XVCPU_EXIT_CPUID:        CPUID of a leaf that the policy names (waits); &xvcpu_run_exit.cpuid
 *
 * Numbers 10-19 are kept for exits of a VMM-owned APIC and for power, 26-39 for debug, intercepted
 *  exceptions and instructions.
 */
enum xvcpu_exit_reason {
	XVCPU_EXIT_NONE			= 0,
	XVCPU_EXIT_HYPERCALL		= 1,
	XVCPU_EXIT_IO			= 2,
	XVCPU_EXIT_MMIO			= 3,
	XVCPU_EXIT_MSR_READ		= 4,
	XVCPU_EXIT_MSR_WRITE		= 5,
	XVCPU_EXIT_MEMORY_FAULT		= 6,
	XVCPU_EXIT_EVENT_FAULT		= 7,
	XVCPU_EXIT_HLT			= 8,
	XVCPU_EXIT_SHUTDOWN		= 9,
	XVCPU_EXIT_SYSTEM_DOWN		= 10,
	XVCPU_EXIT_SIGNAL		= 20,
	XVCPU_EXIT_KICK			= 21,
	XVCPU_EXIT_WINDOW		= 24,
	XVCPU_EXIT_BUDGET		= 25,
	XVCPU_EXIT_EXCEPTION		= 27,
	XVCPU_EXIT_INSTRUCTION		= 28,
	XVCPU_EXIT_CPUID		= 29,
	XVCPU_EXIT_FAIL_ENTRY		= 40,
	XVCPU_EXIT_INTERNAL		= 41,
	XVCPU_EXIT_UNKNOWN		= 42,
};

/**
 * enum xvcpu_answer - how the next XVCPU_RUN completes an exit that waits
 * @XVCPU_ANSWER_DONE:      the data in the exit section is the result: it is written to its
 *                          destination, merged over a dirty register, and RIP becomes the end of
 *                          the exiting instruction whatever a dirty RIP says; for an exit that
 *                          retries the same as RETRY
 * @XVCPU_ANSWER_RETRY:     execute at RIP (a dirty one counts); nothing is written
 * @XVCPU_ANSWER_SKIPPED:   the VMM emulated the instruction itself and wrote RIP and the registers
 *                          through the sync section (-EINVAL without REGS in @dirty): the module
 *                          clears STI and MOV-SS blocking and honours TF
 * @XVCPU_ANSWER_EXCEPTION: raise @vector with @error_code at RIP (a dirty one counts)
 *
 * Read only when an exit waits or retries; reset to DONE (0) by the kernel when consumed, and with
 * @dirty.
 */
enum xvcpu_answer {
	XVCPU_ANSWER_DONE	= 0,
	XVCPU_ANSWER_RETRY	= 1,
	XVCPU_ANSWER_SKIPPED	= 2,
	XVCPU_ANSWER_EXCEPTION	= 3,
};

/* XVCPU_RUN_INTERRUPT_WINDOW: exit as soon as the guest can take an interrupt */
#define XVCPU_RUN_INTERRUPT_WINDOW	(1u << 0)
/* XVCPU_RUN_BUDGET: &xvcpu_run_request.budget counts, in nanoseconds */
#define XVCPU_RUN_BUDGET		(1u << 1)
/* XVCPU_RUN_BUDGET_TSC: likewise, in ticks of the host's TSC; not both */
#define XVCPU_RUN_BUDGET_TSC		(1u << 2)

/**
 * struct xvcpu_run_request - what the VMM asks of the next XVCPU_RUN; first section of the run area
 * @flags:          XVCPU_RUN_*; later members will count only with a flag of their own
 * @immediate_exit: non-zero: load and complete, but return -EINTR instead of entering; never
 *                  cleared by the kernel. 0 is returned all the same where completing gives the
 *                  next exit of the same instruction (&struct xvcpu_exit_mmio)
 * @answer:         &enum xvcpu_answer for the exit that waits
 * @vector:         %XVCPU_ANSWER_EXCEPTION: 0 to 31, not 2 (NMI)
 * @error_code:     %XVCPU_ANSWER_EXCEPTION: for the vectors that have one; not delivered in real
 *                  mode
 * @reserved0:      0
 * @payload:        %XVCPU_ANSWER_EXCEPTION: vector 14: CR2; vector 1: bits to set in DR6
 * @sync:           mask of groups (REGS, SREGS, CREGS) to write to the sync section at each exit
 * @dirty:          mask of groups that the VMM changed in the sync section and that the next
 *                  XVCPU_RUN loads before anything else; cleared by the kernel when loaded. A
 *                  group that is not in @valid may be dirty too
 * @budget:         with %XVCPU_RUN_BUDGET or %XVCPU_RUN_BUDGET_TSC: how long the guest may be in
 *                  non-root mode until XVCPU_RUN returns with %XVCPU_EXIT_BUDGET; 0: it is not
 *                  entered. &xvcpu_run_exit.budget_left is what each return leaves of it. Not
 *                  changed by the kernel: the next XVCPU_RUN has what stands here then
 * @reserved:       not read: later members will count only with a flag of their own in @flags
 *
 * A budget counts the guest's own time, from entry to exit with the cost of both: not that of the
 * host's work, of the VMM, or of other threads. It holds for any guest, also one that never exits
 * by itself, which has a few microseconds more, for the way out.
 *
 * Written by the VMM, read once by each XVCPU_RUN. Unknown bits are -EINVAL.
 */
struct xvcpu_run_request {
	__u32 flags;
	__u32 immediate_exit;
	__u32 answer;
	__u32 vector;
	__u32 error_code;
	__u32 reserved0;
	__aligned_u64 payload;
	__aligned_u64 sync;
	__aligned_u64 dirty;
	__aligned_u64 budget;
	__aligned_u64 reserved[25];
};

/* XVCPU_IO_OUT: the guest writes the port; else it reads it */
#define XVCPU_IO_OUT	(1u << 0)
/* XVCPU_IO_STRING: INS or OUTS: @count accesses, whose data is in the data section */
#define XVCPU_IO_STRING	(1u << 1)

/**
 * struct xvcpu_exit_io - IN, OUT, INS or OUTS
 * @port:        0 to 0xffff
 * @size:        1, 2 or 4 bytes
 * @flags:       XVCPU_IO_*; stop at a flag that you do not know
 * @count:       accesses to make, one after the other: 1, or with %XVCPU_IO_STRING and a REP prefix
 *               up to 4096 / @size
 * @data:        OUT: what the guest wrote, zero-extended; IN: 0, and the VMM's answer, @size
 *               bytes of it. With %XVCPU_IO_STRING 0
 * @data_offset: with %XVCPU_IO_STRING: where in the run area the data is: @count elements of @size
 *               bytes, in the order of the accesses whatever RFLAGS.DF is. Else 0
 * @reserved:    0
 *
 * A string instruction with REP exits as often as it takes; the guest's registers are exact at each
 * exit and it can take interrupts between them. DONE steps RSI or RDI and RCX by @count, and RIP
 * when RCX has become 0. Segment, alignment and paging are checked before the exit, and accessed
 * and dirty flags are set. The data of INS goes to the guest's memory with the XVCPU_RUN that
 * completes it; should that memory have gone, XVCPU_RUN fails with -EFAULT, -ENOMEM or -EHWPOISON
 * and %XVCPU_ERR_MEMORY, and the exit still waits. An operand in memory that is in no slot, or for
 * INS in a read-only one, is %XVCPU_EXIT_MEMORY_FAULT.
 */
struct xvcpu_exit_io {
	__u16 port;
	__u8 size;
	__u8 flags;
	__u32 count;
	__aligned_u64 data;
	__u32 data_offset;
	__u32 reserved;
};

/* XVCPU_MMIO_WRITE: the guest writes */
#define XVCPU_MMIO_WRITE	(1u << 0)
/* XVCPU_MMIO_DECODED: the module decoded the instruction: @size and @data hold */
#define XVCPU_MMIO_DECODED	(1u << 1)
/* XVCPU_MMIO_GLA: @gla is valid */
#define XVCPU_MMIO_GLA		(1u << 2)

/**
 * struct xvcpu_exit_mmio - a data access to guest-physical memory that is not there
 * @gpa:      first byte of the access
 * @gla:      guest-linear address, with %XVCPU_MMIO_GLA
 * @flags:    XVCPU_MMIO_*
 * @size:     bytes, 1 to 64; 0 when not decoded
 * @insn_bytes: bytes of @insn that are valid: the instruction and perhaps what follows it; 0 if
 *            they could not be read
 * @insn_len: length of the instruction; 0 when not decoded
 * @insn:     the instruction's bytes at RIP
 * @reserved: 0
 * @data:     write: what the guest wrote; read: 0, and the VMM's answer, @size bytes of it
 *
 * An instruction that reads and writes gives two exits: the XVCPU_RUN that completes the read, by
 * %XVCPU_ANSWER_DONE, returns 0 with the write, whatever kick, signal or immediate_exit is there.
 * Registers and flags change with the answer to the write; %XVCPU_ANSWER_RETRY executes all of it
 * again.
 *
 * Not decoded (@flags without %XVCPU_MMIO_DECODED): the VMM emulates the instruction from @insn
 * and answers %XVCPU_ANSWER_SKIPPED, or %XVCPU_ANSWER_RETRY or %XVCPU_ANSWER_EXCEPTION; DONE is
 * -EINVAL.
 */
struct xvcpu_exit_mmio {
	__aligned_u64 gpa;
	__aligned_u64 gla;
	__u32 flags;
	__u8 size;
	__u8 insn_bytes;
	__u8 insn_len;
	__u8 insn[15];
	__u8 reserved[2];
	__u8 data[64];
};

/**
 * struct xvcpu_exit_msr - RDMSR or WRMSR
 * @index:    ECX
 * @reserved: 0
 * @value:    WRMSR: EDX:EAX; RDMSR: the VMM's answer; at the exit 0, or what the module has for an
 *            MSR that it switches or emulates
 */
struct xvcpu_exit_msr {
	__u32 index;
	__u32 reserved;
	__aligned_u64 value;
};

/**
 * struct xvcpu_exit_hypercall - VMCALL
 * @nr:     RAX
 * @args:   RDI, RSI, RDX, RCX, R8, R9
 * @result: the VMM's answer, to RAX; 0 at the exit
 * @cpl:    the guest's CPL, at most &xvcpu_policy.hypercall_cpl
 * @reserved: 0
 *
 * At a higher CPL VMCALL raises #UD in the guest and never exits here. Outside 64-bit mode the
 * number and the arguments are 32 bits, those in R8 and R9 are 0, and the result goes to EAX.
 */
struct xvcpu_exit_hypercall {
	__aligned_u64 nr;
	__aligned_u64 args[6];
	__aligned_u64 result;
	__u32 cpl;
	__u32 reserved;
};

/**
 * struct xvcpu_exit_cpuid - CPUID of a leaf that the policy names
 * @leaf:    EAX
 * @subleaf: ECX
 * @eax:     what the module would have answered from the vCPU's table; what stands here when the
 *           exit is answered is what the guest gets
 * @ebx:     .
 * @ecx:     .
 * @edx:     .
 */
struct xvcpu_exit_cpuid {
	__u32 leaf;
	__u32 subleaf;
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
};

/* XVCPU_INSTRUCTION_WRITE: MOV to a debug register; else from one */
#define XVCPU_INSTRUCTION_WRITE	(1u << 0)

/**
 * struct xvcpu_exit_instruction - an intercepted instruction
 * @which:    &enum xvcpu_instruction
 * @insn_len: its length
 * @flags:    XVCPU_INSTRUCTION_WRITE
 * @reg:      MOV_DR: number of the debug register, 0 to 3, 6 or 7
 * @operand:  INVLPG: linear address; INVPCID: type, from its register; RDPMC: ECX; MONITOR, MWAIT:
 *            RAX; RDRAND, RDSEED: operand size, 2, 4 or 8 bytes; else 0
 * @value:    the VMM's answer. RDTSC, RDTSCP, RDPMC: EDX:EAX; RDRAND, RDSEED: to the destination;
 *            MOV_DR: what is moved. At the exit RDTSC, RDTSCP and MOV_DR have here what the guest
 *            would get or write, the others 0
 * @carry:    the VMM's answer: RDRAND, RDSEED: CF, 0 or not; with 0 the destination becomes 0. 0 at
 *            the exit
 * @reserved: 0
 *
 * DONE goes behind the instruction. What raises #UD, #GP or #DB by itself (CPL, CR4.TSD, CR4.PCE,
 * DR7.GD and the like) does so without an exit; invalid operands of INVPCID, RDPMC, MONITOR and
 * MWAIT are the VMM's to refuse. INVLPG and INVPCID have invalidated all of this vCPU's
 * translations by the time of the exit. RDTSCP gets ECX from the vCPU's IA32_TSC_AUX.
 */
struct xvcpu_exit_instruction {
	__u32 which;
	__u32 insn_len;
	__u32 flags;
	__u32 reg;
	__aligned_u64 operand;
	__aligned_u64 value;
	__u32 carry;
	__u32 reserved;
};

/**
 * struct xvcpu_exit_exception - an intercepted exception
 * @vector:      0 to 31
 * @type:        &enum xvcpu_exception_type: FAULT, INT3 or INT1
 * @error_code:  for the vectors that have one, outside real mode; else 0
 * @insn_len:    INT3, INT1: length of the instruction; else 0
 * @payload:     vector 14: the linear address; vector 1: bits of DR6. Neither CR2 nor DR6 has
 *               changed: %XVCPU_ANSWER_EXCEPTION with this payload does that
 * @event_info:  the event in whose delivery it happened, in VM-entry interruption-information form;
 *               0: none
 * @event_error: its error code
 * @event_insn_len: its instruction length, for software events
 *
 * %XVCPU_ANSWER_EXCEPTION obeys the rules of double and triple faults if an exception was being
 * delivered (SDM "Conditions for Generating a Double Fault"). With the vector of the exit and a
 * software @type the guest gets that, with the RIP behind the instruction.
 */
struct xvcpu_exit_exception {
	__u32 vector;
	__u32 type;
	__u32 error_code;
	__u32 insn_len;
	__aligned_u64 payload;
	__u32 event_info;
	__u32 event_error;
	__u32 event_insn_len;
	__u32 reserved;
};

/* XVCPU_ACCESS_READ: data read */
#define XVCPU_ACCESS_READ	(1u << 0)
/* XVCPU_ACCESS_WRITE: data write */
#define XVCPU_ACCESS_WRITE	(1u << 1)
/* XVCPU_ACCESS_EXEC: instruction fetch */
#define XVCPU_ACCESS_EXEC	(1u << 2)
/* XVCPU_ACCESS_WALK: made by the guest's page walk, not by the access at @gla itself */
#define XVCPU_ACCESS_WALK	(1u << 3)
/* XVCPU_ACCESS_GLA: @gla is valid */
#define XVCPU_ACCESS_GLA	(1u << 4)

/**
 * struct xvcpu_exit_memory - a guest access that no memory answers
 * @gpa:        guest-physical address
 * @gla:        guest-linear address, with %XVCPU_ACCESS_GLA
 * @access:     XVCPU_ACCESS_*
 * @error:      0: no slot there, or its permissions refuse; else a positive errno (EFAULT, ENOMEM,
 *              EHWPOISON) that getting the page behind the slot gave
 * @view:       0
 * @event_info: %XVCPU_EXIT_EVENT_FAULT: the event in VM-entry interruption-information form
 * @event_error: its error code
 * @event_insn_len: its instruction length, for software events
 */
struct xvcpu_exit_memory {
	__aligned_u64 gpa;
	__aligned_u64 gla;
	__u32 access;
	__u32 error;
	__u32 view;
	__u32 event_info;
	__u32 event_error;
	__u32 event_insn_len;
};

/**
 * struct xvcpu_exit_fail_entry - the processor refused the VM entry
 * @instruction_error: VM-instruction error (SDM "VM Instruction Error Numbers"), 0 if the entry got
 *                     as far as loading guest state
 * @hw_reason:         exit reason without bit 31: 33 guest state, 34 MSR loading, 41 machine check;
 *                     0 with @instruction_error
 * @qualification:     exit qualification
 * @rule:              &enum xvcpu_rule that the guest state breaks, %XVCPU_RULE_NONE if the
 *                     module's own checks found none
 * @field:             VMCS encoding of the field that breaks it
 * @value:             what the field holds
 * @expected:          what the rule wants, where that is a single value or mask; else 0
 * @cpu:               host CPU on which it happened
 * @reserved:          0
 */
struct xvcpu_exit_fail_entry {
	__u32 instruction_error;
	__u32 hw_reason;
	__aligned_u64 qualification;
	__u32 rule;
	__u32 field;
	__aligned_u64 value;
	__aligned_u64 expected;
	__u32 cpu;
	__u32 reserved;
};

/**
 * enum xvcpu_internal - causes of %XVCPU_EXIT_INTERNAL and, where it says so, %XVCPU_EXIT_UNKNOWN
 * @XVCPU_INTERNAL_EPT_MISCONFIG: the processor found an EPT entry that the module must never write
 * @XVCPU_INTERNAL_EXIT:          an exit that the VMCS is set up never to give
 * @XVCPU_INTERNAL_TASK_SWITCH:   UNKNOWN: a task switch, by CALL, JMP, IRET or a task gate, which
 *                                the module does not emulate; the VM lives, and @qualification
 *                                names the selector (SDM "Exit Qualification for Task Switches")
 */
enum xvcpu_internal {
	XVCPU_INTERNAL_EPT_MISCONFIG	= 1,
	XVCPU_INTERNAL_EXIT		= 2,
	XVCPU_INTERNAL_TASK_SWITCH	= 3,
};

/**
 * struct xvcpu_exit_hardware - a VM exit as the processor describes it
 * @hw_reason:      the exit-reason field, all 32 bits
 * @insn_len:       VM-exit instruction length
 * @qualification:  exit qualification
 * @gpa:            guest-physical address field
 * @gla:            guest-linear address field
 * @intr_info:      VM-exit interruption information
 * @intr_error:     VM-exit interruption error code
 * @vectoring_info: IDT-vectoring information
 * @insn_info:      VM-exit instruction information
 * @code:           &enum xvcpu_internal; 0 for other %XVCPU_EXIT_UNKNOWN
 * @cpu:            host CPU on which it happened
 *
 * Members that the exit does not define hold what the processor left there. The next XVCPU_RUN
 * enters at RIP again unless the VMM changes it.
 */
struct xvcpu_exit_hardware {
	__u32 hw_reason;
	__u32 insn_len;
	__aligned_u64 qualification;
	__aligned_u64 gpa;
	__aligned_u64 gla;
	__u32 intr_info;
	__u32 intr_error;
	__u32 vectoring_info;
	__u32 insn_info;
	__u32 code;
	__u32 cpu;
};

/* XVCPU_EXIT_FLAG_WAITS: the exit waits for its answer */
#define XVCPU_EXIT_FLAG_WAITS	(1u << 0)
/* XVCPU_EXIT_FLAG_IF: RFLAGS.IF is set */
#define XVCPU_EXIT_FLAG_IF	(1u << 1)
/* XVCPU_EXIT_FLAG_NMI_BLOCKED: NMIs are blocked until the guest's IRET */
#define XVCPU_EXIT_FLAG_NMI_BLOCKED	(1u << 2)
/*
 * XVCPU_EXIT_FLAG_READY: XVCPU_INTERRUPT would be taken now; where the exit waits, as if it were
 * completed by %XVCPU_ANSWER_DONE
 */
#define XVCPU_EXIT_FLAG_READY	(1u << 3)

/**
 * struct xvcpu_run_exit - what XVCPU_RUN came back with; second section of the run area
 * @reason:      &enum xvcpu_exit_reason
 * @flags:       XVCPU_EXIT_FLAG_*
 * @view:        0
 * @cr8:         the guest's task priority, 0 to 15
 * @budget_left: what is left of the budget, in its unit, 0 with %XVCPU_EXIT_BUDGET; 0 without one
 * @reserved:    0
 * @io:          %XVCPU_EXIT_IO, %XVCPU_EXIT_SYSTEM_DOWN
 * @mmio:        %XVCPU_EXIT_MMIO
 * @msr:         %XVCPU_EXIT_MSR_READ, %XVCPU_EXIT_MSR_WRITE
 * @hypercall:   %XVCPU_EXIT_HYPERCALL
 * @memory:      %XVCPU_EXIT_MEMORY_FAULT, %XVCPU_EXIT_EVENT_FAULT
 * @fail_entry:  %XVCPU_EXIT_FAIL_ENTRY
 * @hardware:    %XVCPU_EXIT_UNKNOWN, %XVCPU_EXIT_INTERNAL
 * @cpuid:       %XVCPU_EXIT_CPUID
 * @instruction: %XVCPU_EXIT_INSTRUCTION
 * @exception:   %XVCPU_EXIT_EXCEPTION
 * @padding:     the union's size
 * @error:       XVCPU_RUN failed otherwise than with -EINTR or -EBUSY: what was refused
 *
 * Written by the kernel; only the answer's data (io.data, mmio.data, msr.value, hypercall.result,
 * the registers of cpuid, value and carry of instruction) is read back, once, by the XVCPU_RUN that
 * completes the exit: size, port, address and the like come from the kernel's own copy. Bytes of
 * the union behind the member that @reason names are undefined. -EBUSY leaves the section alone,
 * any other failure but -EINTR all of it but @error.
 */
struct xvcpu_run_exit {
	__u32 reason;
	__u32 flags;
	__u32 view;
	__u32 cr8;
	__aligned_u64 budget_left;
	__aligned_u64 reserved[5];
	__extension__ union {
		struct xvcpu_exit_io io;
		struct xvcpu_exit_mmio mmio;
		struct xvcpu_exit_msr msr;
		struct xvcpu_exit_hypercall hypercall;
		struct xvcpu_exit_memory memory;
		struct xvcpu_exit_fail_entry fail_entry;
		struct xvcpu_exit_hardware hardware;
		struct xvcpu_exit_cpuid cpuid;
		struct xvcpu_exit_instruction instruction;
		struct xvcpu_exit_exception exception;
		__u8 padding[256];
	};
	struct xvcpu_error error;
};

/**
 * struct xvcpu_run_sync - registers shared with the VMM; third section of the run area
 * @valid:    mask of the groups that the last exit wrote; written by the kernel only
 * @reserved: 0
 * @regs:     general registers
 * @cregs:    control registers
 * @sregs:    segment registers
 */
struct xvcpu_run_sync {
	__aligned_u64 valid;
	__aligned_u64 reserved[7];
	struct xvcpu_regs regs;
	struct xvcpu_cregs cregs;
	struct xvcpu_sregs sregs;
};

/**
 * enum xvcpu_counter - indices into &xvcpu_run_stats.counters above the basic exit reasons
 * @XVCPU_COUNT_ENTRIES:    VM entries
 * @XVCPU_COUNT_USER_EXITS: returns of XVCPU_RUN with an exit for the VMM
 * @XVCPU_COUNT_SIGNALS:    returns with -EINTR
 * @XVCPU_COUNT_KICKS:      returns with %XVCPU_EXIT_KICK
 * @XVCPU_COUNT_MIGRATIONS: loads on another CPU than the last
 * @XVCPU_COUNT_EPT_MAPPED: guest pages mapped by EPT faults of this vCPU
 * @XVCPU_COUNT_EPT_RETRY:  EPT faults tried again because the memory changed meanwhile
 * @XVCPU_COUNT_EPT_FLUSH:  invalidations of EPT-derived translations
 * @XVCPU_COUNT_INJECTED:   events that the guest was given, each counted once
 * @XVCPU_COUNT_BUDGETS:    returns with %XVCPU_EXIT_BUDGET
 * @XVCPU_COUNT_POLICY:     accesses that a range of the policy answered with #GP or ignored
 * @XVCPU_COUNT_REFUSED:    entries that ended with a VM exit of their own because the processor
 *                          refused the state (SDM "VM-Entry Failures During or After Loading Guest
 *                          State"); the counter of their exit reason does not count them
 * @XVCPU_COUNT_L1D_FLUSH:  entries before which the L1 data cache was flushed
 */
enum xvcpu_counter {
	XVCPU_COUNT_ENTRIES	= 96,
	XVCPU_COUNT_USER_EXITS	= 97,
	XVCPU_COUNT_SIGNALS	= 98,
	XVCPU_COUNT_KICKS	= 99,
	XVCPU_COUNT_MIGRATIONS	= 100,
	XVCPU_COUNT_EPT_MAPPED	= 101,
	XVCPU_COUNT_EPT_RETRY	= 102,
	XVCPU_COUNT_EPT_FLUSH	= 103,
	XVCPU_COUNT_INJECTED	= 104,
	XVCPU_COUNT_BUDGETS	= 105,
	XVCPU_COUNT_POLICY	= 106,
	XVCPU_COUNT_REFUSED	= 110,
	XVCPU_COUNT_L1D_FLUSH	= 116,
};

/* XVCPU_COUNTERS: size of &xvcpu_run_stats.counters */
#define XVCPU_COUNTERS		128

/* XVCPU_RECORD_QUALIFICATION: @qualification was read; without it the exit has none, and it is 0 */
#define XVCPU_RECORD_QUALIFICATION	(1u << 0)
/* XVCPU_RECORD_DETAIL: @detail is there; without it the exit has none, and it is 0 */
#define XVCPU_RECORD_DETAIL		(1u << 1)

/**
 * struct xvcpu_exit_record - one VM exit in &xvcpu_run_stats.ring, as it was before it was handled
 * @hw_reason:     exit reason (SDM "Exit Reason"): basic reason in bits 15:0; bit 31: an entry was
 *                 refused, and the rest of the record is the state that was to be entered
 * @flags:         XVCPU_RECORD_*
 * @cpu:           number of the host CPU
 * @qualification: exit qualification (SDM "Exit Qualification") of: exceptions and NMIs, INIT,
 *                 SIPI, task switches, INVLPG, CR and DR accesses, I/O, MWAIT, APIC accesses and
 *                 writes, virtualised EOI, descriptor-table accesses, EPT violations, refused
 *                 entries
 * @rip:           guest RIP: of the exiting instruction, or of the next one
 * @detail:        CPUID: EAX in 31:0, ECX in 63:32. RDMSR, WRMSR, XSETBV: ECX. I/O: EAX. VMCALL:
 *                 RAX. EPT violation and misconfiguration: the guest-physical address. Exceptions
 *                 and NMIs: VM-exit interruption information
 * @tsc:           the host's TSC when the exit was looked at
 */
struct xvcpu_exit_record {
	__u32 hw_reason;
	__u16 flags;
	__u16 cpu;
	__aligned_u64 qualification;
	__aligned_u64 rip;
	__aligned_u64 detail;
	__aligned_u64 tsc;
};

/* XVCPU_EXIT_RECORDS: size of &xvcpu_run_stats.ring, a power of two */
#define XVCPU_EXIT_RECORDS	64

/**
 * struct xvcpu_run_stats - counters and last exits, mapped read-only at &xvcpu_info.stats_offset
 * @counters: 0 to 95: VM exits by basic exit reason (SDM "VMX Basic Exit Reasons"; 95 takes all
 *            higher ones); from 96 on &enum xvcpu_counter
 * @begun:    how many records the kernel has begun to write since the vCPU was created
 * @done:     how many of them it has finished: equal to @begun, or one less
 * @reserved: 0
 * @ring:     the last exits: record number n, counted from 0, is in @ring[n % XVCPU_EXIT_RECORDS]
 *
 * Written by the kernel only. A 64-bit reader sees each counter whole, but not all of them at one
 * instant; a 32-bit reader reads the high half, the low half and the high half again.
 *
 * Every VM exit is recorded, also one that the VMM never sees: @done is the sum of @counters[0] to
 * @counters[95] and of %XVCPU_COUNT_REFUSED, when nothing runs. To read the ring meanwhile:
 *  1. read @done, then (acquire) copy the records wanted: number n with n < @done and
 *     n + %XVCPU_EXIT_RECORDS >= @done;
 *  2. then (read barrier) read @begun: the copy of record n is good if n + %XVCPU_EXIT_RECORDS
 *     >= @begun. Otherwise it was overwritten meanwhile: it is lost.
 * Record numbers that a reader missed between two visits tell what it lost. A module that does not
 * know the ring leaves @begun and @done 0.
 */
struct xvcpu_run_stats {
	__aligned_u64 counters[XVCPU_COUNTERS];
	__aligned_u64 begun;
	__aligned_u64 done;
	__aligned_u64 reserved[6];
	struct xvcpu_exit_record ring[XVCPU_EXIT_RECORDS];
};

/* ------------------------------------------------- why the processor refused to enter the guest */

/**
 * enum xvcpu_rule - rules of VM entry (SDM "VM Entries"), for &xvcpu_exit_fail_entry.rule
 *
 * &xvcpu_exit_fail_entry.field is the VMCS field that the rule is about and
 * &xvcpu_exit_fail_entry.value what it holds; where several fields can break one rule, the field
 * tells which did. &xvcpu_exit_fail_entry.expected is a value of that field, as near as possible to
 * the present one, with which the rule holds; 0 for the rules marked (memory), which are about what
 * the field points to: their value is what was found there.
 *
 * Numbers are stable. Section titles are those of the SDM; "usable" means bit 16 of the access
 * rights is clear; "unrestricted" is the control "unrestricted guest"; "long-mode guest" is the
 * VM-entry control "IA-32e mode guest". Addresses that must be aligned must also fit the
 * physical-address width.
 *
 * @XVCPU_RULE_NONE: no rule is known to be broken
 *
 * @XVCPU_RULE_PIN_CONTROLS: reserved bits of the pin-based controls are as the capability MSR says
 * @XVCPU_RULE_PROC_CONTROLS: reserved bits of the primary processor-based controls are as the
 *     capability MSR says
 * @XVCPU_RULE_PROC2_CONTROLS: reserved bits of the secondary processor-based controls are as the
 *     capability MSR says
 * @XVCPU_RULE_PROC3_CONTROLS: reserved bits of the tertiary processor-based controls are as the
 *     capability MSR says
 * @XVCPU_RULE_CR3_TARGETS: CR3-target count is not above what the processor has
 * @XVCPU_RULE_IO_BITMAP: address of I/O bitmap A or B: 4 KiB aligned
 * @XVCPU_RULE_MSR_BITMAP: address of the MSR bitmaps: 4 KiB aligned
 * @XVCPU_RULE_VIRTUAL_APIC: virtual-APIC address: 4 KiB aligned
 * @XVCPU_RULE_TPR_THRESHOLD: bits 31:4 of the TPR threshold are 0 without virtual-interrupt
 *     delivery
 * @XVCPU_RULE_TPR_THRESHOLD_VTPR: TPR threshold is at most bits 7:4 of the virtual TPR, if neither
 *     APIC accesses nor interrupt delivery are virtualised
 * @XVCPU_RULE_VIRTUAL_NMIS: "virtual NMIs" needs "NMI exiting"
 * @XVCPU_RULE_NMI_WINDOW: "NMI-window exiting" needs "virtual NMIs"
 * @XVCPU_RULE_APIC_ACCESS: APIC-access address: 4 KiB aligned
 * @XVCPU_RULE_APIC_NEEDS_TPR_SHADOW: x2APIC mode, APIC registers, interrupt delivery and IPIs can
 *     only be virtualised with "use TPR shadow"
 * @XVCPU_RULE_X2APIC_AND_ACCESSES: "virtualize x2APIC mode" excludes "virtualize APIC accesses"
 * @XVCPU_RULE_DELIVERY_NEEDS_EXITING: "virtual-interrupt delivery" needs "external-interrupt
 *     exiting"
 * @XVCPU_RULE_POSTED_NEEDS_DELIVERY: "process posted interrupts" needs "virtual-interrupt delivery"
 * @XVCPU_RULE_POSTED_NEEDS_ACK: and "acknowledge interrupt on exit"
 * @XVCPU_RULE_POSTED_VECTOR: posted-interrupt notification vector is at most 255
 * @XVCPU_RULE_POSTED_DESCRIPTOR: posted-interrupt descriptor address: 64-byte aligned
 * @XVCPU_RULE_VPID: VPID is not 0
 * @XVCPU_RULE_EPTP_MEMORY_TYPE: memory type of the EPT pointer is one that the processor supports
 * @XVCPU_RULE_EPTP_LEVELS: page-walk length of the EPT pointer likewise
 * @XVCPU_RULE_EPTP_AD: accessed and dirty flags for EPT, if the processor has them
 * @XVCPU_RULE_EPTP_SHADOW_STACK: supervisor shadow-stack pages in EPT, if the processor has them
 * @XVCPU_RULE_EPTP_RESERVED: bits 11:8 and those above the width of the EPT pointer are 0
 * @XVCPU_RULE_PML_NEEDS_EPT: "enable PML" needs "enable EPT"
 * @XVCPU_RULE_PML_ADDRESS: PML address: 4 KiB aligned
 * @XVCPU_RULE_UNRESTRICTED_NEEDS_EPT: "unrestricted guest" needs "enable EPT"
 * @XVCPU_RULE_MODE_EXEC_NEEDS_EPT: "mode-based execute control for EPT" needs "enable EPT"
 * @XVCPU_RULE_SUBPAGE_NEEDS_EPT: "sub-page write permissions for EPT" needs "enable EPT"
 * @XVCPU_RULE_SUBPAGE_ADDRESS: sub-page-permission-table pointer: 4 KiB aligned
 * @XVCPU_RULE_VMFUNC_CONTROLS: reserved bits of the VM-function controls are as the capability MSR
 *     says
 * @XVCPU_RULE_EPTP_SWITCHING_NEEDS_EPT: "EPTP switching" needs "enable EPT"
 * @XVCPU_RULE_EPTP_LIST: EPTP-list address: 4 KiB aligned
 * @XVCPU_RULE_SHADOW_BITMAP: address of the VMREAD or VMWRITE bitmap: 4 KiB aligned
 * @XVCPU_RULE_VE_ADDRESS: virtualization-exception information address: 4 KiB aligned
 * @XVCPU_RULE_PT_NEEDS_EPT: "Intel PT uses guest physical addresses" needs "enable EPT"
 * @XVCPU_RULE_PT_NEEDS_LOAD: and "load IA32_RTIT_CTL" on entry
 * @XVCPU_RULE_PT_NEEDS_CLEAR: and "clear IA32_RTIT_CTL" on exit
 * @XVCPU_RULE_HLAT_POINTER: bits 2:0, 11:5 and those above the width of the HLAT pointer are 0
 * @XVCPU_RULE_TSC_MULTIPLIER: TSC multiplier is not 0 with "use TSC scaling"; the SDM does not list
 *     this rule, the emulator in which the module is tested has it
 * @XVCPU_RULE_PID_TABLE: PID-pointer table address: 8-byte aligned; its last entry is within the
 *     width, too
 * @XVCPU_RULE_PASID_DIRECTORY: address of a PASID directory: 4 KiB aligned
 *
 * @XVCPU_RULE_EXIT_CONTROLS: reserved bits of the VM-exit controls are as the capability MSR says
 * @XVCPU_RULE_SAVE_TIMER: "save VMX-preemption timer value" needs the timer active
 * @XVCPU_RULE_EXIT_MSR_STORE: VM-exit MSR-store address: 16-byte aligned, and the area's last byte
 *     within the width
 * @XVCPU_RULE_EXIT_MSR_LOAD: VM-exit MSR-load address likewise
 * @XVCPU_RULE_EXIT2_CONTROLS: reserved bits of the secondary VM-exit controls are as the capability
 *     MSR says
 *
 * @XVCPU_RULE_ENTRY_CONTROLS: reserved bits of the VM-entry controls are as the capability MSR says
 * @XVCPU_RULE_EVENT_TYPE: interruption type is not 1, and not 7 without "monitor trap flag"
 * @XVCPU_RULE_EVENT_VECTOR: vector is 2 for an NMI, at most 31 for an exception, 0 for type 7
 * @XVCPU_RULE_EVENT_ERROR_CODE: an error code is delivered if, and only if, the event is an
 *     exception that has one and the guest is not in unrestricted real mode
 * @XVCPU_RULE_EVENT_RESERVED: bits 30:12 of the interruption information are 0
 * @XVCPU_RULE_EVENT_ERROR_BITS: bits 31:16 of a delivered error code are 0
 * @XVCPU_RULE_EVENT_LENGTH: instruction length of a software event is 1 to 15, or 0 where the
 *     processor allows it
 * @XVCPU_RULE_ENTRY_MSR_LOAD: VM-entry MSR-load address: as XVCPU_RULE_EXIT_MSR_STORE
 * @XVCPU_RULE_ENTRY_TO_SMM: "entry to SMM" and "deactivate dual-monitor treatment" are 0 outside
 *     SMM
 * @XVCPU_RULE_PT_LOAD_TRACING: "load IA32_RTIT_CTL" is 0 while Intel PT is tracing
 *
 * @XVCPU_RULE_HOST_CR0: host CR0 has the bits that VMX operation fixes
 * @XVCPU_RULE_HOST_CR4: host CR4 likewise
 * @XVCPU_RULE_HOST_CET_WP: host CR4.CET needs CR0.WP
 * @XVCPU_RULE_HOST_CR3: host CR3 has no bit beyond the width
 * @XVCPU_RULE_HOST_SYSENTER: host SYSENTER_ESP and SYSENTER_EIP are canonical
 * @XVCPU_RULE_HOST_PERF_GLOBAL_CTRL: reserved bits of host IA32_PERF_GLOBAL_CTRL are 0
 * @XVCPU_RULE_HOST_PAT: each byte of host IA32_PAT is 0, 1, 4, 5, 6 or 7
 * @XVCPU_RULE_HOST_EFER: reserved bits of host IA32_EFER are 0
 * @XVCPU_RULE_HOST_EFER_LMA: host EFER.LMA equals "host address-space size"
 * @XVCPU_RULE_HOST_EFER_LME: host EFER.LME likewise
 * @XVCPU_RULE_HOST_S_CET: host IA32_S_CET is canonical and its reserved bits are 0
 * @XVCPU_RULE_HOST_SSP: bits 1:0 of the host SSP are 0
 * @XVCPU_RULE_HOST_SSP_TABLE: host IA32_INTERRUPT_SSP_TABLE_ADDR is canonical
 * @XVCPU_RULE_HOST_PKRS: bits 63:32 of host IA32_PKRS are 0
 * @XVCPU_RULE_HOST_SELECTOR: bits 2:0 of every host selector are 0
 * @XVCPU_RULE_HOST_SELECTOR_NULL: host CS and TR are not 0
 * @XVCPU_RULE_HOST_SS_NULL: host SS is not 0 with a 32-bit host
 * @XVCPU_RULE_HOST_BASE: host bases of FS, GS, TR, GDTR and IDTR are canonical
 * @XVCPU_RULE_HOST_SIZE: "host address-space size" is set in IA-32e mode and only there
 * @XVCPU_RULE_HOST_SIZE_GUEST: "IA-32e mode guest" needs "host address-space size"
 * @XVCPU_RULE_HOST_PCIDE: host CR4.PCIDE is 0 with a 32-bit host
 * @XVCPU_RULE_HOST_PAE: host CR4.PAE is 1 with a 64-bit host
 * @XVCPU_RULE_HOST_RIP: host RIP is canonical with a 64-bit host, below 4 GiB with a 32-bit one
 * @XVCPU_RULE_HOST_SSP_SIZE: host SSP likewise
 *
 * @XVCPU_RULE_GUEST_CR0: CR0 has the bits that VMX operation fixes; PE and PG are free for an
 *     unrestricted guest, CD and NW always
 * @XVCPU_RULE_GUEST_CR0_PG_PE: CR0.PG needs CR0.PE
 * @XVCPU_RULE_GUEST_CR4: CR4 has the bits that VMX operation fixes
 * @XVCPU_RULE_GUEST_CET_WP: CR4.CET needs CR0.WP
 * @XVCPU_RULE_GUEST_DEBUGCTL: reserved bits of IA32_DEBUGCTL are 0
 * @XVCPU_RULE_GUEST_LONG_PG: a long-mode guest has CR0.PG
 * @XVCPU_RULE_GUEST_LONG_PAE: a long-mode guest has CR4.PAE
 * @XVCPU_RULE_GUEST_PCIDE: CR4.PCIDE is for long-mode guests only
 * @XVCPU_RULE_GUEST_CR3: CR3 has no bit beyond the width
 * @XVCPU_RULE_GUEST_DR7: bits 63:32 of DR7 are 0
 * @XVCPU_RULE_GUEST_SYSENTER: SYSENTER_ESP and SYSENTER_EIP are canonical
 * @XVCPU_RULE_GUEST_S_CET: IA32_S_CET is canonical and its reserved bits are 0
 * @XVCPU_RULE_GUEST_SSP_TABLE: IA32_INTERRUPT_SSP_TABLE_ADDR is canonical
 * @XVCPU_RULE_GUEST_PERF_GLOBAL_CTRL: reserved bits of IA32_PERF_GLOBAL_CTRL are 0
 * @XVCPU_RULE_GUEST_PAT: each byte of IA32_PAT is 0, 1, 4, 5, 6 or 7
 * @XVCPU_RULE_GUEST_EFER: reserved bits of IA32_EFER are 0
 * @XVCPU_RULE_GUEST_EFER_LMA: EFER.LMA equals "IA-32e mode guest"
 * @XVCPU_RULE_GUEST_EFER_LME: EFER.LME equals EFER.LMA if CR0.PG is 1
 * @XVCPU_RULE_GUEST_BNDCFGS: bits 11:2 of IA32_BNDCFGS are 0
 * @XVCPU_RULE_GUEST_BNDCFGS_BASE: its address is canonical
 * @XVCPU_RULE_GUEST_RTIT_CTL: reserved bits of IA32_RTIT_CTL are 0
 * @XVCPU_RULE_GUEST_LBR_CTL: reserved bits of IA32_LBR_CTL are 0
 * @XVCPU_RULE_GUEST_PKRS: bits 63:32 of IA32_PKRS are 0
 * @XVCPU_RULE_GUEST_UINV: bits 15:8 of UINV are 0
 *
 * @XVCPU_RULE_SEG_TR_TI: TI of the TR selector is 0
 * @XVCPU_RULE_SEG_LDTR_TI: TI of a usable LDTR's selector is 0
 * @XVCPU_RULE_SEG_SS_RPL: RPL of SS equals RPL of CS, unless virtual-8086 or unrestricted
 * @XVCPU_RULE_SEG_V86_BASE: virtual-8086: the base is 16 times the selector
 * @XVCPU_RULE_SEG_BASE_CANONICAL: base of TR, FS, GS and a usable LDTR is canonical
 * @XVCPU_RULE_SEG_BASE_HIGH: bits 63:32 of the base of CS, and of a usable SS, DS, ES, are 0
 * @XVCPU_RULE_SEG_V86_LIMIT: virtual-8086: the limit is 0xffff
 * @XVCPU_RULE_SEG_V86_ACCESS: virtual-8086: the access rights are 0xf3
 * @XVCPU_RULE_SEG_CS_TYPE: type of CS is 9, 11, 13 or 15, or 3 if unrestricted
 * @XVCPU_RULE_SEG_SS_TYPE: type of a usable SS is 3 or 7
 * @XVCPU_RULE_SEG_ACCESSED: type of a usable DS, ES, FS, GS has bit 0 (accessed)
 * @XVCPU_RULE_SEG_READABLE: and, if it is code, bit 1 (readable)
 * @XVCPU_RULE_SEG_S: S is 1 in CS and in a usable SS, DS, ES, FS, GS
 * @XVCPU_RULE_SEG_CS_DPL_DATA: DPL of CS is 0 if its type is 3
 * @XVCPU_RULE_SEG_CS_DPL_EQUAL: DPL of CS equals DPL of SS if the type of CS is 9 or 11
 * @XVCPU_RULE_SEG_CS_DPL_CONFORMING: DPL of CS is at most DPL of SS if the type of CS is 13 or 15
 * @XVCPU_RULE_SEG_SS_DPL_RPL: DPL of SS equals its RPL, unless unrestricted
 * @XVCPU_RULE_SEG_SS_DPL_ZERO: DPL of SS is 0 if the type of CS is 3 or CR0.PE is 0
 * @XVCPU_RULE_SEG_DATA_DPL: DPL of a usable DS, ES, FS, GS of type 0 to 11 is at least its RPL,
 *     unless unrestricted
 * @XVCPU_RULE_SEG_PRESENT: P is 1 in CS and in a usable SS, DS, ES, FS, GS
 * @XVCPU_RULE_SEG_RESERVED: bits 11:8 and 31:17 of the access rights are 0 in the same
 * @XVCPU_RULE_SEG_CS_DB_L: D/B of CS is 0 if its L is 1 in a long-mode guest
 * @XVCPU_RULE_SEG_GRANULARITY_0: G is 0 if any bit of limit 11:0 is 0, in the same
 * @XVCPU_RULE_SEG_GRANULARITY_1: G is 1 if any bit of limit 31:20 is 1, in the same
 * @XVCPU_RULE_TR_TYPE: type of TR is 11, or 3 outside long mode
 * @XVCPU_RULE_TR_S: S of TR is 0
 * @XVCPU_RULE_TR_PRESENT: P of TR is 1
 * @XVCPU_RULE_TR_RESERVED: bits 11:8 and 31:17 of TR's access rights are 0
 * @XVCPU_RULE_TR_GRANULARITY_0: as for other segments
 * @XVCPU_RULE_TR_GRANULARITY_1: as for other segments
 * @XVCPU_RULE_TR_UNUSABLE: TR is usable
 * @XVCPU_RULE_LDTR_TYPE: type of a usable LDTR is 2
 * @XVCPU_RULE_LDTR_S: S of a usable LDTR is 0
 * @XVCPU_RULE_LDTR_PRESENT: P of a usable LDTR is 1
 * @XVCPU_RULE_LDTR_RESERVED: bits 11:8 and 31:17 of a usable LDTR's access rights are 0
 * @XVCPU_RULE_LDTR_GRANULARITY_0: as for other segments
 * @XVCPU_RULE_LDTR_GRANULARITY_1: as for other segments
 *
 * @XVCPU_RULE_TABLE_BASE: bases of GDTR and IDTR are canonical
 * @XVCPU_RULE_TABLE_LIMIT: bits 31:16 of their limits are 0
 *
 * @XVCPU_RULE_RIP_HIGH: bits 63:32 of RIP are 0 outside 64-bit mode
 * @XVCPU_RULE_RIP_WIDTH: in 64-bit mode all bits of RIP beyond the linear-address width are equal
 * @XVCPU_RULE_RFLAGS_RESERVED: bits 63:22, 15, 5 and 3 of RFLAGS are 0, bit 1 is 1
 * @XVCPU_RULE_RFLAGS_VM: RFLAGS.VM is 0 in a long-mode guest and with CR0.PE = 0
 * @XVCPU_RULE_RFLAGS_IF: RFLAGS.IF is 1 when an external interrupt is injected
 * @XVCPU_RULE_SSP_ALIGN: bits 1:0 of SSP are 0
 * @XVCPU_RULE_SSP_WIDTH: SSP has no bit that its mode does not have, as RIP
 *
 * @XVCPU_RULE_ACTIVITY_SUPPORTED: activity state is one that the processor supports
 * @XVCPU_RULE_ACTIVITY_HLT_DPL: not HLT with DPL of SS above 0
 * @XVCPU_RULE_ACTIVITY_BLOCKING: active while STI or MOV SS blocks
 * @XVCPU_RULE_ACTIVITY_EVENT: the injected event is one that the activity state lets through
 * @XVCPU_RULE_ACTIVITY_SMM: not wait-for-SIPI with "entry to SMM"
 * @XVCPU_RULE_BLOCKING_RESERVED: bits 31:5 of the interruptibility state are 0
 * @XVCPU_RULE_BLOCKING_STI_MOV_SS: not blocking by both STI and MOV SS
 * @XVCPU_RULE_BLOCKING_STI_IF: no blocking by STI with RFLAGS.IF = 0
 * @XVCPU_RULE_BLOCKING_INTERRUPT: no blocking by STI or MOV SS when an external interrupt is
 *     injected
 * @XVCPU_RULE_BLOCKING_NMI_MOV_SS: no blocking by MOV SS when an NMI is injected
 * @XVCPU_RULE_BLOCKING_SMI: no blocking by SMI outside SMM
 * @XVCPU_RULE_BLOCKING_SMI_ENTRY: blocking by SMI with "entry to SMM"
 * @XVCPU_RULE_BLOCKING_NMI_STI: nor by STI; editions of the SDM differ about whether every
 *     processor has this rule
 * @XVCPU_RULE_BLOCKING_NMI_NMI: no blocking by NMI when an NMI is injected with "virtual NMIs"
 * @XVCPU_RULE_BLOCKING_ENCLAVE: enclave interruption needs SGX
 * @XVCPU_RULE_BLOCKING_ENCLAVE_SS: and excludes blocking by MOV SS
 * @XVCPU_RULE_PENDING_RESERVED: reserved bits of the pending debug exceptions are 0
 * @XVCPU_RULE_PENDING_BS_SET: BS is 1 if TF = 1 and BTF = 0, while blocked by STI or MOV SS or in
 *     HLT
 * @XVCPU_RULE_PENDING_BS_CLEAR: BS is 0 if TF = 0 or BTF = 1, likewise
 * @XVCPU_RULE_PENDING_RTM_BITS: with RTM, bit 12 is 1 and all others are 0
 * @XVCPU_RULE_PENDING_RTM: RTM needs a processor that has it
 * @XVCPU_RULE_PENDING_RTM_MOV_SS: RTM excludes blocking by MOV SS
 * @XVCPU_RULE_LINK_ADDRESS: VMCS link pointer, unless all ones: 4 KiB aligned
 * @XVCPU_RULE_LINK_REVISION: (memory) it points to a VMCS of this processor's revision
 * @XVCPU_RULE_LINK_SHADOW: (memory) which is a shadow VMCS exactly if "VMCS shadowing" is 1
 * @XVCPU_RULE_LINK_CURRENT: it is not the current VMCS
 *
 * @XVCPU_RULE_PDPTE: reserved bits of a present PDPTE of a guest with PAE paging are 0; (memory) if
 *     "enable EPT" is 0: the field is then CR3
 *
 * @XVCPU_RULE_MSR_RESERVED: (memory) bits 63:32 of an entry of the VM-entry MSR-load area are 0
 * @XVCPU_RULE_MSR_BASE: (memory) it does not load IA32_FS_BASE or IA32_GS_BASE
 * @XVCPU_RULE_MSR_X2APIC: (memory) nor an x2APIC register in x2APIC mode
 * @XVCPU_RULE_MSR_SMM: (memory) nor an MSR that only SMM can write
 * @XVCPU_RULE_MSR_MICROCODE: (memory) nor one that loads microcode
 * @XVCPU_RULE_MSR_VALUE: (memory) nor a value that WRMSR would refuse; known for EFER, PAT and the
 *     MSRs that hold a linear address
 */
enum xvcpu_rule {
	XVCPU_RULE_NONE				= 0,

	/* SDM "Checks on VMX Controls: VM-Execution Control Fields" */
	XVCPU_RULE_PIN_CONTROLS			= 1,
	XVCPU_RULE_PROC_CONTROLS		= 2,
	XVCPU_RULE_PROC2_CONTROLS		= 3,
	XVCPU_RULE_PROC3_CONTROLS		= 4,
	XVCPU_RULE_CR3_TARGETS			= 5,
	XVCPU_RULE_IO_BITMAP			= 6,
	XVCPU_RULE_MSR_BITMAP			= 7,
	XVCPU_RULE_VIRTUAL_APIC			= 8,
	XVCPU_RULE_TPR_THRESHOLD		= 9,
	XVCPU_RULE_TPR_THRESHOLD_VTPR		= 10,
	XVCPU_RULE_VIRTUAL_NMIS			= 11,
	XVCPU_RULE_NMI_WINDOW			= 12,
	XVCPU_RULE_APIC_ACCESS			= 13,
	XVCPU_RULE_APIC_NEEDS_TPR_SHADOW	= 14,
	XVCPU_RULE_X2APIC_AND_ACCESSES		= 15,
	XVCPU_RULE_DELIVERY_NEEDS_EXITING	= 16,
	XVCPU_RULE_POSTED_NEEDS_DELIVERY	= 17,
	XVCPU_RULE_POSTED_NEEDS_ACK		= 18,
	XVCPU_RULE_POSTED_VECTOR		= 19,
	XVCPU_RULE_POSTED_DESCRIPTOR		= 20,
	XVCPU_RULE_VPID				= 21,
	XVCPU_RULE_EPTP_MEMORY_TYPE		= 22,
	XVCPU_RULE_EPTP_LEVELS			= 23,
	XVCPU_RULE_EPTP_AD			= 24,
	XVCPU_RULE_EPTP_SHADOW_STACK		= 25,
	XVCPU_RULE_EPTP_RESERVED		= 26,
	XVCPU_RULE_PML_NEEDS_EPT		= 27,
	XVCPU_RULE_PML_ADDRESS			= 28,
	XVCPU_RULE_UNRESTRICTED_NEEDS_EPT	= 29,
	XVCPU_RULE_MODE_EXEC_NEEDS_EPT		= 30,
	XVCPU_RULE_SUBPAGE_NEEDS_EPT		= 31,
	XVCPU_RULE_SUBPAGE_ADDRESS		= 32,
	XVCPU_RULE_VMFUNC_CONTROLS		= 33,
	XVCPU_RULE_EPTP_SWITCHING_NEEDS_EPT	= 34,
	XVCPU_RULE_EPTP_LIST			= 35,
	XVCPU_RULE_SHADOW_BITMAP		= 36,
	XVCPU_RULE_VE_ADDRESS			= 37,
	XVCPU_RULE_PT_NEEDS_EPT			= 38,
	XVCPU_RULE_PT_NEEDS_LOAD		= 39,
	XVCPU_RULE_PT_NEEDS_CLEAR		= 40,
	XVCPU_RULE_HLAT_POINTER			= 41,
	XVCPU_RULE_TSC_MULTIPLIER		= 42,
	XVCPU_RULE_PID_TABLE			= 43,
	XVCPU_RULE_PASID_DIRECTORY		= 44,

	/* SDM "VM-Exit Control Fields" */
	XVCPU_RULE_EXIT_CONTROLS		= 60,
	XVCPU_RULE_SAVE_TIMER			= 61,
	XVCPU_RULE_EXIT_MSR_STORE		= 62,
	XVCPU_RULE_EXIT_MSR_LOAD		= 63,
	XVCPU_RULE_EXIT2_CONTROLS		= 64,

	/* SDM "VM-Entry Control Fields" */
	XVCPU_RULE_ENTRY_CONTROLS		= 75,
	XVCPU_RULE_EVENT_TYPE			= 76,
	XVCPU_RULE_EVENT_VECTOR			= 77,
	XVCPU_RULE_EVENT_ERROR_CODE		= 78,
	XVCPU_RULE_EVENT_RESERVED		= 79,
	XVCPU_RULE_EVENT_ERROR_BITS		= 80,
	XVCPU_RULE_EVENT_LENGTH			= 81,
	XVCPU_RULE_ENTRY_MSR_LOAD		= 82,
	XVCPU_RULE_ENTRY_TO_SMM			= 83,
	XVCPU_RULE_PT_LOAD_TRACING		= 84,

	/* SDM "Checks on Host Control Registers, MSRs, and SSP" */
	XVCPU_RULE_HOST_CR0			= 100,
	XVCPU_RULE_HOST_CR4			= 101,
	XVCPU_RULE_HOST_CET_WP			= 102,
	XVCPU_RULE_HOST_CR3			= 103,
	XVCPU_RULE_HOST_SYSENTER		= 104,
	XVCPU_RULE_HOST_PERF_GLOBAL_CTRL	= 105,
	XVCPU_RULE_HOST_PAT			= 106,
	XVCPU_RULE_HOST_EFER			= 107,
	XVCPU_RULE_HOST_EFER_LMA		= 108,
	XVCPU_RULE_HOST_EFER_LME		= 109,
	XVCPU_RULE_HOST_S_CET			= 110,
	XVCPU_RULE_HOST_SSP			= 111,
	XVCPU_RULE_HOST_SSP_TABLE		= 112,
	XVCPU_RULE_HOST_PKRS			= 113,

	/* SDM "Checks on Host Segment and Descriptor-Table Registers" */
	XVCPU_RULE_HOST_SELECTOR		= 130,
	XVCPU_RULE_HOST_SELECTOR_NULL		= 131,
	XVCPU_RULE_HOST_SS_NULL			= 132,
	XVCPU_RULE_HOST_BASE			= 133,

	/* SDM "Checks Related to Address-Space Size" */
	XVCPU_RULE_HOST_SIZE			= 140,
	XVCPU_RULE_HOST_SIZE_GUEST		= 141,
	XVCPU_RULE_HOST_PCIDE			= 142,
	XVCPU_RULE_HOST_PAE			= 143,
	XVCPU_RULE_HOST_RIP			= 144,
	XVCPU_RULE_HOST_SSP_SIZE		= 145,

	/* SDM "Checks on Guest Control Registers, Debug Registers, and MSRs" */
	XVCPU_RULE_GUEST_CR0			= 200,
	XVCPU_RULE_GUEST_CR0_PG_PE		= 201,
	XVCPU_RULE_GUEST_CR4			= 202,
	XVCPU_RULE_GUEST_CET_WP			= 203,
	XVCPU_RULE_GUEST_DEBUGCTL		= 204,
	XVCPU_RULE_GUEST_LONG_PG		= 205,
	XVCPU_RULE_GUEST_LONG_PAE		= 206,
	XVCPU_RULE_GUEST_PCIDE			= 207,
	XVCPU_RULE_GUEST_CR3			= 208,
	XVCPU_RULE_GUEST_DR7			= 209,
	XVCPU_RULE_GUEST_SYSENTER		= 210,
	XVCPU_RULE_GUEST_S_CET			= 211,
	XVCPU_RULE_GUEST_SSP_TABLE		= 212,
	XVCPU_RULE_GUEST_PERF_GLOBAL_CTRL	= 213,
	XVCPU_RULE_GUEST_PAT			= 214,
	XVCPU_RULE_GUEST_EFER			= 215,
	XVCPU_RULE_GUEST_EFER_LMA		= 216,
	XVCPU_RULE_GUEST_EFER_LME		= 217,
	XVCPU_RULE_GUEST_BNDCFGS		= 218,
	XVCPU_RULE_GUEST_BNDCFGS_BASE		= 219,
	XVCPU_RULE_GUEST_RTIT_CTL		= 220,
	XVCPU_RULE_GUEST_LBR_CTL		= 221,
	XVCPU_RULE_GUEST_PKRS			= 222,
	XVCPU_RULE_GUEST_UINV			= 223,

	/* SDM "Checks on Guest Segment Registers" */
	XVCPU_RULE_SEG_TR_TI			= 240,
	XVCPU_RULE_SEG_LDTR_TI			= 241,
	XVCPU_RULE_SEG_SS_RPL			= 242,
	XVCPU_RULE_SEG_V86_BASE			= 243,
	XVCPU_RULE_SEG_BASE_CANONICAL		= 244,
	XVCPU_RULE_SEG_BASE_HIGH		= 245,
	XVCPU_RULE_SEG_V86_LIMIT		= 246,
	XVCPU_RULE_SEG_V86_ACCESS		= 247,
	XVCPU_RULE_SEG_CS_TYPE			= 248,
	XVCPU_RULE_SEG_SS_TYPE			= 249,
	XVCPU_RULE_SEG_ACCESSED			= 250,
	XVCPU_RULE_SEG_READABLE			= 251,
	XVCPU_RULE_SEG_S			= 252,
	XVCPU_RULE_SEG_CS_DPL_DATA		= 253,
	XVCPU_RULE_SEG_CS_DPL_EQUAL		= 254,
	XVCPU_RULE_SEG_CS_DPL_CONFORMING	= 255,
	XVCPU_RULE_SEG_SS_DPL_RPL		= 256,
	XVCPU_RULE_SEG_SS_DPL_ZERO		= 257,
	XVCPU_RULE_SEG_DATA_DPL			= 258,
	XVCPU_RULE_SEG_PRESENT			= 259,
	XVCPU_RULE_SEG_RESERVED			= 260,
	XVCPU_RULE_SEG_CS_DB_L			= 261,
	XVCPU_RULE_SEG_GRANULARITY_0		= 262,
	XVCPU_RULE_SEG_GRANULARITY_1		= 263,

	XVCPU_RULE_TR_TYPE			= 270,
	XVCPU_RULE_TR_S				= 271,
	XVCPU_RULE_TR_PRESENT			= 272,
	XVCPU_RULE_TR_RESERVED			= 273,
	XVCPU_RULE_TR_GRANULARITY_0		= 274,
	XVCPU_RULE_TR_GRANULARITY_1		= 275,
	XVCPU_RULE_TR_UNUSABLE			= 276,

	XVCPU_RULE_LDTR_TYPE			= 280,
	XVCPU_RULE_LDTR_S			= 281,
	XVCPU_RULE_LDTR_PRESENT			= 282,
	XVCPU_RULE_LDTR_RESERVED		= 283,
	XVCPU_RULE_LDTR_GRANULARITY_0		= 284,
	XVCPU_RULE_LDTR_GRANULARITY_1		= 285,

	/* SDM "Checks on Guest Descriptor-Table Registers" */
	XVCPU_RULE_TABLE_BASE			= 290,
	XVCPU_RULE_TABLE_LIMIT			= 291,

	/* SDM "Checks on Guest RIP, RFLAGS, and SSP" */
	XVCPU_RULE_RIP_HIGH			= 300,
	XVCPU_RULE_RIP_WIDTH			= 301,
	XVCPU_RULE_RFLAGS_RESERVED		= 302,
	XVCPU_RULE_RFLAGS_VM			= 303,
	XVCPU_RULE_RFLAGS_IF			= 304,
	XVCPU_RULE_SSP_ALIGN			= 305,
	XVCPU_RULE_SSP_WIDTH			= 306,

	/* SDM "Checks on Guest Non-Register State" */
	XVCPU_RULE_ACTIVITY_SUPPORTED		= 320,
	XVCPU_RULE_ACTIVITY_HLT_DPL		= 321,
	XVCPU_RULE_ACTIVITY_BLOCKING		= 322,
	XVCPU_RULE_ACTIVITY_EVENT		= 323,
	XVCPU_RULE_ACTIVITY_SMM			= 324,

	XVCPU_RULE_BLOCKING_RESERVED		= 330,
	XVCPU_RULE_BLOCKING_STI_MOV_SS		= 331,
	XVCPU_RULE_BLOCKING_STI_IF		= 332,
	XVCPU_RULE_BLOCKING_INTERRUPT		= 333,
	XVCPU_RULE_BLOCKING_NMI_MOV_SS		= 334,
	XVCPU_RULE_BLOCKING_SMI			= 335,
	XVCPU_RULE_BLOCKING_SMI_ENTRY		= 336,
	XVCPU_RULE_BLOCKING_NMI_STI		= 337,
	XVCPU_RULE_BLOCKING_NMI_NMI		= 338,
	XVCPU_RULE_BLOCKING_ENCLAVE		= 339,
	XVCPU_RULE_BLOCKING_ENCLAVE_SS		= 340,

	XVCPU_RULE_PENDING_RESERVED		= 345,
	XVCPU_RULE_PENDING_BS_SET		= 346,
	XVCPU_RULE_PENDING_BS_CLEAR		= 347,
	XVCPU_RULE_PENDING_RTM_BITS		= 348,
	XVCPU_RULE_PENDING_RTM			= 349,
	XVCPU_RULE_PENDING_RTM_MOV_SS		= 350,

	XVCPU_RULE_LINK_ADDRESS			= 355,
	XVCPU_RULE_LINK_REVISION		= 356,
	XVCPU_RULE_LINK_SHADOW			= 357,
	XVCPU_RULE_LINK_CURRENT			= 358,

	/* SDM "Checks on Guest Page-Directory-Pointer-Table Entries" */
	XVCPU_RULE_PDPTE			= 365,

	/* SDM "Loading MSRs" */
	XVCPU_RULE_MSR_RESERVED			= 400,
	XVCPU_RULE_MSR_BASE			= 401,
	XVCPU_RULE_MSR_X2APIC			= 402,
	XVCPU_RULE_MSR_SMM			= 403,
	XVCPU_RULE_MSR_MICROCODE		= 404,
	XVCPU_RULE_MSR_VALUE			= 405,
};

/**
 * DOC: XVCPU_RUN
 *
 * Runs the vCPU until something needs the VMM, in this order:
 *  1. load the groups in @dirty;
 *  2. complete the exit that waits (which may give the next exit at once);
 *  3. a pending kick: 0 with %XVCPU_EXIT_KICK;
 *  4. a pending signal: -EINTR;
 *  5. @immediate_exit: -EINTR;
 *  6. after a triple fault: 0 with %XVCPU_EXIT_SHUTDOWN;
 *  7. a budget of which nothing is left: 0 with %XVCPU_EXIT_BUDGET;
 *  8. enter the guest.
 * A failure of 1 or 2 is -EINVAL, or for INS what &struct xvcpu_exit_io says, and changes neither
 * the registers nor the waiting exit; -EINTR never comes before both are done. A kick stays pending
 * behind any other exit and behind -EINTR.
 *
 * 0: &xvcpu_run_exit.reason says why. -EINTR: reason is %XVCPU_EXIT_SIGNAL. -EINVAL: the request
 * is wrong; &xvcpu_run_exit.error says where. -EBUSY: another thread is in XVCPU_RUN. -EIO: not
 * the address space that created the VM. -ENODEV: VMX is off on this CPU (the machine
 * is about to restart, or VMX did not come back after a suspend), or somebody took the vCPU's
 * hardware state away: %XVCPU_LIFE_INVALID, until XVCPU_RESET. -ENOTRECOVERABLE: an earlier
 * %XVCPU_EXIT_INTERNAL killed this VM; only closing it is left.
 *
 * A kick or signal ends a stay in the guest at once. While the kernel fetches a page of guest
 * memory (from swap, a network, userfaultfd) it waits for that page; only a fatal signal does not.
 */

/**
 * DOC: mmap of a vCPU fd
 *
 * Offset 0, &xvcpu_info.run_size bytes: the run area. Offset &xvcpu_info.stats_offset,
 * &xvcpu_info.stats_size bytes: &struct xvcpu_run_stats, -EACCES with PROT_WRITE (nor can mprotect
 * add it later). Other offsets or lengths, and MAP_PRIVATE, are -EINVAL; PROT_EXEC is -EACCES.
 */

/**
 * DOC: XVCPU_KICK
 *
 * Makes the XVCPU_RUN that is under way, or the next one, return with %XVCPU_EXIT_KICK. Any
 * thread of any process that holds the fd; needs no signal. Kicks do not add up: one that finds
 * an earlier one unconsumed is part of it. Never lost: with another exit it stays pending behind
 * that exit. Always 0.
 */

#endif /* _UAPI_XVCPU_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest page-table walk: from a guest-linear address to a guest-physical one, or to the fault that
 * the guest would get.
 *
 * A pure function over its arguments but for the reads of guest memory, which the caller supplies:
 * no lock, no allocation. Also compiled in userspace, for selftests/host. Accessed and dirty flags
 * are set by walk_access() alone, for accesses that are then made for the guest: a walk for other
 * purposes leaves no trace.
 *
 * Not covered, because no guest can turn them on: supervisor protection keys, shadow stacks, linear
 * address masking, hypervisor-managed linear-address translation.
 */
#ifndef KMOD_WALK_H
#define KMOD_WALK_H

#include <linux/types.h>

#include "../uapi/xvcpu.h"

/**
 * struct walk_state - the registers that decide about translation and access rights
 * @cr0:        .
 * @cr3:        .
 * @cr4:        .
 * @efer:       .
 * @rflags:     AC lets CPL 0 to 2 access user pages in spite of SMAP
 * @pdpte:      PAE page-directory pointers as the processor holds them; not read from memory
 * @pkru:       rights of the protection keys, used with CR4.PKE in long mode
 * @cpl:        0 to 3; for an implicit supervisor access (GDT, IDT, TSS) 0, with AC clear
 * @maxphyaddr: 32 to 52: physical-address width. Nothing virtualises it: it is that of the host,
 *              whatever the guest's CPUID says
 * @gbpages:    1 GiB pages exist, on the host again: without them PS in a PDPTE is reserved
 */
struct walk_state {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u64 rflags;
	u64 pdpte[4];
	u32 pkru;
	u8 cpl;
	u8 maxphyaddr;
	bool gbpages;
};

/**
 * struct walk_ops - access to guest-physical memory
 * @read: copies @len bytes at @gpa, 4 or 8 and aligned to their size, to @buf; by one load, since
 *        another vCPU may be changing them; 0 or a negative errno
 * @exchange: for walk_access(): replaces the @len bytes at @gpa, 4 or 8 and aligned, by @new if
 *        they are @old, as one locked access; 0, -EAGAIN if they are not, or another negative errno
 */
struct walk_ops {
	int (*read)(void *ctx, u64 gpa, void *buf, unsigned int len);
	int (*exchange)(void *ctx, u64 gpa, u64 old, u64 new, unsigned int len);
};

/**
 * enum walk_outcome - how a walk ended
 * @WALK_OK:           translated, and the access is allowed
 * @WALK_PAGE_FAULT:   #PF; the error code is in &walk_result.error_code, CR2 is the linear address
 * @WALK_NONCANONICAL: the address is not canonical: #GP(0), or #SS(0) for a stack access
 * @WALK_NO_TABLE:     a table entry could not be read, or its flags not set: &walk_result.gpa and
 *                     &walk_result.error
 */
enum walk_outcome {
	WALK_OK = 0,
	WALK_PAGE_FAULT,
	WALK_NONCANONICAL,
	WALK_NO_TABLE,
};

/**
 * struct walk_result - where a walk led
 * @gpa:        %WALK_OK: what the address translates to; %WALK_NO_TABLE: the entry
 * @page_size:  %WALK_OK: bytes of the page, 4 KiB to 1 GiB; 4 KiB with paging off
 * @rights:     %WALK_OK: all XVCPU_ACCESS_READ, WRITE and EXEC that this state allows there
 * @error_code: %WALK_PAGE_FAULT: X86_PF_* bits
 * @error:      %WALK_NO_TABLE: the errno that @read or @exchange gave, negative
 *
 * Members that the outcome does not define are 0.
 */
struct walk_result {
	u64 gpa;
	u64 page_size;
	u32 rights;
	u32 error_code;
	int error;
};

/**
 * walk_translate() - translate one guest-linear address as the processor would
 * @state:  the guest's registers
 * @ops:    access to guest memory
 * @ctx:    passed to @ops
 * @gva:    linear address; outside long mode bits 63:32 are ignored
 * @access: XVCPU_ACCESS_READ, XVCPU_ACCESS_WRITE or both, or XVCPU_ACCESS_EXEC
 * @out:    result
 *
 * Return: &enum walk_outcome.
 */
enum walk_outcome walk_translate(const struct walk_state *state, const struct walk_ops *ops,
				 void *ctx, u64 gva, u32 access, struct walk_result *out);

/**
 * walk_access() - walk_translate() for an access that is then made for the guest
 * @state:  the guest's registers
 * @ops:    access to guest memory, with @exchange
 * @ctx:    passed to @ops
 * @gva:    linear address
 * @access: as for walk_translate()
 * @out:    result
 *
 * Sets, if the access is allowed, the accessed flag of each entry used, and for a write the dirty
 * flag of the last one, as the processor does (SDM "Accessed and Dirty Flags"): in the entries that
 * were read, or the walk begins again. When other vCPUs do not let it come to its end it gives
 * %WALK_NO_TABLE with -EAGAIN; it may have set flags then.
 *
 * Return: &enum walk_outcome.
 */
enum walk_outcome walk_access(const struct walk_state *state, const struct walk_ops *ops,
			      void *ctx, u64 gva, u32 access, struct walk_result *out);

#endif /* KMOD_WALK_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxvcpu: a thin client of /dev/xvcpu.
 *
 * It opens the handles, maps the run area, and turns numbers into words. It hides nothing: file
 * descriptors are ints, structs are those of xvcpu.h, and every ioctl can also be made by hand.
 *
 * Functions that can fail return 0 or more, or a negative errno. Where a call takes a
 * struct xvcpu_error, NULL is allowed; otherwise it is filled whenever the call fails (with
 * XVCPU_ERR_NONE where the kernel had nothing to add); xvcpu_strerror_record() puts it in words.
 *
 * No function locks anything. One struct xvcpu_vcpu belongs to one thread, except that
 * xvcpu_vcpu_kick() may be called from any; xvcpu_run_stats may be read from any.
 */
#ifndef LIBXVCPU_H
#define LIBXVCPU_H

#include <stddef.h>
#include <xvcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/** define XVCPU_DEVICE - what xvcpu_open() opens by default */
#define XVCPU_DEVICE "/dev/xvcpu"

/* ---------------------------------------------------------------------------- the device */

/**
 * xvcpu_open() - open the device
 * @path: NULL for %XVCPU_DEVICE
 *
 * Return: a file descriptor (close-on-exec). -ENOENT: the module is not loaded; -EACCES: no
 * permission.
 */
int xvcpu_open(const char *path);

/**
 * xvcpu_get_info() - limits, layout and features
 * @dev:  from xvcpu_open()
 * @info: filled; members that an older kernel does not know are 0
 */
int xvcpu_get_info(int dev, struct xvcpu_info *info);

/**
 * xvcpu_get_supported_cpuid() - the largest CPUID table that a guest can be given
 * @dev:     from xvcpu_open()
 * @entries: array of @nr entries
 * @nr:      in: room at @entries; out: entries written, or needed with -ENOSPC
 * @error:   why it failed
 */
int xvcpu_get_supported_cpuid(int dev, struct xvcpu_cpuid_entry *entries, __u32 *nr,
			      struct xvcpu_error *error);

/**
 * xvcpu_get_msr_list() - numbers of the MSRs that make up a vCPU's MSRS group
 * @dev:     from xvcpu_open()
 * @indices: array of @nr numbers
 * @nr:      in: room at @indices; out: numbers written, or needed with -ENOSPC
 * @error:   why it failed
 */
int xvcpu_get_msr_list(int dev, __u32 *indices, __u32 *nr, struct xvcpu_error *error);

/* -------------------------------------------------------------------------------- the VM */

/**
 * xvcpu_vm_create() - create a VM
 * @dev:    from xvcpu_open()
 * @config: NULL for the defaults; its size member need not be set
 * @error:  why it failed; with XVCPU_ERR_FEATURE, which feature is missing and for what reason
 *
 * Return: the VM's file descriptor. Errors: see &struct xvcpu_create_vm.
 */
int xvcpu_vm_create(int dev, const struct xvcpu_create_vm *config, struct xvcpu_error *error);

/**
 * xvcpu_vm_set_memory() - add, replace or delete slots, all or none of them
 * @vm:    from xvcpu_vm_create()
 * @slots: array
 * @nr:    its entries
 * @error: why it failed; error->index is the entry
 */
int xvcpu_vm_set_memory(int vm, const struct xvcpu_memory_slot *slots, __u32 nr,
			struct xvcpu_error *error);

/**
 * xvcpu_vm_set_policy() - replace what becomes of ports, MSRs, CPUID and hypercalls
 * @vm:     from xvcpu_vm_create()
 * @policy: its size and the members about ranges are filled in; NULL: as if all zeros
 * @ranges: array
 * @nr:     its entries
 * @error:  why it failed; error->index is the entry
 */
int xvcpu_vm_set_policy(int vm, const struct xvcpu_policy *policy,
			const struct xvcpu_policy_range *ranges, __u32 nr,
			struct xvcpu_error *error);

/* ------------------------------------------------------------------------------ the vCPU */

/**
 * struct xvcpu_vcpu - a vCPU and its run area
 * @fd:      the vCPU's file descriptor
 * @request: what the next xvcpu_vcpu_run() shall do; written by the caller
 * @exit:    what the last one came back with
 * @sync:    registers shared with the kernel
 * @data:    data of string I/O
 * @stats:   counters, read only
 * @area:    the mapping behind @request, @exit, @sync and @data
 * @area_size:  its bytes
 * @stats_size: bytes of the mapping behind @stats
 */
struct xvcpu_vcpu {
	int fd;
	struct xvcpu_run_request *request;
	struct xvcpu_run_exit *exit;
	struct xvcpu_run_sync *sync;
	void *data;
	const struct xvcpu_run_stats *stats;
	void *area;
	size_t area_size;
	size_t stats_size;
};

/**
 * xvcpu_vcpu_create() - create a vCPU and map its run area
 * @vcpu:    filled; untouched when the call fails
 * @vm:      from xvcpu_vm_create()
 * @info:    from xvcpu_get_info() of the same device
 * @id:      0 to info->max_vcpus - 1
 * @apic_id: what CPUID tells the guest
 * @error:   why it failed
 */
int xvcpu_vcpu_create(struct xvcpu_vcpu *vcpu, int vm, const struct xvcpu_info *info, __u32 id,
		      __u32 apic_id, struct xvcpu_error *error);

/**
 * xvcpu_vcpu_destroy() - unmap the run area and close the vCPU
 * @vcpu: not in xvcpu_vcpu_run() of another thread
 */
void xvcpu_vcpu_destroy(struct xvcpu_vcpu *vcpu);

/**
 * xvcpu_vcpu_run() - run the guest until something needs the caller
 * @vcpu: the vCPU
 *
 * Return: an &enum xvcpu_exit_reason, %XVCPU_EXIT_SIGNAL where the ioctl says -EINTR. Otherwise a
 * negative errno; xvcpu_vcpu_strerror() says what was refused.
 */
int xvcpu_vcpu_run(struct xvcpu_vcpu *vcpu);

/**
 * xvcpu_vcpu_kick() - make the run that is under way, or the next, return %XVCPU_EXIT_KICK
 * @vcpu: the vCPU; any thread
 */
int xvcpu_vcpu_kick(const struct xvcpu_vcpu *vcpu);

/**
 * xvcpu_vcpu_strerror() - why the last xvcpu_vcpu_run() failed, in words
 * @vcpu: the vCPU
 * @text: the buffer
 * @size: its size; what does not fit is cut
 *
 * Return: @text; an empty string where the kernel had nothing to say beyond the errno.
 */
const char *xvcpu_vcpu_strerror(const struct xvcpu_vcpu *vcpu, char *text, size_t size);

/**
 * xvcpu_vcpu_reset() - back to the state after power-up
 * @vcpu:  the vCPU
 * @error: why it failed
 */
int xvcpu_vcpu_reset(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error);

/**
 * xvcpu_vcpu_interrupt() - an external interrupt, if the guest can take one now
 * @vcpu:   the vCPU; any thread
 * @vector: 0 to 255
 * @error:  why it failed
 *
 * Return: 0; -EAGAIN: it cannot; other errnos as for XVCPU_INTERRUPT.
 */
int xvcpu_vcpu_interrupt(const struct xvcpu_vcpu *vcpu, __u32 vector, struct xvcpu_error *error);

/**
 * xvcpu_vcpu_nmi() - a non-maskable interrupt
 * @vcpu:  the vCPU; any thread
 * @error: why it failed
 */
int xvcpu_vcpu_nmi(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error);

/**
 * xvcpu_vcpu_exception() - an exception or software interrupt at the guest's RIP
 * @vcpu:      the vCPU, not in xvcpu_vcpu_run()
 * @exception: its size is filled in
 * @error:     why it failed
 */
int xvcpu_vcpu_exception(const struct xvcpu_vcpu *vcpu, const struct xvcpu_exception *exception,
			 struct xvcpu_error *error);

/**
 * xvcpu_vcpu_set_intercepts() - instructions and exceptions that exit
 * @vcpu:         the vCPU; any thread
 * @instructions: mask of XVCPU_INTERCEPT()
 * @exceptions:   bit n: vector n
 * @error:        why it failed
 */
int xvcpu_vcpu_set_intercepts(const struct xvcpu_vcpu *vcpu, __u32 instructions,
			      __u32 exceptions, struct xvcpu_error *error);

/* --------------------------------------------------------------------------------- state */

/**
 * xvcpu_state_get() - read one group of fixed size
 * @vcpu:  the vCPU
 * @group: &enum xvcpu_group other than MSRS and CPUID
 * @data:  the group's struct
 * @size:  its size
 * @error: why it failed
 */
int xvcpu_state_get(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, void *data,
		    size_t size, struct xvcpu_error *error);

/**
 * xvcpu_state_set() - write one group
 * @vcpu:  the vCPU
 * @group: &enum xvcpu_group
 * @data:  the group's struct; for MSRS and CPUID with its entries behind it
 * @size:  its size, entries included
 * @error: why it failed
 */
int xvcpu_state_set(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, const void *data,
		    size_t size, struct xvcpu_error *error);

/**
 * struct xvcpu_blob - several groups in one piece of memory
 * @state:    where each group stands; state.mask says which there are
 * @capacity: bytes allocated behind state.buffer
 *
 * Zero-initialise it, or let xvcpu_blob_get() fill it; xvcpu_blob_free() when done.
 */
struct xvcpu_blob {
	struct xvcpu_state state;
	__u32 capacity;
};

/**
 * xvcpu_blob_get() - read several groups at one instant
 * @vcpu:  the vCPU
 * @mask:  bit n: group n
 * @flags: XVCPU_GET_*
 * @blob:  its former content is replaced, and kept where the call fails
 * @error: why it failed
 */
int xvcpu_blob_get(const struct xvcpu_vcpu *vcpu, __u64 mask, __u32 flags,
		   struct xvcpu_blob *blob, struct xvcpu_error *error);

/**
 * xvcpu_blob_set() - write all groups of a blob, or none
 * @vcpu:  the vCPU
 * @blob:  from xvcpu_blob_get() or xvcpu_blob_add()
 * @error: why it failed; error->index is the group
 */
int xvcpu_blob_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_blob *blob,
		   struct xvcpu_error *error);

/**
 * xvcpu_blob_add() - put a group behind those that a blob has
 * @blob:  the blob
 * @group: &enum xvcpu_group, not in it yet
 * @data:  copied
 * @size:  bytes
 *
 * Return: 0, -EEXIST, -EINVAL for a number that cannot be a group, or -ENOMEM.
 */
int xvcpu_blob_add(struct xvcpu_blob *blob, enum xvcpu_group group, const void *data,
		   __u32 size);

/**
 * xvcpu_blob_find() - a group's place in a blob
 * @blob:  the blob
 * @group: &enum xvcpu_group
 * @size:  set to its bytes; may be NULL
 *
 * Return: its first byte, valid until the blob changes; NULL if the blob does not have the group.
 */
void *xvcpu_blob_find(const struct xvcpu_blob *blob, enum xvcpu_group group, __u32 *size);

/**
 * xvcpu_blob_free() - give a blob's memory back and make it empty
 * @blob: the blob
 */
void xvcpu_blob_free(struct xvcpu_blob *blob);

/* --------------------------------------------------------------------------------- words */

/*
 * Names are identifiers (lower case, underscores) for tables and JSON; texts are for people. None
 * of them is NULL: a number without a name gives "unknown", except where stated.
 */

/**
 * xvcpu_reason_name() - identifier of an &enum xvcpu_reason
 * @reason: the number
 */
const char *xvcpu_reason_name(unsigned int reason);

/**
 * xvcpu_reason_text() - an &enum xvcpu_reason in words
 * @reason: the number
 */
const char *xvcpu_reason_text(unsigned int reason);

/**
 * xvcpu_feature_name() - identifier of an &enum xvcpu_feature
 * @feature: the number
 *
 * Return: NULL for a number that this library does not know: the end of a loop over features.
 */
const char *xvcpu_feature_name(unsigned int feature);

/**
 * xvcpu_feature_text() - an &enum xvcpu_feature in words
 * @feature: the number
 */
const char *xvcpu_feature_text(unsigned int feature);

/**
 * xvcpu_exit_name() - identifier of an &enum xvcpu_exit_reason
 * @reason: the number
 */
const char *xvcpu_exit_name(unsigned int reason);

/**
 * xvcpu_hw_exit_name() - identifier of a basic exit reason (SDM "VMX Basic Exit Reasons")
 * @basic: bits 15:0 of the exit reason
 */
const char *xvcpu_hw_exit_name(unsigned int basic);

/**
 * xvcpu_counter_name() - identifier of an entry of &xvcpu_run_stats.counters
 * @counter: 0 to %XVCPU_COUNTERS - 1
 *
 * Return: NULL for a counter without a meaning.
 */
const char *xvcpu_counter_name(unsigned int counter);

/**
 * xvcpu_instruction_error_text() - a VM-instruction error in words
 * @error: the number (SDM "VM Instruction Error Numbers")
 */
const char *xvcpu_instruction_error_text(unsigned int error);

/**
 * xvcpu_internal_text() - an &enum xvcpu_internal in words
 * @code: the number
 */
const char *xvcpu_internal_text(unsigned int code);

/**
 * xvcpu_rule_name() - identifier of an &enum xvcpu_rule
 * @rule: &xvcpu_exit_fail_entry.rule
 */
const char *xvcpu_rule_name(unsigned int rule);

/**
 * xvcpu_rule_text() - what an &enum xvcpu_rule demands, in a sentence
 * @rule: &xvcpu_exit_fail_entry.rule
 */
const char *xvcpu_rule_text(unsigned int rule);

/**
 * xvcpu_field_name() - identifier of a VMCS field
 * @encoding: its encoding, as in &xvcpu_exit_fail_entry.field
 */
const char *xvcpu_field_name(unsigned int encoding);

/**
 * xvcpu_group_name() - identifier of an &enum xvcpu_group
 * @group: the number
 */
const char *xvcpu_group_name(unsigned int group);

/**
 * xvcpu_strerror_record() - an error record in words: which element, which member, what was wrong
 * @request: the ioctl that filled it, such as %XVCPU_SET_MEMORY; for %XVCPU_RUN there is
 *           xvcpu_vcpu_strerror()
 * @error:   the record
 * @text:    the buffer
 * @size:    its size; what does not fit is cut
 *
 * Return: @text; an empty string where the record says nothing.
 */
const char *xvcpu_strerror_record(unsigned int request, const struct xvcpu_error *error,
				  char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* LIBXVCPU_H */

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Error records in words: which element of the request, which member, and what was wrong with it.
 *
 * A record carries numbers only; the ioctl that filled it says which struct its offsets belong to.
 * Constant tables, the caller's buffer, any thread.
 */
#include "libxvcpu.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* A member of a struct, to be found by its offset. */
struct member {
	size_t offset;
	const char *name;
};

#define MEMBER(type, member)	{ offsetof(struct type, member), #member }

static const struct member create_vm_members[] = {
	MEMBER(xvcpu_create_vm, size), MEMBER(xvcpu_create_vm, flags),
	MEMBER(xvcpu_create_vm, lapic), MEMBER(xvcpu_create_vm, gpa_bits),
	MEMBER(xvcpu_create_vm, views), MEMBER(xvcpu_create_vm, reserved),
	MEMBER(xvcpu_create_vm, tsc),
};

static const struct member create_vcpu_members[] = {
	MEMBER(xvcpu_create_vcpu, size), MEMBER(xvcpu_create_vcpu, flags),
	MEMBER(xvcpu_create_vcpu, id), MEMBER(xvcpu_create_vcpu, apic_id),
};

static const struct member supported_members[] = {
	MEMBER(xvcpu_cpuid, size), MEMBER(xvcpu_cpuid, flags), MEMBER(xvcpu_cpuid, nr),
	MEMBER(xvcpu_cpuid, entry_size), MEMBER(xvcpu_cpuid, entries),
};

static const struct member list_members[] = {
	MEMBER(xvcpu_msr_list, size), MEMBER(xvcpu_msr_list, flags),
	MEMBER(xvcpu_msr_list, nr), MEMBER(xvcpu_msr_list, reserved),
	MEMBER(xvcpu_msr_list, indices),
};

static const struct member memory_members[] = {
	MEMBER(xvcpu_memory, size), MEMBER(xvcpu_memory, flags), MEMBER(xvcpu_memory, nr),
	MEMBER(xvcpu_memory, entry_size), MEMBER(xvcpu_memory, slots),
};

static const struct member slot_members[] = {
	MEMBER(xvcpu_memory_slot, gpa), MEMBER(xvcpu_memory_slot, size),
	MEMBER(xvcpu_memory_slot, hva), MEMBER(xvcpu_memory_slot, slot),
	MEMBER(xvcpu_memory_slot, flags), MEMBER(xvcpu_memory_slot, backing),
	MEMBER(xvcpu_memory_slot, fd), MEMBER(xvcpu_memory_slot, offset),
	MEMBER(xvcpu_memory_slot, reserved),
};

static const struct member policy_members[] = {
	MEMBER(xvcpu_policy, size), MEMBER(xvcpu_policy, flags), MEMBER(xvcpu_policy, nr),
	MEMBER(xvcpu_policy, entry_size), MEMBER(xvcpu_policy, ranges),
	MEMBER(xvcpu_policy, hypercall), MEMBER(xvcpu_policy, hypercall_cpl),
	MEMBER(xvcpu_policy, exit_port), MEMBER(xvcpu_policy, exit_size),
	MEMBER(xvcpu_policy, exit_value), MEMBER(xvcpu_policy, reserved),
};

static const struct member range_members[] = {
	MEMBER(xvcpu_policy_range, kind), MEMBER(xvcpu_policy_range, first),
	MEMBER(xvcpu_policy_range, last), MEMBER(xvcpu_policy_range, read),
	MEMBER(xvcpu_policy_range, write), MEMBER(xvcpu_policy_range, reserved),
};

static const struct member intercepts_members[] = {
	MEMBER(xvcpu_intercepts, size), MEMBER(xvcpu_intercepts, flags),
	MEMBER(xvcpu_intercepts, instructions), MEMBER(xvcpu_intercepts, exceptions),
};

static const struct member state_members[] = {
	MEMBER(xvcpu_state, size), MEMBER(xvcpu_state, flags), MEMBER(xvcpu_state, mask),
	MEMBER(xvcpu_state, buffer), MEMBER(xvcpu_state, length), MEMBER(xvcpu_state, reserved),
};

static const struct member request_members[] = {
	MEMBER(xvcpu_run_request, flags), MEMBER(xvcpu_run_request, immediate_exit),
	MEMBER(xvcpu_run_request, answer), MEMBER(xvcpu_run_request, vector),
	MEMBER(xvcpu_run_request, error_code), MEMBER(xvcpu_run_request, reserved0),
	MEMBER(xvcpu_run_request, payload), MEMBER(xvcpu_run_request, sync),
	MEMBER(xvcpu_run_request, dirty), MEMBER(xvcpu_run_request, reserved),
};

static const struct member regs_members[] = {
	MEMBER(xvcpu_regs, rax), MEMBER(xvcpu_regs, rcx), MEMBER(xvcpu_regs, rdx),
	MEMBER(xvcpu_regs, rbx), MEMBER(xvcpu_regs, rsp), MEMBER(xvcpu_regs, rbp),
	MEMBER(xvcpu_regs, rsi), MEMBER(xvcpu_regs, rdi), MEMBER(xvcpu_regs, r8),
	MEMBER(xvcpu_regs, r9), MEMBER(xvcpu_regs, r10), MEMBER(xvcpu_regs, r11),
	MEMBER(xvcpu_regs, r12), MEMBER(xvcpu_regs, r13), MEMBER(xvcpu_regs, r14),
	MEMBER(xvcpu_regs, r15), MEMBER(xvcpu_regs, rip), MEMBER(xvcpu_regs, rflags),
	MEMBER(xvcpu_regs, reserved),
};

/* Eight segment registers of one size, then two descriptor-table registers of another. */
static const char * const segment_names[] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };
static const char * const table_names[] = { "gdtr", "idtr" };

static const struct member segment_members[] = {
	MEMBER(xvcpu_segment, base), MEMBER(xvcpu_segment, limit), MEMBER(xvcpu_segment, selector),
	MEMBER(xvcpu_segment, ar), MEMBER(xvcpu_segment, unusable), MEMBER(xvcpu_segment, reserved),
};

static const struct member table_members[] = {
	MEMBER(xvcpu_table, base), MEMBER(xvcpu_table, limit), MEMBER(xvcpu_table, reserved),
};

static const struct member cregs_members[] = {
	MEMBER(xvcpu_cregs, cr0), MEMBER(xvcpu_cregs, cr2), MEMBER(xvcpu_cregs, cr3),
	MEMBER(xvcpu_cregs, cr4), MEMBER(xvcpu_cregs, cr8), MEMBER(xvcpu_cregs, efer),
	MEMBER(xvcpu_cregs, apic_base), MEMBER(xvcpu_cregs, xcr0), MEMBER(xvcpu_cregs, xss),
	MEMBER(xvcpu_cregs, pdpte[0]), MEMBER(xvcpu_cregs, pdpte[1]),
	MEMBER(xvcpu_cregs, pdpte[2]), MEMBER(xvcpu_cregs, pdpte[3]),
	MEMBER(xvcpu_cregs, flags), MEMBER(xvcpu_cregs, reserved),
};

static const struct member debug_members[] = {
	MEMBER(xvcpu_debug_regs, db[0]), MEMBER(xvcpu_debug_regs, db[1]),
	MEMBER(xvcpu_debug_regs, db[2]), MEMBER(xvcpu_debug_regs, db[3]),
	MEMBER(xvcpu_debug_regs, dr6), MEMBER(xvcpu_debug_regs, dr7),
};

static const struct member cpuid_members[] = {
	MEMBER(xvcpu_cpuid_entry, leaf), MEMBER(xvcpu_cpuid_entry, subleaf),
	MEMBER(xvcpu_cpuid_entry, flags), MEMBER(xvcpu_cpuid_entry, eax),
	MEMBER(xvcpu_cpuid_entry, ebx), MEMBER(xvcpu_cpuid_entry, ecx),
	MEMBER(xvcpu_cpuid_entry, edx), MEMBER(xvcpu_cpuid_entry, reserved),
};

/* The caller's buffer, and how much of it is used. */
struct out {
	char *text;
	size_t size;
	size_t used;
};

__attribute__((__format__(__printf__, 2, 3)))
static void put(struct out *out, const char *fmt, ...)
{
	va_list args;
	int ret;

	if (out->used >= out->size)
		return;
	va_start(args, fmt);
	ret = vsnprintf(out->text + out->used, out->size - out->used, fmt, args);
	va_end(args);
	if (ret > 0)
		out->used += ret;
}

static void put_member(struct out *out, const struct member *members, size_t nr, __u32 field)
{
	for (size_t i = 0; i < nr; i++) {
		if (members[i].offset == field) {
			put(out, "%s", members[i].name);
			return;
		}
	}
	put(out, "byte %u", field);
}

static void put_sregs_member(struct out *out, __u32 field)
{
	size_t index, tables = offsetof(struct xvcpu_sregs, gdtr);

	if (field >= offsetof(struct xvcpu_sregs, reserved)) {
		put(out, "reserved");
		return;
	}
	if (field < tables) {
		index = field / sizeof(struct xvcpu_segment);
		put(out, "%s.", segment_names[index]);
		field %= sizeof(struct xvcpu_segment);
		put_member(out, segment_members, ARRAY_SIZE(segment_members), field);
		return;
	}
	field -= tables;
	index = field / sizeof(struct xvcpu_table);
	put(out, "%s.", table_names[index]);
	field %= sizeof(struct xvcpu_table);
	put_member(out, table_members, ARRAY_SIZE(table_members), field);
}

static void put_cpuid_member(struct out *out, __u32 field)
{
	size_t size = sizeof(struct xvcpu_cpuid_entry);

	put(out, "entries[%zu].", field / size);
	put_member(out, cpuid_members, ARRAY_SIZE(cpuid_members), field % size);
}

static void put_group_member(struct out *out, const struct xvcpu_error *error)
{
	__u32 field = error->field;

	put(out, "%s.", xvcpu_group_name(error->index));
	switch (error->index) {
	case XVCPU_GROUP_REGS:
		put_member(out, regs_members, ARRAY_SIZE(regs_members), field);
		break;
	case XVCPU_GROUP_SREGS:
		put_sregs_member(out, field);
		break;
	case XVCPU_GROUP_CREGS:
		put_member(out, cregs_members, ARRAY_SIZE(cregs_members), field);
		break;
	case XVCPU_GROUP_DEBUG:
		put_member(out, debug_members, ARRAY_SIZE(debug_members), field);
		break;
	case XVCPU_GROUP_MSRS:
		put(out, "0x%x", field);
		break;
	case XVCPU_GROUP_CPUID:
		if (field < sizeof(struct xvcpu_cpuid_table)) {
			put(out, "nr");
			break;
		}
		put_cpuid_member(out, field - sizeof(struct xvcpu_cpuid_table));
		break;
	default:
		put(out, "byte %u", field);
	}
}

static void put_sync_member(struct out *out, size_t field)
{
	static const struct {
		__u32 group;
		size_t offset;
		size_t size;
	} groups[] = {
		{ XVCPU_GROUP_REGS, offsetof(struct xvcpu_run_sync, regs),
		  sizeof(struct xvcpu_regs) },
		{ XVCPU_GROUP_CREGS, offsetof(struct xvcpu_run_sync, cregs),
		  sizeof(struct xvcpu_cregs) },
		{ XVCPU_GROUP_SREGS, offsetof(struct xvcpu_run_sync, sregs),
		  sizeof(struct xvcpu_sregs) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct xvcpu_error error = { .index = groups[i].group };

		if (field < groups[i].offset || field - groups[i].offset >= groups[i].size)
			continue;
		error.field = field - groups[i].offset;
		put_group_member(out, &error);
		return;
	}
	put(out, "sync byte %zu", field);
}

/* Whether a record of SET_MEMORY is about the call itself, not about the entry it names. */
static int about_memory_header(const struct xvcpu_error *error)
{
	if (error->code == XVCPU_ERR_RANGE && error->field == offsetof(struct xvcpu_memory, nr))
		return 1;
	return error->field == offsetof(struct xvcpu_memory, flags) ||
	       error->field == offsetof(struct xvcpu_memory, entry_size);
}

/* The same for GET_STATE and SET_STATE, whose groups have no flags and no buffer. */
static int about_state_header(const struct xvcpu_error *error)
{
	return error->code == XVCPU_ERR_FLAGS || error->code == XVCPU_ERR_SPACE ||
	       error->code == XVCPU_ERR_RESERVED || error->code == XVCPU_ERR_MISSING;
}

/*
 * The same for SET_POLICY: fields of the two structs share offsets, but what is wrong with a range
 * has a code that nothing else has there, or an offset that is no member of the call.
 */
static int about_policy_header(const struct xvcpu_error *error)
{
	switch (error->code) {
	case XVCPU_ERR_FLAGS:
	case XVCPU_ERR_SIZE:
	case XVCPU_ERR_BITS:
		return 1;
	case XVCPU_ERR_RANGE:
		/* The last of a range is refused by a limit below it only if that is 0xffff. */
		if (error->field == offsetof(struct xvcpu_policy, nr))
			return error->expected == XVCPU_POLICY_RANGES &&
			       error->value > error->expected;
	}
	return error->field >= sizeof(struct xvcpu_policy_range);
}

static void put_place(struct out *out, unsigned int request, const struct xvcpu_error *error)
{
	switch (request) {
	case XVCPU_CREATE_VM:
		put_member(out, create_vm_members, ARRAY_SIZE(create_vm_members), error->field);
		break;
	case XVCPU_CREATE_VCPU:
		put_member(out, create_vcpu_members, ARRAY_SIZE(create_vcpu_members), error->field);
		break;
	case XVCPU_GET_SUPPORTED_CPUID:
		put_member(out, supported_members, ARRAY_SIZE(supported_members), error->field);
		break;
	case XVCPU_GET_MSR_LIST:
		put_member(out, list_members, ARRAY_SIZE(list_members), error->field);
		break;
	case XVCPU_SET_MEMORY:
		if (about_memory_header(error)) {
			put_member(out, memory_members, ARRAY_SIZE(memory_members), error->field);
			break;
		}
		put(out, "slots[%u].", error->index);
		put_member(out, slot_members, ARRAY_SIZE(slot_members), error->field);
		break;
	case XVCPU_SET_POLICY:
		if (about_policy_header(error)) {
			put_member(out, policy_members, ARRAY_SIZE(policy_members), error->field);
			break;
		}
		put(out, "ranges[%u].", error->index);
		put_member(out, range_members, ARRAY_SIZE(range_members), error->field);
		break;
	case XVCPU_SET_INTERCEPTS:
		put_member(out, intercepts_members, ARRAY_SIZE(intercepts_members), error->field);
		break;
	case XVCPU_GET_STATE:
	case XVCPU_SET_STATE:
		if (about_state_header(error))
			put_member(out, state_members, ARRAY_SIZE(state_members), error->field);
		else
			put_group_member(out, error);
		break;
	default:
		put(out, "byte %u", error->field);
	}
}

static void put_fault(struct out *out, unsigned int request, const struct xvcpu_error *error)
{
	unsigned long long value = error->value, expected = error->expected;

	switch (error->code) {
	case XVCPU_ERR_FLAGS:
		put(out, " is 0x%llx: known flags are 0x%llx", value, expected);
		break;
	case XVCPU_ERR_RESERVED:
		put(out, " is reserved and must be 0, not 0x%llx", value);
		break;
	case XVCPU_ERR_RANGE:
		put(out, " is %llu (0x%llx): the limit is %llu", value, value, expected);
		break;
	case XVCPU_ERR_ALIGN:
		put(out, " is 0x%llx: must be a multiple of 0x%llx", value, expected);
		break;
	case XVCPU_ERR_WRAP:
		put(out, " is 0x%llx: the range passes the end at 0x%llx", value, expected);
		break;
	case XVCPU_ERR_OVERLAP:
		put(out, " is 0x%llx: the range overlaps %s %llu", value,
		    request == XVCPU_SET_POLICY ? "entry" : "slot", expected);
		break;
	case XVCPU_ERR_ORDER:
		put(out, " is 0x%llx: must stand before entry %llu", value, expected);
		break;
	case XVCPU_ERR_PASSED:
		put(out, " is 0x%llx: the range covers MSR 0x%llx, which never exits", value,
		    expected);
		break;
	case XVCPU_ERR_INTERCEPT:
		put(out, " is 0x%llx: this processor cannot intercept 0x%llx", value,
		    value & ~expected);
		break;
	case XVCPU_ERR_EXISTS:
		put(out, " is %llu: already taken", value);
		break;
	case XVCPU_ERR_MISSING:
		put(out, " is 0x%llx: there is no such thing", value);
		break;
	case XVCPU_ERR_TWICE:
		put(out, " is %llu: given twice in one call", value);
		break;
	case XVCPU_ERR_BITS:
		put(out, " is 0x%llx: bits 0x%llx are not allowed here", value, value & ~expected);
		break;
	case XVCPU_ERR_CANONICAL:
		put(out, " is 0x%llx: not a canonical address", value);
		break;
	case XVCPU_ERR_VALUE:
		put(out, " is 0x%llx: not an allowed value", value);
		break;
	case XVCPU_ERR_SPACE:
		put(out, " is %llu: too small, %llu is needed", value, expected);
		break;
	case XVCPU_ERR_SIZE:
		put(out, " is %llu: not a size that this kernel accepts", value);
		break;
	default:
		put(out, " is 0x%llx: refused with code %u", value, error->code);
	}
}

/* Records that are about the whole call and name no member. */
static int put_whole(struct out *out, const struct xvcpu_error *error)
{
	switch (error->code) {
	case XVCPU_ERR_NONE:
		return 1;
	case XVCPU_ERR_FEATURE:
		put(out, "%s: %s", xvcpu_feature_text(error->expected),
		    xvcpu_reason_text(error->value));
		return 1;
	case XVCPU_ERR_RUNNING:
		put(out, "another thread runs this vCPU");
		return 1;
	case XVCPU_ERR_BLOCKED:
		put(out, "the guest cannot take the event now");
		return 1;
	case XVCPU_ERR_PENDING:
		put(out, "the guest is to be given an event of vector %llu first",
		    (unsigned long long)error->value);
		return 1;
	case XVCPU_ERR_WAITING:
		put(out, "the exit %s waits for its answer", xvcpu_exit_name(error->value));
		return 1;
	}
	return 0;
}

const char *xvcpu_strerror_record(unsigned int request, const struct xvcpu_error *error,
				  char *text, size_t size)
{
	struct out out = { .text = text, .size = size };

	if (size)
		text[0] = '\0';
	if (!put_whole(&out, error)) {
		put_place(&out, request, error);
		put_fault(&out, request, error);
	}
	return text;
}

/* The records of XVCPU_RUN count from the start of the run area, whose layout the vCPU knows. */
const char *xvcpu_vcpu_strerror(const struct xvcpu_vcpu *vcpu, char *text, size_t size)
{
	struct xvcpu_error error = vcpu->exit->error;
	struct out out = { .text = text, .size = size };
	size_t request = (char *)vcpu->request - (char *)vcpu->area;
	size_t sync = (char *)vcpu->sync - (char *)vcpu->area;
	size_t field = error.field;

	if (size)
		text[0] = '\0';
	if (put_whole(&out, &error))
		return text;

	if (field >= request && field - request < sizeof(*vcpu->request))
		put_member(&out, request_members, ARRAY_SIZE(request_members), field - request);
	else if (field >= sync && field - sync < sizeof(*vcpu->sync))
		put_sync_member(&out, field - sync);
	else
		put(&out, "run area byte %zu", field);
	put_fault(&out, XVCPU_RUN, &error);
	return text;
}

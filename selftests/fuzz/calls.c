// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls that take a struct, with arguments of their types: right, nearly right and wrong. See
 * fuzz.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* Where a buffer may be: mostly at @good, else short of the hole behind it, or nowhere. */
static uint64_t pointer(struct fuzz *f, const uint8_t *good)
{
	switch (below(f, 24)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)good + ROOM_BYTES - below(f, 256);
	case 2:
		return (uintptr_t)good + ROOM_BYTES;
	case 3:
		return 0xffff888000000000;
	case 4:
		return tempting(f);
	case 5:
		return (uintptr_t)f->arg_read_only;
	}
	return (uintptr_t)good + below(f, 16);
}

static void fill_nothing(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
}

static void fill_cpuid(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_cpuid *args = arg;

	args->flags = sometimes(f);
	args->nr = one_in(f, 4) ? tempting(f) : f->info.max_cpuid;
	args->entry_size = sizeof(struct xvcpu_cpuid_entry) + sometimes(f);
	args->entries = pointer(f, f->room);
}

static void fill_msr_list(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_msr_list *args = arg;

	args->flags = sometimes(f);
	args->nr = one_in(f, 4) ? tempting(f) : f->info.max_msrs;
	args->reserved = sometimes(f);
	args->indices = pointer(f, f->room);
}

static void fill_create_vm(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_create_vm *args = arg;

	/* Few succeed: each costs as much as hundreds of other calls. */
	args->flags = one_in(f, 8) ? below(f, 2) : tempting(f);
	args->lapic = sometimes(f);
	args->gpa_bits = one_in(f, 4) ? 30 + below(f, 20) : sometimes(f);
	args->views = sometimes(f);
	args->reserved = sometimes(f);
	args->tsc = tempting(f);
}

static void fill_create_vcpu(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_create_vcpu *args = arg;

	args->flags = sometimes(f);
	args->id = one_in(f, 2) ? tempting(f) : below(f, FUZZ_VCPUS + 2);
	args->apic_id = one_in(f, 4) ? tempting(f) : args->id;
}

/* One member wrong; memory of another than this VM is not given away: guests write to it. */
static void spoil_slot(struct fuzz *f, struct test_vm *vm, struct xvcpu_memory_slot *slot)
{
	uint64_t most = slot->size;

	switch (below(f, 9)) {
	case 0:
		slot->hva = 0xffff888000000000;
		break;
	case 1:
		slot->hva += below(f, PAGE_BYTES);
		break;
	case 2:
		slot->size = tempting(f);
		/* Not beyond the VM's memory, unless it is beyond everything. */
		if (slot->size > most && slot->size < 1ull << 47)
			slot->size = most;
		break;
	case 3:
		slot->backing = tempting(f);
		break;
	case 4:
		slot->reserved[below(f, 2)] = tempting(f);
		break;
	case 5:
		slot->gpa = tempting(f);
		break;
	case 6:
		slot->flags = tempting(f);
		break;
	case 7:
		slot->fd = tempting(f);
		break;
	case 8:
		slot->offset = tempting(f);
		break;
	}
}

static void fill_slot(struct fuzz *f, struct test_vcpu *vcpu, struct xvcpu_memory_slot *slot)
{
	struct test_vm *vm = vcpu->vm;
	uint64_t pages = vm->size / PAGE_BYTES, at = below(f, pages);

	slot->slot = one_in(f, 32) ? tempting(f) : 1 + below(f, 6);
	if (one_in(f, 4))
		return;		/* delete it */
	slot->gpa = MIB(2) * slot->slot + (uint64_t)below(f, 64) * PAGE_BYTES;
	slot->size = (1 + below(f, one_in(f, 4) ? pages - at : 64)) * PAGE_BYTES;
	if (slot->size > (pages - at) * PAGE_BYTES)
		slot->size = (pages - at) * PAGE_BYTES;
	slot->hva = (uintptr_t)vm->memory + at * PAGE_BYTES;
	slot->flags = below(f, 2);
	if (one_in(f, 8))
		spoil_slot(f, vm, slot);
}

static void fill_memory(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_memory_slot *slot = (void *)f->room;
	struct xvcpu_memory *args = arg;
	unsigned int i;

	args->flags = sometimes(f);
	args->nr = one_in(f, 16) ? tempting(f) : one_in(f, 2) ? 1 : 2 + below(f, 3);
	args->entry_size = sizeof(*slot) + sometimes(f);
	/* Not at an odd place: the entries there would name memory that is not the VM's. */
	args->slots = one_in(f, 16) ? 0xffff888000000000 : (uintptr_t)slot;
	memset(slot, 0, 8 * sizeof(*slot));
	for (i = 0; i < 8; i++)
		fill_slot(f, vcpu, &slot[i]);
	/* What stands behind these must not be taken for a slot. */
	memset(slot + 8, POISON, PAGE_BYTES);
}

#define GROUPS		XVCPU_GROUP_TSC		/* the last one */

static uint64_t group_mask(struct fuzz *f)
{
	switch (below(f, 8)) {
	case 0:
		return XVCPU_GROUP_BIT(GROUPS + 1) - 1;
	case 1:
		return random_bits(f) & (XVCPU_GROUP_BIT(GROUPS + 1) - 1);
	case 2:
		return tempting(f);
	case 3:
		return 3ull << below(f, GROUPS);
	}
	return XVCPU_GROUP_BIT(below(f, GROUPS + 1));
}

static void fill_get_state(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_state *args = arg;

	args->flags = one_in(f, 4) ? below(f, 4) : sometimes(f);
	args->mask = group_mask(f);
	args->buffer = pointer(f, f->room);
	args->length = one_in(f, 4) ? tempting(f) : ROOM_BYTES;
	args->reserved = sometimes(f);
}

/* Members are 16, 32 or 64 bits wide. */
static void change_group(struct fuzz *f, uint8_t *bytes, uint32_t size)
{
	uint32_t at = below(f, size > 512 && one_in(f, 2) ? 512 : size);
	uint64_t value = one_in(f, 4) ? guest_address(f) : tempting(f), old;

	if (size < 8)
		return;
	switch (below(f, 4)) {
	case 0:
		memcpy(bytes + (at & ~1u), &value, 2);
		return;
	case 1:
		memcpy(bytes + (at & ~3u), &value, 4);
		return;
	case 2:
		if (at < size - 7) {
			memcpy(&old, bytes + (at & ~7u), 8);
			value = old ^ 1ull << below(f, 64);
		}
	}
	if ((at & ~7u) + 8 <= size)
		memcpy(bytes + (at & ~7u), &value, 8);
}

static void change_state_args(struct fuzz *f, struct xvcpu_state *args)
{
	struct xvcpu_state_group *group = &args->groups[below(f, XVCPU_GROUP_SLOTS)];

	switch (below(f, 8)) {
	case 0:
		group->offset = tempting(f);
		break;
	case 1:
		group->size = tempting(f);
		break;
	case 2:
		group->offset += 8 * (below(f, 9) - 4);
		break;
	case 3:
		group->size += below(f, 9) - 4;
		break;
	case 4:
		args->length = tempting(f);
		break;
	case 5:
		args->mask = group_mask(f);
		break;
	case 6:
		args->buffer = pointer(f, f->room);
		break;
	case 7:
		args->flags = sometimes(f);
		args->reserved = sometimes(f);
	}
}

/* What the vCPU has, with a few members changed. */
static void fill_set_state(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_state *args = arg;
	struct xvcpu_state get = {
		.size = sizeof(get),
		.mask = group_mask(f) & (XVCPU_GROUP_BIT(GROUPS + 1) - 1),
		.buffer = (uintptr_t)f->room,
		.length = ROOM_BYTES,
	};
	unsigned int i, group, changes = below(f, 5);
	long err;

	if (!one_in(f, 8))
		get.mask &= ~XVCPU_GROUP_BIT(XVCPU_GROUP_PENDING);
	if (!get.mask)
		get.mask = 1;
	err = call(vcpu->fd, XVCPU_GET_STATE, &get);
	if (err && !(err == -EBUSY && f->shared))
		broken(f, "GET_STATE before SET_STATE: %ld", err);
	args->mask = get.mask;
	args->buffer = get.buffer;
	args->length = get.length;
	memcpy(args->groups, get.groups, sizeof(args->groups));
	for (i = 0; i < changes; i++) {
		group = below(f, GROUPS + 1);
		if (get.mask & XVCPU_GROUP_BIT(group))
			change_group(f, f->room + get.groups[group].offset,
				     get.groups[group].size);
	}
	if (one_in(f, 8))
		change_state_args(f, args);
}

static void fill_reset(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_reset *args = arg;

	args->flags = sometimes(f);
}

static void fill_interrupt(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_interrupt *args = arg;

	args->flags = sometimes(f);
	args->vector = one_in(f, 4) ? tempting(f) : below(f, 256);
	args->reserved = sometimes(f);
}

static void fill_nmi(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_nmi *args = arg;

	args->flags = sometimes(f);
}

static void fill_exception(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_exception *args = arg;

	args->flags = sometimes(f);
	args->type = one_in(f, 8) ? tempting(f) : below(f, 4);
	args->vector = one_in(f, 8) ? tempting(f) : below(f, 32);
	args->error_code = one_in(f, 4) ? tempting(f) : below(f, 16);
	args->insn_len = args->type ? below(f, 17) : sometimes(f);
	args->payload = one_in(f, 4) ? tempting(f) : 0;
}

static void fill_translate(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_translate *args = arg;

	args->flags = one_in(f, 4) ? XVCPU_AS_SUPERVISOR : sometimes(f);
	args->access = one_in(f, 8) ? tempting(f) : 1u << below(f, 3);
	args->gva = guest_address(f);
}

static void fill_access(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_access *args = arg;

	args->flags = one_in(f, 16) ? tempting(f) : below(f, 4) << 1;
	if (args->flags & XVCPU_ACCESS_LINEAR)
		args->flags |= below(f, 2);
	args->address = guest_address(f);
	args->length = one_in(f, 8) ? tempting(f) : 1 + below(f, 3 * PAGE_BYTES);
	/* What goes to a guest is HLT instructions, not what happens to be in memory. */
	if (!(args->flags & XVCPU_ACCESS_TO_GUEST))
		args->buffer = pointer(f, f->room);
	else if (args->length <= ROOM_BYTES)
		args->buffer = (uintptr_t)f->code + (one_in(f, 8) ? ROOM_BYTES - 16 : 0);
	else
		args->buffer = 0xffff888000000000;
}

/* In ascending order, more often than not. */
static void fill_policy(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_policy_range *range = (void *)f->room;
	struct xvcpu_policy *args = arg;
	uint32_t i, number = below(f, 0x100), kind = below(f, 3);

	args->flags = sometimes(f);
	args->nr = one_in(f, 16) ? tempting(f) : below(f, 5);
	args->entry_size = sizeof(*range) + sometimes(f);
	args->ranges = pointer(f, f->room);
	args->hypercall = below(f, 2);
	args->hypercall_cpl = one_in(f, 16) ? tempting(f) : below(f, 4);
	if (one_in(f, 4)) {
		args->exit_size = one_in(f, 4) ? tempting(f) : 1u << below(f, 3);
		args->exit_port = one_in(f, 4) ? tempting(f) : 0x80;
		args->exit_value = one_in(f, 4) ? tempting(f) : below(f, 256);
	}
	args->reserved = sometimes(f);
	memset(range, 0, 8 * sizeof(*range));
	for (i = 0; i < 8; i++, range++) {
		range->kind = kind;
		range->first = one_in(f, 16) ? tempting(f) : number;
		range->last = range->first + below(f, 64);
		range->read = kind == XVCPU_POLICY_CPUID ? XVCPU_POLICY_EXIT : below(f, 4);
		range->write = kind == XVCPU_POLICY_CPUID ? XVCPU_POLICY_DEFAULT : below(f, 4);
		range->reserved = one_in(f, 32);
		number = range->last + 1 + below(f, 0x200);
		if (one_in(f, 4) && kind < XVCPU_POLICY_CPUID) {
			kind++;
			number = 0;
		}
	}
}

static void fill_intercepts(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_intercepts *args = arg;

	args->flags = sometimes(f);
	args->instructions = one_in(f, 8) ? tempting(f) : random_bits(f) & random_bits(f) & 0x3ff;
	args->exceptions = one_in(f, 8) ? tempting(f) :
			   random_bits(f) & random_bits(f) & ~(1u << 2 | 1u << 18);
}

static void fill_affinity(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_affinity *args = arg;

	args->flags = sometimes(f);
	args->preferred = one_in(f, 2) ? XVCPU_AFFINITY_ANY : below(f, 3);
	args->reserved = sometimes(f);
	args->set[0] = below(f, 4);
	if (one_in(f, 4))
		args->set[below(f, 16)] = tempting(f);
}

static void fill_life(struct fuzz *f, struct test_vcpu *vcpu, void *arg)
{
	struct xvcpu_life *args = arg;

	args->flags = sometimes(f);
	args->reserved = sometimes(f);
}

#define AT(type, member)	offsetof(struct type, member)
#define END(type, member)	(AT(type, member) + sizeof(((struct type *)0)->member))
#define IOCTL(nr, type)		.name = #nr, .number = nr, .size = sizeof(struct type)
#define ERROR(type)		.error = AT(type, error)
#define OUT(type, from, to)	.out = AT(type, from), .out_end = END(type, to)
#define OUT2(type, from, to)	.out2 = AT(type, from), .out2_end = END(type, to)

const struct fuzz_ioctl fuzz_ioctls[] = {
	{ IOCTL(XVCPU_GET_INFO, xvcpu_info), .kind = FD_DEV, .weight = 2,
	  OUT(xvcpu_info, abi_version, features), .fill = fill_nothing },
	{ IOCTL(XVCPU_GET_SUPPORTED_CPUID, xvcpu_cpuid), .kind = FD_DEV, .weight = 2,
	  ERROR(xvcpu_cpuid), OUT(xvcpu_cpuid, nr, nr), .errnos = { ENOSPC },
	  .fill = fill_cpuid },
	{ IOCTL(XVCPU_GET_MSR_LIST, xvcpu_msr_list), .kind = FD_DEV, .weight = 2,
	  ERROR(xvcpu_msr_list), OUT(xvcpu_msr_list, nr, nr), .errnos = { ENOSPC },
	  .fill = fill_msr_list },
	{ IOCTL(XVCPU_CREATE_VM, xvcpu_create_vm), .kind = FD_DEV, .weight = 1,
	  ERROR(xvcpu_create_vm), .fill = fill_create_vm },
	{ IOCTL(XVCPU_CREATE_VCPU, xvcpu_create_vcpu), .kind = FD_VM, .weight = 4,
	  ERROR(xvcpu_create_vcpu), .errnos = { EEXIST }, .fill = fill_create_vcpu },
	{ IOCTL(XVCPU_SET_MEMORY, xvcpu_memory), .kind = FD_VM, .weight = 10,
	  ERROR(xvcpu_memory), .errnos = { EEXIST, ENOENT }, .fill = fill_memory },
	{ IOCTL(XVCPU_GET_STATE, xvcpu_state), .kind = FD_VCPU, .weight = 10,
	  ERROR(xvcpu_state), OUT(xvcpu_state, length, length),
	  OUT2(xvcpu_state, groups, groups), .errnos = { EBUSY, ENOSPC },
	  .fill = fill_get_state },
	{ IOCTL(XVCPU_SET_STATE, xvcpu_state), .kind = FD_VCPU, .weight = 40,
	  ERROR(xvcpu_state), .errnos = { EBUSY }, .fill = fill_set_state },
	{ IOCTL(XVCPU_RESET, xvcpu_reset), .kind = FD_VCPU, .weight = 2,
	  ERROR(xvcpu_reset), .errnos = { EBUSY }, .fill = fill_reset },
	{ IOCTL(XVCPU_INTERRUPT, xvcpu_interrupt), .kind = FD_VCPU, .weight = 5,
	  ERROR(xvcpu_interrupt), .errnos = { EAGAIN }, .fill = fill_interrupt },
	{ IOCTL(XVCPU_NMI, xvcpu_nmi), .kind = FD_VCPU, .weight = 3,
	  ERROR(xvcpu_nmi), .fill = fill_nmi },
	{ IOCTL(XVCPU_EXCEPTION, xvcpu_exception), .kind = FD_VCPU, .weight = 5,
	  ERROR(xvcpu_exception), .errnos = { EBUSY, EAGAIN }, .fill = fill_exception },
	{ IOCTL(XVCPU_TRANSLATE, xvcpu_translate), .kind = FD_VCPU, .weight = 8,
	  ERROR(xvcpu_translate), OUT(xvcpu_translate, outcome, error_code),
	  .fill = fill_translate },
	{ IOCTL(XVCPU_SET_POLICY, xvcpu_policy), .kind = FD_VM, .weight = 4,
	  ERROR(xvcpu_policy), .fill = fill_policy },
	{ IOCTL(XVCPU_SET_INTERCEPTS, xvcpu_intercepts), .kind = FD_VCPU, .weight = 4,
	  ERROR(xvcpu_intercepts), .errnos = { EOPNOTSUPP }, .fill = fill_intercepts },
	{ IOCTL(XVCPU_SET_AFFINITY, xvcpu_affinity), .kind = FD_VCPU, .weight = 2,
	  ERROR(xvcpu_affinity), .fill = fill_affinity },
	{ IOCTL(XVCPU_GET_LIFE, xvcpu_life), .kind = FD_VCPU, .weight = 2,
	  ERROR(xvcpu_life), OUT(xvcpu_life, state, set), .fill = fill_life },
	{ IOCTL(XVCPU_ACCESS, xvcpu_access), .kind = FD_VCPU, .weight = 8,
	  ERROR(xvcpu_access), OUT(xvcpu_access, done, error_code), .fill = fill_access },
};

const unsigned int fuzz_ioctls_nr = ELEMENTS(fuzz_ioctls);

static const struct fuzz_ioctl *any_ioctl(struct fuzz *f)
{
	unsigned int i, at, total = 0;

	for (i = 0; i < ELEMENTS(fuzz_ioctls); i++)
		total += fuzz_ioctls[i].weight;
	at = below(f, total);
	for (i = 0; at >= fuzz_ioctls[i].weight; i++)
		at -= fuzz_ioctls[i].weight;
	return &fuzz_ioctls[i];
}

/* The struct at some place: whole, at the end of what is mapped, cut off, or nowhere. */
static void place(struct fuzz *f, struct fuzz_call *c, const uint8_t *arg, uint32_t room)
{
	uint32_t cut = c->ioctl->size;

	c->bytes = room;
	switch (below(f, 32)) {
	case 0:
		c->arg = (uint8_t *)(uintptr_t)(one_in(f, 2) ? 0xffff888000000000 :
						one_in(f, 2) ? 0 : tempting(f) | 1ull << 63);
		c->bytes = 0;
		return;
	case 1:
		c->bytes = below(f, cut);
		c->arg = f->arg_end - c->bytes;
		break;
	case 2:
		/* Across the border of two pages. */
		c->arg = f->arg_end - PAGE_BYTES - below(f, cut);
		break;
	case 3:
		c->arg = f->arg_read_only;
		memcpy(f->arg_written, arg, c->bytes);
		return;
	default:
		c->arg = f->arg_end - (one_in(f, 2) ? room : PAGE_BYTES);
	}
	memcpy(c->arg, arg, c->bytes);
}

static uint32_t some_size(struct fuzz *f, uint32_t size)
{
	if (!one_in(f, 12))
		return size;
	return one_in(f, 2) ? size + 4 * below(f, 20) - 40 : tempting(f);
}

static int fd_for(struct fuzz *f, enum fd_kind kind, const struct test_vcpu *vcpu)
{
	/* GET_INFO works on all of them. */
	if (kind == FD_VCPU)
		return vcpu->fd;
	return kind == FD_VM ? vcpu->vm->fd : f->dev;
}

void fuzz_one_ioctl(struct fuzz *f)
{
	struct test_vcpu *vcpu = any_vcpu(f);
	struct fuzz_call c = { .ioctl = any_ioctl(f) };
	bool look = !f->shared && c.ioctl->kind == FD_VCPU && one_in(f, 5);
	static struct snapshot before, after;
	uint8_t arg[512] = { 0 };
	uint32_t room;
	int fd;

	memset(f->room, POISON, 64);
	*(uint32_t *)arg = c.ioctl->size;
	c.ioctl->fill(f, vcpu, arg);
	if (c.ioctl->error)
		memset(arg + c.ioctl->error, POISON, sizeof(struct xvcpu_error));
	*(uint32_t *)arg = some_size(f, c.ioctl->size);
	room = c.ioctl->size + (one_in(f, 4) ? 40 : 0);
	/* A longer struct may have a tail, which must be zero. */
	if (room > c.ioctl->size && one_in(f, 2))
		arg[c.ioctl->size + below(f, 40)] = tempting(f);
	place(f, &c, arg, room);
	memcpy(c.before, c.arg, c.bytes);

	fd = c.ioctl->number == XVCPU_GET_INFO ? fd_for(f, below(f, 3), vcpu) :
						fd_for(f, c.ioctl->kind, vcpu);
	announce(f, "%s on fd %d, size %u, %u bytes, %s", c.ioctl->name, fd, *(uint32_t *)arg,
		 c.bytes, !c.bytes ? "nowhere" : c.arg == f->arg_read_only ? "read-only" :
		 c.arg + c.bytes == f->arg_end ? "before a hole" : "with room behind");
	if (look)
		vcpu_snapshot(vcpu, &before);
	c.result = call(fd, c.ioctl->number, c.arg);
	rules_of_call(f, &c);
	if (c.result > 0)
		close(c.result);
	if (look && c.result < 0) {
		vcpu_snapshot(vcpu, &after);
		if (snapshots_differ(&before, &after) >= 0)
			broken(f, "refused with %ld, but group %d has changed", c.result,
			       snapshots_differ(&before, &after));
	}
}

void fuzz_unknown_ioctl(struct fuzz *f)
{
	/* Ranges that the ABI has not given to anybody, and other directions and types. */
	static const uint32_t numbers[] = { 0x10, 0x1f, 0x30, 0x3f, 0x60, 0x7f, 0x80, 0xff };
	uint32_t nr = XVCPU_IOC_TYPE << 8 | numbers[below(f, ELEMENTS(numbers))];
	enum fd_kind kind = below(f, 3);
	long result;

	if (one_in(f, 2))
		nr = (XVCPU_RUN & 0xffff) | (1 + below(f, 0xffff)) << 16;
	announce(f, "ioctl %#x", nr);
	result = call(fd_for(f, kind, any_vcpu(f)), nr, one_in(f, 2) ? NULL : f->room);
	if (result != -ENOTTY)
		broken(f, "ioctl %#x gives %ld", nr, result);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The argument of every ioctl that has one: bad pointers, sizes, reserved members, flags. One
 * table says what each ioctl takes; each test goes through all of them and looks at what is left
 * of the vCPU.
 *
 * This file is built for 32-bit callers too.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "machine.h"

#define ROOM	1024

enum fd_kind { FD_DEV, FD_VM, FD_VCPU, FD_KINDS };

/**
 * struct ioctl_case - an ioctl, with an argument that it accepts
 * @name:    for messages
 * @fd:      the kind of fd it works on
 * @number:  .
 * @size:    of its struct
 * @error:   offset of its error record, 0 if it has none
 * @flags:   offset of its flags, 0 if it has none
 * @known:   flags that it accepts
 * @prepare: fills the argument, and what it points to
 * @undo:    takes back what success did; gets the result
 */
struct ioctl_case {
	const char *name;
	enum fd_kind fd;
	unsigned long number;
	uint32_t size;
	uint32_t error;
	uint32_t flags;
	uint32_t known;
	void (*prepare)(void *arg);
	void (*undo)(long result);
};

static struct xvcpu_cpuid_entry cpuid_room[CPUID_MAX];
static uint32_t msr_room[MSRS_MAX];
static uint8_t state_room[16384];
static struct xvcpu_memory_slot slot_room;
static struct xvcpu_policy_range policy_room;
static uint8_t slot_pages[PAGE_BYTES] __attribute__((aligned(4096)));
static struct test_vcpu *state_vcpu;

static void prepare_nothing(void *arg)
{
}

static void prepare_cpuid(void *arg)
{
	struct xvcpu_cpuid *args = arg;

	args->nr = CPUID_MAX;
	args->entry_size = sizeof(cpuid_room[0]);
	args->entries = (uintptr_t)cpuid_room;
}

static void prepare_msr_list(void *arg)
{
	struct xvcpu_msr_list *args = arg;

	args->nr = MSRS_MAX;
	args->indices = (uintptr_t)msr_room;
}

static void prepare_vcpu(void *arg)
{
	struct xvcpu_create_vcpu *args = arg;

	args->id = 3;
	args->apic_id = 3;
}

static void prepare_memory(void *arg)
{
	struct xvcpu_memory *args = arg;

	slot_room = (struct xvcpu_memory_slot) {
		.gpa = GIB(1),
		.size = PAGE_BYTES,
		.hva = (uintptr_t)slot_pages,
		.slot = 7,
	};
	args->nr = 1;
	args->entry_size = sizeof(slot_room);
	args->slots = (uintptr_t)&slot_room;
}

static void prepare_get_state(void *arg)
{
	struct xvcpu_state *args = arg;

	args->mask = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_DEBUG);
	args->buffer = (uintptr_t)state_room;
	args->length = sizeof(state_room);
}

/* What the vCPU has already, so that success changes nothing. */
static void prepare_set_state(void *arg)
{
	struct xvcpu_state *args = arg;
	uint32_t size = args->size;

	prepare_get_state(args);
	args->size = sizeof(*args);
	if (call(state_vcpu->fd, XVCPU_GET_STATE, args))
		die("GET_STATE");
	args->size = size;
}

static void prepare_interrupt(void *arg)
{
	struct xvcpu_interrupt *args = arg;

	args->vector = 0x30;
}

static void prepare_translate(void *arg)
{
	struct xvcpu_translate *args = arg;

	args->access = XVCPU_ACCESS_READ;
}

static void prepare_access(void *arg)
{
	struct xvcpu_access *args = arg;

	args->buffer = (uintptr_t)state_room;
	args->length = sizeof(state_room);
}

static void prepare_policy(void *arg)
{
	struct xvcpu_policy *args = arg;

	policy_room = (struct xvcpu_policy_range) { .last = 0xffff, .read = XVCPU_POLICY_GP };
	args->nr = 1;
	args->entry_size = sizeof(policy_room);
	args->ranges = (uintptr_t)&policy_room;
}

static void prepare_intercepts(void *arg)
{
	struct xvcpu_intercepts *args = arg;

	args->instructions = XVCPU_INTERCEPT(XVCPU_INSTRUCTION_MWAIT);
	args->exceptions = 1 << 6;
}

static void prepare_exception(void *arg)
{
	struct xvcpu_exception *args = arg;

	args->vector = 6;
}

static void drop_events(long result)
{
	struct xvcpu_events events = { 0 };

	if (vcpu_set(state_vcpu, XVCPU_GROUP_EVENTS, &events, sizeof(events)))
		die("SET_STATE");
}

/* An interrupt is only taken with IF set, which RESET clears. */
static void set_if(long result)
{
	struct xvcpu_regs regs;

	if (vcpu_get(state_vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)))
		die("GET_STATE");
	regs.rflags |= 0x200;
	if (vcpu_set(state_vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)))
		die("SET_STATE");
}

static void close_it(long result)
{
	if (result >= 0)
		close(result);
}

#define CASE(kind, nr, type, ...)							\
	{ .name = #nr, .fd = kind, .number = nr, .size = sizeof(struct type), __VA_ARGS__ }
#define ERROR(type)	.error = offsetof(struct type, error)
#define FLAGS(type)	.flags = offsetof(struct type, flags)

static const struct ioctl_case cases[] = {
	CASE(FD_DEV, XVCPU_GET_INFO, xvcpu_info, .prepare = prepare_nothing),
	CASE(FD_DEV, XVCPU_GET_SUPPORTED_CPUID, xvcpu_cpuid, ERROR(xvcpu_cpuid),
	     FLAGS(xvcpu_cpuid), .prepare = prepare_cpuid),
	CASE(FD_DEV, XVCPU_GET_MSR_LIST, xvcpu_msr_list, ERROR(xvcpu_msr_list),
	     FLAGS(xvcpu_msr_list), .prepare = prepare_msr_list),
	CASE(FD_DEV, XVCPU_CREATE_VM, xvcpu_create_vm, ERROR(xvcpu_create_vm),
	     FLAGS(xvcpu_create_vm), .known = XVCPU_VM_MSR_EXIT, .prepare = prepare_nothing,
	     .undo = close_it),
	CASE(FD_VM, XVCPU_CREATE_VCPU, xvcpu_create_vcpu, ERROR(xvcpu_create_vcpu),
	     FLAGS(xvcpu_create_vcpu), .prepare = prepare_vcpu, .undo = close_it),
	CASE(FD_VM, XVCPU_SET_MEMORY, xvcpu_memory, ERROR(xvcpu_memory), FLAGS(xvcpu_memory),
	     .prepare = prepare_memory),
	CASE(FD_VM, XVCPU_SET_POLICY, xvcpu_policy, ERROR(xvcpu_policy), FLAGS(xvcpu_policy),
	     .prepare = prepare_policy),
	CASE(FD_VCPU, XVCPU_SET_INTERCEPTS, xvcpu_intercepts, ERROR(xvcpu_intercepts),
	     FLAGS(xvcpu_intercepts), .prepare = prepare_intercepts),
	CASE(FD_VCPU, XVCPU_GET_STATE, xvcpu_state, ERROR(xvcpu_state), FLAGS(xvcpu_state),
	     .known = XVCPU_GET_QUIESCED | XVCPU_GET_SYNC, .prepare = prepare_get_state),
	CASE(FD_VCPU, XVCPU_SET_STATE, xvcpu_state, ERROR(xvcpu_state), FLAGS(xvcpu_state),
	     .prepare = prepare_set_state),
	CASE(FD_VCPU, XVCPU_RESET, xvcpu_reset, ERROR(xvcpu_reset), FLAGS(xvcpu_reset),
	     .prepare = prepare_nothing, .undo = set_if),
	CASE(FD_VCPU, XVCPU_INTERRUPT, xvcpu_interrupt, ERROR(xvcpu_interrupt),
	     FLAGS(xvcpu_interrupt), .prepare = prepare_interrupt, .undo = drop_events),
	CASE(FD_VCPU, XVCPU_TRANSLATE, xvcpu_translate, ERROR(xvcpu_translate),
	     FLAGS(xvcpu_translate), .known = XVCPU_AS_SUPERVISOR, .prepare = prepare_translate),
	CASE(FD_VCPU, XVCPU_ACCESS, xvcpu_access, ERROR(xvcpu_access), FLAGS(xvcpu_access),
	     .known = XVCPU_ACCESS_TO_GUEST | XVCPU_ACCESS_LINEAR | XVCPU_AS_SUPERVISOR,
	     .prepare = prepare_access),
	CASE(FD_VCPU, XVCPU_SET_AFFINITY, xvcpu_affinity, ERROR(xvcpu_affinity),
	     FLAGS(xvcpu_affinity), .prepare = prepare_nothing),
	CASE(FD_VCPU, XVCPU_GET_LIFE, xvcpu_life, ERROR(xvcpu_life), FLAGS(xvcpu_life),
	     .prepare = prepare_nothing),
	CASE(FD_VCPU, XVCPU_NMI, xvcpu_nmi, ERROR(xvcpu_nmi), FLAGS(xvcpu_nmi),
	     .prepare = prepare_nothing, .undo = drop_events),
	CASE(FD_VCPU, XVCPU_EXCEPTION, xvcpu_exception, ERROR(xvcpu_exception),
	     FLAGS(xvcpu_exception), .prepare = prepare_exception, .undo = drop_events),
};

#define FOR_EACH_CASE(c)	for (c = cases; c < cases + ARRAY_SIZE(cases); c++)

FIXTURE(args) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct snapshot before, after;
	int fd[FD_KINDS];
	uint8_t *page;		/* one usable page, and one behind it that is not */
	uint8_t arg[ROOM];
};

FIXTURE_SETUP(args)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->fd[FD_DEV] = self->vm.dev;
	self->fd[FD_VM] = self->vm.fd;
	self->fd[FD_VCPU] = self->vcpu.fd;
	self->page = pages_alloc(2 * PAGE_BYTES, MAP_PRIVATE);
	munmap(self->page + PAGE_BYTES, PAGE_BYTES);
	state_vcpu = &self->vcpu;
	set_if(0);
	vcpu_snapshot(&self->vcpu, &self->before);
}

/* After all that was refused, the vCPU is what it was. */
FIXTURE_TEARDOWN(args)
{
	vcpu_snapshot(&self->vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void *prepared(const struct ioctl_case *c, void *arg, uint32_t size)
{
	memset(arg, 0, size);
	*(uint32_t *)arg = size;
	c->prepare(arg);
	*(uint32_t *)arg = size;
	return arg;
}

static long issue(const struct ioctl_case *c, const int *fd, void *arg)
{
	long result = call(fd[c->fd], c->number, arg);

	if (c->undo)
		c->undo(result);
	return result;
}

TEST_F(args, good_arguments_are_accepted)
{
	const struct ioctl_case *c;

	FOR_EACH_CASE(c) {
		EXPECT_LE(0, issue(c, self->fd, prepared(c, self->arg, c->size))) {
			TH_LOG("%s", c->name);
		}
		EXPECT_EQ(c->size, *(uint32_t *)self->arg);
	}
}

/* The last page lies above every address space; a 32-bit stack may reach to the one before it. */
TEST_F(args, pointers_to_nothing_are_efault)
{
	uintptr_t bad[] = { 0, (uintptr_t)self->page + PAGE_BYTES, 8, ~0ul & ~7ul, ~0ul << 12 };
	const struct ioctl_case *c;
	unsigned int i;

	FOR_EACH_CASE(c) {
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			EXPECT_EQ(-EFAULT, issue(c, self->fd, (void *)bad[i])) {
				TH_LOG("%s with %#lx", c->name, (unsigned long)bad[i]);
			}
		}
	}
}

#ifdef __x86_64__
TEST_F(args, kernel_addresses_are_efault)
{
	uintptr_t bad[] = {
		0xffff888000000000ul, 0xffffffff81000000ul, 0xffffffffff600000ul,
		0x8000000000000000ul, 0x00007ffffffff000ul,
	};
	const struct ioctl_case *c;
	unsigned int i;

	FOR_EACH_CASE(c) {
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			EXPECT_EQ(-EFAULT, issue(c, self->fd, (void *)bad[i])) {
				TH_LOG("%s with %#lx", c->name, (unsigned long)bad[i]);
			}
		}
	}
}
#endif

TEST_F(args, structs_that_reach_into_a_hole_are_efault)
{
	const struct ioctl_case *c;
	uint32_t inside;

	FOR_EACH_CASE(c) {
		for (inside = 4; inside < c->size; inside += 4) {
			uint8_t *at = self->page + PAGE_BYTES - inside;

			prepared(c, self->arg, c->size);
			memcpy(at, self->arg, inside);
			EXPECT_EQ(-EFAULT, issue(c, self->fd, at)) {
				TH_LOG("%s with %u bytes", c->name, inside);
			}
		}
	}
}

TEST_F(args, structs_that_end_at_a_hole_are_fine)
{
	const struct ioctl_case *c;

	FOR_EACH_CASE(c) {
		void *at = self->page + PAGE_BYTES - c->size;

		EXPECT_LE(0, issue(c, self->fd, prepared(c, at, c->size))) {
			TH_LOG("%s", c->name);
		}
	}
}

TEST_F(args, results_that_cannot_be_written_are_efault)
{
	const struct ioctl_case *c;

	FOR_EACH_CASE(c) {
		bool writes = c->number == XVCPU_GET_INFO || c->number == XVCPU_GET_STATE ||
			      c->number == XVCPU_GET_SUPPORTED_CPUID ||
			      c->number == XVCPU_GET_MSR_LIST ||
			      c->number == XVCPU_GET_LIFE ||
			      c->number == XVCPU_TRANSLATE || c->number == XVCPU_ACCESS;
		long ret;

		prepared(c, self->page, c->size);
		mprotect(self->page, PAGE_BYTES, PROT_READ);
		ret = issue(c, self->fd, self->page);
		mprotect(self->page, PAGE_BYTES, PROT_READ | PROT_WRITE);
		if (writes) {
			EXPECT_EQ(-EFAULT, ret) {
				TH_LOG("%s", c->name);
			}
		} else {
			EXPECT_LE(0, ret) {
				TH_LOG("%s", c->name);
			}
		}
	}
}

TEST_F(args, sizes_below_the_first_published_one_are_einval)
{
	const struct ioctl_case *c;
	uint32_t size;

	FOR_EACH_CASE(c) {
		for (size = 0; size < c->size; size++) {
			prepared(c, self->arg, c->size);
			*(uint32_t *)self->arg = size;
			EXPECT_EQ(-EINVAL, issue(c, self->fd, self->arg)) {
				TH_LOG("%s with size %u", c->name, size);
			}
		}
	}
}

TEST_F(args, longer_structs_with_a_zero_tail_are_accepted)
{
	const struct ioctl_case *c;
	uint32_t more;

	FOR_EACH_CASE(c) {
		for (more = 1; more <= 64; more += 7) {
			EXPECT_LE(0, issue(c, self->fd, prepared(c, self->arg, c->size + more))) {
				TH_LOG("%s with %u more bytes", c->name, more);
			}
			EXPECT_EQ(c->size + more, *(uint32_t *)self->arg);
		}
	}
}

TEST_F(args, longer_structs_with_something_in_the_tail_are_e2big)
{
	const struct ioctl_case *c;
	uint32_t at;

	FOR_EACH_CASE(c) {
		for (at = 0; at < 64; at += 9) {
			prepared(c, self->arg, c->size + 64);
			self->arg[c->size + at] = 1;
			EXPECT_EQ(-E2BIG, issue(c, self->fd, self->arg)) {
				TH_LOG("%s with byte %u of the tail", c->name, at);
			}
		}
	}
}

TEST_F(args, absurd_sizes_are_refused)
{
	static const uint32_t sizes[] = { 4097, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
	const struct ioctl_case *c;
	unsigned int i;

	FOR_EACH_CASE(c) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			prepared(c, self->arg, c->size);
			*(uint32_t *)self->arg = sizes[i];
			EXPECT_EQ(-E2BIG, issue(c, self->fd, self->arg)) {
				TH_LOG("%s with size %u", c->name, sizes[i]);
			}
		}
	}
}

TEST_F(args, each_unknown_flag_is_refused_by_name)
{
	const struct ioctl_case *c;
	unsigned int bit;

	FOR_EACH_CASE(c) {
		if (!c->flags)
			continue;
		for (bit = 0; bit < 32; bit++) {
			const struct xvcpu_error *error = (void *)(self->arg + c->error);

			if (c->known & (1u << bit))
				continue;
			prepared(c, self->arg, c->size);
			*(uint32_t *)(self->arg + c->flags) = 1u << bit;
			memset(self->arg + c->error, POISON, sizeof(*error));
			EXPECT_EQ(-EINVAL, issue(c, self->fd, self->arg)) {
				TH_LOG("%s with flag %u", c->name, bit);
			}
			EXPECT_EQ(XVCPU_ERR_FLAGS, error->code);
			EXPECT_EQ(c->flags, error->field);
			EXPECT_EQ(1u << bit, error->value);
			EXPECT_EQ(c->known, error->expected);
			EXPECT_EQ(0, error->index);
			EXPECT_EQ(0, error->reserved);
		}
	}
}

/* Whatever stands in the error record on input is ignored, and a success leaves it alone. */
TEST_F(args, the_error_record_is_not_input)
{
	const struct ioctl_case *c;
	unsigned int i;

	FOR_EACH_CASE(c) {
		if (!c->error)
			continue;
		prepared(c, self->arg, c->size);
		memset(self->arg + c->error, POISON, sizeof(struct xvcpu_error));
		EXPECT_LE(0, issue(c, self->fd, self->arg)) {
			TH_LOG("%s", c->name);
		}
		/* GET_STATE writes its whole struct back. */
		if (c->number == XVCPU_GET_STATE)
			continue;
		for (i = 0; i < sizeof(struct xvcpu_error); i++)
			EXPECT_EQ(POISON, self->arg[c->error + i]);
	}
}

struct reserved_member {
	unsigned long number;
	uint32_t at;
	uint32_t bytes;
};

TEST_F(args, each_reserved_bit_is_refused_by_name)
{
	static const struct reserved_member members[] = {
		{ XVCPU_GET_MSR_LIST, offsetof(struct xvcpu_msr_list, reserved), 4 },
		{ XVCPU_CREATE_VM, offsetof(struct xvcpu_create_vm, reserved), 4 },
		{ XVCPU_SET_POLICY, offsetof(struct xvcpu_policy, reserved), 4 },
		{ XVCPU_GET_STATE, offsetof(struct xvcpu_state, reserved), 4 },
		{ XVCPU_SET_STATE, offsetof(struct xvcpu_state, reserved), 4 },
	};
	const struct ioctl_case *c;
	unsigned int i, bit;

	FOR_EACH_CASE(c) {
		for (i = 0; i < ARRAY_SIZE(members); i++) {
			const struct reserved_member *member = &members[i];
			const struct xvcpu_error *error = (void *)(self->arg + c->error);

			if (member->number != c->number)
				continue;
			for (bit = 0; bit < member->bytes * 8; bit++) {
				prepared(c, self->arg, c->size);
				self->arg[member->at + bit / 8] = 1 << bit % 8;
				EXPECT_EQ(-EINVAL, issue(c, self->fd, self->arg)) {
					TH_LOG("%s with bit %u", c->name, bit);
				}
				EXPECT_EQ(XVCPU_ERR_RESERVED, error->code);
				EXPECT_EQ(member->at, error->field);
				EXPECT_EQ(1u << bit, error->value);
			}
		}
	}
}

/* An argument for RUN and KICK may become one some day: today it has to be zero. */
TEST_F(args, run_and_kick_take_no_argument)
{
	self->vcpu.request->immediate_exit = 1;
	EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_RUN, (void *)1));
	EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_KICK, (void *)1));
	EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_KICK, self->page));
	/* The refused kick has left nothing behind. */
	EXPECT_EQ(-EINTR, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_SIGNAL, self->vcpu.exit->reason);
}

TEST_F(args, create_vm_names_what_is_out_of_range)
{
	static const struct {
		uint32_t at, value;
	} bad[] = {
		{ offsetof(struct xvcpu_create_vm, lapic), 1 },
		{ offsetof(struct xvcpu_create_vm, lapic), ~0u },
		{ offsetof(struct xvcpu_create_vm, gpa_bits), 1 },
		{ offsetof(struct xvcpu_create_vm, gpa_bits), 29 },
		{ offsetof(struct xvcpu_create_vm, gpa_bits), 64 },
		{ offsetof(struct xvcpu_create_vm, gpa_bits), ~0u },
		{ offsetof(struct xvcpu_create_vm, views), 1 },
		{ offsetof(struct xvcpu_create_vm, views), ~0u },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct xvcpu_create_vm args = { .size = sizeof(args) };

		*(uint32_t *)((uint8_t *)&args + bad[i].at) = bad[i].value;
		EXPECT_EQ(-EINVAL, call(self->vm.dev, XVCPU_CREATE_VM, &args)) {
			TH_LOG("%u at %u", bad[i].value, bad[i].at);
		}
		EXPECT_EQ(XVCPU_ERR_RANGE, args.error.code);
		EXPECT_EQ(bad[i].at, args.error.field);
		EXPECT_EQ(bad[i].value, args.error.value);
	}
}

TEST_F(args, create_vm_takes_every_width_that_the_machine_has)
{
	struct xvcpu_create_vm args;
	uint32_t bits;
	long fd;

	for (bits = 30; bits <= self->vm.info.gpa_bits; bits++) {
		args = (struct xvcpu_create_vm) { .size = sizeof(args), .gpa_bits = bits };
		fd = call(self->vm.dev, XVCPU_CREATE_VM, &args);
		EXPECT_LE(0, fd);
		close(fd);
	}
	args = (struct xvcpu_create_vm) { .size = sizeof(args), .gpa_bits = bits };
	EXPECT_EQ(-EINVAL, call(self->vm.dev, XVCPU_CREATE_VM, &args));
	EXPECT_EQ(self->vm.info.gpa_bits, args.error.expected);
}

TEST_F(args, arrays_say_how_much_room_they_need)
{
	struct xvcpu_cpuid cpuid = { .size = sizeof(cpuid) };
	struct xvcpu_msr_list list = { .size = sizeof(list) };
	uint32_t need;

	prepare_cpuid(&cpuid);
	ASSERT_EQ(0, call(self->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid));
	need = cpuid.nr;
	memset(cpuid_room, POISON, sizeof(cpuid_room));
	cpuid.nr = need - 1;
	EXPECT_EQ(-ENOSPC, call(self->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid));
	EXPECT_EQ(XVCPU_ERR_SPACE, cpuid.error.code);
	EXPECT_EQ(offsetof(struct xvcpu_cpuid, nr), cpuid.error.field);
	EXPECT_EQ(need - 1, cpuid.error.value);
	EXPECT_EQ(need, cpuid.error.expected);
	EXPECT_EQ(need - 1, cpuid.nr);
	EXPECT_EQ(0xcccccccc, cpuid_room[0].eax);
	cpuid.nr = need;
	EXPECT_EQ(0, call(self->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid));
	EXPECT_EQ(0xcccccccc, cpuid_room[need].eax);

	prepare_msr_list(&list);
	ASSERT_EQ(0, call(self->vm.dev, XVCPU_GET_MSR_LIST, &list));
	need = list.nr;
	memset(msr_room, POISON, sizeof(msr_room));
	list.nr = 0;
	EXPECT_EQ(-ENOSPC, call(self->vm.dev, XVCPU_GET_MSR_LIST, &list));
	EXPECT_EQ(need, list.error.expected);
	EXPECT_EQ(0xcccccccc, msr_room[0]);
	list.nr = need;
	EXPECT_EQ(0, call(self->vm.dev, XVCPU_GET_MSR_LIST, &list));
	EXPECT_EQ(0xcccccccc, msr_room[need]);
}

TEST_F(args, arrays_in_bad_memory_are_efault)
{
	struct xvcpu_cpuid cpuid = { .size = sizeof(cpuid) };
	struct xvcpu_msr_list list = { .size = sizeof(list) };
	struct xvcpu_memory memory = { .size = sizeof(memory) };
	struct xvcpu_policy policy = { .size = sizeof(policy) };
	struct xvcpu_state state = { .size = sizeof(state) };
	uint64_t bad[] = {
		0, (uintptr_t)self->page + PAGE_BYTES, (uintptr_t)self->page + PAGE_BYTES - 4,
		0xffff888000000000ull, ~0ull,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		prepare_cpuid(&cpuid);
		cpuid.entries = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid));
		prepare_msr_list(&list);
		list.indices = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vm.dev, XVCPU_GET_MSR_LIST, &list));
		prepare_memory(&memory);
		memory.slots = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vm.fd, XVCPU_SET_MEMORY, &memory));
		prepare_policy(&policy);
		policy.ranges = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vm.fd, XVCPU_SET_POLICY, &policy));
		prepare_get_state(&state);
		state.buffer = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vcpu.fd, XVCPU_GET_STATE, &state));
		prepare_set_state(&state);
		state.buffer = bad[i];
		EXPECT_EQ(-EFAULT, call(self->vcpu.fd, XVCPU_SET_STATE, &state));
	}
}

TEST_F(args, entry_sizes_other_than_the_kernels_are_refused)
{
	struct xvcpu_cpuid cpuid = { .size = sizeof(cpuid) };
	struct xvcpu_memory memory = { .size = sizeof(memory) };
	struct xvcpu_policy policy = { .size = sizeof(policy) };
	static const uint32_t sizes[] = { 0, 1, 31, 33, 63, 65, 4096, ~0u };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		prepare_cpuid(&cpuid);
		cpuid.entry_size = sizes[i];
		EXPECT_EQ(-EINVAL, call(self->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid));
		EXPECT_EQ(XVCPU_ERR_SIZE, cpuid.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_cpuid, entry_size), cpuid.error.field);
		EXPECT_EQ(sizeof(struct xvcpu_cpuid_entry), cpuid.error.expected);
		prepare_memory(&memory);
		memory.entry_size = sizes[i];
		EXPECT_EQ(-EINVAL, call(self->vm.fd, XVCPU_SET_MEMORY, &memory));
		EXPECT_EQ(XVCPU_ERR_SIZE, memory.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_memory, entry_size), memory.error.field);
		EXPECT_EQ(sizeof(struct xvcpu_memory_slot), memory.error.expected);
		prepare_policy(&policy);
		policy.entry_size = sizes[i];
		EXPECT_EQ(-EINVAL, call(self->vm.fd, XVCPU_SET_POLICY, &policy));
		EXPECT_EQ(XVCPU_ERR_SIZE, policy.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_policy, entry_size), policy.error.field);
		EXPECT_EQ(sizeof(struct xvcpu_policy_range), policy.error.expected);
	}
}

TEST_HARNESS_MAIN

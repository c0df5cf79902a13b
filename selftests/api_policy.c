// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_SET_POLICY and XVCPU_SET_INTERCEPTS: what is refused, by which name, and that what was in
 * force stays in force.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define EXIT_EXCEPTION	OTHER_EXIT(XVCPU_EXIT_EXCEPTION)
#define GP		XVCPU_POLICY_GP
#define EXITS		XVCPU_POLICY_EXIT
#define INSTRUCTIONS	10u

GUEST_CODE(out_42, 64, "out %al, $0x42; hlt");
GUEST_CODE(ud2, 64, "ud2; hlt");

FIXTURE(api) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct snapshot before, after;
};

FIXTURE_SETUP(api)
{
	const struct xvcpu_policy_range mark = {
		.kind = XVCPU_POLICY_PORT, .first = 0x42, .last = 0x42, .write = GP,
	};

	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	if (vm_policy(&self->vm, NULL, &mark, 1) || vcpu_intercepts(&self->vcpu, 0, 1 << VEC_UD))
		die("no policy to begin with");
	vcpu_snapshot(&self->vcpu, &self->before);
}

FIXTURE_TEARDOWN(api)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static int run(struct test_vcpu *vcpu, const struct guest_code *code)
{
	guest_mode(vcpu, MODE_LONG);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	return guest_run(vcpu);
}

/* What the fixture has set up is in force: OUT to port 0x42 is #GP, #UD exits. */
static void expect_unchanged(struct __test_metadata *_metadata, struct test_vcpu *vcpu)
{
	EXPECT_EQ(VEC_GP, run(vcpu, &out_42));
	EXPECT_EQ(EXIT_EXCEPTION, run(vcpu, &ud2));
}

#define FIELD(member)	offsetof(struct xvcpu_policy_range, member)
#define PORT(...)	{ .kind = XVCPU_POLICY_PORT, __VA_ARGS__ }
#define MSR(...)	{ .kind = XVCPU_POLICY_MSR, __VA_ARGS__ }
#define CPUID(...)	{ .kind = XVCPU_POLICY_CPUID, __VA_ARGS__ }

static const struct {
	struct xvcpu_policy_range range[3];
	uint32_t nr, index, code, field;
	uint64_t value, expected;
} wrong[] = {
	{ { { .kind = 3 } }, 1, 0, XVCPU_ERR_RANGE, FIELD(kind), 3, 2 },
	{ { PORT(.first = 5, .last = 4) }, 1, 0, XVCPU_ERR_RANGE, FIELD(last), 4, 5 },
	{ { PORT(.first = 5, .last = 0x10000) }, 1, 0, XVCPU_ERR_RANGE, FIELD(last), 0x10000,
	  0xffff },
	{ { PORT(.first = ~0u, .last = ~0u) }, 1, 0, XVCPU_ERR_RANGE, FIELD(last), ~0u, 0xffff },
	{ { PORT(.last = 1, .read = 4) }, 1, 0, XVCPU_ERR_RANGE, FIELD(read), 4, 3 },
	{ { PORT(.last = 1, .write = 255) }, 1, 0, XVCPU_ERR_RANGE, FIELD(write), 255, 3 },
	{ { MSR(.last = 1, .write = 4) }, 1, 0, XVCPU_ERR_RANGE, FIELD(write), 4, 3 },
	{ { PORT(.last = 1, .reserved = 0x100) }, 1, 0, XVCPU_ERR_RESERVED, FIELD(reserved), 0x100,
	  0 },
	{ { CPUID(.last = 1) }, 1, 0, XVCPU_ERR_VALUE, FIELD(read), 0, EXITS },
	{ { CPUID(.last = 1, .read = GP) }, 1, 0, XVCPU_ERR_VALUE, FIELD(read), GP, EXITS },
	{ { CPUID(.last = 1, .read = EXITS, .write = EXITS) }, 1, 0, XVCPU_ERR_VALUE, FIELD(write),
	  EXITS, 0 },
	/* order and overlap, judged within a kind */
	{ { PORT(.first = 8, .last = 9), PORT(.first = 6, .last = 7) }, 2, 1, XVCPU_ERR_ORDER,
	  FIELD(first), 6, 0 },
	{ { PORT(.last = 1), PORT(.first = 4, .last = 9), PORT(.first = 9, .last = 9) }, 3, 2,
	  XVCPU_ERR_OVERLAP, FIELD(first), 9, 1 },
	{ { PORT(.first = 8, .last = 9), PORT(.first = 6, .last = 8) }, 2, 1, XVCPU_ERR_OVERLAP,
	  FIELD(first), 6, 0 },
	{ { MSR(.first = 8, .last = 9), MSR(.first = 8, .last = 9) }, 2, 1, XVCPU_ERR_OVERLAP,
	  FIELD(first), 8, 0 },
	{ { MSR(.first = 8, .last = 9), PORT(.first = 10, .last = 11) }, 2, 1, XVCPU_ERR_ORDER,
	  FIELD(kind), 0, 0 },
	{ { CPUID(.last = ~0u, .read = EXITS), CPUID(.last = 0, .read = EXITS) }, 2, 1,
	  XVCPU_ERR_OVERLAP, FIELD(first), 0, 0 },
	/* what no exit can be had for */
	{ { MSR(.last = ~0u, .read = EXITS) }, 1, 0, XVCPU_ERR_PASSED, FIELD(first), 0, 0x174 },
	{ { MSR(.first = 0x176, .last = 0x176, .write = GP) }, 1, 0, XVCPU_ERR_PASSED, FIELD(first),
	  0x176, 0x176 },
	{ { MSR(.first = 0x177, .last = 0xc0000100, .write = GP) }, 1, 0, XVCPU_ERR_PASSED,
	  FIELD(first), 0x177, 0xc0000100 },
	{ { MSR(.first = 0xc0000102, .last = ~0u, .read = GP) }, 1, 0, XVCPU_ERR_PASSED,
	  FIELD(first), 0xc0000102, 0xc0000102 },
};

TEST_F(api, wrong_ranges_are_refused_and_change_nothing)
{
	const struct xvcpu_error *error = &self->vm.error;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		ASSERT_EQ(-EINVAL, vm_policy(&self->vm, NULL, wrong[i].range, wrong[i].nr)) {
			TH_LOG("row %u", i);
		}
		EXPECT_EQ(wrong[i].code, error->code) TH_LOG("row %u", i);
		EXPECT_EQ(wrong[i].index, error->index) TH_LOG("row %u", i);
		EXPECT_EQ(wrong[i].field, error->field) TH_LOG("row %u", i);
		EXPECT_EQ(wrong[i].value, error->value) TH_LOG("row %u", i);
		EXPECT_EQ(wrong[i].expected, error->expected) TH_LOG("row %u", i);
	}
	vcpu_snapshot(&self->vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));
	expect_unchanged(_metadata, &self->vcpu);
}

/* What the rows above miss by little. */
TEST_F(api, ranges_at_the_limits_are_accepted)
{
	static const struct {
		struct xvcpu_policy_range range[3];
		uint32_t nr;
	} right[] = {
		{ { PORT(.last = 0xffff, .read = 3, .write = 3) }, 1 },
		{ { PORT(.last = 7), PORT(.first = 8, .last = 8), PORT(.first = 9, .last = 9) },
		  3 },
		{ { MSR(.last = 0x173, .read = EXITS),
		    MSR(.first = 0x177, .last = 0xc00000ff, .read = EXITS, .write = GP),
		    MSR(.first = 0xc0000103, .last = ~0u, .write = EXITS) }, 3 },
		{ { MSR(.last = ~0u) }, 1 },
		{ { CPUID(.last = ~0u, .read = EXITS) }, 1 },
		{ { PORT(.last = 0xffff), MSR(.last = 9), CPUID(.last = 9, .read = EXITS) }, 3 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(right); i++)
		EXPECT_EQ(0, vm_policy(&self->vm, NULL, right[i].range, right[i].nr)) {
			TH_LOG("row %u: error %u", i, self->vm.error.code);
		}
	/* The whole policy was replaced, each time. */
	EXPECT_EQ(EXIT_IO, run(&self->vcpu, &out_42));
}

#define MEMBER(member)	offsetof(struct xvcpu_policy, member)

TEST_F(api, wrong_rules_are_refused_and_change_nothing)
{
	static const struct {
		struct xvcpu_policy policy;
		uint32_t code, field;
		uint64_t value, expected;
	} rows[] = {
		{ { .hypercall = 2 }, XVCPU_ERR_RANGE, MEMBER(hypercall), 2, 1 },
		{ { .hypercall_cpl = 4 }, XVCPU_ERR_RANGE, MEMBER(hypercall_cpl), 4, 3 },
		{ { .exit_size = 3 }, XVCPU_ERR_VALUE, MEMBER(exit_size), 3, 4 },
		{ { .exit_size = 8 }, XVCPU_ERR_VALUE, MEMBER(exit_size), 8, 4 },
		{ { .exit_size = ~0u }, XVCPU_ERR_VALUE, MEMBER(exit_size), ~0u, 4 },
		{ { .exit_port = 1 }, XVCPU_ERR_RANGE, MEMBER(exit_port), 1, 0 },
		{ { .exit_value = 1 }, XVCPU_ERR_BITS, MEMBER(exit_value), 1, 0 },
		{ { .exit_size = 2, .exit_port = 0x10000 }, XVCPU_ERR_RANGE, MEMBER(exit_port),
		  0x10000, 0xffff },
		{ { .exit_size = 1, .exit_value = 0x100 }, XVCPU_ERR_BITS, MEMBER(exit_value),
		  0x100, 0xff },
		{ { .exit_size = 2, .exit_value = 0x10000 }, XVCPU_ERR_BITS, MEMBER(exit_value),
		  0x10000, 0xffff },
	};
	const struct xvcpu_error *error = &self->vm.error;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(-EINVAL, vm_policy(&self->vm, &rows[i].policy, NULL, 0)) {
			TH_LOG("row %u", i);
		}
		EXPECT_EQ(rows[i].code, error->code) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].field, error->field) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].value, error->value) TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].expected, error->expected) TH_LOG("row %u", i);
	}
	expect_unchanged(_metadata, &self->vcpu);
}

TEST_F(api, too_many_ranges_are_refused)
{
	static struct xvcpu_policy_range ranges[XVCPU_POLICY_RANGES + 1];
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct xvcpu_policy_range)PORT(.first = 2 * i, .last = 2 * i);
	EXPECT_EQ(-EINVAL, vm_policy(&self->vm, NULL, ranges, ARRAY_SIZE(ranges)));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->vm.error.code);
	EXPECT_EQ(MEMBER(nr), self->vm.error.field);
	EXPECT_EQ(XVCPU_POLICY_RANGES, self->vm.error.expected);
	EXPECT_EQ(-EINVAL, vm_policy(&self->vm, NULL, ranges, ~0u));
	EXPECT_EQ(XVCPU_ERR_RANGE, self->vm.error.code);
	expect_unchanged(_metadata, &self->vcpu);
	EXPECT_EQ(0, vm_policy(&self->vm, NULL, ranges, XVCPU_POLICY_RANGES));
}

TEST_F(api, a_policy_of_zeros_is_that_of_a_new_vm)
{
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
	EXPECT_EQ(EXIT_IO, run(&self->vcpu, &out_42));
	ASSERT_EQ(0, vm_policy(&self->vm, NULL, NULL, 0));
	EXPECT_EQ(EXIT_IO, run(&self->vcpu, &out_42));
}

/* Also from another process that has the fds. */
TEST_F(api, any_holder_of_the_fds_may_set_them)
{
	const struct xvcpu_policy_range all = PORT(.last = 0xffff);
	int status;
	pid_t child = fork();

	if (!child)
		_exit(vm_policy(&self->vm, NULL, &all, 1) || vcpu_intercepts(&self->vcpu, 0, 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(EXIT_IO, run(&self->vcpu, &out_42));
	EXPECT_EQ(VEC_UD, run(&self->vcpu, &ud2));
}

/* ---- XVCPU_SET_INTERCEPTS ---- */

TEST_F(api, unknown_instructions_are_refused)
{
	unsigned int bit;

	for (bit = INSTRUCTIONS; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, vcpu_intercepts(&self->vcpu, 1u << bit, 0));
		EXPECT_EQ(XVCPU_ERR_BITS, self->vcpu.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_intercepts, instructions), self->vcpu.error.field);
		EXPECT_EQ(1u << bit, self->vcpu.error.value);
		EXPECT_EQ((1u << INSTRUCTIONS) - 1, self->vcpu.error.expected);
	}
	expect_unchanged(_metadata, &self->vcpu);
}

TEST_F(api, exceptions_of_the_host_are_refused)
{
	unsigned int vector;

	for (vector = 0; vector < 32; vector++) {
		if (vector != VEC_NMI && vector != 18)
			continue;
		EXPECT_EQ(-EINVAL, vcpu_intercepts(&self->vcpu, 0, 1u << vector));
		EXPECT_EQ(XVCPU_ERR_BITS, self->vcpu.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_intercepts, exceptions), self->vcpu.error.field);
		EXPECT_EQ(~(1u << VEC_NMI | 1u << 18), self->vcpu.error.expected);
	}
	expect_unchanged(_metadata, &self->vcpu);
	for (vector = 0; vector < 32; vector++) {
		if (vector != VEC_NMI && vector != 18)
			EXPECT_EQ(0, vcpu_intercepts(&self->vcpu, 0, 1u << vector));
	}
}

/* A processor that cannot do one says so, and says what it can. */
TEST_F(api, each_instruction_is_accepted_or_refused_by_name)
{
	uint32_t accepted = 0, bit;

	for (bit = 0; bit < INSTRUCTIONS; bit++) {
		long ret = vcpu_intercepts(&self->vcpu, 1u << bit, 1 << VEC_UD);

		if (!ret) {
			accepted |= 1u << bit;
			continue;
		}
		EXPECT_EQ(-EOPNOTSUPP, ret);
		EXPECT_EQ(XVCPU_ERR_INTERCEPT, self->vcpu.error.code);
		EXPECT_EQ(offsetof(struct xvcpu_intercepts, instructions), self->vcpu.error.field);
		EXPECT_EQ(1u << bit, self->vcpu.error.value);
		EXPECT_FALSE(self->vcpu.error.expected & 1u << bit);
		EXPECT_EQ(accepted, self->vcpu.error.expected & ((1u << bit) - 1));
	}
	/* Those that the module itself needs. */
	EXPECT_TRUE(accepted & XVCPU_INTERCEPT(XVCPU_INSTRUCTION_MOV_DR));
	EXPECT_TRUE(accepted & XVCPU_INTERCEPT(XVCPU_INSTRUCTION_RDPMC));
	EXPECT_EQ(0, vcpu_intercepts(&self->vcpu, accepted, 1 << VEC_UD));
	expect_unchanged(_metadata, &self->vcpu);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures of the kernel's own: for each step from open() to a guest's page faults, the first, the
 * second, the n-th allocation or copy of user memory that the step makes is made to fail, until a
 * run of the step has nothing left that fails. A step that fails says so by -ENOMEM or -EFAULT (a
 * guest's fault by an exit with ENOMEM), has changed nothing, and succeeds when it is tried again.
 * What was not given back shows by kmemleak (vm/run --leaks).
 *
 * Needs a kernel with fault injection: vm/run --kernel debug.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define STEPS_MAX	2000
#define SLOT_BYTES	(4 * PAGE_BYTES)
#define SLOT_AT		MIB(16)
#define VALUE		0x5a5a1234ul

GUEST_CODE(halt, 64, "hlt");
GUEST_CODE(store, 64, "mov %rbx, (%rsi); hlt");

/**
 * struct world - what a step works on; made anew for each of its runs
 * @vm:    with memory
 * @vcpu:  of it
 * @other: memory for slots, filled with 1
 * @fd:    what the step opened, or -1
 * @area:  what the step mapped
 * @references: of the module, before the step
 * @next_fd: that open() would give, before the step
 * @before: the vCPU's state, before the step
 */
struct world {
	struct test_vm vm;
	struct test_vcpu vcpu;
	uint8_t *other;
	int fd;
	void *area;
	long references;
	int next_fd;
	struct snapshot before;
};

static int nth_fd;
static uint8_t room[65536] __attribute__((aligned(4096)));

/* ---- fault injection ---- */

static void setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* Every allocation and copy counts, and none is reported. */
static bool nth_init(void)
{
	nth_fd = open(FAIL_NTH, O_RDWR);
	if (nth_fd < 0)
		return false;
	setting("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	setting("/sys/kernel/debug/failslab/verbose", "0");
	setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	setting("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	setting("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	setting("/sys/kernel/debug/fail_usercopy/verbose", "0");
	return true;
}

static void nth_arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth_fd, text, length, 0) != length)
		die(FAIL_NTH ": %s", strerror(errno));
}

/* Whether the n-th has come. Looking at it and turning it off are calls that may fail too. */
static bool nth_fired(void)
{
	char text[16] = "1";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		die(FAIL_NTH ": %s", strerror(errno));
	while (pwrite(nth_fd, "0", 1, 0) != 1)
		;
	return !strtoul(text, NULL, 10);
}

/* ---- the world ---- */

static long references(void)
{
	char text[16] = "";
	int fd = open("/sys/module/xvcpu/refcnt", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die("refcnt: %s", strerror(errno));
	close(fd);
	return strtol(text, NULL, 10);
}

static int next_fd(void)
{
	int fd = dup(nth_fd);

	close(fd);
	return fd;
}

static void world_open(struct world *w)
{
	vm_open(&w->vm, 0);
	vcpu_open(&w->vcpu, &w->vm, 0);
	guest_begin(&w->vcpu, MODE_LONG, &halt);
	w->other = pages_alloc(SLOT_BYTES, MAP_SHARED);
	memset(w->other, 1, SLOT_BYTES);
	w->fd = -1;
	w->area = MAP_FAILED;
}

static void world_close(struct world *w)
{
	if (w->area != MAP_FAILED)
		munmap(w->area, w->vm.info.run_size);
	if (w->fd >= 0)
		close(w->fd);
	munmap(w->other, SLOT_BYTES);
	vcpu_close(&w->vcpu);
	vm_close(&w->vm);
}

static bool state_kept(struct world *w)
{
	static struct snapshot after;

	vcpu_snapshot(&w->vcpu, &after);
	return snapshots_differ(&w->before, &after) < 0 && references() == w->references &&
	       next_fd() == w->next_fd;
}

/* A guest from its power-up to its HLT. */
static bool still_works(struct world *w)
{
	guest_begin(&w->vcpu, MODE_LONG, &halt);
	return guest_run(&w->vcpu) == NO_TRAP;
}

FIXTURE(inject) {
	struct world world;
};

/**
 * A step.
 * @prepare: may be NULL
 * @act:     the step; 0 or more, or the negative errno
 * @kept:    whether all is as before @act
 */
FIXTURE_VARIANT(inject) {
	void (*prepare)(struct world *w);
	long (*act)(struct world *w);
	bool (*kept)(struct world *w);
};

#define inject_step	FIXTURE_VARIANT(inject)

FIXTURE_SETUP(inject)
{
	if (!nth_init())
		SKIP(return, "this kernel has no fault injection");
}

FIXTURE_TEARDOWN(inject)
{
	if (nth_fd > 0)
		close(nth_fd);
}

/* The step, once, with its @n-th failure. Whether there was one. */
static bool fail_nth(struct __test_metadata *_metadata, const inject_step *step, struct world *w,
		     unsigned int n)
{
	long result;
	bool hit;

	world_open(w);
	if (step->prepare)
		step->prepare(w);
	vcpu_snapshot(&w->vcpu, &w->before);
	w->references = references();
	w->next_fd = next_fd();
	nth_arm(n);
	result = step->act(w);
	hit = nth_fired();
	if (result < 0) {
		EXPECT_TRUE(hit);
		EXPECT_TRUE(result == -ENOMEM || result == -EFAULT) {
			TH_LOG("failure %u gives %ld", n, result);
		}
		EXPECT_TRUE(step->kept(w)) {
			TH_LOG("failure %u left something behind", n);
		}
		EXPECT_LE(0, step->act(w));
	}
	EXPECT_TRUE(still_works(w));
	world_close(w);
	return hit;
}

TEST_F(inject, each_failure)
{
	unsigned int n = 1;

	while (n < STEPS_MAX && fail_nth(_metadata, variant, &self->world, n))
		n++;
	TH_LOG("%u failures", n - 1);
	EXPECT_LT(1, n);
	EXPECT_GT(STEPS_MAX, n);
}

/* ---- open and create ---- */

static long act_open(struct world *w)
{
	struct xvcpu_info info = { .size = sizeof(info) };
	int fd = open("/dev/xvcpu", O_RDWR | O_CLOEXEC);
	long err;

	if (fd < 0)
		return -errno;
	err = call(fd, XVCPU_GET_INFO, &info);
	if (err) {
		close(fd);
		return err;
	}
	w->fd = fd;
	return 0;
}

FIXTURE_VARIANT_ADD(inject, open_and_get_info) {
	.act = act_open,
	.kept = state_kept,
};

static long act_create_vm(struct world *w)
{
	long fd = create_vm(w->vm.dev, 0);

	if (fd >= 0)
		w->fd = fd;
	return fd;
}

FIXTURE_VARIANT_ADD(inject, create_vm) {
	.act = act_create_vm,
	.kept = state_kept,
};

static long act_create_vcpu(struct world *w)
{
	long fd = create_vcpu(w->vm.fd, 1, 1);

	if (fd >= 0)
		w->fd = fd;
	return fd;
}

FIXTURE_VARIANT_ADD(inject, create_vcpu) {
	.act = act_create_vcpu,
	.kept = state_kept,
};

static long act_map(struct world *w)
{
	void *area = mmap(NULL, w->vm.info.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  w->vcpu.fd, 0);

	if (area == MAP_FAILED)
		return -errno;
	w->area = area;
	return 0;
}

FIXTURE_VARIANT_ADD(inject, map_of_the_run_area) {
	.act = act_map,
	.kept = state_kept,
};

static long act_lists(struct world *w)
{
	struct xvcpu_cpuid cpuid = {
		.size = sizeof(cpuid),
		.nr = w->vm.info.max_cpuid,
		.entry_size = sizeof(struct xvcpu_cpuid_entry),
		.entries = (uintptr_t)room,
	};
	struct xvcpu_msr_list msrs = {
		.size = sizeof(msrs),
		.nr = w->vm.info.max_msrs,
		.indices = (uintptr_t)room,
	};
	long err = call(w->vm.dev, XVCPU_GET_SUPPORTED_CPUID, &cpuid);

	return err ?: call(w->vm.dev, XVCPU_GET_MSR_LIST, &msrs);
}

FIXTURE_VARIANT_ADD(inject, supported_cpuid_and_msr_list) {
	.act = act_lists,
	.kept = state_kept,
};

/* ---- memory ---- */

/* The first byte at @gpa, or -1 if nothing is there. */
static int byte_at(struct world *w, uint64_t gpa)
{
	uint8_t byte = 0;
	struct xvcpu_access args = {
		.size = sizeof(args),
		.address = gpa,
		.buffer = (uintptr_t)&byte,
		.length = 1,
	};
	long err = call(w->vcpu.fd, XVCPU_ACCESS, &args);

	if (err)
		die("XVCPU_ACCESS: %s", strerror(-err));
	return args.done ? byte : -1;
}

static void prepare_slots(struct world *w)
{
	if (vm_slot(&w->vm, 1, SLOT_AT, SLOT_BYTES, w->other, 0))
		die("XVCPU_SET_MEMORY");
}

/* One replaced, one moved away from under it, two new ones. */
static long act_set_memory(struct world *w)
{
	struct xvcpu_memory_slot slots[3] = {
		{ .slot = 1, .gpa = SLOT_AT + MIB(1), .size = PAGE_BYTES,
		  .hva = (uintptr_t)w->other },
		{ .slot = 2, .gpa = SLOT_AT, .size = PAGE_BYTES,
		  .hva = (uintptr_t)w->vm.memory },
		{ .slot = 3, .gpa = SLOT_AT + MIB(2), .size = PAGE_BYTES,
		  .hva = (uintptr_t)w->other },
	};

	return vm_slots(&w->vm, slots, 3);
}

static bool slots_kept(struct world *w)
{
	return byte_at(w, SLOT_AT) == 1 && byte_at(w, SLOT_AT + PAGE_BYTES) == 1 &&
	       byte_at(w, SLOT_AT + MIB(1)) < 0 && byte_at(w, SLOT_AT + MIB(2)) < 0 &&
	       state_kept(w);
}

FIXTURE_VARIANT_ADD(inject, set_memory_of_several_slots) {
	.prepare = prepare_slots,
	.act = act_set_memory,
	.kept = slots_kept,
};

/* ---- RUN ---- */

/* To the HLT; the exit for a page that cannot be had counts as the failure that it tells. */
static long act_run(struct world *w)
{
	long err = vcpu_run(&w->vcpu);

	if (err == -EINTR)
		return act_run(w);
	if (err)
		return -EPROTO;
	if (w->vcpu.exit->reason == XVCPU_EXIT_MEMORY_FAULT &&
	    w->vcpu.exit->memory.error == ENOMEM)
		return -ENOMEM;
	return w->vcpu.exit->reason == XVCPU_EXIT_HLT ? 0 : -EPROTO;
}

/* RUN goes on where it was: its exit is all that there is to see. */
static bool runs_on(struct world *w)
{
	return references() == w->references;
}

FIXTURE_VARIANT_ADD(inject, the_first_run) {
	.act = act_run,
	.kept = runs_on,
};

/* The guest's last fault, after those for its code and tables, is for a page that it writes to. */
static void prepare_store(struct world *w, bool present)
{
	if (vm_slot(&w->vm, 1, SLOT_AT, SLOT_BYTES, w->other, 0))
		die("XVCPU_SET_MEMORY");
	if (!present && madvise(w->other, SLOT_BYTES, MADV_REMOVE))
		die("madvise: %s", strerror(errno));
	guest_begin(&w->vcpu, MODE_LONG, &store);
	guest_regs(&w->vcpu)->rsi = SLOT_AT;
	guest_regs(&w->vcpu)->rbx = VALUE;
}

static void prepare_present(struct world *w)
{
	prepare_store(w, true);
}

static void prepare_absent(struct world *w)
{
	prepare_store(w, false);
}

static long act_store(struct world *w)
{
	long err = act_run(w);

	if (!err && *(volatile uint64_t *)w->other != VALUE)
		return -EPROTO;
	return err;
}

FIXTURE_VARIANT_ADD(inject, the_first_fault_on_a_page_that_is_there) {
	.prepare = prepare_present,
	.act = act_store,
	.kept = runs_on,
};

FIXTURE_VARIANT_ADD(inject, the_first_fault_on_a_page_that_is_not) {
	.prepare = prepare_absent,
	.act = act_store,
	.kept = runs_on,
};

/* ---- state ---- */

#define EVERY_GROUP	(XVCPU_GROUP_BIT(XVCPU_GROUP_TSC + 1) - 1)

static long state_call(struct world *w, unsigned long number, struct xvcpu_state *args)
{
	args->size = sizeof(*args);
	args->buffer = (uintptr_t)room;
	return call(w->vcpu.fd, number, args);
}

static long act_get_state(struct world *w)
{
	struct xvcpu_state args = { .mask = EVERY_GROUP, .length = sizeof(room) };

	return state_call(w, XVCPU_GET_STATE, &args);
}

FIXTURE_VARIANT_ADD(inject, get_state) {
	.act = act_get_state,
	.kept = state_kept,
};

static struct xvcpu_state to_set;

static void prepare_set_state(struct world *w)
{
	struct xvcpu_debug_regs *debug;
	struct xvcpu_regs *regs;

	memset(&to_set, 0, sizeof(to_set));
	to_set.mask = EVERY_GROUP & ~XVCPU_GROUP_BIT(XVCPU_GROUP_PENDING);
	to_set.length = sizeof(room);
	if (state_call(w, XVCPU_GET_STATE, &to_set))
		die("GET_STATE");
	regs = (void *)(room + to_set.groups[XVCPU_GROUP_REGS].offset);
	debug = (void *)(room + to_set.groups[XVCPU_GROUP_DEBUG].offset);
	regs->rbx = VALUE;
	debug->db[1] = VALUE;
}

static long act_set_state(struct world *w)
{
	return state_call(w, XVCPU_SET_STATE, &to_set);
}

FIXTURE_VARIANT_ADD(inject, set_state) {
	.prepare = prepare_set_state,
	.act = act_set_state,
	.kept = state_kept,
};

static void prepare_reset(struct world *w)
{
	prepare_set_state(w);
	if (act_set_state(w))
		die("SET_STATE");
}

static long act_reset(struct world *w)
{
	return vcpu_reset(&w->vcpu);
}

FIXTURE_VARIANT_ADD(inject, reset) {
	.prepare = prepare_reset,
	.act = act_reset,
	.kept = state_kept,
};

/* ---- addresses and events ---- */

static long act_translate(struct world *w)
{
	struct xvcpu_translate args = {
		.size = sizeof(args),
		.access = XVCPU_ACCESS_READ,
		.gva = GUEST_CODE_AT,
	};
	long err = call(w->vcpu.fd, XVCPU_TRANSLATE, &args);

	/* The guest's tables are read like user memory, and may be what cannot be had. */
	return !err && args.outcome == XVCPU_TRANSLATION_NO_TABLE ? -ENOMEM : err;
}

static void prepare_loaded(struct world *w)
{
	w->vcpu.request->immediate_exit = 1;
	if (vcpu_run(&w->vcpu) != -EINTR)
		die("RUN");
	w->vcpu.request->immediate_exit = 0;
}

FIXTURE_VARIANT_ADD(inject, translate) {
	.prepare = prepare_loaded,
	.act = act_translate,
	.kept = state_kept,
};

static long access_guest(struct world *w, uint32_t flags)
{
	struct xvcpu_access args = {
		.size = sizeof(args),
		.flags = flags,
		.address = GUEST_FREE + 100,
		.buffer = (uintptr_t)room,
		.length = 3 * PAGE_BYTES,
	};
	long err = call(w->vcpu.fd, XVCPU_ACCESS, &args);

	return !err && args.done != args.length ? -ENOMEM : err;
}

static long act_read(struct world *w)
{
	return access_guest(w, XVCPU_ACCESS_LINEAR);
}

FIXTURE_VARIANT_ADD(inject, access_that_reads) {
	.prepare = prepare_loaded,
	.act = act_read,
	.kept = state_kept,
};

static long act_write(struct world *w)
{
	return access_guest(w, XVCPU_ACCESS_TO_GUEST);
}

FIXTURE_VARIANT_ADD(inject, access_that_writes) {
	.prepare = prepare_loaded,
	.act = act_write,
	.kept = state_kept,
};

static void prepare_interruptible(struct world *w)
{
	guest_interruptible(&w->vcpu);
	prepare_loaded(w);
}

static long act_interrupt(struct world *w)
{
	return vcpu_interrupt(&w->vcpu, 0x30);
}

FIXTURE_VARIANT_ADD(inject, interrupt) {
	.prepare = prepare_interruptible,
	.act = act_interrupt,
	.kept = state_kept,
};

static long act_nmi(struct world *w)
{
	return vcpu_nmi(&w->vcpu);
}

FIXTURE_VARIANT_ADD(inject, nmi) {
	.act = act_nmi,
	.kept = state_kept,
};

static long act_set_policy(struct world *w)
{
	struct xvcpu_policy_range range = {
		.kind = XVCPU_POLICY_PORT, .first = 0x80, .last = 0x8f, .read = XVCPU_POLICY_GP,
	};
	struct xvcpu_policy args = {
		.size = sizeof(args),
		.nr = 1,
		.entry_size = sizeof(range),
		.ranges = (uintptr_t)&range,
	};

	return call(w->vm.fd, XVCPU_SET_POLICY, &args);
}

FIXTURE_VARIANT_ADD(inject, set_policy) {
	.act = act_set_policy,
	.kept = state_kept,
};

static long act_set_intercepts(struct world *w)
{
	struct xvcpu_intercepts args = { .size = sizeof(args), .exceptions = 1u << VEC_UD };

	return call(w->vcpu.fd, XVCPU_SET_INTERCEPTS, &args);
}

FIXTURE_VARIANT_ADD(inject, set_intercepts) {
	.act = act_set_intercepts,
	.kept = state_kept,
};

static long act_life(struct world *w)
{
	struct xvcpu_affinity affinity = {
		.size = sizeof(affinity), .preferred = XVCPU_AFFINITY_ANY, .set = { 1 },
	};
	struct xvcpu_life life = { .size = sizeof(life) };
	long err = call(w->vcpu.fd, XVCPU_SET_AFFINITY, &affinity);

	return err ?: call(w->vcpu.fd, XVCPU_GET_LIFE, &life);
}

FIXTURE_VARIANT_ADD(inject, set_affinity_and_get_life) {
	.act = act_life,
	.kept = state_kept,
};

static long act_exception(struct world *w)
{
	struct xvcpu_exception args = { .vector = VEC_UD };

	return vcpu_exception(&w->vcpu, &args);
}

FIXTURE_VARIANT_ADD(inject, exception) {
	.act = act_exception,
	.kept = state_kept,
};

/* The first VM, which turns VMX on. */
TEST(the_first_vm)
{
	unsigned int n, fired = 0;
	bool hit = true;
	int dev, fd;

	if (!nth_init())
		SKIP(return, "this kernel has no fault injection");
	for (n = 1; hit && n < STEPS_MAX; n++) {
		dev = dev_open();
		nth_arm(n);
		fd = create_vm(dev, 0);
		hit = nth_fired();
		fired += hit;
		if (fd < 0) {
			EXPECT_TRUE(hit && (fd == -ENOMEM || fd == -EFAULT));
			EXPECT_TRUE(guest_runs());
		} else {
			close(fd);
		}
		close(dev);
	}
	EXPECT_FALSE(hit);
	EXPECT_LT(0, fired);
	EXPECT_TRUE(guest_runs());
	TH_LOG("%u failures", fired);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kick protocol (docs/architecture.md): whoever publishes a reason for a vCPU to leave the
 * guest, and the thread that publishes that it goes in, cannot miss each other. The module's own
 * functions, as extract.sh finds them, run over a model of processors with store buffers, in every
 * order that there is; then the same without one of the barriers, where a mistake must be found.
 *
 * Of the run loop's pending_work() this has its own short form, in loop().
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model.h"
#include "tap.h"

/* ---- the kernel, as far as it goes here ---- */

typedef uint64_t u64;
typedef struct { int counter; } atomic_t;
typedef struct { u64 counter; } atomic64_t;
struct mutex { int held; };

/* What is left out of the code, to see that it is missed. */
static bool without_guest_barrier, without_kicker_barrier;

static __attribute__((unused))
void publish(void *at, size_t size, u64 value, bool barrier)
{
	model_store(at, size, value);
	if (barrier)
		model_barrier();
}

/* With @barrier, as all that returns a value has in the kernel; else just a delayed store. */
static u64 exchange(void *at, size_t size, u64 value, bool barrier)
{
	u64 old;

	if (barrier)
		model_barrier();
	old = model_load(at, size);
	if (!barrier) {
		model_store(at, size, value);
		return old;
	}
	memcpy(at, &value, size);
	model_changed();
	return old;
}

static int compare_exchange(int *at, int from, int to)
{
	int old;

	model_barrier();
	old = model_load(at, sizeof(*at));
	if (old == from) {
		memcpy(at, &to, sizeof(to));
		model_changed();
	}
	return old;
}

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KICKER		(!without_kicker_barrier)

#define READ_ONCE(x)		((typeof(x))model_load(&(x), sizeof(x)))
#define WRITE_ONCE(x, v)	model_store(&(x), sizeof(x), (u64)(v))
/* What the barriers are for is said where the module has them. */
#define smp_store_mb(x, v)	publish(&(x), sizeof(x), (v), !without_guest_barrier) /* . */
#define smp_store_release(p, v)	model_store((p), sizeof(*(p)), (v)) /* . */
#define smp_mb()		do { if (KICKER) model_barrier(); } while (0) /* . */
#define smp_mb__after_atomic()	smp_mb() /* . */
#define cmpxchg(p, from, to)	compare_exchange((p), (from), (to))
#define atomic_read(v)		((int)model_load(&(v)->counter, sizeof(int)))
#define atomic64_read(v)	model_load(&(v)->counter, sizeof(u64))
/* No barriers by themselves, and one thread at a time. */
#define atomic_inc(v)		WRITE_ONCE((v)->counter, atomic_read(v) + 1)
#define atomic_dec(v)		WRITE_ONCE((v)->counter, atomic_read(v) - 1)
#define atomic_xchg(v, n)	\
	({ int __old = exchange(&(v)->counter, sizeof(int), (n), KICKER); __old; })
#define atomic_dec_and_test(v)	\
	(exchange(&(v)->counter, sizeof(int), atomic_read(v) - 1, true) == 1)
#define atomic64_inc_return(v)	\
	(exchange(&(v)->counter, sizeof(u64), atomic64_read(v) + 1, KICKER) + 1)

#define wait_until(condition)	do { model_look(); if (condition) break; model_wait(); } while (1)
#define wait_event_interruptible(q, condition)			wait_until(condition)
#define wait_event_killable_timeout(q, condition, time)		({ wait_until(condition); 1L; })
#define wake_up_all(q)		((void)(q))

#define trace_xvcpu_kick(...)	((void)0)
#define likely(x)		(x)
#define unlikely(x)		(x)
#define lockdep_assert_held(l)	((void)(l))
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#define rcu_read_lock()		((void)0)
#define rcu_read_unlock()	((void)0)
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define vtime_account_guest_exit() ((void)0)
#define fpu_swap_kvm_fpstate(fpu, in) ((void)(fpu))
#define switch_fpu_return()	((void)0)
#define test_thread_flag(flag)	false
#define read_thread_flags()	0ul
#define LEAVE_FLAGS		0ul
#define EINTR			4
#define INVEPT_SINGLE		1

/* ---- the module, as far as it goes here ---- */

enum { XVCPU_OUTSIDE, XVCPU_IN_GUEST, XVCPU_EXITING };
enum vmx_next { VMX_RESUME };
enum { XVCPU_COUNT_EPT_FLUSH, COUNTERS };

#define XVCPU_MAX_VCPUS	1

struct ept { atomic64_t flush_gen; u64 acked_gen, eptp; bool stale; int lock; };
struct vmx_vcpu {
	struct ept *ept;
	u64 ept_gen, counters[COUNTERS];
	struct { bool on; u64 left; } budget;
};

struct xvcpu_vm_memory { struct ept ept; };
struct xvcpu_vm;

struct xvcpu_vcpu {
	struct vmx_vcpu vmx;
	struct xvcpu_vm *vm;
	struct mutex lock; /* @running, @parked */
	bool running, parked, owed;
	atomic_t stoppers, kicked;
	int stop_wait, mode, cpu, fpu;
};

struct xvcpu_vm {
	struct xvcpu_vm_memory memory;
	struct xvcpu_vcpu *vcpus[XVCPU_MAX_VCPUS];
	atomic_t holders;
	int hold_wait;
	bool dead;
};

/**
 * world - memory, and what there is besides
 * @vm:      one
 * @vcpu:    of it
 * @on_cpu:  where the thread in RUN is
 * @irqs:    are on there
 * @ipi:     is pending there
 * @call:    a function call is, whose sender waits
 * @inside:  the guest runs
 * @freed:   a flush has freed what it unlinked
 */
static struct {
	struct xvcpu_vm vm;
	struct xvcpu_vcpu vcpu;
	int on_cpu, irqs, ipi, call, inside, freed;
} world;

static void mutex_lock(struct mutex *lock)
{
	model_barrier();
	wait_until(!READ_ONCE(lock->held));
	lock->held = 1;
	model_changed();
}

static void mutex_unlock(struct mutex *lock)
{
	WRITE_ONCE(lock->held, 0);
}

static int mutex_lock_killable(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

static int smp_processor_id(void)
{
	return world.on_cpu;
}

static void local_irq_disable(void)
{
	model_step();
	world.irqs = 0;
}

/* What is pending is taken. */
static void local_irq_enable(void)
{
	model_step();
	world.irqs = 1;
	world.ipi = 0;
	world.call = 0;
	model_changed();
}

/* An interrupt that finds IRQs on, or another task, is over at once. */
static void smp_send_reschedule(int cpu)
{
	model_step();
	world.ipi |= cpu == world.on_cpu && !world.irqs;
	model_changed();
}

static void left_guest(void *unused)
{
	(void)unused;
}

static void smp_call_function_single(int cpu, void (*function)(void *), void *info, int wait)
{
	(void)wait;
	model_barrier();
	world.call |= cpu == world.on_cpu && !world.irqs;
	model_changed();
	wait_until(!world.call);
	function(info);
}

static struct xvcpu_vm *vm_of(struct xvcpu_vm_memory *memory)
{
	return container_of(memory, struct xvcpu_vm, memory);
}

static void vmx_invept(int type, u64 eptp)
{
	(void)type;
	(void)eptp;
}

static void vmx_put(struct vmx_vcpu *vmx)
{
	(void)vmx;
}

static bool vmx_has_timer(void)
{
	return true;
}

static void xvcpu_budget_arm(struct xvcpu_vcpu *vcpu)
{
	(void)vcpu;
}

static enum vmx_next vmx_run(struct vmx_vcpu *vmx);

static void xvcpu_vm_kick_guests(struct xvcpu_vm_memory *memory);

static void xvcpu_ept_kick(struct ept *ept)
{
	xvcpu_vm_kick_guests(container_of(ept, struct xvcpu_vm_memory, ept));
}

static void expect_no_stale_guest(void)
{
	if (world.freed && world.inside && world.vcpu.vmx.ept_gen != world.vm.memory.ept.acked_gen)
		model_wrong("a page was freed that a guest still uses");
}

/* Called when the flush is done: what is freed now, no guest may use, nor come to use. */
static void ept_free_unlinked(struct ept *ept)
{
	(void)ept;
	world.freed = 1;
	expect_no_stale_guest();
}

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "kick_code.h"

/* Stays in the guest until an interrupt is pending. */
static enum vmx_next vmx_run(struct vmx_vcpu *vmx)
{
	flush_stale_ept(vmx);
	model_step();
	world.inside = 1;
	model_changed();
	expect_no_stale_guest();
	wait_until(world.ipi || world.call);
	world.inside = 0;
	model_changed();
	return VMX_RESUME;
}

/* ---- threads ---- */

/* RUN, until a kick; each stay on the other CPU. */
static void loop(void)
{
	struct xvcpu_vcpu *vcpu = &world.vcpu;
	bool entered;

	for (;;) {
		if (atomic_read(&vcpu->stoppers) && !vcpu->owed)
			xvcpu_vcpu_park(vcpu);
		if (atomic_read(&vcpu->kicked) && atomic_xchg(&vcpu->kicked, 0))
			break;
		wait_until(!atomic_read(&vcpu->vm->holders));
		world.on_cpu ^= 1;
		run_guest(vcpu, &entered);
	}
	mutex_lock(&vcpu->lock);
	WRITE_ONCE(vcpu->running, false);
	mutex_unlock(&vcpu->lock);
}

static void kick(void)
{
	vcpu_kick(&world.vcpu);
}

static void expect_outside(const char *what)
{
	if (world.inside)
		model_wrong(what);
}

static void hold(void)
{
	xvcpu_vm_hold(&world.vm.memory);
	expect_outside("in the guest when the hold began");
	model_step();
	expect_outside("in the guest during a hold");
	xvcpu_vm_release(&world.vm.memory);
}

static void stop(void)
{
	if (xvcpu_vcpu_stop(&world.vcpu))
		return;
	expect_outside("in the guest when it was stopped");
	model_step();
	expect_outside("in the guest while it is stopped");
	xvcpu_vcpu_continue(&world.vcpu);
}

static void flush(void)
{
	world.vm.memory.ept.stale = true;
	ept_flush(&world.vm.memory.ept);
}

static void world_begin(void)
{
	memset(&world, 0, sizeof(world));
	world.irqs = 1;
	world.vm.vcpus[0] = &world.vcpu;
	world.vcpu.vm = &world.vm;
	world.vcpu.vmx.ept = &world.vm.memory.ept;
	world.vcpu.running = true;
}

/* At the end a kick must have ended RUN; all else must have left it running. */
static const char *end_of_kick(void)
{
	return model_ended(0) && model_ended(1) ? NULL : "a kick was lost";
}

static const char *end_of_call(void)
{
	if (!model_ended(1))
		return "a call waits for ever";
	return world.inside ? NULL : "the guest does not run again";
}

static const char *end_of_both(void)
{
	if (model_ended(0) && model_ended(1) && model_ended(2))
		return NULL;
	return "somebody waits for ever";
}

#define MODEL(first, second, last)							\
	{ .thread = { loop, first, second }, .memory = &world, .size = sizeof(world),	\
	  .begin = world_begin, .end = last }

static const struct model kick_model = MODEL(kick, NULL, end_of_kick);
static const struct model hold_model = MODEL(hold, NULL, end_of_call);
static const struct model stop_model = MODEL(stop, NULL, end_of_call);
static const struct model flush_model = MODEL(flush, NULL, end_of_call);
static const struct model two_kicks_model = MODEL(kick, kick, end_of_kick);
static const struct model kick_hold_model = MODEL(kick, hold, end_of_both);
static const struct model kick_stop_model = MODEL(kick, stop, end_of_both);
static const struct model kick_flush_model = MODEL(kick, flush, end_of_both);

/* ---- tests ---- */

static void expect_right(const struct model *model)
{
	const char *wrong = model_check(model);

	printf("# %lu states\n", model_states());
	EXPECT(!wrong, "%s", wrong);
	EXPECT(model_states() > 50, "that is not all there is");
}

/* The model is able to see it. */
static void expect_wrong(const struct model *model, bool *barrier)
{
	const char *wrong;

	*barrier = true;
	wrong = model_check(model);
	*barrier = false;
	EXPECT(wrong, "a missing barrier was not noticed");
	printf("# found: %s\n", wrong ? wrong : "nothing");
}

#define RIGHT(name)									\
	static void name##_goes_right(void)						\
	{										\
		expect_right(&name##_model);						\
	}

#define WRONG(name)									\
	static void name##_goes_wrong_without_a_barrier(void)				\
	{										\
		expect_wrong(&name##_model, &without_guest_barrier);			\
		expect_wrong(&name##_model, &without_kicker_barrier);			\
	}

RIGHT(kick) RIGHT(hold) RIGHT(stop) RIGHT(flush)
RIGHT(two_kicks) RIGHT(kick_hold) RIGHT(kick_stop) RIGHT(kick_flush)
WRONG(kick) WRONG(hold) WRONG(stop) WRONG(flush)

#define TEST(name)	{ #name, name }

int main(void)
{
	static const struct tap_test tests[] = {
		TEST(kick_goes_right),
		TEST(hold_goes_right),
		TEST(stop_goes_right),
		TEST(flush_goes_right),
		TEST(two_kicks_goes_right),
		TEST(kick_hold_goes_right),
		TEST(kick_stop_goes_right),
		TEST(kick_flush_goes_right),
		TEST(kick_goes_wrong_without_a_barrier),
		TEST(hold_goes_wrong_without_a_barrier),
		TEST(stop_goes_wrong_without_a_barrier),
		TEST(flush_goes_wrong_without_a_barrier),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}

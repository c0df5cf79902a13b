// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold after each call, whatever its argument was (uapi/xvcpu.h, "Rules that hold for
 * every call"). See fuzz.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define MESSAGES	20	/* of each thread */
#define CODE_LAST	31	/* of enum xvcpu_error_code, with room for some more */
#define SYNCED		ALL_SYNCED
#define RUN_EXIT_TELLS	offsetof(struct xvcpu_run_exit, error)

void announce(struct fuzz *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	if (f->call >= f->trace)
		printf("# %llu: %s\n", (unsigned long long)f->call, f->text);
}

void broken(struct fuzz *f, const char *format, ...)
{
	char what[256];
	va_list args;

	if (f->violations++ >= MESSAGES)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	printf("# seed %llu, thread %u, call %llu: %s: %s\n", (unsigned long long)f->seed,
	       f->thread, (unsigned long long)f->call, f->text, what);
}

static bool errno_is_documented(const struct fuzz *f, const struct fuzz_ioctl *ioctl, int err)
{
	unsigned int i;

	if (err == EFAULT || err == EINVAL || err == E2BIG)
		return true;
	for (i = 0; ioctl->errnos[i]; i++) {
		if (ioctl->errnos[i] == err)
			return true;
	}
	return false;
}

/* Bytes of the struct that differ outside [from, to) and [from2, to2); ~0 if none. */
static uint32_t changed(const struct fuzz_call *c, uint32_t from, uint32_t to, uint32_t from2,
			uint32_t to2)
{
	uint32_t i;

	for (i = 0; i < c->bytes; i++) {
		if (c->arg[i] != c->before[i] && !(i >= from && i < to) &&
		    !(i >= from2 && i < to2))
			return i;
	}
	return ~0u;
}

static void rules_of_success(struct fuzz *f, const struct fuzz_call *c)
{
	const struct fuzz_ioctl *ioctl = c->ioctl;
	uint32_t at = changed(c, ioctl->out, ioctl->out_end, ioctl->out2, ioctl->out2_end);

	if (at != ~0u)
		broken(f, "succeeded, but changed the byte at %u of its argument", at);
	if (c->bytes < ioctl->size)
		broken(f, "took a struct that could not be read");
}

static bool poisoned(const uint8_t *bytes, uint32_t nr)
{
	while (nr--) {
		if (*bytes++ != POISON)
			return false;
	}
	return true;
}

static void rules_of_error(struct fuzz *f, const struct fuzz_call *c)
{
	const struct xvcpu_error *error = (void *)(c->arg + c->ioctl->error);

	if (poisoned((const void *)error, sizeof(*error))) {
		/* Refused for its size, before it was known to have a record. */
		if (c->result != -EFAULT && c->result != -E2BIG &&
		    *(uint32_t *)c->before >= c->ioctl->size)
			broken(f, "refused with %ld without a record of the error", c->result);
		return;
	}
	if (error->reserved)
		broken(f, "error.reserved is %#x", error->reserved);
	if (error->code > CODE_LAST || (!error->code && c->result != -EFAULT))
		broken(f, "refused with %ld and error code %u", c->result, error->code);
}

static void rules_of_failure(struct fuzz *f, const struct fuzz_call *c)
{
	const struct fuzz_ioctl *ioctl = c->ioctl;
	uint32_t size = sizeof(struct xvcpu_error), at;

	if (!errno_is_documented(f, ioctl, -c->result))
		broken(f, "gives errno %ld", -c->result);
	/* Outputs may be there in part where they could not be written as a whole. */
	if (c->result == -EFAULT)
		at = changed(c, ioctl->out, ioctl->size, ioctl->error, ioctl->size);
	else
		at = changed(c, ioctl->error, ioctl->error ? ioctl->error + size : 0, 0, 0);
	if (at != ~0u)
		broken(f, "refused with %ld, but changed the byte at %u of its argument",
		       c->result, at);
	if (ioctl->error && c->bytes >= ioctl->size)
		rules_of_error(f, c);
	if ((ioctl->number == XVCPU_GET_STATE || ioctl->number == XVCPU_GET_SUPPORTED_CPUID ||
	     ioctl->number == XVCPU_GET_MSR_LIST) && c->result != -EFAULT &&
	    !poisoned(f->room, 64))
		broken(f, "refused with %ld, but wrote to its buffer", c->result);
}

void rules_of_call(struct fuzz *f, const struct fuzz_call *c)
{
	unsigned int i = c->ioctl - fuzz_ioctls;

	if (c->result >= 0) {
		f->passed[i]++;
		rules_of_success(f, c);
	} else {
		f->failed[i]++;
		rules_of_failure(f, c);
	}
}

/*
 * Bochs wants RPL and DPL of a non-conforming CS to be the same; SDM "Checks on Guest Segment
 * Registers" wants DPL to be that of SS.
 */
static bool refused_by_bochs_alone(struct test_vcpu *vcpu)
{
	struct xvcpu_sregs sregs;

	if (vcpu_get(vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs)))
		return false;
	return (sregs.cs.ar & 0xd) == 9 && (sregs.cs.selector & 3) != (sregs.cs.ar >> 5 & 3);
}

static void rules_of_exit(struct fuzz *f, struct test_vcpu *vcpu,
			  const struct xvcpu_run_request *request)
{
	struct xvcpu_run_exit exit = *(struct xvcpu_run_exit *)vcpu->exit;

	if (exit.reason >= REASONS) {
		broken(f, "exit reason %u", exit.reason);
		return;
	}
	f->exits[exit.reason]++;
	if (exit.reason == XVCPU_EXIT_NONE)
		broken(f, "RUN ended without a reason");
	if (exit.reason == XVCPU_EXIT_INTERNAL)
		broken(f, "the VM is dead: hardware reason %u, qualification %#llx, code %u",
		       exit.hardware.hw_reason, exit.hardware.qualification, exit.hardware.code);
	if (exit.reason == XVCPU_EXIT_FAIL_ENTRY && !exit.fail_entry.rule) {
		if (refused_by_bochs_alone(vcpu))
			f->bochs_alone++;
		else
			broken(f, "refused entry without a rule: %u, %u, %#llx",
			       exit.fail_entry.hw_reason, exit.fail_entry.instruction_error,
			       exit.fail_entry.qualification);
	}
	if (vcpu->sync->valid != request->sync)
		broken(f, "sync.valid is %#llx, asked for %#llx", vcpu->sync->valid,
		       request->sync);
	if (vcpu->request->dirty || vcpu->request->answer) {
		/* Both are left alone where there was nothing to load and no exit waited. */
		if (vcpu->request->dirty || (request->dirty && vcpu->request->answer))
			broken(f, "dirty groups or the answer are still there");
	}
}

void rules_of_run(struct fuzz *f, struct test_vcpu *vcpu, long result,
		  const struct xvcpu_run_request *request, const struct xvcpu_run_exit *before)
{
	const struct xvcpu_error *error = (void *)&vcpu->exit->error;
	bool same = !memcmp(before, (void *)vcpu->exit, RUN_EXIT_TELLS);
	/* INS whose memory has gone. */
	bool memory = result == -EFAULT && (f->shared || error->code == XVCPU_ERR_MEMORY);

	if (result && result != -EINTR && result != -EINVAL && !memory &&
	    !(result == -EBUSY && f->shared)) {
		broken(f, "RUN gives %ld", result);
		return;
	}
	if (f->shared)
		return;
	if (!result || result == -EINTR) {
		if (result == -EINTR && vcpu->exit->reason != XVCPU_EXIT_SIGNAL)
			broken(f, "EINTR with exit reason %u", vcpu->exit->reason);
		rules_of_exit(f, vcpu, request);
		return;
	}
	if (!same)
		broken(f, "RUN was refused, but changed the exit section");
	if (!error->code || error->code > CODE_LAST || error->reserved ||
	    error->field >= vcpu->vm->info.run_size)
		broken(f, "RUN was refused with code %u in field %#x", error->code, error->field);
	if (memcmp(request, (void *)vcpu->request, sizeof(*request)))
		broken(f, "RUN was refused, but changed the request section");
}

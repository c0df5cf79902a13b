// SPDX-License-Identifier: GPL-2.0-only
/*
 * libxvcpu against the module, and the terminal around a real run. Runs in the test machine.
 *
 * Guests that spin do so with interrupts on: Bochs 2.7 holds the host's interrupts back while a
 * guest runs that has them off.
 */
#include <errno.h>
#include <libxvcpu.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../report.h"
#include "../tests/tap.h"
#include "../tests-cli/session.h"

#define RAM_SIZE	0x10000
#define CODE		0x1000

static int dev = -1;
static struct xvcpu_info info;
static char text[256];

/* A VM with one page-backed slot and one vCPU in real mode at CODE. */
struct guest {
	int vm;
	u8 *ram;
	struct xvcpu_vcpu vcpu;
};

static void guest_make(struct guest *guest, const char *code, size_t size)
{
	struct xvcpu_memory_slot slot = { .size = RAM_SIZE };
	struct xvcpu_regs regs = { .rip = CODE, .rflags = 2, .rsp = 0x8000 };
	struct xvcpu_sregs sregs;

	guest->vm = xvcpu_vm_create(dev, NULL, NULL);
	CHECK(guest->vm >= 0);
	guest->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	memcpy(guest->ram + CODE, code, size);
	slot.hva = (uintptr_t)guest->ram;
	CHECK_EQ(0, xvcpu_vm_set_memory(guest->vm, &slot, 1, NULL));
	CHECK_EQ(0, xvcpu_vcpu_create(&guest->vcpu, guest->vm, &info, 0, 0, NULL));
	CHECK_EQ(0, xvcpu_state_get(&guest->vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs), NULL));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	CHECK_EQ(0, xvcpu_state_set(&guest->vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs), NULL));
	CHECK_EQ(0, xvcpu_state_set(&guest->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs), NULL));
}

static void guest_free(struct guest *guest)
{
	xvcpu_vcpu_destroy(&guest->vcpu);
	close(guest->vm);
	munmap(guest->ram, RAM_SIZE);
}

static void the_device_answers(void)
{
	struct xvcpu_cpuid_entry entries[256];
	__u32 msrs[256], nr = 0;
	struct xvcpu_error error = { 0 };

	CHECK_EQ(XVCPU_REASON_OK, info.ready);
	CHECK_EQ(-ENOSPC, xvcpu_get_supported_cpuid(dev, entries, &nr, &error));
	CHECK_EQ(XVCPU_ERR_SPACE, error.code);
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_GET_SUPPORTED_CPUID, &error, text,
					     sizeof(text)), "nr is 0: too small");
	nr = ARRAY_SIZE(entries);
	CHECK_EQ(0, xvcpu_get_supported_cpuid(dev, entries, &nr, &error));
	CHECK_EQ(error.expected, nr);
	nr = ARRAY_SIZE(msrs);
	CHECK_EQ(0, xvcpu_get_msr_list(dev, msrs, &nr, NULL));
	CHECK(nr > 0);
	for (unsigned int i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		if (info.features[i])
			CHECK(xvcpu_feature_name(i));
		if (info.required >> i & 1)
			CHECK_EQ(XVCPU_REASON_OK, info.features[i]);
	}
}

/* What the kernel says must make sense in words: member, element, reason. */
static void refusals_in_words(void)
{
	struct xvcpu_memory_slot slots[2] = { { .size = 0x1000 }, { .slot = 1, .size = 0x1000 } };
	struct xvcpu_create_vm config = { .views = 3 };
	struct xvcpu_error error = { 0 };
	struct xvcpu_cregs cregs;
	struct guest guest;

	CHECK_EQ(-EINVAL, xvcpu_vm_create(dev, &config, &error));
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_CREATE_VM, &error, text, sizeof(text)),
		       "views is");

	guest_make(&guest, "\364", 1);
	slots[0].gpa = 0x100000;
	slots[0].slot = 1;
	slots[0].hva = (uintptr_t)guest.ram;
	slots[1] = slots[0];
	slots[1].slot = 2;
	slots[1].gpa = 0x200800;
	CHECK_EQ(-EINVAL, xvcpu_vm_set_memory(guest.vm, slots, 2, &error));
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_SET_MEMORY, &error, text, sizeof(text)),
		       "slots[1].gpa is 0x200800: must be a multiple of 0x1000");
	slots[1].gpa = 0x100000;
	CHECK_EQ(-EEXIST, xvcpu_vm_set_memory(guest.vm, slots, 2, &error));
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_SET_MEMORY, &error, text, sizeof(text)),
		       "overlaps slot");
	CHECK_EQ(-EINVAL, xvcpu_vm_set_memory(guest.vm, slots, 0, &error));
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_SET_MEMORY, &error, text, sizeof(text)),
		       "nr is 0");

	CHECK_EQ(0, xvcpu_state_get(&guest.vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs), NULL));
	cregs.cr4 |= 1 << 13;		/* VMXE */
	CHECK_EQ(-EINVAL, xvcpu_state_set(&guest.vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs),
					  &error));
	CHECK_CONTAINS(xvcpu_strerror_record(XVCPU_SET_STATE, &error, text, sizeof(text)),
		       "cregs.cr4 is 0x2000: bits 0x2000");
	guest_free(&guest);
}

/* The TSC, first of the MSRs, is the one that goes on while nobody looks. */
static void check_same_group(const struct xvcpu_blob *a, const struct xvcpu_blob *b,
			     unsigned int group)
{
	size_t skip = 0;
	__u32 size_a = 0, size_b = 0;
	u8 *data_a = xvcpu_blob_find(a, group, &size_a);
	u8 *data_b = xvcpu_blob_find(b, group, &size_b);

	tap_context("group %s", xvcpu_group_name(group));
	CHECK_EQ(size_a, size_b);
	if (group == XVCPU_GROUP_MSRS) {
		skip = sizeof(struct xvcpu_msrs) + sizeof(struct xvcpu_msr);
		CHECK_EQ(0x10, ((struct xvcpu_msr *)(data_a + sizeof(struct xvcpu_msrs)))->index);
	}
	if (data_a && data_b && size_a == size_b)
		CHECK_EQ(0, memcmp(data_a + skip, data_b + skip, size_a - skip));
	tap_context(NULL);
}

static void state_travels_in_blobs(void)
{
	__u64 all = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS) |
		    XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_MSRS) |
		    XVCPU_GROUP_BIT(XVCPU_GROUP_CPUID) | XVCPU_GROUP_BIT(XVCPU_GROUP_DEBUG);
	struct xvcpu_blob blob = { 0 }, again = { 0 };
	struct xvcpu_regs regs = { .rip = 0x77, .rflags = 2, .rbx = 0x123456789abcdef0 };
	struct xvcpu_error error = { 0 };
	const struct xvcpu_regs *after;
	struct guest guest;

	guest_make(&guest, "\364", 1);
	CHECK_EQ(0, xvcpu_blob_get(&guest.vcpu, all, 0, &blob, &error));
	CHECK(blob.state.length <= info.state_size);
	CHECK_EQ(0, xvcpu_state_set(&guest.vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs), NULL));
	CHECK_EQ(0, xvcpu_blob_set(&guest.vcpu, &blob, &error));
	CHECK_EQ(0, xvcpu_blob_get(&guest.vcpu, all, 0, &again, &error));
	CHECK_EQ(blob.state.length, again.state.length);
	for (unsigned int group = 0; group < XVCPU_GROUP_SLOTS; group++)
		check_same_group(&blob, &again, group);
	after = xvcpu_blob_find(&again, XVCPU_GROUP_REGS, NULL);
	CHECK_EQ(CODE, after->rip);

	CHECK_EQ(0, xvcpu_vcpu_reset(&guest.vcpu, NULL));
	CHECK_EQ(0, xvcpu_state_get(&guest.vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs), NULL));
	CHECK_EQ(0xfff0, regs.rip);
	xvcpu_blob_free(&blob);
	xvcpu_blob_free(&again);
	guest_free(&guest);
}

static void runs_end_with_their_reason(void)
{
	struct guest guest;

	guest_make(&guest, "\346\364\364", 3);		/* out %al,$0xf4; hlt */
	CHECK_EQ(XVCPU_EXIT_IO, xvcpu_vcpu_run(&guest.vcpu));
	CHECK_EQ(0xf4, guest.vcpu.exit->io.port);
	guest.vcpu.request->answer = 99;
	CHECK_EQ(-EINVAL, xvcpu_vcpu_run(&guest.vcpu));
	CHECK_CONTAINS(xvcpu_vcpu_strerror(&guest.vcpu, text, sizeof(text)), "answer is");
	guest.vcpu.request->answer = XVCPU_ANSWER_DONE;
	guest.vcpu.request->dirty = 1 << 20;
	CHECK_EQ(-EINVAL, xvcpu_vcpu_run(&guest.vcpu));
	CHECK_CONTAINS(xvcpu_vcpu_strerror(&guest.vcpu, text, sizeof(text)), "dirty is");
	guest.vcpu.request->dirty = 0;
	CHECK_EQ(XVCPU_EXIT_HLT, xvcpu_vcpu_run(&guest.vcpu));
	CHECK_EQ(1, guest.vcpu.stats->counters[12]);
	CHECK_EQ(2, guest.vcpu.stats->counters[XVCPU_COUNT_USER_EXITS]);

	guest.vcpu.request->immediate_exit = 1;
	CHECK_EQ(XVCPU_EXIT_SIGNAL, xvcpu_vcpu_run(&guest.vcpu));
	guest.vcpu.request->immediate_exit = 0;
	CHECK_EQ(0, xvcpu_vcpu_kick(&guest.vcpu));
	CHECK_EQ(XVCPU_EXIT_KICK, xvcpu_vcpu_run(&guest.vcpu));
	guest_free(&guest);
}

static void *kick(void *arg)
{
	struct guest *guest = arg;

	/* It is in the guest, or about to be, once it has entered for the first time. */
	while (!__atomic_load_n(&guest->vcpu.stats->counters[XVCPU_COUNT_ENTRIES],
				__ATOMIC_RELAXED))
		;
	xvcpu_vcpu_kick(&guest->vcpu);
	return NULL;
}

static void a_kick_from_another_thread_ends_the_run(void)
{
	struct guest guest;
	pthread_t thread;

	guest_make(&guest, "\373\353\376", 3);		/* sti; jmp . */
	pthread_create(&thread, NULL, kick, &guest);
	CHECK_EQ(XVCPU_EXIT_KICK, xvcpu_vcpu_run(&guest.vcpu));
	pthread_join(thread, NULL);
	guest_free(&guest);
}

static void a_refused_entry_names_rule_and_field(void)
{
	struct vmm_result result = { 0 };
	struct xvcpu_sregs sregs;
	struct guest guest;

	guest_make(&guest, "\364", 1);
	CHECK_EQ(0, xvcpu_state_get(&guest.vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs), NULL));
	sregs.tr.ar = 0x89;		/* an available TSS: type 9 */
	CHECK_EQ(0, xvcpu_state_set(&guest.vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs), NULL));
	CHECK_EQ(XVCPU_EXIT_FAIL_ENTRY, xvcpu_vcpu_run(&guest.vcpu));
	report_fail_entry(&xvcpu_backend_xvcpu, &guest.vcpu, &result);
	CHECK_CONTAINS(result.message.text, "entry_guest_state");
	CHECK_CONTAINS(result.report, "tr_type");
	CHECK_CONTAINS(result.report, "guest_tr_access_rights");
	CHECK_CONTAINS(result.report, "holds 0x89");
	free(result.report);
	guest_free(&guest);
}

/* sti; 1: mov $0x3fd,%dx; in %dx,%al; jmp 1b: in and out of the guest all the time */
static const char polling[] = "\373\272\375\003\354\353\372";

static struct session session;

static void start(const char *file, const char *code, size_t size)
{
	char *argv[8] = { "xvcpuctl", "run", "--mode", "real", "--mem", "4", NULL, NULL };
	FILE *out = fopen(file, "w");

	fwrite(code, 1, size, out);
	fclose(out);
	argv[6] = (char *)file;
	memset(&session, 0, sizeof(session));
	session.argv = argv;
	session.terminal = true;
	session_start(&session);
}

static void the_terminal_is_restored_after_a_real_run(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		tap_context("%s", strsignal(signals[i]));
		start("/tmp/polling", polling, sizeof(polling) - 1);
		CHECK(session_raw(&session));
		kill(session.pid, signals[i]);
		CHECK(session_restored(&session));
		status = session_end(&session);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(signals[i], WTERMSIG(status));
	}
	tap_context(NULL);

	start("/tmp/polling", polling, sizeof(polling) - 1);
	CHECK(session_raw(&session));
	session_type(&session, "\001x");
	CHECK(session_restored(&session));
	status = session_end(&session);
	CHECK(WIFEXITED(status));
	CHECK_EQ(STATUS_USER, WEXITSTATUS(status));
}

static void the_terminal_is_restored_after_a_guest_ended(void)
{
	int status;

	start("/tmp/halting", "\364", 1);
	CHECK(session_expect(&session, "halted"));
	CHECK(session_restored(&session));
	status = session_end(&session);
	CHECK(WIFEXITED(status));
	CHECK_EQ(STATUS_HALTED, WEXITSTATUS(status));
}

static const struct tap_test tests[] = {
	TEST(the_device_answers),
	TEST(refusals_in_words),
	TEST(state_travels_in_blobs),
	TEST(runs_end_with_their_reason),
	TEST(a_kick_from_another_thread_ends_the_run),
	TEST(a_refused_entry_names_rule_and_field),
	TEST(the_terminal_is_restored_after_a_real_run),
	TEST(the_terminal_is_restored_after_a_guest_ended),
};

int main(void)
{
	dev = xvcpu_open(NULL);
	if (dev < 0 || xvcpu_get_info(dev, &info)) {
		puts("Bail out! " XVCPU_DEVICE " does not answer: this is for the test machine");
		return 1;
	}
	return tap_main(tests, ARRAY_SIZE(tests));
}

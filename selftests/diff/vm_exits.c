// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exits by basic reason: xvcpu counts them, of KVM the tracepoint kvm:kvm_exit tells, through
 * perf.
 */
#include "vm_exits.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACING		"/sys/kernel/tracing"
#define EVENT		TRACING "/events/kvm/kvm_exit/"
#define PAGE		4096ul
#define RING_BYTES	(64 * PAGE)	/* a program's exits fit in */
#define FAILED		(1u << 31)	/* in an exit reason: the entry was refused */

/* ---- KVM's tracepoint ---- */

static int read_number(const char *path, unsigned long long *number)
{
	FILE *file = fopen(path, "r");
	int nr = file ? fscanf(file, "%llu", number) : 0;

	if (file)
		fclose(file);
	return nr == 1 ? 0 : -1;
}

static int find_reason(unsigned int *offset)
{
	FILE *file = fopen(EVENT "format", "r");
	char line[256];
	int ret = -1;

	while (file && ret && fgets(line, sizeof(line), file)) {
		const char *field = strstr(line, "unsigned int exit_reason;");

		if (field && sscanf(field, "unsigned int exit_reason; offset:%u;", offset) == 1)
			ret = 0;
	}
	if (file)
		fclose(file);
	return ret;
}

static int open_trace(struct vm_exits *seen)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW, .disabled = 0,
	};
	unsigned long long id;

	if (mount("tracefs", TRACING, "tracefs", 0, NULL) && errno != EBUSY)
		return -1;
	if (read_number(EVENT "id", &id) || find_reason(&seen->offset))
		return -1;
	attr.config = id;
	seen->fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (seen->fd < 0)
		return -1;
	seen->ring = mmap(NULL, PAGE + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, seen->fd, 0);
	if (seen->ring != MAP_FAILED)
		return 0;
	seen->ring = NULL;
	close(seen->fd);
	return -1;
}

void vm_exits_open(struct vm_exits *seen, bool kvm)
{
	memset(seen, 0, sizeof(*seen));
	if (kvm && open_trace(seen))
		fprintf(stderr, "KVM's VM exits cannot be traced: %s\n", strerror(errno));
}

void vm_exits_close(struct vm_exits *seen)
{
	if (!seen->ring)
		return;
	munmap(seen->ring, PAGE + RING_BYTES);
	close(seen->fd);
}

/* ---- what came since ---- */

/* A record may go on at the ring's beginning. */
static void ring_copy(const struct vm_exits *seen, uint64_t at, void *to, size_t size)
{
	const char *data = (const char *)seen->ring + PAGE;

	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = data[(at + i) % RING_BYTES];
}

static uint64_t trace_take(struct vm_exits *seen)
{
	struct perf_event_mmap_page *head = seen->ring;
	uint64_t end = __atomic_load_n(&head->data_head, __ATOMIC_ACQUIRE), at = head->data_tail;
	struct perf_event_header record;
	uint64_t bits = 0;
	uint32_t reason;

	for (; at < end; at += record.size) {
		ring_copy(seen, at, &record, sizeof(record));
		if (record.type != PERF_RECORD_SAMPLE)
			continue;
		/* The size of what is raw stands before it. */
		ring_copy(seen, at + sizeof(record) + 4 + seen->offset, &reason, sizeof(reason));
		if (!(reason & FAILED) && reason < 64)
			bits |= 1ull << reason;
	}
	__atomic_store_n(&head->data_tail, end, __ATOMIC_RELEASE);
	return bits;
}

uint64_t vm_exits_take(struct vm_exits *seen, const struct xvcpu_vcpu *vcpu)
{
	uint64_t bits = 0;

	if (seen->ring)
		return trace_take(seen);
	for (unsigned int i = 0; vcpu->stats && i < 64; i++) {
		if (vcpu->stats->counters[i] != seen->counts[i])
			bits |= 1ull << i;
		seen->counts[i] = vcpu->stats->counters[i];
	}
	return bits;
}

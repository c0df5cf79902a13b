// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the module's debugfs files (watch.h).
 *
 * Names and values come from the kernel, which may be newer: lines without a number are passed
 * over, names that are too long are cut.
 */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernelfs.h"

static bool parse_line(struct watch_vcpu *vcpu, const char *line)
{
	struct watch_counter *counter = &vcpu->counters[vcpu->nr];

	if (sscanf(line, "state %39s", vcpu->state) == 1)
		return true;
	if (sscanf(line, "cpu %d", &vcpu->cpu) == 1)
		return true;
	if (vcpu->nr == WATCH_COUNTERS ||
	    sscanf(line, "%39s %" SCNu64, counter->name, &counter->value) != 2)
		return false;
	vcpu->nr++;
	return true;
}

/* Return: whether there was anything: the vCPU may have gone since its name was read. */
static bool read_vcpu(struct watch_vcpu *vcpu, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[128];
	bool any = false;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	vcpu->cpu = -1;
	vcpu->nr = 0;
	strcpy(vcpu->state, "unknown");
	while (fgets(line, sizeof(line), file))
		any |= parse_line(vcpu, line);
	fclose(file);
	return any;
}

static struct watch_vcpu *add_vcpu(struct watch *watch)
{
	struct watch_vcpu *more;

	more = realloc(watch->vcpus, (watch->nr_vcpus + 1) * sizeof(*more));
	if (!more)
		return NULL;
	watch->vcpus = more;
	return &more[watch->nr_vcpus];
}

/* Return: 0 or a negative errno. */
static int read_vm(struct watch *watch, int root, const char *name, u32 owner, u32 serial)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct watch_vcpu *vcpu;
	struct dirent *entry;
	int ret = 0;
	u32 id;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;	/* gone */
	}
	watch->nr_vms++;
	while (!ret && (entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "vcpu%" SCNu32, &id) != 1)
			continue;
		vcpu = add_vcpu(watch);
		if (!vcpu) {
			ret = -ENOMEM;
		} else if (read_vcpu(vcpu, fd, entry->d_name)) {
			vcpu->owner = owner;
			vcpu->serial = serial;
			vcpu->id = id;
			watch->nr_vcpus++;
		}
	}
	closedir(dir);
	return ret;
}

static int by_vm_and_id(const void *a, const void *b)
{
	const struct watch_vcpu *x = a, *y = b;

	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

enum status watch_read(struct watch *watch, const char *root, u32 owner, struct message *msg)
{
	struct dirent *entry;
	u32 pid, serial;
	char path[4096];
	int ret = 0;
	DIR *dir;

	memset(watch, 0, sizeof(*watch));
	snprintf(path, sizeof(path), "%s/xvcpu", root);
	dir = opendir(path);
	if (!dir)
		return kernelfs_refusal(KERNELFS_IS_DEBUG, root, errno, msg);
	watch->time_ns = now_ns();
	while (!ret && (entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "%" SCNu32 "-%" SCNu32, &pid, &serial) != 2)
			continue;
		if (!owner || pid == owner)
			ret = read_vm(watch, dirfd(dir), entry->d_name, pid, serial);
	}
	closedir(dir);
	if (ret) {
		watch_free(watch);
		message_set(msg, "out of memory");
		return STATUS_HOST;
	}
	if (watch->nr_vcpus)
		qsort(watch->vcpus, watch->nr_vcpus, sizeof(*watch->vcpus), by_vm_and_id);
	return STATUS_OK;
}

void watch_free(struct watch *watch)
{
	free(watch->vcpus);
	memset(watch, 0, sizeof(*watch));
}

const struct watch_vcpu *watch_find(const struct watch *watch, const struct watch_vcpu *vcpu)
{
	for (unsigned int i = 0; i < watch->nr_vcpus; i++)
		if (!by_vm_and_id(&watch->vcpus[i], vcpu))
			return &watch->vcpus[i];
	return NULL;
}

u64 watch_value(const struct watch_vcpu *vcpu, const char *name)
{
	for (unsigned int i = 0; i < vcpu->nr; i++)
		if (!strcmp(vcpu->counters[i].name, name))
			return vcpu->counters[i].value;
	return 0;
}

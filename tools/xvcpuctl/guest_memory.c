// SPDX-License-Identifier: GPL-2.0-only
/* The guest's memory. Owner and concurrency: guest_memory.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "guest_memory.h"
#include "refuse.h"

#define PAGE_SIZE	4096ull

int guest_memory_init(struct guest_memory *memory, u64 size, struct message *err)
{
	u64 low = size < GUEST_HOLE_START ? size : GUEST_HOLE_START;
	u8 *host;

	memset(memory, 0, sizeof(*memory));
	if (!size || size % PAGE_SIZE)
		return refuse(err, EINVAL,
			      "%" PRIu64 " bytes of guest memory: give a multiple of 4 KiB", size);
	if (size > SIZE_MAX)
		return refuse(err, ENOMEM, "%" PRIu64 " bytes of guest memory: too much", size);

	host = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host == MAP_FAILED)
		return refuse(err, ENOMEM,
			      "cannot map %" PRIu64 " MiB of guest memory (%s): give it less",
			      size >> 20, strerror(errno));

	memory->host = host;
	memory->size = size;
	memory->regions[0] = (struct guest_region){ .gpa = 0, .size = low, .host = host };
	memory->nr_regions = 1;
	if (size > low) {
		memory->regions[1] = (struct guest_region){
			.gpa = GUEST_HOLE_END, .size = size - low, .host = host + low,
		};
		memory->nr_regions = 2;
	}
	return 0;
}

/* Keeps the regions in order; there is room. */
static struct guest_region *insert_region(struct guest_memory *memory,
					  const struct guest_region *region)
{
	unsigned int i = memory->nr_regions++;

	for (; i && memory->regions[i - 1].gpa > region->gpa; i--)
		memory->regions[i] = memory->regions[i - 1];
	memory->regions[i] = *region;
	return &memory->regions[i];
}

static bool is_free(const struct guest_memory *memory, u64 gpa, u64 size)
{
	unsigned int i;

	for (i = 0; i < memory->nr_regions; i++) {
		const struct guest_region *region = &memory->regions[i];

		if (gpa < region->gpa + region->size && region->gpa < gpa + size)
			return false;
	}
	return true;
}

u8 *guest_memory_rom(struct guest_memory *memory, u64 gpa, u64 size, struct message *err)
{
	struct guest_region rom = { .gpa = gpa, .size = size, .kind = GUEST_ROM };
	unsigned int i;

	for (i = 0; i < memory->nr_regions; i++) {
		const struct guest_region *region = &memory->regions[i];

		if (region->kind == GUEST_ROM && region->gpa == gpa && region->size == size)
			return region->host;
	}
	if (memory->nr_regions == GUEST_MEMORY_REGIONS || !is_free(memory, gpa, size)) {
		message_set(err, "no place for a ROM of %" PRIu64 " KiB at %#" PRIx64
			    ": there is other memory", size >> 10, gpa);
		return NULL;
	}
	rom.host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (rom.host == MAP_FAILED) {
		message_set(err, "cannot map a ROM of %" PRIu64 " KiB (%s)", size >> 10,
			    strerror(errno));
		return NULL;
	}
	return insert_region(memory, &rom)->host;
}

/*
 * Pages are dropped, to come back as zeros when they are touched. Should the host refuse, since
 * they are locked, they are cleared.
 */
static void zero_pages(u8 *host, u64 len)
{
	if (len && madvise(host, len, MADV_DONTNEED))
		memset(host, 0, len);
}

void guest_memory_zero(struct guest_memory *memory, u64 gpa, u64 len)
{
	u8 *host = guest_memory_at(memory, gpa, len);
	u64 head = -gpa % PAGE_SIZE;

	/* Nothing may be where no RAM is. */
	if (!len)
		return;
	if (len < head + PAGE_SIZE) {
		memset(host, 0, len);
		return;
	}
	memset(host, 0, head);
	zero_pages(host + head, (len - head) / PAGE_SIZE * PAGE_SIZE);
	memset(host + len - (len - head) % PAGE_SIZE, 0, (len - head) % PAGE_SIZE);
}

void guest_memory_clear(struct guest_memory *memory)
{
	zero_pages(memory->host, memory->size);
}

void guest_memory_free(struct guest_memory *memory)
{
	unsigned int i;

	for (i = 0; i < memory->nr_regions; i++)
		if (memory->regions[i].kind == GUEST_ROM)
			munmap(memory->regions[i].host, memory->regions[i].size);
	if (memory->host)
		munmap(memory->host, memory->size);
	memset(memory, 0, sizeof(*memory));
}

void *guest_memory_at(const struct guest_memory *memory, u64 gpa, u64 len)
{
	unsigned int i;

	for (i = 0; i < memory->nr_regions; i++) {
		const struct guest_region *region = &memory->regions[i];

		if (region->kind != GUEST_RAM || gpa < region->gpa ||
		    gpa - region->gpa >= region->size)
			continue;
		if (len > region->size - (gpa - region->gpa))
			return NULL;
		return region->host + (gpa - region->gpa);
	}
	return NULL;
}

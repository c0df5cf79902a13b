// SPDX-License-Identifier: GPL-2.0-only
/* The plan of what goes where in guest memory: see placement.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "../refuse.h"
#include "placement.h"

#define PAGE_MASK	0xfffull

void placement_init(struct placement *plan, const struct guest_memory *memory, const char *image)
{
	plan->memory = memory;
	plan->image = image;
	plan->nr = 0;
}

/* The first claim that shares a byte with the range, or NULL. Neither end wraps. */
static const struct placement_claim *find_overlap(const struct placement *plan, u64 gpa, u64 len)
{
	unsigned int i;

	for (i = 0; i < plan->nr; i++) {
		const struct placement_claim *claim = &plan->claims[i];

		if (gpa < claim->gpa + claim->len && claim->gpa < gpa + len)
			return claim;
	}
	return NULL;
}

int placement_claim(struct placement *plan, u64 gpa, u64 len, struct message *err,
		    const char *what, ...)
{
	const struct placement_claim *other;
	struct placement_claim *claim;
	va_list args;

	if (!len)
		return 0;
	if (plan->nr == PLACEMENT_CLAIMS)
		return refuse(err, ENOSPC, "%s has more than %d parts to place in memory",
			      plan->image, PLACEMENT_CLAIMS);

	claim = &plan->claims[plan->nr];
	va_start(args, what);
	vsnprintf(claim->what, sizeof(claim->what), what, args);
	va_end(args);
	claim->gpa = gpa;
	claim->len = len;

	if (!guest_memory_at(plan->memory, gpa, len))
		return refuse(err, ENOSPC,
			      "%s: %s (%#" PRIx64 " bytes at %#" PRIx64 ") is outside the guest's %"
			      PRIu64 " KiB of memory: give it more, or load lower", plan->image,
			      claim->what, len, gpa, plan->memory->size >> 10);
	other = find_overlap(plan, gpa, len);
	if (other)
		return refuse(err, ENOEXEC,
			      "%s: %s (%#" PRIx64 "-%#" PRIx64 ") overlaps %s (%#" PRIx64 "-%#"
			      PRIx64 ")", plan->image, claim->what, gpa, gpa + len - 1,
			      other->what, other->gpa, other->gpa + other->len - 1);
	plan->nr++;
	return 0;
}

u64 placement_find_above(const struct placement *plan, u64 floor, u64 len)
{
	const struct guest_region *low = &plan->memory->regions[0];
	u64 gpa = floor;
	unsigned int i;

	for (i = 0; i < plan->nr; i++) {
		const struct placement_claim *claim = &plan->claims[i];

		if (claim->gpa + claim->len > gpa)
			gpa = claim->gpa + claim->len;
	}
	gpa = (gpa + PAGE_MASK) & ~PAGE_MASK;
	return gpa < low->size && len <= low->size - gpa ? gpa : 0;
}

/* The same within one region; UINT64_MAX: nowhere. */
static u64 find_below_in(const struct placement *plan, const struct guest_region *region,
			 u64 ceiling, u64 len)
{
	u64 end = region->gpa + region->size;

	if (ceiling < end)
		end = ceiling;
	while (region->kind == GUEST_RAM && end >= region->gpa && len <= end - region->gpa) {
		u64 gpa = (end - len) & ~PAGE_MASK;
		const struct placement_claim *claim = find_overlap(plan, gpa, len ? len : 1);

		if (!claim)
			return gpa;
		end = claim->gpa;
	}
	return UINT64_MAX;
}

u64 placement_find_below(const struct placement *plan, u64 ceiling, u64 len)
{
	unsigned int i = plan->memory->nr_regions;

	while (i--) {
		u64 gpa = find_below_in(plan, &plan->memory->regions[i], ceiling, len);

		if (gpa != UINT64_MAX)
			return gpa;
	}
	return 0;
}

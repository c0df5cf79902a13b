// SPDX-License-Identifier: GPL-2.0-only
/* What a guest is told about its RAM. Pure functions of the layout in struct guest_memory. */
#include "memory_map.h"

unsigned int memory_map_fill(const struct guest_memory *memory,
			     struct memory_map_entry map[MEMORY_MAP_ENTRIES])
{
	u64 low = memory->regions[0].size;
	unsigned int i, nr = 0;

	map[nr++] = (struct memory_map_entry){
		.gpa = 0,
		.size = low < MEMORY_MAP_LOW_END ? low : MEMORY_MAP_LOW_END,
		.type = MEMORY_MAP_RAM,
	};
	if (low > MEMORY_MAP_LOW_END)
		map[nr++] = (struct memory_map_entry){
			.gpa = MEMORY_MAP_LOW_END,
			.size = MEMORY_MAP_HIGH_START - MEMORY_MAP_LOW_END,
			.type = MEMORY_MAP_RESERVED,
		};
	if (low > MEMORY_MAP_HIGH_START)
		map[nr++] = (struct memory_map_entry){
			.gpa = MEMORY_MAP_HIGH_START,
			.size = low - MEMORY_MAP_HIGH_START,
			.type = MEMORY_MAP_RAM,
		};
	for (i = 1; i < memory->nr_regions; i++)
		map[nr++] = (struct memory_map_entry){
			.gpa = memory->regions[i].gpa,
			.size = memory->regions[i].size,
			.type = memory->regions[i].kind == GUEST_RAM ? MEMORY_MAP_RAM :
								       MEMORY_MAP_RESERVED,
		};
	return nr;
}

u32 memory_map_lower_kib(const struct guest_memory *memory)
{
	u64 low = memory->regions[0].size;

	return (low < MEMORY_MAP_LOW_END ? low : MEMORY_MAP_LOW_END) >> 10;
}

u32 memory_map_upper_kib(const struct guest_memory *memory)
{
	u64 low = memory->regions[0].size;

	return low > MEMORY_MAP_HIGH_START ? (low - MEMORY_MAP_HIGH_START) >> 10 : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and tables of generated programs (layout.h). What is nothing else is HLT instructions, so
 * that a guest that loses its way ends.
 */
#include <string.h>

#include "handlers.h"
#include "program.h"

#define HLT		0xf4

#define PTE_P		0x1ull
#define PTE_W		0x2ull
#define PTE_U		0x4ull

static void put(uint8_t *memory, uint32_t at, uint64_t value, unsigned int size)
{
	memcpy(memory + at, &value, size);
}

/* SDM "Segment Descriptors"; @ar as in a VMCS. */
static void put_descriptor(uint8_t *memory, unsigned int selector, uint32_t base, uint32_t limit,
			   uint32_t ar)
{
	uint64_t units = ar & 0x8000 ? limit >> 12 : limit;

	put(memory, AT_GDT + (selector & ~7u),
	    (units & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(ar & 0xff) << 40 |
	    (units >> 16 & 0xf) << 48 | (uint64_t)(ar & 0xf000) << 40 |
	    (uint64_t)(base >> 24) << 56, 8);
}

static void put_gdt(uint8_t *memory)
{
	memset(memory + AT_GDT, 0, GDT_BYTES);
	put_descriptor(memory, SEL_CODE32, 0, ~0u, 0xc09b);
	put_descriptor(memory, SEL_DATA, 0, ~0u, 0xc093);
	put_descriptor(memory, SEL_CODE64, 0, ~0u, 0xa09b);
	put_descriptor(memory, SEL_CODE16, 0, 0xffff, 0x009b);
	put_descriptor(memory, SEL_DATA16, 0, 0xffff, 0x0093);
	put_descriptor(memory, SEL_CODE32_3, 0, ~0u, 0xc0fb);
	put_descriptor(memory, SEL_DATA_3, 0, ~0u, 0xc0f3);
	put_descriptor(memory, SEL_CODE64_3, 0, ~0u, 0xa0fb);
	put_descriptor(memory, SEL_TSS, AT_TSS, TSS_LIMIT, 0x008b);
	put_descriptor(memory, SEL_ABSENT, 0, ~0u, 0xc013);
	put_descriptor(memory, SEL_TSS_FREE, AT_DATA, TSS_LIMIT, 0x0089);
}

static void put_tss(uint8_t *memory, enum mode mode)
{
	memset(memory + AT_TSS, 0, TSS_LIMIT + 1);
	put(memory, AT_TSS + 4, AT_STACK0, 4);
	if (!mode_is_ia32e(mode))
		put(memory, AT_TSS + 8, SEL_DATA, 4);
	put(memory, AT_TSS + 100, (AT_IO_BITMAP - AT_TSS) << 16, 4);
	put(memory, AT_TSS + TSS_LIMIT, 0xff, 1);
}

static void put_pointer(uint8_t *memory, uint32_t at, uint16_t limit, uint64_t base)
{
	put(memory, at, limit, 2);
	put(memory, at + 2, base, 8);
}

static void put_pointers(uint8_t *memory)
{
	memset(memory + AT_POINTERS, 0, 0xa0);
	put_pointer(memory, POINTER_IDT16, 4 * VECTORS - 1, AT_IVT);
	put_pointer(memory, POINTER_IDT32, 8 * VECTORS - 1, AT_IDT32);
	put_pointer(memory, POINTER_IDT64, 16 * VECTORS - 1, AT_IDT64);
	put_pointer(memory, POINTER_GDT, GDT_BYTES - 1, AT_GDT);
	put_pointer(memory, POINTER_NO_IDT, 0, AT_IDT32);
	put_pointer(memory, POINTER_HOLE, 0xfff, AT_HOLE);
	put_pointer(memory, POINTER_DF16, 4 * 9 - 1, AT_IVT);
	put_pointer(memory, POINTER_DF32, 8 * 9 - 1, AT_IDT32);
	put_pointer(memory, POINTER_DF64, 16 * 9 - 1, AT_IDT64);
}

/* Interrupt gates that CPL 3 may use (SDM "IDT Descriptors"). */
static void put_gates(uint8_t *memory)
{
	for (uint32_t i = 0; i < VECTORS; i++) {
		uint32_t low = AT_HANDLERS32 + HANDLER_BYTES * i;

		put(memory, AT_IVT + 4 * i, AT_HANDLERS16 + HANDLER_BYTES * i, 4);
		put(memory, AT_IDT32 + 8 * i, low | SEL_CODE32 << 16 | 0xeeull << 40, 8);
		low = AT_HANDLERS64 + HANDLER_BYTES * i;
		put(memory, AT_IDT64 + 16 * i, low | SEL_CODE64 << 16 | 0xeeull << 40, 8);
		put(memory, AT_IDT64 + 16 * i + 8, 0, 8);
	}
	memcpy(memory + AT_HANDLERS16, handlers16, handlers16_end - handlers16);
	memcpy(memory + AT_HANDLERS32, handlers32, handlers32_end - handlers32);
	memcpy(memory + AT_HANDLERS64, handlers64, handlers64_end - handlers64);
}

/* The first 2 MiB in pages of 4 KiB, without accessed and dirty flags: the processor sets them. */
static uint64_t page_entry(uint32_t gpa, bool user)
{
	uint64_t entry = gpa | PTE_P | PTE_W;

	if (gpa == AT_ABSENT)
		entry &= ~PTE_P;
	if (gpa == AT_READONLY)
		entry &= ~PTE_W;
	return user || gpa == AT_USER ? entry | PTE_U : entry;
}

static void put_paging(uint8_t *memory, bool user)
{
	memset(memory + AT_PML4, 0, MEMORY_BYTES - AT_PML4);
	memset(memory + AT_PDPT_PAE, 0, 32);
	put(memory, AT_PML4, AT_PDPT | PTE_P | PTE_W | PTE_U, 8);
	put(memory, AT_PDPT, AT_PD | PTE_P | PTE_W | PTE_U, 8);
	put(memory, AT_PDPT_PAE, AT_PD | PTE_P, 8);
	put(memory, AT_PD, AT_PT | PTE_P | PTE_W | PTE_U, 8);
	put(memory, AT_PD32, AT_PT32 | PTE_P | PTE_W | PTE_U, 4);
	for (uint32_t i = 0; i < 512; i++) {
		put(memory, AT_PT + 8 * i, page_entry(4096 * i, user), 8);
		put(memory, AT_PT32 + 4 * i, page_entry(4096 * i, user), 4);
	}
}

static void put_data(uint8_t *memory, const struct program *program)
{
	uint64_t random = program->seed ^ ~(uint64_t)program->index;

	for (uint32_t at = 0; at < 4096; at += 8)
		put(memory, AT_DATA + at, random_next(&random), 8);
}

/* What does not depend on the program, but on whether it is at CPL 3. */
static void put_base(uint8_t *memory, bool user)
{
	memset(memory, HLT, AT_PML4);
	memset(memory + AT_LOG, 0, 4096);
	put_gdt(memory);
	put_pointers(memory);
	put_gates(memory);
	put_paging(memory, user);
}

void image_make(uint8_t *memory, const struct program *program)
{
	static uint8_t base[2][MEMORY_BYTES];
	static bool made[2];
	bool user = mode_is_user(program->mode);

	if (!made[user])
		put_base(base[user], user);
	made[user] = true;
	memcpy(memory, base[user], MEMORY_BYTES);
	put_tss(memory, program->mode);
	put_data(memory, program);
	memcpy(memory + AT_CODE, program->code, program->nr * SLOT_BYTES);
}

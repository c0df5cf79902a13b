// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPU states in which guests start. Pure functions; the tables go into memory that the caller
 * owns.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "layout.h"

#define RFLAGS_FIXED		(1ull << 1)

#define CR0_PE			(1ull << 0)
#define CR0_ET			(1ull << 4)
#define CR0_NW			(1ull << 29)
#define CR0_CD			(1ull << 30)
#define CR0_PG			(1ull << 31)
#define CR4_PAE			(1ull << 5)
#define CR4_OSFXSR		(1ull << 9)
#define CR4_OSXMMEXCPT		(1ull << 10)
#define EFER_LME		(1ull << 8)
#define EFER_LMA		(1ull << 10)

#define APIC_BASE_RESET		0xfee00900ull	/* enabled, bootstrap processor */
#define XCR0_X87		1ull

#define RESET_CS		0xf000
#define RESET_CS_BASE		0xffff0000ull
#define RESET_IP		0xfff0
#define RESET_RDX		0x600		/* family 6 */

/* Access rights as struct xvcpu_segment holds them (SDM "Segment Descriptors"). */
#define AR_CODE_DATA		(1 << 4)
#define AR_PRESENT		(1 << 7)
#define AR_LONG			(1 << 13)
#define AR_DEFAULT_BIG		(1 << 14)
#define AR_GRANULAR		(1 << 15)
#define AR_TYPE_DATA		0x3		/* writable, accessed */
#define AR_TYPE_CODE		0xb		/* readable, accessed */
#define AR_TYPE_LDT		0x2
#define AR_TYPE_TSS_BUSY	0xb

#define AR_DATA			(AR_TYPE_DATA | AR_CODE_DATA | AR_PRESENT)
#define AR_CODE			(AR_TYPE_CODE | AR_CODE_DATA | AR_PRESENT)

#define PTE_PRESENT		(1ull << 0)
#define PTE_WRITE		(1ull << 1)
#define PTE_LARGE		(1ull << 7)
#define LARGE_PAGE		(2ull << 20)

/* What all modes share. TR must be usable and busy even where no task is ever switched. */
static void state_init(struct boot_state *state, enum load_mode mode)
{
	memset(state, 0, sizeof(*state));
	state->mode = mode;
	state->regs.rflags = RFLAGS_FIXED;
	state->regs.rsp = LAYOUT_STACK_TOP;
	state->cregs.cr0 = CR0_ET;
	state->cregs.apic_base = APIC_BASE_RESET;
	state->cregs.xcr0 = XCR0_X87;
	state->sregs.ldtr = (struct xvcpu_segment){
		.limit = 0xffff, .ar = AR_TYPE_LDT | AR_PRESENT,
	};
	state->sregs.tr = (struct xvcpu_segment){
		.limit = 0xffff, .ar = AR_TYPE_TSS_BUSY | AR_PRESENT,
	};
}

static void set_data_segments(struct xvcpu_sregs *sregs, const struct xvcpu_segment *data)
{
	sregs->ds = *data;
	sregs->es = *data;
	sregs->fs = *data;
	sregs->gs = *data;
}

void boot_state_real(struct boot_state *state, u32 segment, u16 ip)
{
	struct xvcpu_segment data = {
		.base = segment, .limit = 0xffff, .selector = segment >> 4, .ar = AR_DATA,
	};
	struct xvcpu_segment stack = { .limit = 0xffff, .ar = AR_DATA };
	struct xvcpu_segment code = data;

	state_init(state, LOAD_REAL);
	code.ar = AR_CODE;
	set_data_segments(&state->sregs, &data);
	state->sregs.ss = stack;
	state->sregs.cs = code;
	state->sregs.gdtr.limit = 0xffff;
	state->sregs.idtr.limit = 0xffff;
	state->regs.rip = ip;
}

void boot_state_reset(struct boot_state *state)
{
	struct xvcpu_segment data = { .limit = 0xffff, .ar = AR_DATA };

	state_init(state, LOAD_REAL);
	state->regs.rip = RESET_IP;
	state->regs.rsp = 0;
	state->regs.rdx = RESET_RDX;
	state->cregs.cr0 |= CR0_NW | CR0_CD;
	set_data_segments(&state->sregs, &data);
	state->sregs.ss = data;
	state->sregs.cs = (struct xvcpu_segment){
		.base = RESET_CS_BASE, .limit = 0xffff, .selector = RESET_CS, .ar = AR_CODE,
	};
	state->sregs.gdtr.limit = 0xffff;
	state->sregs.idtr.limit = 0xffff;
}

/* Flat segments; code_size is AR_DEFAULT_BIG for 32-bit or AR_LONG for 64-bit code. */
static void set_flat_segments(struct xvcpu_sregs *sregs, u16 code_size)
{
	struct xvcpu_segment data = {
		.limit = ~0u, .selector = LAYOUT_DS,
		.ar = AR_DATA | AR_DEFAULT_BIG | AR_GRANULAR,
	};

	set_data_segments(sregs, &data);
	sregs->ss = data;
	sregs->cs = (struct xvcpu_segment){
		.limit = ~0u, .selector = LAYOUT_CS, .ar = AR_CODE | AR_GRANULAR | code_size,
	};
	sregs->gdtr.base = LAYOUT_GDT;
	sregs->gdtr.limit = LAYOUT_DS + 7;
}

void boot_state_protected(struct boot_state *state, u32 eip)
{
	state_init(state, LOAD_PROTECTED);
	set_flat_segments(&state->sregs, AR_DEFAULT_BIG);
	state->cregs.cr0 |= CR0_PE;
	state->regs.rip = eip;
}

void boot_state_long(struct boot_state *state, u64 rip)
{
	state_init(state, LOAD_LONG);
	set_flat_segments(&state->sregs, AR_LONG);
	state->cregs.cr0 |= CR0_PE | CR0_PG;
	state->cregs.cr3 = LAYOUT_PML4;
	state->cregs.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	state->cregs.efer = EFER_LME | EFER_LMA;
	state->regs.rip = rip;
}

int boot_tables_claim(struct placement *plan, enum load_mode mode, struct message *err)
{
	if (mode == LOAD_REAL)
		return 0;
	return placement_claim(plan, LAYOUT_START, LAYOUT_END - LAYOUT_START, err,
			       "the loader's tables and stack");
}

/* A segment descriptor with base 0 and limit 4 GiB - 1 (SDM "Segment Descriptors"). */
static u64 flat_descriptor(u16 ar)
{
	u64 rights = ar | AR_GRANULAR;

	return 0xffff | (rights & 0xff) << 40 | 0xfull << 48 | (rights & 0xf000) << 40;
}

static void write_u64(struct guest_memory *memory, u64 gpa, u64 value)
{
	memcpy(guest_memory_at(memory, gpa, sizeof(value)), &value, sizeof(value));
}

/* A page directory that maps the GiB at @gpa onto itself. */
static void write_pd(struct guest_memory *memory, u64 pd, u64 gpa)
{
	u64 i;

	for (i = 0; i < LAYOUT_MAPPED / LARGE_PAGE; i++)
		write_u64(memory, pd + 8 * i,
			  (gpa + i * LARGE_PAGE) | PTE_PRESENT | PTE_WRITE | PTE_LARGE);
}

void boot_tables_write(struct guest_memory *memory, enum load_mode mode)
{
	if (mode == LOAD_REAL)
		return;
	write_u64(memory, LAYOUT_GDT, 0);
	write_u64(memory, LAYOUT_GDT + 8, 0);
	write_u64(memory, LAYOUT_GDT + LAYOUT_CS,
		  flat_descriptor(AR_CODE | (mode == LOAD_LONG ? AR_LONG : AR_DEFAULT_BIG)));
	write_u64(memory, LAYOUT_GDT + LAYOUT_DS, flat_descriptor(AR_DATA | AR_DEFAULT_BIG));
	if (mode != LOAD_LONG)
		return;

	memset(guest_memory_at(memory, LAYOUT_PML4, 0x1000), 0, 0x1000);
	memset(guest_memory_at(memory, LAYOUT_PDPT, 0x1000), 0, 0x1000);
	write_u64(memory, LAYOUT_PML4, LAYOUT_PDPT | PTE_PRESENT | PTE_WRITE);
	write_u64(memory, LAYOUT_PDPT, LAYOUT_PD | PTE_PRESENT | PTE_WRITE);
	write_pd(memory, LAYOUT_PD, 0);
}

/* The GiBs beyond the first that a range touches: returns how many, and which is the first. */
static u64 more_gibs(u64 gpa, u64 len, u64 *first)
{
	u64 last = (gpa + len - 1) / LAYOUT_MAPPED;

	*first = gpa / LAYOUT_MAPPED ? gpa / LAYOUT_MAPPED : 1;
	return last < *first ? 0 : last - *first + 1;
}

int boot_map_claim(struct placement *plan, u64 gpa, u64 len, struct message *err)
{
	u64 first, nr = more_gibs(gpa, len, &first);

	if (first + nr > LAYOUT_MAP_MAX / LAYOUT_MAPPED || nr > LAYOUT_MORE_PDS_MAX)
		return refuse(err, ENOEXEC,
			      "%s: %#" PRIx64 " bytes at %#" PRIx64 " are too many or too high: "
			      "below %#llx, %d GiB can be mapped", plan->image, len, gpa,
			      LAYOUT_MAP_MAX, LAYOUT_MORE_PDS_MAX);
	return placement_claim(plan, LAYOUT_MORE_PDS, nr * LAYOUT_PAGE, err,
			       "the loader's further page tables");
}

void boot_map_write(struct guest_memory *memory, u64 gpa, u64 len)
{
	u64 i, first, nr = more_gibs(gpa, len, &first);

	for (i = 0; i < nr; i++) {
		u64 pd = LAYOUT_MORE_PDS + i * LAYOUT_PAGE;

		write_pd(memory, pd, (first + i) * LAYOUT_MAPPED);
		write_u64(memory, LAYOUT_PDPT + 8 * (first + i), pd | PTE_PRESENT | PTE_WRITE);
	}
}

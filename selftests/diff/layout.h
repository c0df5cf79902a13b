/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest-physical layout of the generated programs; for C and the handlers' assembler. Linear
 * addresses are the same where paging is on, as far as the page tables reach (image.c).
 */
#ifndef DIFF_LAYOUT_H
#define DIFF_LAYOUT_H

#define AT_IVT		0x0000	/* real mode's vectors */
#define AT_POINTERS	0x0400	/* operands of LGDT and LIDT, far pointers: 16 bytes each */
#define AT_GDT		0x0800
#define AT_TSS		0x0a00
#define AT_PDPT_PAE	0x0c00
#define AT_IDT32	0x1000
#define AT_IDT64	0x1400
#define AT_HANDLERS16	0x2000
#define AT_HANDLERS32	0x2800
#define AT_HANDLERS64	0x3000
#define AT_CODE		0x4000	/* slots of SLOT_BYTES */
#define AT_LOG		0x6000	/* how many, then at + 32 the entries */
#define AT_DATA		0x7000	/* the program's */
#define AT_STACK3	0x8700	/* tops of stacks */
#define AT_STACK	0x9000
#define AT_ABSENT	0xa000	/* not present in the page tables */
#define AT_READONLY	0xb000	/* not writable in them */
#define AT_USER		0xc000	/* of user mode, where the others are not */
#define AT_ROM		0xd000	/* a read-only slot */
#define AT_HOLE		0xe000	/* no slot: MMIO */
#define AT_STACK0	0x10000	/* of handlers that come from CPL 3 */
#define AT_PML4		0x10000
#define AT_PDPT		0x11000
#define AT_PD		0x12000
#define AT_PT		0x13000
#define AT_PD32		0x14000
#define AT_PT32		0x15000
#define MEMORY_BYTES	0x16000

#define SLOT_BYTES	64
#define VECTORS		64
#define VECTOR_END	0x30	/* its handler halts for good */
#define VECTOR_INTERRUPT 0x24
#define HANDLER_BYTES	16
#define LOG_ENTRIES	(AT_LOG + 32)
#define LOG_MAX		64

/* Selectors of the GDT. */
#define SEL_CODE32	0x08
#define SEL_DATA	0x10
#define SEL_CODE64	0x18
#define SEL_CODE16	0x20
#define SEL_DATA16	0x28
#define SEL_CODE32_3	0x33
#define SEL_DATA_3	0x3b
#define SEL_CODE64_3	0x43
#define SEL_TSS		0x48
#define SEL_ABSENT	0x58	/* a data segment that is not present */
#define SEL_TSS_FREE	0x60	/* a task to switch to */
#define GDT_BYTES	0x68

/* Ports below IO_PORTS are open to CPL 3: a bitmap behind the TSS, and a byte of ones. */
#define IO_PORTS	0x400
#define AT_IO_BITMAP	(AT_TSS + 0x68)
#define TSS_LIMIT	(0x68 + IO_PORTS / 8)

/* OUT to these asks the VMM for an interrupt, for an NMI. */
#define PORT_INTERRUPT	0xf4
#define PORT_NMI	0xf6

/* What stands at AT_POINTERS. */
#define POINTER_IDT16	(AT_POINTERS + 0x00)
#define POINTER_IDT32	(AT_POINTERS + 0x10)
#define POINTER_IDT64	(AT_POINTERS + 0x20)
#define POINTER_GDT	(AT_POINTERS + 0x30)
#define POINTER_NO_IDT	(AT_POINTERS + 0x40)	/* limit 0: the next exception shuts down */
#define POINTER_HOLE	(AT_POINTERS + 0x50)	/* an IDT in AT_HOLE */
#define POINTER_FAR	(AT_POINTERS + 0x60)	/* free for the program's far jumps */
#define POINTER_DF16	(AT_POINTERS + 0x70)	/* IDTs that end behind #DF */
#define POINTER_DF32	(AT_POINTERS + 0x80)
#define POINTER_DF64	(AT_POINTERS + 0x90)

#endif /* DIFF_LAYOUT_H */

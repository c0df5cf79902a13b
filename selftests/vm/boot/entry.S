/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stage stands in for the decompressor of a kernel: the kernel's real-mode code jumps here in
 * 32-bit protected mode with boot_params in ESI; from here the kernel is entered by its 64-bit
 * entry point, with boot_params in RSI and memory mapped to itself (Linux's boot protocol, 64-bit).
 */
#include "disk.h"

#define CR0_PG		0x80000000
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

	.code32
	.section .head, "ax"
	.globl	_start
_start:
	jmp	start
	.org	TABLE_OFFSET
	.globl	boot_table		/* struct boot_table, filled in by make-disk.c */
boot_table:
	.skip	TABLE_SIZE
start:
	cli
	movl	$STAGE_STACK, %esp
	pushl	%esi
	call	stage_load
	popl	%esi
	movl	boot_table + TABLE_ENTRY, %ebx

	lgdt	gdt_pointer
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PAGE_TABLES, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	ljmp	$0x10, $long_mode

	.code64
long_mode:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%esi, %esi		/* upper halves are undefined after the switch */
	movl	%ebx, %ebx
	jmp	*%rbx

	.balign	8
gdt:
	.quad	0, 0
	.quad	0x00af9a000000ffff	/* 0x10: 64-bit code */
	.quad	0x00cf92000000ffff	/* 0x18: data */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

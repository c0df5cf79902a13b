/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot sector: has the BIOS load the kernel's real-mode code and the stage, then starts the former,
 * as a boot loader does (Linux's boot protocol, "Running the kernel").
 */
#include "disk.h"

	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$_start, %sp
	ljmp	$0, $load
load:
	movw	$setup_packet, %si
	movb	$0x42, %ah
	int	$0x13
	jc	failed
	movw	$stage_packet, %si
	movb	$0x42, %ah
	int	$0x13
	jc	failed

	cli
	movw	$SETUP_SEGMENT, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	movw	$HEAP_END, %sp
	ljmp	$SETUP_SEGMENT + 0x20, $0

failed:
	movw	$message, %si
	movw	$0xe9, %dx
1:	lodsb
	outb	%al, %dx
	testb	%al, %al
	jnz	1b
2:	hlt
	jmp	2b

message:
	.asciz	"boot sector: cannot read the disk\n"

	/* Disk address packets of the BIOS's extended read. */
	.balign	4
setup_packet:
	.byte	16, 0
	.word	SETUP_SECTORS, 0, SETUP_SEGMENT
	.quad	SETUP_LBA
stage_packet:
	.byte	16, 0
	.word	STAGE_SECTORS, 0, STAGE_ADDRESS >> 4
	.quad	STAGE_LBA

	.org	510
	.word	0xaa55

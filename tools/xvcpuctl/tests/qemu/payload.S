/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same bytes in every mode, which do different things: the debug-exit port gets 0 in 16-bit
 * code, 1 in 32-bit code, 2 in 64-bit code. Proves entry point, mode and stack of a flat binary or
 * ELF file.
 */
	.text
	.globl	_start
_start:
	.byte	0x50			/* push */
	.byte	0x58			/* pop */
	.byte	0x31, 0xc0		/* xor %eax, %eax */
	.byte	0x66, 0xb8, 0x01, 0x00	/* mov $1, %ax; in 16-bit code two bytes more */
	.byte	0xfe, 0xc0		/* inc %al */
	.byte	0x48			/* dec %eax; in 64-bit code a prefix without effect */
	.byte	0xe6, 0xf4		/* out %al, $0xf4 */
	.byte	0xf4			/* hlt */

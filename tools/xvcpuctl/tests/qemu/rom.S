/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A boot ROM that puts the processor into the state that a loader asked for, and nothing else: how
 * the loaders are judged by QEMU. stage.c fills in the block at its start.
 *
 * 64 KiB, at 4 GiB - 64 KiB and, which is where it runs, at 0xf0000.
 */
#define BASE	0xf0000

	.code16
	.text

/* struct rom_block of stage.c */
mode:	.long	0
cr0:	.long	0
cr3:	.long	0
cr4:	.long	0
efer:	.long	0
gdtr:	.word	0
	.long	0
	.word	0
real_ip:
	.word	0
real_segment:
	.word	0
ss_selector:
	.word	0
	.word	0
regs:	.fill	17, 8, 0	/* rax to rip, as in struct xvcpu_regs */
null_idt:
	.word	0
	.long	0

#define REG(n)	(BASE + regs + 8 * (n))

start:
	cli
	cmpl	$1, %cs:mode
	je	real
	lidtl	%cs:null_idt
	lgdtl	%cs:gdtr
	cmpl	$3, %cs:mode
	je	long
	movl	%cs:cr0, %eax
	movl	%eax, %cr0
	ljmpl	$0x10, $BASE + protected_32

/* Paging and protection at once: from real mode straight to 64-bit mode. */
long:
	movl	%cs:cr4, %eax
	movl	%eax, %cr4
	movl	%cs:cr3, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	movl	$0x100, %eax
	xorl	%edx, %edx
	wrmsr
	movl	%cs:cr0, %eax
	movl	%eax, %cr0
	ljmpl	$0x10, $BASE + long_64

real:
	movw	%cs:ss_selector, %ax
	movw	%ax, %ss
	movl	%cs:regs + 8 * 4, %esp
	movw	%cs:real_segment, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	ljmpw	*%cs:real_ip

	.code32
protected_32:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movl	REG(4), %esp
	movl	REG(1), %ecx
	movl	REG(2), %edx
	movl	REG(3), %ebx
	movl	REG(5), %ebp
	movl	REG(6), %esi
	movl	REG(7), %edi
	movl	REG(0), %eax
	jmp	*REG(16)

	.code64
long_64:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movq	REG(4), %rsp
	movq	REG(1), %rcx
	movq	REG(2), %rdx
	movq	REG(3), %rbx
	movq	REG(5), %rbp
	movq	REG(6), %rsi
	movq	REG(7), %rdi
	movq	REG(0), %rax
	jmp	*REG(16)

	.code16
	.org	0xfff0
	ljmpw	$0xf000, $start
	.org	0xffff
	.byte	0

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * native_run(): loads RFLAGS and all general registers but RSP, jumps to native_code, which jumps
 * to native_return; that stores RFLAGS and the registers again and returns to the caller. Not
 * reentrant.
 */
	.bss
	.balign	8
	.globl	native_regs, native_rflags, native_code
native_regs:	.skip	16 * 8
native_rflags:	.skip	8
native_code:	.skip	8
saved_rsp:	.skip	8
saved_rax:	.skip	8

	.text
	.globl	native_run, native_return
	.type	native_run, @function
native_run:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, saved_rsp(%rip)
	pushq	native_rflags(%rip)
	popfq

	lea	native_regs(%rip), %rax
	mov	1 * 8(%rax), %rcx
	mov	2 * 8(%rax), %rdx
	mov	3 * 8(%rax), %rbx
	mov	5 * 8(%rax), %rbp
	mov	6 * 8(%rax), %rsi
	mov	7 * 8(%rax), %rdi
	mov	8 * 8(%rax), %r8
	mov	9 * 8(%rax), %r9
	mov	10 * 8(%rax), %r10
	mov	11 * 8(%rax), %r11
	mov	12 * 8(%rax), %r12
	mov	13 * 8(%rax), %r13
	mov	14 * 8(%rax), %r14
	mov	15 * 8(%rax), %r15
	mov	0 * 8(%rax), %rax
	jmp	*native_code(%rip)

native_return:
	pushfq
	popq	native_rflags(%rip)
	cld
	mov	%rax, saved_rax(%rip)
	lea	native_regs(%rip), %rax
	mov	%rcx, 1 * 8(%rax)
	mov	%rdx, 2 * 8(%rax)
	mov	%rbx, 3 * 8(%rax)
	mov	%rbp, 5 * 8(%rax)
	mov	%rsi, 6 * 8(%rax)
	mov	%rdi, 7 * 8(%rax)
	mov	%r8, 8 * 8(%rax)
	mov	%r9, 9 * 8(%rax)
	mov	%r10, 10 * 8(%rax)
	mov	%r11, 11 * 8(%rax)
	mov	%r12, 12 * 8(%rax)
	mov	%r13, 13 * 8(%rax)
	mov	%r14, 14 * 8(%rax)
	mov	%r15, 15 * 8(%rax)
	mov	saved_rax(%rip), %rcx
	mov	%rcx, 0 * 8(%rax)

	mov	saved_rsp(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	native_run, . - native_run

	.section .note.GNU-stack, "", @progbits

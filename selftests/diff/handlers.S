/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exception handlers of the generated programs, one set for each width.
 *
 * They write down what happened (struct log_entry in program.h) and go on: where they were after a
 * trap, an NMI or an interrupt, at the next slot of the program after a fault. A full log and
 * VECTOR_END halt. They are copied to where layout.h says, so jumps are relative and everything
 * else is absolute.
 */
#include "layout.h"

#define RFLAGS_TF	0x100
#define RFLAGS_TF_16	0xfeff
#define RFLAGS_AC	0x40000

	.section .rodata
	.globl handlers16, handlers16_end, handlers32, handlers32_end, handlers64, handlers64_end

	.code16
handlers16:
	vector = 0
	.rept VECTORS
	.org handlers16 + HANDLER_BYTES * vector
	pushw	$vector
	jmp	logged16
	vector = vector + 1
	.endr
logged16:
	push	%bp
	mov	%sp, %bp
	pushl	%eax
	pushl	%ebx
	push	%ds
	xor	%ax, %ax
	mov	%ax, %ds
	mov	AT_LOG, %bx
	cmpw	$VECTOR_END, 2(%bp)
	je	halt16
	cmp	$LOG_MAX, %bx
	jae	halt16
	incw	AT_LOG
	shl	$5, %bx
	movzwl	2(%bp), %eax
	mov	%eax, LOG_ENTRIES(%bx)
	movzwl	4(%bp), %eax
	mov	%eax, LOG_ENTRIES + 8(%bx)
	movzwl	6(%bp), %eax
	mov	%eax, LOG_ENTRIES + 16(%bx)
	movzwl	8(%bp), %eax
	mov	%eax, LOG_ENTRIES + 20(%bx)
	mov	%cr2, %eax
	mov	%eax, LOG_ENTRIES + 24(%bx)
	mov	2(%bp), %ax
	cmp	$1, %ax
	je	step16
	cmp	$2, %ax
	je	done16
	cmp	$3, %ax
	je	done16
	cmp	$4, %ax
	je	done16
	cmp	$32, %ax
	jae	done16
	andw	$-SLOT_BYTES, 4(%bp)
	addw	$SLOT_BYTES, 4(%bp)
	jmp	done16
step16:
	andw	$RFLAGS_TF_16, 8(%bp)
done16:
	pop	%ds
	popl	%ebx
	popl	%eax
	pop	%bp
	add	$2, %sp
	iret
halt16:
	hlt
	jmp	halt16
handlers16_end:

	.macro	push_vector number
	.if	\number != 8 && (\number < 10 || \number > 14) && \number != 17
	push	$0
	.endif
	push	$\number
	.endm

	.code32
handlers32:
	vector = 0
	.rept VECTORS
	.org handlers32 + HANDLER_BYTES * vector
	push_vector vector
	jmp	logged32
	vector = vector + 1
	.endr
	/* 4 DS, 32 PUSHA, vector, error, EIP, CS, EFLAGS */
logged32:
	pusha
	push	%ds
	mov	$SEL_DATA, %eax
	mov	%eax, %ds
	mov	AT_LOG, %ebx
	cmpl	$VECTOR_END, 36(%esp)
	je	halt32
	cmp	$LOG_MAX, %ebx
	jae	halt32
	incl	AT_LOG
	shl	$5, %ebx
	mov	36(%esp), %eax
	mov	%eax, LOG_ENTRIES(%ebx)
	mov	40(%esp), %ecx
	mov	%ecx, LOG_ENTRIES + 4(%ebx)
	mov	44(%esp), %ecx
	mov	%ecx, LOG_ENTRIES + 8(%ebx)
	mov	48(%esp), %ecx
	mov	%ecx, LOG_ENTRIES + 16(%ebx)
	mov	52(%esp), %ecx
	mov	%ecx, LOG_ENTRIES + 20(%ebx)
	mov	%cr2, %ecx
	mov	%ecx, LOG_ENTRIES + 24(%ebx)
	cmp	$1, %eax
	je	step32
	cmp	$2, %eax
	je	done32
	cmp	$3, %eax
	je	done32
	cmp	$4, %eax
	je	done32
	cmp	$32, %eax
	jae	done32
	andl	$~RFLAGS_AC, 52(%esp)
	andl	$-SLOT_BYTES, 44(%esp)
	addl	$SLOT_BYTES, 44(%esp)
	jmp	done32
step32:
	andl	$~RFLAGS_TF, 52(%esp)
done32:
	pop	%ds
	popa
	add	$8, %esp
	iret
halt32:
	hlt
	jmp	halt32
handlers32_end:

	.code64
handlers64:
	vector = 0
	.rept VECTORS
	.org handlers64 + HANDLER_BYTES * vector
	push_vector vector
	jmp	logged64
	vector = vector + 1
	.endr
	/* 24 registers, vector, error, RIP, CS, RFLAGS */
logged64:
	push	%rax
	push	%rbx
	push	%rcx
	mov	AT_LOG, %ebx
	cmpl	$VECTOR_END, 24(%rsp)
	je	halt64
	cmp	$LOG_MAX, %ebx
	jae	halt64
	incl	AT_LOG
	shl	$5, %ebx
	mov	24(%rsp), %eax
	mov	%eax, LOG_ENTRIES(%rbx)
	mov	32(%rsp), %ecx
	mov	%ecx, LOG_ENTRIES + 4(%rbx)
	mov	40(%rsp), %rcx
	mov	%rcx, LOG_ENTRIES + 8(%rbx)
	mov	48(%rsp), %ecx
	mov	%ecx, LOG_ENTRIES + 16(%rbx)
	mov	56(%rsp), %ecx
	mov	%ecx, LOG_ENTRIES + 20(%rbx)
	mov	%cr2, %rcx
	mov	%rcx, LOG_ENTRIES + 24(%rbx)
	cmp	$1, %eax
	je	step64
	cmp	$2, %eax
	je	done64
	cmp	$3, %eax
	je	done64
	cmp	$4, %eax
	je	done64
	cmp	$32, %eax
	jae	done64
	andq	$~RFLAGS_AC, 56(%rsp)
	andq	$-SLOT_BYTES, 40(%rsp)
	addq	$SLOT_BYTES, 40(%rsp)
	jmp	done64
step64:
	andq	$~RFLAGS_TF, 56(%rsp)
done64:
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq
halt64:
	hlt
	jmp	halt64
handlers64_end:

	.section .note.GNU-stack, "", @progbits

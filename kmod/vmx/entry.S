/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back: every general register accounted for.
 *
 * Order matters here for reasons that no test in an emulator can show:
 *  - no RET and no indirect branch after the guest's registers are loaded; VERW is the last thing
 *    before the entry, so that nothing of the host is left in buffers that the guest can sample;
 *  - after an exit the guest's registers are zeroed before anything speculates with them, and the
 *    return stack buffer is filled before the first RET that has no CALL of ours.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#include "../compat.h"
#include "entry.h"

#define FIELD_HOST_RSP	0x6c14

	.section .noinstr.text, "ax"

/* int vmx_enter(unsigned long *gpr: RDI, bool resume: ESI, unsigned long *host_rsp: RDX) */
SYM_FUNC_START(vmx_enter)
	push	%rbp
	mov	%rsp, %rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	push	%rdi

	/* Thread stacks differ, a thread's own does not: mostly the field holds RSP already. */
	cmp	%rsp, (%rdx)
	je	.Lrsp_set
	mov	%rsp, (%rdx)
	mov	$FIELD_HOST_RSP, %eax
.Lvmwrite_rsp:
	vmwrite	%rsp, %rax
.Lrsp_set:
	/* CF carries @resume through what follows: MOV leaves flags alone, VERW changes ZF only. */
	bt	$0, %esi

	mov	GPR_RCX(%rdi), %rcx
	mov	GPR_RDX(%rdi), %rdx
	mov	GPR_RBX(%rdi), %rbx
	mov	GPR_RBP(%rdi), %rbp
	mov	GPR_RSI(%rdi), %rsi
	mov	GPR_R8(%rdi), %r8
	mov	GPR_R9(%rdi), %r9
	mov	GPR_R10(%rdi), %r10
	mov	GPR_R11(%rdi), %r11
	mov	GPR_R12(%rdi), %r12
	mov	GPR_R13(%rdi), %r13
	mov	GPR_R14(%rdi), %r14
	mov	GPR_R15(%rdi), %r15
	mov	GPR_RAX(%rdi), %rax
	mov	GPR_RDI(%rdi), %rdi

	CLEAR_CPU_BUFFERS

	UNWIND_HINT_SAVE
	jnc	.Lvmlaunch
.Lvmresume:
	vmresume
	jmp	.Lfailed
.Lvmlaunch:
	vmlaunch
	jmp	.Lfailed

	/* The processor comes here with RSP as above, IRQs off, and the guest's registers. */
SYM_INNER_LABEL(vmx_exit_landing, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR

	push	%rax
	mov	8(%rsp), %rax
	pop	GPR_RAX(%rax)
	mov	%rcx, GPR_RCX(%rax)
	mov	%rdx, GPR_RDX(%rax)
	mov	%rbx, GPR_RBX(%rax)
	mov	%rbp, GPR_RBP(%rax)
	mov	%rsi, GPR_RSI(%rax)
	mov	%rdi, GPR_RDI(%rax)
	mov	%r8, GPR_R8(%rax)
	mov	%r9, GPR_R9(%rax)
	mov	%r10, GPR_R10(%rax)
	mov	%r11, GPR_R11(%rax)
	mov	%r12, GPR_R12(%rax)
	mov	%r13, GPR_R13(%rax)
	mov	%r14, GPR_R14(%rax)
	mov	%r15, GPR_R15(%rax)

	mov	$VMX_ENTERED, %eax
.Lout:
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	mov	%eax, %ebx

	FILL_RETURN_BUFFER %_ASM_CX, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
		X86_FEATURE_RSB_VMEXIT_LITE
	/*
	 * Legacy IBRS protects only what follows its own write after the exit, even where it was
	 * set all along; the guest cannot reach the MSR.
	 */
	ALTERNATIVE "jmp .Librs_done", "", X86_FEATURE_KERNEL_IBRS
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	mov	PER_CPU_VAR(x86_spec_ctrl_current), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
	lfence
.Librs_done:
	/* Clobbers RAX, RCX: the result waits in RBX. */
	CLEAR_BRANCH_HISTORY_VMEXIT
	mov	%ebx, %eax

	pop	%rdi
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET

	/* VMfail, or a fault: the guest's registers were loaded, and are as they were in memory. */
.Lfailed:
	mov	$VMX_FAILED, %eax
	jmp	.Lout
.Llost:
	mov	$VMX_LOST, %eax
	jmp	.Lout

	_ASM_EXTABLE(.Lvmwrite_rsp, .Lrsp_set)
	_ASM_EXTABLE(.Lvmresume, .Llost)
	_ASM_EXTABLE(.Lvmlaunch, .Llost)
SYM_FUNC_END(vmx_enter)

/*
 * void vmx_host_nmi(void)
 *
 * The NMI that caused the exit is spent, and NMIs are blocked as after its delivery. The handler
 * wants an interrupt frame; its IRET comes back here and ends the blocking.
 */
SYM_FUNC_START(vmx_host_nmi)
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	push	$__KERNEL_DS
	push	%rbp
	pushf
	push	$__KERNEL_CS
	call	COMPAT_HOST_NMI_ENTRY
	mov	%rbp, %rsp
	pop	%rbp
	RET
SYM_FUNC_END(vmx_host_nmi)

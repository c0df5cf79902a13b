/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that we build for. Nothing else in the tree asks for a version.
 *
 * HAVE_* come from Kbuild, which looks into the headers it builds against.
 */
#ifndef XVCPU_COMPAT_H
#define XVCPU_COMPAT_H

/* The host's NMI entry without a stack switch. */
#ifdef HAVE_ASM_EXC_NMI_KVM_VMX
#define COMPAT_HOST_NMI_ENTRY	asm_exc_nmi_kvm_vmx
#else
#define COMPAT_HOST_NMI_ENTRY	asm_exc_nmi_noist
#endif

/*
 * Whether kvm_intel takes the crash slot while it is loaded, or only while it has VMX on
 * (vmx/crash.c).
 */
#ifdef HAVE_KVM_ENABLE_VIRT_AT_LOAD
#define COMPAT_KVM_SLOT_AT_LOAD	0
#else
#define COMPAT_KVM_SLOT_AT_LOAD	1
#endif

#ifndef __ASSEMBLY__

#include <linux/mm.h>
#include <asm/cpufeature.h>

/* With FRED, NMIs have an entry of their own that this module does not call yet. */
#ifdef X86_FEATURE_FRED
#define compat_nmi_entry_known()	(!cpu_feature_enabled(X86_FEATURE_FRED))
#else
#define compat_nmi_entry_known()	true
#endif

/* A control that changed its name. */
#ifdef HAVE_SECONDARY_EXEC_ENABLE_XSAVES
#define SECONDARY_EXEC_XSAVES	SECONDARY_EXEC_ENABLE_XSAVES
#endif

/* Syscore callbacks got an argument, and registration a struct of its own. */
#ifdef HAVE_REGISTER_SYSCORE
#define COMPAT_SYSCORE_ARG	void *unused
#define COMPAT_SYSCORE(name, on_suspend, on_resume)			\
static struct syscore name = {						\
	.ops = &(const struct syscore_ops) {				\
		.suspend = on_suspend,					\
		.resume = on_resume,					\
	},								\
}

#define compat_register_syscore(syscore)	register_syscore(syscore)
#define compat_unregister_syscore(syscore)	unregister_syscore(syscore)
#else
#define COMPAT_SYSCORE_ARG	void
#define COMPAT_SYSCORE(name, on_suspend, on_resume)			\
static struct syscore_ops name = {					\
	.suspend = on_suspend,						\
	.resume = on_resume,						\
}

#define compat_register_syscore(syscore)	register_syscore_ops(syscore)
#define compat_unregister_syscore(syscore)	unregister_syscore_ops(syscore)
#endif

/* vm_flags became read-only, with accessors that take the VMA write lock. */
#ifdef HAVE_VM_FLAGS_SET
#define compat_vm_flags_set(vma, flags)		vm_flags_set(vma, flags)
#define compat_vm_flags_clear(vma, flags)	vm_flags_clear(vma, flags)
#else
#define compat_vm_flags_set(vma, flags)		((vma)->vm_flags |= (flags))
#define compat_vm_flags_clear(vma, flags)	((vma)->vm_flags &= ~(flags))
#endif

/* Took the CPU number once. */
#ifdef HAVE_RCU_VIRT_NOTE_VOID
#define compat_rcu_virt_note_context_switch()	rcu_virt_note_context_switch()
#else
#define compat_rcu_virt_note_context_switch()	rcu_virt_note_context_switch(raw_smp_processor_id())
#endif

/* Took all features that the host knows, once. */
#ifdef HAVE_FPU_TO_UABI_XFEATURES
#define compat_fpu_to_uabi(fpu, data, size, features, pkru)		\
	fpu_copy_guest_fpstate_to_uabi(fpu, data, size, features, pkru)
#else
#define compat_fpu_to_uabi(fpu, data, size, features, pkru)		\
	fpu_copy_guest_fpstate_to_uabi(fpu, data, size, pkru)
#endif

/* VMSCAPE: the next return to userspace flushes what the guest taught the branch predictors. */
#ifdef HAVE_IBPB_EXIT_TO_USER
#define compat_ibpb_before_user()					\
do {									\
	if (cpu_feature_enabled(X86_FEATURE_IBPB_EXIT_TO_USER))		\
		this_cpu_write(x86_ibpb_exit_to_user, true);		\
} while (0)
#else
#define compat_ibpb_before_user()	do { } while (0)
#endif

#endif /* __ASSEMBLY__ */

#endif /* XVCPU_COMPAT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX instructions, and nothing else.
 *
 * Every one has an exception-table entry: a crash, a reboot or a CPU going down may turn VMX off
 * under us, and the #UD that follows must end as "hardware lost", never as an oops.
 *
 * All of them work on this CPU's current VMCS: callers have preemption off from vmx_load() on.
 */
#ifndef XVCPU_VMX_OPS_H
#define XVCPU_VMX_OPS_H

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <asm/asm.h>
#include <asm/vmx.h>

/* Bits 14:13 of a VMCS field's encoding are its width (SDM "Field Encoding in VMCS"). */
#define VMCS_WIDTH(field)	(((field) >> 13) & 3)
#define VMCS_WIDTH_16		0
#define VMCS_WIDTH_64		1
#define VMCS_WIDTH_32		2
#define VMCS_WIDTH_NATURAL	3

/* Out of line, so that the accessors cost one instruction and a branch. */
void vmx_vmwrite_failed(unsigned long field, unsigned long value);

/*
 * The value is cleared first: where VMREAD fails or faults, the caller sees 0 and the next VM entry
 * reports the loss. A test per VMREAD would cost more than it could tell.
 */
static __always_inline unsigned long __vmcs_read(unsigned long field)
{
	unsigned long value = 0;

	asm volatile("1: vmread %[field], %[value]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [value] "+r" (value) : [field] "r" (field) : "cc");
	return value;
}

static __always_inline void __vmcs_write(unsigned long field, unsigned long value)
{
	asm goto("1: vmwrite %[value], %[field]\n"
		 "   jbe %l[failed]\n"
		 "2:\n"
		 _ASM_EXTABLE(1b, 2b)
		 : : [field] "r" (field), [value] "rm" (value) : "cc" : failed);
	return;
failed:
	vmx_vmwrite_failed(field, value);
}

#define VMCS_ACCESSORS(suffix, type, width)						\
static __always_inline type vmcs_read##suffix(unsigned long field)			\
{											\
	BUILD_BUG_ON(__builtin_constant_p(field) && VMCS_WIDTH(field) != (width));	\
	return (type)__vmcs_read(field);						\
}											\
											\
static __always_inline void vmcs_write##suffix(unsigned long field, type value)	\
{											\
	BUILD_BUG_ON(__builtin_constant_p(field) && VMCS_WIDTH(field) != (width));	\
	__vmcs_write(field, value);							\
}

VMCS_ACCESSORS(16, u16, VMCS_WIDTH_16)
VMCS_ACCESSORS(32, u32, VMCS_WIDTH_32)
VMCS_ACCESSORS(64, u64, VMCS_WIDTH_64)
VMCS_ACCESSORS(_natural, unsigned long, VMCS_WIDTH_NATURAL)

/*
 * Instructions with a memory operand and three outcomes: 0, -EIO (VMfail), -ENXIO (#UD or #GP: VMX
 * is off).
 */
#define VMX_OP(err, insn, ...)						\
do {									\
	(err) = -ENXIO;							\
	asm volatile("1: " insn "\n"					\
		     "   mov $0, %[error]\n"				\
		     "   ja 2f\n"					\
		     "   mov %[eio], %[error]\n"			\
		     "2:\n"						\
		     _ASM_EXTABLE(1b, 2b)				\
		     : [error] "+r" (err)				\
		     : [eio] "i" (-EIO), __VA_ARGS__ : "cc", "memory");	\
} while (0)

static __always_inline int vmx_vmxon(u64 phys)
{
	int err;

	VMX_OP(err, "vmxon %[phys]", [phys] "m" (phys));
	return err;
}

static __always_inline int vmx_vmptrld(u64 phys)
{
	int err;

	VMX_OP(err, "vmptrld %[phys]", [phys] "m" (phys));
	return err;
}

static __always_inline int vmx_vmclear(u64 phys)
{
	int err;

	VMX_OP(err, "vmclear %[phys]", [phys] "m" (phys));
	return err;
}

/* What VMPTRST stores where there is no current VMCS (SDM "VMPTRST"). */
#define VMX_NO_VMCS		(~0ull)

/* Physical address of the current VMCS; VMX_NO_VMCS also where VMX is off. */
static __always_inline u64 vmx_vmptrst(void)
{
	u64 phys = VMX_NO_VMCS;

	asm volatile("1: vmptrst %[phys]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [phys] "+m" (phys) : : "cc");
	return phys;
}

static __always_inline int vmx_vmxoff(void)
{
	int err = -ENXIO;

	asm volatile("1: vmxoff\n"
		     "   mov $0, %[err]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [err] "+r" (err) : : "cc", "memory");
	return err;
}

#define INVEPT_SINGLE		1
#define INVEPT_GLOBAL		2
#define INVVPID_SINGLE		1
#define INVVPID_ALL		2

/* The descriptors of SDM "INVEPT" and "INVVPID": 128 bits, the upper half reserved for EPT. */
static __always_inline int vmx_invept(unsigned long type, u64 eptp)
{
	struct { u64 eptp, reserved; } desc = { eptp, 0 };
	int err;

	VMX_OP(err, "invept %[desc], %[type]", [desc] "m" (desc), [type] "r" (type));
	return err;
}

static __always_inline int vmx_invvpid(unsigned long type, u16 vpid)
{
	struct { u64 vpid, linear; } desc = { vpid, 0 };
	int err;

	VMX_OP(err, "invvpid %[desc], %[type]", [desc] "m" (desc), [type] "r" (type));
	return err;
}

#endif /* XVCPU_VMX_OPS_H */

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * State groups over KVM: xvcpu's structs to KVM's and back. Tests and benchmarks only (backend.h).
 *
 * KVM takes segments and control registers together and judges them together. So the three groups
 * that have a sync section are only noted there when they are set, and go to KVM by kvm_load().
 */
#include "kvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define GROUP_REGS	XVCPU_GROUP_BIT(XVCPU_GROUP_REGS)
#define GROUP_SREGS	XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS)
#define GROUP_CREGS	XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS)

static int kvm_call(const struct xvcpu_vcpu *vcpu, unsigned long request, void *arg)
{
	return ioctl(vcpu->fd, request, arg) < 0 ? -errno : 0;
}

/* ---- general registers ---- */

static void regs_from_kvm(struct xvcpu_regs *to, const struct kvm_regs *from)
{
	*to = (struct xvcpu_regs) {
		.rax = from->rax, .rcx = from->rcx, .rdx = from->rdx, .rbx = from->rbx,
		.rsp = from->rsp, .rbp = from->rbp, .rsi = from->rsi, .rdi = from->rdi,
		.r8 = from->r8, .r9 = from->r9, .r10 = from->r10, .r11 = from->r11,
		.r12 = from->r12, .r13 = from->r13, .r14 = from->r14, .r15 = from->r15,
		.rip = from->rip, .rflags = from->rflags,
	};
}

static void regs_to_kvm(struct kvm_regs *to, const struct xvcpu_regs *from)
{
	*to = (struct kvm_regs) {
		.rax = from->rax, .rcx = from->rcx, .rdx = from->rdx, .rbx = from->rbx,
		.rsp = from->rsp, .rbp = from->rbp, .rsi = from->rsi, .rdi = from->rdi,
		.r8 = from->r8, .r9 = from->r9, .r10 = from->r10, .r11 = from->r11,
		.r12 = from->r12, .r13 = from->r13, .r14 = from->r14, .r15 = from->r15,
		.rip = from->rip, .rflags = from->rflags,
	};
}

/* ---- segments and control registers ---- */

static void segment_from_kvm(struct xvcpu_segment *to, const struct kvm_segment *from)
{
	*to = (struct xvcpu_segment) {
		.base = from->base,
		.limit = from->limit,
		.selector = from->selector,
		.ar = from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
		      from->avl << 12 | from->l << 13 | from->db << 14 | from->g << 15,
		.unusable = from->unusable,
	};
}

static void segment_to_kvm(struct kvm_segment *to, const struct xvcpu_segment *from)
{
	*to = (struct kvm_segment) {
		.base = from->base,
		.limit = from->limit,
		.selector = from->selector,
		.type = from->ar & 15,
		.s = from->ar >> 4 & 1,
		.dpl = from->ar >> 5 & 3,
		.present = from->ar >> 7 & 1,
		.avl = from->ar >> 12 & 1,
		.l = from->ar >> 13 & 1,
		.db = from->ar >> 14 & 1,
		.g = from->ar >> 15 & 1,
		.unusable = from->unusable,
	};
}

static void sregs_from_kvm(struct xvcpu_sregs *to, const struct kvm_sregs *from)
{
	memset(to, 0, sizeof(*to));
	segment_from_kvm(&to->es, &from->es);
	segment_from_kvm(&to->cs, &from->cs);
	segment_from_kvm(&to->ss, &from->ss);
	segment_from_kvm(&to->ds, &from->ds);
	segment_from_kvm(&to->fs, &from->fs);
	segment_from_kvm(&to->gs, &from->gs);
	segment_from_kvm(&to->ldtr, &from->ldt);
	segment_from_kvm(&to->tr, &from->tr);
	to->gdtr.base = from->gdt.base;
	to->gdtr.limit = from->gdt.limit;
	to->idtr.base = from->idt.base;
	to->idtr.limit = from->idt.limit;
}

static void sregs_to_kvm(struct kvm_sregs *to, const struct xvcpu_sregs *from)
{
	segment_to_kvm(&to->es, &from->es);
	segment_to_kvm(&to->cs, &from->cs);
	segment_to_kvm(&to->ss, &from->ss);
	segment_to_kvm(&to->ds, &from->ds);
	segment_to_kvm(&to->fs, &from->fs);
	segment_to_kvm(&to->gs, &from->gs);
	segment_to_kvm(&to->ldt, &from->ldtr);
	segment_to_kvm(&to->tr, &from->tr);
	to->gdt.base = from->gdtr.base;
	to->gdt.limit = from->gdtr.limit;
	to->idt.base = from->idtr.base;
	to->idt.limit = from->idtr.limit;
}

static void cregs_from_kvm(struct xvcpu_cregs *to, const struct kvm_sregs *from, __u64 xcr0)
{
	*to = (struct xvcpu_cregs) {
		.cr0 = from->cr0, .cr2 = from->cr2, .cr3 = from->cr3, .cr4 = from->cr4,
		.cr8 = from->cr8, .efer = from->efer, .apic_base = from->apic_base,
		.xcr0 = xcr0,
	};
}

static void cregs_to_kvm(struct kvm_sregs *to, const struct xvcpu_cregs *from)
{
	to->cr0 = from->cr0;
	to->cr2 = from->cr2;
	to->cr3 = from->cr3;
	to->cr4 = from->cr4;
	to->cr8 = from->cr8;
	to->efer = from->efer;
	to->apic_base = from->apic_base;
}

static int xcr0_get(const struct xvcpu_vcpu *vcpu, __u64 *xcr0)
{
	struct kvm_xcrs xcrs = { 0 };
	int ret = kvm_call(vcpu, KVM_GET_XCRS, &xcrs);

	*xcr0 = xcrs.nr_xcrs ? xcrs.xcrs[0].value : 1;
	return ret;
}

static int xcr0_set(const struct xvcpu_vcpu *vcpu, __u64 xcr0)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = xcr0 };

	return kvm_call(vcpu, KVM_SET_XCRS, &xcrs);
}

static int load_sregs(const struct xvcpu_vcpu *vcpu, __u64 dirty)
{
	const struct xvcpu_run_sync *sync = vcpu->sync;
	struct kvm_sregs sregs;
	int ret = kvm_call(vcpu, KVM_GET_SREGS, &sregs);

	if (ret)
		return ret;
	if (dirty & GROUP_SREGS)
		sregs_to_kvm(&sregs, &sync->sregs);
	if (dirty & GROUP_CREGS)
		cregs_to_kvm(&sregs, &sync->cregs);
	memset(sregs.interrupt_bitmap, 0, sizeof(sregs.interrupt_bitmap));
	ret = kvm_call(vcpu, KVM_SET_SREGS, &sregs);
	if (ret || !(dirty & GROUP_CREGS))
		return ret;
	/* Without an interrupt controller KVM_RUN takes CR8 from here. */
	kvm_vcpu(vcpu)->run->cr8 = sync->cregs.cr8;
	return xcr0_set(vcpu, sync->cregs.xcr0);
}

int kvm_load(const struct xvcpu_vcpu *vcpu)
{
	__u64 dirty = vcpu->request->dirty;
	struct kvm_regs regs;
	int ret = 0;

	if (dirty & (GROUP_SREGS | GROUP_CREGS))
		ret = load_sregs(vcpu, dirty);
	if (!ret && (dirty & GROUP_REGS)) {
		regs_to_kvm(&regs, &vcpu->sync->regs);
		ret = kvm_call(vcpu, KVM_SET_REGS, &regs);
	}
	if (!ret)
		vcpu->request->dirty = 0;
	return ret;
}

int kvm_sync(const struct xvcpu_vcpu *vcpu, __u64 mask)
{
	struct xvcpu_run_sync *sync = vcpu->sync;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	__u64 xcr0;
	int ret;

	if (mask & GROUP_REGS) {
		ret = kvm_call(vcpu, KVM_GET_REGS, &regs);
		if (ret)
			return ret;
		regs_from_kvm(&sync->regs, &regs);
	}
	if (mask & (GROUP_SREGS | GROUP_CREGS)) {
		ret = kvm_call(vcpu, KVM_GET_SREGS, &sregs);
		if (!ret)
			ret = xcr0_get(vcpu, &xcr0);
		if (ret)
			return ret;
		if (mask & GROUP_SREGS)
			sregs_from_kvm(&sync->sregs, &sregs);
		if (mask & GROUP_CREGS)
			cregs_from_kvm(&sync->cregs, &sregs, xcr0);
	}
	sync->valid = mask;
	return 0;
}

/* ---- the other groups ---- */

static int debug_get(const struct xvcpu_vcpu *vcpu, struct xvcpu_debug_regs *debug)
{
	struct kvm_debugregs regs;
	int ret = kvm_call(vcpu, KVM_GET_DEBUGREGS, &regs);

	memcpy(debug->db, regs.db, sizeof(debug->db));
	debug->dr6 = regs.dr6;
	debug->dr7 = regs.dr7;
	return ret;
}

static int debug_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_debug_regs *debug)
{
	struct kvm_debugregs regs = { .dr6 = debug->dr6, .dr7 = debug->dr7 };

	memcpy(regs.db, debug->db, sizeof(regs.db));
	return kvm_call(vcpu, KVM_SET_DEBUGREGS, &regs);
}

/* Blocking and a latched NMI; an event on its way does not go over. KVM swaps STI and MOV SS. */
static int events_get(const struct xvcpu_vcpu *vcpu, struct xvcpu_events *events)
{
	struct kvm_vcpu_events from;
	int ret = kvm_call(vcpu, KVM_GET_VCPU_EVENTS, &from);

	memset(events, 0, sizeof(*events));
	if (ret)
		return ret;
	if (from.interrupt.shadow & KVM_X86_SHADOW_INT_STI)
		events->interruptibility |= 1;
	if (from.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS)
		events->interruptibility |= 2;
	if (from.nmi.masked)
		events->interruptibility |= 8;
	if (from.nmi.pending)
		events->flags |= XVCPU_EVENTS_NMI;
	return 0;
}

static int events_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_events *events)
{
	struct kvm_vcpu_events to = {
		.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW,
	};

	if (events->info || events->pending_debug)
		return -EOPNOTSUPP;
	if (events->interruptibility & 1)
		to.interrupt.shadow |= KVM_X86_SHADOW_INT_STI;
	if (events->interruptibility & 2)
		to.interrupt.shadow |= KVM_X86_SHADOW_INT_MOV_SS;
	to.nmi.masked = !!(events->interruptibility & 8);
	to.nmi.pending = !!(events->flags & XVCPU_EVENTS_NMI);
	return kvm_call(vcpu, KVM_SET_VCPU_EVENTS, &to);
}

static int xsave_get(const struct xvcpu_vcpu *vcpu, void *data, size_t size)
{
	struct kvm_xsave xsave;
	int ret = size > sizeof(xsave) ? -EINVAL : kvm_call(vcpu, KVM_GET_XSAVE, &xsave);

	if (!ret)
		memcpy(data, &xsave, size);
	return ret;
}

static int xsave_set(const struct xvcpu_vcpu *vcpu, const void *data, size_t size)
{
	struct kvm_xsave xsave = { 0 };

	if (size > sizeof(xsave))
		return -EINVAL;
	memcpy(&xsave, data, size);
	return kvm_call(vcpu, KVM_SET_XSAVE, &xsave);
}

static int cpuid_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_cpuid_table *table)
{
	const struct xvcpu_cpuid_entry *from = (const void *)(table + 1);
	struct kvm_cpuid2 *cpuid;
	int ret;

	cpuid = calloc(1, sizeof(*cpuid) + table->nr * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return -ENOMEM;
	cpuid->nent = table->nr;
	for (__u32 i = 0; i < table->nr; i++) {
		cpuid->entries[i] = (struct kvm_cpuid_entry2) {
			.function = from[i].leaf,
			.index = from[i].subleaf,
			.eax = from[i].eax, .ebx = from[i].ebx,
			.ecx = from[i].ecx, .edx = from[i].edx,
		};
		if (from[i].flags & XVCPU_CPUID_SUBLEAF)
			cpuid->entries[i].flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	}
	ret = kvm_call(vcpu, KVM_SET_CPUID2, cpuid);
	free(cpuid);
	return ret;
}

/* ---- by group ---- */

static void *synced_group(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, size_t *size)
{
	switch (group) {
	case XVCPU_GROUP_REGS:
		*size = sizeof(vcpu->sync->regs);
		return &vcpu->sync->regs;
	case XVCPU_GROUP_SREGS:
		*size = sizeof(vcpu->sync->sregs);
		return &vcpu->sync->sregs;
	case XVCPU_GROUP_CREGS:
		*size = sizeof(vcpu->sync->cregs);
		return &vcpu->sync->cregs;
	default:
		return NULL;
	}
}

int kvm_state_get(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, void *data, size_t size,
		  struct xvcpu_error *error)
{
	size_t whole;
	void *synced = synced_group(vcpu, group, &whole);
	int ret = kvm_load(vcpu);

	if (error)
		memset(error, 0, sizeof(*error));
	if (ret)
		return ret;
	if (synced) {
		ret = size == whole ? kvm_sync(vcpu, XVCPU_GROUP_BIT(group)) : -EINVAL;
		if (!ret)
			memcpy(data, synced, size);
		return ret;
	}
	switch (group) {
	case XVCPU_GROUP_DEBUG:
		return size == sizeof(struct xvcpu_debug_regs) ? debug_get(vcpu, data) : -EINVAL;
	case XVCPU_GROUP_EVENTS:
		return size == sizeof(struct xvcpu_events) ? events_get(vcpu, data) : -EINVAL;
	case XVCPU_GROUP_XSAVE:
		return xsave_get(vcpu, data, size);
	default:
		return -EOPNOTSUPP;
	}
}

int kvm_state_set(const struct xvcpu_vcpu *vcpu, enum xvcpu_group group, const void *data,
		  size_t size, struct xvcpu_error *error)
{
	size_t whole;
	void *synced = synced_group(vcpu, group, &whole);

	if (error)
		memset(error, 0, sizeof(*error));
	if (synced) {
		if (size != whole)
			return -EINVAL;
		memcpy(synced, data, size);
		vcpu->request->dirty |= XVCPU_GROUP_BIT(group);
		return 0;
	}
	switch (group) {
	case XVCPU_GROUP_DEBUG:
		return size == sizeof(struct xvcpu_debug_regs) ? debug_set(vcpu, data) : -EINVAL;
	case XVCPU_GROUP_EVENTS:
		return size == sizeof(struct xvcpu_events) ? events_set(vcpu, data) : -EINVAL;
	case XVCPU_GROUP_XSAVE:
		return xsave_set(vcpu, data, size);
	case XVCPU_GROUP_CPUID:
		return cpuid_set(vcpu, data);
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- MSRs ---- */

static int msrs_call(const struct xvcpu_vcpu *vcpu, unsigned long request, struct kvm_msrs *msrs)
{
	int ret = ioctl(vcpu->fd, request, msrs);

	if (ret < 0)
		return -errno;
	return (__u32)ret == msrs->nmsrs ? 0 : -EINVAL;
}

static struct kvm_msrs *msrs_alloc(const struct xvcpu_msr *msrs, __u32 nr)
{
	struct kvm_msrs *to = calloc(1, sizeof(*to) + nr * sizeof(to->entries[0]));

	if (!to)
		return NULL;
	to->nmsrs = nr;
	for (__u32 i = 0; i < nr; i++) {
		to->entries[i].index = msrs[i].index;
		to->entries[i].data = msrs[i].value;
	}
	return to;
}

int kvm_msrs_get(const struct xvcpu_vcpu *vcpu, struct xvcpu_msr *msrs, __u32 nr)
{
	struct kvm_msrs *got = msrs_alloc(msrs, nr);
	int ret;

	if (!got)
		return -ENOMEM;
	ret = msrs_call(vcpu, KVM_GET_MSRS, got);
	for (__u32 i = 0; !ret && i < nr; i++)
		msrs[i].value = got->entries[i].data;
	free(got);
	return ret;
}

int kvm_msrs_set(const struct xvcpu_vcpu *vcpu, const struct xvcpu_msr *msrs, __u32 nr)
{
	struct kvm_msrs *to = msrs_alloc(msrs, nr);
	int ret = to ? msrs_call(vcpu, KVM_SET_MSRS, to) : -ENOMEM;

	free(to);
	return ret;
}

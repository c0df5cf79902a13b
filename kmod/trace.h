/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: events/xvcpu/ of tracefs. Off, each is a NOP in the code.
 *
 * All begin with the same three numbers (&struct vmx_identity) and print them as vm=OWNER-SERIAL
 * vcpu=ID, the name of the vCPU's file in debugfs. None has a pointer, and none an address of the
 * kernel: what looks like one in rip or gla is the guest's.
 *
 * None may stand in noinstr code: between the two halves of enter_guest() (vmx/vmx.c) the kernel
 * takes this CPU to be in a guest.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xvcpu

#if !defined(XVCPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XVCPU_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include <xvcpu.h>

#include "names.h"
#include "vmx/vmx.h"

/* With IRQs off, right before the guest. */
TRACE_EVENT(xvcpu_entry,
	    TP_PROTO(const struct vmx_identity *who, u64 rip),
	    TP_ARGS(who, rip),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(u64, rip)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->rip = rip;),
	    TP_printk("vm=%u-%u vcpu=%u rip=0x%llx", __entry->owner, __entry->vm, __entry->vcpu,
		      __entry->rip));

/* What the ring has, after IRQs were on again and before the exit is handled. */
TRACE_EVENT(xvcpu_exit,
	    TP_PROTO(const struct vmx_identity *who, const struct xvcpu_exit_record *record),
	    TP_ARGS(who, record),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(u32, reason)
			     __field(u64, rip)
			     __field(u64, qualification)
			     __field(u64, detail)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->reason = record->hw_reason;
			   __entry->rip = record->rip;
			   __entry->qualification = record->qualification;
			   __entry->detail = record->detail;),
	    TP_printk("vm=%u-%u vcpu=%u reason=%s%s rip=0x%llx qualification=0x%llx detail=0x%llx",
		      __entry->owner, __entry->vm, __entry->vcpu,
		      XVCPU_HW_EXIT_NAMES(__print_symbolic, __entry->reason & 0xffff),
		      __entry->reason >> 31 ? ",refused" : "",
		      __entry->rip, __entry->qualification, __entry->detail));

/* An event that the entry that follows delivers, also one that an exit has interrupted. */
TRACE_EVENT(xvcpu_inject,
	    TP_PROTO(const struct vmx_identity *who, const struct vmx_event *event),
	    TP_ARGS(who, event),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(u32, info)
			     __field(u32, error)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->info = event->info;
			   __entry->error = event->info >> 11 & 1 ? event->error : 0;),
	    TP_printk("vm=%u-%u vcpu=%u type=%s vector=%u error=0x%x", __entry->owner, __entry->vm,
		      __entry->vcpu, XVCPU_EVENT_TYPES(__print_symbolic, __entry->info >> 8 & 7),
		      __entry->info & 0xff, __entry->error));

/* What became of an EPT violation. */
TRACE_EVENT(xvcpu_ept_fault,
	    TP_PROTO(const struct vmx_identity *who, const struct vmx_fault *fault,
		     unsigned int result, int error),
	    TP_ARGS(who, fault, result, error),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(u32, access)
			     __field(u64, gpa)
			     __field(u64, gla)
			     __field(u32, result)
			     __field(int, error)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->access = fault->access;
			   __entry->gpa = fault->gpa;
			   __entry->gla = fault->gla;
			   __entry->result = result;
			   __entry->error = error;),
	    TP_printk("vm=%u-%u vcpu=%u gpa=0x%llx gla=0x%llx access=%s result=%s error=%d",
		      __entry->owner, __entry->vm, __entry->vcpu, __entry->gpa, __entry->gla,
		      XVCPU_ACCESS_NAMES(__print_flags, __entry->access),
		      XVCPU_FAULT_NAMES(__print_symbolic, __entry->result), __entry->error));

/* Somebody wants the vCPU out of the guest, and found it there, on the way out, or outside. */
TRACE_EVENT(xvcpu_kick,
	    TP_PROTO(const struct vmx_identity *who, int mode, bool wait),
	    TP_ARGS(who, mode, wait),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(int, mode)
			     __field(bool, wait)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->mode = mode;
			   __entry->wait = wait;),
	    TP_printk("vm=%u-%u vcpu=%u found=%s wait=%d", __entry->owner, __entry->vm,
		      __entry->vcpu, XVCPU_MODE_NAMES(__print_symbolic, __entry->mode),
		      __entry->wait));

/* A step of a vCPU's life. */
TRACE_EVENT(xvcpu_state,
	    TP_PROTO(const struct vmx_identity *who, unsigned int state),
	    TP_ARGS(who, state),
	    TP_STRUCT__entry(__field(u32, owner)
			     __field(u32, vm)
			     __field(u32, vcpu)
			     __field(u32, state)),
	    TP_fast_assign(__entry->owner = who->owner;
			   __entry->vm = who->vm;
			   __entry->vcpu = who->vcpu;
			   __entry->state = state;),
	    TP_printk("vm=%u-%u vcpu=%u state=%s", __entry->owner, __entry->vm, __entry->vcpu,
		      XVCPU_STATE_NAMES(__print_symbolic, __entry->state)));

#endif /* XVCPU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

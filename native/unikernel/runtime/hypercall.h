/* SPDX-License-Identifier: MIT */
/* The hypercalls that a guest makes, by their public numbers. */
#ifndef RUNTIME_HYPERCALL_H
#define RUNTIME_HYPERCALL_H

#include <stdint.h>

/* Without it xen/xen.h silently gives the hypercall numbers of 2006. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/version.h>

/*
 * A 64-bit PV guest enters Xen by syscall; the stubs of a hypercall page do no more than this. Without such a
 * page the builder has one page less to map and one hypercall less to make.
 */
static inline long hypercall4(unsigned int number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
	                 : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
	                 : "0"((long)number)
	                 : "memory", "rcx", "r11", "r8", "r9");
	return result;
}

static inline long hypercall_set_trap_table(const struct trap_info *table)
{
	return hypercall4(__HYPERVISOR_set_trap_table, (long)table, 0, 0, 0);
}

static inline long hypercall_update_va_mapping(const void *address, uint64_t entry, unsigned long flags)
{
	return hypercall4(__HYPERVISOR_update_va_mapping, (long)address, (long)entry, (long)flags, 0);
}

static inline long hypercall_mmu_update(struct mmu_update *updates, unsigned int count)
{
	return hypercall4(__HYPERVISOR_mmu_update, (long)updates, (long)count, 0, DOMID_SELF);
}

static inline long hypercall_grant_table_op(unsigned int command, void *argument, unsigned int count)
{
	return hypercall4(__HYPERVISOR_grant_table_op, (long)command, (long)argument, (long)count, 0);
}

static inline long hypercall_sched_op(int command, void *argument)
{
	return hypercall4(__HYPERVISOR_sched_op, command, (long)argument, 0, 0);
}

/* Returns in the same domain, or in another that goes on from here. */
static inline long hypercall_suspend(struct sched_shutdown *shutdown, uint64_t start_info_mfn)
{
	return hypercall4(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)shutdown, (long)start_info_mfn, 0);
}

static inline long hypercall_event_channel_op(int command, void *argument)
{
	return hypercall4(__HYPERVISOR_event_channel_op, command, (long)argument, 0, 0);
}

static inline long hypercall_xen_version(int command, void *argument)
{
	return hypercall4(__HYPERVISOR_xen_version, command, (long)argument, 0, 0);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls that go to Xen together. From a PV dom0 a system call costs more than most hypercalls do, so
 * what does not depend on an answer is gathered and made by one.
 */
#ifndef TOOLSTACK_BATCH_H
#define TOOLSTACK_BATCH_H

#include <stddef.h>
#include <xenctrl.h>

#define BATCH_CALLS 16
#define BATCH_ROOM  (56UL << 10) /* bytes for what the calls point at */

struct xencall_handle;

struct call_batch {
	struct xencall_handle *xencall;
	multicall_entry_t *calls; /* then the room: all of it memory that Xen can reach */
	unsigned int count;
	size_t used;
};

/* ENOMEM. */
int batch_open(struct call_batch *batch, xc_interface *xc);
void batch_close(struct call_batch *batch); /* one that is all zero, too */

/* Forgets what was gathered, its room included. */
void batch_begin(struct call_batch *batch);
/* Room for an argument, its bytes undefined; NULL: there is no more. */
void *batch_room(struct call_batch *batch, size_t size);
/* Adds a call. Which it is: for batch_result. */
unsigned int batch_add(struct call_batch *batch, unsigned long op, unsigned long a, unsigned long b,
                       unsigned long c, unsigned long d);
/* The same with XEN_DOMCTL cmd of a domain; its argument, zeroed but for that, is *domctl. NULL: no room. */
struct xen_domctl *batch_add_domctl(struct call_batch *batch, uint32_t command, uint32_t domid,
                                    unsigned int *which);
/* Makes all calls, in their order, also those behind one that fails. -1 with errno: none was made. */
int batch_run(struct call_batch *batch);
/* What call `which` of the last run gave: 0 or more; or -1 with errno. Its arguments are still there. */
long batch_result(const struct call_batch *batch, unsigned int which);

#endif

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <xencall.h>
#include "batch.h"

#define CALLS_SIZE 4096UL
#define PAGES      ((CALLS_SIZE + BATCH_ROOM) / XC_PAGE_SIZE)
#define ALIGNMENT  16UL

_Static_assert(sizeof(multicall_entry_t) * BATCH_CALLS <= CALLS_SIZE, "room for the calls");

int batch_open(struct call_batch *batch, xc_interface *xc)
{
	batch->xencall = xc_interface_xcall_handle(xc);
	batch->calls = xencall_alloc_buffer_pages(batch->xencall, PAGES);
	if (batch->calls == NULL) {
		errno = ENOMEM;
		return -1;
	}
	batch_begin(batch);
	return 0;
}

void batch_close(struct call_batch *batch)
{
	if (batch->calls != NULL)
		xencall_free_buffer_pages(batch->xencall, batch->calls, PAGES);
	batch->calls = NULL;
}

void batch_begin(struct call_batch *batch)
{
	batch->count = 0;
	batch->used = 0;
}

void *batch_room(struct call_batch *batch, size_t size)
{
	void *room = (char *)batch->calls + CALLS_SIZE + batch->used;

	if (size > BATCH_ROOM - batch->used)
		return NULL;
	batch->used += (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (batch->used > BATCH_ROOM)
		batch->used = BATCH_ROOM;
	return room;
}

unsigned int batch_add(struct call_batch *batch, unsigned long op, unsigned long a, unsigned long b,
                       unsigned long c, unsigned long d)
{
	/* A batch is written for its calls: too many is a bug here, not a state of the host. */
	if (batch->count == BATCH_CALLS)
		__builtin_trap();
	batch->calls[batch->count] = (multicall_entry_t){.op = op, .args = {a, b, c, d}};
	return batch->count++;
}

struct xen_domctl *batch_add_domctl(struct call_batch *batch, uint32_t command, uint32_t domid,
                                    unsigned int *which)
{
	struct xen_domctl *domctl = batch_room(batch, sizeof(*domctl));

	if (domctl == NULL)
		return NULL;
	memset(domctl, 0, sizeof(*domctl));
	domctl->cmd = command;
	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl->domain = (domid_t)domid;
	*which = batch_add(batch, __HYPERVISOR_domctl, (unsigned long)domctl, 0, 0, 0);
	return domctl;
}

int batch_run(struct call_batch *batch)
{
	return xencall2(batch->xencall, __HYPERVISOR_multicall, (unsigned long)batch->calls, batch->count);
}

long batch_result(const struct call_batch *batch, unsigned int which)
{
	long result = (long)batch->calls[which].result;

	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/* SPDX-License-Identifier: MIT */
/*
 * A stretch of our address space in which pages of guests are mapped, one guest at a time. Its page table
 * stays: a PV dom0 pays for each table that comes and goes with it more than for all the pages of a small
 * guest.
 */
#ifndef TOOLSTACK_WINDOW_H
#define TOOLSTACK_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <xenforeignmemory.h>

struct window {
	char *reserved; /* NULL: there is none; all is mapped wherever there is room */
	char *start;    /* within it */
	void *mapped;   /* now; or NULL */
	size_t count;   /* pages of that */
};

void window_open(struct window *window);
/* Nothing is mapped any more. All zero is fine. */
void window_close(struct window *window, xenforeignmemory_handle *memory);

/* Maps frames of a domain, readable and writable; what was mapped before goes. NULL with errno. */
void *window_map(struct window *window, xenforeignmemory_handle *memory, uint32_t domid,
                 const xen_pfn_t *frames, size_t count);
void window_unmap(struct window *window, xenforeignmemory_handle *memory);

#endif

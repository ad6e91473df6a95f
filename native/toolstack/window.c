/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include "window.h"

#define TABLE_SPAN (2UL << 20) /* of addresses that one page table maps */
#define RESERVE    (2 * TABLE_SPAN)
#define MOST       (TABLE_SPAN / XC_PAGE_SIZE - 1) /* pages; the first holds the table in place */
#define NOTHING    (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

void window_open(struct window *window)
{
	char *table, *page;

	*window = (struct window){0};
	window->reserved = mmap(NULL, RESERVE, PROT_NONE, NOTHING, -1, 0);
	if (window->reserved == MAP_FAILED)
		goto none;
	table = (char *)(((uintptr_t)window->reserved + TABLE_SPAN - 1) & ~(TABLE_SPAN - 1));
	page =
	    mmap(table, XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (page == MAP_FAILED)
		goto none;
	*(volatile char *)page = 1;
	window->start = page + XC_PAGE_SIZE;
	return;
none:
	if (window->reserved != MAP_FAILED)
		munmap(window->reserved, RESERVE);
	window->reserved = NULL;
}

void window_close(struct window *window, xenforeignmemory_handle *memory)
{
	window_unmap(window, memory);
	if (window->reserved != NULL)
		munmap(window->reserved, RESERVE);
	window->reserved = NULL;
}

void *window_map(struct window *window, xenforeignmemory_handle *memory, uint32_t domid,
                 const xen_pfn_t *frames, size_t count)
{
	const int access = PROT_READ | PROT_WRITE;
	void *mapped;

	window_unmap(window, memory);
	if (window->reserved != NULL && count <= MOST)
		mapped = xenforeignmemory_map2(memory, domid, window->start, access, MAP_FIXED, count, frames,
		                               NULL);
	else
		mapped = xenforeignmemory_map(memory, domid, access, count, frames, NULL);
	/* It may have left a hole there, which anyone's mapping may fill: so the stretch is given up. */
	if (mapped == NULL)
		window->reserved = window->start = NULL;
	window->mapped = mapped;
	window->count = count;
	return mapped;
}

void window_unmap(struct window *window, xenforeignmemory_handle *memory)
{
	void *nothing = MAP_FAILED;
	int saved = errno;

	if (window->mapped == NULL)
		return;
	/* What is free of our stretch stays reserved, or somebody else's mapping would come to lie there. */
	if (window->mapped == window->start)
		nothing =
		    mmap(window->start, window->count * XC_PAGE_SIZE, PROT_NONE, NOTHING | MAP_FIXED, -1, 0);
	if (nothing == MAP_FAILED)
		xenforeignmemory_unmap(memory, window->mapped, window->count);
	window->mapped = NULL;
	errno = saved;
}

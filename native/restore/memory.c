/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "stream_reader.h"

#define TABLE_SPAN (2UL << 20) /* of addresses that one page table maps */
#define NOTHING    (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static int device = -1;
static domid_t domain;
/* Addresses whose page tables are there already: a PV dom0 pays for a new one more than for the pages of a
 * small guest. */
static char *next, *end;

/* A page of our own, which keeps the page table that maps it. */
static int hold(char *page)
{
	if (mmap(page, STREAM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	         0) == MAP_FAILED)
		return -1;
	*(volatile char *)page = 1;
	return 0;
}

void memory_prepare(void)
{
	char *reserved = mmap(NULL, 3 * TABLE_SPAN, PROT_NONE, NOTHING, -1, 0), *start;

	if (reserved == MAP_FAILED)
		return; /* without, it is slower */
	start = (char *)(((uintptr_t)reserved + TABLE_SPAN - 1) & ~(TABLE_SPAN - 1));
	if (hold(start) != 0 || hold(start + 2 * TABLE_SPAN - STREAM_PAGE_SIZE) != 0)
		return;
	next = start + STREAM_PAGE_SIZE;
	end = start + 2 * TABLE_SPAN - STREAM_PAGE_SIZE;
}

void memory_use(int privcmd, uint32_t domid)
{
	device = privcmd;
	domain = (domid_t)domid;
}

/* Each address is used once, so nothing else can have come to lie where something was unmapped. */
static void *take_addresses(size_t size)
{
	char *start = next;

	if ((size_t)(end - next) < size)
		return NULL;
	next += size;
	return start;
}

void *memory_map(void *context, const uint64_t *mfns, size_t count)
{
	static int errors[STREAM_BATCH];
	privcmd_mmapbatch_v2_t batch = {
	    .num = (unsigned int)count, .dom = domain, .arr = (const xen_pfn_t *)mfns, .err = errors};
	void *start, *memory;

	(void)context;
	if (count == 0 || count > STREAM_BATCH) {
		errno = EINVAL;
		return NULL;
	}
	start = take_addresses(count * STREAM_PAGE_SIZE);
	memory = mmap(start, count * STREAM_PAGE_SIZE, PROT_READ | PROT_WRITE,
	              MAP_SHARED | (start != NULL ? MAP_FIXED : 0), device, 0);
	if (memory == MAP_FAILED)
		return NULL;
	batch.addr = (uint64_t)(uintptr_t)memory;
	memset(errors, 0, count * sizeof(*errors));
	if (ioctl(device, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) == 0)
		return memory;
	memory_unmap(NULL, memory, count);
	return NULL;
}

void memory_unmap(void *context, void *memory, size_t count)
{
	(void)context;
	(void)munmap(memory, count * STREAM_PAGE_SIZE);
}

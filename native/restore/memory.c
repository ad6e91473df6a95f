/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "stream_reader.h"

static int device = -1;
static domid_t domain;

int memory_open(uint32_t domid)
{
	domain = (domid_t)domid;
	device = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	return ioctl(device, IOCTL_PRIVCMD_RESTRICT, &domain);
}

void *memory_map(void *context, const uint64_t *mfns, size_t count)
{
	static int errors[STREAM_BATCH];
	privcmd_mmapbatch_v2_t batch = {
	    .num = (unsigned int)count, .dom = domain, .arr = (const xen_pfn_t *)mfns, .err = errors};
	void *memory;

	(void)context;
	if (count == 0 || count > STREAM_BATCH) {
		errno = EINVAL;
		return NULL;
	}
	memory = mmap(NULL, count * STREAM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
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

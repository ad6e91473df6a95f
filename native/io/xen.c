/* SPDX-License-Identifier: MIT */
#include "xen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#include "lightvm/noxs.h"

int xen_open(struct xen *xen, const int *descriptors, size_t count)
{
	int result = EINVAL;
	int flags;

	if (count < 2 || count > 1 + IO_MAX_GNTDEV)
		goto out;
	for (size_t i = 0; i < count; i++) {
		struct stat status;
		int failed = fstat(descriptors[i], &status);

		if (failed != 0 || !S_ISCHR(status.st_mode))
			goto out;
	}
	flags = fcntl(descriptors[1], F_GETFL);
	if (flags < 0)
		goto out;
	flags = fcntl(descriptors[1], F_SETFL, flags | O_NONBLOCK);
	if (flags < 0)
		goto out;

	xen->evtchn = descriptors[1];
	xen->gntdev[0] = descriptors[0];
	xen->gntdev_count = (uint32_t)count - 1;
	for (size_t i = 2; i < count; i++)
		xen->gntdev[i - 1] = descriptors[i];
	memset(xen->mappings, 0, sizeof(xen->mappings));
	result = 0;

out:
	return result;
}

void xen_close(struct xen *xen)
{
	if (xen->evtchn >= 0)
		close(xen->evtchn);
	for (uint32_t i = 0; i < xen->gntdev_count; i++)
		close(xen->gntdev[i]);
	xen->evtchn = -1;
	xen->gntdev_count = 0;
}

int xen_bind(struct xen *xen, uint32_t domid, uint32_t remote_port, uint32_t *port)
{
	struct ioctl_evtchn_bind_interdomain bind = {.remote_domain = domid, .remote_port = remote_port};
	int bound = ioctl(xen->evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);

	if (bound >= 0)
		*port = (uint32_t)bound;
	return bound >= 0 ? 0 : errno;
}

void xen_unbind(struct xen *xen, uint32_t port)
{
	struct ioctl_evtchn_unbind unbind = {.port = port};

	(void)ioctl(xen->evtchn, IOCTL_EVTCHN_UNBIND, &unbind);
}

void xen_notify(struct xen *xen, uint32_t port)
{
	struct ioctl_evtchn_notify notify = {.port = port};

	(void)ioctl(xen->evtchn, IOCTL_EVTCHN_NOTIFY, &notify);
}

int xen_events(struct xen *xen, uint32_t *ports, size_t capacity, size_t *count)
{
	ssize_t size = read(xen->evtchn, ports, capacity * sizeof(*ports));
	int result = 0;

	*count = 0;
	if (size >= 0)
		*count = (size_t)size / sizeof(*ports);
	else if (errno != EAGAIN && errno != EINTR)
		result = errno;
	return result;
}

void xen_unmask(struct xen *xen, const uint32_t *ports, size_t count)
{
	ssize_t size = write(xen->evtchn, ports, count * sizeof(*ports));

	(void)size; /* fails only for ports that are no longer bound */
}

static uint32_t least_used(const struct xen *xen)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < xen->gntdev_count; i++) {
		if (xen->mappings[i] < xen->mappings[best])
			best = i;
	}
	return best;
}

static void forget(struct xen *xen, const struct xen_mapping *mapping)
{
	struct ioctl_gntdev_unmap_grant_ref unmap = {.index = mapping->index, .count = mapping->count};

	(void)ioctl(xen->gntdev[mapping->gntdev], IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
	xen->mappings[mapping->gntdev]--;
}

int xen_map(struct xen *xen, uint32_t domid, const uint32_t *references, uint32_t count,
            struct xen_mapping *mapping)
{
	/* The kernel's structure ends with an array of one, of which there are to be more. */
	union {
		struct ioctl_gntdev_map_grant_ref head;
		uint8_t space[sizeof(struct ioctl_gntdev_map_grant_ref) +
		              (XEN_MAP_MAX - 1) * sizeof(struct ioctl_gntdev_grant_ref)];
	} map;
	struct ioctl_gntdev_grant_ref grants[XEN_MAP_MAX];
	uint32_t chosen = least_used(xen);
	void *address;
	int failed;
	int result = EINVAL;

	memset(mapping, 0, sizeof(*mapping));
	if (count == 0 || count > XEN_MAP_MAX)
		goto out;
	memset(&map, 0, sizeof(map));
	map.head.count = count;
	for (uint32_t i = 0; i < count; i++)
		grants[i] = (struct ioctl_gntdev_grant_ref){.domid = domid, .ref = references[i]};
	memcpy(map.space + offsetof(struct ioctl_gntdev_map_grant_ref, refs), grants,
	       count * sizeof(grants[0]));
	failed = ioctl(xen->gntdev[chosen], IOCTL_GNTDEV_MAP_GRANT_REF, &map);
	if (failed != 0) {
		result = errno;
		goto out;
	}
	xen->mappings[chosen]++;
	mapping->index = map.head.index;
	mapping->count = count;
	mapping->gntdev = chosen;
	address = mmap(NULL, (size_t)count * NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	               xen->gntdev[chosen], (off_t)map.head.index);
	if (address == MAP_FAILED) {
		result = errno;
		forget(xen, mapping);
		goto out;
	}
	mapping->address = address;
	result = 0;

out:
	return result;
}

void xen_unmap(struct xen *xen, struct xen_mapping *mapping)
{
	if (mapping->address == NULL)
		return;
	munmap(mapping->address, (size_t)mapping->count * NOXS_PAGE_SIZE);
	forget(xen, mapping);
	mapping->address = NULL;
}

int xen_copy(struct xen *xen, struct xen_copy *copies, uint32_t count)
{
	struct ioctl_gntdev_grant_copy copy = {.count = count, .segments = &copies[0].segment};
	int failed = ioctl(xen->gntdev[0], IOCTL_GNTDEV_GRANT_COPY, &copy);
	int result = failed == 0 ? 0 : errno;

	for (uint32_t i = 0; result == 0 && i < count; i++) {
		if (copies[i].segment.status != GNTST_okay)
			result = EIO;
	}
	return result;
}

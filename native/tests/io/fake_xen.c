/* SPDX-License-Identifier: MIT */
#include "fake_xen.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lightvm/noxs.h"
#include "xen.h"

int xen_open(struct xen *xen, const int *descriptors, size_t count)
{
	if (count < 2)
		return EINVAL;
	xen->gntdev[0] = descriptors[0];
	xen->evtchn = descriptors[1];
	xen->gntdev_count = 1;
	for (size_t i = 2; i < count; i++)
		close(descriptors[i]);
	return 0;
}

void xen_close(struct xen *xen)
{
	if (xen->evtchn >= 0)
		close(xen->evtchn);
	if (xen->gntdev_count > 0)
		close(xen->gntdev[0]);
	xen->evtchn = -1;
	xen->gntdev_count = 0;
}

static void say(struct xen *xen, uint32_t message)
{
	ssize_t sent = send(xen->evtchn, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
}

int xen_bind(struct xen *xen, uint32_t domid, uint32_t remote_port, uint32_t *port)
{
	(void)domid;
	if (remote_port == 0)
		return ENOENT;
	*port = remote_port;
	say(xen, FAKE_BIND | remote_port);
	return 0;
}

void xen_unbind(struct xen *xen, uint32_t port)
{
	say(xen, FAKE_UNBIND | port);
}

void xen_notify(struct xen *xen, uint32_t port)
{
	say(xen, FAKE_NOTIFY | port);
}

int xen_events(struct xen *xen, uint32_t *ports, size_t capacity, size_t *count)
{
	size_t done = 0;

	while (done < capacity) {
		ssize_t size = read(xen->evtchn, &ports[done], sizeof(*ports));

		if (size != (ssize_t)sizeof(*ports))
			break;
		done++;
	}
	*count = done;
	return 0;
}

void xen_unmask(struct xen *xen, const uint32_t *ports, size_t count)
{
	(void)xen;
	(void)ports;
	(void)count;
}

int xen_map(struct xen *xen, uint32_t domid, const uint32_t *references, uint32_t count,
            struct xen_mapping *mapping)
{
	off_t offset = (off_t)domid * FAKE_GRANTS * NOXS_PAGE_SIZE;
	void *address;

	memset(mapping, 0, sizeof(*mapping));
	for (uint32_t i = 0; i < count; i++) {
		if (references[i] != i)
			return ENOENT;
	}
	address = mmap(NULL, (size_t)count * NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	               xen->gntdev[0], offset);
	if (address == MAP_FAILED)
		return errno;
	mapping->address = address;
	mapping->count = count;
	return 0;
}

void xen_unmap(struct xen *xen, struct xen_mapping *mapping)
{
	(void)xen;
	if (mapping->address != NULL)
		munmap(mapping->address, (size_t)mapping->count * NOXS_PAGE_SIZE);
	mapping->address = NULL;
}

/* Each guest's grants are pages of the memory file, as for xen_map. */
static int copy_one(int memory, const struct ioctl_gntdev_grant_copy_segment *segment)
{
	uint8_t page[NOXS_PAGE_SIZE];
	uint8_t *bytes = segment->source.virt;
	ssize_t size = segment->len;
	off_t offset;

	if (segment->len > sizeof(page))
		return EINVAL;
	if ((segment->flags & GNTCOPY_source_gref) != 0) {
		if (segment->source.foreign.ref >= FAKE_GRANTS)
			return EIO;
		offset = ((off_t)segment->source.foreign.domid * FAKE_GRANTS + segment->source.foreign.ref) *
		             NOXS_PAGE_SIZE +
		         segment->source.foreign.offset;
		bytes = (segment->flags & GNTCOPY_dest_gref) != 0 ? page : segment->dest.virt;
		size = pread(memory, bytes, segment->len, offset);
	}
	if (size == segment->len && (segment->flags & GNTCOPY_dest_gref) != 0) {
		if (segment->dest.foreign.ref >= FAKE_GRANTS)
			return EIO;
		offset =
		    ((off_t)segment->dest.foreign.domid * FAKE_GRANTS + segment->dest.foreign.ref) * NOXS_PAGE_SIZE +
		    segment->dest.foreign.offset;
		size = pwrite(memory, bytes, segment->len, offset);
	}
	return size == segment->len ? 0 : EIO;
}

int xen_copy(struct xen *xen, struct xen_copy *copies, uint32_t count)
{
	int result = 0;

	for (uint32_t i = 0; i < count; i++) {
		int failed = copy_one(xen->gntdev[0], &copies[i].segment);

		copies[i].segment.status = failed == 0 ? GNTST_okay : GNTST_general_error;
		if (result == 0)
			result = failed;
	}
	return result;
}

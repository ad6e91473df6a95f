/* SPDX-License-Identifier: MIT */
#include "fake_xen.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lightvm/noxs.h"
#include "network_tap.h"
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

void (*fake_before_copy)(const struct xen_copy *copy);

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

static off_t place(uint32_t domid, uint32_t reference)
{
	return ((off_t)domid * FAKE_GRANTS + reference) * NOXS_PAGE_SIZE;
}

int xen_map(struct xen *xen, uint32_t domid, const uint32_t *references, uint32_t count,
            struct xen_mapping *mapping)
{
	size_t size = (size_t)count * NOXS_PAGE_SIZE;
	uint8_t *address;

	memset(mapping, 0, sizeof(*mapping));
	for (uint32_t i = 0; i < count; i++) {
		if (references[i] >= FAKE_GRANTS)
			return ENOENT;
	}
	address = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (address == MAP_FAILED)
		return errno;
	for (uint32_t i = 0; i < count; i++) {
		void *page = mmap(address + (size_t)i * NOXS_PAGE_SIZE, NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE,
		                  MAP_SHARED | MAP_FIXED, xen->gntdev[0], place(domid, references[i]));

		if (page == MAP_FAILED) {
			munmap(address, size);
			return errno;
		}
	}
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

/*
 * The side of a piece that is a grant, mapped, or MAP_FAILED: there is no such grant, or it leaves it. Mapped, since the
 * seccomp filter lets no file be read or written at a place.
 */
static uint8_t *map_foreign(int memory, uint32_t domid, uint32_t reference, uint32_t offset, uint32_t length)
{
	if (reference >= FAKE_GRANTS || offset + length > NOXS_PAGE_SIZE)
		return MAP_FAILED;
	return mmap(NULL, NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, place(domid, reference));
}

static int copy_one(int memory, const struct ioctl_gntdev_grant_copy_segment *segment)
{
	bool from_guest = (segment->flags & GNTCOPY_source_gref) != 0;
	bool to_guest = (segment->flags & GNTCOPY_dest_gref) != 0;
	uint8_t *source = MAP_FAILED;
	uint8_t *target = MAP_FAILED;
	int result = EIO;

	if (segment->len == 0 || segment->len > NOXS_PAGE_SIZE)
		return EINVAL;
	if (from_guest)
		source = map_foreign(memory, segment->source.foreign.domid, segment->source.foreign.ref,
		                     segment->source.foreign.offset, segment->len);
	if (to_guest)
		target = map_foreign(memory, segment->dest.foreign.domid, segment->dest.foreign.ref,
		                     segment->dest.foreign.offset, segment->len);
	if ((!from_guest || source != MAP_FAILED) && (!to_guest || target != MAP_FAILED)) {
		memcpy(to_guest ? target + segment->dest.foreign.offset : segment->dest.virt,
		       from_guest ? source + segment->source.foreign.offset : segment->source.virt, segment->len);
		result = 0;
	}
	if (source != MAP_FAILED)
		munmap(source, NOXS_PAGE_SIZE);
	if (target != MAP_FAILED)
		munmap(target, NOXS_PAGE_SIZE);
	return result;
}

int xen_copy(struct xen *xen, struct xen_copy *copies, uint32_t count)
{
	int result = 0;

	for (uint32_t i = 0; i < count; i++) {
		int failed;

		if (fake_before_copy != NULL)
			fake_before_copy(&copies[i]);
		failed = copy_one(xen->gntdev[0], &copies[i].segment);
		copies[i].segment.status = failed == 0 ? GNTST_okay : GNTST_general_error;
		if (result == 0)
			result = failed;
	}
	return result;
}

/* A TAP is any socket that keeps packets apart. */
int tap_attach(int descriptor, size_t *header_size)
{
	(void)descriptor;
	*header_size = 12;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * All that lightvm-io asks of Xen, over descriptors of /dev/xen/gntdev and /dev/xen/evtchn that lightvmd
 * opened. The ioctls are used directly, since libxengnttab takes no descriptor. Functions return 0 or an
 * errno.
 */
#ifndef LIGHTVM_IO_XEN_H
#define LIGHTVM_IO_XEN_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/sys/gntdev.h>

#include "lightvm/io.h"

#define XEN_MAP_MAX 64 /* pages in one mapping */

struct xen {
	int evtchn; /* -1 before xen_open */
	uint32_t gntdev_count;
	int gntdev[IO_MAX_GNTDEV];
	uint32_t mappings[IO_MAX_GNTDEV]; /* held now, by descriptor */
};

/* Pages of one guest, mapped in a row. */
struct xen_mapping {
	void *address;  /* NULL: nothing is mapped */
	uint64_t index; /* the kernel's name for it */
	uint32_t count;
	uint32_t gntdev; /* position in xen.gntdev */
};

/*
 * Takes over the descriptors of an IO_HELLO (gntdev, evtchn, more of gntdev); on failure they stay the
 * caller's. EINVAL: they are not devices.
 */
int xen_open(struct xen *xen, const int *descriptors, size_t count);
void xen_close(struct xen *xen);

/* Binds a guest's port. *port is ours; Xen raises one event on it at once. */
int xen_bind(struct xen *xen, uint32_t domid, uint32_t remote_port, uint32_t *port);
void xen_unbind(struct xen *xen, uint32_t port);
/* A guest that is gone does not mind, so neither do we. */
void xen_notify(struct xen *xen, uint32_t port);

/* Takes up to `capacity` ports that had events, each masked until xen_unmask. Never waits. */
int xen_events(struct xen *xen, uint32_t *ports, size_t capacity, size_t *count);
void xen_unmask(struct xen *xen, const uint32_t *ports, size_t count);

/* Maps grants of one guest, readable and writable, by one call. */
int xen_map(struct xen *xen, uint32_t domid, const uint32_t *references, uint32_t count,
            struct xen_mapping *mapping);
void xen_unmap(struct xen *xen, struct xen_mapping *mapping);

/* One piece of a grant copy, as the kernel wants it. It lies within one page of each guest. */
struct xen_copy {
	struct ioctl_gntdev_grant_copy_segment segment;
};

/* From a guest's page into memory of ours, and the other way. */
void xen_copy_from(struct xen_copy *copy, uint32_t domid, uint32_t reference, uint16_t offset, void *to,
                   uint16_t length);
void xen_copy_to(struct xen_copy *copy, uint32_t domid, uint32_t reference, uint16_t offset, const void *from,
                 uint16_t length);
/* From one guest's page into another's. */
void xen_copy_between(struct xen_copy *copy, uint32_t from_domid, uint32_t from_reference, uint16_t from_offset,
                      uint32_t to_domid, uint32_t to_reference, uint16_t to_offset, uint16_t length);
/* Does them all, by one call. 0, or the first one's error (EIO: Xen refused it); see xen_copy_failed for the others. */
int xen_copy(struct xen *xen, struct xen_copy *copies, uint32_t count);
static inline int xen_copy_failed(const struct xen_copy *copy)
{
	return copy->segment.status != GNTST_okay;
}

#endif

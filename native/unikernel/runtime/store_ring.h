/* SPDX-License-Identifier: MIT */
/* Messages on a XenStore ring (xen/io/xs_wire.h), the guest's end. Pure. */
#ifndef RUNTIME_STORE_RING_H
#define RUNTIME_STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

struct store_ring {
	struct xenstore_domain_interface *page;
	struct xsd_sockmsg header;           /* of the message that is being received, or was last */
	size_t received;                     /* bytes of it, header included */
	char body[XENSTORE_PAYLOAD_MAX + 1]; /* of it, and a NUL behind it */
};

enum store_result {
	STORE_NOTHING, /* no whole message yet */
	STORE_MESSAGE, /* one, in header and body */
	STORE_BROKEN,  /* the other end keeps to no protocol */
};

/* Puts as much as there is room for; how many bytes. */
size_t store_ring_put(struct store_ring *ring, const void *bytes, size_t size);
/* Takes what has come of one message, at most to its end. *taken: whether the ring has room now that it had
 * not. */
enum store_result store_ring_get(struct store_ring *ring, bool *taken);

/* Forgets what came, and what came of a message that is not whole: whoever sent it is gone. */
void store_ring_drop(struct store_ring *ring);

/* The two strings of a XS_WATCH_EVENT's body. */
bool store_parse_watch(const char *body, size_t size, const char **path, const char **token);

#endif

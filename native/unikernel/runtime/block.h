/* SPDX-License-Identifier: MIT */
/* What the two ways to a back-end (device pages, XenStore) have in common. */
#ifndef RUNTIME_BLOCK_H
#define RUNTIME_BLOCK_H

#include <lightvm/block.h>
#include <lightvm/threads.h>
#include "runtime.h"
#include "block_ring.h"

#define MAX_DISKS 16

enum block_state {
	BLOCK_ABSENT,     /* never opened, or gone: block_open tries again */
	BLOCK_CONNECTING,
	BLOCK_CONNECTED,
	BLOCK_CLOSING,    /* no new requests; the back-end answers what it has */
};

struct vbd;

struct block {
	unsigned int id;
	enum block_state state;
	struct block_ring ring;
	char *ring_page;
	uint32_t ring_gref;
	uint16_t backend; /* domain id */
	evtchn_port_t port;
	struct wait_queue waiting; /* for whatever happens to this disk */
	struct noxs_block *control; /* with a device page */
	struct vbd *vbd;            /* with XenStore */
};

/* Ring and pages, granted to disk->backend; false: no memory, or no grants. */
bool block_prepare(struct block *disk);
/* Takes them back: the back-end has unmapped them. Whatever is under way fails. */
void block_release(struct block *disk);
/* The event handler: takes answers. */
void block_event(void *disk);
bool block_is_sound(uint64_t sectors, uint32_t sector_size);

bool block_noxs_connect(struct block *disk);
bool block_xenstore_connect(struct block *disk);

#endif

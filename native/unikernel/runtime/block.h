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
	BLOCK_ABSENT, /* there is none, or no more */
	BLOCK_CONNECTING,
	BLOCK_CONNECTED, /* or closing: then its ring is closed, and the back-end answers what it has */
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
	struct wait_queue waiting;  /* for whatever happens to this disk */
	struct noxs_block *control; /* with a device page */
	bool renewed;               /* the guest was restored: its ring has another end now */
	struct vbd *vbd;            /* with XenStore */
};

/* The disk of that number, which may be absent; the same one for ever. NULL: no memory, or no such number. */
struct block *block_find(unsigned int id);
void block_set_state(struct block *disk, enum block_state state);
/* Ring and pages, granted to disk->backend; false: no memory, or no grants. */
bool block_prepare(struct block *disk);
/* Takes them back, if there are any: the back-end has unmapped them. Whatever is under way fails; the disk is
 * absent. */
void block_release(struct block *disk);
/* The event handler: takes answers. */
void block_event(void *disk);
bool block_is_sound(uint64_t sectors, uint32_t sector_size);

extern const bool block_noxs_linked;
/* Connects it, if XenStore has it. */
void block_xenstore_open(struct block *disk);

#endif

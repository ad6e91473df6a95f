/* SPDX-License-Identifier: MIT */
/* A disk of the device page: the hand-shake of noxs.h. */
#include "block.h"
#include "noxs_bus.h"

static void tell(struct block *disk, enum noxs_state state)
{
	__atomic_store_n(&disk->control->control.frontend_state, state, __ATOMIC_RELEASE);
	event_notify(disk->port);
}

static void *add(const struct noxs_device *device, void *control)
{
	struct block *disk = block_find(device->id);

	/* A program may still hold the one that had the number before. */
	if (disk == NULL)
		return NULL;
	disk->control = control;
	disk->backend = device->backend;
	disk->port = device->event_channel;
	disk->state = BLOCK_CONNECTING;
	return disk;
}

static void connect(struct block *disk)
{
	struct noxs_block *control = disk->control;

	if (!block_is_sound(control->sectors, control->sector_size) || !block_prepare(disk))
		return;
	disk->state = BLOCK_CONNECTING;
	block_ring_set_disk(&disk->ring, control->sectors, control->sector_size, control->max_indirect);
	disk->ring.read_only = (control->info & VDISK_READONLY) != 0;
	disk->ring.can_flush = (control->backend_features & NOXS_BLOCK_FLUSH) != 0;
	control->frontend_features = control->backend_features & (NOXS_BLOCK_FLUSH | NOXS_BLOCK_PERSISTENT);
	control->ring_count = 1;
	control->ring_gref[0] = disk->ring_gref;
	tell(disk, NOXS_INITIALISED);
}

static void event(void *object)
{
	struct block *disk = object;
	uint32_t ours = disk->control->control.frontend_state;
	uint32_t theirs = __atomic_load_n(&disk->control->control.backend_state, __ATOMIC_ACQUIRE);

	block_event(disk);
	switch (theirs) {
	case NOXS_INIT_WAIT:
		/* Whatever was before: it begins anew. */
		if (ours == NOXS_INITIALISED)
			break;
		block_release(disk);
		connect(disk);
		break;
	case NOXS_CONNECTED:
		if (ours == NOXS_INITIALISED) {
			block_set_state(disk, BLOCK_CONNECTED);
			tell(disk, NOXS_CONNECTED);
		} else if (ours == NOXS_CONNECTED && disk->ring.closed) {
			tell(disk, NOXS_CLOSING); /* its answers made no sense */
		}
		break;
	case NOXS_CLOSING:
		if (ours == NOXS_CLOSING || ours == NOXS_CLOSED)
			break;
		disk->ring.closed = true;
		tell(disk, NOXS_CLOSING);
		break;
	case NOXS_CLOSED:
		if (ours == NOXS_CLOSED)
			break;
		/* It has unmapped everything; what it did not answer it never will. */
		block_release(disk);
		tell(disk, NOXS_CLOSED);
		break;
	default:
		break;
	}
}

static void remove(void *object)
{
	block_release(object);
}

static bool ready(void *object)
{
	return ((struct block *)object)->state == BLOCK_CONNECTED;
}

static const struct noxs_driver block_driver = {
    .type = NOXS_BLOCK, .add = add, .event = event, .remove = remove, .ready = ready};
NOXS_DRIVER(block_driver);

/* Named by block.c, so that the driver is where disks are used. */
const bool block_noxs_linked = true;

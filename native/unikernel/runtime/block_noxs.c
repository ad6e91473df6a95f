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

static void describe(struct block *disk)
{
	const struct noxs_block *control = disk->control;

	block_ring_set_disk(&disk->ring, control->sectors, control->sector_size, control->max_indirect);
	disk->ring.read_only = (control->info & VDISK_READONLY) != 0;
	disk->ring.can_flush = (control->backend_features & NOXS_BLOCK_FLUSH) != 0;
}

static void offer_ring(struct block *disk)
{
	struct noxs_block *control = disk->control;

	disk->state = BLOCK_CONNECTING;
	control->frontend_features = control->backend_features & (NOXS_BLOCK_FLUSH | NOXS_BLOCK_PERSISTENT);
	control->ring_count = 1;
	control->ring_gref[0] = disk->ring_gref;
	tell(disk, NOXS_INITIALISED);
}

static void connect(struct block *disk)
{
	struct noxs_block *control = disk->control;

	if (!block_is_sound(control->sectors, control->sector_size) || !block_prepare(disk))
		return;
	describe(disk);
	offer_ring(disk);
}

/* The other end of a ring that worked is another: what it was asked and has not answered it is asked again. */
static void restart(struct block *disk)
{
	struct noxs_block *control = disk->control;

	disk->renewed = false;
	if (!block_is_sound(control->sectors, control->sector_size)) {
		block_release(disk);
		return;
	}
	describe(disk);
	block_ring_restart(&disk->ring, disk->ring_page);
	offer_ring(disk);
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
		if (disk->renewed) {
			restart(disk);
			break;
		}
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

static void lose(void *object)
{
	(void)object; /* its ring stays as it is, and whoever waits for an answer waits on */
}

static void renew(void *object, const struct noxs_device *device)
{
	struct block *disk = object;

	disk->backend = device->backend;
	disk->port = device->event_channel;
	disk->renewed = disk->ring_page != NULL && !disk->ring.closed;
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
    .type = NOXS_BLOCK, .add = add, .event = event, .lose = lose, .renew = renew, .remove = remove, .ready = ready};
NOXS_DRIVER(block_driver);

/* Named by block.c, so that the driver is where disks are used. */
const bool block_noxs_linked = true;

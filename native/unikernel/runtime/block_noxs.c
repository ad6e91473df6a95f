/* SPDX-License-Identifier: MIT */
/* A disk of the device page: the hand-shake of noxs.h. */
#include "block.h"

#define STEP (NOXS_STEP_MS * 1000000UL)

static uint32_t backend_state(const struct block *disk)
{
	return __atomic_load_n(&disk->control->control.backend_state, __ATOMIC_ACQUIRE);
}

static void set_state(struct block *disk, enum noxs_state state)
{
	__atomic_store_n(&disk->control->control.frontend_state, state, __ATOMIC_RELEASE);
	event_notify(disk->port);
}

static bool wait_for(struct block *disk, enum noxs_state state)
{
	uint64_t deadline = clock_monotonic() + STEP;

	while (backend_state(disk) != state) {
		if (clock_monotonic() >= deadline)
			return false;
		wait_on(&disk->waiting, deadline);
	}
	return true;
}

/* On every event: the back-end may want to close, or have closed for good. */
static void on_event(void *data)
{
	struct block *disk = data;
	uint32_t state = backend_state(disk);

	block_event(disk);
	if (disk->state != BLOCK_CONNECTED && disk->state != BLOCK_CLOSING)
		return;
	if (state == NOXS_CLOSED) {
		/* It has unmapped everything; what it did not answer it never will. */
		block_release(disk);
		event_unbind(disk->port, on_event, disk);
		set_state(disk, NOXS_CLOSED);
	} else if (disk->state == BLOCK_CONNECTED && (state == NOXS_CLOSING || disk->ring.closed)) {
		disk->ring.closed = true;
		disk->state = BLOCK_CLOSING;
		set_state(disk, NOXS_CLOSING);
	}
}

bool block_noxs_connect(struct block *disk)
{
	struct noxs_device device;
	struct noxs_block *control;

	if (!noxs_find(NOXS_BLOCK, (uint16_t)disk->id, &device))
		return false;
	disk->control = control = frame_to_pointer(device.control_pfn);
	disk->port = device.event_channel;
	disk->backend = device.backend;
	if (control == NULL)
		return false;
	event_bind(disk->port, on_event, disk);
	if (!wait_for(disk, NOXS_INIT_WAIT) || !block_is_sound(control->sectors, control->sector_size) ||
	    !block_prepare(disk))
		goto failed;
	block_ring_set_disk(&disk->ring, control->sectors, control->sector_size, control->max_indirect);
	disk->ring.read_only = (control->info & VDISK_READONLY) != 0;
	disk->ring.can_flush = (control->backend_features & NOXS_BLOCK_FLUSH) != 0;
	control->frontend_features = control->backend_features & (NOXS_BLOCK_FLUSH | NOXS_BLOCK_PERSISTENT);
	control->ring_count = 1;
	control->ring_gref[0] = disk->ring_gref;
	set_state(disk, NOXS_INITIALISED);
	if (!wait_for(disk, NOXS_CONNECTED)) {
		set_state(disk, NOXS_CLOSED);
		block_release(disk);
		goto failed;
	}
	set_state(disk, NOXS_CONNECTED);
	return true;
failed:
	event_unbind(disk->port, on_event, disk);
	return false;
}

/* SPDX-License-Identifier: MIT */
/* A disk that another toolstack gave: device/vbd/<number>, with any back-end of xen/io/blkif.h. */
#include <lightvm/memory.h>
#include "block.h"
#include "xenbus.h"

#define MAX_NAMES 1024 /* bytes of the names of all devices */

struct vbd {
	struct xenbus_device device;
	struct block *disk;
};

/* The number of the id-th device, in the order of their numbers. */
static bool find_number(unsigned int id, unsigned long *number)
{
	char names[MAX_NAMES];
	unsigned long last = 0;

	if (!xenstore_list("device/vbd", names, sizeof(names)))
		return false;
	for (unsigned int i = 0; i <= id; i++) {
		unsigned long next = UINT64_MAX;

		for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
			unsigned long value = parse_unsigned(name, NULL);

			if (value < next && (i == 0 || value > last))
				next = value;
		}
		if (next == UINT64_MAX)
			return false;
		last = next;
	}
	*number = last;
	return true;
}

/* The back-end's state changed. */
static void on_change(void *data)
{
	struct vbd *vbd = data;
	struct block *disk = vbd->disk;

	wake_all(&disk->waiting);
	if (disk->state != BLOCK_CONNECTED)
		return;
	if (vbd->device.state == NOXS_CLOSING) {
		disk->ring.closed = true;
		/* Xen's own back-ends let go once they see Closed, and answer before that. */
		while (disk->state == BLOCK_CONNECTED && disk->ring.free_count < BLOCK_PAGES)
			wait_on(&disk->waiting, FOREVER);
		xenbus_set_state(&vbd->device, NOXS_CLOSED);
	} else if (vbd->device.state == NOXS_CLOSED || vbd->device.state == NOXS_UNKNOWN) {
		xenbus_set_state(&vbd->device, NOXS_CLOSED);
		block_release(disk);
	}
}

static bool read_disk(struct vbd *vbd)
{
	const char *backend = vbd->device.backend;
	struct block *disk = vbd->disk;
	uint64_t sectors, sector_size, info, flush, indirect;

	if (!xenstore_read_number_at(backend, "sectors", &sectors))
		return false;
	if (!xenstore_read_number_at(backend, "sector-size", &sector_size))
		sector_size = BLOCK_SECTOR;
	if (!block_is_sound(sectors, (uint32_t)sector_size))
		return false;
	if (!xenstore_read_number_at(backend, "info", &info))
		info = 0;
	if (!xenstore_read_number_at(backend, "feature-flush-cache", &flush))
		flush = 0;
	if (!xenstore_read_number_at(backend, "feature-max-indirect-segments", &indirect))
		indirect = 0;
	block_ring_set_disk(&disk->ring, sectors, (uint32_t)sector_size, (uint32_t)indirect);
	disk->ring.read_only = (info & VDISK_READONLY) != 0;
	disk->ring.can_flush = flush != 0;
	return true;
}

static bool publish(struct vbd *vbd)
{
	const char *path = vbd->device.path;
	char node[XENSTORE_PATH];

	snprintf(node, sizeof(node), "%s/protocol", path);
	return xenstore_write_number_at(path, "ring-ref", vbd->disk->ring_gref) &&
	       xenstore_write_number_at(path, "event-channel", vbd->disk->port) &&
	       xenstore_write(node, "x86_64-abi") &&
	       xenstore_write_number_at(path, "feature-persistent", 1) &&
	       xenbus_set_state(&vbd->device, NOXS_INITIALISED);
}

static bool open_device(struct block *disk, unsigned long number)
{
	struct vbd *vbd = calloc(1, sizeof(*vbd));
	char path[XENSTORE_PATH];

	if (vbd == NULL)
		return false;
	vbd->disk = disk;
	vbd->device.hook = on_change;
	vbd->device.data = vbd;
	snprintf(path, sizeof(path), "device/vbd/%lu", number);
	if (!xenbus_open(&vbd->device, path)) {
		free(vbd);
		return false;
	}
	disk->vbd = vbd;
	disk->backend = vbd->device.domid;
	disk->port = xenbus_port(&vbd->device);
	if (disk->port != 0)
		event_bind(disk->port, block_event, disk);
	return disk->port != 0;
}

void block_xenstore_open(struct block *disk)
{
	unsigned long number;

	if (!find_number(disk->id, &number) || (disk->vbd == NULL && !open_device(disk, number)))
		return;
	disk->state = BLOCK_CONNECTING;
	if (!xenbus_wait(&disk->vbd->device, 1U << NOXS_INIT_WAIT | 1U << NOXS_INITIALISED) ||
	    !block_prepare(disk))
		goto failed;
	disk->ring.handle = (uint16_t)number;
	if (!publish(disk->vbd) || !xenbus_wait(&disk->vbd->device, 1U << NOXS_CONNECTED) ||
	    !read_disk(disk->vbd) || !xenbus_set_state(&disk->vbd->device, NOXS_CONNECTED))
		goto failed;
	block_set_state(disk, BLOCK_CONNECTED);
	return;
failed:
	xenbus_set_state(&disk->vbd->device, NOXS_CLOSED);
	block_release(disk);
}

/* SPDX-License-Identifier: MIT */
/* A disk that another toolstack gave: device/vbd/<number>, with any back-end of xen/io/blkif.h. */
#include <lightvm/memory.h>
#include "block.h"
#include "xenbus.h"

#define MAX_NAMES 1024 /* bytes of the names of all devices */

static struct vbd {
	struct xenbus_device device;
	struct block *disk;
	unsigned long number;
	bool renewed; /* the guest was restored: the ring has another end now */
	struct vbd *next;
} *vbds;

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

static bool read_disk(struct vbd *vbd);
static bool publish(struct vbd *vbd);

/*
 * The other end of a ring that worked is another: what it was asked and has not answered it is asked again, once
 * it says what disk it has.
 */
static void restart(struct vbd *vbd)
{
	struct block *disk = vbd->disk;
	bool good = true;

	if (vbd->device.state == NOXS_INIT_WAIT) {
		block_ring_restart(&disk->ring, disk->ring_page);
		good = publish(vbd);
	} else if (vbd->device.state == NOXS_CONNECTED) {
		vbd->renewed = false;
		good = read_disk(vbd) && xenbus_set_state(&vbd->device, NOXS_CONNECTED);
		if (good)
			block_set_state(disk, BLOCK_CONNECTED);
		event_notify(disk->port);
	}
	if (!good) {
		xenbus_set_state(&vbd->device, NOXS_CLOSED);
		block_release(disk);
	}
}

/* The back-end's state changed. */
static void on_change(void *data)
{
	struct vbd *vbd = data;
	struct block *disk = vbd->disk;

	wake_all(&disk->waiting);
	if (vbd->renewed) {
		restart(vbd);
		return;
	}
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

/* The device's nodes and a port of ours for it. */
static bool open_ends(struct vbd *vbd)
{
	struct block *disk = vbd->disk;
	char path[XENSTORE_PATH];

	snprintf(path, sizeof(path), "device/vbd/%lu", vbd->number);
	disk->port = 0;
	if (!xenbus_open(&vbd->device, path))
		return false;
	disk->backend = vbd->device.domid;
	disk->port = xenbus_port(&vbd->device);
	if (disk->port != 0)
		event_bind(disk->port, block_event, disk);
	return disk->port != 0;
}

static bool open_device(struct block *disk, unsigned long number)
{
	struct vbd *vbd = calloc(1, sizeof(*vbd));

	if (vbd == NULL)
		return false;
	vbd->disk = disk;
	vbd->number = number;
	vbd->device.hook = on_change;
	vbd->device.data = vbd;
	disk->vbd = vbd;
	vbd->next = vbds;
	vbds = vbd;
	return open_ends(vbd);
}

void block_xenstore_open(struct block *disk)
{
	unsigned long number;

	if (!find_number(disk->id, &number) || (disk->vbd == NULL && !open_device(disk, number)) ||
	    disk->port == 0)
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

/* A ring stays as it is, and whoever waits for an answer waits on. */
static void lose(void)
{
	for (struct vbd *vbd = vbds; vbd != NULL; vbd = vbd->next) {
		struct block *disk = vbd->disk;

		vbd->renewed = disk->ring_page != NULL && !disk->ring.closed;
		if (disk->port != 0)
			event_unbind(disk->port, block_event, disk);
	}
}

static void resume(void)
{
	for (struct vbd *vbd = vbds; vbd != NULL; vbd = vbd->next)
		if (!open_ends(vbd) && vbd->renewed) {
			vbd->renewed = false;
			block_release(vbd->disk);
		}
}

static bool ready(void)
{
	for (const struct vbd *vbd = vbds; vbd != NULL; vbd = vbd->next)
		if (vbd->renewed)
			return false;
	return true;
}

static const struct xenstore_driver block_driver = {.lose = lose, .resume = resume, .ready = ready};
XENSTORE_DRIVER(block_driver);

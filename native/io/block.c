/* SPDX-License-Identifier: MIT */
/* A disk as a device: its front-end's ring, the journal, and the requests under way between them. */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "block_disk.h"
#include "block_lookout.h"
#include "guest.h"
#include "report.h"
#include "server.h"

#define MAX_RINGS 4 /* pages: 128 requests under way on one disk */

static struct disk *disk_of(const struct device *device)
{
	return (struct disk *)(void *)((char *)(uintptr_t)device - offsetof(struct disk, device));
}


/* The ring that a front-end names: a power of two of pages, not more than was offered. */
static bool names_ring(const struct block_front_end *front_end)
{
	uint32_t count = front_end->ring_count;

	return count >= 1 && count <= MAX_RINGS && (count & (count - 1)) == 0;
}

static int block_connect(struct device *device, const union front_end *front_end, const char **why)
{
	const struct block_front_end *block = &front_end->block;
	struct disk *disk = disk_of(device);
	struct xen *xen = &device->guest->server->xen;
	int result = EPROTO;

	*why = "the ring has no number of pages that was offered";
	if (!names_ring(block))
		goto out;
	*why = "the ring cannot be mapped";
	result = xen_map(xen, device->guest->domid, block->ring_gref, block->ring_count, &disk->ring_pages);
	if (result != 0)
		goto out;
	disk->port = device->guest->port;
	if (block->port != 0) {
		*why = "the event channel cannot be bound";
		result = device_bind(device, block->port, &disk->port);
	}
	if (result == 0) {
		block_ring_open(&disk->ring, disk->ring_pages.address, block->ring_count);
		disk->persistent = (block->features & NOXS_BLOCK_PERSISTENT) != 0;
		*why = "the journal and the ring do not fit together";
		result = block_disk_resume(disk, block->ring_count, block->ring_gref);
		if (result != 0 && block->port != 0)
			device_unbind(device, disk->port);
	}
	if (result != 0)
		xen_unmap(xen, &disk->ring_pages);
	/* Of an own port only: the guest's one is the guest's. */
	disk->own_port = result == 0 && block->port != 0;

out:
	return result;
}

static void block_disconnect(struct device *device)
{
	struct disk *disk = disk_of(device);

	block_disk_stop(disk);
	if (!device->dropping)
		block_journal_end(&disk->journal);
	if (disk->own_port)
		device_unbind(device, disk->port);
	disk->own_port = false;
	xen_unmap(&device->guest->server->xen, &disk->ring_pages);
}

static bool block_busy(const struct device *device)
{
	return disk_of(device)->under_way > 0;
}

static void block_serve(struct device *device)
{
	block_disk_serve(disk_of(device));
}

static void block_fill(const struct device *device, void *page)
{
	const struct disk *disk = disk_of(device);
	struct noxs_block *block = page;

	block->sectors = disk->request.sectors;
	block->sector_size = disk->request.sector_size;
	block->info = disk->request.read_only != 0 ? VDISK_READONLY : 0;
	block->backend_features = NOXS_BLOCK_FLUSH | NOXS_BLOCK_PERSISTENT;
	block->max_indirect = BLOCK_SEGMENTS;
	block->max_rings = MAX_RINGS;
	block->number = device->number;
}

static void block_read(const volatile void *page, union front_end *front_end)
{
	const volatile struct noxs_block *block = page;

	front_end->block.features = block->frontend_features;
	front_end->block.ring_count = block->ring_count;
	for (size_t i = 0; i < NOXS_BLOCK_RINGS; i++)
		front_end->block.ring_gref[i] = block->ring_gref[i];
	front_end->block.port = block->event_channel;
}

static void block_count(const struct device *device, struct io_counted *counted)
{
	const struct disk *disk = disk_of(device);

	counted->sent_bytes = disk->counters.written_bytes;
	counted->sent_requests = disk->counters.writes;
	counted->received_bytes = disk->counters.read_bytes;
	counted->received_requests = disk->counters.reads;
	counted->flushes = disk->counters.flushes;
	counted->errors = disk->counters.errors;
}

static void block_release(struct device *device)
{
	block_disk_release(disk_of(device));
}

static const struct device_class block_class = {
    .type = NOXS_BLOCK,
    .connect = block_connect,
    .disconnect = block_disconnect,
    .busy = block_busy,
    .serve = block_serve,
    .fill = block_fill,
    .read = block_read,
    .count = block_count,
    .release = block_release,
};

/* Whether the two say the same, but for their serials. */
static bool is_same(const struct io_block *one, const struct io_block *other)
{
	struct io_block copy = *other;

	copy.header.serial = one->header.serial;
	return memcmp(one, &copy, sizeof(copy)) == 0;
}

static int make_disk(struct guest *guest, const struct io_block *request, int descriptors[2], const char **step)
{
	struct block_pool *pool = guest->server->blocks;
	struct disk *disk = calloc(1, sizeof(*disk));
	int result = ENOMEM;

	*step = "allocate";
	if (disk == NULL)
		goto out;
	disk->request = *request;
	disk->pool = pool;
	disk->xen = &guest->server->xen;
	disk->domid = guest->domid;
	disk->again.fire = block_disk_serve_again;
	disk->direct = (fcntl(descriptors[0], F_GETFL) & O_DIRECT) != 0;
	*step = "map the journal";
	result = block_journal_open(&disk->journal, descriptors[1]);
	if (result != 0)
		goto out;
	descriptors[1] = -1;
	*step = "register the disk";
	result = disk_io_open_file(pool->disk_io, descriptors[0], &disk->file);
	if (result != 0)
		goto out;
	descriptors[0] = -1;
	disk->device = (struct device){.class = &block_class, .id = request->id, .slot = request->slot};
	disk->device.number = request->number;
	result = device_add(guest, &disk->device, step);
	if (result != 0)
		disk_io_close_file(pool->disk_io, disk->file);

out:
	if (result != 0 && disk != NULL) {
		block_journal_close(&disk->journal);
		free(disk);
	}
	return result;
}

int block_attach(struct guest *guest, const struct io_block *request, int descriptors[2], const char **step)
{
	const struct device *device = device_find(guest, NOXS_BLOCK, request->id);
	struct stat status;
	int result;

	if (device != NULL) {
		*step = "compare with the disk that is there";
		return is_same(&disk_of(device)->request, request) ? 0 : EBUSY;
	}
	*step = "look at the disk";
	result = fstat(descriptors[0], &status) == 0 ? 0 : errno;
	if (result == 0 && !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		result = ENOTBLK;
	if (result == 0)
		result = make_disk(guest, request, descriptors, step);
	return result;
}

int block_open(struct server *server, bool use_ring)
{
	struct block_pool *pool = calloc(1, sizeof(*pool));
	int result = ENOMEM;

	if (pool == NULL)
		goto out;
	result = disk_io_open(&pool->disk_io, &server->loop, use_ring);
	if (result != 0) {
		free(pool);
		goto out;
	}
	server->blocks = pool;
	block_lookout_open(pool, &server->loop);
	if (use_ring && !disk_io_has_ring(pool->disk_io))
		report(REPORT_INFO, "This kernel has or allows no io_uring: disks are served by threads.");

out:
	return result;
}

void block_push(struct server *server)
{
	if (server->blocks == NULL)
		return;
	/* Guests go on while the next requests are begun. */
	block_disk_notify(server->blocks);
	disk_io_push(server->blocks->disk_io);
	block_disk_notify(server->blocks);
}

void block_close(struct server *server)
{
	if (server->blocks == NULL)
		return;
	block_lookout_close(server->blocks, &server->loop);
	block_pool_close(server->blocks);
	free(server->blocks);
	server->blocks = NULL;
}

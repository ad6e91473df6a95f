/* SPDX-License-Identifier: MIT */
/* Disks: what an application calls, and what the two kinds of connection share. */
#include <lightvm/memory.h>
#include "block.h"
#include "grants.h"

#define MAX_SECTORS (UINT64_MAX / BLOCK_SECTOR)

static struct block *disks[MAX_DISKS];

static void notify(void *context)
{
	event_notify(((struct block *)context)->port);
}

static void wait(void *context)
{
	struct block *disk = context;

	wait_on(&disk->waiting, FOREVER);
}

bool block_is_sound(uint64_t sectors, uint32_t sector_size)
{
	return sectors <= MAX_SECTORS && (sector_size == 512 || sector_size == 4096) &&
	       sectors % (sector_size / BLOCK_SECTOR) == 0;
}

/* Frees what the back-end has let go; what it has not is lost to us: it may still write there. */
static void drop_page(char *page, uint32_t gref)
{
	if (gref == 0 || grant_end(gref))
		pages_free(page, 1);
}

static void drop_pages(struct block *disk)
{
	for (unsigned int i = 0; i < BLOCK_PAGES; i++) {
		if (disk->ring.pages[i] != NULL)
			drop_page(disk->ring.pages[i], disk->ring.grefs[i]);
		disk->ring.pages[i] = NULL;
	}
	if (disk->ring_page != NULL)
		drop_page(disk->ring_page, disk->ring_gref);
	disk->ring_page = NULL;
}

bool block_prepare(struct block *disk)
{
	struct block_ring *ring = &disk->ring;

	*ring = (struct block_ring){.notify = notify, .wait = wait, .context = disk};
	disk->ring_page = pages_alloc(1);
	disk->ring_gref = 0;
	if (disk->ring_page == NULL)
		goto failed;
	memset(disk->ring_page, 0, PAGE_SIZE);
	disk->ring_gref = grant_page(disk->backend, disk->ring_page, false);
	if (disk->ring_gref == 0)
		goto failed;
	for (unsigned int i = 0; i < BLOCK_PAGES; i++) {
		ring->pages[i] = pages_alloc(1);
		if (ring->pages[i] == NULL)
			goto failed;
		ring->grefs[i] = grant_page(disk->backend, ring->pages[i], false);
		if (ring->grefs[i] == 0)
			goto failed;
	}
	block_ring_init(ring, disk->ring_page);
	return true;
failed:
	drop_pages(disk);
	return false;
}

void block_set_state(struct block *disk, enum block_state state)
{
	disk->state = state;
	wake_all(&disk->waiting);
}

void block_release(struct block *disk)
{
	block_ring_abort(&disk->ring);
	drop_pages(disk);
	block_set_state(disk, BLOCK_ABSENT);
}

void block_event(void *data)
{
	struct block *disk = data;

	if (disk->state == BLOCK_CONNECTED)
		block_ring_look(&disk->ring);
	wake_all(&disk->waiting);
}

struct block *block_find(unsigned int id)
{
	if (id >= MAX_DISKS)
		return NULL;
	if (disks[id] == NULL) {
		disks[id] = calloc(1, sizeof(*disks[id]));
		if (disks[id] == NULL)
			return NULL;
		disks[id]->id = id;
		disks[id]->ring.closed = true;
	}
	return disks[id];
}

struct block *block_open(unsigned int id)
{
	struct block *disk = block_find(id);
	uint64_t deadline = clock_monotonic() + NOXS_STEP_MS * 1000000UL;

	if (disk == NULL)
		return NULL;
	if (block_noxs_linked && !noxs_present() && disk->state == BLOCK_ABSENT)
		block_xenstore_open(disk);
	while (disk->state == BLOCK_CONNECTING && clock_monotonic() < deadline)
		wait_on(&disk->waiting, deadline);
	return disk->state == BLOCK_CONNECTED && !disk->ring.closed ? disk : NULL;
}

uint64_t block_size(const struct block *disk)
{
	return disk->ring.size;
}

uint32_t block_sector_size(const struct block *disk)
{
	return disk->ring.sector_size;
}

bool block_is_read_only(const struct block *disk)
{
	return disk->ring.read_only;
}

int block_read(struct block *disk, uint64_t offset, void *bytes, size_t size)
{
	return block_ring_read(&disk->ring, offset, bytes, size);
}

int block_write(struct block *disk, uint64_t offset, const void *bytes, size_t size)
{
	return block_ring_write(&disk->ring, offset, bytes, size);
}

int block_flush(struct block *disk)
{
	return block_ring_flush(&disk->ring);
}

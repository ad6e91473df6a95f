/* SPDX-License-Identifier: MIT */
#include "block_lookout.h"

#include "guest.h"
#include "server.h"

/* To look at rings while the kernel works for a disk would take the CPU from that. */
static void set_places(struct block_pool *pool)
{
	pool->lookout.places = pool->under_way == 0 ? pool->looked_count : 0;
}

void block_lookout_count(struct block_pool *pool, int change)
{
	pool->under_way += (uint32_t)change;
	set_places(pool);
}

static void serve_next(struct disk *disk)
{
	(void)loop_set_timer(&disk->device.guest->server->loop, &disk->again, 0);
}

void block_lookout_await(struct disk *disk)
{
	struct block_pool *pool = disk->pool;

	if (disk->looked_at || disk->waiting)
		return;
	if (pool->looked_count == BLOCK_LOOKED) {
		if (block_ring_sleep(&disk->ring))
			serve_next(disk);
		return;
	}
	block_ring_ignore(&disk->ring);
	disk->looked_at = true;
	pool->looked[pool->looked_count++] = disk;
	set_places(pool);
}

void block_lookout_forget(struct disk *disk)
{
	struct block_pool *pool = disk->pool;
	uint32_t i = 0;

	if (!disk->looked_at)
		return;
	while (pool->looked[i] != disk)
		i++;
	pool->looked[i] = pool->looked[--pool->looked_count];
	disk->looked_at = false;
	set_places(pool);
}

static struct block_pool *pool_of(struct lookout *lookout)
{
	return (void *)((char *)lookout - offsetof(struct block_pool, lookout));
}

static bool look(struct lookout *lookout)
{
	struct block_pool *pool = pool_of(lookout);
	bool found = false;

	for (uint32_t i = 0; i < pool->looked_count; i++) {
		if (block_ring_waiting(&pool->looked[i]->ring) == 0)
			continue;
		serve_next(pool->looked[i]);
		found = true;
	}
	return found;
}

static bool rest(struct lookout *lookout)
{
	struct block_pool *pool = pool_of(lookout);
	bool found = false;

	while (pool->looked_count > 0) {
		struct disk *disk = pool->looked[pool->looked_count - 1];

		block_lookout_forget(disk);
		if (!block_ring_sleep(&disk->ring))
			continue;
		serve_next(disk);
		found = true;
	}
	return found;
}

void block_lookout_open(struct block_pool *pool, struct loop *loop)
{
	pool->lookout = (struct lookout){.look = look, .rest = rest};
	loop_watch(loop, &pool->lookout);
}

void block_lookout_close(struct block_pool *pool, struct loop *loop)
{
	loop_unwatch(loop, &pool->lookout);
}

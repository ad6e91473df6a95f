/* SPDX-License-Identifier: MIT */
#include "block_disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "block_lookout.h"
#include "block_task.h"
#include "guest.h"
#include "server.h"

static void store_state(struct block_entry *entry, uint32_t state)
{
	__atomic_store_n(&entry->state, state, __ATOMIC_RELEASE);
}

static struct block_entry *free_entry(const struct disk *disk)
{
	struct block_entry *found = NULL;
	uint32_t start = disk->ring.consumed;

	for (uint32_t i = 0; found == NULL && i < disk->ring.entry_count; i++) {
		struct block_entry *entry = &disk->journal.entries[(start + i) & (disk->ring.entry_count - 1)];

		if (entry->state == BLOCK_FREE)
			found = entry;
	}
	return found;
}

void block_disk_answer(struct disk *disk, struct block_entry *entry, int16_t status)
{
	uint32_t before = disk->ring.answered;
	bool notify;

	entry->status = status;
	entry->response = before;
	store_state(entry, BLOCK_ANSWERED);
	block_ring_put(&disk->ring, entry);
	disk->ring.answered = before + 1;
	notify = block_ring_show(&disk->ring, before);
	store_state(entry, BLOCK_FREE);
	if (notify && !disk->notify_due) {
		disk->notify_due = true;
		disk->notify_next = disk->pool->notify_first;
		disk->pool->notify_first = disk;
	}
}

void block_disk_notify(struct block_pool *pool)
{
	while (pool->notify_first != NULL) {
		struct disk *disk = pool->notify_first;

		pool->notify_first = disk->notify_next;
		disk->notify_due = false;
		xen_notify(disk->xen, disk->port);
	}
}

static void consume(struct disk *disk)
{
	disk->ring.consumed++;
	__atomic_store_n(&disk->journal.journal->consumed, disk->ring.consumed, __ATOMIC_RELEASE);
}

static void enqueue(struct disk *disk)
{
	struct block_pool *pool = disk->pool;

	if (disk->waiting)
		return;
	block_lookout_forget(disk);
	disk->waiting = true;
	disk->waiting_next = NULL;
	if (pool->waiting_last != NULL)
		pool->waiting_last->waiting_next = disk;
	else
		pool->waiting_first = disk;
	pool->waiting_last = disk;
}

static void dequeue(struct disk *disk)
{
	struct disk **place = &disk->pool->waiting_first;
	struct disk *previous = NULL;

	if (!disk->waiting)
		return;
	disk->waiting = false;
	for (; *place != disk; place = &(*place)->waiting_next)
		previous = *place;
	*place = disk->waiting_next;
	if (disk->pool->waiting_last == disk)
		disk->pool->waiting_last = previous;
}

void block_disk_serve_waiting(struct block_pool *pool)
{
	struct disk *disk = pool->waiting_first;

	if (disk == NULL)
		return;
	dequeue(disk);
	device_look(&disk->device);
}

/* The segments of an indirect request lie in a page of their own, of which one copy is taken. */
static int copy_indirect(struct disk *disk, struct block_entry *entry, uint32_t indirect)
{
	const struct block_segment holder = {.gref = indirect};
	struct blkif_request_segment copied[BLOCK_SEGMENTS];
	uint16_t size = (uint16_t)(entry->segment_count * sizeof(copied[0]));
	struct xen_copy segment;
	void *page = NULL;
	int result;

	if (disk->persistent)
		block_grants_find(&disk->grants, disk->xen, disk->domid, &holder, 1, &disk->pool->mapped, BLOCK_MAPPED, &page);
	if (page != NULL) {
		memcpy(copied, page, size);
		__atomic_signal_fence(__ATOMIC_SEQ_CST); /* only the copy from here on */
	} else {
		xen_copy_from(&segment, disk->domid, indirect, 0, copied, size);
		result = xen_copy(disk->xen, &segment, 1);
		if (result != 0)
			return result;
	}
	for (uint32_t i = 0; i < entry->segment_count; i++) {
		entry->segments[i] = (struct block_segment){
		    .gref = copied[i].gref,
		    .first_sector = copied[i].first_sect,
		    .last_sector = copied[i].last_sect,
		};
	}
	return 0;
}

/* What a request is answered with at once, or BLKIF_RSP_OKAY: it is to be done. */
static int16_t judge(struct disk *disk, struct block_entry *entry)
{
	uint32_t indirect;
	enum block_parse parsed = block_ring_copy(&disk->ring, entry, &indirect);
	int16_t status = BLKIF_RSP_ERROR;
	int failed;

	if (parsed == BLOCK_UNKNOWN) {
		status = BLKIF_RSP_EOPNOTSUPP;
		goto out;
	}
	if (parsed == BLOCK_BAD)
		goto out;
	if (parsed == BLOCK_INDIRECT) {
		failed = copy_indirect(disk, entry, indirect);
		if (failed != 0)
			goto out;
	}
	if (entry->operation == BLKIF_OP_WRITE && disk->request.read_only != 0)
		goto out;
	if (entry->operation != BLKIF_OP_FLUSH_DISKCACHE &&
	    !block_entry_fits(entry, disk->request.sectors, disk->request.sector_size))
		goto out;
	status = BLKIF_RSP_OKAY;

out:
	if (status != BLKIF_RSP_OKAY) {
		/* Nothing of it is used, so that nothing of it can be too much. */
		entry->segment_count = 0;
		disk->counters.errors++;
	}
	return status;
}

void block_disk_begin_later(struct disk *disk, const struct block_entry *entry)
{
	disk->unbegun[disk->unbegun_count++] = (uint16_t)(entry - disk->journal.entries);
}

/* False: there is no memory for all that wait now. */
static bool begin_waiting(struct disk *disk)
{
	while (disk->unbegun_count > 0) {
		bool begun = block_task_begin(disk, &disk->journal.entries[disk->unbegun[disk->unbegun_count - 1]]);

		if (!begun)
			return false;
		disk->unbegun_count--;
	}
	return true;
}

/* Takes one request. False: it stays in the ring, there is no memory for it now. */
static bool take(struct disk *disk)
{
	struct block_entry *entry = free_entry(disk);
	int16_t status = judge(disk, entry);
	bool begun;

	entry->status = status;
	store_state(entry, BLOCK_TAKEN);
	consume(disk);
	if (status != BLKIF_RSP_OKAY) {
		block_disk_answer(disk, entry, status);
		return true;
	}
	begun = block_task_begin(disk, entry);
	if (!begun)
		block_disk_begin_later(disk, entry);
	return begun;
}

void block_disk_serve_again(struct timer *timer)
{
	struct disk *disk = (void *)((char *)timer - offsetof(struct disk, again));

	device_look(&disk->device);
}

void block_disk_serve(struct disk *disk)
{
	uint32_t budget = disk->ring.entry_count;
	uint32_t waiting;

	if (!begin_waiting(disk)) {
		enqueue(disk);
		return;
	}
	do {
		for (waiting = block_ring_waiting(&disk->ring); waiting > 0; waiting--) {
			uint32_t unanswered = disk->ring.consumed - disk->ring.answered;

			if (waiting > disk->ring.entry_count - unanswered) {
				device_fault(&disk->device, "%u requests in a ring of %u", waiting + unanswered,
				             disk->ring.entry_count);
				return;
			}
			if (budget-- == 0) {
				/* It answers to nobody how fast it asks for what is refused at once. */
				(void)loop_set_timer(&disk->device.guest->server->loop, &disk->again, 0);
				return;
			}
			if (!take(disk)) {
				enqueue(disk);
				return;
			}
		}
	} while (!disk->looked_at && block_ring_sleep(&disk->ring));
}

void block_disk_stop(struct disk *disk)
{
	dequeue(disk);
	block_lookout_forget(disk);
	loop_cancel(&disk->device.guest->server->loop, &disk->again);
	disk->unbegun_count = 0;
	disk->stopped = true;
	if (disk->notify_due)
		block_disk_notify(disk->pool);
	if (disk->under_way == 0)
		block_task_settle(disk);
}

void block_disk_release(struct disk *disk)
{
	disk->released = true;
	disk->device.draining = false;
	if (disk->under_way == 0)
		block_task_settle(disk);
}

/* SPDX-License-Identifier: MIT */
#include "block_disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "guest.h"
#include "server.h"

#define SECTOR 512U

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
	if (notify)
		xen_notify(disk->xen, disk->port);
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

static void free_task(struct block_task *task)
{
	struct block_pool *pool = task->disk->pool;

	for (uint32_t i = 0; i < task->entry->segment_count; i++) {
		if (task->page[i] != NULL)
			block_pool_free_page(pool, task->page[i]);
	}
	block_pool_free_task(pool, task);
}

/* Copies between the guest's pages and the pool's, in one call: 0 or an errno. */
static int copy(struct block_task *task, bool to_guest)
{
	struct xen_copy segments[BLOCK_SEGMENTS];
	const struct block_entry *entry = task->entry;
	uint32_t count = 0;

	for (uint32_t i = 0; i < entry->segment_count; i++) {
		const struct block_segment *segment = &entry->segments[i];
		uint16_t offset = (uint16_t)(segment->first_sector * SECTOR);
		uint16_t length = (uint16_t)((segment->last_sector - segment->first_sector + 1U) * SECTOR);

		if (task->page[i] == NULL)
			continue;
		if (to_guest)
			xen_copy_to(&segments[count++], task->disk->domid, segment->gref, offset,
			            (uint8_t *)task->page[i] + offset, length);
		else
			xen_copy_from(&segments[count++], task->disk->domid, segment->gref, offset,
			              (uint8_t *)task->page[i] + offset, length);
	}
	return count == 0 ? 0 : xen_copy(task->disk->xen, segments, count);
}

/* Who waited longest for a task or pages goes on. */
static void serve_waiting(struct block_pool *pool)
{
	struct disk *disk = pool->waiting_first;

	if (disk == NULL)
		return;
	dequeue(disk);
	device_look(&disk->device);
}

/* The last of what was under way is over. */
static void settle(struct disk *disk)
{
	struct block_pool *pool = disk->pool;

	if (disk->stopped) {
		disk->stopped = false;
		block_grants_unmap(&disk->grants, disk->xen, &pool->mapped);
	}
	if (disk->released) {
		disk_io_close_file(pool->disk_io, disk->file);
		block_journal_close(&disk->journal);
		free(disk);
	} else if (disk->device.draining) {
		device_look(&disk->device);
	}
}

static void count(struct disk *disk, const struct block_entry *entry, int error_number)
{
	if (error_number != 0) {
		disk->counters.errors++;
	} else if (entry->operation == BLKIF_OP_READ) {
		disk->counters.reads++;
		disk->counters.read_bytes += block_entry_size(entry);
	} else if (entry->operation == BLKIF_OP_WRITE) {
		disk->counters.writes++;
		disk->counters.written_bytes += block_entry_size(entry);
	} else {
		disk->counters.flushes++;
	}
}

static void finish(struct disk_io_request *request, int error_number)
{
	struct block_task *task = (struct block_task *)(void *)request;
	struct disk *disk = task->disk;
	struct block_pool *pool = disk->pool;
	struct block_entry *entry = task->entry;

	if (error_number == 0 && !disk->stopped && entry->operation == BLKIF_OP_READ)
		error_number = copy(task, true);
	if (!disk->stopped)
		count(disk, entry, error_number);
	free_task(task);
	if (!disk->stopped)
		block_disk_answer(disk, entry, error_number == 0 ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR);
	disk->under_way--;
	if (disk->under_way == 0)
		settle(disk);
	serve_waiting(pool);
}

/* Finds memory for each segment: the guest's page, where it may stay mapped, or one of the pool. */
static bool find_memory(struct block_task *task)
{
	struct disk *disk = task->disk;
	const struct block_entry *entry = task->entry;
	void *mapped[BLOCK_SEGMENTS] = {0};
	void *own[BLOCK_SEGMENTS];
	uint32_t needed = 0;
	bool found;

	if (disk->persistent)
		block_grants_find(&disk->grants, disk->xen, disk->domid, entry->segments, entry->segment_count,
		                  &disk->pool->mapped, BLOCK_MAPPED, mapped);
	for (uint32_t i = 0; i < entry->segment_count; i++)
		needed += mapped[i] == NULL;
	found = block_pool_pages(disk->pool, own, needed);
	for (uint32_t i = 0; found && i < entry->segment_count; i++) {
		const struct block_segment *segment = &entry->segments[i];
		uint8_t *page = mapped[i];

		task->page[i] = NULL;
		if (page == NULL)
			page = task->page[i] = own[--needed];
		task->vector[i].iov_base = page + segment->first_sector * SECTOR;
		task->vector[i].iov_len = (segment->last_sector - segment->first_sector + 1U) * SECTOR;
	}
	return found;
}

/* Begins an entry that is taken. False: there is no memory for it now, it is as before. */
static bool begin(struct disk *disk, struct block_entry *entry)
{
	static const uint32_t acts[] = {
	    [BLKIF_OP_READ] = DISK_IO_READ,
	    [BLKIF_OP_WRITE] = DISK_IO_WRITE,
	    [BLKIF_OP_FLUSH_DISKCACHE] = DISK_IO_FLUSH,
	};
	struct block_task *task = block_pool_task(disk->pool);
	bool begun = false;

	if (task == NULL)
		goto out;
	task->disk = disk;
	task->entry = entry;
	begun = find_memory(task);
	if (!begun) {
		block_pool_free_task(disk->pool, task);
		goto out;
	}
	task->io = (struct disk_io_request){
	    .done = finish,
	    .file = disk->file,
	    .act = acts[entry->operation],
	    .offset = entry->sector * SECTOR,
	    .vector = task->vector,
	    .vector_count = entry->segment_count,
	};
	disk->under_way++;
	if (entry->operation == BLKIF_OP_WRITE) {
		int failed = copy(task, false);

		if (failed != 0) {
			count(disk, entry, failed);
			free_task(task);
			disk->under_way--;
			block_disk_answer(disk, entry, BLKIF_RSP_ERROR);
			goto out;
		}
	}
	disk_io_ask(disk->pool->disk_io, &task->io);

out:
	return begun;
}

/* The segments of an indirect request lie in a page of their own, of which one copy is taken. */
static int copy_indirect(struct disk *disk, struct block_entry *entry, uint32_t indirect)
{
	struct blkif_request_segment copied[BLOCK_SEGMENTS];
	struct xen_copy segment;
	int result;

	xen_copy_from(&segment, disk->domid, indirect, 0, copied,
	              (uint16_t)(entry->segment_count * sizeof(copied[0])));
	result = xen_copy(disk->xen, &segment, 1);
	if (result != 0)
		return result;
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
		bool begun = begin(disk, &disk->journal.entries[disk->unbegun[disk->unbegun_count - 1]]);

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
	begun = begin(disk, entry);
	if (!begun)
		block_disk_begin_later(disk, entry);
	return begun;
}

static void serve_again(struct timer *timer)
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
				disk->again.fire = serve_again;
				(void)loop_set_timer(&disk->device.guest->server->loop, &disk->again, loop_now());
				return;
			}
			if (!take(disk)) {
				enqueue(disk);
				return;
			}
		}
	} while (block_ring_sleep(&disk->ring));
}

void block_disk_stop(struct disk *disk)
{
	dequeue(disk);
	loop_cancel(&disk->device.guest->server->loop, &disk->again);
	disk->unbegun_count = 0;
	disk->stopped = true;
	if (disk->under_way == 0)
		settle(disk);
}

void block_disk_release(struct disk *disk)
{
	disk->released = true;
	disk->device.draining = false;
	if (disk->under_way == 0)
		settle(disk);
}

/* SPDX-License-Identifier: MIT */
#include "block_task.h"

#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "block_lookout.h"

#define SECTOR 512U

void block_task_settle(struct disk *disk)
{
	struct block_pool *pool = disk->pool;
	bool serves = !disk->stopped && disk->device.connected;

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
	} else if (serves) {
		block_lookout_await(disk);
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

static void free_task(struct block_task *task)
{
	struct block_pool *pool = task->disk->pool;

	for (uint32_t i = 0; i < task->entry->segment_count; i++) {
		if (task->page[i] != NULL)
			block_pool_free_page(pool, task->page[i]);
	}
	block_pool_free_task(pool, task);
}

/*
 * Bytes that are a multiple of a sector. Emulated processors take a word as fast as a vector register, and
 * repeat no instruction as cheaply as they go through eight loads and stores; others wait for memory in
 * either case.
 */
static void copy_sectors(void *to, const void *from, size_t size)
{
#if defined(__x86_64__)
	__asm__ volatile(
	    "1:\n\t"
	    "mov (%1), %%rax\n\t mov 8(%1), %%rdx\n\t mov 16(%1), %%r8\n\t mov 24(%1), %%r9\n\t"
	    "mov %%rax, (%0)\n\t mov %%rdx, 8(%0)\n\t mov %%r8, 16(%0)\n\t mov %%r9, 24(%0)\n\t"
	    "mov 32(%1), %%rax\n\t mov 40(%1), %%rdx\n\t mov 48(%1), %%r8\n\t mov 56(%1), %%r9\n\t"
	    "mov %%rax, 32(%0)\n\t mov %%rdx, 40(%0)\n\t mov %%r8, 48(%0)\n\t mov %%r9, 56(%0)\n\t"
	    "add $64, %1\n\t add $64, %0\n\t sub $64, %2\n\t jnz 1b"
	    : "+r"(to), "+r"(from), "+r"(size)
	    :
	    : "rax", "rdx", "r8", "r9", "cc", "memory");
#else
	memcpy(to, from, size);
#endif
}

/*
 * Copies between the guest's pages and the pool's: those that are mapped at once, the others by grants in one call. 0 or
 * an errno.
 */
static int copy(struct block_task *task, bool to_guest)
{
	struct xen_copy segments[BLOCK_SEGMENTS];
	const struct block_entry *entry = task->entry;
	uint32_t count = 0;

	for (uint32_t i = 0; i < entry->segment_count; i++) {
		const struct block_segment *segment = &entry->segments[i];
		uint16_t offset = (uint16_t)(segment->first_sector * SECTOR);
		uint16_t length = (uint16_t)((segment->last_sector - segment->first_sector + 1U) * SECTOR);
		uint8_t *ours = task->page[i];
		uint8_t *guests = task->guest[i];

		if (ours == NULL)
			continue;
		if (guests != NULL)
			copy_sectors(to_guest ? guests + offset : ours + offset, to_guest ? ours + offset : guests + offset, length);
		else if (to_guest)
			xen_copy_to(&segments[count++], task->disk->domid, segment->gref, offset, ours + offset, length);
		else
			xen_copy_from(&segments[count++], task->disk->domid, segment->gref, offset, ours + offset, length);
	}
	return count == 0 ? 0 : xen_copy(task->disk->xen, segments, count);
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
	block_lookout_count(pool, -1);
	if (disk->under_way == 0)
		block_task_settle(disk);
	block_disk_serve_waiting(pool);
}

/* Adds a piece to the vector, or to its last part, where it goes on behind that. */
static void add_piece(struct block_task *task, void *base, size_t length)
{
	struct iovec *last = &task->vector[task->io.vector_count];

	if (task->io.vector_count > 0 && (uint8_t *)last[-1].iov_base + last[-1].iov_len == base) {
		last[-1].iov_len += length;
		return;
	}
	*last = (struct iovec){.iov_base = base, .iov_len = length};
	task->io.vector_count++;
}

/* Finds memory for each segment: the guest's page, where it may stay mapped and I/O may go to it, or one of the pool. */
static bool find_memory(struct block_task *task)
{
	struct disk *disk = task->disk;
	const struct block_entry *entry = task->entry;
	void *own[BLOCK_SEGMENTS];
	uint32_t needed = 0;
	uint32_t used = 0;
	bool found;

	memset(task->guest, 0, entry->segment_count * sizeof(task->guest[0]));
	if (disk->persistent)
		block_grants_find(&disk->grants, disk->xen, disk->domid, entry->segments, entry->segment_count,
		                  &disk->pool->mapped, BLOCK_MAPPED, task->guest);
	for (uint32_t i = 0; i < entry->segment_count; i++)
		needed += disk->direct || task->guest[i] == NULL;
	found = block_pool_pages(disk->pool, own, needed);
	for (uint32_t i = 0; found && i < entry->segment_count; i++) {
		const struct block_segment *segment = &entry->segments[i];
		uint8_t *page = task->guest[i];

		task->page[i] = NULL;
		if (disk->direct || page == NULL)
			page = task->page[i] = own[used++];
		add_piece(task, page + segment->first_sector * SECTOR,
		          (segment->last_sector - segment->first_sector + 1U) * SECTOR);
	}
	if (task->io.vector_count == 1)
		task->io.memory = block_pool_memory(disk->pool, task->vector[0].iov_base, task->vector[0].iov_len);
	return found;
}

bool block_task_begin(struct disk *disk, struct block_entry *entry)
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
	task->io = (struct disk_io_request){
	    .done = finish,
	    .file = disk->file,
	    .act = acts[entry->operation],
	    .offset = entry->sector * SECTOR,
	    .vector = task->vector,
	};
	begun = find_memory(task);
	if (!begun) {
		block_pool_free_task(disk->pool, task);
		goto out;
	}
	disk->under_way++;
	block_lookout_count(disk->pool, 1);
	if (entry->operation == BLKIF_OP_WRITE) {
		int failed = copy(task, false);

		if (failed != 0) {
			count(disk, entry, failed);
			free_task(task);
			disk->under_way--;
			block_lookout_count(disk->pool, -1);
			block_disk_answer(disk, entry, BLKIF_RSP_ERROR);
			goto out;
		}
	}
	disk_io_ask(disk->pool->disk_io, &task->io);

out:
	return begun;
}


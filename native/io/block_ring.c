/* SPDX-License-Identifier: MIT */
#include "block_ring.h"

#include <stddef.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#define SECTOR           512U
#define SECTORS_PER_PAGE (NOXS_PAGE_SIZE / SECTOR)

static volatile struct blkif_sring *shared(const struct block_ring *ring)
{
	return ring->shared;
}

static volatile union blkif_sring_entry *slot(const struct block_ring *ring, uint32_t index)
{
	return &shared(ring)->ring[index & (ring->entry_count - 1)];
}

uint32_t block_ring_entries(uint32_t page_count)
{
	size_t room = page_count * (size_t)NOXS_PAGE_SIZE - offsetof(struct blkif_sring, ring);
	size_t fit = room / sizeof(union blkif_sring_entry);
	uint32_t entries = 1;

	while (entries * 2 <= fit && entries < BLOCK_JOURNAL_ENTRIES)
		entries *= 2;
	return entries;
}

void block_ring_open(struct block_ring *ring, void *pages, uint32_t page_count)
{
	uint32_t answered;

	ring->shared = pages;
	ring->entry_count = block_ring_entries(page_count);
	answered = __atomic_load_n(&shared(ring)->rsp_prod, __ATOMIC_ACQUIRE);
	ring->answered = answered;
	ring->consumed = answered;
}

uint32_t block_ring_waiting(const struct block_ring *ring)
{
	return __atomic_load_n(&shared(ring)->req_prod, __ATOMIC_ACQUIRE) - ring->consumed;
}

/* A number that the producer has passed already. */
void block_ring_ignore(struct block_ring *ring)
{
	__atomic_store_n(&shared(ring)->req_event, ring->consumed, __ATOMIC_RELEASE);
}

bool block_ring_sleep(struct block_ring *ring)
{
	__atomic_store_n(&shared(ring)->req_event, ring->consumed + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return block_ring_waiting(ring) != 0;
}

static enum block_parse copy_segments(const struct blkif_request *request, struct block_entry *entry)
{
	entry->segment_count = request->nr_segments;
	if (request->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return BLOCK_BAD;
	for (uint32_t i = 0; i < entry->segment_count; i++) {
		entry->segments[i] = (struct block_segment){
		    .gref = request->seg[i].gref,
		    .first_sector = request->seg[i].first_sect,
		    .last_sector = request->seg[i].last_sect,
		};
	}
	return BLOCK_GOOD;
}

static enum block_parse copy_indirect(const struct blkif_request *copied, struct block_entry *entry, uint32_t *indirect)
{
	struct blkif_request_indirect request;

	_Static_assert(sizeof(request) <= sizeof(*copied), "it fits into the slot");
	memcpy(&request, copied, sizeof(request));
	entry->operation = request.indirect_op;
	/* Linux wants to read this in the answer, and disables a disk that says that it was indirect. */
	entry->answer_operation = request.indirect_op;
	entry->segment_count = request.nr_segments;
	entry->id = request.id;
	entry->sector = request.sector_number;
	if (request.indirect_op != BLKIF_OP_READ && request.indirect_op != BLKIF_OP_WRITE)
		return BLOCK_BAD;
	if (request.nr_segments == 0 || request.nr_segments > BLOCK_SEGMENTS)
		return BLOCK_BAD;
	*indirect = request.indirect_grefs[0];
	return BLOCK_INDIRECT;
}

enum block_parse block_ring_copy(const struct block_ring *ring, struct block_entry *entry, uint32_t *indirect)
{
	struct blkif_request request;
	enum block_parse result = BLOCK_UNKNOWN;

	memcpy(&request, (const void *)(uintptr_t)slot(ring, ring->consumed), sizeof(request));
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* only the copy from here on */
	entry->sequence = ring->consumed;
	entry->operation = request.operation;
	entry->answer_operation = request.operation;
	entry->id = request.id;
	entry->sector = request.sector_number;
	entry->segment_count = 0;
	switch (request.operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		result = request.nr_segments == 0 ? BLOCK_BAD : copy_segments(&request, entry);
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		result = request.nr_segments == 0 ? BLOCK_GOOD : BLOCK_UNKNOWN;
		break;
	case BLKIF_OP_INDIRECT:
		result = copy_indirect(&request, entry, indirect);
		break;
	default:
		/* Of those that this does not know, the id may lie elsewhere; of discard it does not. */
		break;
	}
	return result;
}

static uint32_t segment_sectors(const struct block_segment *segment)
{
	return segment->last_sector - segment->first_sector + 1U;
}

bool block_entry_fits(const struct block_entry *entry, uint64_t sectors, uint32_t sector_size)
{
	uint32_t step = sector_size / SECTOR;
	uint64_t total = 0;
	bool fits = true;

	for (uint32_t i = 0; fits && i < entry->segment_count; i++) {
		const struct block_segment *segment = &entry->segments[i];

		fits = segment->first_sector <= segment->last_sector && segment->last_sector < SECTORS_PER_PAGE;
		if (fits)
			fits = segment->first_sector % step == 0 && segment_sectors(segment) % step == 0;
		if (fits)
			total += segment_sectors(segment);
	}
	return fits && entry->sector % step == 0 && entry->sector <= sectors && total <= sectors - entry->sector;
}

uint64_t block_entry_size(const struct block_entry *entry)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < entry->segment_count; i++)
		size += segment_sectors(&entry->segments[i]) * SECTOR;
	return size;
}

void block_ring_put(const struct block_ring *ring, const struct block_entry *entry)
{
	volatile struct blkif_response *response = &slot(ring, entry->response)->rsp;

	response->id = entry->id;
	response->operation = entry->answer_operation;
	response->status = entry->status;
}

bool block_ring_show(struct block_ring *ring, uint32_t before)
{
	uint32_t event;

	__atomic_store_n(&shared(ring)->rsp_prod, ring->answered, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&shared(ring)->rsp_event, __ATOMIC_ACQUIRE);
	return ring->answered - event < ring->answered - before;
}

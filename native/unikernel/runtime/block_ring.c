/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include "block_ring.h"

#define SECTORS_PER_PAGE (BLOCK_PAGE_SIZE / BLOCK_SECTOR)

void block_ring_init(struct block_ring *ring, void *page)
{
	blkif_sring_t *shared = page;
	unsigned int i;

	SHARED_RING_INIT(shared);
	FRONT_RING_INIT(&ring->ring, shared, BLOCK_PAGE_SIZE);
	memset(ring->requests, 0, sizeof(ring->requests));
	for (i = 0; i < BLOCK_PAGES; i++)
		ring->free_pages[i] = (uint8_t)i;
	ring->free_count = BLOCK_PAGES;
	ring->closed = false;
}

void block_ring_set_disk(struct block_ring *ring, uint64_t sectors, uint32_t sector_size,
                         uint32_t max_indirect)
{
	ring->size = sectors * BLOCK_SECTOR;
	ring->sector_size = sector_size;
	ring->max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	if (max_indirect > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		ring->max_segments = max_indirect < BLOCK_INDIRECT ? max_indirect : BLOCK_INDIRECT;
}

/* Between a request's pages and the bytes of its call, as far as they are the same part of the disk. */
static void copy(struct block_ring *ring, const struct block_request *request, bool to_pages)
{
	const struct block_call *call = request->call;
	uint64_t call_end = call->offset + call->size;

	for (uint32_t i = 0; i < request->page_count; i++) {
		uint64_t page_start = request->offset + (uint64_t)i * BLOCK_PAGE_SIZE;
		uint64_t start = page_start, end = request->offset + request->size;
		char *page = ring->pages[request->pages[i]];

		if (end > page_start + BLOCK_PAGE_SIZE)
			end = page_start + BLOCK_PAGE_SIZE;
		if (start < call->offset)
			start = call->offset;
		if (end > call_end)
			end = call_end;
		if (start >= end)
			continue;
		if (to_pages)
			memcpy(page + (start - page_start), call->bytes + (start - call->offset),
			       end - start);
		else
			memcpy(call->bytes + (start - call->offset), page + (start - page_start),
			       end - start);
	}
}

static void fill_segments(const struct block_ring *ring, const struct block_request *request,
                          struct blkif_request_segment *segments)
{
	uint32_t sectors = request->size / BLOCK_SECTOR;

	for (uint32_t i = 0; i < request->page_count; i++) {
		uint32_t count = sectors < SECTORS_PER_PAGE ? sectors : SECTORS_PER_PAGE;

		segments[i] = (struct blkif_request_segment){
		    .gref = ring->grefs[request->pages[i]],
		    .first_sect = 0,
		    .last_sect = (uint8_t)(count - 1),
		};
		sectors -= count;
	}
}

/* Puts a request into the ring; it is seen when the producer index is pushed. */
static void put(struct block_ring *ring, unsigned int id)
{
	const struct block_request *request = &ring->requests[id];
	blkif_request_t *slot = RING_GET_REQUEST(&ring->ring, ring->ring.req_prod_pvt);

	memset(slot, 0, sizeof(*slot));
	if (request->indirect) {
		blkif_request_indirect_t *indirect = (blkif_request_indirect_t *)slot;
		uint8_t table = request->pages[request->page_count];

		indirect->operation = BLKIF_OP_INDIRECT;
		indirect->indirect_op = request->call->operation;
		indirect->nr_segments = (uint16_t)request->page_count;
		indirect->id = id;
		indirect->sector_number = request->offset / BLOCK_SECTOR;
		indirect->handle = ring->handle;
		indirect->indirect_grefs[0] = ring->grefs[table];
		fill_segments(ring, request, (struct blkif_request_segment *)ring->pages[table]);
	} else {
		slot->operation = request->call->operation;
		slot->nr_segments = (uint8_t)request->page_count;
		slot->handle = ring->handle;
		slot->id = id;
		slot->sector_number = request->offset / BLOCK_SECTOR;
		fill_segments(ring, request, slot->seg);
	}
	ring->ring.req_prod_pvt++;
}

static bool is_done(const struct block_call *call)
{
	return call->next >= call->end && !call->flush;
}

/* Makes the next request of a call; false: there is no room for it now. */
static bool submit(struct block_ring *ring, struct block_call *call)
{
	uint64_t left = call->end - call->next;
	struct block_request *request;
	uint32_t most = ring->max_segments, needed;
	unsigned int id;

	if (RING_FULL(&ring->ring))
		return false;
	for (id = 0; id < BLOCK_REQUESTS && ring->requests[id].call != NULL; id++)
		;
	if (id == BLOCK_REQUESTS)
		return false;
	request = &ring->requests[id];
	*request = (struct block_request){.offset = call->next};
	request->size = (uint32_t)(left < (uint64_t)most * BLOCK_PAGE_SIZE ? left : most * BLOCK_PAGE_SIZE);
	request->page_count = (request->size + BLOCK_PAGE_SIZE - 1) / BLOCK_PAGE_SIZE;
	request->indirect = request->page_count > BLKIF_MAX_SEGMENTS_PER_REQUEST;
	needed = request->page_count + (request->indirect ? 1 : 0);
	if (needed > ring->free_count)
		return false;
	for (uint32_t i = 0; i < needed; i++)
		request->pages[i] = ring->free_pages[--ring->free_count];
	request->call = call;
	if (call->operation == BLKIF_OP_WRITE)
		copy(ring, request, true);
	put(ring, id);
	call->next += request->size;
	call->flush = false;
	call->pending++;
	return true;
}

static void finish(struct block_ring *ring, struct block_request *request, bool failed)
{
	struct block_call *call = request->call;
	uint32_t count = request->page_count + (request->indirect ? 1 : 0);

	if (failed)
		call->failed = true;
	else if (call->operation == BLKIF_OP_READ)
		copy(ring, request, false);
	for (uint32_t i = 0; i < count; i++)
		ring->free_pages[ring->free_count++] = request->pages[i];
	request->call = NULL;
	call->pending--;
}

void block_ring_look(struct block_ring *ring)
{
	RING_IDX producer;
	int more;

	do {
		producer = __atomic_load_n(&ring->ring.sring->rsp_prod, __ATOMIC_ACQUIRE);
		/* More answers than questions: the back-end is broken, and no answer of it worth anything. */
		if (producer - ring->ring.rsp_cons > ring->ring.req_prod_pvt - ring->ring.rsp_cons) {
			ring->closed = true;
			return;
		}
		while (ring->ring.rsp_cons != producer) {
			blkif_response_t response;

			memcpy(&response, RING_GET_RESPONSE(&ring->ring, ring->ring.rsp_cons),
			       sizeof(response));
			ring->ring.rsp_cons++;
			if (response.id < BLOCK_REQUESTS && ring->requests[response.id].call != NULL)
				finish(ring, &ring->requests[response.id], response.status != BLKIF_RSP_OKAY);
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&ring->ring, more);
	} while (more);
}

void block_ring_abort(struct block_ring *ring)
{
	ring->closed = true;
	for (unsigned int id = 0; id < BLOCK_REQUESTS; id++)
		if (ring->requests[id].call != NULL)
			finish(ring, &ring->requests[id], true);
}

void block_ring_restart(struct block_ring *ring, void *page)
{
	blkif_sring_t *shared = page;
	int notify;

	SHARED_RING_INIT(shared);
	FRONT_RING_INIT(&ring->ring, shared, BLOCK_PAGE_SIZE);
	for (unsigned int id = 0; id < BLOCK_REQUESTS; id++) {
		struct block_request *request = &ring->requests[id];

		if (request->call == NULL)
			continue;
		/* Grown beyond what this back-end takes: there is no way to ask for it in one piece. */
		if (request->page_count > ring->max_segments)
			finish(ring, request, true);
		else
			put(ring, id);
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->ring, notify);
	(void)notify; /* it looks when it connects */
}

static int run(struct block_ring *ring, struct block_call *call)
{
	bool any;
	int notify;

	while (!is_done(call) || call->pending > 0) {
		any = false;
		/* After a failure or an end nothing more is asked, but what is under way uses the call's
		 * bytes. */
		if (call->failed || ring->closed) {
			call->failed = true;
			call->next = call->end;
			call->flush = false;
		}
		while (!is_done(call) && submit(ring, call))
			any = true;
		if (any) {
			RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->ring, notify);
			if (notify)
				ring->notify(ring->context);
		}
		if (!is_done(call) || call->pending > 0)
			ring->wait(ring->context);
	}
	return call->failed ? -1 : 0;
}

static bool is_within(const struct block_ring *ring, uint64_t offset, size_t size)
{
	return !ring->closed && offset <= ring->size && size <= ring->size - offset;
}

int block_ring_read(struct block_ring *ring, uint64_t offset, void *bytes, size_t size)
{
	uint64_t mask = (uint64_t)ring->sector_size - 1;
	struct block_call call = {
	    .operation = BLKIF_OP_READ,
	    .offset = offset,
	    .size = size,
	    .bytes = bytes,
	    .next = offset & ~mask,
	    .end = (offset + size + mask) & ~mask,
	};

	if (!is_within(ring, offset, size))
		return -1;
	if (size == 0)
		return 0;
	return run(ring, &call);
}

int block_ring_write(struct block_ring *ring, uint64_t offset, const void *bytes, size_t size)
{
	uint64_t mask = (uint64_t)ring->sector_size - 1;
	struct block_call call = {
	    .operation = BLKIF_OP_WRITE,
	    .offset = offset,
	    .size = size,
	    .bytes = (char *)bytes,
	    .next = offset,
	    .end = offset + size,
	};

	if (!is_within(ring, offset, size) || ring->read_only || ((offset | size) & mask) != 0)
		return -1;
	return run(ring, &call);
}

int block_ring_flush(struct block_ring *ring)
{
	struct block_call call = {.operation = BLKIF_OP_FLUSH_DISKCACHE, .flush = true};

	if (ring->closed)
		return -1;
	/* A back-end without it has no cache that could be lost. */
	if (!ring->can_flush || ring->read_only)
		return 0;
	return run(ring, &call);
}

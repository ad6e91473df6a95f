/* SPDX-License-Identifier: MIT */
/*
 * The requests of one disk, on a ring of xen/io/blkif.h. Data goes through pages that are granted once and
 * for all, so that nothing is granted or taken back while the disk works, and a back-end may keep them
 * mapped. Pure: whoever uses it gives pages, a way to notify, and one to wait.
 */
#ifndef RUNTIME_BLOCK_RING_H
#define RUNTIME_BLOCK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif
#include <xen/xen.h>
#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#include <xen/io/blkif.h>

#define BLOCK_SECTOR    512 /* bytes: the unit of requests, whatever a sector of the disk is */
#define BLOCK_PAGE_SIZE 4096
#define BLOCK_PAGES     34 /* enough for two indirect requests, or three direct ones */
#define BLOCK_INDIRECT  16 /* segments of an indirect request, at most */
#define BLOCK_REQUESTS  32

/* One read, write or flush of the application: as many requests as it takes. */
struct block_call {
	uint8_t operation; /* BLKIF_OP_* */
	uint64_t offset;   /* bytes that are wanted */
	size_t size;
	char *bytes;
	uint64_t next, end; /* what is yet to be asked for: whole sectors */
	bool flush;         /* the one request of a flush is yet to be made */
	unsigned int pending;
	bool failed;
};

struct block_request {
	struct block_call *call; /* NULL: free */
	uint64_t offset;         /* bytes */
	uint32_t size;
	uint32_t page_count; /* of data; an indirect request has one page more, with its segments */
	uint8_t pages[BLOCK_INDIRECT + 1];
	bool indirect;
};

struct block_ring {
	blkif_front_ring_t ring;
	char *pages[BLOCK_PAGES];
	grant_ref_t grefs[BLOCK_PAGES];
	uint8_t free_pages[BLOCK_PAGES];
	unsigned int free_count;
	struct block_request requests[BLOCK_REQUESTS];
	uint64_t size;         /* of the disk, bytes */
	uint32_t sector_size;  /* bytes */
	uint32_t max_segments; /* of one request; beyond BLKIF_MAX_SEGMENTS_PER_REQUEST it is indirect */
	uint16_t handle;       /* the virtual device's number, which requests name */
	bool read_only, can_flush;
	bool closed; /* no more requests: whatever is asked fails */
	void (*notify)(void *context);
	void (*wait)(void *context); /* until something may have happened */
	void *context;
};

/* `page` becomes the ring. pages, grefs, notify, wait and context are the caller's and set before. */
void block_ring_init(struct block_ring *ring, void *page);
/* What the back-end says of the disk; max_indirect as it offers it. */
void block_ring_set_disk(struct block_ring *ring, uint64_t sectors, uint32_t sector_size,
                         uint32_t max_indirect);
/* Takes the answers that are there: on every event. */
void block_ring_look(struct block_ring *ring);
/* The back-end is gone for good, and has no page mapped: what is under way fails. */
void block_ring_abort(struct block_ring *ring);
/* The back-end is another, and has the ring from its beginning: it is asked again whatever was not answered. */
void block_ring_restart(struct block_ring *ring, void *page);
/* As the functions of block.h. */
int block_ring_read(struct block_ring *ring, uint64_t offset, void *bytes, size_t size);
int block_ring_write(struct block_ring *ring, uint64_t offset, const void *bytes, size_t size);
int block_ring_flush(struct block_ring *ring);

#endif

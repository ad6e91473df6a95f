/* SPDX-License-Identifier: MIT */
/*
 * What all disks share: tasks, one for each request under way, and pages for data on its way between guest and disk.
 * Both are bounded over all guests; who finds none waits in a queue until somebody gives some back.
 */
#ifndef LIGHTVM_IO_BLOCK_POOL_H
#define LIGHTVM_IO_BLOCK_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "block_journal.h"
#include "disk_io.h"
#include "loop.h"

#define BLOCK_TASKS 1024
#define BLOCK_PAGES  4096 /* 16 MiB */
#define BLOCK_CHUNK  64   /* pages of which some in a row are looked for: as many as a request has at most */
#define BLOCK_CHUNKS (BLOCK_PAGES / BLOCK_CHUNK)
#define BLOCK_AREA   256  /* pages that the kernel knows as one: requests that follow each other are one act for it */
#define BLOCK_AREAS  (BLOCK_PAGES / BLOCK_AREA)
/* Grants that stay mapped, over all guests: each may be a mapping of its own, of which a process has 65,530. */
#define BLOCK_MAPPED 16384
#define BLOCK_LOOKED 8 /* disks that are looked at without an event */

_Static_assert(BLOCK_CHUNK == 64 && BLOCK_CHUNKS == 64, "a bit of a uint64_t for each");

struct disk;

struct block_task {
	struct disk_io_request io; /* first */
	struct disk *disk;
	struct block_entry *entry;
	struct iovec vector[BLOCK_SEGMENTS];
	void *page[BLOCK_SEGMENTS];  /* of the pool, or NULL: I/O goes to the guest's mapped page */
	void *guest[BLOCK_SEGMENTS]; /* the guest's mapped page, or NULL: data is copied by grants */
	struct block_task *next;
};

struct block_pool {
	struct disk_io *disk_io;
	struct block_task *tasks; /* free ones */
	uint32_t task_count;      /* all that were made */
	uint8_t *memory;          /* BLOCK_PAGES; NULL before the first is needed */
	uint32_t page_count;      /* free ones */
	uint64_t free_pages[BLOCK_CHUNKS]; /* a bit for each */
	bool area_used[BLOCK_AREAS];       /* ever */
	uint32_t area_memory[BLOCK_AREAS]; /* disk_io's, of those */
	uint32_t mapped;          /* of BLOCK_MAPPED */
	uint32_t under_way;       /* tasks */
	struct lookout lookout;   /* block_lookout.c's */
	struct disk *looked[BLOCK_LOOKED];
	uint32_t looked_count;
	struct disk *notify_first; /* their guests are to be notified */
	struct disk *waiting_first;
	struct disk *waiting_last;
};

/* NULL: there is none now. */
struct block_task *block_pool_task(struct block_pool *pool);
void block_pool_free_task(struct block_pool *pool, struct block_task *task);
/* Takes `count` pages, in as few rows as there are, or none: false. */
bool block_pool_pages(struct block_pool *pool, void **pages, uint32_t count);
/* What disk_io knows a part of these pages as, or 0. */
uint32_t block_pool_memory(const struct block_pool *pool, const void *base, size_t size);
void block_pool_free_page(struct block_pool *pool, void *page);
void block_pool_close(struct block_pool *pool);

#endif

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

#define BLOCK_TASKS 1024
#define BLOCK_PAGES 4096 /* 16 MiB */
/* Grants that stay mapped, over all guests: each may be a mapping of its own, of which a process has 65,530. */
#define BLOCK_MAPPED 16384

struct disk;

struct block_task {
	struct disk_io_request io; /* first */
	struct disk *disk;
	struct block_entry *entry;
	struct iovec vector[BLOCK_SEGMENTS];
	void *page[BLOCK_SEGMENTS]; /* of the pool, or NULL: the guest's page is mapped */
	struct block_task *next;
};

struct block_pool {
	struct disk_io *disk_io;
	struct block_task *tasks; /* free ones */
	uint32_t task_count;      /* all that were made */
	void *pages;              /* free ones, linked through their first word */
	uint32_t page_count;
	uint32_t pages_made;
	uint32_t mapped;          /* of BLOCK_MAPPED */
	struct disk *waiting_first;
	struct disk *waiting_last;
};

/* NULL: there is none now. */
struct block_task *block_pool_task(struct block_pool *pool);
void block_pool_free_task(struct block_pool *pool, struct block_task *task);
/* Takes `count` pages, or none: false. */
bool block_pool_pages(struct block_pool *pool, void **pages, uint32_t count);
void block_pool_free_page(struct block_pool *pool, void *page);
void block_pool_close(struct block_pool *pool);

#endif

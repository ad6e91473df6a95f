/* SPDX-License-Identifier: MIT */
#include "block_pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK 64 /* pages that are made at once */

struct block_task *block_pool_task(struct block_pool *pool)
{
	struct block_task *task = pool->tasks;

	if (task != NULL) {
		pool->tasks = task->next;
		goto out;
	}
	if (pool->task_count == BLOCK_TASKS)
		goto out;
	task = malloc(sizeof(*task));
	if (task != NULL)
		pool->task_count++;

out:
	return task;
}

void block_pool_free_task(struct block_pool *pool, struct block_task *task)
{
	task->next = pool->tasks;
	pool->tasks = task;
}

void block_pool_free_page(struct block_pool *pool, void *page)
{
	memcpy(page, &pool->pages, sizeof(pool->pages));
	pool->pages = page;
	pool->page_count++;
}

static bool make_pages(struct block_pool *pool)
{
	uint8_t *chunk;

	if (pool->pages_made + CHUNK > BLOCK_PAGES)
		return false;
	chunk = mmap(NULL, (size_t)CHUNK * NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return false;
	for (size_t i = 0; i < CHUNK; i++)
		block_pool_free_page(pool, chunk + i * NOXS_PAGE_SIZE);
	pool->pages_made += CHUNK;
	return true;
}

bool block_pool_pages(struct block_pool *pool, void **pages, uint32_t count)
{
	bool enough = true;

	while (enough && pool->page_count < count)
		enough = make_pages(pool);
	for (uint32_t i = 0; enough && i < count; i++) {
		pages[i] = pool->pages;
		memcpy(&pool->pages, pages[i], sizeof(pool->pages));
		pool->page_count--;
	}
	return enough;
}

void block_pool_close(struct block_pool *pool)
{
	disk_io_close(pool->disk_io);
	while (pool->tasks != NULL) {
		struct block_task *task = pool->tasks;

		pool->tasks = task->next;
		free(task);
	}
	/* Pages end with the process: this is its last act. */
}

/* SPDX-License-Identifier: MIT */
#include "block_pool.h"

#include <stdlib.h>
#include <sys/mman.h>

_Static_assert(BLOCK_PAGES % BLOCK_AREA == 0 && BLOCK_AREA % BLOCK_CHUNK == 0, "whole areas of whole chunks");

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

/* Room in the address space only: an area becomes memory when it is first used. */
static bool make_memory(struct block_pool *pool)
{
	void *memory;

	if (pool->memory != NULL)
		return true;
	memory = mmap(NULL, (size_t)BLOCK_PAGES * NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	pool->memory = memory;
	pool->page_count = BLOCK_PAGES;
	for (size_t i = 0; i < BLOCK_CHUNKS; i++)
		pool->free_pages[i] = UINT64_MAX;
	return true;
}

static void use_area(struct block_pool *pool, size_t area)
{
	size_t size = (size_t)BLOCK_AREA * NOXS_PAGE_SIZE;

	if (pool->area_used[area])
		return;
	pool->area_used[area] = true;
	pool->area_memory[area] = disk_io_add_memory(pool->disk_io, pool->memory + area * size, size);
}

/* The first page of so many (1 to 64) free ones in a row, or -1. */
static int find_row(uint64_t free_pages, uint32_t count)
{
	/* Each bit that is left says that it and the `covered` - 1 above it were set. */
	for (uint32_t covered = 1; covered < count && free_pages != 0;) {
		uint32_t step = count - covered < covered ? count - covered : covered;

		free_pages &= free_pages >> step;
		covered += step;
	}
	return free_pages == 0 ? -1 : __builtin_ctzll(free_pages);
}

/* Takes `count` pages in a row. False: there are none. */
static bool take_row(struct block_pool *pool, void **pages, uint32_t count)
{
	for (size_t chunk = 0; chunk < BLOCK_CHUNKS; chunk++) {
		int first = find_row(pool->free_pages[chunk], count);

		if (first < 0)
			continue;
		use_area(pool, chunk * BLOCK_CHUNK / BLOCK_AREA);
		pool->free_pages[chunk] &= ~(UINT64_MAX >> (BLOCK_CHUNK - count) << first);
		for (uint32_t i = 0; i < count; i++)
			pages[i] = pool->memory + (chunk * BLOCK_CHUNK + (uint32_t)first + i) * NOXS_PAGE_SIZE;
		pool->page_count -= count;
		return true;
	}
	return false;
}

bool block_pool_pages(struct block_pool *pool, void **pages, uint32_t count)
{
	uint32_t row = count < BLOCK_CHUNK ? count : BLOCK_CHUNK;

	if (count == 0)
		return true;
	if (!make_memory(pool) || pool->page_count < count)
		return false;
	while (count > 0) {
		if (row > count)
			row = count;
		if (!take_row(pool, pages, row)) {
			row = (row + 1) / 2; /* one page there is */
			continue;
		}
		pages += row;
		count -= row;
	}
	return true;
}

uint32_t block_pool_memory(const struct block_pool *pool, const void *base, size_t size)
{
	uintptr_t first = (uintptr_t)base - (uintptr_t)pool->memory; /* wraps round for what lies before */
	size_t area_size = (size_t)BLOCK_AREA * NOXS_PAGE_SIZE;
	size_t area = first / area_size;

	if (pool->memory == NULL || area >= BLOCK_AREAS || first % area_size + size > area_size)
		return 0;
	return pool->area_memory[area];
}

void block_pool_free_page(struct block_pool *pool, void *page)
{
	size_t number = (size_t)((uint8_t *)page - pool->memory) / NOXS_PAGE_SIZE;

	pool->free_pages[number / BLOCK_CHUNK] |= UINT64_C(1) << number % BLOCK_CHUNK;
	pool->page_count++;
}

void block_pool_close(struct block_pool *pool)
{
	disk_io_close(pool->disk_io);
	while (pool->tasks != NULL) {
		struct block_task *task = pool->tasks;

		pool->tasks = task->next;
		free(task);
	}
	if (pool->memory != NULL)
		munmap(pool->memory, (size_t)BLOCK_PAGES * NOXS_PAGE_SIZE);
}

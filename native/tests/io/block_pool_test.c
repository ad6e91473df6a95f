/* SPDX-License-Identifier: MIT */
/* The pages that disks share: in rows where there are some, all of them given out and none twice. */
#include <string.h>

#include "block_pool.h"
#include "check.h"
#include "loop.h"

#define PAGE(index) (pool.memory + (size_t)(index) * NOXS_PAGE_SIZE)

static struct loop loop;
static struct block_pool pool;

static uint32_t rows(void *const *pages, uint32_t count)
{
	uint32_t found = 1;

	for (uint32_t i = 1; i < count; i++)
		found += (uint8_t *)pages[i] != (uint8_t *)pages[i - 1] + NOXS_PAGE_SIZE;
	return found;
}

static void free_all(void **pages, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		block_pool_free_page(&pool, pages[i]);
}

static void gives_rows(void)
{
	void *first[BLOCK_CHUNK], *second[BLOCK_CHUNK], *third[BLOCK_CHUNK];

	CHECK(block_pool_pages(&pool, first, 0));
	CHECK(block_pool_pages(&pool, first, 33));
	CHECK_EQUAL(rows(first, 33), 1);
	CHECK(block_pool_pages(&pool, second, BLOCK_CHUNK));
	CHECK_EQUAL(rows(second, BLOCK_CHUNK), 1);
	/* what the first one left of its chunk */
	CHECK(block_pool_pages(&pool, third, 31));
	CHECK(third[0] == (uint8_t *)first[32] + NOXS_PAGE_SIZE);
	CHECK_EQUAL(pool.page_count, BLOCK_PAGES - 33 - BLOCK_CHUNK - 31);
	free_all(first, 33);
	free_all(second, BLOCK_CHUNK);
	free_all(third, 31);
	CHECK_EQUAL(pool.page_count, BLOCK_PAGES);
}

static void gives_all(void)
{
	static void *pages[BLOCK_PAGES];
	static uint8_t seen[BLOCK_PAGES];
	void *more[3];

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < BLOCK_PAGES; i++) {
		size_t number;

		CHECK(block_pool_pages(&pool, &pages[i], 1));
		number = (size_t)((uint8_t *)pages[i] - pool.memory) / NOXS_PAGE_SIZE;
		CHECK(number < BLOCK_PAGES);
		CHECK_EQUAL(seen[number]++, 0);
		*(uint8_t *)pages[i] = 1;
	}
	CHECK(!block_pool_pages(&pool, more, 1));
	/* pieces that do not follow each other do as well, but not fewer than are wanted */
	block_pool_free_page(&pool, PAGE(5));
	block_pool_free_page(&pool, PAGE(700));
	CHECK(!block_pool_pages(&pool, more, 3));
	CHECK_EQUAL(pool.page_count, 2);
	block_pool_free_page(&pool, PAGE(701));
	CHECK(block_pool_pages(&pool, more, 3));
	CHECK_EQUAL(pool.page_count, 0);
	free_all(pages, BLOCK_PAGES);
}

/* A request may use what the kernel knows only if all of it lies in one piece of that. */
static void knows_memory(bool has_ring)
{
	size_t chunk = (size_t)BLOCK_CHUNK * NOXS_PAGE_SIZE;
	uint32_t first = block_pool_memory(&pool, PAGE(0), chunk);
	uint8_t elsewhere = 0;

	CHECK(has_ring || first == 0);
	if (first != 0)
		CHECK_EQUAL(block_pool_memory(&pool, PAGE(BLOCK_CHUNK - 1) + 512, 512), first);
	CHECK_EQUAL(block_pool_memory(&pool, PAGE(BLOCK_CHUNK - 1), 2 * NOXS_PAGE_SIZE), first);
	CHECK_EQUAL(block_pool_memory(&pool, PAGE(BLOCK_AREA - 1), 2 * NOXS_PAGE_SIZE), 0);
	CHECK_EQUAL(block_pool_memory(&pool, PAGE(BLOCK_PAGES), NOXS_PAGE_SIZE), 0);
	CHECK_EQUAL(block_pool_memory(&pool, pool.memory - NOXS_PAGE_SIZE, NOXS_PAGE_SIZE), 0);
	CHECK_EQUAL(block_pool_memory(&pool, &elsewhere, 1), 0);
}

static void try_with(bool use_ring)
{
	memset(&pool, 0, sizeof(pool));
	CHECK_EQUAL(loop_open(&loop), 0);
	CHECK_EQUAL(disk_io_open(&pool.disk_io, &loop, use_ring), 0);
	CHECK_EQUAL(block_pool_memory(&pool, &pool, 1), 0);
	gives_rows();
	gives_all();
	knows_memory(disk_io_has_ring(pool.disk_io));
	block_pool_close(&pool);
	loop_close(&loop);
}

int main(void)
{
	try_with(true);
	try_with(false);
	return 0;
}

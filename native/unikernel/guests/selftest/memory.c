/* SPDX-License-Identifier: MIT */
#include "selftest.h"
#include "../../runtime/grants.h"

#define SLOTS 200

/* Takes and gives back at random; each block is filled, and has kept its bytes when it is freed. */
void test_heap(void)
{
	static unsigned char *blocks[SLOTS];
	static size_t sizes[SLOTS];
	size_t before = memory_free();
	uint32_t state = 12345;

	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int slot;

		state = state * 1103515245 + 12345;
		slot = (state >> 8) % SLOTS;
		if (blocks[slot] != NULL) {
			for (size_t i = 0; i < sizes[slot]; i += 61)
				expect(blocks[slot][i] == (unsigned char)slot, "a block keeps its bytes");
			if (step % 3 == 0) {
				sizes[slot] = sizes[slot] * 2 + 1;
				blocks[slot] = realloc(blocks[slot], sizes[slot]);
				expect(blocks[slot] != NULL, "realloc gives memory");
				memset(blocks[slot], (int)slot, sizes[slot]);
				if (sizes[slot] < 20000)
					continue;
			}
			free(blocks[slot]);
			blocks[slot] = NULL;
			continue;
		}
		sizes[slot] = (state >> 16) % (slot % 10 == 0 ? 9000 : 300);
		blocks[slot] = malloc(sizes[slot]);
		expect(blocks[slot] != NULL, "malloc gives memory");
		expect(((uintptr_t)blocks[slot] & 15) == 0, "memory is aligned");
		memset(blocks[slot], (int)slot, sizes[slot]);
	}
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		free(blocks[slot]);
	expect(memory_free() == before, "all memory came back");
	expect(malloc(SIZE_MAX) == NULL && malloc(1UL << 40) == NULL, "too much is refused");
	expect(calloc(SIZE_MAX / 2, 4) == NULL, "an overflow is refused");
}

/* Everything up to the last page can be used, what the builder did not map too. */
void test_all_memory(void)
{
	size_t before = memory_free(), count = 0, after;
	uint64_t *last = NULL, *page;

	while ((page = pages_alloc(1)) != NULL) {
		page[0] = (uint64_t)last;
		page[511] = ++count;
		last = page;
	}
	expect(memory_free() == 0, "nothing is left");
	expect(malloc(1) == NULL, "nor for malloc");
	for (size_t i = count; last != NULL; last = page, i--) {
		expect(last[511] == i, "a page keeps its words");
		page = (uint64_t *)last[0];
		pages_free(last, 1);
	}
	after = memory_free();
	/* Page tables are not given back. */
	expect(after == count * 4096 && after <= before && before - after <= before / 500 + 8192,
	       "all pages came back");
	page = pages_alloc(after / 4096 / 2);
	expect(page != NULL, "and are in large pieces");
	pages_free(page, after / 4096 / 2);
}

void test_grants(void)
{
	static uint16_t references[2048];
	void *page = pages_alloc(1);
	unsigned int count = 0;
	uint32_t reference;

	while ((reference = grant_page(0, page, true)) != 0) {
		expect(reference >= NOXS_GREF_CONTROL + NOXS_MAX_CONTROL && reference < 2048,
		       "a reference is ours");
		references[count++] = (uint16_t)reference;
	}
	expect(count == 2048 - NOXS_GREF_CONTROL - NOXS_MAX_CONTROL, "four frames of grants");
	for (unsigned int i = 0; i < count; i++)
		expect(grant_end(references[i]), "an unused grant ends");
	reference = grant_page(0, page, false);
	expect(reference != 0 && grant_end(reference), "references come back");
	pages_free(page, 1);
}

/* SPDX-License-Identifier: MIT */
#include "network_park.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	PAGES = 2048, /* of all adapters: 8 MB, taken from the system as they are used */
	FRAMES = 1024,
	PAGES_PER_ADAPTER = 128,
	FRAMES_PER_ADAPTER = 128,
};

struct parked {
	struct parked *next;
	uint32_t size;
	struct offload offload;
	uint16_t pages[PARK_PARTS];
};

struct park {
	uint8_t *memory;
	uint32_t free_count;
	uint16_t free_pages[PAGES]; /* the last one is used next: what is warm stays in use */
	struct parked *free_frames;
	struct parked frames[FRAMES];
};

struct park *park_make(void)
{
	struct park *park = calloc(1, sizeof(*park));
	void *memory = mmap(NULL, (size_t)PAGES * NET_PAGE_SIZE, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (park == NULL || memory == MAP_FAILED) {
		free(park);
		if (memory != MAP_FAILED)
			munmap(memory, (size_t)PAGES * NET_PAGE_SIZE);
		return NULL;
	}
	park->memory = memory;
	park->free_count = PAGES;
	for (uint32_t i = 0; i < PAGES; i++)
		park->free_pages[i] = (uint16_t)(PAGES - 1 - i);
	for (uint32_t i = 0; i < FRAMES; i++) {
		park->frames[i].next = park->free_frames;
		park->free_frames = &park->frames[i];
	}
	return park;
}

void park_free(struct park *park)
{
	if (park == NULL)
		return;
	munmap(park->memory, (size_t)PAGES * NET_PAGE_SIZE);
	free(park);
}

static uint8_t *page_of(const struct park *park, const struct parked *parked, uint32_t at)
{
	return park->memory + (size_t)parked->pages[at / NET_PAGE_SIZE] * NET_PAGE_SIZE + at % NET_PAGE_SIZE;
}

/* Page by page. */
static void copy_in(struct park *park, const struct parked *parked, const struct frame *frame)
{
	uint32_t at = 0;

	for (const struct frame *part = frame; part != NULL; part = part->more) {
		for (uint32_t from = part->skip; from < part->at_hand;) {
			uint32_t room = NET_PAGE_SIZE - at % NET_PAGE_SIZE;
			uint32_t size = part->at_hand - from < room ? part->at_hand - from : room;

			memcpy(page_of(park, parked, at), part->info.bytes + from, size);
			at += size;
			from += size;
		}
	}
}

bool park_put(struct park *park, struct adapter *adapter, const struct frame *frame)
{
	uint32_t size = (uint32_t)frame->info.size;
	uint32_t pages = (size + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE;
	struct parked *parked = park->free_frames;

	if (parked == NULL || pages > park->free_count || pages > PARK_PARTS ||
	    adapter->parked_pages + pages > PAGES_PER_ADAPTER || adapter->parked_frames == FRAMES_PER_ADAPTER)
		return false;
	park->free_frames = parked->next;
	parked->next = NULL;
	parked->size = size;
	parked->offload = frame->offload;
	for (uint32_t i = 0; i < pages; i++)
		parked->pages[i] = park->free_pages[--park->free_count];
	copy_in(park, parked, frame);
	if (adapter->parked == NULL)
		adapter->parked = parked;
	else
		adapter->parked_last->next = parked;
	adapter->parked_last = parked;
	adapter->parked_pages += pages;
	adapter->parked_frames++;
	return true;
}

struct parked *park_next(const struct parked *parked)
{
	return parked->next;
}

void park_get(const struct park *park, const struct parked *parked, struct frame frames[PARK_PARTS])
{
	uint32_t at = 0;

	for (uint32_t i = 0; at < parked->size; i++) {
		uint32_t left = parked->size - at;

		frames[i] = (struct frame){.at_hand = left < NET_PAGE_SIZE ? left : NET_PAGE_SIZE};
		frames[i].info.bytes = page_of(park, parked, at);
		if (i > 0)
			frames[i - 1].more = &frames[i];
		at += frames[i].at_hand;
	}
	frames[0].info.size = parked->size;
	frames[0].offload = parked->offload;
}

void park_drop(struct park *park, struct adapter *adapter)
{
	struct parked *parked = adapter->parked;
	uint32_t pages = (parked->size + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE;

	for (uint32_t i = 0; i < pages; i++)
		park->free_pages[park->free_count++] = parked->pages[i];
	adapter->parked = parked->next;
	adapter->parked_pages -= pages;
	adapter->parked_frames--;
	parked->next = park->free_frames;
	park->free_frames = parked;
}

/* SPDX-License-Identifier: MIT */
/*
 * A PV guest's list of its frames, which the guest itself publishes in its shared page, and may have written anything
 * into: what is not the guest's own Xen does not let us map.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "save_pv.h"

#define STEP    "read frame list"
#define ENTRIES 512U /* of a page */
#define MAXIMUM (ENTRIES * ENTRIES * ENTRIES)
#define NOWHERE (~0UL)

static void *map(struct lightvm_host *host, uint32_t domid, const uint64_t *mfns, size_t count,
                 struct lightvm_error *error)
{
	void *memory = xenforeignmemory_map(host->memory, domid, PROT_READ, count, (const xen_pfn_t *)mfns, NULL);

	if (memory == NULL) {
		errno = EINVAL;
		host_error(host, error, STEP, "The guest's list of its frames cannot be mapped");
	}
	return memory;
}

static void unmap(struct lightvm_host *host, void *memory, size_t count)
{
	xenforeignmemory_unmap(host->memory, memory, count);
}

/* Copies pages, which the guest cannot change then any more. */
static int copy_pages(struct lightvm_host *host, uint32_t domid, const uint64_t *mfns, size_t count, void *to,
                      size_t size, struct lightvm_error *error)
{
	void *memory = map(host, domid, mfns, count, error);

	if (memory == NULL)
		return -1;
	memcpy(to, memory, size);
	unmap(host, memory, count);
	return 0;
}

static uint64_t slot_of(const struct frame_map *frames, uint64_t mfn)
{
	uint64_t slot = (mfn * 0x9e3779b97f4a7c15ULL) >> 20;

	while (frames->keys[slot & frames->mask] != 0 && frames->keys[slot & frames->mask] != mfn)
		slot++;
	return slot & frames->mask;
}

static int make_index(struct frame_map *frames, struct lightvm_error *error)
{
	uint64_t size = 1024, i, slot;

	while (size < 2 * frames->count)
		size *= 2;
	frames->mask = size - 1;
	frames->keys = calloc(size, sizeof(*frames->keys));
	frames->values = malloc(size * sizeof(*frames->values));
	if (frames->keys == NULL || frames->values == NULL)
		return error_set(error, ENOMEM, STEP, "No memory for a list of the guest's frames.");
	for (i = 0; i < frames->count; i++) {
		if (frames->mfns[i] == SAVE_ABSENT)
			continue;
		slot = slot_of(frames, frames->mfns[i]);
		if (frames->keys[slot] != 0)
			return error_set(error, EINVAL, STEP, "The guest's list has one frame twice.");
		frames->keys[slot] = frames->mfns[i];
		frames->values[slot] = (uint32_t)i;
	}
	return 0;
}

uint64_t frame_map_find(const struct frame_map *frames, uint64_t mfn)
{
	uint64_t slot;

	if (mfn == 0)
		return SAVE_ABSENT;
	slot = slot_of(frames, mfn);
	return frames->keys[slot] == mfn ? frames->values[slot] : SAVE_ABSENT;
}

/* Linux marks frames that are not there, or not its own, by high bits. */
static void forget_absent(struct frame_map *frames)
{
	for (uint64_t i = 0; i < frames->count; i++)
		if (frames->mfns[i] == 0 || frames->mfns[i] >> 40 != 0)
			frames->mfns[i] = SAVE_ABSENT;
}

/* From machine frames of the list's pages to their frame numbers. */
static int find_list(struct frame_map *frames, const uint64_t *pages, struct lightvm_error *error)
{
	for (uint64_t i = 0; i < frames->list_count; i++) {
		frames->list[i] = frame_map_find(frames, pages[i]);
		if (frames->list[i] == SAVE_ABSENT)
			return error_set(error, EINVAL, STEP, "The guest's list does not lie in its own memory.");
	}
	return 0;
}

/* A page of machine frames of pages of machine frames of the list. */
static int read_tree(struct lightvm_host *host, uint32_t domid, uint64_t top, struct frame_map *frames,
                     uint64_t *pages, struct lightvm_error *error)
{
	uint64_t middles[ENTRIES], middle_count = (frames->list_count + ENTRIES - 1) / ENTRIES;
	int rc;

	rc = copy_pages(host, domid, &top, 1, middles, sizeof(middles), error);
	if (rc == 0)
		rc = copy_pages(host, domid, middles, middle_count, pages, frames->list_count * sizeof(*pages),
		                error);
	return rc;
}

/* The entry of one table for an address; 0 with *error: there is none. */
static uint64_t step_down(struct lightvm_host *host, uint32_t domid, uint64_t table, uint64_t address,
                          unsigned int level, struct lightvm_error *error)
{
	unsigned int index = address >> (XC_PAGE_SHIFT + 9 * (level - 1)) & (ENTRIES - 1);
	const uint64_t *entries = map(host, domid, &table, 1, error);
	uint64_t entry;

	if (entries == NULL)
		return 0;
	entry = entries[index];
	unmap(host, (void *)entries, 1);
	if ((entry & STREAM_PRESENT) != 0 && (level == 1 || (entry & STREAM_LARGE) == 0))
		return (entry & STREAM_FRAME_MASK) >> XC_PAGE_SHIFT;
	error_set(error, EINVAL, STEP, "The guest's list is not mapped where it says.");
	return 0;
}

/* A stretch of the guest's addresses. What one table of level 1 maps is looked up at once. */
static int read_linear(struct lightvm_host *host, uint32_t domid, uint64_t cr3, uint64_t address,
                       struct frame_map *frames, uint64_t *pages, struct lightvm_error *error)
{
	uint64_t done = 0, table, i, first, entries[ENTRIES];
	unsigned int level;

	while (done < frames->list_count) {
		uint64_t now = address + (done << XC_PAGE_SHIFT);

		table = xen_cr3_to_pfn_x86_64(cr3);
		for (level = 4; level > 1; level--) {
			table = step_down(host, domid, table, now, level, error);
			if (table == 0)
				return -1;
		}
		if (copy_pages(host, domid, &table, 1, entries, sizeof(entries), error) != 0)
			return -1;
		first = now >> XC_PAGE_SHIFT & (ENTRIES - 1);
		for (i = first; i < ENTRIES && done < frames->list_count; i++, done++) {
			if ((entries[i] & STREAM_PRESENT) == 0)
				return error_set(error, EINVAL, STEP, "The guest's list is not mapped where it says.");
			pages[done] = (entries[i] & STREAM_FRAME_MASK) >> XC_PAGE_SHIFT;
		}
	}
	return 0;
}

static int read_list(struct lightvm_host *host, uint32_t domid, const uint64_t *pages, struct frame_map *frames,
                     struct lightvm_error *error)
{
	uint64_t page, count, left = frames->count;
	int rc = 0;

	for (page = 0; rc == 0 && page < frames->list_count; page += count) {
		count = frames->list_count - page < STREAM_BATCH ? frames->list_count - page : STREAM_BATCH;
		rc = copy_pages(host, domid, pages + page, count, frames->mfns + page * ENTRIES,
		                (left < count * ENTRIES ? left : count * ENTRIES) * sizeof(*frames->mfns), error);
		left -= left < count * ENTRIES ? left : count * ENTRIES;
	}
	return rc;
}

int frame_map_read(struct lightvm_host *host, uint32_t domid, const shared_info_any_t *shared,
                   struct frame_map *frames, struct lightvm_error *error)
{
	uint64_t top = shared->x64.arch.pfn_to_mfn_frame_list_list, cr3 = shared->x64.arch.p2m_cr3, *pages;
	int rc;

	*frames = (struct frame_map){.count = shared->x64.arch.max_pfn};
	if (frames->count == 0 || frames->count > MAXIMUM)
		return error_set(error, EINVAL, STEP, "The guest lists %llu frames.",
		                 (unsigned long long)frames->count);
	if (cr3 == 0 && (top == 0 || top == NOWHERE))
		return error_set(error, EINVAL, STEP, "The guest does not say where it lists its frames.");
	frames->list_count = (frames->count + ENTRIES - 1) / ENTRIES;
	frames->mfns = malloc(frames->count * sizeof(*frames->mfns));
	frames->list = malloc(frames->list_count * sizeof(*frames->list));
	pages = malloc(frames->list_count * sizeof(*pages));
	if (frames->mfns == NULL || frames->list == NULL || pages == NULL) {
		rc = error_set(error, ENOMEM, STEP, "No memory for a list of the guest's frames.");
		goto out;
	}
	if (cr3 != 0)
		rc = read_linear(host, domid, cr3, shared->x64.arch.p2m_vaddr, frames, pages, error);
	else
		rc = read_tree(host, domid, top, frames, pages, error);
	if (rc == 0)
		rc = read_list(host, domid, pages, frames, error);
	if (rc != 0)
		goto out;
	forget_absent(frames);
	rc = make_index(frames, error);
	if (rc == 0)
		rc = find_list(frames, pages, error);
out:
	free(pages);
	return rc;
}

void frame_map_free(struct frame_map *frames)
{
	free(frames->mfns);
	free(frames->list);
	free(frames->keys);
	free(frames->values);
}

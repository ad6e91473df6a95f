/* SPDX-License-Identifier: MIT */
/*
 * To map and unmap costs more than to read: so what is mapped stays so until all is done, at eight bytes for
 * each page, and each page is mapped once, however often a stream names it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "stream_guest.h"

#define STEP "map guest"

/* Room for one more in the list of mappings. */
static int make_room(struct stream_guest *guest)
{
	size_t room = guest->mapping_room == 0 ? 64 : 2 * guest->mapping_room;
	struct stream_mapping *mappings;

	if (guest->mapping_count < guest->mapping_room)
		return 0;
	mappings = realloc(guest->mappings, room * sizeof(*mappings));
	if (mappings == NULL)
		return error_set(guest->error, ENOMEM, STEP, "No memory.");
	guest->mappings = mappings;
	guest->mapping_room = room;
	return 0;
}

int stream_map(struct stream_guest *guest, const uint64_t *pfns, size_t count)
{
	uint64_t mfns[STREAM_BATCH], wanted[STREAM_BATCH];
	size_t absent = 0, i;
	char *memory;

	for (i = 0; i < count; i++) {
		if (guest->pages[pfns[i]] != NULL)
			continue;
		guest->pages[pfns[i]] = STREAM_MAPPING; /* once, though it be named twice */
		wanted[absent] = pfns[i];
		mfns[absent++] = guest->mfns[pfns[i]];
	}
	if (absent == 0)
		return 0;
	if (make_room(guest) != 0)
		return -1;
	memory = guest->host->map(guest->host->context, mfns, absent);
	if (memory == NULL)
		return error_set(guest->error, errno, STEP, "The new domain's memory cannot be mapped: %s.",
		                 strerror(errno));
	guest->mappings[guest->mapping_count++] = (struct stream_mapping){memory, absent};
	for (i = 0; i < absent; i++)
		guest->pages[wanted[i]] = memory + i * STREAM_PAGE_SIZE;
	return 0;
}

void *stream_page(struct stream_guest *guest, uint64_t pfn)
{
	return stream_map(guest, &pfn, 1) == 0 ? guest->pages[pfn] : NULL;
}

void stream_unmap(struct stream_guest *guest)
{
	while (guest->mapping_count > 0) {
		const struct stream_mapping *mapping = &guest->mappings[--guest->mapping_count];

		guest->host->unmap(guest->host->context, mapping->memory, mapping->count);
	}
}

/* SPDX-License-Identifier: MIT */
#include "block_grants.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE 4096U /* a power of two, so that it is at most a quarter full */

static uint32_t place_of(const struct block_grants *grants, uint32_t gref)
{
	uint32_t place = gref * 2654435761U % TABLE_SIZE;

	while (grants->table[place].page != NULL && grants->table[place].gref != gref)
		place = (place + 1) % TABLE_SIZE;
	return place;
}

static bool has_room(struct block_grants *grants)
{
	struct xen_mapping *mappings;
	uint32_t capacity;

	if (grants->table == NULL)
		grants->table = calloc(TABLE_SIZE, sizeof(*grants->table));
	if (grants->table == NULL)
		return false;
	if (grants->mapping_count < grants->mapping_capacity)
		return true;
	capacity = grants->mapping_capacity == 0 ? 16 : grants->mapping_capacity * 2;
	mappings = realloc(grants->mappings, capacity * sizeof(*mappings));
	if (mappings == NULL)
		return false;
	grants->mappings = mappings;
	grants->mapping_capacity = capacity;
	return true;
}

/* Maps references that are not in the table, each once. */
static void map(struct block_grants *grants, struct xen *xen, uint32_t domid, const uint32_t *references,
                uint32_t count)
{
	struct xen_mapping *mapping = &grants->mappings[grants->mapping_count];
	int result = xen_map(xen, domid, references, count, mapping);

	if (result != 0)
		return;
	grants->mapping_count++;
	for (uint32_t i = 0; i < count; i++) {
		struct block_grant *grant = &grants->table[place_of(grants, references[i])];

		grant->gref = references[i];
		grant->page = (uint8_t *)mapping->address + (size_t)i * NOXS_PAGE_SIZE;
		grants->count++;
	}
}

static bool contains(const uint32_t *references, uint32_t count, uint32_t gref)
{
	for (uint32_t i = 0; i < count; i++) {
		if (references[i] == gref)
			return true;
	}
	return false;
}

void block_grants_find(struct block_grants *grants, struct xen *xen, uint32_t domid,
                       const struct block_segment *segments, uint32_t count, uint32_t *mapped, uint32_t limit,
                       void **pages)
{
	uint32_t missing[BLOCK_SEGMENTS];
	uint32_t missing_count = 0;
	uint32_t before = grants->count;
	bool room = has_room(grants);

	memset(pages, 0, count * sizeof(*pages));
	if (!room)
		return;
	for (uint32_t i = 0; i < count; i++) {
		bool known = grants->table[place_of(grants, segments[i].gref)].page != NULL;

		if (!known && !contains(missing, missing_count, segments[i].gref))
			missing[missing_count++] = segments[i].gref;
	}
	if (missing_count > 0 && grants->count + missing_count <= BLOCK_GRANTS_MAX && *mapped + missing_count <= limit)
		map(grants, xen, domid, missing, missing_count);
	*mapped += grants->count - before;
	for (uint32_t i = 0; i < count; i++)
		pages[i] = grants->table[place_of(grants, segments[i].gref)].page;
}

void block_grants_unmap(struct block_grants *grants, struct xen *xen, uint32_t *mapped)
{
	for (uint32_t i = 0; i < grants->mapping_count; i++)
		xen_unmap(xen, &grants->mappings[i]);
	*mapped -= grants->count;
	free(grants->mappings);
	free(grants->table);
	*grants = (struct block_grants){0};
}

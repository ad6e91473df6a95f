/* SPDX-License-Identifier: MIT */
/*
 * Grants of one front-end that stay mapped, because it says that it uses the same ones over and over. Found by
 * reference; unmapped all together, when the front-end is gone.
 */
#ifndef LIGHTVM_IO_BLOCK_GRANTS_H
#define LIGHTVM_IO_BLOCK_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "block_journal.h"
#include "xen.h"

#define BLOCK_GRANTS_MAX 1056 /* of one disk: as many as Linux's blkfront uses with one ring page of requests of 32 */

struct block_grant {
	uint32_t gref;
	void *page; /* NULL: the place is free */
};

struct block_grants {
	struct block_grant *table; /* open addressing; NULL before the first */
	uint32_t table_size;
	uint32_t count;
	struct xen_mapping *mappings;
	uint32_t mapping_count;
	uint32_t mapping_capacity;
};

/*
 * Finds the pages of a request's segments, and maps those that are not mapped yet, if `*budget` (over all guests)
 * allows. A page that is not to be had is NULL: it is copied then.
 */
void block_grants_find(struct block_grants *grants, struct xen *xen, uint32_t domid,
                       const struct block_segment *segments, uint32_t count, uint32_t *mapped, uint32_t limit,
                       void **pages);
void block_grants_unmap(struct block_grants *grants, struct xen *xen, uint32_t *mapped);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The ring of a disk (xen/io/blkif.h, x86_64), and what is in its requests. All of it is guest memory: a request is
 * copied once, checked, and only the copy is used.
 */
#ifndef LIGHTVM_IO_BLOCK_RING_H
#define LIGHTVM_IO_BLOCK_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "block_journal.h"

struct block_ring {
	volatile void *shared;
	uint32_t entry_count; /* a power of two */
	uint32_t consumed;    /* index of the next request to take */
	uint32_t answered;    /* index of the next response */
};

enum block_parse {
	BLOCK_GOOD,
	BLOCK_INDIRECT, /* segments are to be copied from the grant in *indirect first */
	BLOCK_BAD,      /* answer with an error */
	BLOCK_UNKNOWN,  /* answer with "not supported" */
};

/* Entries of a ring of so many pages. */
uint32_t block_ring_entries(uint32_t page_count);
void block_ring_open(struct block_ring *ring, void *shared, uint32_t page_count);

/* How many requests wait; more than entry_count - those unanswered: the guest's index is impossible. */
uint32_t block_ring_waiting(const struct block_ring *ring);
/* Asks for no event, till block_ring_sleep does: the ring will be looked at anyway. */
void block_ring_ignore(struct block_ring *ring);
/* Asks for an event with the next request. True: one has come meanwhile. */
bool block_ring_sleep(struct block_ring *ring);

/* Copies the next request into an entry (all but its state), without consuming it. */
enum block_parse block_ring_copy(const struct block_ring *ring, struct block_entry *entry, uint32_t *indirect);
/* Whether an entry's segments lie within their pages and the disk. */
bool block_entry_fits(const struct block_entry *entry, uint64_t sectors, uint32_t sector_size);
/* Bytes of all its segments. */
uint64_t block_entry_size(const struct block_entry *entry);

/* Writes a response at its index, which is not shown to the guest yet. */
void block_ring_put(const struct block_ring *ring, const struct block_entry *entry);
/* Shows all responses up to ring->answered. True: the guest is to be notified. */
bool block_ring_show(struct block_ring *ring, uint32_t before);

#endif

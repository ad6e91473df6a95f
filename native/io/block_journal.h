/* SPDX-License-Identifier: MIT */
/*
 * The journal of a disk: a file under /run that lightvmd makes (sparse, BLOCK_JOURNAL_SIZE bytes of zeros, one per life
 * of a guest and disk) and lightvm-io maps. A response overwrites a slot of the ring that held a request, so a process
 * that takes over could not tell from the ring what was begun: each request is copied into the journal before it is
 * acted on, and stays there until its response can be seen by the guest.
 *
 * Which stores come in which order, so that the process may be killed between any two:
 *   take     entry.*, entry.sequence = index of the request, entry.status = what it is answered with at once, or OKAY:
 *            it is to be done; entry.state = TAKEN; then journal.consumed = index + 1
 *   answer   entry.status, entry.response = index of the response, entry.state = ANSWERED; the response into the ring;
 *            the ring's rsp_prod = index + 1; entry.state = FREE
 * Found by the next process: TAKEN with sequence == consumed was not consumed: dropped. TAKEN else: answered with its
 * status, or done again, which is harmless, since the old process's I/O is over (the disk's lock says so) and the guest has no answer yet. ANSWERED
 * with a response that rsp_prod does not cover: written into the ring again; else FREE.
 */
#ifndef LIGHTVM_IO_BLOCK_JOURNAL_H
#define LIGHTVM_IO_BLOCK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lightvm/noxs.h"

#define BLOCK_JOURNAL_MAGIC   0x4c4e4a42U /* "BJNL" */
#define BLOCK_JOURNAL_VERSION 1
#define BLOCK_JOURNAL_ENTRIES 512 /* of a ring of 16 pages */
#define BLOCK_SEGMENTS        64  /* of one request: 256 KiB */
#define BLOCK_JOURNAL_OFFSET  4096 /* of the first entry */

enum block_entry_state {
	BLOCK_FREE = 0,
	BLOCK_TAKEN = 1,
	BLOCK_ANSWERED = 2,
};

struct block_segment {
	uint32_t gref;
	uint8_t first_sector; /* in the page; both are part of the segment */
	uint8_t last_sector;
	uint16_t reserved;
};

struct block_entry {
	uint32_t state;    /* enum block_entry_state */
	uint32_t sequence; /* index of the request in the ring, as it counts on for ever */
	uint32_t response; /* index of the response, likewise */
	int16_t status;    /* BLKIF_RSP_* */
	uint8_t operation; /* BLKIF_OP_READ, WRITE, FLUSH_DISKCACHE, or what the guest wrote */
	uint8_t answer_operation; /* what the response repeats: of an indirect one what it is to do */
	uint64_t id;       /* the guest's */
	uint64_t sector;
	uint32_t segment_count;
	uint32_t reserved;
	struct block_segment segments[BLOCK_SEGMENTS];
};

struct block_journal {
	uint32_t magic;
	uint32_t version;
	uint32_t connected; /* 1: the fields below are those of a ring that is in use */
	uint32_t consumed;  /* index of the next request to take */
	uint32_t ring_count;
	uint32_t ring_gref[NOXS_BLOCK_RINGS];
};

#define BLOCK_JOURNAL_SIZE (BLOCK_JOURNAL_OFFSET + BLOCK_JOURNAL_ENTRIES * sizeof(struct block_entry))

_Static_assert(sizeof(struct block_segment) == 8, "ABI");
_Static_assert(sizeof(struct block_entry) == 40 + 8 * BLOCK_SEGMENTS, "ABI");
_Static_assert(sizeof(struct block_journal) <= BLOCK_JOURNAL_OFFSET, "ABI");

/* A mapped journal. */
struct block_journal_file {
	struct block_journal *journal; /* NULL: nothing is mapped */
	struct block_entry *entries;
	int descriptor; /* ours */
};

/* Maps it, and takes the descriptor over. 0 or an errno; EINVAL: it is no journal. */
int block_journal_open(struct block_journal_file *file, int descriptor);
void block_journal_close(struct block_journal_file *file);

/* Whether a ring is the one that the last process served. */
bool block_journal_knows(const struct block_journal_file *file, uint32_t ring_count, const uint32_t *ring_gref);
/*
 * Begins anew for a ring of `entry_count` entries: all free, pages taken from the file system. ENOSPC: it has none.
 */
int block_journal_begin(struct block_journal_file *file, uint32_t ring_count, const uint32_t *ring_gref,
                        uint32_t entry_count, uint32_t consumed);
/* The ring is not in use any more. */
void block_journal_end(struct block_journal_file *file);

#endif

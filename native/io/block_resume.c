/* SPDX-License-Identifier: MIT */
/* Going on with a ring that another process served: what block_journal.h says of what it finds. */
#include <errno.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "block_disk.h"

static void store_state(struct block_entry *entry, uint32_t state)
{
	__atomic_store_n(&entry->state, state, __ATOMIC_RELEASE);
}

/* Those whose answer the guest can not see yet get it into the ring again; those not consumed are dropped. */
static int repeat_answers(struct disk *disk)
{
	uint32_t shown = disk->ring.answered;
	uint32_t repeated = 0;
	bool notify;

	for (uint32_t i = 0; i < disk->ring.entry_count; i++) {
		struct block_entry *entry = &disk->journal.entries[i];

		if (entry->state == BLOCK_TAKEN && entry->sequence == disk->ring.consumed)
			store_state(entry, BLOCK_FREE);
		if (entry->state != BLOCK_ANSWERED)
			continue;
		if (entry->response - shown < disk->ring.entry_count) {
			block_ring_put(&disk->ring, entry);
			repeated++;
		}
	}
	/* There is at most one: each is shown before the next is answered. */
	if (repeated > 1)
		return EPROTO;
	disk->ring.answered = shown + repeated;
	notify = block_ring_show(&disk->ring, shown);
	for (uint32_t i = 0; i < disk->ring.entry_count; i++) {
		if (disk->journal.entries[i].state == BLOCK_ANSWERED)
			store_state(&disk->journal.entries[i], BLOCK_FREE);
	}
	if (notify)
		xen_notify(disk->xen, disk->port);
	return 0;
}

static int begin_again(struct disk *disk)
{
	uint32_t taken = 0;
	int result = EPROTO;

	for (uint32_t i = 0; i < disk->ring.entry_count; i++)
		taken += disk->journal.entries[i].state == BLOCK_TAKEN;
	if (taken != disk->ring.consumed - disk->ring.answered)
		goto out;
	result = 0;
	for (uint32_t i = 0; i < disk->ring.entry_count; i++) {
		struct block_entry *entry = &disk->journal.entries[i];
		bool begun;

		if (entry->state != BLOCK_TAKEN)
			continue;
		begun = block_disk_begin(disk, entry);
		/* No memory: answered with an error, which a guest tries again. A wait would need a list of them. */
		if (!begun)
			block_disk_answer(disk, entry, BLKIF_RSP_ERROR);
	}

out:
	return result;
}

int block_disk_resume(struct disk *disk, uint32_t ring_count, const uint32_t *ring_gref)
{
	bool known = block_journal_knows(&disk->journal, ring_count, ring_gref);
	int result;

	disk->stalled = NULL;
	if (!known)
		return block_journal_begin(&disk->journal, ring_count, ring_gref, disk->ring.entry_count,
		                           disk->ring.consumed);
	disk->ring.consumed = disk->journal.journal->consumed;
	result = repeat_answers(disk);
	if (result == 0)
		result = begin_again(disk);
	return result;
}

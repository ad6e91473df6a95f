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
	(void)block_ring_show(&disk->ring, shown);
	for (uint32_t i = 0; i < disk->ring.entry_count; i++) {
		if (disk->journal.entries[i].state == BLOCK_ANSWERED)
			store_state(&disk->journal.entries[i], BLOCK_FREE);
	}
	/* The last process may have shown answers and not come to notify the guest of them. */
	xen_notify(disk->xen, disk->port);
	return 0;
}

/* Those that were taken are answered, or begun when the disk is served first. */
static int take_up(struct disk *disk)
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

		if (entry->state != BLOCK_TAKEN)
			continue;
		/* What was refused may be anything that a guest can write: it is not looked at again. */
		if (entry->status != BLKIF_RSP_OKAY)
			block_disk_answer(disk, entry, entry->status);
		else
			block_disk_begin_later(disk, entry);
	}

out:
	return result;
}

int block_disk_resume(struct disk *disk, uint32_t ring_count, const uint32_t *ring_gref)
{
	bool known = block_journal_knows(&disk->journal, ring_count, ring_gref);
	int result;

	disk->unbegun_count = 0;
	if (!known)
		return block_journal_begin(&disk->journal, ring_count, ring_gref, disk->ring.entry_count,
		                           disk->ring.consumed);
	disk->ring.consumed = disk->journal.journal->consumed;
	result = repeat_answers(disk);
	if (result == 0)
		result = take_up(disk);
	return result;
}

/* SPDX-License-Identifier: MIT */
/* One disk, and its requests from the ring to the file and back. */
#ifndef LIGHTVM_IO_BLOCK_DISK_H
#define LIGHTVM_IO_BLOCK_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "block_grants.h"
#include "block_journal.h"
#include "block_pool.h"
#include "block_ring.h"
#include "device.h"

struct disk_counters {
	uint64_t reads, read_bytes;
	uint64_t writes, written_bytes;
	uint64_t flushes;
	uint64_t errors;
};

struct disk {
	struct device device;
	struct io_block request;
	struct block_pool *pool;
	struct xen *xen;
	uint32_t domid;
	uint32_t file; /* disk_io's */
	/* O_DIRECT. Mapped pages are not given to it: pinning pages of another domain, one by one, costs more than a copy. */
	bool direct;
	struct block_journal_file journal;
	struct disk_counters counters;

	/* While a front-end is connected. */
	struct xen_mapping ring_pages;
	struct block_ring ring;
	uint32_t port; /* ours: of this disk, or the guest's one */
	bool own_port;
	bool persistent; /* its grants may stay mapped */

	/* What is under way outlives its front-end, even the device: it has the guest's pages until it is done. */
	struct block_grants grants;
	uint32_t under_way;
	bool stopped;  /* the front-end of what is under way is gone: its results are dropped */
	bool released; /* free the disk with the last of it */

	/* Entries that are taken and not begun: there was no memory, or the last process had taken them. */
	uint16_t unbegun[BLOCK_JOURNAL_ENTRIES];
	uint32_t unbegun_count;
	bool waiting; /* in the pool's queue, for a task or pages */
	struct disk *waiting_next;
	bool notify_due; /* in the pool's list */
	struct disk *notify_next;
	bool looked_at;     /* in the pool's list */
	struct timer again; /* there is more in the ring than one turn takes */
};

/*
 * Takes up the ring: goes on from the journal if it knows this ring, else begins a new one. 0; EPROTO: the guest has
 * altered its ring so that the two do not fit together; or another errno.
 */
int block_disk_resume(struct disk *disk, uint32_t ring_count, const uint32_t *ring_gref);
void block_disk_serve(struct disk *disk);
/* The same, for the disk's timer `again`. */
void block_disk_serve_again(struct timer *timer);
/* Has an entry that is taken begun when the disk is served next. */
void block_disk_begin_later(struct disk *disk, const struct block_entry *entry);
/* Answers an entry that is taken. The order of its stores is what block_journal.h says. block_disk_notify is to follow. */
void block_disk_answer(struct disk *disk, struct block_entry *entry, int16_t status);
/* Notifies the guests of all that was answered since. */
void block_disk_notify(struct block_pool *pool);
/* There are tasks or pages again: who waited longest goes on. */
void block_disk_serve_waiting(struct block_pool *pool);
/* The front-end is gone: takes no more, and drops the results of what is under way. */
void block_disk_stop(struct disk *disk);
/* Frees it, now or with the last of what is under way. */
void block_disk_release(struct disk *disk);

#endif

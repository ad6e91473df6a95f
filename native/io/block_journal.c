/* SPDX-License-Identifier: MIT */
#include "block_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int block_journal_open(struct block_journal_file *file, int descriptor)
{
	struct stat status;
	uint8_t *address;
	int result = EINVAL;
	int failed = fstat(descriptor, &status);

	if (failed != 0 || !S_ISREG(status.st_mode) || status.st_size != (off_t)BLOCK_JOURNAL_SIZE)
		goto out;
	/* A store into a page that the file system has no room for would end this process. */
	failed = fallocate(descriptor, 0, 0, BLOCK_JOURNAL_OFFSET);
	if (failed != 0) {
		result = errno;
		goto out;
	}
	address = mmap(NULL, BLOCK_JOURNAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (address == MAP_FAILED) {
		result = errno;
		goto out;
	}
	file->journal = (void *)address;
	file->entries = (void *)(address + BLOCK_JOURNAL_OFFSET);
	if (file->journal->magic == 0) {
		file->journal->version = BLOCK_JOURNAL_VERSION;
		file->journal->magic = BLOCK_JOURNAL_MAGIC;
	}
	if (file->journal->magic != BLOCK_JOURNAL_MAGIC || file->journal->version != BLOCK_JOURNAL_VERSION) {
		munmap(address, BLOCK_JOURNAL_SIZE);
		file->journal = NULL;
		goto out;
	}
	file->descriptor = descriptor;
	result = 0;

out:
	return result;
}

void block_journal_close(struct block_journal_file *file)
{
	if (file->journal == NULL)
		return;
	munmap(file->journal, BLOCK_JOURNAL_SIZE);
	close(file->descriptor);
	file->journal = NULL;
}

bool block_journal_knows(const struct block_journal_file *file, uint32_t ring_count, const uint32_t *ring_gref)
{
	const struct block_journal *journal = file->journal;

	return journal->connected == 1 && journal->ring_count == ring_count &&
	       memcmp(journal->ring_gref, ring_gref, ring_count * sizeof(*ring_gref)) == 0;
}

int block_journal_begin(struct block_journal_file *file, uint32_t ring_count, const uint32_t *ring_gref,
                        uint32_t entry_count, uint32_t consumed)
{
	struct block_journal *journal = file->journal;
	int failed = fallocate(file->descriptor, 0, BLOCK_JOURNAL_OFFSET,
	                       (off_t)(entry_count * sizeof(struct block_entry)));

	if (failed != 0)
		return errno;
	__atomic_store_n(&journal->connected, 0, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < entry_count; i++)
		file->entries[i].state = BLOCK_FREE;
	journal->consumed = consumed;
	journal->ring_count = ring_count;
	memcpy(journal->ring_gref, ring_gref, ring_count * sizeof(*ring_gref));
	__atomic_store_n(&journal->connected, 1, __ATOMIC_RELEASE);
	return 0;
}

void block_journal_end(struct block_journal_file *file)
{
	__atomic_store_n(&file->journal->connected, 0, __ATOMIC_RELEASE);
}

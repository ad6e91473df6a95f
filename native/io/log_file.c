/* SPDX-License-Identifier: MIT */
#include "log_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "console.h"

#define PAGE 4096U

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Takes the page in which `offset` of the file lies. */
static bool take_page(struct log_file *file, size_t offset)
{
	size_t page = offset / PAGE;
	uint8_t bit = (uint8_t)(1U << (page % 8));
	int failed;
	bool there = true;

	if ((file->present[page / 8] & bit) != 0)
		goto out;
	failed = madvise((uint8_t *)file->log + page * PAGE, PAGE, MADV_POPULATE_WRITE);
	/* EINVAL: a kernel before 5.14, where we must hope. */
	if (failed != 0 && errno != EINVAL) {
		there = false;
		goto out;
	}
	file->present[page / 8] |= bit;

out:
	return there;
}

/* Takes every page of a range. */
static bool take(struct log_file *file, size_t offset, size_t size)
{
	bool there = true;

	for (size_t at = offset / PAGE * PAGE; there && at < offset + size; at += PAGE)
		there = take_page(file, at);
	return there;
}

int log_file_map(struct log_file *file, int descriptor, const uint8_t uuid[16], uint32_t domid)
{
	struct stat status;
	void *address;
	int result = 0;
	int failed = fstat(descriptor, &status);

	*file = (struct log_file){0};
	if (failed != 0 || !S_ISREG(status.st_mode) || status.st_size < CONSOLE_DATA_OFFSET) {
		result = EINVAL;
		goto out;
	}
	file->size = (size_t)status.st_size;
	file->present = calloc(file->size / PAGE / 8 + 1, 1);
	if (file->present == NULL) {
		result = ENOMEM;
		goto out;
	}
	address = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (address == MAP_FAILED) {
		result = errno;
		goto out;
	}
	file->log = address;
	result = console_check(file->log, file->size, uuid, domid);
	/* What says the right things is there, so stores into its page cannot fail. */
	file->present[0] = 1;

out:
	if (result != 0)
		log_file_unmap(file);
	return result;
}

void log_file_unmap(struct log_file *file)
{
	if (file->log != NULL)
		munmap(file->log, file->size);
	free(file->present);
	*file = (struct log_file){0};
}

bool log_file_reserve(struct log_file *file, uint32_t count)
{
	const struct console_log *log = file->log;
	size_t chunk = offsetof(struct console_log, chunks) +
	               (size_t)(log->chunk_count % CONSOLE_CHUNKS) * sizeof(struct console_chunk);
	size_t start = (size_t)(log->head & (log->data_size - 1));
	size_t first = count;
	bool there;

	if (first > log->data_size - start)
		first = log->data_size - start;
	there = take(file, chunk, sizeof(struct console_chunk)) &&
	        take(file, CONSOLE_DATA_OFFSET + start, first) &&
	        take(file, CONSOLE_DATA_OFFSET, count - first);
	return there;
}

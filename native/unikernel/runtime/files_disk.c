/* SPDX-License-Identifier: MIT */
/* The files of a disk, whose bytes are an archive. */
#include <lightvm/block.h>
#include <lightvm/memory.h>
#include "runtime.h"
#include "file_index.h"

#define WINDOW                                                                                               \
	16384 /* bytes that are read at once while the index is made: headers lie close together or far      \
	         apart */

struct disk_reader {
	struct files files;
	struct block *disk;
	char *window; /* NULL once the index is made */
	uint64_t window_start;
	size_t window_size;
};

static bool read_disk(void *context, uint64_t offset, void *buffer, size_t size)
{
	struct disk_reader *reader = context;
	uint64_t left;

	if (reader->window == NULL || size > WINDOW)
		return block_read(reader->disk, offset, buffer, size) == 0;
	if (offset < reader->window_start || offset + size > reader->window_start + reader->window_size) {
		left = reader->files.source.size - offset;
		reader->window_start = offset;
		reader->window_size = left < WINDOW ? (size_t)left : WINDOW;
		if (block_read(reader->disk, offset, reader->window, reader->window_size) != 0) {
			reader->window_size = 0;
			return false;
		}
	}
	memcpy(buffer, reader->window + (offset - reader->window_start), size);
	return true;
}

struct files *files_of_disk(struct block *disk)
{
	struct disk_reader *reader = calloc(1, sizeof(*reader));
	enum cpio_result result;

	if (reader == NULL)
		return NULL;
	reader->disk = disk;
	reader->files.source = (struct cpio_source){read_disk, reader, block_size(disk)};
	reader->files.one = true; /* a disk may be large, and the rest of it empty */
	reader->window = malloc(WINDOW);
	result = file_index_read(&reader->files);
	free(reader->window);
	reader->window = NULL;
	if (result == CPIO_FAILED || (result == CPIO_BROKEN && reader->files.count == 0)) {
		files_free(&reader->files);
		return NULL;
	}
	if (result != CPIO_END)
		printf("files: the disk's archive %s; %zu files are known\n",
		       result == CPIO_BROKEN ? "is damaged" : "does not fit into memory",
		       reader->files.count);
	return &reader->files;
}

void files_free(struct files *files)
{
	/* The reader begins with it. */
	file_index_free(files);
	free(files);
}

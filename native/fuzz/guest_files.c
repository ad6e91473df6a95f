/* SPDX-License-Identifier: MIT */
/* The index of an archive, as a unikernel reads it from its ramdisk or a disk: whatever the archive, all is
 * within it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "file_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_at(void *context, uint64_t offset, void *buffer, size_t count)
{
	const struct files *files = context;

	if (offset > files->source.size || count > files->source.size - offset)
		abort();
	memcpy(buffer, files->memory + offset, count);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct files files = {0};
	const struct file *file = NULL;
	char byte;

	if (size == 0)
		return 0;
	files.one = (data[0] & 1) != 0;
	files.memory = (const char *)data + 1;
	files.source = (struct cpio_source){read_at, &files, size - 1};
	file_index_read(&files);
	while ((file = file_next(&files, file)) != NULL) {
		const struct file *next = file_next(&files, file);

		if (strstr(file->path, "..") != NULL &&
		    (strcmp(file->path, "..") == 0 || strncmp(file->path, "../", 3) == 0))
			abort();
		if (next != NULL && strcmp(file->path, next->path) >= 0)
			abort();
		if (file_find(&files, file->path) != file)
			abort();
		if (file->size > 0 && file_read(file, file->size - 1, &byte, 1) != 1)
			abort();
	}
	file_index_free(&files);
	return 0;
}

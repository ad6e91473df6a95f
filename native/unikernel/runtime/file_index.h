/* SPDX-License-Identifier: MIT */
/* The index of an archive: its files in the order of their paths. */
#ifndef RUNTIME_FILE_INDEX_H
#define RUNTIME_FILE_INDEX_H

#include <lightvm/files.h>
#include "cpio.h"

struct files {
	struct cpio_source source;
	const char *memory; /* the archive, if all of it is in memory */
	bool one;           /* only the first archive counts; what follows it is not read */
	struct file *entries;
	size_t count, capacity;
};

/*
 * Reads the index from files->source; all else in *files is zero but `memory` and `one`. What could be read
 * is in it, whatever the answer: CPIO_END: all; CPIO_BROKEN, CPIO_FAILED: as far as that; CPIO_ENTRY: as far
 * as there was memory.
 */
enum cpio_result file_index_read(struct files *files);
void file_index_free(struct files *files);

#endif

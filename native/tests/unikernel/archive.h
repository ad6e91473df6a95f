/* SPDX-License-Identifier: MIT */
/* Makes archives in the newc format, in memory. */
#ifndef UNIKERNEL_ARCHIVE_H
#define UNIKERNEL_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct archive {
	char *bytes;
	size_t size, start;
};

static inline void archive_put(struct archive *archive, const void *bytes, size_t size)
{
	archive->bytes = realloc(archive->bytes, archive->size + size + 1);
	memcpy(archive->bytes + archive->size, bytes, size);
	archive->size += size;
}

static inline void archive_pad(struct archive *archive, size_t count)
{
	while (count-- > 0)
		archive_put(archive, "", 1);
}

static inline void archive_align(struct archive *archive)
{
	archive_pad(archive, -(archive->size - archive->start) & 3);
}

static inline void archive_begin_next(struct archive *archive)
{
	archive->start = archive->size;
}

static inline void archive_begin(struct archive *archive)
{
	archive->size = 0;
	archive_put(archive, "", 0);
	archive_begin_next(archive);
}

static inline void archive_add_bytes(struct archive *archive, const char *name, unsigned int mode,
                                     unsigned int inode, unsigned int links, const void *bytes, size_t size)
{
	char header[111];

	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode,
	         mode, 0, 0, links, 1700000000, (unsigned int)size, 8, 1, 0, 0,
	         (unsigned int)strlen(name) + 1, 0);
	archive_put(archive, header, 110);
	archive_put(archive, name, strlen(name) + 1);
	archive_align(archive);
	archive_put(archive, bytes, size);
	archive_align(archive);
}

static inline void archive_add(struct archive *archive, const char *name, unsigned int mode,
                               unsigned int inode, unsigned int links, const char *text)
{
	archive_add_bytes(archive, name, mode, inode, links, text, strlen(text));
}

static inline void archive_end(struct archive *archive)
{
	archive_add(archive, "TRAILER!!!", 0, 0, 1, "");
}

static inline bool archive_read(void *context, uint64_t offset, void *buffer, size_t size)
{
	const struct archive *archive = context;

	if (offset > archive->size || size > archive->size - offset)
		abort();
	memcpy(buffer, archive->bytes + offset, size);
	return true;
}

#endif

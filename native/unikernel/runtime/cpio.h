/* SPDX-License-Identifier: MIT */
/*
 * Walks cpio archives in the newc format (`cpio -o -H newc`), one or several laid end to end with any number
 * of zero bytes between, as Linux takes them for an initramfs. Pure; what it reads may be damaged in any way.
 */
#ifndef RUNTIME_CPIO_H
#define RUNTIME_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_SIZE 1024 /* with its NUL; entries with longer names are passed over */

#define CPIO_TYPE      0170000 /* the part of a mode that is the type */
#define CPIO_DIRECTORY 0040000
#define CPIO_REGULAR   0100000

/* Where the bytes are. read: all of [offset, offset + size), which lies within `size`; false: it cannot be
 * read. */
struct cpio_source {
	bool (*read)(void *context, uint64_t offset, void *buffer, size_t size);
	void *context;
	uint64_t size;
};

struct cpio_entry {
	char name[CPIO_NAME_SIZE]; /* from the root, without a leading or trailing slash; the root itself is
	                              "" */
	uint32_t mode;
	uint32_t modified; /* seconds since 1970 */
	uint32_t
	    links; /* with more than one, the bytes may be another entry's of the same inode and device */
	uint32_t inode, device_major, device_minor;
	uint64_t offset; /* of its bytes in the source */
	uint64_t size;
};

struct cpio {
	struct cpio_source source;
	uint64_t position; /* of the next header */
	uint64_t start;    /* of the present archive: what is aligned is so from there */
	bool one;          /* the first archive's end is the end: what follows is not even read */
};

enum cpio_result {
	CPIO_ENTRY,  /* *entry is the next one */
	CPIO_END,    /* nothing but zeros, or nothing at all, follows */
	CPIO_BROKEN, /* what follows is no archive, or ends too early */
	CPIO_FAILED, /* the source cannot be read */
};

enum cpio_result cpio_next(struct cpio *walk, struct cpio_entry *entry);

/* Brings a path to the form of cpio_entry.name, in place; false: it has a "..", and no such form. */
bool cpio_normalise(char *path);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Files that the guest can read. They come in archives that `cpio -o -H newc` writes: in the ramdisk that the
 * host gave the guest, or on a disk (`find . | cpio -o -H newc > disk.img`; block.h). Nothing is unpacked:
 * the archive's index is read once, and the bytes stay where they are.
 *
 * Paths are those below the archive's root; "/a/b", "a/b" and "./a//b" are the same, one with ".." is
 * nowhere. Of two files with one path the later one counts. Links: hard ones are files like others, symbolic
 * ones are not followed.
 */
#ifndef LIGHTVM_FILES_H
#define LIGHTVM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct files;

struct file {
	const char *path;  /* without a leading slash; the root itself, if it was archived, is "" */
	uint64_t size;     /* bytes */
	uint32_t mode;     /* type and permissions, as in stat */
	uint32_t modified; /* seconds since 1970 */
	const void *data;  /* its bytes, where they are in memory; NULL: they are on a disk, use file_read */
	const struct files *files; /* where it was found */
	uint64_t offset;           /* of its bytes in the archive */
};

/* The files of the ramdisk, that is those the host gave; none, if there is no ramdisk. The host's own (the
 * environment) are below .lightvm. */
const struct files *files_of_ramdisk(void);
/* The files of a disk; waits. NULL: it cannot be read, or holds no archive. free_files gives its memory back.
 */
struct files *files_of_disk(struct block *disk);
void files_free(struct files *files);

/* The file with that path, a directory included; NULL: there is none. */
const struct file *file_find(const struct files *files, const char *path);
/* The file after that one, in the order of the bytes of their paths; after NULL the first one. NULL: there is
 * none. */
const struct file *file_next(const struct files *files, const struct file *after);
bool file_is_directory(const struct file *file);
bool file_is_regular(const struct file *file);

/* Copies bytes from `offset` on; waits for a disk. How many: less than size at the end only; -1: the disk
 * failed. */
long file_read(const struct file *file, uint64_t offset, void *bytes, size_t size);

#endif

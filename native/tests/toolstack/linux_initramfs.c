/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "linux_initramfs.h"
#include "xen_common.h"

#define BUSYBOX   "/bin/busybox"
#define DIRECTORY 0040755U
#define PROGRAM   0100755U
#define CHARACTER 0020600U

struct archive {
	FILE *stream;
	char *bytes;
	size_t size;
};

static void pad(struct archive *archive, size_t length)
{
	while (length++ % 4 != 0)
		fputc(0, archive->stream);
}

/* device is minor number + 256 * major. */
static void add(struct archive *archive, const char *name, unsigned int mode, unsigned int device,
                const void *content, size_t size)
{
	size_t name_size = strlen(name) + 1;
	static unsigned int inode;

	fprintf(archive->stream, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", ++inode,
	        mode, 0U, 0U, 1U, 0U, size, 0U, 0U, device / 256, device % 256, name_size, 0U);
	fwrite(name, 1, name_size, archive->stream);
	pad(archive, 110 + name_size);
	if (size > 0)
		fwrite(content, 1, size, archive->stream);
	pad(archive, size);
}

void *make_initramfs(const char *script, uint64_t *size)
{
	return make_initramfs_with(script, NULL, 0, size);
}

void *make_initramfs_with(const char *script, const struct initramfs_file *files, uint32_t count,
                          uint64_t *size)
{
	static const char *const directories[] = {"bin", "dev", "proc", "sys", "sbin", "lib"};
	struct archive archive = {0};
	uint64_t busybox_size;
	void *busybox = read_file(BUSYBOX, &busybox_size);

	archive.stream = open_memstream(&archive.bytes, &archive.size);
	if (archive.stream == NULL)
		fail("initramfs", "no memory");
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		add(&archive, directories[i], DIRECTORY, 0, NULL, 0);
	add(&archive, "dev/console", CHARACTER, 5 * 256 + 1, NULL, 0);
	add(&archive, "bin/busybox", PROGRAM, 0, busybox, busybox_size);
	add(&archive, "init", PROGRAM, 0, script, strlen(script));
	for (uint32_t i = 0; i < count; i++)
		add(&archive, files[i].name, PROGRAM, 0, files[i].bytes, files[i].size);
	add(&archive, "TRAILER!!!", 0, 0, NULL, 0);
	fclose(archive.stream);
	free(busybox);
	*size = archive.size;
	return archive.bytes;
}

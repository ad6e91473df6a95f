/* SPDX-License-Identifier: MIT */
/* A Linux initramfs with busybox and one script as its init, made in memory (cpio, "newc"). */
#ifndef TOOLSTACK_LINUX_INITRAMFS_H
#define TOOLSTACK_LINUX_INITRAMFS_H

#include <stdint.h>

struct initramfs_file {
	const char *name; /* without a leading slash; what is above it must be there: bin, dev, proc, sbin,
	                     sys, lib */
	const void *bytes;
	uint64_t size;
};

/* The same with programs or modules of the caller's. */
void *make_initramfs_with(const char *script, const struct initramfs_file *files, uint32_t count,
                          uint64_t *size);

/* Freed by whoever calls it. Fails the test where this machine has no static /bin/busybox. */
void *make_initramfs(const char *script, uint64_t *size);

#endif

/* SPDX-License-Identifier: MIT */
/* A Linux initramfs with busybox and one script as its init, made in memory (cpio, "newc"). */
#ifndef TOOLSTACK_LINUX_INITRAMFS_H
#define TOOLSTACK_LINUX_INITRAMFS_H

#include <stdint.h>

/* Freed by whoever calls it. Fails the test where this machine has no static /bin/busybox. */
void *make_initramfs(const char *script, uint64_t *size);

#endif

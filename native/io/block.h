/* SPDX-License-Identifier: MIT */
/* Disks of guests. */
#ifndef LIGHTVM_IO_BLOCK_H
#define LIGHTVM_IO_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lightvm/io.h"

struct guest;
struct server;

/*
 * Makes what disks share. Call it before the seccomp filter is there; use_ring false: no io_uring. Returns 0 or an
 * errno.
 */
int block_open(struct server *server, bool use_ring);
/* No disk is left. */
void block_close(struct server *server);
/* Begins what was asked for in this turn of the loop. */
void block_push(struct server *server);

/*
 * Attaches a disk to a guest. Descriptors: the disk and its journal; those that are kept are set to -1. 0 or an errno,
 * with *step saying what failed.
 */
int block_attach(struct guest *guest, const struct io_block *request, int descriptors[2], const char **step);

#endif

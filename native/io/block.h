/* SPDX-License-Identifier: MIT */
/* Disks of guests. */
#ifndef LIGHTVM_IO_BLOCK_H
#define LIGHTVM_IO_BLOCK_H

#include <stdint.h>

#include "lightvm/io.h"

struct guest;

/*
 * Attaches a disk to a guest. Descriptors: the disk and its journal; those that are kept are set to -1. 0 or an errno,
 * with *step saying what failed.
 */
int block_attach(struct guest *guest, const struct io_block *request, int descriptors[2], const char **step);

#endif

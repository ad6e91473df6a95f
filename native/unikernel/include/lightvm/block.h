/* SPDX-License-Identifier: MIT */
/*
 * Disks. Calls wait until the disk has answered; other threads run meanwhile, and may use the same disk. A
 * back-end that dies and comes back is nothing but a pause. What a write's answer promises is that the data
 * has left the guest; that it is on stable storage, flush promises.
 */
#ifndef LIGHTVM_BLOCK_H
#define LIGHTVM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;

/*
 * The disk with that number, from 0; the same one for each call. NULL: the guest has no such disk, or it does
 * not connect in NOXS_STEP_MS. Under xl the disks are numbered in the order of their virtual devices (xvda,
 * xvdb, ...).
 */
struct block *block_open(unsigned int id);

uint64_t block_size(const struct block *disk);        /* bytes */
uint32_t block_sector_size(const struct block *disk); /* bytes: 512 or 4096 */
bool block_is_read_only(const struct block *disk);

/*
 * 0, or -1: it reaches beyond the disk, a write is not a multiple of sectors or the disk is read-only, the
 * disk failed, or it was removed. A read may begin and end anywhere.
 */
int block_read(struct block *disk, uint64_t offset, void *bytes, size_t size);
int block_write(struct block *disk, uint64_t offset, const void *bytes, size_t size);
/* Whatever was written before is on stable storage when this returns. */
int block_flush(struct block *disk);

#endif

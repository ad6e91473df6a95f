/* SPDX-License-Identifier: MIT */
/* Disks whose guests are about to ask for more: their rings are looked at for a while, without an event (loop.h). */
#ifndef LIGHTVM_IO_BLOCK_LOOKOUT_H
#define LIGHTVM_IO_BLOCK_LOOKOUT_H

#include "block_disk.h"

void block_lookout_open(struct block_pool *pool, struct loop *loop);
void block_lookout_close(struct block_pool *pool, struct loop *loop);
/* All that the guest asked for is answered: more is to be seen by looking, or by an event. */
void block_lookout_await(struct disk *disk);
/* It is not looked at any more, and asks for no event. */
void block_lookout_forget(struct disk *disk);
/* Something is under way at a disk of the pool, or the last of it is over. */
void block_lookout_count(struct block_pool *pool, int change);

#endif

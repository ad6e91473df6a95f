/* SPDX-License-Identifier: MIT */
/* A request of a disk under way: its memory, its data's way between guest and disk, and its end. */
#ifndef LIGHTVM_IO_BLOCK_TASK_H
#define LIGHTVM_IO_BLOCK_TASK_H

#include <stdbool.h>

#include "block_disk.h"

/* Begins an entry that is taken and good. False: there is no memory for it now, it is as before. */
bool block_task_begin(struct disk *disk, struct block_entry *entry);
/* Nothing is under way any more: ends what waited for that. The disk may be gone then. */
void block_task_settle(struct disk *disk);

#endif

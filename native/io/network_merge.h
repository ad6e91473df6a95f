/* SPDX-License-Identifier: MIT */
/*
 * TCP segments of one guest that follow upon each other are made one large frame, where the receiver takes
 * such: it costs the host and a guest as much to take a frame of 64 KB as one of 1,500 bytes. Each has been
 * checked before.
 */
#ifndef LIGHTVM_IO_NETWORK_MERGE_H
#define LIGHTVM_IO_NETWORK_MERGE_H

#include "network_batch.h"

struct merge {
	struct frame *first; /* NULL: there is none */
	struct frame *last;
	uint8_t *head; /* the first one's, writable */
	size_t headers;
	size_t limit;  /* bytes that it may grow to; 0: it may not */
	uint32_t next; /* sequence number that goes on */
};

/* Begins with a frame; `limit` as switch_limit says. */
void merge_begin(struct merge *merge, struct frame *frame, uint8_t *head, size_t limit);
/* Adds a frame if it goes on where the last one ends. */
bool merge_add(struct merge *merge, struct frame *frame);
/* The frame that came of it, complete; NULL: none was begun. */
struct frame *merge_end(struct merge *merge);
/* Whether this frame could be a part: for those that could not, no limit need be asked for. */
bool merge_is_segment(const struct frame *frame);

#endif

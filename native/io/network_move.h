/* SPDX-License-Identifier: MIT */
/* How network_batch.c, network_deliver.c and network_move.c keep a batch. Nobody else needs it. */
#ifndef LIGHTVM_IO_NETWORK_MOVE_H
#define LIGHTVM_IO_NETWORK_MOVE_H

#include "network_batch.h"

enum {
	BATCH_COPIES = 1024,
	BATCH_DELIVERIES = 512,
	BATCH_FETCHES = BATCH_FRAMES,
	BATCH_FRAMES_ARENA = 1 << 20,   /* bytes: frames on their way to and from TAPs */
	BATCH_SEGMENTS_ARENA = 1 << 19, /* bytes: what is made of them for those who do not take them whole */
};

/* Page-aligned memory that is handed out piece by piece, and taken back as a whole. */
struct arena {
	uint8_t *bytes;
	size_t size;
	size_t used;
};

/* A frame of a guest. */
struct gathered {
	struct net_tx_frame sent;
	struct frame frame;
	bool failed; /* its head could not be copied */
};

/* A frame for a guest: its receive requests have been taken, and are to be answered when it has been copied.
 */
struct delivery {
	struct adapter *to;
	uint32_t index; /* of the first request */
	uint32_t size;
	struct offload offload;
	bool failed;
};

/* A frame that is being copied into memory of ours. */
struct fetch {
	struct frame frame;
	struct adapter *to;      /* or NULL, and */
	struct network_tap *tap; /* the host's */
	bool failed;
};

struct batch {
	struct networks *networks;
	uint32_t frame_count;
	uint32_t copy_count;
	uint32_t delivery_count;
	uint32_t fetch_count;
	struct adapter *active;  /* adapters of which something is left to be done when the batch is over */
	struct adapter *touched; /* adapters with deliveries */
	bool told_host;          /* a frame went to a TAP: what comes next may come from there */
	struct arena frames;
	struct arena segments;
	uint8_t *heads; /* FRAME_HEAD bytes for each gathered frame */
	struct gathered gathered[BATCH_FRAMES];
	struct xen_copy copies[BATCH_COPIES];
	bool *failed[BATCH_COPIES]; /* what to set if that copy fails */
	struct delivery deliveries[BATCH_DELIVERIES];
	struct fetch fetches[BATCH_FETCHES];
};

/* Room for a frame, in a page of its own or in half of one; NULL: the arena is full. */
uint8_t *arena_take(struct arena *arena, size_t size);

/* The next piece of a copy: fill it in. `failed` is set if it fails. */
struct xen_copy *batch_copy(struct batch *batch, bool *failed);
/* Does the copies that have been asked for. */
void batch_copy_all(struct batch *batch);
/* Does them, and answers the receive requests of deliveries. */
void batch_settle(struct batch *batch);
/* The same, and sends on what has been fetched. */
void batch_flush(struct batch *batch);
/*
 * Memory for a frame that is to be delivered next, and stays till then: nothing may be settled or flushed
 * between. NULL: it is too large.
 */
uint8_t *batch_scratch(struct batch *batch, size_t size);
/* Copies that a frame can need at most: of each of its parts one, and one more for each end of a page. */
uint32_t batch_copies_for(const struct frame *frame);
/* Makes room for one more delivery. */
void batch_reserve(struct batch *batch, uint32_t copies);
/* Whether the guest has posted room for this frame. One that posts more than there can be is out. */
bool batch_has_room(struct batch *batch, struct adapter *to, const struct frame *frame);
/* As it is: the receiver takes it so. All of it is in memory of ours, or there is room. */
void batch_deliver_whole(struct batch *batch, struct adapter *to, const struct frame *frame);
/* Receive requests that a frame takes. */
uint32_t batch_requests_for(const struct frame *frame);
/* Delivers what has waited for the adapter, as far as there is room now. */
void batch_release(struct batch *batch, struct adapter *adapter);
/* The adapter is looked at when the batch is over. */
void batch_activate(struct batch *batch, struct adapter *adapter);

#endif

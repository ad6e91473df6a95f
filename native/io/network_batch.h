/* SPDX-License-Identifier: MIT */
/*
 * Frames that are moved together. First the heads of all frames are copied to us by one call; they are
 * checked, and it is decided where each frame goes. Then everything else is copied by another call: a
 * receiver gets our copy of the head, and the rest straight from the sender's page. So no sender can change
 * what was checked.
 *
 * A receiver that cannot take a frame as it is (no checksum offload, no segmentation) and the host, behind a
 * TAP, get it by way of memory of ours: the batch fetches it.
 */
#ifndef LIGHTVM_IO_NETWORK_BATCH_H
#define LIGHTVM_IO_NETWORK_BATCH_H

#include "network.h"
#include "network_offload.h"

#define BATCH_FRAMES 256

/* A frame on its way. Its head, or all of it, lies in memory of ours: info.bytes. */
struct frame {
	struct adapter *from; /* NULL: the host */
	struct frame_info info;
	struct offload offload;
	uint32_t at_hand; /* bytes of it at info.bytes */
	uint32_t domid;
	uint8_t slot_count;
	const struct net_tx_slot *slots; /* what follows, in pages of domid */
	/* It was made of several: what follows the headers of the next one comes next. */
	struct frame *more;
	uint16_t skip; /* of such a one: bytes of headers, which are not sent */
};

/* NULL: there is no memory. */
struct batch *batch_make(struct networks *networks);
void batch_free(struct batch *batch);

/* Takes frames out of the adapter's transmit ring, as many as its share and the batch allow. */
void batch_gather(struct batch *batch, struct adapter *adapter);
bool batch_is_full(const struct batch *batch);
/* Moves all frames that were gathered, answers them, and tells everybody. */
void batch_run(struct batch *batch);

/* Reads frames of a TAP, which `take` is to deliver, and moves them. The TAP may be lost then. */
enum tap_result batch_read(struct batch *batch, struct network_tap *tap, void *owner,
                           void (*take)(struct batch *batch, void *owner, const struct frame *frame));

/* loop_time: the clock is read if somebody wants to know. */
uint64_t batch_now(const struct batch *batch);
/* network_rate_open, by that time. */
bool batch_rate_open(const struct batch *batch, struct network_rate *rate);

/* Within a batch: a guest is to get a frame; or the host, behind this TAP, is. */
void batch_deliver(struct batch *batch, struct adapter *to, const struct frame *frame);
void batch_deliver_host(struct batch *batch, struct network_tap *tap, const struct frame *frame);
/* The same for a frame of our own making, of one page at most; it may overtake others. */
void batch_answer(struct batch *batch, struct adapter *to, const uint8_t *bytes, size_t size);
/* The same, outside of a batch. */
void batch_deliver_own(struct batch *batch, struct adapter *to, const uint8_t *bytes, size_t size);

#endif

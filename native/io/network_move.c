/* SPDX-License-Identifier: MIT */
/* Frames to receivers that take them as they are, that want something done to them, and to the host. */
#include "network_move.h"

#include <string.h>

#define SMALL_FRAME 2048 /* two of them share a page of ours, and none lies in two */

uint8_t *arena_take(struct arena *arena, size_t size)
{
	size_t room =
	    size <= SMALL_FRAME ? SMALL_FRAME : (size + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE * NET_PAGE_SIZE;
	size_t start = arena->used;

	if (room > SMALL_FRAME)
		start = (start + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE * NET_PAGE_SIZE;
	if (start + room > arena->size)
		return NULL;
	arena->used = start + room;
	return arena->bytes + start;
}

static bool takes_checksum(const struct adapter *to, const struct frame *frame)
{
	uint32_t feature = frame->info.kind == FRAME_IPV6 ? NOXS_NET_CHECKSUM_IPV6 : NOXS_NET_CHECKSUM_IPV4;

	return !frame->offload.checksum_blank || (to->features & feature) != 0;
}

static bool takes_segments(const struct adapter *to, const struct frame *frame)
{
	uint32_t feature = frame->offload.ipv6 ? NOXS_NET_GSO_TCPV6 : NOXS_NET_GSO_TCPV4;

	return frame->offload.segment == 0 || (to->features & feature) != 0;
}

static bool takes_size(const struct adapter *to, size_t size)
{
	return size <= NET_PAGE_SIZE || (to->features & NOXS_NET_SG) != 0;
}

static bool takes_as_it_is(const struct adapter *to, const struct frame *frame)
{
	return takes_checksum(to, frame) && takes_segments(to, frame) && takes_size(to, frame->info.size);
}

/* The room is made first: what was taken here is not to be taken back before it is delivered. */
uint8_t *batch_scratch(struct batch *batch, size_t size)
{
	uint8_t *bytes;

	batch_reserve(batch, (uint32_t)(size / NET_PAGE_SIZE) + 2);
	bytes = arena_take(&batch->segments, size);
	if (bytes != NULL)
		return bytes;
	batch_settle(batch);
	return arena_take(&batch->segments, size);
}

/* Does to a frame in our memory what the receiver will not do itself. */
static void deliver_made(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	struct frame made = *frame;
	size_t size = frame->offload.segment == 0
	                  ? frame->info.size
	                  : offload_headers(&frame->info, &frame->offload) + frame->offload.segment;

	if (size == 0 || !takes_size(to, size) ||
	    (frame->offload.segment != 0 && frame->offload.segment < OFFLOAD_SEGMENT_MIN)) {
		to->counters.dropped_other++;
		return;
	}
	made.offload = (struct offload){.validated = true};
	for (uint32_t number = 0;; number++) {
		uint8_t *bytes = batch_scratch(batch, size);

		if (bytes == NULL)
			break;
		made.info.bytes = bytes;
		if (frame->offload.segment == 0) {
			memcpy(bytes, frame->info.bytes, size);
			offload_finish(&made.info, bytes);
		} else {
			made.info.size = offload_segment(&frame->info, &frame->offload, number, bytes);
			made.info.end = made.info.size;
			if (made.info.size == 0)
				break;
		}
		made.info.held = made.info.size < FRAME_HEAD ? made.info.size : FRAME_HEAD;
		made.at_hand = (uint32_t)made.info.size;
		batch_deliver_whole(batch, to, &made);
		if (frame->offload.segment == 0)
			break;
	}
}

static bool is_at_hand(const struct frame *frame)
{
	return frame->slot_count == 0 && frame->more == NULL;
}

/* Has the rest of a frame copied into memory of ours, for an adapter or for the host. */
static void fetch_frame(struct batch *batch, struct adapter *to, struct network_tap *tap,
                        const struct frame *frame)
{
	uint8_t *bytes = NULL;
	struct fetch *fetch;
	size_t at = 0;

	if (batch->fetch_count < BATCH_FETCHES && batch->copy_count + batch_copies_for(frame) <= BATCH_COPIES)
		bytes = arena_take(&batch->frames, frame->info.size);
	if (bytes == NULL) {
		batch_flush(batch);
		bytes = arena_take(&batch->frames, frame->info.size);
	}
	if (bytes == NULL)
		return;
	fetch = &batch->fetches[batch->fetch_count++];
	*fetch = (struct fetch){.frame = *frame, .to = to, .tap = tap};
	for (const struct frame *part = frame; part != NULL; part = part->more) {
		memcpy(bytes + at, part->info.bytes + part->skip, part->at_hand - part->skip);
		at += part->at_hand - part->skip;
		for (uint32_t i = 0; i < part->slot_count; i++) {
			const struct net_tx_slot *slot = &part->slots[i];

			if (slot->size == 0)
				continue;
			xen_copy_from(batch_copy(batch, &fetch->failed), part->domid, slot->reference,
			              slot->offset, bytes + at, slot->size);
			at += slot->size;
		}
	}
	fetch->frame.info.bytes = bytes;
	fetch->frame.at_hand = (uint32_t)frame->info.size;
	fetch->frame.slot_count = 0;
	fetch->frame.more = NULL;
	if (to != NULL)
		to->fetching = true;
}

void batch_deliver(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	bool as_it_is = takes_as_it_is(to, frame);
	bool fetched = !is_at_hand(frame);

	if (!adapter_is_up(to) && !adapter_is_awaited(to, batch_now(batch)))
		return;
	if (!batch_rate_open(batch, &to->receive_rate)) {
		to->counters.dropped_rate++;
		return;
	}
	network_rate_take(&to->receive_rate, frame->info.size);
	if (as_it_is && fetched)
		fetched = to->parked != NULL || !batch_has_room(batch, to, frame);
	/* No frame overtakes another. */
	if (to->fetching && !fetched)
		batch_flush(batch);
	if (fetched)
		fetch_frame(batch, to, NULL, frame);
	else if (as_it_is)
		batch_deliver_whole(batch, to, frame);
	else
		deliver_made(batch, to, frame);
}

static void write_host(struct network_tap *tap, const struct frame *frame)
{
	enum tap_result result = tap_write(tap, &frame->info, &frame->offload);

	if (result != TAP_DONE && frame->from != NULL)
		frame->from->counters.dropped_other++;
}

void batch_deliver_host(struct batch *batch, struct network_tap *tap, const struct frame *frame)
{
	batch->told_host = true;
	if (is_at_hand(frame) && batch->fetch_count == 0)
		write_host(tap, frame);
	else
		fetch_frame(batch, NULL, tap, frame);
}

/* Within this no frame is fetched: those that have been are whole. */
void batch_flush(struct batch *batch)
{
	batch_settle(batch);
	for (uint32_t i = 0; i < batch->fetch_count; i++) {
		struct fetch *fetch = &batch->fetches[i];

		if (fetch->to != NULL)
			fetch->to->fetching = false;
		if (fetch->failed) {
			fetch->frame.from->counters.errors++;
			continue;
		}
		if (fetch->to != NULL && takes_as_it_is(fetch->to, &fetch->frame))
			batch_deliver_whole(batch, fetch->to, &fetch->frame);
		else if (fetch->to != NULL)
			deliver_made(batch, fetch->to, &fetch->frame);
		else
			write_host(fetch->tap, &fetch->frame);
	}
	batch_settle(batch);
	batch->fetch_count = 0;
	batch->frames.used = 0;
}

/* SPDX-License-Identifier: MIT */
#include "network_move.h"

#include <string.h>

#include "guest.h"

enum {
	SMALL_FRAME = 2048, /* two of them share a page of ours, and none lies in two */
};

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

struct xen_copy *batch_copy(struct batch *batch, bool *failed)
{
	batch->failed[batch->copy_count] = failed;
	return &batch->copies[batch->copy_count++];
}

void batch_copy_all(struct batch *batch)
{
	uint32_t count = batch->copy_count;
	int result = 0;

	batch->copy_count = 0;
	if (count > 0)
		result = xen_copy(&batch->networks->server->xen, batch->copies, count);
	for (uint32_t i = 0; result != 0 && i < count; i++) {
		if (xen_copy_failed(&batch->copies[i]))
			*batch->failed[i] = true;
	}
}

void batch_activate(struct batch *batch, struct adapter *adapter)
{
	if (adapter->active)
		return;
	adapter->active = true;
	adapter->active_next = batch->active;
	batch->active = adapter;
}

static void touch(struct batch *batch, struct adapter *adapter)
{
	if (adapter->touched)
		return;
	adapter->touched = true;
	adapter->touched_next = batch->touched;
	batch->touched = adapter;
	batch_activate(batch, adapter);
}

static uint32_t page_count(uint32_t size)
{
	return (size + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE;
}

static uint16_t first_flags(const struct delivery *delivery)
{
	uint16_t flags = 0;

	if (delivery->offload.checksum_blank)
		flags = NETRXF_csum_blank | NETRXF_data_validated;
	else if (delivery->offload.validated)
		flags = NETRXF_data_validated;
	if (delivery->offload.segment != 0)
		flags |= NETRXF_extra_info;
	return flags;
}

/* A frame that was not copied gives its buffers back to the guest, each with an error. */
static void answer(const struct delivery *delivery)
{
	struct net_rx *rx = &delivery->to->rx;
	uint32_t index = delivery->index;
	uint32_t pages = page_count(delivery->size);
	struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO};

	for (uint32_t page = 0; page < pages; page++) {
		uint32_t left = delivery->size - page * NET_PAGE_SIZE;
		uint16_t flags = page == 0 ? first_flags(delivery) : 0;

		if (page + 1 < pages)
			flags |= NETRXF_more_data;
		if (delivery->failed)
			net_rx_answer(rx, index++, 0, NETIF_RSP_ERROR);
		else
			net_rx_answer(rx, index++, flags,
			              (int16_t)(left < NET_PAGE_SIZE ? left : NET_PAGE_SIZE));
		if (page > 0 || delivery->offload.segment == 0)
			continue;
		extra.u.gso.size = delivery->offload.segment;
		extra.u.gso.type =
		    delivery->offload.ipv6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
		if (delivery->failed)
			net_rx_answer(rx, index++, 0, NETIF_RSP_ERROR);
		else
			net_rx_extra(rx, index++, extra);
	}
}

static void count_delivery(const struct delivery *delivery)
{
	struct network_counters *counters = &delivery->to->counters;

	if (delivery->failed) {
		counters->errors++;
		return;
	}
	counters->received_frames++;
	counters->received_bytes += delivery->size;
}

void batch_settle(struct batch *batch)
{
	struct adapter *next;

	batch_copy_all(batch);
	for (struct adapter *adapter = batch->touched; adapter != NULL; adapter = adapter->touched_next)
		net_rx_begin(&adapter->rx);
	for (uint32_t i = 0; i < batch->delivery_count; i++) {
		answer(&batch->deliveries[i]);
		count_delivery(&batch->deliveries[i]);
	}
	for (struct adapter *adapter = batch->touched; adapter != NULL; adapter = next) {
		next = adapter->touched_next;
		adapter->touched = false;
		if (net_rx_end(&adapter->rx))
			adapter->notify_rx = true;
	}
	batch->touched = NULL;
	batch->delivery_count = 0;
	batch->segments.used = 0;
}

/* Where the next bytes of a frame go. */
struct target {
	struct batch *batch;
	struct delivery *delivery;
	const uint32_t *references; /* of the pages */
	uint32_t at;
};

/* The next bytes, from memory of ours or (NULL) from a page of a guest. */
static void put(struct target *target, const uint8_t *memory, uint32_t domid, struct net_tx_slot slot,
                uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		uint32_t offset = target->at % NET_PAGE_SIZE;
		uint32_t reference = target->references[target->at / NET_PAGE_SIZE];
		uint32_t part = NET_PAGE_SIZE - offset < size - done ? NET_PAGE_SIZE - offset : size - done;
		struct xen_copy *copy = batch_copy(target->batch, &target->delivery->failed);
		uint32_t domid_to = target->delivery->to->device.guest->domid;

		if (memory != NULL)
			xen_copy_to(copy, domid_to, reference, (uint16_t)offset, memory + done,
			            (uint16_t)part);
		else
			xen_copy_between(copy, domid, slot.reference, (uint16_t)(slot.offset + done),
			                 domid_to, reference, (uint16_t)offset, (uint16_t)part);
		target->at += part;
		done += part;
	}
}

/* Copies that a frame can need at most: of each of its parts one, and one more for each end of a page. */
static uint32_t copies_of(const struct frame *frame)
{
	uint32_t count = page_count((uint32_t)frame->info.size);

	for (const struct frame *part = frame; part != NULL; part = part->more)
		count += 1U + part->slot_count;
	return count;
}

/* Room for one more delivery. */
static void reserve(struct batch *batch, uint32_t copies)
{
	if (batch->copy_count + copies > BATCH_COPIES || batch->delivery_count == BATCH_DELIVERIES)
		batch_settle(batch);
}

/* As it is: the receiver takes it so. */
static void deliver_whole(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	static const struct net_tx_slot none;
	uint32_t references[TAP_FRAME_MAX / NET_PAGE_SIZE + 1];
	uint32_t size = (uint32_t)frame->info.size;
	uint32_t pages = page_count(size);
	uint32_t extras = frame->offload.segment != 0 ? 1 : 0;
	struct target target = {.batch = batch, .references = references};
	struct delivery *delivery;
	uint32_t room = net_rx_room(&to->rx);

	if (!adapter_is_up(to))
		return;
	if (room > NET_RING_SIZE) {
		to->broken = "more receive requests than the ring holds";
		batch_activate(batch, to);
		return;
	}
	if (room < pages + extras) {
		to->counters.dropped_no_buffer++;
		return;
	}
	reserve(batch, copies_of(frame));
	touch(batch, to);
	delivery = &batch->deliveries[batch->delivery_count++];
	*delivery = (struct delivery){
	    .to = to,
	    .index = to->rx.consumed,
	    .size = size,
	    .offload = frame->offload,
	};
	for (uint32_t page = 0; page < pages; page++) {
		references[page] = net_rx_take(&to->rx);
		if (page == 0 && extras != 0)
			(void)net_rx_take(&to->rx);
	}
	target.delivery = delivery;
	for (const struct frame *part = frame; part != NULL; part = part->more) {
		put(&target, part->info.bytes + part->skip, 0, none, part->at_hand - part->skip);
		for (uint32_t i = 0; i < part->slot_count; i++)
			put(&target, NULL, part->domid, part->slots[i], part->slots[i].size);
	}
	network_rate_take(&to->receive_rate, size);
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

/* The room is made first: what was taken here is not to be taken back before it is delivered. */
uint8_t *batch_scratch(struct batch *batch, size_t size)
{
	uint8_t *bytes;

	reserve(batch, page_count((uint32_t)size) + 1);
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
		deliver_whole(batch, to, &made);
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

	if (batch->fetch_count < BATCH_FETCHES && batch->copy_count + copies_of(frame) <= BATCH_COPIES)
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
	bool as_it_is =
	    takes_checksum(to, frame) && takes_segments(to, frame) && takes_size(to, frame->info.size);

	if (!adapter_is_up(to))
		return;
	if (!network_rate_open(&to->receive_rate, batch->now_ns)) {
		to->counters.dropped_rate++;
		return;
	}
	/* No frame overtakes another. */
	if (to->fetching && (as_it_is || is_at_hand(frame)))
		batch_flush(batch);
	if (as_it_is)
		deliver_whole(batch, to, frame);
	else if (is_at_hand(frame))
		deliver_made(batch, to, frame);
	else
		fetch_frame(batch, to, NULL, frame);
}

static void write_host(struct network_tap *tap, const struct frame *frame)
{
	enum tap_result result = tap_write(tap, &frame->info, &frame->offload);

	if (result != TAP_DONE && frame->from != NULL)
		frame->from->counters.dropped_other++;
}

void batch_deliver_host(struct batch *batch, struct network_tap *tap, const struct frame *frame)
{
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
		if (fetch->to != NULL)
			deliver_made(batch, fetch->to, &fetch->frame);
		else
			write_host(fetch->tap, &fetch->frame);
	}
	batch_settle(batch);
	batch->fetch_count = 0;
	batch->frames.used = 0;
}

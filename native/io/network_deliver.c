/* SPDX-License-Identifier: MIT */
/* Frames into the receive rings of guests. */
#include <string.h>

#include "guest.h"
#include "network_move.h"
#include "network_park.h"

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

uint32_t batch_copies_for(const struct frame *frame)
{
	uint32_t count = page_count((uint32_t)frame->info.size);

	for (const struct frame *part = frame; part != NULL; part = part->more)
		count += 1U + part->slot_count;
	return count;
}

void batch_reserve(struct batch *batch, uint32_t copies)
{
	if (batch->copy_count + copies > BATCH_COPIES || batch->delivery_count == BATCH_DELIVERIES)
		batch_settle(batch);
}

uint32_t batch_requests_for(const struct frame *frame)
{
	return page_count((uint32_t)frame->info.size) + (frame->offload.segment != 0 ? 1 : 0);
}

bool batch_has_room(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	uint32_t room;

	if (!adapter_is_up(to))
		return false;
	room = net_rx_room(&to->rx);
	if (room > NET_RING_SIZE) {
		to->broken = "more receive requests than the ring holds";
		batch_activate(batch, to);
		return false;
	}
	return room >= batch_requests_for(frame);
}

/* Keeps a frame till there is room for it. */
static void wait_for_room(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	bool first = to->parked == NULL;

	if (!park_put(batch->networks->park, to, frame)) {
		to->counters.dropped_no_buffer++;
		return;
	}
	/* That the guest is to say when there is, it is asked at the end of the batch. */
	batch_activate(batch, to);
	if (first)
		(void)loop_set_timer(&batch->networks->server->loop, &to->parked_timer,
		                     batch_now(batch) + batch->networks->patience_ns);
}

/* For which there is room. */
static void deliver_now(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	static const struct net_tx_slot none;
	uint32_t references[TAP_FRAME_MAX / NET_PAGE_SIZE + 1];
	uint32_t size = (uint32_t)frame->info.size;
	uint32_t pages = page_count(size);
	uint32_t extras = frame->offload.segment != 0 ? 1 : 0;
	struct target target = {.batch = batch, .references = references};
	struct delivery *delivery;

	batch_reserve(batch, batch_copies_for(frame));
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
}

/* Their pages are not used again before they have been copied: they are forgotten after that. */
void batch_release(struct batch *batch, struct adapter *adapter)
{
	struct park *park = batch->networks->park;
	struct frame frames[PARK_PARTS];
	uint32_t count = 0;

	if (adapter->parked == NULL)
		return;
	for (struct parked *parked = adapter->parked; parked != NULL; parked = park_next(parked)) {
		park_get(park, parked, frames);
		if (!adapter_is_up(adapter) || !batch_has_room(batch, adapter, frames))
			break;
		deliver_now(batch, adapter, frames);
		count++;
	}
	if (count == 0)
		return;
	batch_settle(batch);
	for (; count > 0; count--)
		park_drop(park, adapter);
	loop_cancel(&batch->networks->server->loop, &adapter->parked_timer);
	if (adapter->parked != NULL)
		(void)loop_set_timer(&batch->networks->server->loop, &adapter->parked_timer,
		                     batch_now(batch) + batch->networks->patience_ns);
}

static bool is_in_memory(const struct frame *frame)
{
	while (frame != NULL && frame->slot_count == 0)
		frame = frame->more;
	return frame == NULL;
}

void batch_deliver_whole(struct batch *batch, struct adapter *to, const struct frame *frame)
{
	if (!adapter_is_up(to) && !adapter_is_awaited(to, batch_now(batch)))
		return;
	/* None overtakes those that wait. */
	if (to->parked == NULL && batch_has_room(batch, to, frame))
		deliver_now(batch, to, frame);
	else if (to->broken == NULL && is_in_memory(frame))
		wait_for_room(batch, to, frame);
	else if (to->broken == NULL)
		/* There was room when it was asked for first: a guest that takes it back. */
		to->counters.dropped_no_buffer++;
}

void batch_answer(struct batch *batch, struct adapter *to, const uint8_t *bytes, size_t size)
{
	struct frame frame = {.offload.validated = true, .at_hand = (uint32_t)size};
	uint8_t *copy = batch_scratch(batch, size);

	if (copy == NULL)
		return;
	memcpy(copy, bytes, size);
	frame_parse(copy, size, size, &frame.info);
	batch_deliver_whole(batch, to, &frame);
}

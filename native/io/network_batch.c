/* SPDX-License-Identifier: MIT */
#include "network_batch.h"

#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "network_merge.h"
#include "network_move.h"
#include "network_park.h"
#include "network_switch.h"

#define FEW_FRAMES     8
#define ANSWER_WAIT_NS 2000000ULL
#define SINGLES        4 /* frames that came alone, till the next one is expected to */
#define CLOSE_NS       300000ULL
#define HEADS_SIZE     ((size_t)BATCH_FRAMES * FRAME_HEAD)

/* Zeroed, page-aligned, and taken from the system page by page as it is used. */
static void *take_pages(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

struct batch *batch_make(struct networks *networks)
{
	const size_t arenas = HEADS_SIZE + BATCH_FRAMES_ARENA + BATCH_SEGMENTS_ARENA;
	struct batch *batch = take_pages(sizeof(*batch));
	uint8_t *memory = take_pages(arenas);

	if (batch == NULL || memory == NULL) {
		if (batch != NULL)
			munmap(batch, sizeof(*batch));
		if (memory != NULL)
			munmap(memory, arenas);
		return NULL;
	}
	batch->networks = networks;
	batch->heads = memory;
	batch->frames = (struct arena){.bytes = memory + HEADS_SIZE, .size = BATCH_FRAMES_ARENA};
	batch->segments =
	    (struct arena){.bytes = memory + HEADS_SIZE + BATCH_FRAMES_ARENA, .size = BATCH_SEGMENTS_ARENA};
	return batch;
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	munmap(batch->heads, HEADS_SIZE + BATCH_FRAMES_ARENA + BATCH_SEGMENTS_ARENA);
	munmap(batch, sizeof(*batch));
}

uint64_t batch_now(const struct batch *batch)
{
	return loop_time(&batch->networks->server->loop);
}

bool batch_rate_open(const struct batch *batch, struct network_rate *rate)
{
	return rate->rate == 0 || network_rate_open(rate, batch_now(batch));
}

bool batch_is_full(const struct batch *batch)
{
	return batch->frame_count == BATCH_FRAMES;
}

/* Asks for the head of a frame, and leaves in its slots what follows. A frame has few parts there, unless it
 * is odd. */
static void fetch_head(struct batch *batch, struct gathered *gathered, uint8_t *head)
{
	struct net_tx_frame *sent = &gathered->sent;
	uint32_t domid = gathered->frame.from->device.guest->domid;
	uint32_t wanted = sent->size < FRAME_HEAD ? sent->size : FRAME_HEAD;
	uint32_t have = 0;
	uint8_t begin = 0;

	while (have < wanted) {
		struct net_tx_slot *slot = &sent->slots[begin];
		uint32_t part = slot->size < wanted - have ? slot->size : wanted - have;

		if (part > 0) {
			if (batch->copy_count == BATCH_COPIES)
				batch_copy_all(batch);
			xen_copy_from(batch_copy(batch, &gathered->failed), domid, slot->reference,
			              slot->offset, head + have, (uint16_t)part);
		}
		have += part;
		slot->offset = (uint16_t)(slot->offset + part);
		slot->size = (uint16_t)(slot->size - part);
		if (slot->size == 0)
			begin++;
	}
	gathered->frame.info.held = wanted;
	gathered->frame.at_hand = wanted;
	gathered->frame.domid = domid;
	gathered->frame.slots = &sent->slots[begin];
	gathered->frame.slot_count = sent->size > wanted ? (uint8_t)(sent->slot_count - begin) : 0;
}

static struct offload claims(const struct net_tx_frame *sent)
{
	return (struct offload){
	    .checksum_blank = (sent->flags & NETTXF_csum_blank) != 0 || sent->gso_size != 0,
	    .validated = (sent->flags & NETTXF_data_validated) != 0,
	    .segment = sent->gso_size,
	    .ipv6 = sent->gso_type == XEN_NETIF_GSO_TYPE_TCPV6,
	};
}

/* Its rate does not let it send: it is looked at again when it does. Nothing is lost, it waits in the ring.
 */
static bool throttle(struct batch *batch, struct adapter *adapter)
{
	if (batch_rate_open(batch, &adapter->send_rate))
		return false;
	(void)loop_set_timer(&batch->networks->server->loop, &adapter->send_timer,
	                     network_rate_next(&adapter->send_rate));
	return true;
}

void batch_gather(struct batch *batch, struct adapter *adapter)
{
	enum net_ring_result result = NET_RING_TAKEN;

	adapter->first_frame = batch->frame_count;
	adapter->frame_count = 0;
	batch_activate(batch, adapter);
	batch_release(batch, adapter);
	while (!batch_is_full(batch) && adapter->frame_count < NETWORK_TURN_FRAMES) {
		struct gathered *gathered = &batch->gathered[batch->frame_count];
		const char *why;

		if (throttle(batch, adapter))
			break;
		result = net_tx_take(&adapter->tx, &gathered->sent, &why);
		if (result == NET_RING_BROKEN)
			adapter->broken = why;
		if (result != NET_RING_TAKEN)
			break;
		network_rate_take(&adapter->send_rate, gathered->sent.size);
		gathered->frame = (struct frame){.from = adapter, .offload = claims(&gathered->sent)};
		gathered->failed = gathered->sent.size < NET_TX_SIZE_MIN;
		if (!gathered->failed)
			fetch_head(batch, gathered, batch->heads + (size_t)batch->frame_count * FRAME_HEAD);
		adapter->frame_count++;
		batch->frame_count++;
	}
	adapter->gathered = true;
}

/*
 * The guest wants to be told that its frames are answered. A few small ones (acknowledgements, answers to
 * pings) keep no sender waiting: it finds them answered when it sends the next one, and is woken for them
 * only if it sends none. One that finds its ring full sends none either.
 */
static void tell_answered(struct batch *batch, struct adapter *adapter, bool small)
{
	bool later = small && adapter->frame_count < FEW_FRAMES;

	if (later)
		later = loop_set_timer(&batch->networks->server->loop, &adapter->answer_timer,
		                       batch_now(batch) + ANSWER_WAIT_NS) == 0;
	adapter->notify_tx = !later;
}

static void answer(struct batch *batch, struct adapter *adapter)
{
	bool small = true;

	if (adapter->frame_count == 0)
		return;
	net_tx_begin(&adapter->tx);
	for (uint32_t i = 0; i < adapter->frame_count; i++) {
		const struct gathered *gathered = &batch->gathered[adapter->first_frame + i];

		small = small && gathered->sent.size <= FRAME_HEAD;
		net_tx_answer(&adapter->tx, &gathered->sent,
		              gathered->failed ? NETIF_RSP_ERROR : NETIF_RSP_OKAY);
	}
	if (net_tx_end(&adapter->tx))
		tell_answered(batch, adapter, small);
}

static void notify(struct batch *batch, struct adapter *adapter)
{
	struct xen *xen = &batch->networks->server->xen;
	bool same = adapter->tx_port == adapter->rx_port;

	if (adapter->notify_tx || (adapter->notify_rx && same)) {
		loop_cancel(&batch->networks->server->loop, &adapter->answer_timer);
		xen_notify(xen, adapter->tx_port);
	}
	if (adapter->notify_rx && !same)
		xen_notify(xen, adapter->rx_port);
}

/* Frames wait for the guest to post room: it is to say so. True: there is some already. */
static bool awaits_room(struct adapter *adapter)
{
	struct frame frames[PARK_PARTS];

	if (adapter->parked == NULL)
		return false;
	park_get(adapter->networks->park, adapter->parked, frames);
	return net_rx_wait(&adapter->rx, batch_requests_for(frames));
}

/*
 * All is moved, and the guests are told. Where a guest shares a CPU with us, it runs now, and what it says to
 * that is in its ring by the time that we go on: so first all are told, and then the rings are looked at once
 * more. Till then no guest need send an event.
 */
static void tell(struct batch *batch)
{
	for (struct adapter *adapter = batch->active; adapter != NULL; adapter = adapter->active_next) {
		if (!adapter->notify_tx && !adapter->notify_rx)
			continue;
		if (adapter_is_up(adapter))
			net_tx_ignore(&adapter->tx);
		notify(batch, adapter);
		adapter->notify_tx = false;
		adapter->notify_rx = false;
	}
}

/* Those that are not done, or have begun anew, go on in the next round; those that misbehaved are out. */
static void finish(struct batch *batch)
{
	struct networks *networks = batch->networks;
	bool looks = !batch->told_host;
	struct adapter *adapter;

	tell(batch);
	/* To look at guests' memory would keep the host's own programs from answering, where they share a CPU with us. */
	if (!looks)
		(void)networks->lookout.rest(&networks->lookout);
	batch->told_host = false;
	adapter = batch->active;
	batch->active = NULL;
	while (adapter != NULL) {
		struct adapter *next = adapter->active_next;
		const char *broken = adapter->broken;
		bool waits = adapter_is_up(adapter) && adapter->send_timer.heap_place == 0;

		adapter->active = false;
		adapter->gathered = false;
		if ((waits && net_tx_has(&adapter->tx)) || (adapter_is_up(adapter) && awaits_room(adapter)))
			network_queue(adapter);
		else if (waits)
			network_await(adapter, looks);
		if (!waits)
			network_forget(adapter);
		if (broken != NULL && adapter->device.connected)
			device_fault(&adapter->device, "%s", broken);
		adapter->broken = NULL;
		adapter = next;
	}
}

/* Checks the frames, makes larger ones of those that follow upon each other, and sends them on. */
static void send_gathered(struct batch *batch)
{
	struct merge merge = {0};
	struct frame *whole;

	for (uint32_t i = 0; i < batch->frame_count; i++) {
		struct gathered *gathered = &batch->gathered[i];
		struct frame *frame = &gathered->frame;
		uint8_t *head = batch->heads + (size_t)i * FRAME_HEAD;

		if (gathered->failed) {
			frame->from->counters.errors++;
			continue;
		}
		frame_parse(head, frame->info.held, gathered->sent.size, &frame->info);
		if (!switch_admit(frame, head) || merge_add(&merge, frame))
			continue;
		whole = merge_end(&merge);
		if (whole != NULL)
			switch_frame(batch, whole);
		merge_begin(&merge, frame, head, merge_is_segment(frame) ? switch_limit(frame) : 0);
	}
	whole = merge_end(&merge);
	if (whole != NULL)
		switch_frame(batch, whole);
}

void batch_run(struct batch *batch)
{
	batch_copy_all(batch);
	send_gathered(batch);
	batch_flush(batch);
	for (struct adapter *adapter = batch->active; adapter != NULL; adapter = adapter->active_next) {
		if (adapter->gathered)
			answer(batch, adapter);
	}
	batch->frame_count = 0;
	finish(batch);
}

/*
 * How many frames to read at most. Where they come one by one, no more than one: to find that there is no
 * other costs as much as the waiting for it, which has to be done anyway.
 */
static uint32_t tap_share(struct network_tap *tap, uint64_t now_ns)
{
	if (tap->read != 1 || now_ns - tap->read_ns < CLOSE_NS)
		tap->singles = 0;
	else if (tap->singles < SINGLES)
		tap->singles++;
	tap->read = 0;
	tap->read_ns = now_ns;
	return tap->singles == SINGLES ? 1 : NETWORK_TURN_FRAMES;
}

enum tap_result batch_read(struct batch *batch, struct network_tap *tap, void *owner,
                           void (*take)(struct batch *batch, void *owner, const struct frame *frame))
{
	enum tap_result result = TAP_DONE;

	for (uint32_t i = 0, most = tap_share(tap, batch_now(batch)); i < most; i++) {
		struct frame frame = {0};
		size_t size;
		uint8_t *bytes = arena_take(&batch->frames, TAP_FRAME_MAX);

		if (bytes == NULL)
			break;
		result = tap_read(tap, bytes, &size, &frame.offload);
		/* What it does not fill is there for the next one; frames begin with a page, so that parts do
		 * too. */
		batch->frames.used = (size_t)(bytes - batch->frames.bytes) +
		                     (size + NET_PAGE_SIZE - 1) / NET_PAGE_SIZE * NET_PAGE_SIZE;
		if (result != TAP_DONE)
			break;
		tap->read++;
		if (size == 0)
			continue;
		frame.at_hand = (uint32_t)size;
		frame_parse(bytes, size < FRAME_HEAD ? size : FRAME_HEAD, size, &frame.info);
		take(batch, owner, &frame);
	}
	batch_settle(batch);
	batch->frames.used = 0;
	finish(batch);
	return result;
}

void batch_deliver_own(struct batch *batch, struct adapter *to, const uint8_t *bytes, size_t size)
{
	batch_answer(batch, to, bytes, size);
	batch_settle(batch);
	finish(batch);
}

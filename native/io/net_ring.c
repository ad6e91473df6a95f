/* SPDX-License-Identifier: MIT */
#include "net_ring.h"

#include <string.h>

/* Tests die before each store that the guest or the next process can see. */
#ifdef NET_RING_STEP
void NET_RING_STEP(void);
#else
#define NET_RING_STEP() (void)0
#endif

#define EXTRA_BITS                                                                                           \
	0xffffU /* of its first word: type and flags. What is above holds the response's status              \
	         */

static void store(uint32_t *word, uint32_t value)
{
	NET_RING_STEP();
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Up to where slots may hold responses that were not published: `from`, if none do. */
static uint32_t answered_to(const struct net_ring_head *head, uint32_t from)
{
	uint32_t to = load(&head->answering);

	return to - from <= NET_RING_SIZE ? to : from;
}

static void begin(struct net_ring_head *head, uint32_t consumed)
{
	store(&head->answering, consumed);
}

/* Publishes the responses. Whether the guest asked for an event within what is new. */
static bool end(struct net_ring_head *head, uint32_t consumed)
{
	uint32_t before = load(&head->rsp_prod);

	store(&head->rsp_prod, consumed);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return consumed - load(&head->rsp_event) < consumed - before;
}

/* Asks for an event with the request `count` after those that are consumed. Whether it is there already. */
static bool wait(struct net_ring_head *head, uint32_t consumed, uint32_t count)
{
	store(&head->req_event, consumed + count);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load(&head->req_prod) - consumed >= count;
}

static uint32_t *tx_slot(const struct net_tx *tx, uint32_t index)
{
	return tx->page->slots[index % NET_RING_SIZE];
}

static void copy_slot(const struct net_tx *tx, uint32_t index, uint32_t words[NET_TX_WORDS])
{
	const uint32_t *slot = tx_slot(tx, index);

	for (size_t i = 0; i < NET_TX_WORDS; i++)
		words[i] = __atomic_load_n(&slot[i], __ATOMIC_RELAXED);
}

static struct netif_tx_request copy_request(const struct net_tx *tx, uint32_t index)
{
	uint32_t words[NET_TX_WORDS];
	struct netif_tx_request request;

	copy_slot(tx, index, words);
	memcpy(&request, words, sizeof(request));
	return request;
}

static struct netif_extra_info copy_extra(const struct net_tx *tx, uint32_t index)
{
	uint32_t words[NET_TX_WORDS];
	struct netif_extra_info extra;

	copy_slot(tx, index, words);
	memcpy(&extra, words, sizeof(extra));
	return extra;
}

static void answer_request(const struct net_tx *tx, uint32_t index, uint16_t id, int16_t status)
{
	store(tx_slot(tx, index), id | (uint32_t)(uint16_t)status << 16);
}

/* Type and flags stay, so that an answer which a process died in can be finished. */
static void answer_extra(const struct net_tx *tx, uint32_t index)
{
	uint32_t *slot = tx_slot(tx, index);
	uint32_t word = __atomic_load_n(&slot[0], __ATOMIC_RELAXED);

	store(slot, (word & EXTRA_BITS) | (uint32_t)NETIF_RSP_NULL << 16);
}

/*
 * Of a request, a response overwrites the grant reference, of an extra nothing that tells what follows: so
 * those slots can be read once more, and their frames are answered as sent, which they were.
 */
void net_tx_resume(struct net_tx *tx, void *page)
{
	uint32_t from;
	uint32_t to;
	bool extra = false;

	tx->page = page;
	from = load(&tx->page->head.rsp_prod);
	to = answered_to(&tx->page->head, from);
	for (uint32_t index = from; index != to; index++) {
		if (extra) {
			extra = (copy_extra(tx, index).flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
			answer_extra(tx, index);
		} else {
			struct netif_tx_request request = copy_request(tx, index);

			extra = (request.flags & NETTXF_extra_info) != 0;
			answer_request(tx, index, request.id, NETIF_RSP_OKAY);
		}
	}
	if (to != from)
		(void)end(&tx->page->head, to);
	tx->consumed = to;
	tx->answered = to;
	tx->produced = to;
}

/* One extra. False: no such thing is in the protocol. */
static bool take_extra(struct net_tx_frame *frame, const struct netif_extra_info *extra, const char **why)
{
	bool good = false;

	switch (extra->type) {
	case XEN_NETIF_EXTRA_TYPE_GSO:
		*why = "a segment size of nothing, or of no protocol";
		if (extra->u.gso.size == 0 || (extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
		                               extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6))
			break;
		frame->gso_size = extra->u.gso.size;
		frame->gso_type = extra->u.gso.type;
		good = true;
		break;
	case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
	case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
		/* It is no frame. We do not offer it, so it is answered with an error. */
		frame->size = 0;
		good = true;
		break;
	case XEN_NETIF_EXTRA_TYPE_HASH:
		good = true;
		break;
	default:
		*why = "an extra of no type";
		break;
	}
	return good;
}

/* The extras that follow the first request. */
static bool take_extras(struct net_tx *tx, uint32_t waiting, struct net_tx_frame *frame, const char **why)
{
	bool more = (frame->flags & NETTXF_extra_info) != 0;
	bool good = true;

	while (good && more) {
		struct netif_extra_info extra;

		*why = "extras without an end";
		good = frame->extra_count < NET_TX_EXTRAS && frame->extra_count + 1U < waiting;
		if (!good)
			break;
		extra = copy_extra(tx, frame->index + 1 + frame->extra_count);
		frame->extra_count++;
		more = (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
		good = take_extra(frame, &extra, why);
	}
	return good;
}

static bool add_slot(struct net_tx_frame *frame, const struct netif_tx_request *request, uint32_t size)
{
	frame->slots[frame->slot_count] = (struct net_tx_slot){
	    .reference = request->gref, .offset = request->offset, .size = (uint16_t)size};
	frame->ids[frame->slot_count] = request->id;
	frame->slot_count++;
	return request->offset + size <= NET_PAGE_SIZE;
}

/* The requests after the first. The first one's size is that of the whole. */
static bool take_rest(struct net_tx *tx, uint32_t waiting, struct net_tx_frame *frame,
                      const struct netif_tx_request *first, const char **why)
{
	uint32_t index = frame->index + 1 + frame->extra_count;
	uint32_t rest = 0;
	bool more = (first->flags & NETTXF_more_data) != 0;
	bool good = true;

	while (good && more) {
		struct netif_tx_request request;

		*why = "a frame of too many parts";
		good = frame->slot_count < NET_TX_SLOTS;
		if (!good)
			break;
		*why = "a frame that is not whole";
		good = index - frame->index < waiting;
		if (!good)
			break;
		request = copy_request(tx, index++);
		more = (request.flags & NETTXF_more_data) != 0;
		rest += request.size;
		*why = "a part that leaves its page";
		good = add_slot(frame, &request, request.size);
	}
	if (good) {
		*why = "parts larger than their frame";
		good = rest <= first->size;
	}
	if (good) {
		*why = "a part that leaves its page";
		frame->slots[0].size = (uint16_t)(first->size - rest);
		good = frame->slots[0].offset + frame->slots[0].size <= (int)NET_PAGE_SIZE;
	}
	return good;
}

enum net_ring_result net_tx_take(struct net_tx *tx, struct net_tx_frame *frame, const char **why)
{
	struct netif_tx_request first;
	uint32_t waiting;
	bool good;

	if (tx->consumed == tx->produced)
		tx->produced = load(&tx->page->head.req_prod);
	waiting = tx->produced - tx->consumed;
	*why = "more requests than the ring holds";
	/* Those that are taken and not answered are in it too: nothing else bounds what a batch has of this guest. */
	if (waiting > NET_RING_SIZE - (tx->consumed - tx->answered))
		return NET_RING_BROKEN;
	if (waiting == 0)
		return NET_RING_EMPTY;
	first = copy_request(tx, tx->consumed);
	frame->index = tx->consumed;
	frame->size = first.size;
	frame->flags = first.flags;
	frame->gso_size = 0;
	frame->gso_type = XEN_NETIF_GSO_TYPE_NONE;
	frame->slot_count = 0;
	frame->extra_count = 0;
	(void)add_slot(frame, &first, 0);
	good = take_extras(tx, waiting, frame, why);
	if (good)
		good = take_rest(tx, waiting, frame, &first, why);
	if (!good)
		return NET_RING_BROKEN;
	tx->consumed += (uint32_t)frame->slot_count + frame->extra_count;
	return NET_RING_TAKEN;
}

void net_tx_begin(struct net_tx *tx)
{
	begin(&tx->page->head, tx->consumed);
}

void net_tx_answer(struct net_tx *tx, const struct net_tx_frame *frame, int16_t status)
{
	uint32_t index = frame->index;

	answer_request(tx, index++, frame->ids[0], status);
	for (uint32_t i = 0; i < frame->extra_count; i++)
		answer_extra(tx, index++);
	for (uint32_t i = 1; i < frame->slot_count; i++)
		answer_request(tx, index++, frame->ids[i], status);
}

bool net_tx_end(struct net_tx *tx)
{
	tx->answered = tx->consumed;
	return end(&tx->page->head, tx->consumed);
}

/* A number that the producer has passed already. */
void net_tx_ignore(struct net_tx *tx)
{
	store(&tx->page->head.req_event, tx->consumed);
}

bool net_tx_has(const struct net_tx *tx)
{
	return load(&tx->page->head.req_prod) != tx->consumed;
}

bool net_tx_wait(struct net_tx *tx)
{
	return wait(&tx->page->head, tx->consumed, 1);
}

static uint64_t rx_load(const struct net_rx *rx, uint32_t index)
{
	return __atomic_load_n(&rx->page->slots[index % NET_RING_SIZE], __ATOMIC_RELAXED);
}

static void rx_store(struct net_rx *rx, uint32_t index, const void *slot)
{
	uint64_t word;

	memcpy(&word, slot, sizeof(word));
	NET_RING_STEP();
	__atomic_store_n(&rx->page->slots[index % NET_RING_SIZE], word, __ATOMIC_RELAXED);
}

/* What lies in the buffers of an answer that was not published, nobody knows: the guest may have them back.
 */
void net_rx_resume(struct net_rx *rx, void *page)
{
	uint32_t from;
	uint32_t to;

	rx->page = page;
	from = load(&rx->page->head.rsp_prod);
	to = answered_to(&rx->page->head, from);
	for (uint32_t index = from; index != to; index++)
		net_rx_answer(rx, index, 0, NETIF_RSP_ERROR);
	if (to != from)
		(void)end(&rx->page->head, to);
	rx->consumed = to;
	rx->produced = to;
}

uint32_t net_rx_room(struct net_rx *rx)
{
	rx->produced = load(&rx->page->head.req_prod);
	return rx->produced - rx->consumed;
}

uint32_t net_rx_take(struct net_rx *rx)
{
	return (uint32_t)(rx_load(rx, rx->consumed++) >> 32);
}

bool net_rx_wait(struct net_rx *rx, uint32_t count)
{
	return wait(&rx->page->head, rx->consumed, count);
}

void net_rx_begin(struct net_rx *rx)
{
	begin(&rx->page->head, rx->consumed);
}

/* The id is still the request's. What the guest may have made of it since concerns nobody else. */
void net_rx_answer(struct net_rx *rx, uint32_t index, uint16_t flags, int16_t status)
{
	struct netif_rx_response response = {
	    .id = (uint16_t)rx_load(rx, index), .flags = flags, .status = status};

	rx_store(rx, index, &response);
}

void net_rx_extra(struct net_rx *rx, uint32_t index, struct netif_extra_info extra)
{
	rx_store(rx, index, &extra);
}

bool net_rx_end(struct net_rx *rx)
{
	return end(&rx->page->head, rx->consumed);
}

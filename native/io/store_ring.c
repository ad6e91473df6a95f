/* SPDX-License-Identifier: MIT */
/*
 * The bytes of the private XenStore's ring. Our own indices lie in the root, never in the ring: what stands
 * there is shown to the guest, and only its two are read. A move is copied first, then entered in the root,
 * then shown; done twice, it is the same.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "report.h"
#include "store_private.h"

#define HEADER ((uint32_t)sizeof(struct xsd_sockmsg))

void store_break(struct store *store, uint32_t error, const char *what)
{
	char text[sizeof(store->guest->fault)];

	store->broken = true;
	store_word(&store->ring->error, error);
	snprintf(text, sizeof(text), "store: %s", what);
	guest_fault(store->guest, text);
}

void store_show_indices(struct store *store)
{
	const struct store_root *root = store_root(&store->file);

	store_word(&store->ring->req_cons, root->consumed);
	store_word(&store->ring->rsp_prod, root->sent);
	/* The guest's indices are looked at next: it must see ours first, or both would wait. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* How many bytes of the request that has begun are yet to come; 0: it is whole. */
static uint32_t wanted(struct store *store, const struct store_root *root)
{
	struct xsd_sockmsg header;

	if (root->input < HEADER)
		return HEADER - root->input;
	memcpy(&header, store_input(&store->file), sizeof(header));
	if (header.len > XENSTORE_PAYLOAD_MAX) {
		store_break(store, XENSTORE_ERROR_PROTO, "a request that is too long");
		return 0;
	}
	return HEADER + header.len - root->input;
}

static void take_bytes(struct store *store, uint32_t count)
{
	struct store_root *root = &store->file.next;
	uint8_t *to = store_input(&store->file) + root->input;
	const char *from = (const char *)store->ring->req;
	uint32_t at = MASK_XENSTORE_IDX(root->consumed);
	uint32_t first = count < XENSTORE_RING_SIZE - at ? count : XENSTORE_RING_SIZE - at;

	/* They mean nothing before they are ours, so it does not matter if the guest changes them meanwhile.
	 */
	store_bytes(to, from + at, first);
	store_bytes(to + first, from, count - first);
}

bool store_receive(struct store *store)
{
	uint32_t count;
	uint32_t waiting;

	store_begin(&store->file);
	count = wanted(store, &store->file.next);
	if (store->broken || count == 0)
		return false;
	waiting = __atomic_load_n(&store->ring->req_prod, __ATOMIC_ACQUIRE) - store->file.next.consumed;
	if (waiting > XENSTORE_RING_SIZE) {
		store_break(store, XENSTORE_ERROR_RINGIDX, "more requests wait than its ring holds");
		return false;
	}
	if (waiting == 0)
		return false;
	if (count > waiting)
		count = waiting;
	take_bytes(store, count);
	store->file.next.consumed += count;
	store->file.next.input += count;
	store_commit(&store->file);
	store_show_indices(store);
	return true;
}

bool store_ready(const struct store *store)
{
	const struct store_root *root = store_root(&store->file);
	uint32_t room = STORE_QUEUE_SIZE - (root->queue_end - root->queue_first);
	struct xsd_sockmsg header;

	if (root->input < HEADER)
		return false;
	memcpy(&header, store_input(&store->file), sizeof(header));
	return root->input == HEADER + header.len && room >= STORE_QUEUE_OWN + HEADER + XENSTORE_PAYLOAD_MAX;
}

/* Moves queue_first behind the messages that are wholly sent. */
static void leave_sent(struct store *store)
{
	struct store_root *root = &store->file.next;
	const uint8_t *queue = store_queue(&store->file);

	while (root->queue_first != root->sent) {
		uint32_t size = HEADER;

		/* the header's length, which may lie across the queue's end */
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t at = root->queue_first + (uint32_t)offsetof(struct xsd_sockmsg, len) + i;

			size += (uint32_t)queue[at % STORE_QUEUE_SIZE] << (8 * i);
		}
		if (root->sent - root->queue_first < size)
			break;
		root->queue_first += size;
	}
}

static void give_bytes(struct store *store, uint32_t count)
{
	const struct store_root *root = &store->file.next;
	const uint8_t *queue = store_queue(&store->file);
	char *ring = (char *)store->ring->rsp;

	for (uint32_t done = 0; done < count;) {
		uint32_t from = (root->sent + done) % STORE_QUEUE_SIZE;
		uint32_t to = MASK_XENSTORE_IDX(root->sent + done);
		uint32_t piece = count - done;

		if (piece > STORE_QUEUE_SIZE - from)
			piece = STORE_QUEUE_SIZE - from;
		if (piece > XENSTORE_RING_SIZE - to)
			piece = XENSTORE_RING_SIZE - to;
		store_bytes(ring + to, queue + from, piece);
		done += piece;
	}
}

bool store_send(struct store *store)
{
	uint32_t count;
	uint32_t unread;

	store_begin(&store->file);
	count = store->file.next.queue_end - store->file.next.sent;
	if (store->broken || count == 0)
		return false;
	unread = store->file.next.sent - __atomic_load_n(&store->ring->rsp_cons, __ATOMIC_ACQUIRE);
	if (unread > XENSTORE_RING_SIZE) {
		store_break(store, XENSTORE_ERROR_RINGIDX, "it has read more than was sent");
		return false;
	}
	if (count > XENSTORE_RING_SIZE - unread)
		count = XENSTORE_RING_SIZE - unread;
	if (count == 0)
		return false;
	give_bytes(store, count);
	store->file.next.sent += count;
	leave_sent(store);
	store_commit(&store->file);
	store_show_indices(store);
	return true;
}

bool store_reconnect(struct store *store)
{
	struct store_root *root = &store->file.next;
	uint32_t asked = __atomic_load_n(&store->ring->connection, __ATOMIC_ACQUIRE);

	if (asked != XENSTORE_RECONNECT)
		return false;
	store_begin(&store->file);
	root->consumed = __atomic_load_n(&store->ring->req_prod, __ATOMIC_ACQUIRE);
	root->input = 0;
	root->sent = __atomic_load_n(&store->ring->rsp_cons, __ATOMIC_ACQUIRE);
	root->queue_first = root->sent;
	root->queue_end = root->sent;
	/* It stays one that has asked. */
	root->first_consumed = root->consumed - 1;
	memset(root->transactions, 0, sizeof(root->transactions));
	store_forget_watches(store);
	store_commit(&store->file);
	store->broken = false;
	store_word(&store->ring->error, XENSTORE_ERROR_NONE);
	store_show_indices(store);
	store_word(&store->ring->connection, XENSTORE_CONNECTED);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include "store_ring.h"

size_t store_ring_put(struct store_ring *ring, const void *bytes, size_t size)
{
	struct xenstore_domain_interface *page = ring->page;
	XENSTORE_RING_IDX producer = page->req_prod;
	XENSTORE_RING_IDX used = producer - __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);
	size_t i, room = used < XENSTORE_RING_SIZE ? XENSTORE_RING_SIZE - used : 0;

	if (size > room)
		size = room;
	for (i = 0; i < size; i++)
		page->req[MASK_XENSTORE_IDX(producer + i)] = ((const char *)bytes)[i];
	__atomic_store_n(&page->req_prod, (XENSTORE_RING_IDX)(producer + size), __ATOMIC_RELEASE);
	return size;
}

/* Copies what is there of `wanted` bytes; how many. */
static size_t take(struct xenstore_domain_interface *page, char *bytes, size_t wanted, size_t available)
{
	XENSTORE_RING_IDX consumer = page->rsp_cons;
	size_t i, count = wanted < available ? wanted : available;

	for (i = 0; i < count; i++)
		bytes[i] = page->rsp[MASK_XENSTORE_IDX(consumer + i)];
	__atomic_store_n(&page->rsp_cons, (XENSTORE_RING_IDX)(consumer + count), __ATOMIC_RELEASE);
	return count;
}

enum store_result store_ring_get(struct store_ring *ring, bool *taken)
{
	struct xenstore_domain_interface *page = ring->page;
	XENSTORE_RING_IDX producer = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
	size_t available = (XENSTORE_RING_IDX)(producer - page->rsp_cons), count;
	const size_t header = sizeof(ring->header);

	*taken = available > 0;
	if (available > XENSTORE_RING_SIZE)
		return STORE_BROKEN;
	if (ring->received >= header && ring->received == header + ring->header.len)
		ring->received = 0; /* that one was given out */
	if (ring->received < header) {
		count =
		    take(page, (char *)&ring->header + ring->received, header - ring->received, available);
		ring->received += count;
		available -= count;
		if (ring->received < header)
			return STORE_NOTHING;
		if (ring->header.len > XENSTORE_PAYLOAD_MAX)
			return STORE_BROKEN;
	}
	count = ring->received - header;
	ring->received += take(page, ring->body + count, ring->header.len - count, available);
	if (ring->received < header + ring->header.len)
		return STORE_NOTHING;
	ring->body[ring->header.len] = '\0';
	return STORE_MESSAGE;
}

void store_ring_drop(struct store_ring *ring)
{
	ring->received = 0;
	ring->header.len = 0;
	__atomic_store_n(&ring->page->rsp_cons, __atomic_load_n(&ring->page->rsp_prod, __ATOMIC_ACQUIRE),
	                 __ATOMIC_RELEASE);
}

bool store_parse_watch(const char *body, size_t size, const char **path, const char **token)
{
	size_t length = 0, second;

	while (length < size && body[length] != '\0')
		length++;
	second = length + 1;
	while (second < size && body[second] != '\0')
		second++;
	/* Each ends within the body. */
	if (length >= size || second >= size)
		return false;
	*path = body;
	*token = body + length + 1;
	return true;
}

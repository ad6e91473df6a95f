/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include "empty_store.h"
#include "xen_common.h"

static void take(struct xenstore_domain_interface *ring, void *to, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++, ring->req_cons++)
		if (to != NULL)
			((char *)to)[i] = ring->req[MASK_XENSTORE_IDX(ring->req_cons)];
}

static void put(struct xenstore_domain_interface *ring, const void *from, uint32_t size)
{
	uint32_t producer = ring->rsp_prod;

	expect(size <= XENSTORE_RING_SIZE - (producer - ring->rsp_cons), "the guest takes its answers");
	for (uint32_t i = 0; i < size; i++, producer++)
		ring->rsp[MASK_XENSTORE_IDX(producer)] = ((const char *)from)[i];
	__atomic_store_n(&ring->rsp_prod, producer, __ATOMIC_RELEASE);
}

static void answer(struct xenstore_domain_interface *ring, struct xsd_sockmsg message)
{
	const char *words = "OK";

	switch (message.type) {
	case XS_READ:
	case XS_DIRECTORY:
	case XS_GET_PERMS:
		message.type = XS_ERROR;
		words = "ENOENT";
		break;
	case XS_TRANSACTION_START:
		words = "1";
		break;
	default:
		break;
	}
	message.len = (uint32_t)strlen(words) + 1;
	put(ring, &message, sizeof(message));
	put(ring, words, message.len);
}

bool empty_store_serve(struct xenstore_domain_interface *ring)
{
	bool answered = false;
	struct xsd_sockmsg message;
	uint32_t there;

	/* The guest writes a request piece by piece: wait for all of it. */
	for (;;) {
		struct xenstore_domain_interface begin = *ring;

		there = __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE) - ring->req_cons;
		if (there < sizeof(message))
			return answered;
		take(&begin, &message, sizeof(message));
		expect(message.len + sizeof(message) <= XENSTORE_RING_SIZE, "requests are not too large");
		if (there < sizeof(message) + message.len)
			return answered;
		take(ring, NULL, sizeof(message) + message.len);
		answer(ring, message);
		answered = true;
	}
}

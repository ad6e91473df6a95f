/* SPDX-License-Identifier: MIT */
/* A unikernel's end of a XenStore ring: what the store writes there may be anything. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "store_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xenstore_domain_interface page;
	static struct store_ring ring;
	const char *path, *token;
	bool taken;

	memset(&page, 0, sizeof(page));
	memset(&ring, 0, sizeof(ring));
	ring.page = &page;
	/* Pieces: a byte for the length, then so much is written; 255 moves the producer instead. */
	while (size > 1) {
		size_t count = data[0] < size - 1 ? data[0] : size - 1;

		data++;
		size--;
		if (data[-1] == 255) {
			page.rsp_prod += (uint32_t)data[0] << 4;
			page.req_cons += data[0];
			count = 1;
		} else {
			for (size_t i = 0; i < count; i++)
				page.rsp[MASK_XENSTORE_IDX(page.rsp_prod + i)] = (char)data[i];
			page.rsp_prod += (uint32_t)count;
		}
		data += count;
		size -= count;
		for (int i = 0; i < 100; i++) {
			enum store_result result = store_ring_get(&ring, &taken);

			if (result == STORE_BROKEN)
				return 0;
			if (result == STORE_NOTHING)
				break;
			if (ring.header.len > XENSTORE_PAYLOAD_MAX || ring.body[ring.header.len] != '\0')
				abort();
			if (store_parse_watch(ring.body, ring.header.len, &path, &token) &&
			    token + strlen(token) >= ring.body + ring.header.len)
				abort();
		}
		if (store_ring_put(&ring, "0123456789abcdef", 16) > 16)
			abort();
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Packets of any kind: the first byte says how many descriptors come with them. */
#include "../io/protocol.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	union io_request request;
	uint8_t *packet;
	bool good;

	if (size == 0)
		return 0;
	/* A copy of its very size, so that AddressSanitizer sees what is read beyond it. */
	packet = malloc(size);
	require(packet != NULL);
	memcpy(packet, bytes + 1, size - 1);
	good = protocol_parse(packet, size - 1, bytes[0], &request);
	if (good) {
		require(size - 1 <= sizeof(request));
		require(memcmp(&request, packet, size - 1) == 0);
		require(request.header.version == IO_VERSION && request.header.serial != 0);
		(void)protocol_check(&request);
	}
	free(packet);
	return 0;
}

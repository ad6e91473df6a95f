/* SPDX-License-Identifier: MIT */
#include "protocol.h"

#include <errno.h>
#include <string.h>

#include "lightvm/noxs.h"

struct shape {
	uint16_t type;
	uint16_t size;
	uint16_t descriptors_min;
	uint16_t descriptors_max;
};

static const struct shape shapes[] = {
    {IO_HELLO, sizeof(struct io_hello), 2, 1 + IO_MAX_GNTDEV},
    {IO_ATTACH, sizeof(struct io_attach), 1, 1},
    {IO_DETACH, sizeof(struct io_guest), 0, 0},
    {IO_LIST, sizeof(struct io_header), 0, 0},
    {IO_SHUTDOWN, sizeof(struct io_shutdown), 0, 0},
    {IO_FOLLOW, sizeof(struct io_follow), 0, 0},
};

static const struct shape *find_shape(uint16_t type)
{
	const struct shape *found = NULL;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].type == type)
			found = &shapes[i];
	}
	return found;
}

bool protocol_parse(const void *packet, size_t size, size_t descriptor_count, union io_request *request)
{
	struct io_header header;
	const struct shape *shape = NULL;
	bool good = false;

	if (size < sizeof(header))
		goto out;
	memcpy(&header, packet, sizeof(header));
	if (header.version != IO_VERSION || header.serial == 0)
		goto out;
	shape = find_shape(header.type);
	if (shape == NULL || size != shape->size)
		goto out;
	if (descriptor_count < shape->descriptors_min || descriptor_count > shape->descriptors_max)
		goto out;
	memset(request, 0, sizeof(*request));
	memcpy(request, packet, size);
	good = true;

out:
	return good;
}

int protocol_check(const union io_request *request)
{
	bool good = true;

	switch (request->header.type) {
	case IO_HELLO:
		good = request->hello.reserved == 0;
		break;
	case IO_ATTACH:
		good = request->attach.reserved == 0;
		break;
	case IO_DETACH:
		good = request->guest.reserved == 0;
		break;
	case IO_SHUTDOWN:
		good = request->shutdown.reason <= NOXS_SUSPEND;
		break;
	case IO_FOLLOW:
		good = request->follow.on <= 1;
		break;
	default:
		break;
	}
	return good ? 0 : EINVAL;
}

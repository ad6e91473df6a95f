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
    {IO_ATTACH, sizeof(struct io_attach), 1, 2},
    {IO_DETACH, sizeof(struct io_guest), 0, 0},
    {IO_LIST, sizeof(struct io_header), 0, 0},
    {IO_SHUTDOWN, sizeof(struct io_shutdown), 0, 0},
    {IO_FOLLOW, sizeof(struct io_follow), 0, 0},
    {IO_NETWORK, sizeof(struct io_network), 0, 1},
    {IO_NETWORK_REMOVE, sizeof(struct io_network), 0, 0},
    {IO_NET, sizeof(struct io_net), 0, 1},
    {IO_BLOCK, sizeof(struct io_block), 2, 2},
    {IO_DEVICE_REMOVE, sizeof(struct io_device), 0, 0},
    {IO_COUNTERS, sizeof(struct io_device), 0, 0},
    {IO_INPUT, sizeof(struct io_input), 0, 0},
    {IO_WINDOW, sizeof(struct io_window), 0, 0},
    {IO_DEVICES, sizeof(struct io_devices), 0, 0},
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
	/* A stock guest comes with its store's file, any other without. */
	good = header.type != IO_ATTACH ||
	       descriptor_count == (request->attach.store_event_channel == 0 ? 1U : 2U);

out:
	return good;
}

static bool network_is_good(const struct io_network *network)
{
	const uint32_t known = IO_NETWORK_BROADCAST | IO_NETWORK_MULTICAST | IO_NETWORK_ISOLATED;
	bool ends = memchr(network->name, 0, sizeof(network->name)) != NULL;

	if (network->header.type == IO_NETWORK_REMOVE)
		return ends;
	return ends && (network->flags & ~known) == 0 && network->reserved == 0 && network->mtu >= IO_MTU_MIN &&
	       network->mtu <= IO_MTU_MAX && (network->host_mac[0] & 1) == 0 && network->ipv4_prefix <= 32 &&
	       network->ipv6_prefix <= 128;
}

static bool net_is_good(const struct io_net *net)
{
	return (net->flags & ~(uint32_t)IO_NET_TRUSTED) == 0 && net->reserved == 0 && net->slot < NOXS_MAX_CONTROL &&
	       net->mtu >= IO_MTU_MIN && net->mtu <= IO_MTU_MAX && (net->mac[0] & 1) == 0 && net->ipv4_prefix <= 32 &&
	       net->ipv6_prefix <= 128;
}

static bool block_is_good(const struct io_block *block)
{
	bool size_is_good = block->sector_size == 512 || block->sector_size == 4096;

	return size_is_good && block->reserved == 0 && block->read_only <= 1 && block->slot < NOXS_MAX_CONTROL &&
	       block->sectors > 0 && block->sectors <= INT64_MAX / 512 &&
	       block->sectors % (block->sector_size / 512) == 0;
}

static bool device_is_good(const struct io_device *device)
{
	bool all = device->header.type == IO_COUNTERS && device->type == NOXS_NONE && device->id == 0;
	uint32_t known = device->header.type == IO_DEVICE_REMOVE ? IO_DEVICE_FORCE : 0;

	return (all || device->type == NOXS_NET || device->type == NOXS_BLOCK) && device->state == 0 &&
	       (device->flags & ~known) == 0;
}

int protocol_check(const union io_request *request)
{
	bool good = true;

	switch (request->header.type) {
	case IO_HELLO:
		good = request->hello.reserved == 0;
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
	case IO_NETWORK:
	case IO_NETWORK_REMOVE:
		good = network_is_good(&request->network);
		break;
	case IO_NET:
		good = net_is_good(&request->net);
		break;
	case IO_BLOCK:
		good = block_is_good(&request->block);
		break;
	case IO_DEVICE_REMOVE:
	case IO_COUNTERS:
		good = device_is_good(&request->device);
		break;
	case IO_DEVICES:
		good = request->devices.reserved == 0;
		break;
	case IO_INPUT:
		good = request->input.size >= 1 && request->input.size <= IO_MAX_INPUT;
		break;
	default:
		break;
	}
	return good ? 0 : EINVAL;
}

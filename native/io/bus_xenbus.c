/* SPDX-License-Identifier: MIT */
/*
 * The bus of guests with a private XenStore, as stock front-ends know it: a directory for each driver, whose
 * `state` says how far it has come (xen/io/xenbus.h), and whose other nodes say the rest (xen/io/netif.h,
 * xen/io/blkif.h). What the class would write into a control page is written as nodes. Of what the guest
 * writes nothing is believed but for what it may decide itself.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "guest.h"
#include "store_private.h"

#define XVDA       51712U /* and 16 numbers for each disk, up to xvdp; then the other scheme */
#define XVDA_DISKS 16U
#define EXTENDED   (1U << 28)
#define VDISK_INFO 4U /* VDISK_READONLY of xen/io/blkif.h, as in noxs_block.info */

struct nodes {
	char front[64];
	char back[64];
	uint32_t generation; /* the store's, when this was so */
	uint32_t frontend_state;
	bool known;       /* the two above are set */
	bool unpublished; /* the file system had no room for our state */
};

static struct store *store_of(const struct device *device)
{
	return device->guest->store;
}

/* Of a device that has no number given. */
static uint32_t default_number(uint16_t type, uint16_t id)
{
	if (type == NOXS_NET)
		return id;
	return id < XVDA_DISKS ? XVDA + 16U * id : EXTENDED | (uint32_t)id << 8;
}

static uint32_t number_of(const struct device *device)
{
	return device->number != 0 ? device->number : default_number(device->class->type, device->id);
}

static void name_nodes(struct nodes *nodes, uint32_t domid, uint16_t type, uint32_t number)
{
	const char *name = type == NOXS_NET ? "vif" : "vbd";

	snprintf(nodes->front, sizeof(nodes->front), "/local/domain/%u/device/%s/%u", domid, name, number);
	snprintf(nodes->back, sizeof(nodes->back), "/local/domain/0/backend/%s/%u/%u", name, domid, number);
}

/* One node: "DIRECTORY/NAME". */
__attribute__((format(printf, 4, 5))) static void put(struct device *device, const char *directory,
                                                      const char *name, const char *pattern, ...)
{
	char path[128];
	char value[96];
	va_list arguments;

	va_start(arguments, pattern);
	vsnprintf(value, sizeof(value), pattern, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	store_put(store_of(device), path, value, false);
}

static bool get(const struct device *device, const char *directory, const char *name, char *value,
                size_t capacity)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return store_get(store_of(device), path, value, capacity);
}

/* The number in a node, or -1: there is none, or it is not one of 32 bits. */
static int64_t get_number(const struct device *device, const char *directory, const char *name)
{
	char text[16];
	char *end;
	unsigned long value;

	if (!get(device, directory, name, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return -1;
	value = strtoul(text, &end, 10);
	return *end == '\0' && value <= UINT32_MAX ? (int64_t)value : -1;
}

/* What the classes say of themselves. */

static void put_net(struct device *device, const struct noxs_net *net)
{
	const struct nodes *nodes = device->nodes;
	const uint8_t *mac = net->mac;
	uint32_t features = net->backend_features;

	put(device, nodes->front, "handle", "%u", device->id);
	put(device, nodes->front, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
	put(device, nodes->front, "mtu", "%u", net->mtu);
	put(device, nodes->back, "handle", "%u", device->id);
	put(device, nodes->back, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
	put(device, nodes->back, "feature-rx-copy", "1");
	put(device, nodes->back, "feature-rx-flip", "0");
	/* One event for both rings: it tells of an answer and of what came, and costs one interrupt. */
	put(device, nodes->back, "feature-split-event-channels", "0");
	put(device, nodes->back, "feature-sg", "%d", (features & NOXS_NET_SG) != 0);
	put(device, nodes->back, "feature-gso-tcpv4", "%d", (features & NOXS_NET_GSO_TCPV4) != 0);
	put(device, nodes->back, "feature-gso-tcpv6", "%d", (features & NOXS_NET_GSO_TCPV6) != 0);
	put(device, nodes->back, "feature-ipv6-csum-offload", "%d", (features & NOXS_NET_CHECKSUM_IPV6) != 0);
	if ((features & NOXS_NET_CHECKSUM_IPV4) == 0)
		put(device, nodes->back, "feature-no-csum-offload", "1");
}

static void put_block(struct device *device, const struct noxs_block *block)
{
	const struct nodes *nodes = device->nodes;
	bool read_only = (block->info & VDISK_INFO) != 0;
	uint32_t order = 0;

	while (2U << order <= block->max_rings)
		order++;
	put(device, nodes->front, "virtual-device", "%u", number_of(device));
	put(device, nodes->front, "device-type", "disk");
	put(device, nodes->back, "dev", "xvd%c", 'a' + device->id % 26);
	put(device, nodes->back, "mode", read_only ? "r" : "w");
	put(device, nodes->back, "device-type", "disk");
	put(device, nodes->back, "removable", "0");
	put(device, nodes->back, "bootable", "1");
	/* in units of 512 bytes, whatever the next one is */
	put(device, nodes->back, "sectors", "%" PRIu64, block->sectors);
	put(device, nodes->back, "sector-size", "%u", block->sector_size);
	put(device, nodes->back, "physical-sector-size", "%u", block->sector_size);
	put(device, nodes->back, "info", "%u", block->info);
	put(device, nodes->back, "feature-barrier", "0");
	put(device, nodes->back, "feature-flush-cache", "%d",
	    (block->backend_features & NOXS_BLOCK_FLUSH) != 0);
	put(device, nodes->back, "feature-persistent", "%d",
	    (block->backend_features & NOXS_BLOCK_PERSISTENT) != 0);
	if ((block->backend_features & NOXS_BLOCK_DISCARD) != 0) {
		put(device, nodes->back, "feature-discard", "1");
		put(device, nodes->back, "discard-granularity", "%u", block->sector_size);
		put(device, nodes->back, "discard-alignment", "0");
		put(device, nodes->back, "discard-secure", "0");
	}
	if (block->max_indirect > 0)
		put(device, nodes->back, "feature-max-indirect-segments", "%u", block->max_indirect);
	if (order > 0)
		put(device, nodes->back, "max-ring-page-order", "%u", order);
}

static void put_class(struct device *device)
{
	union {
		struct noxs_net net;
		struct noxs_block block;
		uint8_t page[NOXS_PAGE_SIZE];
	} scratch;

	memset(&scratch, 0, sizeof(scratch));
	device->class->fill(device, &scratch);
	if (device->class->type == NOXS_NET)
		put_net(device, &scratch.net);
	else
		put_block(device, &scratch.block);
}

static int make_nodes(struct device *device)
{
	struct store *store = store_of(device);
	const struct nodes *nodes = device->nodes;

	store_change_begin(store);
	store_remove(store, nodes->front);
	store_remove(store, nodes->back);
	put(device, nodes->back, "frontend", "%s", nodes->front);
	put(device, nodes->back, "frontend-id", "%u", device->guest->domid);
	put(device, nodes->back, "online", "1");
	put(device, nodes->back, "hotplug-status", "connected");
	put(device, nodes->back, "state", "%u", device->state);
	put(device, nodes->front, "backend", "%s", nodes->back);
	put(device, nodes->front, "backend-id", "0");
	put(device, nodes->front, "state", "%u", NOXS_INITIALISING);
	put_class(device);
	/* One event is enough to be found by. */
	store_put(store, nodes->front, "", true);
	return store_change_end(store);
}

static int offer(struct device *device)
{
	struct nodes *nodes = calloc(1, sizeof(*nodes));
	int64_t state;
	int64_t backend;
	int result = 0;

	if (nodes == NULL)
		return ENOMEM;
	device->nodes = nodes;
	name_nodes(nodes, device->guest->domid, device->class->type, number_of(device));
	state = get_number(device, nodes->back, "state");
	backend = get_number(device, nodes->front, "backend-id");
	device->state = NOXS_INIT_WAIT;
	if (state < 0 || backend != 0)
		result = make_nodes(device);
	else if (state == NOXS_CLOSED)
		device->state = NOXS_CLOSED;
	/* A state of Connected stays as it is: the guest may be going on, and does not see that we were away.
	 */
	else if (state != NOXS_CONNECTED && state != NOXS_INIT_WAIT)
		device->bus->publish(device);
	if (result != 0) {
		free(nodes);
		device->nodes = NULL;
	}
	return result;
}

static uint32_t frontend_state(struct device *device)
{
	struct nodes *nodes = device->nodes;
	uint32_t generation = store_root(&store_of(device)->file)->generation;
	int64_t state;

	if (nodes->unpublished)
		device->bus->publish(device);
	if (nodes->known && nodes->generation == generation)
		return nodes->frontend_state;
	state = get_number(device, nodes->front, "state");
	nodes->generation = generation;
	nodes->frontend_state = state < 0 ? NOXS_UNKNOWN : (uint32_t)state;
	nodes->known = true;
	return nodes->frontend_state;
}

static int read_net(struct device *device, struct net_front_end *net)
{
	const char *front = ((struct nodes *)device->nodes)->front;
	int64_t tx = get_number(device, front, "tx-ring-ref");
	int64_t rx = get_number(device, front, "rx-ring-ref");
	int64_t port = get_number(device, front, "event-channel");
	int64_t tx_port = get_number(device, front, "event-channel-tx");
	int64_t rx_port = get_number(device, front, "event-channel-rx");
	static const struct {
		const char *name;
		int64_t is;
		uint32_t feature;
	} features[] = {
	    {"feature-sg", 1, NOXS_NET_SG},
	    {"feature-gso-tcpv4", 1, NOXS_NET_GSO_TCPV4},
	    {"feature-gso-tcpv6", 1, NOXS_NET_GSO_TCPV6},
	    {"feature-ipv6-csum-offload", 1, NOXS_NET_CHECKSUM_IPV6},
	};

	if (tx_port > 0 && rx_port > 0) {
		net->tx_port = (uint32_t)tx_port;
		net->rx_port = (uint32_t)rx_port;
	} else if (port > 0) {
		net->tx_port = (uint32_t)port;
		net->rx_port = (uint32_t)port;
	} else {
		return EINVAL;
	}
	/* We do not flip pages, and have one queue. */
	if (tx < 0 || rx < 0 || get_number(device, front, "request-rx-copy") != 1 ||
	    get_number(device, front, "multi-queue-num-queues") > 1)
		return EINVAL;
	net->tx_gref = (uint32_t)tx;
	net->rx_gref = (uint32_t)rx;
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (get_number(device, front, features[i].name) == features[i].is)
			net->features |= features[i].feature;
	}
	/* This one is so unless it says otherwise. */
	if (get_number(device, front, "feature-no-csum-offload") != 1)
		net->features |= NOXS_NET_CHECKSUM_IPV4;
	return 0;
}

static int read_block(struct device *device, struct block_front_end *block)
{
	const char *front = ((struct nodes *)device->nodes)->front;
	int64_t order = get_number(device, front, "ring-page-order");
	int64_t pages = get_number(device, front, "num-ring-pages");
	int64_t port = get_number(device, front, "event-channel");
	char protocol[32];
	char name[24];

	if (port <= 0)
		return EINVAL;
	if (get(device, front, "protocol", protocol, sizeof(protocol)) && strcmp(protocol, "x86_64-abi") != 0)
		return EPROTONOSUPPORT;
	if (order > 0 && order <= 4)
		block->ring_count = 1U << order;
	else if (order <= 0 && pages > 0 && pages <= NOXS_BLOCK_RINGS)
		block->ring_count = (uint32_t)pages;
	else
		block->ring_count = 1;
	for (uint32_t i = 0; i < block->ring_count; i++) {
		int64_t reference;

		snprintf(name, sizeof(name), "ring-ref%u", i);
		reference = get_number(device, front, name);
		if (reference < 0 && block->ring_count == 1)
			reference = get_number(device, front, "ring-ref");
		if (reference < 0)
			return EINVAL;
		block->ring_gref[i] = (uint32_t)reference;
	}
	block->port = (uint32_t)port;
	if (get_number(device, front, "feature-persistent") == 1)
		block->features |= NOXS_BLOCK_PERSISTENT;
	return 0;
}

static int read_front_end(struct device *device, union front_end *front_end)
{
	return device->class->type == NOXS_NET ? read_net(device, &front_end->net)
	                                       : read_block(device, &front_end->block);
}

/*
 * A front-end that closes waits for us to do the same (Linux, when it powers off, for five seconds), and only
 * then says that it is closed.
 */
static uint32_t shown_state(struct device *device)
{
	const struct nodes *nodes = device->nodes;
	bool closing = get_number(device, nodes->front, "state") == NOXS_CLOSING;

	return device->state == NOXS_CLOSED && closing ? NOXS_CLOSING : device->state;
}

static void publish(struct device *device)
{
	struct nodes *nodes = device->nodes;
	struct store *store = store_of(device);
	uint32_t state = shown_state(device);
	char path[96];
	char value[16];
	int result = 0;

	nodes->unpublished = false;
	if (get_number(device, nodes->back, "state") == state)
		return;
	store_change_begin(store);
	snprintf(path, sizeof(path), "%s/online", nodes->back);
	store_put(store, path, device->remove_serial != 0 ? "0" : "1", false);
	snprintf(path, sizeof(path), "%s/state", nodes->back);
	snprintf(value, sizeof(value), "%u", state);
	store_put(store, path, value, true);
	result = store_change_end(store);
	nodes->unpublished = result != 0;
	if (result != 0)
		store_retry(store);
}

static void withdraw(struct device *device)
{
	const struct nodes *nodes = device->nodes;
	struct store *store = store_of(device);

	store_change_begin(store);
	store_remove(store, nodes->front);
	store_remove(store, nodes->back);
	(void)store_change_end(store);
}

/* By their numbers, which lightvmd does not give to others. The guest cannot write where it is looked. */
static int sweep(struct guest *guest, const struct device_kept *kept)
{
	static const uint16_t types[] = {NOXS_NET, NOXS_BLOCK};
	struct store *store = guest->store;

	store_change_begin(store);
	for (uint32_t i = 0; i < 2 * DEVICE_MAX; i++) {
		uint16_t type = types[i / DEVICE_MAX];
		uint16_t id = i % DEVICE_MAX;
		struct nodes nodes;
		char path[96];
		char state[16];

		if (device_is_kept(guest, kept, type, id))
			continue;
		name_nodes(&nodes, guest->domid, type, default_number(type, id));
		snprintf(path, sizeof(path), "%s/state", nodes.back);
		if (!store_get(store, path, state, sizeof(state)))
			continue;
		store_remove(store, nodes.front);
		store_remove(store, nodes.back);
	}
	return store_change_end(store);
}

static void release(struct device *device)
{
	free(device->nodes);
	device->nodes = NULL;
}

const struct device_bus bus_xenbus = {
    .offer = offer,
    .frontend_state = frontend_state,
    .read = read_front_end,
    .publish = publish,
    .withdraw = withdraw,
    .release = release,
    .sweep = sweep,
};

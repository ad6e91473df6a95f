/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "net.h"
#include "network_batch.h"
#include "network_park.h"
#include "network_switch.h"
#include "report.h"

#define PATIENCE_NS      500000000ULL
#define FLOOD_DELIVERIES 20000 /* a second, in one network: a broadcast to 500 members is 500 */
#define FLOOD_BURST      10000
#define ROUNDS           4 /* in a turn, before others than adapters have theirs */

/* Those that wait now, each once, as far as the batch holds them. */
static void serve_round(struct networks *networks)
{
	struct adapter **last = networks->queue_end;

	for (bool more = true; more && !batch_is_full(networks->batch);) {
		struct adapter *adapter = networks->queue;

		more = &adapter->queue_next != last;
		network_unqueue(adapter);
		batch_gather(networks->batch, adapter);
	}
	batch_run(networks->batch);
}

static void serve_queue(struct timer *timer)
{
	struct networks *networks = (void *)((char *)timer - offsetof(struct networks, work));

	for (int round = 0; networks->queue != NULL && round < ROUNDS; round++)
		serve_round(networks);
	if (networks->queue == NULL)
		loop_cancel(&networks->server->loop, &networks->work);
	else
		(void)loop_set_timer(&networks->server->loop, &networks->work, 0);
}

static bool look(struct lookout *lookout)
{
	struct networks *networks = (void *)((char *)lookout - offsetof(struct networks, lookout));
	bool found = false;

	for (uint32_t i = 0; i < networks->lookout.places; i++) {
		if (!net_tx_has(&networks->hot[i]->tx))
			continue;
		network_queue(networks->hot[i]);
		found = true;
	}
	return found;
}

static bool rest(struct lookout *lookout)
{
	struct networks *networks = (void *)((char *)lookout - offsetof(struct networks, lookout));
	bool found = false;

	while (networks->lookout.places > 0) {
		struct adapter *adapter = networks->hot[networks->lookout.places - 1];

		network_forget(adapter);
		if (!net_tx_wait(&adapter->tx))
			continue;
		network_queue(adapter);
		found = true;
	}
	return found;
}

struct networks *networks_get(struct server *server)
{
	struct networks *networks = server->networks;

	if (networks != NULL)
		goto out;
	networks = calloc(1, sizeof(*networks));
	if (networks == NULL)
		goto out;
	networks->server = server;
	networks->queue_end = &networks->queue;
	networks->work.fire = serve_queue;
	networks->lookout = (struct lookout){.look = look, .rest = rest};
	networks->patience_ns = PATIENCE_NS;
	networks->batch = batch_make(networks);
	networks->park = park_make();
	if (networks->batch == NULL || networks->park == NULL) {
		batch_free(networks->batch);
		park_free(networks->park);
		free(networks);
		networks = NULL;
	}
	server->networks = networks;
	if (networks != NULL)
		loop_watch(&server->loop, &networks->lookout);

out:
	return networks;
}

void network_queue(struct adapter *adapter)
{
	struct networks *networks = adapter->networks;

	if (adapter->queued)
		return;
	adapter->queued = true;
	adapter->queue_next = NULL;
	*networks->queue_end = adapter;
	networks->queue_end = &adapter->queue_next;
	/* Due at once: when the sources of this turn have been served. */
	if (networks->work.heap_place == 0)
		(void)loop_set_timer(&networks->server->loop, &networks->work, 0);
}

void network_unqueue(struct adapter *adapter)
{
	struct adapter **place = &adapter->networks->queue;

	if (!adapter->queued)
		return;
	while (*place != adapter)
		place = &(*place)->queue_next;
	*place = adapter->queue_next;
	if (adapter->networks->queue_end == &adapter->queue_next)
		adapter->networks->queue_end = place;
	adapter->queued = false;
}

void network_await(struct adapter *adapter, bool looks)
{
	struct networks *networks = adapter->networks;

	if (adapter->hot)
		return;
	if (!looks || networks->lookout.places == NETWORK_HOT) {
		if (net_tx_wait(&adapter->tx))
			network_queue(adapter);
		return;
	}
	net_tx_ignore(&adapter->tx);
	adapter->hot = true;
	networks->hot[networks->lookout.places++] = adapter;
}

void network_forget(struct adapter *adapter)
{
	struct networks *networks = adapter->networks;
	uint32_t i = 0;

	if (!adapter->hot)
		return;
	while (networks->hot[i] != adapter)
		i++;
	networks->hot[i] = networks->hot[--networks->lookout.places];
	adapter->hot = false;
}

void network_unpark(struct adapter *adapter)
{
	while (adapter->parked != NULL) {
		park_drop(adapter->networks->park, adapter);
		adapter->counters.dropped_no_buffer++;
	}
	loop_cancel(&adapter->networks->server->loop, &adapter->parked_timer);
}

void network_drain(struct adapter *adapter)
{
	for (uint32_t i = 0; i < NET_RING_SIZE / NETWORK_TURN_FRAMES; i++) {
		batch_gather(adapter->networks->batch, adapter);
		batch_run(adapter->networks->batch);
		if (adapter->frame_count == 0)
			break;
	}
}

struct network *network_find(const struct networks *networks, const uint8_t uuid[16])
{
	struct network *network = networks == NULL ? NULL : networks->first;

	while (network != NULL && !frame_equal(network->given.uuid, uuid, 16))
		network = network->next;
	return network;
}

struct adapter *network_find_link_local(const struct network *network, const uint8_t address[16])
{
	const uint8_t mac[6] = {address[8] ^ 2, address[9],  address[10],
	                        address[13],    address[14], address[15]};
	struct adapter *adapter = network_table_find(&network->table, NETWORK_MAC, mac);

	return adapter != NULL && frame_equal(adapter->identity.link_local, address, 16) ? adapter : NULL;
}

int network_join(struct network *network, struct adapter *adapter)
{
	const struct frame_identity *identity = &adapter->identity;
	const uint8_t *const addresses[NETWORK_KEYS] = {
	    [NETWORK_MAC] = identity->mac,
	    [NETWORK_IPV4] = frame_is_zero(identity->ipv4, 4) ? NULL : identity->ipv4,
	    [NETWORK_IPV6] = frame_is_zero(identity->ipv6, 16) ? NULL : identity->ipv6,
	};
	int result = 0;

	for (int key = 0; result == 0 && key < NETWORK_KEYS; key++) {
		if (addresses[key] != NULL)
			result = network_table_add(&network->table, &adapter->entries[key],
			                           (enum network_key)key, addresses[key], adapter);
	}
	if (result != 0) {
		for (int key = 0; key < NETWORK_KEYS; key++)
			network_table_remove(&network->table, &adapter->entries[key]);
		goto out;
	}
	adapter->network = network;
	adapter->member_place = &network->members;
	adapter->member_next = network->members;
	if (network->members != NULL)
		network->members->member_place = &adapter->member_next;
	network->members = adapter;
	network->member_count++;

out:
	return result;
}

void network_leave(struct adapter *adapter)
{
	struct network *network = adapter->network;

	if (network == NULL)
		return;
	for (int key = 0; key < NETWORK_KEYS; key++)
		network_table_remove(&network->table, &adapter->entries[key]);
	*adapter->member_place = adapter->member_next;
	if (adapter->member_next != NULL)
		adapter->member_next->member_place = adapter->member_place;
	network->member_count--;
	adapter->network = NULL;
}

static void read_tap(struct source *source, uint32_t events)
{
	struct network *network = (void *)((char *)source - offsetof(struct network, tap.source));
	enum tap_result result =
	    batch_read(network->networks->batch, &network->tap, network, switch_host_frame);

	(void)events;
	if (result != TAP_LOST)
		return;
	report(REPORT_ERROR, "Network %s has lost its TAP: its guests reach each other, but not the host.",
	       network->given.name);
	tap_close(&network->tap, &network->networks->server->loop);
}

static struct network *make_network(struct networks *networks, const struct io_network *request)
{
	struct network *network = calloc(1, sizeof(*network));

	if (network == NULL)
		return NULL;
	network->networks = networks;
	network->tap.descriptor = -1;
	memcpy(network->given.uuid, request->uuid, sizeof(network->given.uuid));
	network_rate_set(&network->flood_rate, FLOOD_DELIVERIES, FLOOD_BURST, loop_now());
	return network;
}

int network_set(struct server *server, const struct io_network *request, int *tap, const char **step)
{
	struct networks *networks = networks_get(server);
	struct network *network = network_find(networks, request->uuid);
	bool made = network == NULL;
	int result = ENOMEM;

	*step = "allocate the network";
	if (networks == NULL)
		goto out;
	if (made)
		network = make_network(networks, request);
	if (network == NULL)
		goto out;
	*step = "attach to the TAP";
	result = 0;
	if (*tap >= 0 && network->tap.descriptor < 0)
		result = tap_open(&network->tap, &server->loop, *tap, read_tap);
	if (result != 0) {
		if (made)
			free(network);
		goto out;
	}
	if (network->tap.descriptor == *tap)
		*tap = -1;
	if (made) {
		network->next = networks->first;
		networks->first = network;
	}
	network->given = *request;
	frame_link_local(request->host_mac, network->host_link_local);

out:
	return result;
}

static void free_network(struct network *network)
{
	struct network **place = &network->networks->first;

	while (*place != network)
		place = &(*place)->next;
	*place = network->next;
	tap_close(&network->tap, &network->networks->server->loop);
	network_table_free(&network->table);
	free(network);
}

int network_remove(struct server *server, const uint8_t uuid[16], const char **step)
{
	struct network *network = network_find(server->networks, uuid);
	int result = ENODEV;

	*step = "look for the network";
	if (network == NULL)
		goto out;
	*step = "look for adapters on it";
	result = EBUSY;
	if (network->members != NULL)
		goto out;
	free_network(network);
	result = 0;

out:
	return result;
}

void network_close_all(struct server *server)
{
	struct networks *networks = server->networks;

	if (networks == NULL)
		return;
	while (networks->first != NULL)
		free_network(networks->first);
	loop_cancel(&server->loop, &networks->work);
	loop_unwatch(&server->loop, &networks->lookout);
	batch_free(networks->batch);
	park_free(networks->park);
	free(networks);
	server->networks = NULL;
}

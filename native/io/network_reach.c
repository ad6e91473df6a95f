/* SPDX-License-Identifier: MIT */
/*
 * Whether a guest answers at its address. It is asked when its adapter connects, at first often, and not for
 * ever: a guest that comes up later is noticed by what it sends.
 */
#include "guest.h"
#include "network.h"
#include "network_batch.h"
#include "network_neighbour.h"

#define MS_NS           1000000ULL
#define FIRST_WAIT_MS   100
#define LONGEST_WAIT_MS 1000
#define ASKED_FOR_MS    30000

/* Who asks where there is no host of the network's: nobody that could be met. */
static const uint8_t nobody[6] = {0x02, 'l', 'v', 'm', 'i', 'o'};

const uint8_t *network_reach_mac(const struct adapter *adapter)
{
	return adapter->network == NULL ? nobody : adapter->network->given.host_mac;
}

static void ask(struct adapter *adapter)
{
	static const uint8_t none[4];
	const struct frame_identity *identity = &adapter->identity;
	const uint8_t *source = adapter->network == NULL ? none : adapter->network->given.ipv4_host;
	uint8_t frame[NEIGHBOUR_FRAME];
	size_t size = 0;

	if (!frame_is_zero(identity->ipv4, 4))
		size = neighbour_ask_ipv4(network_reach_mac(adapter), source, identity->mac, identity->ipv4,
		                          frame);
	else if (!frame_is_zero(identity->ipv6, 16))
		size = neighbour_ask_ipv6(network_reach_mac(adapter), identity->mac, identity->ipv6, frame);
	if (size != 0)
		batch_deliver_own(adapter->networks->batch, adapter, frame, size);
}

static void ask_again(struct timer *timer)
{
	struct adapter *adapter = (void *)((char *)timer - offsetof(struct adapter, reach_timer));
	uint64_t now_ns = loop_now();

	if (now_ns >= adapter->reach_end_ns)
		return;
	/* Before it asks: that may end with the adapter's disconnection, and this timer's with it. */
	(void)loop_set_timer(&adapter->networks->server->loop, timer,
	                     now_ns + adapter->reach_wait_ms * MS_NS);
	adapter->reach_wait_ms *= 2;
	if (adapter->reach_wait_ms > LONGEST_WAIT_MS)
		adapter->reach_wait_ms = LONGEST_WAIT_MS;
	ask(adapter);
}

void network_reach_begin(struct adapter *adapter)
{
	uint64_t now_ns = loop_now();

	adapter->reach_timer.fire = ask_again;
	adapter->reach_wait_ms = FIRST_WAIT_MS;
	adapter->reach_end_ns = now_ns + ASKED_FOR_MS * MS_NS;
	(void)loop_set_timer(&adapter->networks->server->loop, &adapter->reach_timer, 0);
}

void network_reach_end(struct adapter *adapter)
{
	loop_cancel(&adapter->networks->server->loop, &adapter->reach_timer);
}

void network_reach_seen(struct adapter *adapter)
{
	network_reach_end(adapter);
	adapter->device.flags |= IO_DEVICE_REACHABLE;
	device_tell(&adapter->device);
}

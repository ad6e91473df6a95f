/* SPDX-License-Identifier: MIT */
/* The net front-end's hand-shake by control page: noxs.h says who writes what, and when. */
#include <lightvm/memory.h>
#include "netfront.h"
#include "noxs_bus.h"
#include "runtime.h"

struct adapter {
	struct noxs_net *control;
	struct netfront *net;
	uint16_t backend;
	evtchn_port_t port;
	bool connected; /* it has rings */
};

static void tell(struct adapter *adapter, enum noxs_state state)
{
	__atomic_store_n(&adapter->control->control.frontend_state, state, __ATOMIC_RELEASE);
	event_notify(adapter->port);
}

static void *add(const struct noxs_device *device, void *control)
{
	struct adapter *adapter = calloc(1, sizeof(*adapter));

	if (adapter == NULL)
		return NULL;
	adapter->net = netfront_new();
	if (adapter->net == NULL) {
		free(adapter);
		return NULL;
	}
	adapter->control = control;
	adapter->backend = device->backend;
	adapter->port = device->event_channel;
	return adapter;
}

static void connect(struct adapter *adapter)
{
	struct noxs_net *control = adapter->control;
	struct netfront_config config = {.backend = adapter->backend,
	                                 .mtu = control->mtu,
	                                 .port = adapter->port,
	                                 .features = control->backend_features,
	                                 .ipv4_prefix = control->ipv4_prefix,
	                                 .ipv6_prefix = control->ipv6_prefix};
	struct netfront_rings rings;

	memcpy(config.mac, control->mac, sizeof(config.mac));
	memcpy(config.ipv4, control->ipv4, sizeof(config.ipv4));
	memcpy(config.ipv4_gateway, control->ipv4_gateway, sizeof(config.ipv4_gateway));
	memcpy(config.ipv4_dns, control->ipv4_dns, sizeof(config.ipv4_dns));
	memcpy(config.ipv6, control->ipv6, sizeof(config.ipv6));
	memcpy(config.ipv6_gateway, control->ipv6_gateway, sizeof(config.ipv6_gateway));
	if (!netfront_connect(adapter->net, &config, &rings))
		return;
	adapter->connected = true;
	control->frontend_features = rings.features;
	control->tx_gref = rings.tx_reference;
	control->rx_gref = rings.rx_reference;
	tell(adapter, NOXS_INITIALISED);
}

static void disconnect(struct adapter *adapter)
{
	if (!adapter->connected)
		return;
	adapter->connected = false;
	netfront_down(adapter->net);
	netfront_disconnect(adapter->net);
}

static void event(void *object)
{
	struct adapter *adapter = object;
	uint32_t ours = adapter->control->control.frontend_state;
	uint32_t theirs = __atomic_load_n(&adapter->control->control.backend_state, __ATOMIC_ACQUIRE);

	switch (theirs) {
	case NOXS_INIT_WAIT:
		/* Whatever was before: it begins anew. */
		if (ours == NOXS_INITIALISED)
			break;
		disconnect(adapter);
		connect(adapter);
		break;
	case NOXS_CONNECTED:
		if (ours == NOXS_INITIALISED) {
			netfront_up(adapter->net);
			tell(adapter, NOXS_CONNECTED);
		}
		if (adapter->connected)
			netfront_event(adapter->net);
		break;
	case NOXS_CLOSING:
		if (ours == NOXS_CLOSING || ours == NOXS_CLOSED)
			break;
		netfront_down(adapter->net);
		tell(adapter, NOXS_CLOSING);
		break;
	case NOXS_CLOSED:
		if (ours == NOXS_CLOSED)
			break;
		disconnect(adapter);
		tell(adapter, NOXS_CLOSED);
		break;
	default:
		break;
	}
}

static void lose(void *object)
{
	netfront_down(((struct adapter *)object)->net);
}

static void renew(void *object, const struct noxs_device *device)
{
	struct adapter *adapter = object;

	adapter->backend = device->backend;
	adapter->port = device->event_channel;
}

static void remove(void *object)
{
	struct adapter *adapter = object;

	disconnect(adapter);
	netfront_delete(adapter->net);
	free(adapter);
}

static bool ready(void *object)
{
	return netfront_ready(((struct adapter *)object)->net);
}

const struct noxs_driver netfront_driver = {
    .type = NOXS_NET, .add = add, .event = event, .lose = lose, .renew = renew, .remove = remove, .ready = ready};
NOXS_DRIVER(netfront_driver);

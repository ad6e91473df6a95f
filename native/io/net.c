/* SPDX-License-Identifier: MIT */
/* An adapter as a device of its guest. */
#include "net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "network.h"
#include "network_batch.h"
#include "network_neighbour.h"
#include "network_switch.h"
#include "report.h"

#define FLOOD_FRAMES 50 /* broadcasts a second that one adapter may send to others */
#define FLOOD_BURST  64
#define BURST_MIN    3028 /* bytes: two frames */
#define BURST_MAX    (16 << 20)

static struct adapter *adapter_of(const struct device *device)
{
	return (void *)((char *)(uintptr_t)device - offsetof(struct adapter, device));
}

const struct io_net *net_given(const struct device *device)
{
	return &adapter_of(device)->given;
}

static void fill(const struct device *device, void *page)
{
	const struct io_net *given = net_given(device);
	struct noxs_net *net = page;

	net->backend_features = NET_FEATURES;
	net->mtu = given->mtu;
	memcpy(net->mac, given->mac, sizeof(net->mac));
	memcpy(net->ipv4, given->ipv4, sizeof(net->ipv4));
	memcpy(net->ipv4_gateway, given->ipv4_gateway, sizeof(net->ipv4_gateway));
	memcpy(net->ipv4_dns, given->ipv4_dns, sizeof(net->ipv4_dns));
	net->ipv4_prefix = given->ipv4_prefix;
	net->ipv6_prefix = given->ipv6_prefix;
	memcpy(net->ipv6, given->ipv6, sizeof(net->ipv6));
	memcpy(net->ipv6_gateway, given->ipv6_gateway, sizeof(net->ipv6_gateway));
}

static void read_front_end(const volatile void *page, union front_end *front_end)
{
	const volatile struct noxs_net *net = page;

	front_end->net = (struct net_front_end){
	    .features = net->frontend_features,
	    .tx_gref = net->tx_gref,
	    .rx_gref = net->rx_gref,
	    .tx_port = net->event_channel,
	};
	front_end->net.rx_port = front_end->net.tx_port;
}

static void unbind(struct adapter *adapter)
{
	struct device *device = &adapter->device;

	if (adapter->rx_port != adapter->tx_port && adapter->rx_port != device->guest->port)
		device_unbind(device, adapter->rx_port);
	if (adapter->tx_port != device->guest->port)
		device_unbind(device, adapter->tx_port);
}

static int bind(struct adapter *adapter, const struct net_front_end *front_end)
{
	struct device *device = &adapter->device;
	int result = 0;

	adapter->tx_port = device->guest->port;
	if (front_end->tx_port != 0)
		result = device_bind(device, front_end->tx_port, &adapter->tx_port);
	if (result != 0)
		goto out;
	adapter->rx_port = adapter->tx_port;
	if (front_end->rx_port != front_end->tx_port && front_end->rx_port != 0)
		result = device_bind(device, front_end->rx_port, &adapter->rx_port);
	if (result != 0 && front_end->tx_port != 0)
		device_unbind(device, adapter->tx_port);

out:
	return result;
}

/* A guest that came from another host, or whose back-end was away: bridges are told where it is now. Guests of a
 * network of ours are known to it. */
static void announce(struct adapter *adapter)
{
	uint8_t frame[NEIGHBOUR_FRAME];
	const struct offload plain = {0};
	struct frame_info info = {.bytes = frame};

	if (adapter->tap.descriptor < 0)
		return;
	info.size = neighbour_announce(adapter->identity.mac, frame);
	(void)tap_write(&adapter->tap, &info, &plain); /* the guest's own frames say the same, if this is lost */
}

static int connect(struct device *device, const union front_end *front_end, const char **why)
{
	struct adapter *adapter = adapter_of(device);
	const uint32_t references[] = {front_end->net.tx_gref, front_end->net.rx_gref};
	struct xen *xen = &device->guest->server->xen;
	int result;

	*why = "its rings cannot be mapped";
	result = xen_map(xen, device->guest->domid, references, 2, &adapter->rings);
	if (result != 0)
		goto out;
	*why = "its event channel cannot be bound";
	result = bind(adapter, &front_end->net);
	if (result != 0) {
		xen_unmap(xen, &adapter->rings);
		goto out;
	}
	adapter->features = front_end->net.features & NET_FEATURES;
	if ((adapter->features & NOXS_NET_SG) == 0)
		adapter->features &= ~(uint32_t)(NOXS_NET_GSO_TCPV4 | NOXS_NET_GSO_TCPV6);
	net_tx_resume(&adapter->tx, adapter->rings.address);
	net_rx_resume(&adapter->rx, (uint8_t *)adapter->rings.address + NET_PAGE_SIZE);
	/* What the last process finished, it may have told nobody. */
	xen_notify(xen, adapter->tx_port);
	if (adapter->rx_port != adapter->tx_port)
		xen_notify(xen, adapter->rx_port);
	network_reach_begin(adapter);
	announce(adapter);

out:
	return result;
}

static void tell_answered(struct timer *timer)
{
	const struct adapter *adapter = (void *)((char *)timer - offsetof(struct adapter, answer_timer));

	xen_notify(&adapter->networks->server->xen, adapter->tx_port);
}

static void disconnect(struct device *device)
{
	struct adapter *adapter = adapter_of(device);

	network_unqueue(adapter);
	/* What a guest sent before its end; but if it is we who end, the next process finds it in the ring.
	 */
	if (adapter->broken == NULL && !device->guest->server->stop)
		network_drain(adapter);
	network_forget(adapter);
	loop_cancel(&adapter->networks->server->loop, &adapter->send_timer);
	if (adapter->answer_timer.heap_place != 0)
		tell_answered(&adapter->answer_timer);
	loop_cancel(&adapter->networks->server->loop, &adapter->answer_timer);
	network_reach_end(adapter);
	network_unpark(adapter);
	unbind(adapter);
	xen_unmap(&device->guest->server->xen, &adapter->rings);
}

static void serve(struct device *device)
{
	network_queue(adapter_of(device));
}

static void send_again(struct timer *timer)
{
	network_queue((void *)((char *)timer - offsetof(struct adapter, send_timer)));
}

static void give_up_parked(struct timer *timer)
{
	network_unpark((void *)((char *)timer - offsetof(struct adapter, parked_timer)));
}

static void count(const struct device *device, struct io_counted *counted)
{
	const struct network_counters *counters = &adapter_of(device)->counters;

	counted->sent_bytes = counters->sent_bytes;
	counted->sent_requests = counters->sent_frames;
	counted->received_bytes = counters->received_bytes;
	counted->received_requests = counters->received_frames;
	counted->errors = counters->errors;
	counted->dropped_spoofed = counters->dropped_spoofed;
	counted->dropped_rate = counters->dropped_rate;
	counted->dropped_no_buffer = counters->dropped_no_buffer;
	counted->dropped_other = counters->dropped_other;
}

static void release(struct device *device)
{
	struct adapter *adapter = adapter_of(device);

	network_unpark(adapter); /* what came for it before it connected */
	network_leave(adapter);
	tap_close(&adapter->tap, &adapter->networks->server->loop);
	free(adapter);
}

static const struct device_class class = {
    .type = NOXS_NET,
    .connect = connect,
    .disconnect = disconnect,
    .serve = serve,
    .fill = fill,
    .read = read_front_end,
    .count = count,
    .release = release,
};

static void read_tap(struct source *source, uint32_t events)
{
	struct adapter *adapter = (void *)((char *)source - offsetof(struct adapter, tap.source));
	enum tap_result result =
	    batch_read(adapter->networks->batch, &adapter->tap, adapter, switch_bridge_frame);

	(void)events;
	if (result != TAP_LOST)
		return;
	report(REPORT_ERROR, "Adapter %u of domain %u has lost its TAP.", adapter->device.id,
	       adapter->device.guest->domid);
	tap_close(&adapter->tap, &adapter->networks->server->loop);
}

static void set_rates(struct adapter *adapter, const struct io_net *request)
{
	uint64_t now_ns = loop_now();
	uint64_t burst = request->rate / 10;

	if (burst < BURST_MIN)
		burst = BURST_MIN;
	if (burst > BURST_MAX)
		burst = BURST_MAX;
	adapter->given.rate = request->rate;
	adapter->given.flags = request->flags;
	network_rate_set(&adapter->send_rate, request->rate, (int64_t)burst, now_ns);
	network_rate_set(&adapter->receive_rate, request->rate, (int64_t)burst, now_ns);
	network_rate_set(&adapter->flood_rate, FLOOD_FRAMES, FLOOD_BURST, now_ns);
}

/* What may not change while it is there has not. */
static bool is_same(const struct io_net *given, const struct io_net *request)
{
	struct io_net now = *given;

	now.header = request->header;
	now.flags = request->flags;
	now.rate = request->rate;
	now.mtu = request->mtu;
	return frame_equal((const uint8_t *)&now, (const uint8_t *)request, sizeof(now));
}

static int change(struct adapter *adapter, const struct io_net *request, const char **step)
{
	*step = "change the adapter";
	if (!is_same(&adapter->given, request))
		return EBUSY;
	set_rates(adapter, request);
	/* Its network's may change; the guest has been told the old one, and may go on with that. */
	if (request->mtu > adapter->given.mtu)
		adapter->given.mtu = request->mtu;
	/* Its rate may let it send now. */
	if (adapter->device.connected) {
		loop_cancel(&adapter->networks->server->loop, &adapter->send_timer);
		network_queue(adapter);
	}
	*step = "";
	return 0;
}

static struct adapter *make(struct networks *networks, const struct io_net *request)
{
	struct adapter *adapter = calloc(1, sizeof(*adapter));
	struct frame_identity *identity;

	if (adapter == NULL)
		return NULL;
	adapter->networks = networks;
	adapter->device.class = &class;
	adapter->device.id = request->id;
	adapter->device.slot = request->slot;
	adapter->given = *request;
	adapter->tap.descriptor = -1;
	adapter->send_timer.fire = send_again;
	adapter->answer_timer.fire = tell_answered;
	adapter->parked_timer.fire = give_up_parked;
	adapter->awaited_till_ns = loop_now() + NOXS_STEP_MS * 1000000ULL;
	identity = &adapter->identity;
	memcpy(identity->mac, request->mac, sizeof(identity->mac));
	memcpy(identity->ipv4, request->ipv4, sizeof(identity->ipv4));
	memcpy(identity->ipv6, request->ipv6, sizeof(identity->ipv6));
	frame_link_local(request->mac, identity->link_local);
	set_rates(adapter, request);
	return adapter;
}

/* Into its network, or to the TAP of its own. There, an address that lightvmd does not give is not its
 * business. */
static int place(struct adapter *adapter, int *tap, const char **step)
{
	struct networks *networks = adapter->networks;
	struct network *network;
	int result;

	if (!frame_is_zero(adapter->given.network, 16)) {
		*step = "look for the network";
		network = network_find(networks, adapter->given.network);
		result = network == NULL ? ENODEV : 0;
		if (result != 0)
			goto out;
		*step = "enter its addresses";
		result = network_join(network, adapter);
		goto out;
	}
	adapter->identity.any_ipv4 = frame_is_zero(adapter->identity.ipv4, 4);
	adapter->identity.any_ipv6 = frame_is_zero(adapter->identity.ipv6, 16);
	*step = "attach to its TAP";
	result = *tap < 0 ? EINVAL : tap_open(&adapter->tap, &networks->server->loop, *tap, read_tap);
	if (result == 0)
		*tap = -1;

out:
	return result;
}

int net_attach(struct guest *guest, const struct io_net *request, int *tap, const char **step)
{
	struct networks *networks = networks_get(guest->server);
	struct device *there = device_find(guest, NOXS_NET, request->id);
	struct adapter *adapter = NULL;
	int result = ENOMEM;

	if (there != NULL) {
		result = change(adapter_of(there), request, step);
		goto out;
	}
	*step = "allocate the adapter";
	if (networks != NULL)
		adapter = make(networks, request);
	if (adapter == NULL)
		goto out;
	result = place(adapter, tap, step);
	if (result == 0)
		result = device_add(guest, &adapter->device, step);
	if (result != 0)
		release(&adapter->device);

out:
	return result;
}

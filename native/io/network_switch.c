/* SPDX-License-Identifier: MIT */
/* Where frames go. Every address is known, so there is nothing to learn, and nothing to be flooded but by
 * intent. */
#include "network_switch.h"

#include <string.h>

#include "network_batch.h"
#include "network_neighbour.h"

/* Who has an address that somebody asks for; his MAC, or NULL: nobody of this network. */
static const uint8_t *owner_of(struct network *network, const struct frame_info *request,
                               struct adapter **adapter)
{
	const uint8_t *asked = neighbour_asked(request);
	const struct io_network *given = &network->given;
	const uint8_t *mac = NULL;

	*adapter = NULL;
	if (request->kind == FRAME_ARP) {
		if (frame_equal(asked, given->ipv4_host, 4) && !frame_is_zero(asked, 4))
			mac = given->host_mac;
		else
			*adapter = network_table_find(&network->table, NETWORK_IPV4, asked);
	} else if (frame_equal(asked, network->host_link_local, 16) ||
	           (frame_equal(asked, given->ipv6_host, 16) && !frame_is_zero(asked, 16))) {
		mac = given->host_mac;
	} else {
		*adapter = network_table_find(&network->table, NETWORK_IPV6, asked);
		if (*adapter == NULL)
			*adapter = network_find_link_local(network, asked);
	}
	if (*adapter != NULL && (adapter_is_up(*adapter) || adapter_is_awaited(*adapter, loop_now())))
		mac = (*adapter)->identity.mac;
	return mac;
}

/* A guest asks for an address, or says what its own is. */
static void switch_neighbour(struct batch *batch, struct adapter *from, const struct frame *frame)
{
	struct network *network = from->network;
	uint8_t answer[NEIGHBOUR_FRAME];
	struct adapter *owner;
	const uint8_t *mac;

	/* That it has its address nobody needs to be told: we answer for it. */
	if (neighbour_asked(&frame->info) == NULL)
		return;
	mac = owner_of(network, &frame->info, &owner);
	if (owner == from)
		return;
	if (mac == NULL || (owner != NULL && (network->given.flags & IO_NETWORK_ISOLATED) != 0)) {
		from->counters.dropped_other++;
		return;
	}
	batch_answer(batch, from, answer, neighbour_answer(&frame->info, mac, answer));
}

static bool is_neighbour(const struct frame_info *info)
{
	return info->kind == FRAME_ARP || frame_is_icmpv6(info, ICMPV6_NEIGHBOUR_SOLICITATION) ||
	       frame_is_icmpv6(info, ICMPV6_NEIGHBOUR_ADVERTISEMENT);
}

/* Whether the network carries broadcasts, or multicasts, as this one. */
static bool is_carried(const struct network *network, const struct frame_info *info)
{
	uint32_t flag = frame_is_broadcast(info) ? IO_NETWORK_BROADCAST : IO_NETWORK_MULTICAST;

	return (network->given.flags & flag) != 0;
}

/* To every member but the sender, as often as the network as a whole can bear. */
static void flood(struct batch *batch, struct network *network, const struct frame *frame)
{
	if (!batch_rate_open(batch, &network->flood_rate)) {
		if (frame->from != NULL)
			frame->from->counters.dropped_other++;
		return;
	}
	network_rate_take(&network->flood_rate, network->member_count);
	for (struct adapter *member = network->members; member != NULL; member = member->member_next) {
		if (member != frame->from)
			batch_deliver(batch, member, frame);
	}
}

static void switch_multicast(struct batch *batch, struct adapter *from, const struct frame *frame)
{
	struct network *network = from->network;

	if (frame_is_for_router(&frame->info)) {
		batch_deliver_host(batch, &network->tap, frame);
		return;
	}
	if (!is_carried(network, &frame->info) || !batch_rate_open(batch, &from->flood_rate)) {
		from->counters.dropped_other++;
		return;
	}
	network_rate_take(&from->flood_rate, 1);
	batch_deliver_host(batch, &network->tap, frame);
	if ((network->given.flags & IO_NETWORK_ISOLATED) == 0)
		flood(batch, network, frame);
}

static void switch_unicast(struct batch *batch, struct adapter *from, const struct frame *frame)
{
	struct network *network = from->network;
	const uint8_t *target = frame->info.bytes + ETHERNET_TARGET;
	struct adapter *to;

	if (frame_equal(target, network->given.host_mac, 6)) {
		batch_deliver_host(batch, &network->tap, frame);
		return;
	}
	to = network_table_find(&network->table, NETWORK_MAC, target);
	if (to == NULL || to == from || (!adapter_is_up(to) && !adapter_is_awaited(to, batch_now(batch))) ||
	    (network->given.flags & IO_NETWORK_ISOLATED) != 0)
		from->counters.dropped_other++;
	else
		batch_deliver(batch, to, frame);
}

#define VLAN_TAG 4 /* bytes; only those that are trusted send such */

/* Whether what it says of its checksum and its segments makes sense; completes the head by what receivers
 * expect. */
static bool complete(const struct adapter *from, struct frame *frame, uint8_t *head)
{
	const struct offload *offload = &frame->offload;
	size_t payload = frame->info.size;
	size_t headers;

	if (offload->segment != 0) {
		headers = offload_headers(&frame->info, offload);
		if (headers == 0 || offload->segment < OFFLOAD_SEGMENT_MIN)
			return false;
		if (payload > headers + offload->segment)
			payload = headers + offload->segment;
	}
	if (payload > (size_t)from->given.mtu + FRAME_ETHERNET +
	                  ((from->given.flags & IO_NET_TRUSTED) != 0 ? VLAN_TAG : 0))
		return false;
	return !offload->checksum_blank || offload_prepare(&frame->info, head);
}

/* Whether it shows that the guest is there: it uses its first address, or answers for it. */
static void see(struct adapter *from, const struct frame_info *info)
{
	const uint8_t *source = NULL;

	if ((from->device.flags & IO_DEVICE_REACHABLE) != 0)
		return;
	if (frame_is_zero(from->identity.ipv4, 4)) {
		if (frame_is_zero(from->identity.ipv6, 16) || info->kind == FRAME_IPV6)
			network_reach_seen(from);
		return;
	}
	if (info->kind == FRAME_ARP)
		source = info->bytes + ARP_SENDER;
	else if (info->kind == FRAME_IPV4)
		source = info->bytes + IPV4_SOURCE;
	if (source != NULL && frame_equal(source, from->identity.ipv4, 4))
		network_reach_seen(from);
}

bool switch_admit(struct frame *frame, uint8_t *head)
{
	struct adapter *from = frame->from;
	bool trusted = (from->given.flags & IO_NET_TRUSTED) != 0;
	enum frame_verdict verdict = trusted ? FRAME_PASS : frame_check(&frame->info, &from->identity);

	if (verdict == FRAME_SPOOFED) {
		from->counters.dropped_spoofed++;
		return false;
	}
	if (verdict == FRAME_REFUSED || !complete(from, frame, head)) {
		from->counters.dropped_other++;
		return false;
	}
	from->counters.sent_frames++;
	from->counters.sent_bytes += frame->info.size;
	see(from, &frame->info);
	return true;
}

void switch_frame(struct batch *batch, const struct frame *frame)
{
	struct adapter *from = frame->from;

	if (from->network == NULL) {
		/* The answer to our own question is nobody else's. */
		if (!frame_equal(frame->info.bytes + ETHERNET_TARGET, network_reach_mac(from), 6))
			batch_deliver_host(batch, &from->tap, frame);
	} else if (is_neighbour(&frame->info)) {
		switch_neighbour(batch, from, frame);
	} else if (frame_is_multicast(&frame->info)) {
		switch_multicast(batch, from, frame);
	} else {
		switch_unicast(batch, from, frame);
	}
}

size_t switch_limit(const struct frame *frame)
{
	const uint8_t *target = frame->info.bytes + ETHERNET_TARGET;
	uint32_t needed = frame->info.kind == FRAME_IPV6 ? NOXS_NET_GSO_TCPV6 | NOXS_NET_CHECKSUM_IPV6
	                                                 : NOXS_NET_GSO_TCPV4 | NOXS_NET_CHECKSUM_IPV4;
	const struct network *network = frame->from->network;
	struct adapter *to;
	uint32_t room;

	if (network == NULL || frame_equal(target, network->given.host_mac, 6))
		return XEN_NETIF_MAX_TX_SIZE;
	to = network_table_find(&network->table, NETWORK_MAC, target);
	if (to == NULL || !adapter_is_up(to) || (to->features & needed) != needed)
		return 0;
	/* No larger than there is room for now: one part more is the receiver's to be told of it. */
	room = net_rx_room(&to->rx);
	if (room <= 1 || room > NET_RING_SIZE)
		return 0;
	room = (room - 1) * NET_PAGE_SIZE;
	return room < XEN_NETIF_MAX_TX_SIZE ? room : XEN_NETIF_MAX_TX_SIZE;
}

/* The host asks for the address of a guest. */
static void answer_host(struct network *network, const struct frame *frame)
{
	struct offload offload = {0};
	struct frame_info info;
	struct adapter *owner;
	const uint8_t *mac = owner_of(network, &frame->info, &owner);
	uint8_t bytes[NEIGHBOUR_FRAME];
	size_t size;

	if (mac == NULL || owner == NULL)
		return;
	size = neighbour_answer(&frame->info, mac, bytes);
	frame_parse(bytes, size, size, &info);
	(void)tap_write(&network->tap, &info, &offload);
}

/* An answer to a DHCP request is for one adapter, though it may be broadcast. */
static struct adapter *dhcp_client(struct network *network, const struct frame_info *info)
{
	const size_t place = info->transport + 8 + 28; /* of the client's MAC in the message */

	if (info->kind != FRAME_IPV4 || info->protocol != FRAME_UDP || info->target_port != 68 ||
	    place + 6 > info->held)
		return NULL;
	return network_table_find(&network->table, NETWORK_MAC, info->bytes + place);
}

void switch_host_frame(struct batch *batch, void *owner, const struct frame *frame)
{
	struct network *network = owner;
	const struct frame_info *info = &frame->info;
	struct adapter *to;

	if (info->kind == FRAME_BAD)
		return;
	if (neighbour_asked(info) != NULL) {
		answer_host(network, frame);
	} else if (!frame_is_multicast(info)) {
		to = network_table_find(&network->table, NETWORK_MAC, info->bytes + ETHERNET_TARGET);
		if (to != NULL)
			batch_deliver(batch, to, frame);
	} else if ((to = dhcp_client(network, info)) != NULL) {
		batch_deliver(batch, to, frame);
	} else if (frame_is_icmpv6(info, ICMPV6_ROUTER_ADVERTISEMENT) || is_carried(network, info)) {
		flood(batch, network, frame);
	}
}

void switch_bridge_frame(struct batch *batch, void *owner, const struct frame *frame)
{
	batch_deliver(batch, owner, frame);
}

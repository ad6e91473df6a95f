/* SPDX-License-Identifier: MIT */
/*
 * Packets through the rings of xen/io/netif.h. Buffers of both directions are granted once and used over and
 * over, and a packet is copied between them and lwIP's own memory: so no packet that a program has not read
 * yet takes a place in the ring away, and a retransmission never meets a page that is still granted.
 */
#include <lightvm/memory.h>
#include "grants.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip6.h"
#include "net.h"
#include "netfront_ring.h"
#include "runtime.h"

#define SMALL_GUEST (16UL << 20) /* bytes of free memory below which there are a quarter of the buffers */

static void release(struct buffer *buffer)
{
	/* Still in use: the back-end has not kept its word, and the page must not be used again. */
	if (buffer->reference != 0 && !grant_end(buffer->reference))
		return;
	if (buffer->page != NULL)
		pages_free(buffer->page, 1);
	*buffer = (struct buffer){NULL, 0};
}

static bool obtain(struct netfront *net, struct buffer *buffer, bool read_only)
{
	buffer->page = pages_alloc(1);
	if (buffer->page == NULL)
		return false;
	buffer->reference = grant_page(net->config.backend, buffer->page, read_only);
	return buffer->reference != 0;
}

static bool obtain_all(struct netfront *net)
{
	bool fine = obtain(net, &net->tx_ring_page, false) && obtain(net, &net->rx_ring_page, false);

	for (unsigned int i = 0; fine && i < net->page_count; i++)
		fine = obtain(net, &net->tx_pages[i], true);
	for (unsigned int i = 0; fine && i < net->rx_count; i++)
		fine = obtain(net, &net->rx_pages[i], false);
	return fine;
}

static void release_all(struct netfront *net)
{
	release(&net->tx_ring_page);
	release(&net->rx_ring_page);
	for (unsigned int i = 0; i < net->page_count; i++)
		release(&net->tx_pages[i]);
	for (unsigned int i = 0; i < net->rx_count; i++)
		release(&net->rx_pages[i]);
}

bool netfront_ring_open(struct netfront *net)
{
	unsigned int share = memory_free() < SMALL_GUEST ? 4 : 1;
	netif_tx_sring_t *tx;
	netif_rx_sring_t *rx;

	net->page_count = RING_ENTRIES / 2 / share;
	net->rx_count = RING_ENTRIES / share;
	if (!obtain_all(net)) {
		release_all(net);
		return false;
	}
	tx = (netif_tx_sring_t *)net->tx_ring_page.page;
	rx = (netif_rx_sring_t *)net->rx_ring_page.page;
	SHARED_RING_INIT(tx);
	SHARED_RING_INIT(rx);
	FRONT_RING_INIT(&net->tx, tx, PAGE_SIZE);
	FRONT_RING_INIT(&net->rx, rx, PAGE_SIZE);
	net->tx_free_count = net->rx_free_count = 0;
	for (unsigned int i = 2 * net->page_count; i > 0; i--)
		net->tx_free[net->tx_free_count++] = (uint16_t)(i - 1);
	for (unsigned int i = net->rx_count; i > 0; i--)
		net->rx_free[net->rx_free_count++] = (uint16_t)(i - 1);
	return true;
}

void netfront_ring_close(struct netfront *net)
{
	netfront_ring_drop(net);
	release_all(net);
}

/* Sending */

/* The sum over a pseudo header, as the field of a checksum holds it that another is to complete. */
static uint16_t pseudo_sum(const unsigned char *addresses, unsigned int size, unsigned int length)
{
	unsigned char rest[4] = {0, IP_PROTO_TCP, (unsigned char)(length >> 8), (unsigned char)length};
	uint32_t sum = net_checksum(addresses, (int)size) + net_checksum(rest, sizeof(rest));

	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* Leaves the checksum of a TCP segment to the back-end. false: the frame holds none. */
static bool leave_checksum(unsigned char *frame, unsigned int length)
{
	unsigned char *packet = frame + ETHERNET, *segment;
	unsigned int header;
	uint16_t sum;

	if (frame[12] == 0x08 && frame[13] == 0x00 && packet[9] == IP_PROTO_TCP) {
		header = (packet[0] & 15U) * 4;
		segment = packet + header;
		sum = pseudo_sum(packet + 12, 8, length - ETHERNET - header);
	} else if (frame[12] == 0x86 && frame[13] == 0xdd && packet[6] == IP_PROTO_TCP) {
		segment = packet + 40;
		sum = pseudo_sum(packet + 8, 32, length - ETHERNET - 40);
	} else {
		return false;
	}
	memcpy(segment + 16, &sum, sizeof(sum));
	return true;
}

static void put(struct netfront *net, const struct pbuf *packet)
{
	uint16_t buffer = net->tx_free[--net->tx_free_count];
	const struct buffer *page = &net->tx_pages[buffer / 2];
	uint16_t offset = buffer % 2 * TX_SIZE;
	netif_tx_request_t *request = RING_GET_REQUEST(&net->tx, net->tx.req_prod_pvt);

	pbuf_copy_partial(packet, page->page + offset, packet->tot_len, 0);
	*request = (netif_tx_request_t){
	    .gref = page->reference, .offset = offset, .id = buffer, .size = packet->tot_len};
	if ((net->netif.chksum_flags & NETIF_CHECKSUM_GEN_TCP) == 0 &&
	    leave_checksum((unsigned char *)page->page + offset, packet->tot_len))
		request->flags = NETTXF_csum_blank | NETTXF_data_validated;
	net->tx.req_prod_pvt++;
	net->unsent = true;
}

/* Takes back the buffers that the back-end is done with, and fills them with what waits. */
static void reclaim(struct netfront *net)
{
	RING_IDX end = __atomic_load_n(&net->tx.sring->rsp_prod, __ATOMIC_ACQUIRE);

	if (end - net->tx.rsp_cons > net->tx.req_prod_pvt - net->tx.rsp_cons)
		return; /* answers to what was never asked */
	for (; net->tx.rsp_cons != end; net->tx.rsp_cons++) {
		uint16_t buffer = RING_GET_RESPONSE(&net->tx, net->tx.rsp_cons)->id;

		if (buffer < 2 * net->page_count && net->tx_free_count < 2 * net->page_count)
			net->tx_free[net->tx_free_count++] = buffer;
	}
	while (net->queue_count > 0 && net->tx_free_count > 0) {
		struct pbuf *packet = net->queue[net->queue_first];

		net->queue_first = (net->queue_first + 1) % TX_QUEUE;
		net->queue_count--;
		put(net, packet);
		pbuf_free(packet);
	}
}

/* Answers to what is sent need no event, but for those who wait for a buffer. */
static void await_buffers(struct netfront *net)
{
	int more;

	while (net->queue_count > 0) {
		RING_FINAL_CHECK_FOR_RESPONSES(&net->tx, more);
		if (!more)
			return;
		reclaim(net);
	}
}

#define ARP_FRAME       42
#define ARP_OPERATION   20 /* offsets in the frame */
#define ARP_SENDER      28
#define ARP_TARGET      38
#define IPV6_NEXT       20
#define ICMPV6_TYPE     54
#define ICMPV6_SOLICITS 133 /* routers; and 135, neighbours */

/*
 * Whether it asks for an address: lwIP asks again by its timers, which nothing else needs so. Those who only
 * answer or are told something, such as that there is a router, are not to be woken for it later.
 */
static bool is_question(const struct pbuf *packet)
{
	const uint8_t *frame = packet->payload;

	if (packet->len < ARP_FRAME)
		return false;
	if (frame[12] == 0x08 && frame[13] == 0x06)
		return frame[ARP_OPERATION] == 0 && frame[ARP_OPERATION + 1] == 1 &&
		       memcmp(frame + ARP_SENDER, frame + ARP_TARGET, 4) != 0;
	return frame[12] == 0x86 && frame[13] == 0xdd && packet->len > ICMPV6_TYPE &&
	       frame[IPV6_NEXT] == IP6_NEXTH_ICMP6 && (frame[ICMPV6_TYPE] & ~2U) == ICMPV6_SOLICITS;
}

err_t netfront_ring_send(struct netif *netif, struct pbuf *packet)
{
	struct netfront *net = netif->state;

	if (!net->up)
		return ERR_IF;
	if (packet->tot_len > TX_SIZE)
		return ERR_BUF;
	net_begin();
	if (is_question(packet))
		net_timers_active();
	if (net->tx_free_count == 0)
		reclaim(net);
	if (net->tx_free_count > 0) {
		put(net, packet);
	} else if (net->queue_count < TX_QUEUE) {
		pbuf_ref(packet);
		net->queue[(net->queue_first + net->queue_count++) % TX_QUEUE] = packet;
		await_buffers(net);
	}
	/* Else it is lost, as on any network. */
	net_end();
	return ERR_OK;
}

void netfront_ring_flush(struct netfront *net)
{
	int notify;

	if (!net->unsent)
		return;
	net->unsent = false;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->tx, notify);
	if (notify)
		event_notify(net->config.port);
}

void netfront_ring_drop(struct netfront *net)
{
	for (; net->queue_count > 0; net->queue_count--) {
		pbuf_free(net->queue[net->queue_first]);
		net->queue_first = (net->queue_first + 1) % TX_QUEUE;
	}
}

/* Receiving */

/* How many answers the next packet consists of; 0: it is not there, or not whole. */
static unsigned int next_packet(struct netfront *net)
{
	RING_IDX end = __atomic_load_n(&net->rx.sring->rsp_prod, __ATOMIC_ACQUIRE);
	unsigned int there = end - net->rx.rsp_cons, count = 0;
	bool extra;
	uint16_t flags;

	if (there > net->rx.req_prod_pvt - net->rx.rsp_cons)
		return 0; /* answers to what was never asked */
	do {
		if (count == there)
			return 0;
		flags = RING_GET_RESPONSE(&net->rx, net->rx.rsp_cons + count++)->flags;
		extra = (flags & NETRXF_extra_info) != 0;
		while (extra) {
			if (count == there)
				return 0;
			extra =
			    (((netif_extra_info_t *)RING_GET_RESPONSE(&net->rx, net->rx.rsp_cons + count++))
			         ->flags &
			     XEN_NETIF_EXTRA_FLAG_MORE) != 0;
		}
	} while ((flags & NETRXF_more_data) != 0);
	return count;
}

/* The next answer's page, which is free again after its bytes have been copied. */
static const char *take_page(struct netfront *net)
{
	uint16_t buffer = net->rx_posted[net->rx.rsp_cons++ % RING_ENTRIES];

	net->rx_free[net->rx_free_count++] = buffer;
	return net->rx_pages[buffer].page;
}

/* Consumes so many answers: one packet. */
static void receive(struct netfront *net, unsigned int count)
{
	RING_IDX end = net->rx.rsp_cons + count;
	struct pbuf *packet = NULL, *piece;
	bool good = true, first = true;
	uint16_t flags = 0, checks = net->netif.chksum_flags;

	while (net->rx.rsp_cons != end) {
		netif_rx_response_t answer = *RING_GET_RESPONSE(&net->rx, net->rx.rsp_cons);
		const char *page = take_page(net);
		bool extra = (answer.flags & NETRXF_extra_info) != 0;

		if (first)
			flags = answer.flags;
		first = false;
		good = good && answer.status > 0 && answer.offset <= PAGE_SIZE &&
		       (unsigned int)answer.status <= PAGE_SIZE - answer.offset &&
		       (packet == NULL || packet->tot_len <= UINT16_MAX - answer.status);
		piece = good ? pbuf_alloc(PBUF_RAW, (uint16_t)answer.status, PBUF_RAM) : NULL;
		good = piece != NULL;
		if (good) {
			memcpy(piece->payload, page + answer.offset, (size_t)answer.status);
			if (packet == NULL)
				packet = piece;
			else
				pbuf_cat(packet, piece);
		}
		/* What is said beside the bytes is of no matter here: how large the segments were, a hash. */
		while (extra && net->rx.rsp_cons != end) {
			extra =
			    (((netif_extra_info_t *)RING_GET_RESPONSE(&net->rx, net->rx.rsp_cons))->flags &
			     XEN_NETIF_EXTRA_FLAG_MORE) != 0;
			take_page(net);
		}
	}
	if (!good) {
		if (packet != NULL)
			pbuf_free(packet);
		return;
	}
	if ((flags & (NETRXF_data_validated | NETRXF_csum_blank)) != 0)
		net->netif.chksum_flags &= ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	if (net->netif.input(packet, &net->netif) != ERR_OK)
		pbuf_free(packet);
	net->netif.chksum_flags = checks;
}

void netfront_ring_post(struct netfront *net)
{
	int notify;

	if (net->rx_free_count == 0)
		return;
	while (net->rx_free_count > 0) {
		uint16_t buffer = net->rx_free[--net->rx_free_count];
		RING_IDX position = net->rx.req_prod_pvt++;

		*RING_GET_REQUEST(&net->rx, position) = (netif_rx_request_t){
		    .id = position % RING_ENTRIES, .gref = net->rx_pages[buffer].reference};
		net->rx_posted[position % RING_ENTRIES] = buffer;
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->rx, notify);
	if (notify)
		event_notify(net->config.port);
}

void netfront_event(struct netfront *net)
{
	unsigned int count;
	int more;

	if (!net->up)
		return;
	net_begin();
	/* Before new packets: they are not older than they are. */
	net_timers_run(clock_monotonic());
	do {
		while ((count = next_packet(net)) > 0) {
			receive(net, count);
			if (net->rx_free_count >= net->rx_count / 2)
				netfront_ring_post(net);
		}
		netfront_ring_post(net);
		RING_FINAL_CHECK_FOR_RESPONSES(&net->rx, more);
	} while (more && next_packet(net) > 0);
	reclaim(net);
	await_buffers(net);
	net_end();
}

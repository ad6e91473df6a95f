/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "net_backend.h"
#include "net_client.h"
#include <xen/io/console.h>

#define mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#include <xen/io/netif.h>

#define SLOT       1 /* our control page */
#define REFERENCES 2048
#define PAGE       4096U
#define FRAME      66000
#define ETHERNET   14
#define LIMIT      10000 /* ms for a step of the hand-shake */
#define TX_SIZE    2048

_Static_assert(sizeof(struct virtio_net_hdr) % 2 == 0, "no gap before a frame");

struct net_backend_rings {
	netif_tx_back_ring_t tx;
	netif_rx_back_ring_t rx;
	void *tx_page, *rx_page;
	char *pages[REFERENCES];
};

void net_backend_open(struct net_backend *backend)
{
	int rc;

	backend->tap = open_tap("uknet0");
	rc = system("ip addr add 10.119.0.1/24 dev uknet0 && ip addr add fd19::1/64 dev uknet0 nodad && "
	            "ip link set uknet0 up");
	if (rc != 0)
		fail("ip", "cannot set the addresses");
}

void net_backend_attach(struct net_backend *backend, const struct lightvm_guest_layout *layout)
{
	backend->layout = layout;
	backend->console = map_grant(layout->domid, layout->console_gref);
	backend->devices = map_grant(layout->domid, layout->device_gref);
	backend->control = map_grant(layout->domid, NOXS_GREF_CONTROL + SLOT);
	backend->port = bind(layout);
	backend->length = 0;
}

static void drop_rings(struct net_backend *backend)
{
	struct net_backend_rings *rings = backend->rings;

	if (rings == NULL)
		return;
	for (unsigned int i = 0; i < REFERENCES; i++)
		if (rings->pages[i] != NULL)
			xengnttab_unmap(grants, rings->pages[i], 1);
	xengnttab_unmap(grants, rings->tx_page, 1);
	xengnttab_unmap(grants, rings->rx_page, 1);
	free(rings);
	backend->rings = NULL;
}

void net_backend_detach(struct net_backend *backend)
{
	drop_rings(backend);
	unbind(backend->port);
	xengnttab_unmap(grants, backend->console, 1);
	xengnttab_unmap(grants, backend->devices, 1);
	xengnttab_unmap(grants, backend->control, 1);
}

static void tell(struct net_backend *backend, enum noxs_state state)
{
	__atomic_store_n(&backend->control->control.backend_state, state, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, backend->port);
}

static void set_entry(struct net_backend *backend, uint16_t type)
{
	__atomic_store_n(&backend->devices->generation, backend->devices->generation + 1, __ATOMIC_SEQ_CST);
	backend->devices->devices[1 + SLOT].type = type;
	__atomic_store_n(&backend->devices->generation, backend->devices->generation + 1, __ATOMIC_SEQ_CST);
}

void net_backend_add(struct net_backend *backend)
{
	struct noxs_net *control = backend->control;

	memset(control, 0, sizeof(*control));
	control->control.type = NOXS_NET;
	control->backend_features = backend->features;
	control->mtu = 1500;
	memcpy(control->mac, "\x02\x11\x22\x33\x44\x55", 6);
	if (!backend->without_address)
		memcpy(control->ipv4, "\x0a\x77\x00\x02", 4);
	memcpy(control->ipv4_gateway, "\x0a\x77\x00\x01", 4);
	control->ipv4_prefix = 24;
	memcpy(control->ipv6, "\xfd\x19\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	control->ipv6_prefix = 64;
	control->control.backend_state = NOXS_INIT_WAIT;
	set_entry(backend, NOXS_NET);
	xenevtchn_notify(channels, backend->port);
}

bool net_backend_connected(const struct net_backend *backend)
{
	return backend->control->control.frontend_state == NOXS_CONNECTED &&
	       backend->control->control.backend_state == NOXS_CONNECTED;
}

static void map_rings(struct net_backend *backend, bool resumed)
{
	struct net_backend_rings *rings = calloc(1, sizeof(*rings));
	netif_tx_sring_t *tx = map_grant(backend->layout->domid, backend->control->tx_gref);
	netif_rx_sring_t *rx = map_grant(backend->layout->domid, backend->control->rx_gref);

	rings->tx_page = tx;
	rings->rx_page = rx;
	BACK_RING_ATTACH(&rings->tx, tx, resumed ? tx->rsp_prod : 0, PAGE);
	BACK_RING_ATTACH(&rings->rx, rx, resumed ? rx->rsp_prod : 0, PAGE);
	backend->rings = rings;
	/* With enough room for the largest, if the guest takes them. */
	ioctl(backend->tap, TUNSETOFFLOAD,
	      (backend->features & NOXS_NET_CHECKSUM_IPV4) != 0 ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0);
}

void net_backend_step(struct net_backend *backend)
{
	if (backend->control->control.backend_state != NOXS_INIT_WAIT ||
	    __atomic_load_n(&backend->control->control.frontend_state, __ATOMIC_ACQUIRE) != NOXS_INITIALISED)
		return;
	map_rings(backend, false);
	tell(backend, NOXS_CONNECTED);
}

void net_backend_resume(struct net_backend *backend)
{
	drop_rings(backend);
	unbind(backend->port);
	usleep(50000);
	backend->port = bind(backend->layout);
	map_rings(backend, true);
	xenevtchn_notify(channels, backend->port);
}

static void await_state(struct net_backend *backend, enum noxs_state state)
{
	double limit = now() + LIMIT;

	while (__atomic_load_n(&backend->control->control.frontend_state, __ATOMIC_ACQUIRE) != state) {
		expect(now() < limit, "the guest takes its step");
		net_backend_serve(backend, 10);
	}
}

void net_backend_close(struct net_backend *backend, bool removed)
{
	tell(backend, NOXS_CLOSING);
	await_state(backend, NOXS_CLOSING);
	drop_rings(backend);
	tell(backend, NOXS_CLOSED);
	await_state(backend, NOXS_CLOSED);
	if (!removed) {
		tell(backend, NOXS_INIT_WAIT);
		return;
	}
	set_entry(backend, NOXS_NONE);
	memset(backend->control, 0, PAGE);
	xenevtchn_notify(channels, backend->port);
}

static char *page_of(struct net_backend *backend, uint32_t reference, int protection)
{
	char **page = &backend->rings->pages[reference];

	expect(reference > 0 && reference < REFERENCES, "a reference makes sense");
	if (*page == NULL)
		*page = xengnttab_map_grant_ref(grants, backend->layout->domid, reference, protection);
	if (*page == NULL)
		fail("map buffer", strerror(errno));
	return *page;
}

/* Says where the checksum is that the guest left to us. */
static void fill_header(struct virtio_net_hdr *header, const unsigned char *frame)
{
	const unsigned char *packet = frame + ETHERNET;
	bool four = frame[12] == 0x08;

	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = (uint16_t)(ETHERNET + (four ? (packet[0] & 15) * 4 : 40));
	expect((four ? packet[9] : packet[6]) == 6, "only TCP is left to us");
	header->csum_offset = 16;
}

static bool from_guest(struct net_backend *backend)
{
	struct net_backend_rings *rings = backend->rings;
	static struct {
		struct virtio_net_hdr header;
		unsigned char frame[TX_SIZE];
	} packet;
	netif_tx_request_t request;
	netif_tx_response_t *response;
	int more;

	RING_FINAL_CHECK_FOR_REQUESTS(&rings->tx, more);
	if (!more)
		return false;
	RING_COPY_REQUEST(&rings->tx, rings->tx.req_cons, &request);
	rings->tx.req_cons++;
	expect(request.size <= TX_SIZE && request.offset + request.size <= PAGE, "a request makes sense");
	expect((request.flags & (NETTXF_more_data | NETTXF_extra_info)) == 0, "one slot is one packet");
	memcpy(packet.frame, page_of(backend, request.gref, PROT_READ) + request.offset, request.size);
	memset(&packet.header, 0, sizeof(packet.header));
	if ((request.flags & NETTXF_csum_blank) != 0) {
		expect((backend->features & NOXS_NET_CHECKSUM_IPV4) != 0, "we said that we take those");
		fill_header(&packet.header, packet.frame);
		backend->blank_packets++;
	}
	if (write(backend->tap, &packet, sizeof(packet.header) + request.size) < 0 && errno != EIO)
		fail("tap", strerror(errno));
	backend->sent_packets++;
	response = RING_GET_RESPONSE(&rings->tx, rings->tx.rsp_prod_pvt++);
	*response = (netif_tx_response_t){.id = request.id, .status = NETIF_RSP_OKAY};
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&rings->tx, more);
	if (more)
		xenevtchn_notify(channels, backend->port);
	return true;
}

static bool to_guest(struct net_backend *backend)
{
	struct net_backend_rings *rings = backend->rings;
	static struct {
		struct virtio_net_hdr header;
		char frame[FRAME];
	} packet;
	ssize_t size = read(backend->tap, &packet, sizeof(packet));
	uint32_t length, done = 0, part, slots, there;
	netif_rx_response_t *response;
	netif_extra_info_t *extra;
	netif_rx_request_t request;
	bool gso;
	int notify;

	if (size < (ssize_t)sizeof(packet.header))
		return false;
	length = (uint32_t)size - (uint32_t)sizeof(packet.header);
	gso = packet.header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
	slots = (length + PAGE - 1) / PAGE + gso;
	there = __atomic_load_n(&rings->rx.sring->req_prod, __ATOMIC_ACQUIRE) - rings->rx.req_cons;
	if (there < slots)
		return true; /* lost */
	backend->large_packets += gso;
	for (bool first = true; done < length; done += part, first = false) {
		RING_COPY_REQUEST(&rings->rx, rings->rx.req_cons, &request);
		rings->rx.req_cons++;
		part = length - done < PAGE ? length - done : PAGE;
		memcpy(page_of(backend, request.gref, PROT_READ | PROT_WRITE), packet.frame + done, part);
		response = RING_GET_RESPONSE(&rings->rx, rings->rx.rsp_prod_pvt++);
		*response = (netif_rx_response_t){.id = request.id, .status = (int16_t)part};
		if (done + part < length)
			response->flags |= NETRXF_more_data;
		if (!first)
			continue;
		if ((packet.header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
			response->flags |= NETRXF_csum_blank | NETRXF_data_validated;
		if (!gso)
			continue;
		response->flags |= NETRXF_extra_info;
		rings->rx.req_cons++;
		extra = (netif_extra_info_t *)RING_GET_RESPONSE(&rings->rx, rings->rx.rsp_prod_pvt++);
		memset(extra, 0, sizeof(*extra));
		extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra->u.gso.size = packet.header.gso_size;
		extra->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	}
	backend->received_slots += slots;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&rings->rx, notify);
	if (notify)
		xenevtchn_notify(channels, backend->port);
	return true;
}

static void drain_console(struct net_backend *backend)
{
	struct xencons_interface *ring = backend->console;
	XENCONS_RING_IDX consumer = ring->out_cons,
	                 producer = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

	if (consumer == producer)
		return;
	for (; consumer != producer; consumer++)
		if (backend->length < sizeof(backend->text) - 1)
			backend->text[backend->length++] = ring->out[MASK_XENCONS_IDX(consumer, ring->out)];
	backend->text[backend->length] = '\0';
	__atomic_store_n(&ring->out_cons, consumer, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, backend->port);
}

void net_backend_serve(struct net_backend *backend, int milliseconds)
{
	struct pollfd wanted[2] = {{.fd = xenevtchn_fd(channels), .events = POLLIN},
	                           {.fd = backend->rings != NULL ? backend->tap : -1, .events = POLLIN}};
	bool any;

	poll(wanted, 2, milliseconds);
	while (take_event(0))
		;
	drain_console(backend);
	net_backend_step(backend);
	do {
		any = false;
		for (int i = 0; i < 64 && backend->rings != NULL && from_guest(backend); i++)
			any = true;
		for (int i = 0; i < 64 && backend->rings != NULL && to_guest(backend); i++)
			any = true;
	} while (any);
}

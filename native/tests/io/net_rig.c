/* SPDX-License-Identifier: MIT */
#include "net_rig.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/virtio_net.h>

#include "check.h"
#include "client.h"
#include "fake_xen.h"
#include "network_batch.h"
#include "network_offload.h"

static void open_server(struct rig *rig, uint32_t network_flags)
{
	struct io_network network = {
	    .name = "test",
	    .flags = network_flags,
	    .mtu = 1500,
	    .ipv4_host = {10, 0, 0, 1},
	    .ipv4_prefix = 16,
	    .ipv6_host = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	    .ipv6_prefix = 64,
	};
	const char *step;
	int pair[2];
	int descriptors[2];
	int tap;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, rig->listener) == 0);
	CHECK_EQUAL(server_open(&rig->server, rig->listener[0], true), 0);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	rig->events = pair[0];
	descriptors[0] = dup(rig->memory);
	descriptors[1] = pair[1];
	CHECK_EQUAL(xen_open(&rig->server.xen, descriptors, 2), 0);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	rig->host = pair[0];
	tap = pair[1];
	memcpy(network.uuid, rig->network, 16);
	memcpy(network.host_mac, rig->host_mac, 6);
	CHECK_EQUAL(network_set(&rig->server, &network, &tap, &step), 0);
	CHECK(tap == -1);
	for (uint32_t i = 0; i < rig->count; i++) {
		struct rig_guest *guest = &rig->guests[i];
		struct io_attach attach = {.domid = guest->domid,
		                           .event_channel = guest->domid,
		                           .console_gref = 0,
		                           .device_gref = 1,
		                           .sysctl_gref = 2};

		memcpy(attach.uuid, &guest->domid, sizeof(guest->domid));
		CHECK_EQUAL(guest_attach(&rig->server, &attach, &guest->log, &guest->guest, &step), 0);
	}
}

static void close_server(struct rig *rig)
{
	/* As for SIGTERM, nothing is done to rings, and so it is as for SIGKILL. */
	rig->server.stop = true;
	server_close(&rig->server);
	close(rig->listener[0]);
	close(rig->listener[1]);
	close(rig->events);
	close(rig->host);
}

void rig_open(struct rig *rig, uint32_t count, uint32_t network_flags)
{
	const size_t size = (size_t)FAKE_GRANTS * NOXS_PAGE_SIZE;

	memset(rig, 0, sizeof(*rig));
	rig->count = count;
	rig->network[0] = 77;
	memcpy(rig->host_mac, "\x02\x00\x00\x00\x00\x01", 6);
	rig->memory = memfd_create("guests", MFD_CLOEXEC);
	CHECK(rig->memory >= 0 && ftruncate(rig->memory, (off_t)((count + 1) * size)) == 0);
	for (uint32_t i = 0; i < count; i++) {
		struct rig_guest *guest = &rig->guests[i];
		uint8_t uuid[16] = {0};

		guest->rig = rig;
		guest->domid = i + 1;
		memcpy(guest->mac, "\x02\x00\x00\x00\x01\x00", 6);
		guest->mac[4] = (uint8_t)(1 + ((10 + i) >> 8));
		guest->mac[5] = (uint8_t)(10 + i);
		memcpy(guest->ipv4, "\x0a\x00\x00\x00", 4);
		guest->ipv4[2] = (uint8_t)((10 + i) >> 8);
		guest->ipv4[3] = (uint8_t)(10 + i);
		memcpy(uuid, &guest->domid, sizeof(guest->domid));
		guest->log = client_make_log(uuid, guest->domid, CONSOLE_DATA_SIZE);
		guest->pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, rig->memory,
		                    (off_t)(guest->domid * size));
		CHECK(guest->pages != MAP_FAILED);
		guest->control = (void *)(guest->pages + (NOXS_GREF_CONTROL + 1) * NOXS_PAGE_SIZE);
		guest->tx = (void *)(guest->pages + RIG_TX_RING * NOXS_PAGE_SIZE);
		guest->rx = (void *)(guest->pages + RIG_RX_RING * NOXS_PAGE_SIZE);
	}
	open_server(rig, network_flags);
}

void rig_close(struct rig *rig)
{
	close_server(rig);
	for (uint32_t i = 0; i < rig->count; i++) {
		close(rig->guests[i].log);
		munmap(rig->guests[i].pages, (size_t)FAKE_GRANTS * NOXS_PAGE_SIZE);
	}
	close(rig->memory);
}

void rig_kill(struct rig *rig, uint32_t network_flags)
{
	close_server(rig);
	open_server(rig, network_flags);
}

struct io_net rig_request(const struct rig_guest *guest)
{
	struct io_net request = {
	    .domid = guest->domid, .slot = 1, .mtu = 1500, .ipv4_prefix = 16, .ipv6_prefix = 64};

	memcpy(request.uuid, &guest->domid, sizeof(guest->domid));
	memcpy(request.network, guest->rig->network, 16);
	memcpy(request.mac, guest->mac, 6);
	memcpy(request.ipv4, guest->ipv4, 4);
	request.ipv6[0] = 0xfd;
	request.ipv6[14] = guest->ipv4[2];
	request.ipv6[15] = guest->ipv4[3];
	return request;
}

static void idle(struct timer *timer)
{
	(void)timer;
}

void rig_turn(struct rig *rig)
{
	struct networks *networks = rig->server.networks;
	int rounds = 0;

	/* One turn for the sources, more while something waits. */
	do {
		rig->idle.fire = idle;
		CHECK_EQUAL(loop_set_timer(&rig->server.loop, &rig->idle, 0), 0);
		CHECK_EQUAL(loop_turn(&rig->server.loop), 0);
	} while ((networks->queue != NULL || rounds < 2) && rounds++ < 50);
}

void rig_event(struct rig *rig, uint32_t guest)
{
	(void)guest_serve(rig->guests[guest].guest);
	rig_turn(rig);
}

void rig_connect(struct rig *rig, uint32_t number, uint32_t features, uint32_t buffers)
{
	struct rig_guest *guest = &rig->guests[number];
	struct io_net request = rig_request(guest);
	const char *step = "";
	int none = -1;

	CHECK_EQUAL(net_attach(guest->guest, &request, &none, &step), 0);
	rig_connect_attached(rig, number, features, buffers);
}

void rig_connect_attached(struct rig *rig, uint32_t number, uint32_t features, uint32_t buffers)
{
	struct rig_guest *guest = &rig->guests[number];

	CHECK_EQUAL(guest->control->control.backend_state, NOXS_INIT_WAIT);
	memset(guest->tx, 0, NOXS_PAGE_SIZE);
	memset(guest->rx, 0, NOXS_PAGE_SIZE);
	guest->tx->head.req_event = guest->tx->head.rsp_event = 1;
	guest->rx->head.req_event = guest->rx->head.rsp_event = 1;
	guest->sent = guest->posted = guest->received = guest->answered = 0;
	guest->control->frontend_features = features;
	guest->control->tx_gref = RIG_TX_RING;
	guest->control->rx_gref = RIG_RX_RING;
	guest->control->control.frontend_state = NOXS_INITIALISED;
	rig_post(guest, buffers);
	rig_event(rig, number);
	CHECK_EQUAL(guest->control->control.backend_state, NOXS_CONNECTED);
	guest->control->control.frontend_state = NOXS_CONNECTED;
	rig_event(rig, number);
	/* The question whether it is there. */
	while (rig_receive(guest)->size != 0)
		;
}

void rig_post(struct rig_guest *guest, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = guest->posted % NET_RING_SIZE;
		struct netif_rx_request request = {.id = (uint16_t)slot, .gref = RIG_RX_FIRST + slot};

		CHECK(guest->posted - guest->received < NET_RING_SIZE);
		memcpy(&guest->rx->slots[slot], &request, sizeof(request));
		guest->posted++;
	}
	__atomic_store_n(&guest->rx->head.req_prod, guest->posted, __ATOMIC_RELEASE);
}

static void put_slot(struct rig_guest *guest, const void *slot, size_t size)
{
	uint32_t words[NET_TX_WORDS] = {0};

	memcpy(words, slot, size);
	memcpy(guest->tx->slots[guest->sent % NET_RING_SIZE], words, sizeof(words));
	guest->sent++;
}

static void put_frame(struct rig_guest *guest, const uint8_t *bytes, uint32_t size, uint16_t flags,
                      const struct netif_extra_info *extra, uint32_t part)
{
	for (uint32_t at = 0; at < size; at += part) {
		uint32_t length = size - at < part ? size - at : part;
		uint32_t slot = guest->sent % NET_RING_SIZE;
		uint32_t offset = at == 0 && part < 2000 ? 1000 : 0;
		struct netif_tx_request request = {
		    .gref = RIG_TX_FIRST + slot,
		    .offset = (uint16_t)offset,
		    .id = (uint16_t)slot,
		    .size = (uint16_t)(at == 0 ? size : length),
		};

		if (at == 0)
			request.flags = flags;
		if (at + part < size)
			request.flags |= NETTXF_more_data;
		memcpy(guest->pages + (RIG_TX_FIRST + slot) * NOXS_PAGE_SIZE + offset, bytes + at, length);
		put_slot(guest, &request, sizeof(request));
		if (at == 0 && extra != NULL)
			put_slot(guest, extra, sizeof(*extra));
	}
	__atomic_store_n(&guest->tx->head.req_prod, guest->sent, __ATOMIC_RELEASE);
}

void rig_send(struct rig_guest *guest, const void *bytes, uint32_t size, uint16_t flags, uint32_t part)
{
	put_frame(guest, bytes, size, flags, NULL, part);
}

void rig_send_gso(struct rig_guest *guest, const void *bytes, uint32_t size, uint16_t segment, uint8_t type,
                  uint32_t part)
{
	struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO,
	                                 .u.gso = {.size = segment, .type = type}};

	put_frame(guest, bytes, size, NETTXF_csum_blank | NETTXF_data_validated | NETTXF_extra_info, &extra,
	          part);
}

uint32_t rig_answers(struct rig_guest *guest, int16_t *status)
{
	uint32_t produced = __atomic_load_n(&guest->tx->head.rsp_prod, __ATOMIC_ACQUIRE);
	uint32_t count = produced - guest->answered;

	CHECK(produced - guest->answered <= NET_RING_SIZE);
	for (; guest->answered != produced; guest->answered++) {
		struct netif_tx_response response;

		memcpy(&response, guest->tx->slots[guest->answered % NET_RING_SIZE], sizeof(response));
		if (response.status == NETIF_RSP_NULL)
			continue;
		CHECK_EQUAL(response.id, guest->answered % NET_RING_SIZE);
		if (status != NULL)
			*status = response.status;
	}
	return count;
}

static struct rig_frame frame;

static struct netif_rx_response next_response(struct rig_guest *guest, uint32_t *slot)
{
	struct netif_rx_response response;

	CHECK(__atomic_load_n(&guest->rx->head.rsp_prod, __ATOMIC_ACQUIRE) != guest->received);
	*slot = guest->received % NET_RING_SIZE;
	memcpy(&response, &guest->rx->slots[*slot], sizeof(response));
	guest->received++;
	return response;
}

static void receive(struct rig_guest *guest)
{
	bool more = true;

	memset(&frame, 0, offsetof(struct rig_frame, bytes));
	if (__atomic_load_n(&guest->rx->head.rsp_prod, __ATOMIC_ACQUIRE) == guest->received)
		return;
	for (bool first = true; more; first = false) {
		uint32_t slot;
		struct netif_rx_response response = next_response(guest, &slot);

		CHECK_EQUAL(response.id, slot);
		more = (response.flags & NETRXF_more_data) != 0;
		if (response.status < 0) {
			frame.status = response.status;
			frame.size = 1;
			break;
		}
		CHECK(response.offset + response.status <= (int)NOXS_PAGE_SIZE);
		memcpy(frame.bytes + frame.size,
		       guest->pages + (RIG_RX_FIRST + slot) * NOXS_PAGE_SIZE + response.offset,
		       (size_t)response.status);
		frame.size += (uint32_t)response.status;
		if (first)
			frame.flags = response.flags;
		if (first && (response.flags & NETRXF_extra_info) != 0) {
			struct netif_extra_info extra;

			response = next_response(guest, &slot);
			memcpy(&extra, &response, sizeof(extra));
			CHECK_EQUAL(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
			CHECK_EQUAL(extra.flags, 0);
			frame.gso_size = extra.u.gso.size;
			frame.gso_type = extra.u.gso.type;
		}
	}
}

/* But for the question whether it is there, which comes when it likes; its buffer is posted again. */
const struct rig_frame *rig_receive(struct rig_guest *guest)
{
	receive(guest);
	while (frame.size == ARP_END && frame_word(frame.bytes + ETHERNET_TYPE) == 0x0806 &&
	       frame.bytes[ARP_OPERATION + 1] == ARP_REQUEST) {
		rig_post(guest, 1);
		receive(guest);
	}
	return &frame;
}

void rig_host_send_gso(struct rig *rig, const void *bytes, uint32_t size, uint16_t segment, uint8_t type)
{
	struct virtio_net_hdr_mrg_rxbuf header = {0};
	struct iovec parts[] = {{&header, sizeof(header)}, {(void *)(uintptr_t)bytes, size}};

	if (segment != 0) {
		header.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.hdr.gso_type = type;
		header.hdr.gso_size = segment;
	}
	CHECK(writev(rig->host, parts, 2) == (ssize_t)(size + sizeof(header)));
}

void rig_host_send(struct rig *rig, const void *bytes, uint32_t size)
{
	rig_host_send_gso(rig, bytes, size, 0, 0);
}

const struct rig_frame *rig_host_receive(struct rig *rig)
{
	struct virtio_net_hdr_mrg_rxbuf header;
	struct iovec parts[] = {{&header, sizeof(header)}, {frame.bytes, sizeof(frame.bytes)}};
	ssize_t got;

	memset(&frame, 0, offsetof(struct rig_frame, bytes));
	got = readv(rig->host, parts, 2);
	if (got < 0)
		return &frame;
	CHECK(got > (ssize_t)sizeof(header));
	frame.size = (uint32_t)got - (uint32_t)sizeof(header);
	frame.flags = header.hdr.flags;
	frame.gso_size = header.hdr.gso_size;
	frame.gso_type = header.hdr.gso_type;
	return &frame;
}

static uint32_t put_ipv4(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *to,
                         const uint8_t *to_ip, uint8_t protocol, uint32_t length)
{
	memset(bytes, 0, 64);
	memcpy(bytes, to, 6);
	memcpy(bytes + 6, from, 6);
	frame_put_word(bytes + 12, 0x0800);
	bytes[14] = 0x45;
	frame_put_word(bytes + 16, 20 + length);
	bytes[22] = 64;
	bytes[23] = protocol;
	memcpy(bytes + 26, from_ip, 4);
	memcpy(bytes + 30, to_ip, 4);
	frame_put_word(bytes + 24, offload_checksum(0, bytes + 14, 20));
	return 34 + length;
}

static void finish(uint8_t *bytes, uint32_t size)
{
	struct frame_info info;

	frame_parse(bytes, size < FRAME_HEAD ? size : FRAME_HEAD, size, &info);
	CHECK(info.kind == FRAME_IPV4);
	offload_finish(&info, bytes);
}

uint32_t rig_udp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *to,
                 const uint8_t *to_ip, uint32_t payload)
{
	uint32_t size = put_ipv4(bytes, from, from_ip, to, to_ip, FRAME_UDP, 8 + payload);

	frame_put_word(bytes + 34, 1000);
	frame_put_word(bytes + 36, 2000);
	frame_put_word(bytes + 38, 8 + payload);
	for (uint32_t i = 0; i < payload; i++)
		bytes[42 + i] = (uint8_t)(i * 7 + (i >> 8));
	finish(bytes, size);
	return size;
}

uint32_t rig_tcp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *to,
                 const uint8_t *to_ip, uint32_t payload)
{
	uint32_t size = put_ipv4(bytes, from, from_ip, to, to_ip, FRAME_TCP, 20 + payload);

	frame_put_word(bytes + 34, 1000);
	frame_put_word(bytes + 36, 2000);
	bytes[46] = 5 << 4;
	bytes[47] = 0x18;
	for (uint32_t i = 0; i < payload; i++)
		bytes[54 + i] = (uint8_t)(i * 7 + (i >> 8));
	finish(bytes, size);
	return size;
}

uint32_t rig_arp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *asked)
{
	static const uint8_t begin[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	memset(bytes, 0, 42);
	memset(bytes, 0xff, 6);
	memcpy(bytes + 6, from, 6);
	memcpy(bytes + 12, begin, sizeof(begin));
	memcpy(bytes + 22, from, 6);
	memcpy(bytes + 28, from_ip, 4);
	memcpy(bytes + 38, asked, 4);
	return 42;
}

bool rig_checksum_is_right(const uint8_t *bytes, uint32_t size)
{
	struct frame_info info;

	frame_parse(bytes, size < FRAME_HEAD ? size : FRAME_HEAD, size, &info);
	if (info.kind != FRAME_IPV4 && info.kind != FRAME_IPV6)
		return false;
	return offload_checksum(offload_pseudo(bytes, info.protocol, (uint32_t)(info.end - info.transport)),
	                        bytes + info.transport, info.end - info.transport) == 0;
}

const struct network_counters *rig_counters(const struct rig_guest *guest)
{
	struct device *device = device_find(guest->guest, NOXS_NET, 0);

	CHECK(device != NULL);
	return &((struct adapter *)(void *)((char *)device - offsetof(struct adapter, device)))->counters;
}

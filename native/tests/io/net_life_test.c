/* SPDX-License-Identifier: MIT */
/* Networks and adapters that come, change, misbehave, are killed under and go. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "net_rig.h"

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];
static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

static uint32_t between(uint32_t from, uint32_t to, uint32_t payload)
{
	return rig_udp(bytes, rig.guests[from].mac, rig.guests[from].ipv4, rig.guests[to].mac,
	               rig.guests[to].ipv4, payload);
}

static uint32_t state(uint32_t guest)
{
	return rig.guests[guest].control->control.backend_state;
}

static void what_guests_break(void)
{
	struct rig_guest *one = &rig.guests[0];

	/* more requests than the ring has */
	one->tx->head.req_prod = one->sent + 300;
	rig_event(&rig, 0);
	CHECK_EQUAL(state(0), NOXS_CLOSED);
	CHECK_EQUAL(state(1), NOXS_CONNECTED);
	/* it may try again, after it has let go */
	one->control->control.frontend_state = NOXS_CLOSED;
	rig_event(&rig, 0);
	CHECK_EQUAL(state(0), NOXS_INIT_WAIT);
	rig_connect(&rig, 0, NOXS_NET_SG, 20);
	/* more receive requests than there can be: noticed by what is to be delivered */
	one->rx->head.req_prod = one->posted + 300;
	rig_send(&rig.guests[1], bytes, between(1, 0, 100), 0, 1514);
	rig_event(&rig, 1);
	CHECK_EQUAL(state(0), NOXS_CLOSED);
	CHECK_EQUAL(rig_answers(&rig.guests[1], NULL), 1);
	one->control->control.frontend_state = NOXS_CLOSED;
	rig_event(&rig, 0);
	rig_connect(&rig, 0, NOXS_NET_SG, 20);
	/* grants that are none, on both sides */
	for (int way = 0; way < 2; way++) {
		struct netif_tx_request request = {.gref = 5000, .size = 1000};
		struct netif_rx_request room = {.gref = 5000};
		uint32_t size = between(0, 1, 1000);
		int16_t status = 0;

		if (way == 0) {
			memcpy(one->tx->slots[one->sent % NET_RING_SIZE], &request, sizeof(request));
			one->tx->head.req_prod = ++one->sent;
			rig_event(&rig, 0);
			one->answered++;
			CHECK_EQUAL(rig_receive(&rig.guests[1])->size, 0);
			CHECK_EQUAL(rig_counters(one)->errors, 1);
			continue;
		}
		room.id = (uint16_t)(rig.guests[1].received % NET_RING_SIZE);
		memcpy(&rig.guests[1].rx->slots[rig.guests[1].received % NET_RING_SIZE], &room, sizeof(room));
		rig_send(one, bytes, size, 0, 1514);
		rig_event(&rig, 0);
		CHECK_EQUAL(rig_receive(&rig.guests[1])->status, NETIF_RSP_ERROR);
		CHECK_EQUAL(rig_answers(one, &status), 1);
		rig_send(one, bytes, size, 0, 1514);
		rig_event(&rig, 0);
		CHECK_EQUAL(rig_receive(&rig.guests[1])->size, size);
	}
	CHECK_EQUAL(state(0), NOXS_CONNECTED);
	CHECK_EQUAL(state(1), NOXS_CONNECTED);
	(void)rig_answers(one, NULL);
}

/* A process that is gone: the next one goes on with the same rings. */
static void kills_are_survived(void)
{
	uint32_t got = 0;

	for (uint32_t i = 0; i < 300; i++) {
		uint32_t size = between(0, 1, 200 + i);

		rig_send(&rig.guests[0], bytes, size, 0, 100);
		if (i % 3 == 0)
			rig_event(&rig, 0);
		if (i % 20 == 7) {
			rig_kill(&rig, IO_NETWORK_BROADCAST);
			for (uint32_t k = 0; k < 3; k++) {
				struct io_net request = rig_request(&rig.guests[k]);
				const char *step;
				int none = -1;

				CHECK_EQUAL(net_attach(rig.guests[k].guest, &request, &none, &step), 0);
				CHECK_EQUAL(state(k), NOXS_CONNECTED);
			}
			rig_turn(&rig);
		}
		rig_event(&rig, 0);
		for (;;) {
			const struct rig_frame *frame = rig_receive(&rig.guests[1]);

			if (frame->size == 0)
				break;
			rig_post(&rig.guests[1], 1);
			if (frame_word(frame->bytes + 12) == 0x0800)
				got++;
		}
		(void)rig_answers(&rig.guests[0], NULL);
	}
	CHECK_EQUAL(got, 300);
	CHECK_EQUAL(rig.guests[0].answered, rig.guests[0].sent);
}

static void changes(void)
{
	struct io_net request = rig_request(&rig.guests[0]);
	struct io_network network = {.mtu = 1500, .name = "other"};
	const char *step;
	int none = -1;

	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	request.rate = 1000000;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	/* an MTU is that of its network: what the guest was told, it may send all the same */
	request.mtu = 1400;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	(void)rig_answers(&rig.guests[0], NULL);
	rig_send(&rig.guests[0], bytes, between(0, 1, 1450), 0, 1514);
	rig_event(&rig, 0);
	CHECK(rig_receive(&rig.guests[1])->size > 1450);
	/* and a process that is new lets it, told what the guest was */
	rig_kill(&rig, IO_NETWORK_BROADCAST);
	for (uint32_t k = 0; k < 3; k++) {
		struct io_net again = rig_request(&rig.guests[k]);

		again.mtu = k == 0 ? 1500 : 1400;
		CHECK_EQUAL(net_attach(rig.guests[k].guest, &again, &none, &step), 0);
		CHECK_EQUAL(state(k), NOXS_CONNECTED);
	}
	rig_send(&rig.guests[0], bytes, between(0, 1, 1450), 0, 1514);
	rig_event(&rig, 0);
	CHECK(rig_receive(&rig.guests[1])->size > 1450);
	request.mtu = 9000;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	request.mac[5]++;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), EBUSY);
	/* somebody has this address */
	request = rig_request(&rig.guests[0]);
	request.id = 1;
	request.slot = 2;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), EEXIST);
	request.network[3] = 1;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), ENODEV);
	memset(request.network, 0, 16);
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), EINVAL);
	CHECK_EQUAL(network_remove(&rig.server, rig.network, &step), EBUSY);
	CHECK_EQUAL(network_remove(&rig.server, network.uuid, &step), ENODEV);
	CHECK_EQUAL(network_set(&rig.server, &network, &none, &step), 0);
	CHECK_EQUAL(network_remove(&rig.server, network.uuid, &step), 0);
}

/* A process that died as it offered a device: the page can be read again, and what was not confirmed is gone. */
static void what_nobody_confirmed_goes(void)
{
	struct rig_guest *one = &rig.guests[0];
	struct noxs_device_page *page = (void *)(one->pages + NOXS_GREF_DEVICES * NOXS_PAGE_SIZE);
	struct noxs_net *second = (void *)(one->pages + (NOXS_GREF_CONTROL + 2) * NOXS_PAGE_SIZE);
	struct io_net request = rig_request(one);
	const char *step;
	uint32_t generation;
	int none = -1;

	request.id = 1;
	request.slot = 2;
	request.mac[3] = 0x77;
	memset(request.ipv4, 0, 4);
	memset(request.ipv6, 0, 16);
	CHECK_EQUAL(net_attach(one->guest, &request, &none, &step), 0);
	CHECK_EQUAL(page->devices[3].type, NOXS_NET);
	second->control.frontend_state = NOXS_INITIALISED;
	/* it wrote the entry, and not yet that it had */
	generation = --page->generation;
	CHECK_EQUAL(generation & 1, 1);
	rig_kill(&rig, IO_NETWORK_BROADCAST);
	CHECK_EQUAL(page->generation, generation + 1);
	CHECK_EQUAL(device_keep(one->guest, 1 << 0, 0), 0);
	CHECK_EQUAL(page->devices[3].type, NOXS_NONE);
	CHECK_EQUAL(page->devices[2].type, NOXS_NET);
	CHECK_EQUAL(page->generation, generation + 3);
	CHECK(second->control.frontend_state == NOXS_UNKNOWN && second->mac[3] == 0);
	for (uint32_t k = 0; k < 3; k++) {
		struct io_net again = rig_request(&rig.guests[k]);

		CHECK_EQUAL(net_attach(rig.guests[k].guest, &again, &none, &step), 0);
		CHECK_EQUAL(state(k), NOXS_CONNECTED);
	}
	/* the next one of that id has addresses of its own */
	request.mac[3] = 0x78;
	CHECK_EQUAL(net_attach(one->guest, &request, &none, &step), 0);
	CHECK_EQUAL(second->mac[3], 0x78);
	/* what is held stays; what the guest makes up goes */
	page->devices[5].type = NOXS_BLOCK;
	page->devices[5].id = 900;
	CHECK_EQUAL(device_keep(one->guest, 0, 0), 0);
	CHECK_EQUAL(page->devices[5].type, NOXS_NONE);
	CHECK_EQUAL(page->devices[3].type, NOXS_NET);
	CHECK_EQUAL(device_remove(device_find(one->guest, NOXS_NET, 1), 1, true), 0);
	rig_turn(&rig);
}

/* Beyond its rate a guest waits, and a frame for it is dropped. */
static void rates(void)
{
	struct io_net request = rig_request(&rig.guests[0]);
	const char *step;
	int none = -1;
	uint32_t size = between(0, 1, 1000);
	uint32_t sent = 0;

	request.rate = 20000;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	for (; sent < 20; sent++)
		rig_send(&rig.guests[0], bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK(rig_answers(&rig.guests[0], NULL) <= 10);
	CHECK_EQUAL(rig_counters(&rig.guests[0])->dropped_rate, 0);
	for (uint32_t i = 0; i < 20; i++)
		rig_send(&rig.guests[1], bytes, between(1, 0, 1000), 0, 1514);
	rig_event(&rig, 1);
	CHECK(rig_counters(&rig.guests[0])->dropped_rate >= 10);
	CHECK_EQUAL(rig_answers(&rig.guests[1], NULL), 20);
	request.rate = 0;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	rig_turn(&rig);
	(void)rig_answers(&rig.guests[0], NULL);
	CHECK_EQUAL(rig.guests[0].answered, rig.guests[0].sent);
}

/* What a guest on a bridge is not to send: the MAC of another, answers of DHCP, router advertisements, VLAN
 * tags, more than its MTU. */
static void what_only_trusted_may(uint32_t kind, struct rig_guest *one, uint32_t *size)
{
	static const uint8_t nobody[] = {192, 168, 7, 7};

	*size = rig_udp(bytes, one->mac, nobody, broadcast, broadcast, 90);
	switch (kind) {
	case 0:
		bytes[6] ^= 0x10;
		break;
	case 1:
		frame_put_word(bytes + 34, 67);
		frame_put_word(bytes + 36, 68);
		break;
	case 2:
		memset(bytes + 12, 0, 74);
		frame_put_word(bytes + 12, 0x86dd);
		bytes[14] = 0x60;
		frame_put_word(bytes + 18, 16);
		bytes[20] = 58;
		bytes[21] = 255;
		frame_link_local(one->mac, bytes + 22);
		bytes[38] = 0xff;
		bytes[39] = 0x02;
		bytes[53] = 1;
		bytes[54] = ICMPV6_ROUTER_ADVERTISEMENT;
		*size = 70;
		break;
	default:
		memmove(bytes + 16, bytes + 12, *size - 12);
		frame_put_word(bytes + 12, 0x8100);
		frame_put_word(bytes + 14, 7);
		*size += 4;
		break;
	}
}

/* With a TAP of its own it meets nobody but that; what it may say is checked all the same, unless it is
 * trusted. */
static void a_bridge_of_the_user(void)
{
	struct rig_guest *one = &rig.guests[0];
	struct io_net request = rig_request(one);
	const struct rig_frame *got;
	const char *step;
	uint32_t size;
	int pair[2];
	int tap;
	int old = rig.host;
	bool announced = false;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	tap = pair[1];
	memset(request.network, 0, 16);
	memset(request.ipv4, 0, 4);
	CHECK_EQUAL(device_remove(device_find(one->guest, NOXS_NET, 0), 1, true), 0);
	one->control->control.frontend_state = NOXS_UNKNOWN;
	CHECK_EQUAL(net_attach(one->guest, &request, &tap, &step), 0);
	CHECK_EQUAL(tap, -1);
	rig.host = pair[0];
	rig_connect_attached(&rig, 0, NOXS_NET_SG, 20);
	for (got = rig_host_receive(&rig); got->size != 0; got = rig_host_receive(&rig))
		announced |= got->size == 42 && memcmp(got->bytes + 12, "\x80\x35", 2) == 0 &&
		             memcmp(got->bytes, broadcast, 6) == 0 && memcmp(got->bytes + 6, one->mac, 6) == 0;
	CHECK(announced);
	/* an address that is nobody's business */
	size = rig_udp(bytes, one->mac, (const uint8_t[]){192, 168, 7, 7}, broadcast, broadcast, 90);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(rig_host_receive(&rig)->size, size);
	rig_host_send(&rig, bytes, size);
	rig_turn(&rig);
	got = rig_receive(one);
	CHECK_EQUAL(got->size, size);
	/* trusted and not again, as the network changes */
	for (uint32_t turn = 0; turn < 3; turn++) {
		request.flags = turn == 1 ? IO_NET_TRUSTED : 0;
		CHECK_EQUAL(net_attach(one->guest, &request, &tap, &step), 0);
		for (uint32_t kind = 0; kind < 4; kind++) {
			uint64_t spoofed = rig_counters(one)->dropped_spoofed;
			uint64_t other = rig_counters(one)->dropped_other;

			what_only_trusted_may(kind, one, &size);
			rig_send(one, bytes, size, 0, 1514);
			rig_event(&rig, 0);
			CHECK_EQUAL(rig_host_receive(&rig)->size, turn == 1 ? size : 0);
			CHECK_EQUAL(rig_counters(one)->dropped_spoofed - spoofed, turn != 1 && kind < 3);
			CHECK_EQUAL(rig_counters(one)->dropped_other - other, turn != 1 && kind == 3);
		}
	}
	/* the TAP goes, the adapter lives */
	close(pair[0]);
	rig_turn(&rig);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(state(0), NOXS_CONNECTED);
	rig.host = old;
}

static void the_network_loses_its_tap(void)
{
	int pair[2];
	const char *step;
	struct io_network network = {.mtu = 1500, .name = "test"};
	uint32_t size = between(1, 2, 50);

	close(rig.host);
	rig_turn(&rig);
	rig_send(&rig.guests[1], bytes, size, 0, 1514);
	rig_event(&rig, 1);
	CHECK_EQUAL(rig_receive(&rig.guests[2])->size, size);
	/* and gets another one */
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	memcpy(network.uuid, rig.network, 16);
	memcpy(network.host_mac, rig.host_mac, 6);
	CHECK_EQUAL(network_set(&rig.server, &network, &pair[1], &step), 0);
	CHECK_EQUAL(pair[1], -1);
	rig.host = pair[0];
	size = rig_udp(bytes, rig.guests[1].mac, rig.guests[1].ipv4, rig.host_mac, rig.guests[1].ipv4, 50);
	rig_send(&rig.guests[1], bytes, size, 0, 1514);
	rig_event(&rig, 1);
	CHECK_EQUAL(rig_host_receive(&rig)->size, size);
}

/* A broadcast reaches all of 500, and a guest that sends nothing else is held back. */
static void many(void)
{
	uint32_t size;
	uint32_t got = 0;

	rig_open(&rig, 500, IO_NETWORK_BROADCAST);
	for (uint32_t i = 0; i < 500; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 4);
	size = rig_udp(bytes, rig.guests[7].mac, rig.guests[7].ipv4, broadcast, broadcast, 700);
	rig_send(&rig.guests[7], bytes, size, 0, 200);
	rig_event(&rig, 7);
	for (uint32_t i = 0; i < 500; i++)
		got += rig_receive(&rig.guests[i])->size == size;
	CHECK_EQUAL(got, 499);
	while (rig_host_receive(&rig)->size != 0)
		;
	for (uint32_t i = 0; i < 240; i++)
		rig_send(&rig.guests[7], bytes, size, 0, 1514);
	rig_event(&rig, 7);
	CHECK(rig_counters(&rig.guests[7])->dropped_other > 10);
	rig_close(&rig);
}

int main(void)
{
	rig_open(&rig, 3, IO_NETWORK_BROADCAST);
	for (uint32_t i = 0; i < 3; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 100);
	what_guests_break();
	kills_are_survived();
	what_nobody_confirmed_goes();
	changes();
	rates();
	a_bridge_of_the_user();
	the_network_loses_its_tap();
	rig_close(&rig);
	many();
	return 0;
}

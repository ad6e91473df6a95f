/* SPDX-License-Identifier: MIT */
/* Frames go where they are to go, whole, and nowhere else. */
#include <string.h>

#include "check.h"
#include "fake_xen.h"
#include "net_rig.h"
#include "xen.h"

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];
static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t host_ip[4] = {10, 0, 0, 1};

static void same(const struct rig_frame *got, uint32_t size)
{
	int difference;

	CHECK_EQUAL(got->size, size);
	difference = memcmp(got->bytes, bytes, size);
	CHECK_EQUAL(difference, 0);
}

static uint32_t between(uint32_t from, uint32_t to, uint32_t payload)
{
	return rig_udp(bytes, rig.guests[from].mac, rig.guests[from].ipv4, rig.guests[to].mac,
	               rig.guests[to].ipv4, payload);
}

static void frames_between_guests(void)
{
	struct rig_guest *one = &rig.guests[0];
	struct rig_guest *two = &rig.guests[1];
	int16_t status = -1;

	for (uint32_t payload = 0; payload <= 1472; payload += 8) {
		uint32_t size = between(0, 1, payload);

		rig_send(one, bytes, size, 0, 1514);
		rig_event(&rig, 0);
		same(rig_receive(two), size);
		CHECK_EQUAL(rig_answers(one, &status), 1);
		CHECK_EQUAL(status, NETIF_RSP_OKAY);
		rig_post(two, 1);
	}
	CHECK_EQUAL(rig_receive(one)->size, 0);
	CHECK_EQUAL(rig_host_receive(&rig)->size, 0);
	/* in parts: 18 at most, some within the head */
	for (uint32_t part = 85; part <= 1514; part += 13) {
		uint32_t size = between(0, 1, 1472);

		rig_send(one, bytes, size, 0, part);
		rig_event(&rig, 0);
		same(rig_receive(two), size);
		CHECK_EQUAL(rig_answers(one, NULL), (size + part - 1) / part);
		rig_post(two, 1);
	}
}

static void frames_to_and_from_the_host(void)
{
	struct rig_guest *one = &rig.guests[0];

	for (uint32_t payload = 0; payload <= 1472; payload += 64) {
		uint32_t size = rig_udp(bytes, one->mac, one->ipv4, rig.host_mac, host_ip, payload);

		rig_send(one, bytes, size, 0, 600);
		rig_event(&rig, 0);
		same(rig_host_receive(&rig), size);
		size = rig_udp(bytes, rig.host_mac, host_ip, one->mac, one->ipv4, payload);
		rig_host_send(&rig, bytes, size);
		rig_turn(&rig);
		same(rig_receive(one), size);
		rig_post(one, 1);
	}
	(void)rig_answers(one, NULL);
}

static void addresses_are_answered_for(void)
{
	struct rig_guest *one = &rig.guests[0];
	const struct rig_frame *got;
	uint32_t size = rig_arp(bytes, one->mac, one->ipv4, rig.guests[1].ipv4);
	int difference;

	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	got = rig_receive(one);
	CHECK_EQUAL(got->size, 42);
	CHECK_EQUAL(got->bytes[21], 2);
	difference = memcmp(got->bytes + 22, rig.guests[1].mac, 6);
	CHECK_EQUAL(difference, 0);
	CHECK_EQUAL(rig_receive(&rig.guests[1])->size, 0);
	size = rig_arp(bytes, one->mac, one->ipv4, host_ip);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	got = rig_receive(one);
	difference = memcmp(got->bytes + 22, rig.host_mac, 6);
	CHECK_EQUAL(difference, 0);
	size = rig_arp(bytes, rig.host_mac, host_ip, one->ipv4);
	rig_host_send(&rig, bytes, size);
	rig_turn(&rig);
	got = rig_host_receive(&rig);
	CHECK_EQUAL(got->size, 42);
	difference = memcmp(got->bytes + 22, one->mac, 6);
	CHECK_EQUAL(difference, 0);
	CHECK_EQUAL(rig_receive(one)->size, 0);
	rig_post(one, 2);
	(void)rig_answers(one, NULL);
}

static void a_guest_that_answers_is_reachable(void)
{
	struct device *device = device_find(rig.guests[2].guest, NOXS_NET, 0);
	uint32_t size = rig_arp(bytes, rig.guests[2].mac, rig.guests[2].ipv4, host_ip);

	CHECK_EQUAL(device->flags & IO_DEVICE_REACHABLE, 0);
	bytes[21] = 2;
	memcpy(bytes, rig.host_mac, 6);
	rig_send(&rig.guests[2], bytes, size, 0, 1514);
	rig_event(&rig, 2);
	CHECK_EQUAL(device->flags & IO_DEVICE_REACHABLE, IO_DEVICE_REACHABLE);
	CHECK_EQUAL(rig_host_receive(&rig)->size, 0);
}

static void spoofed_frames_are_dropped(void)
{
	struct rig_guest *one = &rig.guests[0];
	uint64_t before = rig_counters(one)->dropped_spoofed;
	uint32_t size =
	    rig_udp(bytes, rig.guests[2].mac, one->ipv4, rig.guests[1].mac, rig.guests[1].ipv4, 100);

	rig_send(one, bytes, size, 0, 1514);
	size = rig_udp(bytes, one->mac, rig.guests[2].ipv4, rig.guests[1].mac, rig.guests[1].ipv4, 100);
	rig_send(one, bytes, size, 0, 1514);
	size = rig_arp(bytes, one->mac, rig.guests[2].ipv4, rig.guests[1].ipv4);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(rig_counters(one)->dropped_spoofed, before + 3);
	CHECK_EQUAL(rig_receive(&rig.guests[1])->size, 0);
	CHECK_EQUAL(rig_receive(one)->size, 0);
	CHECK_EQUAL(rig_answers(one, NULL), 3);
}

/* As a guest on another vCPU would: whenever a page of its is about to be read, its header is another. */
static uint32_t rewritten;

static void rewrite(const struct xen_copy *copy)
{
	const struct ioctl_gntdev_grant_copy_segment *segment = &copy->segment;
	struct rig_guest *one = &rig.guests[0];

	if ((segment->flags & GNTCOPY_source_gref) == 0 || segment->source.foreign.domid != one->domid)
		return;
	for (uint32_t slot = 0; slot < NET_RING_SIZE && rewritten > 0; slot++) {
		uint8_t *page = one->pages + (RIG_TX_FIRST + slot) * NOXS_PAGE_SIZE;

		memset(page, 0xee, 128);
		memset(page + 1000, 0xee, 128);
	}
	rewritten++;
}

static void headers_that_change_meanwhile_are_not_sent(void)
{
	struct rig_guest *one = &rig.guests[0];
	struct rig_guest *two = &rig.guests[1];
	uint32_t size = between(0, 1, 1400);

	for (int way = 0; way < 2; way++) {
		const struct rig_frame *got;
		int difference;

		size = way == 0 ? between(0, 1, 1400)
		                : rig_udp(bytes, one->mac, one->ipv4, rig.host_mac, host_ip, 1400);
		rig_send(one, bytes, size, 0, 1514);
		rewritten = 0;
		fake_before_copy = rewrite;
		rig_event(&rig, 0);
		fake_before_copy = NULL;
		CHECK(rewritten >= 2);
		got = way == 0 ? rig_receive(two) : rig_host_receive(&rig);
		CHECK_EQUAL(got->size, size);
		difference = memcmp(got->bytes, bytes, FRAME_HEAD);
		CHECK_EQUAL(difference, 0);
	}
	rig_post(two, 1);
	(void)rig_answers(one, NULL);
}

static void broadcasts_follow_the_network(uint32_t flags)
{
	struct rig_guest *one = &rig.guests[0];
	uint32_t size = rig_udp(bytes, one->mac, one->ipv4, broadcast, broadcast, 60);
	bool carried = (flags & IO_NETWORK_BROADCAST) != 0;
	bool isolated = (flags & IO_NETWORK_ISOLATED) != 0;

	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(rig_host_receive(&rig)->size, carried ? size : 0);
	for (uint32_t i = 1; i < 3; i++)
		CHECK_EQUAL(rig_receive(&rig.guests[i])->size, carried && !isolated ? size : 0);
	CHECK_EQUAL(rig_receive(one)->size, 0);
	/* to another guest */
	size = between(0, 1, 10);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(rig_receive(&rig.guests[1])->size, isolated ? 0 : size);
	/* DHCP reaches the host, always */
	size = rig_udp(bytes, one->mac, (const uint8_t[4]){0}, broadcast, broadcast, 300);
	frame_put_word(bytes + 34, 68);
	frame_put_word(bytes + 36, 67);
	rig_send(one, bytes, size, 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(rig_host_receive(&rig)->size, size);
	CHECK_EQUAL(rig_receive(&rig.guests[1])->size, 0);
	(void)rig_answers(one, NULL);
}

static void with(uint32_t flags)
{
	rig_open(&rig, 3, flags);
	for (uint32_t i = 0; i < 3; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 200);
	broadcasts_follow_the_network(flags);
	rig_close(&rig);
}

/* For a while, frames wait for a guest to post room; in their order, and not without end. */
static void frames_wait_for_room(void)
{
	struct rig_guest *one = &rig.guests[0];
	struct rig_guest *two = &rig.guests[1];
	uint32_t last = 0;
	uint32_t size = between(0, 1, 500);

	/* However slow this machine is, none has waited too long. */
	rig.server.networks->patience_ns = INT64_MAX / 2;
	for (uint32_t i = 0; i < 40; i++) {
		frame_put_word(bytes + 42, i + 1);
		if (i % 3 == 0) {
			uint8_t from_host[1514];

			memcpy(from_host, bytes, size);
			memcpy(from_host + 6, rig.host_mac, 6);
			rig_host_send(&rig, from_host, size);
			rig_turn(&rig);
		} else {
			rig_send(one, bytes, size, NETTXF_data_validated, 200);
			rig_event(&rig, 0);
		}
	}
	(void)rig_answers(one, NULL);
	for (uint32_t i = 0; i < 40; i++) {
		const struct rig_frame *got = rig_receive(two);

		if (got->size == 0) {
			/* It was asked to say so. */
			CHECK(two->rx->head.req_event == two->posted + 1);
			rig_post(two, 1 + i % 5);
			rig_event(&rig, 1);
			got = rig_receive(two);
		}
		CHECK_EQUAL(got->size, size);
		CHECK_EQUAL(frame_word(got->bytes + 42), ++last);
	}
	CHECK_EQUAL(rig_counters(two)->dropped_no_buffer, 0);
	/* Till there are no buffers left for more. */
	while (two->posted != two->received) {
		rig_send(one, bytes, size, 0, 1514);
		rig_event(&rig, 0);
		CHECK_EQUAL(rig_receive(two)->size, size);
	}
	for (uint32_t i = 0; i < 200; i++) {
		rig_send(one, bytes, size, 0, 1514);
		rig_event(&rig, 0);
	}
	CHECK_EQUAL(rig_counters(two)->dropped_no_buffer, 200 - 128);
}

/* The adapter that a test has attached and not connected. */
static struct adapter *attach(uint32_t number)
{
	struct rig_guest *guest = &rig.guests[number];
	struct io_net request = rig_request(guest);
	const char *step = "";
	int none = -1;

	CHECK_EQUAL(net_attach(guest->guest, &request, &none, &step), 0);
	return (void *)((char *)device_find(guest->guest, NOXS_NET, 0) - offsetof(struct adapter, device));
}

static uint32_t host_asks_for(uint32_t number)
{
	rig_host_send(&rig, bytes, rig_arp(bytes, rig.host_mac, host_ip, rig.guests[number].ipv4));
	rig_turn(&rig);
	return rig_host_receive(&rig)->size;
}

static void host_sends_to(uint32_t number, uint32_t payload)
{
	struct rig_guest *guest = &rig.guests[number];

	rig_host_send(&rig, bytes, rig_udp(bytes, rig.host_mac, host_ip, guest->mac, guest->ipv4, payload));
	rig_turn(&rig);
}

/* What is sent to a guest that boots is there when it has: nobody is to ask, or to send, once more. */
static void frames_wait_for_a_guest_that_boots(void)
{
	struct rig_guest *one = &rig.guests[1];
	struct rig_guest *two = &rig.guests[2];
	struct adapter *adapter;

	(void)attach(1);
	rig.server.networks->patience_ns = INT64_MAX / 2;
	CHECK_EQUAL(host_asks_for(1), 42);
	host_sends_to(1, 10);
	rig_send(&rig.guests[0], bytes, between(0, 1, 20), 0, 1514);
	rig_event(&rig, 0);
	host_sends_to(1, 30);
	rig_connect_attached(&rig, 1, NOXS_NET_SG, 0);
	rig_post(one, 8);
	rig_event(&rig, 1);
	for (uint32_t payload = 10; payload <= 30; payload += 10)
		CHECK_EQUAL(rig_receive(one)->size, 42 + payload);
	CHECK_EQUAL(rig_counters(one)->dropped_no_buffer, 0);
	/* It never comes up: then it is as if it were not there. */
	adapter = attach(2);
	host_sends_to(2, 10);
	CHECK(adapter->parked != NULL);
	adapter->awaited_till_ns = loop_now();
	CHECK_EQUAL(host_asks_for(2), 0);
	host_sends_to(2, 20);
	CHECK_EQUAL(adapter->parked_frames, 1);
	/* Nothing of it is left when it goes. */
	device_drop(&adapter->device);
	rig_turn(&rig);
	CHECK_EQUAL(two->control->control.backend_state, NOXS_INIT_WAIT);
	CHECK_EQUAL(host_asks_for(2), 0);
}

int main(void)
{
	rig_open(&rig, 3, 0);
	rig_connect(&rig, 0, NOXS_NET_SG, 32);
	frames_wait_for_a_guest_that_boots();
	rig_close(&rig);
	rig_open(&rig, 3, 0);
	for (uint32_t i = 0; i < 3; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 32);
	frames_between_guests();
	frames_to_and_from_the_host();
	addresses_are_answered_for();
	a_guest_that_answers_is_reachable();
	spoofed_frames_are_dropped();
	headers_that_change_meanwhile_are_not_sent();
	rig_close(&rig);
	rig_open(&rig, 3, 0);
	rig_connect(&rig, 0, NOXS_NET_SG, 32);
	rig_connect(&rig, 1, NOXS_NET_SG, 1);
	frames_wait_for_room();
	rig_close(&rig);
	with(0);
	with(IO_NETWORK_BROADCAST);
	with(IO_NETWORK_BROADCAST | IO_NETWORK_ISOLATED);
	return 0;
}

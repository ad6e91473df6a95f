/* SPDX-License-Identifier: MIT */
/* Guests that talk to each other are looked at for a while, without events; before the loop sleeps each is asked for one. */
#include <string.h>

#include "check.h"
#include "net_rig.h"

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];

static uint32_t looked_at(void)
{
	return rig.server.networks->lookout.places;
}

static void send(uint32_t from, uint32_t to)
{
	uint32_t size = rig_udp(bytes, rig.guests[from].mac, rig.guests[from].ipv4, rig.guests[to].mac,
	                        rig.guests[to].ipv4, 50);

	rig_send(&rig.guests[from], bytes, size, 0, 1514);
}

static bool asks_for_event(uint32_t guest)
{
	const struct net_ring_head *head = &rig.guests[guest].tx->head;

	return head->req_event == rig.guests[guest].sent + 1;
}

static bool rests(void)
{
	return !rig.server.networks->lookout.rest(&rig.server.networks->lookout);
}

static void what_comes_next_needs_no_event(void)
{
	send(0, 1);
	rig_event(&rig, 0);
	CHECK(rig_receive(&rig.guests[1])->size != 0);
	CHECK_EQUAL(looked_at(), 2);
	CHECK(!asks_for_event(0) && !asks_for_event(1));
	send(1, 0);
	rig_turn(&rig);
	CHECK(rig_receive(&rig.guests[0])->size != 0);
	CHECK_EQUAL(looked_at(), 2);
}

static void before_a_sleep_all_ask_for_events(void)
{
	CHECK(rests());
	CHECK_EQUAL(looked_at(), 0);
	CHECK(asks_for_event(0) && asks_for_event(1));
	/* What came just before that is found by it. */
	send(0, 1);
	rig_event(&rig, 0);
	send(0, 1);
	CHECK(!rests());
	rig_turn(&rig);
	CHECK(rig_receive(&rig.guests[1])->size != 0 && rig_receive(&rig.guests[1])->size != 0);
}

static void the_loop_sleeps_in_the_end(void)
{
	send(0, 1);
	rig_event(&rig, 0);
	CHECK_EQUAL(looked_at(), 2);
	CHECK_EQUAL(loop_set_timer(&rig.server.loop, &rig.idle, loop_now() + 20000000), 0);
	for (int turns = 0; rig.idle.heap_place != 0; turns++) {
		CHECK(turns < 20);
		CHECK_EQUAL(loop_turn(&rig.server.loop), 0);
	}
	CHECK_EQUAL(looked_at(), 0);
	CHECK(asks_for_event(0) && asks_for_event(1));
	CHECK(rig_receive(&rig.guests[1])->size != 0);
}

static void who_talks_to_the_host_is_not_looked_at(void)
{
	static const uint8_t host_ip[4] = {10, 0, 0, 1};
	uint32_t size;

	send(0, 1);
	rig_event(&rig, 0);
	CHECK_EQUAL(looked_at(), 2);
	size = rig_udp(bytes, rig.guests[0].mac, rig.guests[0].ipv4, rig.host_mac, host_ip, 50);
	rig_send(&rig.guests[0], bytes, size, 0, 1514);
	rig_turn(&rig);
	CHECK(rig_host_receive(&rig)->size != 0);
	CHECK_EQUAL(looked_at(), 0);
	CHECK(asks_for_event(0) && asks_for_event(1));
	CHECK(rig_receive(&rig.guests[1])->size != 0);
}

static void who_may_not_send_yet_is_not_looked_at(void)
{
	struct io_net request = rig_request(&rig.guests[0]);
	const char *step = "";
	int none = -1;

	request.rate = 10000;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	for (int i = 0; i < 100; i++)
		send(0, 1);
	rig_event(&rig, 0);
	CHECK(rig.server.networks->queue == NULL);
	CHECK_EQUAL(looked_at(), 1); /* the receiver */
	request.rate = 0;
	CHECK_EQUAL(net_attach(rig.guests[0].guest, &request, &none, &step), 0);
	rig_turn(&rig);
	for (int i = 0; i < 100; i++)
		CHECK(rig_receive(&rig.guests[1])->size != 0);
}

static void who_is_gone_is_not_looked_at(void)
{
	send(0, 1);
	rig_event(&rig, 0);
	CHECK_EQUAL(looked_at(), 2);
	/* More than the ring holds: it is out. */
	rig.guests[0].tx->head.req_prod = rig.guests[0].sent + 300;
	rig_turn(&rig);
	CHECK_EQUAL(rig.guests[0].control->control.backend_state, NOXS_CLOSED);
	CHECK_EQUAL(looked_at(), 1);
	send(1, 2);
	rig_event(&rig, 1);
	guest_detach(rig.guests[1].guest);
	CHECK_EQUAL(looked_at(), 1);
	rig_turn(&rig);
}

static void not_more_than_a_few_are_looked_at(void)
{
	rig_open(&rig, 2 * NETWORK_HOT, 0);
	for (uint32_t i = 0; i < 2 * NETWORK_HOT; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 100);
	for (uint32_t i = 0; i < NETWORK_HOT; i++) {
		send(2 * i, 2 * i + 1);
		rig_event(&rig, 2 * i);
	}
	CHECK_EQUAL(looked_at(), NETWORK_HOT);
	for (uint32_t i = NETWORK_HOT; i < 2 * NETWORK_HOT; i++)
		CHECK(asks_for_event(i));
	rig_close(&rig);
}

int main(void)
{
	rig_open(&rig, 3, 0);
	for (uint32_t i = 0; i < 3; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 200);
	CHECK(rests());
	what_comes_next_needs_no_event();
	before_a_sleep_all_ask_for_events();
	the_loop_sleeps_in_the_end();
	who_talks_to_the_host_is_not_looked_at();
	who_may_not_send_yet_is_not_looked_at();
	who_is_gone_is_not_looked_at();
	rig_close(&rig);
	not_more_than_a_few_are_looked_at();
	return 0;
}

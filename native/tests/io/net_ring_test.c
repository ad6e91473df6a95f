/* SPDX-License-Identifier: MIT */
/*
 * Rings: what a front-end may say, and what it may not. And a process that dies before each store that can be
 * seen, in taking frames up and in answering them, and then again while the next one takes up: every request
 * is answered once, in its place and with its own id, and no response is taken for a request.
 */
#include <setjmp.h>
#include <string.h>

#include "check.h"
#include "net_ring.h"

static jmp_buf cut;
static long steps_left = -1; /* negative: never */

/* net_ring.c calls this before each store (NET_RING_STEP). */
void ring_step(void)
{
	if (steps_left == 0)
		longjmp(cut, 1);
	if (steps_left > 0)
		steps_left--;
}

static struct net_tx_page tx_page;
static struct net_rx_page rx_page;
static uint32_t produced; /* by the front-end */

static void put(const void *slot, size_t size)
{
	memset(tx_page.slots[produced % NET_RING_SIZE], 0, sizeof(tx_page.slots[0]));
	memcpy(tx_page.slots[produced % NET_RING_SIZE], slot, size);
	produced++;
}

static void put_request(uint32_t reference, uint32_t offset, uint32_t size, uint32_t flags)
{
	struct netif_tx_request request = {.gref = reference,
	                                   .offset = (uint16_t)offset,
	                                   .flags = (uint16_t)flags,
	                                   .id = (uint16_t)(1000 + produced % NET_RING_SIZE),
	                                   .size = (uint16_t)size};

	put(&request, sizeof(request));
}

static void put_gso(uint8_t type, uint16_t size, uint8_t flags)
{
	struct netif_extra_info extra = {
	    .type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = flags, .u.gso = {.type = type, .size = size}};

	put(&extra, sizeof(extra));
}

static void push(void)
{
	tx_page.head.req_prod = produced;
}

static void begin_at(uint32_t index)
{
	memset(&tx_page, 0, sizeof(tx_page));
	produced = index;
	tx_page.head.req_prod = tx_page.head.rsp_prod = index;
	tx_page.head.req_event = tx_page.head.rsp_event = index + 1;
	tx_page.head.answering = index;
}

static enum net_ring_result take(struct net_tx_frame *frame)
{
	struct net_tx tx;
	const char *why;

	push();
	net_tx_resume(&tx, &tx_page);
	return net_tx_take(&tx, frame, &why);
}

static void broken(void)
{
	struct net_tx_frame frame;

	CHECK_EQUAL(take(&frame), NET_RING_BROKEN);
	begin_at(0);
}

static void frames_are_understood(void)
{
	struct net_tx_frame frame;

	begin_at(0xfffffff0U);
	CHECK_EQUAL(take(&frame), NET_RING_EMPTY);
	put_request(7, 96, 4000, NETTXF_csum_blank);
	CHECK_EQUAL(take(&frame), NET_RING_TAKEN);
	CHECK(frame.size == 4000 && frame.slot_count == 1 && frame.slots[0].size == 4000 &&
	      frame.slots[0].offset == 96);
	CHECK(frame.slots[0].reference == 7 && frame.flags == NETTXF_csum_blank && frame.gso_size == 0);

	begin_at(0);
	put_request(7, 0, 5000, NETTXF_more_data | NETTXF_extra_info);
	put_gso(XEN_NETIF_GSO_TYPE_TCPV6, 1448, 0);
	put_request(8, 0, 4096, NETTXF_more_data);
	put_request(9, 5, 304, 0);
	CHECK_EQUAL(take(&frame), NET_RING_TAKEN);
	CHECK(frame.slot_count == 3 && frame.extra_count == 1 && frame.slots[0].size == 600);
	CHECK(frame.gso_size == 1448 && frame.gso_type == XEN_NETIF_GSO_TYPE_TCPV6 &&
	      frame.slots[2].offset == 5);

	/* as many parts as there may be */
	begin_at(0);
	for (uint32_t i = 0; i < NET_TX_SLOTS; i++)
		put_request(i, 0, i == 0 ? 65535 : 3640, i + 1 < NET_TX_SLOTS ? NETTXF_more_data : 0);
	CHECK_EQUAL(take(&frame), NET_RING_TAKEN);
	CHECK(frame.slot_count == NET_TX_SLOTS && frame.slots[0].size == 65535 - 17 * 3640);
}

static void nonsense_is_broken(void)
{
	struct net_tx_frame frame;

	begin_at(0);
	put_request(1, 4000, 97, 0);
	broken();
	put_request(1, 65535, 100, 0);
	broken();
	put_request(1, 0, 5000, 0);
	broken();
	put_request(1, 0, 100, NETTXF_more_data);
	broken();
	put_request(1, 0, 100, NETTXF_extra_info);
	broken();
	put_request(1, 0, 100, NETTXF_more_data);
	put_request(1, 0, 101, 0);
	broken();
	put_request(1, 0, 8000, NETTXF_more_data);
	put_request(1, 4000, 4000, 0);
	broken();
	put_request(1, 0, 100, NETTXF_extra_info);
	put_gso(XEN_NETIF_GSO_TYPE_NONE, 1400, 0);
	broken();
	put_request(1, 0, 100, NETTXF_extra_info);
	put_gso(XEN_NETIF_GSO_TYPE_TCPV4, 0, 0);
	broken();
	put_request(1, 0, 100, NETTXF_extra_info);
	for (int i = 0; i < 6; i++)
		put_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1400, XEN_NETIF_EXTRA_FLAG_MORE);
	put_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1400, 0);
	broken();
	for (uint32_t i = 0; i <= NET_TX_SLOTS; i++)
		put_request(i, 0, i == 0 ? 1000 : 10, i < NET_TX_SLOTS ? NETTXF_more_data : 0);
	broken();
	produced += NET_RING_SIZE + 1;
	broken();
	produced -= 1;
	CHECK_EQUAL(take(&frame), NET_RING_BROKEN);
}

/*
 * A front-end that goes on producing while its requests are taken, and none is answered: a batch has room for what one
 * ring holds, and frames of 18 parts that are made into one would leave it.
 */
static void no_more_than_a_ring_is_taken_unanswered(uint32_t start)
{
	struct net_tx tx;
	struct net_tx_frame frames[NET_RING_SIZE];
	struct net_tx_frame more;
	const char *why;

	begin_at(start);
	net_tx_resume(&tx, &tx_page);
	for (uint32_t i = 0; i < NET_RING_SIZE; i++)
		put_request(i, 0, 100, 0);
	push();
	for (uint32_t i = 0; i < NET_RING_SIZE; i++)
		CHECK_EQUAL(net_tx_take(&tx, &frames[i], &why), NET_RING_TAKEN);
	CHECK_EQUAL(net_tx_take(&tx, &more, &why), NET_RING_EMPTY);
	net_tx_begin(&tx);
	for (uint32_t i = 0; i < NET_RING_SIZE; i++)
		net_tx_answer(&tx, &frames[i], NETIF_RSP_OKAY);
	net_tx_end(&tx);
	/* Answered, there is room for as many again; and not for one more before they are. */
	for (uint32_t i = 0; i < NET_RING_SIZE; i++)
		put_request(i, 0, 100, 0);
	push();
	for (uint32_t i = 0; i < NET_RING_SIZE; i++)
		CHECK_EQUAL(net_tx_take(&tx, &frames[i], &why), NET_RING_TAKEN);
	put_request(0, 0, 100, 0);
	push();
	CHECK_EQUAL(net_tx_take(&tx, &more, &why), NET_RING_BROKEN);
	/* nor does it take back what it has produced */
	tx_page.head.req_prod = tx.consumed - 1;
	tx.produced = tx.consumed;
	CHECK_EQUAL(net_tx_take(&tx, &more, &why), NET_RING_BROKEN);
}

/* A front-end's requests, and a process that takes and answers them but dies before its store number `steps`.
 */
static int run_tx(long steps)
{
	int finished = 0;
	int died = setjmp(cut);

	if (died == 0) {
		struct net_tx tx;
		struct net_tx_frame frames[8];
		uint32_t count = 0;
		const char *why;

		steps_left = steps;
		net_tx_resume(&tx, &tx_page);
		while (net_tx_take(&tx, &frames[count], &why) == NET_RING_TAKEN) {
			for (uint32_t i = 0; i < frames[count].slot_count; i++)
				CHECK_EQUAL(frames[count].slots[i].reference,
				            500 + (uint32_t)frames[count].ids[i]);
			count++;
			CHECK(count < 8);
		}
		net_tx_begin(&tx);
		for (uint32_t i = 0; i < count; i++)
			net_tx_answer(&tx, &frames[i], NETIF_RSP_OKAY);
		net_tx_end(&tx);
		finished = 1;
	}
	steps_left = -1;
	return finished;
}

static void put_own(uint32_t size, uint32_t flags)
{
	put_request(500 + 1000 + produced % NET_RING_SIZE, 0, size, flags);
}

static void put_some(void)
{
	put_own(100, 0);
	put_own(5000, NETTXF_more_data | NETTXF_extra_info);
	put_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1400, XEN_NETIF_EXTRA_FLAG_MORE);
	put_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1400, 0);
	put_own(4000, NETTXF_more_data);
	put_own(10, 0);
	put_own(60, 0);
	push();
}

static void verify_tx(uint32_t from)
{
	CHECK_EQUAL(tx_page.head.rsp_prod, produced);
	for (uint32_t i = 0; i < produced - from; i++) {
		struct netif_tx_response response;

		memcpy(&response, tx_page.slots[(from + i) % NET_RING_SIZE], sizeof(response));
		if (i % 7 == 2 || i % 7 == 3) {
			CHECK_EQUAL(response.status, NETIF_RSP_NULL);
			continue;
		}
		CHECK_EQUAL(response.status, NETIF_RSP_OKAY);
		CHECK_EQUAL(response.id, 1000 + (from + i) % NET_RING_SIZE);
	}
}

static void sending_survives(uint32_t from)
{
	int finished = 0;

	for (long first = 0; !finished; first++) {
		int second_finished = 0;

		for (long second = 0; !second_finished; second++) {
			begin_at(from);
			put_some();
			finished = run_tx(first);
			second_finished = run_tx(second);
			run_tx(-1);
			verify_tx(from);
			/* and goes on */
			put_some();
			run_tx(-1);
			verify_tx(from);
		}
		CHECK(first < 100);
	}
}

#define POSTED 6U

static void put_buffers(uint32_t from)
{
	memset(&rx_page, 0, sizeof(rx_page));
	for (uint32_t i = 0; i < POSTED; i++) {
		struct netif_rx_request request = {.id = (uint16_t)((from + i) % NET_RING_SIZE),
		                                   .gref = 9000 + (from + i) % NET_RING_SIZE};

		memcpy(&rx_page.slots[(from + i) % NET_RING_SIZE], &request, sizeof(request));
	}
	rx_page.head.rsp_prod = rx_page.head.answering = from;
	rx_page.head.req_prod = from + POSTED;
}

/* Delivers two frames, of one part and of two with an extra; dies before store number `steps`. */
static int run_rx(long steps)
{
	int finished = 0;
	int died = setjmp(cut);

	if (died == 0) {
		struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO,
		                                 .u.gso = {.size = 1400, .type = XEN_NETIF_GSO_TYPE_TCPV4}};
		struct net_rx rx;
		uint32_t at;

		steps_left = steps;
		net_rx_resume(&rx, &rx_page);
		at = rx.consumed;
		if (net_rx_room(&rx) >= 4) {
			for (uint32_t i = 0; i < 4; i++)
				CHECK_EQUAL(net_rx_take(&rx), 9000 + (at + i) % NET_RING_SIZE);
			net_rx_begin(&rx);
			net_rx_answer(&rx, at, 0, 60);
			net_rx_answer(&rx, at + 1, NETRXF_extra_info | NETRXF_more_data, 4096);
			net_rx_extra(&rx, at + 2, extra);
			net_rx_answer(&rx, at + 3, 0, 100);
			net_rx_end(&rx);
		}
		finished = 1;
	}
	steps_left = -1;
	return finished;
}

/* Up to rsp_prod all is answered: in order, or with an error that gives the buffer back. */
static void verify_rx(uint32_t from)
{
	uint32_t answered = rx_page.head.rsp_prod - from;

	CHECK_EQUAL(answered, 4);
	for (uint32_t i = 0; i < answered; i++) {
		struct netif_rx_response response;

		memcpy(&response, &rx_page.slots[(from + i) % NET_RING_SIZE], sizeof(response));
		if (i == 2 && response.status != NETIF_RSP_ERROR)
			continue;
		CHECK(response.status == NETIF_RSP_ERROR || response.status > 0);
		/* An extra that was never published has written over the id. */
		if (i != 2)
			CHECK_EQUAL(response.id, (from + i) % NET_RING_SIZE);
	}
}

static void receiving_survives(uint32_t from)
{
	int finished = 0;

	for (long first = 0; !finished; first++) {
		int second_finished = 0;

		for (long second = 0; !second_finished; second++) {
			put_buffers(from);
			finished = run_rx(first);
			second_finished = run_rx(second);
			if (rx_page.head.rsp_prod == from)
				run_rx(-1);
			verify_rx(from);
		}
		CHECK(first < 100);
	}
}

static void events_are_asked_for(void)
{
	struct net_tx tx;
	struct net_rx rx;
	struct net_tx_frame frame;
	const char *why;

	begin_at(5);
	net_tx_resume(&tx, &tx_page);
	CHECK(!net_tx_wait(&tx));
	CHECK_EQUAL(tx_page.head.req_event, 6);
	put_request(1, 0, 100, 0);
	push();
	CHECK(net_tx_wait(&tx));
	/* an answer beyond what the guest asked to be told of is told */
	tx_page.head.rsp_event = 6;
	CHECK_EQUAL(net_tx_take(&tx, &frame, &why), NET_RING_TAKEN);
	net_tx_begin(&tx);
	net_tx_answer(&tx, &frame, NETIF_RSP_OKAY);
	CHECK(net_tx_end(&tx));
	put_request(1, 0, 100, 0);
	push();
	CHECK_EQUAL(net_tx_take(&tx, &frame, &why), NET_RING_TAKEN);
	net_tx_begin(&tx);
	net_tx_answer(&tx, &frame, NETIF_RSP_OKAY);
	CHECK(!net_tx_end(&tx));

	put_buffers(3);
	net_rx_resume(&rx, &rx_page);
	CHECK_EQUAL(net_rx_room(&rx), POSTED);
	CHECK(net_rx_wait(&rx, POSTED));
	CHECK(!net_rx_wait(&rx, POSTED + 2));
	CHECK_EQUAL(rx_page.head.req_event, 3 + POSTED + 2);
}

int main(void)
{
	frames_are_understood();
	nonsense_is_broken();
	no_more_than_a_ring_is_taken_unanswered(0);
	no_more_than_a_ring_is_taken_unanswered(0xffffff80U);
	sending_survives(0);
	sending_survives(0xfffffffdU);
	receiving_survives(0);
	receiving_survives(0xfffffffeU);
	events_are_asked_for();
	return 0;
}

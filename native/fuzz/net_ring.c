/* SPDX-License-Identifier: MIT */
/* A front-end that writes what it likes into its transmit and receive rings, between and while they are
 * served. */
#include "../io/net_ring.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What is taken is within its pages, and within the frame's size. */
static void verify(const struct net_tx_frame *frame)
{
	uint32_t sum = 0;

	require(frame->slot_count >= 1 && frame->slot_count <= NET_TX_SLOTS &&
	        frame->extra_count <= NET_TX_EXTRAS);
	for (uint32_t i = 0; i < frame->slot_count; i++) {
		require(frame->slots[i].offset + frame->slots[i].size <= (int)NET_PAGE_SIZE);
		sum += frame->slots[i].size;
	}
	require(frame->size == 0 || sum == frame->size);
}

static void serve_tx(struct net_tx *tx)
{
	struct net_tx_frame frames[NET_RING_SIZE];
	const char *why = NULL;
	enum net_ring_result result = NET_RING_EMPTY;
	uint32_t count = 0;

	while (count < NET_RING_SIZE && (result = net_tx_take(tx, &frames[count], &why)) == NET_RING_TAKEN)
		verify(&frames[count++]);
	require(result != NET_RING_BROKEN || why != NULL);
	net_tx_begin(tx);
	for (uint32_t i = 0; i < count; i++)
		net_tx_answer(tx, &frames[i], NETIF_RSP_OKAY);
	(void)net_tx_end(tx);
	(void)net_tx_wait(tx);
}

static void serve_rx(struct net_rx *rx)
{
	uint32_t room = net_rx_room(rx);
	uint32_t at = rx->consumed;

	if (room == 0 || room > NET_RING_SIZE)
		return;
	(void)net_rx_take(rx);
	net_rx_begin(rx);
	net_rx_answer(rx, at, 0, 60);
	(void)net_rx_end(rx);
	(void)net_rx_wait(rx, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct net_tx_page *tx_page = calloc(1, NET_PAGE_SIZE);
	struct net_rx_page *rx_page = calloc(1, NET_PAGE_SIZE);
	struct net_tx tx;
	struct net_rx rx;

	require(tx_page != NULL && rx_page != NULL);
	net_tx_resume(&tx, tx_page);
	net_rx_resume(&rx, rx_page);
	while (size >= 7) {
		uint32_t where = (uint32_t)(input[1] | input[2] << 8) % (NET_PAGE_SIZE / 4);
		uint32_t *page =
		    (input[0] & 1) != 0 ? (uint32_t *)(void *)rx_page : (uint32_t *)(void *)tx_page;

		/* Mostly at the beginning, where the indices are, and the first slots. */
		if ((input[0] & 2) != 0)
			where %= 40;
		memcpy(&page[where], input + 3, 4);
		if ((input[0] & 4) != 0)
			page[where] &= 0xff;
		if ((input[0] & 8) != 0) {
			tx_page->head.req_prod = tx.consumed + (input[3] & 31);
			rx_page->head.req_prod = rx.consumed + (input[4] & 31);
		}
		if ((input[0] & 16) != 0) {
			serve_tx(&tx);
			serve_rx(&rx);
		}
		if ((input[0] & 96) == 96) {
			net_tx_resume(&tx, tx_page);
			net_rx_resume(&rx, rx_page);
		}
		input += 7;
		size -= 7;
	}
	free(tx_page);
	free(rx_page);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A guest that means harm. For a bounded time it writes random values over every page that dom0 can see (device page,
 * control pages, console ring, rings, data), grants and revokes at random, makes and breaks hand-shakes, puts requests
 * of all kinds of nonsense into rings, and raises events at random ports. Then it powers off, if it still can.
 * Arguments: seconds=N (10), seed=N (1).
 */
#include <lightvm/guest.h>
#include <lightvm/memory.h>

#include "../../unikernel/runtime/grants.h"
#include "../../unikernel/runtime/runtime.h"

#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>

#define SECOND     1000000000UL
#define OWN_PAGES  16
#define REFERENCES 48 /* from 0 on, the builder's among them */

enum own_page { NET_TX, NET_RX, BLOCK_RING, DATA };

static uint8_t *own[OWN_PAGES];
static uint32_t grant_of[OWN_PAGES];
static struct noxs_device_page *devices;
static uint8_t *pages[OWN_PAGES + NOXS_MAX_CONTROL + 2]; /* all that dom0 sees */
static uint32_t page_count;
static uint64_t state;

static uint32_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/* Small numbers, numbers at the edges of things, and any number. */
static uint32_t nasty(void)
{
	static const uint32_t edges[] = {0,    1,    2,     7,     8,         255,       256,       257,       511, 512,
	                                 4095, 4096, 65535, 65536, INT32_MAX, 1U << 31, UINT32_MAX, UINT32_MAX - 1};

	switch (any() % 4) {
	case 0:
		return any();
	case 1:
		return edges[any() % (sizeof(edges) / sizeof(edges[0]))];
	case 2:
		return grant_of[any() % OWN_PAGES];
	default:
		return any() % REFERENCES;
	}
}

static unsigned long option(int argc, char **argv, const char *name, unsigned long otherwise)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return parse_unsigned(argv[i] + length + 1, NULL);
	return otherwise;
}

static void find_pages(void)
{
	devices = machine_frame_to_pointer(start_info->store_mfn);
	pages[page_count++] = (uint8_t *)devices;
	pages[page_count++] = (uint8_t *)console_ring();
	for (uint32_t i = 0; i < devices->device_count && page_count < 2 + NOXS_MAX_CONTROL; i++) {
		uint8_t *page = frame_to_pointer(devices->devices[i].control_pfn);

		if (page != NULL && devices->devices[i].type != NOXS_CONSOLE)
			pages[page_count++] = page;
	}
	for (uint32_t i = 0; i < OWN_PAGES; i++) {
		own[i] = pages_alloc(1);
		if (own[i] == NULL)
			panic("no memory");
		memset(own[i], 0, PAGE_SIZE);
		grant_of[i] = grant_page(0, own[i], false);
		pages[page_count++] = own[i];
	}
}

static void scribble(void)
{
	volatile uint32_t *words = (void *)pages[any() % page_count];
	uint32_t count = any() % 8 == 0 ? any() % 256 : 1 + any() % 4;
	/* The first words are where states and indices are. */
	uint32_t start = any() % 2 == 0 ? any() % 24 : any() % 1024;

	for (uint32_t i = 0; i < count; i++)
		words[(start + i) % 1024] = nasty();
}

/* A hand-shake as it should be, or nearly, so that there is a ring to abuse. */
static void shake_hands(void)
{
	uint8_t *page = pages[2 + any() % NOXS_MAX_CONTROL % (page_count - OWN_PAGES - 2)];
	struct noxs_control *control = (void *)page;

	if (any() % 2 == 0) {
		struct noxs_net *net = (void *)page;

		memset(own[NET_TX], 0, PAGE_SIZE);
		memset(own[NET_RX], 0, PAGE_SIZE);
		net->tx_gref = grant_of[NET_TX];
		net->rx_gref = grant_of[NET_RX];
		net->frontend_features = any() % 32;
	} else {
		struct noxs_block *block = (void *)page;

		memset(own[BLOCK_RING], 0, PAGE_SIZE);
		block->ring_count = any() % 8 == 0 ? nasty() : 1;
		for (uint32_t i = 0; i < NOXS_BLOCK_RINGS; i++)
			block->ring_gref[i] = any() % 8 == 0 ? nasty() : grant_of[BLOCK_RING];
		block->frontend_features = any() % 8;
	}
	control->frontend_state = any() % 8 == 0 ? any() % 9 : NOXS_INITIALISED + any() % 2;
}

static void send_frames(void)
{
	netif_tx_sring_t *ring = (void *)own[NET_TX];
	uint32_t count = 1 + any() % 8;

	for (uint32_t i = 0; i < count; i++) {
		netif_tx_request_t *request = &ring->ring[(ring->req_prod + i) % 256].req;

		request->gref = any() % 4 == 0 ? nasty() : grant_of[DATA + any() % (OWN_PAGES - DATA)];
		request->offset = (uint16_t)(any() % 4 == 0 ? nasty() : 0);
		request->size = (uint16_t)(any() % 4 == 0 ? nasty() : 60 + any() % 1500);
		request->flags = (uint16_t)(any() % 4 == 0 ? nasty() : 0);
		request->id = (uint16_t)any();
	}
	ring->req_prod += count;
}

static void post_buffers(void)
{
	netif_rx_sring_t *ring = (void *)own[NET_RX];
	uint32_t count = 1 + any() % 64;

	for (uint32_t i = 0; i < count; i++) {
		netif_rx_request_t *request = &ring->ring[(ring->req_prod + i) % 256].req;

		request->id = (uint16_t)any();
		request->gref = any() % 4 == 0 ? nasty() : grant_of[DATA + any() % (OWN_PAGES - DATA)];
	}
	ring->req_prod += count;
}

static void ask_disk(void)
{
	blkif_sring_t *ring = (void *)own[BLOCK_RING];
	blkif_request_t *request = &ring->ring[ring->req_prod % 32].req;

	request->operation = (uint8_t)(any() % 4 == 0 ? nasty() : any() % 8);
	request->nr_segments = (uint8_t)(any() % 4 == 0 ? nasty() : 1 + any() % 11);
	request->id = any();
	request->sector_number = any() % 4 == 0 ? (uint64_t)nasty() << (any() % 33) : any() % 1024;
	for (uint32_t i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		request->seg[i].gref = any() % 4 == 0 ? nasty() : grant_of[DATA + any() % (OWN_PAGES - DATA)];
		request->seg[i].first_sect = (uint8_t)(any() % 4 == 0 ? nasty() : any() % 8);
		request->seg[i].last_sect = (uint8_t)(any() % 4 == 0 ? nasty() : 7);
	}
	ring->req_prod++;
}

static void change_grant(void)
{
	uint32_t reference = any() % 4 == 0 ? any() % REFERENCES : grant_of[any() % OWN_PAGES];
	const void *page = pages[any() % page_count];

	if (any() % 2 == 0)
		(void)grant_revoke(reference);
	else
		grant_permit(reference, (uint16_t)(any() % 8 == 0 ? any() % 16 : 0), page, any() % 8 == 0);
}

static void raise_event(void)
{
	event_notify(any() % 8 == 0 ? any() % 64 : console_port());
}

int main(int argc, char **argv)
{
	static void (*const acts[])(void) = {scribble,     shake_hands, send_frames,  post_buffers, ask_disk,
	                                     change_grant, raise_event, raise_event,  send_frames,  ask_disk};
	uint64_t end = clock_monotonic() + option(argc, argv, "seconds", 10) * SECOND;
	uint64_t count = 0;

	state = option(argc, argv, "seed", 1) * 0x9e3779b97f4a7c15UL + 1;
	printf("hostile: begins\n");
	console_drain(SECOND);
	find_pages();
	while (clock_monotonic() < end) {
		for (uint32_t i = 0; i < 64; i++, count++)
			acts[any() % (sizeof(acts) / sizeof(acts[0]))]();
		/* A round of peace now and then, or Xen's credit scheduler would give the others little of one CPU. */
		if (count % 4096 == 0)
			events_block(clock_monotonic() + SECOND / 1000);
	}
	shutdown_now(SHUTDOWN_poweroff);
}

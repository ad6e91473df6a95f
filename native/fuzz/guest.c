/* SPDX-License-Identifier: MIT */
/*
 * A guest that writes what it likes, where it likes, whenever it likes: over its device page, its control pages, its
 * rings and its data, with two disks and two adapters attached. lightvm-io must not touch anything else (AddressSanitizer), must come back
 * from every turn, and must hold no more when the guest is gone than before it came.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>
#include <xen/io/netif.h>

#include "../io/block.h"
#include "../io/block_journal.h"
#include "../io/block_pool.h"
#include "../io/guest.h"
#include "../io/net.h"
#include "../io/server.h"
#include "../tests/io/fake_xen.h"

#define PAGES   24U /* of the guest that are written to */
#define SECTORS 1024U
#define DOMAIN  1U
#define PORT    5U

struct input {
	const uint8_t *bytes;
	size_t left;
};

static uint32_t take(struct input *input, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size && input->left > 0; i++, input->left--)
		value |= (uint32_t)*input->bytes++ << (8 * i);
	return value;
}

static void require(int holds)
{
	if (!holds)
		abort();
}

static struct server server;
static uint8_t *pages;
static int events; /* the other end of the fake evtchn */
static int disk;

static int memory_file(off_t size)
{
	int file = memfd_create("fuzz", MFD_CLOEXEC);

	require(file >= 0 && ftruncate(file, size) == 0);
	return file;
}

static void start(void)
{
	const int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int memory = memory_file((off_t)2 * FAKE_GRANTS * NOXS_PAGE_SIZE);
	int pair[2];

	require(server_open(&server, listener, true) == 0);
	require(block_open(&server, true) == 0);
	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	events = pair[0];
	require(xen_open(&server.xen, (const int[]){memory, pair[1]}, 2) == 0);
	pages = mmap(NULL, (size_t)FAKE_GRANTS * NOXS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
	             (off_t)DOMAIN * FAKE_GRANTS * NOXS_PAGE_SIZE);
	require(pages != MAP_FAILED);
	disk = memory_file((off_t)SECTORS * 512);
}

static struct guest *attach(void)
{
	static const struct console_log header = {
	    .magic = CONSOLE_LOG_MAGIC,
	    .version = CONSOLE_LOG_VERSION,
	    .data_size = CONSOLE_DATA_SIZE,
	    .domid = DOMAIN,
	};
	const struct io_attach request = {
	    .domid = DOMAIN,
	    .event_channel = PORT,
	    .device_gref = NOXS_GREF_DEVICES,
	    .sysctl_gref = NOXS_GREF_CONTROL,
	};
	int log = memory_file(CONSOLE_DATA_OFFSET + CONSOLE_DATA_SIZE);
	struct guest *guest = NULL;
	const char *step;

	require(pwrite(log, &header, sizeof(header), 0) == (ssize_t)sizeof(header));
	require(guest_attach(&server, &request, &log, &guest, &step) == 0);
	close(log);
	return guest;
}

/* What the previous input has left may make an attach fail, but no more than that. */
static void attach_disk(struct guest *guest, uint16_t id)
{
	const struct io_block request = {
	    .domid = DOMAIN,
	    .id = id,
	    .slot = (uint16_t)(id + 1),
	    .sectors = SECTORS,
	    .sector_size = id == 0 ? 512 : 4096,
	    .read_only = id,
	};
	int descriptors[2] = {dup(disk), memory_file(BLOCK_JOURNAL_SIZE)};
	const char *step;

	(void)block_attach(guest, &request, descriptors, &step);
	for (int i = 0; i < 2; i++) {
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	}
}

/* They are on one network, so that what one sends the other gets. */
static void attach_adapter(struct guest *guest, uint16_t id)
{
	const struct io_network network = {
	    .header.type = IO_NETWORK,
	    .uuid = {1},
	    .flags = IO_NETWORK_BROADCAST | IO_NETWORK_MULTICAST,
	    .mtu = 1500,
	    .host_mac = {2, 0, 0, 0, 0, 1},
	    .ipv4_host = {10, 0, 0, 1},
	    .ipv4_prefix = 24,
	};
	const struct io_net request = {
	    .header.type = IO_NET,
	    .domid = DOMAIN,
	    .id = id,
	    .slot = (uint16_t)(id + 3),
	    .network = {1},
	    .mtu = 1500,
	    .mac = {2, 0, 0, 0, 1, (uint8_t)id},
	    .ipv4 = {10, 0, 0, (uint8_t)(2 + id)},
	    .ipv4_prefix = 24,
	};
	int none = -1;
	const char *step;

	require(network_set(&server, &network, &none, &step) == 0);
	require(net_attach(guest, &request, &none, &step) == 0);
}

static void fire(struct timer *timer)
{
	(void)timer;
}

/* A turn of the loop that does not wait. */
static void turn(void)
{
	struct timer now = {.fire = fire};
	uint32_t message;

	block_push(&server);
	require(loop_set_timer(&server.loop, &now, 0) == 0);
	require(loop_turn(&server.loop) == 0);
	loop_cancel(&server.loop, &now);
	while (recv(events, &message, sizeof(message), MSG_DONTWAIT) > 0)
		;
}

/* Values that matter more than others: states, indices near each other, references of pages there are. */
static uint32_t value(struct input *input)
{
	uint32_t kind = take(input, 1);

	return kind < 128 ? kind % 24 : kind < 192 ? take(input, 1) * 8 : take(input, 4);
}

static bool has_ended(void)
{
	uint32_t free_tasks = 0;

	for (const struct block_task *task = server.blocks->tasks; task != NULL; task = task->next)
		free_tasks++;
	return free_tasks == server.blocks->task_count;
}

/* What the kernel still works on it knows alone; the leak checker does not look there. */
static void drain(void)
{
	for (int i = 0; !has_ended() && i < 100000; i++) {
		turn();
		if (i > 10)
			usleep(100);
	}
	require(has_ended());
}

#define RING_PAGE 16U

/* What a front-end in its right mind does: without this an input hardly ever gets a ring connected. */
static void connect_disk(void)
{
	volatile struct noxs_block *control = (void *)(pages + (NOXS_GREF_CONTROL + 1) * NOXS_PAGE_SIZE);

	control->frontend_features = NOXS_BLOCK_PERSISTENT;
	control->ring_count = 1;
	control->ring_gref[0] = RING_PAGE;
	control->control.frontend_state = NOXS_INITIALISED;
}

#define NET_RINGS 18U /* tx and rx of adapter 0, then of adapter 1 */

static void connect_adapter(uint32_t id)
{
	volatile struct noxs_net *control = (void *)(pages + (NOXS_GREF_CONTROL + 3 + id) * NOXS_PAGE_SIZE);

	control->frontend_features = 31;
	control->tx_gref = NET_RINGS + 2 * id;
	control->rx_gref = NET_RINGS + 2 * id + 1;
	control->control.frontend_state = NOXS_INITIALISED;
}

/* A frame to the other adapter, the host, all, or anyone; and room for one. */
static void send_frame(struct input *input, uint32_t id)
{
	volatile netif_tx_sring_t *tx = (void *)(pages + (NET_RINGS + 2 * id) * NOXS_PAGE_SIZE);
	volatile netif_rx_sring_t *rx = (void *)(pages + (NET_RINGS + 2 * (1 - id) + 1) * NOXS_PAGE_SIZE);
	volatile netif_tx_request_t *request = &tx->ring[tx->req_prod % 256].req;
	volatile netif_rx_request_t *room = &rx->ring[rx->req_prod % 256].req;
	uint32_t page = take(input, 1) % PAGES;
	uint8_t *frame = pages + page * NOXS_PAGE_SIZE;
	uint32_t kind = take(input, 1);

	memset(frame, kind < 40 ? 0xff : 0, 6);
	if (kind >= 40) {
		frame[0] = 2;
		frame[4] = kind < 160;
		frame[5] = (uint8_t)(kind < 160 ? 1 - id : 1);
	}
	memcpy(frame + 6, (const uint8_t[]){2, 0, 0, 0, 1, (uint8_t)id}, 6);
	for (uint32_t i = 12; i < 60; i++)
		frame[i] = (uint8_t)take(input, 1);
	*request = (netif_tx_request_t){
	    .gref = page,
	    .offset = (uint16_t)(kind % 8 == 0 ? take(input, 2) : 0),
	    .flags = (uint16_t)(kind % 4 == 0 ? take(input, 1) : 0),
	    .id = (uint16_t)kind,
	    .size = (uint16_t)(take(input, 2) % 5000),
	};
	*room = (netif_rx_request_t){.id = (uint16_t)kind, .gref = take(input, 1) % PAGES};
	tx->req_prod++;
	rx->req_prod++;
}

/* A request whose fields are of the size that they have; and its announcement. */
static void ask(struct input *input)
{
	volatile struct blkif_sring *ring = (void *)(pages + RING_PAGE * NOXS_PAGE_SIZE);
	volatile struct blkif_request *request = &ring->ring[ring->req_prod % 32].req;

	request->operation = (uint8_t)(take(input, 1) % 8);
	request->nr_segments = (uint8_t)(take(input, 1) % 16);
	request->id = take(input, 1);
	request->sector_number = take(input, 2) % (SECTORS + 8);
	for (uint32_t i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		request->seg[i].gref = take(input, 1) % (PAGES + 2);
		request->seg[i].first_sect = (uint8_t)(take(input, 1) % 9);
		request->seg[i].last_sect = (uint8_t)(take(input, 1) % 9);
	}
	ring->req_prod++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = {.bytes = bytes, .left = size};
	struct guest *guest;

	if (pages == NULL)
		start();
	memset(pages, 0, PAGES * NOXS_PAGE_SIZE);
	guest = attach();
	attach_disk(guest, 0);
	attach_disk(guest, 1);
	attach_adapter(guest, 0);
	attach_adapter(guest, 1);
	while (input.left > 0) {
		uint32_t what = take(&input, 1);
		uint32_t page;
		uint32_t word;
		uint32_t written;

		if (what >= 240 && what < 255) {
			if (what < 242)
				connect_disk();
			else if (what < 244)
				connect_adapter(what % 2);
			else if (what < 249)
				ask(&input);
			else
				send_frame(&input, what % 2);
			(void)guest_serve(guest);
			turn();
			continue;
		}
		page = take(&input, 1) % PAGES;
		word = take(&input, 1) % (what % 3 == 0 ? 1024 : 32);
		written = value(&input);

		memcpy(pages + page * NOXS_PAGE_SIZE + word * 4, &written, 4);
		if (what % 4 == 0) {
			(void)guest_serve(guest);
			turn();
		}
		if (what == 255) {
			struct device *device = device_find(guest, NOXS_BLOCK, 0);

			if (device != NULL)
				(void)device_remove(device, 1, true);
			attach_disk(guest, 0);
		}
	}
	guest_detach(guest);
	drain();
	require(server.blocks->mapped == 0);
	require(server.blocks->memory == NULL || server.blocks->page_count == BLOCK_PAGES);
	require(server.xen.mappings[0] == 0 || server.xen.gntdev_count == 1);
	return 0;
}

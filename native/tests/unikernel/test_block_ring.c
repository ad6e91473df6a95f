/* SPDX-License-Identifier: MIT */
/* A disk's requests against a back-end of this test's own, which answers as a public blkif back-end would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "block_ring.h"
#include "test.h"

#define DISK_SIZE  (1U << 20)
#define FIRST_GREF 100

enum mood { HONEST, SLOW, REVERSED, MOVED, DEAD, FAILING, LYING };

static struct block_ring front;
static blkif_back_ring_t back;
static char ring_page[BLOCK_PAGE_SIZE] __attribute__((aligned(4096)));
static char pages[BLOCK_PAGES][BLOCK_PAGE_SIZE];
static char disk[DISK_SIZE], expected[DISK_SIZE];
static enum mood mood;
static unsigned int notified, flushes, indirect_requests, requests, waits;

static void notify(void *context)
{
	(void)context;
	notified++;
}

static char *page_of(grant_ref_t gref)
{
	CHECK(gref >= FIRST_GREF && gref < FIRST_GREF + BLOCK_PAGES);
	return pages[(gref - FIRST_GREF) % BLOCK_PAGES];
}

static void transfer(uint8_t operation, uint64_t sector, const struct blkif_request_segment *segments,
                     unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct blkif_request_segment *segment = &segments[i];
		size_t size = (size_t)(segment->last_sect - segment->first_sect + 1) * 512;
		char *memory = page_of(segment->gref) + segment->first_sect * 512;

		CHECK(segment->last_sect < 8 && segment->first_sect <= segment->last_sect);
		CHECK(size % front.sector_size == 0 && sector * 512 % front.sector_size == 0);
		if (sector * 512 + size > sizeof(disk)) {
			CHECK(false);
			return;
		}
		if (operation == BLKIF_OP_READ)
			memcpy(memory, disk + sector * 512, size);
		else
			memcpy(disk + sector * 512, memory, size);
		sector += size / 512;
	}
}

static void serve(const blkif_request_t *request)
{
	requests++;
	if (request->operation == BLKIF_OP_INDIRECT) {
		const blkif_request_indirect_t *indirect = (const void *)request;

		CHECK(indirect->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST);
		CHECK(indirect->nr_segments <= front.max_segments);
		indirect_requests++;
		transfer(indirect->indirect_op, indirect->sector_number,
		         (const void *)page_of(indirect->indirect_grefs[0]), indirect->nr_segments);
	} else if (request->operation == BLKIF_OP_FLUSH_DISKCACHE) {
		CHECK(request->nr_segments == 0);
		flushes++;
	} else {
		CHECK(request->operation == BLKIF_OP_READ || request->operation == BLKIF_OP_WRITE);
		CHECK(request->nr_segments > 0 && request->nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST);
		transfer(request->operation, request->sector_number, request->seg, request->nr_segments);
	}
}

static uint64_t id_of(const blkif_request_t *request)
{
	return request->operation == BLKIF_OP_INDIRECT ? ((const blkif_request_indirect_t *)request)->id
	                                               : request->id;
}

static void answer(const blkif_request_t *request, int16_t status)
{
	blkif_response_t *response = RING_GET_RESPONSE(&back, back.rsp_prod_pvt);

	*response = (blkif_response_t){id_of(request), request->operation, status};
	back.rsp_prod_pvt++;
}

/* The guest was restored: what this back-end has done and not answered, the next one is asked again. */
static void move(void)
{
	while (RING_HAS_UNCONSUMED_REQUESTS(&back)) {
		blkif_request_t request = *RING_GET_REQUEST(&back, back.req_cons);

		back.req_cons++;
		if (request.operation != BLKIF_OP_FLUSH_DISKCACHE)
			serve(&request);
	}
	block_ring_restart(&front, ring_page);
	BACK_RING_INIT(&back, (blkif_sring_t *)ring_page, BLOCK_PAGE_SIZE);
}

/* What the guest does while it waits: the back-end runs, then the event's handler. */
static void wait(void *context)
{
	static blkif_request_t taken[64];
	unsigned int count = 0, i;
	int unused;

	(void)context;
	if (++waits > 100000) {
		printf("waits for ever\n");
		exit(1);
	}
	if (mood == DEAD)
		return block_ring_abort(&front);
	if (mood == LYING) {
		back.sring->rsp_prod += 1000;
		block_ring_look(&front);
		return block_ring_abort(&front);
	}
	if (mood == SLOW && waits % 3 != 0)
		return;
	if (mood == MOVED && waits % 3 == 1)
		return move();
	while (RING_HAS_UNCONSUMED_REQUESTS(&back) && count < (mood == SLOW ? 1 : 64)) {
		memcpy(&taken[count++], RING_GET_REQUEST(&back, back.req_cons), sizeof(taken[0]));
		back.req_cons++;
	}
	for (i = 0; i < count; i++)
		if (mood != FAILING)
			serve(&taken[i]);
	for (i = 0; i < count; i++)
		answer(&taken[mood == REVERSED ? count - 1 - i : i],
		       mood == FAILING && i == count / 2 ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&back, unused);
	(void)unused;
	block_ring_look(&front);
}

static void start(enum mood how, uint32_t sector_size, uint32_t max_indirect)
{
	memset(&front, 0, sizeof(front));
	for (unsigned int i = 0; i < BLOCK_PAGES; i++) {
		front.pages[i] = pages[i];
		front.grefs[i] = FIRST_GREF + i;
	}
	front.notify = notify;
	front.wait = wait;
	front.can_flush = true;
	block_ring_init(&front, ring_page);
	BACK_RING_INIT(&back, (blkif_sring_t *)ring_page, BLOCK_PAGE_SIZE);
	block_ring_set_disk(&front, DISK_SIZE / 512, sector_size, max_indirect);
	mood = how;
	for (size_t i = 0; i < DISK_SIZE; i++)
		disk[i] = expected[i] = (char)(i * 7 + i / 512);
	notified = flushes = indirect_requests = requests = waits = 0;
}

static void check_idle(void)
{
	CHECK(front.free_count == BLOCK_PAGES);
	for (unsigned int i = 0; i < BLOCK_REQUESTS; i++)
		CHECK(front.requests[i].call == NULL);
}

static void test_transfers(enum mood how, uint32_t sector_size, uint32_t max_indirect)
{
	static char bytes[DISK_SIZE];
	unsigned int seed = 1;

	start(how, sector_size, max_indirect);
	for (int i = 0; i < 300; i++) {
		size_t limit = i % 3 == 0 ? DISK_SIZE : 20000;
		size_t offset = (size_t)rand_r(&seed) % DISK_SIZE;
		size_t size = (size_t)rand_r(&seed) % limit;

		if (size > DISK_SIZE - offset)
			size = DISK_SIZE - offset;
		memset(bytes, 0x55, sizeof(bytes));
		CHECK(block_ring_read(&front, offset, bytes, size) == 0);
		CHECK(memcmp(bytes, expected + offset, size) == 0);
		for (size_t j = size; j < size + 4096 && j < sizeof(bytes); j++)
			CHECK(bytes[j] == 0x55);
		offset -= offset % sector_size;
		size -= size % sector_size;
		for (size_t j = 0; j < size; j++)
			expected[offset + j] = bytes[j] = (char)rand_r(&seed);
		CHECK(block_ring_write(&front, offset, bytes, size) == 0);
		CHECK(memcmp(disk, expected, sizeof(disk)) == 0);
	}
	CHECK(block_ring_flush(&front) == 0 && flushes == 1);
	CHECK((indirect_requests > 0) == (max_indirect > 11));
	CHECK(notified > 0 && notified <= requests);
	check_idle();
}

static void test_refusals(void)
{
	char bytes[8192] = {0};

	start(HONEST, 4096, 0);
	CHECK(block_ring_read(&front, DISK_SIZE, bytes, 1) == -1);
	CHECK(block_ring_read(&front, DISK_SIZE - 1, bytes, 2) == -1);
	CHECK(block_ring_read(&front, UINT64_MAX, bytes, 2) == -1);
	CHECK(block_ring_read(&front, DISK_SIZE, bytes, 0) == 0);
	CHECK(block_ring_write(&front, 512, bytes, 4096) == -1);
	CHECK(block_ring_write(&front, 0, bytes, 512) == -1);
	front.read_only = true;
	CHECK(block_ring_write(&front, 0, bytes, 4096) == -1);
	CHECK(block_ring_flush(&front) == 0 && requests == 0);
	front.read_only = front.can_flush = false;
	CHECK(block_ring_flush(&front) == 0 && requests == 0);
}

static void test_errors(void)
{
	static char bytes[DISK_SIZE];

	start(FAILING, 512, 32);
	CHECK(block_ring_read(&front, 0, bytes, sizeof(bytes)) == -1);
	check_idle();
	mood = HONEST;
	CHECK(block_ring_read(&front, 0, bytes, sizeof(bytes)) == 0);
	mood = DEAD;
	CHECK(block_ring_write(&front, 0, bytes, sizeof(bytes)) == -1);
	check_idle();
	CHECK(block_ring_read(&front, 0, bytes, 512) == -1);
	CHECK(block_ring_flush(&front) == -1);

	start(LYING, 512, 0);
	CHECK(block_ring_read(&front, 0, bytes, sizeof(bytes)) == -1);
	CHECK(front.closed);
	check_idle();
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (enum mood how = HONEST; how <= MOVED; how++) {
		test_transfers(how, 512, 0);
		test_transfers(how, 4096, 13);
		test_transfers(how, 512, 256);
	}
	test_refusals();
	test_errors();
	return TEST_RESULT();
}

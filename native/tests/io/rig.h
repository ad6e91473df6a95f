/* SPDX-License-Identifier: MIT */
/* A console without Xen: a ring and a log in memory, and a guest that prints the tests' stream. */
#ifndef LIGHTVM_TESTS_IO_RIG_H
#define LIGHTVM_TESTS_IO_RIG_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "console.h"
#include "stream.h"

static const uint8_t rig_uuid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

struct rig {
	struct console_log *log;
	struct xencons_interface ring;
	struct console console;
	uint64_t written; /* bytes that the guest has put into the ring in this life */
	uint64_t time_ns;
};

/* A guest whose ring begins at `index`, and whose log has taken `head` bytes of earlier lives. */
static inline void rig_begin(struct rig *rig, uint32_t data_size, uint64_t head, uint32_t index)
{
	size_t size = CONSOLE_DATA_OFFSET + data_size;

	memset(rig, 0, sizeof(*rig));
	rig->log = calloc(1, size);
	CHECK(rig->log != NULL);
	rig->log->magic = CONSOLE_LOG_MAGIC;
	rig->log->version = CONSOLE_LOG_VERSION;
	rig->log->data_size = data_size;
	rig->log->domid = 7;
	memcpy(rig->log->uuid, rig_uuid, 16);
	rig->log->head = head;
	rig->log->base = head - index;
	rig->ring.out_cons = index;
	rig->ring.out_prod = index;
	rig->time_ns = 1000000000;
	CHECK_EQUAL(console_check(rig->log, size, rig_uuid, 7), 0);
}

static inline void rig_end(struct rig *rig)
{
	free(rig->log);
}

/* The guest writes up to `count` bytes, as many as it sees room for; returns how many. */
static inline uint32_t rig_write(struct rig *rig, uint32_t count)
{
	uint32_t room = CONSOLE_RING_SIZE - (rig->ring.out_prod - rig->ring.out_cons);

	CHECK(room <= CONSOLE_RING_SIZE);
	if (count > room)
		count = room;
	for (uint32_t i = 0; i < count; i++)
		rig->ring.out[(rig->ring.out_prod + i) & (CONSOLE_RING_SIZE - 1)] =
		    stream_byte(0, rig->written + i);
	rig->ring.out_prod += count;
	rig->written += count;
	return count;
}

/* What lies in the log since `start` is what the guest wrote, and the chunks say where. */
static inline void rig_verify(const struct rig *rig, uint64_t start)
{
	const struct console_log *log = rig->log;
	const uint8_t *data = (const uint8_t *)log + CONSOLE_DATA_OFFSET;
	uint64_t oldest = log->head > log->data_size ? log->head - log->data_size : 0;
	uint64_t first_chunk = log->chunk_count > CONSOLE_CHUNKS ? log->chunk_count - CONSOLE_CHUNKS : 0;

	CHECK_EQUAL(log->head, start + rig->written);
	for (uint64_t at = oldest > start ? oldest : start; at < log->head; at++)
		CHECK_EQUAL(data[at % log->data_size], (uint8_t)stream_byte(0, at - start));
	for (uint64_t i = first_chunk; i < log->chunk_count; i++) {
		const struct console_chunk *chunk = &log->chunks[i % CONSOLE_CHUNKS];

		CHECK(chunk->start >= start && chunk->start < log->head);
		CHECK_EQUAL(chunk->lines, stream_lines(chunk->start - start));
		if (i == 0)
			CHECK_EQUAL(chunk->start, start);
		if (i > first_chunk) {
			CHECK(chunk[0].start > log->chunks[(i - 1) % CONSOLE_CHUNKS].start);
			CHECK(chunk[0].time_ns >= log->chunks[(i - 1) % CONSOLE_CHUNKS].time_ns);
		}
	}
	CHECK_EQUAL(rig->console.lines, stream_lines(log->head - start));
}

#endif

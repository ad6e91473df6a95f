/* SPDX-License-Identifier: MIT */
/* The drain: wrap-around, overflow, chunks, hostile indices, logs that are none. */
#include "rig.h"

#include <errno.h>

/* Drains of every size, across the ends of ring, log and index. */
static void wraps_everywhere(void)
{
	struct rig rig;
	uint64_t head = 3 * 65536 - 777;

	rig_begin(&rig, 65536, head, 0xfffff800U + 100);
	console_resume(&rig.console, rig.log, &rig.ring);
	for (uint32_t round = 0; round < 3000; round++) {
		uint32_t count = rig_write(&rig, (round * 131) % (CONSOLE_RING_SIZE + 1));
		enum console_result result = console_drain(&rig.console, rig.time_ns);

		CHECK_EQUAL(result, count == 0 ? CONSOLE_IDLE : CONSOLE_DRAINED);
		CHECK_EQUAL(rig.ring.out_cons, rig.ring.out_prod);
		rig.time_ns += round % 3 == 0 ? CONSOLE_CHUNK_NS : 100;
		if (round % 100 == 0)
			rig_verify(&rig, head);
	}
	rig_verify(&rig, head);
	CHECK(rig.log->chunk_count > 900);
	rig_end(&rig);
}

/* More chunks than entries: the newest stay. Small drains far apart each have one, those close together
 * share. */
static void chunks_follow_time(void)
{
	struct rig rig;

	rig_begin(&rig, 65536, 0, 0);
	console_resume(&rig.console, rig.log, &rig.ring);
	for (uint32_t round = 0; round < 2 * CONSOLE_CHUNKS + 5; round++) {
		rig_write(&rig, 3);
		console_drain(&rig.console, rig.time_ns);
		rig.time_ns += CONSOLE_CHUNK_NS;
	}
	CHECK_EQUAL(rig.log->chunk_count, 2 * CONSOLE_CHUNKS + 5);
	rig_verify(&rig, 0);
	for (uint32_t round = 0; round < 100; round++) {
		rig_write(&rig, 3);
		console_drain(&rig.console, rig.time_ns + round);
	}
	CHECK_EQUAL(rig.log->chunk_count, 2 * CONSOLE_CHUNKS + 6);
	/* A clock that is set back begins a new one. */
	rig_write(&rig, 3);
	console_drain(&rig.console, rig.time_ns - 1);
	CHECK_EQUAL(rig.log->chunk_count, 2 * CONSOLE_CHUNKS + 7);
	rig_end(&rig);
}

/* However long a guest floods within one moment, a chunk stays small enough to count its lines again. */
static void chunks_stay_small(void)
{
	struct rig rig;

	rig_begin(&rig, 8192, 0, 0);
	console_resume(&rig.console, rig.log, &rig.ring);
	for (uint32_t round = 0; round < 1000; round++) {
		struct console again;

		rig_write(&rig, CONSOLE_RING_SIZE);
		console_drain(&rig.console, rig.time_ns);
		console_resume(&again, rig.log, &rig.ring);
		CHECK_EQUAL(again.lines, rig.console.lines);
	}
	rig_verify(&rig, 0);
	rig_end(&rig);
}

/* A new life goes on in the same log, with a chunk of its own and an index of 0. */
static void lives_follow_each_other(void)
{
	struct rig rig;
	uint64_t head;

	rig_begin(&rig, 8192, 0, 0);
	console_resume(&rig.console, rig.log, &rig.ring);
	rig_write(&rig, 100);
	console_drain(&rig.console, rig.time_ns);
	head = rig.log->head;

	memset(&rig.ring, 0, sizeof(rig.ring));
	rig.log->base = head;
	rig.log->domid = 8;
	rig.written = 0;
	console_resume(&rig.console, rig.log, &rig.ring);
	CHECK(!console_used(&rig.console));
	CHECK_EQUAL(rig.console.lines, 5);
	rig_write(&rig, 40);
	CHECK(console_used(&rig.console));
	console_drain(&rig.console, rig.time_ns);
	CHECK(console_used(&rig.console));
	CHECK_EQUAL(rig.log->chunk_count, 2);
	CHECK_EQUAL(rig.log->chunks[1].start, 100);
	CHECK_EQUAL(rig.log->chunks[1].lines, 5);
	CHECK_EQUAL(rig.log->head, 140);
	rig_end(&rig);
}

/* Every impossible index is refused and changes nothing; the consumer index that the guest writes is not
 * read. */
static void refuses_hostile_indices(void)
{
	static const uint32_t distances[] = {CONSOLE_RING_SIZE + 1, 4096, 0x7fffffff, 0x80000000, 0xffffffff};
	struct rig rig;

	rig_begin(&rig, 8192, 0, 0);
	console_resume(&rig.console, rig.log, &rig.ring);
	rig_write(&rig, 100);
	console_drain(&rig.console, rig.time_ns);
	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		rig.ring.out_prod = 100 + distances[i];
		CHECK_EQUAL(console_drain(&rig.console, rig.time_ns), CONSOLE_BROKEN);
		CHECK_EQUAL(rig.log->head, 100);
		CHECK_EQUAL(rig.ring.out_cons, 100);
	}
	rig.ring.out_prod = 100;
	rig_verify(&rig, 0);
	rig.ring.out_cons = 12345;
	CHECK_EQUAL(console_drain(&rig.console, rig.time_ns), CONSOLE_IDLE);
	rig.ring.out_prod = 100 + CONSOLE_RING_SIZE;
	CHECK_EQUAL(console_drain(&rig.console, rig.time_ns), CONSOLE_DRAINED);
	CHECK_EQUAL(rig.log->head, 100 + CONSOLE_RING_SIZE);
	CHECK_EQUAL(rig.ring.out_cons, 100 + CONSOLE_RING_SIZE);
	rig_end(&rig);
}

static void refuses_what_is_no_log(void)
{
	const size_t size = CONSOLE_DATA_OFFSET + 8192;
	struct rig rig;
	uint8_t other[16] = {0};

	rig_begin(&rig, 8192, 0, 0);
	CHECK_EQUAL(console_check(rig.log, size - 1, rig_uuid, 7), EINVAL);
	CHECK_EQUAL(console_check(rig.log, 100, rig_uuid, 7), EINVAL);
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 8), EINVAL);
	CHECK_EQUAL(console_check(rig.log, size, other, 7), EINVAL);
	rig.log->data_size = 4096;
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 7), EINVAL);
	rig.log->data_size = 8191;
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 7), EINVAL);
	rig.log->data_size = 0;
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 7), EINVAL);
	rig.log->data_size = 1U << 31;
	CHECK_EQUAL(console_check(rig.log, SIZE_MAX, rig_uuid, 7), EINVAL);
	rig.log->data_size = 8192;
	rig.log->version++;
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 7), EINVAL);
	rig.log->version--;
	rig.log->magic++;
	CHECK_EQUAL(console_check(rig.log, size, rig_uuid, 7), EINVAL);
	rig_end(&rig);
}

int main(void)
{
	wraps_everywhere();
	chunks_follow_time();
	chunks_stay_small();
	lives_follow_each_other();
	refuses_hostile_indices();
	refuses_what_is_no_log();
	return 0;
}

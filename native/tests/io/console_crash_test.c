/* SPDX-License-Identifier: MIT */
/*
 * "No byte lost, none doubled": the drain is cut off before each of its stores, the guest writes on, the next
 * process takes up and is cut off before each of its own, and a third one finishes. The log must be what the
 * guest wrote.
 */
#include <setjmp.h>

#include "rig.h"

static jmp_buf cut;
static long steps_left; /* negative: never */

/* console.c calls this before each store (CONSOLE_STEP). */
void console_step(void)
{
	if (steps_left == 0)
		longjmp(cut, 1);
	if (steps_left > 0)
		steps_left--;
}

/* A process that takes up and drains, and dies before its store number `steps`. 1: it did not get so far. */
static int run(struct rig *rig, long steps)
{
	int finished = 0;
	int died = setjmp(cut);

	if (died == 0) {
		steps_left = steps;
		console_resume(&rig->console, rig->log, &rig->ring);
		console_drain(&rig->console, rig->time_ns);
		finished = 1;
	}
	steps_left = -1;
	return finished;
}

/* The guest as it is before each trial: some history, then `count` bytes in the ring. */
static void prepare(struct rig *rig, uint64_t head, uint32_t index, uint32_t count)
{
	rig_begin(rig, 8192, head, index);
	run(rig, -1);
	rig_write(rig, 333);
	run(rig, -1);
	rig->time_ns += CONSOLE_CHUNK_NS;
	rig_write(rig, count);
}

/* Two crashes, at every pair of stores. */
static void survives(uint64_t head, uint32_t index, uint32_t count, uint32_t meanwhile)
{
	long first = 0;
	int finished = 0;

	while (!finished) {
		long second = 0;
		int second_finished = 0;

		while (!second_finished) {
			struct rig rig;

			prepare(&rig, head, index, count);
			finished = run(&rig, first);
			rig_write(&rig, meanwhile);
			rig.time_ns += CONSOLE_CHUNK_NS;
			second_finished = run(&rig, second);
			rig_write(&rig, meanwhile);
			run(&rig, -1);
			rig_verify(&rig, head);
			rig_end(&rig);
			second++;
		}
		first++;
	}
	CHECK(first > (long)count);
}

/* A process that dies again and again. */
static void survives_many(void)
{
	struct rig rig;
	uint32_t random = 12345;

	rig_begin(&rig, 8192, 0, 0xffffff00U);
	for (int round = 0; round < 20000; round++) {
		random = random * 1103515245U + 12345U;
		rig_write(&rig, (random >> 16) % 300);
		run(&rig, (long)((random >> 8) % 4500));
		rig.time_ns += (random >> 20) % (2 * CONSOLE_CHUNK_NS);
	}
	run(&rig, -1);
	rig_verify(&rig, 0);
	CHECK(rig.written > 100000);
	rig_end(&rig);
}

int main(void)
{
	survives(0, 0, 60, 0);
	survives(0, 0, 60, 25);
	/* across the ends of the log, of the ring, and of the index */
	survives(3 * 8192 - 333 - 30, CONSOLE_RING_SIZE - 333 - 20, 60, 25);
	survives(5 * 8192 - 333 - 20, 0U - 333 - 40, 60, 25);
	survives_many();
	return 0;
}

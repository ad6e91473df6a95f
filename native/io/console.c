/* SPDX-License-Identifier: MIT */
#include "console.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define DATA_SIZE_MIN 8192U
#define DATA_SIZE_MAX (1U << 30)

_Static_assert(sizeof(((struct xencons_interface *)0)->out) == CONSOLE_RING_SIZE, "ABI");
_Static_assert(DATA_SIZE_MIN >= 2 * CONSOLE_RING_SIZE, "a drain must not lap the log");

/* The tests define this, to cut a drain off before any of its stores. */
#ifdef CONSOLE_STEP
void CONSOLE_STEP(void);

static void copy(uint8_t *to, const volatile char *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		CONSOLE_STEP();
		to[i] = (uint8_t)from[i];
	}
}
#else
#define CONSOLE_STEP() ((void)0)

/* The bytes mean nothing to us, so it does not matter if the guest changes them while they are copied. */
static void copy(uint8_t *to, const volatile char *from, uint32_t count)
{
	memcpy(to, (const char *)from, count);
}
#endif

/*
 * The order of stores is what makes a crash harmless. A killed process leaves all of its stores up to some
 * point, so it is the compiler that must not move them (and lightvmd, on another processor, must see them in
 * this order too).
 */
static void store64(uint64_t *to, uint64_t value)
{
	CONSOLE_STEP();
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

static void store_index(volatile XENCONS_RING_IDX *to, uint32_t value)
{
	CONSOLE_STEP();
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

static uint32_t consumer(const struct console *console)
{
	return (uint32_t)(console->log->head - console->log->base);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Newlines among the `count` bytes at log position `start`. */
static uint64_t count_lines(const struct console *console, uint64_t start, uint32_t count)
{
	uint64_t lines = 0;

	for (uint32_t i = 0; i < count; i++)
		lines += console->data[(start + i) & console->mask] == '\n';

	return lines;
}

int console_check(const struct console_log *log, size_t size, const uint8_t uuid[16], uint32_t domid)
{
	int result = EINVAL;
	int difference;

	if (size < CONSOLE_DATA_OFFSET)
		goto out;
	if (log->magic != CONSOLE_LOG_MAGIC || log->version != CONSOLE_LOG_VERSION)
		goto out;
	if (log->data_size < DATA_SIZE_MIN || log->data_size > DATA_SIZE_MAX)
		goto out;
	if ((log->data_size & (log->data_size - 1)) != 0)
		goto out;
	if (size - CONSOLE_DATA_OFFSET < log->data_size)
		goto out;
	difference = memcmp(log->uuid, uuid, sizeof(log->uuid));
	if (log->domid != domid || difference != 0)
		goto out;
	result = 0;

out:
	return result;
}

size_t console_file_size(const struct console_log *log)
{
	return (size_t)CONSOLE_DATA_OFFSET + log->data_size;
}

void console_resume(struct console *console, struct console_log *log, volatile struct xencons_interface *ring)
{
	uint64_t counted = 0;
	uint64_t chunk_count = log->chunk_count;

	*console = (struct console){
	    .log = log,
	    .data = (uint8_t *)log + CONSOLE_DATA_OFFSET,
	    .ring = ring,
	    .mask = log->data_size - 1,
	};

	/* Only one can be unfinished; the bound is for a file that is not as it should be. */
	for (int i = 0; i < CONSOLE_CHUNKS && chunk_count > 0; i++) {
		if (log->chunks[(chunk_count - 1) % CONSOLE_CHUNKS].start < log->head)
			break;
		chunk_count--;
	}
	if (chunk_count != log->chunk_count)
		store64(&log->chunk_count, chunk_count);

	if (chunk_count > 0) {
		const struct console_chunk *last = &log->chunks[(chunk_count - 1) % CONSOLE_CHUNKS];

		console->lines = last->lines;
		if (last->start < log->head)
			counted = log->head - last->start;
	}
	if (counted > log->data_size)
		counted = log->data_size;
	console->lines += count_lines(console, log->head - counted, (uint32_t)counted);

	store_index(&ring->out_cons, consumer(console));
}

uint32_t console_waiting(const struct console *console)
{
	return __atomic_load_n(&console->ring->out_prod, __ATOMIC_ACQUIRE) - consumer(console);
}

int console_used(const struct console *console)
{
	return console->log->head != console->log->base || console_waiting(console) != 0;
}

/*
 * Whether a drain at `now_ns` begins a chunk of its own. Each life begins with one; a chunk stays well within
 * data, so that console_resume can count its lines.
 */
static bool wants_chunk(const struct console_log *log, uint64_t now_ns)
{
	const struct console_chunk *last = &log->chunks[(log->chunk_count - 1) % CONSOLE_CHUNKS];

	return log->chunk_count == 0 || now_ns - last->time_ns >= CONSOLE_CHUNK_NS ||
	       log->head - last->start >= log->data_size / 4 || log->head == log->base;
}

static void begin_chunk(struct console *console, uint64_t now_ns)
{
	struct console_log *log = console->log;
	struct console_chunk *chunk = &log->chunks[log->chunk_count % CONSOLE_CHUNKS];

	store64(&chunk->start, log->head);
	store64(&chunk->time_ns, now_ns);
	store64(&chunk->lines, console->lines);
	store64(&log->chunk_count, log->chunk_count + 1);
}

enum console_result console_drain(struct console *console, uint64_t now_ns)
{
	struct console_log *log = console->log;
	uint32_t index = consumer(console);
	uint32_t count = console_waiting(console);
	uint64_t head = log->head;
	enum console_result result = CONSOLE_IDLE;

	if (count == 0)
		goto out;
	result = CONSOLE_BROKEN;
	if (count > CONSOLE_RING_SIZE)
		goto out;

	for (uint32_t done = 0; done < count;) {
		uint32_t from = (index + done) & (CONSOLE_RING_SIZE - 1);
		uint32_t to = (uint32_t)(head + done) & console->mask;
		uint32_t piece =
		    smaller(count - done, smaller(CONSOLE_RING_SIZE - from, console->mask + 1 - to));

		copy(console->data + to, console->ring->out + from, piece);
		done += piece;
	}
	if (wants_chunk(log, now_ns))
		begin_chunk(console, now_ns);
	store64(&log->head, head + count);
	console->lines += count_lines(console, head, count);
	store_index(&console->ring->out_cons, index + count);
	result = CONSOLE_DRAINED;

out:
	return result;
}

int console_input(const struct console *console, const uint8_t *bytes, uint32_t size)
{
	volatile struct xencons_interface *ring = console->ring;
	uint32_t producer = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);
	uint32_t used = producer - __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
	int result = EPROTO;

	if (used > sizeof(ring->in))
		goto out;
	result = EAGAIN;
	if (size > sizeof(ring->in) - used)
		goto out;
	for (uint32_t i = 0; i < size; i++)
		ring->in[(producer + i) % sizeof(ring->in)] = (char)bytes[i];
	__atomic_store_n(&ring->in_prod, producer + size, __ATOMIC_RELEASE);
	result = 0;

out:
	return result;
}

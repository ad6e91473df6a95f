/* SPDX-License-Identifier: MIT */
/*
 * A guest that does what it likes with its ring between drains, and logs with any header that passes the
 * check: nothing outside the log's file and the ring's page is touched (AddressSanitizer), and what a drain
 * says is true.
 */
#include "../io/console.h"

#include <stdlib.h>
#include <string.h>

#define DATA_SIZE 8192U

struct input {
	const uint8_t *bytes;
	size_t left;
};

/* The next `size` bytes, or zeros. */
static void take(struct input *input, void *to, size_t size)
{
	size_t count = size < input->left ? size : input->left;

	memset(to, 0, size);
	if (count > 0)
		memcpy(to, input->bytes, count);
	input->bytes += count;
	input->left -= count;
}

static void require(int holds)
{
	if (!holds)
		abort();
}

static void drain(struct console *console, struct xencons_interface *ring, uint64_t now_ns)
{
	uint64_t head = console->log->head;
	uint32_t index = (uint32_t)(head - console->log->base);
	uint32_t waiting = ring->out_prod - index;
	enum console_result result = console_drain(console, now_ns);

	if (waiting > CONSOLE_RING_SIZE) {
		require(result == CONSOLE_BROKEN && console->log->head == head);
	} else {
		require(result == (waiting == 0 ? CONSOLE_IDLE : CONSOLE_DRAINED));
		require(console->log->head == head + waiting);
		for (uint32_t i = 0; i < waiting; i++) {
			char written = ring->out[(index + i) % CONSOLE_RING_SIZE];

			require((char)console->data[(head + i) % DATA_SIZE] == written);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t uuid[16];
	struct input input = {.bytes = bytes, .left = size};
	/* Kept over all inputs: making and clearing them is most of the time otherwise. */
	static struct console_log *log;
	static struct xencons_interface *ring;
	struct console console;
	uint64_t now_ns = 1;
	uint32_t last;

	if (log == NULL) {
		log = calloc(1, CONSOLE_DATA_OFFSET + DATA_SIZE);
		ring = calloc(1, sizeof(*ring));
	}
	require(log != NULL && ring != NULL);
	memset(log, 0, offsetof(struct console_log, chunks));
	memset(ring, 0, sizeof(*ring));
	log->magic = CONSOLE_LOG_MAGIC;
	log->version = CONSOLE_LOG_VERSION;
	log->data_size = DATA_SIZE;
	take(&input, &log->base, sizeof(log->base));
	take(&input, &log->head, sizeof(log->head));
	take(&input, &log->chunk_count, sizeof(log->chunk_count));
	last = (uint32_t)((log->chunk_count - 1) % CONSOLE_CHUNKS);
	take(&input, &log->chunks[last], sizeof(log->chunks[last]));
	require(console_check(log, CONSOLE_DATA_OFFSET + DATA_SIZE, uuid, 0) == 0);
	console_resume(&console, log, ring);

	while (input.left > 0) {
		uint8_t what;
		uint32_t value = 0;

		take(&input, &what, 1);
		take(&input, &value, (what & 0x40) != 0 ? 4 : 2);
		switch (what & 7) {
		case 0:
			ring->out_prod = value;
			break;
		case 1:
			ring->out_cons = value;
			break;
		case 2:
			ring->out[value % CONSOLE_RING_SIZE] = (char)(what >> 3);
			break;
		case 3:
			now_ns += (uint64_t)value << 12;
			break;
		case 4:
			console_resume(&console, log, ring);
			break;
		default:
			ring->out_prod += value % (CONSOLE_RING_SIZE + 2);
			break;
		}
		drain(&console, ring, now_ns);
		(void)console_used(&console);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The console's input: bytes as they come, and whole lines, which are echoed and can be corrected. */
#include "runtime.h"
#include "line.h"
#include <xen/io/console.h>

static struct line line;

/* Takes what is there. */
static size_t take(char *buffer, size_t size)
{
	struct xencons_interface *ring = console_ring();
	XENCONS_RING_IDX producer = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE);
	XENCONS_RING_IDX consumer = ring->in_cons;
	size_t i, count = producer - consumer;

	if (count > sizeof(ring->in))
		count = sizeof(ring->in);
	if (count > size)
		count = size;
	if (count == 0)
		return 0;
	for (i = 0; i < count; i++)
		buffer[i] = ring->in[MASK_XENCONS_IDX(consumer + i, ring->in)];
	__atomic_store_n(&ring->in_cons, (XENCONS_RING_IDX)(consumer + count), __ATOMIC_RELEASE);
	/* The back-end may have more than fitted. */
	event_notify(console_port());
	return count;
}

size_t console_read(void *buffer, size_t size, uint64_t deadline)
{
	size_t count;

	for (;;) {
		count = take(buffer, size);
		if (count > 0 || size == 0 || (deadline != FOREVER && clock_monotonic() >= deadline))
			return count;
		event_wait(deadline);
	}
}

int getchar(void)
{
	unsigned char byte;

	console_read(&byte, 1, FOREVER);
	return byte;
}

int console_read_line(char *text, size_t size, uint64_t deadline)
{
	struct line_echo echo;
	bool done;
	char byte;
	size_t length;

	do {
		if (console_read(&byte, 1, deadline) == 0)
			return -1;
		done = line_put(&line, byte, &echo);
		for (; echo.times > 0; echo.times--)
			console_write(echo.text, echo.length);
	} while (!done);
	length = line.length < size ? line.length : size - 1;
	memcpy(text, line.text, length);
	text[length] = '\0';
	line.length = 0;
	return (int)length;
}

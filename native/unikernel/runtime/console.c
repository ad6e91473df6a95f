/* SPDX-License-Identifier: MIT */
/*
 * The console: the output half (console_input.c has the other) of the ring that every Xen toolstack gives a guest. Where it is full the guest
 * waits for the back-end, so no byte is lost. The same ring serves xenconsoled under xl, on a port of its
 * own.
 */
#include "runtime.h"
#include <xen/io/console.h>

#define LAST_WORDS_LIMIT 1000000000UL

static struct xencons_interface *ring;
static evtchn_port_t port;

static void bind_port(void)
{
	struct noxs_device device;
	bool found = noxs_find(NOXS_CONSOLE, 0, &device);

	port = found ? device.event_channel : start_info->console.domU.evtchn;
	/* No handler: the event only wakes whoever waits for space. */
	event_bind(port, NULL, NULL);
}

void console_init(void)
{
	ring = machine_frame_to_pointer(start_info->console.domU.mfn);
	bind_port();
}

void console_resume(void)
{
	event_unbind(port, NULL, NULL);
	bind_port();
}

struct xencons_interface *console_ring(void)
{
	return ring;
}

evtchn_port_t console_port(void)
{
	return port;
}

/* Puts as much as fits. */
static size_t put(const char *text, size_t length)
{
	XENCONS_RING_IDX consumer = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
	XENCONS_RING_IDX producer = ring->out_prod;
	size_t room = sizeof(ring->out) - (producer - consumer);
	size_t i, count = length < room ? length : room;

	for (i = 0; i < count; i++)
		ring->out[MASK_XENCONS_IDX(producer + i, ring->out)] = text[i];
	__atomic_store_n(&ring->out_prod, (XENCONS_RING_IDX)(producer + count), __ATOMIC_RELEASE);
	return count;
}

static void write_until(const char *text, size_t length, uint64_t deadline)
{
	size_t count;

	if (ring == NULL)
		return;
	while (length > 0) {
		count = put(text, length);
		text += count;
		length -= count;
		if (count > 0)
			event_notify(port);
		if (length > 0 && count == 0) {
			if (deadline != FOREVER && clock_monotonic() >= deadline)
				return;
			event_wait(deadline);
		}
	}
}

void console_write(const void *bytes, size_t length)
{
	write_until(bytes, length, FOREVER);
}

void console_write_last(const char *text, size_t length)
{
	write_until(text, length, clock_monotonic() + LAST_WORDS_LIMIT);
}

void console_drain(uint64_t limit)
{
	uint64_t deadline = clock_monotonic() + limit;

	while (ring != NULL && __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) != ring->out_prod &&
	       clock_monotonic() < deadline)
		event_wait(deadline);
}

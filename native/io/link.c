/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void enqueue(struct link *link, struct guest *guest)
{
	if (guest->queued)
		return;
	guest->queued = true;
	guest->queue_next = NULL;
	guest->queue_previous = link->pending_last;
	if (link->pending_last != NULL)
		link->pending_last->queue_next = guest;
	else
		link->pending_first = guest;
	link->pending_last = guest;
}

static void dequeue(struct link *link, struct guest *guest)
{
	if (!guest->queued)
		return;
	guest->queued = false;
	if (guest->queue_previous != NULL)
		guest->queue_previous->queue_next = guest->queue_next;
	else
		link->pending_first = guest->queue_next;
	if (guest->queue_next != NULL)
		guest->queue_next->queue_previous = guest->queue_previous;
	else
		link->pending_last = guest->queue_previous;
}

void link_reset(struct link *link, struct table *table, int descriptor)
{
	if (link->descriptor >= 0)
		close(link->descriptor);
	for (struct guest *guest = table->first; guest != NULL; guest = guest->next) {
		guest->pending = 0;
		guest->follow = false;
		guest->queued = false;
	}
	free(link->queue);
	*link = (struct link){.descriptor = descriptor};
}

static bool grow_queue(struct link *link)
{
	uint32_t capacity = link->queue_capacity == 0 ? 16 : link->queue_capacity * 2;
	struct link_packet *queue = calloc(capacity, sizeof(*queue));

	if (queue == NULL)
		return false;
	for (uint32_t i = 0; i < link->queue_count; i++)
		queue[i] = link->queue[(link->queue_first + i) % link->queue_capacity];
	free(link->queue);
	link->queue = queue;
	link->queue_capacity = capacity;
	link->queue_first = 0;
	return true;
}

void link_push(struct link *link, const void *packet, size_t size)
{
	struct link_packet *place;

	if (link->descriptor < 0 || size > IO_MAX_MESSAGE)
		return;
	if (link->queue_count == link->queue_capacity) {
		bool grown = grow_queue(link);

		link->failed = link->failed || !grown;
		if (!grown)
			return;
	}
	place = &link->queue[(link->queue_first + link->queue_count) % link->queue_capacity];
	memcpy(place->bytes, packet, size);
	place->size = size;
	link->queue_count++;
}

static void fill_result(struct io_result *result, uint32_t serial, int error_number, const char *step)
{
	memset(result, 0, sizeof(*result));
	result->header = (struct io_header){.type = IO_RESULT, .version = IO_VERSION, .serial = serial};
	result->error_number = error_number;
	result->pid = (uint32_t)getpid();
	snprintf(result->step, sizeof(result->step), "%s", step);
}

void link_result(struct link *link, uint32_t serial, int error_number, const char *step)
{
	struct io_result result;

	fill_result(&result, serial, error_number, step);
	link_push(link, &result, sizeof(result));
}

/* A packet about a guest, and its size. */
union about {
	struct io_header header;
	struct io_guest guest;
	struct io_shutdown shutdown;
	struct io_ended ended;
	struct io_fault fault;
};

static size_t describe(union about *about, const struct guest *guest, uint16_t type)
{
	size_t size = sizeof(about->guest);

	memset(about, 0, sizeof(*about));
	about->header = (struct io_header){.type = type, .version = IO_VERSION};
	/* uuid and domid lie at the same place in all of them */
	memcpy(about->guest.uuid, guest->uuid, sizeof(guest->uuid));
	about->guest.domid = guest->domid;
	switch (type) {
	case IO_ACKNOWLEDGED:
		about->shutdown.reason = guest->sysctl.reason;
		size = sizeof(about->shutdown);
		break;
	case IO_ENDED:
		about->ended.reason = guest->end_reason;
		size = sizeof(about->ended);
		break;
	case IO_FAULT:
		memcpy(about->fault.text, guest->fault, sizeof(about->fault.text));
		size = sizeof(about->fault);
		break;
	default:
		break;
	}
	return size;
}

_Static_assert(offsetof(struct io_guest, uuid) == offsetof(struct io_shutdown, uuid), "ABI");
_Static_assert(offsetof(struct io_guest, uuid) == offsetof(struct io_ended, uuid), "ABI");
_Static_assert(offsetof(struct io_guest, uuid) == offsetof(struct io_fault, uuid), "ABI");

/* GUEST_DEVICE has one packet for each device of which something is to be told. */
static const uint16_t sign_types[GUEST_SIGNS] = {IO_FIRST_EVENT, IO_CONSOLE, IO_ACKNOWLEDGED,
                                                 IO_FAULT,       IO_ENDED,   IO_DEVICE_STATE};

static void describe_device(struct io_device *about, const struct device *device)
{
	const struct guest *guest = device->guest;

	memset(about, 0, sizeof(*about));
	about->header = (struct io_header){.type = IO_DEVICE_STATE, .version = IO_VERSION};
	memcpy(about->uuid, guest->uuid, sizeof(about->uuid));
	about->domid = guest->domid;
	about->type = device->class->type;
	about->id = device->id;
	about->state = device->state;
	about->flags = device->flags;
}

static uint32_t wanted(const struct guest *guest, uint32_t signs)
{
	return guest->follow ? signs : signs & ~(uint32_t)GUEST_CONSOLE;
}

void link_take_leave(struct link *link, struct guest *guest, uint32_t signs)
{
	union about about;

	signs = wanted(guest, signs | guest->pending);
	for (int i = 0; i < GUEST_SIGNS; i++) {
		size_t size;

		/* Its devices go with it: there is nothing more to tell of them. */
		if ((signs & (1U << i)) == 0 || sign_types[i] == IO_DEVICE_STATE)
			continue;
		size = describe(&about, guest, sign_types[i]);
		link_push(link, &about, size);
	}
	guest->pending = 0;
	dequeue(link, guest);
}

void link_tell(struct link *link, struct guest *guest, uint32_t signs)
{
	signs = wanted(guest, signs);
	if (link->descriptor < 0 || signs == 0)
		return;
	guest->pending |= signs;
	enqueue(link, guest);
}

void link_list(struct link *link, struct table *table, uint32_t serial)
{
	link->listing = true;
	link->list_serial = serial;
	link->list_next = table->first;
}

/* 0; EAGAIN: the socket is full; or another errno. */
static int transmit(struct link *link, const void *packet, size_t size)
{
	ssize_t sent = send(link->descriptor, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	int result = 0;

	if (sent < 0)
		result = errno;
	if (result == EINTR || result == ENOBUFS)
		result = EAGAIN;
	link->blocked = result == EAGAIN;
	return result;
}

static int flush_queue(struct link *link)
{
	int result = 0;

	while (result == 0 && link->queue_count > 0) {
		struct link_packet *packet = &link->queue[link->queue_first];

		result = transmit(link, packet->bytes, packet->size);
		if (result != 0)
			break;
		link->queue_first = (link->queue_first + 1) % link->queue_capacity;
		link->queue_count--;
	}
	return result;
}

void link_tell_all(struct link *link, struct guest *guest)
{
	for (struct device *device = guest->devices; device != NULL; device = device->next)
		device->pending = true;
	link_tell(link, guest, guest->standing | (guest->devices != NULL ? GUEST_DEVICE : 0));
}

static int flush_list(struct link *link, struct table *table)
{
	struct io_result end;
	union about about;
	int result = 0;

	if (!link->listing)
		goto out;
	for (; link->list_next != NULL; link->list_next = link->list_next->next) {
		size_t size = describe(&about, link->list_next, IO_ATTACHED);

		about.header.serial = link->list_serial;
		result = transmit(link, &about, size);
		if (result != 0)
			goto out;
	}
	fill_result(&end, link->list_serial, 0, "");
	result = transmit(link, &end, sizeof(end));
	if (result != 0)
		goto out;
	link->listing = false;
	for (struct guest *guest = table->first; guest != NULL; guest = guest->next)
		link_tell_all(link, guest);

out:
	return result;
}

static int flush_devices(struct link *link, struct guest *guest)
{
	struct io_device about;
	int result = 0;

	for (struct device *device = guest->devices; result == 0 && device != NULL; device = device->next) {
		if (!device->pending)
			continue;
		describe_device(&about, device);
		result = transmit(link, &about, sizeof(about));
		if (result == 0)
			device->pending = false;
	}
	return result;
}

static int flush_guest(struct link *link, struct guest *guest)
{
	union about about;
	int result = 0;

	for (int i = 0; result == 0 && i < GUEST_SIGNS; i++) {
		size_t size;

		if ((guest->pending & (1U << i)) == 0)
			continue;
		if (sign_types[i] == IO_DEVICE_STATE) {
			result = flush_devices(link, guest);
		} else {
			size = describe(&about, guest, sign_types[i]);
			result = transmit(link, &about, size);
		}
		if (result == 0)
			guest->pending &= ~(1U << i);
	}
	return result;
}

int link_flush(struct link *link, struct table *table)
{
	int result = 0;

	if (link->descriptor < 0)
		goto out;
	result = ENOMEM;
	if (link->failed)
		goto out;
	result = flush_queue(link);
	if (result != 0)
		goto out;
	result = flush_list(link, table);
	if (result != 0)
		goto out;
	while (link->pending_first != NULL) {
		struct guest *guest = link->pending_first;

		result = flush_guest(link, guest);
		if (result != 0)
			goto out;
		dequeue(link, guest);
	}

out:
	return result == EAGAIN ? 0 : result;
}

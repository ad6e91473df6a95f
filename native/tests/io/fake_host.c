/* SPDX-License-Identifier: MIT */
#include "fake_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "fake_xen.h"
#include "stream.h"

void fake_host_open(struct fake_host *host, uint32_t count)
{
	size_t size = (size_t)(count + 1) * FAKE_GRANTS * NOXS_PAGE_SIZE;
	uint8_t *pages;

	host->memory = memfd_create("guests", MFD_CLOEXEC);
	host->events = -1;
	host->passed = -1;
	host->count = count;
	host->guests = calloc(count, sizeof(*host->guests));
	CHECK(host->memory >= 0 && host->guests != NULL);
	CHECK(ftruncate(host->memory, (off_t)size) == 0);
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, host->memory, 0);
	CHECK(pages != MAP_FAILED);
	for (uint32_t i = 0; i < count; i++) {
		struct fake_guest *guest = &host->guests[i];
		uint8_t *own = pages + (size_t)(i + 1) * FAKE_GRANTS * NOXS_PAGE_SIZE;

		guest->domid = i + 1;
		memcpy(guest->uuid, &guest->domid, sizeof(guest->domid));
		guest->log = client_make_log(guest->uuid, guest->domid, CONSOLE_DATA_SIZE);
		guest->pages = own;
		guest->ring = (void *)own;
		guest->sysctl = (void *)(own + 2 * (size_t)NOXS_PAGE_SIZE);
	}
}

void fake_host_close(struct fake_host *host)
{
	for (uint32_t i = 0; i < host->count; i++)
		close(host->guests[i].log);
	free(host->guests);
	close(host->memory);
	if (host->events >= 0)
		close(host->events);
	if (host->passed >= 0)
		close(host->passed);
}

void fake_host_renew(struct fake_host *host)
{
	int pair[2];

	if (host->events >= 0)
		close(host->events);
	if (host->passed >= 0)
		close(host->passed);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	host->events = pair[0];
	host->passed = pair[1];
}

int fake_host_hello(struct fake_host *host, struct client *client)
{
	const int descriptors[] = {host->memory, host->passed};
	int result = client_hello(client, descriptors, 2);

	close(host->passed);
	host->passed = -1;
	return result;
}

void fake_host_event(struct fake_host *host, const struct fake_guest *guest)
{
	uint32_t port = guest->domid;
	ssize_t sent = -1;

	/* Xen keeps events for who is bound, and drops them when nobody is. */
	do {
		sent = send(host->events, &port, sizeof(port), MSG_NOSIGNAL);
	} while (sent < 0 && errno == EAGAIN);
}

void fake_host_poll(struct fake_host *host)
{
	uint32_t message;

	while (recv(host->events, &message, sizeof(message), MSG_DONTWAIT) == (ssize_t)sizeof(message)) {
		uint32_t port = FAKE_PORT(message);
		struct fake_guest *guest;

		CHECK(port > 0 && port <= host->count);
		guest = &host->guests[port - 1];
		if (FAKE_ACT(message) == FAKE_BIND) {
			guest->binds++;
			fake_host_event(host, guest);
		} else if (FAKE_ACT(message) == FAKE_UNBIND) {
			guest->unbinds++;
		} else {
			guest->notifies++;
		}
	}
}

struct io_attach fake_host_attach(const struct fake_guest *guest)
{
	struct io_attach attach = {
	    .header = {.type = IO_ATTACH},
	    .domid = guest->domid,
	    .event_channel = guest->domid,
	    .console_gref = 0,
	    .device_gref = 1,
	    .sysctl_gref = 2,
	};

	memcpy(attach.uuid, guest->uuid, 16);
	return attach;
}

uint32_t fake_host_print(struct fake_host *host, struct fake_guest *guest, uint32_t count)
{
	uint32_t produced = guest->ring->out_prod;
	uint32_t room =
	    CONSOLE_RING_SIZE - (produced - __atomic_load_n(&guest->ring->out_cons, __ATOMIC_ACQUIRE));

	CHECK(room <= CONSOLE_RING_SIZE);
	if (count > room)
		count = room;
	for (uint32_t i = 0; i < count; i++)
		guest->ring->out[(produced + i) % CONSOLE_RING_SIZE] =
		    stream_byte(guest->domid, guest->written + i);
	__atomic_store_n(&guest->ring->out_prod, produced + count, __ATOMIC_RELEASE);
	guest->written += count;
	if (count > 0)
		fake_host_event(host, guest);
	return count;
}

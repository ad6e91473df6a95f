/* SPDX-License-Identifier: MIT */
/* A host without Xen, of guests that live in the test process, for lightvm-io-fake. */
#ifndef LIGHTVM_TESTS_IO_FAKE_HOST_H
#define LIGHTVM_TESTS_IO_FAKE_HOST_H

#include <stdint.h>

#include <xen/io/console.h>

#include "client.h"
#include "lightvm/noxs.h"

struct fake_guest {
	uint32_t domid; /* its port too */
	uint8_t uuid[16];
	int log;
	volatile struct xencons_interface *ring;
	volatile struct noxs_sysctl *sysctl;
	uint8_t *pages; /* all that it could grant: FAKE_GRANTS of them */
	uint64_t written;
	uint32_t binds;
	uint32_t notifies;
	uint32_t unbinds;
};

struct fake_host {
	int memory; /* gntdev */
	int events; /* our end of evtchn; -1: there is none */
	int passed; /* lightvm-io's end, until it is passed on */
	uint32_t count;
	struct fake_guest *guests;
};

void fake_host_open(struct fake_host *host, uint32_t count);
void fake_host_close(struct fake_host *host);
/* A new evtchn, after the last one's process is gone. */
void fake_host_renew(struct fake_host *host);
int fake_host_hello(struct fake_host *host, struct client *client);
/* Takes what lightvm-io did at the ports, and raises an event for each bind, as Xen does. */
void fake_host_poll(struct fake_host *host);
void fake_host_event(struct fake_host *host, const struct fake_guest *guest);
/* An attach request for a guest. */
struct io_attach fake_host_attach(const struct fake_guest *guest);
/* The guest prints up to `count` bytes of its stream, as its ring has room, and raises an event. */
uint32_t fake_host_print(struct fake_host *host, struct fake_guest *guest, uint32_t count);

#endif

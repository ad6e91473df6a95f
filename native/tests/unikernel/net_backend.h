/* SPDX-License-Identifier: MIT */
/*
 * A net back-end for tests of the unikernels' front-end: one guest, one TAP, one packet after the other. It
 * does on request what a real one does seldom: it forgets everything, it closes, it takes the adapter away.
 */
#ifndef TESTS_NET_BACKEND_H
#define TESTS_NET_BACKEND_H

#include <stdint.h>
#include "xen_common.h"

struct net_backend {
	const struct lightvm_guest_layout *layout;
	evtchn_port_t port;
	struct noxs_device_page *devices;
	struct noxs_net *control;
	struct xencons_interface *console;
	char text[8192]; /* what the guest has printed */
	size_t length;
	uint32_t features;   /* NOXS_NET_*, to be offered */
	bool without_address; /* the guest is given none: it asks DHCP */
	int tap;
	uint64_t received_slots, sent_packets, large_packets, blank_packets;
	struct net_backend_rings *rings; /* NULL: not connected */
};

/* Makes the TAP, with 10.119.0.1/24 and fd19::1/64 on it. */
void net_backend_open(struct net_backend *backend);
/* Of a guest that has been created, and not run: its console, its pages, its event channel. */
void net_backend_attach(struct net_backend *backend, const struct lightvm_guest_layout *layout);
void net_backend_detach(struct net_backend *backend);

/* Puts the adapter into the device page. */
void net_backend_add(struct net_backend *backend);
/* The hand-shake's next step on our side. */
void net_backend_step(struct net_backend *backend);
/* Serves what there is, and waits at most so many milliseconds for more. */
void net_backend_serve(struct net_backend *backend, int milliseconds);
/* As if this process had been killed, and another come. */
void net_backend_resume(struct net_backend *backend);
/* Closes; the guest takes part. `removed`: for good, the entry is free after that. */
void net_backend_close(struct net_backend *backend, bool removed);
bool net_backend_connected(const struct net_backend *backend);

#endif

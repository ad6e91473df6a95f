/* SPDX-License-Identifier: MIT */
/* One network for the guests of a rig, and this host on it. */
#ifndef LIGHTVM_TESTS_IO_XEN_NETWORK_H
#define LIGHTVM_TESTS_IO_XEN_NETWORK_H

#include "xen_rig.h"

#define NETWORK_SUBNET "10.99.0." /* the host is 1, guest n is 10 + n */

/* A queue of the network's TAP, which is made with the first and goes with the last. */
int network_open_queue(void);
/* Gives the TAP its addresses. */
void network_set_up(void);
/* Tells lightvm-io of the network; and of the adapter of a guest, in slot 1. */
void network_say(struct rig *rig);
void network_say_adapter(struct rig *rig, uint32_t number);
/* A TCP connection to a guest. */
int network_connect(uint32_t guest, uint16_t port);

#endif

/* SPDX-License-Identifier: MIT */
/* Network adapters of guests, and the networks that they meet in. */
#ifndef LIGHTVM_IO_NET_H
#define LIGHTVM_IO_NET_H

#include <stdint.h>

#include "lightvm/io.h"
#include "lightvm/noxs.h"

struct device;
struct guest;
struct server;

/* enum noxs_net_features: what this back-end takes. */
#define NET_FEATURES                                                                                         \
	(NOXS_NET_CHECKSUM_IPV4 | NOXS_NET_CHECKSUM_IPV6 | NOXS_NET_SG | NOXS_NET_GSO_TCPV4 |                \
	 NOXS_NET_GSO_TCPV6)

/* All of these: 0 or an errno, with *step saying what failed. A descriptor that is kept is set to -1. */

/* Makes a network, or changes it. *tap is -1 if none came. */
int network_set(struct server *server, const struct io_network *request, int *tap, const char **step);
/* EBUSY: adapters are on it. */
int network_remove(struct server *server, const uint8_t uuid[16], const char **step);
/* Closes all of them; no adapter is left. */
void network_close_all(struct server *server);

/* Attaches an adapter to a guest, or changes it. */
int net_attach(struct guest *guest, const struct io_net *request, int *tap, const char **step);

/* What was said of an adapter when it was attached: `device` is of the class net. */
const struct io_net *net_given(const struct device *device);

#endif

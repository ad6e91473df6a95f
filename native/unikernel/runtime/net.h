/* SPDX-License-Identifier: MIT */
/* Between the sockets, the front-end and lwIP. lwIP is called by any thread, and nothing in it waits. */
#ifndef RUNTIME_NET_H
#define RUNTIME_NET_H

#include <stdbool.h>
#include <stdint.h>
#include "lwip/netif.h"
#include "netfront.h"

/* Makes lwIP ready; the first call does it. */
void net_start(void);
/* Around calls into lwIP: what is sent in between goes out together, with one event at the end. */
void net_begin(void);
void net_end(void);

/* net_timers.c: calls lwIP's timers; gives the time of the next that matters. */
uint64_t net_timers_run(uint64_t now);
/* Something has been asked of others: for some seconds from now all timers are punctual, so that it is asked again. */
void net_timers_active(void);

/* netfront.c: sends what lies in the rings of all adapters since the last time. */
void netfront_flush(void);
/* The IPv6 gateway of an adapter's configuration; NULL: none, or it is no adapter. */
const ip6_addr_t *netfront_gateway(const struct netif *netif);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The net front-end's data path: rings, grants and packets (xen/io/netif.h), and the interface that lwIP
 * sees. Who tells it of the back-end is another: netfront_noxs.c by a control page, netfront_xenstore.c by
 * XenStore.
 *
 *   netfront_new        at first
 *   netfront_connect    back-end in InitWait: makes rings; tell it their references, become
 * Initialised/Connected netfront_up         back-end Connected netfront_event      with each event of its
 * channel netfront_down       back-end Closing, or Closed without that: nothing more is sent
 *   netfront_disconnect back-end Closed: the rings are taken back
 *   netfront_connect    again, if it comes back; connections of lwIP survive that if the addresses are the
 * same netfront_delete     gone for good
 */
#ifndef RUNTIME_NETFRONT_H
#define RUNTIME_NETFRONT_H

#include <stdbool.h>
#include <stdint.h>

struct netfront_config {
	uint16_t backend;  /* domain id */
	uint16_t mtu;      /* bytes, of what is in an Ethernet frame; 0: 1,500 */
	uint32_t port;     /* event channel, the guest's end; bound to a handler by the caller */
	uint32_t features; /* enum noxs_net_features: what the back-end takes */
	uint8_t mac[6];
	uint8_t ipv4[4]; /* network byte order; zeros: ask DHCP */
	uint8_t ipv4_prefix;
	uint8_t ipv6_prefix;
	uint8_t ipv4_gateway[4]; /* each of these: or zeros */
	uint8_t ipv4_dns[4];
	uint8_t ipv6[16];
	uint8_t ipv6_gateway[16];
};

/* What the back-end is to be told. */
struct netfront_rings {
	uint32_t tx_reference, rx_reference; /* grant references of the two ring pages */
	uint32_t features;                   /* enum noxs_net_features: what the front-end takes */
};

struct netfront;

/* NULL: no memory. */
struct netfront *netfront_new(void);
/* false: no memory, nothing has been made. */
bool netfront_connect(struct netfront *net, const struct netfront_config *config,
                      struct netfront_rings *rings);
void netfront_up(struct netfront *net);
void netfront_event(struct netfront *net);
void netfront_down(struct netfront *net);
void netfront_disconnect(struct netfront *net);
void netfront_delete(struct netfront *net);
/* Of a clone, before its adapters come back: what DHCP and routers have given to the source, and who its
 * neighbours were. */
void netfront_forget(void);
/* It is up, and has an IPv4 address. */
bool netfront_ready(const struct netfront *net);

#endif

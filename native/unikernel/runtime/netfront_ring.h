/* SPDX-License-Identifier: MIT */
/* An adapter's rings and buffers: netfront.c has what is around them. */
#ifndef RUNTIME_NETFRONT_RING_H
#define RUNTIME_NETFRONT_RING_H

#include "lwip/netif.h"
#include "netfront.h"
#include "hypercall.h"

#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#include <xen/io/netif.h>

#define RING_ENTRIES 256U
#define TX_SIZE      2048U                /* of a buffer: two to a page */
#define TX_QUEUE     256U                 /* packets that wait for a buffer */
#define ETHERNET     14U                  /* bytes of a frame's header */
#define MAX_MTU      (TX_SIZE - ETHERNET) /* a packet is sent in one slot */

struct buffer {
	char *page;
	uint32_t reference;
};

struct netfront {
	struct netfront *next;
	struct netif netif;
	struct netfront_config config;
	ip6_addr_t gateway6; /* zero: none */
	bool added;          /* lwIP knows the interface */
	bool up;
	bool unsent; /* requests that were not pushed yet */
	struct buffer tx_ring_page, rx_ring_page;
	netif_tx_front_ring_t tx;
	netif_rx_front_ring_t rx;
	unsigned int
	    page_count; /* in tx_pages; there are twice as many buffers, and as many pages for receiving */
	struct buffer tx_pages[RING_ENTRIES / 2], rx_pages[RING_ENTRIES];
	unsigned int rx_count;
	uint16_t tx_free[RING_ENTRIES], tx_free_count;
	uint16_t rx_free[RING_ENTRIES], rx_free_count;
	uint16_t rx_posted[RING_ENTRIES]; /* by position in the ring: which page lies there */
	struct pbuf *queue[TX_QUEUE];
	unsigned int queue_first, queue_count;
};

/* All the pages and grants, by config. false: no memory, nothing has been made. */
bool netfront_ring_open(struct netfront *net);
/* Takes them back; what waits to be sent is lost. */
void netfront_ring_close(struct netfront *net);
/* For lwIP: sends a frame, or keeps it until there is a buffer. */
err_t netfront_ring_send(struct netif *netif, struct pbuf *packet);
/* What was sent since the last time becomes the back-end's. */
void netfront_ring_flush(struct netfront *net);
/* Gives free pages to the back-end. */
void netfront_ring_post(struct netfront *net);
/* Forgets what waits to be sent. */
void netfront_ring_drop(struct netfront *net);

#endif

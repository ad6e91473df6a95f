/* SPDX-License-Identifier: MIT */
/*
 * The two rings of an adapter, seen from the back-end: one guest page each, as xen/io/netif.h lays it out.
 * The guest may write any word of them at any time: each is read once, and the copy is checked.
 *
 * Requests are answered strictly in their order, and a response lies where its request lay. So after a
 * SIGKILL the response producer says what was consumed; but for a moment there are responses in slots whose
 * answer has not been published. What that moment concerns is written before it begins into `answering`, a
 * word of the ring page that netif.h leaves to the back-end, so that the next process does not take a
 * response for a request.
 */
#ifndef LIGHTVM_IO_NET_RING_H
#define LIGHTVM_IO_NET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/netif.h>

#define NET_RING_SIZE   256 /* requests, in either ring */
#define NET_TX_SLOTS    XEN_NETIF_NR_SLOTS_MIN
#define NET_TX_EXTRAS   (XEN_NETIF_EXTRA_TYPE_MAX - 1)
#define NET_TX_SIZE_MIN 14 /* bytes: an Ethernet header */
#define NET_TX_WORDS    3  /* of 32 bits in a slot */
#define NET_PAGE_SIZE   4096U

/* How both pages begin. */
struct net_ring_head {
	uint32_t req_prod, req_event;
	uint32_t rsp_prod, rsp_event;
	uint32_t answering; /* ours: slots before this may hold responses, though rsp_prod does not say so */
	uint8_t reserved[44];
};

struct net_tx_page {
	struct net_ring_head head;
	uint32_t slots[NET_RING_SIZE][NET_TX_WORDS];
};

struct net_rx_page {
	struct net_ring_head head;
	uint64_t slots[NET_RING_SIZE];
};

struct net_tx {
	struct net_tx_page *page;
	uint32_t consumed; /* requests taken so far; those since `answered` are not answered yet */
	uint32_t answered; /* what rsp_prod was made */
	uint32_t produced; /* what of the guest's producer has been believed */
};

struct net_rx {
	struct net_rx_page *page;
	uint32_t consumed;
	uint32_t produced;
};

/* A part of a frame that lies in a page of the guest. */
struct net_tx_slot {
	uint32_t reference;
	uint16_t offset;
	uint16_t size;
};

/* A frame that a guest sends, as its requests describe it: within its pages, and no larger than its size
 * says. */
struct net_tx_frame {
	uint32_t index;    /* of its first ring slot */
	uint16_t size;     /* bytes in all; below NET_TX_SIZE_MIN: no frame, to be answered with an error */
	uint16_t flags;    /* NETTXF_* */
	uint16_t gso_size; /* 0: none */
	uint8_t gso_type;  /* XEN_NETIF_GSO_TYPE_* */
	uint8_t slot_count;
	uint8_t extra_count; /* ring slots after the first that hold no part of it */
	struct net_tx_slot slots[NET_TX_SLOTS];
	uint16_t ids[NET_TX_SLOTS];
};

enum net_ring_result {
	NET_RING_EMPTY,
	NET_RING_TAKEN,
	NET_RING_BROKEN, /* the guest broke the protocol; *why says how */
};

/* Takes up a ring as the guest or the last process left it; finishes an answer that a process died in. */
void net_tx_resume(struct net_tx *tx, void *page);
void net_rx_resume(struct net_rx *rx, void *page);

/* Takes the next frame's requests. */
enum net_ring_result net_tx_take(struct net_tx *tx, struct net_tx_frame *frame, const char **why);

/* Answers frames that were taken, which are all that were since the last answer: begin, each of them, end. */
void net_tx_begin(struct net_tx *tx);
void net_tx_answer(struct net_tx *tx, const struct net_tx_frame *frame, int16_t status);
/* Whether the guest wants an event for it. */
bool net_tx_end(struct net_tx *tx);

/* Asks for no event, till net_tx_wait does: the ring will be looked at anyway. */
void net_tx_ignore(struct net_tx *tx);
/* Whether there is a request. */
bool net_tx_has(const struct net_tx *tx);
/* Before waiting: asks for an event with the next request. True: there is one already. */
bool net_tx_wait(struct net_tx *tx);

/* How many requests wait in the receive ring; more than fit into it: the guest broke the protocol. */
uint32_t net_rx_room(struct net_rx *rx);
/* Takes the next one: the grant reference of its page. Only what net_rx_room counted is there. */
uint32_t net_rx_take(struct net_rx *rx);
/* Asks for an event when `count` requests wait. True: they do already. */
bool net_rx_wait(struct net_rx *rx, uint32_t count);

/* As for sending; `index` is that of the request which it answers. `status`: bytes in its page, or
 * NETIF_RSP_ERROR. */
void net_rx_begin(struct net_rx *rx);
void net_rx_answer(struct net_rx *rx, uint32_t index, uint16_t flags, int16_t status);
void net_rx_extra(struct net_rx *rx, uint32_t index, struct netif_extra_info extra);
bool net_rx_end(struct net_rx *rx);

_Static_assert(sizeof(struct net_ring_head) == offsetof(struct netif_tx_sring, ring), "ABI");
_Static_assert(sizeof(struct net_ring_head) == offsetof(struct netif_rx_sring, ring), "ABI");
_Static_assert(offsetof(struct net_ring_head, answering) == offsetof(struct netif_tx_sring, pvt), "ABI");
_Static_assert(sizeof(union netif_tx_sring_entry) == 4 * NET_TX_WORDS, "ABI");
_Static_assert(sizeof(union netif_rx_sring_entry) == sizeof(uint64_t), "ABI");
_Static_assert(sizeof(struct net_tx_page) <= NET_PAGE_SIZE && sizeof(struct net_rx_page) <= NET_PAGE_SIZE,
               "ABI");

#endif

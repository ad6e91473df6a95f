/* SPDX-License-Identifier: MIT */
/* Networks without Xen: a server in the test's own process, and guests whose front-ends the test plays. */
#ifndef LIGHTVM_TESTS_IO_NET_RIG_H
#define LIGHTVM_TESTS_IO_NET_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "net.h"
#include "net_ring.h"
#include "network.h"
#include "server.h"

#define RIG_GUESTS_MAX 512
#define RIG_FRAME_MAX  70000
#define RIG_TX_FIRST   100 /* grant references of the transmit buffers */
#define RIG_RX_FIRST   400
#define RIG_TX_RING    20
#define RIG_RX_RING    21

struct rig_guest {
	struct rig *rig;
	struct guest *guest;
	uint32_t domid;
	uint8_t mac[6];
	uint8_t ipv4[4];
	uint8_t *pages; /* all of its grants */
	volatile struct noxs_net *control;
	struct net_tx_page *tx;
	struct net_rx_page *rx;
	uint32_t sent; /* requests produced */
	uint32_t posted;
	uint32_t received; /* responses taken */
	uint32_t answered;
	int log;
};

struct rig {
	struct server server;
	struct timer idle;
	int memory;
	int events; /* our end */
	int listener[2];
	int host; /* our end of the TAP */
	uint32_t count;
	uint8_t network[16];
	uint8_t host_mac[6];
	struct rig_guest guests[RIG_GUESTS_MAX];
};

/* A frame as one side got it. */
struct rig_frame {
	uint32_t size;  /* 0: none came */
	uint16_t flags; /* NETRXF_*, or (host) the vnet header's flags */
	uint16_t gso_size;
	uint8_t gso_type; /* XEN_NETIF_GSO_TYPE_*, or the vnet header's */
	int16_t status;   /* below 0: it came with an error */
	uint8_t bytes[RIG_FRAME_MAX];
};

/* A server, and `count` guests attached to it, without adapters yet. Guest n has 10.0.0.(10 + n), or further
 * on. */
void rig_open(struct rig *rig, uint32_t count, uint32_t network_flags);
void rig_close(struct rig *rig);
/* The server as a process that was killed and came back: nothing is left of it but what is in guests' pages.
 */
void rig_kill(struct rig *rig, uint32_t network_flags);

struct io_net rig_request(const struct rig_guest *guest);
/* Attaches an adapter and connects it, with so many receive buffers. */
void rig_connect(struct rig *rig, uint32_t guest, uint32_t features, uint32_t buffers);
/* The same for one that has been attached. */
void rig_connect_attached(struct rig *rig, uint32_t guest, uint32_t features, uint32_t buffers);
void rig_post(struct rig_guest *guest, uint32_t count);
/* Serves whatever is due. */
void rig_turn(struct rig *rig);
/* As if the guest had sent an event; and serves. */
void rig_event(struct rig *rig, uint32_t guest);

/* A guest sends a frame, cut into parts of at most `part` bytes. */
void rig_send(struct rig_guest *guest, const void *bytes, uint32_t size, uint16_t flags, uint32_t part);
void rig_send_gso(struct rig_guest *guest, const void *bytes, uint32_t size, uint16_t segment, uint8_t type,
                  uint32_t part);
/* The next frame that came to a guest. */
const struct rig_frame *rig_receive(struct rig_guest *guest);
/* How many of its requests have been answered; each answer is what it has to be. */
uint32_t rig_answers(struct rig_guest *guest, int16_t *status);

void rig_host_send(struct rig *rig, const void *bytes, uint32_t size);
void rig_host_send_gso(struct rig *rig, const void *bytes, uint32_t size, uint16_t segment, uint8_t type);
const struct rig_frame *rig_host_receive(struct rig *rig);

/* Frames. Return their size. */
uint32_t rig_udp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *to,
                 const uint8_t *to_ip, uint32_t payload);
uint32_t rig_tcp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *to,
                 const uint8_t *to_ip, uint32_t payload);
uint32_t rig_arp(uint8_t *bytes, const uint8_t *from, const uint8_t *from_ip, const uint8_t *asked);
/* Whether the transport checksum of a frame is right. */
bool rig_checksum_is_right(const uint8_t *bytes, uint32_t size);

const struct network_counters *rig_counters(const struct rig_guest *guest);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Networks and the adapters on them, as lightvm-io's own files share them; net.h is what others see.
 *
 * A turn: events and TAPs make adapters wait in a queue; a timer that is due at once serves it, when all of
 * the turn's events have been looked at, by one batch of frames (network_batch.h). What is left waits for the
 * next turn.
 */
#ifndef LIGHTVM_IO_NETWORK_H
#define LIGHTVM_IO_NETWORK_H

#include "device.h"
#include "net_ring.h"
#include "network_frame.h"
#include "network_rate.h"
#include "network_table.h"
#include "network_tap.h"
#include "server.h"

#define NETWORK_TURN_FRAMES 64 /* that one adapter, or one TAP, may have served in a turn */
#define NETWORK_HOT         8  /* adapters that are looked at without an event */

struct batch;
struct park;
struct parked;

struct networks {
	struct server *server;
	struct network *first;
	struct batch *batch;
	struct park *park;
	uint64_t patience_ns; /* that frames wait at most for a guest that posts no room at all */
	/* Adapters whose transmit ring is to be looked at. */
	struct adapter *queue;
	struct adapter **queue_end;
	struct timer work;
	/* Adapters that have just been served, of which no event is asked for while the loop looks at them. */
	struct lookout lookout;
	struct adapter *hot[NETWORK_HOT];
};

struct network {
	struct network *next;
	struct networks *networks;
	struct io_network given;
	uint8_t host_link_local[16];
	struct network_tap tap;
	struct network_table table;
	struct adapter *members;
	uint32_t member_count;
	struct network_rate flood_rate; /* in deliveries */
};

struct network_counters {
	uint64_t sent_bytes, sent_frames;
	uint64_t received_bytes, received_frames;
	uint64_t errors;
	uint64_t dropped_spoofed, dropped_rate, dropped_no_buffer, dropped_other;
};

struct adapter {
	struct device device;
	struct networks *networks;
	struct network *network; /* NULL: it has a TAP of its own, and meets nobody */
	struct network_tap tap;
	struct io_net given;
	struct frame_identity identity;
	struct network_entry entries[NETWORK_KEYS];
	struct adapter *member_next;
	struct adapter **member_place;
	struct network_counters counters;
	struct network_rate send_rate;
	struct network_rate receive_rate;
	struct network_rate flood_rate; /* in frames */
	struct timer send_timer;        /* while its rate keeps it from sending */
	uint64_t awaited_till_ns;       /* after that nothing waits for it to connect */
	struct timer answer_timer; /* when it is to be told that frames are answered, if nothing else tells it
	                              before */
	/* network_reach.c's */
	struct timer reach_timer;
	uint64_t reach_end_ns;
	uint32_t reach_wait_ms;

	/* While it is connected. */
	uint32_t features; /* enum noxs_net_features: the front-end's */
	struct xen_mapping rings;
	struct net_tx tx;
	struct net_rx rx;
	uint32_t tx_port, rx_port; /* ours */
	bool queued;
	bool hot;
	struct adapter *queue_next;

	/* network_park.c's: frames that wait for receive requests of the guest. */
	struct parked *parked;
	struct parked *parked_last;
	uint32_t parked_pages;
	uint32_t parked_frames;
	struct timer parked_timer; /* when they have waited too long */

	/* network_batch.c's, within a batch. */
	const char *broken; /* what it did to its rings; it is disconnected when the batch is over */
	bool active;        /* something is to be told to it, or of it */
	bool notify_tx, notify_rx;
	bool fetching; /* a frame for it is on its way by memory of ours */
	bool touched;  /* there are deliveries to it */
	bool gathered; /* its frames are in the batch, `frame_count` of them */
	struct adapter *active_next;
	struct adapter *touched_next;
	uint32_t first_frame, frame_count;
};

/* Has the adapter's transmit ring looked at in this turn. Good for one that waits already. */
void network_queue(struct adapter *adapter);
void network_unqueue(struct adapter *adapter);
/* All that is there has been served: more is to be seen by looking, or by an event. */
void network_await(struct adapter *adapter, bool looks);
/* It is not looked at any more, and asks for no event. */
void network_forget(struct adapter *adapter);
/* Drops the frames that wait for the guest. */
void network_unpark(struct adapter *adapter);
/* Sends what is in the ring at once, for the last time. */
void network_drain(struct adapter *adapter);

/* The network with this uuid, or NULL. */
struct network *network_find(const struct networks *networks, const uint8_t uuid[16]);
/* Whose MAC this link-local address is made of, or NULL. */
struct adapter *network_find_link_local(const struct network *network, const uint8_t address[16]);
/* What all networks and adapters share, made when the first of them is. NULL: there is no memory. */
struct networks *networks_get(struct server *server);

/* Enters an adapter into its network, with all its addresses. 0 or an errno: EEXIST, another one has one of
 * them. */
int network_join(struct network *network, struct adapter *adapter);
void network_leave(struct adapter *adapter);

static inline bool adapter_is_up(const struct adapter *adapter)
{
	return adapter->device.connected && adapter->broken == NULL;
}

/*
 * Offered a moment ago, and not connected yet: the guest boots, or we are a new process. What is sent to it now waits
 * for it, as if it were slow to post room; a first SYN that was dropped would come again only after a second.
 */
static inline bool adapter_is_awaited(const struct adapter *adapter, uint64_t now_ns)
{
	return !adapter->device.connected && adapter->broken == NULL && adapter->device.state == NOXS_INIT_WAIT &&
	       now_ns < adapter->awaited_till_ns;
}

/* network_reach.c: finds out whether the guest answers. */
void network_reach_begin(struct adapter *adapter);
void network_reach_end(struct adapter *adapter);
/* A frame came that shows that the guest uses its address. */
void network_reach_seen(struct adapter *adapter);
/* Who asks: the MAC that answers are to go to. */
const uint8_t *network_reach_mac(const struct adapter *adapter);

#endif

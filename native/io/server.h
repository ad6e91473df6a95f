/* SPDX-License-Identifier: MIT */
/* The one thread of lightvm-io: what it waits for, and what it does then. */
#ifndef LIGHTVM_IO_SERVER_H
#define LIGHTVM_IO_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "link.h"
#include "loop.h"
#include "protocol.h"
#include "table.h"
#include "xen.h"

#define SERVER_DESCRIPTORS (IO_MAX_GNTDEV + 2) /* that are received with one packet: more than any may have  \
	                                        */

struct networks;   /* net.c's */
struct block_pool; /* block.c's */

struct server {
	struct loop loop;
	struct source event_source;
	struct source link_source;
	struct source listener_source;
	struct source signal_source;
	struct timer retry; /* of consoles that are stalled */
	int listener;
	int signals;
	bool own_user; /* accept connections of the user that this runs as, not only root's */
	bool stop;
	int failure;          /* the errno of what can not be gone on without */
	uint32_t link_events; /* what the loop is asked to say of the link */
	struct xen xen;
	uint32_t *masked; /* ports whose events have been taken, and that are to be unmasked before the loop sleeps */
	size_t masked_count;
	struct table table;
	struct link link;
	struct networks *networks; /* NULL: none has come yet */
	struct block_pool *blocks; /* NULL: block_open has not been called */
};

/* Makes what the loop needs. `listener` is a listening SOCK_SEQPACKET socket. Returns 0 or an errno. */
int server_open(struct server *server, int listener, bool own_user);

/* Serves until SIGTERM or SIGINT. Returns 0, or the errno of what can not be gone on without. */
int server_run(struct server *server);

/* Unmaps, unbinds and closes everything. */
void server_close(struct server *server);

/* Begins to wait for events of guests: the descriptors have come. Returns 0 or an errno. */
int server_watch_events(struct server *server);

/* Looks at every device of a guest, and notes what is to be told of it. */
void server_serve(struct server *server, struct guest *guest);

/* Sends what can be sent, and has epoll say when more can be. The link may be over after it. */
void server_flush(struct server *server);

/*
 * Does what a request asks, and queues its reply. Descriptors that it keeps are set to -1; the caller closes
 * the others.
 */
void request_serve(struct server *server, const union io_request *request, int *descriptors, size_t count);

/* CLOCK_REALTIME in nanoseconds. */
uint64_t server_now(void);

#endif

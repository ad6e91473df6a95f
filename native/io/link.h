/* SPDX-License-Identifier: MIT */
/*
 * The connection to lightvmd. Nothing here ever waits: what cannot be sent stays where it is (replies in a
 * short queue, events as pending signs of their guests) until the socket has room, and no request is read
 * meanwhile. So the memory that a slow lightvmd can take is bounded.
 */
#ifndef LIGHTVM_IO_LINK_H
#define LIGHTVM_IO_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

struct link_packet {
	size_t size;
	uint8_t bytes[IO_MAX_MESSAGE];
};

struct link {
	int descriptor; /* -1: there is no connection, and nothing is kept for the next */
	bool blocked;   /* the socket is full */
	/* Replies. Bounded by what one request can cause, and by the removals of devices that are under way. */
	struct link_packet *queue;
	uint32_t queue_capacity;
	uint32_t queue_first;
	uint32_t queue_count;
	bool failed; /* there was no memory for a reply: the connection is over */
	bool listing; /* an IO_LIST is being answered */
	uint32_t list_serial;
	const struct guest *list_next;
	struct guest *pending_first; /* guests of which something is to be told */
	struct guest *pending_last;
};

/* A connection begins, or (-1) ends. The descriptor becomes the link's. Nobody is followed, nothing is
 * pending. */
void link_reset(struct link *link, struct table *table, int descriptor);

/* Queues one packet: the reply to a request, or an event that must come before it. */
void link_push(struct link *link, const void *packet, size_t size);
void link_result(struct link *link, uint32_t serial, int error_number, const char *step);

/* Queues what there is to tell of a guest, and forgets it, so that it can be detached. */
void link_take_leave(struct link *link, struct guest *guest, uint32_t signs);

/* Notes signs of a guest as pending, if there is a connection that wants them. link_flush sends them. */
void link_tell(struct link *link, struct guest *guest, uint32_t signs);

/* Notes all that stands of a guest. */
void link_tell_all(struct link *link, struct guest *guest);

/* Answers an IO_LIST: every guest, the result, and then all that stands. */
void link_list(struct link *link, struct table *table, uint32_t serial);

/* Sends what is there, until the socket is full. An error other than that is returned: the connection is
 * over. */
int link_flush(struct link *link, struct table *table);

#endif

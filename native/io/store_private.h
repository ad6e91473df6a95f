/* SPDX-License-Identifier: MIT */
/* What the files of the private XenStore share. */
#ifndef LIGHTVM_IO_STORE_PRIVATE_H
#define LIGHTVM_IO_STORE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "loop.h"
#include "store.h"
#include "store_file.h"
#include "store_tree.h"

#define STORE_WATCHES_MAX 128U
/* Bytes of the queue that are kept for what we have to say ourselves, while the guest's requests wait. */
#define STORE_QUEUE_OWN (12U << 10)
/* Bytes of a tree that the guest's requests leave for our own nodes. */
#define STORE_TREE_GUEST (24U << 10)

struct store {
	struct guest *guest;
	volatile struct xenstore_domain_interface *ring; /* guest memory: hostile */
	uint32_t port;
	struct store_file file;
	char home[32]; /* "/local/domain/7" */
	size_t home_size;
	struct timer again; /* more is to be served, or a page of the file could not be had */
	bool broken;        /* the guest broke the protocol: have no more to do with its ring */
	bool ours;          /* the change that is being made is our own, not a request of the guest */
	bool no_room;       /* the change that is being made has no room in the queue */
	bool no_page;       /* the file system has no room for it */
};

/* A node's path: absolute. */
struct store_path {
	size_t size;
	char text[TREE_PATH_MAX + 1]; /* NUL-terminated */
};

/* Makes a path absolute. 0, or EINVAL: it is not well formed. */
int store_path(const struct store *store, const char *text, struct store_path *path);

/* The tree in a slot; `limit` is how far it may grow. */
struct tree store_tree(const struct store *store, const struct store_root *root, uint32_t slot,
                       uint32_t limit);

/* store_event.c: into file->next and the queue, so they are seen only after store_commit. */

/* Queues one message. False, and store->no_room is set: it has no room. */
bool store_queue_message(struct store *store, const struct xsd_sockmsg *header, const void *payload);
/* Queues the events of what `after` changes in the live tree of the root that counts. */
void store_fire(struct store *store, const struct tree *after);

/* 0 or an errno. `path` as the guest gave it; `absolute` is what it means, or the same for a special one. */
int store_watch(struct store *store, const char *path, const char *absolute, const char *token);
/* Queues the first event of the newest watch, which comes after the reply. */
void store_greet(struct store *store);
int store_unwatch(struct store *store, const char *absolute, const char *token);
void store_forget_watches(struct store *store);

/*
 * Serves the request in the input. It is done when this returns true; false: there is no room for it now
 * (no_page), or it is none (broken). *changed: the live tree did.
 */
bool store_request(struct store *store, bool *changed);

/* store_ring.c: these move bytes between the ring and the file. True: some were. */
bool store_receive(struct store *store);
bool store_send(struct store *store);
/* Whether there is a whole request in the input, and room for what follows from it. */
bool store_ready(const struct store *store);
/* Gives the ring the indices that follow from the root. */
void store_show_indices(struct store *store);
/* The guest asks to begin anew. */
bool store_reconnect(struct store *store);
/* The guest broke the protocol; `error` is one of XENSTORE_ERROR_. */
void store_break(struct store *store, uint32_t error, const char *what);

/*
 * Our own changes of the live tree. store_change_begin; any of the others, with absolute paths;
 * store_change_end, which tells the guest. ENOSPC and so on: nothing was changed.
 */
void store_change_begin(struct store *store);
/* `fire`: watches of it fire. */
void store_put(struct store *store, const char *path, const char *value, bool fire);
void store_remove(struct store *store, const char *path);
int store_change_end(struct store *store);

/* Sends the guest an event: there is something in its ring, or room. */
void store_notify(struct store *store);

/* Serves, and looks at the devices, again in a while: the file system had no room. */
void store_retry(struct store *store);

/* Enters into file->next whether the guest has emptied control/shutdown. */
void store_note_acknowledgement(struct store *store);

/* Copies the value of a node, NUL-terminated. False: there is none, or it is longer. */
bool store_get(const struct store *store, const char *path, char *value, size_t capacity);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A private XenStore without Xen: a ring and a store file in memory, a guest that speaks the wire protocol,
 * and processes that come and go around it.
 */
#ifndef LIGHTVM_TESTS_IO_STORE_RIG_H
#define LIGHTVM_TESTS_IO_STORE_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "guest.h"
#include "server.h"
#include "store_private.h"

#define RIG_DOMID 7U
#define RIG_HOME  "/local/domain/7"

struct store_rig {
	struct xenstore_domain_interface *ring; /* a page */
	int file;
	struct server *server;
	struct guest guest;
	struct store *store; /* NULL: no process is there */
	uint32_t last_request;
	/* what the guest has read */
	uint8_t *read;
	size_t read_size;
	size_t read_capacity;
	size_t taken; /* of that, by store_rig_message */
};

struct store_message {
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
};

void store_rig_begin(struct store_rig *rig);
void store_rig_end(struct store_rig *rig);

/* A process takes the store up; store_rig_leave: it is gone, having tidied up nothing. */
void store_rig_open(struct store_rig *rig);
void store_rig_leave(struct store_rig *rig);

/* The guest puts bytes into its ring, as many as there is room for; takes what there is to read. */
size_t store_rig_put(struct store_rig *rig, const void *bytes, size_t size);
void store_rig_take(struct store_rig *rig);

/* The next message that has been read whole; false: there is none. */
bool store_rig_message(struct store_rig *rig, struct store_message *message);

/* Sends a request and serves until it is answered. Events that come before the answer are dropped. Returns
 * its type. */
uint32_t store_rig_ask(struct store_rig *rig, uint32_t type, uint32_t transaction, const void *payload,
                       size_t size, struct store_message *answer);
/* The same with a payload that is one string, its NUL included. The answer must be `expected`. */
void store_rig_expect(struct store_rig *rig, uint32_t type, uint32_t transaction, const char *payload,
                      const char *expected);
void store_rig_write(struct store_rig *rig, uint32_t transaction, const char *path, const char *value,
                     const char *expected);
void store_rig_watch(struct store_rig *rig, const char *path, const char *token, const char *expected);
/* The next event must be this one (NULL: there must be none). */
void store_rig_event(struct store_rig *rig, const char *path, const char *token);
uint32_t store_rig_start(struct store_rig *rig);

#endif

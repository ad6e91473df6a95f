/* SPDX-License-Identifier: MIT */
/* A request of the guest to its private XenStore, and the operations by which one is served: 0 or the errno that is told. */
#ifndef LIGHTVM_IO_STORE_REQUEST_H
#define LIGHTVM_IO_STORE_REQUEST_H

#include "store_private.h"

/* A request, whole, in memory that the guest cannot change. `data` is followed by a NUL that is not counted.
 */
struct request {
	struct xsd_sockmsg header;
	char data[XENSTORE_PAYLOAD_MAX + 1];
	struct store_transaction *transaction; /* of file->next; NULL: none */
	/* the reply */
	uint32_t size;
	char reply[XENSTORE_PAYLOAD_MAX];
	bool greet; /* a watch was set */
};

/* store_request.c: what requests are made of. */
int request_answer(struct request *request, const char *text);
/* The string that begins at *at, which is moved behind it; NULL: there is none that ends. */
const char *request_string(const struct request *request, size_t *at);
/* The one string that the request consists of, or NULL. */
const char *request_only_string(const struct request *request);
/* A path, which is all of the request. */
int request_only_path(const struct store *store, const struct request *request, struct store_path *path);
/* A decimal number that is all of a text. */
int request_number(const char *text, uint32_t *number);

/* store_node.c: nodes, in the live tree or in a transaction's. */
int request_read_node(struct store *store, struct request *request);
int request_list_directory(struct store *store, struct request *request);
int request_list_part(struct store *store, struct request *request);
int request_write_node(struct store *store, struct request *request);
int request_make_directory(struct store *store, struct request *request);
int request_remove_node(struct store *store, struct request *request);
int request_get_permissions(struct store *store, struct request *request);
int request_set_permissions(struct store *store, struct request *request);
/* The change is made: fires its watches, if it counts at once. */
void request_finish_change(struct store *store, const struct request *request, struct tree *tree);

/* store_session.c: watches, transactions, and questions about the domain. */
int request_set_watch(struct store *store, struct request *request);
int request_remove_watch(struct store *store, struct request *request);
int request_reset_watches(struct store *store, struct request *request);
int request_start_transaction(struct store *store, struct request *request);
int request_end_transaction(struct store *store, struct request *request);
int request_domain_path(struct store *store, struct request *request);
int request_is_introduced(struct store *store, struct request *request);

#endif

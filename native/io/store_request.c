/* SPDX-License-Identifier: MIT */
/*
 * What the guest asks of its private XenStore. A request is served as one change of the file: its effect, its
 * reply, and the events that it causes. xen/io/xs_wire.h has the numbers.
 */
#include <errno.h>
#include <string.h>

#include "store_request.h"

int request_answer(struct request *request, const char *text)
{
	request->size = (uint32_t)strlen(text) + 1;
	memcpy(request->reply, text, request->size);
	return 0;
}

const char *request_string(const struct request *request, size_t *at)
{
	const char *text = request->data + *at;
	size_t left = request->header.len - *at;
	size_t size = strnlen(text, left);

	if (size == left)
		return NULL;
	*at += size + 1;
	return text;
}

const char *request_only_string(const struct request *request)
{
	size_t at = 0;
	const char *text = request_string(request, &at);

	return at == request->header.len ? text : NULL;
}

int request_only_path(const struct store *store, const struct request *request, struct store_path *path)
{
	const char *text = request_only_string(request);

	return text == NULL ? EINVAL : store_path(store, text, path);
}

int request_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (*text == '\0')
		return EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return EINVAL;
	}
	*number = (uint32_t)value;
	return 0;
}

static int not_allowed(struct store *store, struct request *request)
{
	(void)store;
	(void)request;
	return EACCES;
}

static int (*const operations[XS_TYPE_COUNT])(struct store *, struct request *) = {
    [XS_CONTROL] = not_allowed,
    [XS_DIRECTORY] = request_list_directory,
    [XS_READ] = request_read_node,
    [XS_GET_PERMS] = request_get_permissions,
    [XS_WATCH] = request_set_watch,
    [XS_UNWATCH] = request_remove_watch,
    [XS_TRANSACTION_START] = request_start_transaction,
    [XS_TRANSACTION_END] = request_end_transaction,
    [XS_INTRODUCE] = not_allowed,
    [XS_RELEASE] = not_allowed,
    [XS_GET_DOMAIN_PATH] = request_domain_path,
    [XS_WRITE] = request_write_node,
    [XS_MKDIR] = request_make_directory,
    [XS_RM] = request_remove_node,
    [XS_SET_PERMS] = request_set_permissions,
    [XS_IS_DOMAIN_INTRODUCED] = request_is_introduced,
    [XS_RESUME] = not_allowed,
    [XS_SET_TARGET] = not_allowed,
    [XS_RESET_WATCHES] = request_reset_watches,
    [XS_DIRECTORY_PART] = request_list_part,
};

static int perform(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;

	request->transaction = NULL;
	for (uint32_t i = 0; request->header.tx_id != 0 && i < STORE_TRANSACTIONS; i++) {
		if (root->transactions[i].id == request->header.tx_id)
			request->transaction = &root->transactions[i];
	}
	if (request->header.tx_id != 0 && request->transaction == NULL)
		return ENOENT;
	if (request->header.type >= XS_TYPE_COUNT || operations[request->header.type] == NULL)
		return ENOSYS;
	return operations[request->header.type](store, request);
}

static const char *error_name(int error)
{
	const char *name = "EINVAL";

	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		if (xsd_errors[i].errnum == error)
			name = xsd_errors[i].errstring;
	}
	return name;
}

/* Begins the change, with the request off the input. */
static void begin(struct store *store)
{
	store_begin(&store->file);
	store->ours = false;
	store->no_room = false;
	store->no_page = false;
	store->file.next.input = 0;
}

static void reply(struct store *store, const struct request *request, int error)
{
	struct xsd_sockmsg header = request->header;
	const char *name = error_name(error);

	if (error == 0) {
		header.len = request->size;
		(void)store_queue_message(store, &header, request->reply);
	} else {
		header.type = XS_ERROR;
		header.len = (uint32_t)strlen(name) + 1;
		(void)store_queue_message(store, &header, name);
	}
	if (error == 0 && request->greet)
		store_greet(store);
}

static void forget_transaction(struct store *store, uint32_t id)
{
	struct store_transaction *transactions = store->file.next.transactions;

	for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++) {
		if (transactions[i].id == id)
			transactions[i] = (struct store_transaction){0};
	}
}

bool store_request(struct store *store, bool *changed)
{
	static struct request request;
	const uint8_t *input = store_input(&store->file);
	uint32_t generation = store_root(&store->file)->generation;
	int result;

	memcpy(&request.header, input, sizeof(request.header));
	memcpy(request.data, input + sizeof(request.header), request.header.len);
	request.data[request.header.len] = '\0';
	request.size = 0;
	request.greet = false;
	begin(store);
	result = perform(store, &request);
	if (store->no_page)
		return false;
	if (result == 0)
		reply(store, &request, 0);
	if (result != 0 || store->no_room) {
		/* Events that would take more room than there is are a limit like others. */
		if (result == 0)
			result = ENOSPC;
		begin(store);
		/* Nothing of it is to be so, but a transaction that could not be ended well is over too. */
		if (request.header.type == XS_TRANSACTION_END && result != EINVAL)
			forget_transaction(store, request.header.tx_id);
		reply(store, &request, result);
	}
	*changed = store->file.next.generation != generation;
	if (*changed)
		store_note_acknowledgement(store);
	store_commit(&store->file);
	return true;
}

/* SPDX-License-Identifier: MIT */
/* Requests about watches, transactions and the domain. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "store_request.h"

/* {path, token}, for watches; what special ones are of never happens here. */
static int take_watch(const struct store *store, const struct request *request, const char **text,
                      struct store_path *path, const char **token)
{
	size_t at = 0;
	int result = 0;

	*text = request_string(request, &at);
	*token = *text == NULL ? NULL : request_string(request, &at);
	if (*token == NULL)
		return EINVAL;
	if (**text != '@')
		return store_path(store, *text, path);
	if (strcmp(*text, "@introduceDomain") != 0 && strcmp(*text, "@releaseDomain") != 0)
		result = EINVAL;
	else
		path->size = (size_t)snprintf(path->text, sizeof(path->text), "%s", *text);
	return result;
}

int request_set_watch(struct store *store, struct request *request)
{
	const char *text;
	const char *token;
	struct store_path path;
	int result = take_watch(store, request, &text, &path, &token);

	if (result == 0)
		result = store_watch(store, text, path.text, token);
	if (result != 0)
		return result;
	request->greet = true;
	return request_answer(request, "OK");
}

int request_remove_watch(struct store *store, struct request *request)
{
	const char *text;
	const char *token;
	struct store_path path;
	int result = take_watch(store, request, &text, &path, &token);

	if (result == 0)
		result = store_unwatch(store, path.text, token);
	return result == 0 ? request_answer(request, "OK") : result;
}

int request_reset_watches(struct store *store, struct request *request)
{
	store_forget_watches(store);
	return request_answer(request, "OK");
}

int request_start_transaction(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;
	struct store_transaction *found = NULL;
	char text[16];

	if (request->transaction != NULL)
		return EBUSY;
	for (uint32_t i = 0; i < STORE_TRANSACTIONS && found == NULL; i++) {
		if (root->transactions[i].id == 0)
			found = &root->transactions[i];
	}
	if (found == NULL)
		return ENOSPC;
	root->last_transaction = root->last_transaction % INT32_MAX + 1;
	/* A tree is not changed in place, so that of now is what it sees. */
	*found = (struct store_transaction){
	    .id = root->last_transaction,
	    .generation = root->generation,
	    .slot = root->live,
	};
	snprintf(text, sizeof(text), "%u", found->id);
	return request_answer(request, text);
}

int request_end_transaction(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;
	struct store_transaction transaction;
	const char *text = request_only_string(request);
	struct tree tree;

	if (request->transaction == NULL)
		return ENOENT;
	if (text == NULL || (strcmp(text, "T") != 0 && strcmp(text, "F") != 0))
		return EINVAL;
	transaction = *request->transaction;
	*request->transaction = (struct store_transaction){0};
	request->transaction = NULL;
	if (text[0] == 'F' || transaction.written == 0)
		return request_answer(request, "OK");
	if (transaction.generation != root->generation)
		return EAGAIN;
	root->live = transaction.slot;
	if (!store_work_on_tree(&store->file, &root->live)) {
		store->no_page = true;
		return ENOSPC;
	}
	tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	request_finish_change(store, request, &tree);
	return request_answer(request, "OK");
}

int request_domain_path(struct store *store, struct request *request)
{
	const char *text = request_only_string(request);
	uint32_t domid;
	char path[32];
	int result = text == NULL ? EINVAL : request_number(text, &domid);

	(void)store;
	if (result != 0)
		return result;
	if (domid > UINT16_MAX)
		return EINVAL;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	return request_answer(request, path);
}

int request_is_introduced(struct store *store, struct request *request)
{
	const char *text = request_only_string(request);
	uint32_t domid;
	int result = text == NULL ? EINVAL : request_number(text, &domid);

	if (result != 0)
		return result;
	return request_answer(request, domid == 0 || domid == store->guest->domid ? "T" : "F");
}

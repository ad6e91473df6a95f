/* SPDX-License-Identifier: MIT */
/* Requests about nodes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "store_request.h"

/* The tree that the request sees. */
static struct tree seen(const struct store *store, const struct request *request)
{
	const struct store_root *root = &store->file.next;
	uint32_t slot = request->transaction != NULL ? request->transaction->slot : root->live;

	return store_tree(store, root, slot, STORE_SLOT_SIZE);
}

static int find(const struct store *store, const struct request *request, const struct store_path *path,
                struct tree *tree, uint32_t *place)
{
	*tree = seen(store, request);
	*place = tree_find(tree, path->text, path->size);
	return *place == TREE_NONE ? ENOENT : 0;
}

/* The same of the one path that the request has. */
static int find_only(struct store *store, struct request *request, struct tree *tree, uint32_t *place)
{
	struct store_path path;
	int result = request_only_path(store, request, &path);

	return result != 0 ? result : find(store, request, &path, tree, place);
}

int request_read_node(struct store *store, struct request *request)
{
	struct tree tree;
	struct tree_node node;
	uint32_t place;
	int result = find_only(store, request, &tree, &place);

	if (result != 0)
		return result;
	node = tree_node(&tree, place);
	memcpy(request->reply, node.value, node.value_size);
	request->size = node.value_size;
	return 0;
}

/* Copies of the names of children, each with a NUL, what lies between `from` and `from + capacity`. Returns
 * all's size. */
static uint32_t list_children(const struct tree *tree, uint32_t place, uint32_t from, char *to,
                              uint32_t capacity)
{
	uint32_t after = tree_after(tree, place);
	uint32_t at = 0;

	for (place = tree_next(tree, place); place < after; place = tree_after(tree, place)) {
		struct tree_node node = tree_node(tree, place);

		for (uint32_t i = 0; i <= node.name_size; i++, at++) {
			if (at >= from && at - from < capacity)
				to[at - from] = i < node.name_size ? node.name[i] : '\0';
		}
	}
	return at;
}

int request_list_directory(struct store *store, struct request *request)
{
	struct tree tree;
	uint32_t place;
	int result = find_only(store, request, &tree, &place);

	if (result != 0)
		return result;
	request->size = list_children(&tree, place, 0, request->reply, sizeof(request->reply));
	if (request->size > sizeof(request->reply))
		result = E2BIG;
	return result;
}

/* {generation, names from an offset, an empty one after the last}. */
int request_list_part(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = request_string(request, &at);
	const char *offset_text = text == NULL ? NULL : request_string(request, &at);
	struct store_path path;
	struct tree tree;
	uint32_t place;
	uint32_t offset;
	uint32_t whole;
	uint32_t room;
	int result = EINVAL;

	if (offset_text == NULL || at != request->header.len)
		return EINVAL;
	result = request_number(offset_text, &offset);
	if (result == 0)
		result = store_path(store, text, &path);
	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	request->size = 1 + (uint32_t)snprintf(request->reply, sizeof(request->reply), "%u",
	                                       request->transaction != NULL ? request->transaction->generation
	                                                                    : store->file.next.generation);
	room = (uint32_t)sizeof(request->reply) - request->size - 1;
	whole = list_children(&tree, place, offset, request->reply + request->size, room);
	if (offset > whole)
		return EINVAL;
	if (whole - offset > room) {
		/* Only whole names. */
		request->size += room;
		while (request->reply[request->size - 1] != '\0')
			request->size--;
	} else {
		request->size += whole - offset;
		request->reply[request->size++] = '\0';
	}
	return 0;
}

/* The guest writes below its own directory only: the rest is for what others say to it. */
static bool may_write(const struct store *store, const struct store_path *path)
{
	int difference = 1;

	if (path->size > store->home_size)
		difference = memcmp(path->text, store->home, store->home_size);
	return difference == 0 && path->text[store->home_size] == '/';
}

/* The tree that the request changes, in a slot where it may. */
static int work_on_tree(struct store *store, struct request *request, struct tree *tree)
{
	struct store_root *root = &store->file.next;
	uint32_t *slot = request->transaction != NULL ? &request->transaction->slot : &root->live;

	if (!store_work_on_tree(&store->file, slot)) {
		store->no_page = true;
		return ENOSPC;
	}
	if (request->transaction != NULL)
		request->transaction->written = 1;
	*tree = store_tree(store, root, *slot, STORE_TREE_GUEST);
	/* What is there already may stay, and shrink, and change. */
	if (tree->limit < tree->used)
		tree->limit = tree->used;
	return 0;
}

void request_finish_change(struct store *store, const struct request *request, struct tree *tree)
{
	struct store_root *root = &store->file.next;

	if (request->transaction != NULL) {
		root->used[request->transaction->slot] = tree->used;
		return;
	}
	store_fire(store, tree);
	tree_clear_touched(tree);
	root->used[root->live] = tree->used;
	root->generation++;
}

static int set_node(struct store *store, struct request *request, const char *text, const void *value,
                    size_t size)
{
	struct store_path path;
	struct tree tree;
	int result = store_path(store, text, &path);

	if (result == 0 && !may_write(store, &path))
		result = EACCES;
	if (result == 0)
		result = work_on_tree(store, request, &tree);
	if (result == 0)
		result = tree_set(&tree, path.text, path.size, value, size, true);
	if (result != 0)
		return result;
	request_finish_change(store, request, &tree);
	return request_answer(request, "OK");
}

int request_write_node(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = request_string(request, &at);

	if (text == NULL)
		return EINVAL;
	return set_node(store, request, text, request->data + at, request->header.len - at);
}

int request_make_directory(struct store *store, struct request *request)
{
	const char *text = request_only_string(request);

	return text == NULL ? EINVAL : set_node(store, request, text, NULL, 0);
}

int request_remove_node(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	uint32_t place;
	int result = request_only_path(store, request, &path);
	size_t parent;

	if (result == 0 && !may_write(store, &path))
		result = path.size == 1 ? EINVAL : EACCES;
	if (result != 0)
		return result;
	result = find(store, request, &path, &tree, &place);
	if (result == ENOENT) {
		/* It is no error that there is none, where there could be one. */
		for (parent = path.size - 1; path.text[parent] != '/'; parent--)
			;
		place = tree_find(&tree, path.text, parent);
		return place == TREE_NONE ? ENOENT : request_answer(request, "OK");
	}
	result = work_on_tree(store, request, &tree);
	if (result != 0)
		return result;
	tree_remove(&tree, tree_find(&tree, path.text, path.size));
	request_finish_change(store, request, &tree);
	return request_answer(request, "OK");
}

int request_get_permissions(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	uint32_t place;
	char text[32];
	int result = request_only_path(store, request, &path);

	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	if (may_write(store, &path))
		snprintf(text, sizeof(text), "n%u", store->guest->domid);
	else
		snprintf(text, sizeof(text), "r0");
	return request_answer(request, text);
}

/* Nobody else reads this store, so permissions need to be well formed and nothing more. */
int request_set_permissions(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = request_string(request, &at);
	struct store_path path;
	struct tree tree;
	uint32_t place;
	uint32_t domid;
	int result;

	if (text == NULL || at == request->header.len)
		return EINVAL;
	result = store_path(store, text, &path);
	while (result == 0 && at < request->header.len) {
		text = request_string(request, &at);
		if (text == NULL || strchr("nrwb", *text) == NULL || *text == '\0')
			return EINVAL;
		result = request_number(text + 1, &domid);
	}
	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result == 0 && !may_write(store, &path))
		result = EACCES;
	return result == 0 ? request_answer(request, "OK") : result;
}

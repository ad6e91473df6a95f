/* SPDX-License-Identifier: MIT */
/* Paths, and changes of the live tree that are our own; reading it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "report.h"
#include "server.h"
#include "store_private.h"

struct tree store_tree(const struct store *store, const struct store_root *root, uint32_t slot,
                       uint32_t limit)
{
	return (struct tree){
	    .bytes = store_slot(&store->file, slot),
	    .used = root->used[slot],
	    .limit = limit,
	};
}

int store_path(const struct store *store, const char *text, struct store_path *path)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_@:";
	size_t size = strlen(text);
	size_t before = 0;

	if (size == 0 || strspn(text, good) != size)
		return EINVAL;
	if (text[0] == '/' ? size > XENSTORE_ABS_PATH_MAX : size > XENSTORE_REL_PATH_MAX)
		return EINVAL;
	if ((size > 1 && text[size - 1] == '/') || strstr(text, "//") != NULL || text[0] == '@')
		return EINVAL;
	if (text[0] != '/') {
		memcpy(path->text, store->home, store->home_size);
		path->text[store->home_size] = '/';
		before = store->home_size + 1;
	}
	memcpy(path->text + before, text, size + 1);
	path->size = before + size;
	return 0;
}

void store_change_begin(struct store *store)
{
	store_begin(&store->file);
	store->ours = true;
	store->no_room = false;
	store->no_page = false;
}

/* The live tree in a slot where it may be changed. */
static bool work(struct store *store, struct tree *tree)
{
	struct store_root *root = &store->file.next;
	uint32_t end;

	if (!store_work_on_tree(&store->file, &root->live))
		store->no_page = true;
	*tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	/* Many nodes may come in one change. */
	end = tree->used + STORE_PAGE < STORE_SLOT_SIZE ? tree->used + STORE_PAGE : STORE_SLOT_SIZE;
	return !store->no_page && !store->no_room &&
	       store_file_reserve(&store->file, STORE_SLOTS_OFFSET + root->live * STORE_SLOT_SIZE, end);
}

void store_put(struct store *store, const char *path, const char *value, bool fire)
{
	struct tree tree;

	if (!work(store, &tree))
		store->no_page = true;
	else if (tree_set(&tree, path, strlen(path), value, strlen(value), fire) != 0)
		store->no_room = true;
	else
		store->file.next.used[store->file.next.live] = tree.used;
}

void store_remove(struct store *store, const char *path)
{
	struct tree tree;
	uint32_t place;

	if (!work(store, &tree)) {
		store->no_page = true;
		return;
	}
	place = tree_find(&tree, path, strlen(path));
	if (place == TREE_NONE || place == 0)
		return;
	tree_remove(&tree, place);
	store->file.next.used[store->file.next.live] = tree.used;
}

void store_note_acknowledgement(struct store *store)
{
	struct store_root *root = &store->file.next;
	struct tree tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	char path[64];
	uint32_t place;

	snprintf(path, sizeof(path), "%s/control/shutdown", store->home);
	place = tree_find(&tree, path, strlen(path));
	root->acknowledged =
	    root->asked != 0 && (place == TREE_NONE || tree_node(&tree, place).value_size == 0);
}

void store_notify(struct store *store)
{
	xen_notify(&store->guest->server->xen, store->port);
}

int store_change_end(struct store *store)
{
	struct store_root *root = &store->file.next;
	struct tree tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);

	if (store->no_page || store->no_room)
		return ENOSPC;
	if (store->file.working == STORE_SLOTS)
		return 0;
	store_fire(store, &tree);
	/* A guest that has so many watches, and reads so little of what they say, misses the last. */
	if (store->no_room)
		report(REPORT_WARNING, "Domain %u does not read the events of its watches, and misses some.",
		       store->guest->domid);
	tree_clear_touched(&tree);
	root->generation++;
	store_note_acknowledgement(store);
	store_commit(&store->file);
	if (store_send(store))
		store_notify(store);
	return 0;
}

bool store_get(const struct store *store, const char *path, char *value, size_t capacity)
{
	const struct store_root *root = store_root(&store->file);
	struct tree tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	uint32_t place = tree_find(&tree, path, strlen(path));
	struct tree_node node;

	if (place == TREE_NONE)
		return false;
	node = tree_node(&tree, place);
	if (node.value_size >= capacity)
		return false;
	memcpy(value, node.value, node.value_size);
	value[node.value_size] = '\0';
	return true;
}

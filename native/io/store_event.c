/* SPDX-License-Identifier: MIT */
/*
 * Watches, and the queue of replies and events. The buffer of watches is a row of {size of the path, size of
 * the token, whether it was given relative} with the absolute path and the token, both NUL-terminated, after
 * it.
 */
#include <errno.h>
#include <string.h>

#include "store_private.h"

struct watch {
	uint16_t path_size;
	uint16_t token_size;
	uint32_t relative;
};

static struct watch watch_at(const uint8_t *at)
{
	struct watch watch;

	memcpy(&watch, at, sizeof(watch));
	return watch;
}

static uint32_t watch_size(const struct watch *watch)
{
	return (uint32_t)sizeof(*watch) + watch->path_size + 1U + watch->token_size + 1U;
}

static const char *watch_path(const uint8_t *at)
{
	return (const char *)at + sizeof(struct watch);
}

static const char *watch_token(const uint8_t *at, const struct watch *watch)
{
	return (const char *)at + sizeof(*watch) + watch->path_size + 1;
}

/* Copies into the queue, which is a ring; what is beyond queue_end belongs to nobody. */
static void copy_in(struct store *store, uint32_t position, const void *from, uint32_t size)
{
	uint8_t *queue = store_queue(&store->file);
	uint32_t at = position % STORE_QUEUE_SIZE;
	uint32_t first = size < STORE_QUEUE_SIZE - at ? size : STORE_QUEUE_SIZE - at;

	store_bytes(queue + at, from, first);
	store_bytes(queue, (const uint8_t *)from + first, size - first);
}

static void copy_out(const struct store *store, uint32_t position, void *to, uint32_t size)
{
	const uint8_t *queue = store_queue(&store->file);
	uint32_t at = position % STORE_QUEUE_SIZE;
	uint32_t first = size < STORE_QUEUE_SIZE - at ? size : STORE_QUEUE_SIZE - at;

	memcpy(to, queue + at, first);
	memcpy((uint8_t *)to + first, queue, size - first);
}

bool store_queue_message(struct store *store, const struct xsd_sockmsg *header, const void *payload)
{
	struct store_root *root = &store->file.next;
	uint32_t size = (uint32_t)sizeof(*header) + header->len;
	uint32_t room = STORE_QUEUE_SIZE - (root->queue_end - root->queue_first);
	uint32_t kept = store->ours || header->type != XS_WATCH_EVENT ? 0 : STORE_QUEUE_OWN;

	if (store->no_room || room < kept + size) {
		store->no_room = true;
		return false;
	}
	copy_in(store, root->queue_end, header, sizeof(*header));
	copy_in(store, root->queue_end + (uint32_t)sizeof(*header), payload, header->len);
	root->queue_end += size;
	return true;
}

/* Whether this very event waits already: none of it has been sent. */
static bool is_queued(const struct store *store, const char *payload, uint32_t size)
{
	const struct store_root *root = &store->file.next;
	char other[XENSTORE_PAYLOAD_MAX];
	uint32_t at = root->queue_first;

	while (at != root->queue_end) {
		struct xsd_sockmsg header;
		int difference = 1;

		copy_out(store, at, &header, sizeof(header));
		if (header.type == XS_WATCH_EVENT && header.len == size && (int32_t)(at - root->sent) >= 0) {
			copy_out(store, at + (uint32_t)sizeof(header), other, size);
			difference = memcmp(other, payload, size);
		}
		if (difference == 0)
			return true;
		at += (uint32_t)sizeof(header) + header.len;
	}
	return false;
}

/* `path` is absolute, or special. */
static void queue_event(struct store *store, const uint8_t *at, const char *path, size_t size)
{
	struct watch watch = watch_at(at);
	char payload[XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg header = {.type = XS_WATCH_EVENT};

	/* Then the change is not to be, whatever else it would cause: it need not cost more. */
	if (store->no_room)
		return;
	if (watch.relative != 0) {
		path += store->home_size + 1;
		size -= store->home_size + 1;
	}
	header.len = (uint32_t)size + 1U + watch.token_size + 1U;
	if (header.len > sizeof(payload))
		return;
	memcpy(payload, path, size);
	payload[size] = '\0';
	memcpy(payload + size + 1, watch_token(at, &watch), (size_t)watch.token_size + 1);
	if (!is_queued(store, payload, header.len))
		(void)store_queue_message(store, &header, payload);
}

/* Whether `path` is `above`, or below it. */
static bool is_within(const char *path, size_t size, const char *above, size_t above_size)
{
	int difference;

	if (above_size == 1 && above[0] == '/')
		return path[0] == '/';
	if (size < above_size)
		return false;
	difference = memcmp(path, above, above_size);
	return difference == 0 && (size == above_size || path[above_size] == '/');
}

static void fire(struct store *store, const char *path, size_t size, bool exactly)
{
	const struct store_root *root = &store->file.next;
	const uint8_t *watches = store_watches(&store->file, root);
	uint32_t place = 0;

	while (place < root->watches_used) {
		struct watch watch = watch_at(watches + place);
		bool hit = exactly ? watch.path_size == size : true;

		hit = hit && is_within(path, size, watch_path(watches + place), watch.path_size);
		if (hit)
			queue_event(store, watches + place, path, size);
		place += watch_size(&watch);
	}
}

static void on_changed(void *context, const char *path, size_t size)
{
	fire(context, path, size, false);
}

/* Who watches above is told of the top alone; who watches a node below, of that. */
static void on_removed(void *context, const char *path, size_t size, bool below)
{
	fire(context, path, size, below);
}

void store_fire(struct store *store, const struct tree *after)
{
	const struct store_root *root = store_root(&store->file);
	struct tree before = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	struct tree_changes changes = {.changed = on_changed, .removed = on_removed, .context = store};

	tree_compare(&before, after, &changes);
}

/* The place of a watch, or watches_used. */
static uint32_t find_watch(const struct store *store, const char *absolute, const char *token)
{
	const struct store_root *root = &store->file.next;
	const uint8_t *watches = store_watches(&store->file, root);
	uint32_t place = 0;

	while (place < root->watches_used) {
		struct watch watch = watch_at(watches + place);
		int difference = strcmp(watch_path(watches + place), absolute);

		if (difference == 0)
			difference = strcmp(watch_token(watches + place, &watch), token);
		if (difference == 0)
			break;
		place += watch_size(&watch);
	}
	return place;
}

int store_watch(struct store *store, const char *path, const char *absolute, const char *token)
{
	struct store_root *root = &store->file.next;
	struct watch watch = {
	    .path_size = (uint16_t)strlen(absolute),
	    .token_size = (uint16_t)strlen(token),
	    .relative = path[0] != '/' && path[0] != '@',
	};
	uint8_t *at;

	if (find_watch(store, absolute, token) != root->watches_used)
		return EEXIST;
	if (root->watch_count == STORE_WATCHES_MAX ||
	    root->watches_used + watch_size(&watch) > STORE_WATCHES_SIZE)
		return ENOSPC;
	if (!store_work_on_watches(&store->file)) {
		store->no_page = true;
		return ENOSPC;
	}
	at = store_watches(&store->file, root) + root->watches_used;
	memcpy(at, &watch, sizeof(watch));
	memcpy(at + sizeof(watch), absolute, (size_t)watch.path_size + 1);
	memcpy(at + sizeof(watch) + watch.path_size + 1, token, (size_t)watch.token_size + 1);
	root->watches_used += watch_size(&watch);
	root->watch_count++;
	return 0;
}

void store_greet(struct store *store)
{
	const struct store_root *root = &store->file.next;
	const uint8_t *watches = store_watches(&store->file, root);
	uint32_t place = 0;
	uint32_t last = 0;

	while (place < root->watches_used) {
		struct watch watch = watch_at(watches + place);

		last = place;
		place += watch_size(&watch);
	}
	if (place > 0)
		queue_event(store, watches + last, watch_path(watches + last),
		            strlen(watch_path(watches + last)));
}

int store_unwatch(struct store *store, const char *absolute, const char *token)
{
	struct store_root *root = &store->file.next;
	uint32_t place = find_watch(store, absolute, token);
	struct watch watch;
	uint8_t *at;

	if (place == root->watches_used)
		return ENOENT;
	if (!store_work_on_watches(&store->file)) {
		store->no_page = true;
		return ENOSPC;
	}
	at = store_watches(&store->file, root) + place;
	watch = watch_at(at);
	memmove(at, at + watch_size(&watch), root->watches_used - place - watch_size(&watch));
	root->watches_used -= watch_size(&watch);
	root->watch_count--;
	return 0;
}

void store_forget_watches(struct store *store)
{
	store->file.next.watches_used = 0;
	store->file.next.watch_count = 0;
}

/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "report.h"
#include "server.h"
#include "store_private.h"

/* Other guests are not to wait for this one: neither for many requests, nor for a few that fire all it can watch. */
#define REQUESTS_PER_TURN 32
#define TURN_NS           1000000ULL
#define RETRY_NS          1000000000ULL

#define STORE_OF_TIMER(timer) ((struct store *)(void *)((char *)(timer)-offsetof(struct store, again)))

static const char *const reasons[] = {
    [NOXS_POWEROFF] = "poweroff",
    [NOXS_REBOOT] = "reboot",
    [NOXS_SUSPEND] = "suspend",
};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

/* Puts a node of the guest's own directory, which is being begun. */
static void furnish_home(struct store *store, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", store->home, name);
	store_put(store, path, value, false);
}

static void furnish_memory(struct store *store, uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)(bytes >> 10));
	furnish_home(store, "memory/target", text);
	furnish_home(store, "memory/static-max", text);
}

/* What a toolstack says to a guest before it boots. */
static void furnish(struct store *store)
{
	const struct store_about *about = &store->file.image->about;
	char uuid[40];
	char text[80];
	size_t size = 0;
	uint32_t cpus = about->vcpu_count < 256 ? about->vcpu_count : 256;

	for (size_t i = 0; i < sizeof(about->uuid); i++)
		size += (size_t)snprintf(uuid + size, sizeof(uuid) - size,
		                         i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
		                         about->uuid[i]);
	snprintf(text, sizeof(text), "%u", store->guest->domid);
	furnish_home(store, "domid", text);
	snprintf(text, sizeof(text), "%.*s", (int)sizeof(about->name) - 1,
	         about->name[0] != '\0' ? about->name : uuid);
	furnish_home(store, "name", text);
	snprintf(text, sizeof(text), "/vm/%s", uuid);
	furnish_home(store, "vm", text);
	if (about->memory_bytes != 0)
		furnish_memory(store, about->memory_bytes);
	furnish_home(store, "control/shutdown", "");
	furnish_home(store, "control/platform-feature-multiprocessor-suspend", "1");
	furnish_home(store, "control/platform-feature-xs_reset_watches", "1");
	furnish_home(store, "console/type", "xenconsoled");
	furnish_home(store, "console/output", "pty");
	furnish_home(store, "console/limit", "65536");
	for (uint32_t i = 0; i < cpus; i++) {
		snprintf(text, sizeof(text), "cpu/%u/availability", i);
		furnish_home(store, text, "online");
	}
	furnish_home(store, "device", "");
	furnish_home(store, "device/suspend/event-channel", "");
	furnish_home(store, "data", "");
	furnish_home(store, "error", "");
	snprintf(text, sizeof(text), "/vm/%s/uuid", uuid);
	store_put(store, text, uuid, false);
	snprintf(text, sizeof(text), "/vm/%s/name", uuid);
	store_put(store, text, about->name[0] != '\0' ? about->name : uuid, false);
	store_put(store, "/local/domain/0/backend", "", false);
}

/* Begins the store of a new life. */
static int begin(struct store *store)
{
	struct store_image *image = store->file.image;
	struct store_root first = {0};
	struct tree tree = {.bytes = store_slot(&store->file, 0), .limit = STORE_SLOT_SIZE};
	int result = ENOSPC;

	if (!store_file_reserve(&store->file, STORE_SLOTS_OFFSET, STORE_SLOT_SIZE))
		goto out;
	store_word(&image->begun, 0);
	tree_begin(&tree);
	first.used[0] = tree.used;
	first.consumed = store->ring->req_cons;
	first.first_consumed = first.consumed;
	first.sent = store->ring->rsp_prod;
	first.queue_first = first.sent;
	first.queue_end = first.sent;
	store_bytes(&image->roots[0], &first, sizeof(first));
	store_word(&image->current, 0);
	store_change_begin(store);
	furnish(store);
	result = store_change_end(store);
	if (result != 0)
		goto out;
	store_word(&image->begun, store->guest->domid);

out:
	return result;
}

/* Whether what the last process left is what one would leave. The file is lightvmd's to protect; this finds
 * mistakes. */
static bool makes_sense(const struct store *store)
{
	const struct store_root *root = store_root(&store->file);
	bool good = root->live < STORE_SLOTS && root->input <= STORE_INPUT_SIZE && root->watches <= 1 &&
	            root->watches_used <= STORE_WATCHES_SIZE &&
	            root->queue_end - root->queue_first <= STORE_QUEUE_SIZE &&
	            root->sent - root->queue_first <= root->queue_end - root->queue_first;

	for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++)
		good = good && root->transactions[i].slot < STORE_SLOTS;
	for (uint32_t i = 0; i < STORE_SLOTS; i++)
		good = good && root->used[i] <= STORE_SLOT_SIZE;
	if (good) {
		struct tree tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);

		good = tree_check(&tree);
	}
	return good;
}

static void serve_again(struct timer *timer)
{
	struct store *store = STORE_OF_TIMER(timer);

	server_serve(store->guest->server, store->guest);
}

int store_open(struct guest *guest, void *ring, uint32_t port, int file, struct store **store)
{
	struct store *made = calloc(1, sizeof(*made));
	int result = ENOMEM;

	if (made == NULL)
		goto out;
	made->guest = guest;
	made->ring = ring;
	made->port = port;
	made->again.fire = serve_again;
	made->home_size = (size_t)snprintf(made->home, sizeof(made->home), "/local/domain/%u", guest->domid);
	result = store_file_map(&made->file, file, guest->uuid, guest->domid);
	if (result != 0)
		goto out;
	result = ENOSPC;
	if (!store_file_reserve(&made->file, STORE_INPUT_OFFSET, STORE_INPUT_SIZE) ||
	    !store_file_reserve(&made->file, STORE_QUEUE_OFFSET, STORE_QUEUE_SIZE))
		goto out;
	result = 0;
	if (made->file.image->begun != guest->domid)
		result = begin(made);
	else if (!makes_sense(made))
		result = EINVAL;
	if (result != 0)
		goto out;
	store_show_indices(made);
	store_word(&made->ring->server_features,
	           XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	store_notify(made);
	*store = made;

out:
	if (result != 0 && made != NULL) {
		store_file_unmap(&made->file);
		free(made);
	}
	return result;
}

void store_close(struct store *store)
{
	loop_cancel(&store->guest->server->loop, &store->again);
	store_file_unmap(&store->file);
	free(store);
}

/* The guest changed something: it may be what our drivers wait for. */
static void look_at_devices(struct guest *guest)
{
	struct device *next;

	for (struct device *device = guest->devices; device != NULL; device = next) {
		next = device->next;
		device_look(device);
	}
}

static void serve_later(struct store *store, uint64_t after_ns)
{
	if (store->again.heap_place == 0)
		(void)loop_set_timer(&store->guest->server->loop, &store->again, loop_now() + after_ns);
}

void store_retry(struct store *store)
{
	serve_later(store, RETRY_NS);
}

/* One request, if there is one and room for what follows. False: not now. */
static bool serve_one(struct store *store)
{
	bool changed = false;

	if (!store_ready(store))
		return false;
	if (!store_request(store, &changed)) {
		store_retry(store);
		return false;
	}
	if (changed)
		look_at_devices(store->guest);
	return true;
}

void store_serve(struct store *store)
{
	bool moved = store_reconnect(store);
	uint64_t end_ns = loop_now() + TURN_NS;
	uint32_t served = 0;
	bool more = !store->broken;

	while (more && served < REQUESTS_PER_TURN && (served == 0 || loop_now() < end_ns)) {
		bool sent = store_send(store);
		bool received = store_receive(store);
		bool done = !store->broken && serve_one(store);

		served += done;
		moved = moved || sent || received;
		more = !store->broken && (sent || received || done);
	}
	if (more)
		serve_later(store, 0);
	if (moved)
		store_notify(store);
}

bool store_used(const struct store *store)
{
	const struct store_root *root = store_root(&store->file);

	return root->consumed != root->first_consumed ||
	       __atomic_load_n(&store->ring->req_prod, __ATOMIC_ACQUIRE) != root->consumed;
}

/* Whether the guest says what it obeys, and this is not among it. */
static bool refuses(const struct store *store, const char *reason)
{
	char path[80];
	char value[8];

	snprintf(path, sizeof(path), "%s/control/feature-%s", store->home, reason);
	if (store_get(store, path, value, sizeof(value)))
		return false;
	snprintf(path, sizeof(path), "%s/control/feature-%s", store->home, reasons[NOXS_POWEROFF]);
	return store_get(store, path, value, sizeof(value));
}

int store_ask(struct store *store, uint32_t reason)
{
	char path[64];

	if (reason >= REASONS)
		return EINVAL;
	if (refuses(store, reasons[reason]))
		return EOPNOTSUPP;
	snprintf(path, sizeof(path), "%s/control/shutdown", store->home);
	store_change_begin(store);
	store->file.next.asked = 1 + reason;
	store_put(store, path, reasons[reason], true);
	return store_change_end(store);
}

bool store_acknowledged(const struct store *store, uint32_t *reason)
{
	const struct store_root *root = store_root(&store->file);

	if (root->acknowledged == 0)
		return false;
	*reason = root->asked - 1;
	return true;
}

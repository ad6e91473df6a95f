/* SPDX-License-Identifier: MIT */
/*
 * A guest with a private XenStore that writes what it likes over its ring, or speaks the protocol half right;
 * processes that come and go. The tree stays a tree, the queue a queue, and what is not the guest's to write
 * stays as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/io/store_rig.h"
#include "report.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static const char *const paths[] = {
    "data",           "data/a", "data/a/b",           "data/b", "control/shutdown",
    RIG_HOME "/data", "/",      "device/vif/0/state", "a//b",   "@releaseDomain",
    RIG_HOME,         "",
};

static const char *const payloads[] = {"T", "F", "t1", "t2", "1", "7", "n7", "value"};

/* What holds whatever the guest does. */
static void verify(const struct store_rig *rig)
{
	const struct store_root *root = store_root(&rig->store->file);
	struct store_file *file = &rig->store->file;
	struct tree tree = store_tree(rig->store, root, root->live, STORE_SLOT_SIZE);
	char value[16];

	require(tree_check(&tree));
	require(root->queue_end - root->queue_first <= STORE_QUEUE_SIZE);
	require(root->sent - root->queue_first <= root->queue_end - root->queue_first);
	require(root->input <= STORE_INPUT_SIZE && root->watches_used <= STORE_WATCHES_SIZE);
	require(root->watch_count <= STORE_WATCHES_MAX);
	for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++) {
		uint32_t slot = root->transactions[i].slot;

		require(slot < STORE_SLOTS);
		tree = store_tree(rig->store, root, slot, STORE_SLOT_SIZE);
		require(root->transactions[i].id == 0 || tree_check(&tree));
	}
	require(file->next.used[root->live] <= STORE_SLOT_SIZE);
	require(store_get(rig->store, "/local/domain/0/backend", value, sizeof(value)));
	(void)store_get(rig->store, RIG_HOME "/control/shutdown", value, sizeof(value));
}

/* A request made of three bytes and, for some, a few more. */
static void ask(struct store_rig *rig, const uint8_t *bytes, size_t size)
{
	uint8_t request[256];
	struct xsd_sockmsg header = {
	    .type = bytes[0] % (XS_TYPE_COUNT + 1U),
	    .req_id = 1,
	    .tx_id = bytes[0] / 32,
	};
	const char *path = paths[bytes[1] % (sizeof(paths) / sizeof(paths[0]))];
	const char *payload = payloads[bytes[2] % (sizeof(payloads) / sizeof(payloads[0]))];
	size_t at = sizeof(header);

	memcpy(request + at, path, strlen(path) + 1);
	at += strlen(path) + 1;
	if ((bytes[2] & 0x80) == 0) {
		memcpy(request + at, payload, strlen(payload) + 1);
		at += strlen(payload) + (header.type != XS_WRITE);
	}
	if (size > 64)
		size = 64;
	memcpy(request + at, bytes, (bytes[2] & 0x40) != 0 ? size : 0);
	at += (bytes[2] & 0x40) != 0 ? size : 0;
	header.len = (uint32_t)(at - sizeof(header));
	memcpy(request, &header, sizeof(header));
	store_rig_put(rig, request, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct store_rig rig;
	size_t at = 0;

	report_set_level((enum report_level)0);
	store_rig_begin(&rig);
	store_rig_open(&rig);
	while (at + 4 <= size) {
		uint8_t what = bytes[at++];

		switch (what & 15) {
		case 0:
			memcpy((uint8_t *)rig.ring + 2048 + (what >> 4) % 7 * 4, bytes + at,
			       sizeof(uint16_t));
			break;
		case 1:
			((uint8_t *)rig.ring)[(size_t)bytes[at] * 12 % 4096] = bytes[at + 1];
			break;
		case 2:
			rig.ring->req_prod += bytes[at];
			break;
		case 3:
			rig.ring->rsp_cons += bytes[at];
			break;
		case 4:
			store_rig_leave(&rig);
			store_rig_open(&rig);
			break;
		case 5:
			(void)store_ask(rig.store, bytes[at] % 4);
			break;
		case 6:
			rig.ring->connection = 1;
			break;
		default:
			if (rig.ring->req_prod - rig.ring->req_cons <= XENSTORE_RING_SIZE)
				ask(&rig, bytes + at, size - at);
			break;
		}
		at += 3;
		store_serve(rig.store);
		if ((what & 0x80) != 0)
			rig.ring->rsp_cons = rig.ring->rsp_prod;
		verify(&rig);
	}
	store_rig_end(&rig);
	return 0;
}

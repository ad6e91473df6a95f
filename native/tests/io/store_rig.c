/* SPDX-License-Identifier: MIT */
#include "store_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint8_t uuid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

void store_rig_begin(struct store_rig *rig)
{
	struct store_about about = {
	    .magic = STORE_MAGIC,
	    .version = STORE_VERSION,
	    .domid = RIG_DOMID,
	    .vcpu_count = 2,
	    .memory_bytes = 64 << 20,
	    .name = "rig",
	};

	memset(rig, 0, sizeof(*rig));
	memcpy(about.uuid, uuid, sizeof(uuid));
	rig->ring = calloc(1, 4096);
	rig->server = calloc(1, sizeof(*rig->server));
	rig->file = memfd_create("store", MFD_CLOEXEC);
	CHECK(rig->ring != NULL && rig->server != NULL && rig->file >= 0);
	CHECK(ftruncate(rig->file, STORE_FILE_SIZE) == 0);
	CHECK(pwrite(rig->file, &about, sizeof(about), 0) == sizeof(about));
	rig->server->xen.evtchn = -1;
	rig->server->link.descriptor = -1;
	CHECK_EQUAL(loop_open(&rig->server->loop), 0);
	rig->guest.server = rig->server;
	rig->guest.domid = RIG_DOMID;
	rig->guest.bus = &bus_xenbus;
	rig->guest.console_broken = true;
	memcpy(rig->guest.uuid, uuid, sizeof(uuid));
}

void store_rig_end(struct store_rig *rig)
{
	if (rig->store != NULL)
		store_close(rig->store);
	loop_close(&rig->server->loop);
	close(rig->file);
	free(rig->server);
	free(rig->ring);
	free(rig->read);
}

void store_rig_open(struct store_rig *rig)
{
	CHECK_EQUAL(store_open(&rig->guest, rig->ring, 1, rig->file, &rig->store), 0);
	rig->guest.store = rig->store;
}

void store_rig_leave(struct store_rig *rig)
{
	store_close(rig->store);
	rig->store = NULL;
	rig->guest.store = NULL;
}

size_t store_rig_put(struct store_rig *rig, const void *bytes, size_t size)
{
	struct xenstore_domain_interface *ring = rig->ring;
	size_t room = XENSTORE_RING_SIZE - (ring->req_prod - ring->req_cons);

	CHECK(room <= XENSTORE_RING_SIZE);
	if (size > room)
		size = room;
	for (size_t i = 0; i < size; i++)
		ring->req[MASK_XENSTORE_IDX(ring->req_prod + i)] = ((const char *)bytes)[i];
	ring->req_prod += (uint32_t)size;
	return size;
}

void store_rig_take(struct store_rig *rig)
{
	struct xenstore_domain_interface *ring = rig->ring;
	size_t count = ring->rsp_prod - ring->rsp_cons;

	CHECK(count <= XENSTORE_RING_SIZE);
	if (rig->read_size + count > rig->read_capacity) {
		rig->read_capacity = 2 * rig->read_capacity + 65536;
		rig->read = realloc(rig->read, rig->read_capacity);
		CHECK(rig->read != NULL);
	}
	for (size_t i = 0; i < count; i++)
		rig->read[rig->read_size++] = (uint8_t)ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons + i)];
	ring->rsp_cons += (uint32_t)count;
}

bool store_rig_message(struct store_rig *rig, struct store_message *message)
{
	size_t left = rig->read_size - rig->taken;

	if (left < sizeof(message->header))
		return false;
	memcpy(&message->header, rig->read + rig->taken, sizeof(message->header));
	CHECK(message->header.len <= XENSTORE_PAYLOAD_MAX);
	if (left < sizeof(message->header) + message->header.len)
		return false;
	memcpy(message->payload, rig->read + rig->taken + sizeof(message->header), message->header.len);
	message->payload[message->header.len] = '\0';
	rig->taken += sizeof(message->header) + message->header.len;
	return true;
}

uint32_t store_rig_ask(struct store_rig *rig, uint32_t type, uint32_t transaction, const void *payload,
                       size_t size, struct store_message *answer)
{
	static uint8_t bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg header = {
	    .type = type,
	    .req_id = ++rig->last_request,
	    .tx_id = transaction,
	    .len = (uint32_t)size,
	};
	size_t whole = sizeof(header) + size;
	size_t done = 0;

	memcpy(bytes, &header, sizeof(header));
	if (size > 0)
		memcpy(bytes + sizeof(header), payload, size);
	for (int turns = 0; turns < 1000; turns++) {
		done += store_rig_put(rig, bytes + done, whole - done);
		store_serve(rig->store);
		store_rig_take(rig);
		while (store_rig_message(rig, answer)) {
			if (answer->header.type == XS_WATCH_EVENT)
				continue;
			CHECK_EQUAL(answer->header.req_id, rig->last_request);
			CHECK_EQUAL(answer->header.tx_id, transaction);
			return answer->header.type;
		}
	}
	CHECK(!"answered");
	return 0;
}

static void expect(uint32_t type, uint32_t got, const struct store_message *answer, const char *expected)
{
	bool same = strcmp(answer->payload, expected) == 0;

	if (same)
		same = answer->header.len == strlen(expected) || answer->header.len == strlen(expected) + 1;
	if (same && got == type)
		return;
	if (same && got == XS_ERROR && expected[0] == 'E')
		return;
	fprintf(stderr, "request of type %u: answer of type %u, '%s', not '%s'\n", type, got, answer->payload,
	        expected);
	exit(1);
}

void store_rig_expect(struct store_rig *rig, uint32_t type, uint32_t transaction, const char *payload,
                      const char *expected)
{
	struct store_message answer;
	uint32_t got = store_rig_ask(rig, type, transaction, payload, strlen(payload) + 1, &answer);

	expect(type, got, &answer, expected);
}

void store_rig_write(struct store_rig *rig, uint32_t transaction, const char *path, const char *value,
                     const char *expected)
{
	static char payload[XENSTORE_PAYLOAD_MAX];
	struct store_message answer;
	size_t size = strlen(path) + 1;
	uint32_t got;

	memcpy(payload, path, size);
	memcpy(payload + size, value, strlen(value));
	got = store_rig_ask(rig, XS_WRITE, transaction, payload, size + strlen(value), &answer);
	expect(XS_WRITE, got, &answer, expected);
}

void store_rig_watch(struct store_rig *rig, const char *path, const char *token, const char *expected)
{
	char payload[512];
	struct store_message answer;
	size_t size = strlen(path) + 1;
	uint32_t got;

	memcpy(payload, path, size);
	memcpy(payload + size, token, strlen(token) + 1);
	got = store_rig_ask(rig, XS_WATCH, 0, payload, size + strlen(token) + 1, &answer);
	expect(XS_WATCH, got, &answer, expected);
}

void store_rig_event(struct store_rig *rig, const char *path, const char *token)
{
	struct store_message message;
	bool came;

	store_serve(rig->store);
	store_rig_take(rig);
	came = store_rig_message(rig, &message);
	if (path == NULL) {
		if (came)
			fprintf(stderr, "an event of %s\n", message.payload);
		CHECK(!came);
		return;
	}
	CHECK(came);
	CHECK_EQUAL(message.header.type, XS_WATCH_EVENT);
	CHECK_EQUAL(message.header.len, strlen(path) + strlen(token) + 2);
	if (strcmp(message.payload, path) != 0 || strcmp(message.payload + strlen(path) + 1, token) != 0) {
		fprintf(stderr, "an event of %s (%s), not of %s (%s)\n", message.payload,
		        message.payload + strlen(message.payload) + 1, path, token);
		exit(1);
	}
}

uint32_t store_rig_start(struct store_rig *rig)
{
	struct store_message answer;
	uint32_t got = store_rig_ask(rig, XS_TRANSACTION_START, 0, "", 1, &answer);

	CHECK_EQUAL(got, XS_TRANSACTION_START);
	return (uint32_t)strtoul(answer.payload, NULL, 10);
}

/* SPDX-License-Identifier: MIT */
/* XenStore messages, whole and in pieces, over the ring's end, and those of an end that keeps to no protocol.
 */
#include <stdlib.h>
#include <string.h>
#include "store_ring.h"
#include "test.h"

static struct xenstore_domain_interface page;
static struct store_ring ring;

static void start(uint32_t index)
{
	memset(&page, 0, sizeof(page));
	memset(&ring, 0, sizeof(ring));
	ring.page = &page;
	page.rsp_cons = page.rsp_prod = page.req_cons = page.req_prod = index;
}

/* As the store does, as far as there is room. */
static size_t send(const char *bytes, size_t size)
{
	size_t room = XENSTORE_RING_SIZE - (page.rsp_prod - page.rsp_cons), i;

	for (i = 0; i < size && i < room; i++)
		page.rsp[MASK_XENSTORE_IDX(page.rsp_prod + i)] = bytes[i];
	page.rsp_prod += (uint32_t)i;
	return i;
}

static void test_messages(uint32_t index, size_t piece)
{
	char message[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg header = {.type = XS_READ};
	bool taken;

	start(index);
	for (uint32_t n = 0; n < 40; n++) {
		size_t sent = 0, total;

		header.req_id = n;
		header.len = n == 39 ? XENSTORE_PAYLOAD_MAX : n * 37 % 1500;
		memcpy(message, &header, sizeof(header));
		for (uint32_t i = 0; i < header.len; i++)
			message[sizeof(header) + i] = (char)(i * 13 + n);
		total = sizeof(header) + header.len;
		while (sent < total) {
			size_t count = total - sent < piece ? total - sent : piece;

			sent += send(message + sent, count);
			if (sent < total)
				CHECK(store_ring_get(&ring, &taken) == STORE_NOTHING && taken);
		}
		CHECK(store_ring_get(&ring, &taken) == STORE_MESSAGE);
		CHECK(ring.header.req_id == n && ring.header.len == header.len);
		CHECK(memcmp(ring.body, message + sizeof(header), header.len) == 0);
		CHECK(ring.body[header.len] == '\0');
	}
	CHECK(store_ring_get(&ring, &taken) == STORE_NOTHING && !taken);
}

static void test_two_at_once(void)
{
	struct xsd_sockmsg header = {.type = XS_WATCH_EVENT, .len = 3};
	bool taken;

	start(0);
	for (int i = 0; i < 2; i++) {
		send((char *)&header, sizeof(header));
		send("abc", 3);
	}
	header.len = 0;
	send((char *)&header, sizeof(header));
	CHECK(store_ring_get(&ring, &taken) == STORE_MESSAGE && strcmp(ring.body, "abc") == 0);
	CHECK(store_ring_get(&ring, &taken) == STORE_MESSAGE && strcmp(ring.body, "abc") == 0);
	CHECK(store_ring_get(&ring, &taken) == STORE_MESSAGE && ring.header.len == 0 && ring.body[0] == '\0');
	CHECK(store_ring_get(&ring, &taken) == STORE_NOTHING);
}

static void test_put(void)
{
	char bytes[1500];

	start(UINT32_MAX - 100);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	CHECK(store_ring_put(&ring, bytes, 1000) == 1000);
	CHECK(store_ring_put(&ring, bytes + 1000, 500) == 24);
	CHECK(store_ring_put(&ring, bytes, 1) == 0);
	for (size_t i = 0; i < XENSTORE_RING_SIZE; i++)
		CHECK(page.req[MASK_XENSTORE_IDX(page.req_cons + i)] == bytes[i]);
	page.req_cons += 2000; /* a store that says it read what was never sent */
	CHECK(store_ring_put(&ring, bytes, 10) == 0);
}

static void test_broken(void)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};
	bool taken;

	start(0);
	send((char *)&header, sizeof(header));
	CHECK(store_ring_get(&ring, &taken) == STORE_BROKEN);
	start(0);
	page.rsp_prod = XENSTORE_RING_SIZE + 1;
	CHECK(store_ring_get(&ring, &taken) == STORE_BROKEN);
}

/* The guest was restored: half a message and one that is whole are the old store's; then another speaks. */
static void test_drop(void)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 3};
	bool taken;

	start(UINT32_MAX - 20);
	send((char *)&header, sizeof(header));
	send("a", 1);
	CHECK(store_ring_get(&ring, &taken) == STORE_NOTHING && taken);
	send("bc", 2);
	store_ring_drop(&ring);
	CHECK(page.rsp_cons == page.rsp_prod);
	CHECK(store_ring_get(&ring, &taken) == STORE_NOTHING && !taken);
	send((char *)&header, sizeof(header));
	send("new", 3);
	CHECK(store_ring_get(&ring, &taken) == STORE_MESSAGE && strcmp(ring.body, "new") == 0);
}

static void test_watch(void)
{
	const char *path, *token;

	CHECK(store_parse_watch("a/b\0"
	                        "7",
	                        6, &path, &token) &&
	      strcmp(path, "a/b") == 0 && strcmp(token, "7") == 0);
	CHECK(store_parse_watch("\0", 2, &path, &token) && *path == '\0' && *token == '\0');
	CHECK(!store_parse_watch("a/b\0"
	                         "7",
	                         5, &path, &token));
	CHECK(!store_parse_watch("a/b", 4, &path, &token));
	CHECK(!store_parse_watch("a/b", 3, &path, &token));
	CHECK(!store_parse_watch("", 0, &path, &token));
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_messages(0, 1);
	test_messages(UINT32_MAX - 50, 7);
	test_messages(5, 600);
	test_messages(5, 100000);
	test_two_at_once();
	test_put();
	test_broken();
	test_drop();
	test_watch();
	return TEST_RESULT();
}

/* SPDX-License-Identifier: MIT */
/* The private XenStore's protocol: nodes, paths, limits, watches, transactions, what is left after a process
 * ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_rig.h"

static struct store_rig rig;

static void begin(void)
{
	store_rig_begin(&rig);
	store_rig_open(&rig);
}

static void nodes_are_written_and_read(void)
{
	struct store_message answer;

	begin();
	CHECK(!store_used(rig.store));
	store_rig_expect(&rig, XS_READ, 0, "name", "rig");
	CHECK(store_used(rig.store));
	store_rig_expect(&rig, XS_READ, 0, RIG_HOME "/domid", "7");
	store_rig_expect(&rig, XS_READ, 0, "memory/target", "65536");
	store_rig_expect(&rig, XS_READ, 0, "cpu/1/availability", "online");
	store_rig_expect(&rig, XS_READ, 0, "cpu/2/availability", "ENOENT");
	store_rig_write(&rig, 0, "data/a/b", "value", "OK");
	store_rig_expect(&rig, XS_READ, 0, RIG_HOME "/data/a/b", "value");
	store_rig_expect(&rig, XS_READ, 0, "data/a", "");
	store_rig_write(&rig, 0, "data/a/b", "", "OK");
	store_rig_expect(&rig, XS_READ, 0, "data/a/b", "");
	store_rig_expect(&rig, XS_MKDIR, 0, "data/a/c", "OK");
	store_rig_write(&rig, 0, "data/a/c", "kept", "OK");
	store_rig_expect(&rig, XS_MKDIR, 0, "data/a/c", "OK");
	store_rig_expect(&rig, XS_READ, 0, "data/a/c", "kept");
	CHECK_EQUAL(store_rig_ask(&rig, XS_DIRECTORY, 0, "data/a", 7, &answer), XS_DIRECTORY);
	CHECK_EQUAL(answer.header.len, 4);
	CHECK(memcmp(answer.payload, "b\0c", 4) == 0);
	CHECK_EQUAL(store_rig_ask(&rig, XS_DIRECTORY, 0, "data/a/b", 9, &answer), XS_DIRECTORY);
	CHECK_EQUAL(answer.header.len, 0);
	CHECK_EQUAL(store_rig_ask(&rig, XS_DIRECTORY_PART, 0,
	                          "data/a\0"
	                          "2",
	                          9, &answer),
	            XS_DIRECTORY_PART);
	CHECK(memcmp(answer.payload + strlen(answer.payload) + 1, "c\0", 3) == 0);
	store_rig_expect(&rig, XS_RM, 0, "data/a", "OK");
	store_rig_expect(&rig, XS_READ, 0, "data/a/c", "ENOENT");
	store_rig_expect(&rig, XS_RM, 0, "data/a", "OK");
	store_rig_expect(&rig, XS_RM, 0, "data/a/b/c", "ENOENT");
	store_rig_expect(&rig, XS_READ, 0, "data", "");
	store_rig_expect(&rig, XS_GET_DOMAIN_PATH, 0, "12", "/local/domain/12");
	store_rig_expect(&rig, XS_IS_DOMAIN_INTRODUCED, 0, "7", "T");
	store_rig_expect(&rig, XS_IS_DOMAIN_INTRODUCED, 0, "8", "F");
	store_rig_expect(&rig, XS_GET_PERMS, 0, "data", "n7");
	CHECK_EQUAL(store_rig_ask(&rig, XS_SET_PERMS, 0, "data\0n7\0r0", 11, &answer), XS_SET_PERMS);
	CHECK_EQUAL(store_rig_ask(&rig, XS_SET_PERMS, 0, "data\0x7", 8, &answer), XS_ERROR);
	store_rig_end(&rig);
}

static void nonsense_is_refused(void)
{
	static const char *const bad[] = {"", "//", "a//b", "a/", "/local/", "a b", "@x", "a\\b", "\xc3\xa4"};
	static char big[XENSTORE_PAYLOAD_MAX + 1];
	struct store_message answer;

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		store_rig_expect(&rig, XS_READ, 0, bad[i], "EINVAL");
	memset(big, 'a', sizeof(big) - 1);
	store_rig_ask(&rig, XS_READ, 0, big, XENSTORE_PAYLOAD_MAX, &answer);
	CHECK_EQUAL(answer.header.type, XS_ERROR);
	CHECK_EQUAL(store_rig_ask(&rig, XS_WRITE, 0, big, XENSTORE_PAYLOAD_MAX, &answer), XS_ERROR);
	big[XENSTORE_REL_PATH_MAX] = '\0';
	store_rig_expect(&rig, XS_READ, 0, big, "ENOENT");
	store_rig_write(&rig, 0, big, "x", "ENOSPC");
	store_rig_write(&rig, 0, "data/big", big, "OK");
	big[XENSTORE_REL_PATH_MAX] = 'a';
	big[XENSTORE_REL_PATH_MAX + 1] = '\0';
	store_rig_expect(&rig, XS_READ, 0, big, "EINVAL");
	store_rig_write(&rig, 0, "data/big", big, "ENOSPC");
	for (size_t i = 0; i < sizeof(big) - 1; i += 2)
		big[i] = '/';
	store_rig_write(&rig, 0, big, "", "EINVAL");
	big[1024] = '\0';
	store_rig_write(&rig, 0, big, "", "EACCES");
	store_rig_write(&rig, 0, big + 1, "", "ENOSPC");
	big[1023] = '\0';
	store_rig_write(&rig, 0, big + 1, "", "EINVAL");
	big[1022] = '\0';
	store_rig_write(&rig, 0, big + 1, "", "ENOSPC");
	store_rig_expect(&rig, XS_READ, 0, "/", "");
	store_rig_expect(&rig, XS_RM, 0, "/", "EINVAL");
	store_rig_expect(&rig, XS_RM, 0, RIG_HOME, "EACCES");
	store_rig_write(&rig, 0, "/local/domain/0/backend/vif/7/0/state", "4", "EACCES");
	store_rig_write(&rig, 0, "/local/domain/70/x", "4", "EACCES");
	store_rig_expect(&rig, XS_CONTROL, 0, "print", "EACCES");
	store_rig_expect(&rig, XS_INTRODUCE, 0, "1", "EACCES");
	store_rig_expect(&rig, XS_WATCH_EVENT, 0, "1", "ENOSYS");
	store_rig_expect(&rig, 4711, 0, "1", "ENOSYS");
	store_rig_expect(&rig, XS_READ, 99, "name", "ENOENT");
	store_rig_expect(&rig, XS_WATCH, 0, "name", "EINVAL");
	CHECK(!rig.store->broken);
	store_rig_end(&rig);
}

static void limits_hold(void)
{
	char path[64];
	char value[1025];
	struct store_message answer;
	uint32_t count = 0;

	begin();
	memset(value, 'v', sizeof(value));
	value[1024] = '\0';
	for (;; count++) {
		snprintf(path, sizeof(path), "data/%u%c", count, '\0');
		memcpy(path + strlen(path) + 1, "x", 1);
		if (store_rig_ask(&rig, XS_WRITE, 0, path, strlen(path) + 2, &answer) == XS_ERROR)
			break;
		CHECK(count < 10000);
	}
	CHECK(strcmp(answer.payload, "ENOSPC") == 0);
	CHECK(count > 1000);
	store_rig_expect(&rig, XS_DIRECTORY, 0, "data", "E2BIG");
	/* What is ours still has room. */
	CHECK_EQUAL(store_ask(rig.store, NOXS_REBOOT), 0);
	store_rig_expect(&rig, XS_READ, 0, "control/shutdown", "reboot");
	store_rig_expect(&rig, XS_RM, 0, "data", "OK");
	store_rig_write(&rig, 0, "data", value, "OK");
	for (count = 0; count <= STORE_WATCHES_MAX; count++) {
		snprintf(path, sizeof(path), "%u", count);
		store_rig_watch(&rig, "device", path, count < STORE_WATCHES_MAX ? "OK" : "ENOSPC");
	}
	/* Parts of a long directory, put together. */
	for (count = 0; count < 700; count++) {
		snprintf(path, sizeof(path), "data/child-%u", count);
		store_rig_write(&rig, 0, path, "", "OK");
	}
	{
		uint32_t offset = 0;
		uint32_t names = 0;
		bool last = false;

		while (!last) {
			size_t size = 1 + (size_t)snprintf(path, sizeof(path), "data%c%u", 0, offset);
			const char *at;

			CHECK_EQUAL(store_rig_ask(&rig, XS_DIRECTORY_PART, 0, path, size, &answer),
			            XS_DIRECTORY_PART);
			at = answer.payload + strlen(answer.payload) + 1;
			while (at < answer.payload + answer.header.len) {
				last = *at == '\0';
				names += !last;
				offset += last ? 0 : (uint32_t)strlen(at) + 1;
				at += strlen(at) + 1;
			}
		}
		CHECK_EQUAL(names, 700);
	}
	store_rig_end(&rig);
}

static void watches_fire(void)
{
	begin();
	store_rig_watch(&rig, "device", "t1", "OK");
	store_rig_event(&rig, "device", "t1");
	store_rig_watch(&rig, "device", "t1", "EEXIST");
	store_rig_watch(&rig, RIG_HOME "/device/x/y", "t2", "OK");
	store_rig_event(&rig, RIG_HOME "/device/x/y", "t2");
	store_rig_watch(&rig, "@releaseDomain", "t3", "OK");
	store_rig_event(&rig, "@releaseDomain", "t3");
	store_rig_watch(&rig, "@somebody", "t3", "EINVAL");
	store_rig_event(&rig, NULL, NULL);
	store_serve(rig.store);

	/* The event comes before the answer, so it is seen by asking without dropping events. */
	{
		static const char write[] = "device/x/y\0v";
		struct xsd_sockmsg header = {.type = XS_WRITE, .req_id = 5, .len = sizeof(write) - 1};

		store_rig_put(&rig, &header, sizeof(header));
		store_rig_put(&rig, write, sizeof(write) - 1);
		store_rig_event(&rig, "device/x/y", "t1");
		store_rig_event(&rig, RIG_HOME "/device/x/y", "t2");
		CHECK_EQUAL(rig.read_size - rig.taken, sizeof(header) + 3);
		rig.taken = rig.read_size;

		header = (struct xsd_sockmsg){.type = XS_RM, .req_id = 6, .len = 9};
		store_rig_put(&rig, &header, sizeof(header));
		store_rig_put(&rig, "device/x", 9);
		store_rig_event(&rig, "device/x", "t1");
		store_rig_event(&rig, RIG_HOME "/device/x/y", "t2");
		rig.taken = rig.read_size;
	}
	store_change_begin(rig.store);
	store_put(rig.store, RIG_HOME "/device/z/1", "v", false);
	store_put(rig.store, RIG_HOME "/device/z", "", true);
	CHECK_EQUAL(store_change_end(rig.store), 0);
	store_rig_event(&rig, "device/z", "t1");
	store_rig_event(&rig, NULL, NULL);
	/* The same event is not queued twice. */
	for (int i = 0; i < 100; i++) {
		store_change_begin(rig.store);
		store_put(rig.store, RIG_HOME "/device/z", "", true);
		CHECK_EQUAL(store_change_end(rig.store), 0);
	}
	for (int i = 0; i < 100; i++) {
		store_serve(rig.store);
		store_rig_take(&rig);
	}
	CHECK(rig.read_size - rig.taken < 2500);
	rig.taken = rig.read_size;
	store_rig_expect(&rig, XS_UNWATCH, 0, "device", "EINVAL");
	{
		struct store_message answer;

		CHECK_EQUAL(store_rig_ask(&rig, XS_UNWATCH, 0, "device\0t1", 10, &answer), XS_UNWATCH);
		CHECK_EQUAL(store_rig_ask(&rig, XS_UNWATCH, 0, "device\0t1", 10, &answer), XS_ERROR);
		CHECK_EQUAL(store_rig_ask(&rig, XS_RESET_WATCHES, 0, "", 1, &answer), XS_RESET_WATCHES);
	}
	store_change_begin(rig.store);
	store_put(rig.store, RIG_HOME "/device/x/y", "", true);
	CHECK_EQUAL(store_change_end(rig.store), 0);
	store_rig_event(&rig, NULL, NULL);
	store_rig_end(&rig);
}

static void transactions_are_isolated(void)
{
	uint32_t first;
	uint32_t second;
	uint32_t third;

	begin();
	store_rig_watch(&rig, "data", "t", "OK");
	store_rig_event(&rig, "data", "t");
	first = store_rig_start(&rig);
	second = store_rig_start(&rig);
	third = store_rig_start(&rig);
	store_rig_write(&rig, first, "data/a", "1", "OK");
	store_rig_expect(&rig, XS_RM, first, "control", "OK");
	store_rig_write(&rig, second, "data/a", "2", "OK");
	store_rig_expect(&rig, XS_READ, first, "data/a", "1");
	store_rig_expect(&rig, XS_READ, second, "data/a", "2");
	store_rig_expect(&rig, XS_READ, 0, "data/a", "ENOENT");
	store_rig_expect(&rig, XS_READ, third, "data/a", "ENOENT");
	store_rig_expect(&rig, XS_READ, first, "control/shutdown", "ENOENT");
	store_rig_expect(&rig, XS_READ, second, "control/shutdown", "");
	store_rig_event(&rig, NULL, NULL);
	store_rig_expect(&rig, XS_TRANSACTION_START, first, "", "EBUSY");
	store_rig_expect(&rig, XS_TRANSACTION_END, first, "T", "OK");
	store_rig_expect(&rig, XS_READ, 0, "data/a", "1");
	store_rig_expect(&rig, XS_READ, 0, "control", "ENOENT");
	/* A snapshot stays what it was. */
	store_rig_expect(&rig, XS_READ, third, "data/a", "ENOENT");
	store_rig_expect(&rig, XS_READ, third, "control/shutdown", "");
	store_rig_expect(&rig, XS_TRANSACTION_END, third, "T", "OK");
	store_rig_expect(&rig, XS_TRANSACTION_END, second, "T", "EAGAIN");
	store_rig_expect(&rig, XS_TRANSACTION_END, second, "T", "ENOENT");
	store_rig_expect(&rig, XS_READ, 0, "data/a", "1");
	first = store_rig_start(&rig);
	store_rig_write(&rig, first, "data/a", "3", "OK");
	store_rig_expect(&rig, XS_TRANSACTION_END, first, "F", "OK");
	store_rig_expect(&rig, XS_READ, 0, "data/a", "1");
	/* As many as there may be, each with a tree of its own. */
	{
		uint32_t all[STORE_TRANSACTIONS];

		for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++) {
			char value[8];

			all[i] = store_rig_start(&rig);
			snprintf(value, sizeof(value), "%u", i);
			store_rig_write(&rig, all[i], "data/b", value, "OK");
		}
		store_rig_expect(&rig, XS_TRANSACTION_START, 0, "", "ENOSPC");
		store_rig_write(&rig, 0, "data/b", "live", "OK");
		for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++) {
			char value[8];

			snprintf(value, sizeof(value), "%u", i);
			store_rig_expect(&rig, XS_READ, all[i], "data/b", value);
			store_rig_expect(&rig, XS_TRANSACTION_END, all[i], "T", "EAGAIN");
		}
		store_rig_expect(&rig, XS_READ, 0, "data/b", "live");
	}
	store_rig_end(&rig);
}

static void commits_fire(void)
{
	uint32_t transaction;
	static const char end[] = "T";
	struct xsd_sockmsg header = {.type = XS_TRANSACTION_END, .req_id = 9, .len = 2};

	begin();
	store_rig_write(&rig, 0, "data/old/node", "", "OK");
	store_rig_write(&rig, 0, "data/same", "", "OK");
	store_rig_watch(&rig, "data", "t", "OK");
	store_rig_event(&rig, "data", "t");
	store_rig_watch(&rig, "data/old/node", "deep", "OK");
	store_rig_event(&rig, "data/old/node", "deep");
	transaction = store_rig_start(&rig);
	store_rig_write(&rig, transaction, "data/new/node", "1", "OK");
	store_rig_write(&rig, transaction, "data/same", "", "OK");
	store_rig_expect(&rig, XS_RM, transaction, "data/old", "OK");
	store_rig_event(&rig, NULL, NULL);
	header.tx_id = transaction;
	store_rig_put(&rig, &header, sizeof(header));
	store_rig_put(&rig, end, 2);
	store_rig_event(&rig, "data/new/node", "t");
	store_rig_event(&rig, "data/old", "t");
	store_rig_event(&rig, "data/old/node", "deep");
	store_rig_event(&rig, "data/same", "t");
	CHECK_EQUAL(rig.read_size - rig.taken, sizeof(header) + 3);
	rig.taken = rig.read_size;
	/* Marks do not outlive their commit. */
	transaction = store_rig_start(&rig);
	store_rig_write(&rig, transaction, "data/x", "1", "OK");
	header.tx_id = transaction;
	store_rig_put(&rig, &header, sizeof(header));
	store_rig_put(&rig, end, 2);
	store_rig_event(&rig, "data/x", "t");
	CHECK_EQUAL(rig.read_size - rig.taken, sizeof(header) + 3);
	store_rig_end(&rig);
}

static void shutdown_is_asked_and_acknowledged(void)
{
	uint32_t reason = 99;
	uint32_t transaction;

	begin();
	store_rig_watch(&rig, "control/shutdown", "t", "OK");
	store_rig_event(&rig, "control/shutdown", "t");
	CHECK(!store_acknowledged(rig.store, &reason));
	CHECK_EQUAL(store_ask(rig.store, NOXS_POWEROFF), 0);
	store_rig_event(&rig, "control/shutdown", "t");
	CHECK(!store_acknowledged(rig.store, &reason));
	store_rig_leave(&rig);
	store_rig_open(&rig);
	CHECK(!store_acknowledged(rig.store, &reason));
	transaction = store_rig_start(&rig);
	store_rig_expect(&rig, XS_READ, transaction, "control/shutdown", "poweroff");
	store_rig_write(&rig, transaction, "control/shutdown", "", "OK");
	CHECK(!store_acknowledged(rig.store, &reason));
	store_rig_expect(&rig, XS_TRANSACTION_END, transaction, "T", "OK");
	CHECK(store_acknowledged(rig.store, &reason));
	CHECK_EQUAL(reason, NOXS_POWEROFF);
	store_rig_leave(&rig);
	store_rig_open(&rig);
	CHECK(store_acknowledged(rig.store, &reason));
	store_rig_write(&rig, 0, "control/feature-poweroff", "1", "OK");
	CHECK_EQUAL(store_ask(rig.store, NOXS_SUSPEND), EOPNOTSUPP);
	CHECK_EQUAL(store_ask(rig.store, NOXS_CRASH), EINVAL);
	CHECK_EQUAL(store_ask(rig.store, NOXS_POWEROFF), 0);
	CHECK(!store_acknowledged(rig.store, &reason));
	store_rig_end(&rig);
}

static void hostile_rings_are_left(void)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};

	begin();
	rig.ring->req_prod = rig.ring->req_cons + XENSTORE_RING_SIZE + 1;
	store_serve(rig.store);
	CHECK(rig.store->broken);
	CHECK_EQUAL(rig.ring->error, XENSTORE_ERROR_RINGIDX);
	CHECK(strstr(rig.guest.fault, "store") != NULL);
	store_serve(rig.store);
	/* It may begin anew. */
	rig.ring->req_prod = 4000;
	rig.ring->connection = XENSTORE_RECONNECT;
	store_serve(rig.store);
	CHECK_EQUAL(rig.ring->connection, XENSTORE_CONNECTED);
	CHECK_EQUAL(rig.ring->error, XENSTORE_ERROR_NONE);
	store_rig_expect(&rig, XS_READ, 0, "name", "rig");
	rig.ring->rsp_cons = rig.ring->rsp_prod + 1;
	CHECK_EQUAL(store_ask(rig.store, NOXS_POWEROFF), 0);
	store_rig_put(&rig, &header, sizeof(header));
	store_serve(rig.store);
	CHECK(rig.store->broken);
	store_rig_end(&rig);

	begin();
	store_rig_put(&rig, &header, sizeof(header));
	store_serve(rig.store);
	CHECK(rig.store->broken);
	CHECK_EQUAL(rig.ring->error, XENSTORE_ERROR_PROTO);
	store_rig_end(&rig);
}

/* A guest that asks and never reads makes its requests wait, and nothing grow. */
static void a_deaf_guest_waits(void)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 5};
	struct store_message message;
	uint32_t put = 0;
	uint32_t got = 0;

	begin();
	for (int i = 0; i < 20000; i++) {
		uint32_t room = XENSTORE_RING_SIZE - (rig.ring->req_prod - rig.ring->req_cons);

		if (room >= sizeof(header) + 5) {
			header.req_id = ++put;
			store_rig_put(&rig, &header, sizeof(header));
			store_rig_put(&rig, "name", 5);
		}
		store_serve(rig.store);
	}
	CHECK(put > 300 && put < 3000);
	for (int i = 0; i < 1000; i++) {
		store_rig_take(&rig);
		store_serve(rig.store);
		while (store_rig_message(&rig, &message)) {
			CHECK_EQUAL(message.header.req_id, ++got);
			CHECK(strcmp(message.payload, "rig") == 0);
		}
	}
	CHECK_EQUAL(got, put);
	store_rig_end(&rig);
}

static void a_new_life_begins_anew(void)
{
	begin();
	store_rig_write(&rig, 0, "data/a", "1", "OK");
	store_rig_leave(&rig);
	store_rig_open(&rig);
	store_rig_expect(&rig, XS_READ, 0, "data/a", "1");
	store_rig_leave(&rig);
	{
		uint32_t domid = 8;
		struct store *store;

		CHECK(pwrite(rig.file, &domid, 4, offsetof(struct store_about, domid)) == 4);
		CHECK_EQUAL(store_open(&rig.guest, rig.ring, 1, rig.file, &store), EINVAL);
		rig.guest.domid = domid;
		memset(rig.ring, 0, 4096);
		store_rig_open(&rig);
		CHECK(!store_used(rig.store));
		store_rig_expect(&rig, XS_READ, 0, "data/a", "ENOENT");
		store_rig_expect(&rig, XS_READ, 0, "domid", "8");
	}
	store_rig_end(&rig);
}

int main(void)
{
	nodes_are_written_and_read();
	nonsense_is_refused();
	limits_hold();
	watches_fire();
	transactions_are_isolated();
	commits_fire();
	shutdown_is_asked_and_acknowledged();
	hostile_rings_are_left();
	a_deaf_guest_waits();
	a_new_life_begins_anew();
	return 0;
}

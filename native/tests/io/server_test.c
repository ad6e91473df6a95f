/* SPDX-License-Identifier: MIT */
/* The whole program over its socket, with guests that are faked in this process. Arguments: program, socket
 * path. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "fake_host.h"

#define GUESTS   300U
#define OFFENDER 9U

struct seen {
	uint32_t counts[80]; /* by type */
	union client_packet last[80];
};

static struct fake_host host;
static struct client client;
static struct seen seen;
static const char *path;

static void note(void *context, const union client_packet *packet)
{
	(void)context;
	CHECK(packet->header.type < 80);
	seen.counts[packet->header.type]++;
	seen.last[packet->header.type] = *packet;
}

/* Connects anew, having forgotten everything. */
static void connect_again(void)
{
	memset(&seen, 0, sizeof(seen));
	client.event = note;
	client_connect(&client, path);
}

/* Takes packets until `count` of a type have come, or nothing has for a while. */
static void wait_for(uint16_t type, uint32_t count)
{
	union client_packet packet;

	while (seen.counts[type] < count) {
		ssize_t size;

		fake_host_poll(&host);
		size = client_receive(&client, &packet, 3000);
		CHECK(size > 0);
		note(NULL, &packet);
	}
}

/* Nothing more comes. */
static void quiet(void)
{
	union client_packet packet;

	fake_host_poll(&host);
	CHECK(client_receive(&client, &packet, 50) == -1);
}

static void hung_up(void)
{
	union client_packet packet;
	ssize_t size = 1;

	while (size > 0)
		size = client_receive(&client, &packet, 3000);
	CHECK(size == 0);
	client_close(&client);
}

static int attach(struct fake_guest *guest)
{
	struct io_attach request = fake_host_attach(guest);

	return client_ask(&client, &request, sizeof(request), &guest->log, 1);
}

static void asks_for_hello_first(void)
{
	connect_again();
	CHECK_EQUAL(client_list(&client), 0);
	CHECK_EQUAL(attach(&host.guests[0]), EPROTO);
	CHECK_EQUAL(client_detach(&client, host.guests[0].uuid, 1), EPROTO);
	fake_host_renew(&host);
	CHECK_EQUAL(fake_host_hello(&host, &client), 0);
}

static void refuses_bad_attaches(void)
{
	struct fake_guest *guest = &host.guests[0];
	struct io_attach request = fake_host_attach(guest);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK_EQUAL(client_ask(&client, &request, sizeof(request), &null, 1), EINVAL);
	CHECK_EQUAL(client_ask(&client, &request, sizeof(request), &host.guests[1].log, 1), EINVAL);
	request.console_gref = 99999;
	CHECK_EQUAL(client_ask(&client, &request, sizeof(request), &guest->log, 1), ENOENT);
	request = fake_host_attach(guest);
	request.event_channel = 0;
	CHECK_EQUAL(client_ask(&client, &request, sizeof(request), &guest->log, 1), ENOENT);
	close(null);
	CHECK_EQUAL(client_list(&client), 0);
	CHECK_EQUAL(seen.counts[IO_ATTACHED], 0);
}

static void attaches_once(void)
{
	for (uint32_t i = 0; i < GUESTS; i++)
		CHECK_EQUAL(attach(&host.guests[i]), 0);
	CHECK_EQUAL(attach(&host.guests[0]), 0);
	fake_host_poll(&host);
	CHECK_EQUAL(host.guests[0].binds, 1);
	CHECK_EQUAL(host.guests[0].notifies, 1);
	host.guests[0].domid = 1000;
	CHECK_EQUAL(attach(&host.guests[0]), EEXIST);
	host.guests[0].domid = 1;
	CHECK_EQUAL(client_list(&client), 0);
	CHECK_EQUAL(seen.counts[IO_ATTACHED], GUESTS);
	CHECK_EQUAL(host.guests[5].sysctl->control.backend_state, NOXS_CONNECTED);
	/* Xen's event at each bind is no sign of life. */
	quiet();
	CHECK_EQUAL(seen.counts[IO_FIRST_EVENT], 0);
}

static void tells_first_events(void)
{
	host.guests[3].sysctl->control.frontend_state = NOXS_CONNECTED;
	host.guests[3].sysctl->features = NOXS_SYSCTL_POWEROFF;
	fake_host_event(&host, &host.guests[3]);
	wait_for(IO_FIRST_EVENT, 1);
	CHECK_EQUAL(seen.last[IO_FIRST_EVENT].guest.domid, 4);
	fake_host_print(&host, &host.guests[7], 100);
	wait_for(IO_FIRST_EVENT, 2);
	CHECK_EQUAL(seen.last[IO_FIRST_EVENT].guest.domid, 8);
	fake_host_print(&host, &host.guests[7], 100);
	quiet();
}

static void tells_growth_to_followers(void)
{
	struct fake_guest *guest = &host.guests[7];
	struct client_reader reader = {.log = guest->log, .guest = guest->domid};

	CHECK_EQUAL(client_follow(&client, guest->uuid, guest->domid, true), 0);
	fake_host_print(&host, guest, 300);
	wait_for(IO_CONSOLE, 1);
	CHECK_EQUAL(seen.last[IO_CONSOLE].guest.domid, guest->domid);
	CHECK_EQUAL(client_verify(&reader), guest->written);
	CHECK_EQUAL(guest->ring->out_cons, guest->ring->out_prod);
	CHECK_EQUAL(client_follow(&client, guest->uuid, guest->domid, false), 0);
	fake_host_print(&host, guest, 300);
	quiet();
	CHECK_EQUAL(client_verify(&reader), 300);
	CHECK_EQUAL(client_follow(&client, guest->uuid, 9999, true), ENOENT);
}

static void asks_to_end(void)
{
	struct fake_guest *guest = &host.guests[3];

	CHECK_EQUAL(client_shutdown(&client, guest->uuid, guest->domid, NOXS_REBOOT), EOPNOTSUPP);
	CHECK_EQUAL(client_shutdown(&client, guest->uuid, guest->domid, NOXS_CRASH), EINVAL);
	CHECK_EQUAL(client_shutdown(&client, guest->uuid, guest->domid, NOXS_POWEROFF), 0);
	CHECK_EQUAL(guest->sysctl->request, 1);
	guest->sysctl->acknowledged = 1;
	fake_host_event(&host, guest);
	wait_for(IO_ACKNOWLEDGED, 1);
	CHECK_EQUAL(seen.last[IO_ACKNOWLEDGED].shutdown.domid, guest->domid);
	CHECK_EQUAL(seen.last[IO_ACKNOWLEDGED].shutdown.reason, NOXS_POWEROFF);
	guest->sysctl->end_reason = 77;
	guest->sysctl->ended = 1;
	fake_host_event(&host, guest);
	fake_host_event(&host, guest);
	wait_for(IO_ENDED, 1);
	CHECK_EQUAL(seen.last[IO_ENDED].ended.reason, NOXS_CRASH);
	quiet();
}

static void disconnects_offenders(void)
{
	struct fake_guest *guest = &host.guests[OFFENDER];

	guest->ring->out_prod = 1U << 31;
	fake_host_event(&host, guest);
	fake_host_event(&host, guest);
	wait_for(IO_FAULT, 1);
	CHECK_EQUAL(seen.last[IO_FAULT].fault.domid, guest->domid);
	CHECK(strstr(seen.last[IO_FAULT].fault.text, "2147483648") != NULL);
	wait_for(IO_FIRST_EVENT, 3);
	quiet();
}

/* A new lightvmd learns all that stands, and the old connection is over. */
static void tells_again(void)
{
	struct client old = client;

	connect_again();
	CHECK_EQUAL(client_list(&client), 0);
	CHECK_EQUAL(seen.counts[IO_ATTACHED], GUESTS);
	wait_for(IO_ENDED, 1);
	wait_for(IO_FIRST_EVENT, 3);
	wait_for(IO_ACKNOWLEDGED, 1);
	wait_for(IO_FAULT, 1);
	quiet();
	CHECK_EQUAL(attach(&host.guests[3]), 0);
	wait_for(IO_ENDED, 2);
	wait_for(IO_FIRST_EVENT, 4);
	wait_for(IO_ACKNOWLEDGED, 2);
	quiet();
	for (union client_packet packet;;) {
		ssize_t size = client_receive(&old, &packet, 3000);

		CHECK(size >= 0);
		if (size == 0)
			break;
	}
	client_close(&old);
}

/* A lightvmd that sends and does not read, until nothing goes any more; then it reads, and nothing is
 * missing. */
static void survives_slow_readers(void)
{
	struct io_header list = {.type = IO_LIST};
	const uint32_t lists = 20;
	uint32_t attached = seen.counts[IO_ATTACHED];
	uint32_t results = 0;

	for (uint32_t i = 0; i < GUESTS; i++)
		CHECK_EQUAL(client_follow(&client, host.guests[i].uuid, host.guests[i].domid, true), 0);
	quiet();
	seen.counts[IO_CONSOLE] = 0;
	for (uint32_t i = 0; i < lists; i++)
		client_send(&client, &list, sizeof(list), NULL, 0);
	for (uint32_t i = 0; i < GUESTS; i++) {
		for (int j = 0; i != OFFENDER && j < 10; j++) {
			fake_host_print(&host, &host.guests[i], 20);
			fake_host_poll(&host);
		}
	}
	while (results < lists || seen.counts[IO_CONSOLE] < GUESTS - 1) {
		union client_packet packet;

		CHECK(client_receive(&client, &packet, 3000) > 0);
		results += packet.header.type == IO_RESULT;
		note(NULL, &packet);
	}
	CHECK_EQUAL(seen.counts[IO_ATTACHED], attached + lists * GUESTS);
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct client_reader reader = {.log = host.guests[i].log, .guest = host.guests[i].domid};

		while (i != OFFENDER && reader.position < host.guests[i].written) {
			client_verify(&reader);
			usleep(1000);
		}
	}
	client_close(&client);
}

static void hangs_up_on_nonsense(void)
{
	static const size_t sizes[] = {1, 7, 9, 64, 255, 256, 300, 4000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t packet[4000] = {IO_LIST, 0, IO_VERSION, 0, 1};

		connect_again();
		CHECK(send(client.socket, packet, sizes[i], 0) == (ssize_t)sizes[i]);
		hung_up();
	}
	/* descriptors where none belong, and more than fit */
	for (size_t count = 1; count <= 60; count += 59) {
		int descriptors[60];
		struct io_header list = {.type = IO_LIST};

		for (size_t i = 0; i < count; i++)
			descriptors[i] = host.memory;
		connect_again();
		client_send(&client, &list, sizeof(list), descriptors, count);
		hung_up();
	}
}

/* A guest that wants another port than its console's for all the rest. */
static void follows_the_port_that_is_told(void)
{
	struct fake_guest *guest = &host.guests[11];
	struct fake_guest *port = &host.guests[GUESTS]; /* a port, and no guest */
	uint32_t notifies;

	connect_again();
	CHECK_EQUAL(client_list(&client), 0);
	guest->sysctl->event_channel = port->domid;
	fake_host_event(&host, guest);
	while (port->notifies == 0)
		fake_host_poll(&host);
	CHECK_EQUAL(port->binds, 1);
	notifies = guest->notifies;
	CHECK_EQUAL(client_shutdown(&client, guest->uuid, guest->domid, NOXS_POWEROFF), 0);
	fake_host_poll(&host);
	CHECK_EQUAL(port->notifies, 2);
	CHECK_EQUAL(guest->notifies, notifies);
	guest->sysctl->acknowledged = guest->sysctl->request;
	fake_host_event(&host, port);
	wait_for(IO_ACKNOWLEDGED, seen.counts[IO_ACKNOWLEDGED] + 1);
	guest->sysctl->event_channel = 0;
	fake_host_event(&host, port);
	while (port->unbinds == 0)
		fake_host_poll(&host);
	client_close(&client);
}

static void detaches(void)
{
	struct fake_guest *guest = &host.guests[20];
	struct client_reader reader = {.log = guest->log, .guest = guest->domid};

	connect_again();
	CHECK_EQUAL(client_list(&client), 0);
	wait_for(IO_FIRST_EVENT, GUESTS - 1);
	/* What it printed and said last, without an event. */
	close(host.events);
	host.events = open("/dev/null", O_RDWR | O_CLOEXEC);
	fake_host_print(&host, guest, 100);
	guest->sysctl->end_reason = NOXS_REBOOT;
	guest->sysctl->ended = 1;
	CHECK_EQUAL(client_detach(&client, guest->uuid, 999), ENOENT);
	CHECK_EQUAL(client_detach(&client, guest->uuid, guest->domid), 0);
	CHECK_EQUAL(seen.counts[IO_ENDED], 2);
	CHECK_EQUAL(seen.last[IO_ENDED].ended.reason, NOXS_REBOOT);
	CHECK_EQUAL(client_verify(&reader), guest->written);
	CHECK_EQUAL(client_detach(&client, guest->uuid, guest->domid), ENOENT);
	for (uint32_t i = 0; i < GUESTS; i++)
		CHECK_EQUAL(client_detach(&client, host.guests[i].uuid, host.guests[i].domid),
		            i == 20 ? ENOENT : 0);
	seen.counts[IO_ATTACHED] = 0;
	CHECK_EQUAL(client_list(&client), 0);
	CHECK_EQUAL(seen.counts[IO_ATTACHED], 0);
	client_close(&client);
}

int main(int argc, char **argv)
{
	pid_t process;

	CHECK(argc == 3);
	path = argv[2];
	fake_host_open(&host, GUESTS + 1);
	process = client_start(argv[1], path, 0);
	asks_for_hello_first();
	refuses_bad_attaches();
	attaches_once();
	tells_first_events();
	tells_growth_to_followers();
	asks_to_end();
	disconnects_offenders();
	tells_again();
	survives_slow_readers();
	hangs_up_on_nonsense();
	follows_the_port_that_is_told();
	detaches();
	CHECK_EQUAL(client_stop(process), 0);
	fake_host_close(&host);
	return 0;
}

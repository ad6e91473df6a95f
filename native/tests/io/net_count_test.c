/* SPDX-License-Identifier: MIT */
/* One IO_COUNTERS about nobody in particular tells of every device of every guest, then its result. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "client.h"
#include "net_rig.h"

#define GUESTS 300U /* more than the socket takes at once */
#define SERIAL 77U

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];
static uint32_t counted[GUESTS]; /* by guest: packets about it */
static int ours;

static void take_counted(const union client_packet *packet)
{
	uint32_t guest = 0;

	CHECK_EQUAL(packet->header.type, IO_COUNTED);
	CHECK_EQUAL(packet->header.serial, SERIAL);
	CHECK_EQUAL(packet->counted.type, NOXS_NET);
	while (guest < GUESTS && rig.guests[guest].domid != packet->counted.domid)
		guest++;
	CHECK(guest < GUESTS);
	CHECK_EQUAL(memcmp(packet->counted.uuid, rig.guests[guest].guest->uuid, 16), 0);
	CHECK_EQUAL(packet->counted.sent_requests, guest == 0 ? 1 : 0);
	counted[guest]++;
}

/* Asks, and takes what comes up to the result, which is returned. */
static int ask(const struct io_device *about)
{
	union io_request request = {.device = *about};
	union client_packet packet;

	memset(counted, 0, sizeof(counted));
	request.header = (struct io_header){.type = IO_COUNTERS, .version = IO_VERSION, .serial = SERIAL};
	request_serve(&rig.server, &request, NULL, 0);
	while (true) {
		server_flush(&rig.server);
		CHECK(recv(ours, &packet, sizeof(packet), MSG_DONTWAIT) > 0);
		if (packet.header.type == IO_RESULT)
			return packet.result.error_number;
		take_counted(&packet);
	}
}

int main(void)
{
	int pair[2];
	struct io_device about = {.domid = 0};

	rig_open(&rig, GUESTS, IO_NETWORK_BROADCAST);
	for (uint32_t i = 0; i < GUESTS; i++)
		rig_connect(&rig, i, NOXS_NET_SG, 10);
	rig_send(&rig.guests[0], bytes,
	         rig_udp(bytes, rig.guests[0].mac, rig.guests[0].ipv4, rig.guests[1].mac, rig.guests[1].ipv4, 50), 0, 1514);
	rig_event(&rig, 0);
	CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	link_reset(&rig.server.link, &rig.server.table, pair[0]);
	ours = pair[1];

	CHECK_EQUAL(ask(&about), 0);
	for (uint32_t i = 0; i < GUESTS; i++)
		CHECK_EQUAL(counted[i], 1);

	about.domid = rig.guests[3].domid;
	memcpy(about.uuid, rig.guests[3].guest->uuid, 16);
	CHECK_EQUAL(ask(&about), 0);
	CHECK_EQUAL(counted[3], 1);
	CHECK_EQUAL(counted[4], 0);

	/* A domain of no guest is not everybody. */
	memset(about.uuid, 0, 16);
	CHECK_EQUAL(ask(&about), ENOENT);
	close(ours);
	rig_close(&rig);
	return 0;
}

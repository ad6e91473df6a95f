/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: unikernels with an open TCP connection are saved, go on where they were, and are restored, with
 * lightvm-io as their back-end; the connections go on, and what went through them is whole.
 *
 *   xen_save_net LIGHTVM_IO NETPERF_KERNEL [ROUNDS]
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "xen_network.h"

#define LIMIT_NS 120000000000ULL
#define SINK     5001
#define PIECE    100000U

static struct rig rig;
static uint32_t reachable;

static void note(const union client_packet *packet)
{
	if (packet->header.type == IO_DEVICE_STATE && (packet->device.flags & IO_DEVICE_REACHABLE) != 0)
		reachable++;
}

static void await_reachable(void)
{
	uint64_t end = client_clock_ns() + LIMIT_NS;

	while (reachable == 0) {
		(void)rig_poll(&rig, 100);
		CHECK(client_clock_ns() < end);
	}
}

/* The guest takes it and says nothing, so it is in its memory or on its way there. */
static uint64_t send_piece(int connection)
{
	static char buffer[PIECE];

	CHECK(send(connection, buffer, sizeof(buffer), 0) == sizeof(buffer));
	return sizeof(buffer);
}

/* How much came, as the guest says. */
static uint64_t finish(int connection)
{
	char text[32] = {0};

	CHECK(shutdown(connection, SHUT_WR) == 0);
	CHECK(recv(connection, text, sizeof(text) - 1, MSG_WAITALL) > 0);
	close(connection);
	return strtoull(text, NULL, 10);
}

static void go_on(void)
{
	rig_suspend(&rig, 0);
	CHECK(lightvm_guest_resume(rig.host, rig.guests[0].layout.domid, NULL) == 0);
	rig_attach(&rig, 0);
	network_say_adapter(&rig, 0);
}

static void go_elsewhere(int file)
{
	rig_suspend(&rig, 0);
	rig_save(&rig, 0, file);
	rig_restore(&rig, 0, file);
	network_say_adapter(&rig, 0);
	rig_unpause(&rig, 0);
}

static void survives(int rounds)
{
	int file = memfd_create("stream", MFD_CLOEXEC);
	int connection = network_connect(0, SINK);
	uint64_t sent = send_piece(connection);

	CHECK(file >= 0);
	for (int i = 0; i < rounds; i++) {
		go_on();
		sent += send_piece(connection);
		reachable = 0;
		go_elsewhere(file);
		sent += send_piece(connection);
	}
	CHECK_EQUAL(finish(connection), sent);
	printf("%d times in place, %d times restored: a connection with %" PRIu64 " bytes went on\n", rounds, rounds,
	       sent);
	connection = network_connect(0, SINK);
	sent = send_piece(connection);
	CHECK_EQUAL(finish(connection), sent);
	close(file);
}

int main(int argc, char **argv)
{
	int queue;

	CHECK(argc >= 3);
	setvbuf(stdout, NULL, _IOLBF, 0);
	rig_open(&rig, argv[1]);
	rig.devices = 1;
	rig.event = note;
	queue = network_open_queue();
	network_set_up();
	rig_create(&rig, argv[2], NULL, 1, CONSOLE_DATA_SIZE);
	rig_start(&rig);
	network_say(&rig);
	network_say_adapter(&rig, 0);
	rig_unpause(&rig, 0);
	await_reachable();
	survives(argc > 3 ? atoi(argv[3]) : 5);
	CHECK_EQUAL(rig.guests[0].faults, 0);
	rig_destroy(&rig);
	rig_stop(&rig);
	close(queue);
	rig_close(&rig);
	return 0;
}

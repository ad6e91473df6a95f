/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: unikernels on one network, reached by a TAP. TCP both ways and between guests, pings, a
 * lightvm-io that is killed while data flows. Says what things took.
 *
 *   xen_net LIGHTVM_IO NETPERF_KERNEL [GUESTS [MEGABYTES [KILLS [PINGS]]]]
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "xen_network.h"

#define LIMIT_NS 120000000000ULL
#define SINK     5001
#define SOURCE   5002

static struct rig rig;
static uint32_t reachable;
static struct io_counted counted;

static void note(const union client_packet *packet)
{
	if (packet->header.type == IO_DEVICE_STATE && (packet->device.flags & IO_DEVICE_REACHABLE) != 0)
		reachable++;
	if (packet->header.type == IO_COUNTED)
		counted = packet->counted;
}

static void start(void)
{
	rig_start(&rig);
	network_say(&rig);
	for (uint32_t i = 0; i < rig.count; i++)
		network_say_adapter(&rig, i);
}

static void await_reachable(uint32_t count)
{
	uint64_t end = client_clock_ns() + LIMIT_NS;

	while (reachable < count) {
		(void)rig_poll(&rig, 100);
		if (client_clock_ns() > end) {
			fprintf(stderr, "%u of %u are reachable\n", reachable, count);
			exit(1);
		}
	}
}

static void count_of(uint32_t guest)
{
	struct io_device request = {.header = {.type = IO_COUNTERS}, .domid = rig.guests[guest].layout.domid};

	memcpy(request.uuid, rig.guests[guest].uuid, 16);
	CHECK_EQUAL(client_ask(&rig.client, &request, sizeof(request), NULL, 0), 0);
	printf("    guest %u: sent %" PRIu64 " frames, %" PRIu64 " bytes; received %" PRIu64 ", %" PRIu64
	       "; errors %" PRIu64 ", spoofed %" PRIu64 ", no buffer %" PRIu64 ", other %" PRIu64 "\n",
	       guest, counted.sent_requests, counted.sent_bytes, counted.received_requests,
	       counted.received_bytes, counted.errors, counted.dropped_spoofed, counted.dropped_no_buffer,
	       counted.dropped_other);
}

static double processor_s(void)
{
	struct rusage usage;
	char path[64];
	char line[512];
	FILE *file;
	unsigned long user;
	unsigned long system;

	(void)usage;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)rig.process);
	file = fopen(path, "r");
	CHECK(file != NULL && fgets(line, sizeof(line), file) != NULL);
	fclose(file);
	CHECK(sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	             &system) == 2);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void report_rate(const char *what, uint64_t bytes, uint64_t began, double processor)
{
	double seconds = (double)(client_clock_ns() - began) / 1e9;

	printf("%s: %" PRIu64 " bytes in %.2f s, %.2f MB/s; lightvm-io used %.2f s\n", what, bytes, seconds,
	       (double)bytes / 1e6 / seconds, processor_s() - processor);
}

/* To a guest's sink, killing lightvm-io `kills` times meanwhile. The guest says how much came. */
static void send_to(uint32_t guest, uint64_t bytes, int kills)
{
	static char buffer[65536];
	char text[32] = {0};
	int connection = network_connect(guest, SINK);
	uint64_t began = client_clock_ns();
	uint64_t sent = 0;
	uint64_t step = bytes / (uint64_t)(kills + 1);
	double processor = processor_s();

	while (sent < bytes) {
		ssize_t size = send(connection, buffer,
		                    sizeof(buffer) < bytes - sent ? sizeof(buffer) : bytes - sent, 0);

		CHECK(size > 0);
		sent += (uint64_t)size;
		if (kills > 0 && sent > step) {
			rig_kill(&rig);
			start();
			step += bytes / (uint64_t)(kills + 1);
			kills--;
			processor = 0;
		}
	}
	CHECK(shutdown(connection, SHUT_WR) == 0);
	CHECK(recv(connection, text, sizeof(text) - 1, MSG_WAITALL) > 0);
	CHECK_EQUAL(strtoull(text, NULL, 10), bytes);
	close(connection);
	report_rate("dom0 to guest", bytes, began, processor);
	count_of(guest);
}

static void receive_from(uint32_t guest, uint64_t bytes)
{
	static char buffer[65536];
	char text[32];
	int connection = network_connect(guest, SOURCE);
	uint64_t began = client_clock_ns();
	uint64_t got = 0;
	double processor = processor_s();

	snprintf(text, sizeof(text), "%" PRIu64 "\n", bytes);
	CHECK(send(connection, text, strlen(text), 0) == (ssize_t)strlen(text));
	for (;;) {
		ssize_t size = recv(connection, buffer, sizeof(buffer), 0);

		CHECK(size >= 0);
		if (size == 0)
			break;
		got += (uint64_t)size;
	}
	CHECK_EQUAL(got, bytes);
	close(connection);
	report_rate("guest to dom0", bytes, began, processor);
	count_of(guest);
}

static void ping(uint32_t guest, uint32_t count)
{
	char command[128];

	fflush(stdout);
	snprintf(command, sizeof(command), "busybox ping -q -A -c %u " NETWORK_SUBNET "%u 2>&1 | tail -n 2 || true",
	         count, 10 + guest);
	CHECK(system(command) == 0);
}

static void print_console(uint32_t guest)
{
	static char text[CONSOLE_DATA_SIZE + 1];
	struct console_log log;

	CHECK(pread(rig.guests[guest].log, &log, sizeof(log), 0) == sizeof(log));
	CHECK(pread(rig.guests[guest].log, text, CONSOLE_DATA_SIZE, CONSOLE_DATA_OFFSET) ==
	      CONSOLE_DATA_SIZE);
	text[log.head < CONSOLE_DATA_SIZE ? log.head : CONSOLE_DATA_SIZE] = '\0';
	printf("console of guest %u:\n%s", guest, text);
}

/* Guest 0 sends to guest 1, and says on its console how long it took. */
static void between_guests(const char *kernel, uint64_t bytes)
{
	char command_line[64];
	uint64_t end = client_clock_ns() + LIMIT_NS;
	double processor;
	int times = 0;

	snprintf(command_line, sizeof(command_line), "to=" NETWORK_SUBNET "11 bytes=%" PRIu64, bytes);
	rig.first_command_line = command_line;
	reachable = 0;
	rig_create(&rig, kernel, NULL, 2, CONSOLE_DATA_SIZE);
	rig_stop(&rig);
	start();
	processor = processor_s();
	rig_unpause(&rig, 1);
	rig_unpause(&rig, 0);
	await_reachable(2);
	while (times < 3) {
		static char text[CONSOLE_DATA_SIZE + 1];

		(void)rig_poll(&rig, 200);
		CHECK(pread(rig.guests[0].log, text, CONSOLE_DATA_SIZE, CONSOLE_DATA_OFFSET) ==
		      CONSOLE_DATA_SIZE);
		times = 0;
		for (const char *at = text; (at = strstr(at, "netperf: sent")) != NULL; at++)
			times++;
		CHECK(strstr(text, "failed") == NULL);
		if (client_clock_ns() > end) {
			printf("guests do not reach each other\n");
			break;
		}
	}
	print_console(0);
	printf("    lightvm-io used %.2f s\n", processor_s() - processor);
	count_of(0);
	count_of(1);
	CHECK(times >= 3);
	rig_destroy(&rig);
	rig_stop(&rig);
	rig.first_command_line = NULL;
}

int main(int argc, char **argv)
{
	uint32_t guests = argc > 3 ? (uint32_t)atoi(argv[3]) : 2;
	uint64_t bytes = (argc > 4 ? (uint64_t)atoi(argv[4]) : 8) << 20;
	int kills = argc > 5 ? atoi(argv[5]) : 5;
	uint64_t began;
	int queue;

	CHECK(argc >= 3);
	setvbuf(stdout, NULL, _IOLBF, 0);
	rig_open(&rig, argv[1]);
	rig.devices = 1;
	rig.event = note;
	/* Keeps the interface while nobody serves it. */
	queue = network_open_queue();
	network_set_up();

	rig_create(&rig, argv[2], NULL, guests, CONSOLE_DATA_SIZE);
	start();
	began = client_clock_ns();
	for (uint32_t i = 0; i < guests; i++)
		rig_unpause(&rig, i);
	await_reachable(guests);
	printf("%u guests are reachable after %.0f ms\n", guests, (double)(client_clock_ns() - began) / 1e6);
	for (uint32_t i = 0; i < guests; i++) {
		int connection = network_connect(i, SINK);

		close(connection);
	}
	ping(0, argc > 6 ? (uint32_t)atoi(argv[6]) : 200);
	send_to(0, bytes, 0);
	receive_from(0, bytes);
	if (kills > 0)
		send_to(0, bytes, kills);
	rig_destroy(&rig);

	between_guests(argv[2], bytes);
	close(queue);
	rig_close(&rig);
	return 0;
}

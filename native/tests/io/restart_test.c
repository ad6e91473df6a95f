/* SPDX-License-Identifier: MIT */
/*
 * lightvm-io is killed at random moments while guests print (faked in this process): every byte reaches the
 * log, once. Arguments: program, socket path, how many times to kill.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fake_host.h"

#define GUESTS 24U
#define AHEAD  32768U /* bytes that guests may print beyond what was verified */

static struct fake_host host;
static struct client_reader readers[GUESTS];

/* Guests print for a while. */
static void print_for(uint64_t ns, unsigned *random)
{
	uint64_t end = client_clock_ns() + ns;

	while (client_clock_ns() < end) {
		for (uint32_t i = 0; i < GUESTS; i++) {
			if (host.guests[i].written - readers[i].position < AHEAD)
				fake_host_print(&host, &host.guests[i], (uint32_t)rand_r(random) % 700);
		}
		fake_host_poll(&host);
		for (uint32_t i = 0; i < GUESTS; i++)
			client_verify(&readers[i]);
	}
}

/* lightvmd after a restart of lightvm-io: hello, and every guest, without waiting in between. */
static void attach_all(struct client *client)
{
	uint32_t serials[GUESTS];

	fake_host_renew(&host);
	CHECK_EQUAL(fake_host_hello(&host, client), 0);
	for (uint32_t i = 0; i < GUESTS; i++) {
		struct io_attach attach = fake_host_attach(&host.guests[i]);

		serials[i] = client_send(client, &attach, sizeof(attach), &host.guests[i].log, 1);
	}
	for (uint32_t i = 0; i < GUESTS; i++)
		CHECK_EQUAL(client_await(client, serials[i]), 0);
}

static void finish(void)
{
	for (int i = 0; i < 2000; i++) {
		uint32_t behind = 0;

		fake_host_poll(&host);
		for (uint32_t j = 0; j < GUESTS; j++) {
			client_verify(&readers[j]);
			behind += readers[j].position != host.guests[j].written;
		}
		if (behind == 0)
			return;
		usleep(1000);
	}
	CHECK(!"every byte arrived");
}

int main(int argc, char **argv)
{
	struct client client = {0};
	unsigned random = 1;
	uint64_t total = 0;
	pid_t process;
	int kills;

	CHECK(argc == 4);
	kills = atoi(argv[3]);
	fake_host_open(&host, GUESTS);
	for (uint32_t i = 0; i < GUESTS; i++)
		readers[i] = (struct client_reader){.log = host.guests[i].log, .guest = host.guests[i].domid};
	for (int i = 0; i < kills; i++) {
		process = client_start(argv[1], argv[2], 0);
		client_connect(&client, argv[2]);
		attach_all(&client);
		print_for((uint64_t)(rand_r(&random) % 30000) * 1000, &random);
		client_kill(process);
		client_close(&client);
		/* They go on meanwhile, as far as their rings have room. */
		print_for((uint64_t)(rand_r(&random) % 2000) * 1000, &random);
	}
	process = client_start(argv[1], argv[2], 0);
	client_connect(&client, argv[2]);
	attach_all(&client);
	finish();
	CHECK_EQUAL(client_stop(process), 0);
	client_close(&client);
	for (uint32_t i = 0; i < GUESTS; i++)
		total += host.guests[i].written;
	printf("%d kills, %" PRIu64 " bytes of %u guests, none lost, none doubled\n", kills, total, GUESTS);
	CHECK(total > 100000);
	fake_host_close(&host);
	return 0;
}

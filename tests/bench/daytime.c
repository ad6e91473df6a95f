/* SPDX-License-Identifier: MIT */
/*
 * Case daytime: from the request to the first answer over TCP port 13, from dom0; beside others that serve it
 * too. The peer is the same image under xl, on a bridge with netback.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS      100
#define WARM_UP     5
#define PEER_ROUNDS 10
#define TRIES       8 /* connections under way at once */
#define TRY_EVERY                                                                                            \
	2.0 /* ms between two attempts: a SYN that came too early is repeated by TCP only after a second */
#define GIVE_UP 20e3 /* ms */

static int begin_connect(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("no socket: %m");
	if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

void await_daytime(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(13)};
	struct pollfd tries[TRIES];
	double start = now_ms(), next = start;
	int turn = 0;
	bool answered = false;

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die("'%s' is no address", text);
	for (int i = 0; i < TRIES; i++)
		tries[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	while (!answered) {
		double now = now_ms();
		char line[128];

		if (now - start > GIVE_UP)
			die("%s did not answer within %.0f s", text, GIVE_UP / 1e3);
		if (now >= next) {
			if (tries[turn].fd >= 0)
				close(tries[turn].fd);
			tries[turn].fd = begin_connect(&address);
			turn = (turn + 1) % TRIES;
			next = now + TRY_EVERY;
		}
		poll(tries, TRIES, 1);
		for (int i = 0; i < TRIES && !answered; i++) {
			if (tries[i].fd < 0 || tries[i].revents == 0)
				continue;
			answered = read(tries[i].fd, line, sizeof line) > 0;
			if (!answered) {
				close(tries[i].fd);
				tries[i].fd = -1;
			}
		}
	}
	for (int i = 0; i < TRIES; i++)
		if (tries[i].fd >= 0)
			close(tries[i].fd);
}

static void once(struct http *http, struct row *client, struct row *daemon, struct row *request)
{
	char address[64];
	double start = now_ms();
	const char *answer = create_guest(http, "daytime", "measured");
	double requested = now_ms() - start;

	copy_address(answer, address, sizeof address);
	row_add(daemon, startup_ms(answer));
	await_daytime(address);
	row_add(client, now_ms() - start);
	row_add(request, requested);
	act_on_guest(http, "remove", "measured");
}

double ask_daytimes(struct http *http, int count)
{
	const char *answer;
	int asked = 0;
	int status = http_request(http, "GET", "/v1/guests?name=beside-*", NULL, &answer);
	char *copy = strdup(answer);

	if (status != 200 || copy == NULL)
		die("the list gave %d", status);
	double start = now_ms();
	/* Of a guest, adapters carry the address too: so only what follows a name counts. */
	for (char *at = strstr(copy, "\"name\":\"beside-"); at != NULL;
	     at = strstr(at + 1, "\"name\":\"beside-")) {
		char address[64];

		copy_address(at, address, sizeof address);
		await_daytime(address);
		asked++;
	}
	double taken = now_ms() - start;
	free(copy);
	if (asked != count)
		die("%d of %d guests are listed", asked, count);
	fprintf(stderr, "%d daytime guests answered in turn, none lost: %.2f ms each\n", asked,
	        taken / (asked > 0 ? asked : 1));
	return taken;
}

void bench_daytime(struct http *http)
{
	int running = 0;

	for (int k = 0; k < levels.count; k++) {
		run_beside(http, "daytime", running, levels.guests[k]);
		running = levels.guests[k];
		struct row *client = row_new("daytime", "lightvm", "daytime", running, "client");
		struct row *daemon = row_new("daytime", "lightvm", "daytime", running, "daemon");
		struct row *request = row_new("daytime", "lightvm", "daytime", running, "request");
		struct row *spawn = row_new("daytime", "posix_spawn", "busybox", running, "client");
		for (int i = 0; i < WARM_UP + ROUNDS; i++) {
			bool counts = i >= WARM_UP;
			double spawned = run_spawn();
			row_add(counts ? spawn : NULL, spawned);
			once(http, counts ? client : NULL, counts ? daemon : NULL, counts ? request : NULL);
		}
		add_phases("daytime", "daytime", running, "starts");
		fprintf(stderr, "daytime beside %d: %.2f ms\n", running, row_median(client));
		if (running > 0)
			ask_daytimes(http, running);
	}
	remove_beside(http, running);
}

static void once_xl(struct row *row)
{
	double start = now_ms();

	xl_create(XL_DAYTIME, "measured");
	await_daytime(XL_DAYTIME_ADDRESS);
	row_add(row, now_ms() - start);
	xl_destroy("measured");
}

void bench_daytime_peers(struct http *http)
{
	if (!prepare_xl_daytime(http))
		return;
	struct row *peer = row_new("daytime", "xl", "daytime", 0, "client");
	struct row *ours = row_new("daytime", "lightvm+xs", "daytime", 0, "client");
	for (int i = 0; i < PEER_ROUNDS; i++) {
		once(http, i == 0 ? NULL : ours, NULL, NULL);
		once_xl(i == 0 ? NULL : peer);
	}
}

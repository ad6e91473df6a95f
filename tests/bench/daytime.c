/* SPDX-License-Identifier: MIT */
/*
 * Case daytime: from the request to the first answer over TCP port 13, from dom0; beside others that serve it too. The peer
 * is the same image under xl, on a bridge with netback.
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

#define ROUNDS      40
#define WARM_UP     5
#define PEER_ROUNDS 10
#define TRIES       8    /* connections under way at once */
#define TRY_EVERY   2.0  /* ms between two attempts: a SYN that came too early is repeated by TCP only after a second */
#define GIVE_UP     20e3 /* ms */
#define XL_ADDRESS  "10.119.0.2"

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

/* Waits until somebody at `text` tells the time of day; dies if nobody does. */
static void await_daytime(const char *text)
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

static void copy_address(const char *answer, char *address, size_t size)
{
	const char *found = strstr(answer, "\"address\":\"");
	size_t length = found == NULL ? 0 : strcspn(found + 11, "\"");

	if (length == 0 || length >= size)
		die("no address in %.400s", answer);
	memcpy(address, found + 11, length);
	address[length] = 0;
}

static void act(struct http *http, const char *action, const char *name)
{
	char body[128];
	const char *answer;

	snprintf(body, sizeof body, "{\"action\":\"%s\",\"names\":[\"%s\"]}", action, name);
	int status = http_request(http, "POST", "/v1/guests/actions", body, &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("%s of %s gave %d: %.400s", action, name, status, answer);
}

static void once(struct http *http, struct row *row, struct row *daemon, struct row *request)
{
	static const char body[] = "{\"guests\":[{\"name\":\"measured\",\"image\":\"daytime\",\"memory\":4194304}],\"start\":true}";
	const char *answer;
	char address[64];
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests", body, &answer);

	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("creating a guest gave %d: %.400s", status, answer);
	double requested = now_ms() - start;
	const char *startup = strstr(answer, "\"startupMs\":");
	copy_address(answer, address, sizeof address);
	if (daemon != NULL)
		row_add(daemon, startup == NULL ? 0 : atof(startup + 12));
	await_daytime(address);
	if (row != NULL)
		row_add(row, now_ms() - start);
	if (request != NULL)
		row_add(request, requested);
	act(http, "remove", "measured");
}

/* Every one of them is asked, in turn. */
static void ask_all(struct http *http, int count)
{
	const char *answer;
	int asked = 0;
	int status = http_request(http, "GET", "/v1/guests?name=beside-*", NULL, &answer);
	char *copy = strdup(answer);

	if (status != 200)
		die("the list gave %d", status);
	double start = now_ms();
	/* Of a guest, adapters carry the address too: so only what follows a name counts. */
	for (char *at = strstr(copy, "\"name\":\"beside-"); at != NULL; at = strstr(at + 1, "\"name\":\"beside-")) {
		char address[64];

		copy_address(at, address, sizeof address);
		await_daytime(address);
		asked++;
	}
	free(copy);
	if (asked != count)
		die("%d of %d guests are listed", asked, count);
	fprintf(stderr, "%d daytime guests answered in turn, none lost: %.2f ms each\n", asked, (now_ms() - start) / asked);
}

static char *const xl_create[] = {"xl", "create", "-q", "/run/lightvm-bench/xl-daytime.cfg", NULL};
static char *const xl_destroy[] = {"xl", "destroy", "bench-daytime", NULL};

static void once_xl(struct row *row)
{
	double start = now_ms();

	run_peer(xl_create);
	await_daytime(XL_ADDRESS);
	if (row != NULL)
		row_add(row, now_ms() - start);
	run_peer(xl_destroy);
}

void bench_daytime(struct http *http)
{
	static const int beside[] = {0, 100, 500};
	int running = 0;

	for (size_t k = 0; k < sizeof beside / sizeof beside[0]; k++) {
		if (beside[k] > running)
			run_beside(http, "daytime", running, beside[k]);
		running = beside[k];
		struct row *row = row_new("daytime", "lightvm", "daytime", running, "client");
		struct row *daemon = row_new("daytime", "lightvm", "daytime", running, "daemon");
		struct row *request = row_new("daytime", "lightvm", "daytime", running, "request");
		struct row *spawn = row_new("daytime", "posix_spawn", "busybox", running, "client");
		static char *const spawn_argv[] = {"/run/lightvm-bench/busybox", "true", NULL};
		for (int i = 0; i < WARM_UP + ROUNDS; i++) {
			row_add(spawn, run_process(spawn_argv));
			once(http, i < WARM_UP ? NULL : row, i < WARM_UP ? NULL : daemon, i < WARM_UP ? NULL : request);
		}
		fprintf(stderr, "daytime with %d beside: %.2f ms\n", running, row_median(row));
		if (running > 0)
			ask_all(http, running);
	}
	remove_beside(http, running);
	if (getenv("LIGHTVM_BENCH_NO_PEERS") != NULL || !peers_bridge(http))
		return;
	struct row *peer = row_new("daytime", "xl", "daytime", 0, "client");
	struct row *ours = row_new("daytime", "lightvm+xs", "daytime", 0, "client");
	for (int i = 0; i < PEER_ROUNDS; i++) {
		once(http, i == 0 ? NULL : ours, NULL, NULL);
		once_xl(i == 0 ? NULL : peer);
	}
}

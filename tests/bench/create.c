/* SPDX-License-Identifier: MIT */
/* Case create: from the request to the guest's first event, beside posix_spawn, while others run. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 60
#define WARM_UP 5
#define PEER_ROUNDS 12

static char *const spawn_argv[] = {"/run/lightvm-bench/busybox", "true", NULL};

void create_once(struct http *http, const char *image, const char *name, struct row *client, struct row *daemon)
{
	char body[256];
	const char *answer;

	snprintf(body, sizeof body, "{\"guests\":[{\"name\":\"%s\",\"image\":\"%s\",\"memory\":4194304}],\"start\":true}", name,
		 image);
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	double taken = now_ms() - start;
	const char *startup = strstr(answer, "\"startupMs\":");
	if (status != 200 || startup == NULL)
		die("creating %s gave %d: %.400s", name, status, answer);
	if (client != NULL)
		row_add(client, taken);
	if (daemon != NULL)
		row_add(daemon, atof(startup + 12));
	snprintf(body, sizeof body, "{\"action\":\"remove\",\"names\":[\"%s\"]}", name);
	status = http_request(http, "POST", "/v1/guests/actions", body, &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("removing %s gave %d: %.400s", name, status, answer);
}

void run_beside(struct http *http, const char *image, int have, int want)
{
	size_t size = 128 + (size_t)(want - have) * 96;
	char *body = malloc(size);
	const char *answer;
	size_t used = (size_t)snprintf(body, size, "{\"start\":true,\"guests\":[");

	for (int i = have; i < want; i++)
		used += (size_t)snprintf(body + used, size - used, "%s{\"name\":\"beside-%d\",\"image\":\"%s\",\"memory\":4194304}",
					 i > have ? "," : "", i, image);
	snprintf(body + used, size - used, "]}");
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	double taken = now_ms() - start;
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("creating %d guests in one call gave %d: %.400s", want - have, status, answer);
	fprintf(stderr, "%d guests created in one call: %.0f ms, %.2f ms each\n", want - have, taken, taken / (want - have));
	free(body);
}

void remove_beside(struct http *http, int count)
{
	size_t size = 128 + (size_t)count * 24, used;
	char *body = malloc(size);
	const char *answer;

	used = (size_t)snprintf(body, size, "{\"action\":\"remove\",\"names\":[");
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(body + used, size - used, "%s\"beside-%d\"", i > 0 ? "," : "", i);
	snprintf(body + used, size - used, "]}");
	double start = now_ms();
	int status = http_request(http, "POST", "/v1/guests/actions", body, &answer);
	double taken = now_ms() - start;
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("removing %d guests gave %d: %.400s", count, status, answer);
	fprintf(stderr, "%d guests removed in one call: %.0f ms, %.2f ms each\n", count, taken, taken / count);
	free(body);
}

void bench_create(struct http *http, const char *image)
{
	static const int beside[] = {0, 100, 500};
	int running = 0;
	char kernel[256];

	for (size_t k = 0; k < sizeof beside / sizeof beside[0]; k++) {
		int guests = beside[k];
		if (guests > running)
			run_beside(http, image, running, guests);
		running = guests;
		struct row *client = row_new("create", "lightvm", image, guests, "client");
		struct row *daemon = row_new("create", "lightvm", image, guests, "daemon");
		struct row *spawn = row_new("create", "posix_spawn", "busybox", guests, "client");
		for (int i = 0; i < WARM_UP + ROUNDS; i++) {
			bool counts = i >= WARM_UP;
			double taken = run_process(spawn_argv);
			if (counts)
				row_add(spawn, taken);
			create_once(http, image, "measured", counts ? client : NULL, counts ? daemon : NULL);
		}
		fprintf(stderr, "with %d guests beside: %.2f ms, posix_spawn %.2f ms\n", guests, row_median(client),
			row_median(spawn));
	}
	if (running > 0)
		remove_beside(http, running);
	if (getenv("LIGHTVM_BENCH_NO_PEERS") != NULL)
		return;
	/* The peers last: they start an xenstored, which stays. Each round measures all of them and ours once more. */
	snprintf(kernel, sizeof kernel, "/run/lightvm-bench/%s.elf", image);
	peers_setup(http, kernel);
	struct row *client = row_new("create", "lightvm+xs", image, 0, "client");
	for (int i = 0; i < PEER_ROUNDS; i++) {
		create_once(http, image, "measured", i > 1 ? client : NULL, NULL);
		peers_round();
	}
	peers_teardown();
}

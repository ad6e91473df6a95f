/* SPDX-License-Identifier: MIT */
/*
 * Case clone: a guest that goes on from a checkpoint, as one of its own: from a shell that was restored ahead
 * ("clone"), and cold ("clone-cold": the checkpoint is read, a domain filled), beside posix_spawn and while
 * others run. Every clone from a shell must have been a hit.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS       100
#define WARM_UP      10
#define SHELLS       (ROUNDS + WARM_UP)
#define COLD_WARM_UP 2
#define MEMORY       4194304L
#define FILL_LIMIT   120000 /* ms */
#define IMAGE        "noop"

static void ask(struct http *http, const char *method, const char *path, const char *body, int expected,
                const char **answer)
{
	int status = http_request(http, method, path, body, answer);

	if (status != expected || (answer != NULL && strstr(*answer, "\"problem\"") != NULL))
		die("%s %s gave %d: %.400s", method, path, status, answer != NULL ? *answer : "");
}

/* A number of the pool's only flavour, as it is now. */
static long number(struct http *http, const char *name)
{
	char key[32];
	const char *answer = NULL;

	snprintf(key, sizeof key, "\"%s\":", name);
	ask(http, "GET", "/v1/pool", NULL, 200, &answer);
	const char *flavour = strstr(answer, "\"flavours\":[{"),
	           *at = flavour != NULL ? strstr(flavour, key) : NULL;
	if (at == NULL)
		die("the pool has no '%s': %.400s", name, answer);
	return atol(at + strlen(key));
}

static void keep(struct http *http, int count)
{
	char body[128];
	const char *answer;

	snprintf(body, sizeof body, "{\"budget\":%ld}", (SHELLS + 8) * MEMORY);
	ask(http, "PATCH", "/v1/pool", body, 200, &answer);
	snprintf(body, sizeof body, "{\"count\":%d}", count);
	ask(http, "PUT", "/v1/pool/checkpoints/bench", body, 200, &answer);
}

static void wait_full(struct http *http)
{
	double begin = now_ms();

	while (number(http, "ready") < SHELLS) {
		if (now_ms() - begin > FILL_LIMIT)
			die("only %ld of %d shells are ready in time", number(http, "ready"), SHELLS);
		wait_ms(20);
	}
	fprintf(stderr, "%d shells are restored after %.0f ms\n", SHELLS, now_ms() - begin);
}

static void rounds(struct http *http, const char *name, int guests, int warm_up, int count)
{
	struct row *client = row_new(name, "lightvm", IMAGE, guests, "client");
	struct row *daemon = row_new(name, "lightvm", IMAGE, guests, "daemon");
	struct row *spawn = row_new(name, "posix_spawn", "busybox", guests, "client");

	for (int i = 0; i < warm_up + count; i++) {
		bool counts = i >= warm_up;
		double spawned = run_spawn();
		double start = now_ms();
		http_do(http, "/v1/checkpoints/bench/copy", "{\"names\":[\"measured\"]}");
		double cloned = now_ms() - start;
		row_add(counts ? spawn : NULL, spawned);
		row_add(counts ? client : NULL, cloned);
		row_add(counts ? daemon : NULL, startup_ms(read_guest(http, "measured")));
		act_on_guest(http, "remove", "measured");
	}
	fprintf(stderr, "%s of %s beside %d: %.2f ms, inside %.2f, posix_spawn %.2f\n", name, IMAGE, guests,
	        row_median(client), row_median(daemon), row_median(spawn));
}

static void measure(struct http *http, int guests)
{
	const char *answer;

	make_guest(http, IMAGE, "source");
	ask(http, "POST", "/v1/guests/save",
	    "{\"names\":[\"source\"],\"checkpointName\":\"bench\",\"keep\":true}", 200, &answer);
	act_on_guest(http, "remove", "source");
	rounds(http, "clone-cold", guests, COLD_WARM_UP, ROUNDS);
	add_phases("clone-cold", IMAGE, guests, "clones");
	keep(http, SHELLS);
	wait_full(http);
	long hits = number(http, "hits"), misses = number(http, "misses");
	rounds(http, "clone", guests, WARM_UP, ROUNDS);
	add_phases("clone", IMAGE, guests, "claims");
	hits = number(http, "hits") - hits;
	misses = number(http, "misses") - misses;
	if (hits != SHELLS || misses != 0)
		die("%ld of %d clones found a shell, %ld did not", hits, SHELLS, misses);
	keep(http, 0);
	ask(http, "DELETE", "/v1/checkpoints/bench", NULL, 204, NULL);
}

void bench_clone(struct http *http)
{
	int running = 0;

	if (!host_has(http, "pool.checkpoints"))
		return;
	for (int i = 0; i < levels.count; i++) {
		run_beside(http, "hello", running, levels.guests[i]);
		running = levels.guests[i];
		measure(http, running);
	}
	remove_beside(http, running);
}

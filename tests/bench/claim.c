/* SPDX-License-Identifier: MIT */
/*
 * Case claim: a guest where a shell of the pool is ready for it, to its first event and (daytime) to its
 * first answer, beside posix_spawn and while others run. Every claim must have been a hit.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS     100
#define WARM_UP    10
#define SHELLS     (ROUNDS + WARM_UP)
#define MEMORY     4194304L
#define FILL_LIMIT 120000 /* ms */

/* A number of the pool's only flavour, as it is now. */
static long number(struct http *http, const char *name)
{
	char key[32];
	const char *answer = NULL;
	int status = http_request(http, "GET", "/v1/pool", NULL, &answer);

	snprintf(key, sizeof key, "\"%s\":", name);
	const char *flavour = strstr(answer, "\"flavours\":[{"),
	           *at = flavour != NULL ? strstr(flavour, key) : NULL;
	if (status != 200 || at == NULL)
		die("GET /v1/pool gave %d, without '%s': %.400s", status, name, answer);
	return atol(at + strlen(key));
}

static void keep(struct http *http, const char *image)
{
	char path[128], body[128];
	const char *answer;

	snprintf(body, sizeof body, "{\"budget\":%ld}", (SHELLS + 8) * MEMORY);
	int status = http_request(http, "PATCH", "/v1/pool", body, &answer);
	if (status != 200)
		die("the pool's budget gave %d: %.400s", status, answer);
	snprintf(path, sizeof path, "/v1/pool/flavours/%s", image);
	snprintf(body, sizeof body, "{\"memory\":%ld,\"count\":%d}", MEMORY, SHELLS);
	status = http_request(http, "PUT", path, body, &answer);
	if (status != 200)
		die("a pool of %d gave %d: %.400s", SHELLS, status, answer);
}

static void keep_none(struct http *http, const char *image)
{
	char path[128];

	snprintf(path, sizeof path, "/v1/pool/flavours/%s", image);
	int status = http_request(http, "DELETE", path, NULL, NULL);
	if (status != 204)
		die("emptying the pool gave %d", status);
}

static void wait_full(struct http *http)
{
	double begin = now_ms();

	while (number(http, "ready") < SHELLS) {
		if (now_ms() - begin > FILL_LIMIT)
			die("only %ld of %d shells are ready in time", number(http, "ready"), SHELLS);
		wait_ms(20);
	}
	fprintf(stderr, "%d shells are ready after %.0f ms\n", SHELLS, now_ms() - begin);
}

static void measure(struct http *http, const char *image, int guests, bool serves)
{
	const char *name = serves ? "claim-daytime" : "claim";
	struct row *client = row_new(name, "lightvm", image, guests, "client");
	struct row *daemon = row_new(name, "lightvm", image, guests, "daemon");
	struct row *service = row_new(name, "lightvm", image, guests, "service");
	struct row *spawn = row_new(name, "posix_spawn", "busybox", guests, "client");
	long hits = number(http, "hits"), misses = number(http, "misses");

	for (int i = 0; i < SHELLS; i++) {
		bool counts = i >= WARM_UP;
		char address[64];
		double spawned = run_spawn();
		double start = now_ms();
		if (serves)
			copy_address(create_guest(http, image, "measured"), address, sizeof address);
		else
			make_guest(http, image, "measured");
		double claimed = now_ms() - start;
		row_add(counts ? spawn : NULL, spawned);
		row_add(counts ? client : NULL, claimed);
		if (serves) {
			await_daytime(address);
			row_add(counts ? service : NULL, now_ms() - start);
		}
		row_add(counts ? daemon : NULL, startup_ms(read_guest(http, "measured")));
		act_on_guest(http, "remove", "measured");
	}
	hits = number(http, "hits") - hits;
	misses = number(http, "misses") - misses;
	if (hits != SHELLS || misses != 0)
		die("%ld of %d claims found a shell, %ld did not", hits, SHELLS, misses);
	add_phases(name, image, guests, "claims");
	fprintf(stderr, "claims of %s beside %d: %.2f ms, inside %.2f, posix_spawn %.2f\n", image, guests,
	        row_median(client), row_median(daemon), row_median(spawn));
}

static void measure_levels(struct http *http, const char *image, bool serves)
{
	int running = 0;

	for (int i = 0; i < levels.count; i++) {
		run_beside(http, "hello", running, levels.guests[i]); /* an image that no shell is kept of */
		running = levels.guests[i];
		keep(http, image);
		wait_full(http);
		measure(http, image, running, serves);
		keep_none(http, image);
	}
	remove_beside(http, running);
}

void bench_claim(struct http *http)
{
	if (!host_has(http, "pool"))
		return;
	measure_levels(http, "noop", false);
	measure_levels(http, "daytime", true);
}

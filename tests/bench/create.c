/* SPDX-License-Identifier: MIT */
/* Cases create and destroy: a guest from the request to its first event, and its removal, beside posix_spawn
 * and while others run. */
#include "bench.h"

#include <stdio.h>

#define IMAGE   "noop"
#define ROUNDS  200
#define WARM_UP 5

static void measure(struct http *http, int guests)
{
	struct row *client = row_new("create", "lightvm", IMAGE, guests, "client");
	struct row *daemon = row_new("create", "lightvm", IMAGE, guests, "daemon");
	struct row *removal = row_new("destroy", "lightvm", IMAGE, guests, "client");
	struct row *spawn = row_new("create", "posix_spawn", "busybox", guests, "client");
	struct row *same_spawn = row_new("destroy", "posix_spawn", "busybox", guests, "client");

	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		double spawned = run_spawn();
		double start = now_ms();
		make_guest(http, IMAGE, "measured");
		double created = now_ms() - start, startup = startup_ms(read_guest(http, "measured"));
		start = now_ms();
		act_on_guest(http, "remove", "measured");
		double removed = now_ms() - start;
		if (i < WARM_UP)
			continue;
		row_add(spawn, spawned);
		row_add(same_spawn, spawned);
		row_add(client, created);
		row_add(daemon, startup);
		row_add(removal, removed);
	}
	add_phases("create", IMAGE, guests, "starts");
	fprintf(stderr, "beside %d: created in %.2f ms, removed in %.2f, posix_spawn %.2f\n", guests,
	        row_median(client), row_median(removal), row_median(spawn));
}

void bench_create(struct http *http)
{
	int running = 0;

	for (int i = 0; i < levels.count; i++) {
		run_beside(http, IMAGE, running, levels.guests[i]);
		running = levels.guests[i];
		measure(http, running);
	}
	remove_beside(http, running);
}

/* SPDX-License-Identifier: MIT */
/*
 * Part peers: xl, crun and runc on the empty host, each round measuring all of them, the unit, and ours once
 * more: "lightvm+xs", when every cache has just been used by xl.
 */
#include "bench.h"

#include <stdio.h>

#define ROUNDS 12

static void round_of_xl(bool counts)
{
	static struct row *process, *create, *destroy;
	static char *const help[] = {"xl", "help", NULL};

	if (create == NULL) {
		process = row_new("create", "xl-process", "none", 0, "client");
		create = row_new("create", "xl", "noop", 0, "client");
		destroy = row_new("destroy", "xl", "noop", 0, "client");
	}
	double ms = run_peer(help);
	row_add(counts ? process : NULL, ms);
	ms = xl_create(XL_NOOP, "measured");
	row_add(counts ? create : NULL, ms);
	ms = xl_destroy("measured");
	row_add(counts ? destroy : NULL, ms);
}

void bench_peers(struct http *http)
{
	bool have_xl = prepare_xl(http);
	bool containers = prepare_containers();
	bool have_crun = containers && container_runs("crun"),
	     have_runc = containers && container_runs("runc");
	struct row *spawn = row_new("create", "posix_spawn+xs", "busybox", 0, "client");
	struct row *created = row_new("create", "lightvm+xs", "noop", 0, "client");
	struct row *daemon = row_new("create", "lightvm+xs", "noop", 0, "daemon");
	struct row *removed = row_new("destroy", "lightvm+xs", "noop", 0, "client");
	struct row *crun = row_new("create", "crun", "busybox", 0, "client");
	struct row *runc = row_new("create", "runc", "busybox", 0, "client");

	for (int i = 0; i <= ROUNDS; i++) {
		bool counts = i > 0;
		double ms = run_spawn();
		row_add(counts ? spawn : NULL, ms);
		double start = now_ms();
		make_guest(http, "noop", "measured");
		row_add(counts ? created : NULL, now_ms() - start);
		row_add(counts ? daemon : NULL, startup_ms(read_guest(http, "measured")));
		start = now_ms();
		act_on_guest(http, "remove", "measured");
		row_add(counts ? removed : NULL, now_ms() - start);
		if (have_xl)
			round_of_xl(counts);
		if (have_crun) {
			ms = container_true("crun");
			row_add(counts ? crun : NULL, ms);
		}
		if (have_runc) {
			ms = container_true("runc");
			row_add(counts ? runc : NULL, ms);
		}
	}
	fprintf(stderr, "the empty host: ours %.2f ms, posix_spawn %.2f, crun %.0f, runc %.0f\n",
	        row_median(created), row_median(spawn), row_median(crun), row_median(runc));
}

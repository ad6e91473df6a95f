/* SPDX-License-Identifier: MIT */
/* Part peers-beside: each toolstack while many of its own run (--peers), one after the other: ours, crun, xl.
 */
#include "bench.h"

#include <stdio.h>

#define STEP       50 /* of xl's curve */
#define ROUNDS     60 /* of ours */
#define XL_ROUNDS  4
#define SETTLE_MS  8000
#define MEASURE_MS 20000

/* What dom0 and its guests do while peers_beside of them wait. */
static void measure_idle(const char *who, const char *image)
{
	struct cpu_time before, after;

	wait_ms(SETTLE_MS);
	double start = now_ms();
	read_cpu_time(&before);
	wait_ms(MEASURE_MS);
	read_cpu_time(&after);
	double percent = 100e3 / (now_ms() - start);
	row_one("idle-cpu", who, image, peers_beside, "dom0", "%", (after.dom0 - before.dom0) * percent);
	row_one("idle-cpu", who, image, peers_beside, "guests", "%",
	        (after.guests - before.guests) * percent);
}

static void measure_ours(struct http *http)
{
	struct row *spawn = row_new("create", "posix_spawn", "busybox", peers_beside, "client");
	struct row *created = row_new("create", "lightvm", "noop", peers_beside, "client");
	struct row *daemon = row_new("create", "lightvm", "noop", peers_beside, "daemon");
	struct row *removed = row_new("destroy", "lightvm", "noop", peers_beside, "client");

	run_beside(http, "noop", 0, peers_beside);
	for (int i = 0; i < ROUNDS; i++) {
		row_add(spawn, run_spawn());
		double start = now_ms();
		make_guest(http, "noop", "measured");
		row_add(created, now_ms() - start);
		row_add(daemon, startup_ms(read_guest(http, "measured")));
		start = now_ms();
		act_on_guest(http, "remove", "measured");
		row_add(removed, now_ms() - start);
	}
	fprintf(stderr, "ours beside %d: %.2f ms, posix_spawn %.2f\n", peers_beside, row_median(created),
	        row_median(spawn));
	measure_idle("lightvm", "noop");
	remove_beside(http, peers_beside);
}

static void measure_containers(const char *runtime)
{
	struct row *beside = row_new("create", runtime, "busybox", peers_beside, "client");
	struct row *removed = row_new("destroy", runtime, "busybox", peers_beside, "client");
	long before = free_kb();
	double start = now_ms();

	for (int i = 0; i < peers_beside; i++)
		container_start(runtime, i);
	row_one("bulk", runtime, "busybox", peers_beside, "create", "guests/s",
	        peers_beside * 1e3 / (now_ms() - start));
	for (int i = 0; i < XL_ROUNDS * 3; i++)
		row_add(beside, container_true(runtime));
	measure_idle(runtime, "busybox");
	double total = (double)(before - free_kb());
	row_one("memory", runtime, "busybox", peers_beside, "dom0", "KB", total / peers_beside);
	row_one("memory", runtime, "busybox", peers_beside, "total", "MB", total / 1024);
	for (int i = 0; i < peers_beside; i++)
		row_add(removed, container_remove(runtime, i));
}

static void rounds_of_xl(int running)
{
	struct row *spawn = row_new("create", "posix_spawn+xs", "busybox", running, "client");
	struct row *create = row_new("create", "xl", "noop", running, "client");
	struct row *destroy = row_new("destroy", "xl", "noop", running, "client");

	for (int i = 0; i < XL_ROUNDS; i++) {
		row_add(spawn, run_spawn());
		row_add(create, xl_create(XL_NOOP, "measured"));
		row_add(destroy, xl_destroy("measured"));
	}
	fprintf(stderr, "xl beside %d: %.0f ms\n", running, row_median(create));
}

static void measure_xl(struct http *http)
{
	if (!prepare_xl(http))
		return;
	long before = free_kb(), dom0 = read_kb("/proc/meminfo", "MemAvailable:");
	double filled = 0;

	for (int i = 0; i < peers_beside; i++) {
		char name[16];

		if (i > 0 && i % STEP == 0)
			rounds_of_xl(i);
		snprintf(name, sizeof name, "%d", i);
		filled += xl_create(XL_NOOP, name);
	}
	row_one("bulk", "xl", "noop", peers_beside, "create", "guests/s", peers_beside * 1e3 / filled);
	rounds_of_xl(peers_beside);
	measure_idle("xl", "noop");
	double total = (double)(before - free_kb());
	row_one("memory", "xl", "noop", peers_beside, "dom0", "KB",
	        (double)(dom0 - read_kb("/proc/meminfo", "MemAvailable:")) / peers_beside);
	row_one("memory", "xl", "noop", peers_beside, "total", "MB", total / 1024);
	save_by_xl(http, peers_beside);
	/* They stay: to take them away takes xl minutes, and the host ends now. */
}

void bench_peers_beside(struct http *http)
{
	measure_ours(http);
	if (prepare_containers() && container_runs("crun"))
		measure_containers("crun");
	measure_xl(http);
}

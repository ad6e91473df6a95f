/* SPDX-License-Identifier: MIT */
/*
 * Cases save and restore: one guest, into a checkpoint and back, in turn, beside posix_spawn and while others
 * run. A restored daytime guest must tell the time, or the benchmark ends.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS    100 /* so that 50 of them, which lightvmd's log tells of, are of one level */
#define WARM_UP   5
#define XL_ROUNDS 8

static double request(struct http *http, const char *path, const char *body)
{
	double start = now_ms();

	http_do(http, path, body);
	return now_ms() - start;
}

static void measure(struct http *http, const char *image, int guests)
{
	static const char save_body[] =
	    "{\"names\":[\"measured\"],\"checkpointName\":\"bench\",\"force\":true}";
	static const char restore_body[] = "{\"checkpoints\":[\"bench\"]}";
	struct row *save = row_new("save", "lightvm", image, guests, "client");
	struct row *save_spawn = row_new("save", "posix_spawn", "busybox", guests, "client");
	struct row *restore = row_new("restore", "lightvm", image, guests, "client");
	struct row *daemon = row_new("restore", "lightvm", image, guests, "daemon");
	struct row *restore_spawn = row_new("restore", "posix_spawn", "busybox", guests, "client");
	char address[64];
	const char *answer = create_guest(http, image, "measured");

	copy_address(answer, address, sizeof address);
	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		bool counts = i >= WARM_UP;
		double spawned = run_spawn();
		double saved = request(http, "/v1/guests/save", save_body);
		row_add(counts ? save : NULL, saved);
		row_add(counts ? save_spawn : NULL, spawned);
		spawned = run_spawn();
		double restored = request(http, "/v1/checkpoints/restore", restore_body);
		row_add(counts ? restore : NULL, restored);
		row_add(counts ? daemon : NULL, startup_ms(read_guest(http, "measured")));
		row_add(counts ? restore_spawn : NULL, spawned);
		if (strcmp(image, "daytime") == 0)
			await_daytime(address);
	}
	act_on_guest(http, "remove", "measured");
	if (http_request(http, "DELETE", "/v1/checkpoints/bench", NULL, &answer) != 204)
		die("removing a checkpoint failed: %.400s", answer);
	add_phases("save", image, guests, "saves");
	add_phases("restore", image, guests, "restores");
	fprintf(stderr, "beside %d: saved in %.2f ms, restored in %.2f, posix_spawn %.2f\n", guests,
	        row_median(save), row_median(restore), row_median(save_spawn));
}

void bench_save(struct http *http)
{
	int running = 0;

	if (!host_has(http, "checkpoints"))
		return;
	for (int i = 0; i < levels.count; i++) {
		run_beside(http, SAVED_IMAGE, running, levels.guests[i]);
		running = levels.guests[i];
		measure(http, SAVED_IMAGE, running);
	}
	remove_beside(http, running);
}

void save_by_xl(struct http *http, int running)
{
	struct row *save = row_new("save", "xl", SAVED_IMAGE, running, "client");
	struct row *restore = row_new("restore", "xl", SAVED_IMAGE, running, "client");
	struct row *spawn = row_new("save", "posix_spawn+xs", "busybox", running, "client");

	if (!prepare_xl(http) || !xl_can_save(XL_SAVED))
		return;
	for (int i = 0; i <= XL_ROUNDS; i++) {
		bool counts = i > 0;
		double ms = run_spawn();
		row_add(counts ? spawn : NULL, ms);
		/* Each round has a guest of its own, that was never restored. */
		xl_create(XL_SAVED, "measured");
		ms = xl_save("measured");
		row_add(counts ? save : NULL, ms);
		ms = xl_restore();
		row_add(counts ? restore : NULL, ms);
		xl_destroy("measured");
	}
	fprintf(stderr, "xl beside %d: saved in %.0f ms, restored in %.0f\n", running, row_median(save),
	        row_median(restore));
}

void bench_save_peers(struct http *http)
{
	save_by_xl(http, 0);
}

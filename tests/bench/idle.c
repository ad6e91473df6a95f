/* SPDX-License-Identifier: MIT */
/* Case idle-cpu: what guests cost that wait for work: both daemons, dom0 as a whole, and the guests
 * themselves, in % of one CPU. */
#include "bench.h"

#define IMAGE      "daytime"
#define SETTLE_MS  10000 /* till names are served and a new guest's first timers are over */
#define MEASURE_MS 20000

static void measure(int guests)
{
	struct cpu_time before, after;

	wait_ms(SETTLE_MS);
	double start = now_ms();
	read_cpu_time(&before);
	wait_ms(MEASURE_MS);
	read_cpu_time(&after);
	double percent = 100e3 / (now_ms() - start), lightvmd = after.lightvmd - before.lightvmd,
	       io = after.lightvm_io - before.lightvm_io;

	row_one("idle-cpu", "lightvm", IMAGE, guests, "lightvmd", "%", lightvmd * percent);
	row_one("idle-cpu", "lightvm", IMAGE, guests, "lightvm-io", "%", io * percent);
	row_one("idle-cpu", "lightvm", IMAGE, guests, "daemons", "%", (lightvmd + io) * percent);
	row_one("idle-cpu", "lightvm", IMAGE, guests, "dom0", "%", (after.dom0 - before.dom0) * percent);
	row_one("idle-cpu", "lightvm", IMAGE, guests, "guests", "%",
	        (after.guests - before.guests) * percent);
}

void bench_idle_cpu(struct http *http)
{
	int running = 0;

	for (int i = 0; i < levels.count; i++) {
		run_beside(http, IMAGE, running, levels.guests[i]);
		running = levels.guests[i];
		measure(running);
	}
	remove_beside(http, running);
}

/* SPDX-License-Identifier: MIT */
/* Case memory: what guests cost dom0 and Xen, in KB each, beside how many of them; and what each unikernel
 * needs (sizes.c). */
#include "bench.h"
#include "memory.h"

#include <stdio.h>

#define GUEST_KB  4096
#define SETTLE_MS 8000 /* till what a creation leaves behind (names, allocators, timers) is done */

/* KB, of one moment. */
struct sample {
	long available; /* MemAvailable of dom0 */
	long daemon_rss, daemon_pss;
	long io_rss, io_pss;
	long free; /* dom0's and Xen's */
};

static void read_process(const char *unit, long *rss, long *pss)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid_of(unit));
	*rss = read_kb(path, "Rss:");
	*pss = read_kb(path, "Pss:");
}

static struct sample take(void)
{
	struct sample sample;

	wait_ms(SETTLE_MS);
	read_process("lightvmd", &sample.daemon_rss, &sample.daemon_pss);
	read_process("lightvm-io", &sample.io_rss, &sample.io_pss);
	sample.available = read_kb("/proc/meminfo", "MemAvailable:");
	sample.free = free_kb();
	return sample;
}

/* What the `guests` cost each that came between the two. lightvm-io's RSS counts the guests' own pages that
 * it maps. */
static void tell(const char *image, int guests, const struct sample *before, const struct sample *after)
{
	long dom0 = before->available - after->available, all = before->free - after->free;

	row_one("memory", "lightvm", image, guests, "lightvmd", "KB",
	        (double)(after->daemon_rss - before->daemon_rss) / guests);
	row_one("memory", "lightvm", image, guests, "lightvmd-pss", "KB",
	        (double)(after->daemon_pss - before->daemon_pss) / guests);
	row_one("memory", "lightvm", image, guests, "lightvm-io", "KB",
	        (double)(after->io_rss - before->io_rss) / guests);
	row_one("memory", "lightvm", image, guests, "lightvm-io-pss", "KB",
	        (double)(after->io_pss - before->io_pss) / guests);
	row_one("memory", "lightvm", image, guests, "dom0", "KB", (double)dom0 / guests);
	row_one("memory", "lightvm", image, guests, "xen", "KB", (double)(all - dom0) / guests - GUEST_KB);
	row_one("memory", "lightvm", image, guests, "total", "MB", (double)all / 1024);
}

static void measure(struct http *http, const char *image)
{
	int running = 0;

	run_beside(http, image, 0, 10); /* what the first ones bring about is not the others' */
	remove_beside(http, 10);
	struct sample before = take();
	for (int i = 0; i < levels.count; i++) {
		if (levels.guests[i] == 0)
			continue;
		run_beside(http, image, running, levels.guests[i]);
		running = levels.guests[i];
		struct sample after = take();
		tell(image, running, &before, &after);
	}
	remove_beside(http, running);
	struct sample end = take();
	row_one("memory", "lightvm", image, 0, "left", "KB", (double)(before.free - end.free));
}

void bench_memory(struct http *http)
{
	measure(http, "noop");
	measure(http, "daytime");
	measure_sizes(http);
}

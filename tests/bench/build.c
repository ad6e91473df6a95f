/* SPDX-License-Identifier: MIT */
/* Case build: from an image to a paused guest, past lightvmd, by our builder and by libxenguest, the
 * reference. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lightvm/lightvm.h>

#define IMAGE   "noop"
#define ROUNDS  100
#define WARM_UP 5

static void read_image(struct lightvm_guest_config *config)
{
	int file = open(BENCH_DIRECTORY "/" IMAGE ".elf", O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes = NULL;

	if (file >= 0 && fstat(file, &status) == 0)
		bytes = malloc((size_t)status.st_size);
	if (bytes == NULL || read(file, bytes, (size_t)status.st_size) != status.st_size)
		die("the image " IMAGE " cannot be read");
	close(file);
	config->kernel = bytes;
	config->kernel_size = (uint64_t)status.st_size;
}

/* One guest, which never runs. */
static double build(struct lightvm_host *host, struct lightvm_guest_config *config, uint32_t builder)
{
	struct lightvm_guest_layout layout;
	struct lightvm_error error;
	double start = now_ms(), taken;
	int rc;

	config->builder = builder;
	rc = lightvm_guest_create(host, config, &layout, &error);
	taken = now_ms() - start;
	if (rc == 0)
		rc = lightvm_domain_destroy(host, layout.domid, &error);
	if (rc != 0)
		die("%s: %s", error.step, error.message);
	return taken;
}

static void measure(struct lightvm_host *host, struct lightvm_guest_config *config, int guests)
{
	struct row *ours = row_new("build", "lightvm", IMAGE, guests, "builder");
	struct row *reference = row_new("build", "libxenguest", IMAGE, guests, "builder");
	struct row *spawn = row_new("build", "posix_spawn", "busybox", guests, "client");

	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		bool counts = i >= WARM_UP;
		double taken = run_spawn();

		row_add(counts ? spawn : NULL, taken);
		taken = build(host, config, LIGHTVM_BUILDER_ANY);
		row_add(counts ? ours : NULL, taken);
		taken = build(host, config, LIGHTVM_BUILDER_XENGUEST);
		row_add(counts ? reference : NULL, taken);
	}
	fprintf(stderr, "beside %d: built in %.2f ms, by libxenguest in %.2f, posix_spawn %.2f\n", guests,
	        row_median(ours), row_median(reference), row_median(spawn));
}

void bench_build(struct http *http)
{
	struct lightvm_guest_config config = {
	    .memory_bytes = 4 << 20, .vcpu_count = 1, .control_pages = 1, .name = "built"};
	struct lightvm_host *host;
	struct lightvm_error error;
	int running = 0;

	if (lightvm_host_open(LIGHTVM_ABI, &host, &error) != 0)
		die("%s: %s", error.step, error.message);
	memset(config.uuid, 0xb1, sizeof config.uuid);
	read_image(&config);
	for (int i = 0; i < levels.count && levels.guests[i] <= 500; i++) {
		run_beside(http, IMAGE, running, levels.guests[i]);
		running = levels.guests[i];
		measure(host, &config, running);
	}
	remove_beside(http, running);
	lightvm_host_close(host);
}

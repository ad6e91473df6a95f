/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: Debian's kernel, PV and PVH, at work with a disk and a network, is saved, goes on where it was, and is
 * restored: it reads what it wrote, reaches the network, and its console has no gap. A live save lets it work meanwhile.
 *
 *   xen_save_linux LIGHTVM_IO LIGHTVM_RESTORE [ROUNDS [pv|pvh]]
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../io/block_journal.h"
#include "check.h"
#include "lightvm/noxs.h"
#include "xen_linux_rig.h"

#define SUSPEND_MS 60000

static struct lightvm_restorer *restorer;
static double save_ms, restore_ms, suspend_ms;

static double ms_since(uint64_t began)
{
	return (double)(client_clock_ns() - began) / 1e6;
}

static int suspend(void *unused)
{
	uint64_t began = client_clock_ns();

	(void)unused;
	CHECK_EQUAL(client_shutdown(&linux_rig.client, linux_rig.uuid, linux_rig.layout.domid, NOXS_SUSPEND), 0);
	linux_ok(lightvm_domain_await_suspend(linux_rig.host, linux_rig.layout.domid, SUSPEND_MS, &linux_error));
	CHECK_EQUAL(client_detach(&linux_rig.client, linux_rig.uuid, linux_rig.layout.domid), 0);
	suspend_ms += ms_since(began);
	return 0;
}

static int last_round(void)
{
	int round = 0;

	for (const char *at = strstr(linux_console(), "marker: round"); at != NULL; at = strstr(at + 1, "marker: round"))
		round = linux_round_of(at);
	return round;
}

static void await_rounds(const char *what)
{
	linux_await_marker(linux_has_round, last_round() + 2, what);
	linux_rig.acknowledgements = 0;
}

static void save(int file, bool live)
{
	struct lightvm_save_config config = {.domid = linux_rig.layout.domid, .fd = file};
	struct lightvm_progress progress = {0};
	uint64_t began;

	config.progress = &progress;
	if (live) {
		config.flags = LIGHTVM_SAVE_LIVE;
		config.suspend = suspend;
	} else {
		suspend(NULL);
	}
	CHECK(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
	began = client_clock_ns();
	linux_ok(lightvm_guest_save(linux_rig.host, &config, &linux_error));
	save_ms = ms_since(began);
	CHECK(progress.done_bytes > 0 && progress.total_bytes > 0);
	linux_ok(lightvm_domain_destroy(linux_rig.host, linux_rig.layout.domid, &linux_error));
}

static void restore(int file, uint32_t type)
{
	struct lightvm_restore_config config = {
	    .memory_bytes = LINUX_MEMORY, .vcpu_count = 2, .type = type, .fd = file};
	struct lightvm_restored restored;
	struct console_log log;
	uint64_t began;

	memcpy(config.uuid, linux_rig.uuid, 16);
	CHECK(lseek(file, 0, SEEK_SET) == 0);
	began = client_clock_ns();
	linux_ok(lightvm_guest_restore(linux_rig.host, restorer, &config, &restored, &linux_error));
	restore_ms = ms_since(began);
	linux_rig.layout = restored.layout;
	CHECK(pread(linux_rig.log, &log, sizeof(log), 0) == sizeof(log));
	log.domid = restored.layout.domid;
	log.base = log.head - restored.console_index;
	CHECK(pwrite(linux_rig.log, &log, offsetof(struct console_log, head), 0) == offsetof(struct console_log, head));
	close(linux_rig.store);
	linux_make_store("restored");
	for (int i = 0; i < LINUX_DISKS; i++)
		CHECK(ftruncate(linux_rig.journals[i], 0) == 0 &&
		      ftruncate(linux_rig.journals[i], BLOCK_JOURNAL_SIZE) == 0);
	linux_attach();
	linux_ok(lightvm_domain_unpause(linux_rig.host, linux_rig.layout.domid, &linux_error));
}

static void go_on(void)
{
	suspend(NULL);
	linux_ok(lightvm_guest_resume(linux_rig.host, linux_rig.layout.domid, &linux_error));
	linux_attach();
}

static void run(struct lightvm_guest_config *config, uint32_t type, int rounds)
{
	const char *name = type == LIGHTVM_PVH ? "PVH" : "PV";
	int file = memfd_create("stream", MFD_CLOEXEC);

	CHECK(file >= 0);
	linux_boot(config, type, NULL);
	linux_await_marker(linux_has_round, 1, "its first round");
	for (int i = 0; i < rounds; i++) {
		suspend_ms = 0;
		go_on();
		await_rounds("rounds after it went on");
		printf("%s: went on where it was; suspended in %.0f ms\n", name, suspend_ms);
		save(file, i % 2 == 1);
		printf("%s: saved%s in %.1f ms, %.1f MiB\n", name, i % 2 == 1 ? " live" : "", save_ms,
		       (double)lseek(file, 0, SEEK_END) / 1048576);
		restore(file, type);
		await_rounds("rounds after it was restored");
		printf("%s: restored in %.1f ms\n", name, restore_ms);
	}
	linux_end();
	close(file);
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config;
	int rounds = argc > 3 ? atoi(argv[3]) : 2;
	const char *only = argc > 4 ? argv[4] : "both";

	CHECK(argc >= 3);
	linux_open(&config, argv[1], NULL);
	linux_ok(lightvm_restorer_open(argv[2], &restorer, &linux_error));
	if (strcmp(only, "pvh") != 0)
		run(&config, LIGHTVM_PV, rounds);
	if (strcmp(only, "pv") != 0 && linux_has_pvh())
		run(&config, LIGHTVM_PVH, rounds);
	lightvm_restorer_close(restorer);
	linux_close();
	printf("passed\n");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host, with no xenstored: Debian's kernel finds its devices in a private XenStore, writes to a
 * disk and reads it back while lightvm-io is killed again and again, at boot and under load; a disk comes and
 * goes; it powers off when it is asked to.
 *
 *   xen_store LIGHTVM_IO [KERNEL]     an uncompressed one; without: that of the lab's dom0
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "xen_linux_rig.h"

#define KILLS 8

static void replace(void)
{
	client_kill(linux_rig.process);
	client_close(&linux_rig.client);
	usleep((useconds_t)(rand() % 20000));
	linux_start();
}

static void kill_at_boot(void)
{
	for (int i = 0; i < KILLS; i++) {
		usleep((useconds_t)(rand() % 500000));
		replace();
	}
}

static void run(struct lightvm_guest_config *config, uint32_t type)
{
	const char *name = type == LIGHTVM_PVH ? "PVH" : "PV";
	uint64_t began = client_clock_ns();

	linux_boot(config, type, kill_at_boot);
	linux_await_marker(linux_has_round, 1, "its first round");
	printf("%s: first round %.1f s after creation began, %d kills on the way\n", name,
	       (double)(client_clock_ns() - began) / 1e9, KILLS);
	for (int i = 0; i < KILLS; i++) {
		usleep((useconds_t)(rand() % 400000));
		replace();
		if (i % 3 == 0)
			linux_await_marker(linux_has_round, 3 + i, "rounds after a kill");
	}
	linux_await_marker(linux_has_round, 12, "rounds after the kills");
	printf("%s: 12 rounds of writing and reading, %d kills under load\n", name, KILLS);

	linux_rig.disk_count = 2;
	linux_attach_disk(1);
	linux_await_marker(linux_has_disks, 2, "find the second disk");
	linux_remove_disk(1);
	linux_rig.disk_count = 1;
	linux_await_marker(linux_has_disks, 1, "let the second disk go");
	printf("%s: a disk came and went\n", name);

	linux_end();
	printf("%s: powered off as asked, %.1f s in all\n", name, (double)(client_clock_ns() - began) / 1e9);
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config;

	CHECK(argc >= 2);
	linux_open(&config, argv[1], argc > 2 ? argv[2] : NULL);
	run(&config, LIGHTVM_PV);
	if (linux_has_pvh())
		run(&config, LIGHTVM_PVH);
	linux_close();
	return 0;
}

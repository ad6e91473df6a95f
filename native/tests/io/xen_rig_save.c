/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "lightvm/noxs.h"
#include "xen_rig.h"

#define MEMORY     (4ULL << 20)
#define LIMIT_MS   20000

static struct lightvm_error error;

static void ok(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "%s: %s (errno %d)\n", error.step, error.message, error.error_number);
	exit(1);
}

void rig_suspend(struct rig *rig, uint32_t number)
{
	struct rig_guest *guest = &rig->guests[number];

	CHECK_EQUAL(client_shutdown(&rig->client, guest->uuid, guest->layout.domid, NOXS_SUSPEND), 0);
	ok(lightvm_domain_await_suspend(rig->host, guest->layout.domid, LIMIT_MS, &error));
	CHECK_EQUAL(client_detach(&rig->client, guest->uuid, guest->layout.domid), 0);
}

void rig_save(struct rig *rig, uint32_t number, int file)
{
	struct rig_guest *guest = &rig->guests[number];
	struct lightvm_save_config config = {.domid = guest->layout.domid, .fd = file};

	CHECK(lseek(file, 0, SEEK_SET) == 0);
	ok(lightvm_guest_save(rig->host, &config, &error));
	ok(lightvm_domain_destroy(rig->host, guest->layout.domid, &error));
}

void rig_restore(struct rig *rig, uint32_t number, int file)
{
	struct rig_guest *guest = &rig->guests[number];
	struct lightvm_restore_config config = {
	    .memory_bytes = MEMORY,
	    .vcpu_count = 1,
	    .control_pages = 1 + rig->devices,
	    .announced_devices = rig->devices,
	    .fd = file,
	    .name = "rig",
	};
	struct lightvm_restored restored;
	struct console_log log;

	CHECK(lseek(file, 0, SEEK_SET) == 0);
	memcpy(config.uuid, guest->uuid, 16);
	ok(lightvm_guest_restore(rig->host, NULL, &config, &restored, &error));
	guest->layout = restored.layout;
	CHECK(pread(guest->log, &log, sizeof(log), 0) == sizeof(log));
	log.domid = restored.layout.domid;
	log.base = log.head - restored.console_index;
	CHECK(pwrite(guest->log, &log, offsetof(struct console_log, head), 0) ==
	      offsetof(struct console_log, head));
	rig_attach(rig, number);
}

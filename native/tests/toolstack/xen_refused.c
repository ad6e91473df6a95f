/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: what cannot be created is refused with the right error, and leaves nothing.
 *
 *   xen_refused KERNEL
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "xen_common.h"

static struct lightvm_guest_config good;

static void refuse(const struct lightvm_guest_config *config, int number, const char *words)
{
	struct lightvm_guest_layout layout;
	int rc = lightvm_guest_create(host, config, &layout, &error);

	if (rc == 0)
		fail(words, "was accepted");
	printf("%s: %s\n", error.step, error.message);
	if (error.error_number != number || strstr(error.message, words) == NULL) {
		printf("errno %d, %d expected\n", error.error_number, number);
		fail(words, "is not what the error says");
	}
}

static void refuse_all(void)
{
	static const char script[] = "#!/bin/sh\necho not a kernel\n";
	struct lightvm_guest_config config = good;
	struct lightvm_host_info info;

	config.kernel = script;
	config.kernel_size = sizeof(script);
	refuse(&config, ENOEXEC, "not an ELF");
	config = good;
	config.memory_bytes = 2 * MIB;
	refuse(&config, EINVAL, "4 MiB");
	config.memory_bytes = 4 * MIB + 1;
	refuse(&config, EINVAL, "multiple of 4 KiB");
	check(lightvm_host_info(host, &info, &error), "info");
	config.memory_bytes = info.memory_bytes * 2;
	refuse(&config, ENOMEM, "free");
	config = good;
	config.vcpu_count = 0;
	refuse(&config, EINVAL, "vCPUs");
	config = good;
	config.type = LIGHTVM_PVH;
	refuse(&config, EINVAL, "as a PV guest only");
	config = good;
	config.control_pages = NOXS_MAX_CONTROL + 1;
	refuse(&config, EINVAL, "control pages");
	config = good;
	config.cpupool = 77;
	refuse(&config, EINVAL, "CPU pool 77");
	config = good;
	config.affinity[2] = 1ULL << 63; /* CPU 191 */
	refuse(&config, EINVAL, "CPUs");
	check(lightvm_domain_destroy(host, 0x7fef, &error) == -1 && error.error_number == ESRCH ? 0 : -1,
	      "no such domain");
	check(lightvm_domain_destroy(host, 0, &error) == -1 && error.error_number == EPERM ? 0 : -1, "dom0");
}

/* The corners of what is accepted. */
static void accept_all(void)
{
	static const uint64_t any[LIGHTVM_MAX_CPUS / 64];
	struct lightvm_guest_config config = good;
	struct lightvm_guest_layout layout;
	struct lightvm_domain_info info;
	uint32_t count;

	config.memory_bytes = 64 * MIB + 4096;
	config.vcpu_count = 4;
	config.control_pages = NOXS_MAX_CONTROL;
	config.affinity[0] = 1;
	check(lightvm_guest_create(host, &config, &layout, &error), "create");
	check(lightvm_domain_list(host, layout.domid, 1, &info, &count, &error), "list");
	expect(count == 1 && info.domid == layout.domid, "it is listed");
	expect(info.memory_bytes == config.memory_bytes, "it has its memory");
	expect((info.flags & LIGHTVM_DOMAIN_PAUSED) != 0, "it is paused");
	check(lightvm_domain_set_affinity(host, layout.domid, any, &error), "affinity");
	check(lightvm_domain_unpause(host, layout.domid, &error), "unpause");
	check(lightvm_domain_pause(host, layout.domid, &error), "pause");
	check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
}

/* A ramdisk is what our own builder does not do: this guest is built by libxenguest, and finds the same
 * pages. */
static void accept_other_builder(void)
{
	static const char ramdisk[5000] = "not looked at";
	struct lightvm_guest_config config = good;
	struct lightvm_guest_layout layout;
	struct noxs_sysctl *sysctl;
	evtchn_port_t port;

	config.ramdisk = ramdisk;
	config.ramdisk_size = sizeof(ramdisk);
	config.control_pages = 2;
	check(lightvm_guest_create(host, &config, &layout, &error), "create with libxenguest");
	sysctl = map_grant(layout.domid, layout.sysctl_gref);
	expect(sysctl->control.backend_state == NOXS_CONNECTED, "its sysctl page is written");
	port = bind(&layout);
	check(lightvm_domain_unpause(host, layout.domid, &error), "unpause");
	while (__atomic_load_n(&sysctl->control.frontend_state, __ATOMIC_ACQUIRE) != NOXS_CONNECTED)
		expect(take_event(5000), "its first event came");
	unbind(port);
	xengnttab_unmap(grants, sysctl, 1);
	check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
}

int main(int argc, char **argv)
{
	uint64_t before;

	xen_open();
	if (argc != 2)
		fail("usage", "xen_refused KERNEL");
	good = (struct lightvm_guest_config){.memory_bytes = 4 * MIB, .vcpu_count = 1, .control_pages = 1};
	make_uuid(good.uuid, 1);
	good.kernel = read_file(argv[1], &good.kernel_size);
	before = free_memory();
	refuse_all();
	accept_all();
	accept_other_builder();
	check_list(0);
	check_memory(before);
	printf("passed\n");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: Debian's own kernel as a guest, PV and PVH, on an initramfs with busybox, with a
 * console and an empty store. It has the memory and the vCPUs that were asked for, and can power off and
 * reboot.
 *
 *   xen_linux [KERNEL]     an uncompressed one; without: that of the lab's dom0
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xen/io/console.h>
#include <xen/sched.h>
#include "empty_store.h"
#include "linux_initramfs.h"
#include "sample_image.h"
#include "xen_common.h"

#define LIMIT  60000 /* ms to boot and end; PVH takes some seconds under emulation */
#define MEMORY (96 * MIB)

static const char script[] =
    "#!/bin/busybox sh\n"
    "/bin/busybox mount -t proc proc /proc\n"
    "/bin/busybox echo \"marker: nproc=$(/bin/busybox nproc) \""
    "\"memory=$(/bin/busybox sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) \""
    "\"$(/bin/busybox grep -o 'end=.*' /proc/cmdline)\"\n"
    "case $(/bin/busybox cat /proc/cmdline) in\n"
    "*end=off*) /bin/busybox poweroff -f ;;\n"
    "*end=reboot*) /bin/busybox reboot -f ;;\n"
    "esac\n"
    "/bin/busybox sleep 1000\n";

static struct {
	struct lightvm_guest_layout layout;
	struct xencons_interface *console;
	struct xenstore_domain_interface *store;
	evtchn_port_t console_port, store_port;
} guest;
static char text[1 << 18];
static size_t length;
static bool verbose;

static void serve(void)
{
	struct xencons_interface *ring = guest.console;
	XENCONS_RING_IDX consumer = ring->out_cons;
	XENCONS_RING_IDX producer = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	size_t before = length;

	expect(producer - consumer <= sizeof(ring->out), "ring indices make sense");
	for (; consumer != producer && length < sizeof(text) - 1; consumer++)
		text[length++] = ring->out[MASK_XENCONS_IDX(consumer, ring->out)];
	text[length] = '\0';
	if (verbose)
		fputs(text + before, stdout);
	if (empty_store_serve(guest.store))
		xenevtchn_notify(channels, guest.store_port);
	if (consumer == ring->out_cons)
		return;
	__atomic_store_n(&ring->out_cons, consumer, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, guest.console_port);
}

static void check_layout(const struct lightvm_guest_layout *layout)
{
	const uint8_t *store = (void *)guest.store;

	expect(layout->console_gref == 0 && layout->device_gref == 1 && layout->sysctl_gref == 0,
	       "references are those of any toolstack");
	expect(layout->store_event_channel != 0 && layout->store_event_channel != layout->event_channel,
	       "console and store have a port each");
	for (size_t i = 0; i < NOXS_PAGE_SIZE; i++)
		expect(store[i] == 0, "the store page is empty");
}

static void connect(void)
{
	struct lightvm_guest_layout second = guest.layout;

	guest.console = map_grant(guest.layout.domid, guest.layout.console_gref);
	guest.store = map_grant(guest.layout.domid, guest.layout.device_gref);
	check_layout(&guest.layout);
	guest.console_port = bind(&guest.layout);
	second.event_channel = guest.layout.store_event_channel;
	guest.store_port = bind(&second);
}

static void finish(void)
{
	unbind(guest.console_port);
	unbind(guest.store_port);
	xengnttab_unmap(grants, guest.console, 1);
	xengnttab_unmap(grants, guest.store, 1);
	check(lightvm_domain_destroy(host, guest.layout.domid, &error), "destroy");
}

static void await_end(uint32_t reason)
{
	struct lightvm_domain_info info = {0};
	double limit = now() + LIMIT;
	uint32_t count;

	while ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) == 0) {
		if (now() > limit)
			printf("console:\n%s\n", text);
		expect(now() < limit, "the guest ended");
		take_event(100);
		serve();
		check(lightvm_domain_list(host, guest.layout.domid, 1, &info, &count, &error), "list");
		expect(count == 1 && info.domid == guest.layout.domid, "the guest is listed");
	}
	serve();
	if (info.shutdown_reason != reason)
		printf("console:\n%s\nreason %u\n", text, info.shutdown_reason);
	expect(info.shutdown_reason == reason, "it ended as it was told to");
}

static void run(struct lightvm_guest_config *config, uint32_t type, uint32_t cpus, bool reboot)
{
	static int number;
	double begin = now(), created;
	char command_line[200], marker[40];
	const char *line;
	int memory;

	make_uuid(config->uuid, ++number);
	config->type = type;
	config->vcpu_count = cpus;
	snprintf(command_line, sizeof(command_line), "console=hvc0 panic=-1 %s end=%s",
	         verbose ? "" : "quiet", reboot ? "reboot" : "off");
	config->command_line = command_line;
	length = 0;
	check(lightvm_guest_create(host, config, &guest.layout, &error), "create");
	created = now();
	connect();
	check(lightvm_domain_unpause(host, guest.layout.domid, &error), "unpause");
	await_end(reboot ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
	snprintf(marker, sizeof(marker), "marker: nproc=%u memory=", cpus);
	line = strstr(text, marker);
	if (line == NULL)
		printf("console:\n%s\n", text);
	expect(line != NULL, "init ran with all vCPUs");
	memory = atoi(line + strlen(marker));
	expect(memory > (int)(MEMORY / 4 >> 10) && memory < (int)(MEMORY >> 10), "it has its memory");
	finish();
	printf("%s, %u vCPUs: created in %.0f ms, %s in %.1f s\n", type == LIGHTVM_PVH ? "PVH" : "PV", cpus,
	       created - begin, reboot ? "rebooted" : "off", (now() - created) / 1000);
	fflush(stdout);
}

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

static void refuse_all(const struct lightvm_guest_config *good, bool pvh)
{
	struct lightvm_guest_config config = *good;
	static struct sample_image kernel;

	/* We find no fault with it; libxenguest takes only segments that can be accessed. */
	sample_make(&kernel);
	sample_make_stock(&kernel);
	kernel.segments[0].p_flags = kernel.segments[1].p_flags = 0;
	config.kernel = &kernel;
	config.kernel_size = sizeof(kernel);
	config.type = LIGHTVM_PV;
	refuse(&config, ENOEXEC, "libxenguest does not accept");
	config = *good;
	config.type = LIGHTVM_PV;
	config.memory_bytes = 16 * MIB;
	refuse(&config, EINVAL, "do not hold its kernel");
	config.memory_bytes = 48 * MIB;
	config.ramdisk_size = 1 << 20;
	config.type = LIGHTVM_PV;
	refuse(&config, EINVAL, "do not");
	config = *good;
	config.type = LIGHTVM_PVH;
	config.memory_bytes = 16 * MIB;
	refuse(&config, EINVAL, "do not hold its kernel");
	if (!pvh)
		return;
	config.memory_bytes = good->memory_bytes;
	config.vcpu_count = 129;
	refuse(&config, EINVAL, "128 vCPUs");
}

/* A hundred are made of a kernel that is not worth running and taken away again, alternately PV and PVH. */
static void cycle(bool pvh)
{
	static struct sample_image kernel;
	struct lightvm_guest_config config = {.memory_bytes = 8 * MIB, .vcpu_count = 2, .control_pages = 1};
	struct lightvm_guest_layout layout;
	double begin = now();

	sample_make(&kernel);
	sample_make_stock(&kernel);
	config.kernel = &kernel;
	config.kernel_size = sizeof(kernel);
	for (int i = 0; i < 100; i++) {
		config.type = pvh && i % 2 == 1 ? LIGHTVM_PVH : LIGHTVM_PV;
		make_uuid(config.uuid, 1000 + i);
		check(lightvm_guest_create(host, &config, &layout, &error), "create");
		expect(layout.store_event_channel != 0, "it is a stock kernel");
		check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
	}
	printf("100 created and destroyed: %.0f ms each\n", (now() - begin) / 100);
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config = {.memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 1};
	struct lightvm_host_info info;
	struct utsname system;
	char kernel[300];
	uint64_t before;
	bool pvh;

	xen_open();
	verbose = getenv("VERBOSE") != NULL;
	uname(&system);
	snprintf(kernel, sizeof(kernel), "/usr/lib/modules/%s/vmlinux", system.release);
	if (argc > 1)
		snprintf(kernel, sizeof(kernel), "%s", argv[1]);
	if (access(kernel, R_OK) != 0) {
		printf("skipped: there is no %s\n", kernel);
		return SKIPPED;
	}
	config.kernel = read_file(kernel, &config.kernel_size);
	config.ramdisk = make_initramfs(script, &config.ramdisk_size);
	check(lightvm_host_info(host, &info, &error), "info");
	pvh = info.supports_hvm != 0;
	before = free_memory();
	run(&config, LIGHTVM_PV, 1, false);
	run(&config, LIGHTVM_PV, 2, true);
	if (pvh)
		run(&config, LIGHTVM_PVH, 2, false);
	else
		printf("no PVH here\n");
	refuse_all(&config, pvh);
	cycle(pvh);
	check_list(0);
	check_memory(before);
	printf("passed\n");
	return 0;
}

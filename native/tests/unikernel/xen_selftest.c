/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: the guest selftest finds that its runtime does what it promises, in 4 MB and in more
 * than the builder maps.
 *
 *   xen_selftest KERNEL
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/console.h>
#include "archive.h"
#include "xen_common.h"

#define LIMIT 120000 /* ms for a guest to do all its tests */

static void run(const struct lightvm_guest_config *config)
{
	static char text[1 << 16];
	struct lightvm_guest_layout layout;
	struct lightvm_domain_info info = {0};
	struct xencons_interface *ring;
	size_t length = 0;
	double limit = now() + LIMIT;
	evtchn_port_t port;
	uint32_t count;

	check(lightvm_guest_create(host, config, &layout, &error), "create");
	ring = map_grant(layout.domid, layout.console_gref);
	port = bind(&layout);
	check(lightvm_domain_unpause(host, layout.domid, &error), "unpause");
	while ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) == 0 && now() < limit) {
		XENCONS_RING_IDX consumer, producer;

		take_event(100);
		check(lightvm_domain_list(host, layout.domid, 1, &info, &count, &error), "list");
		consumer = ring->out_cons;
		producer = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
		for (; consumer != producer && length < sizeof(text) - 1; consumer++)
			text[length++] = ring->out[MASK_XENCONS_IDX(consumer, ring->out)];
		__atomic_store_n(&ring->out_cons, consumer, __ATOMIC_RELEASE);
		xenevtchn_notify(channels, port);
	}
	text[length] = '\0';
	printf("with %llu KiB:\n%s", (unsigned long long)config->memory_bytes >> 10, text);
	expect((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) != 0, "the guest ended");
	expect(info.shutdown_reason == NOXS_POWEROFF, "the guest powered off");
	expect(strstr(text, "all ok\n") != NULL, "all its tests passed");
	unbind(port);
	xengnttab_unmap(grants, ring, 1);
	check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
}

int main(int argc, char **argv)
{
	static const uint64_t sizes[] = {4 * MIB, 5 * MIB, 19 * MIB, 1100 * MIB};
	struct lightvm_guest_config config = {.vcpu_count = 1, .control_pages = 3, .name = "selftest"};

	static const char variables[] = "KEY=a value\0EMPTY=\0";
	struct archive archive = {0};

	archive_begin(&archive);
	archive_add(&archive, "a/b.txt", 0100644, 1, 1, "hello\n");
	archive_add_bytes(&archive, ".lightvm/environment", 0100600, 2, 1, variables, sizeof(variables) - 1);
	archive_end(&archive);
	config.ramdisk = archive.bytes;
	config.ramdisk_size = archive.size;
	xen_open();
	if (argc != 2)
		fail("usage", "xen_selftest KERNEL");
	config.kernel = read_file(argv[1], &config.kernel_size);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make_uuid(config.uuid, (int)i + 1);
		config.memory_bytes = sizes[i];
		run(&config);
	}
	printf("passed\n");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: the guest hello does what its runtime promises. Its console loses nothing though nobody
 * looks for a while, it obeys requests, and whatever ends it is told on the sysctl page and by Xen alike.
 *
 *   xen_hello KERNEL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../unikernel/archive.h"
#include "hello.h"

#define LIMIT 20000 /* ms for each guest to do what it is to do */

static struct hello guest;

static void start(const char *arguments)
{
	static int number;

	hello_start(&guest, ++number, arguments);
}

static void await_text(const char *text)
{
	hello_await(&guest, text);
}

static void request(uint32_t reason)
{
	hello_request(&guest, reason);
}

/* Waits for the end, compares what the guest and what Xen say of it, and takes the domain away. */
static void await_end(uint32_t reason)
{
	struct lightvm_domain_info info = {0};
	double limit = now() + LIMIT;
	uint32_t count;

	while ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) == 0) {
		expect(now() < limit, "the guest ended");
		take_event(100);
		hello_drain(&guest);
		check(lightvm_domain_list(host, guest.layout.domid, 1, &info, &count, &error), "list");
		expect(count == 1 && info.domid == guest.layout.domid, "the guest is listed");
	}
	hello_drain(&guest);
	expect(info.shutdown_reason == reason, "Xen knows the reason");
	expect(memcmp(info.uuid, guest.config.uuid, 16) == 0, "Xen knows the uuid");
	expect(guest.sysctl->ended == 1 && guest.sysctl->end_reason == reason, "the guest told the reason");
}

static void finish(void)
{
	hello_detach(&guest);
	check(lightvm_domain_destroy(host, guest.layout.domid, &error), "destroy");
}

static void test_burst(void)
{
	const char *line;
	char expected[32];

	start("burst=3000 interval=50");
	usleep(300000); /* far longer than it takes to fill the ring */
	await_text("burst 3000\n");
	await_text("tick 3\n");
	line = strstr(guest.text, "burst 1\n");
	for (int i = 1; i <= 3000; i++) {
		int length = snprintf(expected, sizeof(expected), "burst %d\n", i);

		expect(line != NULL && strncmp(line, expected, (size_t)length) == 0, expected);
		line += length;
	}
	expect(strstr(guest.text, "uuid a5a5a5a5-a5a5-a5a5-a5a5-a5a501000000\n") != NULL,
	       "it knows its uuid");
	expect(strstr(guest.text, "argument 2: interval=50\n") != NULL, "it has its arguments");
	request(NOXS_POWEROFF);
	await_end(NOXS_POWEROFF);
	expect(guest.sysctl->acknowledged == 1, "it acknowledged");
	expect(strstr(guest.text, "Goodbye: the host asked for an end\n") != NULL, "its hook ran");
	finish();
}

static void test_reboot(void)
{
	start("interval=60000");
	await_text("Hello from LightVM\n");
	expect(guest.sysctl->features == (NOXS_SYSCTL_POWEROFF | NOXS_SYSCTL_REBOOT | NOXS_SYSCTL_SUSPEND),
	       "it says what it obeys");
	request(NOXS_CRASH); /* which it does not obey */
	while (guest.sysctl->acknowledged != 1)
		take_event(100);
	request(NOXS_REBOOT);
	await_end(NOXS_REBOOT);
	finish();
}

/* An end while nobody takes the console's text, and the ring is full: the wish to end is heard nevertheless.
 */
static void test_full_ring(void)
{
	start("burst=3000");
	usleep(300000);
	request(NOXS_POWEROFF);
	usleep(100000);
	expect(guest.sysctl->acknowledged == 1, "it acknowledged with a full ring");
	await_end(NOXS_POWEROFF);
	finish();
}

static void type(const char *keys)
{
	struct xencons_interface *ring = guest.console;
	XENCONS_RING_IDX producer = ring->in_prod;

	for (; *keys != '\0'; keys++) {
		double limit = now() + LIMIT;

		while (producer - __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE) == sizeof(ring->in)) {
			expect(now() < limit, "the guest takes its input");
			__atomic_store_n(&ring->in_prod, producer, __ATOMIC_RELEASE);
			xenevtchn_notify(channels, guest.port);
			take_event(100);
			hello_drain(&guest);
		}
		ring->in[MASK_XENCONS_IDX(producer++, ring->in)] = *keys;
	}
	__atomic_store_n(&ring->in_prod, producer, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, guest.port);
}

/* Lines that are typed, more of them than the ring holds, and a window that changes. */
static void test_input(void)
{
	char line[64];

	start("echo=1 interval=60000");
	type("early\r");
	await_text("you said: early\n");
	type("wrogn\b\bng\n");
	await_text("you said: wrong\n");
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "line number %d\r", i);
		type(line);
	}
	await_text("you said: line number 199\n");
	guest.sysctl->columns = 132;
	guest.sysctl->rows = 43;
	xenevtchn_notify(channels, guest.port);
	await_text("window: 132 columns, 43 rows\n");
	request(NOXS_POWEROFF);
	await_end(NOXS_POWEROFF);
	finish();
}

/* A ramdisk of 600 KiB, more than the builder maps beside a small one. */
static void test_files(void)
{
	static const char variables[] = "GREETING=hello there\0EMPTY=\0";
	static char large[600 << 10];
	struct archive archive = {0};

	memset(large, 'x', sizeof(large) - 2);
	large[sizeof(large) - 2] = '\n';
	archive_begin(&archive);
	archive_add(&archive, "large", 0100644, 1, 1, large);
	archive_add(&archive, "etc/motd", 0100644, 2, 1, "Welcome aboard\n");
	archive_end(&archive);
	archive_begin_next(&archive);
	archive_add_bytes(&archive, ".lightvm/environment", 0100600, 1, 1, variables, sizeof(variables) - 1);
	archive_end(&archive);
	guest.config.ramdisk = archive.bytes;
	guest.config.ramdisk_size = archive.size;
	start("files=1 show=/etc/motd show=\"no\" exit=1");
	await_end(NOXS_POWEROFF);
	guest.config.ramdisk = NULL;
	expect(strstr(guest.text, "environment GREETING=hello there\nenvironment EMPTY=\nfile ") != NULL,
	       "it has its environment");
	expect(strstr(guest.text, "file /etc/motd, 15 bytes\nfile /large, 614399 bytes\n") != NULL,
	       "it has its files");
	expect(strstr(guest.text, "\nWelcome aboard\n") != NULL, "it reads a file");
	finish();
	free(archive.bytes);
}

static void test_own_end(void)
{
	start("count=2 interval=20");
	await_end(NOXS_POWEROFF);
	expect(strstr(guest.text, "tick 2\n") != NULL && strstr(guest.text, "tick 3\n") == NULL, "two ticks");
	finish();
}

static void test_crash(const char *arguments, const char *words)
{
	int file = memfd_create("dump", 0);
	char magic[4];

	start(arguments);
	await_end(NOXS_CRASH);
	expect(strstr(guest.text, words) != NULL, words);
	check(lightvm_domain_dump(host, guest.layout.domid, file, &error), "dump");
	expect(pread(file, magic, 4, 0) == 4 && memcmp(magic, "\177ELF", 4) == 0, "the dump is an ELF file");
	expect(lseek(file, 0, SEEK_END) > (off_t)(4 * MIB), "the dump holds the memory");
	close(file);
	finish();
}

/* VIRQ_DOM_EXC: ours, or xenstored's. */
static void test_ends(void)
{
	struct lightvm_ends *ends;
	int32_t fired;
	int rc = lightvm_ends_open(&ends, &error);

	if (rc != 0) {
		expect(error.error_number == 17 /* EEXIST */, "only another holder keeps the ends from us");
		printf("ends: %s\n", error.message);
		return;
	}
	lightvm_ends_wake(ends);
	check(lightvm_ends_wait(ends, -1, &fired, &error), "wake");
	while (fired != 0)
		check(lightvm_ends_wait(ends, 0, &fired, &error), "what was before");
	start("exit=1");
	check(lightvm_ends_wait(ends, LIMIT, &fired, &error), "wait for an end");
	expect(fired == 1, "the end was told");
	await_end(NOXS_POWEROFF);
	finish();
	lightvm_ends_close(ends);
}

int main(int argc, char **argv)
{
	uint64_t before;

	xen_open();
	if (argc != 2)
		fail("usage", "xen_hello KERNEL");
	guest.config =
	    (struct lightvm_guest_config){.memory_bytes = 4 * MIB, .vcpu_count = 1, .control_pages = 3};
	guest.config.kernel = read_file(argv[1], &guest.config.kernel_size);
	before = free_memory();
	test_burst();
	test_reboot();
	test_full_ring();
	test_input();
	test_files();
	test_own_end();
	test_crash("crash=1", "panic: hello: asked to by crash=1\n");
	test_crash("fault=1", "panic: hello: page fault");
	test_ends();
	check_list(0);
	check_memory(before);
	printf("passed\n");
	return 0;
}

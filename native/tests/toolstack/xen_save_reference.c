/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: our stream and libxenguest's are the same thing. Each reads what the other wrote of the guest hello,
 * which goes on. Says what each takes.
 *
 *   xen_save_reference HELLO_KERNEL [ROUNDS]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* First: what includes xen.h before it gets another xenctrl.h. */
#include "save.h"
#include "hello.h"

#define MEMORY (4 * MIB)

static struct hello guest;
static int number = 10;

static void take(struct hello *hello, const char *arguments)
{
	hello_start(hello, ++number, arguments);
	hello_await(hello, "tick 2\n");
	hello_request(hello, NOXS_SUSPEND);
	check(lightvm_domain_await_suspend(host, hello->layout.domid, 20000, &error), "await suspend");
	hello_detach(hello);
}

static void write_by(const struct hello *hello, bool reference, int file)
{
	struct lightvm_save_config config = {.domid = hello->layout.domid, .fd = file};

	if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0)
		fail("memfd", strerror(errno));
	if (reference)
		check(save_xenguest(host, &config, &error), "save by libxenguest");
	else
		check(lightvm_guest_save(host, &config, &error), "save");
	lseek(file, 0, SEEK_SET);
}

static void read_by(struct hello *hello, bool reference, int file)
{
	struct lightvm_restore_config config = {
	    .memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 3, .fd = file, .name = "again"};
	struct lightvm_restored restored;

	make_uuid(config.uuid, number);
	restore_by_xenguest = reference;
	check(lightvm_guest_restore(host, NULL, &config, &restored, &error), "restore");
	restore_by_xenguest = false;
	hello->layout = restored.layout;
}

static void go_on(struct hello *hello)
{
	hello_attach(hello);
	check(lightvm_domain_unpause(host, hello->layout.domid, &error), "unpause");
	hello_await(hello, "resumed: restored");
	hello_await(hello, "tick 9\n");
	hello_detach(hello);
	check(lightvm_domain_destroy(host, hello->layout.domid, &error), "destroy");
}

static void test(bool reference_writes, bool reference_reads)
{
	int file = memfd_create("stream", MFD_CLOEXEC);

	take(&guest, "interval=20");
	write_by(&guest, reference_writes, file);
	check(lightvm_domain_destroy(host, guest.layout.domid, &error), "destroy");
	read_by(&guest, reference_reads, file);
	go_on(&guest);
	close(file);
}

static void measure(int rounds)
{
	int file = memfd_create("stream", MFD_CLOEXEC);
	double times[5] = {0}, begun;

	take(&guest, "interval=20");
	for (int i = 0; i < rounds; i++) {
		struct lightvm_guest_layout layout;

		begun = now();
		check(lightvm_guest_create(host, &guest.config, &layout, &error), "create");
		times[4] += now() - begun;
		check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
		for (int reference = 0; reference < 2; reference++) {
			struct hello again = {0};

			begun = now();
			write_by(&guest, reference, file);
			times[reference] += now() - begun;
			begun = now();
			read_by(&again, reference, file);
			times[2 + reference] += now() - begun;
			check(lightvm_domain_destroy(host, again.layout.domid, &error), "destroy");
		}
	}
	printf("%d rounds: save %.2f ms, by libxenguest %.2f ms; restore %.2f ms, by libxenguest %.2f ms; create %.2f ms\n",
	       rounds, times[0] / rounds, times[1] / rounds, times[2] / rounds, times[3] / rounds, times[4] / rounds);
	check(lightvm_domain_destroy(host, guest.layout.domid, &error), "destroy");
	close(file);
}

int main(int argc, char **argv)
{
	xen_open();
	if (argc < 2)
		fail("usage", "xen_save_reference HELLO_KERNEL [ROUNDS]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	guest.config = (struct lightvm_guest_config){.memory_bytes = MEMORY, .vcpu_count = 1, .control_pages = 3};
	guest.config.kernel = read_file(argv[1], &guest.config.kernel_size);
	test(false, false);
	test(true, false);
	test(false, true);
	test(true, true);
	measure(argc > 2 ? atoi(argv[2]) : 5);
	check_list(0);
	printf("passed\n");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host, with no xenstored: Debian's kernel finds its devices in a private XenStore, writes to a
 * disk and reads it back while lightvm-io is killed again and again, at boot and under load; a disk comes and
 * goes; it powers off when it is asked to.
 *
 *   xen_store LIGHTVM_IO [KERNEL]     an uncompressed one; without: that of the lab's dom0
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../io/block_journal.h"
#include "../../io/store_file.h"
#include "../toolstack/linux_initramfs.h"
#include "check.h"
#include "client.h"
#include "lightvm/lightvm.h"
#include "lightvm/noxs.h"

#define NOBODY    65534
#define MEMORY    (128ULL << 20)
#define LOG_SIZE  (1U << 20)
#define DISK_SIZE (32U << 20)
#define LIMIT_NS  180000000000ULL
#define KILLS     8
#define TAP       "xenstoretap"
#define DISKS     2

static const char script[] =
    "#!/bin/busybox sh\n"
    "b=/bin/busybox\n"
    "$b mount -t proc proc /proc\n"
    "$b mount -t sysfs sys /sys\n"
    "$b mount -t devtmpfs dev /dev\n"
    "$b insmod /lib/xen-blkfront.ko\n"
    "$b insmod /lib/xen-netfront.ko\n"
    "$b echo marker: up $($b nproc)\n"
    "while ! [ -b /dev/xvda ]; do $b usleep 10000; done\n"
    "while ! [ -d /sys/class/net/eth0 ]; do $b usleep 10000; done\n"
    "$b ifconfig eth0 10.99.0.2 up\n"
    "$b dd if=/dev/urandom of=/pattern bs=64k count=4 2>/dev/null\n"
    "i=0\n"
    "while true; do\n"
    "i=$((i+1)); at=$((i%64*4))\n"
    "$b dd if=/pattern of=/dev/xvda bs=64k seek=$at conv=notrunc,fsync 2>/dev/null || $b echo marker: write "
    "failed\n"
    "$b echo 3 >/proc/sys/vm/drop_caches\n"
    "$b dd if=/dev/xvda of=/back bs=64k skip=$at count=4 2>/dev/null || $b echo marker: read failed\n"
    "if $b cmp /pattern /back; then $b echo marker: round $i devices $(cd /sys/bus/xen/devices; $b echo *).\n"
    "else $b echo marker: differs; fi\n"
    "n=0; until $b ping -c 1 -W 1 -s 1000 10.99.0.1 >/dev/null; do\n"
    "n=$((n+1)); [ $n = 20 ] && $b echo marker: ping failed; done\n"
    "done\n";

static const char off[] = "#!/bin/busybox sh\n"
                          "exec /bin/busybox poweroff -f\n";

static struct {
	struct lightvm_host *host;
	const char *program;
	char directory[32];
	char path[48];
	pid_t process;
	struct client client;
	uint8_t uuid[16];
	struct lightvm_guest_layout layout;
	int log;
	int store;
	char disks[DISKS][64];
	int journals[DISKS];
	int tap;
	int network_socket;
	int disk_count; /* that are to be there */
	uint32_t acknowledgements;
	uint32_t states[DISKS]; /* enum noxs_state */
} test;

static struct lightvm_error error;

static void ok(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "%s: %s (errno %d)\n", error.step, error.message, error.error_number);
	exit(1);
}

static void note(void *context, const union client_packet *packet)
{
	(void)context;
	CHECK(packet->header.type != IO_FAULT);
	if (packet->header.type == IO_ACKNOWLEDGED)
		test.acknowledgements++;
	if (packet->header.type == IO_DEVICE_STATE) {
		CHECK(packet->device.id < DISKS);
		if (packet->device.type == NOXS_BLOCK)
			test.states[packet->device.id] = packet->device.state;
	}
}

static const char *console(void)
{
	static char text[LOG_SIZE + 1];
	struct console_log log;

	CHECK(pread(test.log, &log, sizeof(log), 0) == sizeof(log));
	CHECK(log.head <= LOG_SIZE);
	CHECK(pread(test.log, text, log.head, CONSOLE_DATA_OFFSET) == (ssize_t)log.head);
	text[log.head] = '\0';
	return text;
}

/* What comes within so much time. */
static void poll_events(int timeout_ms)
{
	union client_packet packet;
	ssize_t size = client_receive(&test.client, &packet, timeout_ms);

	while (size > 0) {
		note(NULL, &packet);
		size = client_receive(&test.client, &packet, 0);
	}
	CHECK(size != 0);
}

static void give_up(const char *what)
{
	fprintf(stderr, "the guest did not get to: %s\nits console:\n%s\n", what, console());
	exit(1);
}

/* Waits for the last marker of the console to be so. */
static void await_marker(bool (*good)(const char *last, int number), int number, const char *what)
{
	uint64_t end = client_clock_ns() + LIMIT_NS;

	for (;;) {
		const char *text = console();
		const char *last = NULL;

		if (strstr(text, "marker: differs") != NULL || strstr(text, " failed") != NULL)
			give_up("go on without an error");
		for (const char *at = strstr(text, "marker: "); at != NULL; at = strstr(at + 1, "marker: ")) {
			if (strchr(at, '\n') != NULL)
				last = at;
		}
		if (last != NULL && good(last, number))
			return;
		if (client_clock_ns() > end)
			give_up(what);
		poll_events(100);
	}
}

static int round_of(const char *last)
{
	int number = 0;

	return sscanf(last, "marker: round %d", &number) == 1 ? number : 0;
}

static bool has_round(const char *last, int number)
{
	return round_of(last) >= number;
}

static bool has_disks(const char *last, int count)
{
	char line[200];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(last, "\n"), last);
	return round_of(last) > 0 && (strstr(line, "vbd-51728") != NULL) == (count == 2);
}

static void attach_disk(int id)
{
	struct io_block block = {
	    .header = {.type = IO_BLOCK},
	    .domid = test.layout.domid,
	    .id = (uint16_t)id,
	    .sectors = DISK_SIZE / 512,
	    .sector_size = 512,
	    .number = 51712 + 16 * (uint32_t)id,
	};
	int descriptors[2];

	memcpy(block.uuid, test.uuid, 16);
	descriptors[0] = open(test.disks[id], O_RDWR | O_CLOEXEC);
	descriptors[1] = test.journals[id];
	CHECK(descriptors[0] >= 0);
	/* Once the I/O of the last process is over. */
	CHECK(flock(descriptors[0], LOCK_EX) == 0);
	CHECK_EQUAL(client_ask(&test.client, &block, sizeof(block), descriptors, 2), 0);
	close(descriptors[0]);
}

/* A queue of the TAP to the guests' network, detached. */
static int open_tap(void)
{
	struct ifreq request = {.ifr_name = TAP,
	                        .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	CHECK(tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0);
	request.ifr_flags = IFF_DETACH_QUEUE;
	CHECK(ioctl(tap, TUNSETQUEUE, &request) == 0);
	return tap;
}

static void attach_adapter(void)
{
	struct io_network network = {
	    .header = {.type = IO_NETWORK},
	    .uuid = {0x99},
	    .name = "test",
	    .flags = IO_NETWORK_BROADCAST | IO_NETWORK_MULTICAST,
	    .mtu = 1500,
	    .ipv4_host = {10, 99, 0, 1},
	    .ipv4_prefix = 24,
	};
	struct io_net net = {
	    .header = {.type = IO_NET},
	    .domid = test.layout.domid,
	    .network = {0x99},
	    .mtu = 1500,
	    .mac = {0x02, 0x16, 0x3e, 0, 0, 2},
	    .ipv4 = {10, 99, 0, 2},
	    .ipv4_gateway = {10, 99, 0, 1},
	    .ipv4_prefix = 24,
	};
	struct ifreq request = {.ifr_name = TAP};
	int tap = open_tap();

	CHECK(ioctl(test.network_socket, SIOCGIFHWADDR, &request) == 0);
	memcpy(network.host_mac, request.ifr_hwaddr.sa_data, 6);
	memcpy(net.uuid, test.uuid, 16);
	CHECK_EQUAL(client_ask(&test.client, &network, sizeof(network), &tap, 1), 0);
	CHECK_EQUAL(client_ask(&test.client, &net, sizeof(net), NULL, 0), 0);
	close(tap);
}

/* The host's end of the network, which stays while lightvm-io does not. */
static void make_network(void)
{
	struct ifreq request = {.ifr_name = TAP};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

	test.tap = open_tap();
	test.network_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(test.network_socket >= 0);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a630001);
	CHECK(ioctl(test.network_socket, SIOCSIFADDR, &request) == 0);
	address->sin_addr.s_addr = htonl(0xffffff00);
	CHECK(ioctl(test.network_socket, SIOCSIFNETMASK, &request) == 0);
	CHECK(ioctl(test.network_socket, SIOCGIFFLAGS, &request) == 0);
	request.ifr_flags |= IFF_UP;
	CHECK(ioctl(test.network_socket, SIOCSIFFLAGS, &request) == 0);
}

static void start(void)
{
	struct io_attach attach = {
	    .header = {.type = IO_ATTACH},
	    .domid = test.layout.domid,
	    .event_channel = test.layout.event_channel,
	    .console_gref = test.layout.console_gref,
	    .device_gref = test.layout.device_gref,
	    .store_event_channel = test.layout.store_event_channel,
	};
	int hello[2] = {open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC),
	                open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC)};
	const int files[2] = {test.log, test.store};

	CHECK(hello[0] >= 0 && hello[1] >= 0);
	(void)unlink(test.path);
	test.process = client_start(test.program, test.path, NOBODY);
	client_connect(&test.client, test.path);
	CHECK_EQUAL(client_hello(&test.client, hello, 2), 0);
	close(hello[0]);
	close(hello[1]);
	memcpy(attach.uuid, test.uuid, 16);
	CHECK_EQUAL(client_ask(&test.client, &attach, sizeof(attach), files, 2), 0);
	attach_adapter();
	for (int i = 0; i < test.disk_count; i++)
		attach_disk(i);
}

static void replace(void)
{
	client_kill(test.process);
	client_close(&test.client);
	usleep((useconds_t)(rand() % 20000));
	start();
}

static void make_files(const char *name)
{
	struct store_about about = {
	    .magic = STORE_MAGIC,
	    .version = STORE_VERSION,
	    .domid = test.layout.domid,
	    .vcpu_count = 2,
	    .memory_bytes = MEMORY,
	};

	memcpy(about.uuid, test.uuid, 16);
	snprintf(about.name, sizeof(about.name), "%s", name);
	test.log = client_make_log(test.uuid, test.layout.domid, LOG_SIZE);
	test.store = memfd_create("store", MFD_CLOEXEC);
	CHECK(test.store >= 0 && ftruncate(test.store, STORE_FILE_SIZE) == 0);
	CHECK(pwrite(test.store, &about, sizeof(about), 0) == sizeof(about));
	for (int i = 0; i < DISKS; i++) {
		int disk;

		snprintf(test.disks[i], sizeof(test.disks[i]), "%s/disk-%d", test.directory, i);
		disk = open(test.disks[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		CHECK(disk >= 0 && ftruncate(disk, DISK_SIZE) == 0);
		close(disk);
		test.journals[i] = memfd_create("journal", MFD_CLOEXEC);
		CHECK(test.journals[i] >= 0 && ftruncate(test.journals[i], BLOCK_JOURNAL_SIZE) == 0);
	}
}

static void create(struct lightvm_guest_config *config, uint32_t type)
{
	CHECK(getrandom(test.uuid, 16, 0) == 16);
	memcpy(config->uuid, test.uuid, 16);
	config->type = type;
	config->command_line = "console=hvc0 panic=-1 quiet";
	ok(lightvm_guest_create(test.host, config, &test.layout, &error));
	make_files(type == LIGHTVM_PVH ? "linux-pvh" : "linux-pv");
	test.acknowledgements = 0;
	test.disk_count = 1;
}

static void await_end(void)
{
	struct lightvm_domain_info info = {0};
	uint64_t end = client_clock_ns() + LIMIT_NS;
	uint32_t count;

	while ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) == 0) {
		poll_events(100);
		ok(lightvm_domain_list(test.host, test.layout.domid, 1, &info, &count, &error));
		CHECK(count == 1 && info.domid == test.layout.domid);
		if (client_clock_ns() > end)
			give_up("end");
	}
	CHECK_EQUAL(info.shutdown_reason, NOXS_POWEROFF);
}

static void remove_disk(int id)
{
	struct io_device device = {
	    .header = {.type = IO_DEVICE_REMOVE},
	    .domid = test.layout.domid,
	    .type = NOXS_BLOCK,
	    .id = (uint16_t)id,
	};

	memcpy(device.uuid, test.uuid, 16);
	CHECK_EQUAL(client_ask(&test.client, &device, sizeof(device), NULL, 0), 0);
}

static void run(struct lightvm_guest_config *config, uint32_t type)
{
	const char *name = type == LIGHTVM_PVH ? "PVH" : "PV";
	uint64_t began = client_clock_ns();

	create(config, type);
	start();
	ok(lightvm_domain_unpause(test.host, test.layout.domid, &error));
	for (int i = 0; i < KILLS; i++) {
		usleep((useconds_t)(rand() % 500000));
		replace();
	}
	await_marker(has_round, 1, "its first round");
	printf("%s: first round %.1f s after creation began, %d kills on the way\n", name,
	       (double)(client_clock_ns() - began) / 1e9, KILLS);
	for (int i = 0; i < KILLS; i++) {
		usleep((useconds_t)(rand() % 400000));
		replace();
		if (i % 3 == 0)
			await_marker(has_round, 3 + i, "rounds after a kill");
	}
	await_marker(has_round, 12, "rounds after the kills");
	printf("%s: 12 rounds of writing and reading, %d kills under load\n", name, KILLS);

	test.disk_count = 2;
	attach_disk(1);
	await_marker(has_disks, 2, "find the second disk");
	remove_disk(1);
	test.disk_count = 1;
	await_marker(has_disks, 1, "let the second disk go");
	printf("%s: a disk came and went\n", name);

	CHECK_EQUAL(client_shutdown(&test.client, test.uuid, test.layout.domid, NOXS_POWEROFF), 0);
	await_end();
	CHECK_EQUAL(test.acknowledgements, 1);
	CHECK_EQUAL(client_detach(&test.client, test.uuid, test.layout.domid), 0);
	ok(lightvm_domain_destroy(test.host, test.layout.domid, &error));
	CHECK_EQUAL(client_stop(test.process), 0);
	client_close(&test.client);
	close(test.log);
	close(test.store);
	for (int i = 0; i < DISKS; i++) {
		close(test.journals[i]);
		(void)unlink(test.disks[i]);
	}
	printf("%s: powered off as asked, %.1f s in all\n", name, (double)(client_clock_ns() - began) / 1e9);
}

static const void *map_file(const char *path, uint64_t *size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	if (file < 0) {
		printf("skipped: there is no %s\n", path);
		exit(SKIPPED);
	}
	CHECK(fstat(file, &status) == 0);
	*size = (uint64_t)status.st_size;
	bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
	CHECK(bytes != MAP_FAILED);
	close(file);
	return bytes;
}

int main(int argc, char **argv)
{
	struct lightvm_guest_config config = {.memory_bytes = MEMORY, .vcpu_count = 2, .control_pages = 1};
	struct initramfs_file files[3] = {{.name = "lib/xen-blkfront.ko"},
	                                  {.name = "lib/xen-netfront.ko"},
	                                  {.name = "sbin/poweroff", .bytes = off, .size = sizeof(off) - 1}};
	struct lightvm_host_info info;
	struct utsname system;
	char path[300];

	CHECK(argc >= 2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (access("/proc/xen/privcmd", F_OK) != 0)
		return SKIPPED;
	uname(&system);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/vmlinux", system.release);
	config.kernel = map_file(argc > 2 ? argv[2] : path, &config.kernel_size);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/kernel/drivers/block/xen-blkfront.ko",
	         system.release);
	files[0].bytes = map_file(path, &files[0].size);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/kernel/drivers/net/xen-netfront.ko",
	         system.release);
	files[1].bytes = map_file(path, &files[1].size);
	config.ramdisk = make_initramfs_with(script, files, 3, &config.ramdisk_size);
	test.program = argv[1];
	test.client.event = note;
	snprintf(test.directory, sizeof(test.directory), "/tmp/xen-store-XXXXXX");
	CHECK(mkdtemp(test.directory) != NULL);
	CHECK(chown(test.directory, NOBODY, NOBODY) == 0);
	snprintf(test.path, sizeof(test.path), "%s/socket", test.directory);
	ok(lightvm_host_open(LIGHTVM_ABI, &test.host, &error));
	ok(lightvm_host_info(test.host, &info, &error));
	make_network();
	run(&config, LIGHTVM_PV);
	if (info.supports_hvm != 0)
		run(&config, LIGHTVM_PVH);
	else
		printf("no PVH here\n");
	close(test.tap);
	close(test.network_socket);
	(void)unlink(test.path);
	(void)rmdir(test.directory);
	lightvm_host_close(test.host);
	return 0;
}

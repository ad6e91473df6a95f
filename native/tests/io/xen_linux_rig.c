/* SPDX-License-Identifier: MIT */
#include "xen_linux_rig.h"

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
#include "lightvm/noxs.h"

#define NOBODY    65534
#define DISK_SIZE (32U << 20)
#define TAP       "xenstoretap"

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

struct linux_rig linux_rig;
struct lightvm_error linux_error;

void linux_ok(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "%s: %s (errno %d)\n", linux_error.step, linux_error.message, linux_error.error_number);
	exit(1);
}

static void note(void *context, const union client_packet *packet)
{
	(void)context;
	CHECK(packet->header.type != IO_FAULT);
	if (packet->header.type == IO_ACKNOWLEDGED)
		linux_rig.acknowledgements++;
	if (packet->header.type == IO_DEVICE_STATE) {
		CHECK(packet->device.id < LINUX_DISKS);
		if (packet->device.type == NOXS_BLOCK)
			linux_rig.states[packet->device.id] = packet->device.state;
	}
}

/* What comes within so much time. */
void linux_poll_events(int timeout_ms)
{
	union client_packet packet;
	ssize_t size = client_receive(&linux_rig.client, &packet, timeout_ms);

	while (size > 0) {
		note(NULL, &packet);
		size = client_receive(&linux_rig.client, &packet, 0);
	}
	CHECK(size != 0);
}

static struct lightvm_domain_info domain(void)
{
	struct lightvm_domain_info info = {0};
	uint32_t count;

	linux_ok(lightvm_domain_list(linux_rig.host, linux_rig.layout.domid, 1, &info, &count, &linux_error));
	CHECK(count == 1 && info.domid == linux_rig.layout.domid);
	return info;
}

/*
 * Waits for its first marker. False: it reset itself before, without a word. Where AMD's virtualisation is emulated,
 * with two processors, a PVH guest does so now and then (Xen says "Triple fault"): such a boot tells nothing.
 */
static bool await_first_marker(void)
{
	uint64_t end = client_clock_ns() + LINUX_LIMIT_NS;

	while (strstr(linux_console(), "marker: ") == NULL) {
		struct lightvm_domain_info info = domain();

		if ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) != 0) {
			if (info.shutdown_reason != NOXS_REBOOT || strstr(linux_console(), "panic") != NULL)
				linux_give_up("boot");
			return false;
		}
		if (client_clock_ns() > end)
			linux_give_up("boot");
		linux_poll_events(100);
	}
	return true;
}

void linux_attach_disk(int id)
{
	struct io_block block = {
	    .header = {.type = IO_BLOCK},
	    .domid = linux_rig.layout.domid,
	    .id = (uint16_t)id,
	    .sectors = DISK_SIZE / 512,
	    .sector_size = 512,
	    .number = 51712 + 16 * (uint32_t)id,
	};
	int descriptors[2];

	memcpy(block.uuid, linux_rig.uuid, 16);
	descriptors[0] = open(linux_rig.disks[id], O_RDWR | O_CLOEXEC);
	descriptors[1] = linux_rig.journals[id];
	CHECK(descriptors[0] >= 0);
	/* Once the I/O of the last process is over. */
	CHECK(flock(descriptors[0], LOCK_EX) == 0);
	CHECK_EQUAL(client_ask(&linux_rig.client, &block, sizeof(block), descriptors, 2), 0);
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

void linux_attach_adapter(void)
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
	    .domid = linux_rig.layout.domid,
	    .network = {0x99},
	    .mtu = 1500,
	    .mac = {0x02, 0x16, 0x3e, 0, 0, 2},
	    .ipv4 = {10, 99, 0, 2},
	    .ipv4_gateway = {10, 99, 0, 1},
	    .ipv4_prefix = 24,
	};
	struct ifreq request = {.ifr_name = TAP};
	int tap = open_tap();

	CHECK(ioctl(linux_rig.network_socket, SIOCGIFHWADDR, &request) == 0);
	memcpy(network.host_mac, request.ifr_hwaddr.sa_data, 6);
	memcpy(net.uuid, linux_rig.uuid, 16);
	CHECK_EQUAL(client_ask(&linux_rig.client, &network, sizeof(network), &tap, 1), 0);
	CHECK_EQUAL(client_ask(&linux_rig.client, &net, sizeof(net), NULL, 0), 0);
	close(tap);
}

/* The host's end of the network, which stays while lightvm-io does not. */
void linux_make_network(void)
{
	struct ifreq request = {.ifr_name = TAP};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

	linux_rig.tap = open_tap();
	linux_rig.network_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(linux_rig.network_socket >= 0);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a630001);
	CHECK(ioctl(linux_rig.network_socket, SIOCSIFADDR, &request) == 0);
	address->sin_addr.s_addr = htonl(0xffffff00);
	CHECK(ioctl(linux_rig.network_socket, SIOCSIFNETMASK, &request) == 0);
	CHECK(ioctl(linux_rig.network_socket, SIOCGIFFLAGS, &request) == 0);
	request.ifr_flags |= IFF_UP;
	CHECK(ioctl(linux_rig.network_socket, SIOCSIFFLAGS, &request) == 0);
}

void linux_attach(void)
{
	struct io_attach attach = {
	    .header = {.type = IO_ATTACH},
	    .domid = linux_rig.layout.domid,
	    .event_channel = linux_rig.layout.event_channel,
	    .console_gref = linux_rig.layout.console_gref,
	    .device_gref = linux_rig.layout.device_gref,
	    .store_event_channel = linux_rig.layout.store_event_channel,
	};
	const int files[2] = {linux_rig.log, linux_rig.store};

	memcpy(attach.uuid, linux_rig.uuid, 16);
	CHECK_EQUAL(client_ask(&linux_rig.client, &attach, sizeof(attach), files, 2), 0);
	linux_attach_adapter();
	for (int i = 0; i < linux_rig.disk_count; i++)
		linux_attach_disk(i);
}

void linux_start(void)
{
	int hello[2] = {open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC),
	                open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC)};

	CHECK(hello[0] >= 0 && hello[1] >= 0);
	(void)unlink(linux_rig.path);
	linux_rig.process = client_start(linux_rig.program, linux_rig.path, NOBODY);
	client_connect(&linux_rig.client, linux_rig.path);
	CHECK_EQUAL(client_hello(&linux_rig.client, hello, 2), 0);
	close(hello[0]);
	close(hello[1]);
	linux_attach();
}

void linux_make_store(const char *name)
{
	struct store_about about = {
	    .magic = STORE_MAGIC,
	    .version = STORE_VERSION,
	    .domid = linux_rig.layout.domid,
	    .vcpu_count = 2,
	    .memory_bytes = LINUX_MEMORY,
	};

	memcpy(about.uuid, linux_rig.uuid, 16);
	snprintf(about.name, sizeof(about.name), "%s", name);
	linux_rig.store = memfd_create("store", MFD_CLOEXEC);
	CHECK(linux_rig.store >= 0 && ftruncate(linux_rig.store, STORE_FILE_SIZE) == 0);
	CHECK(pwrite(linux_rig.store, &about, sizeof(about), 0) == sizeof(about));
}

static void make_disks(void)
{
	for (int i = 0; i < LINUX_DISKS; i++) {
		int disk;

		snprintf(linux_rig.disks[i], sizeof(linux_rig.disks[i]), "%s/disk-%d", linux_rig.directory, i);
		disk = open(linux_rig.disks[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		CHECK(disk >= 0 && ftruncate(disk, DISK_SIZE) == 0);
		close(disk);
		linux_rig.journals[i] = memfd_create("journal", MFD_CLOEXEC);
		CHECK(linux_rig.journals[i] >= 0 && ftruncate(linux_rig.journals[i], BLOCK_JOURNAL_SIZE) == 0);
	}
}

void linux_create(struct lightvm_guest_config *config, uint32_t type)
{
	CHECK(getrandom(linux_rig.uuid, 16, 0) == 16);
	memcpy(config->uuid, linux_rig.uuid, 16);
	config->type = type;
	config->command_line = "console=hvc0 panic=-1 quiet";
	linux_ok(lightvm_guest_create(linux_rig.host, config, &linux_rig.layout, &linux_error));
	linux_rig.log = client_make_log(linux_rig.uuid, linux_rig.layout.domid, LINUX_LOG_SIZE);
	linux_make_store(type == LIGHTVM_PVH ? "linux-pvh" : "linux-pv");
	make_disks();
	linux_rig.acknowledgements = 0;
	linux_rig.disk_count = 1;
}

void linux_boot(struct lightvm_guest_config *config, uint32_t type, void (*meanwhile)(void))
{
	for (int tries = 1;; tries++) {
		linux_create(config, type);
		linux_start();
		linux_ok(lightvm_domain_unpause(linux_rig.host, linux_rig.layout.domid, &linux_error));
		if (meanwhile != NULL)
			meanwhile();
		if (await_first_marker())
			return;
		CHECK(type == LIGHTVM_PVH && tries < 5);
		printf("PVH: reset itself at its boot, once more\n");
		linux_take_away();
	}
}

void linux_await_end(void)
{
	struct lightvm_domain_info info = {0};
	uint64_t end = client_clock_ns() + LINUX_LIMIT_NS;

	while ((info.flags & LIGHTVM_DOMAIN_SHUTDOWN) == 0) {
		linux_poll_events(100);
		info = domain();
		if (client_clock_ns() > end)
			linux_give_up("end");
	}
	CHECK_EQUAL(info.shutdown_reason, NOXS_POWEROFF);
}

void linux_remove_disk(int id)
{
	struct io_device device = {
	    .header = {.type = IO_DEVICE_REMOVE},
	    .domid = linux_rig.layout.domid,
	    .type = NOXS_BLOCK,
	    .id = (uint16_t)id,
	};

	memcpy(device.uuid, linux_rig.uuid, 16);
	CHECK_EQUAL(client_ask(&linux_rig.client, &device, sizeof(device), NULL, 0), 0);
}

void linux_end(void)
{
	CHECK_EQUAL(client_shutdown(&linux_rig.client, linux_rig.uuid, linux_rig.layout.domid, NOXS_POWEROFF), 0);
	linux_await_end();
	CHECK_EQUAL(linux_rig.acknowledgements, 1);
	linux_take_away();
}

void linux_take_away(void)
{
	CHECK_EQUAL(client_detach(&linux_rig.client, linux_rig.uuid, linux_rig.layout.domid), 0);
	linux_ok(lightvm_domain_destroy(linux_rig.host, linux_rig.layout.domid, &linux_error));
	CHECK_EQUAL(client_stop(linux_rig.process), 0);
	client_close(&linux_rig.client);
	close(linux_rig.log);
	close(linux_rig.store);
	for (int i = 0; i < LINUX_DISKS; i++) {
		close(linux_rig.journals[i]);
		(void)unlink(linux_rig.disks[i]);
	}
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

void linux_open(struct lightvm_guest_config *config, const char *program, const char *kernel)
{
	struct initramfs_file files[3] = {{.name = "lib/xen-blkfront.ko"},
	                                  {.name = "lib/xen-netfront.ko"},
	                                  {.name = "sbin/poweroff", .bytes = off, .size = sizeof(off) - 1}};
	struct utsname system;
	char path[300];

	*config = (struct lightvm_guest_config){.memory_bytes = LINUX_MEMORY, .vcpu_count = 2, .control_pages = 1};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (access("/proc/xen/privcmd", F_OK) != 0)
		exit(SKIPPED);
	uname(&system);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/vmlinux", system.release);
	config->kernel = map_file(kernel != NULL ? kernel : path, &config->kernel_size);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/kernel/drivers/block/xen-blkfront.ko",
	         system.release);
	files[0].bytes = map_file(path, &files[0].size);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/kernel/drivers/net/xen-netfront.ko",
	         system.release);
	files[1].bytes = map_file(path, &files[1].size);
	config->ramdisk = make_initramfs_with(script, files, 3, &config->ramdisk_size);
	linux_rig.program = program;
	linux_rig.client.event = note;
	snprintf(linux_rig.directory, sizeof(linux_rig.directory), "/tmp/xen-store-XXXXXX");
	CHECK(mkdtemp(linux_rig.directory) != NULL);
	CHECK(chown(linux_rig.directory, NOBODY, NOBODY) == 0);
	snprintf(linux_rig.path, sizeof(linux_rig.path), "%s/socket", linux_rig.directory);
	linux_ok(lightvm_host_open(LIGHTVM_ABI, &linux_rig.host, &linux_error));
	linux_make_network();
}

bool linux_has_pvh(void)
{
	struct lightvm_host_info info;

	linux_ok(lightvm_host_info(linux_rig.host, &info, &linux_error));
	if (info.supports_hvm == 0)
		printf("no PVH here\n");
	return info.supports_hvm != 0;
}

void linux_close(void)
{
	close(linux_rig.tap);
	close(linux_rig.network_socket);
	(void)unlink(linux_rig.path);
	(void)rmdir(linux_rig.directory);
	lightvm_host_close(linux_rig.host);
}

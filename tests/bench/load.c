/* SPDX-License-Identifier: MIT */
/*
 * lightvm-load: the load of the bench cases net and disk, at both ends. Static, so that it runs as the init of a Linux
 * guest as well as in dom0; what it measures is printed as "BYTES NANOSECONDS" or "COUNT NANOSECONDS".
 *
 *   lightvm-load                          as init: mounts, loads /modules in the order of /modules/order, configures eth0
 *                                         by the kernel's arguments load.ip=A.B.C.D/N, and serves
 *   lightvm-load serve                    TCP 5001 takes and counts, TCP 5000 takes one command line per connection
 *   lightvm-load tcp ADDRESS MS           sends to ADDRESS's port 5001 for so long
 *   lightvm-load ping ADDRESS COUNT       as many ICMP echoes, the next when the last has been answered
 *   lightvm-load disk-read DEVICE MS      reads from the beginning, 1 MiB each, past the page cache
 *   lightvm-load disk-write DEVICE MS     the same, writing
 *   lightvm-load at ADDRESS COMMAND...    has the guest at ADDRESS do that, and prints its answer
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SINK_PORT    5001
#define COMMAND_PORT 5000
#define CHUNK        (1U << 20)
#define PATIENCE_S   20
#define WORDS        8

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("lightvm-load: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static struct sockaddr_in address_of(const char *text, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die("'%s' is no IPv4 address", text);
	return address;
}

/* Tries until somebody listens: a first SYN that is lost would otherwise cost a second. */
static int connect_to(const char *text, uint16_t port)
{
	struct sockaddr_in address = address_of(text, port);
	uint64_t end = now_ns() + PATIENCE_S * 1000000000ULL;

	while (now_ns() < end) {
		int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0)
			return descriptor;
		close(descriptor);
		usleep(10000);
	}
	die("nobody listens at %s, port %u: %s", text, port, strerror(errno));
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(descriptor, 64) != 0)
		die("cannot listen at port %u: %s", port, strerror(errno));
	return descriptor;
}

/* The sink says how much it got when the sender is done: only what has arrived counts. */
static void take_all(int descriptor)
{
	static char buffer[1U << 18];
	uint64_t total = 0;
	ssize_t size;

	while ((size = read(descriptor, buffer, sizeof(buffer))) > 0)
		total += (uint64_t)size;
	dprintf(descriptor, "%llu\n", (unsigned long long)total);
}

static void tcp(const char *to, uint64_t ms)
{
	static char buffer[1U << 18];
	int descriptor = connect_to(to, SINK_PORT);
	char answer[64] = "";
	uint64_t start = now_ns(), end = start + ms * 1000000U;

	while (now_ns() < end) {
		if (write(descriptor, buffer, sizeof(buffer)) <= 0)
			die("cannot send to %s: %s", to, strerror(errno));
	}
	shutdown(descriptor, SHUT_WR);
	if (read(descriptor, answer, sizeof(answer) - 1) <= 0)
		die("%s did not say how much it got", to);
	printf("%llu %llu\n", strtoull(answer, NULL, 10), (unsigned long long)(now_ns() - start));
}

static uint16_t checksum(const void *bytes, size_t size)
{
	const uint16_t *words = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void ping(const char *to, uint32_t count)
{
	struct sockaddr_in address = address_of(to, 0);
	struct timeval limit = {.tv_sec = 1};
	int descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	uint32_t lost = 0;
	uint64_t start;

	if (descriptor < 0)
		die("no raw socket: %s", strerror(errno));
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	start = now_ns();
	for (uint32_t i = 0; i < count; i++) {
		struct {
			struct icmphdr header;
			char data[56];
		} packet = {.header = {.type = ICMP_ECHO}};
		uint8_t answer[256];
		bool answered = false;

		packet.header.un.echo.id = htons((uint16_t)getpid());
		packet.header.un.echo.sequence = htons((uint16_t)i);
		packet.header.checksum = checksum(&packet, sizeof(packet));
		sendto(descriptor, &packet, sizeof(packet), 0, (struct sockaddr *)&address, sizeof(address));
		while (!answered) {
			ssize_t size = recv(descriptor, answer, sizeof(answer), 0);
			struct icmphdr header;

			if (size < 0)
				break;
			if (size < 28)
				continue;
			memcpy(&header, answer + 20, sizeof(header));
			answered = header.type == ICMP_ECHOREPLY && header.un.echo.id == packet.header.un.echo.id &&
			           header.un.echo.sequence == packet.header.un.echo.sequence;
		}
		lost += !answered;
	}
	if (lost > 0)
		die("%u of %u echoes were lost", lost, count);
	printf("%u %llu\n", count, (unsigned long long)(now_ns() - start));
}

static void disk(const char *device, uint64_t ms, bool write_it)
{
	int descriptor = open(device, (write_it ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	off_t size = lseek(descriptor, 0, SEEK_END);
	uint64_t start, end, total = 0;
	void *buffer = NULL;

	if (descriptor < 0 || size < (off_t)CHUNK || posix_memalign(&buffer, 4096, CHUNK) != 0)
		die("cannot use %s: %s", device, strerror(errno));
	memset(buffer, 0x5a, CHUNK);
	start = now_ns();
	end = start + ms * 1000000U;
	for (off_t at = 0; now_ns() < end; at = at + 2 * (off_t)CHUNK <= size ? at + (off_t)CHUNK : 0) {
		ssize_t done = write_it ? pwrite(descriptor, buffer, CHUNK, at) : pread(descriptor, buffer, CHUNK, at);

		if (done != (ssize_t)CHUNK)
			die("%s: %s", device, strerror(errno));
		total += CHUNK;
	}
	if (write_it && fdatasync(descriptor) != 0)
		die("cannot flush %s: %s", device, strerror(errno));
	printf("%llu %llu\n", (unsigned long long)total, (unsigned long long)(now_ns() - start));
}

static void run(int count, char **words);

static void serve_command(int descriptor)
{
	char line[256] = "";
	char *words[WORDS];
	int count = 0;
	ssize_t size = read(descriptor, line, sizeof(line) - 1);

	if (size <= 0)
		return;
	for (char *word = strtok(line, " \n"); word != NULL && count < WORDS; word = strtok(NULL, " \n"))
		words[count++] = word;
	dup2(descriptor, STDOUT_FILENO);
	dup2(descriptor, STDERR_FILENO);
	run(count, words);
	fflush(stdout);
}

static void accept_one(int listener, void (*serve)(int))
{
	int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (descriptor >= 0 && fork() == 0) {
		serve(descriptor);
		exit(0);
	}
	close(descriptor);
}

static void serve(void)
{
	int sink = listen_at(SINK_PORT), commands = listen_at(COMMAND_PORT);

	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0) {
		for (;;)
			accept_one(sink, take_all);
	}
	for (;;)
		accept_one(commands, serve_command);
}

static void at(const char *where, int count, char **words)
{
	int descriptor = connect_to(where, COMMAND_PORT);
	char line[256] = "", answer[512];
	size_t length = 0;
	ssize_t size;

	for (int i = 0; i < count && length < sizeof(line); i++)
		length += (size_t)snprintf(line + length, sizeof(line) - length, "%s%s", words[i], i + 1 < count ? " " : "\n");
	/* As one: the other side reads once. */
	if (length >= sizeof(line) || write(descriptor, line, length) != (ssize_t)length)
		die("cannot ask %s", where);
	while ((size = read(descriptor, answer, sizeof(answer))) > 0)
		fwrite(answer, 1, (size_t)size, stdout);
}

static void load_modules(void)
{
	char name[256];
	FILE *order = fopen("/modules/order", "r");

	while (order != NULL && fscanf(order, "%255s", name) == 1) {
		char path[300];
		int file;

		snprintf(path, sizeof(path), "/modules/%s", name);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST))
			fprintf(stderr, "lightvm-load: cannot load %s: %s\n", name, strerror(errno));
		close(file);
	}
	if (order != NULL)
		fclose(order);
}

static void set_address(struct ifreq *request, unsigned long what, int descriptor, uint32_t value)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = value};

	memcpy(&request->ifr_addr, &address, sizeof(address));
	if (ioctl(descriptor, what, request) != 0)
		die("cannot configure %s: %s", request->ifr_name, strerror(errno));
}

static void bring_up(const char *name, uint32_t address, unsigned prefix)
{
	struct ifreq request = {0};
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	for (int i = 0; i < 1000 && ioctl(descriptor, SIOCGIFFLAGS, &request) != 0; i++)
		usleep(10000);
	set_address(&request, SIOCSIFADDR, descriptor, address);
	set_address(&request, SIOCSIFNETMASK, descriptor, htonl(prefix == 0 ? 0 : ~0U << (32 - prefix)));
	ioctl(descriptor, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(descriptor, SIOCSIFFLAGS, &request) != 0)
		die("cannot bring %s up: %s", name, strerror(errno));
	close(descriptor);
}

static void begin_as_init(void)
{
	char line[1024] = "";
	unsigned bytes[4], prefix;
	FILE *file;
	char *found;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	bring_up("lo", htonl(0x7f000001), 8);
	file = fopen("/proc/cmdline", "r");
	if (file != NULL && fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	found = strstr(line, "load.ip=");
	if (found != NULL && sscanf(found + 8, "%u.%u.%u.%u/%u", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &prefix) == 5)
		bring_up("eth0", htonl(bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]), prefix);
	printf("lightvm-load: ready\n");
	fflush(stdout);
}

static void run(int count, char **words)
{
	const char *what = count > 0 ? words[0] : "";

	if (strcmp(what, "tcp") == 0 && count == 3)
		tcp(words[1], strtoull(words[2], NULL, 10));
	else if (strcmp(what, "ping") == 0 && count == 3)
		ping(words[1], (uint32_t)strtoul(words[2], NULL, 10));
	else if (strcmp(what, "disk-read") == 0 && count == 3)
		disk(words[1], strtoull(words[2], NULL, 10), false);
	else if (strcmp(what, "disk-write") == 0 && count == 3)
		disk(words[1], strtoull(words[2], NULL, 10), true);
	else if (strcmp(what, "at") == 0 && count >= 3)
		at(words[1], count - 2, words + 2);
	else if (strcmp(what, "serve") == 0)
		serve();
	else if (strcmp(what, "poweroff") == 0)
		reboot(RB_POWER_OFF);
	else
		die("there is no command '%s', or it wants other arguments", what);
}

int main(int argc, char **argv)
{
	if (getpid() == 1) {
		begin_as_init();
		serve();
	}
	run(argc - 1, argv + 1);
	return 0;
}

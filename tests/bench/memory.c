/* SPDX-License-Identifier: MIT */
/*
 * Case memory: what 500 guests cost dom0 and Xen beside their own memory; then the smallest memory at which each unikernel does its work, with the size of its image.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUESTS       500
#define GUEST_KB     4096
#define SETTLE_MS    8000  /* till what a creation leaves behind (names, allocators, timers) is done */
#define WORK_MS      10000 /* in which a guest has to do its work */
#define DISK         "/run/lightvm-bench/disk.img"
#define DISK_SIZE    (1 << 20)
#define NETPERF_SENT 100000

/* KB, of one moment. */
struct sample {
	long available; /* MemAvailable of dom0 */
	long daemon_rss, daemon_pss;
	long io_rss, io_pss;
	long xen_free;
};

static void wait_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* The number behind `field` in a file of /proc; dies if it is not there. */
static long read_kb(const char *path, const char *field)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long kb = -1;

	while (file != NULL && kb < 0 && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kb = atol(line + strlen(field));
	if (file != NULL)
		fclose(file);
	if (kb < 0)
		die("no %s in %s", field, path);
	return kb;
}

/* The process of a unit, by systemd's word. */
static int pid_of(const char *unit)
{
	char command[128], line[64] = "";
	FILE *pipe;

	snprintf(command, sizeof command, "systemctl show -p MainPID --value %s", unit);
	pipe = popen(command, "r");
	if (pipe == NULL || fgets(line, sizeof line, pipe) == NULL || atoi(line) == 0)
		die("%s does not run", unit);
	pclose(pipe);
	return atoi(line);
}

static void read_process(const char *unit, long *rss, long *pss)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid_of(unit));
	*rss = read_kb(path, "Rss:");
	*pss = read_kb(path, "Pss:");
}

static struct sample take(struct http *http)
{
	struct sample sample;
	const char *answer, *field;

	wait_ms(SETTLE_MS);
	if (http_request(http, "GET", "/v1/host", NULL, &answer) != 200 || (field = strstr(answer, "\"freeMemory\":")) == NULL)
		die("the host does not say what is free: %.400s", answer);
	sample.xen_free = (long)(atoll(field + 13) / 1024);
	read_process("lightvmd", &sample.daemon_rss, &sample.daemon_pss);
	read_process("lightvm-io", &sample.io_rss, &sample.io_pss);
	sample.available = read_kb("/proc/meminfo", "MemAvailable:");
	return sample;
}

static void say(const char *image, const char *view, const char *what, double kb)
{
	struct row *row = row_new("memory", "lightvm", image, GUESTS, view);

	row->unit = "KB";
	row_add(row, kb);
	fprintf(stderr, "memory: %-8s %7.1f KB a guest: %s\n", image, kb, what);
}

static void measure_dom0(struct http *http, const char *image)
{
	run_beside(http, image, 0, 10); /* what the first ones bring about is not the others' */
	remove_beside(http, 10);
	struct sample before = take(http);
	run_beside(http, image, 0, GUESTS);
	struct sample after = take(http);

	say(image, "daemon", "lightvmd's RSS", (double)(after.daemon_rss - before.daemon_rss) / GUESTS);
	say(image, "daemon-pss", "lightvmd's PSS", (double)(after.daemon_pss - before.daemon_pss) / GUESTS);
	say(image, "io", "lightvm-io's RSS (with the guest's own pages that it maps)", (double)(after.io_rss - before.io_rss) / GUESTS);
	say(image, "io-pss", "lightvm-io's PSS", (double)(after.io_pss - before.io_pss) / GUESTS);
	say(image, "dom0", "dom0 as a whole (MemAvailable)", (double)(before.available - after.available) / GUESTS);
	say(image, "xen", "Xen, beside the guest's own 4 MiB", (double)(before.xen_free - after.xen_free) / GUESTS - GUEST_KB);
	remove_beside(http, GUESTS);
	struct sample end = take(http);
	fprintf(stderr, "memory: %s: when they are gone: lightvmd %+ld KB, lightvm-io %+ld KB, dom0 %+ld KB, Xen %+ld KB\n", image,
		end.daemon_rss - before.daemon_rss, end.io_rss - before.io_rss, before.available - end.available,
		before.xen_free - end.xen_free);
}

/* Connects, says something, and counts what comes until the other end closes, or `enough`. */
static size_t talk(const char *text, uint16_t port, const char *request, char *answer, size_t size, size_t enough)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval limit = {.tv_sec = 5};
	double start = now_ms();
	size_t total = 0;

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die("'%s' is no address", text);
	while (now_ms() - start < WORK_MS) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ssize_t n = 1;

		total = 0;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		    write(fd, request, strlen(request)) == (ssize_t)strlen(request)) {
			while (total < enough && n > 0) {
				char part[4096];

				n = read(fd, part, sizeof part);
				for (ssize_t i = 0; i < n; i++, total++)
					if (total + 1 < size)
						answer[total] = part[i];
			}
			answer[total + 1 < size ? total : size - 1] = 0;
			close(fd);
			return total;
		}
		close(fd);
		wait_ms(20);
	}
	return 0;
}

/* Each tells whether the guest `sized` does its work. */
static bool starts(struct http *http, const char *address)
{
	(void)http;
	(void)address;
	return true;
}

static bool greets(struct http *http, const char *address)
{
	double start = now_ms();
	const char *answer;

	(void)address;
	while (now_ms() - start < WORK_MS) {
		http_request(http, "GET", "/v1/guests/sized/console", NULL, &answer);
		if (strstr(answer, "ello") != NULL)
			return true;
		wait_ms(20);
	}
	return false;
}

static bool tells_time(struct http *http, const char *address)
{
	char line[128];

	(void)http;
	return talk(address, 13, "", line, sizeof line, SIZE_MAX) > 0 && strstr(line, "-UTC") != NULL;
}

static bool serves(struct http *http, const char *address)
{
	char page[1024];

	(void)http;
	return talk(address, 80, "GET /index.html HTTP/1.0\r\n\r\n", page, sizeof page, SIZE_MAX) > 0 && strstr(page, "a page of the bench") != NULL;
}

static bool sends(struct http *http, const char *address)
{
	char request[32], answer[16];

	(void)http;
	snprintf(request, sizeof request, "%d\n", NETPERF_SENT);
	return talk(address, 5002, request, answer, sizeof answer, NETPERF_SENT) == NETPERF_SENT;
}

static bool fills_its_disk(struct http *http, const char *address)
{
	double start = now_ms();
	const char *answer;

	(void)address;
	while (now_ms() - start < WORK_MS) {
		http_request(http, "GET", "/v1/guests/sized", NULL, &answer);
		if (strstr(answer, "\"state\":\"running\"") == NULL && strstr(answer, "\"endReason\":") != NULL)
			return strstr(answer, "\"endReason\":\"poweroff\"") != NULL;
		wait_ms(20);
	}
	return false;
}

static const struct unikernel {
	const char *image;
	const char *more; /* of its definition */
	bool (*works)(struct http *http, const char *address);
	const char *work;
} unikernels[] = {
    {"noop", "", starts, "gives its first event"},
    {"hello", "", greets, "greets"},
    {"daytime", "", tells_time, "tells the time over TCP"},
    {"http", ",\"files\":[{\"path\":\"/index.html\",\"content\":\"YSBwYWdlIG9mIHRoZSBiZW5jaAo=\"}]", serves, "serves a page"},
    {"netperf", "", sends, "sends 100 KB over TCP"},
    {"disk", ",\"arguments\":[\"write=1\",\"check=1\"],\"disks\":[{\"path\":\"" DISK "\"}]", fills_its_disk,
     "fills a disk and checks it"},
};

static bool works_with(struct http *http, const struct unikernel *unikernel, long kb)
{
	char body[512], address[64] = "";
	const char *answer, *found;
	bool works;

	snprintf(body, sizeof body, "{\"start\":true,\"guests\":[{\"name\":\"sized\",\"image\":\"%s\",\"memory\":%ld%s}]}", unikernel->image,
		 kb * 1024, unikernel->more);
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		return false;
	found = strstr(answer, "\"address\":\"");
	if (found != NULL)
		sscanf(found + 11, "%63[0-9.]", address);
	works = unikernel->works(http, address);
	status = http_request(http, "POST", "/v1/guests/actions", "{\"action\":\"remove\",\"names\":[\"sized\"]}", &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		die("removing a guest gave %d: %.400s", status, answer);
	return works;
}

static void measure_size(struct http *http, const struct unikernel *unikernel)
{
	/* From what no guest is given to what each should do with. */
	static const long tries[] = {1024, 2048, 3072, 3584, 4096, 5120, 6144, 8192, 12288, 16384};
	char path[128];
	struct stat kernel;
	struct row *size, *least;

	snprintf(path, sizeof path, "/run/lightvm-bench/%s.elf", unikernel->image);
	if (stat(path, &kernel) != 0)
		die("no %s: %m", path);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		if (!works_with(http, unikernel, tries[i]))
			continue;
		fprintf(stderr, "%-8s image %6.1f KB, least memory %5ld KiB: %s\n", unikernel->image, (double)kernel.st_size / 1024, tries[i],
			unikernel->work);
		size = row_new("memory", "lightvm", unikernel->image, 0, "image");
		least = row_new("memory", "lightvm", unikernel->image, 0, "least");
		size->unit = least->unit = "KB";
		row_add(size, (double)kernel.st_size / 1024);
		row_add(least, (double)tries[i]);
		return;
	}
	die("%s does not do its work in 16 MiB either", unikernel->image);
}

void bench_memory(struct http *http)
{
	int disk = open(DISK, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	if (disk < 0 || ftruncate(disk, DISK_SIZE) != 0)
		die("cannot make %s: %m", DISK);
	close(disk);
	measure_dom0(http, "noop");
	measure_dom0(http, "daytime");
	for (size_t i = 0; i < sizeof unikernels / sizeof unikernels[0]; i++)
		measure_size(http, &unikernels[i]);
	unlink(DISK);
}

/* SPDX-License-Identifier: MIT */
/* Of case memory: the size of each unikernel's image, and the least memory with which it does its work. */
#include "memory.h"

#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK_MS      10000 /* in which a guest has to do its work */
#define DISK         BENCH_DIRECTORY "/disk.img"
#define DISK_SIZE    (1 << 20)
#define NETPERF_SENT 100000

/* Connects, says something, and counts what comes until the other end closes, or `enough`. */
static size_t talk(const char *text, uint16_t port, const char *request, char *answer, size_t size,
                   size_t enough)
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
	return talk(address, 80, "GET /index.html HTTP/1.0\r\n\r\n", page, sizeof page, SIZE_MAX) > 0 &&
	       strstr(page, "a page of the bench") != NULL;
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
		if (strstr(answer, "\"state\":\"running\"") == NULL &&
		    strstr(answer, "\"endReason\":") != NULL)
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
    {"http", ",\"files\":[{\"path\":\"/index.html\",\"content\":\"YSBwYWdlIG9mIHRoZSBiZW5jaAo=\"}]", serves,
     "serves a page"},
    {"netperf", "", sends, "sends 100 KB over TCP"},
    {"disk", ",\"arguments\":[\"write=1\",\"check=1\"],\"disks\":[{\"path\":\"" DISK "\"}]", fills_its_disk,
     "fills a disk and checks it"},
};

static bool works_with(struct http *http, const struct unikernel *unikernel, long kb)
{
	char body[512], address[64] = "";
	const char *answer, *found;
	bool works;

	snprintf(body, sizeof body,
	         "{\"start\":true,\"guests\":[{\"name\":\"sized\",\"image\":\"%s\",\"memory\":%ld%s}]}",
	         unikernel->image, kb * 1024, unikernel->more);
	int status = http_request(http, "POST", "/v1/guests", body, &answer);
	if (status != 200 || strstr(answer, "\"problem\"") != NULL)
		return false;
	found = strstr(answer, "\"address\":\"");
	if (found != NULL)
		sscanf(found + 11, "%63[0-9.]", address);
	works = unikernel->works(http, address);
	status = http_request(http, "POST", "/v1/guests/actions",
	                      "{\"action\":\"remove\",\"names\":[\"sized\"]}", &answer);
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

	snprintf(path, sizeof path, BENCH_DIRECTORY "/%s.elf", unikernel->image);
	if (stat(path, &kernel) != 0)
		die("no %s: %m", path);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		if (!works_with(http, unikernel, tries[i]))
			continue;
		fprintf(stderr, "%s needs %ld KiB: with them it %s\n", unikernel->image, tries[i],
		        unikernel->work);
		row_one("memory", "lightvm", unikernel->image, 0, "image", "KB",
		        (double)kernel.st_size / 1024);
		row_one("memory", "lightvm", unikernel->image, 0, "least", "KB", (double)tries[i]);
		return;
	}
	die("%s does not do its work in 16 MiB either", unikernel->image);
}

void measure_sizes(struct http *http)
{
	int disk = open(DISK, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	if (disk < 0 || ftruncate(disk, DISK_SIZE) != 0)
		die("cannot make %s: %m", DISK);
	close(disk);
	for (size_t i = 0; i < sizeof unikernels / sizeof unikernels[0]; i++)
		measure_size(http, &unikernels[i]);
	unlink(DISK);
}

/* SPDX-License-Identifier: MIT */
/* Clients of the guests daytime and netperf, in dom0. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "net_client.h"

#define DAYTIME 13
#define ECHO    7
#define SINK    5001
#define SOURCE  5002
#define LARGE   10000000L
#define LIMIT   60 /* seconds for an answer */

int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header = sizeof(struct virtio_net_hdr);
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0 || ioctl(tap, TUNSETVNETHDRSZ, &header) < 0)
		fail("tap", strerror(errno));
	return tap;
}

static int connect_to(int family, uint16_t port)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct timeval limit = {.tv_sec = LIMIT};
	int fd = socket(family, SOCK_STREAM, 0), rc;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	inet_pton(AF_INET, "10.119.0.2", &four.sin_addr);
	inet_pton(AF_INET6, "fd19::2", &six.sin6_addr);
	if (family == AF_INET)
		rc = connect(fd, (struct sockaddr *)&four, sizeof(four));
	else
		rc = connect(fd, (struct sockaddr *)&six, sizeof(six));
	if (rc != 0)
		fail("connect", strerror(errno));
	return fd;
}

static void read_daytime(int fd)
{
	char line[128] = "";
	size_t length = 0;
	ssize_t count;

	while ((count = read(fd, line + length, sizeof(line) - 1 - length)) > 0)
		length += (size_t)count;
	if (count < 0)
		fail("read", strerror(errno));
	expect(strstr(line, "UTC\r\n") != NULL, "the line is a date");
	close(fd);
}

void client_daytime(void)
{
	int many[50];

	for (int i = 0; i < 100; i++)
		read_daytime(connect_to(i % 10 == 9 ? AF_INET6 : AF_INET, DAYTIME));
	for (int i = 0; i < 50; i++)
		many[i] = connect_to(AF_INET, DAYTIME);
	for (int i = 0; i < 50; i++)
		read_daytime(many[i]);
}

void client_once(void)
{
	read_daytime(connect_to(AF_INET, DAYTIME));
}

static void send_large(int family)
{
	static char bytes[65536];
	int fd = connect_to(family, SINK);
	char answer[32] = "";
	double start = now();
	long done = 0;
	ssize_t count;

	while (done < LARGE) {
		count = write(fd, bytes,
		              LARGE - done < (long)sizeof(bytes) ? (size_t)(LARGE - done) : sizeof(bytes));
		if (count <= 0)
			fail("write", strerror(errno));
		done += count;
	}
	shutdown(fd, SHUT_WR);
	if (read(fd, answer, sizeof(answer) - 1) < 0)
		fail("answer", strerror(errno));
	expect(atol(answer) == LARGE, "the guest got all of it");
	close(fd);
	printf("%s: to the guest %.1f MB/s\n", family == AF_INET ? "IPv4" : "IPv6",
	       LARGE / 1e3 / (now() - start));
}

static void receive_large(int family)
{
	static char bytes[65536];
	int fd = connect_to(family, SOURCE);
	double start = now();
	long done = 0;
	ssize_t count;

	if (dprintf(fd, "%ld\n", LARGE) < 0)
		fail("ask", strerror(errno));
	while ((count = read(fd, bytes, sizeof(bytes))) > 0)
		done += count;
	if (count < 0)
		fail("read", strerror(errno));
	expect(done == LARGE, "we got all of it");
	close(fd);
	printf("%s: from the guest %.1f MB/s\n", family == AF_INET ? "IPv4" : "IPv6",
	       LARGE / 1e3 / (now() - start));
}

void client_streams(void)
{
	send_large(AF_INET);
	receive_large(AF_INET);
	send_large(AF_INET6);
	receive_large(AF_INET6);
}

void client_echo(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ECHO)};
	struct timeval limit = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), answered = 0;
	char bytes[1400], back[1500];
	double start = now();

	inet_pton(AF_INET, "10.119.0.2", &address.sin_addr);
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < 200; i++) {
		memset(bytes, i, sizeof(bytes));
		send(fd, bytes, (size_t)(i * 7), 0);
		answered +=
		    recv(fd, back, sizeof(back), 0) == i * 7 && memcmp(bytes, back, (size_t)i * 7) == 0;
	}
	close(fd);
	printf("UDP echo: %d of 200, %.2f ms each\n", answered, (now() - start) / 200);
	expect(answered >= 198, "datagrams come back");
}

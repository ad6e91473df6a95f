/* SPDX-License-Identifier: MIT */
/*
 * tcp-sequence ADDRESS PORT SOURCE-PORT: connects (IPv4), prints the sequence number that the other end began
 * with, and resets the connection. The other end must not speak first. Run in dom0, as root (TCP_REPAIR tells
 * the number).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void check(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "tcp-sequence: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set(int fd, int level, int option, int value, const char *what)
{
	check(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET}, there = {.sin_family = AF_INET};
	const struct timeval patience = {.tv_sec = 10};
	const struct linger reset = {.l_onoff = 1};
	uint32_t next;
	socklen_t size = sizeof(next);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 4 || fd < 0 || inet_pton(AF_INET, argv[1], &there.sin_addr) != 1) {
		fputs("usage: tcp-sequence ADDRESS PORT SOURCE-PORT\n", stderr);
		return 2;
	}
	there.sin_port = htons((uint16_t)atoi(argv[2]));
	here.sin_port = htons((uint16_t)atoi(argv[3]));
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
	check(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), "SO_SNDTIMEO");
	check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "SO_LINGER");
	check(bind(fd, (struct sockaddr *)&here, sizeof(here)), "bind");
	check(connect(fd, (struct sockaddr *)&there, sizeof(there)), "connect");
	set(fd, IPPROTO_TCP, TCP_REPAIR, 1, "TCP_REPAIR");
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, 1 /* TCP_RECV_QUEUE */, "TCP_REPAIR_QUEUE");
	check(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &next, &size), "TCP_QUEUE_SEQ");
	set(fd, IPPROTO_TCP, TCP_REPAIR, 0, "TCP_REPAIR");
	printf("%u\n", next - 1);
	close(fd);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* TCP/IP through the loopback interface. */
#include <lightvm/sockets.h>
#include <lightvm/time.h>
#include "selftest.h"

#define LARGE 3000000UL

static const struct sockaddr_in local = {
    .sin_family = AF_INET, .sin_port = 0x3930 /* 12345 */, .sin_addr = {0x0100007f}};

static unsigned char pattern(size_t position)
{
	return (unsigned char)(position * 7 + (position >> 9));
}

static void send_large(void *argument)
{
	static unsigned char bytes[20000];
	int connection = (int)(intptr_t)argument;
	size_t done = 0, part;

	while (done < LARGE) {
		part = LARGE - done < sizeof(bytes) ? LARGE - done : sizeof(bytes);
		for (size_t i = 0; i < part; i++)
			bytes[i] = pattern(done + i);
		expect(send(connection, bytes, part, 0) == (ssize_t)part, "send gives all");
		done += part;
	}
	expect(shutdown(connection, SHUT_WR) == 0, "shutdown succeeds");
}

static int listen_at(const struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	expect(listener >= 0, "a socket is made");
	expect(bind(listener, (const struct sockaddr *)address, sizeof(*address)) == 0, "it is bound");
	expect(listen(listener, 5) == 0, "it listens");
	return listener;
}

static void connect_to(void *argument)
{
	int *connection = argument;

	*connection = socket(AF_INET, SOCK_STREAM, 0);
	expect(connect(*connection, (const struct sockaddr *)&local, sizeof(local)) == 0, "connect succeeds");
}

static void test_stream(void)
{
	static unsigned char bytes[5000];
	int listener = listen_at(&local), client, server;
	struct thread *connector = thread_create("connector", connect_to, &client, 0), *sender;
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	size_t done = 0;
	ssize_t count;

	server = accept(listener, (struct sockaddr *)&peer, &size);
	thread_join(connector);
	expect(server >= 0 && size == sizeof(peer) && peer.sin_addr.s_addr == local.sin_addr.s_addr,
	       "the peer's address is known");
	expect(recv(server, bytes, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "nothing is there yet");
	sender = thread_create("sender", send_large, (void *)(intptr_t)client, 0);
	while ((count = recv(server, bytes, sizeof(bytes), 0)) > 0)
		for (ssize_t i = 0; i < count; i++, done++)
			expect(bytes[i] == pattern(done), "bytes arrive in order");
	expect(count == 0 && done == LARGE, "all arrive, and then the end");
	thread_join(sender);
	expect(send(server, "answer", 6, 0) == 6, "the other way is open still");
	expect(read(client, bytes, sizeof(bytes)) == 6 && memcmp(bytes, "answer", 6) == 0,
	       "the answer arrives");
	close(server);
	expect(read(client, bytes, sizeof(bytes)) == 0, "and the end of that");
	close(client);
	close(listener);
	client = socket(AF_INET, SOCK_STREAM, 0);
	expect(connect(client, (const struct sockaddr *)&local, sizeof(local)) == -1 && errno == ECONNREFUSED,
	       "nobody listens any more");
	close(client);
}

static void test_datagrams(void)
{
	int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd wanted = {.fd = server, .events = POLLIN};
	static char bytes[4000];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);

	expect(bind(server, (const struct sockaddr *)&local, sizeof(local)) == 0, "a UDP port is bound");
	expect(poll(&wanted, 1, 5) == 0, "nothing is there");
	expect(sendto(client, bytes, sizeof(bytes), 0, (const struct sockaddr *)&local, sizeof(local)) ==
	           4000,
	       "a datagram in fragments is sent");
	expect(poll(&wanted, 1, 1000) == 1 && wanted.revents == POLLIN, "it has come");
	expect(recvfrom(server, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &size) == 4000, "whole");
	expect(sendto(server, "x", 1, 0, (struct sockaddr *)&peer, size) == 1, "it is answered");
	expect(recv(client, bytes, sizeof(bytes), 0) == 1, "the answer comes");
	close(server);
	close(client);
}

static void connect_six(void *argument)
{
	struct sockaddr_in6 address = {
	    .sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_addr = in6addr_loopback};
	int connection = socket(AF_INET6, SOCK_STREAM, 0);

	(void)argument;
	expect(connect(connection, (struct sockaddr *)&address, sizeof(address)) == 0,
	       "connect over IPv6 succeeds");
	expect(send(connection, "six", 3, 0) == 3, "and sending");
	close(connection);
}

/* Closed with SO_LINGER, what the peer has not taken is forgotten, and the peer is told. */
static void test_linger(void)
{
	static const struct linger now = {.l_onoff = 1}, later = {.l_onoff = 1, .l_linger = 5};
	static char bytes[20000];
	int listener = listen_at(&local), client, server;
	struct thread *connector = thread_create("connector", connect_to, &client, 0);
	ssize_t count;

	server = accept(listener, NULL, NULL);
	thread_join(connector);
	while (send(server, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	expect(errno == EAGAIN, "the peer takes no more");
	expect(setsockopt(server, SOL_SOCKET, SO_LINGER, &later, sizeof(later)) == -1, "a time is not taken");
	expect(setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0, "no time is");
	close(server);
	while ((count = recv(client, bytes, sizeof(bytes), 0)) > 0)
		;
	expect(count == -1 && errno == ECONNRESET, "the connection is reset");
	close(client);
	close(listener);
}

/* One socket serves both protocols. */
static void test_six(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(80)}, peer;
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {0x0100007f}};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), client, server;
	struct thread *thread;
	socklen_t size = sizeof(peer);
	char text[INET6_ADDRSTRLEN], bytes[8];

	expect(bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 5) == 0,
	       "it listens");
	thread = thread_create("six", connect_six, NULL, 0);
	server = accept(listener, (struct sockaddr *)&peer, &size);
	expect(read(server, bytes, sizeof(bytes)) == 3, "bytes come over IPv6");
	inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
	expect(strcmp(text, "::1") == 0, "the peer is ::1");
	close(server);
	thread_join(thread);
	client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	expect(connect(client, (struct sockaddr *)&four, sizeof(four)) == -1 && errno == EINPROGRESS,
	       "connect does not wait");
	size = sizeof(peer);
	server = accept(listener, (struct sockaddr *)&peer, &size);
	inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
	expect(strcmp(text, "::FFFF:127.0.0.1") == 0, text);
	close(client);
	close(server);
	close(listener);
}

/* All memory, in pieces that hold the next one's address. */
static void **taken;

static void take_all(void)
{
	static const size_t sizes[] = {65536, 4096, 256, 16};
	void **piece;

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		while ((piece = malloc(sizes[i])) != NULL) {
			*piece = taken;
			taken = piece;
		}
}

static void give_all(void *argument)
{
	void **piece;

	(void)argument;
	while ((piece = taken) != NULL) {
		taken = *piece;
		free(piece);
	}
}

/* Servers that cannot accept try again at once. What they lack has to come back from other threads meanwhile. */
static void test_accept_without_memory(void)
{
	int listener = listen_at(&local), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), server;
	struct pollfd wanted = {.fd = listener, .events = POLLIN};
	int last = client, first = client + 1;
	struct thread *thread;

	expect(connect(client, (const struct sockaddr *)&local, sizeof(local)) == -1, "connect does not wait");
	expect(poll(&wanted, 1, 1000) == 1, "it has come");
	/* The table of descriptors grows by 32. */
	while (last % 32 != 31)
		last = socket(AF_INET, SOCK_DGRAM, 0);
	thread = thread_create("give all", give_all, NULL, 0);
	take_all();
	server = accept(listener, NULL, NULL);
	expect(server == -1 && errno == ENOMEM, "no memory for another descriptor");
	while (server < 0)
		server = accept(listener, NULL, NULL);
	thread_join(thread);
	close(server);
	close(client);
	close(listener);
	for (; first <= last; first++)
		close(first);
}

void test_network(void)
{
	test_stream();
	test_datagrams();
	test_six();
	test_accept_without_memory();
	test_linger();
}

void test_time(void)
{
	char text[64];

	expect(time_text(0, text, sizeof(text)) == strlen(text), "the length is that of the text");
	expect(strcmp(text, "Thursday, January 1, 1970 00:00:00-UTC\r\n") == 0, text);
	time_text(951827696UL * 1000000000UL, text, sizeof(text));
	expect(strcmp(text, "Tuesday, February 29, 2000 12:34:56-UTC\r\n") == 0, text);
	time_text(4107542400UL * 1000000000UL, text, sizeof(text));
	expect(strcmp(text, "Monday, March 1, 2100 00:00:00-UTC\r\n") == 0, text);
}

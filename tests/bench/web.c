/* SPDX-License-Identifier: MIT */
/*
 * lightvm-web: what web.sh needs of HTTP, static and small, since the start of a process counts.
 *
 *   lightvm-web post PATH BODY        POST to lightvmd; prints the answer's body
 *   lightvm-web http ADDRESS PORT     returns when a GET of / there is answered with status 200
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_PATH "/run/lightvm/lightvmd.sock"
#define GIVE_UP_MS  600e3
/* A SYN that came too early is repeated by TCP only after a second: so a connection is begun every few ms, and has as many
 * times that for its answer as there are tries at once. */
#define TRIES     16
#define TRY_EVERY 20.0 /* ms */

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
	va_list arguments;

	fputs("lightvm-web: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void send_all(int descriptor, const char *bytes, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		ssize_t now = send(descriptor, bytes + sent, size - sent, MSG_NOSIGNAL);

		if (now <= 0)
			die("cannot send: %s", strerror(errno));
		sent += (size_t)now;
	}
}

static void post(const char *path, const char *body)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char head[512], answer[4096];
	bool begun = false;
	size_t kept = 0;
	ssize_t size;

	if (connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0)
		die("cannot reach lightvmd: %s", strerror(errno));
	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", path,
	         strlen(body));
	send_all(descriptor, head, strlen(head));
	send_all(descriptor, body, strlen(body));
	/* The body is what follows the empty line. */
	while ((size = recv(descriptor, answer + kept, sizeof(answer) - 1 - kept, 0)) > 0) {
		char *rest = answer;

		kept += (size_t)size;
		answer[kept] = 0;
		if (!begun) {
			rest = strstr(answer, "\r\n\r\n");
			if (rest == NULL)
				continue;
			if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
				die("lightvmd answers %s", answer);
			begun = true;
			rest += 4;
		}
		fputs(rest, stdout);
		kept = 0;
	}
	if (!begun)
		die("lightvmd gives no answer");
	close(descriptor);
}

static int begin_connect(const struct sockaddr_in *address)
{
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		die("no socket: %s", strerror(errno));
	if (connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno != EINPROGRESS) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* What came of a connection: its request is sent once it is there, then an answer is awaited. True: it is status 200. */
static bool go_on(struct pollfd *try)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
	char line[16];

	if ((try->revents & (POLLERR | POLLHUP)) == 0 && try->events == POLLOUT) {
		send_all(try->fd, request, sizeof(request) - 1);
		try->events = POLLIN;
		return false;
	}
	bool answered = (try->revents & POLLIN) != 0 && recv(try->fd, line, 12, 0) == 12 && memcmp(line, "HTTP/1.1 200", 12) == 0;
	close(try->fd);
	try->fd = -1;
	return answered;
}

static void await_http(const char *text, const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct pollfd tries[TRIES];
	double start = now_ms(), next = start;
	bool answered = false;
	int turn = 0;

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die("'%s' is no address", text);
	for (int i = 0; i < TRIES; i++)
		tries[i] = (struct pollfd){.fd = -1};
	while (!answered) {
		if (now_ms() - start > GIVE_UP_MS)
			die("%s did not answer within %.0f s", text, GIVE_UP_MS / 1e3);
		if (now_ms() >= next) {
			if (tries[turn].fd >= 0)
				close(tries[turn].fd);
			tries[turn] = (struct pollfd){.fd = begin_connect(&address), .events = POLLOUT};
			turn = (turn + 1) % TRIES;
			next = now_ms() + TRY_EVERY;
		}
		poll(tries, TRIES, (int)TRY_EVERY / 4);
		for (int i = 0; i < TRIES && !answered; i++) {
			if (tries[i].fd >= 0 && tries[i].revents != 0)
				answered = go_on(&tries[i]);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "post") == 0)
		post(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "http") == 0)
		await_http(argv[2], argv[3]);
	else
		die("usage: lightvm-web post PATH BODY | http ADDRESS PORT");
	return 0;
}

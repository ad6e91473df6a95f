/* SPDX-License-Identifier: MIT */
/*
 * The other end of a measurement. TCP port 5001 takes all that comes, and at the end answers with the number
 * of bytes and a newline; port 5002 sends as much as the first line asks for ("10000000\n"); UDP port 7 gives
 * back each datagram. Pings are answered as by any guest. With the arguments to=ADDRESS bytes=COUNT it also
 * sends so much to another one's port 5001, and says on its console how long that took. resolve=NAME
 * has it print the address of a host first.
 */
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include <lightvm/sockets.h>
#include <lightvm/threads.h>

#define SINK   5001
#define SOURCE 5002
#define ECHO   7
#define BUFFER 32768

static int open_port(int type, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int descriptor = socket(AF_INET6, type, 0);

	if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    (type == SOCK_STREAM && listen(descriptor, 64) < 0))
		panic("port %d: %s", port, strerror(errno));
	return descriptor;
}

static void take_all(void *argument)
{
	int connection = (int)(intptr_t)argument, length;
	char *buffer = malloc(BUFFER), text[24];
	unsigned long total = 0;
	ssize_t count = 0;

	while (buffer != NULL && (count = recv(connection, buffer, BUFFER, 0)) > 0)
		total += (unsigned long)count;
	length = snprintf(text, sizeof(text), "%lu\n", total);
	if (count == 0)
		send(connection, text, (size_t)length, 0);
	close(connection);
	free(buffer);
}

/* The number in the line that a connection begins with. */
static unsigned long read_number(int connection)
{
	char line[24];
	size_t length = 0;

	while (length < sizeof(line) - 1 && recv(connection, line + length, 1, 0) == 1 &&
	       line[length] != '\n')
		length++;
	line[length] = '\0';
	return parse_unsigned(line, NULL);
}

static void give(void *argument)
{
	int connection = (int)(intptr_t)argument;
	unsigned long left = read_number(connection);
	char *buffer = calloc(1, BUFFER);
	ssize_t count;

	while (buffer != NULL && left > 0) {
		count = send(connection, buffer, left < BUFFER ? left : BUFFER, 0);
		if (count <= 0)
			break;
		left -= (unsigned long)count;
	}
	close(connection);
	free(buffer);
}

struct service {
	uint16_t port;
	thread_function serve;
};

static void serve(void *argument)
{
	const struct service *service = argument;
	int listener = open_port(SOCK_STREAM, service->port), connection;
	struct thread *thread;

	for (;;) {
		connection = accept(listener, NULL, NULL);
		if (connection < 0)
			continue;
		thread = thread_create("connection", service->serve, (void *)(intptr_t)connection, 0);
		if (thread == NULL)
			close(connection);
		else
			thread_detach(thread);
	}
}

/* What follows "NAME=" in the arguments, or NULL. */
static const char *argument_of(char **argv, const char *name)
{
	size_t length = strlen(name);

	for (; *argv != NULL; argv++) {
		if (strncmp(*argv, name, length) == 0)
			return *argv + length;
	}
	return NULL;
}

/* Sends to another guest, again and again. */
static void load(void *argument)
{
	char **argv = argument;
	const char *address = argument_of(argv, "to="), *bytes = argument_of(argv, "bytes=");
	unsigned long total = bytes == NULL ? 0 : parse_unsigned(bytes, NULL);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(SINK)};
	char *buffer = calloc(1, BUFFER);

	if (buffer == NULL || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		panic("to=%s", address);
	for (;;) {
		int connection = socket(AF_INET, SOCK_STREAM, 0);
		unsigned long left = total;
		uint64_t began;

		if (connect(connection, (struct sockaddr *)&to, sizeof(to)) != 0) {
			close(connection);
			guest_sleep(100000000);
			continue;
		}
		began = clock_monotonic();
		while (left > 0) {
			ssize_t count = send(connection, buffer, left < BUFFER ? left : BUFFER, 0);

			if (count <= 0)
				break;
			left -= (unsigned long)count;
		}
		shutdown(connection, SHUT_WR);
		left += recv(connection, buffer, BUFFER, 0) <= 0;
		printf("netperf: %s %lu bytes in %lu us\n", left == 0 ? "sent" : "failed to send", total,
		       (unsigned long)(clock_monotonic() - began) / 1000);
		close(connection);
	}
}

static void print_address(const char *name)
{
	struct sockaddr_storage address;
	char text[INET_ADDRSTRLEN];

	if (resolve(name, AF_INET, 0, &address) < 0)
		panic("%s: %s", name, strerror(errno));
	inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, sizeof(text));
	printf("netperf: %s is %s\n", name, text);
}

int main(int argc, char **argv)
{
	static const struct service sink = {SINK, take_all}, source = {SOURCE, give};
	static char datagram[2048];
	int echo = open_port(SOCK_DGRAM, ECHO);
	struct sockaddr_in6 from;
	socklen_t size;
	ssize_t count;

	(void)argc;
	if (argument_of(argv, "resolve=") != NULL)
		print_address(argument_of(argv, "resolve="));
	thread_create("sink", serve, (void *)&sink, 0);
	thread_create("source", serve, (void *)&source, 0);
	printf("netperf: ready\n");
	if (argument_of(argv, "to=") != NULL)
		thread_detach(thread_create("load", load, argv, 0));
	for (;;) {
		size = sizeof(from);
		count = recvfrom(echo, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &size);
		if (count >= 0)
			sendto(echo, datagram, (size_t)count, 0, (struct sockaddr *)&from, size);
	}
}

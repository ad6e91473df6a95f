/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "stream.h"

#define PATIENCE_MS 20000

uint64_t client_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

pid_t client_start(const char *program, const char *path, uid_t uid)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		/* Opened while it can be: the user without rights may not get to its directory. */
		int file = open(program, O_PATH | O_CLOEXEC);
		char *const arguments[] = {(char *)program, (char[]){"--listen"}, (char *)path, NULL};

		if (uid != 0) {
			CHECK(setgid(uid) == 0);
			CHECK(setuid(uid) == 0);
		}
		/* A test that fails leaves nothing running. */
		CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		fexecve(file, arguments, environ);
		perror(program);
		_exit(127);
	}
	return child;
}

void client_kill(pid_t process)
{
	CHECK(kill(process, SIGKILL) == 0);
	CHECK(waitpid(process, NULL, 0) == process);
}

int client_stop(pid_t process)
{
	int status = 0;

	CHECK(kill(process, SIGTERM) == 0);
	CHECK(waitpid(process, &status, 0) == process);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void client_connect(struct client *client, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int failed = -1;

	client->serial = 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; failed != 0 && i < PATIENCE_MS; i++) {
		client->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		CHECK(client->socket >= 0);
		failed = connect(client->socket, (const struct sockaddr *)&address, sizeof(address));
		if (failed != 0) {
			close(client->socket);
			usleep(1000);
		}
	}
	CHECK(failed == 0);
}

void client_close(struct client *client)
{
	close(client->socket);
	client->socket = -1;
}

uint32_t client_send(struct client *client, void *request, size_t size, const int *descriptors, size_t count)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(64 * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = request, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct io_header *header = request;

	header->version = IO_VERSION;
	header->serial = ++client->serial;
	memset(&control, 0, sizeof(control));
	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.align), descriptors, count * sizeof(int));
	}
	CHECK(sendmsg(client->socket, &message, MSG_NOSIGNAL) == (ssize_t)size);
	return header->serial;
}

ssize_t client_receive(struct client *client, union client_packet *packet, int timeout_ms)
{
	struct pollfd wait = {.fd = client->socket, .events = POLLIN};
	ssize_t size = -1;
	int ready = poll(&wait, 1, timeout_ms);

	if (ready > 0)
		size = recv(client->socket, packet, sizeof(*packet), 0);
	if (ready > 0 && size < 0 && errno == ECONNRESET)
		size = 0;
	return size;
}

int client_await(struct client *client, uint32_t serial)
{
	union client_packet packet;

	for (;;) {
		ssize_t size = client_receive(client, &packet, PATIENCE_MS);

		CHECK(size >= (ssize_t)sizeof(packet.header));
		if (packet.header.type == IO_RESULT) {
			CHECK_EQUAL(packet.header.serial, serial);
			CHECK_EQUAL(size, sizeof(packet.result));
			return packet.result.error_number;
		}
		if (client->event != NULL)
			client->event(client->context, &packet);
	}
}

int client_ask(struct client *client, void *request, size_t size, const int *descriptors, size_t count)
{
	uint32_t serial = client_send(client, request, size, descriptors, count);

	return client_await(client, serial);
}

int client_hello(struct client *client, const int *descriptors, size_t count)
{
	struct io_hello hello = {.header = {.type = IO_HELLO}, .pid = (uint32_t)getpid()};

	return client_ask(client, &hello, sizeof(hello), descriptors, count);
}

int client_list(struct client *client)
{
	struct io_header list = {.type = IO_LIST};

	return client_ask(client, &list, sizeof(list), NULL, 0);
}

int client_detach(struct client *client, const uint8_t uuid[16], uint32_t domid)
{
	struct io_guest detach = {.header = {.type = IO_DETACH}, .domid = domid};

	memcpy(detach.uuid, uuid, 16);
	return client_ask(client, &detach, sizeof(detach), NULL, 0);
}

int client_shutdown(struct client *client, const uint8_t uuid[16], uint32_t domid, uint32_t reason)
{
	struct io_shutdown shutdown = {.header = {.type = IO_SHUTDOWN}, .domid = domid, .reason = reason};

	memcpy(shutdown.uuid, uuid, 16);
	return client_ask(client, &shutdown, sizeof(shutdown), NULL, 0);
}

int client_follow(struct client *client, const uint8_t uuid[16], uint32_t domid, bool on)
{
	struct io_follow follow = {.header = {.type = IO_FOLLOW}, .domid = domid, .on = on};

	memcpy(follow.uuid, uuid, 16);
	return client_ask(client, &follow, sizeof(follow), NULL, 0);
}

int client_make_log(const uint8_t uuid[16], uint32_t domid, uint32_t data_size)
{
	struct console_log header = {
	    .magic = CONSOLE_LOG_MAGIC,
	    .version = CONSOLE_LOG_VERSION,
	    .data_size = data_size,
	    .domid = domid,
	};
	int log = memfd_create("console", MFD_CLOEXEC);

	memcpy(header.uuid, uuid, 16);
	CHECK(log >= 0);
	CHECK(ftruncate(log, CONSOLE_DATA_OFFSET + (off_t)data_size) == 0);
	CHECK(pwrite(log, &header, 128, 0) == 128);
	return log;
}

static struct console_log read_header(int log)
{
	struct console_log header;

	CHECK(pread(log, &header, 128, 0) == 128);
	return header;
}

uint64_t client_verify(struct client_reader *reader)
{
	static uint8_t data[1U << 20];
	struct console_log header = read_header(reader->log);
	uint64_t before = header.head;
	uint64_t start = reader->position;
	uint32_t size = header.data_size;

	CHECK(size <= sizeof(data));
	CHECK(pread(reader->log, data, size, CONSOLE_DATA_OFFSET) == (ssize_t)size);
	header = read_header(reader->log);
	/* The tests' guests do not run so far ahead that anything unread is overwritten. */
	CHECK(header.head + CONSOLE_RING_SIZE <= start + size);
	for (uint64_t at = start; at < before; at++) {
		char expected = stream_byte(reader->guest, at - header.base);

		if ((char)data[at % size] != expected) {
			fprintf(stderr, "guest %u: byte %" PRIu64 " is %#x, not %#x\n", reader->guest, at,
			        data[at % size], (unsigned)expected);
			exit(1);
		}
	}
	reader->position = before;
	return before - start;
}

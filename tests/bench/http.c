/* SPDX-License-Identifier: MIT */
/* A client as small as one can be, so that it is lightvmd that is measured: one write, one answer, no parsing beyond length. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFFER_SIZE (8 << 20)

struct http {
	int fd;
	size_t filled;
	char buffer[BUFFER_SIZE];
};

struct http *http_open(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct http *http = malloc(sizeof *http);

	if (http == NULL || strlen(socket_path) >= sizeof address.sun_path)
		die("cannot open %s", socket_path);
	strcpy(address.sun_path, socket_path);
	http->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* No request takes that long; a daemon that hangs shall not hang the bench. */
	struct timeval limit = {.tv_sec = 180};
	setsockopt(http->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	int error = connect(http->fd, (struct sockaddr *)&address, sizeof address);
	if (error != 0)
		die("cannot connect to %s: %m; is lightvmd running?", socket_path);
	return http;
}

void http_close(struct http *http)
{
	close(http->fd);
	free(http);
}

static void receive_more(struct http *http)
{
	if (http->filled + 1 >= BUFFER_SIZE)
		die("an answer is larger than %d bytes", BUFFER_SIZE);
	ssize_t n = read(http->fd, http->buffer + http->filled, BUFFER_SIZE - 1 - http->filled);
	if (n < 0)
		die("lightvmd does not answer: %m");
	if (n == 0)
		die("lightvmd closed the connection");
	http->filled += (size_t)n;
	http->buffer[http->filled] = 0;
}

/* Puts the chunks of a chunked body together in place; gives false while it is not all there. */
static bool join_chunks(struct http *http, char *body)
{
	char *from = body, *to = body;

	/* First look whether it is complete, since joining moves bytes. */
	for (;;) {
		char *line_end = strstr(from, "\r\n");
		if (line_end == NULL)
			return false;
		size_t size = strtoul(from, NULL, 16);
		if ((size_t)(http->buffer + http->filled - line_end) < size + 4)
			return false;
		if (size == 0)
			break;
		from = line_end + 2 + size + 2;
	}
	for (from = body;;) {
		size_t size = strtoul(from, NULL, 16);
		from = strstr(from, "\r\n") + 2;
		if (size == 0)
			break;
		memmove(to, from, size);
		to += size;
		from += size + 2;
	}
	*to = 0;
	return true;
}

static int request(struct http *http, const char *method, const char *path, const char *fields, const char *body,
                   const char **answer)
{
	char head[512];
	size_t length = body == NULL ? 0 : strlen(body);
	int head_length = snprintf(head, sizeof head,
				   "%s %s HTTP/1.1\r\nHost: lightvm\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
				   method, path, fields, length);
	struct iovec parts[2] = {{head, (size_t)head_length}, {(void *)(uintptr_t)body, length}};
	size_t sent = 0, total = (size_t)head_length + length;

	while (sent < total) {
		ssize_t n = writev(http->fd, parts, 2);
		if (n <= 0)
			die("cannot write to lightvmd: %m");
		sent += (size_t)n;
		for (int i = 0; i < 2 && n > 0; i++) {
			size_t step = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
			parts[i].iov_base = (char *)parts[i].iov_base + step;
			parts[i].iov_len -= step;
			n -= (ssize_t)step;
		}
	}
	http->filled = 0;
	http->buffer[0] = 0;
	char *end;
	while ((end = strstr(http->buffer, "\r\n\r\n")) == NULL)
		receive_more(http);
	*end = 0;
	end += 4;
	int status = atoi(http->buffer + 9);
	char *field = strcasestr(http->buffer, "\r\ncontent-length:");
	if (field != NULL) {
		size_t want = strtoul(field + 17, NULL, 10);
		while ((size_t)(http->buffer + http->filled - end) < want)
			receive_more(http);
	} else if (strcasestr(http->buffer, "\r\ntransfer-encoding:") != NULL) {
		while (!join_chunks(http, end))
			receive_more(http);
	}
	if (answer != NULL)
		*answer = end;
	return status;
}

int http_request(struct http *http, const char *method, const char *path, const char *body, const char **answer)
{
	return request(http, method, path, "", body, answer);
}

void http_do(struct http *http, const char *path, const char *body)
{
	const char *answer;
	int status = request(http, "POST", path, "Prefer: return=minimal\r\n", body, &answer);

	if ((status != 200 && status != 201 && status != 204) || strstr(answer, "\"problem\"") != NULL)
		die("POST %s %s gave %d: %.400s", path, body, status, answer);
}

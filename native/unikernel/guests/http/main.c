/* SPDX-License-Identifier: MIT */
/*
 * Static files over HTTP/1.1. They come from the archive on disk 0, or, if there is no such disk, from the
 * ramdisk; without any, there is one page that says so. Names that begin with a dot are nobody's business.
 * Arguments: port=N    80 if not given
 */
#include <lightvm/block.h>
#include <lightvm/files.h>
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include <lightvm/sockets.h>
#include <lightvm/threads.h>
#include "request.h"

#define MILLISECOND     1000000UL
#define SECOND          (1000 * MILLISECOND)
#define MAX_CONNECTIONS 32           /* at once; others wait in the backlog */
#define HEAD_LIMIT      (5 * SECOND) /* for a whole request, also for the next one of a connection */
#define SEND_LIMIT      (10 * SECOND)
#define LINGER          (2 * SECOND)  /* for what a client still sends that has been refused */
#define SLOWEST         (16UL * 1024) /* bytes a second that a client must take, beside that */
#define CHUNK           16384         /* bytes that are read from a disk at once */
#define FIELDS_SIZE     (3 * HTTP_PATH_SIZE + 256)

struct connection {
	int descriptor;
	uint64_t deadline; /* for what goes on now */
	bool stuck;        /* it does not take what it asked for */
	size_t size;       /* bytes in buffer */
	char buffer[HTTP_HEAD_SIZE];
};

static const struct files *files;
static unsigned int connections;
static struct wait_queue slots;

/* Waits until it can be read or written, at most to the deadline. */
static bool can(struct connection *connection, short what)
{
	uint64_t now = clock_monotonic();
	struct pollfd one = {.fd = connection->descriptor, .events = what};

	return now < connection->deadline &&
	       poll(&one, 1, (int)((connection->deadline - now) / MILLISECOND) + 1) > 0 &&
	       (one.revents & what) != 0;
}

static bool put(struct connection *connection, const void *bytes, size_t size)
{
	const char *next = bytes;
	ssize_t count;

	while (size > 0) {
		count = send(connection->descriptor, next, size, MSG_DONTWAIT);
		if (count < 0 && (errno != EAGAIN || !can(connection, POLLOUT))) {
			connection->stuck = true;
			return false;
		}
		if (count > 0) {
			next += count;
			size -= (size_t)count;
		}
	}
	return true;
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 301:
		return "Moved Permanently";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 414:
		return "URI Too Long";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	default:
		return status == 505 ? "HTTP Version Not Supported" : "Internal Server Error";
	}
}

/* The head of an answer; `location` or NULL. */
static bool put_head(struct connection *connection, int status, const char *type, uint64_t size,
                     bool keep_alive, const char *location)
{
	char *text = malloc(FIELDS_SIZE);
	bool good;
	int length;

	if (text == NULL)
		return false;
	length = snprintf(text, FIELDS_SIZE,
	                  "HTTP/1.1 %d %s\r\nServer: LightVM\r\nContent-Type: %s\r\nContent-Length: %lu\r\n"
	                  "X-Content-Type-Options: nosniff\r\nConnection: %s\r\n%s%s%s%s\r\n",
	                  status, reason(status), type, size, keep_alive ? "keep-alive" : "close",
	                  status == 405 ? "Allow: GET, HEAD\r\n" : "", location != NULL ? "Location: " : "",
	                  location != NULL ? location : "", location != NULL ? "\r\n" : "");
	good = put(connection, text, (size_t)length);
	free(text);
	return good;
}

static bool put_page(struct connection *connection, int status, const struct http_request *request,
                     const char *text, const char *location)
{
	char page[256];
	size_t length =
	    (size_t)snprintf(page, sizeof(page), "<!DOCTYPE html><title>%s</title><p>%s\n", text, text);

	return put_head(connection, status, "text/html; charset=utf-8", length, request->keep_alive,
	                location) &&
	       (request->head || put(connection, page, length));
}

static bool put_bytes(struct connection *connection, const struct file *file)
{
	char *chunk;
	bool good = true;
	long count;

	if (file->data != NULL)
		return put(connection, file->data, file->size);
	chunk = malloc(CHUNK);
	for (uint64_t offset = 0; good && offset < file->size; offset += (uint64_t)count) {
		count = chunk != NULL ? file_read(file, offset, chunk, CHUNK) : -1;
		good = count > 0 && put(connection, chunk, (size_t)count);
	}
	free(chunk);
	return good;
}

static bool is_hidden(const char *path)
{
	for (const char *name = path; *name != '\0'; name++)
		if (*name == '.' && (name == path || name[-1] == '/'))
			return true;
	return false;
}

/* The file that is meant; *location is filled if the client has to ask for a directory by its right name. */
static const struct file *find(const char *path, char *location, size_t size)
{
	const struct file *file = file_find(files, path);
	size_t length = strlen(path);
	char *index;

	location[0] = '\0';
	if (file != NULL && is_hidden(file->path))
		return NULL;
	if (file != NULL && file_is_regular(file))
		return path[length - 1] == '/' ? NULL : file;
	if (path[length - 1] != '/') {
		if (file != NULL && file_is_directory(file)) {
			location[0] = '/';
			length = http_encode_path(file->path, location + 1, size - 2) + 1;
			location[length] = '/';
			location[length + 1] = '\0';
		}
		return NULL;
	}
	index = malloc(length + sizeof("index.html"));
	if (index == NULL)
		return NULL;
	memcpy(index, path, length);
	memcpy(index + length, "index.html", sizeof("index.html"));
	file = file_find(files, index);
	free(index);
	return file != NULL && file_is_regular(file) && !is_hidden(file->path) ? file : NULL;
}

static bool no_files(void)
{
	const struct file *file = NULL;

	while ((file = file_next(files, file)) != NULL)
		if (file_is_regular(file) && !is_hidden(file->path))
			return false;
	return true;
}

static bool answer(struct connection *connection, const struct http_request *request)
{
	char *location = malloc(3 * HTTP_PATH_SIZE + 2);
	const struct file *file =
	    location != NULL ? find(request->path, location, 3 * HTTP_PATH_SIZE + 2) : NULL;
	bool good;

	connection->deadline = clock_monotonic() + SEND_LIMIT;
	if (file != NULL) {
		connection->deadline += file->size / SLOWEST * SECOND;
		good = put_head(connection, 200, http_content_type(file->path), file->size,
		                request->keep_alive, NULL) &&
		       (request->head || put_bytes(connection, file));
	} else if (location != NULL && location[0] != '\0') {
		good = put_page(connection, 301, request, "It is a directory.", location);
	} else if (strcmp(request->path, "/") == 0 && no_files()) {
		good = put_page(connection, 200, request, "It works: this LightVM guest serves no files yet.",
		                NULL);
	} else {
		good = put_page(connection, 404, request, "There is no such file.", NULL);
	}
	free(location);
	return good;
}

/* Reads until a whole head is there: its length. 0: the client is gone, or too slow. SIZE_MAX: it does not
 * fit. */
static size_t take_head(struct connection *connection)
{
	size_t length;
	ssize_t count;

	connection->deadline = clock_monotonic() + HEAD_LIMIT;
	while ((length = http_head_length(connection->buffer, connection->size)) == 0) {
		if (connection->size == sizeof(connection->buffer))
			return SIZE_MAX;
		if (!can(connection, POLLIN))
			return 0;
		count = recv(connection->descriptor, connection->buffer + connection->size,
		             sizeof(connection->buffer) - connection->size, MSG_DONTWAIT);
		if (count == 0 || (count < 0 && errno != EAGAIN))
			return 0;
		if (count > 0)
			connection->size += (size_t)count;
	}
	return length;
}

/* Bytes that are not taken would reset the connection, and the client might never see the answer. */
static void linger(struct connection *connection)
{
	ssize_t count = 1;

	shutdown(connection->descriptor, SHUT_WR);
	connection->deadline = clock_monotonic() + LINGER;
	while (count != 0 && can(connection, POLLIN)) {
		count = recv(connection->descriptor, connection->buffer, sizeof(connection->buffer),
		             MSG_DONTWAIT);
		if (count < 0 && errno != EAGAIN)
			return;
	}
}

static bool serve_one(struct connection *connection, struct http_request *request)
{
	size_t length = take_head(connection);
	int status = length == SIZE_MAX ? 431 : 0;

	if (length == 0)
		return false;
	request->head = false;
	if (status == 0)
		status = http_parse(connection->buffer, length, request);
	/* Where many want to be served, nobody keeps a place. */
	if (connections > MAX_CONNECTIONS / 2 || status != 0)
		request->keep_alive = false;
	if (status != 0) {
		connection->deadline = clock_monotonic() + SEND_LIMIT;
		if (put_page(connection, status, request, reason(status), NULL))
			linger(connection);
		return false;
	}
	connection->size -= length;
	memmove(connection->buffer, connection->buffer + length, connection->size);
	return answer(connection, request) && request->keep_alive;
}

static void serve(void *argument)
{
	static const struct linger forget = {.l_onoff = 1};
	struct connection *connection = argument;
	struct http_request *request = malloc(sizeof(*request));

	while (request != NULL && serve_one(connection, request))
		;
	free(request);
	/* Else TCP would keep for minutes what it was not given time to take: memory of others. */
	if (connection->stuck)
		setsockopt(connection->descriptor, SOL_SOCKET, SO_LINGER, &forget, sizeof(forget));
	close(connection->descriptor);
	free(connection);
	connections--;
	wake_one(&slots);
}

/* false: there is no memory for it now. */
static bool begin(int descriptor)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct thread *thread = connection != NULL ? thread_create("http", serve, connection, 0) : NULL;

	if (thread == NULL) {
		free(connection);
		return false;
	}
	connection->descriptor = descriptor;
	connections++;
	thread_detach(thread);
	return true;
}

static unsigned long port_of(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "port=", 5) == 0)
			return parse_unsigned(argv[i] + 5, NULL);
	return 80;
}

int main(int argc, char **argv)
{
	unsigned long port = port_of(argc, argv);
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int listener = socket(AF_INET6, SOCK_STREAM, 0), descriptor;
	struct block *disk = block_open(0);

	files = disk != NULL ? files_of_disk(disk) : NULL;
	if (disk != NULL && files == NULL)
		panic("disk 0 holds no archive");
	if (files == NULL)
		files = files_of_ramdisk();
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(listener, 128) < 0)
		panic("port %lu: %s", port, strerror(errno));
	printf("http: serving %s on port %lu\n",
	       no_files()     ? "no files"
	       : disk != NULL ? "the files of disk 0"
	                      : "the files of the ramdisk",
	       port);
	for (;;) {
		while (connections == MAX_CONNECTIONS)
			wait_on(&slots, UINT64_MAX);
		descriptor = accept(listener, NULL, NULL);
		if (descriptor >= 0 && !begin(descriptor))
			close(descriptor);
	}
}

/* SPDX-License-Identifier: MIT */
/* The tests' lightvmd: starts a lightvm-io, talks to it, kills it, makes logs and reads them as lightvmd
 * does. */
#ifndef LIGHTVM_TESTS_IO_CLIENT_H
#define LIGHTVM_TESTS_IO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lightvm/io.h"

union client_packet {
	struct io_header header;
	struct io_guest guest;
	struct io_result result;
	struct io_shutdown shutdown;
	struct io_ended ended;
	struct io_fault fault;
	struct io_device device;
	struct io_counted counted;
	uint8_t bytes[IO_MAX_MESSAGE];
};

/* Called for each event (serial 0) and each IO_ATTACHED that comes while something else is awaited. */
typedef void client_event(void *context, const union client_packet *packet);

struct client {
	int socket;
	uint32_t serial;
	client_event *event;
	void *context;
};

/* Starts `program --listen path`, as user `uid` if that is not 0. */
pid_t client_start(const char *program, const char *path, uid_t uid);
/* SIGKILL, and wait until it is gone. */
void client_kill(pid_t process);
/* SIGTERM; returns its exit code, or -1. */
int client_stop(pid_t process);

/* Connects, for as long as it takes the other side to listen. */
void client_connect(struct client *client, const char *path);
void client_close(struct client *client);

/* Sends a request with descriptors; its serial is filled in and returned. */
uint32_t client_send(struct client *client, void *request, size_t size, const int *descriptors, size_t count);
/* Receives one packet within `timeout_ms`; returns its size, 0 when the connection ended, -1 when none came.
 */
ssize_t client_receive(struct client *client, union client_packet *packet, int timeout_ms);
/* Waits for the result of a request; events that come before go to client->event. */
int client_await(struct client *client, uint32_t serial);
/* Both at once: the error number. */
int client_ask(struct client *client, void *request, size_t size, const int *descriptors, size_t count);

/* Usual requests: the error number. */
int client_hello(struct client *client, const int *descriptors, size_t count);
int client_list(struct client *client);
int client_detach(struct client *client, const uint8_t uuid[16], uint32_t domid);
int client_shutdown(struct client *client, const uint8_t uuid[16], uint32_t domid, uint32_t reason);
int client_follow(struct client *client, const uint8_t uuid[16], uint32_t domid, bool on);

/* Makes an empty console log: a memory file. */
int client_make_log(const uint8_t uuid[16], uint32_t domid, uint32_t data_size);

/* What a reader of a log has checked so far. */
struct client_reader {
	int log;
	uint32_t guest;    /* whose stream it is (stream.h) */
	uint64_t position; /* all before it was right */
};

/* Reads on, and checks every byte against the stream. Returns how many there were. */
uint64_t client_verify(struct client_reader *reader);

uint64_t client_clock_ns(void);

#endif

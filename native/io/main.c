/* SPDX-License-Identifier: MIT */
/*
 * lightvm-io: the data plane. All that guests can talk to is here, in a process that has no rights of its own
 * (lightvm/io.h says how lightvmd gives it what it needs).
 *
 *   lightvm-io                 started by systemd's socket unit
 *   lightvm-io --listen PATH   makes the socket itself
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "block.h"
#include "report.h"
#include "sandbox.h"
#include "server.h"

#define FIRST_PASSED 3 /* where systemd's descriptors begin */
#define EXIT_USAGE   2

/* The environment's number, or -1. */
static long number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? -1 : strtol(text, NULL, 10);
}

/* The socket that systemd listens on for us, or -1. */
static int passed_socket(void)
{
	int type = 0;
	socklen_t size = sizeof(type);
	int listener = -1;
	int failed;

	if (number("LISTEN_PID") != getpid() || number("LISTEN_FDS") != 1)
		goto out;
	failed = getsockopt(FIRST_PASSED, SOL_SOCKET, SO_TYPE, &type, &size);
	if (failed != 0 || type != SOCK_SEQPACKET)
		goto out;
	listener = FIRST_PASSED;

out:
	return listener;
}

static int own_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	struct stat status;
	int listener = -1;
	int failed;

	if (length >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		goto out;
	}
	memcpy(address.sun_path, path, length + 1);
	/* What a killed one left behind. */
	failed = lstat(path, &status);
	if (failed == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (listener < 0)
		goto out;
	(void)umask(0177);
	failed = bind(listener, (const struct sockaddr *)&address, sizeof(address));
	if (failed == 0)
		failed = listen(listener, 8);
	if (failed != 0) {
		close(listener);
		listener = -1;
	}

out:
	return listener;
}

static void usage(FILE *to)
{
	fputs("usage: lightvm-io [--listen PATH] [--debug] [--no-io-uring]\n"
	      "The data plane of LightVM. Without --listen, systemd passes the socket.\n",
	      to);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"listen", required_argument, NULL, 'l'},
	    {"debug", no_argument, NULL, 'd'},
	    {"no-io-uring", no_argument, NULL, 'u'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	static struct server server;
	const char *path = NULL;
	bool use_ring = true;
	int status = EXIT_USAGE;
	int listener;
	int result;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			path = optarg;
			break;
		case 'u':
			use_ring = false;
			break;
		case 'd':
			report_set_level(REPORT_DEBUG);
			break;
		case 'h':
			usage(stdout);
			status = EXIT_SUCCESS;
			goto out;
		default:
			usage(stderr);
			goto out;
		}
	}
	if (optind != argc) {
		usage(stderr);
		goto out;
	}
	status = EXIT_FAILURE;
	listener = path != NULL ? own_socket(path) : passed_socket();
	if (listener < 0) {
		report(REPORT_ERROR,
		       "There is no socket to listen on (%s): systemd passes it, or --listen makes it.",
		       path != NULL ? strerror(errno) : "none was passed");
		goto out;
	}
	result = server_open(&server, listener, path != NULL);
	if (result != 0) {
		report(REPORT_ERROR, "Cannot begin to wait for events: %s.", strerror(result));
		goto out;
	}
	result = block_open(&server, use_ring);
	if (result != 0) {
		report(REPORT_ERROR, "Cannot make what disks need: %s.", strerror(result));
		goto out;
	}
	result = sandbox_enter();
	if (result == ENOTSUP) {
		report(REPORT_WARNING, "No seccomp filter: this is a build with sanitizers.");
	} else if (result != 0) {
		report(REPORT_ERROR, "Cannot install the seccomp filter: %s.", strerror(result));
		goto out;
	}
	report(REPORT_INFO, "lightvm-io is ready.");
	result = server_run(&server);
	report(result == 0 ? REPORT_INFO : REPORT_ERROR, "lightvm-io ends: %s.",
	       result == 0 ? "it was asked to" : strerror(result));
	server_close(&server);
	status = result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;

out:
	return status;
}

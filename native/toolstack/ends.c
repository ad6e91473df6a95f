/* SPDX-License-Identifier: MIT */
/* The ends of domains: Xen raises VIRQ_DOM_EXC for the one process that holds it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "host.h"
/* Needs xenctrl.h before it. */
#include <xenevtchn.h>

struct lightvm_ends {
	struct log log;
	xenevtchn_handle *channels;
	int wake; /* eventfd */
};

int lightvm_ends_open(struct lightvm_ends **result, struct lightvm_error *error)
{
	struct lightvm_ends *ends;
	int port, rc = 0;

	*result = NULL;
	ends = calloc(1, sizeof(*ends));
	if (ends == NULL)
		return error_set(error, ENOMEM, "watch domain ends", "No memory.");
	log_init(&ends->log);
	ends->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ends->channels = xenevtchn_open(&ends->log.logger, 0);
	if (ends->wake < 0 || ends->channels == NULL) {
		rc = error_set(error, errno, "watch domain ends",
		               "Event channels cannot be opened (is the module xen-evtchn loaded?): %s.",
		               strerror(errno));
		goto out;
	}
	port = xenevtchn_bind_virq(ends->channels, VIRQ_DOM_EXC);
	if (port < 0 && errno == EEXIST) {
		rc = error_set(error, EEXIST, "watch domain ends",
		               "Another process, xenstored as a rule, is told of domain ends already.");
		goto out;
	}
	if (port < 0) {
		rc = error_set(error, errno, "watch domain ends", "VIRQ_DOM_EXC cannot be bound: %s.",
		               strerror(errno));
		goto out;
	}
	*result = ends;
	ends = NULL;
out:
	lightvm_ends_close(ends);
	return rc;
}

void lightvm_ends_close(struct lightvm_ends *ends)
{
	if (ends == NULL)
		return;
	if (ends->channels != NULL)
		xenevtchn_close(ends->channels);
	if (ends->wake >= 0)
		close(ends->wake);
	free(ends);
}

int lightvm_ends_wait(struct lightvm_ends *ends, int32_t timeout_ms, int32_t *fired,
                      struct lightvm_error *error)
{
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
	uint64_t count;
	ssize_t taken;
	int rc, port;

	*fired = 0;
	fds[0].fd = xenevtchn_fd(ends->channels);
	fds[1].fd = ends->wake;
	rc = poll(fds, 2, timeout_ms);
	if (rc < 0 && errno == EINTR)
		return 0; /* as if the time were up: the caller comes back */
	if (rc < 0)
		return error_set(error, errno, "wait for domain ends", "poll failed: %s.", strerror(errno));
	if ((fds[1].revents & POLLIN) != 0) {
		taken = read(ends->wake, &count, sizeof(count));
		(void)taken;
	}
	if ((fds[0].revents & POLLIN) == 0)
		return 0;
	port = xenevtchn_pending(ends->channels);
	if (port < 0)
		return error_set(error, errno, "wait for domain ends", "Event channels cannot be read: %s.",
		                 strerror(errno));
	rc = xenevtchn_unmask(ends->channels, (evtchn_port_t)port);
	if (rc < 0)
		return error_set(error, errno, "wait for domain ends", "The port cannot be unmasked: %s.",
		                 strerror(errno));
	*fired = 1;
	return 0;
}

void lightvm_ends_wake(struct lightvm_ends *ends)
{
	uint64_t one = 1;
	ssize_t count = write(ends->wake, &one, sizeof(one));

	(void)count; /* full means that it is awake anyway */
}

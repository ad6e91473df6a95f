/* SPDX-License-Identifier: MIT */
/* The memory of a domain as an ELF core file, written by libxenguest piece by piece to a descriptor. */
#include <errno.h>
#include <unistd.h>
#include "host.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

static int write_piece(xc_interface *xc, void *argument, char *buffer, unsigned int length)
{
	const int *fd = argument;
	unsigned int done = 0;
	ssize_t count;

	(void)xc;
	while (done < length) {
		count = write(*fd, buffer + done, length - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		done += (unsigned int)count;
	}
	return 0;
}

int lightvm_domain_dump(struct lightvm_host *host, uint32_t domid, int fd, struct lightvm_error *error)
{
	int rc;

	log_clear(&host->log);
	rc = xc_domain_dumpcore_via_callback(host->xc, domid, &fd, write_piece);
	if (rc != 0)
		return host_error(host, error, "dump domain", "The memory of domain %u cannot be written",
		                  domid);
	return 0;
}

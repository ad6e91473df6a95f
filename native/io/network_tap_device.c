/* SPDX-License-Identifier: MIT */
/* A real TAP. Tests have memory in its place. */
#include "network_tap.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <linux/if_tun.h>

int tap_attach(int descriptor, size_t *header_size)
{
	struct ifreq request = {.ifr_flags = IFF_ATTACH_QUEUE};
	int size = 0;
	int result = 0;
	int failed = ioctl(descriptor, TUNSETQUEUE, &request);

	/* EINVAL: it is not detached, so it is attached. */
	if (failed != 0 && errno != EINVAL) {
		result = errno;
		goto out;
	}
	failed = ioctl(descriptor, TUNGETVNETHDRSZ, &size);
	if (failed != 0)
		result = errno;
	*header_size = (size_t)size;

out:
	return result;
}

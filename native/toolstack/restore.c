/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "host.h"

int lightvm_guest_restore(struct lightvm_host *host, struct lightvm_restorer *restorer,
                          const struct lightvm_restore_config *config, struct lightvm_restored *restored,
                          struct lightvm_error *error)
{
	(void)host;
	(void)restorer;
	(void)config;
	memset(restored, 0, sizeof(*restored));
	return error_set(error, ENOSYS, "restore guest", "Guests cannot be restored yet.");
}

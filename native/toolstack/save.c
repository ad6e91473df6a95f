/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "host.h"

int lightvm_guest_save(struct lightvm_host *host, const struct lightvm_save_config *config,
                       struct lightvm_error *error)
{
	(void)host;
	return error_set(error, ENOSYS, "save guest", "Domain %u cannot be saved yet.", config->domid);
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include "host.h"

struct lightvm_restorer {
	char *program;
};

int lightvm_restorer_open(const char *program, struct lightvm_restorer **restorer, struct lightvm_error *error)
{
	(void)program;
	*restorer = calloc(1, sizeof(**restorer));
	if (*restorer == NULL)
		return error_set(error, ENOMEM, "start restorer", "No memory.");
	return 0;
}

void lightvm_restorer_close(struct lightvm_restorer *restorer)
{
	free(restorer);
}

/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <errno.h>

int network_set(struct server *server, const struct io_network *request, int *tap, const char **step)
{
	(void)server;
	(void)request;
	(void)tap;
	*step = "make the network";
	return ENOSYS;
}

int network_remove(struct server *server, const uint8_t uuid[16], const char **step)
{
	(void)server;
	(void)uuid;
	*step = "look for the network";
	return ENODEV;
}

void network_close_all(struct server *server)
{
	(void)server;
}

int net_attach(struct guest *guest, const struct io_net *request, int *tap, const char **step)
{
	(void)guest;
	(void)request;
	(void)tap;
	*step = "attach the adapter";
	return ENOSYS;
}

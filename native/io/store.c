/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>

int store_open(struct guest *guest, void *ring, uint32_t port, int file, struct store **store)
{
	(void)guest;
	(void)ring;
	(void)port;
	(void)file;
	(void)store;
	return ENOSYS;
}

void store_close(struct store *store)
{
	(void)store;
}

void store_serve(struct store *store)
{
	(void)store;
}

bool store_used(const struct store *store)
{
	(void)store;
	return false;
}

int store_ask(struct store *store, uint32_t reason)
{
	(void)store;
	(void)reason;
	return ENOSYS;
}

bool store_acknowledged(const struct store *store, uint32_t *reason)
{
	(void)store;
	*reason = 0;
	return false;
}

const struct device_bus bus_xenbus;

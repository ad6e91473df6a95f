/* SPDX-License-Identifier: MIT */
/*
 * The private XenStore of a stock guest: a tree of its own, on its own page and port. What the guest's
 * drivers and ours say to each other by it survives this process in the store file (store_file.h).
 */
#ifndef LIGHTVM_IO_STORE_H
#define LIGHTVM_IO_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct guest;
struct store;

/*
 * Takes over a ring page (a struct xenstore_domain_interface, guest memory) and the port of ours that belongs
 * to it. `file` is the store file, new or as the last process left it; it stays the caller's. Returns 0 or an
 * errno.
 */
int store_open(struct guest *guest, void *ring, uint32_t port, int file, struct store **store);
void store_close(struct store *store);

/* Serves what the guest asks; may call device_look. */
void store_serve(struct store *store);

/* Whether the guest has ever asked for anything in its present life. */
bool store_used(const struct store *store);

/* Writes control/shutdown: 0 or an errno. NOXS_SUSPEND is asked for as "suspend". */
int store_ask(struct store *store, uint32_t reason);
/* Whether the guest took the last request, by emptying that node; *reason is what it was. */
bool store_acknowledged(const struct store *store, uint32_t *reason);

/* The bus of guests with a private XenStore. */
extern const struct device_bus bus_xenbus;

#endif

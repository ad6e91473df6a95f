/* SPDX-License-Identifier: MIT */
/* The guests that are attached: found by uuid, by our port, or one after the other. */
#ifndef LIGHTVM_IO_TABLE_H
#define LIGHTVM_IO_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "guest.h"

#define TABLE_BUCKETS 4096U

/* Who is looked at when an event comes. */
struct table_port {
	struct guest *guest;   /* NULL: nobody */
	struct device *device; /* whose port it is; NULL: all devices of the guest */
};

struct table {
	struct guest *buckets[TABLE_BUCKETS];
	struct table_port *ports;
	uint32_t port_capacity;
	uint32_t count;
	struct guest *first;
};

/* Puts a guest in, whose uuid and port are set and not there yet. ENOMEM, or 0. */
int table_add(struct table *table, struct guest *guest);
void table_remove(struct table *table, struct guest *guest);
struct guest *table_find(const struct table *table, const uint8_t uuid[16]);
void table_free(struct table *table);

/* Further ports of a guest, or of one of its devices (or NULL). ENOMEM, or 0. */
int table_add_port(struct table *table, uint32_t port, struct guest *guest, struct device *device);
void table_remove_port(struct table *table, uint32_t port);

/* Who is bound to a port. */
static inline struct table_port table_port(const struct table *table, uint32_t port)
{
	return port < table->port_capacity ? table->ports[port] : (struct table_port){0};
}

#endif

/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_PORT_MAX (1U << 20) /* Xen has 131,072 */

/* uuids are random, or a hash of a name: their bits need no stirring. */
static uint32_t bucket(const uint8_t uuid[16])
{
	uint32_t word;
	uint32_t hash = 0;

	for (size_t i = 0; i < 16; i += sizeof(word)) {
		memcpy(&word, uuid + i, sizeof(word));
		hash ^= word;
	}
	return (hash ^ hash >> 12) % TABLE_BUCKETS;
}

static int grow(struct table *table, uint32_t port)
{
	uint32_t capacity = table->port_capacity == 0 ? 1024 : table->port_capacity;
	struct table_port *ports;
	int result = 0;

	if (port > TABLE_PORT_MAX) {
		result = EINVAL;
		goto out;
	}
	while (capacity <= port)
		capacity *= 2;
	if (capacity == table->port_capacity)
		goto out;
	ports = realloc(table->ports, capacity * sizeof(*ports));
	if (ports == NULL) {
		result = ENOMEM;
		goto out;
	}
	memset(ports + table->port_capacity, 0, (capacity - table->port_capacity) * sizeof(*ports));
	table->ports = ports;
	table->port_capacity = capacity;

out:
	return result;
}

int table_add_port(struct table *table, uint32_t port, struct guest *guest, struct device *device)
{
	int result = grow(table, port);

	if (result == 0)
		table->ports[port] = (struct table_port){.guest = guest, .device = device};
	return result;
}

void table_remove_port(struct table *table, uint32_t port)
{
	/* One that there was no memory to enter is not in it. */
	if (port < table->port_capacity)
		table->ports[port] = (struct table_port){0};
}

int table_add(struct table *table, struct guest *guest)
{
	struct guest **chain = &table->buckets[bucket(guest->uuid)];
	int result = table_add_port(table, guest->port, guest, NULL);

	if (result != 0)
		goto out;
	guest->hash_next = *chain;
	*chain = guest;
	guest->previous = NULL;
	guest->next = table->first;
	if (table->first != NULL)
		table->first->previous = guest;
	table->first = guest;
	table->count++;

out:
	return result;
}

void table_remove(struct table *table, struct guest *guest)
{
	struct guest **link = &table->buckets[bucket(guest->uuid)];

	while (*link != guest)
		link = &(*link)->hash_next;
	*link = guest->hash_next;
	if (guest->previous != NULL)
		guest->previous->next = guest->next;
	else
		table->first = guest->next;
	if (guest->next != NULL)
		guest->next->previous = guest->previous;
	table_remove_port(table, guest->port);
	table->count--;
}

struct guest *table_find(const struct table *table, const uint8_t uuid[16])
{
	struct guest *guest = table->buckets[bucket(uuid)];

	while (guest != NULL) {
		int difference = memcmp(guest->uuid, uuid, sizeof(guest->uuid));

		if (difference == 0)
			break;
		guest = guest->hash_next;
	}
	return guest;
}

void table_free(struct table *table)
{
	free(table->ports);
	table->ports = NULL;
	table->port_capacity = 0;
}

/* SPDX-License-Identifier: MIT */
#include "network_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

static const uint8_t sizes[NETWORK_KEYS] = {[NETWORK_MAC] = 6, [NETWORK_IPV4] = 4, [NETWORK_IPV6] = 16};

/* Guests choose what is looked for, not what is in it: a plain hash is enough. */
static size_t hash(const struct network_table *table, uint8_t key, const uint8_t *bytes)
{
	uint32_t value = 2166136261U ^ key;

	for (size_t i = 0; i < sizes[key]; i++)
		value = (value ^ bytes[i]) * 16777619U;
	return (value ^ value >> 15) & (table->capacity - 1);
}

static struct network_entry *find(const struct network_table *table, uint8_t key, const uint8_t *bytes)
{
	struct network_entry *entry;

	if (table->capacity == 0)
		return NULL;
	for (entry = table->buckets[hash(table, key, bytes)]; entry != NULL; entry = entry->next) {
		int difference = entry->key == key ? memcmp(entry->bytes, bytes, sizes[key]) : 1;

		if (difference == 0)
			break;
	}
	return entry;
}

static void put(struct network_table *table, struct network_entry *entry)
{
	struct network_entry **bucket = &table->buckets[hash(table, entry->key, entry->bytes)];

	entry->next = *bucket;
	*bucket = entry;
}

static int grow(struct network_table *table)
{
	struct network_table grown = {.capacity = table->capacity == 0 ? FIRST_CAPACITY : table->capacity * 2,
	                              .count = table->count};

	grown.buckets = calloc(grown.capacity, sizeof(struct network_entry *));
	if (grown.buckets == NULL)
		return ENOMEM;
	for (size_t i = 0; i < table->capacity; i++) {
		struct network_entry *next;

		for (struct network_entry *entry = table->buckets[i]; entry != NULL; entry = next) {
			next = entry->next;
			put(&grown, entry);
		}
	}
	free(table->buckets);
	*table = grown;
	return 0;
}

int network_table_add(struct network_table *table, struct network_entry *entry, enum network_key key,
                      const uint8_t *bytes, struct adapter *adapter)
{
	int result = EEXIST;

	if (find(table, (uint8_t)key, bytes) != NULL)
		goto out;
	result = table->count < table->capacity ? 0 : grow(table);
	if (result != 0)
		goto out;
	*entry = (struct network_entry){.adapter = adapter, .key = (uint8_t)key};
	memcpy(entry->bytes, bytes, sizes[key]);
	put(table, entry);
	table->count++;

out:
	return result;
}

void network_table_remove(struct network_table *table, struct network_entry *entry)
{
	struct network_entry **place;

	if (entry->adapter == NULL)
		return;
	place = &table->buckets[hash(table, entry->key, entry->bytes)];
	while (*place != entry)
		place = &(*place)->next;
	*place = entry->next;
	table->count--;
	*entry = (struct network_entry){0};
}

struct adapter *network_table_find(const struct network_table *table, enum network_key key,
                                   const uint8_t *bytes)
{
	const struct network_entry *entry = find(table, (uint8_t)key, bytes);

	return entry == NULL ? NULL : entry->adapter;
}

void network_table_free(struct network_table *table)
{
	free(table->buckets);
	*table = (struct network_table){0};
}

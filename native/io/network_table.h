/* SPDX-License-Identifier: MIT */
/* Who has which address in a network. Nothing is learnt: lightvmd gives every address. */
#ifndef LIGHTVM_IO_NETWORK_TABLE_H
#define LIGHTVM_IO_NETWORK_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Which of an adapter's addresses. */
enum network_key {
	NETWORK_MAC,  /* 6 bytes */
	NETWORK_IPV4, /* 4 */
	NETWORK_IPV6, /* 16 */
};
#define NETWORK_KEYS 3

struct adapter;

/* One address. Embedded in the adapter. */
struct network_entry {
	struct network_entry *next;
	struct adapter *adapter; /* NULL: it is in no table */
	uint8_t key;             /* enum network_key */
	uint8_t bytes[16];       /* the rest zero */
};

struct network_table {
	struct network_entry **buckets;
	size_t capacity; /* 0, or a power of two */
	size_t count;
};

/* 0; ENOMEM; EEXIST: another one has it. On failure the entry is in no table. */
int network_table_add(struct network_table *table, struct network_entry *entry, enum network_key key,
                      const uint8_t *bytes, struct adapter *adapter);
/* Good for one that is in no table too. */
void network_table_remove(struct network_table *table, struct network_entry *entry);
struct adapter *network_table_find(const struct network_table *table, enum network_key key,
                                   const uint8_t *bytes);
void network_table_free(struct network_table *table);

#endif

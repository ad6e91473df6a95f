/* SPDX-License-Identifier: MIT */
/*
 * The tree of a private XenStore, in one piece of memory: each node is followed by its children, in the order
 * of their names, each by its own. A node is {size of its value (16 bits), depth, flags, size of its name,
 * 0}, its name, its value; the root has depth 0 and no name. So a path is found, a subtree removed, and two
 * trees compared by walking.
 */
#ifndef LIGHTVM_IO_STORE_TREE_H
#define LIGHTVM_IO_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_VALUE_MAX 2048U
#define TREE_NAME_MAX  255U
#define TREE_DEPTH_MAX 32U
#define TREE_NONE      UINT32_MAX
#define TREE_PATH_MAX  3072U /* bytes of an absolute path, without a NUL */

struct tree {
	uint8_t *bytes;
	uint32_t used;
	uint32_t limit; /* bytes that it may grow to */
};

struct tree_node {
	const char *name; /* not NUL-terminated */
	const uint8_t *value;
	uint16_t value_size;
	uint8_t name_size;
	uint8_t depth;
	bool touched; /* written since the flags were last cleared */
};

/* Makes the root of an empty tree. */
void tree_begin(struct tree *tree);
/* Whether the bytes are a tree. */
bool tree_check(const struct tree *tree);

/* The node at a place, and the place of the next one in the order of the bytes (tree->used: there is none).
 */
struct tree_node tree_node(const struct tree *tree, uint32_t place);
uint32_t tree_next(const struct tree *tree, uint32_t place);
/* The place after all that is below it. */
uint32_t tree_after(const struct tree *tree, uint32_t place);

/* Paths are absolute and well formed. The place of a node, or TREE_NONE. */
uint32_t tree_find(const struct tree *tree, const char *path, size_t size);

/*
 * Writes a node, and what is missing above it. `touch` marks it. NULL as value: make it if it is not there,
 * empty, and mark it only then. 0, or ENOSPC: a limit.
 */
int tree_set(struct tree *tree, const char *path, size_t size, const void *value, size_t value_size,
             bool touch);

/* Removes what is at a place, and below. Not the root. */
void tree_remove(struct tree *tree, uint32_t place);

void tree_clear_touched(struct tree *tree);

/*
 * Compares two trees. `changed` is called for each node of the new one that is marked, `removed` for the
 * topmost nodes that are no longer there and (below) for all that went with them.
 */
struct tree_changes {
	void (*changed)(void *context, const char *path, size_t size);
	void (*removed)(void *context, const char *path, size_t size, bool below);
	void *context;
};
void tree_compare(const struct tree *before, const struct tree *after, const struct tree_changes *changes);

#endif

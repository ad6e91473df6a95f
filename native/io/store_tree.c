/* SPDX-License-Identifier: MIT */
#include "store_tree.h"

#include <errno.h>
#include <string.h>

#define HEAD    6U /* bytes before the name */
#define TOUCHED 1U

void tree_begin(struct tree *tree)
{
	memset(tree->bytes, 0, HEAD);
	tree->used = HEAD;
}

struct tree_node tree_node(const struct tree *tree, uint32_t place)
{
	const uint8_t *at = tree->bytes + place;
	struct tree_node node = {
	    .name = (const char *)at + HEAD,
	    .depth = at[2],
	    .touched = (at[3] & TOUCHED) != 0,
	    .name_size = at[4],
	};

	memcpy(&node.value_size, at, sizeof(node.value_size));
	node.value = at + HEAD + node.name_size;
	return node;
}

static uint32_t node_size(const struct tree_node *node)
{
	return HEAD + node->name_size + node->value_size;
}

uint32_t tree_next(const struct tree *tree, uint32_t place)
{
	struct tree_node node = tree_node(tree, place);

	return place + node_size(&node);
}

static uint8_t depth_at(const struct tree *tree, uint32_t place)
{
	return tree->bytes[place + 2];
}

uint32_t tree_after(const struct tree *tree, uint32_t place)
{
	uint8_t depth = depth_at(tree, place);

	do {
		place = tree_next(tree, place);
	} while (place < tree->used && depth_at(tree, place) > depth);
	return place;
}

bool tree_check(const struct tree *tree)
{
	uint32_t place = 0;
	uint32_t last_depth = 0;

	while (place < tree->used) {
		struct tree_node node;

		if (tree->used - place < HEAD)
			return false;
		node = tree_node(tree, place);
		if (tree->used - place < node_size(&node) || node.depth > TREE_DEPTH_MAX)
			return false;
		if (place == 0 ? node.depth != 0 || node.name_size != 0
		               : node.depth == 0 || node.depth > last_depth + 1 || node.name_size == 0)
			return false;
		last_depth = node.depth;
		place += node_size(&node);
	}
	return tree->used >= HEAD && tree->used <= tree->limit;
}

static int compare_names(const char *a, size_t a_size, const char *b, size_t b_size)
{
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	if (order == 0)
		order = a_size < b_size ? -1 : a_size > b_size;
	return order;
}

/* The child of this name, or TREE_NONE and in *gap where it would be. */
static uint32_t find_child(const struct tree *tree, uint32_t parent, const char *name, size_t size,
                           uint32_t *gap)
{
	uint8_t depth = depth_at(tree, parent) + 1;
	uint32_t place = tree_next(tree, parent);

	for (; place < tree->used; place = tree_next(tree, place)) {
		struct tree_node node = tree_node(tree, place);
		int order;

		if (node.depth < depth)
			break;
		if (node.depth > depth)
			continue;
		order = compare_names(node.name, node.name_size, name, size);
		if (order == 0)
			return place;
		if (order > 0)
			break;
	}
	*gap = place;
	return TREE_NONE;
}

/* The name at the beginning of what is left of a path, which it is taken off. */
static size_t take_name(const char **path, size_t *left, const char **name)
{
	size_t size = 0;

	/* the slash */
	*name = *path + 1;
	while (size + 1 < *left && (*name)[size] != '/')
		size++;
	*path += size + 1;
	*left -= size + 1;
	return size;
}

uint32_t tree_find(const struct tree *tree, const char *path, size_t size)
{
	uint32_t place = 0;
	uint32_t gap;

	if (size == 1)
		return 0;
	while (size > 0 && place != TREE_NONE) {
		const char *name;
		size_t name_size = take_name(&path, &size, &name);

		place = find_child(tree, place, name, name_size, &gap);
	}
	return place;
}

/* Makes room at a place, or takes it away. */
static void resize(struct tree *tree, uint32_t place, uint32_t from, uint32_t to)
{
	memmove(tree->bytes + place + to, tree->bytes + place + from, tree->used - place - from);
	tree->used += to - from;
}

static int add_node(struct tree *tree, uint32_t place, uint8_t depth, const char *name, size_t name_size)
{
	uint32_t size = HEAD + (uint32_t)name_size;
	uint8_t *at = tree->bytes + place;

	if (name_size > TREE_NAME_MAX || depth > TREE_DEPTH_MAX || size > tree->limit ||
	    tree->used > tree->limit - size)
		return ENOSPC;
	resize(tree, place, 0, size);
	memset(at, 0, HEAD);
	at[2] = depth;
	at[4] = (uint8_t)name_size;
	memcpy(at + HEAD, name, name_size);
	return 0;
}

static int set_value(struct tree *tree, uint32_t place, const void *value, size_t size)
{
	struct tree_node node = tree_node(tree, place);
	uint16_t stored = (uint16_t)size;

	if (size > TREE_VALUE_MAX)
		return ENOSPC;
	if (size > node.value_size && tree->used + (size - node.value_size) > tree->limit)
		return ENOSPC;
	resize(tree, place + HEAD + node.name_size, node.value_size, (uint32_t)size);
	memcpy(tree->bytes + place, &stored, sizeof(stored));
	memcpy(tree->bytes + place + HEAD + node.name_size, value, size);
	return 0;
}

int tree_set(struct tree *tree, const char *path, size_t size, const void *value, size_t value_size,
             bool touch)
{
	uint32_t place = 0;
	bool made = false;
	int result = 0;

	if (size == 1)
		size = 0;
	while (size > 0 && result == 0) {
		const char *name;
		size_t name_size = take_name(&path, &size, &name);
		uint32_t gap = 0;
		uint32_t child = find_child(tree, place, name, name_size, &gap);

		if (child == TREE_NONE) {
			result = add_node(tree, gap, depth_at(tree, place) + 1, name, name_size);
			child = gap;
			made = true;
		}
		place = child;
	}
	if (result == 0 && value != NULL)
		result = set_value(tree, place, value, value_size);
	if (result == 0 && touch && (made || value != NULL))
		tree->bytes[place + 3] |= TOUCHED;
	return result;
}

void tree_remove(struct tree *tree, uint32_t place)
{
	resize(tree, place, tree_after(tree, place) - place, 0);
}

void tree_clear_touched(struct tree *tree)
{
	for (uint32_t place = 0; place < tree->used; place = tree_next(tree, place))
		tree->bytes[place + 3] = 0;
}

/* A path that grows and shrinks with a walk. */
struct walk {
	char path[TREE_PATH_MAX + TREE_NAME_MAX + 2];
	size_t ends[TREE_DEPTH_MAX + 1]; /* of the path of each depth */
};

static size_t step_into(struct walk *walk, const struct tree_node *node)
{
	size_t end;

	if (node->depth == 0) {
		walk->path[0] = '/';
		walk->ends[0] = 0;
		return 1;
	}
	end = walk->ends[node->depth - 1];
	if (end + 1 + node->name_size <= sizeof(walk->path)) {
		walk->path[end] = '/';
		memcpy(walk->path + end + 1, node->name, node->name_size);
		end += 1 + (size_t)node->name_size;
	}
	walk->ends[node->depth] = end;
	return end;
}

static uint32_t tell_removed(const struct tree *tree, uint32_t place, struct walk *walk,
                             const struct tree_changes *changes)
{
	uint32_t after = tree_after(tree, place);
	bool below = false;

	for (; place < after; place = tree_next(tree, place)) {
		struct tree_node node = tree_node(tree, place);
		size_t size = step_into(walk, &node);

		changes->removed(changes->context, walk->path, size, below);
		below = true;
	}
	return after;
}

void tree_compare(const struct tree *before, const struct tree *after, const struct tree_changes *changes)
{
	struct walk walk;
	uint32_t old_place = 0;
	uint32_t new_place = 0;

	while (old_place < before->used || new_place < after->used) {
		struct tree_node old_node = {0};
		struct tree_node new_node = {0};
		int order; /* below 0: the old one is gone; above: the new one is new */

		if (old_place < before->used)
			old_node = tree_node(before, old_place);
		if (new_place < after->used)
			new_node = tree_node(after, new_place);
		if (old_place >= before->used)
			order = 1;
		else if (new_place >= after->used)
			order = -1;
		else if (old_node.depth != new_node.depth)
			order = old_node.depth > new_node.depth ? -1 : 1;
		else
			order = compare_names(old_node.name, old_node.name_size, new_node.name,
			                      new_node.name_size);
		if (order < 0) {
			old_place = tell_removed(before, old_place, &walk, changes);
			continue;
		}
		if (order == 0)
			old_place = tree_next(before, old_place);
		{
			size_t size = step_into(&walk, &new_node);

			if (new_node.touched)
				changes->changed(changes->context, walk.path, size);
		}
		new_place = tree_next(after, new_place);
	}
}

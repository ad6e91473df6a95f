// SPDX-License-Identifier: GPL-2.0
/*
 * What a XenStore would be to the front-ends of this guest: a few nodes in memory, and who watches them.
 *
 * Copyright (c) LightVM contributors
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/slab.h>
#include <xen/xenbus.h>
#include "xenbus.h"
#include "xenbus_noxs_nodes.h"

struct noxs_watch {
	struct list_head list;
	const char *token;
	char path[];
};

static LIST_HEAD(nodes);
static LIST_HEAD(watches);

bool noxs_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return !strncmp(path, directory, length) && (path[length] == '\0' || path[length] == '/');
}

struct noxs_node *noxs_find(const char *path)
{
	struct noxs_node *node;

	list_for_each_entry(node, &nodes, list)
		if (!strcmp(node->path, path))
			return node;
	return NULL;
}

/* Takes the value over. */
int noxs_put(const char *path, char *value)
{
	struct noxs_node *node = noxs_find(path);

	if (!value)
		return -ENOMEM;
	if (!node) {
		node = kzalloc(sizeof(*node) + strlen(path) + 1, NOXS_GFP);
		if (!node) {
			kfree(value);
			return -ENOMEM;
		}
		strcpy(node->path, path);
		list_add_tail(&node->list, &nodes);
	}
	kfree(node->value);
	node->value = value;
	return 0;
}

void noxs_putf(const char *directory, const char *name, const char *format, ...)
{
	char path[64];
	va_list arguments;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	va_start(arguments, format);
	if (noxs_put(path, kvasprintf(NOXS_GFP, format, arguments)))
		pr_err("no memory for %s\n", path);
	va_end(arguments);
}

static const char *get(const char *directory, const char *name)
{
	char path[64];
	struct noxs_node *node;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	node = noxs_find(path);
	return node ? node->value : NULL;
}

u32 noxs_number(const char *directory, const char *name)
{
	const char *text = get(directory, name);
	u32 value;

	return text && !kstrtou32(text, 10, &value) ? value : 0;
}

static void tell_watch(const struct noxs_watch *watch, const char *path)
{
	size_t size = strlen(path) + 1, token = strlen(watch->token) + 1;
	struct xs_watch_event *event = kmalloc(sizeof(*event) + size + token, NOXS_GFP);

	if (!event) {
		pr_err("no memory to tell of %s\n", path);
		return;
	}
	event->len = size + token;
	memcpy(event->body, path, size);
	memcpy(event->body + size, watch->token, token);
	xs_watch_msg(event);
}

void noxs_fire(const char *path)
{
	struct noxs_watch *watch;

	list_for_each_entry(watch, &watches, list) {
		if (noxs_within(path, watch->path))
			tell_watch(watch, path);
		else if (noxs_within(watch->path, path))
			tell_watch(watch, watch->path);
	}
}

bool noxs_drop(const char *path)
{
	struct noxs_node *node, *next;
	bool any = false;

	list_for_each_entry_safe(node, next, &nodes, list) {
		if (!noxs_within(node->path, path))
			continue;
		list_del(&node->list);
		kfree(node->value);
		kfree(node);
		any = true;
	}
	if (any)
		noxs_fire(path);
	return any;
}

char *noxs_read(const char *path, unsigned int *size)
{
	struct noxs_node *node = noxs_find(path);
	char *value = node ? kstrdup(node->value, NOXS_GFP) : NULL;

	if (!value)
		return ERR_PTR(node ? -ENOMEM : -ENOENT);
	*size = strlen(value);
	return value;
}

static bool is_listed(const char *names, unsigned int size, const char *name, size_t length)
{
	const char *end = names + size;

	for (; names < end; names += strlen(names) + 1)
		if (strlen(names) == length && !memcmp(names, name, length))
			return true;
	return false;
}

char *noxs_directory(const char *path, unsigned int *size)
{
	size_t length = strlen(path), room = 0;
	struct noxs_node *node;
	char *names;

	list_for_each_entry(node, &nodes, list)
		if (noxs_within(node->path, path))
			room += strlen(node->path) + 1;
	names = room ? kmalloc(room, NOXS_GFP) : NULL;
	if (!names)
		return ERR_PTR(room ? -ENOMEM : -ENOENT);
	*size = 0;
	list_for_each_entry(node, &nodes, list) {
		const char *name = node->path + length + 1;
		size_t end;

		if (!noxs_within(node->path, path) || node->path[length] == '\0')
			continue;
		end = strcspn(name, "/");
		if (is_listed(names, *size, name, end))
			continue;
		memcpy(names + *size, name, end);
		names[*size + end] = '\0';
		*size += end + 1;
	}
	return names;
}

int noxs_add_watch(const char *path, const char *token)
{
	size_t size = strlen(path) + 1;
	struct noxs_watch *watch = kmalloc(sizeof(*watch) + size + strlen(token) + 1, NOXS_GFP);

	if (!watch)
		return -ENOMEM;
	strcpy(watch->path, path);
	watch->token = strcpy(watch->path + size, token);
	list_add_tail(&watch->list, &watches);
	tell_watch(watch, path);
	return 0;
}

int noxs_remove_watch(const char *path, const char *token)
{
	struct noxs_watch *watch;

	list_for_each_entry(watch, &watches, list) {
		if (strcmp(watch->path, path) || strcmp(watch->token, token))
			continue;
		list_del(&watch->list);
		kfree(watch);
		return 0;
	}
	return -ENOENT;
}

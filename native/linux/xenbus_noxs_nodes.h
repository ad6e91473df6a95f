/* SPDX-License-Identifier: GPL-2.0 */
/* The nodes that stand for a XenStore (xenbus_noxs_nodes.c). Callers hold the one lock of xenbus_noxs.c. */
#ifndef XENBUS_NOXS_NODES_H
#define XENBUS_NOXS_NODES_H

#include <linux/types.h>

#define NOXS_GFP (GFP_NOIO | __GFP_HIGH) /* disks wait for what is allocated here */

struct noxs_node {
	struct list_head list;
	char *value;
	char path[];
};

/* Whether a path is a directory or below it. */
bool noxs_within(const char *path, const char *directory);
/* NULL: there is none. Valid until the next change. */
struct noxs_node *noxs_find(const char *path);
/* Takes the value over, which may be NULL: no memory. */
int noxs_put(const char *path, char *value);
/* What there is no memory for is told in the log. */
__printf(3, 4) void noxs_putf(const char *directory, const char *name, const char *format, ...);
/* Of a node that is a number; else 0. */
u32 noxs_number(const char *directory, const char *name);
/* Removes a node and all below it, and tells who watches; false: there was none. */
bool noxs_drop(const char *path);
/* Tells who watches this path, or one above or below. */
void noxs_fire(const char *path);
int noxs_add_watch(const char *path, const char *token);
int noxs_remove_watch(const char *path, const char *token);
/* A copy of a value, or of the names in a directory, each with its zero; an ERR_PTR. */
char *noxs_read(const char *path, unsigned int *size);
char *noxs_directory(const char *path, unsigned int *size);

#endif

/* SPDX-License-Identifier: MIT */
/* The table of descriptors: what sockets and files give it. */
#ifndef RUNTIME_DESCRIPTOR_H
#define RUNTIME_DESCRIPTOR_H

#include <lightvm/descriptors.h>
#include <lightvm/threads.h>

/* Each gives -1 with errno set when it fails. An absent one is EINVAL. */
struct descriptor_operations {
	ssize_t (*read)(void *object, void *bytes, size_t size);
	ssize_t (*write)(void *object, const void *bytes, size_t size);
	short (*poll)(void *object); /* POLL* that hold now; absent: it can always be read and written */
	int (*close)(void *object);  /* frees the object, whatever it gives */
};

/* The lowest free number. -1: EMFILE or ENOMEM; the object is then still the caller's. */
int descriptor_open(const struct descriptor_operations *operations, void *object);
/* Its object, if it is one of these operations; NULL: EBADF, or `wrong` if it is another kind. */
void *descriptor_find(int descriptor, const struct descriptor_operations *operations, int wrong);
/* What poll of some descriptor gives may have changed. */
void descriptor_changed(void);

/* Sets errno, gives -1. */
int fail(int number);

#endif

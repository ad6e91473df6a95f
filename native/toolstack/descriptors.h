/* SPDX-License-Identifier: MIT */
/* Packets with descriptors over a unix socket. */
#ifndef TOOLSTACK_DESCRIPTORS_H
#define TOOLSTACK_DESCRIPTORS_H

#include <stddef.h>
#include <sys/types.h>

#define DESCRIPTORS_MAX 4

/* As sendmsg, SIGPIPE and EINTR seen to. */
ssize_t descriptors_send(int socket, const void *bytes, size_t size, const int *descriptors, size_t count);
/* As recvmsg; *count: how many descriptors came (close-on-exec), at most DESCRIPTORS_MAX. */
ssize_t descriptors_receive(int socket, void *bytes, size_t size, int descriptors[DESCRIPTORS_MAX], size_t *count);

#endif

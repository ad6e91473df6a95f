/* SPDX-License-Identifier: MIT */
/*
 * Small numbers that stand for sockets and files, and what can be done with both. As in POSIX: what fails
 * gives -1, and errno says why. errno is each thread's own.
 */
#ifndef LIGHTVM_DESCRIPTORS_H
#define LIGHTVM_DESCRIPTORS_H

#include <stddef.h>

typedef long ssize_t;

/* Each waits until it can do something, at most `size` bytes of it. read: 0 is the end. */
ssize_t read(int descriptor, void *bytes, size_t size);
ssize_t write(int descriptor, const void *bytes, size_t size);
int close(int descriptor);

struct pollfd {
	int fd;        /* negative: it is left out */
	short events;  /* POLLIN, POLLOUT */
	short revents; /* what holds: of these, and POLLERR, POLLHUP, POLLNVAL */
};

#define POLLIN   0x01
#define POLLOUT  0x04
#define POLLERR  0x08
#define POLLHUP  0x10
#define POLLNVAL 0x20

/* Waits until one of them can be read or written, at most so many milliseconds (-1: for ever). Gives how
 * many. */
int poll(struct pollfd *descriptors, unsigned long count, int milliseconds);

#define errno (*thread_errno())
int *thread_errno(void);

/* By the numbers that Linux has. */
#define ENOENT          2
#define EIO             5
#define EBADF           9
#define EAGAIN          11
#define EWOULDBLOCK     EAGAIN
#define ENOMEM          12
#define EACCES          13
#define EEXIST          17
#define ENODEV          19
#define ENOTDIR         20
#define EISDIR          21
#define EINVAL          22
#define EMFILE          24
#define ENOSPC          28
#define ESPIPE          29
#define EROFS           30
#define EPIPE           32
#define ENAMETOOLONG    36
#define ENOTSOCK        88
#define EDESTADDRREQ    89
#define EMSGSIZE        90
#define EPROTONOSUPPORT 93
#define EOPNOTSUPP      95
#define EAFNOSUPPORT    97
#define EADDRINUSE      98
#define EADDRNOTAVAIL   99
#define ENETDOWN        100
#define EHOSTUNREACH    113
#define ECONNABORTED    103
#define ECONNRESET      104
#define EISCONN         106
#define ENOTCONN        107
#define ETIMEDOUT       110
#define ECONNREFUSED    111
#define EINPROGRESS     115

/* "connection refused"; never NULL. */
const char *strerror(int number);

#endif

/* SPDX-License-Identifier: MIT */
/* What a child of the test does while its parent is the back-end. Each ends the program where something is
 * wrong. */
#ifndef TESTS_NET_CLIENT_H
#define TESTS_NET_CLIENT_H

#include <stdbool.h>

/* Of xen_common.h, whose bind is not that of sockets. */
_Noreturn void fail(const char *what, const char *why);
void expect(bool holds, const char *what);
double now(void);

/* Not a client, but it needs the headers that clients do. With headers of virtio-net before the frames. */
int open_tap(const char *name);

void client_daytime(void); /* a hundred in a row, over both protocols, and fifty at once */
void client_once(void);
void client_streams(void); /* ten megabytes each way, over both protocols */
void client_echo(void);

#endif

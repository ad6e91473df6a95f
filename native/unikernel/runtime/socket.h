/* SPDX-License-Identifier: MIT */
/* What the files of the sockets know of each other. */
#ifndef RUNTIME_SOCKET_H
#define RUNTIME_SOCKET_H

#include <stdbool.h>
#include <lightvm/sockets.h>
#include "descriptor.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

struct datagram;

struct socket {
	bool stream, nonblocking, listening, connecting;
	bool connected;    /* it has a peer */
	bool ended;        /* the peer sends nothing more */
	bool write_closed; /* we do not */
	bool only_ipv6;
	bool forgets; /* SO_LINGER: closed, nothing of it is sent any more */
	int family;
	int error;           /* to be told once */
	struct tcp_pcb *tcp; /* NULL: it has ended, or this is UDP */
	struct udp_pcb *udp;
	struct pbuf *received; /* of TCP, not read yet */
	struct datagram *first, *last;
	size_t queued; /* bytes in them */
	/* Of a listening one: connections that nobody has accepted yet; `next` links them. */
	struct socket *pending, *next;
	struct wait_queue changed;
};

extern const struct descriptor_operations socket_operations;

/* ENOTSOCK. */
struct socket *socket_find(int descriptor);
void socket_changed(struct socket *socket);
/* errno for lwIP's err_t. */
int socket_error(err_t error);
bool socket_waits(const struct socket *socket, int flags);

/* socket_tcp.c */
struct socket *tcp_socket_new(int family);
int tcp_socket_close(struct socket *socket);
int tcp_socket_connect(struct socket *socket, const ip_addr_t *address, uint16_t port);
ssize_t tcp_socket_send(struct socket *socket, const char *bytes, size_t size, int flags);
ssize_t tcp_socket_receive(struct socket *socket, void *bytes, size_t size, int flags);
short tcp_socket_poll(const struct socket *socket);

/* socket_udp.c */
struct socket *udp_socket_new(int family);
int udp_socket_close(struct socket *socket);
ssize_t udp_socket_send(struct socket *socket, const void *bytes, size_t size, const struct sockaddr *address,
                        socklen_t address_size);
ssize_t udp_socket_receive(struct socket *socket, void *bytes, size_t size, int flags,
                           struct sockaddr *address, socklen_t *address_size);
short udp_socket_poll(const struct socket *socket);

/* socket_address.c; false: it is no address of this family (EAFNOSUPPORT, EINVAL). */
bool address_to_lwip(const struct socket *socket, const struct sockaddr *address, socklen_t size,
                     ip_addr_t *to, uint16_t *port);
void address_from_lwip(int family, const ip_addr_t *from, uint16_t port, struct sockaddr *address,
                       socklen_t *size);

#endif

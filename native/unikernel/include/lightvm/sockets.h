/* SPDX-License-Identifier: MIT */
/*
 * Sockets over IPv4 and IPv6: TCP and UDP, as in POSIX. Where a call waits, other threads run. When main()
 * begins, the adapters that the guest was started with are up and have their addresses (or five seconds have
 * passed without). read, write, poll, close and errno are in descriptors.h.
 */
#ifndef LIGHTVM_SOCKETS_H
#define LIGHTVM_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <lightvm/descriptors.h>

typedef uint32_t socklen_t;
typedef uint16_t sa_family_t;
typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;

#define AF_UNSPEC 0
#define AF_INET   2
#define AF_INET6  10

#define SOCK_STREAM   1
#define SOCK_DGRAM    2
#define SOCK_NONBLOCK 04000 /* with the type: nothing waits, EAGAIN instead */

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

struct in_addr {
	in_addr_t s_addr; /* network byte order */
};

struct sockaddr_in {
	sa_family_t sin_family;
	in_port_t sin_port; /* network byte order */
	struct in_addr sin_addr;
	unsigned char sin_zero[8];
};

struct in6_addr {
	uint8_t s6_addr[16];
};

struct sockaddr_in6 {
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id; /* the number of an adapter, for addresses of one link; 0 elsewhere */
};

/* Room for either. */
struct sockaddr_storage {
	sa_family_t ss_family;
	char ss_data[26];
} __attribute__((aligned(8)));

#define INADDR_ANY       0U
#define INADDR_LOOPBACK  0x7f000001U /* host byte order */
#define INET_ADDRSTRLEN  16
#define INET6_ADDRSTRLEN 46
extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

static inline uint16_t htons(uint16_t value)
{
	return __builtin_bswap16(value);
}

static inline uint16_t ntohs(uint16_t value)
{
	return __builtin_bswap16(value);
}

static inline uint32_t htonl(uint32_t value)
{
	return __builtin_bswap32(value);
}

static inline uint32_t ntohl(uint32_t value)
{
	return __builtin_bswap32(value);
}

/*
 * A TCP (SOCK_STREAM) or UDP (SOCK_DGRAM) socket; protocol is 0. One of AF_INET6 that is bound to in6addr_any
 * serves IPv4 as well: its peers have addresses ::ffff:a.b.c.d.
 */
int socket(int family, int type, int protocol);
int bind(int socket, const struct sockaddr *address, socklen_t size);
int listen(int socket, int backlog);
/* Waits for a connection. `address` (or NULL) is filled with the peer's; *size is its room before, its size
 * after. */
int accept(int socket, struct sockaddr *address, socklen_t *size);
int connect(int socket, const struct sockaddr *address, socklen_t size);

#define MSG_PEEK     0x02
#define MSG_DONTWAIT 0x40
#define MSG_MORE     0x8000 /* send: more follows at once, do not send a small packet */
#define MSG_NOSIGNAL 0x4000 /* there are no signals: no matter */

/*
 * send gives all of it to TCP before it returns, unless the connection ends or nothing is to wait. recv gives
 * what is there, 0 at the end. UDP: one datagram each, cut off if there is no room for it.
 */
ssize_t send(int socket, const void *bytes, size_t size, int flags);
ssize_t recv(int socket, void *bytes, size_t size, int flags);
ssize_t sendto(int socket, const void *bytes, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size);
ssize_t recvfrom(int socket, void *bytes, size_t size, int flags, struct sockaddr *address,
                 socklen_t *address_size);

#define SHUT_RD   0
#define SHUT_WR   1
#define SHUT_RDWR 2
int shutdown(int socket, int how);

int getsockname(int socket, struct sockaddr *address, socklen_t *size);
int getpeername(int socket, struct sockaddr *address, socklen_t *size);

#define SOL_SOCKET   1
#define SO_REUSEADDR 2 /* accepted, without effect: ports in TIME-WAIT can be bound always */
#define SO_ERROR     4 /* getsockopt: the error of a connect that did not wait, and of what came later */
#define SO_BROADCAST 6
#define SO_KEEPALIVE 9
#define SO_LINGER    13 /* a struct linger: TCP alone, and only what is said there */
#define IPPROTO_TCP  6
#define TCP_NODELAY  1
#define IPPROTO_IPV6 41
#define IPV6_V6ONLY  26
/*
 * Without it, close gives what was sent to TCP, which goes on trying for minutes, in memory of the guest: a peer that
 * takes nothing can have much of it. Switched on, with a time of 0, close ends the connection at once, by a reset.
 */
struct linger {
	int l_onoff;
	int l_linger; /* seconds; only 0 is taken */
};

/* Values are ints, but for that one. */
int setsockopt(int socket, int level, int option, const void *value, socklen_t size);
int getsockopt(int socket, int level, int option, void *value, socklen_t *size);

/* Text to address (1: done, 0: it is none) and back (NULL: no room). `address` is a struct in_addr or
 * in6_addr. */
int inet_pton(int family, const char *text, void *address);
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);

/*
 * Asks the name servers for a host's address (AF_INET, AF_INET6, or AF_UNSPEC: IPv4 if it has one); text of
 * an address needs none. Its port becomes `port`, in host byte order. 0, or -1: EHOSTUNREACH, nobody knows
 * it.
 */
int resolve(const char *name, int family, uint16_t port, struct sockaddr_storage *address);

/* This guest's first address of a family, with port 0. -1: EADDRNOTAVAIL, it has none. */
int network_address(int family, struct sockaddr_storage *address);

#endif

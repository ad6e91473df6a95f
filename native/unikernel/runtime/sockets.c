/* SPDX-License-Identifier: MIT */
/* The sockets' interface: what TCP and UDP have in common, and which of them is meant. */
#include <lightvm/guest.h>
#include "net.h"
#include "socket.h"

int socket_error(err_t error)
{
	switch (error) {
	case ERR_MEM:
	case ERR_BUF:
		return ENOMEM;
	case ERR_TIMEOUT:
		return ETIMEDOUT;
	case ERR_RTE:
		return EHOSTUNREACH;
	case ERR_USE:
		return EADDRINUSE;
	case ERR_ISCONN:
		return EISCONN;
	case ERR_CONN:
		return ENOTCONN;
	case ERR_IF:
		return ENETDOWN;
	case ERR_ABRT:
		return ECONNABORTED;
	case ERR_RST:
		return ECONNRESET;
	case ERR_CLSD:
		return ENOTCONN;
	default:
		return EINVAL;
	}
}

bool socket_waits(const struct socket *socket, int flags)
{
	return !socket->nonblocking && (flags & MSG_DONTWAIT) == 0;
}

void socket_changed(struct socket *socket)
{
	wake_all(&socket->changed);
	descriptor_changed();
}

static ssize_t socket_read(void *object, void *bytes, size_t size)
{
	struct socket *socket = object;

	return socket->stream ? tcp_socket_receive(socket, bytes, size, 0)
	                      : udp_socket_receive(socket, bytes, size, 0, NULL, NULL);
}

static ssize_t socket_write(void *object, const void *bytes, size_t size)
{
	struct socket *socket = object;

	return socket->stream ? tcp_socket_send(socket, bytes, size, 0)
	                      : udp_socket_send(socket, bytes, size, NULL, 0);
}

static short socket_poll(void *object)
{
	const struct socket *socket = object;

	return socket->stream ? tcp_socket_poll(socket) : udp_socket_poll(socket);
}

static int socket_close(void *object)
{
	struct socket *socket = object;

	return socket->stream ? tcp_socket_close(socket) : udp_socket_close(socket);
}

const struct descriptor_operations socket_operations = {
    .read = socket_read, .write = socket_write, .poll = socket_poll, .close = socket_close};

struct socket *socket_find(int descriptor)
{
	return descriptor_find(descriptor, &socket_operations, ENOTSOCK);
}

int socket(int family, int type, int protocol)
{
	int kind = type & ~SOCK_NONBLOCK, number;
	struct socket *made;

	(void)protocol;
	if (family != AF_INET && family != AF_INET6)
		return fail(EAFNOSUPPORT);
	if (kind != SOCK_STREAM && kind != SOCK_DGRAM)
		return fail(EPROTONOSUPPORT);
	net_start();
	made = kind == SOCK_STREAM ? tcp_socket_new(family) : udp_socket_new(family);
	if (made == NULL)
		return fail(ENOMEM);
	made->nonblocking = (type & SOCK_NONBLOCK) != 0;
	number = descriptor_open(&socket_operations, made);
	if (number < 0)
		socket_close(made);
	return number;
}

int bind(int descriptor, const struct sockaddr *address, socklen_t size)
{
	struct socket *socket = socket_find(descriptor);
	ip_addr_t to;
	uint16_t port;
	err_t error;

	if (socket == NULL || !address_to_lwip(socket, address, size, &to, &port))
		return -1;
	if (socket->stream && (socket->tcp == NULL || socket->listening))
		return fail(EINVAL);
	error = socket->stream ? tcp_bind(socket->tcp, &to, port) : udp_bind(socket->udp, &to, port);
	return error == ERR_OK ? 0 : fail(socket_error(error));
}

int connect(int descriptor, const struct sockaddr *address, socklen_t size)
{
	struct socket *socket = socket_find(descriptor);
	ip_addr_t to;
	uint16_t port;
	err_t error;

	if (socket == NULL || !address_to_lwip(socket, address, size, &to, &port))
		return -1;
	if (socket->stream)
		return tcp_socket_connect(socket, &to, port);
	error = udp_connect(socket->udp, &to, port);
	if (error != ERR_OK)
		return fail(socket_error(error));
	socket->connected = true;
	return 0;
}

ssize_t sendto(int descriptor, const void *bytes, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size)
{
	struct socket *socket = socket_find(descriptor);

	if (socket == NULL)
		return -1;
	return socket->stream ? tcp_socket_send(socket, bytes, size, flags)
	                      : udp_socket_send(socket, bytes, size, address, address_size);
}

ssize_t recvfrom(int descriptor, void *bytes, size_t size, int flags, struct sockaddr *address,
                 socklen_t *address_size)
{
	struct socket *socket = socket_find(descriptor);

	if (socket == NULL)
		return -1;
	return socket->stream ? tcp_socket_receive(socket, bytes, size, flags)
	                      : udp_socket_receive(socket, bytes, size, flags, address, address_size);
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags)
{
	return sendto(descriptor, bytes, size, flags, NULL, 0);
}

ssize_t recv(int descriptor, void *bytes, size_t size, int flags)
{
	return recvfrom(descriptor, bytes, size, flags, NULL, NULL);
}

int shutdown(int descriptor, int how)
{
	struct socket *socket = socket_find(descriptor);
	err_t error;

	if (socket == NULL)
		return -1;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return fail(EINVAL);
	if (!socket->stream || socket->tcp == NULL || !socket->connected)
		return fail(ENOTCONN);
	if (how != SHUT_RD && !socket->write_closed) {
		net_begin();
		error = tcp_shutdown(socket->tcp, 0, 1);
		net_end();
		if (error != ERR_OK)
			return fail(socket_error(error));
		socket->write_closed = true;
	}
	/* lwIP would end the connection if it closed both: here it only reads nothing more. */
	if (how != SHUT_WR)
		socket->ended = true;
	socket_changed(socket);
	return 0;
}

int getsockname(int descriptor, struct sockaddr *address, socklen_t *size)
{
	struct socket *socket = socket_find(descriptor);

	if (socket == NULL)
		return -1;
	if (socket->stream && socket->tcp == NULL)
		return fail(ENOTCONN);
	if (socket->stream)
		address_from_lwip(socket->family, &socket->tcp->local_ip, socket->tcp->local_port, address,
		                  size);
	else
		address_from_lwip(socket->family, &socket->udp->local_ip, socket->udp->local_port, address,
		                  size);
	return 0;
}

int getpeername(int descriptor, struct sockaddr *address, socklen_t *size)
{
	struct socket *socket = socket_find(descriptor);

	if (socket == NULL)
		return -1;
	if (!socket->connected || (socket->stream && socket->tcp == NULL))
		return fail(ENOTCONN);
	if (socket->stream)
		address_from_lwip(socket->family, &socket->tcp->remote_ip, socket->tcp->remote_port, address,
		                  size);
	else
		address_from_lwip(socket->family, &socket->udp->remote_ip, socket->udp->remote_port, address,
		                  size);
	return 0;
}

static int set_linger(struct socket *socket, const void *value, socklen_t size)
{
	const struct linger *linger = value;

	if (!socket->stream || value == NULL || size != sizeof(*linger) ||
	    (linger->l_onoff != 0 && linger->l_linger != 0))
		return fail(EINVAL);
	socket->forgets = linger->l_onoff != 0;
	return 0;
}

int setsockopt(int descriptor, int level, int option, const void *value, socklen_t size)
{
	struct socket *socket = socket_find(descriptor);
	bool on;

	if (socket == NULL)
		return -1;
	if (level == SOL_SOCKET && option == SO_LINGER)
		return set_linger(socket, value, size);
	if (value == NULL || size != sizeof(int))
		return fail(EINVAL);
	on = *(const int *)value != 0;
	if (level == SOL_SOCKET && option == SO_REUSEADDR)
		return 0;
	if (level == SOL_SOCKET && option == SO_BROADCAST && !socket->stream)
		return 0; /* it may anyway */
	if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY && socket->family == AF_INET6) {
		socket->only_ipv6 = on;
		return 0;
	}
	if (!socket->stream)
		return fail(EINVAL);
	if (socket->tcp == NULL || socket->listening)
		return fail(EINVAL);
	if (level == IPPROTO_TCP && option == TCP_NODELAY) {
		if (on)
			tcp_nagle_disable(socket->tcp);
		else
			tcp_nagle_enable(socket->tcp);
		return 0;
	}
	if (level == SOL_SOCKET && option == SO_KEEPALIVE) {
		if (on)
			ip_set_option(socket->tcp, SOF_KEEPALIVE);
		else
			ip_reset_option(socket->tcp, SOF_KEEPALIVE);
		return 0;
	}
	return fail(EINVAL);
}

int getsockopt(int descriptor, int level, int option, void *value, socklen_t *size)
{
	struct socket *socket = socket_find(descriptor);

	if (socket == NULL)
		return -1;
	if (level != SOL_SOCKET || option != SO_ERROR || value == NULL || size == NULL ||
	    *size != sizeof(int))
		return fail(EINVAL);
	*(int *)value = socket->error;
	socket->error = 0;
	return 0;
}

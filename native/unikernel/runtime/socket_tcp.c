/* SPDX-License-Identifier: MIT */
/* TCP sockets over lwIP's raw interface. Its callbacks only note what came and wake who waits. */
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include "lwip/priv/tcp_priv.h"
#include "net.h"
#include "socket.h"

#define PIECE (8 * TCP_MSS) /* bytes that are given to lwIP at once: it takes all or nothing */
#define RETRY 20000000UL    /* nanoseconds, where memory was short */

static err_t on_received(void *argument, struct tcp_pcb *tcp, struct pbuf *bytes, err_t error)
{
	struct socket *socket = argument;

	(void)tcp;
	(void)error;
	if (bytes == NULL)
		socket->ended = true;
	else if (socket->received == NULL)
		socket->received = bytes;
	else
		pbuf_cat(socket->received, bytes);
	socket_changed(socket);
	return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *tcp, uint16_t count)
{
	(void)tcp;
	(void)count;
	socket_changed(argument);
	return ERR_OK;
}

/* It has ended, and its control block is gone. */
static void on_error(void *argument, err_t error)
{
	struct socket *socket = argument;

	socket->tcp = NULL;
	socket->error = socket->connecting && error == ERR_RST    ? ECONNREFUSED
	                : socket->connecting && error == ERR_ABRT ? ETIMEDOUT
	                                                          : socket_error(error);
	socket->connecting = false;
	socket->ended = true;
	socket_changed(socket);
}

static void attach(struct socket *socket, struct tcp_pcb *tcp)
{
	socket->tcp = tcp;
	ip_set_option(tcp, SOF_REUSEADDR);
	tcp_arg(tcp, socket);
	tcp_recv(tcp, on_received);
	tcp_sent(tcp, on_sent);
	tcp_err(tcp, on_error);
}

static void detach(struct tcp_pcb *tcp)
{
	tcp_arg(tcp, NULL);
	if (tcp->state == LISTEN) {
		tcp_accept(tcp, NULL);
		return;
	}
	tcp_recv(tcp, NULL);
	tcp_sent(tcp, NULL);
	tcp_err(tcp, NULL);
}

struct socket *tcp_socket_new(int family)
{
	struct socket *socket = calloc(1, sizeof(*socket));
	struct tcp_pcb *tcp;

	if (socket == NULL)
		return NULL;
	tcp = tcp_new_ip_type(family == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY);
	if (tcp == NULL) {
		free(socket);
		return NULL;
	}
	socket->stream = true;
	socket->family = family;
	attach(socket, tcp);
	return socket;
}

int tcp_socket_close(struct socket *socket)
{
	struct socket *pending;

	net_begin();
	if (socket->tcp != NULL) {
		bool forgets = socket->forgets && socket->tcp->state != LISTEN;

		detach(socket->tcp);
		/* What was sent is still delivered; what was not read makes it a reset. */
		if (forgets || tcp_close(socket->tcp) != ERR_OK)
			tcp_abort(socket->tcp);
	}
	while ((pending = socket->pending) != NULL) {
		socket->pending = pending->next;
		tcp_socket_close(pending);
	}
	net_end();
	if (socket->received != NULL)
		pbuf_free(socket->received);
	free(socket);
	return 0;
}

static err_t on_connected(void *argument, struct tcp_pcb *tcp, err_t error)
{
	struct socket *socket = argument;

	(void)tcp;
	(void)error;
	socket->connecting = false;
	socket->connected = true;
	socket_changed(socket);
	return ERR_OK;
}

int tcp_socket_connect(struct socket *socket, const ip_addr_t *address, uint16_t port)
{
	err_t error;

	if (socket->connected)
		return fail(EISCONN);
	if (socket->tcp == NULL || socket->listening || socket->connecting)
		return fail(EINVAL);
	net_begin();
	error = tcp_connect(socket->tcp, address, port, on_connected);
	net_end();
	if (error != ERR_OK)
		return fail(socket_error(error));
	socket->connecting = true;
	if (!socket_waits(socket, 0))
		return fail(EINPROGRESS);
	while (socket->connecting)
		wait_on(&socket->changed, UINT64_MAX);
	if (socket->connected)
		return 0;
	errno = socket->error;
	socket->error = 0;
	return -1;
}

static err_t on_accept(void *argument, struct tcp_pcb *tcp, err_t error)
{
	struct socket *listener = argument, *socket, **link;

	if (error != ERR_OK || tcp == NULL)
		return ERR_VAL;
	socket = listener != NULL ? calloc(1, sizeof(*socket)) : NULL;
	if (socket == NULL) {
		tcp_abort(tcp);
		return ERR_ABRT;
	}
	socket->stream = socket->connected = true;
	socket->family = listener->family;
	attach(socket, tcp);
	tcp_backlog_delayed(tcp);
	for (link = &listener->pending; *link != NULL; link = &(*link)->next)
		;
	*link = socket;
	socket_changed(listener);
	return ERR_OK;
}

int listen(int descriptor, int backlog)
{
	struct socket *socket = socket_find(descriptor);
	struct tcp_pcb *tcp;
	err_t error;

	if (socket == NULL)
		return -1;
	if (!socket->stream)
		return fail(EOPNOTSUPP);
	if (socket->tcp == NULL || socket->connected || socket->connecting)
		return fail(EINVAL);
	if (backlog < 1)
		backlog = 1;
	if (backlog > 255)
		backlog = 255;
	if (socket->listening) {
		tcp_backlog_set(socket->tcp, (uint8_t)backlog);
		return 0;
	}
	tcp = tcp_listen_with_backlog_and_err(socket->tcp, (uint8_t)backlog, &error);
	if (tcp == NULL)
		return fail(socket_error(error));
	socket->tcp = tcp;
	socket->listening = true;
	tcp_arg(tcp, socket);
	tcp_accept(tcp, on_accept);
	return 0;
}

int accept(int descriptor, struct sockaddr *address, socklen_t *size)
{
	struct socket *listener = socket_find(descriptor), *socket;
	int number;

	if (listener == NULL)
		return -1;
	if (!listener->listening)
		return fail(EINVAL);
	while (listener->pending == NULL) {
		if (!socket_waits(listener, 0))
			return fail(EAGAIN);
		wait_on(&listener->changed, UINT64_MAX);
	}
	socket = listener->pending;
	number = descriptor_open(&socket_operations, socket);
	if (number < 0) {
		/* Programs try again at once, and what is short comes back only while others run. */
		int why = errno;

		if (socket_waits(listener, 0))
			guest_sleep(RETRY);
		else
			guest_yield();
		return fail(why);
	}
	listener->pending = socket->next;
	socket->next = NULL;
	if (socket->tcp == NULL)
		return number; /* it has ended already: the first read says how */
	tcp_backlog_accepted(socket->tcp);
	address_from_lwip(socket->family, &socket->tcp->remote_ip, socket->tcp->remote_port, address, size);
	return number;
}

static bool can_send(const struct socket *socket)
{
	return socket->tcp != NULL && socket->connected && tcp_sndbuf(socket->tcp) > 0 &&
	       tcp_sndqueuelen(socket->tcp) < TCP_SND_QUEUELEN;
}

ssize_t tcp_socket_send(struct socket *socket, const char *bytes, size_t size, int flags)
{
	size_t done = 0, piece;
	uint8_t options;
	uint64_t deadline;
	err_t error;

	net_begin();
	while (done < size && socket->error == 0 && socket->tcp != NULL && !socket->write_closed) {
		deadline = UINT64_MAX;
		if (can_send(socket)) {
			piece = size - done < PIECE ? size - done : PIECE;
			piece = piece < tcp_sndbuf(socket->tcp) ? piece : tcp_sndbuf(socket->tcp);
			options = TCP_WRITE_FLAG_COPY;
			if (done + piece < size || (flags & MSG_MORE) != 0)
				options |= TCP_WRITE_FLAG_MORE;
			error = tcp_write(socket->tcp, bytes + done, (uint16_t)piece, options);
			if (error == ERR_OK) {
				done += piece;
				continue;
			}
			deadline = clock_monotonic() + RETRY;
		}
		tcp_output(socket->tcp);
		if (!socket_waits(socket, flags) || (!socket->connected && !socket->connecting))
			break;
		net_end();
		wait_on(&socket->changed, deadline);
		net_begin();
	}
	if (socket->tcp != NULL && done > 0 && (flags & MSG_MORE) == 0)
		tcp_output(socket->tcp);
	net_end();
	if (done > 0 || size == 0)
		return (ssize_t)done;
	if (socket->error != 0) {
		errno = socket->error;
		socket->error = 0;
		return -1;
	}
	if (socket->tcp == NULL || socket->write_closed)
		return fail(EPIPE);
	return fail(socket->connected || socket->connecting ? EAGAIN : ENOTCONN);
}

ssize_t tcp_socket_receive(struct socket *socket, void *bytes, size_t size, int flags)
{
	uint16_t count;

	if (size == 0)
		return 0;
	while (socket->received == NULL) {
		if (socket->error != 0) {
			errno = socket->error;
			socket->error = 0;
			return -1;
		}
		if (socket->ended || socket->tcp == NULL)
			return 0;
		if (!socket->connected && !socket->connecting)
			return fail(ENOTCONN);
		if (!socket_waits(socket, flags))
			return fail(EAGAIN);
		wait_on(&socket->changed, UINT64_MAX);
	}
	count =
	    pbuf_copy_partial(socket->received, bytes, size < UINT16_MAX ? (uint16_t)size : UINT16_MAX, 0);
	if ((flags & MSG_PEEK) != 0)
		return count;
	socket->received = pbuf_free_header(socket->received, count);
	if (socket->tcp != NULL) {
		net_begin();
		tcp_recved(socket->tcp, count);
		net_end();
	}
	return count;
}

short tcp_socket_poll(const struct socket *socket)
{
	short state = 0;

	if (socket->received != NULL || socket->ended || socket->pending != NULL)
		state |= POLLIN;
	if (socket->error != 0)
		state |= POLLERR | POLLIN | POLLOUT;
	if (socket->tcp == NULL)
		state |= POLLHUP;
	if (!socket->listening && !socket->write_closed && can_send(socket))
		state |= POLLOUT;
	return state;
}

/* SPDX-License-Identifier: MIT */
/* UDP sockets over lwIP's raw interface. */
#include <lightvm/guest.h>
#include <lightvm/memory.h>
#include "net.h"
#include "socket.h"

#define QUEUE_LIMIT 65536U /* bytes that wait to be read; more are lost */

struct datagram {
	struct datagram *next;
	struct pbuf *bytes;
	ip_addr_t from;
	uint16_t port;
};

static void on_datagram(void *argument, struct udp_pcb *udp, struct pbuf *bytes, const ip_addr_t *from,
                        uint16_t port)
{
	struct socket *socket = argument;
	struct datagram *datagram = NULL;

	(void)udp;
	if (socket->queued < QUEUE_LIMIT)
		datagram = malloc(sizeof(*datagram));
	if (datagram == NULL) {
		pbuf_free(bytes);
		return;
	}
	*datagram = (struct datagram){NULL, bytes, *from, port};
	if (socket->first == NULL)
		socket->first = datagram;
	else
		socket->last->next = datagram;
	socket->last = datagram;
	/* An empty one takes memory too. */
	socket->queued += bytes->tot_len + sizeof(*datagram);
	socket_changed(socket);
}

struct socket *udp_socket_new(int family)
{
	struct socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	socket->udp = udp_new_ip_type(family == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY);
	if (socket->udp == NULL) {
		free(socket);
		return NULL;
	}
	socket->family = family;
	udp_recv(socket->udp, on_datagram, socket);
	return socket;
}

static void drop_first(struct socket *socket)
{
	struct datagram *datagram = socket->first;

	socket->first = datagram->next;
	socket->queued -= datagram->bytes->tot_len + sizeof(*datagram);
	pbuf_free(datagram->bytes);
	free(datagram);
}

int udp_socket_close(struct socket *socket)
{
	udp_remove(socket->udp);
	while (socket->first != NULL)
		drop_first(socket);
	free(socket);
	return 0;
}

ssize_t udp_socket_send(struct socket *socket, const void *bytes, size_t size, const struct sockaddr *address,
                        socklen_t address_size)
{
	struct pbuf *packet;
	ip_addr_t to;
	uint16_t port;
	err_t error;

	if (address == NULL && !socket->connected)
		return fail(EDESTADDRREQ);
	if (address != NULL && !address_to_lwip(socket, address, address_size, &to, &port))
		return -1;
	if (size > UINT16_MAX - 8 - 40)
		return fail(EMSGSIZE);
	packet = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)size, PBUF_RAM);
	if (packet == NULL)
		return fail(ENOMEM);
	pbuf_take(packet, bytes, (uint16_t)size);
	net_begin();
	error = address != NULL ? udp_sendto(socket->udp, packet, &to, port) : udp_send(socket->udp, packet);
	net_end();
	pbuf_free(packet);
	return error == ERR_OK ? (ssize_t)size : fail(socket_error(error));
}

ssize_t udp_socket_receive(struct socket *socket, void *bytes, size_t size, int flags,
                           struct sockaddr *address, socklen_t *address_size)
{
	struct datagram *datagram;
	uint16_t copied;

	while (socket->first == NULL) {
		if (!socket_waits(socket, flags))
			return fail(EAGAIN);
		wait_on(&socket->changed, UINT64_MAX);
	}
	datagram = socket->first;
	copied =
	    pbuf_copy_partial(datagram->bytes, bytes, size < UINT16_MAX ? (uint16_t)size : UINT16_MAX, 0);
	address_from_lwip(socket->family, &datagram->from, datagram->port, address, address_size);
	if ((flags & MSG_PEEK) == 0)
		drop_first(socket);
	return copied;
}

short udp_socket_poll(const struct socket *socket)
{
	return POLLOUT | (socket->first != NULL ? POLLIN : 0);
}

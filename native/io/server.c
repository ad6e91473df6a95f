/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "net.h"
#include "report.h"

#define REQUESTS_PER_TURN 4 /* guests' events are not to wait for a whole batch of requests */
#define EVENTS_PER_TURN   1024
#define RETRY_MS          1000

/* The server that a source or a timer is a part of. */
#define SERVER_OF(part, member) ((struct server *)(void *)((char *)(part)-offsetof(struct server, member)))

static void take_events(struct source *source, uint32_t events);
static void take_link(struct source *source, uint32_t events);
static void accept_link(struct source *source, uint32_t events);
static void take_signal(struct source *source, uint32_t events);
static void retry_stalled(struct timer *timer);

uint64_t server_now(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

int server_watch_events(struct server *server)
{
	return loop_add(&server->loop, server->xen.evtchn, EPOLLIN, &server->event_source);
}

int server_open(struct server *server, int listener, bool own_user)
{
	sigset_t ends;
	int result;

	*server = (struct server){
	    .loop.epoll = -1,
	    .event_source.ready = take_events,
	    .link_source.ready = take_link,
	    .listener_source.ready = accept_link,
	    .signal_source.ready = take_signal,
	    .retry.fire = retry_stalled,
	    .listener = listener,
	    .own_user = own_user,
	    .link.descriptor = -1,
	    .xen.evtchn = -1,
	    .signals = -1,
	};
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	result = loop_open(&server->loop);
	if (result != 0)
		goto out;
	server->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (server->signals < 0) {
		result = errno;
		goto out;
	}
	result = loop_add(&server->loop, server->signals, EPOLLIN, &server->signal_source);
	if (result != 0)
		goto out;
	result = loop_add(&server->loop, listener, EPOLLIN, &server->listener_source);

out:
	return result;
}

static void drop_connection(struct server *server)
{
	if (server->link.descriptor >= 0)
		loop_remove(&server->loop, server->link.descriptor, &server->link_source);
	link_reset(&server->link, &server->table, -1);
}

void server_close(struct server *server)
{
	drop_connection(server);
	while (server->table.first != NULL)
		guest_detach(server->table.first);
	network_close_all(server);
	block_close(server);
	table_free(&server->table);
	xen_close(&server->xen);
	if (server->signals >= 0)
		close(server->signals);
	loop_close(&server->loop);
}

static void drop_link(struct server *server, const char *why)
{
	report(REPORT_INFO, "The connection to lightvmd is over: %s. %u guests go on.", why,
	       server->table.count);
	drop_connection(server);
}

void server_flush(struct server *server)
{
	int result = link_flush(&server->link, &server->table);
	uint32_t events;

	if (result != 0)
		drop_link(server, strerror(result));
	if (server->link.descriptor < 0)
		return;
	/* While it is full, requests stay in the socket too. */
	events = server->link.blocked ? EPOLLOUT : EPOLLIN;
	if (events == server->link_events)
		return;
	server->link_events = events;
	(void)loop_change(&server->loop, server->link.descriptor, events, &server->link_source);
}

void server_serve(struct server *server, struct guest *guest)
{
	uint32_t signs = guest_serve(guest);

	if (guest->console_stalled && server->retry.heap_place == 0)
		(void)loop_set_timer(&server->loop, &server->retry, loop_now() + RETRY_MS * 1000000ULL);
	link_tell(&server->link, guest, signs);
}

static void take_events(struct source *source, uint32_t events)
{
	struct server *server = SERVER_OF(source, event_source);
	static uint32_t ports[EVENTS_PER_TURN];
	size_t count;
	int result = xen_events(&server->xen, ports, EVENTS_PER_TURN, &count);

	(void)events;

	/* Told before anything else is done: somebody measures how long a guest takes to get here. */
	for (size_t i = 0; i < count; i++) {
		struct guest *guest = table_port(&server->table, ports[i]).guest;

		if (guest != NULL)
			link_tell(&server->link, guest, guest_wake(guest));
	}
	server_flush(server);
	for (size_t i = 0; i < count; i++) {
		struct table_port port = table_port(&server->table, ports[i]);

		if (port.device != NULL)
			device_look(port.device);
		else if (port.guest != NULL)
			server_serve(server, port.guest);
	}
	server->masked = ports;
	server->masked_count = count;
	if (result != 0)
		report(REPORT_ERROR, "Cannot read events: %s.", strerror(result));
	server->failure = result;
}

static void retry_stalled(struct timer *timer)
{
	struct server *server = SERVER_OF(timer, retry);

	for (struct guest *guest = server->table.first; guest != NULL; guest = guest->next) {
		if (guest->console_stalled)
			server_serve(server, guest);
	}
}

static void accept_link(struct source *source, uint32_t events)
{
	struct server *server = SERVER_OF(source, listener_source);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	bool welcome;
	int failed;
	int accepted = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (accepted < 0)
		return;
	failed = getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	welcome = failed == 0 && (peer.uid == 0 || (server->own_user && peer.uid == geteuid()));
	if (!welcome) {
		report(REPORT_WARNING, "Refused a connection of user %u (pid %d).", peer.uid, (int)peer.pid);
		close(accepted);
		return;
	}
	if (server->link.descriptor >= 0)
		drop_link(server, "another one replaces it");
	failed = loop_add(&server->loop, accepted, EPOLLIN, &server->link_source);
	if (failed != 0) {
		report(REPORT_ERROR, "Cannot watch a connection: %s.", strerror(failed));
		close(accepted);
		return;
	}
	server->link_events = EPOLLIN;
	link_reset(&server->link, &server->table, accepted);
}

/* The kernel fills the alignment with descriptors too: there must be none. */
_Static_assert(CMSG_SPACE(SERVER_DESCRIPTORS * sizeof(int)) == CMSG_LEN(SERVER_DESCRIPTORS * sizeof(int)),
               "room");

/* Copies the descriptors that came with a packet. */
static size_t take_descriptors(struct msghdr *message, int *descriptors)
{
	size_t count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		size_t size = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(descriptors, CMSG_DATA(part), size);
		count = size / sizeof(int);
	}
	return count;
}

/* Reads one packet and serves it. False: there was none, or the connection is over. */
static bool take_request(struct server *server)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(SERVER_DESCRIPTORS * sizeof(int))];
	} control;
	int descriptors[SERVER_DESCRIPTORS];
	uint8_t packet[IO_MAX_MESSAGE];
	struct iovec part = {.iov_base = packet, .iov_len = sizeof(packet)};
	struct msghdr message = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	union io_request request;
	size_t count;
	bool good;
	ssize_t size = recvmsg(server->link.descriptor, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size <= 0) {
		drop_link(server, size == 0 ? "it was closed" : strerror(errno));
		return false;
	}
	count = take_descriptors(&message, descriptors);
	good = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
	if (good)
		good = protocol_parse(packet, (size_t)size, count, &request);
	if (good)
		request_serve(server, &request, descriptors, count);
	for (size_t i = 0; i < count; i++) {
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	}
	if (!good)
		drop_link(server, "it sent a packet that is not in the protocol");
	return good;
}

static void take_link(struct source *source, uint32_t events)
{
	struct server *server = SERVER_OF(source, link_source);

	(void)events;
	server_flush(server);
	for (int i = 0; i < REQUESTS_PER_TURN; i++) {
		bool taken;

		if (server->link.descriptor < 0 || server->link.blocked)
			break;
		taken = take_request(server);
		server_flush(server);
		if (!taken)
			break;
	}
}

static void take_signal(struct source *source, uint32_t events)
{
	struct server *server = SERVER_OF(source, signal_source);
	struct signalfd_siginfo signal;
	ssize_t size = read(server->signals, &signal, sizeof(signal));

	(void)events;
	if (size == (ssize_t)sizeof(signal))
		server->stop = true;
}

/* Not before the guests have been served: they wait for that, not for this. */
static void unmask(struct server *server)
{
	if (server->masked_count > 0)
		xen_unmask(&server->xen, server->masked, server->masked_count);
	server->masked_count = 0;
}

int server_run(struct server *server)
{
	int result = 0;

	while (!server->stop && result == 0) {
		result = loop_turn(&server->loop);
		if (result == 0)
			result = server->failure;
		block_push(server);
		server_flush(server);
		unmask(server);
	}
	return result;
}

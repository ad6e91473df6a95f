/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <string.h>

#include "report.h"

/* The guest that a request names, which may be one of its earlier lives: then there is none. */
static struct guest *find(const struct server *server, const uint8_t uuid[16], uint32_t domid)
{
	struct guest *guest = table_find(&server->table, uuid);

	return guest != NULL && guest->domid == domid ? guest : NULL;
}

static int hello(struct server *server, const struct io_hello *request, int *descriptors, size_t count,
                 const char **step)
{
	int result = 0;

	if (server->xen.evtchn >= 0)
		goto out;
	*step = "take descriptors";
	result = xen_open(&server->xen, descriptors, count);
	if (result != 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		descriptors[i] = -1;
	*step = "watch events";
	result = server_watch_events(server);
	if (result != 0) {
		xen_close(&server->xen);
		goto out;
	}
	*step = "";

out:
	report(result == 0 ? REPORT_INFO : REPORT_ERROR, "lightvmd (pid %u) said hello: %s.", request->pid,
	       result == 0 ? "ready" : strerror(result));
	return result;
}

static int attach(struct server *server, const struct io_attach *request, int log, const char **step)
{
	struct guest *guest = table_find(&server->table, request->uuid);
	int result = EEXIST;

	*step = "look for the guest";
	if (guest != NULL && guest->domid != request->domid)
		goto out;
	*step = "";
	result = 0;
	if (guest != NULL) {
		link_tell(&server->link, guest, guest->standing);
		goto out;
	}
	result = guest_attach(&server->xen, request, log, &guest, step);
	if (result != 0)
		goto out;
	result = table_add(&server->table, guest);
	if (result != 0) {
		*step = "enter into tables";
		guest_detach(&server->xen, guest);
		goto out;
	}
	/* Events sent while nobody was bound were dropped by Xen, on both sides: so look, and have the guest
	 * look. */
	xen_notify(&server->xen, guest->port);
	server_serve(server, guest, server_now());
	report(REPORT_DEBUG, "Attached domain %u at port %u.", guest->domid, guest->port);

out:
	return result;
}

static int detach(struct server *server, struct guest *guest)
{
	uint32_t signs = guest_serve(&server->xen, guest, server_now());

	link_take_leave(&server->link, guest, signs);
	report(REPORT_DEBUG, "Detached domain %u from port %u.", guest->domid, guest->port);
	table_remove(&server->table, guest);
	guest_detach(&server->xen, guest);
	return 0;
}

/* The requests about a guest that is attached. They begin alike. */
static int about_guest(struct server *server, const union io_request *request, const char **step)
{
	struct guest *guest = find(server, request->guest.uuid, request->guest.domid);
	int result = ENOENT;

	*step = "look for the guest";
	if (guest == NULL)
		goto out;
	*step = "";
	result = 0;
	switch (request->header.type) {
	case IO_DETACH:
		result = detach(server, guest);
		break;
	case IO_SHUTDOWN:
		*step = "ask the guest";
		result = guest_ask(&server->xen, guest, request->shutdown.reason);
		break;
	case IO_FOLLOW:
		guest->follow = request->follow.on != 0;
		break;
	default:
		result = EINVAL;
		break;
	}

out:
	return result;
}

void request_serve(struct server *server, const union io_request *request, int *descriptors, size_t count)
{
	const char *step = "check the request";
	int result = protocol_check(request);

	if (result != 0)
		goto out;
	step = "";
	if (request->header.type == IO_HELLO) {
		result = hello(server, &request->hello, descriptors, count, &step);
		goto out;
	}
	if (request->header.type == IO_LIST) {
		link_list(&server->link, &server->table, request->header.serial);
		return;
	}
	step = "wait for descriptors";
	result = EPROTO;
	if (server->xen.evtchn < 0)
		goto out;
	if (request->header.type == IO_ATTACH)
		result = attach(server, &request->attach, descriptors[0], &step);
	else
		result = about_guest(server, request, &step);

out:
	link_result(&server->link, request->header.serial, result, result == 0 ? "" : step);
}

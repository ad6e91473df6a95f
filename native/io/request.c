/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <string.h>

#include "block.h"
#include "net.h"
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

static int attach(struct server *server, const struct io_attach *request, const int *descriptors,
                  const char **step)
{
	struct guest *guest = table_find(&server->table, request->uuid);
	int result = EEXIST;

	*step = "look for the guest";
	if (guest != NULL && guest->domid != request->domid)
		goto out;
	*step = "";
	result = 0;
	if (guest != NULL) {
		link_tell_all(&server->link, guest);
		goto out;
	}
	result = guest_attach(server, request, descriptors, &guest, step);
	if (result != 0)
		goto out;
	/* A start waits for this alone. */
	link_tell(&server->link, guest, guest_wake(guest));
	server_flush(server);
	/* Events sent while nobody was bound were dropped by Xen, on both sides: so look, and have the guest
	 * look. */
	xen_notify(&server->xen, guest->port);
	server_serve(server, guest);
	report(REPORT_DEBUG, "Attached domain %u at port %u.", guest->domid, guest->port);

out:
	return result;
}

static int detach(struct server *server, struct guest *guest)
{
	uint32_t signs = guest_serve(guest);

	link_take_leave(&server->link, guest, signs);
	report(REPORT_DEBUG, "Detached domain %u from port %u.", guest->domid, guest->port);
	guest_detach(guest);
	return 0;
}

/* Tells one device's counters. */
static void count(struct server *server, const struct device *device, uint32_t serial)
{
	struct io_counted counted = {
	    .header = {.type = IO_COUNTED, .version = IO_VERSION, .serial = serial},
	    .domid = device->guest->domid,
	    .type = device->class->type,
	    .id = device->id,
	};

	memcpy(counted.uuid, device->guest->uuid, sizeof(counted.uuid));
	device->class->count(device, &counted);
	link_push(&server->link, &counted, sizeof(counted));
}

static int count_devices(struct server *server, const struct guest *guest, const struct io_device *request)
{
	int result = request->type == NOXS_NONE ? 0 : ENODEV;

	for (const struct device *device = guest->devices; device != NULL; device = device->next) {
		if (request->type != NOXS_NONE &&
		    (device->class->type != request->type || device->id != request->id))
			continue;
		count(server, device, request->header.serial);
		result = 0;
	}
	return result;
}

/* What is asked of no guest in particular: the counters of all, in one answer. */
static bool is_about_all(const struct io_device *request)
{
	static const uint8_t nobody[sizeof(request->uuid)];

	return request->type == NOXS_NONE && request->domid == 0 &&
	       memcmp(request->uuid, nobody, sizeof(nobody)) == 0;
}

static int count_all(struct server *server, const struct io_device *request)
{
	for (const struct guest *guest = server->table.first; guest != NULL; guest = guest->next)
		count_devices(server, guest, request);
	return 0;
}

/* 0, and it is answered later; or an errno. */
static int remove_device(struct guest *guest, const struct io_device *request)
{
	struct device *device = device_find(guest, request->type, request->id);

	if (device == NULL)
		return ENODEV;
	return device_remove(device, request->header.serial, (request->flags & IO_DEVICE_FORCE) != 0);
}

/* The requests about a guest that is attached. They begin alike. */
static int about_guest(struct server *server, const union io_request *request, int *descriptors,
                       size_t descriptor_count, bool *later, const char **step)
{
	int none = -1;
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
		result = guest_ask(guest, request->shutdown.reason);
		break;
	case IO_FOLLOW:
		guest->follow = request->follow.on != 0;
		break;
	case IO_NET:
		result = net_attach(guest, &request->net, descriptor_count > 0 ? descriptors : &none, step);
		break;
	case IO_BLOCK:
		result = block_attach(guest, &request->block, descriptors, step);
		break;
	case IO_DEVICE_REMOVE:
		*step = "remove the device";
		result = remove_device(guest, &request->device);
		*later = result == 0;
		break;
	case IO_COUNTERS:
		*step = "look for the device";
		result = count_devices(server, guest, &request->device);
		break;
	case IO_INPUT:
		*step = "give it to the guest";
		result = guest_input(guest, request->input.bytes, request->input.size);
		break;
	case IO_DEVICES:
		*step = "take others away";
		result = device_keep(guest, request->devices.adapters, request->devices.disks);
		break;
	case IO_WINDOW:
		*step = "tell the guest";
		result = guest_window(guest, request->window.columns, request->window.rows);
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
	int none = -1;
	bool later = false;
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
	if (request->header.type == IO_COUNTERS && is_about_all(&request->device)) {
		step = "";
		result = count_all(server, &request->device);
		goto out;
	}
	switch (request->header.type) {
	case IO_ATTACH:
		result = attach(server, &request->attach, descriptors, &step);
		break;
	case IO_NETWORK:
		result = network_set(server, &request->network, count > 0 ? descriptors : &none, &step);
		break;
	case IO_NETWORK_REMOVE:
		result = network_remove(server, request->network.uuid, &step);
		break;
	default:
		result = about_guest(server, request, descriptors, count, &later, &step);
		break;
	}

out:
	if (later)
		return;
	link_result(&server->link, request->header.serial, result, result == 0 ? "" : step);
}

/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "report.h"
#include "server.h"

#define MS_NS 1000000ULL

/* Whether something is under way that must end first; if so, the class has the device looked at then. */
static bool must_drain(struct device *device)
{
	device->draining = device->class->busy != NULL && device->class->busy(device);
	return device->draining;
}

static const char *type_name(const struct device *device)
{
	return device->class->type == NOXS_NET ? "net" : "block";
}

struct device *device_find(const struct guest *guest, uint16_t type, uint16_t id)
{
	struct device *device = guest->devices;

	while (device != NULL && (device->class->type != type || device->id != id))
		device = device->next;
	return device;
}

bool device_is_kept(const struct guest *guest, const struct device_kept *kept, uint16_t type, uint16_t id)
{
	uint32_t named = type == NOXS_NET ? kept->adapters : kept->disks;

	return (id < DEVICE_MAX && (named >> id & 1) != 0) || device_find(guest, type, id) != NULL;
}

int device_keep(struct guest *guest, uint32_t adapters, uint32_t disks)
{
	const struct device_kept kept = {.adapters = adapters, .disks = disks};

	return guest->bus->sweep(guest, &kept);
}

void device_tell(struct device *device)
{
	device->pending = true;
	link_tell(&device->guest->server->link, device->guest, GUEST_DEVICE);
}

static void set_state(struct device *device, uint32_t state)
{
	device->state = state;
	device->bus->publish(device);
	device_tell(device);
}

static void disconnect(struct device *device)
{
	if (!device->connected)
		return;
	device->connected = false;
	device->class->disconnect(device);
	device->flags &= ~(uint32_t)IO_DEVICE_REACHABLE;
}

void device_fault(struct device *device, const char *pattern, ...)
{
	struct guest *guest = device->guest;
	char text[sizeof(guest->fault)];
	va_list arguments;
	int length = snprintf(text, sizeof(text), "%s %u: ", type_name(device), device->id);

	va_start(arguments, pattern);
	vsnprintf(text + length, sizeof(text) - (size_t)length, pattern, arguments);
	va_end(arguments);
	disconnect(device);
	set_state(device, NOXS_CLOSED);
	guest_fault(guest, text);
}

int device_bind(struct device *device, uint32_t remote_port, uint32_t *port)
{
	struct server *server = device->guest->server;
	int result = xen_bind(&server->xen, device->guest->domid, remote_port, port);

	if (result != 0)
		goto out;
	result = table_add_port(&server->table, *port, device->guest, device);
	if (result != 0)
		xen_unbind(&server->xen, *port);

out:
	return result;
}

void device_unbind(struct device *device, uint32_t port)
{
	struct server *server = device->guest->server;

	table_remove_port(&server->table, port);
	xen_unbind(&server->xen, port);
}

int device_add(struct guest *guest, struct device *device, const char **step)
{
	struct device **last = &guest->devices;
	uint32_t count = 0;
	int result = EEXIST;

	*step = "look for the device";
	if (device_find(guest, device->class->type, device->id) != NULL)
		goto out;
	for (; *last != NULL; last = &(*last)->next)
		count++;
	result = ENOSPC;
	*step = "count devices";
	if (count == DEVICE_MAX)
		goto out;
	*step = "offer the device";
	device->guest = guest;
	device->bus = guest->bus;
	result = device->bus->offer(device);
	if (result != 0)
		goto out;
	*step = "";
	*last = device;
	device_tell(device);
	device_look(device);

out:
	return result;
}

static void unlink_device(struct device *device)
{
	struct device **place = &device->guest->devices;

	loop_cancel(&device->guest->server->loop, &device->limit);
	while (*place != device)
		place = &(*place)->next;
	*place = device->next;
}

void device_drop(struct device *device)
{
	device->dropping = true;
	disconnect(device);
	unlink_device(device);
	if (device->remove_serial != 0)
		link_result(&device->guest->server->link, device->remove_serial, ENOENT, "detached meanwhile");
	device->bus->release(device);
	device->class->release(device);
}

/* The guest has let go, or nobody waits for it any longer. */
static void finish_removal(struct device *device)
{
	struct server *server = device->guest->server;

	disconnect(device);
	device->bus->withdraw(device);
	unlink_device(device);
	if (device->remove_serial != 0)
		link_result(&server->link, device->remove_serial, 0, "");
	device->bus->release(device);
	device->class->release(device);
}

static void give_up_removal(struct timer *timer)
{
	struct device *device = (void *)((char *)timer - offsetof(struct device, limit));

	report(REPORT_WARNING, "Domain %u does not close %s %u.", device->guest->domid, type_name(device), device->id);
	link_result(&device->guest->server->link, device->remove_serial, ETIMEDOUT, "wait for the guest");
	device->remove_serial = 0;
	/* As it was. Had the guest begun to close, it ends there: a later look sees to it. */
	if (device->connected)
		set_state(device, NOXS_CONNECTED);
}

int device_remove(struct device *device, uint32_t serial, bool force)
{
	uint32_t frontend = device->bus->frontend_state(device);
	int result = 0;

	if (device->remove_serial != 0 && !force) {
		result = EALREADY;
		goto out;
	}
	if (device->remove_serial != 0)
		link_result(&device->guest->server->link, device->remove_serial, ECANCELED, "forced meanwhile");
	device->remove_serial = serial;
	if (force || frontend == NOXS_UNKNOWN || frontend == NOXS_CLOSED) {
		finish_removal(device);
		goto out;
	}
	device->limit.fire = give_up_removal;
	result = loop_set_timer(&device->guest->server->loop, &device->limit, loop_now() + NOXS_STEP_MS * MS_NS);
	if (result != 0) {
		device->remove_serial = 0;
		goto out;
	}
	set_state(device, NOXS_CLOSING);
	device_look(device);

out:
	return result;
}

static void connect_front_end(struct device *device)
{
	union front_end front_end = {0};
	const char *why = "it says too little of its rings, or nonsense";
	int result = device->bus->read(device, &front_end);

	if (result == 0)
		result = device->class->connect(device, &front_end, &why);
	if (result != 0) {
		device_fault(device, "%s (%s)", why, strerror(result));
		return;
	}
	device->connected = true;
	set_state(device, NOXS_CONNECTED);
}

/* Both are copied states: the guest's may be any number, and change between two looks in any way. */
static void follow(struct device *device, uint32_t frontend)
{
	bool wants_rings = frontend == NOXS_INITIALISED || frontend == NOXS_CONNECTED;

	/* Neither new rings nor an end while requests of the old ones are under way. */
	if (device->connected != wants_rings && must_drain(device))
		return;
	switch (frontend) {
	case NOXS_INITIALISED:
	case NOXS_CONNECTED:
		/* Closed by a fault, it connects again only after it has been through Closed or Initialising. */
		if (!device->connected && device->state != NOXS_CLOSED && device->remove_serial == 0)
			connect_front_end(device);
		break;
	case NOXS_CLOSING:
		disconnect(device);
		if (device->state != NOXS_CLOSED)
			set_state(device, NOXS_CLOSED);
		break;
	case NOXS_CLOSED:
		disconnect(device);
		if (device->remove_serial != 0)
			finish_removal(device);
		else if (device->state != NOXS_INIT_WAIT)
			set_state(device, NOXS_INIT_WAIT);
		break;
	case NOXS_UNKNOWN:
	case NOXS_INITIALISING:
	case NOXS_INIT_WAIT:
		if (device->connected || device->state == NOXS_CLOSED) {
			disconnect(device);
			set_state(device, NOXS_INIT_WAIT);
		}
		break;
	default:
		break;
	}
}

void device_look(struct device *device)
{
	uint32_t frontend = device->bus->frontend_state(device);
	bool removed = frontend == NOXS_CLOSED && device->remove_serial != 0;

	follow(device, frontend);
	if (!removed && device->connected && !device->draining)
		device->class->serve(device);
}

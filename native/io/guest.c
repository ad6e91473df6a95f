/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "server.h"
#include "store.h"

/* Where the pages lie in the one mapping. A stock guest has no sysctl page. */
enum {
	PAGE_CONSOLE,
	PAGE_DEVICES, /* the device page, or the XenStore page */
	PAGE_SYSCTL,
	PAGE_COUNT,
};

static void *page(const struct guest *guest, size_t which)
{
	return (uint8_t *)guest->pages.address + which * NOXS_PAGE_SIZE;
}

static int map_pages(struct guest *guest, const struct io_attach *request)
{
	const uint32_t references[PAGE_COUNT] = {
	    [PAGE_CONSOLE] = request->console_gref,
	    [PAGE_DEVICES] = request->device_gref,
	    [PAGE_SYSCTL] = request->sysctl_gref,
	};
	uint32_t count = request->store_event_channel == 0 ? PAGE_COUNT : PAGE_SYSCTL;

	return xen_map(&guest->server->xen, guest->domid, references, count, &guest->pages);
}

/* What is different with a private XenStore: its page, a port of its own for it, and its bus. */
static int attach_store(struct guest *guest, uint32_t remote_port, int file, const char **step)
{
	struct server *server = guest->server;
	int result;

	*step = "bind the store's event channel";
	result = xen_bind(&server->xen, guest->domid, remote_port, &guest->store_port);
	if (result != 0)
		goto out;
	*step = "open the store";
	result = table_add_port(&server->table, guest->store_port, guest, NULL);
	if (result == 0)
		result = store_open(guest, page(guest, PAGE_DEVICES), guest->store_port, file, &guest->store);
	if (result != 0) {
		table_remove_port(&server->table, guest->store_port);
		xen_unbind(&server->xen, guest->store_port);
		goto out;
	}
	guest->bus = &bus_xenbus;

out:
	return result;
}

static int attach_pages(struct guest *guest, const struct io_attach *request, const int *descriptors,
                        const char **step)
{
	struct server *server = guest->server;
	int result;

	*step = "map console log";
	result = log_file_map(&guest->log, descriptors[0], guest->uuid, guest->domid);
	if (result != 0)
		goto out;
	*step = "map grants";
	result = map_pages(guest, request);
	if (result != 0)
		goto out;
	*step = "bind event channel";
	result = xen_bind(&server->xen, guest->domid, request->event_channel, &guest->port);
	if (result != 0)
		goto out;
	*step = "enter into tables";
	guest->device_port = guest->port;
	result = table_add(&server->table, guest);
	if (result != 0)
		xen_unbind(&server->xen, guest->port);

out:
	return result;
}

static bool was_suspended(const struct guest *guest)
{
	uint32_t reason = guest->sysctl.reason;

	if (guest->store != NULL)
		return store_acknowledged(guest->store, &reason) && reason == NOXS_SUSPEND;
	return sysctl_acknowledged(&guest->sysctl) && reason == NOXS_SUSPEND;
}

int guest_attach(struct server *server, const struct io_attach *request, const int *descriptors,
                 struct guest **guest, const char **step)
{
	struct guest *made;
	bool entered = false;
	int result = ENOMEM;

	*step = "allocate";
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		goto out;
	made->server = server;
	memcpy(made->uuid, request->uuid, sizeof(made->uuid));
	made->domid = request->domid;
	made->remote_port = request->event_channel;
	result = attach_pages(made, request, descriptors, step);
	if (result != 0)
		goto out;
	entered = true;
	console_resume(&made->console, made->log.log, page(made, PAGE_CONSOLE));
	if (request->store_event_channel != 0) {
		result = attach_store(made, request->store_event_channel, descriptors[1], step);
		if (result != 0)
			goto out;
	} else {
		made->bus = &bus_noxs;
		made->device_page = page(made, PAGE_DEVICES);
		bus_noxs_resume(made);
		sysctl_resume(&made->sysctl, page(made, PAGE_SYSCTL));
		made->came_silent = !sysctl_alive(&made->sysctl);
	}
	made->suspend_is_over = was_suspended(made);
	*step = "";
	*guest = made;

out:
	if (result != 0 && entered)
		guest_detach(made);
	else if (result != 0 && made != NULL) {
		xen_unmap(&server->xen, &made->pages);
		log_file_unmap(&made->log);
		free(made);
	}
	return result;
}

static void unbind_told_port(struct guest *guest)
{
	struct server *server = guest->server;

	if (guest->device_port == guest->port)
		return;
	table_remove_port(&server->table, guest->device_port);
	xen_unbind(&server->xen, guest->device_port);
	guest->device_port = guest->port;
}

/* A guest may tell a port of its own for all that is no console. */
static void follow_told_port(struct guest *guest)
{
	struct server *server = guest->server;
	uint32_t told = sysctl_port(&guest->sysctl);
	uint32_t port;
	int result;

	if (told == guest->told_port)
		return;
	unbind_told_port(guest);
	guest->told_port = told;
	if (told == 0)
		return;
	result = xen_bind(&server->xen, guest->domid, told, &port);
	if (result == 0) {
		result = table_add_port(&server->table, port, guest, NULL);
		if (result != 0)
			xen_unbind(&server->xen, port);
	}
	if (result != 0) {
		guest_fault(guest, "sysctl: its event channel cannot be bound");
		return;
	}
	guest->device_port = port;
	/* What there was to tell before went by the other port. */
	xen_notify(&server->xen, port);
}

void guest_detach(struct guest *guest)
{
	struct server *server = guest->server;

	while (guest->devices != NULL)
		device_drop(guest->devices);
	unbind_told_port(guest);
	if (guest->store != NULL) {
		store_close(guest->store);
		table_remove_port(&server->table, guest->store_port);
		xen_unbind(&server->xen, guest->store_port);
	}
	table_remove(&server->table, guest);
	xen_unbind(&server->xen, guest->port);
	xen_unmap(&server->xen, &guest->pages);
	log_file_unmap(&guest->log);
	free(guest);
}

static uint32_t raise_sign(struct guest *guest, uint32_t sign)
{
	uint32_t new_signs = sign & ~guest->standing;

	guest->standing |= sign;
	return new_signs;
}

uint32_t guest_wake(struct guest *guest)
{
	uint32_t signs = 0;
	bool alive;

	if ((guest->standing & GUEST_FIRST) != 0)
		goto out;
	if (guest->store != NULL)
		alive = store_used(guest->store) || console_used(&guest->console);
	else if (guest->came_silent)
		alive = sysctl_alive(&guest->sysctl) || console_waiting(&guest->console) != 0;
	else
		alive = sysctl_alive(&guest->sysctl) || console_used(&guest->console);
	if (alive)
		signs = raise_sign(guest, GUEST_FIRST);

out:
	return signs;
}

#define FAULTS_TOLD     8             /* one after the other */
#define FAULT_PERIOD_NS 10000000000ULL /* between two that are told, after those */

void guest_fault(struct guest *guest, const char *text)
{
	uint64_t now_ns = loop_now();

	guest->faults++;
	if (guest->faults > FAULTS_TOLD && now_ns - guest->fault_told_ns < FAULT_PERIOD_NS)
		return;
	guest->fault_told_ns = now_ns;
	snprintf(guest->fault, sizeof(guest->fault), "%s", text);
	report(REPORT_ERROR, "Domain %u broke a protocol and was disconnected from that device: %s (fault %u).",
	       guest->domid, guest->fault, guest->faults);
	guest->standing |= GUEST_FAULT;
	link_tell(&guest->server->link, guest, GUEST_FAULT);
}

static void break_console(struct guest *guest, uint32_t waiting)
{
	char text[sizeof(guest->fault)];

	guest->console_broken = true;
	snprintf(text, sizeof(text), "console: %u bytes wait in a ring of %u", waiting, CONSOLE_RING_SIZE);
	guest_fault(guest, text);
}

static uint32_t serve_console(struct guest *guest)
{
	enum console_result drained;
	uint32_t waiting;
	uint32_t signs = 0;
	bool room;

	if (guest->console_broken)
		goto out;
	waiting = console_waiting(&guest->console);
	if (waiting == 0)
		goto out;
	/* Any drain takes at most a ring's worth, whatever the guest makes of its index meanwhile. */
	room = log_file_reserve(&guest->log, CONSOLE_RING_SIZE);
	if (!room) {
		if (!guest->console_stalled)
			report(REPORT_WARNING,
			       "Domain %u waits: the file system of its console log has no room.",
			       guest->domid);
		guest->console_stalled = true;
		goto out;
	}
	guest->console_stalled = false;
	drained = console_drain(&guest->console, server_now());
	if (drained == CONSOLE_DRAINED) {
		/* Always: whether it waits for room is not to be seen from here without a race. */
		xen_notify(&guest->server->xen, guest->port);
		signs = GUEST_CONSOLE;
	} else if (drained == CONSOLE_BROKEN) {
		break_console(guest, waiting);
	}

out:
	return signs;
}

/* The guest's own words about its end, and its answers to requests. */
static uint32_t serve_control(struct guest *guest, bool *ended)
{
	uint32_t signs = 0;
	uint32_t reason;
	bool acknowledged;

	*ended = false;
	if (guest->store != NULL) {
		store_serve(guest->store);
		acknowledged = store_acknowledged(guest->store, &guest->sysctl.reason);
	} else {
		follow_told_port(guest);
		acknowledged = sysctl_acknowledged(&guest->sysctl);
		/* Read before the drain: what it wrote before it said so is in the log when this is told. */
		*ended = sysctl_ended(&guest->sysctl, &reason);
		if (*ended && (guest->standing & GUEST_ENDED) == 0)
			guest->end_reason = reason;
	}
	if (acknowledged && !guest->suspend_is_over)
		signs |= raise_sign(guest, GUEST_ACKNOWLEDGED);
	return signs;
}

uint32_t guest_serve(struct guest *guest)
{
	uint32_t signs = guest_wake(guest);
	struct device *next;
	bool ended;

	signs |= serve_control(guest, &ended);
	/* A look may end with the device's removal. */
	for (struct device *device = guest->devices; device != NULL; device = next) {
		next = device->next;
		device_look(device);
	}
	signs |= serve_console(guest);
	if (ended)
		signs |= raise_sign(guest, GUEST_ENDED);
	return signs;
}

int guest_ask(struct guest *guest, uint32_t reason)
{
	int result = guest->store != NULL ? store_ask(guest->store, reason) : sysctl_ask(&guest->sysctl, reason);

	if (result != 0)
		goto out;
	guest->suspend_is_over = false;
	guest->standing &= ~(uint32_t)GUEST_ACKNOWLEDGED;
	guest->pending &= ~(uint32_t)GUEST_ACKNOWLEDGED;
	if (guest->store == NULL)
		xen_notify(&guest->server->xen, guest->device_port);

out:
	return result;
}

int guest_input(struct guest *guest, const uint8_t *bytes, uint32_t size)
{
	int result = EPIPE;

	if (guest->console_broken)
		goto out;
	result = console_input(&guest->console, bytes, size);
	if (result == EPROTO) {
		break_console(guest, console_waiting(&guest->console));
		result = EPIPE;
	}
	if (result == 0)
		xen_notify(&guest->server->xen, guest->port);

out:
	return result;
}

int guest_window(struct guest *guest, uint16_t columns, uint16_t rows)
{
	int result = EOPNOTSUPP;

	if (guest->store != NULL)
		goto out;
	sysctl_window(&guest->sysctl, columns, rows);
	xen_notify(&guest->server->xen, guest->device_port);
	result = 0;

out:
	return result;
}

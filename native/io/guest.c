/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Where the pages lie in the one mapping. */
enum {
	PAGE_CONSOLE,
	PAGE_DEVICES,
	PAGE_SYSCTL,
	PAGE_COUNT,
};

static void *page(const struct guest *guest, size_t which)
{
	return (uint8_t *)guest->pages.address + which * NOXS_PAGE_SIZE;
}

int guest_attach(struct xen *xen, const struct io_attach *request, int log, struct guest **guest,
                 const char **step)
{
	const uint32_t references[PAGE_COUNT] = {
	    [PAGE_CONSOLE] = request->console_gref,
	    [PAGE_DEVICES] = request->device_gref,
	    [PAGE_SYSCTL] = request->sysctl_gref,
	};
	struct guest *made;
	int result = ENOMEM;

	*step = "allocate";
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		goto out;
	memcpy(made->uuid, request->uuid, sizeof(made->uuid));
	made->domid = request->domid;
	*step = "map console log";
	result = log_file_map(&made->log, log, made->uuid, made->domid);
	if (result != 0)
		goto out;
	*step = "map grants";
	result = xen_map(xen, made->domid, references, PAGE_COUNT, &made->pages);
	if (result != 0)
		goto out;
	*step = "bind event channel";
	result = xen_bind(xen, made->domid, request->event_channel, &made->port);
	if (result != 0)
		goto out;
	console_resume(&made->console, made->log.log, page(made, PAGE_CONSOLE));
	sysctl_resume(&made->sysctl, page(made, PAGE_SYSCTL));
	*step = "";
	*guest = made;

out:
	if (result != 0 && made != NULL) {
		xen_unmap(xen, &made->pages);
		log_file_unmap(&made->log);
		free(made);
	}
	return result;
}

void guest_detach(struct xen *xen, struct guest *guest)
{
	xen_unbind(xen, guest->port);
	xen_unmap(xen, &guest->pages);
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
	alive = sysctl_alive(&guest->sysctl) || console_used(&guest->console);
	if (alive)
		signs = raise_sign(guest, GUEST_FIRST);

out:
	return signs;
}

static uint32_t break_console(struct guest *guest)
{
	guest->console_broken = true;
	snprintf(guest->fault, sizeof(guest->fault), "console: %u bytes wait in a ring of %u",
	         console_waiting(&guest->console), CONSOLE_RING_SIZE);
	report(REPORT_ERROR, "Domain %u broke a protocol and was disconnected from that device: %s.",
	       guest->domid, guest->fault);
	return raise_sign(guest, GUEST_FAULT);
}

static uint32_t serve_console(struct xen *xen, struct guest *guest, uint64_t now_ns)
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
	drained = console_drain(&guest->console, now_ns);
	if (drained == CONSOLE_DRAINED) {
		/* Always: whether it waits for room is not to be seen from here without a race. */
		xen_notify(xen, guest->port);
		signs = GUEST_CONSOLE;
	} else if (drained == CONSOLE_BROKEN) {
		signs = break_console(guest);
	}

out:
	return signs;
}

uint32_t guest_serve(struct xen *xen, struct guest *guest, uint64_t now_ns)
{
	uint32_t signs = guest_wake(guest);
	bool acknowledged = sysctl_acknowledged(&guest->sysctl);
	uint32_t reason;
	/* Read before the drain: what it wrote before it said so is in the log when this is told. */
	bool ended = sysctl_ended(&guest->sysctl, &reason);

	signs |= serve_console(xen, guest, now_ns);
	if (acknowledged)
		signs |= raise_sign(guest, GUEST_ACKNOWLEDGED);
	if (ended && (guest->standing & GUEST_ENDED) == 0) {
		guest->end_reason = reason;
		signs |= raise_sign(guest, GUEST_ENDED);
	}
	return signs;
}

int guest_ask(struct xen *xen, struct guest *guest, uint32_t reason)
{
	int result = sysctl_ask(&guest->sysctl, reason);

	if (result != 0)
		goto out;
	guest->standing &= ~(uint32_t)GUEST_ACKNOWLEDGED;
	guest->pending &= ~(uint32_t)GUEST_ACKNOWLEDGED;
	xen_notify(xen, guest->port);

out:
	return result;
}

/* SPDX-License-Identifier: MIT */
#include "noxs_bus.h"
#include "runtime.h"

#define MILLISECOND 1000000UL

extern const struct noxs_driver *const noxs_drivers_start[], *const noxs_drivers_end[];

static struct slot {
	const struct noxs_driver *driver; /* NULL: it is free */
	struct noxs_device device;
	void *object;
	bool lost; /* since the guest was restored */
} slots[NOXS_MAX_DEVICES];
static uint32_t known = 1; /* generation; an odd one is never the page's */
static evtchn_port_t port; /* the one that all devices share, unless they say another */
static bool settling;      /* what is lost may still come again */

static const struct noxs_driver *driver_of(const struct noxs_device *device)
{
	const struct noxs_driver *const *entry;

	for (entry = noxs_drivers_start; entry < noxs_drivers_end; entry++)
		if ((*entry)->type == (enum noxs_type)device->type)
			return *entry;
	return NULL;
}

static bool any_driver(void)
{
	const struct noxs_driver *const *end = noxs_drivers_end;

	return end != noxs_drivers_start;
}

static bool same(const struct noxs_device *left, const struct noxs_device *right)
{
	return left->type == right->type && left->id == right->id && left->control_pfn == right->control_pfn;
}

static void on_event(void *data);

static void add(struct slot *slot, const struct noxs_device *device)
{
	const struct noxs_driver *driver = driver_of(device);
	void *control = frame_to_pointer(device->control_pfn);

	if (driver == NULL || control == NULL)
		return;
	slot->object = driver->add(device, control);
	if (slot->object == NULL)
		return;
	slot->driver = driver;
	slot->device = *device;
	slot->lost = false;
	if (device->event_channel != port)
		event_bind(device->event_channel, on_event, slot);
}

static void renew(struct slot *slot, const struct noxs_device *device)
{
	slot->lost = false;
	slot->device = *device;
	slot->driver->renew(slot->object, device);
	if (device->event_channel != port)
		event_bind(device->event_channel, on_event, slot);
}

static void drop(struct slot *slot)
{
	slot->driver->remove(slot->object);
	if (!slot->lost && slot->device.event_channel != port)
		event_unbind(slot->device.event_channel, on_event, slot);
	slot->driver = NULL;
}

static void rescan(void)
{
	static struct noxs_device_page copy;
	unsigned int i;

	/* While dom0 writes: it sends an event when it has written. */
	if (noxs_generation() == known || !noxs_copy(&copy))
		return;
	known = copy.generation;
	for (i = 0; i < NOXS_MAX_DEVICES; i++) {
		struct slot *slot = &slots[i];

		if (slot->driver != NULL && !same(&slot->device, &copy.devices[i])) {
			if (slot->lost && settling && copy.devices[i].type == NOXS_NONE)
				continue;
			drop(slot);
		}
		if (slot->driver != NULL && slot->lost)
			renew(slot, &copy.devices[i]);
		if (slot->driver == NULL && copy.devices[i].type != NOXS_NONE && i < copy.device_count)
			add(slot, &copy.devices[i]);
	}
}

static void on_event(void *data)
{
	(void)data;
	rescan();
	for (unsigned int i = 0; i < NOXS_MAX_DEVICES; i++)
		if (slots[i].driver != NULL)
			slots[i].driver->event(slots[i].object);
}

/* Whether the announced devices are in the page, and those that have a driver can be used. */
static bool all_ready(void)
{
	unsigned int i, count = noxs_device_count();

	if (count < noxs_announced())
		return false;
	for (i = 0; i < NOXS_MAX_DEVICES; i++)
		if (slots[i].driver != NULL && !slots[i].driver->ready(slots[i].object))
			return false;
	return true;
}

static void await_devices(void)
{
	uint64_t deadline = clock_monotonic() + NOXS_ANNOUNCED_MS * MILLISECOND;

	on_event(NULL);
	while (!all_ready() && clock_monotonic() < deadline)
		event_wait(deadline);
}

void noxs_bus_start(void)
{
	if (!noxs_present() || !any_driver())
		return;
	port = console_port();
	event_bind(port, on_event, NULL);
	await_devices();
}

void noxs_bus_lose(void)
{
	if (port == 0)
		return;
	for (unsigned int i = 0; i < NOXS_MAX_DEVICES; i++) {
		struct slot *slot = &slots[i];

		if (slot->driver == NULL)
			continue;
		if (!slot->lost && slot->device.event_channel != port)
			event_unbind(slot->device.event_channel, on_event, slot);
		slot->lost = true;
		slot->driver->lose(slot->object);
	}
	event_unbind(port, on_event, NULL);
	known = 1;
	settling = true;
}

void noxs_bus_resume(void)
{
	if (port == 0)
		return;
	port = console_port();
	event_bind(port, on_event, NULL);
}

void noxs_bus_settle(void)
{
	if (port == 0)
		return;
	await_devices();
	settling = false;
	known = 1;
	on_event(NULL);
}

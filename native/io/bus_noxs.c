/* SPDX-License-Identifier: MIT */
/*
 * The bus of guests with a device page: one control page per device, which both drivers write, and an entry in the
 * device page, which says where it is. All of it is guest memory: of what is read there nothing is believed but for
 * what the guest may decide itself.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "guest.h"
#include "server.h"

static volatile struct noxs_control *control(const struct device *device)
{
	return device->control.address;
}

/* The guest reads the entry only while the generation is even, and the same before and after. */
static void write_slot(struct noxs_device_page *page, uint16_t slot, const struct noxs_device *entry)
{
	uint32_t generation = __atomic_load_n(&page->generation, __ATOMIC_RELAXED) | 1;

	__atomic_store_n(&page->generation, generation, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	page->devices[slot + 1] = *entry;
	__atomic_store_n(&page->generation, generation + 1, __ATOMIC_RELEASE);
}

static void write_entry(const struct device *device, const struct noxs_device *entry)
{
	write_slot(device->guest->device_page, device->slot, entry);
}

void bus_noxs_resume(struct guest *guest)
{
	struct noxs_device_page *page = guest->device_page;
	uint32_t generation = __atomic_load_n(&page->generation, __ATOMIC_RELAXED);

	if ((generation & 1) != 0)
		__atomic_store_n(&page->generation, generation + 1, __ATOMIC_RELEASE);
}

/* What stands in the entry, but for its type and id, stays: where the control page lies. */
static struct noxs_device entry_of(const struct device *device, uint16_t type)
{
	const struct noxs_device_page *page = device->guest->device_page;
	struct noxs_device entry = page->devices[device->slot + 1];

	entry.type = type;
	entry.id = type == NOXS_NONE ? 0 : device->id;
	entry.event_channel = device->guest->remote_port;
	entry.control_gref = NOXS_GREF_CONTROL + device->slot;
	return entry;
}

static bool slot_is_taken(const struct guest *guest, uint16_t slot)
{
	const struct device *other = guest->devices;

	while (other != NULL && other->slot != slot)
		other = other->next;
	return other != NULL;
}

/* Whether the last process had offered it already. */
static bool is_there(const struct device *device)
{
	const struct noxs_device_page *page = device->guest->device_page;
	struct noxs_device entry = page->devices[device->slot + 1];

	return entry.type == device->class->type && entry.id == device->id &&
	       control(device)->type == device->class->type && control(device)->id == device->id;
}

static void fill(struct device *device)
{
	volatile struct noxs_control *page = control(device);

	memset(device->control.address, 0, NOXS_PAGE_SIZE);
	page->type = device->class->type;
	page->id = device->id;
	device->class->fill(device, device->control.address);
	__atomic_store_n(&page->backend_state, device->state, __ATOMIC_RELEASE);
}

static int offer(struct device *device)
{
	struct guest *guest = device->guest;
	uint32_t reference = NOXS_GREF_CONTROL + device->slot;
	struct noxs_device entry;
	int result = EINVAL;

	if (device->slot == 0 || device->slot >= NOXS_MAX_CONTROL || slot_is_taken(guest, device->slot))
		goto out;
	result = xen_map(&guest->server->xen, guest->domid, &reference, 1, &device->control);
	if (result != 0)
		goto out;
	device->state = NOXS_INIT_WAIT;
	if (is_there(device)) {
		/* Of the state that the last process left, only these say that the guest may be going on. */
		uint32_t state = __atomic_load_n(&control(device)->backend_state, __ATOMIC_ACQUIRE);

		if (state == NOXS_CLOSED)
			device->state = NOXS_CLOSED;
		__atomic_store_n(&control(device)->backend_state, state == NOXS_CONNECTED ? state : device->state,
		                 __ATOMIC_RELEASE);
		goto out;
	}
	fill(device);
	entry = entry_of(device, device->class->type);
	write_entry(device, &entry);
	xen_notify(&guest->server->xen, guest->device_port);

out:
	return result;
}

static uint32_t frontend_state(struct device *device)
{
	return __atomic_load_n(&control(device)->frontend_state, __ATOMIC_ACQUIRE);
}

static int read_front_end(struct device *device, union front_end *front_end)
{
	device->class->read(device->control.address, front_end);
	return 0;
}

static void publish(struct device *device)
{
	__atomic_store_n(&control(device)->backend_state, device->state, __ATOMIC_RELEASE);
	xen_notify(&device->guest->server->xen, device->guest->device_port);
}

static void withdraw(struct device *device)
{
	struct noxs_device entry = entry_of(device, NOXS_NONE);

	write_entry(device, &entry);
	memset(device->control.address, 0, NOXS_PAGE_SIZE);
	xen_notify(&device->guest->server->xen, device->guest->device_port);
}

/* A device that nobody here knows: its control page first, so that what the guest finds when it looks is nothing. */
static int clear_slot(struct guest *guest, uint16_t slot, struct noxs_device entry)
{
	struct xen *xen = &guest->server->xen;
	uint32_t reference = NOXS_GREF_CONTROL + slot;
	struct xen_mapping control;
	int result = xen_map(xen, guest->domid, &reference, 1, &control);

	if (result != 0)
		return result;
	memset(control.address, 0, NOXS_PAGE_SIZE);
	xen_unmap(xen, &control);
	entry.type = NOXS_NONE;
	entry.id = 0;
	write_slot(guest->device_page, slot, &entry);
	return 0;
}

/* The page is the guest's memory: it may name whatever it likes, and loses that. */
static int sweep(struct guest *guest, const struct device_kept *kept)
{
	int result = 0;

	for (uint16_t slot = 1; slot < NOXS_MAX_CONTROL; slot++) {
		struct noxs_device entry = guest->device_page->devices[slot + 1];
		int cleared;

		if (entry.type == NOXS_NONE || slot_is_taken(guest, slot) ||
		    device_is_kept(guest, kept, entry.type, entry.id))
			continue;
		cleared = clear_slot(guest, slot, entry);
		result = result == 0 ? cleared : result;
	}
	xen_notify(&guest->server->xen, guest->device_port);
	return result;
}

static void release(struct device *device)
{
	xen_unmap(&device->guest->server->xen, &device->control);
}

const struct device_bus bus_noxs = {
    .offer = offer,
    .frontend_state = frontend_state,
    .read = read_front_end,
    .publish = publish,
    .withdraw = withdraw,
    .release = release,
    .sweep = sweep,
};

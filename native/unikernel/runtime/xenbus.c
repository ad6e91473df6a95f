/* SPDX-License-Identifier: MIT */
#include "runtime.h"
#include "xenbus.h"

#define STEP (NOXS_STEP_MS * 1000000UL)

static void on_change(void *data)
{
	struct xenbus_device *device = data;
	uint64_t state;

	if (!xenstore_read_number_at(device->backend, "state", &state) || state > NOXS_CLOSED)
		state = NOXS_UNKNOWN;
	if (state == device->state)
		return;
	device->state = (uint32_t)state;
	wake_all(&device->changed);
	if (device->hook != NULL)
		device->hook(device->data);
}

bool xenbus_open(struct xenbus_device *device, const char *path)
{
	char node[XENSTORE_PATH];
	uint64_t domid;

	if (!xenstore_read_number_at(path, "backend-id", &domid))
		return false;
	snprintf(device->path, sizeof(device->path), "%s", path);
	snprintf(node, sizeof(node), "%s/backend", path);
	if (!xenstore_read(node, device->backend, sizeof(device->backend)))
		return false;
	device->domid = (uint16_t)domid;
	if (snprintf(device->watched, sizeof(device->watched), "%s/state", device->backend) >=
	    (int)sizeof(device->watched))
		return false;
	device->state = NOXS_UNKNOWN;
	return xenstore_watch(device->watched, on_change, device);
}

bool xenbus_wait(struct xenbus_device *device, uint32_t states)
{
	uint64_t deadline = clock_monotonic() + STEP;

	while ((states & (1U << device->state)) == 0)
		if (!wait_on(&device->changed, deadline) && clock_monotonic() >= deadline)
			return false;
	return true;
}

bool xenbus_set_state(struct xenbus_device *device, uint32_t state)
{
	return xenstore_write_number_at(device->path, "state", state);
}

uint32_t xenbus_port(const struct xenbus_device *device)
{
	struct evtchn_alloc_unbound allocate = {.dom = DOMID_SELF, .remote_dom = device->domid};
	long result = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &allocate);

	return result == 0 ? allocate.port : 0;
}

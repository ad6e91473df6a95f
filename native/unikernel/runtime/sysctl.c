/* SPDX-License-Identifier: MIT */
/*
 * The sysctl device: the host asks for an end, the guest acknowledges, obeys, and says how it ended. The window's
 * size comes the same way.
 */
#include <lightvm/threads.h>
#include "runtime.h"

#define ENDS (NOXS_SYSCTL_POWEROFF | NOXS_SYSCTL_REBOOT)

const uint32_t guest_shutdown_features __attribute__((weak)) = ENDS;

static struct noxs_sysctl *sysctl;
static evtchn_port_t port;
static guest_shutdown_hook shutdown_hook;
static console_resize_hook resize_hook;
static unsigned int last_columns, last_rows;

void guest_on_shutdown(guest_shutdown_hook hook)
{
	shutdown_hook = hook;
}

void console_size(unsigned int *columns, unsigned int *rows)
{
	*columns = *rows = 0;
	if (sysctl == NULL)
		return;
	*columns = __atomic_load_n(&sysctl->columns, __ATOMIC_RELAXED);
	*rows = __atomic_load_n(&sysctl->rows, __ATOMIC_RELAXED);
}

void console_on_resize(console_resize_hook hook)
{
	console_size(&last_columns, &last_rows);
	resize_hook = hook;
}

static void look_at_window(void)
{
	unsigned int columns, rows;

	if (resize_hook == NULL)
		return;
	console_size(&columns, &rows);
	if (columns == last_columns && rows == last_rows)
		return;
	last_columns = columns;
	last_rows = rows;
	resize_hook(columns, rows);
}

/* A thread of its own: hooks wait for the network, for a disk. */
static void obey(void *reason)
{
	guest_shutdown_hook hook = shutdown_hook;

	shutdown_hook = NULL; /* a second request while the hook waits does not run it again */
	if (hook != NULL)
		hook((enum noxs_reason)(uintptr_t)reason);
	if ((uintptr_t)reason == NOXS_REBOOT)
		guest_reboot();
	guest_poweroff();
}

void shutdown_requested(enum noxs_reason reason)
{
	/* Acknowledged and not obeyed: the features say so beforehand. */
	if (reason == NOXS_SUSPEND)
		suspend_requested();
	if ((unsigned int)reason >= 32 || (guest_shutdown_features & ENDS & (1U << reason)) == 0)
		return;
	if (thread_create("shutdown", obey, (void *)(uintptr_t)reason, 0) == NULL) {
		/* No memory for that: an end without the hook. */
		shutdown_hook = NULL;
		obey((void *)(uintptr_t)reason);
	}
}

static void on_event(void *data)
{
	uint32_t request = __atomic_load_n(&sysctl->request, __ATOMIC_ACQUIRE);
	uint32_t reason = sysctl->reason;

	(void)data;
	look_at_window();
	if (request == sysctl->acknowledged)
		return;
	__atomic_store_n(&sysctl->acknowledged, request, __ATOMIC_RELEASE);
	event_notify(port);
	shutdown_requested((enum noxs_reason)reason);
}

/* Every guest suspends: its program need not know. */
static void connect(void)
{
	event_bind(port, on_event, NULL);
	sysctl->features = guest_shutdown_features | NOXS_SYSCTL_SUSPEND;
	__atomic_store_n(&sysctl->control.frontend_state, NOXS_CONNECTED, __ATOMIC_RELEASE);
}

void sysctl_init(void)
{
	struct noxs_device device;
	bool found = noxs_find(NOXS_SYSCTL, 0, &device);

	if (!found)
		return;
	sysctl = frame_to_pointer(device.control_pfn);
	if (sysctl == NULL)
		return;
	port = device.event_channel;
	connect();
}

void sysctl_resume(bool new)
{
	if (sysctl == NULL)
		return;
	__atomic_store_n(&sysctl->ended, 0, __ATOMIC_RELEASE);
	if (!new)
		return;
	event_unbind(port, on_event, NULL);
	port = console_port(); /* that of all devices which are there from the start */
	connect();
}

void sysctl_announce_end(enum noxs_reason reason)
{
	if (sysctl == NULL)
		return;
	sysctl->end_reason = reason;
	__atomic_store_n(&sysctl->ended, 1, __ATOMIC_RELEASE);
	event_notify(port);
}

/* SPDX-License-Identifier: MIT */
/*
 * Event channels. Upcalls stay masked for good: a guest looks at its ports when it waits, by SCHEDOP_poll,
 * which blocks the vCPU until a port fires or a time is reached. That saves, on each event, the upcall frame
 * and the return hypercall, and for each timer an event channel of its own.
 */
#include "runtime.h"

#define MAX_BINDINGS 16

static struct binding {
	evtchn_port_t port;
	event_handler handler;
	void *data;
} bindings[MAX_BINDINGS];
static unsigned int binding_count;
/* Each bound port once. */
static evtchn_port_t ports[MAX_BINDINGS];
static unsigned int port_count;
static bool run_all; /* handlers may have missed an event: all of them run */

void event_bind(evtchn_port_t port, event_handler handler, void *data)
{
	unsigned int i;

	if (binding_count == MAX_BINDINGS)
		panic("more than %d event handlers", MAX_BINDINGS);
	bindings[binding_count++] = (struct binding){port, handler, data};
	for (i = 0; i < port_count; i++)
		if (ports[i] == port)
			return;
	ports[port_count++] = port;
}

void event_unbind(evtchn_port_t port, event_handler handler, void *data)
{
	unsigned int i, count = 0;
	bool others = false;

	for (i = 0; i < binding_count; i++) {
		if (bindings[i].port == port && bindings[i].handler == handler && bindings[i].data == data)
			continue;
		others |= bindings[i].port == port;
		bindings[count++] = bindings[i];
	}
	binding_count = count;
	run_all = true; /* it may be a handler that does this, and the list has moved under its caller */
	for (i = 0; !others && i < port_count; i++)
		if (ports[i] == port)
			ports[i--] = ports[--port_count];
}

void events_look_at_all(void)
{
	run_all = true;
}

void event_notify(evtchn_port_t port)
{
	struct evtchn_send send = {.port = port};

	/* Fails only for a port that does not exist. No back-end yet is no failure: it looks when it binds.
	 */
	hypercall_event_channel_op(EVTCHNOP_send, &send);
}

/* Clears it before anyone looks, so that what comes meanwhile fires again. */
static bool take_pending(evtchn_port_t port)
{
	xen_ulong_t *word = &shared_info->evtchn_pending[port / 64];
	xen_ulong_t bit = 1UL << (port % 64);

	return (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) != 0 &&
	       (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

bool events_dispatch(void)
{
	bool all = run_all, any = all;
	unsigned int i, j;

	run_all = false;
	for (i = 0; i < port_count; i++) {
		if (!take_pending(ports[i]) && !all)
			continue;
		any = true;
		for (j = 0; j < binding_count; j++)
			if (bindings[j].port == ports[i] && bindings[j].handler != NULL)
				bindings[j].handler(bindings[j].data);
	}
	return any;
}

bool events_defer(void)
{
	bool any = false;

	for (unsigned int i = 0; i < port_count; i++)
		any |= take_pending(ports[i]);
	run_all |= any;
	return any;
}

void events_block(uint64_t deadline)
{
	struct sched_poll poll = {.nr_ports = port_count, .timeout = deadline == FOREVER ? 0 : clock_to_xen(deadline)};

	set_xen_guest_handle(poll.ports, ports);
	hypercall_sched_op(SCHEDOP_poll, &poll);
}

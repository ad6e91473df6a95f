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

void event_notify(evtchn_port_t port)
{
	struct evtchn_send send = {.port = port};

	/* Fails only for a port that does not exist. No back-end yet is no failure: it looks when it binds.
	 */
	hypercall_event_channel_op(EVTCHNOP_send, &send);
}

/* Runs the handlers of the ports that fired. */
static bool dispatch(void)
{
	bool any = false;
	unsigned int i, j;

	for (i = 0; i < port_count; i++) {
		xen_ulong_t *word = &shared_info->evtchn_pending[ports[i] / 64];
		xen_ulong_t bit = 1UL << (ports[i] % 64);

		/* Cleared before the handlers look, so that what comes meanwhile fires again. */
		if ((__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit) == 0)
			continue;
		any = true;
		for (j = 0; j < binding_count; j++)
			if (bindings[j].port == ports[i] && bindings[j].handler != NULL)
				bindings[j].handler(bindings[j].data);
	}
	return any;
}

void event_wait(uint64_t deadline)
{
	struct sched_poll poll = {.nr_ports = port_count, .timeout = deadline == FOREVER ? 0 : deadline};
	bool any = dispatch();

	if (any)
		return;
	set_xen_guest_handle(poll.ports, ports);
	hypercall_sched_op(SCHEDOP_poll, &poll);
	dispatch();
}

void guest_wait(uint64_t deadline)
{
	event_wait(deadline);
}

void guest_yield(void)
{
	dispatch();
}

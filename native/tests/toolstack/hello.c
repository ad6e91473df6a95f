/* SPDX-License-Identifier: MIT */
#include "hello.h"
#include <stdio.h>
#include <string.h>

#define LIMIT 20000 /* ms for a guest to do what it is to do */

void hello_start(struct hello *hello, int number, const char *arguments)
{
	make_uuid(hello->config.uuid, number);
	hello->config.command_line = arguments;
	hello->length = 0;
	hello->text[0] = '\0';
	check(lightvm_guest_create(host, &hello->config, &hello->layout, &error), "create");
	hello_attach(hello);
	check(lightvm_domain_unpause(host, hello->layout.domid, &error), "unpause");
}

void hello_attach(struct hello *hello)
{
	hello->console = map_grant(hello->layout.domid, hello->layout.console_gref);
	hello->sysctl = map_grant(hello->layout.domid, hello->layout.sysctl_gref);
	hello->port = bind(&hello->layout);
}

void hello_detach(struct hello *hello)
{
	hello_drain(hello);
	unbind(hello->port);
	xengnttab_unmap(grants, hello->console, 1);
	xengnttab_unmap(grants, hello->sysctl, 1);
}

void hello_drain(struct hello *hello)
{
	struct xencons_interface *ring = hello->console;
	XENCONS_RING_IDX consumer = ring->out_cons;
	XENCONS_RING_IDX producer = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

	expect(producer - consumer <= sizeof(ring->out), "ring indices make sense");
	for (; consumer != producer && hello->length < sizeof(hello->text) - 1; consumer++)
		hello->text[hello->length++] = ring->out[MASK_XENCONS_IDX(consumer, ring->out)];
	hello->text[hello->length] = '\0';
	if (consumer == ring->out_cons)
		return;
	__atomic_store_n(&ring->out_cons, consumer, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, hello->port);
}

void hello_await(struct hello *hello, const char *text)
{
	double limit = now() + LIMIT;

	while (strstr(hello->text, text) == NULL) {
		if (now() > limit)
			printf("console:\n%s\n", hello->text);
		expect(now() < limit, text);
		take_event(100);
		hello_drain(hello);
	}
}

void hello_request(struct hello *hello, uint32_t reason)
{
	hello->sysctl->reason = reason;
	__atomic_store_n(&hello->sysctl->request, hello->sysctl->request + 1, __ATOMIC_RELEASE);
	xenevtchn_notify(channels, hello->port);
}

/* SPDX-License-Identifier: MIT */
/* An event on a device's own port is that device's business; one on the guest's port is everybody's. */
#include <stdint.h>
#include <unistd.h>

#include <xen/io/console.h>

#include "check.h"
#include "device.h"
#include "net_rig.h"

#define OWN_PORT 900U

static struct rig rig;
static uint8_t bytes[RIG_FRAME_MAX];

static void raise_event(uint32_t port)
{
	CHECK_EQUAL(write(rig.events, &port, sizeof(port)), (ssize_t)sizeof(port));
	rig_turn(&rig);
}

static void send_frame(void)
{
	uint32_t size =
	    rig_udp(bytes, rig.guests[0].mac, rig.guests[0].ipv4, rig.guests[1].mac, rig.guests[1].ipv4, 50);

	rig_send(&rig.guests[0], bytes, size, 0, 1514);
}

int main(void)
{
	volatile struct xencons_interface *console;
	struct device *adapter;
	uint32_t port = 0;

	rig_open(&rig, 2, IO_NETWORK_BROADCAST);
	rig_connect(&rig, 0, NOXS_NET_SG, 10);
	rig_connect(&rig, 1, NOXS_NET_SG, 10);
	CHECK_EQUAL(server_watch_events(&rig.server), 0);
	adapter = device_find(rig.guests[0].guest, NOXS_NET, 0);
	CHECK(adapter != NULL);
	CHECK_EQUAL(device_bind(adapter, OWN_PORT, &port), 0);

	console = (void *)rig.guests[0].pages;
	console->out[0] = 'x';
	console->out_prod = 1;
	send_frame();
	raise_event(port);
	CHECK(rig_receive(&rig.guests[1])->size != 0);
	CHECK_EQUAL(console->out_cons, 0);
	raise_event(rig.guests[0].guest->port);
	CHECK_EQUAL(console->out_cons, 1);

	/* A port that is given back is nobody's. */
	device_unbind(adapter, port);
	CHECK(table_port(&rig.server.table, port).guest == NULL &&
	      table_port(&rig.server.table, port).device == NULL);
	rig_close(&rig);
	return 0;
}

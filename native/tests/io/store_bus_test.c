/* SPDX-License-Identifier: MIT */
/* Devices of a stock guest: what its drivers find in the store, how they shake hands, how devices come and
 * go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "store_rig.h"

static struct store_rig rig;
static union front_end connected_with;
static int connects;
static int disconnects;
static int served;
static int released;
static int refuse;

static int on_connect(struct device *device, const union front_end *front_end, const char **why)
{
	(void)device;
	*why = "a ring cannot be mapped";
	if (refuse != 0)
		return refuse;
	connected_with = *front_end;
	connects++;
	return 0;
}

static void on_disconnect(struct device *device)
{
	(void)device;
	disconnects++;
}

static void on_serve(struct device *device)
{
	(void)device;
	served++;
}

static void fill_net(const struct device *device, void *page)
{
	struct noxs_net *net = page;

	net->backend_features = NOXS_NET_SG | NOXS_NET_GSO_TCPV4 | NOXS_NET_CHECKSUM_IPV4;
	net->mtu = 1500;
	memcpy(net->mac, "\x02\x16\x3e\x00\x01", 5);
	net->mac[5] = (uint8_t)device->id;
}

static void fill_block(const struct device *device, void *page)
{
	struct noxs_block *block = page;

	block->sectors = 204800;
	block->sector_size = 512;
	block->info = device->id == 1 ? 4 : 0;
	block->backend_features = NOXS_BLOCK_FLUSH | NOXS_BLOCK_PERSISTENT;
	block->max_indirect = 32;
	block->max_rings = 16;
}

static void on_release(struct device *device)
{
	released++;
	free(device);
}

static const struct device_class net = {
    .type = NOXS_NET,
    .connect = on_connect,
    .disconnect = on_disconnect,
    .serve = on_serve,
    .fill = fill_net,
    .release = on_release,
};

static const struct device_class block = {
    .type = NOXS_BLOCK,
    .connect = on_connect,
    .disconnect = on_disconnect,
    .serve = on_serve,
    .fill = fill_block,
    .release = on_release,
};

static struct device *add(const struct device_class *class, uint16_t id)
{
	struct device *device = calloc(1, sizeof(*device));
	const char *step = "";

	CHECK(device != NULL);
	device->class = class;
	device->id = id;
	CHECK_EQUAL(device_add(&rig.guest, device, &step), 0);
	return device;
}

static void expect(const char *path, const char *value)
{
	store_rig_expect(&rig, XS_READ, 0, path, value);
}

static void set(const char *path, const char *value)
{
	store_rig_write(&rig, 0, path, value, "OK");
}

static void begin(void)
{
	connects = 0;
	disconnects = 0;
	released = 0;
	refuse = 0;
	store_rig_begin(&rig);
	store_rig_open(&rig);
}

static void end(void)
{
	while (rig.guest.devices != NULL)
		device_drop(rig.guest.devices);
	store_rig_end(&rig);
}

#define VIF      "device/vif/0/"
#define VIF_BACK "/local/domain/0/backend/vif/7/0/"
#define VBD      "device/vbd/51712/"
#define VBD_BACK "/local/domain/0/backend/vbd/7/51712/"

static void a_front_end_finds_its_nodes(void)
{
	begin();
	add(&net, 0);
	add(&block, 0);
	add(&block, 1);
	expect(VIF "backend", "/local/domain/0/backend/vif/7/0");
	expect(VIF "backend-id", "0");
	expect(VIF "state", "1");
	expect(VIF "handle", "0");
	expect(VIF "mac", "02:16:3e:00:01:00");
	expect(VIF_BACK "frontend", RIG_HOME "/device/vif/0");
	expect(VIF_BACK "frontend-id", "7");
	expect(VIF_BACK "state", "2");
	expect(VIF_BACK "online", "1");
	expect(VIF_BACK "hotplug-status", "connected");
	expect(VIF_BACK "feature-rx-copy", "1");
	expect(VIF_BACK "feature-sg", "1");
	expect(VIF_BACK "feature-gso-tcpv4", "1");
	expect(VIF_BACK "feature-gso-tcpv6", "0");
	expect(VIF_BACK "feature-split-event-channels", "0");
	expect(VIF_BACK "feature-no-csum-offload", "ENOENT");
	expect(VIF_BACK "multi-queue-max-queues", "ENOENT");
	expect(VBD "virtual-device", "51712");
	expect(VBD "device-type", "disk");
	expect(VBD_BACK "sectors", "204800");
	expect(VBD_BACK "sector-size", "512");
	expect(VBD_BACK "info", "0");
	expect(VBD_BACK "mode", "w");
	expect(VBD_BACK "feature-flush-cache", "1");
	expect(VBD_BACK "feature-persistent", "1");
	expect(VBD_BACK "feature-max-indirect-segments", "32");
	expect(VBD_BACK "max-ring-page-order", "4");
	expect("/local/domain/0/backend/vbd/7/51728/info", "4");
	expect("/local/domain/0/backend/vbd/7/51728/mode", "r");
	end();
}

static void connect_net(void)
{
	set(VIF "tx-ring-ref", "8");
	set(VIF "rx-ring-ref", "9");
	set(VIF "event-channel-tx", "11");
	set(VIF "event-channel-rx", "12");
	set(VIF "request-rx-copy", "1");
	set(VIF "feature-sg", "1");
	set(VIF "feature-gso-tcpv4", "1");
	set(VIF "state", "4");
}

static void drivers_shake_hands(void)
{
	struct device *device;

	begin();
	device = add(&net, 0);
	connect_net();
	CHECK_EQUAL(connects, 1);
	CHECK_EQUAL(connected_with.net.tx_gref, 8);
	CHECK_EQUAL(connected_with.net.rx_gref, 9);
	CHECK_EQUAL(connected_with.net.tx_port, 11);
	CHECK_EQUAL(connected_with.net.rx_port, 12);
	CHECK_EQUAL(connected_with.net.features, NOXS_NET_SG | NOXS_NET_GSO_TCPV4 | NOXS_NET_CHECKSUM_IPV4);
	expect(VIF_BACK "state", "4");
	CHECK_EQUAL(device->state, NOXS_CONNECTED);
	/* Linux waits for our Closing when it closes, and says Closed only then. */
	store_rig_watch(&rig, VIF_BACK "state", "t", "OK");
	store_rig_event(&rig, VIF_BACK "state", "t");
	set(VIF "state", "5");
	CHECK_EQUAL(disconnects, 1);
	expect(VIF_BACK "state", "5");
	set(VIF "state", "6");
	expect(VIF_BACK "state", "2");
	set(VIF "state", "1");
	expect(VIF_BACK "state", "2");
	connect_net();
	CHECK_EQUAL(connects, 2);
	expect(VIF_BACK "state", "4");
	end();

	begin();
	add(&block, 0);
	set(VBD "ring-page-order", "2");
	set(VBD "ring-ref0", "20");
	set(VBD "ring-ref1", "21");
	set(VBD "ring-ref2", "22");
	set(VBD "ring-ref3", "23");
	set(VBD "event-channel", "30");
	set(VBD "protocol", "x86_64-abi");
	set(VBD "feature-persistent", "1");
	set(VBD "state", "3");
	CHECK_EQUAL(connects, 1);
	CHECK_EQUAL(connected_with.block.ring_count, 4);
	CHECK_EQUAL(connected_with.block.ring_gref[3], 23);
	CHECK_EQUAL(connected_with.block.port, 30);
	CHECK_EQUAL(connected_with.block.features, NOXS_BLOCK_PERSISTENT);
	expect(VBD_BACK "state", "4");
	end();
}

static void nonsense_closes_a_device(void)
{
	begin();
	add(&block, 0);
	set(VBD "ring-ref", "20");
	set(VBD "event-channel", "thirty");
	set(VBD "state", "3");
	CHECK_EQUAL(connects, 0);
	expect(VBD_BACK "state", "6");
	CHECK(strstr(rig.guest.fault, "block 0") != NULL);
	/* It is not tried again before the driver has been elsewhere. */
	set(VBD "event-channel", "30");
	CHECK_EQUAL(connects, 0);
	set(VBD "state", "6");
	expect(VBD_BACK "state", "2");
	refuse = EINVAL;
	set(VBD "state", "3");
	expect(VBD_BACK "state", "6");
	refuse = 0;
	set(VBD "state", "1");
	set(VBD "state", "3");
	CHECK_EQUAL(connects, 1);
	set(VBD "state", "999999999999");
	set(VBD "state", "");
	expect(VBD_BACK "state", "2");
	store_rig_expect(&rig, XS_RM, 0, "device", "OK");
	expect(VBD_BACK "state", "2");
	end();
}

static void devices_come_and_go(void)
{
	struct device *device;

	begin();
	store_rig_watch(&rig, "device", "bus", "OK");
	store_rig_event(&rig, "device", "bus");
	device = add(&net, 0);
	store_rig_event(&rig, "device/vif/0", "bus");
	store_rig_event(&rig, NULL, NULL);
	connect_net();
	store_rig_watch(&rig, VIF_BACK "state", "end", "OK");
	store_rig_event(&rig, VIF_BACK "state", "end");
	CHECK_EQUAL(device_remove(device, 5, false), 0);
	store_rig_event(&rig, VIF_BACK "state", "end");
	expect(VIF_BACK "state", "5");
	expect(VIF_BACK "online", "0");
	CHECK_EQUAL(disconnects, 0);
	set(VIF "state", "5");
	CHECK_EQUAL(released, 0);
	set(VIF "state", "6");
	CHECK_EQUAL(disconnects, 1);
	CHECK_EQUAL(released, 1);
	expect("device/vif/0", "ENOENT");
	expect("/local/domain/0/backend/vif/7/0", "ENOENT");
	/* A guest that never looked at it does not need to be waited for. */
	device = add(&block, 3);
	expect("device/vbd/51760/state", "1");
	CHECK_EQUAL(device_remove(device, 6, true), 0);
	expect("device/vbd/51760", "ENOENT");
	CHECK(rig.guest.devices == NULL);
	end();
}

/* The next process finds both drivers where they were. */
static void a_process_is_replaced(void)
{
	begin();
	add(&net, 0);
	connect_net();
	store_rig_watch(&rig, VIF_BACK "state", "t", "OK");
	store_rig_event(&rig, VIF_BACK "state", "t");
	device_drop(rig.guest.devices);
	store_rig_leave(&rig);
	store_rig_open(&rig);
	connects = 0;
	expect(VIF_BACK "state", "4");
	add(&net, 0);
	CHECK_EQUAL(connects, 1);
	CHECK_EQUAL(connected_with.net.tx_gref, 8);
	expect(VIF "mac", "02:16:3e:00:01:00");
	/* The guest sees nothing of it. */
	store_rig_event(&rig, NULL, NULL);
	end();
}

/* What a process offered that died before it could answer, nobody is to find. */
static void what_nobody_confirmed_goes(void)
{
	begin();
	add(&net, 0);
	connect_net();
	add(&net, 1);
	add(&block, 0);
	add(&block, 2);
	store_rig_watch(&rig, "device", "bus", "OK");
	store_rig_event(&rig, "device", "bus");
	while (rig.guest.devices != NULL)
		device_drop(rig.guest.devices);
	store_rig_leave(&rig);
	store_rig_open(&rig);
	CHECK_EQUAL(device_keep(&rig.guest, 1 << 0, 1 << 2), 0);
	store_rig_event(&rig, "device/vbd/51712", "bus");
	store_rig_event(&rig, "device/vif/1", "bus");
	store_rig_event(&rig, NULL, NULL);
	expect("device/vif/1", "ENOENT");
	expect("/local/domain/0/backend/vif/7/1", "ENOENT");
	expect("device/vbd/51712", "ENOENT");
	expect("device/vbd/51744/state", "1");
	connects = 0;
	add(&net, 0);
	CHECK_EQUAL(connects, 1);
	add(&block, 2);
	/* What is held stays, whatever is named. */
	CHECK_EQUAL(device_keep(&rig.guest, 0, 0), 0);
	expect(VIF_BACK "state", "4");
	store_rig_event(&rig, NULL, NULL);
	end();
}

int main(void)
{
	a_front_end_finds_its_nodes();
	drivers_shake_hands();
	nonsense_closes_a_device();
	devices_come_and_go();
	a_process_is_replaced();
	what_nobody_confirmed_goes();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Devices by noxs (noxs.h) where a XenStore would be. Stock front-ends stay as they are: what they ask of a store is
 * answered here, of a few nodes in memory, and what they tell it goes into control pages.
 *
 * Whether it is so says the page that the host hands over for XenStore, or the command line: xenbus.noxs=auto, on, off.
 *
 * Copyright (c) LightVM contributors
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/sections.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/io/blkif.h>
#include <xen/xenbus.h>
#include "noxs.h"
#include "xenbus.h"
#include "xenbus_noxs_nodes.h"

#define XVDA 51712U                   /* and 16 numbers for each disk, up to xvdp; then the other scheme */
#define XVDA_DISKS 16U
#define EXTENDED (1U << 28)

/* A device, and where its nodes are. Slot n is entry n of the device page. */
struct slot {
	struct noxs_device device; /* type NOXS_NONE: there is none */
	union {
		struct noxs_control *control;
		struct noxs_net *net;
		struct noxs_block *block;
	};
	char front[32];
	char back[32];
	u32 frontend_state;
	u32 shown; /* the back-end's state, as its node has it */
};

/*
 * Control pages: the host finds them by a note (xen-head.S), and grants them to itself. Not in .bss, which is cleared
 * after the host has written.
 */
u8 noxs_control_pages[NOXS_MAX_CONTROL][PAGE_SIZE] __page_aligned_data;

bool noxs_used;

static DEFINE_MUTEX(lock); /* all below; taken for moments */
static struct slot slots[NOXS_MAX_CONTROL + 1];
static u32 known = 1; /* generation of the device page; an odd one is never a finished page's */
static u32 asked;     /* the last request of sysctl that was passed on */

static const struct noxs_device_page *page;
static struct noxs_sysctl *sysctl;
static evtchn_port_t port;
static unsigned int offered; /* net and block devices so far */
static DECLARE_WAIT_QUEUE_HEAD(offered_wq);

static char *mode = "auto";
module_param_named(noxs, mode, charp, 0444);
MODULE_PARM_DESC(noxs, "Devices by the host's device page: auto (if there is one), on, off");

/* What the host says of a device, as nodes of its back-end. */

static void put_net(const struct slot *slot)
{
	u32 features = slot->net->backend_features;

	noxs_putf(slot->front, "handle", "%u", slot->device.id);
	noxs_putf(slot->front, "mac", "%pM", slot->net->mac);
	noxs_putf(slot->front, "mtu", "%u", slot->net->mtu);
	noxs_putf(slot->back, "feature-rx-copy", "1");
	noxs_putf(slot->back, "feature-sg", "%d", !!(features & NOXS_NET_SG));
	noxs_putf(slot->back, "feature-gso-tcpv4", "%d", !!(features & NOXS_NET_GSO_TCPV4));
	noxs_putf(slot->back, "feature-gso-tcpv6", "%d", !!(features & NOXS_NET_GSO_TCPV6));
	noxs_putf(slot->back, "feature-ipv6-csum-offload", "%d", !!(features & NOXS_NET_CHECKSUM_IPV6));
	if (!(features & NOXS_NET_CHECKSUM_IPV4))
		noxs_putf(slot->back, "feature-no-csum-offload", "1");
}

static u32 disk_number(const struct slot *slot)
{
	u32 id = slot->device.id;

	if (slot->block->number)
		return slot->block->number;
	return id < XVDA_DISKS ? XVDA + 16 * id : EXTENDED | id << 8;
}

static void put_block(const struct slot *slot)
{
	const struct noxs_block *block = slot->block;
	u32 order = 0;

	while (2U << order <= block->max_rings)
		order++;
	noxs_putf(slot->front, "virtual-device", "%u", disk_number(slot));
	noxs_putf(slot->front, "device-type", "disk");
	noxs_putf(slot->back, "mode", block->info & VDISK_READONLY ? "r" : "w");
	noxs_putf(slot->back, "sectors", "%llu", block->sectors);
	noxs_putf(slot->back, "sector-size", "%u", block->sector_size);
	noxs_putf(slot->back, "physical-sector-size", "%u", block->sector_size);
	noxs_putf(slot->back, "info", "%u", block->info);
	noxs_putf(slot->back, "feature-flush-cache", "%d", !!(block->backend_features & NOXS_BLOCK_FLUSH));
	noxs_putf(slot->back, "feature-persistent", "%d", !!(block->backend_features & NOXS_BLOCK_PERSISTENT));
	if (block->backend_features & NOXS_BLOCK_DISCARD) {
		noxs_putf(slot->back, "feature-discard", "1");
		noxs_putf(slot->back, "discard-granularity", "%u", block->sector_size);
	}
	if (block->max_indirect)
		noxs_putf(slot->back, "feature-max-indirect-segments", "%u", block->max_indirect);
	if (order)
		noxs_putf(slot->back, "max-ring-page-order", "%u", order);
}

/* What a front-end has said of its rings, into the control page. */

static void fill_net(struct slot *slot)
{
	struct noxs_net *net = slot->net;

	net->frontend_features = noxs_number(slot->front, "feature-no-csum-offload") ? 0 : NOXS_NET_CHECKSUM_IPV4;
	if (noxs_number(slot->front, "feature-ipv6-csum-offload"))
		net->frontend_features |= NOXS_NET_CHECKSUM_IPV6;
	if (noxs_number(slot->front, "feature-sg"))
		net->frontend_features |= NOXS_NET_SG;
	if (noxs_number(slot->front, "feature-gso-tcpv4"))
		net->frontend_features |= NOXS_NET_GSO_TCPV4;
	if (noxs_number(slot->front, "feature-gso-tcpv6"))
		net->frontend_features |= NOXS_NET_GSO_TCPV6;
	net->tx_gref = noxs_number(slot->front, "tx-ring-ref");
	net->rx_gref = noxs_number(slot->front, "rx-ring-ref");
	net->event_channel = noxs_number(slot->front, "event-channel");
}

static void fill_block(struct slot *slot)
{
	struct noxs_block *block = slot->block;
	u32 count = min_t(u32, 1U << (noxs_number(slot->front, "ring-page-order") & 7), NOXS_BLOCK_RINGS);
	char name[24];
	u32 i;

	block->frontend_features = noxs_number(slot->front, "feature-persistent") ? NOXS_BLOCK_PERSISTENT : 0;
	block->ring_count = count;
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "ring-ref%u", i);
		block->ring_gref[i] = noxs_number(slot->front, count == 1 ? "ring-ref" : name);
	}
	block->event_channel = noxs_number(slot->front, "event-channel");
}

/* Devices. */

static void *control_page(u64 frame)
{
	u64 index = frame - (__pa_symbol(noxs_control_pages) >> PAGE_SHIFT);

	return index < NOXS_MAX_CONTROL ? noxs_control_pages[index] : NULL;
}

/*
 * Shows the back-end's state. A front-end that closes waits for the back-end to do the same before it says that it is
 * closed; the host is closed by then.
 */
static void look(struct slot *slot)
{
	u32 state = smp_load_acquire(&slot->control->backend_state);

	if (state == NOXS_CLOSED && slot->frontend_state == NOXS_CLOSING)
		state = NOXS_CLOSING;
	if (state == slot->shown)
		return;
	slot->shown = state;
	noxs_putf(slot->back, "state", "%u", state);
	noxs_fire(slot->back);
}

static bool has_rings(u32 state)
{
	return state == NOXS_INITIALISED || state == NOXS_CONNECTED;
}

static void change_state(struct slot *slot, u32 state)
{
	if (has_rings(state) && !has_rings(slot->frontend_state)) {
		if (slot->device.type == NOXS_NET)
			fill_net(slot);
		else
			fill_block(slot);
	}
	slot->frontend_state = state;
	smp_store_release(&slot->control->frontend_state, state);
	notify_remote_via_evtchn(port);
	look(slot);
}

static void offer(struct slot *slot, const struct noxs_device *device)
{
	const char *class = device->type == NOXS_NET ? "vif" : "vbd";
	u32 id = device->id;

	slot->control = control_page(device->control_pfn);
	if (!slot->control || (device->type != NOXS_NET && device->type != NOXS_BLOCK))
		return;
	slot->device = *device;
	slot->frontend_state = NOXS_INITIALISING;
	slot->shown = smp_load_acquire(&slot->control->backend_state);
	if (device->type == NOXS_BLOCK)
		id = disk_number(slot);
	snprintf(slot->front, sizeof(slot->front), "device/%s/%u", class, id);
	snprintf(slot->back, sizeof(slot->back), "backend/%s/%u", class, id);
	if (device->type == NOXS_NET)
		put_net(slot);
	else
		put_block(slot);
	noxs_putf(slot->back, "state", "%u", slot->shown);
	noxs_putf(slot->front, "backend", "%s", slot->back);
	noxs_putf(slot->front, "backend-id", "%u", device->backend);
	noxs_putf(slot->front, "state", "%u", NOXS_INITIALISING);
	noxs_fire(slot->front);
	WRITE_ONCE(offered, offered + 1);
}

static void withdraw(struct slot *slot)
{
	slot->device.type = NOXS_NONE;
	noxs_drop(slot->back);
	noxs_drop(slot->front);
}

static bool same(const struct noxs_device *left, const struct noxs_device *right)
{
	return left->type == right->type && left->id == right->id && left->control_pfn == right->control_pfn;
}

static void rescan(void)
{
	struct noxs_device found[ARRAY_SIZE(slots)];
	u32 generation = smp_load_acquire(&page->generation);
	unsigned int i;

	if (generation == known)
		return;
	memcpy(found, page->devices, sizeof(found));
	smp_rmb();
	/* While dom0 writes: it sends an event when it has written. */
	if ((generation & 1) || READ_ONCE(page->generation) != generation)
		return;
	known = generation;
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		if (same(&slots[i].device, &found[i]))
			continue;
		if (slots[i].device.type != NOXS_NONE)
			withdraw(&slots[i]);
		offer(&slots[i], &found[i]);
	}
}

/* Shutdown, which drivers/xen/manage.c does. */

static void look_at_sysctl(void)
{
	static const char *const words[] = { [NOXS_POWEROFF] = "poweroff", [NOXS_REBOOT] = "reboot" };
	u32 request = smp_load_acquire(&sysctl->request);
	u32 reason = READ_ONCE(sysctl->reason);

	if (request == asked)
		return;
	asked = request;
	if (reason >= ARRAY_SIZE(words))
		return;
	noxs_putf("control", "shutdown", "%s", words[reason]);
	noxs_fire("control/shutdown");
}

static void acknowledge(void)
{
	smp_store_release(&sysctl->acknowledged, asked);
	notify_remote_via_evtchn(port);
}

static void look_at_all(struct work_struct *work)
{
	unsigned int i;

	mutex_lock(&lock);
	rescan();
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (slots[i].device.type != NOXS_NONE)
			look(&slots[i]);
	look_at_sysctl();
	mutex_unlock(&lock);
	wake_up(&offered_wq);
}
static DECLARE_WORK(look_work, look_at_all);

static irqreturn_t interrupt(int irq, void *data)
{
	schedule_work(&look_work);
	return IRQ_HANDLED;
}

/* What xenbus_xs.c would ask of XenStore. */

static void written(const char *path, const char *value)
{
	unsigned int i;

	if (!strcmp(path, "control/shutdown") && value[0] == '\0')
		acknowledge();
	else if (!strcmp(path, "control/feature-poweroff"))
		sysctl->features |= NOXS_SYSCTL_POWEROFF;
	else if (!strcmp(path, "control/feature-reboot"))
		sysctl->features |= NOXS_SYSCTL_REBOOT;
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		struct slot *slot = &slots[i];

		if (slot->device.type != NOXS_NONE && noxs_within(path, slot->front) &&
		    !strcmp(path + strlen(slot->front), "/state"))
			change_state(slot, noxs_number(slot->front, "state"));
	}
}

static int write(const char *path, const struct kvec *value)
{
	int err = noxs_put(path, kmemdup_nul(value->iov_base, value->iov_len, NOXS_GFP));

	if (err)
		return err;
	written(path, noxs_find(path)->value);
	noxs_fire(path);
	return 0;
}

static char *answer(enum xsd_sockmsg_type type, const struct kvec *parts, unsigned int *size)
{
	const char *path = parts[0].iov_base;
	int err;

	switch (type) {
	case XS_READ:
		return noxs_read(path, size);
	case XS_DIRECTORY:
		return noxs_directory(path, size);
	case XS_WRITE:
		err = write(path, &parts[1]);
		break;
	case XS_RM:
		err = noxs_drop(path) ? 0 : -ENOENT;
		break;
	case XS_WATCH:
		err = noxs_add_watch(path, parts[1].iov_base);
		break;
	case XS_UNWATCH:
		err = noxs_remove_watch(path, parts[1].iov_base);
		break;
	/* Nobody else is there, and no driver takes back what it has written. */
	case XS_TRANSACTION_START:
	case XS_TRANSACTION_END:
		err = 0;
		break;
	default:
		err = -EOPNOTSUPP;
		break;
	}
	*size = 1;
	return err ? ERR_PTR(err) : kstrdup("1", NOXS_GFP) ?: ERR_PTR(-ENOMEM);
}

/* Who looks for devices first finds those that the host said it would add. */
static void await_announced(void)
{
	static bool awaited;

	if (awaited)
		return;
	awaited = true;
	if (!wait_event_timeout(offered_wq, READ_ONCE(offered) >= READ_ONCE(page->announced),
				msecs_to_jiffies(NOXS_ANNOUNCED_MS)))
		pr_warn("%u of %u devices are there\n", offered, page->announced);
}

void *noxs_talkv(enum xsd_sockmsg_type type, const struct kvec *parts, unsigned int *len)
{
	unsigned int size;
	char *reply;

	if (type == XS_DIRECTORY && !strcmp(parts[0].iov_base, "device"))
		await_announced();
	mutex_lock(&lock);
	reply = answer(type, parts, &size);
	mutex_unlock(&lock);
	if (len && !IS_ERR(reply))
		*len = size;
	return reply;
}

/* A port of our own: the other one is the console's. */
static int open_port(void)
{
	struct evtchn_alloc_unbound allocate = { .dom = DOMID_SELF, .remote_dom = page->devices[0].backend };
	int err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &allocate);

	if (err)
		return err;
	port = allocate.port;
	err = bind_evtchn_to_irqhandler(port, interrupt, 0, "noxs", NULL);
	return err < 0 ? err : 0;
}

static int begin(const struct noxs_device_page *found)
{
	int err;

	if (!strcmp(mode, "off"))
		return -ENOENT;
	if (!found || READ_ONCE(found->magic) != NOXS_MAGIC) {
		if (strcmp(mode, "on"))
			return -ENOENT;
		pr_err("the command line asks for it, and the host gives no device page: there are no devices\n");
		return -ENODEV;
	}
	if (found->version != NOXS_VERSION) {
		pr_err("the host's device page has version %u, and not %u\n", found->version, NOXS_VERSION);
		return -EPROTONOSUPPORT;
	}
	page = found;
	sysctl = control_page(page->devices[0].control_pfn);
	if (!sysctl)
		return -EFAULT;
	err = open_port();
	if (err)
		return err;
	add_device_randomness(page->entropy, sizeof(page->entropy));
	noxs_used = true;
	sysctl->event_channel = port;
	smp_store_release(&sysctl->control.frontend_state, NOXS_INITIALISING);
	notify_remote_via_evtchn(xen_store_evtchn); /* the console's: the host does not know ours yet */
	schedule_work(&look_work);
	pr_info("devices come by the host's device page\n");
	return 0;
}

int noxs_begin(const void *store_page)
{
	int err = begin(store_page);

	if (err && err != -ENOENT)
		xen_store_domain_type = XS_UNKNOWN; /* nobody is to wait for answers */
	return err;
}

void noxs_ready(void)
{
	if (!noxs_used)
		return;
	smp_store_release(&sysctl->control.frontend_state, NOXS_CONNECTED);
	notify_remote_via_evtchn(port);
}

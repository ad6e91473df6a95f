/* SPDX-License-Identifier: MIT */
/*
 * noxs: how a guest finds and configures its devices without XenStore.
 *
 * Device page. One page of guest memory, granted to dom0, handed over where a stock guest finds its XenStore
 * page (start_info.store_mfn for PV). Only dom0 writes it; the guest reads it and maps it read-only if it can.
 * Its first word is NOXS_MAGIC: anything else there is a plain XenStore ring, and the guest speaks XenStore.
 *
 * Control page. One per device, a guest page the domain builder reserved and granted to dom0. Both drivers write
 * it, each only the fields that are marked as its own. A change is announced by an event on the device's channel.
 *
 * Event channel. Devices of one guest may share one channel (a unikernel has exactly one, which is also
 * start_info.console.domU.evtchn and start_info.store_evtchn). So whoever is woken looks at every device of it.
 * A guest whose drivers want channels of their own (Linux) allocates them for dom0, unbound, and tells them.
 *
 * Byte order is little endian. All structures are fixed, without implicit padding; sizes are asserted below and
 * in a C# test. See docs/noxs.md for who writes what and when.
 */
#ifndef LIGHTVM_NOXS_H
#define LIGHTVM_NOXS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define NOXS_MAGIC 0x5358306eU /* bytes 'n' '0' 'X' 'S'; a XenStore ring never starts so: req[0..3] is a type below 32 */
#define NOXS_VERSION 2
#define NOXS_MAX_DEVICES 64
#define NOXS_PAGE_SIZE 4096
#define NOXS_NAME_SIZE 64
#define NOXS_ANNOUNCED_MS 5000
#define NOXS_STEP_MS 5000 /* the longest that one side waits for the other's next state; then it says so, and gives up */

/* Grant references that the builder seeds, before the guest first runs. */
#define NOXS_GREF_CONSOLE 0  /* the console ring page, as every Xen toolstack has it */
#define NOXS_GREF_DEVICES 1  /* the device page, where others grant the XenStore page */
#define NOXS_GREF_CONTROL 8  /* the first control page; Linux keeps 0 to 7 for itself, and with our driver those behind */
#define NOXS_MAX_CONTROL 16  /* control pages a builder may reserve, spares for hot-add included */

/*
 * A Linux that can do noxs brings its control pages with it, in its image: this ELF note (its name, with a NUL, and
 * type) has the physical address of NOXS_MAX_CONTROL pages, 8 bytes. A unikernel's are reserved by the builder.
 */
#define NOXS_NOTES "LightVM"
#define NOXS_NOTE_CONTROL 2
#define NOXS_SWITCH "xenbus.noxs=" /* on its command line; with "off" it gets a XenStore all the same */

enum noxs_type {
	NOXS_NONE = 0,
	NOXS_SYSCTL = 1,
	NOXS_CONSOLE = 2,
	NOXS_NET = 3,
	NOXS_BLOCK = 4,
};

/*
 * One device. An entry with type NOXS_NONE is free; if its control_gref is not 0, a spare control page waits there.
 * Control page n (reference NOXS_GREF_CONTROL + n) is that of entry n + 1 for n > 0: "slot n". 32 bytes.
 */
struct noxs_device {
	uint16_t type;          /* enum noxs_type */
	uint16_t id;            /* the how-manieth of its type, from 0 */
	uint16_t backend;       /* domain id of the back-end, 0 here */
	uint16_t reserved;      /* 0 */
	uint32_t event_channel; /* the guest's own port */
	uint32_t control_gref;  /* grant reference of the control page; for NOXS_CONSOLE that of the ring page */
	uint64_t control_pfn;   /* the same page, as the guest's pseudo-physical frame number */
	uint64_t reserved2;     /* 0 */
};

/* The device page. 64 + 64 * 32 bytes, the rest of the page is zero. */
struct noxs_device_page {
	uint32_t magic;        /* NOXS_MAGIC */
	uint16_t version;      /* NOXS_VERSION: a guest that does not know it must not use the page */
	uint16_t device_count; /* entries in devices[], used or free; at most NOXS_MAX_DEVICES */
	uint32_t generation;   /* raised by 2 with each change; odd while dom0 is writing: read again */
	uint32_t announced;    /* net and block devices that dom0 adds at the start: a guest waits for so many before
				  it runs its application (for NOXS_ANNOUNCED_MS at most). Written once, by the builder */
	uint8_t uuid[16];      /* the guest's identity, as in its Xen domain handle */
	uint8_t entropy[32];   /* random, for this guest alone; new with each life, restore and clone: then reseed */
	struct noxs_device devices[NOXS_MAX_DEVICES];
	char name[NOXS_NAME_SIZE]; /* the guest's name, NUL-terminated: its host name */
};

/* States of a driver, as the public Xen I/O protocols number them (xen/io/xenbus.h). */
enum noxs_state {
	NOXS_UNKNOWN = 0,
	NOXS_INITIALISING = 1,
	NOXS_INIT_WAIT = 2,
	NOXS_INITIALISED = 3,
	NOXS_CONNECTED = 4,
	NOXS_CLOSING = 5,
	NOXS_CLOSED = 6,
};

/* Every control page begins so. 16 bytes. */
struct noxs_control {
	uint16_t type;           /* enum noxs_type; dom0's, before the guest first runs */
	uint16_t id;             /* as in the device page; dom0's */
	uint32_t backend_state;  /* enum noxs_state; dom0's */
	uint32_t frontend_state; /* enum noxs_state; the guest's */
	uint32_t reserved;       /* 0 */
};

/* Why a guest is to end, or has ended. The values are those of SHUTDOWN_* in xen/sched.h. */
enum noxs_reason {
	NOXS_POWEROFF = 0,
	NOXS_REBOOT = 1,
	NOXS_SUSPEND = 2,
	NOXS_CRASH = 3,
};

/*
 * sysctl: dom0 asks the guest to end or to suspend; the guest acknowledges, and says so when it ends by itself.
 *
 * dom0: writes reason, then raises request (release), then notifies.
 * guest: on an event, if request != acknowledged: copies reason, sets acknowledged = request, notifies, acts.
 * guest, before SCHEDOP_shutdown for whatever cause: writes end_reason, then ended = 1 (release), notifies.
 */
struct noxs_sysctl {
	struct noxs_control control;
	uint32_t reason;       /* enum noxs_reason; dom0's */
	uint32_t request;      /* serial number of the last request, 0 is none; dom0's */
	uint32_t acknowledged; /* the last request taken; the guest's */
	uint32_t end_reason;   /* enum noxs_reason; the guest's */
	uint32_t ended;        /* 0 or 1; the guest's */
	uint32_t features;     /* NOXS_SYSCTL_*: which requests it obeys; the guest's, before frontend_state Connected */
	uint16_t columns, rows; /* of the window at the console's other end; 0: not known. dom0's; a change is notified */
	/*
	 * The guest's port for all that is no console: device page, control pages. 0: the one that it was made with. The
	 * guest's, before frontend_state is set for the first time; told by an event of the one that it was made with.
	 */
	uint32_t event_channel;
};

#define NOXS_SYSCTL_POWEROFF (1U << NOXS_POWEROFF)
#define NOXS_SYSCTL_REBOOT (1U << NOXS_REBOOT)
#define NOXS_SYSCTL_SUSPEND (1U << NOXS_SUSPEND)

/*
 * net and block. The rings and their requests are those of xen/io/netif.h and xen/io/blkif.h (x86_64 ABI); only the
 * hand-shake is ours:
 *
 *   dom0   fills its fields, backend_state = InitWait, then enters the device into the device page, notifies
 *   guest  fills its fields, frontend_state = Initialised, notifies
 *   dom0   maps the rings, backend_state = Connected, notifies
 *   guest  frontend_state = Connected
 *
 *   dom0   wants to remove it: backend_state = Closing, notifies. (A guest that closes by itself begins below.)
 *   guest  sends no more requests, frontend_state = Closing, notifies
 *   dom0   answers what it has, unmaps the rings, backend_state = Closed, notifies
 *   guest  takes back its grants, frontend_state = Closed, notifies
 *   dom0   removing: frees the entry and zeroes the control page. Otherwise backend_state = InitWait: it may reconnect
 *
 * A back-end that was killed and came back finds both states Connected and goes on: same rings, same indices.
 * A device whose guest broke the protocol is Closed by dom0 at once; the guest may reconnect.
 */
enum noxs_net_features {
	NOXS_NET_CHECKSUM_IPV4 = 1 << 0, /* takes packets whose TCP/UDP checksum is yet to be computed */
	NOXS_NET_CHECKSUM_IPV6 = 1 << 1,
	NOXS_NET_SG = 1 << 2,            /* takes packets in several slots */
	NOXS_NET_GSO_TCPV4 = 1 << 3,     /* takes TCP segments larger than the MTU, with XEN_NETIF_EXTRA_TYPE_GSO */
	NOXS_NET_GSO_TCPV6 = 1 << 4,
};

struct noxs_net {
	struct noxs_control control;
	/* dom0's */
	uint32_t backend_features; /* enum noxs_net_features */
	uint16_t mtu;              /* bytes, of what is in an Ethernet frame */
	uint8_t mac[6];
	uint8_t ipv4[4];           /* its address, or zeros: none is given, ask DHCP. Network byte order, all of these */
	uint8_t ipv4_gateway[4];   /* or zeros */
	uint8_t ipv4_dns[4];       /* or zeros */
	uint8_t ipv4_prefix;       /* bits */
	uint8_t ipv6_prefix;
	uint16_t reserved;         /* 0 */
	uint8_t ipv6[16];          /* or zeros */
	uint8_t ipv6_gateway[16];  /* or zeros */
	/* the guest's, before Initialised */
	uint32_t frontend_features; /* enum noxs_net_features */
	uint32_t tx_gref;           /* the page of its transmit ring, one page */
	uint32_t rx_gref;
	uint32_t event_channel;     /* the guest's port for both rings; 0: the one that it was made with */
};

enum noxs_block_features {
	NOXS_BLOCK_FLUSH = 1 << 0,      /* BLKIF_OP_FLUSH_DISKCACHE */
	NOXS_BLOCK_PERSISTENT = 1 << 1, /* the same grants are used over and over: they may stay mapped */
	NOXS_BLOCK_DISCARD = 1 << 2,    /* BLKIF_OP_DISCARD */
};

#define NOXS_BLOCK_RINGS 16 /* pages of a ring at most; a power of two of them is used */

struct noxs_block {
	struct noxs_control control;
	/* dom0's */
	uint64_t sectors;           /* of 512 bytes, whatever sector_size is */
	uint32_t sector_size;       /* bytes: 512 or 4096; requests are multiples of it */
	uint32_t info;              /* VDISK_* of xen/io/blkif.h: VDISK_READONLY */
	uint32_t backend_features;  /* enum noxs_block_features */
	uint32_t max_indirect;      /* segments of an indirect request; 0: it takes none */
	uint32_t max_rings;         /* pages of the ring */
	uint32_t number;            /* Linux's, where it is to have a certain one; 0: by id */
	/* the guest's, before Initialised */
	uint32_t frontend_features; /* enum noxs_block_features */
	uint32_t ring_count;        /* 1, 2, 4, 8 or 16 */
	uint32_t ring_gref[NOXS_BLOCK_RINGS];
	uint32_t event_channel;     /* the guest's port for the ring; 0: the one that it was made with */
	uint32_t reserved;          /* 0 */
};

_Static_assert(sizeof(struct noxs_device) == 32, "ABI");
_Static_assert(sizeof(struct noxs_device_page) == 64 + 32 * NOXS_MAX_DEVICES + NOXS_NAME_SIZE, "ABI");
_Static_assert(sizeof(struct noxs_device_page) <= NOXS_PAGE_SIZE, "ABI");
_Static_assert(sizeof(struct noxs_control) == 16, "ABI");
_Static_assert(sizeof(struct noxs_sysctl) == 48, "ABI");
_Static_assert(sizeof(struct noxs_net) == 92, "ABI");
_Static_assert(sizeof(struct noxs_block) == 128, "ABI");

#endif

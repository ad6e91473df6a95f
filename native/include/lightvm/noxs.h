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
 *
 * Byte order is little endian. All structures are fixed, without implicit padding; sizes are asserted below and
 * in a C# test. See docs/noxs.md for who writes what and when.
 */
#ifndef LIGHTVM_NOXS_H
#define LIGHTVM_NOXS_H

#include <stdint.h>

#define NOXS_MAGIC 0x5358306eU /* bytes 'n' '0' 'X' 'S'; a XenStore ring never starts so: req[0..3] is a type below 32 */
#define NOXS_VERSION 1
#define NOXS_MAX_DEVICES 64
#define NOXS_PAGE_SIZE 4096

/* Grant references that the builder seeds, before the guest first runs. */
#define NOXS_GREF_CONSOLE 0  /* the console ring page, as every Xen toolstack has it */
#define NOXS_GREF_DEVICES 1  /* the device page, where others grant the XenStore page */
#define NOXS_GREF_CONTROL 8  /* the first control page; Linux keeps 0 to 7 for itself */
#define NOXS_MAX_CONTROL 16  /* control pages a builder may reserve, spares for hot-add included */

enum noxs_type {
	NOXS_NONE = 0,
	NOXS_SYSCTL = 1,
	NOXS_CONSOLE = 2,
	NOXS_NET = 3,
	NOXS_BLOCK = 4,
};

/* One device. An entry with type NOXS_NONE is free. 32 bytes. */
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
	uint32_t features;     /* 0 */
	uint8_t uuid[16];      /* the guest's identity, as in its Xen domain handle */
	uint8_t reserved[32];  /* 0 */
	struct noxs_device devices[NOXS_MAX_DEVICES];
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

/* Why a guest is to end, or has ended. The values are Xen's SHUTDOWN_* (xen/sched.h) plus one. */
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
};

#define NOXS_SYSCTL_POWEROFF (1U << NOXS_POWEROFF)
#define NOXS_SYSCTL_REBOOT (1U << NOXS_REBOOT)
#define NOXS_SYSCTL_SUSPEND (1U << NOXS_SUSPEND)

_Static_assert(sizeof(struct noxs_device) == 32, "ABI");
_Static_assert(sizeof(struct noxs_device_page) == 64 + 32 * NOXS_MAX_DEVICES, "ABI");
_Static_assert(sizeof(struct noxs_device_page) <= NOXS_PAGE_SIZE, "ABI");
_Static_assert(sizeof(struct noxs_control) == 16, "ABI");
_Static_assert(sizeof(struct noxs_sysctl) == 40, "ABI");

#endif

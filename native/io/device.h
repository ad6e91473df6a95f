/* SPDX-License-Identifier: MIT */
/*
 * A device of a guest, seen from its back-end. Two things vary and are kept apart: the bus, by which the two drivers
 * find each other and shake hands (control pages of noxs, or a private XenStore), and the class (net, block), which
 * has the rings. device.c has the states, for all of them; lightvm/noxs.h says how they follow each other.
 */
#ifndef LIGHTVM_IO_DEVICE_H
#define LIGHTVM_IO_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "lightvm/io.h"
#include "lightvm/noxs.h"
#include "loop.h"
#include "xen.h"

#define DEVICE_MAX 32 /* of one guest */

struct guest;
struct device;

/* What a front-end says of itself: copied from the guest once, and not yet believed. */
struct net_front_end {
	uint32_t features; /* enum noxs_net_features */
	uint32_t tx_gref;
	uint32_t rx_gref;
	uint32_t tx_port; /* the guest's; 0: the guest's one channel. The same as rx_port: they share it */
	uint32_t rx_port;
};

struct block_front_end {
	uint32_t features; /* enum noxs_block_features */
	uint32_t ring_count;
	uint32_t ring_gref[NOXS_BLOCK_RINGS];
	uint32_t port; /* the guest's; 0: the guest's one channel */
};

union front_end {
	struct net_front_end net;
	struct block_front_end block;
};

/* net or block. `device` is embedded in a structure of the class's own. */
struct device_class {
	uint16_t type; /* enum noxs_type */
	/*
	 * Maps the rings and binds the ports (device_bind). 0; or an errno, with *why a sentence's part for the
	 * fault report ("the transmit ring cannot be mapped") and nothing left mapped or bound.
	 */
	int (*connect)(struct device *device, const union front_end *front_end, const char **why);
	/*
	 * Unmaps, unbinds; only called while connected. What is under way goes on, and its results are dropped: but for
	 * faults, removals by force and device->dropping this is called when the class is not busy.
	 */
	void (*disconnect)(struct device *device);
	/*
	 * Or NULL. Whether requests are under way that the guest's memory is needed for. Who was told so and has set
	 * device->draining gets a device_look when it is over.
	 */
	bool (*busy)(const struct device *device);
	/*
	 * Takes what is in the rings, as if an event had come; only called while connected. It may call
	 * device_fault, and then touches the rings no more.
	 */
	void (*serve)(struct device *device);
	/*
	 * Writes dom0's fields of a zeroed control page, all but the states. With a private XenStore the page is a
	 * scratch, and nodes are made of it.
	 */
	void (*fill)(const struct device *device, void *page);
	/* noxs: copies the guest's fields. */
	void (*read)(const volatile void *page, union front_end *front_end);
	void (*count)(const struct device *device, struct io_counted *counted);
	/* Closes and frees all of it, the device too, now or when what is under way is over. It is not connected. */
	void (*release)(struct device *device);
};

/* Devices that a guest is to have: bit n of a word, the one with id n. */
struct device_kept {
	uint32_t adapters;
	uint32_t disks;
};

struct device_bus {
	/*
	 * Offers the device to the guest, or takes it up as the last process left it, and sets device->state. 0 or an
	 * errno, with nothing left behind.
	 */
	int (*offer)(struct device *device);
	/* What the guest's driver says of its state. */
	uint32_t (*frontend_state)(struct device *device);
	/* Copies what it says of its rings. 0, or an errno: it says too little, or nonsense. */
	int (*read)(struct device *device, union front_end *front_end);
	/* Shows device->state to the guest, and notifies it. */
	void (*publish)(struct device *device);
	/* Takes the device away: the guest does not find it any more. */
	void (*withdraw)(struct device *device);
	/* This process has no more to do with it; the guest sees nothing of that. After withdraw as well. */
	void (*release)(struct device *device);
	/*
	 * Takes away what an earlier process offered and device_is_kept does not name. 0 or an errno: something of it is
	 * there still.
	 */
	int (*sweep)(struct guest *guest, const struct device_kept *kept);
};

struct device {
	const struct device_class *class;
	const struct device_bus *bus;
	struct guest *guest;
	uint16_t id;
	uint16_t slot;      /* noxs: its control page */
	uint32_t number;    /* xenbus: of a disk, as the guest knows it (IO_BLOCK's); 0: xvda and so on, by id */
	uint32_t state;     /* enum noxs_state: ours */
	uint32_t flags;     /* enum io_device_flags that are told */
	bool connected;     /* class->connect has succeeded, class->disconnect not been called */
	bool draining;      /* waits for the class not to be busy any more */
	bool dropping;      /* this process gives it up, the guest goes on: the next one takes it up as it is */
	bool pending;       /* its state is to be told to lightvmd */
	struct device *next; /* of the guest */

	/* An IO_DEVICE_REMOVE under way. */
	uint32_t remove_serial; /* 0: none */
	struct timer limit;

	/* bus_noxs.c's */
	struct xen_mapping control;
	/* bus_xenbus.c's */
	void *nodes;
};

/*
 * Enters a device (class, id and slot set, the rest zero) into its guest and offers it. On failure it stays the
 * caller's, with *step saying what failed. EEXIST: there is one.
 */
int device_add(struct guest *guest, struct device *device, const char **step);

struct device *device_find(const struct guest *guest, uint16_t type, uint16_t id);

/* The guest may have changed its state, or its rings: acts on both. */
void device_look(struct device *device);

/*
 * Asks the guest to let go, then removes and frees the device; the answer to `serial` is sent then, or ETIMEDOUT after
 * NOXS_STEP_MS. `force`: at once. EALREADY: it is being removed.
 */
int device_remove(struct device *device, uint32_t serial, bool force);

/*
 * The guest is to have these devices: takes away those which an earlier process offered beside them, and may have died
 * before anybody was told. Those that this process holds stay. 0 or an errno.
 */
int device_keep(struct guest *guest, uint32_t adapters, uint32_t disks);
/* For buses: whether a device is to stay, because it is named or this process holds it. */
bool device_is_kept(const struct guest *guest, const struct device_kept *kept, uint16_t type, uint16_t id);

/* The guest is being detached: forgets the device, of which the guest sees nothing. Frees it. */
void device_drop(struct device *device);

/*
 * The guest broke the protocol of this device: disconnects it, shows it as Closed, and tells lightvmd. `text` says
 * what it did: "net 0: 300 requests in a ring of 256".
 */
void device_fault(struct device *device, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* Its flags changed: tells lightvmd. */
void device_tell(struct device *device);

/* Binds one of the guest's ports to the guest, so that its events make device_look be called; *port is ours. */
int device_bind(struct device *device, uint32_t remote_port, uint32_t *port);
void device_unbind(struct device *device, uint32_t port);

/* The bus of guests with a device page. */
extern const struct device_bus bus_noxs;
/* The last process may have died while it wrote the page: readers would wait for ever for the end of that. */
void bus_noxs_resume(struct guest *guest);

#endif

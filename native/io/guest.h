/* SPDX-License-Identifier: MIT */
/* One attached guest: its pages, its ports, its log, its devices, and what there is to tell about it. */
#ifndef LIGHTVM_IO_GUEST_H
#define LIGHTVM_IO_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
#include "device.h"
#include "log_file.h"
#include "sysctl.h"
#include "xen.h"

/* What can be told of a guest, in the order of telling. */
enum guest_sign {
	GUEST_FIRST = 1 << 0,
	GUEST_CONSOLE = 1 << 1, /* never stands */
	GUEST_ACKNOWLEDGED = 1 << 2,
	GUEST_FAULT = 1 << 3,
	GUEST_ENDED = 1 << 4,
	GUEST_DEVICE = 1 << 5, /* some device's state is to be told; stands while there are devices */
};
#define GUEST_SIGNS 6

struct server;
struct store;

struct guest {
	struct server *server;
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t port;        /* ours */
	uint32_t remote_port; /* the guest's, of its console or of everything */
	uint32_t store_port;  /* ours, of its store, if it has one */
	uint32_t device_port; /* ours, of its device page and control pages: one that it told (told_port), or port */
	uint32_t told_port;   /* 0: none */
	struct xen_mapping pages;
	struct log_file log;
	struct console console;
	struct sysctl sysctl;                /* its page is NULL for a stock guest */
	struct noxs_device_page *device_page; /* guest memory: hostile. NULL for a stock guest */
	struct store *store;                 /* the private XenStore of a stock guest, or NULL */
	const struct device_bus *bus;
	struct device *devices;
	bool console_broken;  /* have no more to do with its ring */
	bool console_stalled; /* its log has no room in the file system */
	uint32_t end_reason;
	bool came_silent;      /* at the attach its driver had not said that it lives, whatever its log has: a restored guest */
	bool suspend_is_over;  /* it was asked for before this attach, and taken: that is told no more */
	char fault[sizeof(((struct io_fault *)0)->text)];
	uint32_t faults;        /* all of them */
	uint64_t fault_told_ns; /* CLOCK_MONOTONIC, of the last that was told */

	uint32_t standing; /* enum guest_sign: what is so */
	uint32_t pending;  /* what of that the present connection has yet to be told */
	bool follow;       /* whether that connection wants GUEST_CONSOLE */

	/* table.c's */
	struct guest *hash_next;
	struct guest *previous;
	struct guest *next;
	/* link.c's: guests with something pending */
	bool queued;
	struct guest *queue_previous;
	struct guest *queue_next;
};

/*
 * Maps, checks and binds all that the request names, and enters the guest into the tables. The descriptors (log,
 * store file) stay the caller's. Returns 0, or an errno with
 * *step saying what failed and nothing left behind. Serve it then, and notify it: events before were lost.
 */
int guest_attach(struct server *server, const struct io_attach *request, const int *descriptors,
                 struct guest **guest, const char **step);
/* Its devices go first, unseen by the guest. */
void guest_detach(struct guest *guest);

/* GUEST_FIRST, if the guest has just been found alive; otherwise 0. Cheap: it is on the way that is measured.
 */
uint32_t guest_wake(struct guest *guest);

/* Looks at every device of the guest. Returns the signs that are new, GUEST_FIRST among them. */
uint32_t guest_serve(struct guest *guest);

/* Asks it to end or to suspend: 0 or an errno. */
int guest_ask(struct guest *guest, uint32_t reason);

/* Puts bytes into its console's input ring: all (0), or none (EAGAIN, or EPIPE: its console is broken). */
int guest_input(struct guest *guest, const uint8_t *bytes, uint32_t size);

/* Tells it the size of the window at its console's other end: 0, or EOPNOTSUPP for a stock guest. */
int guest_window(struct guest *guest, uint16_t columns, uint16_t rows);

/*
 * The guest broke a protocol, and has been disconnected from what `text` begins with ("console: ..."): the log and
 * lightvmd are told. A guest can do so as often as it likes, so of many faults only some are told.
 */
void guest_fault(struct guest *guest, const char *text);

#endif

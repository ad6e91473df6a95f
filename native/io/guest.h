/* SPDX-License-Identifier: MIT */
/* One attached guest: its pages, its port, its log, and what there is to tell about it. */
#ifndef LIGHTVM_IO_GUEST_H
#define LIGHTVM_IO_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
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
};
#define GUEST_SIGNS 5

struct guest {
	uint8_t uuid[16];
	uint32_t domid;
	uint32_t port; /* ours */
	struct xen_mapping pages;
	struct log_file log;
	struct console console;
	struct sysctl sysctl;
	bool console_broken;  /* have no more to do with its ring */
	bool console_stalled; /* its log has no room in the file system */
	uint32_t end_reason;
	char fault[sizeof(((struct io_fault *)0)->text)];

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
 * Maps, checks and binds all that the request names; `log` stays the caller's. Returns 0, or an errno with
 * *step saying what failed and nothing left behind. Serve it then, and notify it: events before were lost.
 */
int guest_attach(struct xen *xen, const struct io_attach *request, int log, struct guest **guest,
                 const char **step);
void guest_detach(struct xen *xen, struct guest *guest);

/* GUEST_FIRST, if the guest has just been found alive; otherwise 0. Cheap: it is on the way that is measured.
 */
uint32_t guest_wake(struct guest *guest);

/* Looks at every device of the guest. Returns the signs that are new, GUEST_FIRST among them. */
uint32_t guest_serve(struct xen *xen, struct guest *guest, uint64_t now_ns);

/* Asks it to end or to suspend: 0 or an errno. */
int guest_ask(struct xen *xen, struct guest *guest, uint32_t reason);

#endif

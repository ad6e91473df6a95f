/* SPDX-License-Identifier: MIT */
/*
 * What the fake gntdev and evtchn descriptors are, so that the whole program runs without Xen (fake_xen.c).
 *
 * gntdev: a memory file; grant r of domain d is its page d * FAKE_GRANTS + r.
 * evtchn: one end of a SOCK_SEQPACKET pair, four bytes a packet. To lightvm-io: a port that has an event.
 * From it: a port, with what it did there. Our port and the guest's have the same number, so each must be
 * used only once.
 */
#ifndef LIGHTVM_TESTS_IO_FAKE_XEN_H
#define LIGHTVM_TESTS_IO_FAKE_XEN_H

#include <stdint.h>

#define FAKE_GRANTS 1024U

enum fake_act {
	FAKE_NOTIFY = 1U << 24,
	FAKE_BIND = 2U << 24,
	FAKE_UNBIND = 3U << 24,
};
/* In the process that fake_xen.c is a part of: called before each piece of a grant copy, if it is set. */
struct xen_copy;
extern void (*fake_before_copy)(const struct xen_copy *copy);

#define FAKE_PORT(message) ((message)&0xffffffU)
#define FAKE_ACT(message)  ((message) & ~0xffffffU)

#endif

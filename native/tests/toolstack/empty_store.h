/* SPDX-License-Identifier: MIT */
/* The least of a XenStore for one guest: it is empty, it takes everything and keeps nothing. */
#ifndef TOOLSTACK_EMPTY_STORE_H
#define TOOLSTACK_EMPTY_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

/* Answers what the guest has asked until now. True: something was answered, so tell the guest. */
bool empty_store_serve(struct xenstore_domain_interface *ring);

#endif

/* SPDX-License-Identifier: MIT */
/* What lightvmd's packets say. Pure: no system call, no state. */
#ifndef LIGHTVM_IO_PROTOCOL_H
#define LIGHTVM_IO_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lightvm/io.h"

/* One packet, taken apart. Which member holds is told by header.type. */
union io_request {
	struct io_header header;
	struct io_hello hello;
	struct io_attach attach;
	struct io_guest guest;
	struct io_shutdown shutdown;
	struct io_follow follow;
	struct io_network network;
	struct io_net net;
	struct io_block block;
	struct io_device device;
	struct io_input input;
	struct io_window window;
	struct io_devices devices;
};

/*
 * Copies a packet into *request if it is one that lightvmd may send: known type and version, the right size,
 * a serial, the right number of descriptors with it. Otherwise the sender is not to be talked to any longer.
 */
bool protocol_parse(const void *packet, size_t size, size_t descriptor_count, union io_request *request);

/* Whether the fields have values that io.h knows: 0, or EINVAL. */
int protocol_check(const union io_request *request);

#endif

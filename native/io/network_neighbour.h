/* SPDX-License-Identifier: MIT */
/* Address resolution, of IPv4 (ARP) and IPv6 (neighbour discovery): the messages that we send ourselves. */
#ifndef LIGHTVM_IO_NETWORK_NEIGHBOUR_H
#define LIGHTVM_IO_NETWORK_NEIGHBOUR_H

#include "network_frame.h"

#define NEIGHBOUR_FRAME 128 /* bytes that hold any of them */

/* The address that a request (ARP, or a neighbour solicitation) asks for, or NULL: it is none. */
const uint8_t *neighbour_asked(const struct frame_info *info);

/* Whether somebody asks for an address to find out whether it is free, naming none of his own. */
bool neighbour_is_probe(const struct frame_info *info);

/* The answer to a request: that address is at this MAC. Returns its size. */
size_t neighbour_answer(const struct frame_info *request, const uint8_t mac[6],
                        uint8_t answer[NEIGHBOUR_FRAME]);

/* A request to somebody whose MAC is known. `source` may be zero (IPv4). Returns its size. */
size_t neighbour_ask_ipv4(const uint8_t source_mac[6], const uint8_t source[4], const uint8_t mac[6],
                          const uint8_t address[4], uint8_t frame[NEIGHBOUR_FRAME]);
size_t neighbour_ask_ipv6(const uint8_t source_mac[6], const uint8_t mac[6], const uint8_t address[16],
                          uint8_t frame[NEIGHBOUR_FRAME]);

/* Says by a broadcast where a MAC is, to bridges that know it elsewhere or not at all: a reverse request, which needs
 * no address, and which nobody answers. Returns its size. */
size_t neighbour_announce(const uint8_t mac[6], uint8_t frame[NEIGHBOUR_FRAME]);

#endif

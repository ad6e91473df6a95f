/* SPDX-License-Identifier: MIT */
/* What lwIP asks us in between; net.c answers. */
#ifndef LWIP_PORT_HOOKS_H
#define LWIP_PORT_HOOKS_H

#include "lwip/ip_addr.h"

struct netif;

/* The first sequence number of a connection: nobody else can guess it (RFC 6528). */
u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);
#define LWIP_HOOK_TCP_ISN net_tcp_isn

/* The router that an adapter was given; NULL: one that has announced itself. */
const ip6_addr_t *net_ip6_gateway(struct netif *netif, const ip6_addr_t *destination);
#define LWIP_HOOK_ND6_GET_GW net_ip6_gateway

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How lwIP is built. One thread of control at a time and nothing that preempts, so neither its threads nor
 * its locks; our own sockets stand on its raw interface. All memory is the guest's heap.
 */
#ifndef LWIP_LWIPOPTS_H
#define LWIP_LWIPOPTS_H

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_RAW             0
#define LWIP_TIMERS          0 /* net_timers.c calls them, so that an idle guest is not woken */
#define LWIP_STATS           0
#define SO_REUSE             1
#define LWIP_NOASSERT        1

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT   8

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ICMP 1
#define LWIP_UDP  1
#define LWIP_TCP  1
#define LWIP_DHCP 1
#define LWIP_DNS  1
#define LWIP_IGMP 0

#define LWIP_NETIF_HOSTNAME          1
#define LWIP_NETIF_LOOPBACK          1
#define LWIP_HAVE_LOOPIF             1
#define LWIP_LOOPBACK_MAX_PBUFS      64
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_NETIF_TX_SINGLE_PBUF    1
#define ETH_PAD_SIZE                 0

#define ARP_TABLE_SIZE            32
#define ARP_QUEUEING              1
#define LWIP_DHCP_BOOTP_FILE      0
#define DHCP_DOES_ARP_CHECK       0
#define LWIP_DHCP_MAX_DNS_SERVERS 2
#define DNS_MAX_SERVERS           2
#define DNS_TABLE_SIZE            8
#define DNS_MAX_NAME_LENGTH       128

#define LWIP_IPV6_NUM_ADDRESSES       3
#define LWIP_IPV6_MLD                 0
#define LWIP_IPV6_AUTOCONFIG          1
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0 /* addresses are the host's to give */
#define LWIP_IPV6_FRAG_COPYHEADER     1
#define LWIP_ND6_NUM_NEIGHBORS        32
#define LWIP_ND6_NUM_DESTINATIONS     32
#define LWIP_ND6_NUM_PREFIXES         4
#define LWIP_ND6_NUM_ROUTERS          2

/* A window that fits a packet whose length is a 16-bit number, headers included. */
#define TCP_MSS             1460
#define TCP_WND             (43 * TCP_MSS)
#define TCP_SND_BUF         (44 * TCP_MSS)
#define TCP_SND_QUEUELEN    (4 * 44)
#define TCP_LISTEN_BACKLOG  1
#define TCP_MSL             15000U
#define TCP_OOSEQ_MAX_BYTES TCP_WND

#define LWIP_HOOK_FILENAME "hooks.h"

#endif

/* SPDX-License-Identifier: MIT */
/* What lwIP asks of its surroundings. */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <lightvm/guest.h>
#include <lightvm/random.h>

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H   1
#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_CTYPE_H    1
#define SSIZE_MAX          INT64_MAX
typedef long ssize_t;

/* The names without lwip_ are our sockets'. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define lwip_htons(value) __builtin_bswap16(value)
#define lwip_htonl(value) __builtin_bswap32(value)

#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

#define LWIP_PLATFORM_DIAG(arguments) printf arguments
#define LWIP_PLATFORM_ASSERT(text)    panic("lwIP: %s", text)
#define LWIP_RAND()                   guest_random32()

/* net_checksum.c */
uint16_t net_checksum(const void *bytes, int length);
#define LWIP_CHKSUM net_checksum

#endif

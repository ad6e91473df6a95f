/* SPDX-License-Identifier: MIT */
/* lwIP as a part of the runtime: its start, its turn whenever somebody waits, and what it asks of us. */
#include <lightvm/random.h>
#include "hooks.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "net.h"
#include "runtime.h"

#define MILLISECOND 1000000UL
#define ISN_TICK    4000UL /* nanoseconds: RFC 6528's */

/* Whoever uses the network has the drivers of both kinds. */
extern const struct noxs_driver netfront_driver;
extern const struct xenstore_driver netfront_xenstore_driver;
const void *const net_drivers[] = {&netfront_driver, &netfront_xenstore_driver};

static unsigned int depth;
static uint32_t isn_secret[8];

void net_begin(void)
{
	depth++;
}

void net_end(void)
{
	if (--depth == 0)
		netfront_flush();
}

static uint64_t turn(uint64_t now)
{
	uint64_t next;

	net_begin();
	netif_poll_all();
	next = net_timers_run(now);
	net_end();
	return next;
}

/* What strangers must not guess is not to be the same in two clones; nor is an address. */
static void on_resume(enum guest_resumed how)
{
	if (how != GUEST_CLONED)
		return;
	guest_random(isn_secret, sizeof(isn_secret));
	net_begin();
	netfront_forget();
	net_end();
}

void net_start(void)
{
	if (idle_hook == turn)
		return;
	resume_network = on_resume;
	guest_random(isn_secret, sizeof(isn_secret));
	lwip_init();
	idle_hook = turn;
}

u32_t sys_now(void)
{
	return (u32_t)(clock_monotonic() / MILLISECOND);
}

u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
	uint32_t start[16], block[16] = {0}, words[8] = {0};

	/* A keyed function of the four: ChaCha20 of the addresses with the secret, and again with the ports.
	 */
	memcpy(start, isn_secret, sizeof(isn_secret));
	memcpy(words, ip_2_ip6(local), IP_IS_V6(local) ? 16 : 4);
	memcpy(words + 4, ip_2_ip6(remote), IP_IS_V6(remote) ? 16 : 4);
	memcpy(start + 8, words, sizeof(words));
	chacha20_block(start, block);
	memcpy(start, isn_secret, sizeof(isn_secret));
	memcpy(start + 8, block, 28);
	start[15] = (uint32_t)local_port << 16 | remote_port;
	chacha20_block(start, block);
	return block[0] + (uint32_t)(clock_monotonic() / ISN_TICK);
}

const ip6_addr_t *net_ip6_gateway(struct netif *netif, const ip6_addr_t *destination)
{
	(void)destination;
	return netfront_gateway(netif);
}

/* SPDX-License-Identifier: MIT */
/*
 * lwIP's timers, which it wants called every second and oftener, for ever. A guest that nobody talks to is
 * not to be woken for that: thousands of them share a processor. So a timer is punctual only while it
 * matters, and otherwise catches up when the guest wakes for another reason.
 */
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/nd6.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "net.h"
#include "runtime.h"

#define MILLISECOND 1000000UL
#define ACTIVE      (6000 * MILLISECOND) /* after a question: until lwIP gives up asking */
#define LONG_AGO    3600                 /* seconds: what routers have said has ended by then */
#define SHORT_AGO   60                   /* what neighbours have said */

static uint64_t active_until;

static bool is_active(uint64_t now)
{
	return now < active_until;
}

static bool asks_neighbours(uint64_t now)
{
	struct netif *netif;

	if (is_active(now))
		return true;
	NETIF_FOREACH(netif)
	{
		if (netif->rs_count > 0 && netif_is_link_up(netif) && netif->name[0] != 'l')
			return true;
	}
	return false;
}

/* A guest that has slept for an hour is not to age what it never had for 3,600 seconds, one by one. */
static unsigned int neighbours_age(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif)
	{
		if (netif->ip6_autoconfig_enabled)
			return LONG_AGO;
	}
	return SHORT_AGO;
}

static bool any_connection(uint64_t now)
{
	(void)now;
	/* Those in TIME-WAIT only want to be forgotten, whenever that is. */
	return tcp_active_pcbs != NULL;
}

static bool asks_dhcp(uint64_t now)
{
	struct netif *netif;
	struct dhcp *dhcp;

	(void)now;
	NETIF_FOREACH(netif)
	{
		dhcp = netif_dhcp_data(netif);
		if (dhcp != NULL && dhcp->state != DHCP_STATE_OFF && dhcp->state != DHCP_STATE_BOUND)
			return true;
	}
	return false;
}

static bool has_dhcp(uint64_t now)
{
	struct netif *netif;

	(void)now;
	NETIF_FOREACH(netif)
	{
		if (netif_dhcp_data(netif) != NULL)
			return true;
	}
	return false;
}

static struct timer {
	void (*run)(void);
	bool (*matters)(uint64_t now);
	uint64_t period;
	unsigned int most; /* calls to catch up, at most: after so many nothing is left to age */
	uint64_t next;
} timers[] = {
    {tcp_tmr, any_connection, TCP_TMR_INTERVAL *MILLISECOND, 240, 0},
    {etharp_tmr, is_active, ARP_TMR_INTERVAL *MILLISECOND, 310, 0},
    {ip_reass_tmr, is_active, IP_TMR_INTERVAL *MILLISECOND, 60, 0},
    {ip6_reass_tmr, is_active, IP6_REASS_TMR_INTERVAL *MILLISECOND, 120, 0},
    {nd6_tmr, asks_neighbours, ND6_TMR_INTERVAL *MILLISECOND, LONG_AGO, 0},
    {dns_tmr, is_active, DNS_TMR_INTERVAL *MILLISECOND, 60, 0},
    {dhcp_fine_tmr, asks_dhcp, DHCP_FINE_TIMER_MSECS *MILLISECOND, 1, 0},
    {dhcp_coarse_tmr, has_dhcp, DHCP_COARSE_TIMER_MSECS *MILLISECOND, 10, 0},
};

/* lwIP calls it with a new connection; timers are looked at whenever something waits, so no matter. */
void tcp_timer_needed(void)
{
}

void net_timers_active(void)
{
	active_until = clock_monotonic() + ACTIVE;
}

uint64_t net_timers_run(uint64_t now)
{
	uint64_t next = FOREVER, missed, most;

	for (unsigned int i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		struct timer *timer = &timers[i];

		if (timer->next == 0)
			timer->next = now + timer->period;
		if (now >= timer->next) {
			most = timer->run == nd6_tmr ? neighbours_age() : timer->most;
			missed = (now - timer->next) / timer->period + 1;
			timer->next += missed * timer->period;
			for (missed = missed < most ? missed : most; missed > 0; missed--)
				timer->run();
		}
		if (timer->next < next && timer->matters(now))
			next = timer->next;
	}
	return next;
}

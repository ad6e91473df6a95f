/* SPDX-License-Identifier: MIT */
/* The net front-end: an adapter as lwIP knows it, its addresses, its coming and going. */
#include <lightvm/memory.h>
#include <lightvm/noxs.h>
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "net.h"
#include "netfront_ring.h"
#include "runtime.h"

#define NAME_SIZE NOXS_NAME_SIZE
#define FEATURES                                                                                             \
	(NOXS_NET_CHECKSUM_IPV4 | NOXS_NET_CHECKSUM_IPV6 | NOXS_NET_SG | NOXS_NET_GSO_TCPV4 |                \
	 NOXS_NET_GSO_TCPV6)
#define CHECKSUM_FEATURES (NOXS_NET_CHECKSUM_IPV4 | NOXS_NET_CHECKSUM_IPV6)

static struct netfront *adapters;

/* A clone's is another. */
static void set_host_name(struct netif *netif)
{
	static char host_name[NAME_SIZE];

	snprintf(host_name, NAME_SIZE, "%s", noxs_name()[0] != '\0' ? noxs_name() : guest_name);
	netif_set_hostname(netif, host_name);
}

static err_t init(struct netif *netif)
{
	struct netfront *net = netif->state;

	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->hwaddr_len = sizeof(net->config.mac);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = netfront_ring_send;
	return ERR_OK;
}

struct netfront *netfront_new(void)
{
	struct netfront *net = calloc(1, sizeof(*net));
	struct netfront **link = &adapters;

	if (net == NULL)
		return NULL;
	net_start();
	while (*link != NULL)
		link = &(*link)->next;
	*link = net;
	return net;
}

bool netfront_connect(struct netfront *net, const struct netfront_config *config,
                      struct netfront_rings *rings)
{
	net->config = *config;
	if (config->mtu == 0)
		net->config.mtu = 1500;
	if (net->config.mtu > MAX_MTU)
		net->config.mtu = MAX_MTU;
	if (!netfront_ring_open(net))
		return false;
	*rings = (struct netfront_rings){net->tx_ring_page.reference, net->rx_ring_page.reference, FEATURES};
	return true;
}

void netfront_flush(void)
{
	for (struct netfront *net = adapters; net != NULL; net = net->next)
		netfront_ring_flush(net);
}

static bool is_zero(const uint8_t *bytes, unsigned int count)
{
	while (count > 0 && bytes[count - 1] == 0)
		count--;
	return count == 0;
}

static uint32_t word(const uint8_t bytes[4])
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Before it is up, so that a clone does not tell its network of the addresses that were the source's. */
static void set_ipv4(struct netfront *net)
{
	const struct netfront_config *config = &net->config;
	ip4_addr_t address = {word(config->ipv4)}, gateway = {word(config->ipv4_gateway)}, mask;
	ip_addr_t dns = IPADDR4_INIT(word(config->ipv4_dns));

	if (address.addr == 0)
		return;
	mask.addr = lwip_htonl(
	    (uint32_t)(0xffffffff00000000UL >> (config->ipv4_prefix <= 32 ? config->ipv4_prefix : 32)));
	netif_set_addr(&net->netif, &address, &mask, &gateway);
	if (config->ipv4_dns[0] != 0)
		dns_setserver(0, &dns);
}

static void set_ipv6(struct netfront *net)
{
	const struct netfront_config *config = &net->config;
	ip6_addr_t address = {0};

	netif_create_ip6_linklocal_address(&net->netif, 1);
	memcpy(net->gateway6.addr, config->ipv6_gateway, sizeof(config->ipv6_gateway));
	ip6_addr_assign_zone(&net->gateway6, IP6_UNICAST, &net->netif);
	netif_set_ip6_autoconfig_enabled(&net->netif, is_zero(config->ipv6, sizeof(config->ipv6)));
	if (is_zero(config->ipv6, sizeof(config->ipv6)))
		return;
	net->netif.rs_count = 0; /* all that routers would be asked for is given */
	memcpy(address.addr, config->ipv6, sizeof(config->ipv6));
	netif_ip6_addr_set(&net->netif, 1, &address);
	netif_ip6_addr_set_state(&net->netif, 1, IP6_ADDR_PREFERRED);
}

void netfront_up(struct netfront *net)
{
	struct netif *netif = &net->netif;

	net_begin();
	if (!net->added && netif_add_noaddr(netif, net, init, netif_input) != NULL)
		net->added = true;
	set_host_name(netif);
	memcpy(netif->hwaddr, net->config.mac, sizeof(net->config.mac));
	netif->mtu = net->config.mtu;
	netif->mtu6 = net->config.mtu;
	NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL);
	if ((net->config.features & CHECKSUM_FEATURES) == CHECKSUM_FEATURES)
		NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP);
	net->up = true;
	netfront_ring_post(net);
	if (netif_default == NULL)
		netif_set_default(netif);
	set_ipv4(net);
	netif_set_link_up(netif);
	netif_set_up(netif);
	if (word(net->config.ipv4) == 0 && netif_dhcp_data(netif) == NULL)
		dhcp_start(netif);
	set_ipv6(net);
	net_end();
}

void netfront_down(struct netfront *net)
{
	if (!net->up)
		return;
	netfront_flush();
	net->up = false;
	netif_set_link_down(&net->netif);
	netfront_ring_drop(net);
}

void netfront_forget(void)
{
	for (struct netfront *net = adapters; net != NULL; net = net->next) {
		struct netif *netif = &net->netif;

		if (!net->added)
			continue;
		if (netif_dhcp_data(netif) != NULL) {
			dhcp_stop(netif); /* its word to the server gets nowhere, as there are no rings */
			dhcp_cleanup(netif);
		}
		for (s8_t i = 0; netif->ip6_autoconfig_enabled && i < LWIP_IPV6_NUM_ADDRESSES; i++)
			netif_ip6_addr_set_state(netif, i, IP6_ADDR_INVALID);
		netif_set_down(netif); /* with all neighbours and routers, and what waits for them */
	}
}

void netfront_disconnect(struct netfront *net)
{
	netfront_down(net);
	netfront_ring_close(net);
}

void netfront_delete(struct netfront *net)
{
	struct netfront **link = &adapters;

	netfront_down(net);
	if (net->added) {
		dhcp_stop(&net->netif);
		dhcp_cleanup(&net->netif);
		netif_remove(&net->netif);
	}
	while (*link != net)
		link = &(*link)->next;
	*link = net->next;
	if (net->added && netif_default == NULL && adapters != NULL && adapters->added)
		netif_set_default(&adapters->netif);
	free(net);
}

bool netfront_ready(const struct netfront *net)
{
	return net->up && !ip4_addr_isany(netif_ip4_addr(&net->netif));
}

const ip6_addr_t *netfront_gateway(const struct netif *netif)
{
	const struct netfront *net;

	for (net = adapters; net != NULL; net = net->next)
		if (&net->netif == netif && !ip6_addr_isany(&net->gateway6))
			return &net->gateway6;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/* Addresses: between sockaddr, text, names and lwIP. */
#include <lightvm/guest.h>
#include "lwip/dns.h"
#include "lwip/netif.h"
#include "net.h"
#include "socket.h"

const struct in6_addr in6addr_any;
const struct in6_addr in6addr_loopback = {.s6_addr = {[15] = 1}};

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool address_to_lwip(const struct socket *socket, const struct sockaddr *address, socklen_t size,
                     ip_addr_t *to, uint16_t *port)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	uint32_t word;

	memset(to, 0, sizeof(*to));
	if (address == NULL || size < sizeof(*four)) {
		errno = EINVAL;
		return false;
	}
	if (address->sa_family != socket->family) {
		errno = EAFNOSUPPORT;
		return false;
	}
	if (address->sa_family == AF_INET) {
		ip_addr_set_ip4_u32(to, four->sin_addr.s_addr);
		*port = ntohs(four->sin_port);
		return true;
	}
	if (size < sizeof(*six)) {
		errno = EINVAL;
		return false;
	}
	*port = ntohs(six->sin6_port);
	if (memcmp(six->sin6_addr.s6_addr, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		memcpy(&word, six->sin6_addr.s6_addr + 12, sizeof(word));
		ip_addr_set_ip4_u32(to, word);
		return true;
	}
	IP_SET_TYPE(to, IPADDR_TYPE_V6);
	memcpy(ip_2_ip6(to)->addr, &six->sin6_addr, sizeof(six->sin6_addr));
	ip6_addr_set_zone(ip_2_ip6(to), (uint8_t)six->sin6_scope_id);
	if (six->sin6_scope_id == 0 && netif_default != NULL)
		ip6_addr_assign_zone(ip_2_ip6(to), IP6_UNKNOWN, netif_default);
	if (ip6_addr_isany(ip_2_ip6(to)) && !socket->only_ipv6)
		IP_SET_TYPE(to, IPADDR_TYPE_ANY);
	return true;
}

void address_from_lwip(int family, const ip_addr_t *from, uint16_t port, struct sockaddr *address,
                       socklen_t *size)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const void *made = family == AF_INET ? (const void *)&four : (const void *)&six;
	socklen_t length = family == AF_INET ? sizeof(four) : sizeof(six);
	uint32_t word;

	if (address == NULL || size == NULL)
		return;
	if (IP_IS_V4_VAL(*from)) {
		word = ip4_addr_get_u32(ip_2_ip4(from));
		four.sin_addr.s_addr = word;
		memcpy(six.sin6_addr.s6_addr, mapped_prefix, sizeof(mapped_prefix));
		memcpy(six.sin6_addr.s6_addr + 12, &word, sizeof(word));
	} else {
		memcpy(&six.sin6_addr, ip_2_ip6(from)->addr, sizeof(six.sin6_addr));
		six.sin6_scope_id = ip6_addr_zone(ip_2_ip6(from));
	}
	memcpy(address, made, *size < length ? *size : length);
	*size = length;
}

int inet_pton(int family, const char *text, void *address)
{
	ip4_addr_t four;
	ip6_addr_t six;

	if (family == AF_INET) {
		if (!ip4addr_aton(text, &four))
			return 0;
		memcpy(address, &four.addr, sizeof(four.addr));
		return 1;
	}
	if (family != AF_INET6)
		return fail(EAFNOSUPPORT);
	if (!ip6addr_aton(text, &six))
		return 0;
	memcpy(address, six.addr, sizeof(six.addr));
	return 1;
}

const char *inet_ntop(int family, const void *address, char *text, socklen_t size)
{
	ip6_addr_t six = {0};
	ip4_addr_t four;

	if (family == AF_INET) {
		memcpy(&four.addr, address, sizeof(four.addr));
		return ip4addr_ntoa_r(&four, text, (int)size);
	}
	memcpy(six.addr, address, sizeof(six.addr));
	return ip6addr_ntoa_r(&six, text, (int)size);
}

struct question {
	ip_addr_t address;
	bool answered, found;
	struct wait_queue queue;
};

static void on_answer(const char *name, const ip_addr_t *address, void *argument)
{
	struct question *question = argument;

	(void)name;
	question->answered = true;
	question->found = address != NULL;
	if (question->found)
		question->address = *address;
	wake_all(&question->queue);
}

int resolve(const char *name, int family, uint16_t port, struct sockaddr_storage *address)
{
	struct question question = {.found = false};
	socklen_t size = sizeof(*address);
	err_t error;

	net_start();
	net_begin();
	error = dns_gethostbyname_addrtype(name, &question.address, on_answer, &question,
	                                   family == AF_INET    ? LWIP_DNS_ADDRTYPE_IPV4
	                                   : family == AF_INET6 ? LWIP_DNS_ADDRTYPE_IPV6
	                                                        : LWIP_DNS_ADDRTYPE_IPV4_IPV6);
	net_end();
	if (error == ERR_OK)
		question.found = true;
	else if (error != ERR_INPROGRESS)
		return fail(socket_error(error));
	while (error == ERR_INPROGRESS && !question.answered) {
		/* The timer of lwIP's that ends it is punctual for as long as something happens. */
		net_timers_active();
		wait_on(&question.queue, clock_monotonic() + 1000000000UL);
	}
	if (!question.found)
		return fail(EHOSTUNREACH);
	address_from_lwip(IP_IS_V6_VAL(question.address) ? AF_INET6 : AF_INET, &question.address, port,
	                  (struct sockaddr *)address, &size);
	return 0;
}

int network_address(int family, struct sockaddr_storage *address)
{
	socklen_t size = sizeof(*address);
	struct netif *netif;
	ip_addr_t found;

	NETIF_FOREACH(netif)
	{
		if (netif->name[0] == 'l')
			continue; /* loopback */
		if (family == AF_INET && !ip4_addr_isany(netif_ip4_addr(netif))) {
			address_from_lwip(family, netif_ip_addr4(netif), 0, (struct sockaddr *)address,
			                  &size);
			return 0;
		}
		/* The one of the link, if there is no other. */
		for (int i = LWIP_IPV6_NUM_ADDRESSES - 1; family == AF_INET6 && i >= 0; i--) {
			if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
				continue;
			found = *netif_ip_addr6(netif, i);
			address_from_lwip(family, &found, 0, (struct sockaddr *)address, &size);
			return 0;
		}
	}
	return fail(EADDRNOTAVAIL);
}

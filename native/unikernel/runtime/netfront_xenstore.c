/* SPDX-License-Identifier: MIT */
/*
 * The net front-end's hand-shake by XenStore: device/vif/0, with any back-end of xen/io/netif.h. Its IPv4
 * address comes from the command line (ip=10.0.0.2/24 gateway=10.0.0.1 dns=10.0.0.1), or else by DHCP.
 */
#include <lightvm/noxs.h>
#include "netfront.h"
#include "runtime.h"
#include "xenbus.h"

#define ADAPTER  "device/vif/0"
#define MTU_MAX  65535
#define MAC_SIZE 18 /* as text, with its NUL */

static struct {
	struct xenbus_device device;
	struct netfront *net;
	struct netfront_config config;
	bool connected; /* it has rings */
} adapter;

/* What follows "name=" in the command line, up to a blank; NULL: it is not there. */
static const char *argument(const char *name)
{
	const char *line = (const char *)start_info->cmd_line, *end = line + sizeof(start_info->cmd_line);
	size_t length = strlen(name);

	for (const char *word = line; word < end && *word != '\0'; word++)
		if ((word == line || word[-1] == ' ') && strncmp(word, name, length) == 0 &&
		    word[length] == '=')
			return word + length + 1;
	return NULL;
}

/* Four numbers; *rest is what follows them. */
static bool parse_ipv4(const char *text, uint8_t address[4], const char **rest)
{
	for (unsigned int i = 0; i < 4; i++) {
		unsigned long value = parse_unsigned(text, rest);

		if (*rest == text || value > 255 || (i < 3 && **rest != '.'))
			return false;
		address[i] = (uint8_t)value;
		text = *rest + 1;
	}
	return true;
}

static void read_address(struct netfront_config *config)
{
	const char *text = argument("ip"), *rest;

	if (text == NULL)
		return;
	if (!parse_ipv4(text, config->ipv4, &rest) || (*rest != '/' && *rest != ' ' && *rest != '\0')) {
		printf("net: ip= is no address such as 10.0.0.2/24; asking DHCP\n");
		memset(config->ipv4, 0, sizeof(config->ipv4));
		return;
	}
	config->ipv4_prefix = *rest == '/' ? (uint8_t)parse_unsigned(rest + 1, NULL) : 24;
	text = argument("gateway");
	if (text != NULL && !parse_ipv4(text, config->ipv4_gateway, &rest))
		memset(config->ipv4_gateway, 0, sizeof(config->ipv4_gateway));
	text = argument("dns");
	if (text != NULL && !parse_ipv4(text, config->ipv4_dns, &rest))
		memset(config->ipv4_dns, 0, sizeof(config->ipv4_dns));
}

static bool read_mac(uint8_t mac[6])
{
	char text[MAC_SIZE];

	if (!xenstore_read(ADAPTER "/mac", text, sizeof(text)) || strlen(text) != MAC_SIZE - 1)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		mac[i] = 0;
		for (unsigned int j = 0; j < 2; j++) {
			char c = text[i * 3 + j];

			mac[i] = (uint8_t)(mac[i] << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
		}
	}
	return true;
}

static bool publish(const struct netfront_rings *rings)
{
	static const struct {
		const char *node;
		uint32_t feature;
	} features[] = {
	    {"feature-sg", NOXS_NET_SG},
	    {"feature-gso-tcpv4", NOXS_NET_GSO_TCPV4},
	    {"feature-gso-tcpv6", NOXS_NET_GSO_TCPV6},
	    {"feature-ipv6-csum-offload", NOXS_NET_CHECKSUM_IPV6},
	};
	bool good = xenstore_write_number_at(ADAPTER, "tx-ring-ref", rings->tx_reference) &&
	            xenstore_write_number_at(ADAPTER, "rx-ring-ref", rings->rx_reference) &&
	            xenstore_write_number_at(ADAPTER, "event-channel", adapter.config.port) &&
	            xenstore_write_number_at(ADAPTER, "request-rx-copy", 1) &&
	            xenstore_write_number_at(ADAPTER, "feature-rx-notify", 1);

	for (unsigned int i = 0; good && i < sizeof(features) / sizeof(features[0]); i++)
		if ((rings->features & features[i].feature) != 0)
			good = xenstore_write_number_at(ADAPTER, features[i].node, 1);
	/* This protocol knows no Initialised. */
	return good && xenbus_set_state(&adapter.device, NOXS_CONNECTED);
}

static void on_event(void *unused)
{
	(void)unused;
	netfront_event(adapter.net);
}

static void disconnect(void)
{
	if (!adapter.connected)
		return;
	adapter.connected = false;
	event_unbind(adapter.config.port, on_event, NULL);
	netfront_disconnect(adapter.net);
}

static bool connect(void)
{
	struct netfront_config *config = &adapter.config;
	struct netfront_rings rings;
	uint64_t value;

	if (adapter.net == NULL)
		adapter.net = netfront_new();
	if (adapter.net == NULL)
		return false;
	config->backend = adapter.device.domid;
	config->features = NOXS_NET_CHECKSUM_IPV4;
	if (xenstore_read_number_at(adapter.device.backend, "feature-ipv6-csum-offload", &value) &&
	    value != 0)
		config->features |= NOXS_NET_CHECKSUM_IPV6;
	if (xenstore_read_number_at(adapter.device.backend, "mtu", &value) && value <= MTU_MAX)
		config->mtu = (uint16_t)value;
	if (!read_mac(config->mac))
		return false;
	read_address(config);
	config->port = xenbus_port(&adapter.device);
	if (config->port == 0 || !netfront_connect(adapter.net, config, &rings))
		return false;
	adapter.connected = true;
	event_bind(config->port, on_event, NULL);
	return publish(&rings);
}

static void on_change(void *unused)
{
	(void)unused;
	switch (adapter.device.state) {
	case NOXS_INIT_WAIT:
		/* Whatever was before: it begins anew. */
		disconnect();
		if (!connect())
			printf("net: " ADAPTER " cannot be connected\n");
		break;
	case NOXS_CONNECTED:
		if (adapter.connected)
			netfront_up(adapter.net);
		break;
	case NOXS_CLOSING:
		if (!adapter.connected)
			break;
		netfront_down(adapter.net);
		xenbus_set_state(&adapter.device, NOXS_CLOSED);
		break;
	case NOXS_CLOSED:
	case NOXS_UNKNOWN:
		disconnect();
		break;
	default:
		break;
	}
}

static bool ready(void)
{
	return adapter.net == NULL || netfront_ready(adapter.net);
}

static void start(void)
{
	uint64_t deadline = clock_monotonic() + NOXS_ANNOUNCED_MS * 1000000UL;

	adapter.device.hook = on_change;
	if (!xenbus_open(&adapter.device, ADAPTER))
		return;
	if (!xenbus_wait(&adapter.device, 1U << NOXS_CONNECTED)) {
		printf("net: the back-end of " ADAPTER " does not connect\n");
		return;
	}
	while (!ready() && clock_monotonic() < deadline)
		event_wait(deadline);
}

static void resume(void)
{
	if (adapter.net != NULL && !xenbus_open(&adapter.device, ADAPTER))
		printf("net: there is no " ADAPTER " any more\n");
}

const struct xenstore_driver netfront_xenstore_driver = {
    .start = start, .lose = disconnect, .resume = resume, .ready = ready};
XENSTORE_DRIVER(netfront_xenstore_driver);

/* SPDX-License-Identifier: MIT */
#include "xen_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_tun.h>

#include "check.h"

#define TAP_NAME "xennet0"

static const uint8_t network_uuid[16] = {9, 9, 9};
static const uint8_t host_mac[6] = {2, 0, 0, 0, 9, 1};

int network_open_queue(void)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	unsigned offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	int size = 12;
	int queue = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	CHECK(queue >= 0);
	strcpy(request.ifr_name, TAP_NAME);
	CHECK(ioctl(queue, TUNSETIFF, &request) == 0);
	CHECK(ioctl(queue, TUNSETVNETHDRSZ, &size) == 0);
	CHECK(ioctl(queue, TUNSETOFFLOAD, offloads) == 0);
	request.ifr_flags = IFF_DETACH_QUEUE;
	CHECK(ioctl(queue, TUNSETQUEUE, &request) == 0);
	return queue;
}

static void set_address(int control, struct ifreq *request, unsigned long what, const char *address)
{
	struct sockaddr_in *to = (void *)&request->ifr_addr;

	memset(to, 0, sizeof(*to));
	to->sin_family = AF_INET;
	CHECK(inet_pton(AF_INET, address, &to->sin_addr) == 1);
	CHECK(ioctl(control, what, request) == 0);
}

void network_set_up(void)
{
	struct ifreq request = {.ifr_hwaddr.sa_family = ARPHRD_ETHER};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, TAP_NAME);
	memcpy(request.ifr_hwaddr.sa_data, host_mac, 6);
	CHECK(control >= 0 && ioctl(control, SIOCSIFHWADDR, &request) == 0);
	set_address(control, &request, SIOCSIFADDR, NETWORK_SUBNET "1");
	set_address(control, &request, SIOCSIFNETMASK, "255.255.255.0");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	CHECK(ioctl(control, SIOCSIFFLAGS, &request) == 0);
	close(control);
}

void network_say(struct rig *rig)
{
	struct io_network network = {
	    .header = {.type = IO_NETWORK},
	    .name = "test",
	    .mtu = 1500,
	    .ipv4_host = {10, 99, 0, 1},
	    .ipv4_prefix = 24,
	};
	int queue = network_open_queue();

	memcpy(network.uuid, network_uuid, 16);
	memcpy(network.host_mac, host_mac, 6);
	CHECK_EQUAL(client_ask(&rig->client, &network, sizeof(network), &queue, 1), 0);
	close(queue);
}

void network_say_adapter(struct rig *rig, uint32_t number)
{
	struct rig_guest *guest = &rig->guests[number];
	struct io_net net = {
	    .header = {.type = IO_NET},
	    .domid = guest->layout.domid,
	    .slot = 1,
	    .mtu = 1500,
	    .mac = {2, 0, 0, 1, 0, (uint8_t)(10 + number)},
	    .ipv4 = {10, 99, 0, (uint8_t)(10 + number)},
	    .ipv4_gateway = {10, 99, 0, 1},
	    .ipv4_prefix = 24,
	};

	memcpy(net.uuid, guest->uuid, 16);
	memcpy(net.network, network_uuid, 16);
	CHECK_EQUAL(client_ask(&rig->client, &net, sizeof(net), NULL, 0), 0);
}

int network_connect(uint32_t guest, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[32];

	snprintf(text, sizeof(text), NETWORK_SUBNET "%u", 10 + guest);
	CHECK(inet_pton(AF_INET, text, &address.sin_addr) == 1);
	if (connect(connection, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(text);
		exit(1);
	}
	return connection;
}

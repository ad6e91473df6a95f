/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: the unikernels' network, against a back-end that is a part of this test. Guests daytime
 * and netperf serve dom0's TCP in 4 MB, with and without offloads; they outlive a back-end that is killed,
 * one that closes, and an adapter that comes and goes. Addresses and names come by DHCP and DNS too.
 *
 *   xen_unikernel_net DAYTIME NETPERF
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net_backend.h"
#include "net_client.h"

#define LIMIT 240000 /* ms for one part, on a machine that is busy with others */

static struct net_backend backend;
static struct lightvm_guest_layout layout;

/* The parent: serves until the child has ended; `disturb` is called now and then, until it says that it is
 * done. */
static void run(const char *name, void (*client)(void), bool (*disturb)(void))
{
	double start = now(), limit = start + LIMIT, next = start + 300;
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		client();
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (now() > limit)
			printf("console:\n%s\n", backend.text);
		expect(now() < limit, name);
		net_backend_serve(&backend, 20);
		if (disturb != NULL && now() > next) {
			next = now() + 300;
			if (disturb())
				disturb = NULL;
		}
	}
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, name);
	printf("ok %s (%.0f ms)\n", name, now() - start);
}

static void start(const char *kernel, const char *arguments, const char *ready)
{
	static int number;
	struct lightvm_guest_config config = {.memory_bytes = 4 * MIB,
	                                      .vcpu_count = 1,
	                                      .control_pages = 3,
	                                      .announced_devices = 1,
	                                      .name = "net"};
	double limit = now() + LIMIT, begin = now();

	make_uuid(config.uuid, ++number);
	config.command_line = arguments;
	config.kernel = read_file(kernel, &config.kernel_size);
	check(lightvm_guest_create(host, &config, &layout, &error), "create");
	net_backend_attach(&backend, &layout);
	net_backend_add(&backend);
	check(lightvm_domain_unpause(host, layout.domid, &error), "unpause");
	while (strstr(backend.text, ready) == NULL) {
		if (now() > limit)
			printf("console:\n%s\n", backend.text);
		expect(now() < limit, ready);
		net_backend_serve(&backend, 20);
	}
	printf("%sready in %.1f ms\n", backend.text, now() - begin);
	free((void *)config.kernel);
}

static void finish(void)
{
	net_backend_detach(&backend);
	backend.text[0] = '\0';
	check(lightvm_domain_destroy(host, layout.domid, &error), "destroy");
}

static int disturbances;

static bool kill_backend(void)
{
	net_backend_resume(&backend);
	return ++disturbances == 5;
}

static bool reconnect(void)
{
	double limit = now() + LIMIT;

	net_backend_close(&backend, false);
	while (!net_backend_connected(&backend) && now() < limit)
		net_backend_serve(&backend, 10);
	return ++disturbances == 5;
}

static void add_and_wait(void)
{
	double limit = now() + LIMIT;

	net_backend_add(&backend);
	while (!net_backend_connected(&backend)) {
		expect(now() < limit, "the adapter connects");
		net_backend_serve(&backend, 10);
	}
}

/* Address and name servers by DHCP. */
static void test_dhcp(const char *kernel)
{
	int rc = system("command -v dnsmasq >/dev/null");

	if (rc != 0) {
		printf("skipped: no dnsmasq here, so no DHCP\n");
		return;
	}
	rc = system("dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --user=root --interface=uknet0 "
	            "--bind-interfaces "
	            "--address=/host.test/10.9.8.7 --dhcp-range=10.119.0.2,10.119.0.2,1h "
	            "--dhcp-leasefile=/run/uknet0.leases --pid-file=/run/uknet0.pid");
	expect(rc == 0, "dnsmasq runs");
	backend.without_address = true;
	start(kernel, "resolve=host.test", "netperf: host.test is 10.9.8.7\nnetperf: ready\n");
	run("echo, address by DHCP", client_echo, NULL);
	finish();
	rc = system("kill $(cat /run/uknet0.pid)");
	expect(rc == 0, "dnsmasq ends");
}

int main(int argc, char **argv)
{
	uint64_t before;

	xen_open();
	if (argc != 3)
		fail("usage", "xen_unikernel_net DAYTIME NETPERF");
	before = free_memory();
	net_backend_open(&backend);
	start(argv[1], NULL, "daytime: listening on 10.119.0.2 port 13\n");
	run("daytime", client_daytime, NULL);
	for (int i = 0; i < 50; i++) {
		net_backend_close(&backend, true);
		add_and_wait();
	}
	run("daytime after 50 adapters", client_once, NULL);
	finish();

	start(argv[2], NULL, "netperf: ready\n");
	run("streams", client_streams, NULL);
	expect(backend.blank_packets == 0 && backend.large_packets == 0,
	       "nothing was offered, nothing is left to us");
	run("echo", client_echo, NULL);
	disturbances = 0;
	run("streams, back-end killed", client_streams, kill_backend);
	disturbances = 0;
	run("streams, back-end closes", client_streams, reconnect);
	expect(disturbances == 5, "all of that happened");
	backend.features = NOXS_NET_CHECKSUM_IPV4 | NOXS_NET_CHECKSUM_IPV6 | NOXS_NET_SG |
	                   NOXS_NET_GSO_TCPV4 | NOXS_NET_GSO_TCPV6;
	net_backend_close(&backend, true);
	add_and_wait();
	run("streams with offloads", client_streams, NULL);
	expect(backend.blank_packets > 0 && backend.large_packets > 0, "offloads are used");
	disturbances = 0;
	run("streams with offloads, back-end killed", client_streams, kill_backend);
	finish();
	test_dhcp(argv[2]);
	check_list(0);
	check_memory(before);
	printf("passed\n");
	return 0;
}

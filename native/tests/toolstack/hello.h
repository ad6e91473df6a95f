/* SPDX-License-Identifier: MIT */
/* A guest of the image hello and its console, for tests that have no lightvm-io. */
#ifndef TOOLSTACK_HELLO_H
#define TOOLSTACK_HELLO_H

#include <stdint.h>
#include <xen/io/console.h>
#include "xen_common.h"

struct hello {
	struct lightvm_guest_config config;
	struct lightvm_guest_layout layout;
	evtchn_port_t port;
	struct xencons_interface *console;
	struct noxs_sysctl *sysctl;
	char text[1 << 17]; /* all that it printed */
	size_t length;
};

/* With memory, control pages and kernel of config, as guest `number` of these tests. */
void hello_start(struct hello *hello, int number, const char *arguments);
/* Maps and binds what the layout names; and lets go of that. */
void hello_attach(struct hello *hello);
void hello_detach(struct hello *hello);
void hello_drain(struct hello *hello);
/* Reads the console until it says so. */
void hello_await(struct hello *hello, const char *text);
void hello_request(struct hello *hello, uint32_t reason);

#endif

/* SPDX-License-Identifier: MIT */
/* The parser: each message in its one right form, and each way of being wrong. */
#include "protocol.h"

#include <errno.h>
#include <string.h>

#include "check.h"

struct form {
	uint16_t type;
	size_t size;
	size_t descriptors;
	size_t descriptors_max;
};

/* IO_ATTACH as for a guest with a device page. */
static const struct form forms[] = {
    {IO_HELLO, sizeof(struct io_hello), 2, 1 + IO_MAX_GNTDEV},
    {IO_ATTACH, sizeof(struct io_attach), 1, 1},
    {IO_DETACH, sizeof(struct io_guest), 0, 0},
    {IO_LIST, sizeof(struct io_header), 0, 0},
    {IO_SHUTDOWN, sizeof(struct io_shutdown), 0, 0},
    {IO_FOLLOW, sizeof(struct io_follow), 0, 0},
    {IO_NETWORK, sizeof(struct io_network), 0, 1},
    {IO_NETWORK_REMOVE, sizeof(struct io_network), 0, 0},
    {IO_NET, sizeof(struct io_net), 0, 1},
    {IO_BLOCK, sizeof(struct io_block), 2, 2},
    {IO_DEVICE_REMOVE, sizeof(struct io_device), 0, 0},
    {IO_COUNTERS, sizeof(struct io_device), 0, 0},
    {IO_INPUT, sizeof(struct io_input), 0, 0},
    {IO_WINDOW, sizeof(struct io_window), 0, 0},
    {IO_DEVICES, sizeof(struct io_devices), 0, 0},
};

static bool parse(uint16_t type, uint16_t version, uint32_t serial, size_t size, size_t descriptors)
{
	struct io_header header = {.type = type, .version = version, .serial = serial};
	uint8_t packet[2 * IO_MAX_MESSAGE] = {0};
	union io_request request;

	memcpy(packet, &header, sizeof(header));
	return protocol_parse(packet, size, descriptors, &request);
}

static const struct form *form_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return NULL;
}

static void takes_only_right_sizes(void)
{
	for (uint16_t type = 0; type < 100; type++) {
		const struct form *form = form_of(type);

		for (size_t size = 0; size <= IO_MAX_MESSAGE; size++) {
			bool expected = form != NULL && size == form->size;

			CHECK_EQUAL(parse(type, IO_VERSION, 1, size, form == NULL ? 0 : form->descriptors),
			            expected);
		}
	}
}

static void takes_only_right_descriptors(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (size_t count = 0; count < 64; count++) {
			bool expected = count >= forms[i].descriptors && count <= forms[i].descriptors_max;

			CHECK_EQUAL(parse(forms[i].type, IO_VERSION, 1, forms[i].size, count), expected);
		}
	}
}

static void takes_only_its_version(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		CHECK(!parse(forms[i].type, 0, 1, forms[i].size, forms[i].descriptors));
		CHECK(!parse(forms[i].type, IO_VERSION + 1, 1, forms[i].size, forms[i].descriptors));
		CHECK(!parse(forms[i].type, IO_VERSION, 0, forms[i].size, forms[i].descriptors));
	}
}

static void copies_fields(void)
{
	struct io_attach attach = {
	    .header = {.type = IO_ATTACH, .version = IO_VERSION, .serial = 9},
	    .uuid = {0xaa},
	    .domid = 3,
	    .event_channel = 4,
	    .console_gref = 5,
	    .device_gref = 6,
	    .sysctl_gref = 7,
	};
	union io_request request;

	CHECK(protocol_parse(&attach, sizeof(attach), 1, &request));
	CHECK_EQUAL(memcmp(&request.attach, &attach, sizeof(attach)), 0);
	CHECK_EQUAL(protocol_check(&request), 0);
	/* A guest with a private XenStore comes with a second descriptor, no other does. */
	CHECK(!protocol_parse(&attach, sizeof(attach), 2, &request));
	attach.store_event_channel = 8;
	CHECK(!protocol_parse(&attach, sizeof(attach), 1, &request));
	CHECK(protocol_parse(&attach, sizeof(attach), 2, &request));
}

static void checks_values(void)
{
	union io_request request = {.follow = {.header = {.type = IO_FOLLOW}, .on = 1}};

	CHECK_EQUAL(protocol_check(&request), 0);
	request.follow.on = 2;
	CHECK_EQUAL(protocol_check(&request), EINVAL);
	request = (union io_request){.shutdown = {.header = {.type = IO_SHUTDOWN}, .reason = 2}};
	CHECK_EQUAL(protocol_check(&request), 0);
	request.shutdown.reason = 3; /* nobody asks a guest to crash */
	CHECK_EQUAL(protocol_check(&request), EINVAL);
	request = (union io_request){.devices = {.header = {.type = IO_DEVICES}, .adapters = UINT32_MAX}};
	CHECK_EQUAL(protocol_check(&request), 0);
	request.devices.reserved = 1;
	CHECK_EQUAL(protocol_check(&request), EINVAL);
}

int main(void)
{
	takes_only_right_sizes();
	takes_only_right_descriptors();
	takes_only_its_version();
	copies_fields();
	checks_values();
	return 0;
}

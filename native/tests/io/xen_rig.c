/* SPDX-License-Identifier: MIT */
#include "xen_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define NOBODY 65534
#define MEMORY (4ULL << 20)

static struct lightvm_error error;

static void ok(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "%s: %s (errno %d)\n", error.step, error.message, error.error_number);
	exit(1);
}

static struct rig_guest *find(struct rig *rig, const uint8_t uuid[16])
{
	for (uint32_t i = 0; i < rig->count; i++) {
		int difference = memcmp(rig->guests[i].uuid, uuid, 16);

		if (difference == 0)
			return &rig->guests[i];
	}
	return NULL;
}

static void note(void *context, const union client_packet *packet)
{
	struct rig_guest *guest = find(context, packet->guest.uuid);

	CHECK(guest != NULL && guest->layout.domid == packet->guest.domid);
	switch (packet->header.type) {
	case IO_FIRST_EVENT:
		guest->first_events++;
		break;
	case IO_CONSOLE:
		guest->growths++;
		break;
	case IO_ACKNOWLEDGED:
		guest->acknowledgements++;
		break;
	case IO_ENDED:
		guest->ends++;
		guest->end_reason = packet->ended.reason;
		break;
	case IO_FAULT:
		fprintf(stderr, "domain %u: %s\n", packet->fault.domid, packet->fault.text);
		guest->faults++;
		break;
	default:
		break;
	}
	if (((struct rig *)context)->event != NULL)
		((struct rig *)context)->event(packet);
}

void rig_open(struct rig *rig, const char *program)
{
	int missing = access("/proc/xen/privcmd", F_OK);

	if (missing != 0)
		exit(SKIPPED);
	memset(rig, 0, sizeof(*rig));
	rig->program = program;
	rig->client.event = note;
	rig->client.context = rig;
	ok(lightvm_host_open(LIGHTVM_ABI, &rig->host, &error));
	snprintf(rig->directory, sizeof(rig->directory), "/tmp/xen-io-XXXXXX");
	CHECK(mkdtemp(rig->directory) != NULL);
	CHECK(chown(rig->directory, NOBODY, NOBODY) == 0);
	snprintf(rig->path, sizeof(rig->path), "%s/socket", rig->directory);
}

void rig_close(struct rig *rig)
{
	(void)unlink(rig->path);
	(void)rmdir(rig->directory);
	lightvm_host_close(rig->host);
}

static void *read_file(const char *path, size_t *size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	CHECK(file >= 0 && fstat(file, &status) == 0);
	*size = (size_t)status.st_size;
	bytes = malloc(*size);
	CHECK(bytes != NULL && read(file, bytes, *size) == status.st_size);
	close(file);
	return bytes;
}

void rig_create(struct rig *rig, const char *kernel, const char *command_line, uint32_t count,
                uint32_t data_size)
{
	size_t size;
	void *image = read_file(kernel, &size);

	rig->count = count;
	rig->guests = calloc(count, sizeof(*rig->guests));
	CHECK(rig->guests != NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct rig_guest *guest = &rig->guests[i];
		struct lightvm_guest_config config = {
		    .memory_bytes = MEMORY,
		    .vcpu_count = 1,
		    .control_pages = 1 + rig->devices,
		    .announced_devices = rig->devices,
		    .name = "rig",
		    .kernel = image,
		    .kernel_size = size,
		    .command_line =
		        i == 0 && rig->first_command_line != NULL ? rig->first_command_line : command_line,
		};

		CHECK(getrandom(guest->uuid, 16, 0) == 16);
		memcpy(config.uuid, guest->uuid, 16);
		ok(lightvm_guest_create(rig->host, &config, &guest->layout, &error));
		guest->log = client_make_log(guest->uuid, guest->layout.domid, data_size);
	}
	free(image);
}

void rig_unpause(struct rig *rig, uint32_t guest)
{
	ok(lightvm_domain_unpause(rig->host, rig->guests[guest].layout.domid, &error));
}

void rig_destroy(struct rig *rig)
{
	for (uint32_t i = 0; i < rig->count; i++) {
		struct rig_guest *guest = &rig->guests[i];

		if (rig->process != 0)
			CHECK_EQUAL(client_detach(&rig->client, guest->uuid, guest->layout.domid), 0);
		ok(lightvm_domain_destroy(rig->host, guest->layout.domid, &error));
		close(guest->log);
	}
	free(rig->guests);
	rig->guests = NULL;
	rig->count = 0;
}

static void hello(struct rig *rig)
{
	int descriptors[3];

	descriptors[0] = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	descriptors[1] = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	descriptors[2] = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	CHECK(descriptors[0] >= 0 && descriptors[1] >= 0 && descriptors[2] >= 0);
	CHECK_EQUAL(client_hello(&rig->client, descriptors, 3), 0);
	for (int i = 0; i < 3; i++)
		close(descriptors[i]);
}

/* Sends the request; returns its serial. */
static uint32_t send_attach(struct rig *rig, struct rig_guest *guest)
{
	struct io_attach attach = {
	    .header = {.type = IO_ATTACH},
	    .domid = guest->layout.domid,
	    .event_channel = guest->layout.event_channel,
	    .console_gref = guest->layout.console_gref,
	    .device_gref = guest->layout.device_gref,
	    .sysctl_gref = guest->layout.sysctl_gref,
	};

	memcpy(attach.uuid, guest->uuid, 16);
	return client_send(&rig->client, &attach, sizeof(attach), &guest->log, 1);
}

void rig_attach(struct rig *rig, uint32_t guest)
{
	uint32_t serial = send_attach(rig, &rig->guests[guest]);

	CHECK_EQUAL(client_await(&rig->client, serial), 0);
}

void rig_start(struct rig *rig)
{
	uint32_t first;

	(void)unlink(rig->path);
	rig->process = client_start(rig->program, rig->path, NOBODY);
	client_connect(&rig->client, rig->path);
	hello(rig);
	first = rig->client.serial + 1;
	for (uint32_t i = 0; i < rig->count; i++)
		send_attach(rig, &rig->guests[i]);
	for (uint32_t i = 0; i < rig->count; i++)
		CHECK_EQUAL(client_await(&rig->client, first + i), 0);
}

void rig_kill(struct rig *rig)
{
	client_kill(rig->process);
	client_close(&rig->client);
	rig->process = 0;
}

void rig_stop(struct rig *rig)
{
	CHECK_EQUAL(client_stop(rig->process), 0);
	client_close(&rig->client);
	rig->process = 0;
}

bool rig_poll(struct rig *rig, int timeout_ms)
{
	union client_packet packet;
	ssize_t size = client_receive(&rig->client, &packet, timeout_ms);
	bool came = size > 0;

	CHECK(size != 0);
	while (size > 0) {
		CHECK_EQUAL(packet.header.serial, 0);
		note(rig, &packet);
		size = client_receive(&rig->client, &packet, 0);
	}
	return came;
}

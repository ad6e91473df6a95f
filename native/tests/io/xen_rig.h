/* SPDX-License-Identifier: MIT */
/* On a real Xen host: guests by liblightvm, and a lightvm-io without privileges that serves them. */
#ifndef LIGHTVM_TESTS_IO_XEN_RIG_H
#define LIGHTVM_TESTS_IO_XEN_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"
#include "lightvm/lightvm.h"

struct rig_guest {
	uint8_t uuid[16];
	struct lightvm_guest_layout layout;
	int log;
	/* events that came */
	uint32_t first_events;
	uint32_t acknowledgements;
	uint32_t ends;
	uint32_t faults;
	uint32_t growths;
	uint32_t end_reason;
};

struct rig {
	struct lightvm_host *host;
	const char *program; /* lightvm-io */
	char directory[64];
	char path[80];
	pid_t process;
	struct client client;
	struct rig_guest *guests;
	uint32_t count;
	uint32_t devices; /* that guests are told to wait for: net and block, in slots 1 and up */
	const char *first_command_line; /* of guest 0, if it is not to have that of all */
	/* Told of what the rig does not count itself. */
	void (*event)(const union client_packet *packet);
};

/* Exits with the skip code where there is no Xen. */
void rig_open(struct rig *rig, const char *program);
void rig_close(struct rig *rig);

/* Creates guests, paused, each with an empty log. */
void rig_create(struct rig *rig, const char *kernel, const char *command_line, uint32_t count,
                uint32_t data_size);
void rig_unpause(struct rig *rig, uint32_t guest);
/* Destroys all of them, detached first if a lightvm-io is connected. */
void rig_destroy(struct rig *rig);

/* Starts lightvm-io as a user without rights, gives it fresh descriptors, and attaches all guests. */
void rig_start(struct rig *rig);
/* Attaches one guest. */
void rig_attach(struct rig *rig, uint32_t guest);
/* Has a guest suspend, and detaches it. */
void rig_suspend(struct rig *rig, uint32_t guest);
/* Writes a suspended guest to a memory file, from its beginning, and ends the domain. */
void rig_save(struct rig *rig, uint32_t guest, int file);
/* A new, paused domain of the same identity from it, its log going on; attached. */
void rig_restore(struct rig *rig, uint32_t guest, int file);
/* SIGKILL. */
void rig_kill(struct rig *rig);
/* SIGTERM. */
void rig_stop(struct rig *rig);

/* Takes what events have come; waits up to `timeout_ms` for the first. False: none came. */
bool rig_poll(struct rig *rig, int timeout_ms);

#endif

/* SPDX-License-Identifier: MIT */
/* A block front-end in the test process: the other end of the rings that lightvm-io-fake serves. */
#ifndef LIGHTVM_TESTS_IO_FAKE_DISK_H
#define LIGHTVM_TESTS_IO_FAKE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

#include "fake_host.h"

#define DISK_SECTORS 8192U
#define DISK_SLOT    1U
#define DISK_CONTROL (NOXS_GREF_CONTROL + DISK_SLOT) /* its control page */
#define DISK_RING    30U                             /* its ring: one page */
#define DISK_DATA    40U                             /* the first of its data pages */
#define DISK_PAGES   64U
#define DISK_REQUESTS 32U /* of a ring of one page */

struct fake_disk {
	struct fake_host *host;
	struct fake_guest *guest;
	int file;
	int journal;
	volatile struct noxs_block *control;
	struct blkif_front_ring ring;
	bool connected;
};

/* A disk of zeros, and a journal, both memory files. */
void fake_disk_open(struct fake_disk *disk, struct fake_host *host, struct fake_guest *guest);
void fake_disk_close(struct fake_disk *disk);
/* IO_BLOCK: the error number. */
int fake_disk_attach(struct fake_disk *disk, struct client *client, bool read_only);
/* Goes through the hand-shake, as far as the back-end has got; true: it is connected. */
bool fake_disk_shake(struct fake_disk *disk, uint32_t features);
uint8_t *fake_disk_page(const struct fake_disk *disk, uint32_t page);
/* Puts a request into the ring, of which each segment is a whole page from `page` on. Show them all with _show. */
void fake_disk_ask(struct fake_disk *disk, uint8_t operation, uint64_t id, uint64_t sector, uint32_t page,
                   uint32_t count);
void fake_disk_show(struct fake_disk *disk);
/* Takes the next response, if there is one. */
bool fake_disk_take(struct fake_disk *disk, struct blkif_response *response);

#endif

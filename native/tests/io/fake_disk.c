/* SPDX-License-Identifier: MIT */
#include "fake_disk.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "block_journal.h"
#include "check.h"
#include "fake_xen.h"

#define mb()      __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define wmb()     __atomic_thread_fence(__ATOMIC_RELEASE)
#define rmb()     __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_mb()  mb()
#define xen_wmb() wmb()
#define xen_rmb() rmb()

static int memory_file(const char *name, off_t size)
{
	int file = memfd_create(name, MFD_CLOEXEC);

	CHECK(file >= 0);
	CHECK(ftruncate(file, size) == 0);
	return file;
}

void fake_disk_open(struct fake_disk *disk, struct fake_host *host, struct fake_guest *guest)
{
	memset(disk, 0, sizeof(*disk));
	disk->host = host;
	disk->guest = guest;
	disk->file = memory_file("disk", DISK_SECTORS * 512);
	disk->journal = memory_file("journal", BLOCK_JOURNAL_SIZE);
	disk->control = (void *)(guest->pages + DISK_CONTROL * (size_t)NOXS_PAGE_SIZE);
}

void fake_disk_close(struct fake_disk *disk)
{
	close(disk->file);
	close(disk->journal);
}

int fake_disk_attach(struct fake_disk *disk, struct client *client, bool read_only)
{
	struct io_block block = {
	    .header = {.type = IO_BLOCK},
	    .domid = disk->guest->domid,
	    .slot = DISK_SLOT,
	    .sectors = DISK_SECTORS,
	    .sector_size = 512,
	    .read_only = read_only,
	};
	const int descriptors[] = {disk->file, disk->journal};

	memcpy(block.uuid, disk->guest->uuid, 16);
	return client_ask(client, &block, sizeof(block), descriptors, 2);
}

bool fake_disk_shake(struct fake_disk *disk, uint32_t features)
{
	volatile struct noxs_block *control = disk->control;
	uint32_t backend = __atomic_load_n(&control->control.backend_state, __ATOMIC_ACQUIRE);
	struct blkif_sring *shared = (void *)(disk->guest->pages + DISK_RING * (size_t)NOXS_PAGE_SIZE);

	if (backend == NOXS_INIT_WAIT && control->control.frontend_state < NOXS_INITIALISED) {
		CHECK_EQUAL(control->sectors, DISK_SECTORS);
		memset(shared, 0, NOXS_PAGE_SIZE);
		SHARED_RING_INIT(shared);
		FRONT_RING_INIT(&disk->ring, shared, NOXS_PAGE_SIZE);
		control->frontend_features = features;
		control->ring_count = 1;
		control->ring_gref[0] = DISK_RING;
		__atomic_store_n(&control->control.frontend_state, NOXS_INITIALISED, __ATOMIC_RELEASE);
		fake_host_event(disk->host, disk->guest);
	}
	if (backend == NOXS_CONNECTED && control->control.frontend_state == NOXS_INITIALISED) {
		__atomic_store_n(&control->control.frontend_state, NOXS_CONNECTED, __ATOMIC_RELEASE);
		disk->connected = true;
	}
	return disk->connected;
}

uint8_t *fake_disk_page(const struct fake_disk *disk, uint32_t page)
{
	return disk->guest->pages + (DISK_DATA + page) * (size_t)NOXS_PAGE_SIZE;
}

void fake_disk_ask(struct fake_disk *disk, uint8_t operation, uint64_t id, uint64_t sector, uint32_t page,
                   uint32_t count)
{
	struct blkif_request *request = RING_GET_REQUEST(&disk->ring, disk->ring.req_prod_pvt);

	CHECK(!RING_FULL(&disk->ring));
	memset(request, 0, sizeof(*request));
	request->operation = operation;
	request->nr_segments = (uint8_t)count;
	request->id = id;
	request->sector_number = sector;
	for (uint32_t i = 0; i < count; i++)
		request->seg[i] = (struct blkif_request_segment){.gref = DISK_DATA + page + i, .last_sect = 7};
	disk->ring.req_prod_pvt++;
}

void fake_disk_show(struct fake_disk *disk)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&disk->ring, notify);
	if (notify)
		fake_host_event(disk->host, disk->guest);
}

bool fake_disk_take(struct fake_disk *disk, struct blkif_response *response)
{
	int more = 0;

	if (!RING_HAS_UNCONSUMED_RESPONSES(&disk->ring)) {
		RING_FINAL_CHECK_FOR_RESPONSES(&disk->ring, more);
		return more && fake_disk_take(disk, response);
	}
	rmb();
	*response = *RING_GET_RESPONSE(&disk->ring, disk->ring.rsp_cons);
	disk->ring.rsp_cons++;
	return true;
}

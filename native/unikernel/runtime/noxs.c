/* SPDX-License-Identifier: MIT */
/* The device page. dom0 may change it while we read, so an entry is copied whole between two equal
 * generations. */
#include "runtime.h"

static volatile const struct noxs_device_page *page;

void noxs_init(void)
{
	const struct noxs_device_page *candidate = machine_frame_to_pointer(start_info->store_mfn);

	/* Another magic: a plain XenStore page, the guest runs under another toolstack. */
	if (candidate == NULL || candidate->magic != NOXS_MAGIC)
		return;
	if (candidate->version != NOXS_VERSION)
		return;
	page = candidate;
}

bool noxs_present(void)
{
	return page != NULL;
}

/* One look at the table. */
static bool look_up(enum noxs_type type, uint16_t id, struct noxs_device *device)
{
	unsigned int i, count = page->device_count;

	if (count > NOXS_MAX_DEVICES)
		count = NOXS_MAX_DEVICES;
	for (i = 0; i < count; i++) {
		if (page->devices[i].type != type || page->devices[i].id != id)
			continue;
		*device = page->devices[i];
		return true;
	}
	return false;
}

bool noxs_find(enum noxs_type type, uint16_t id, struct noxs_device *device)
{
	uint32_t generation;
	bool found;

	if (page == NULL)
		return false;
	do {
		generation = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);
		found = look_up(type, id, device);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((generation & 1) != 0 || generation != page->generation);
	return found;
}

bool noxs_entropy(uint8_t bytes[32])
{
	uint32_t generation;

	if (page == NULL)
		return false;
	do {
		generation = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);
		for (unsigned int i = 0; i < 32; i++)
			bytes[i] = page->entropy[i];
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((generation & 1) != 0 || generation != page->generation);
	return true;
}

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

/* Whether nothing was written since `generation` was read. */
static bool unchanged(uint32_t generation)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return (generation & 1) == 0 && generation == __atomic_load_n(&page->generation, __ATOMIC_RELAXED);
}

uint32_t noxs_generation(void)
{
	return __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);
}

bool noxs_find(enum noxs_type type, uint16_t id, struct noxs_device *device)
{
	uint32_t generation;
	bool found;

	if (page == NULL)
		return false;
	do {
		generation = noxs_generation();
		found = look_up(type, id, device);
	} while (!unchanged(generation));
	return found;
}

bool noxs_copy(struct noxs_device_page *copy)
{
	uint32_t generation = noxs_generation();

	memcpy(copy, (const void *)page, sizeof(*copy));
	copy->generation = generation;
	if (copy->device_count > NOXS_MAX_DEVICES)
		copy->device_count = NOXS_MAX_DEVICES;
	return unchanged(generation);
}

unsigned int noxs_device_count(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < NOXS_MAX_DEVICES; i++)
		count += page->devices[i].type == NOXS_NET || page->devices[i].type == NOXS_BLOCK;
	return count;
}

unsigned int noxs_announced(void)
{
	return page->announced;
}

const char *noxs_name(void)
{
	static char name[NOXS_NAME_SIZE];

	for (unsigned int i = 0; page != NULL && i < NOXS_NAME_SIZE - 1; i++)
		name[i] = page->name[i];
	return name;
}

bool noxs_entropy(uint8_t bytes[32])
{
	uint32_t generation;

	if (page == NULL)
		return false;
	generation = noxs_generation();
	for (unsigned int i = 0; i < 32; i++)
		bytes[i] = page->entropy[i];
	/* It is written while the guest does not run; other parts of the page at any time. */
	return unchanged(generation);
}

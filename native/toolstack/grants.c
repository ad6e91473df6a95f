/* SPDX-License-Identifier: MIT */
/*
 * Grants that the builder makes in the guest's name, before it runs: dom0 can map the pages at once and again
 * after any restart, whatever the guest does.
 */
#include <errno.h>
#include <sys/mman.h>
#include "build.h"

static void permit(grant_entry_v1_t *table, uint32_t reference, uint64_t mfn)
{
	table[reference].domid = 0;
	table[reference].frame = (uint32_t)mfn;
	/* Xen reads the entry only once its flags are set. */
	__atomic_store_n(&table[reference].flags, GTF_permit_access, __ATOMIC_RELEASE);
}

void grants_fill(void *frame, const struct guest_pages *pages)
{
	uint32_t i;

	permit(frame, NOXS_GREF_CONSOLE, pages->console_mfn);
	permit(frame, NOXS_GREF_DEVICES, pages->device_mfn);
	for (i = 0; i < pages->control_count; i++)
		permit(frame, NOXS_GREF_CONTROL + i, pages->control_mfn[i]);
}

int grants_seed(struct lightvm_host *host, const struct build *build, struct lightvm_error *error)
{
	xenforeignmemory_resource_handle *resource;
	void *table = NULL;

	resource = xenforeignmemory_map_resource(
	    host->memory, (domid_t)build->domid, XENMEM_resource_grant_table,
	    XENMEM_resource_grant_table_id_shared, 0, 1, &table, PROT_READ | PROT_WRITE, 0);
	if (resource == NULL)
		return host_error(host, error, "map grant table",
		                  "The grant table of domain %u cannot be mapped", build->domid);
	grants_fill(table, &build->pages);
	xenforeignmemory_unmap_resource(host->memory, resource);
	return 0;
}

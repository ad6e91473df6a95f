/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "pvh.h"
/* Needs xenctrl.h before it. */
#include <xen/hvm/params.h>

#define MIB      (1ULL << 20)
#define FOUR_GIB (1ULL << 32)

uint64_t pvh_paging_bytes(const struct build *build)
{
	uint64_t pages = build->config->memory_bytes / MIB;

	if (!build->nested_paging)
		pages *= 2;
	return build->config->vcpu_count * MIB + pages * XC_PAGE_SIZE;
}

int pvh_check(struct lightvm_host *host, struct build *build, struct lightvm_error *error)
{
	xc_physinfo_t physical = {0};
	int rc;

	if (build->config->vcpu_count > ACPI_MAX_CPUS)
		return error_set(error, EINVAL, "check configuration",
		                 "A PVH guest has at most %d vCPUs, not %u.", ACPI_MAX_CPUS,
		                 build->config->vcpu_count);
	rc = xc_physinfo(host->xc, &physical);
	if (rc != 0)
		return host_error(host, error, "ask Xen about the machine",
		                  "Xen does not describe the machine");
	if ((physical.capabilities & XEN_SYSCTL_PHYSCAP_hvm) == 0)
		return error_set(error, ENOTSUP, "check host",
		                 "This host runs no PVH guests: its CPUs have no hardware virtualisation, or "
		                 "its firmware has switched it off.");
	build->nested_paging = (physical.capabilities & XEN_SYSCTL_PHYSCAP_hap) != 0;
	return 0;
}

int pvh_prepare(struct lightvm_host *host, const struct build *build, struct lightvm_error *error)
{
	int rc;

	rc = xc_set_paging_mempool_size(host->xc, build->domid, pvh_paging_bytes(build));
	if (rc != 0)
		return host_error(host, error, "set paging memory",
		                  "Xen has not the %llu KiB that translating the guest's memory needs",
		                  (unsigned long long)pvh_paging_bytes(build) >> 10);
	rc = xc_hvm_param_set(host->xc, build->domid, HVM_PARAM_TIMER_MODE, HVMPTM_no_delay_for_missed_ticks);
	if (rc != 0)
		return host_error(host, error, "set timer mode", "Xen refused the guest's timer mode");
	return 0;
}

void pvh_place_memory(struct xc_dom_image *dom, uint64_t memory_bytes)
{
	dom->mmio_start = IMAGE_PVH_HOLE;
	dom->mmio_size = FOUR_GIB - IMAGE_PVH_HOLE;
	dom->lowmem_end = memory_bytes;
	if (memory_bytes > IMAGE_PVH_HOLE) {
		dom->lowmem_end = IMAGE_PVH_HOLE;
		dom->highmem_end = FOUR_GIB + memory_bytes - IMAGE_PVH_HOLE;
	}
	dom->target_pages = memory_bytes >> XC_PAGE_SHIFT;
}

int pvh_describe(struct lightvm_host *host, struct xc_dom_image *dom, const struct build *build,
                 struct pvh *pvh, struct lightvm_error *error)
{
	struct e820entry *entry = pvh->map;
	int rc;

	acpi_fill(pvh->tables, IMAGE_PVH_HOLE, build->config->vcpu_count);
	/* libxenguest tells the kernel that the first module begins with the RSDP. */
	dom->acpi_modules[0].data = pvh->tables;
	dom->acpi_modules[0].length = sizeof(pvh->tables);
	dom->acpi_modules[0].guest_addr_out = IMAGE_PVH_HOLE;

	*entry++ = (struct e820entry){.size = dom->lowmem_end, .type = E820_RAM};
	*entry++ = (struct e820entry){.addr = IMAGE_PVH_HOLE, .size = sizeof(pvh->tables), .type = E820_ACPI};
	*entry++ = (struct e820entry){
	    .addr = (uint64_t)(X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES) << XC_PAGE_SHIFT,
	    .size = (uint64_t)X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT,
	    .type = E820_RESERVED};
	if (dom->highmem_end != 0)
		*entry++ = (struct e820entry){
		    .addr = FOUR_GIB, .size = dom->highmem_end - FOUR_GIB, .type = E820_RAM};
	dom->e820 = pvh->map;
	dom->e820_entries = (unsigned int)(entry - pvh->map);
	rc = xc_domain_set_memory_map(host->xc, build->domid, pvh->map, dom->e820_entries);
	if (rc != 0)
		return host_error(host, error, "set memory map", "The guest's memory map cannot be set");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The builder over libxenguest, which takes any kernel: stock ones, PV and PVH, with a XenStore page, or with noxs
 * pages if they bring them along; and unikernels that build_pv does not take: what it lacks, their control pages,
 * goes in through its hooks.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "build.h"
#include "pvh.h"

/* What xc_dom_alloc_page answers when there is none left. */
#define NO_FRAME    ((xen_pfn_t)-1)

/* A copy of libxenguest's hooks for this one build, so that reserving its special pages reserves ours too. */
struct hooks {
	struct xc_dom_arch arch; /* first: dom->arch_hooks points here */
	const struct xc_dom_arch *original;
	struct guest_pages *pages;
};

static int allocate_special_pages(struct xc_dom_image *dom)
{
	struct hooks *hooks = (struct hooks *)dom->arch_hooks;
	uint32_t i;
	int rc;

	rc = hooks->original->alloc_magic_pages(dom);
	for (i = 0; rc == 0 && i < hooks->pages->control_count; i++) {
		hooks->pages->control_pfn[i] = xc_dom_alloc_page(dom, "noxs control");
		if (hooks->pages->control_pfn[i] == NO_FRAME)
			rc = -1;
	}
	return rc;
}

/* A guest page in our address space, zeroed. */
static int map_page(struct lightvm_host *host, struct xc_dom_image *dom, uint64_t pfn, void **page,
                    struct lightvm_error *error)
{
	*page = xc_dom_pfn_to_ptr(dom, pfn, 1);
	if (*page == NULL)
		return host_error(host, error, "map guest page", "Frame %llu of the guest cannot be mapped",
		                  (unsigned long long)pfn);
	memset(*page, 0, XC_PAGE_SIZE);
	return 0;
}

/* libxenguest has cleared the console's page and the store's; a guest with a store needs no more. */
static int fill_pages(struct lightvm_host *host, struct xc_dom_image *dom, struct build *build,
                      struct lightvm_error *error)
{
	struct guest_pages *pages = &build->pages;
	xen_pfn_t frame;
	void *page;
	uint32_t i;
	int rc = 0;

	pages->console_pfn = dom->console_pfn;
	pages->console_mfn = xc_dom_p2m(dom, pages->console_pfn);
	pages->device_pfn = dom->xenstore_pfn;
	pages->device_mfn = xc_dom_p2m(dom, pages->device_pfn);
	if (!build->image->noxs)
		goto out;
	for (i = 0; i < pages->control_count; i++) {
		if (!build->image->is_unikernel)
			pages->control_pfn[i] = build->image->control_pages / XC_PAGE_SIZE + i;
		rc = map_page(host, dom, pages->control_pfn[i], &page, error);
		if (rc != 0)
			goto out;
		if (i == 0)
			layout_sysctl_page(page);
		pages->control_mfn[i] = xc_dom_p2m(dom, pages->control_pfn[i]);
	}
	/* Of PVH it lies beyond what libxenguest maps for us. */
	frame = pages->device_mfn;
	page = xenforeignmemory_map(host->memory, build->domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
	if (page == NULL) {
		rc = host_error(host, error, "map guest page", "The guest's device page cannot be mapped");
		goto out;
	}
	layout_device_page(page, &build->identity, build->event_channel, pages);
	xenforeignmemory_unmap(host->memory, page, 1);
out:
	return rc;
}

/*
 * What libxenguest says of a kernel or of its place in memory. Its errno means little: it often fails without
 * one. It has no code where an ELF is odd, one where something cannot be mapped or the like.
 */
static int refused(struct lightvm_host *host, const struct build *build, const char *step, const char *words,
                   struct lightvm_error *error)
{
	int code = (int)xc_get_last_error(host->xc)->code;

	if (code == XC_OUT_OF_MEMORY) {
		errno = EINVAL;
		return host_error(
		    host, error, step,
		    "Kernel, ramdisk and what belongs to them do not fit in the guest's %llu KiB",
		    (unsigned long long)build->config->memory_bytes >> 10);
	}
	if (code != XC_INTERNAL_ERROR)
		errno = ENOEXEC;
	return host_error(host, error, step, "%s", words);
}

/* The image, and the sizes that libxenguest plans with. */
static int prepare(struct lightvm_host *host, struct xc_dom_image *dom, const struct build *build,
                   struct lightvm_error *error)
{
	const struct lightvm_guest_config *config = build->config;
	int rc;

	dom->container_type = config->type == LIGHTVM_PVH ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
	dom->console_evtchn = build->event_channel;
	dom->xenstore_evtchn =
	    build->store_event_channel != 0 ? build->store_event_channel : build->event_channel;
	dom->max_vcpus = config->vcpu_count;
	/* Memory that is not there is noticed before all of it but the last page is taken from others. */
	dom->claim_enabled = !build->image->is_unikernel;
	if (config->type == LIGHTVM_PVH)
		pvh_place_memory(dom, config->memory_bytes);
	rc = xc_dom_kernel_mem(dom, config->kernel, config->kernel_size);
	if (rc == 0 && config->ramdisk != NULL) {
		rc = xc_dom_module_mem(dom, config->ramdisk, config->ramdisk_size, NULL);
		/* No larger than it is: the kernel unpacks it, and as large as it is, however large. */
		xc_dom_module_max_size(dom, config->ramdisk_size);
	}
	if (rc == 0)
		rc = xc_dom_boot_xen_init(dom, host->xc, build->domid);
	if (rc == 0)
		rc = xc_dom_parse_image(dom);
	if (rc != 0)
		return refused(host, build, "read kernel", "libxenguest does not accept the kernel", error);
	rc = xc_dom_mem_init(dom, (unsigned int)((config->memory_bytes + (1 << 20) - 1) >> 20));
	if (rc == 0) {
		dom->total_pages = config->memory_bytes / XC_PAGE_SIZE;
		rc = xc_dom_boot_mem_init(dom);
	}
	if (rc != 0) {
		errno = ENOMEM;
		return host_error(host, error, "populate memory", "The guest's memory cannot be allocated");
	}
	return 0;
}

/*
 * The machine that a stock kernel finds: without this, on PV, the host's raw CPUID and a memory map that goes
 * beyond its memory. Before its first state is set, which Xen checks against it.
 */
static int set_machine(struct lightvm_host *host, const struct build *build, struct lightvm_error *error)
{
	int rc;

	rc = xc_cpuid_apply_policy(host->xc, build->domid, false, NULL, 0, true, false, false, NULL, NULL);
	if (rc != 0)
		return host_error(host, error, "set CPU policy", "The guest's CPUID policy cannot be set");
	if (build->config->type == LIGHTVM_PVH)
		return pvh_prepare(host, build, error);
	rc = xc_domain_set_memmap_limit(host->xc, build->domid, build->config->memory_bytes >> 10);
	if (rc != 0)
		return host_error(host, error, "set memory map", "The guest's memory map cannot be set");
	return 0;
}

int build_xenguest(struct lightvm_host *host, struct build *build, struct lightvm_error *error)
{
	struct hooks hooks = {.pages = &build->pages};
	struct xc_dom_image *dom = NULL;
	struct pvh pvh;
	int rc = 0;

	xc_clear_last_error(host->xc);
	if (!build->image->is_unikernel)
		rc = set_machine(host, build, error);
	if (rc != 0)
		goto out;
	dom = xc_dom_allocate(host->xc, build->config->command_line, NULL);
	if (dom == NULL) {
		rc = error_set(error, ENOMEM, "read kernel", "No memory.");
		goto out;
	}
	rc = prepare(host, dom, build, error);
	if (rc == 0 && build->config->type == LIGHTVM_PVH)
		rc = pvh_describe(host, dom, build, &pvh, error);
	if (rc != 0)
		goto out;
	if (build->image->is_unikernel) {
		hooks.arch = *dom->arch_hooks;
		hooks.arch.alloc_magic_pages = allocate_special_pages;
		hooks.original = dom->arch_hooks;
		dom->arch_hooks = &hooks.arch;
	}
	rc = xc_dom_build_image(dom);
	if (rc != 0) {
		rc = refused(host, build, "build guest", "The kernel cannot be laid out", error);
		goto out;
	}
	rc = fill_pages(host, dom, build, error);
	if (rc != 0)
		goto out;
	rc = xc_dom_boot_image(dom);
	if (rc != 0)
		rc = host_error(host, error, "boot guest", "The guest's first state cannot be set");
	if (rc == 0)
		rc = grants_seed(host, build, error);
out:
	if (dom != NULL)
		xc_dom_release(dom);
	return rc;
}

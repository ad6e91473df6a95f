/* SPDX-License-Identifier: MIT */
/* Restoring by libxenguest: HVM guests, and, as the reference for our own reader, PV ones. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "save.h"
/* Needs xenctrl.h before it. */
#include <xenguest.h>

static void *map_frame(struct lightvm_host *host, uint32_t domid, xen_pfn_t frame)
{
	return xenforeignmemory_map(host->memory, domid, PROT_READ, 1, &frame, NULL);
}

/* The machine frame of a PV guest's frame, by its own list. 0: it cannot be found. */
static uint64_t find_frame(struct lightvm_host *host, uint32_t domid, const start_info_t *start, uint64_t pfn)
{
	uint64_t address = start->mfn_list + pfn * sizeof(uint64_t), mfn;
	const char *page;

	page = map_frame(host, domid, xc_translate_foreign_address(host->xc, domid, 0, address));
	if (page == NULL)
		return 0;
	mfn = *(const uint64_t *)(page + address % XC_PAGE_SIZE);
	xenforeignmemory_unmap(host->memory, (void *)page, 1);
	return mfn;
}

/* A unikernel's control pages: where they lie, its old device page says. */
static int find_control_pages(struct lightvm_host *host, struct restore *restore, struct lightvm_error *error)
{
	struct guest_pages *pages = &restore->build.pages;
	uint32_t domid = restore->build.domid, i;
	vcpu_guest_context_any_t context;
	const struct noxs_device_page *table = NULL;
	const start_info_t *start = NULL;
	int rc;

	rc = xc_vcpu_getcontext(host->xc, domid, 0, &context);
	if (rc == 0) {
		start = map_frame(host, domid, context.x64.user_regs.rdx);
		table = map_frame(host, domid, pages->device_mfn);
	}
	if (start == NULL || table == NULL) {
		rc = host_error(host, error, "find device page", "The guest's start_info cannot be mapped");
		goto out;
	}
	/* devices[1], the console, has the slot's place taken: slot n lies in entry n + 1. */
	for (i = 0; i < pages->control_count; i++) {
		pages->control_pfn[i] = table->devices[i == 0 ? 0 : i + 1].control_pfn;
		pages->control_mfn[i] = find_frame(host, domid, start, pages->control_pfn[i]);
	}
	pages->console_pfn = table->devices[1].control_pfn;
	rc = 0;
out:
	if (start != NULL)
		xenforeignmemory_unmap(host->memory, (void *)start, 1);
	if (table != NULL)
		xenforeignmemory_unmap(host->memory, (void *)table, 1);
	return rc;
}

int restore_xenguest(struct lightvm_host *host, struct restore *restore, struct lightvm_error *error)
{
	struct build *build = &restore->build;
	struct restore_callbacks callbacks = {0};
	unsigned long store = 0, console = 0;
	uint32_t store_port =
	    build->store_event_channel != 0 ? build->store_event_channel : build->event_channel;
	int rc;

	rc = xc_domain_restore(host->xc, restore->fd, build->domid, store_port, &store, 0, build->event_channel,
	                       &console, 0, XC_STREAM_PLAIN, &callbacks, -1);
	if (rc != 0) {
		errno = EBADMSG;
		return host_error(host, error, "read stream", "The saved guest cannot be restored");
	}
	build->pages.device_mfn = store;
	build->pages.console_mfn = console;
	if (build->pages.control_count != 0)
		return find_control_pages(host, restore, error);
	return 0;
}

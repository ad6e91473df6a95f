/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include "xen_common.h"
#include "xen_look.h"

#define FRAME_OF(entry) (((entry)&0xffffffffff000ULL) >> XC_PAGE_SHIFT)

static xc_interface *xc;

static void *map_list(uint32_t domid, const xen_pfn_t *frames, size_t count)
{
	void *pages =
	    xenforeignmemory_map(xc_interface_fmem_handle(xc), domid, PROT_READ, count, frames, NULL);

	if (pages == NULL)
		fail("map the guest's frames", strerror(errno));
	return pages;
}

void *look_map(uint32_t domid, uint64_t mfn)
{
	xen_pfn_t frame = mfn;

	return map_list(domid, &frame, 1);
}

void look_unmap(void *page)
{
	xenforeignmemory_unmap(xc_interface_fmem_handle(xc), page, 1);
}

uint64_t look_entry(const struct look *look, uint64_t address)
{
	uint64_t entry = look->root << XC_PAGE_SHIFT | 1;

	for (int level = 4; level >= 1 && (entry & 1) != 0; level--) {
		uint64_t *table = look_map(look->domid, FRAME_OF(entry));

		entry = table[address >> (XC_PAGE_SHIFT + (level - 1) * 9) & 511];
		look_unmap(table);
	}
	return (entry & 1) != 0 ? entry : 0;
}

/* Copies what the guest has at an address. */
static void *copy_from(const struct look *look, uint64_t address, size_t size)
{
	char *bytes = malloc((size + XC_PAGE_SIZE - 1) & ~(XC_PAGE_SIZE - 1UL));

	if (bytes == NULL)
		fail("copy", strerror(ENOMEM));
	for (size_t done = 0; done < size; done += XC_PAGE_SIZE) {
		uint64_t entry = look_entry(look, address + done);
		void *page;

		expect(entry != 0, "an address of the guest is mapped");
		page = look_map(look->domid, FRAME_OF(entry));
		memcpy(bytes + done, page, XC_PAGE_SIZE);
		look_unmap(page);
	}
	return bytes;
}

void look_open(struct look *look, uint32_t domid)
{
	vcpu_guest_context_any_t any;
	xc_dominfo_t info;
	uint32_t khz, incarnation;
	uint64_t elapsed;

	memset(look, 0, sizeof(*look));
	if (xc == NULL)
		xc = xc_interface_open(NULL, NULL, 0);
	if (xc == NULL || xc_vcpu_getcontext(xc, domid, 0, &any) != 0 ||
	    xc_domain_getinfo(xc, domid, 1, &info) != 1 || info.domid != domid ||
	    xc_domain_get_tsc_info(xc, domid, &look->clock, &elapsed, &khz, &incarnation) != 0)
		fail("look into a domain", strerror(errno));
	look->domid = domid;
	look->vcpu = any.x64;
	look->root = xen_cr3_to_pfn_x86_64(any.x64.ctrlreg[3]);
	look->shared_frame = info.shared_info_frame;
	look->start_address = look->vcpu.user_regs.rsi;
	look->start = copy_from(look, look->start_address, XC_PAGE_SIZE);
	look->frames = look->start->nr_pages;
	look->list = copy_from(look, look->start->mfn_list, look->frames * sizeof(*look->list));
	look->memory = map_list(domid, look->list, look->frames);
}

void look_close(struct look *look)
{
	xenforeignmemory_unmap(xc_interface_fmem_handle(xc), look->memory, look->frames);
	free(look->start);
	free(look->list);
}

uint64_t look_pfn(const struct look *look, uint64_t mfn)
{
	for (uint64_t pfn = 0; pfn < look->frames; pfn++)
		if (look->list[pfn] == mfn)
			return pfn;
	return UINT64_MAX;
}

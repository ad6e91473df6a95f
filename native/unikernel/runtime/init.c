/* SPDX-License-Identifier: MIT */
/* From the first instruction in C to main and to the end. */
#include "noxs_bus.h"
#include "runtime.h"
#include "xenstore.h"

#define MAX_ARGUMENTS   64
#define FRAMES_PER_PAGE (PAGE_SIZE / sizeof(unsigned long))

extern char shared_info_page[];

start_info_t *start_info;
shared_info_t *const shared_info = (shared_info_t *)shared_info_page;

void *frame_to_pointer(uint64_t pfn)
{
	/* The builder lays its pages one after another, page tables last; all of that is mapped. */
	uint64_t end = start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;
	uint64_t base = (uint64_t)image_start;

	if (pfn >= (end - base) >> PAGE_SHIFT)
		return NULL;
	return image_start + (pfn << PAGE_SHIFT);
}

void *machine_frame_to_pointer(uint64_t mfn)
{
	const unsigned long *machine_to_physical = (const unsigned long *)MACH2PHYS_VIRT_START;

	return frame_to_pointer(machine_to_physical[mfn]);
}

uint64_t pointer_to_machine_frame(const void *pointer)
{
	const unsigned long *list = (const unsigned long *)start_info->mfn_list;

	return list[((const char *)pointer - image_start) >> PAGE_SHIFT];
}

void shared_info_map(void)
{
	uint64_t entry = start_info->shared_info | 0x3; /* present, writable */
	long result = hypercall_update_va_mapping(shared_info, entry, UVMF_INVLPG);

	if (result != 0)
		__asm__ volatile("ud2"); /* nothing works yet: Xen's log tells where */
}

/*
 * Where the frame list is: what a toolstack must know to save or dump the guest. Up to 1 GiB it is told the
 * older way, as a page of frames of pages of frames of the list; the newer way, its address, is no good for
 * libxenguest's dump, which finds a list only where its level-2 table begins.
 */
void publish_frame_list(void)
{
	static unsigned long top[FRAMES_PER_PAGE] __attribute__((aligned(PAGE_SIZE)));
	static unsigned long middle[FRAMES_PER_PAGE] __attribute__((aligned(PAGE_SIZE)));
	const unsigned long *list = (const unsigned long *)start_info->mfn_list;
	unsigned long count = (start_info->nr_pages + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE, i;
	uint64_t cr3;

	if (count <= FRAMES_PER_PAGE) {
		for (i = 0; i < count; i++)
			middle[i] = pointer_to_machine_frame(list + i * FRAMES_PER_PAGE);
		top[0] = pointer_to_machine_frame(middle);
		shared_info->arch.pfn_to_mfn_frame_list_list = pointer_to_machine_frame(top);
	} else {
		__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
		shared_info->arch.pfn_to_mfn_frame_list_list = ~0UL;
		shared_info->arch.p2m_vaddr = start_info->mfn_list;
		shared_info->arch.p2m_cr3 = cr3;
	}
	shared_info->arch.max_pfn = start_info->nr_pages;
}

_Noreturn void runtime_start(start_info_t *info);

_Noreturn void runtime_start(start_info_t *info)
{
	char *argv[MAX_ARGUMENTS];
	int argc, result;

	start_info = info;
	noxs_init();
	console_init();
	sysctl_init();
	/*
	 * The first sign of life; whoever looks sees what has been published before. What comes for the guest
	 * from now on waits in the shared page. It goes out this early because a host may be waiting for it:
	 * each page of code that runs first, and each hypercall, would have it wait longer.
	 */
	event_notify(console_port());
	shared_info_map();
	traps_init();
	publish_frame_list();
	xenstore_init();
	noxs_bus_start();
	xenstore_start_drivers();
	argc = arguments_parse((char *)info->cmd_line, sizeof(info->cmd_line), argv, MAX_ARGUMENTS);
	result = main(argc, argv);
	if (result == 0)
		guest_poweroff();
	panic("main returned %d", result);
}

/* SPDX-License-Identifier: MIT */
/*
 * On a real Xen host: one guest twice, by our builder and by libxenguest, the reference. The two domains are
 * the same in all that a guest can see at its start, but for the machine frames that Xen gave each.
 *
 *   xen_builders KERNEL...
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>
#include "xen_common.h"
#include "xen_look.h"

#define RAMDISK 5000
#define SPARE   128 /* pages that our unikernels want mapped behind their stack */
#define TABLE   (XC_PAGE_SIZE / sizeof(uint64_t))
#define ADDRESS 0xffffffffff000ULL

enum { OURS, REFERENCE, BUILDERS };
static const uint32_t builders[BUILDERS] = {LIGHTVM_BUILDER_ANY, LIGHTVM_BUILDER_XENGUEST};

static void same(uint64_t ours, uint64_t reference, const char *what)
{
	if (ours == reference)
		return;
	printf("%s: %#llx, with libxenguest %#llx\n", what, (unsigned long long)ours,
	       (unsigned long long)reference);
	fail(what, "is another");
}

static void compare_vcpus(const struct look *ours, const struct look *reference)
{
	const vcpu_guest_context_x86_64_t *a = &ours->vcpu, *b = &reference->vcpu;

	same(a->flags, b->flags, "flags");
	same(a->user_regs.rip, b->user_regs.rip, "rip");
	same(a->user_regs.rsp, b->user_regs.rsp, "rsp");
	same(a->user_regs.rsi, b->user_regs.rsi, "rsi");
	same(a->user_regs.rflags, b->user_regs.rflags, "rflags");
	same(a->user_regs.cs, b->user_regs.cs, "cs");
	same(a->user_regs.ss, b->user_regs.ss, "ss");
	same(a->user_regs.ds, b->user_regs.ds, "ds");
	same(a->kernel_ss, b->kernel_ss, "kernel_ss");
	same(a->kernel_sp, b->kernel_sp, "kernel_sp");
	same(a->ctrlreg[0], b->ctrlreg[0], "cr0");
	same(a->ctrlreg[4], b->ctrlreg[4], "cr4");
	same(look_pfn(ours, ours->root), look_pfn(reference, reference->root), "cr3's frame");
}

static void compare_starts(const struct look *ours, const struct look *reference)
{
	const start_info_t *a = ours->start, *b = reference->start;

	expect(memcmp(a->magic, b->magic, sizeof(a->magic)) == 0, "magic is the same");
	same(a->nr_pages, b->nr_pages, "nr_pages");
	same(a->shared_info, ours->shared_frame << XC_PAGE_SHIFT, "shared_info, as Xen has it");
	same(b->shared_info, reference->shared_frame << XC_PAGE_SHIFT, "shared_info, as Xen has it");
	same(a->flags, b->flags, "start flags");
	same(look_pfn(ours, a->store_mfn), look_pfn(reference, b->store_mfn), "store_mfn's frame");
	same(a->store_evtchn, b->store_evtchn, "store_evtchn");
	same(look_pfn(ours, a->console.domU.mfn), look_pfn(reference, b->console.domU.mfn),
	     "console's frame");
	same(a->console.domU.evtchn, b->console.domU.evtchn, "console's event channel");
	same(a->pt_base, b->pt_base, "pt_base");
	same(a->nr_pt_frames, b->nr_pt_frames, "nr_pt_frames");
	same(a->mfn_list, b->mfn_list, "mfn_list");
	same(a->mod_start, b->mod_start, "mod_start");
	same(a->mod_len, b->mod_len, "mod_len");
	same(a->first_p2m_pfn, b->first_p2m_pfn, "first_p2m_pfn");
	same(a->nr_p2m_frames, b->nr_p2m_frames, "nr_p2m_frames");
	expect(memcmp(a->cmd_line, b->cmd_line, sizeof(a->cmd_line)) == 0, "command line is the same");
}

/*
 * Tables lie in the same frames, so their entries are compared one by one: bits, and the frames they lead to.
 * A guest that maps its memory by itself gets less from us: all that it begins with, and what its note asks
 * for.
 */
static void compare_tables(const struct look *ours, const struct look *reference)
{
	uint64_t first = look_pfn(ours, ours->root), stack = first + ours->start->nr_pt_frames;

	for (uint64_t i = 0; i < ours->start->nr_pt_frames * TABLE; i++) {
		uint64_t a = ((uint64_t *)(ours->memory + (first << XC_PAGE_SHIFT)))[i];
		uint64_t b = ((uint64_t *)(reference->memory + (first << XC_PAGE_SHIFT)))[i];

		/* Xen fills the half of the top table that is its own. */
		if (i >= 256 && i < 272)
			continue;
		if (a == 0 && b != 0 && look_pfn(reference, (b & ADDRESS) >> XC_PAGE_SHIFT) > stack + SPARE)
			continue;
		same(a & ~ADDRESS, b & ~ADDRESS, "bits of an entry");
		if ((a & 1) != 0)
			same(look_pfn(ours, (a & ADDRESS) >> XC_PAGE_SHIFT),
			     look_pfn(reference, (b & ADDRESS) >> XC_PAGE_SHIFT), "frame of an entry");
	}
}

static void same_page(const struct look *ours, const struct look *reference, uint64_t pfn, const char *what)
{
	const char *a = ours->memory + (pfn << XC_PAGE_SHIFT),
	           *b = reference->memory + (pfn << XC_PAGE_SHIFT);

	if (memcmp(a, b, XC_PAGE_SIZE) == 0)
		return;
	for (size_t i = 0; i < XC_PAGE_SIZE; i++)
		if (a[i] != b[i]) {
			printf("frame %llu differs at byte %zu\n", (unsigned long long)pfn, i);
			break;
		}
	fail(what, "is another");
}

/* The image, the ramdisk, console and control pages; the device page but for what is each guest's own. */
static void compare_pages(const struct look *ours, const struct look *reference, unsigned int control_pages)
{
	uint64_t list = look_pfn(ours, (look_entry(ours, ours->start->mfn_list) & ADDRESS) >> XC_PAGE_SHIFT),
	         device = look_pfn(ours, ours->start->store_mfn), pfn;
	uint64_t console = look_pfn(ours, ours->start->console.domU.mfn);
	struct noxs_device_page *a = malloc(XC_PAGE_SIZE), *b = malloc(XC_PAGE_SIZE);

	for (pfn = 0; pfn < list; pfn++)
		same_page(ours, reference, pfn, "the image");
	same_page(ours, reference, console, "the console's page");
	for (pfn = 0; pfn < control_pages; pfn++)
		same_page(ours, reference, console + 1 + pfn, "a control page");
	memcpy(a, ours->memory + (device << XC_PAGE_SHIFT), XC_PAGE_SIZE);
	memcpy(b, reference->memory + (device << XC_PAGE_SHIFT), XC_PAGE_SIZE);
	expect(memcmp(a->entropy, b->entropy, sizeof(a->entropy)) != 0, "each has random bytes of its own");
	memset(a->entropy, 0, sizeof(a->entropy));
	memset(b->entropy, 0, sizeof(b->entropy));
	expect(memcmp(a, b, XC_PAGE_SIZE) == 0, "the device page is the same");
	free(a);
	free(b);
}

/* A grant leads to the page of that frame: a byte that is written through it is found there. */
static void check_grant(const struct look *look, uint32_t reference, uint64_t pfn)
{
	volatile char *granted = map_grant(look->domid, reference),
	              *page = look->memory + (pfn << XC_PAGE_SHIFT);
	char before = granted[XC_PAGE_SIZE - 1];

	granted[XC_PAGE_SIZE - 1] = (char)(before + 1);
	expect(page[XC_PAGE_SIZE - 1] == (char)(before + 1), "a grant leads to its page");
	granted[XC_PAGE_SIZE - 1] = before;
	xengnttab_unmap(grants, (void *)granted, 1);
}

static void check_grants(const struct look *look, unsigned int control_pages)
{
	uint64_t console = look_pfn(look, look->start->console.domU.mfn);

	check_grant(look, NOXS_GREF_CONSOLE, console);
	check_grant(look, NOXS_GREF_DEVICES, look_pfn(look, look->start->store_mfn));
	for (unsigned int i = 0; i < control_pages; i++)
		check_grant(look, NOXS_GREF_CONTROL + i, console + 1 + i);
}

static void compare_shared(const struct look *ours, const struct look *reference)
{
	shared_info_t *a = look_map(ours->domid, ours->shared_frame);
	shared_info_t *b = look_map(reference->domid, reference->shared_frame);

	for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		same(a->vcpu_info[i].evtchn_upcall_mask, b->vcpu_info[i].evtchn_upcall_mask, "upcall mask");
	look_unmap(a);
	look_unmap(b);
}

static void compare(const char *kernel, uint64_t memory, unsigned int control_pages, bool with_ramdisk)
{
	static char ramdisk[RAMDISK];
	struct lightvm_guest_config config = {.memory_bytes = memory,
	                                      .vcpu_count = 1,
	                                      .control_pages = control_pages,
	                                      .command_line = "one two",
	                                      .name = "twin"};
	struct lightvm_guest_layout layouts[BUILDERS];
	struct look looks[BUILDERS];

	config.kernel = read_file(kernel, &config.kernel_size);
	memset(ramdisk, 'r', sizeof(ramdisk));
	if (with_ramdisk) {
		config.ramdisk = ramdisk;
		config.ramdisk_size = sizeof(ramdisk);
	}
	make_uuid(config.uuid, 1);
	for (int i = 0; i < BUILDERS; i++) {
		config.builder = builders[i];
		check(lightvm_guest_create(host, &config, &layouts[i], &error), "create");
		look_open(&looks[i], layouts[i].domid);
	}
	same(layouts[OURS].event_channel, layouts[REFERENCE].event_channel, "event channel");
	compare_vcpus(&looks[OURS], &looks[REFERENCE]);
	compare_starts(&looks[OURS], &looks[REFERENCE]);
	compare_tables(&looks[OURS], &looks[REFERENCE]);
	compare_pages(&looks[OURS], &looks[REFERENCE], control_pages);
	compare_shared(&looks[OURS], &looks[REFERENCE]);
	for (int i = 0; i < BUILDERS; i++) {
		check_grants(&looks[i], control_pages);
		expect(looks[i].clock == LOOK_CLOCK_NATIVE, "it reads the counter without a trap");
		look_close(&looks[i]);
		check(lightvm_domain_destroy(host, layouts[i].domid, &error), "destroy");
	}
	printf("%s with %llu KiB: the same\n", kernel, (unsigned long long)memory >> 10);
	free((void *)config.kernel);
}

int main(int argc, char **argv)
{
	uint64_t before;

	xen_open();
	before = free_memory();
	for (int i = 1; i < argc; i++) {
		compare(argv[i], 4 * MIB, 1, false);
		compare(argv[i], 5 * MIB + 4096, 3, true);
		compare(argv[i], 64 * MIB, NOXS_MAX_CONTROL, true);
	}
	check_list(0);
	check_memory(before);
	return 0;
}

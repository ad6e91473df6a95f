/* SPDX-License-Identifier: MIT */
/* Images, good and broken: each broken one is refused with a sentence, and nothing is read outside the
 * buffer. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <lightvm/noxs.h>
#include "image.h"
#include "sample_image.h"
#include "test.h"

static struct sample_image sample;
static struct lightvm_error error;
static struct image image;
static uint32_t type = LIGHTVM_PV;

/* In a buffer of exactly its size, so that the sanitizer sees every byte too many. */
static int parse(const void *bytes, size_t size)
{
	void *copy = malloc(size > 0 ? size : 1);
	int rc;

	memcpy(copy, bytes, size);
	memset(&error, 0, sizeof(error));
	rc = image_parse(copy, size, type, &image, &error);
	free(copy);
	return rc;
}

static bool refused(const char *words)
{
	int rc = parse(&sample, sizeof(sample));
	bool as_expected = rc == -1 && error.error_number == ENOEXEC && strstr(error.message, words) != NULL;

	if (!as_expected)
		printf("got %d, errno %d: %s\n", rc, error.error_number, error.message);
	sample_make(&sample);
	return as_expected;
}

static void test_good(void)
{
	CHECK(parse(&sample, sizeof(sample)) == 0);
	CHECK(image.virt_base == SAMPLE_BASE);
	CHECK(image.entry == SAMPLE_BASE + 16);
	CHECK(image.start == SAMPLE_BASE);
	CHECK(image.end == SAMPLE_BASE + 4096 + 10000);
	CHECK(image.hypercall_page == IMAGE_NONE);
	CHECK(image.is_unikernel);
	CHECK(!image.has_initial_p2m);
	CHECK(image.segment_count == 2);
}

static void test_types(void)
{
	uint64_t entry = SAMPLE_BASE + 16, outside = SAMPLE_BASE - 1, one = 1;
	size_t size;

	type = LIGHTVM_PVH;
	CHECK(parse(&sample, sizeof(sample)) == -1 && error.error_number == EINVAL);
	sample_make_stock(&sample);
	CHECK(parse(&sample, sizeof(sample)) == 0);
	CHECK(image.virt_base == 0 && image.entry == entry && image.start == SAMPLE_BASE);
	CHECK(!image.is_unikernel && !image.loads_ramdisk_apart);
	sample.segments[0].p_paddr = IMAGE_PVH_HOLE - 4096;
	CHECK(parse(&sample, sizeof(sample)) == -1 && strstr(error.message, "entry lies outside") != NULL);
	sample.segments[0].p_paddr++;
	CHECK(refused("outside the addresses"));
	sample_make_stock(&sample);
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_PHYS32_ENTRY, &outside, 8);
	sample.segments[2].p_filesz = size;
	CHECK(refused("entry lies outside"));
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	sample.segments[2].p_filesz = size;
	CHECK(refused("cannot run as a PVH guest"));
	type = LIGHTVM_PV;
	sample_make_stock(&sample);
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_MOD_START_PFN, &one, 8);
	sample.segments[2].p_filesz = size;
	CHECK(parse(&sample, sizeof(sample)) == 0);
	CHECK(image.virt_base == SAMPLE_BASE && !image.is_unikernel && image.loads_ramdisk_apart);
	sample_make(&sample);
	/* Only the way in for PVH. */
	size = sample_note(sample.notes, 0, XEN_ELFNOTE_PHYS32_ENTRY, &entry, 8);
	sample.segments[2].p_filesz = size;
	CHECK(refused("only as PVH"));
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_GUEST_OS, "plan9", 6);
	sample.segments[2].p_filesz = size;
	CHECK(refused("a system 'plan9'"));
}

/* A Linux that brings its control pages with it. */
static void test_noxs(void)
{
	uint64_t pages = SAMPLE_BASE + 4096;
	size_t end;

	CHECK(parse(&sample, sizeof(sample)) == 0);
	CHECK(image.control_pages == IMAGE_NONE && image_wants_noxs(&image, "xenbus.noxs=off"));
	sample_make_stock(&sample);
	end = sample.segments[2].p_filesz;
	CHECK(parse(&sample, sizeof(sample)) == 0 && !image_wants_noxs(&image, NULL));
	sample.segments[2].p_filesz = sample_note_of(NOXS_NOTES, sample.notes, end, NOXS_NOTE_CONTROL, &pages, 8);
	CHECK(refused("control pages lie outside"));
	sample_make_stock(&sample);
	sample.segments[1].p_memsz = NOXS_MAX_CONTROL * 4096;
	sample.segments[2].p_filesz = sample_note_of(NOXS_NOTES, sample.notes, end, NOXS_NOTE_CONTROL, &pages, 8);
	CHECK(parse(&sample, sizeof(sample)) == 0 && image.control_pages == pages);
	CHECK(image_wants_noxs(&image, NULL) && image_wants_noxs(&image, "quiet xenbus.noxs=auto"));
	CHECK(!image_wants_noxs(&image, "xenbus.noxs=on quiet  xenbus.noxs=off x"));
	CHECK(image_wants_noxs(&image, "xenbus.noxs=off xenbus.noxs=on"));
	CHECK(image_wants_noxs(&image, "xenbus.noxs=offer not.xenbus.noxs=off"));
	sample.segments[1].p_memsz--;
	CHECK(refused("control pages lie outside"));
}

static void test_broken_header(void)
{
	CHECK(parse("", 0) == -1 && error.error_number == ENOEXEC);
	CHECK(parse("#!/bin/sh\n", 10) == -1 && strstr(error.message, "not an ELF") != NULL);
	sample.header.e_ident[EI_CLASS] = ELFCLASS32;
	CHECK(refused("64-bit x86"));
	sample.header.e_machine = EM_AARCH64;
	CHECK(refused("64-bit x86"));
	sample.header.e_type = ET_REL;
	CHECK(refused("not an executable"));
	sample.header.e_phnum = 0;
	CHECK(refused("program headers"));
	sample.header.e_phoff = UINT64_MAX - 8;
	CHECK(refused("program headers"));
	sample.header.e_phentsize = 32;
	CHECK(refused("program headers"));
	memcpy((char *)&sample + 0x202, "HdrS", 4);
	CHECK(refused("bzImage"));
}

static void test_broken_segments(void)
{
	sample.segments[0].p_filesz = 8192;
	CHECK(refused("beyond the end"));
	sample.segments[0].p_offset = UINT64_MAX;
	CHECK(refused("beyond the end"));
	sample.segments[1].p_memsz = UINT64_MAX;
	CHECK(refused("outside the addresses"));
	sample.segments[1].p_paddr = 0;
	CHECK(refused("outside the addresses"));
	sample.segments[0].p_type = sample.segments[1].p_type = PT_NULL;
	CHECK(refused("nothing to load"));
}

static void test_broken_notes(void)
{
	uint64_t outside = SAMPLE_BASE - 1;
	size_t size;

	sample.segments[2].p_type = PT_NULL;
	CHECK(refused("no Xen notes"));
	sample.segments[2].p_filesz = sizeof(sample);
	CHECK(refused("beyond the end"));
	((Elf64_Nhdr *)sample.notes)->n_descsz = UINT32_MAX;
	CHECK(refused("reaches beyond"));
	((Elf64_Nhdr *)sample.notes)->n_namesz = UINT32_MAX;
	CHECK(refused("reaches beyond"));
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_ENTRY, &outside, 8);
	sample.segments[2].p_filesz = size;
	CHECK(refused("entry lies outside"));
	size =
	    sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_HYPERCALL_PAGE, &outside, 8);
	sample.segments[2].p_filesz = size;
	CHECK(refused("hypercall page"));
	size = sample_note(sample.notes, sample.segments[2].p_filesz, XEN_ELFNOTE_XEN_VERSION, "xen-2.0", 8);
	sample.segments[2].p_filesz = size;
	CHECK(refused("xen-3.0"));
}

/* At the end of the addresses libxenguest's plan wraps around, and never ends. */
static void test_room(void)
{
	const uint64_t memory = 4 << 20, gib = 1 << 30;

	CHECK(parse(&sample, sizeof(sample)) == 0 && image_has_room(&image, memory, 0));
	image = (struct image){.virt_base = 0xffffffff80000000ULL, .end = 0xffffffff84000000ULL};
	CHECK(image_has_room(&image, 64 * gib, gib));
	CHECK(!image_has_room(&image, memory, 2 * gib));
	image = (struct image){.virt_base = 0xffffffffffc00000ULL, .end = 0xffffffffffd00000ULL};
	CHECK(!image_has_room(&image, memory, 0));
	image = (struct image){.virt_base = 0x7ffffff00000ULL, .end = 0x7ffffff80000ULL};
	CHECK(!image_has_room(&image, memory, 0));
	image = (struct image){.end = memory / 2, .has_initial_p2m = true, .initial_p2m = 0x8000000000ULL};
	CHECK(image_has_room(&image, memory, 0));
	image.initial_p2m = UINT64_MAX - 4095;
	CHECK(!image_has_room(&image, memory, 0));
	image.initial_p2m = 0xffff800000000000ULL; /* Xen's own */
	CHECK(!image_has_room(&image, memory, 0));
	image.initial_p2m = 0x8000000008ULL;
	CHECK(!image_has_room(&image, memory, 0));
}

/* A bounded fuzz: whatever bytes change, the parser answers, and what it accepts lies in the buffer. */
static void test_fuzz(void)
{
	unsigned int seed = 1, accepted = 0;

	for (int round = 0; round < 20000; round++) {
		size_t size = sizeof(sample);
		int changes = 1 + rand_r(&seed) % 8;

		sample_make(&sample);
		sample_make_stock(&sample);
		for (int i = 0; i < changes; i++) {
			size_t at = (size_t)rand_r(&seed) % 700; /* headers and notes */

			((uint8_t *)&sample)[at] = (uint8_t)rand_r(&seed);
		}
		if (rand_r(&seed) % 4 == 0)
			size = (size_t)rand_r(&seed) % sizeof(sample);
		if (parse(&sample, size) != 0) {
			CHECK(error.error_number == ENOEXEC || error.error_number == EINVAL);
			CHECK(error.message[0] != '\0');
			continue;
		}
		accepted++;
		CHECK(image.end > image.start && image.start >= image.virt_base);
		for (uint32_t i = 0; i < image.segment_count; i++) {
			CHECK(image.segments[i].offset <= size);
			CHECK(image.segments[i].file_size <= size - image.segments[i].offset);
			CHECK(image.segments[i].file_size <= image.segments[i].memory_size);
		}
	}
	CHECK(accepted > 0);
	sample_make(&sample);
}

int main(void)
{
	sample_make(&sample);
	test_good();
	test_types();
	test_noxs();
	test_broken_header();
	test_broken_segments();
	test_broken_notes();
	test_room();
	test_fuzz();
	type = LIGHTVM_PVH;
	test_fuzz();
	return TEST_RESULT();
}

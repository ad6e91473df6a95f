/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <lightvm/noxs.h>
#include <xen/elfnote.h>
#include "error.h"
#include "image.h"

#define STEP        "read kernel"
#define MAX_HEADERS 64
#define MAX_NOTES   256
#define PAGE_SIZE   4096ULL
#define SPARE       (16ULL << 20)
/* What our unikernels' GUEST_OS note says. */
#define UNIKERNEL_OS "LightVM"
/* A note of our own. */
#define NOTE_SPARE 1
#define LEAST_SPARE    (64ULL << 10)
#define MOST_SPARE     (4ULL << 20)
/* A PV guest has the addresses below the hole of non-canonical ones, and those above Xen's own. */
#define LOW_END 0x0000800000000000ULL
#define XEN_END 0xffff880000000000ULL

/* Numbers and strings of the notes; IMAGE_NONE and NULL where there is none. */
struct notes {
	uint64_t entry, physical_entry, hypercall_page, virt_base, paddr_offset, initial_p2m, ramdisk_apart;
	uint64_t spare, control_pages;
	bool any, has_initial_p2m;
	char xen_version[16], loader[16], guest_os[32];
};

static bool within(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static uint64_t note_number(const uint8_t *value, uint32_t size)
{
	uint64_t number = 0;

	if (size != 4 && size != 8)
		return IMAGE_NONE;
	memcpy(&number, value, size); /* little endian, checked in the ELF header */
	return number;
}

static void note_string(char *text, size_t capacity, const uint8_t *value, uint32_t size)
{
	size_t length = size < capacity - 1 ? size : capacity - 1;

	memcpy(text, value, length);
	text[length] = '\0';
}

static void take_note(struct notes *notes, uint32_t type, const uint8_t *value, uint32_t size)
{
	notes->any = true;
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		notes->entry = note_number(value, size);
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		notes->physical_entry = note_number(value, size);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		notes->ramdisk_apart = note_number(value, size);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		notes->hypercall_page = note_number(value, size);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		notes->virt_base = note_number(value, size);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		notes->paddr_offset = note_number(value, size);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		notes->has_initial_p2m = true;
		notes->initial_p2m = note_number(value, size);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		note_string(notes->xen_version, sizeof(notes->xen_version), value, size);
		break;
	case XEN_ELFNOTE_LOADER:
		note_string(notes->loader, sizeof(notes->loader), value, size);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_string(notes->guest_os, sizeof(notes->guest_os), value, size);
		break;
	default:
		break;
	}
}

static void take_our_note(struct notes *notes, uint32_t type, const uint8_t *value, uint32_t size)
{
	if (type == NOTE_SPARE)
		notes->spare = note_number(value, size);
	else if (type == NOXS_NOTE_CONTROL)
		notes->control_pages = note_number(value, size);
}

/* Walks one note segment. A broken one is an error: libxenguest would walk it too. */
static int walk_notes(const uint8_t *bytes, uint64_t size, struct notes *notes, struct lightvm_error *error)
{
	uint64_t position = 0, name, value;
	unsigned int count;
	Elf64_Nhdr header;

	for (count = 0; position < size; count++) {
		if (count == MAX_NOTES)
			return error_set(error, ENOEXEC, STEP, "The kernel has more than %d notes.",
			                 MAX_NOTES);
		if (!within(position, sizeof(header), size))
			break; /* padding */
		memcpy(&header, bytes + position, sizeof(header));
		name = position + sizeof(header);
		value = name + (((uint64_t)header.n_namesz + 3) & ~3ULL);
		if (!within(name, header.n_namesz, size) || !within(value, header.n_descsz, size))
			return error_set(error, ENOEXEC, STEP,
			                 "A note of the kernel reaches beyond its segment.");
		if (header.n_namesz == 4 && memcmp(bytes + name, "Xen", 4) == 0)
			take_note(notes, header.n_type, bytes + value, header.n_descsz);
		else if (header.n_namesz == sizeof(NOXS_NOTES) &&
		         memcmp(bytes + name, NOXS_NOTES, sizeof(NOXS_NOTES)) == 0)
			take_our_note(notes, header.n_type, bytes + value, header.n_descsz);
		position = value + (((uint64_t)header.n_descsz + 3) & ~3ULL);
	}
	return 0;
}

static int check_header(const uint8_t *bytes, uint64_t size, Elf64_Ehdr *header, struct lightvm_error *error)
{
	if (size >= 0x206 && memcmp(bytes + 0x202, "HdrS", 4) == 0)
		return error_set(
		    error, ENOEXEC, STEP,
		    "The kernel is a compressed Linux image (bzImage); unpack it to its vmlinux first.");
	if (size < sizeof(*header) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return error_set(error, ENOEXEC, STEP, "The kernel is not an ELF file.");
	memcpy(header, bytes, sizeof(*header));
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_machine != EM_X86_64)
		return error_set(error, ENOEXEC, STEP, "The kernel is not a 64-bit x86 ELF file.");
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return error_set(error, ENOEXEC, STEP,
		                 "The kernel is an ELF file, but not an executable one.");
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
	    header->e_phnum > MAX_HEADERS ||
	    !within(header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr), size))
		return error_set(error, ENOEXEC, STEP,
		                 "The program headers of the kernel are broken or too many.");
	return 0;
}

static int take_segment(struct image *image, const Elf64_Phdr *header, struct lightvm_error *error)
{
	struct image_segment *segment;

	if (image->segment_count == IMAGE_MAX_SEGMENTS)
		return error_set(error, ENOEXEC, STEP, "The kernel has more than %d loadable segments.",
		                 IMAGE_MAX_SEGMENTS);
	if (header->p_filesz > header->p_memsz || !within(header->p_offset, header->p_filesz, image->size))
		return error_set(error, ENOEXEC, STEP,
		                 "A segment of the kernel reaches beyond the end of the file.");
	segment = &image->segments[image->segment_count++];
	segment->offset = header->p_offset;
	segment->file_size = header->p_filesz;
	segment->start = header->p_paddr; /* made virtual once the notes are known */
	segment->memory_size = header->p_memsz;
	return 0;
}

static bool is_guest_range(uint64_t start, uint64_t end, uint32_t type)
{
	if (type == LIGHTVM_PVH)
		return start < end && end <= IMAGE_PVH_HOLE;
	return start < end && (end <= LOW_END || start >= XEN_END);
}

/* Whether the notes are those of a kernel for this type of guest. */
static int check_type(const struct notes *notes, uint32_t type, struct lightvm_error *error)
{
	if (type == LIGHTVM_PVH) {
		if (strcmp(notes->guest_os, UNIKERNEL_OS) == 0)
			return error_set(error, EINVAL, STEP,
			                 "A unikernel runs as a PV guest only, not as PVH.");
		if (notes->physical_entry == IMAGE_NONE)
			return error_set(
			    error, ENOEXEC, STEP,
			    "The kernel cannot run as a PVH guest: it has no PHYS32_ENTRY note.");
		return 0;
	}
	if (strncmp(notes->xen_version, "xen-3.", 6) != 0 ||
	    (notes->entry == IMAGE_NONE && notes->physical_entry != IMAGE_NONE))
		return error_set(error, ENOEXEC, STEP,
		                 notes->physical_entry != IMAGE_NONE
		                     ? "The kernel cannot run as a PV guest, only as PVH."
		                     : "The kernel's notes do not name the interface xen-3.0.");
	if (strncmp(notes->loader, "generic", 7) != 0 && strncmp(notes->guest_os, "linux", 5) != 0 &&
	    strcmp(notes->guest_os, UNIKERNEL_OS) != 0)
		return error_set(
		    error, ENOEXEC, STEP,
		    "The kernel is for a system '%s' and a loader '%s', which are not known here.",
		    notes->guest_os, notes->loader);
	return 0;
}

/* Where a kernel has its control pages, by its note; they must lie in it. */
static int place_control(struct image *image, const struct notes *notes, uint64_t shift,
                         struct lightvm_error *error)
{
	uint64_t start = notes->control_pages, size = NOXS_MAX_CONTROL * PAGE_SIZE;

	image->control_pages = notes->control_pages;
	if (start == IMAGE_NONE)
		return 0;
	if (start % PAGE_SIZE == 0 && start + shift >= image->start && start + shift <= image->end &&
	    size <= image->end - (start + shift))
		return 0;
	return error_set(error, ENOEXEC, STEP, "The kernel's control pages lie outside what it loads.");
}

/* Applies what the notes say: where all lies in the guest's address space. */
static int place(struct image *image, const struct notes *notes, const Elf64_Ehdr *header, uint32_t type,
                 struct lightvm_error *error)
{
	uint64_t shift = 0;
	uint32_t i;

	image->hypercall_page = IMAGE_NONE;
	if (type == LIGHTVM_PVH) {
		image->entry = notes->physical_entry;
	} else {
		image->virt_base = notes->virt_base == IMAGE_NONE ? 0 : notes->virt_base;
		shift = image->virt_base - (notes->paddr_offset == IMAGE_NONE ? 0 : notes->paddr_offset);
		image->entry = notes->entry == IMAGE_NONE ? header->e_entry : notes->entry;
		image->hypercall_page = notes->hypercall_page;
		image->has_initial_p2m = notes->has_initial_p2m;
		image->initial_p2m = notes->initial_p2m;
	}
	image->loads_ramdisk_apart =
	    type == LIGHTVM_PV && notes->ramdisk_apart != IMAGE_NONE && notes->ramdisk_apart != 0;
	image->is_unikernel = strcmp(notes->guest_os, UNIKERNEL_OS) == 0;
	memcpy(image->guest_os, notes->guest_os, sizeof(image->guest_os));
	image->start = UINT64_MAX;
	image->end = 0;
	for (i = 0; i < image->segment_count; i++) {
		struct image_segment *segment = &image->segments[i];
		uint64_t end;

		segment->start += shift;
		end = segment->start + segment->memory_size;
		if (segment->memory_size == 0)
			continue;
		if (!is_guest_range(segment->start, end, type) || segment->start < image->virt_base)
			return error_set(
			    error, ENOEXEC, STEP,
			    "A segment of the kernel lies outside the addresses that a guest has.");
		if (segment->start < image->start)
			image->start = segment->start;
		if (end > image->end)
			image->end = end;
	}
	if (image->end == 0)
		return error_set(error, ENOEXEC, STEP, "The kernel has nothing to load.");
	if ((image->virt_base & (PAGE_SIZE - 1)) != 0)
		return error_set(error, ENOEXEC, STEP, "The kernel's base address is not that of a page.");
	if (image->entry < image->start || image->entry >= image->end)
		return error_set(error, ENOEXEC, STEP, "The kernel's entry lies outside what it loads.");
	if (image->hypercall_page != IMAGE_NONE &&
	    ((image->hypercall_page & (PAGE_SIZE - 1)) != 0 || image->hypercall_page < image->start ||
	     !within(image->hypercall_page, PAGE_SIZE, image->end)))
		return error_set(error, ENOEXEC, STEP,
		                 "The kernel's hypercall page lies outside what it loads.");
	return place_control(image, notes, shift, error);
}

/* Room for page tables, which cost a 512th of what they map, and for what builders round up to. */
static bool has_room(uint64_t start, uint64_t bytes)
{
	return start <= UINT64_MAX - bytes - SPARE &&
	       is_guest_range(start, start + bytes + SPARE, LIGHTVM_PV);
}

bool image_has_room(const struct image *image, uint64_t memory_bytes, uint64_t beside)
{
	uint64_t list = memory_bytes / PAGE_SIZE * sizeof(uint64_t);
	uint64_t mapped = image->end - image->virt_base + beside;

	if (!image->has_initial_p2m)
		mapped += list;
	else if ((image->initial_p2m & (PAGE_SIZE - 1)) != 0 || !has_room(image->initial_p2m, list))
		return false;
	return has_room(image->virt_base, mapped + mapped / 256);
}

bool image_wants_noxs(const struct image *image, const char *command_line)
{
	const char *word = command_line;
	bool off = false;
	size_t length;

	if (image->is_unikernel || image->control_pages == IMAGE_NONE)
		return image->is_unikernel;
	/* As Linux reads it: the last one counts. */
	while (word != NULL && *word != '\0') {
		length = strcspn(word, " ");
		if (strncmp(word, NOXS_SWITCH, strlen(NOXS_SWITCH)) == 0)
			off = length == strlen(NOXS_SWITCH "off") &&
			      strncmp(word, NOXS_SWITCH "off", length) == 0;
		word += length + strspn(word + length, " ");
	}
	return !off;
}

int image_parse(const void *bytes, uint64_t size, uint32_t type, struct image *image,
                struct lightvm_error *error)
{
	struct notes notes = {.entry = IMAGE_NONE,
	                      .physical_entry = IMAGE_NONE,
	                      .ramdisk_apart = IMAGE_NONE,
	                      .hypercall_page = IMAGE_NONE,
	                      .virt_base = IMAGE_NONE,
	                      .paddr_offset = IMAGE_NONE,
	                      .control_pages = IMAGE_NONE};
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	uint32_t i;
	int rc;

	memset(image, 0, sizeof(*image));
	image->bytes = bytes;
	image->size = size;
	rc = check_header(image->bytes, size, &header, error);
	if (rc != 0)
		goto out;
	for (i = 0; i < header.e_phnum; i++) {
		memcpy(&segment, image->bytes + header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type == PT_LOAD) {
			rc = take_segment(image, &segment, error);
		} else if (segment.p_type == PT_NOTE) {
			if (within(segment.p_offset, segment.p_filesz, size))
				rc = walk_notes(image->bytes + segment.p_offset, segment.p_filesz, &notes,
				                error);
			else
				rc = error_set(error, ENOEXEC, STEP,
				               "The notes of the kernel reach beyond the end of the file.");
		}
		if (rc != 0)
			goto out;
	}
	if (!notes.any) {
		rc = error_set(error, ENOEXEC, STEP, "The kernel has no Xen notes: it was not made for Xen.");
		goto out;
	}
	rc = check_type(&notes, type, error);
	if (rc == 0)
		rc = place(image, &notes, &header, type, error);
	if (rc == 0 && image->is_unikernel && notes.spare >= LEAST_SPARE && notes.spare <= MOST_SPARE)
		image->mapped_spare = notes.spare;
out:
	return rc;
}

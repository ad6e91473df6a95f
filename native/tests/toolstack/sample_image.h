/* SPDX-License-Identifier: MIT */
/* A small, valid ELF image with Xen notes, made in memory, for tests to break. */
#ifndef TOOLSTACK_SAMPLE_IMAGE_H
#define TOOLSTACK_SAMPLE_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <xen/elfnote.h>

#define SAMPLE_BASE  0x400000ULL
#define SAMPLE_TEXT  4096 /* offset in the file, and size */
#define SAMPLE_NOTES 512  /* offset in the file */

struct sample_image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3]; /* text, data (zero bytes only), notes */
	uint8_t pad[SAMPLE_NOTES - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
	uint8_t notes[SAMPLE_TEXT - SAMPLE_NOTES];
	uint8_t text[4096];
};

/* `owner` has 3 or 7 letters. */
static inline size_t sample_note_of(const char *owner, uint8_t *to, size_t at, uint32_t type, const void *value,
                                    uint32_t size)
{
	Elf64_Nhdr header = {.n_namesz = (Elf64_Word)strlen(owner) + 1, .n_descsz = size, .n_type = type};

	memcpy(to + at, &header, sizeof(header));
	memcpy(to + at + sizeof(header), owner, header.n_namesz);
	memcpy(to + at + sizeof(header) + header.n_namesz, value, size);
	return at + sizeof(header) + header.n_namesz + ((size + 3) & ~3U);
}

static inline size_t sample_note(uint8_t *to, size_t at, uint32_t type, const void *value, uint32_t size)
{
	return sample_note_of("Xen", to, at, type, value, size);
}

static inline void sample_make(struct sample_image *image)
{
	uint64_t base = SAMPLE_BASE, entry = SAMPLE_BASE + 16;
	size_t size = 0;

	memset(image, 0, sizeof(*image));
	memcpy(image->header.e_ident, ELFMAG, SELFMAG);
	image->header.e_ident[EI_CLASS] = ELFCLASS64;
	image->header.e_ident[EI_DATA] = ELFDATA2LSB;
	image->header.e_type = ET_EXEC;
	image->header.e_machine = EM_X86_64;
	image->header.e_entry = entry;
	image->header.e_phoff = sizeof(Elf64_Ehdr);
	image->header.e_phentsize = sizeof(Elf64_Phdr);
	image->header.e_phnum = 3;
	size = sample_note(image->notes, size, XEN_ELFNOTE_GUEST_OS, "LightVM", 8);
	size = sample_note(image->notes, size, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	size = sample_note(image->notes, size, XEN_ELFNOTE_ENTRY, &entry, 8);
	size = sample_note(image->notes, size, XEN_ELFNOTE_VIRT_BASE, &base, 8);
	size = sample_note(image->notes, size, XEN_ELFNOTE_PADDR_OFFSET, &base, 8);
	image->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                  .p_flags = PF_R | PF_X,
	                                  .p_offset = SAMPLE_TEXT,
	                                  .p_vaddr = base,
	                                  .p_paddr = base,
	                                  .p_filesz = sizeof(image->text),
	                                  .p_memsz = sizeof(image->text)};
	image->segments[1] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                  .p_flags = PF_R | PF_W,
	                                  .p_vaddr = base + 4096,
	                                  .p_paddr = base + 4096,
	                                  .p_memsz = 10000};
	image->segments[2] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = SAMPLE_NOTES, .p_filesz = size};
	memset(image->text, 0x90, sizeof(image->text));
}

/* Turns it into a stock kernel, one that runs as PV and as PVH. */
static inline void sample_make_stock(struct sample_image *image)
{
	uint64_t entry = SAMPLE_BASE + 16;
	size_t size = image->segments[2].p_filesz;

	size = sample_note(image->notes, size, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	size = sample_note(image->notes, size, XEN_ELFNOTE_PHYS32_ENTRY, &entry, 8);
	image->segments[2].p_filesz = size;
}

#endif

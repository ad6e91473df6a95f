/* SPDX-License-Identifier: MIT */
/*
 * Where a guest begins: the notes by which a domain builder knows how to load it, and the first instructions.
 * Xen enters with paging on, events masked, rsi = start_info, and a stack that is the builder's: we take our own.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define VIRT_BASE  0x400000 /* as in guest.ld */
#define STACK_SIZE 16384

#define NOTE_STRING(type, text) \
	.balign 4; .long 4, 2f - 1f, type; .asciz "Xen"; 1: .asciz text; 2: .balign 4
#define NOTE_QUAD(type, value) \
	.balign 4; .long 4, 8, type; .asciz "Xen"; .quad value
#define NOTE_LONG(type, value) \
	.balign 4; .long 4, 4, type; .asciz "Xen"; .long value

	.section .note.Xen, "a", @note
	NOTE_STRING(XEN_ELFNOTE_GUEST_OS, "LightVM")
	NOTE_STRING(XEN_ELFNOTE_GUEST_VERSION, "0.1")
	NOTE_STRING(XEN_ELFNOTE_XEN_VERSION, "xen-3.0")
	NOTE_STRING(XEN_ELFNOTE_LOADER, "generic")
	NOTE_QUAD(XEN_ELFNOTE_ENTRY, _start)
	NOTE_QUAD(XEN_ELFNOTE_VIRT_BASE, VIRT_BASE)
	/* Physical addresses in the program headers are virtual ones: the image starts at frame 0. */
	NOTE_QUAD(XEN_ELFNOTE_PADDR_OFFSET, VIRT_BASE)
	NOTE_STRING(XEN_ELFNOTE_PAE_MODE, "yes")
	NOTE_STRING(XEN_ELFNOTE_FEATURES, "pae_pgdir_above_4gb")
	/* A cancelled suspend resumes in place. */
	NOTE_LONG(XEN_ELFNOTE_SUSPEND_CANCEL, 1)

	/* Our own: the guest maps its memory by itself, but for so many bytes behind the builder's stack (see pages.c). */
	.balign 4; .long 8, 8, 1; .asciz "LightVM"; .quad 0x80000

	.section .text.start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	cld
	mov $stack_top, %rsp
	xor %ebp, %ebp
	mov %rsi, %rdi
	call runtime_start
	ud2
	.size _start, . - _start

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl shared_info_page /* Xen's page is mapped over it */
shared_info_page:
	.skip 4096
	.globl stack_bottom, stack_top
stack_bottom:
	.skip STACK_SIZE
stack_top:

	.section .note.GNU-stack, "", @progbits

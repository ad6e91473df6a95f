/* SPDX-License-Identifier: MIT */
/*
 * One stub per exception vector. Xen enters with rcx and r11 pushed below the usual exception frame; where the
 * processor gives no error code a zero takes its place, so that all frames are alike: struct trap_frame in traps.c.
 * None returns: every exception ends the guest.
 */
	.macro TRAP vector, has_error
	.globl trap_entry_\vector
	.type trap_entry_\vector, @function
trap_entry_\vector:
	pop %rcx
	pop %r11
	.if !\has_error
	push $0
	.endif
	push $\vector
	jmp trap_common
	.endm

	.text
	TRAP 0, 0
	TRAP 1, 0
	TRAP 2, 0
	TRAP 3, 0
	TRAP 4, 0
	TRAP 5, 0
	TRAP 6, 0
	TRAP 7, 0
	TRAP 10, 1
	TRAP 11, 1
	TRAP 12, 1
	TRAP 13, 1
	TRAP 14, 1
	TRAP 16, 0
	TRAP 17, 1
	TRAP 18, 0
	TRAP 19, 0

trap_common:
	cld
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, %rdi
	and $-16, %rsp
	call trap_fatal
	ud2

	.section .note.GNU-stack, "", @progbits

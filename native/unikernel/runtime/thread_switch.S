/* SPDX-License-Identifier: MIT */
/*
 * void thread_switch(void **save, void *load): what a function must preserve goes on the stack of the thread that
 * stops, and comes from that of the one that goes on. A new thread's stack holds zeros and thread_begin.
 */
	.text
	.globl thread_switch
	.type thread_switch, @function
thread_switch:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
	.size thread_switch, . - thread_switch

	.section .note.GNU-stack, "", @progbits

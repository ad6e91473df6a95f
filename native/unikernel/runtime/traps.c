/* SPDX-License-Identifier: MIT */
/* Exceptions: each is a bug in the guest; it says what it knows and crashes. */
#include "runtime.h"

/* As trap_entry.S lays it, lowest address first. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define ENTRIES(X)                                                                                           \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(10) X(11) X(12) X(13) X(14) X(16) X(17) X(18) X(19)

#define DECLARE(vector) extern char trap_entry_##vector[];
ENTRIES(DECLARE)

static const char *const names[] = {
    [0] = "divide error",         [1] = "debug",        [2] = "NMI",
    [3] = "breakpoint",           [4] = "overflow",     [5] = "bound range",
    [6] = "invalid opcode",       [7] = "no FPU",       [10] = "invalid TSS",
    [11] = "segment not present", [12] = "stack fault", [13] = "general protection",
    [14] = "page fault",          [16] = "x87 error",   [17] = "alignment check",
    [18] = "machine check",       [19] = "SIMD error",
};

_Noreturn void trap_fatal(const struct trap_frame *frame);

_Noreturn void trap_fatal(const struct trap_frame *frame)
{
	static bool again;
	char text[768];
	int length;

	/* A fault while telling of a fault. */
	if (again)
		shutdown_now(SHUTDOWN_crash);
	again = true;
	threads_stop();
	length = snprintf(text, sizeof(text),
	                  "\npanic: %s: %s (vector %lu, error %lx) at %016lx, address %016lx\n"
	                  "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n"
	                  "rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n"
	                  "r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n"
	                  "r12 %016lx r13 %016lx r14 %016lx r15 %016lx flags %lx\n",
	                  guest_name, names[frame->vector], frame->vector, frame->error, frame->rip,
	                  frame->vector == 14 ? shared_info->vcpu_info[0].arch.cr2 : 0, frame->rax,
	                  frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi, frame->rbp, frame->rsp,
	                  frame->r8, frame->r9, frame->r10, frame->r11, frame->r12, frame->r13, frame->r14,
	                  frame->r15, frame->rflags);
	if (length > (int)sizeof(text) - 1)
		length = (int)sizeof(text) - 1;
	console_write_last(text, (size_t)length);
	guest_crash();
}

void traps_init(void)
{
#define ENTRY(number) {.vector = number, .cs = FLAT_KERNEL_CS, .address = (unsigned long)trap_entry_##number},
	static const struct trap_info table[] = {ENTRIES(ENTRY){.address = 0}};

	hypercall_set_trap_table(table);
}

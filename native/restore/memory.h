/* SPDX-License-Identifier: MIT */
/* The memory of one domain, by the kernel's own interface, tied to that domain. */
#ifndef RESTORE_MEMORY_H
#define RESTORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Once, with rights. 0, or -1 with errno. From then on no other domain can be mapped, and no hypercall made. */
int memory_open(uint32_t domid);
/* As struct reader_host has it; context is not used. */
void *memory_map(void *context, const uint64_t *mfns, size_t count);
void memory_unmap(void *context, void *memory, size_t count);

#endif

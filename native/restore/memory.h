/* SPDX-License-Identifier: MIT */
/* The memory of one domain, by a descriptor that is tied to that domain: no other can be mapped, and no
 * hypercall made. */
#ifndef RESTORE_MEMORY_H
#define RESTORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Ahead, before there is a domain: what mapping is going to need. */
void memory_prepare(void);
/* Once; `privcmd` stays open as long as this process. */
void memory_use(int privcmd, uint32_t domid);
/* As struct reader_host has them; context is not used. */
void *memory_map(void *context, const uint64_t *mfns, size_t count);
void memory_unmap(void *context, void *memory, size_t count);

#endif

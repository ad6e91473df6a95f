/* SPDX-License-Identifier: MIT */
/*
 * The heap: all memory that the image does not take. It grows into the guest's memory as it is used, so a
 * guest of many gigabytes starts as fast as one of 4 MB.
 */
#ifndef LIGHTVM_MEMORY_H
#define LIGHTVM_MEMORY_H

#include <stddef.h>

/* As in C, with addresses that are multiples of 16. NULL: there is not so much left. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);

/* Whole pages of 4,096 bytes, one after another, their contents undefined. NULL: not so many are left. */
void *pages_alloc(size_t count);
void pages_free(void *pages, size_t count);

/* Bytes that are neither the image's nor taken: what pages_alloc could still give, in one piece or several.
 */
size_t memory_free(void);

#endif

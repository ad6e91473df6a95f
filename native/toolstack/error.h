/* SPDX-License-Identifier: MIT */
/* How failures are told: one call fills a struct lightvm_error, so that sources read `return error_set(...)`.
 */
#ifndef TOOLSTACK_ERROR_H
#define TOOLSTACK_ERROR_H

#include <stdarg.h>
#include <lightvm/lightvm.h>

/* Fills *error (NULL is fine), with what does not fit cut off, and errno; always returns -1. */
int error_set(struct lightvm_error *error, int number, const char *step, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

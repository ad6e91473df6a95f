/* SPDX-License-Identifier: MIT */
/* What the two kinds of reading processes share on lightvmd's side. */
#ifndef TOOLSTACK_RESTORER_H
#define TOOLSTACK_RESTORER_H

#include "save.h"

#define RESTORER_LOOK_MS 100 /* between two looks at the caller's wish to cancel */

/*
 * Starts a program with clean signals, `count` descriptors as 3, 4, ... and none else of ours (all are close-on-exec). 0, or
 * an errno.
 */
int restorer_spawn(const char *program, char *const *arguments, const int *descriptors, size_t count, pid_t *process);
/*
 * What a reading process says of its failure may be of a hostile stream's making, so only a number and printable text is
 * taken. Returns -1.
 */
int restorer_take_failure(const struct lightvm_error *told, struct lightvm_error *error);
/* The path of the program; the caller's to keep as long as the restorer. */
const char *restorer_program(const struct lightvm_restorer *restorer);

/* Reads the stream of a PVH guest by lightvm-restore-hvm, which lies beside the restorer's program. */
int restore_hvm_there(struct restore *restore, const struct lightvm_restorer *restorer, struct lightvm_error *error);

#endif

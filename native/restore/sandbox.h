/* SPDX-License-Identifier: MIT */
#ifndef RESTORE_SANDBOX_H
#define RESTORE_SANDBOX_H

/*
 * Becomes nobody, and leaves itself the system calls that reading a stream takes: no file can be opened, no program started, no
 * signal sent. 0, or -1 with errno: then end.
 */
int sandbox_enter(void);

#endif

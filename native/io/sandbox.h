/* SPDX-License-Identifier: MIT */
/* What the process can still do once a guest may have taken it over. */
#ifndef LIGHTVM_IO_SANDBOX_H
#define LIGHTVM_IO_SANDBOX_H

/*
 * Installs the list of system calls that the loop needs, for good; any other ends the process with SIGSYS. No
 * file can be opened, no socket made, no program run, no memory made executable; ioctl knows gntdev's and
 * evtchn's numbers alone. Returns 0 or an errno. Sanitizers need more than that: with them nothing is
 * installed (ENOTSUP).
 */
int sandbox_enter(void);

#endif

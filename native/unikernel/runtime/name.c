/* SPDX-License-Identifier: MIT */
/* Compiled once per guest, with its name. */
#include <lightvm/guest.h>

const char guest_name[] = GUEST_NAME;

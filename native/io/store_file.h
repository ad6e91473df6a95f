/* SPDX-License-Identifier: MIT */
/*
 * The store file: a file under /run in which all of a stock guest's private XenStore lies, mapped by lightvm-io.
 *
 * lightvmd makes it, sparse and STORE_FILE_SIZE long, and writes the fields of struct store_about at its beginning
 * (a field that is 0 is not known, and the guest is not told). A new life of the guest needs no new file: one whose
 * domid is not that of the present life is begun anew, so lightvmd only writes the new domid, while detached.
 *
 * The rest is lightvm-io's. It may be killed between any two stores, so nothing that is in use is ever changed in
 * place, but for three words that mean something each by itself (struct store_progress). All else hangs on one root:
 * there are two of it, and `current` says which one counts. A request is done in free parts of the file (slots and
 * buffers that the root in use does not name, the queue beyond its end) and written into the other root; then one
 * store of `current` makes it so.
 */
#ifndef LIGHTVM_IO_STORE_FILE_H
#define LIGHTVM_IO_STORE_FILE_H

#include <stdint.h>

#define STORE_FILE_SIZE (512U << 10) /* bytes */
#define STORE_MAGIC     0x45525453U  /* "STRE" */
#define STORE_VERSION   1
#define STORE_NAME_SIZE 64

/* lightvmd's, at the beginning of the file; written while the guest is not attached. */
struct store_about {
	uint32_t magic;         /* STORE_MAGIC */
	uint16_t version;       /* STORE_VERSION */
	uint16_t reserved;      /* 0 */
	uint8_t uuid[16];
	uint32_t domid;         /* of the present life */
	uint32_t vcpu_count;    /* or 0: not known */
	uint64_t memory_bytes;  /* or 0: not known */
	char name[STORE_NAME_SIZE]; /* NUL-terminated, or empty: not known */
	uint8_t reserved2[24];  /* 0 */
};

_Static_assert(sizeof(struct store_about) == 128, "ABI");

#endif

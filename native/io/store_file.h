/* SPDX-License-Identifier: MIT */
/*
 * The store file: a file under /run in which all of a stock guest's private XenStore lies, mapped by
 * lightvm-io.
 *
 * lightvmd makes it, sparse and STORE_FILE_SIZE long, and writes the fields of struct store_about at its
 * beginning (a field that is 0 is not known, and the guest is not told). A new life of the guest needs no new
 * file: one whose domid is not that of the present life is begun anew, so lightvmd only writes the new domid,
 * while detached.
 *
 * The rest is lightvm-io's. It may be killed between any two stores, so nothing that is in use is ever
 * changed in place. All hangs on a root; there are two of it, and `current` says which one counts. What is to
 * change is written to free parts of the file (a slot or a buffer that the root in use does not name, what
 * lies beyond the end of the input or of the queue) and into the other root; then one store of `current`
 * makes it so. The indices in the guest's ring follow from the root.
 */
#ifndef LIGHTVM_IO_STORE_FILE_H
#define LIGHTVM_IO_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_FILE_SIZE (512U << 10) /* bytes */
#define STORE_MAGIC     0x45525453U  /* "STRE" */
#define STORE_VERSION   1
#define STORE_NAME_SIZE 64

/* lightvmd's, at the beginning of the file; written while the guest is not attached. */
struct store_about {
	uint32_t magic;    /* STORE_MAGIC */
	uint16_t version;  /* STORE_VERSION */
	uint16_t reserved; /* 0 */
	uint8_t uuid[16];
	uint32_t domid;             /* of the present life */
	uint32_t vcpu_count;        /* or 0: not known */
	uint64_t memory_bytes;      /* or 0: not known */
	char name[STORE_NAME_SIZE]; /* NUL-terminated, or empty: not known */
	uint8_t reserved2[24];      /* 0 */
};

/* What follows is lightvm-io's alone. */

#define STORE_INPUT_OFFSET   4096U
#define STORE_INPUT_SIZE     4112U /* one request: xs_wire.h's header, and the most that may follow it */
#define STORE_QUEUE_OFFSET   (32U << 10)
#define STORE_QUEUE_SIZE     (32U << 10) /* replies and events that the guest has yet to read; a power of two */
#define STORE_WATCHES_OFFSET (64U << 10)
#define STORE_WATCHES_SIZE   (16U << 10) /* of each of the two buffers */
#define STORE_SLOTS_OFFSET   (128U << 10)
#define STORE_SLOT_SIZE      (48U << 10)
#define STORE_SLOTS          8U /* trees: the live one, one per transaction, and one to work in */
#define STORE_TRANSACTIONS   6U

struct store_transaction {
	uint32_t id;         /* 0: none */
	uint32_t generation; /* the store's, when it began */
	uint32_t slot;
	uint32_t written; /* 0 or 1 */
};

struct store_root {
	uint32_t consumed;    /* the ring's req_cons */
	uint32_t input;       /* bytes of a request that is not yet served */
	uint32_t sent;        /* the ring's rsp_prod */
	uint32_t queue_first; /* where the first message begins that is not wholly sent; like the next, as
	                         `sent` counts */
	uint32_t queue_end;
	uint32_t first_consumed; /* what `consumed` was when this life began */
	uint32_t generation;     /* raised with each change of the live tree */
	uint32_t last_transaction;
	uint32_t live;         /* slot of the tree that counts */
	uint32_t watches;      /* which of the buffers: 0 or 1 */
	uint32_t watches_used; /* bytes */
	uint32_t watch_count;
	uint32_t asked;             /* 1 + the reason that the guest was last asked for, or 0 */
	uint32_t acknowledged;      /* 0 or 1 */
	uint32_t used[STORE_SLOTS]; /* bytes of each tree */
	struct store_transaction transactions[STORE_TRANSACTIONS];
};

struct store_image {
	struct store_about about;
	uint32_t begun;   /* the domid whose store this is; 0: it is being begun */
	uint32_t current; /* which root counts: 0 or 1 */
	uint8_t reserved[120];
	struct store_root roots[2];
};

_Static_assert(sizeof(struct store_about) == 128, "ABI");
_Static_assert(sizeof(struct store_image) <= STORE_INPUT_OFFSET, "room");
_Static_assert(STORE_INPUT_OFFSET + STORE_INPUT_SIZE <= STORE_QUEUE_OFFSET, "room");
_Static_assert(STORE_WATCHES_OFFSET + 2 * STORE_WATCHES_SIZE <= STORE_SLOTS_OFFSET, "room");
_Static_assert(STORE_SLOTS_OFFSET + STORE_SLOTS * STORE_SLOT_SIZE == STORE_FILE_SIZE, "room");
_Static_assert(STORE_SLOTS == STORE_TRANSACTIONS + 2, "there is always a slot to work in");

#define STORE_PAGE  4096U
#define STORE_PAGES (STORE_FILE_SIZE / STORE_PAGE)

struct store_file {
	struct store_image *image;        /* NULL: nothing is mapped */
	uint8_t present[STORE_PAGES / 8]; /* one bit per page: it is there, a store cannot fail */
	struct store_root next;           /* what the root is to be */
	uint32_t working;     /* the slot that `next` may change in place; STORE_SLOTS: none yet */
	bool working_watches; /* the same of the watches */
};

/*
 * Maps the file of this guest; the descriptor stays the caller's. 0 or an errno; EINVAL: it is no store file
 * of this guest. image->begun says whether there is anything in it.
 */
int store_file_map(struct store_file *file, int descriptor, const uint8_t uuid[16], uint32_t domid);
void store_file_unmap(struct store_file *file);

/*
 * Makes sure that these bytes of the file can be stored: it may be sparse, and a store into a page that the
 * file system has no room for would end this process with SIGBUS. False: no room now.
 */
bool store_file_reserve(struct store_file *file, uint32_t offset, uint32_t size);

/* The root that counts. */
const struct store_root *store_root(const struct store_file *file);

/* Begins a change: file->next is the root that counts. */
void store_begin(struct store_file *file);
/* Makes file->next the root that counts. */
void store_commit(struct store_file *file);

/* Makes *slot, of file->next, one that may be changed in place. Only one slot can be so in one change. False:
 * no room. */
bool store_work_on_tree(struct store_file *file, uint32_t *slot);
/* The same for the watches. */
bool store_work_on_watches(struct store_file *file);

/* Where things are. */
uint8_t *store_slot(const struct store_file *file, uint32_t slot);
uint8_t *store_watches(const struct store_file *file, const struct store_root *root);
uint8_t *store_input(const struct store_file *file);
uint8_t *store_queue(const struct store_file *file);

/* The tests define this, to cut a change off before any of its stores. */
#ifdef STORE_STEP
void STORE_STEP(void);
#else
#define STORE_STEP() ((void)0)
#endif

/* Stores whose order is kept: a killed process leaves all of its stores up to some point. */
void store_word(volatile uint32_t *to, uint32_t value);
void store_bytes(void *to, const void *from, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#include "store_file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* What one request may add to a tree: a path of names, a value, and what is counted with each name. */
#define GROWTH 8192U

void store_word(volatile uint32_t *to, uint32_t value)
{
	STORE_STEP();
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

#ifdef STORE_STEP
void store_bytes(void *to, const void *from, size_t size)
{
	for (size_t done = 0; done < size; done += 64) {
		STORE_STEP();
		memcpy((uint8_t *)to + done, (const uint8_t *)from + done,
		       size - done < 64 ? size - done : 64);
	}
}
#else
void store_bytes(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
#endif

int store_file_map(struct store_file *file, int descriptor, const uint8_t uuid[16], uint32_t domid)
{
	const struct store_about *about;
	struct stat status;
	void *address;
	int result = EINVAL;
	int difference;
	int failed = fstat(descriptor, &status);

	*file = (struct store_file){0};
	if (failed != 0 || !S_ISREG(status.st_mode) || status.st_size < (off_t)STORE_FILE_SIZE)
		goto out;
	address = mmap(NULL, STORE_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (address == MAP_FAILED) {
		result = errno;
		goto out;
	}
	file->image = address;
	about = &file->image->about;
	difference = memcmp(about->uuid, uuid, sizeof(about->uuid));
	if (about->magic != STORE_MAGIC || about->version != STORE_VERSION || about->domid != domid ||
	    difference != 0)
		goto out;
	/* What says the right things is there, so stores into its page cannot fail. */
	file->present[0] = 1;
	file->working = STORE_SLOTS;
	result = 0;

out:
	if (result != 0)
		store_file_unmap(file);
	return result;
}

void store_file_unmap(struct store_file *file)
{
	if (file->image != NULL)
		munmap(file->image, STORE_FILE_SIZE);
	file->image = NULL;
}

static bool take_page(struct store_file *file, uint32_t page)
{
	uint8_t bit = (uint8_t)(1U << (page % 8));
	bool there = true;
	int failed;

	if ((file->present[page / 8] & bit) != 0)
		goto out;
	failed = madvise((uint8_t *)file->image + (size_t)page * STORE_PAGE, STORE_PAGE, MADV_POPULATE_WRITE);
	/* EINVAL: a kernel before 5.14, where we must hope. */
	there = failed == 0 || errno == EINVAL;
	if (there)
		file->present[page / 8] |= bit;

out:
	return there;
}

bool store_file_reserve(struct store_file *file, uint32_t offset, uint32_t size)
{
	bool there = true;

	for (uint32_t page = offset / STORE_PAGE; there && page * STORE_PAGE < offset + size; page++)
		there = take_page(file, page);
	return there;
}

const struct store_root *store_root(const struct store_file *file)
{
	return &file->image->roots[file->image->current & 1];
}

void store_begin(struct store_file *file)
{
	file->next = *store_root(file);
	file->working = STORE_SLOTS;
	file->working_watches = false;
}

void store_commit(struct store_file *file)
{
	uint32_t other = 1 - (file->image->current & 1);

	store_bytes(&file->image->roots[other], &file->next, sizeof(file->next));
	store_word(&file->image->current, other);
	file->working = STORE_SLOTS;
	file->working_watches = false;
}

uint8_t *store_slot(const struct store_file *file, uint32_t slot)
{
	return (uint8_t *)file->image + STORE_SLOTS_OFFSET + (size_t)slot * STORE_SLOT_SIZE;
}

uint8_t *store_watches(const struct store_file *file, const struct store_root *root)
{
	return (uint8_t *)file->image + STORE_WATCHES_OFFSET +
	       (size_t)(root->watches & 1) * STORE_WATCHES_SIZE;
}

uint8_t *store_input(const struct store_file *file)
{
	return (uint8_t *)file->image + STORE_INPUT_OFFSET;
}

uint8_t *store_queue(const struct store_file *file)
{
	return (uint8_t *)file->image + STORE_QUEUE_OFFSET;
}

static bool names_slot(const struct store_root *root, uint32_t slot)
{
	bool named = root->live == slot;

	for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++)
		named = named || (root->transactions[i].id != 0 && root->transactions[i].slot == slot);
	return named;
}

bool store_work_on_tree(struct store_file *file, uint32_t *slot)
{
	const struct store_root *root = store_root(file);
	uint32_t free_slot = 0;
	uint32_t used = file->next.used[*slot];
	uint32_t room = used + GROWTH < STORE_SLOT_SIZE ? used + GROWTH : STORE_SLOT_SIZE;
	bool there = true;

	if (*slot == file->working)
		goto out;
	while (names_slot(root, free_slot))
		free_slot++;
	there = store_file_reserve(file, STORE_SLOTS_OFFSET + free_slot * STORE_SLOT_SIZE, room);
	if (!there)
		goto out;
	store_bytes(store_slot(file, free_slot), store_slot(file, *slot), used);
	file->next.used[free_slot] = used;
	file->working = free_slot;
	*slot = free_slot;

out:
	return there;
}

bool store_work_on_watches(struct store_file *file)
{
	uint32_t other = 1 - (store_root(file)->watches & 1);
	bool there = true;
	uint8_t *from;

	if (file->working_watches)
		goto out;
	there =
	    store_file_reserve(file, STORE_WATCHES_OFFSET + other * STORE_WATCHES_SIZE, STORE_WATCHES_SIZE);
	if (!there)
		goto out;
	from = store_watches(file, store_root(file));
	file->next.watches = other;
	store_bytes(store_watches(file, &file->next), from, file->next.watches_used);
	file->working_watches = true;

out:
	return there;
}

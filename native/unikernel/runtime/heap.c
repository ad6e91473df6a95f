/* SPDX-License-Identifier: MIT */
/*
 * malloc: boundary tags and bins by size, four to each power of two, so taking and giving back cost the same
 * however many blocks there are. Memory comes from pages.c in pools and goes back there when a pool is empty.
 *
 * A block is a header of 8 bytes, behind which what the caller gets begins. In a free one the links of its
 * bin and, at its end, its size take that place: whoever is freed behind it finds its start.
 */
#include <lightvm/memory.h>
#include "runtime.h"

#define USED        1UL /* this block */
#define BEFORE_USED 2UL /* the one before it */
#define FIRST       4UL /* of its pool */
#define FLAGS       15UL
#define HEADER      8UL
#define MINIMUM     32UL
#define POOL        65536UL /* bytes that the heap grows by, at least */
#define POOL_TAGS   16UL    /* of a pool, for alignment and for the tag that ends it */
#define BINS        128

struct block {
	size_t tag; /* size, a multiple of 16, and the flags */
	struct block *next, *previous;
};

static struct block *bins[BINS];
static uint64_t filled[BINS / 64]; /* which bins are not empty */

static size_t size_of(const struct block *block)
{
	return block->tag & ~FLAGS;
}

static struct block *behind(struct block *block)
{
	return (struct block *)((char *)block + size_of(block));
}

/* The bin in which a free block of this size is kept: that of the largest lower bound not above it. */
static unsigned int bin_of(size_t size)
{
	unsigned int high = 63 - (unsigned int)__builtin_clzl(size);
	unsigned int bin = (high - 5) * 4 + ((size >> (high - 2)) & 3);

	return bin < BINS ? bin : BINS - 1;
}

static void insert(struct block *block)
{
	unsigned int bin = bin_of(size_of(block));

	block->previous = NULL;
	block->next = bins[bin];
	if (block->next != NULL)
		block->next->previous = block;
	bins[bin] = block;
	filled[bin / 64] |= 1UL << (bin % 64);
}

static void take_out(struct block *block)
{
	unsigned int bin = bin_of(size_of(block));

	if (block->next != NULL)
		block->next->previous = block->previous;
	if (block->previous != NULL)
		block->previous->next = block->next;
	else
		bins[bin] = block->next;
	if (bins[bin] == NULL)
		filled[bin / 64] &= ~(1UL << (bin % 64));
}

/* Marks it free, tells the block behind it, and keeps it. */
static void keep(struct block *block, size_t size, size_t flags)
{
	block->tag = size | flags;
	((size_t *)behind(block))[-1] = size;
	behind(block)->tag &= ~BEFORE_USED;
	insert(block);
}

static struct block *find(size_t size)
{
	unsigned int bin = bin_of(size);
	struct block *block;
	uint64_t word;

	/* Its own bin has larger and smaller ones: a few looks. */
	block = bins[bin];
	for (unsigned int tries = 0; block != NULL && tries < 8; tries++, block = block->next)
		if (size_of(block) >= size)
			return block;
	for (bin++; bin < BINS; bin = (bin / 64 + 1) * 64) {
		word = filled[bin / 64] >> (bin % 64);
		if (word != 0)
			return bins[bin + (unsigned int)__builtin_ctzl(word)];
	}
	return NULL;
}

static struct block *grow(size_t size)
{
	size_t bytes = size + POOL_TAGS < POOL ? POOL : (size + POOL_TAGS + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	char *pool = pages_alloc(bytes / PAGE_SIZE);
	struct block *block;

	if (pool == NULL && bytes == POOL) {
		/* Near the end smaller steps may still do. */
		bytes = (size + POOL_TAGS + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		pool = pages_alloc(bytes / PAGE_SIZE);
	}
	if (pool == NULL)
		return NULL;
	block = (struct block *)(pool + HEADER);
	*(size_t *)(pool + bytes - HEADER) = USED; /* the end: of no size, and never free */
	keep(block, bytes - POOL_TAGS, BEFORE_USED | FIRST);
	return block;
}

void *malloc(size_t size)
{
	struct block *block;
	size_t rest;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + HEADER + 15) & ~15UL;
	if (size < MINIMUM)
		size = MINIMUM;
	block = find(size);
	if (block == NULL)
		block = grow(size);
	if (block == NULL)
		return NULL;
	take_out(block);
	rest = size_of(block) - size;
	if (rest >= MINIMUM) {
		block->tag = size | (block->tag & FLAGS) | USED;
		keep(behind(block), rest, BEFORE_USED);
	} else {
		block->tag |= USED;
		behind(block)->tag |= BEFORE_USED;
	}
	return (char *)block + HEADER;
}

void free(void *memory)
{
	struct block *block, *next;
	size_t size, flags;

	if (memory == NULL)
		return;
	block = (struct block *)((char *)memory - HEADER);
	if ((block->tag & USED) == 0 || ((uint64_t)memory & 15) != 0)
		panic("free of %p, which is not taken", memory);
	size = size_of(block);
	flags = block->tag & (BEFORE_USED | FIRST);
	next = behind(block);
	if ((next->tag & USED) == 0) {
		take_out(next);
		size += size_of(next);
	}
	if ((flags & BEFORE_USED) == 0) {
		block = (struct block *)((char *)block - ((size_t *)block)[-1]);
		take_out(block);
		size += size_of(block);
		flags = block->tag & (BEFORE_USED | FIRST);
	}
	next = (struct block *)((char *)block + size);
	if ((flags & FIRST) != 0 && size_of(next) == 0)
		pages_free((char *)block - HEADER, (size + POOL_TAGS) / PAGE_SIZE);
	else
		keep(block, size, flags);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *memory;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	memory = malloc(bytes);
	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

void *realloc(void *memory, size_t size)
{
	size_t room;
	void *other;

	if (memory == NULL)
		return malloc(size);
	room = size_of((struct block *)((char *)memory - HEADER)) - HEADER;
	if (size <= room && size >= room / 2)
		return memory;
	other = malloc(size);
	if (other == NULL)
		return size <= room ? memory : NULL;
	memcpy(other, memory, size < room ? size : room);
	free(memory);
	return other;
}

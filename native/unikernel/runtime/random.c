/* SPDX-License-Identifier: MIT */
/*
 * Random bytes by ChaCha20 (RFC 8439's block function). Each block's first half replaces the key, so what was
 * given cannot be computed again from what is kept. The key starts from the host's entropy; the processor's
 * generator and time stamp are mixed in with each seed and each call.
 */
#include <lightvm/random.h>
#include "runtime.h"

#define KEY_WORDS   8
#define BLOCK_WORDS 16
#define GIVEN       (4 * (BLOCK_WORDS - KEY_WORDS)) /* bytes of a block that callers get */

static uint32_t key[KEY_WORDS];
static uint8_t seed[32]; /* the host's, as last seen */
static bool seeded;

static uint32_t rotate(uint32_t value, unsigned int bits)
{
	return value << bits | value >> (32 - bits);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

void chacha20_block(const uint32_t start[BLOCK_WORDS], uint32_t block[BLOCK_WORDS])
{
	memcpy(block, start, 4 * BLOCK_WORDS);
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 4; i++)
			quarter(&block[i], &block[4 + i], &block[8 + i], &block[12 + i]);
		for (unsigned int i = 0; i < 4; i++)
			quarter(&block[i], &block[4 + (i + 1) % 4], &block[8 + (i + 2) % 4],
			        &block[12 + (i + 3) % 4]);
	}
	for (unsigned int i = 0; i < BLOCK_WORDS; i++)
		block[i] += start[i];
}

static uint64_t from_processor(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx, low, high;
	uint64_t value;
	bool done = false;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	if ((ecx & 1U << 30) != 0)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(done));
	if (done)
		return value;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* One block; its first half becomes the key. */
static void turn(uint32_t block[BLOCK_WORDS], uint64_t first, uint64_t second)
{
	uint32_t start[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(start + 4, key, sizeof(key));
	memcpy(start + 12, &first, sizeof(first));
	memcpy(start + 14, &second, sizeof(second));
	chacha20_block(start, block);
	memcpy(key, block, sizeof(key));
}

static void mix(const uint8_t bytes[32])
{
	uint32_t block[BLOCK_WORDS];

	for (unsigned int i = 0; i < 32; i++)
		((uint8_t *)key)[i] ^= bytes[i];
	turn(block, from_processor(), clock_monotonic());
}

static void reseed(void)
{
	uint8_t entropy[32] = {0};
	bool given = noxs_entropy(entropy);

	/* Not given after it was: dom0 writes to the page; the next call looks again. */
	if (seeded && (!given || memcmp(entropy, seed, sizeof(seed)) == 0))
		return;
	memcpy(seed, entropy, sizeof(seed));
	mix(seed);
	memset(entropy, 0, sizeof(entropy));
	if (!given)
		/* Under another toolstack: all that is this guest's own, and the processor's word. */
		for (unsigned int i = 0; i < 4; i++) {
			uint64_t parts[2] = {clock_wall(), from_processor()};

			memcpy(entropy, guest_uuid(), 16);
			memcpy(entropy + 16, parts, sizeof(parts));
			mix(entropy);
		}
	seeded = true;
}

void guest_random(void *bytes, size_t length)
{
	uint32_t block[BLOCK_WORDS];
	uint64_t fresh;
	size_t part;
	char *to = bytes;

	reseed();
	fresh = from_processor();
	for (uint64_t counter = 0; length > 0; counter++, to += part, length -= part) {
		part = length < GIVEN ? length : GIVEN;
		turn(block, fresh, counter);
		memcpy(to, block + KEY_WORDS, part);
	}
	memset(block, 0, sizeof(block));
	__asm__ volatile("" : : "r"(block) : "memory");
}

uint32_t guest_random32(void)
{
	uint32_t value;

	guest_random(&value, sizeof(value));
	return value;
}

/* SPDX-License-Identifier: MIT */
/* The memory and string functions that the compiler and guests expect. */
#include <lightvm/guest.h>

void *memcpy(void *restrict target, const void *restrict source, size_t length)
{
	void *result = target;
	size_t words = length / 8, rest = length % 8;

	/* By eights: as fast as by bytes where the processor is real, many times as fast where it is emulated. */
	__asm__ volatile("rep movsq" : "+D"(target), "+S"(source), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(rest) : : "memory");
	return result;
}

void *memmove(void *target, const void *source, size_t length)
{
	unsigned char *to = target;
	const unsigned char *from = source;

	if (to <= from || to >= from + length)
		return memcpy(target, source, length);
	while (length-- > 0)
		to[length] = from[length];
	return target;
}

void *memset(void *target, int value, size_t length)
{
	void *result = target;
	size_t words = length / 8, rest = length % 8;
	uint64_t eight = (unsigned char)value * 0x0101010101010101UL;

	__asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(eight) : "memory");
	__asm__ volatile("rep stosb" : "+D"(target), "+c"(rest) : "a"(value) : "memory");
	return result;
}

int memcmp(const void *left, const void *right, size_t length)
{
	const unsigned char *a = left, *b = right;

	for (; length > 0; length--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

int strcmp(const char *left, const char *right)
{
	return strncmp(left, right, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t length)
{
	for (; length > 0; length--, left++, right++) {
		if (*left != *right)
			return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
		if (*left == '\0')
			return 0;
	}
	return 0;
}

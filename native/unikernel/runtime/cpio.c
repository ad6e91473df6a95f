/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include "cpio.h"

#define HEADER_SIZE 110 /* bytes: the magic, then 13 numbers of 8 hexadecimal digits */
#define ALIGNMENT   4
#define TRAILER     "TRAILER!!!"

enum {
	INODE,
	MODE,
	USER,
	GROUP,
	LINKS,
	MODIFIED,
	SIZE,
	MAJOR,
	MINOR,
	RMAJOR,
	RMINOR,
	NAME_SIZE,
	CHECK,
	FIELDS
};

static bool hexadecimal(const char *digits, uint32_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < 8; i++) {
		char c = digits[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static bool parse_header(const char *header, uint32_t fields[FIELDS])
{
	/* 070702 is the same with a checksum, which is not looked at. */
	if (memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0)
		return false;
	for (unsigned int i = 0; i < FIELDS; i++)
		if (!hexadecimal(header + 6 + 8 * i, &fields[i]))
			return false;
	return fields[NAME_SIZE] > 0;
}

bool cpio_normalise(char *path)
{
	char *read = path, *write = path;

	while (*read != '\0') {
		char *end = read;

		while (*end != '\0' && *end != '/')
			end++;
		if (end - read == 2 && read[0] == '.' && read[1] == '.')
			return false;
		if (end != read && !(end - read == 1 && read[0] == '.')) {
			if (write != path)
				*write++ = '/';
			while (read < end)
				*write++ = *read++;
		}
		read = *end == '/' ? end + 1 : end;
	}
	*write = '\0';
	return true;
}

static uint64_t align(const struct cpio *walk, uint64_t position)
{
	return walk->start + ((position - walk->start + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1));
}

static bool fits(const struct cpio *walk, uint64_t position, uint64_t size)
{
	return position <= walk->source.size && size <= walk->source.size - position;
}

static bool get(struct cpio *walk, uint64_t position, void *buffer, size_t size)
{
	return walk->source.read(walk->source.context, position, buffer, size);
}

/* To the next byte that is not zero. */
static enum cpio_result skip_zeros(struct cpio *walk)
{
	char buffer[64];

	while (walk->position < walk->source.size) {
		uint64_t left = walk->source.size - walk->position;
		size_t count = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);

		if (!get(walk, walk->position, buffer, count))
			return CPIO_FAILED;
		for (size_t i = 0; i < count; i++, walk->position++)
			if (buffer[i] != 0)
				return CPIO_ENTRY;
	}
	return CPIO_END;
}

/* The header at the position, and the name behind it. */
static enum cpio_result next_header(struct cpio *walk, struct cpio_entry *entry, bool *usable)
{
	char header[HEADER_SIZE];
	uint32_t fields[FIELDS];
	uint64_t name = walk->position + HEADER_SIZE;

	if (!fits(walk, walk->position, HEADER_SIZE))
		return CPIO_BROKEN;
	if (!get(walk, walk->position, header, HEADER_SIZE))
		return CPIO_FAILED;
	if (!parse_header(header, fields) || !fits(walk, name, fields[NAME_SIZE]))
		return CPIO_BROKEN;
	entry->mode = fields[MODE];
	entry->modified = fields[MODIFIED];
	entry->links = fields[LINKS];
	entry->inode = fields[INODE];
	entry->device_major = fields[MAJOR];
	entry->device_minor = fields[MINOR];
	entry->size = fields[SIZE];
	entry->offset = align(walk, name + fields[NAME_SIZE]);
	if (!fits(walk, entry->offset, entry->size))
		return CPIO_BROKEN;
	*usable = fields[NAME_SIZE] <= CPIO_NAME_SIZE;
	if (*usable) {
		if (!get(walk, name, entry->name, fields[NAME_SIZE]))
			return CPIO_FAILED;
		if (entry->name[fields[NAME_SIZE] - 1] != '\0')
			return CPIO_BROKEN;
	}
	walk->position = align(walk, entry->offset + entry->size);
	return CPIO_ENTRY;
}

enum cpio_result cpio_next(struct cpio *walk, struct cpio_entry *entry)
{
	enum cpio_result result;
	bool usable;

	do {
		if (walk->position == walk->start && !walk->one) {
			result = skip_zeros(walk);
			if (result != CPIO_ENTRY)
				return result;
			walk->start = walk->position;
		}
		if (walk->position >= walk->source.size)
			return CPIO_BROKEN; /* no trailer */
		result = next_header(walk, entry, &usable);
		if (result != CPIO_ENTRY)
			return result;
		if (usable && strcmp(entry->name, TRAILER) == 0) {
			if (walk->one)
				return CPIO_END;
			walk->start = walk->position;
			usable = false;
		}
	} while (!usable || !cpio_normalise(entry->name));
	return CPIO_ENTRY;
}

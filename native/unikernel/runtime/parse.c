/* SPDX-License-Identifier: MIT */
/* Numbers out of text. */
#include <lightvm/guest.h>

unsigned long parse_unsigned(const char *text, const char **end)
{
	unsigned long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (unsigned long)(*text - '0');
	if (end != NULL)
		*end = text;
	return value;
}

/* SPDX-License-Identifier: MIT */
/* The command line, split into main's arguments. */
#include "runtime.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int arguments_parse(char *line, size_t size, char **argv, int capacity)
{
	char *read = line, *write = line;
	bool quoted = false;
	int argc = 0;

	line[size - 1] = '\0'; /* the builder's, but nothing says that it ends */
	argv[argc++] = (char *)guest_name;
	while (argc < capacity - 1) {
		while (is_blank(*read))
			read++;
		if (*read == '\0')
			break;
		argv[argc++] = write;
		for (; *read != '\0' && (quoted || !is_blank(*read)); read++) {
			if (*read == '"')
				quoted = !quoted;
			else
				*write++ = *read;
		}
		if (*read != '\0')
			read++;
		*write++ = '\0';
	}
	argv[argc] = NULL;
	return argc;
}

/* SPDX-License-Identifier: MIT */
/* A line as it is typed: what each byte does to it, and what is echoed for it. Pure. */
#ifndef RUNTIME_LINE_H
#define RUNTIME_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE 512 /* bytes; what is typed beyond is not taken, nor echoed */

struct line {
	char text[LINE_SIZE];
	size_t length;
	unsigned char escape; /* 0, or the last byte of an escape sequence that has begun */
	bool after_return;    /* a line feed that follows belongs to the carriage return before it */
};

/* What to echo: a text, some times over. */
struct line_echo {
	const char *text;
	size_t length, times;
};

/* Takes one byte; true: the line is finished. The caller empties it (length = 0) before the next byte. */
bool line_put(struct line *line, char byte, struct line_echo *echo);

#endif

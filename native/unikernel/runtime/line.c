/* SPDX-License-Identifier: MIT */
#include "line.h"

#define KEY_KILL      0x15 /* ^U */
#define KEY_ESCAPE    0x1b
#define KEY_BACKSPACE 0x08
#define KEY_DELETE    0x7f

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Takes the last character away, however many bytes of UTF-8 it has. */
static bool erase(struct line *line)
{
	if (line->length == 0)
		return false;
	do
		line->length--;
	while (line->length > 0 && is_continuation(line->text[line->length]));
	return true;
}

/* Keys that send a sequence (arrows and so on) do nothing; true: the byte was part of one. */
static bool in_escape(struct line *line, unsigned char byte)
{
	if (byte == KEY_ESCAPE) {
		line->escape = KEY_ESCAPE;
		return true;
	}
	if (line->escape == 0)
		return false;
	if (line->escape == KEY_ESCAPE && (byte == '[' || byte == 'O')) {
		line->escape = byte;
		return true;
	}
	/* ESC x ends at once; ESC [ ends with a letter or so. */
	if (line->escape == KEY_ESCAPE || (byte >= 0x40 && byte <= 0x7e) || byte < 0x20)
		line->escape = 0;
	return byte >= 0x20;
}

bool line_put(struct line *line, char byte, struct line_echo *echo)
{
	unsigned char value = (unsigned char)byte;
	bool after_return = line->after_return;

	*echo = (struct line_echo){0};
	line->after_return = false;
	if (in_escape(line, value))
		return false;
	if (byte == '\n' && after_return)
		return false;
	if (byte == '\n' || byte == '\r') {
		line->after_return = byte == '\r';
		*echo = (struct line_echo){"\n", 1, 1};
		return true;
	}
	if (value == KEY_BACKSPACE || value == KEY_DELETE) {
		*echo = (struct line_echo){"\b \b", 3, erase(line) ? 1 : 0};
		return false;
	}
	if (value == KEY_KILL) {
		*echo = (struct line_echo){"\b \b", 3, 0};
		while (erase(line))
			echo->times++;
		return false;
	}
	if ((value < 0x20 && value != '\t') || line->length == LINE_SIZE - 1)
		return false;
	line->text[line->length] = byte;
	*echo = (struct line_echo){&line->text[line->length], 1, 1};
	line->length++;
	return false;
}

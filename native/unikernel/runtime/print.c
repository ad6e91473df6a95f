/* SPDX-License-Identifier: MIT */
/* The printf family over format.c. */
#include "runtime.h"

/* Collects pieces, so that a line costs one event and not one for each piece. */
struct console_sink {
	size_t used;
	char text[256];
};

static void console_sink_put(void *context, const char *text, size_t length)
{
	struct console_sink *sink = context;

	while (length > 0) {
		size_t room = sizeof(sink->text) - sink->used;
		size_t part = length < room ? length : room;

		memcpy(sink->text + sink->used, text, part);
		sink->used += part;
		text += part;
		length -= part;
		if (sink->used == sizeof(sink->text)) {
			console_write(sink->text, sink->used);
			sink->used = 0;
		}
	}
}

int vprintf(const char *pattern, va_list arguments)
{
	struct console_sink sink = {.used = 0};
	int length = format(console_sink_put, &sink, pattern, arguments);

	console_write(sink.text, sink.used);
	return length;
}

int printf(const char *pattern, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, pattern);
	length = vprintf(pattern, arguments);
	va_end(arguments);
	return length;
}

int puts(const char *text)
{
	return printf("%s\n", text);
}

struct buffer_sink {
	char *buffer;
	size_t size, used;
};

static void buffer_sink_put(void *context, const char *text, size_t length)
{
	struct buffer_sink *sink = context;
	size_t room = sink->size > sink->used ? sink->size - sink->used : 0;

	memcpy(sink->buffer + (room > 0 ? sink->used : 0), text, length < room ? length : room);
	sink->used += length;
}

int vsnprintf(char *buffer, size_t size, const char *pattern, va_list arguments)
{
	struct buffer_sink sink = {.buffer = buffer, .size = size > 0 ? size - 1 : 0};
	int length = format(buffer_sink_put, &sink, pattern, arguments);

	if (size > 0)
		buffer[(size_t)length < size ? (size_t)length : size - 1] = '\0';
	return length;
}

int snprintf(char *buffer, size_t size, const char *pattern, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, pattern);
	length = vsnprintf(buffer, size, pattern, arguments);
	va_end(arguments);
	return length;
}

/* SPDX-License-Identifier: MIT */
#include <lightvm/guest.h>
#include "request.h"

/* A part of the head. */
struct span {
	const char *start;
	size_t length;
};

size_t http_head_length(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n')
			continue;
		if (i + 1 < size && bytes[i + 1] == '\n')
			return i + 2;
		if (i + 2 < size && bytes[i + 1] == '\r' && bytes[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool equals(struct span span, const char *text)
{
	size_t i;

	for (i = 0; i < span.length && text[i] != '\0'; i++)
		if (lower(span.start[i]) != text[i])
			return false;
	return i == span.length && text[i] == '\0';
}

static bool begins(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && equals((struct span){span.start, length}, text);
}

static struct span trim(struct span span)
{
	while (span.length > 0 && (*span.start == ' ' || *span.start == '\t')) {
		span.start++;
		span.length--;
	}
	while (span.length > 0 &&
	       (span.start[span.length - 1] == ' ' || span.start[span.length - 1] == '\t' ||
	        span.start[span.length - 1] == '\r'))
		span.length--;
	return span;
}

/* Takes what stands before the separator, and it, from the rest; all of it, if it is not there. */
static struct span take(struct span *rest, char separator)
{
	struct span taken = {rest->start, 0};

	while (taken.length < rest->length && taken.start[taken.length] != separator)
		taken.length++;
	rest->start += taken.length;
	rest->length -= taken.length;
	if (rest->length > 0) {
		rest->start++;
		rest->length--;
	}
	return taken;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of "/a%20b?query" or of "http://host/a%20b?query". */
static int parse_target(struct span target, char path[HTTP_PATH_SIZE])
{
	size_t length = 0;

	if (begins(target, "http://")) {
		target.start += 7;
		target.length -= 7;
		while (target.length > 0 && *target.start != '/') {
			target.start++;
			target.length--;
		}
		if (target.length == 0)
			target = (struct span){"/", 1};
	}
	if (target.length == 0 || *target.start != '/')
		return 400;
	for (size_t i = 0; i < target.length && target.start[i] != '?'; i++) {
		char c = target.start[i];

		if (c == '%') {
			int high = target.length - i > 2 ? digit(target.start[i + 1]) : -1;
			int low = target.length - i > 2 ? digit(target.start[i + 2]) : -1;

			if (high < 0 || low < 0)
				return 400;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return 400;
		if (length == HTTP_PATH_SIZE - 1)
			return 414;
		path[length++] = c;
	}
	path[length] = '\0';
	return 0;
}

static int parse_line(struct span line, struct http_request *request, bool *modern)
{
	struct span method = take(&line, ' '), target = take(&line, ' '), version = trim(line);

	if (method.length == 0 || !begins(version, "http/"))
		return 400;
	if (version.length != 8 || version.start[5] != '1' || version.start[6] != '.')
		return 505;
	*modern = version.start[7] != '0';
	/* Methods are told apart by case. */
	request->head = method.length == 4 && memcmp(method.start, "HEAD", 4) == 0;
	if (!request->head && (method.length != 3 || memcmp(method.start, "GET", 3) != 0))
		return 405;
	return parse_target(target, request->path);
}

/* A body would be taken for the next request: who sends one is told so, and the connection ends. */
static int parse_field(struct span name, struct span value, struct http_request *request, bool *has_host)
{
	/* A blank before the colon, or a line that goes on: what one server ignores another obeys. */
	if (name.length == 0 || trim(name).length != name.length)
		return 400;
	if (equals(name, "host")) {
		if (*has_host)
			return 400;
		*has_host = true;
	} else if (equals(name, "transfer-encoding")) {
		return 501;
	} else if (equals(name, "content-length")) {
		return equals(value, "0") ? 0 : 400;
	} else if (equals(name, "connection")) {
		while (value.length > 0) {
			struct span option = trim(take(&value, ','));

			if (equals(option, "close"))
				request->keep_alive = false;
			else if (equals(option, "keep-alive"))
				request->keep_alive = true;
		}
	}
	return 0;
}

int http_parse(const char *head, size_t length, struct http_request *request)
{
	struct span rest = {head, length}, line, name;
	bool modern = false, has_host = false;
	int status;

	memset(request, 0, sizeof(*request));
	line = trim(take(&rest, '\n'));
	/* One empty line before a request is what some clients leave behind a body. */
	if (line.length == 0)
		line = trim(take(&rest, '\n'));
	status = parse_line(line, request, &modern);
	if (status != 0)
		return status;
	request->keep_alive = modern;
	while (rest.length > 0) {
		struct span raw = take(&rest, '\n');

		if (trim(raw).length == 0)
			break;
		for (size_t i = 0; i < raw.length; i++)
			if (raw.start[i] == '\0')
				return 400;
		name = take(&raw, ':');
		status = parse_field(name, trim(raw), request, &has_host);
		if (status != 0)
			return status;
	}
	return modern && !has_host ? 400 : 0;
}

const char *http_content_type(const char *path)
{
	static const char *const types[][2] = {
	    {"html", "text/html; charset=utf-8"},
	    {"htm", "text/html; charset=utf-8"},
	    {"css", "text/css; charset=utf-8"},
	    {"js", "text/javascript; charset=utf-8"},
	    {"mjs", "text/javascript; charset=utf-8"},
	    {"json", "application/json"},
	    {"txt", "text/plain; charset=utf-8"},
	    {"md", "text/plain; charset=utf-8"},
	    {"xml", "application/xml"},
	    {"svg", "image/svg+xml"},
	    {"png", "image/png"},
	    {"jpg", "image/jpeg"},
	    {"jpeg", "image/jpeg"},
	    {"gif", "image/gif"},
	    {"webp", "image/webp"},
	    {"ico", "image/x-icon"},
	    {"woff2", "font/woff2"},
	    {"wasm", "application/wasm"},
	    {"pdf", "application/pdf"},
	    {"mp4", "video/mp4"},
	    {"zip", "application/zip"},
	};
	const char *extension = "";

	for (; *path != '\0'; path++)
		extension = *path == '.' ? path + 1 : *path == '/' ? "" : extension;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (equals((struct span){extension, strlen(extension)}, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

size_t http_encode_path(const char *path, char *text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t length = 0;

	for (; *path != '\0' && length + 4 <= size; path++) {
		unsigned char c = (unsigned char)*path;

		if ((lower(*path) >= 'a' && lower(*path) <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
		    c == '-' || c == '.' || c == '_' || c == '~') {
			text[length++] = *path;
		} else {
			text[length++] = '%';
			text[length++] = digits[c >> 4];
			text[length++] = digits[c & 15];
		}
	}
	text[length] = '\0';
	return length;
}

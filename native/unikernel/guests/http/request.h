/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.1 request. Pure; what it reads comes from anybody. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_SIZE 4096 /* bytes: the request line and all fields */
#define HTTP_PATH_SIZE 1024 /* of a decoded path, with its NUL */

struct http_request {
	bool head;                 /* HEAD; else GET */
	bool keep_alive;           /* the connection stays open after the answer */
	char path[HTTP_PATH_SIZE]; /* decoded, from the slash on, without the query */
};

/* Length of the head with the empty line that ends it; 0: it is not complete. */
size_t http_head_length(const char *bytes, size_t size);
/* Takes a whole head apart. 0, or the status of the error to answer with: 400, 405, 414, 501, 505. */
int http_parse(const char *head, size_t length, struct http_request *request);
/* The media type that a file's name stands for. */
const char *http_content_type(const char *path);
/* Writes a path so that it can stand in a field; how many bytes, at most size - 1. */
size_t http_encode_path(const char *path, char *text, size_t size);

#endif

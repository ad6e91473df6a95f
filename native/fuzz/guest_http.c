/* SPDX-License-Identifier: MIT */
/* The head of an HTTP request, as the guest http takes it apart. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../unikernel/guests/http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request request;
	char text[64];
	size_t length = http_head_length((const char *)data, size);
	int status;

	if (length > size)
		abort();
	if (length == 0)
		return 0;
	status = http_parse((const char *)data, length, &request);
	if (status != 0)
		return 0;
	if (request.path[0] != '/' || strlen(request.path) >= HTTP_PATH_SIZE)
		abort();
	if (http_content_type(request.path) == NULL ||
	    http_encode_path(request.path, text, sizeof(text)) >= sizeof(text))
		abort();
	return 0;
}

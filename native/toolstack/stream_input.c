/* SPDX-License-Identifier: MIT */
#include "stream_input.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include "error.h"

#define STEP "read stream"

int input_vector(struct stream_input *input, struct iovec *vector, size_t count)
{
	ssize_t size;

	while (count > 0) {
		size = readv(input->fd, vector, count < IOV_MAX ? (int)count : IOV_MAX);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set(input->guest->error, errno, STEP, "The stream cannot be read: %s.",
			                 strerror(errno));
		if (size == 0)
			return stream_bad(input->guest, "it is cut off");
		stream_advance(&vector, &count, (size_t)size);
	}
	return 0;
}

int input_bytes(struct stream_input *input, void *bytes, size_t size)
{
	struct iovec vector = {bytes, size};

	return size == 0 ? 0 : input_vector(input, &vector, 1);
}

int input_rest(struct stream_input *input, struct iovec *vector, size_t count, uint32_t length)
{
	char padding[8];

	if ((length & 7) != 0)
		vector[count++] = (struct iovec){padding, -length & 7};
	vector[count++] = (struct iovec){&input->next, sizeof(input->next)};
	return input_vector(input, vector, count);
}

int input_end(struct stream_input *input, void *bytes, size_t size, uint32_t length)
{
	struct iovec vector[3] = {{bytes, size}};

	return input_rest(input, vector, size > 0, length);
}

void *input_body(struct stream_input *input, uint32_t length)
{
	void *body = malloc(length + 1UL);

	if (body == NULL) {
		error_set(input->guest->error, ENOMEM, STEP, "No memory.");
		return NULL;
	}
	if (input_end(input, body, length, length) == 0)
		return body;
	free(body);
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/* The heads of HTTP requests, honest and hostile. */
#include <stdlib.h>
#include <string.h>
#include "../../unikernel/guests/http/request.h"
#include "test.h"

static struct http_request request;

/* Parses a copy of exactly its size, so that the sanitizer sees every byte too many. */
static int parse(const char *head)
{
	size_t length = strlen(head);
	char *copy = malloc(length);
	int status;

	memcpy(copy, head, length);
	CHECK(http_head_length(copy, length) == length);
	for (size_t i = 0; i < length; i++)
		CHECK(http_head_length(copy, i) == 0);
	status = http_parse(copy, length, &request);
	free(copy);
	return status;
}

static int get(const char *target)
{
	char head[4096];

	snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
	return parse(head);
}

static void test_requests(void)
{
	CHECK(parse("GET / HTTP/1.1\r\nHost: guest\r\n\r\n") == 0);
	CHECK(!request.head && request.keep_alive && strcmp(request.path, "/") == 0);
	CHECK(parse("HEAD /a HTTP/1.1\r\nhOST:guest\r\nConnection: foo , Close\r\n\r\n") == 0);
	CHECK(request.head && !request.keep_alive && strcmp(request.path, "/a") == 0);
	CHECK(parse("GET / HTTP/1.0\r\n\r\n") == 0 && !request.keep_alive);
	CHECK(parse("GET / HTTP/1.0\nConnection: keep-alive\n\n") == 0 && request.keep_alive);
	CHECK(parse("\r\nGET / HTTP/1.0\r\n\r\n") == 0);
	CHECK(parse("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") == 0);
	CHECK(parse("GET / HTTP/1.1\r\n\r\n") == 400);
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
	CHECK(parse("GET / HTTP/1.1\r\nHost : a\r\n\r\n") == 400);
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n") == 400);
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n") == 400);
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == 501);
	CHECK(parse("POST / HTTP/1.1\r\nHost: x\r\n\r\n") == 405);
	CHECK(parse("get / HTTP/1.1\r\nHost: x\r\n\r\n") == 405);
	CHECK(parse("GET / HTTP/2.0\r\nHost: x\r\n\r\n") == 505);
	CHECK(parse("GET /\r\n\r\n") == 400);
	CHECK(parse("GET\r\n\r\n") == 400);
	CHECK(parse("\r\n\r\n") == 400);
	CHECK(http_head_length("", 0) == 0);
	CHECK(http_parse("", 0, &request) == 400);
}

static void test_targets(void)
{
	char long_target[HTTP_PATH_SIZE + 10];

	CHECK(get("/a%20b%2Fc?q=%00") == 0 && strcmp(request.path, "/a b/c") == 0);
	CHECK(get("http://host:80/a?b") == 0 && strcmp(request.path, "/a") == 0);
	CHECK(get("http://host") == 0 && strcmp(request.path, "/") == 0);
	CHECK(get("/%41") == 0 && strcmp(request.path, "/A") == 0);
	CHECK(get("/%4") == 400 && get("/%") == 400 && get("/%zz") == 400 && get("/%00") == 400);
	CHECK(get("a") == 400 && get("*") == 400 && get("https://host/") == 400);
	/* What is below the root, and what is not, files.h decides: here it is only decoded. */
	CHECK(get("/../etc/passwd") == 0 && strcmp(request.path, "/../etc/passwd") == 0);
	CHECK(get("/%2e%2e/x") == 0 && strcmp(request.path, "/../x") == 0);
	memset(long_target, 'a', sizeof(long_target));
	long_target[0] = '/';
	long_target[sizeof(long_target) - 1] = '\0';
	CHECK(get(long_target) == 414);
	long_target[HTTP_PATH_SIZE - 1] = '\0';
	CHECK(get(long_target) == 0 && strlen(request.path) == HTTP_PATH_SIZE - 1);
}

static void test_texts(void)
{
	char text[32];

	CHECK(strcmp(http_content_type("a/b.HTML"), "text/html; charset=utf-8") == 0);
	CHECK(strcmp(http_content_type("b.tar.png"), "image/png") == 0);
	CHECK(strcmp(http_content_type("a.png/b"), "application/octet-stream") == 0);
	CHECK(strcmp(http_content_type("png"), "application/octet-stream") == 0);
	CHECK(http_encode_path("a b/\r\n%\xc3", text, sizeof(text)) == 18 &&
	      strcmp(text, "a%20b/%0D%0A%25%C3") == 0);
	CHECK(http_encode_path("aaaaaaaaaa", text, 8) < 8);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_requests();
	test_targets();
	test_texts();
	return TEST_RESULT();
}

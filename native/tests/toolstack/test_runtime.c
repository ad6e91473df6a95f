/* SPDX-License-Identifier: MIT */
/* The unikernels' printf and command line, compared with the C library's and with what is written down. */
#include <stdlib.h>
#include "runtime.h"
#include "test.h"

const char guest_name[] = "tested";

static char text[512];
static size_t length;

static void collect(void *context, const char *piece, size_t size)
{
	(void)context;
	memcpy(text + length, piece, size);
	length += size;
	text[length] = '\0';
}

static int formatted(const char *pattern, ...)
{
	va_list arguments;
	int count;

	length = 0;
	text[0] = '\0';
	va_start(arguments, pattern);
	count = format(collect, NULL, pattern, arguments);
	va_end(arguments);
	return count;
}

#define SAME(...)                                                                                            \
	do {                                                                                                 \
		char expected[512];                                                                          \
		int count = snprintf(expected, sizeof(expected), __VA_ARGS__);                               \
		int ours = formatted(__VA_ARGS__);                                                           \
		if (count != ours || strcmp(expected, text) != 0)                                            \
			printf("expected '%s', got '%s'\n", expected, text);                                 \
		CHECK(count == ours && strcmp(expected, text) == 0);                                         \
	} while (0)

static void test_format(void)
{
	SAME("plain");
	SAME("%d %i %u", -1, 2, 3U);
	SAME("%d %d", INT32_MIN, INT32_MAX);
	SAME("%ld %ld %lu", INT64_MIN, INT64_MAX, UINT64_MAX);
	SAME("%llu %zu", 1ULL << 63, (size_t)77);
	SAME("%x %X %lx", 0xbeefU, 0xBEEFU, 0xfedcba9876543210UL);
	SAME("[%5d] [%-5d] [%05d] [%.3d] [%6.3d]", 42, 42, -42, 7, -7);
	SAME("[%10s] [%-10s] [%.2s] [%*.*s]", "abc", "abc", "abc", 6, 1, "xyz");
	SAME("%c%c 100%%", 'o', 'k');
	SAME("%016lx", 0x400000UL);
	SAME("%p", (void *)0x1234);
	CHECK(formatted("%s", (char *)NULL) == 6 && strcmp(text, "(null)") == 0);
	CHECK(formatted("end %") == 4);
}

/* Parses a copy of exactly its size, so that the sanitizer sees every byte too many. */
static int parse(const char *line, char **argv, int capacity)
{
	static char *copy;
	size_t size = strlen(line) + 1;

	free(copy);
	copy = malloc(size);
	memcpy(copy, line, size);
	return arguments_parse(copy, size, argv, capacity);
}

static void test_arguments(void)
{
	char *argv[8];

	CHECK(parse("", argv, 8) == 1 && strcmp(argv[0], "tested") == 0 && argv[1] == NULL);
	CHECK(parse("  one two\t three ", argv, 8) == 4);
	CHECK(strcmp(argv[1], "one") == 0 && strcmp(argv[2], "two") == 0 && strcmp(argv[3], "three") == 0);
	CHECK(argv[4] == NULL);
	CHECK(parse("a=\"b c\" \"\" d", argv, 8) == 4);
	CHECK(strcmp(argv[1], "a=b c") == 0 && strcmp(argv[2], "") == 0 && strcmp(argv[3], "d") == 0);
	CHECK(parse("\"never closed", argv, 8) == 2 && strcmp(argv[1], "never closed") == 0);
	CHECK(parse("1 2 3 4 5 6 7 8 9", argv, 8) == 7 && argv[7] == NULL);
}

static void test_numbers(void)
{
	const char *end;

	CHECK(parse_unsigned("123x", &end) == 123 && *end == 'x');
	CHECK(parse_unsigned("", NULL) == 0);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_format();
	test_arguments();
	test_numbers();
	return TEST_RESULT();
}

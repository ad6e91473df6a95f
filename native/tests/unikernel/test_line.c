/* SPDX-License-Identifier: MIT */
/* A line as it is typed on a console. */
#include <string.h>
#include "line.h"
#include "test.h"

static struct line line;
static char echoed[4096];
static int lines;

static void type(const char *keys)
{
	struct line_echo echo;

	for (; *keys != '\0'; keys++) {
		if (line_put(&line, *keys, &echo)) {
			lines++;
			line.text[line.length] = '\0';
		}
		for (; echo.times > 0; echo.times--)
			strncat(echoed, echo.text, echo.length);
	}
}

static void check(const char *keys, const char *text, const char *echo)
{
	memset(&line, 0, sizeof(line));
	echoed[0] = '\0';
	lines = 0;
	type(keys);
	CHECK(lines == 1);
	CHECK(strcmp(line.text, text) == 0);
	CHECK(strcmp(echoed, echo) == 0);
}

int main(void)
{
	struct line_echo echo;

	check("abc\n", "abc", "abc\n");
	check("abc\r", "abc", "abc\n");
	check("abc\r\n", "abc", "abc\n");
	check("abd\x7f"
	      "c\n",
	      "abc", "abd\b \bc\n");
	check("\b\bx\n", "x", "x\n");
	check("h\xc3\xa4\bi\n", "hi", "h\xc3\xa4\b \bi\n");
	check("ab\x15"
	      "c\n",
	      "c", "ab\b \b\b \bc\n");
	check("a\x1b[A\x1b[1;5Cb\x1bOPc\x1bxd\n", "abcd", "abcd\n");
	check("a\x1b[\r", "a", "a\n");
	check("a\x01\x02\tb\n", "a\tb", "a\tb\n");

	memset(&line, 0, sizeof(line));
	for (int i = 0; i < 2000; i++)
		CHECK(!line_put(&line, 'x', &echo));
	CHECK(line.length == LINE_SIZE - 1 && echo.times == 0);
	CHECK(line_put(&line, '\n', &echo));
	return TEST_RESULT();
}

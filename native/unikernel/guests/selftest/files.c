/* SPDX-License-Identifier: MIT */
/* Files and environment: those that native/tests/unikernel/xen_selftest.c gives, or none under another
 * toolstack. */
#include <lightvm/block.h>
#include <lightvm/files.h>
#include "selftest.h"

void test_files(void)
{
	const struct files *files = files_of_ramdisk();
	const struct file *file = file_find(files, "/a/b.txt");
	char text[16] = "";

	expect(getenv("SELFTEST_ABSENT") == NULL, "an absent variable is NULL");
	expect(file_find(files, "/nothing/here") == NULL, "an absent file is NULL");
	expect(file_find(files, "/a/../a/b.txt") == NULL, "a path with .. leads nowhere");
	if (file_next(files, NULL) == NULL)
		return;
	expect(file != NULL && file_is_regular(file) && file->size == 6, "the file is there");
	expect(file_read(file, 2, text, sizeof(text)) == 4 && strcmp(text, "llo\n") == 0,
	       "it is read from its middle");
	expect(memcmp(file->data, "hello\n", 6) == 0, "it lies in memory");
	expect(strcmp(getenv("KEY"), "a value") == 0 && strcmp(getenv("EMPTY"), "") == 0,
	       "the environment is there");
	expect(strcmp(environment_next(environment_next(NULL)), "EMPTY=") == 0, "it can be walked");
	expect(environment_next(environment_next(environment_next(NULL))) == NULL, "it ends");
}

void test_no_disk(void)
{
	expect(block_open(0) == NULL && block_open(15) == NULL && block_open(4096) == NULL,
	       "there is no disk");
}

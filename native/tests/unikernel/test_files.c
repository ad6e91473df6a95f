/* SPDX-License-Identifier: MIT */
/* Archives and their index: those that cpio writes, several in one, links, doubles, and damaged ones. */
#include <stdlib.h>
#include <string.h>
#include "archive.h"
#include "file_index.h"
#include "test.h"

static struct archive archive;
static struct files files;

static enum cpio_result read_index(void)
{
	memset(&files, 0, sizeof(files));
	files.memory = archive.bytes;
	files.source = (struct cpio_source){archive_read, &archive, archive.size};
	return file_index_read(&files);
}

static bool has(const char *path, const char *text)
{
	const struct file *file = file_find(&files, path);
	char bytes[64] = "";

	if (file == NULL || file->size != strlen(text) || memcmp(file->data, text, file->size) != 0)
		return false;
	return file_read(file, 0, bytes, sizeof(bytes)) == (long)file->size && strcmp(bytes, text) == 0;
}

static void test_normalise(void)
{
	static const char *const pairs[][2] = {
	    {"a", "a"}, {"/a/b", "a/b"}, {"./a//b/.", "a/b"}, {".", ""},          {"/", ""},
	    {"", ""},   {"...", "..."},  {"a/..b", "a/..b"},  {".a/b.", ".a/b."}, {"//./x/", "x"},
	};
	static const char *const bad[] = {"..", "/..", "a/..", "a/../b", "../a", "./../a", "a/b/../.."};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char path[32];

		strcpy(path, pairs[i][0]);
		CHECK(cpio_normalise(path));
		CHECK(strcmp(path, pairs[i][1]) == 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char path[32];

		strcpy(path, bad[i]);
		CHECK(!cpio_normalise(path));
	}
}

static void test_index(void)
{
	const struct file *file;
	char text[8];

	archive_begin(&archive);
	archive_add(&archive, ".", 0040755, 1, 2, "");
	archive_add(&archive, "./index.html", 0100644, 2, 1, "<p>hello</p>");
	archive_add(&archive, "img", 0040755, 3, 2, "");
	archive_add(&archive, "/img/a.png", 0100644, 4, 1, "png");
	archive_add(&archive, "empty", 0100644, 5, 1, "");
	archive_add(&archive, "../etc/passwd", 0100644, 6, 1, "outside");
	archive_end(&archive);
	CHECK(read_index() == CPIO_END && files.count == 5);
	CHECK(has("index.html", "<p>hello</p>") && has("/img//a.png", "png") && has("./empty", ""));
	CHECK(file_find(&files, "img/../index.html") == NULL && file_find(&files, "etc/passwd") == NULL);
	CHECK(file_find(&files, "index.htm") == NULL && file_find(&files, "index.html2") == NULL);
	CHECK(file_is_directory(file_find(&files, "img")) && file_is_directory(file_find(&files, "/")));
	CHECK(file_is_regular(file_find(&files, "empty")));
	file = file_next(&files, NULL);
	CHECK(strcmp(file->path, "") == 0);
	file = file_next(&files, file);
	CHECK(strcmp(file->path, "empty") == 0);
	file = file_next(&files, file_next(&files, file_next(&files, file)));
	CHECK(strcmp(file->path, "index.html") == 0 && file_next(&files, file) == NULL);
	CHECK(file_read(file, 3, text, 5) == 5 && memcmp(text, "hello", 5) == 0);
	CHECK(file_read(file, 11, text, 5) == 1 && file_read(file, 12, text, 5) == 0);
	CHECK(file_read(file, UINT64_MAX, text, 5) == 0);
	file_index_free(&files);
}

/* Ours before or after another one's, with and without padding between; of one path the last counts. */
static void test_several(void)
{
	archive_begin(&archive);
	archive_add(&archive, "a", 0100644, 1, 1, "first");
	archive_add(&archive, "a", 0100644, 2, 1, "second");
	archive_add(&archive, "b", 0100644, 3, 1, "b");
	archive_end(&archive);
	archive_pad(&archive, 512 + 3); /* no multiple of 4 */
	archive_begin_next(&archive);
	archive_add(&archive, "a", 0100644, 1, 1, "third");
	archive_add(&archive, "c", 0100644, 2, 1, "c");
	archive_end(&archive);
	archive_begin_next(&archive);
	archive_add(&archive, ".lightvm/environment", 0100600, 1, 1, "A=1");
	archive_end(&archive);
	archive_pad(&archive, 100);
	CHECK(read_index() == CPIO_END && files.count == 4);
	CHECK(has("a", "third") && has("b", "b") && has("c", "c") && has(".lightvm/environment", "A=1"));
	file_index_free(&files);
}

static void test_links(void)
{
	archive_begin(&archive);
	archive_add(&archive, "one", 0100644, 7, 3, "");
	archive_add(&archive, "other", 0100644, 8, 2, "");
	archive_add(&archive, "two", 0100644, 7, 3, "bytes");
	archive_add(&archive, "three", 0100644, 7, 3, "");
	archive_add(&archive, "one", 0100644, 9, 1, "replaced");
	archive_end(&archive);
	archive_begin_next(&archive);
	archive_add(&archive, "elsewhere", 0100644, 8, 2, "not the same");
	archive_end(&archive);
	CHECK(read_index() == CPIO_END && files.count == 5);
	CHECK(has("one", "replaced") && has("two", "bytes") && has("three", "bytes") && has("other", ""));
	file_index_free(&files);
}

static void test_many(void)
{
	char name[32], text[32];

	archive_begin(&archive);
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "%u", (i * 7919) % 2000);
		snprintf(text, sizeof(text), "file %u", (i * 7919) % 2000);
		archive_add(&archive, name, 0100644, i, 1, text);
	}
	archive_end(&archive);
	CHECK(read_index() == CPIO_END && files.count == 2000);
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "/%u", i);
		snprintf(text, sizeof(text), "file %u", i);
		CHECK(has(name, text));
	}
	file_index_free(&files);
}

/* Cut anywhere, and with any byte changed: what was read is sound, and the sanitizer sees no byte too many.
 */
static void test_damaged(void)
{
	static struct archive whole;
	char *original;

	archive_begin(&archive);
	archive_add(&archive, "a", 0100644, 1, 1, "first");
	archive_add(&archive, "b", 0100644, 2, 2, "");
	archive_add(&archive, "c", 0100644, 2, 2, "linked");
	archive_end(&archive);
	whole = archive;
	original = malloc(whole.size);
	memcpy(original, whole.bytes, whole.size);
	for (size_t size = 0; size < whole.size; size++) {
		archive.bytes = malloc(size + 1);
		memcpy(archive.bytes, original, size);
		archive.size = size;
		CHECK(read_index() != CPIO_END || size == 0 || size > whole.size - 4);
		file_index_free(&files);
		free(archive.bytes);
	}
	archive = whole;
	for (size_t i = 0; i < whole.size; i++) {
		static const char values[] = {'\0', '0', 'f', 'x', '/', '\xff'};

		for (size_t j = 0; j < sizeof(values); j++) {
			archive.bytes[i] = values[j];
			read_index();
			for (const struct file *file = NULL; (file = file_next(&files, file)) != NULL;)
				CHECK(file->offset <= archive.size &&
				      file->size <= archive.size - file->offset);
			file_index_free(&files);
		}
		archive.bytes[i] = original[i];
	}
	free(original);

	archive_begin(&archive);
	CHECK(read_index() == CPIO_END && files.count == 0);
	archive_pad(&archive, 5000);
	CHECK(read_index() == CPIO_END && files.count == 0);
	archive.bytes[4000] = '\x1f';
	CHECK(read_index() == CPIO_BROKEN && files.count == 0);
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_normalise();
	test_index();
	test_several();
	test_links();
	test_many();
	test_damaged();
	free(archive.bytes);
	return TEST_RESULT();
}

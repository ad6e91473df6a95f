/* SPDX-License-Identifier: MIT */
#include "file_index.h"
#include <lightvm/guest.h>
#include <lightvm/memory.h>

/* One name of a file that has several: all but one of them have no bytes in the archive. */
struct link {
	struct cpio_entry_id {
		uint64_t archive;
		uint32_t inode, device_major, device_minor;
	} id;
	uint64_t offset, size;
	const char *path;
};

struct links {
	struct link *list;
	size_t count, capacity;
};

/* Room for one more. */
static bool grow(void **list, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
	void *larger;

	if (count < *capacity)
		return true;
	larger = realloc(*list, wanted * size);
	if (larger == NULL)
		return false;
	*list = larger;
	*capacity = wanted;
	return true;
}

static bool add(struct files *files, struct links *links, const struct cpio_entry *entry, uint64_t archive)
{
	size_t length = strlen(entry->name) + 1;
	bool linked = entry->links > 1 && (entry->mode & CPIO_TYPE) == CPIO_REGULAR;
	void *entries = files->entries, *list = links->list;
	char *path;
	bool room;

	room = grow(&entries, &files->capacity, files->count, sizeof(*files->entries));
	files->entries = entries;
	if (room && linked)
		room = grow(&list, &links->capacity, links->count, sizeof(*links->list));
	links->list = list;
	path = room ? malloc(length) : NULL;
	if (path == NULL)
		return false;
	memcpy(path, entry->name, length);
	if (linked)
		links->list[links->count++] = (struct link){
		    .id = {archive, entry->inode, entry->device_major, entry->device_minor},
		    .offset = entry->offset,
		    .size = entry->size,
		    .path = path,
		};
	files->entries[files->count++] = (struct file){
	    .path = path,
	    .size = entry->size,
	    .mode = entry->mode,
	    .modified = entry->modified,
	    .files = files,
	    .offset = entry->offset,
	};
	return true;
}

/* By path; of one path the later is after the earlier. */
static bool is_before(const struct file *left, const struct file *right)
{
	int compared = strcmp(left->path, right->path);

	return compared < 0 || (compared == 0 && left->offset < right->offset);
}

/* Moves the entry at `root` down to where nothing below comes after it. */
static void sift(struct file *entries, size_t root, size_t count)
{
	struct file moved = entries[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && is_before(&entries[child], &entries[child + 1]))
			child++;
		if (!is_before(&moved, &entries[child]))
			break;
		entries[root] = entries[child];
		root = child;
	}
	entries[root] = moved;
}

/* By a heap: no recursion, and never quadratic, whatever the archive. */
static void sort(struct file *entries, size_t count)
{
	size_t i;

	for (i = count / 2; i > 0; i--)
		sift(entries, i - 1, count);
	for (i = count; i > 1; i--) {
		struct file first = entries[0];

		entries[0] = entries[i - 1];
		entries[i - 1] = first;
		sift(entries, 0, i - 1);
	}
}

/* Of several entries with one path the last stays. */
static void drop_doubles(struct files *files)
{
	size_t i, kept = 0;

	for (i = 0; i < files->count; i++) {
		if (i + 1 < files->count && strcmp(files->entries[i].path, files->entries[i + 1].path) == 0)
			free((char *)files->entries[i].path);
		else
			files->entries[kept++] = files->entries[i];
	}
	files->count = kept;
}

/* The first entry whose path is not before that one. */
static size_t lower_bound(const struct files *files, const char *path)
{
	size_t low = 0, high = files->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(files->entries[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool same_file(const struct link *left, const struct link *right)
{
	return left->id.archive == right->id.archive && left->id.inode == right->id.inode &&
	       left->id.device_major == right->id.device_major &&
	       left->id.device_minor == right->id.device_minor;
}

/* Gives the names without bytes those of the name that has them. */
static void resolve_links(struct files *files, const struct links *links)
{
	size_t i, j, k;

	for (i = 0; i < links->count; i++) {
		const struct link *link = &links->list[i];

		for (j = 0; j < links->count; j++)
			if (links->list[j].size > 0 && same_file(link, &links->list[j]))
				break;
		if (link->size > 0 || j == links->count)
			continue;
		/* Several entries may have its path; only its own has its very string. */
		for (k = lower_bound(files, link->path); files->entries[k].path != link->path; k++)
			;
		files->entries[k].size = links->list[j].size;
		files->entries[k].offset = links->list[j].offset;
	}
}

enum cpio_result file_index_read(struct files *files)
{
	struct cpio walk = {.source = files->source, .one = files->one};
	struct links links = {0};
	struct cpio_entry *entry = malloc(sizeof(*entry));
	enum cpio_result result = CPIO_ENTRY;
	size_t i;

	while (entry != NULL && (result = cpio_next(&walk, entry)) == CPIO_ENTRY)
		if (!add(files, &links, entry, walk.start))
			break;
	free(entry);
	sort(files->entries, files->count);
	resolve_links(files, &links);
	drop_doubles(files);
	free(links.list);
	for (i = 0; files->memory != NULL && i < files->count; i++)
		files->entries[i].data = files->memory + files->entries[i].offset;
	return result;
}

void file_index_free(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free((char *)files->entries[i].path);
	free(files->entries);
	files->entries = NULL;
	files->count = files->capacity = 0;
}

const struct file *file_next(const struct files *files, const struct file *after)
{
	size_t index = after == NULL ? 0 : (size_t)(after - files->entries) + 1;

	return index < files->count ? &files->entries[index] : NULL;
}

const struct file *file_find(const struct files *files, const char *path)
{
	size_t length = strlen(path) + 1;
	const struct file *file = NULL;
	char *copy;

	/* No file of an archive has a longer path; and what is asked for may come from anybody. */
	if (length > CPIO_NAME_SIZE)
		return NULL;
	copy = malloc(length);
	if (copy == NULL)
		return NULL;
	memcpy(copy, path, length);
	if (cpio_normalise(copy)) {
		size_t index = lower_bound(files, copy);

		if (index < files->count && strcmp(files->entries[index].path, copy) == 0)
			file = &files->entries[index];
	}
	free(copy);
	return file;
}

bool file_is_directory(const struct file *file)
{
	return (file->mode & CPIO_TYPE) == CPIO_DIRECTORY;
}

bool file_is_regular(const struct file *file)
{
	return (file->mode & CPIO_TYPE) == CPIO_REGULAR;
}

long file_read(const struct file *file, uint64_t offset, void *bytes, size_t size)
{
	const struct cpio_source *source = &file->files->source;
	uint64_t left = offset < file->size ? file->size - offset : 0;

	if (size > left)
		size = (size_t)left;
	if (size == 0)
		return 0;
	return source->read(source->context, file->offset + offset, bytes, size) ? (long)size : -1;
}

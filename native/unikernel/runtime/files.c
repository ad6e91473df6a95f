/* SPDX-License-Identifier: MIT */
/* The files of the ramdisk, and the environment, which the host lays among them. */
#include "runtime.h"
#include "file_index.h"

#define ENVIRONMENT ".lightvm/environment"

static bool read_memory(void *context, uint64_t offset, void *buffer, size_t size)
{
	memcpy(buffer, (const char *)context + offset, size);
	return true;
}

const struct files *files_of_ramdisk(void)
{
	static struct files ramdisk;
	static bool known;
	enum cpio_result result;

	if (known)
		return &ramdisk;
	known = true;
	ramdisk.memory = (const char *)start_info->mod_start;
	if (ramdisk.memory == NULL)
		return &ramdisk;
	ramdisk.source = (struct cpio_source){read_memory, (void *)ramdisk.memory, start_info->mod_len};
	result = file_index_read(&ramdisk);
	if (result != CPIO_END)
		printf("files: the ramdisk's archive %s; %zu files are known\n",
		       result == CPIO_BROKEN ? "is damaged, or not in the newc format"
		                             : "does not fit into memory",
		       ramdisk.count);
	return &ramdisk;
}

/* The environment's bytes: entries that each end with NUL. */
static const char *environment(size_t *size)
{
	const struct file *file = file_find(files_of_ramdisk(), ENVIRONMENT);
	const char *bytes = file != NULL ? file->data : NULL;

	*size = file != NULL ? file->size : 0;
	/* One that does not end is no entry. */
	while (*size > 0 && bytes[*size - 1] != '\0')
		(*size)--;
	return bytes;
}

const char *environment_next(const char *entry)
{
	size_t size;
	const char *first = environment(&size), *next = first;

	if (entry != NULL)
		next = entry + strlen(entry) + 1;
	return next < first + size ? next : NULL;
}

char *getenv(const char *name)
{
	size_t length = strlen(name);
	const char *entry;

	for (entry = environment_next(NULL); entry != NULL; entry = environment_next(entry))
		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return (char *)entry + length + 1;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * Greets, then ticks. Arguments:
 *   interval=MS  between ticks, 1000 if not given     count=N  power off after N ticks
 *   linger=MS    before it obeys a request to end
 *   burst=N      numbered lines at the start, as fast as possible
 *   exit=1       power off after the burst             crash=1  panic after the burst
 *   fault=1      read through a null pointer after the burst
 *   files=1      list the environment and the files that the host gave
 *   show=PATH    print that file
 *   echo=1       answer each line that is typed with "you said: ...", and tell when the window changes its
 * size
 */
#include <lightvm/files.h>
#include <lightvm/guest.h>
#include <lightvm/random.h>

#define MILLISECOND 1000000UL

static const char *text_of(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return argv[i] + length + 1;
	return NULL;
}

static bool option(int argc, char **argv, const char *name, unsigned long *value)
{
	const char *text = text_of(argc, argv, name);

	if (text != NULL)
		*value = parse_unsigned(text, NULL);
	return text != NULL;
}

static void list_files(void)
{
	const struct files *files = files_of_ramdisk();
	const struct file *file;
	const char *variable;

	for (variable = environment_next(NULL); variable != NULL; variable = environment_next(variable))
		printf("environment %s\n", variable);
	for (file = file_next(files, NULL); file != NULL; file = file_next(files, file))
		printf("file /%s, %lu bytes\n", file->path, file->size);
}

static void show_file(const char *path)
{
	const struct file *file = file_find(files_of_ramdisk(), path);

	if (file == NULL)
		printf("there is no file %s\n", path);
	else
		console_write(file->data, file->size);
}

static unsigned long linger;

static void on_shutdown(enum noxs_reason reason)
{
	guest_sleep(linger * MILLISECOND);
	printf("Goodbye: the host asked for %s\n", reason == NOXS_REBOOT ? "a reboot" : "an end");
}

static void on_resume(enum guest_resumed how)
{
	static const char *const words[] = {"as it was", "restored", "a clone"};

	printf("resumed: %s, uuid %s\n", words[how], guest_uuid_text());
	printf("random %08x%08x\n", guest_random32(), guest_random32());
}

static void on_resize(unsigned int columns, unsigned int rows)
{
	printf("window: %u columns, %u rows\n", columns, rows);
}

/* Answers what is typed, until the deadline. */
static void answer_until(uint64_t deadline)
{
	char line[256];

	while (console_read_line(line, sizeof(line), deadline) >= 0)
		printf("you said: %s\n", line);
}

int main(int argc, char **argv)
{
	unsigned long interval = 1000, count = UINT64_MAX, burst = 0, echo = 0, flag = 0;
	uint64_t next;

	option(argc, argv, "interval", &interval);
	option(argc, argv, "count", &count);
	option(argc, argv, "burst", &burst);
	option(argc, argv, "linger", &linger);
	option(argc, argv, "echo", &echo);
	guest_on_shutdown(on_shutdown);
	guest_on_resume(on_resume);
	if (echo != 0)
		console_on_resize(on_resize);

	printf("Hello from LightVM\n");
	printf("uuid %s\n", guest_uuid_text());
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	if (option(argc, argv, "files", &flag) && flag != 0)
		list_files();
	if (text_of(argc, argv, "show") != NULL)
		show_file(text_of(argc, argv, "show"));
	for (unsigned long line = 1; line <= burst; line++)
		printf("burst %lu\n", line);
	if (option(argc, argv, "exit", &flag) && flag != 0)
		return 0;
	if (option(argc, argv, "crash", &flag) && flag != 0)
		panic("asked to by crash=%lu", flag);
	if (option(argc, argv, "fault", &flag) && flag != 0)
		printf("%d\n", *(volatile int *)(flag - 1));

	next = clock_monotonic();
	for (unsigned long tick = 1; tick <= count; tick++) {
		/* Against the clock, not after each line: slow printing does not shift the rest. */
		next += interval * MILLISECOND;
		while (clock_monotonic() < next)
			if (echo != 0)
				answer_until(next);
			else
				guest_wait(next);
		printf("tick %lu\n", tick);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Tests the runtime from inside a guest: a line "ok NAME" for each part, and power-off; a panic where one
 * fails. Run by native/tests/unikernel/xen_selftest.c.
 */
#include "selftest.h"

void expect(bool holds, const char *what)
{
	if (!holds)
		panic("%s is not so", what);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
	    {"heap", test_heap},       {"all-memory", test_all_memory}, {"grants", test_grants},
	    {"threads", test_threads}, {"random", test_random},         {"time", test_time},
	    {"network", test_network}, {"files", test_files},           {"no-disk", test_no_disk},
	};

	(void)argc;
	(void)argv;
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tests[i].run();
		printf("ok %s\n", tests[i].name);
	}
	printf("memory free: %zu\n", memory_free());
	printf("all ok\n");
	return 0;
}

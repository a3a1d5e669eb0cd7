/*
 * Loads two libraries in turn, calls them, unloads them, again and again: the same addresses hold
 * now the one, now the other. Proves that a sample is looked up in what was mapped at its time.
 * The libraries are plugin_a.so and plugin_b.so beside the program. Usage: dlopen_loop [SECONDS]
 */
#include "burn.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int run_plugin(const char *dir, const char *name)
{
	char path[PATH_MAX + 32], symbol[32];
	snprintf(path, sizeof(path), "%s/plugin_%s.so", dir, name);
	snprintf(symbol, sizeof(symbol), "plugin_%s_work", name);
	void *library = dlopen(path, RTLD_NOW);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 0;
	}
	uint64_t (*work)(void) = (uint64_t(*)(void))dlsym(library, symbol);
	volatile uint64_t sink = work ? work() : 0;
	(void)sink;
	dlclose(library);
	return 1;
}

int main(int argc, char **argv)
{
	char self[PATH_MAX] = "";
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	const char *dir = dirname(self);
	double seconds = seconds_argument(argc, argv, 2);
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		if (!run_plugin(dir, "a") || !run_plugin(dir, "b"))
			return 1;
	return 0;
}

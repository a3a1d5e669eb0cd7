/*
 * How long it takes to have a file's unwind table: opened, built, loaded from the cache (in DIR).
 * Prints the median of some rounds. Not a test; build with `make build/report/test/table_bench`,
 * and call it as table_bench DIR ELF-FILE...
 */
#include "report/cache.h"
#include "report/elf_file.h"
#include "report/unwind_table.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 15 };

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others use the machine too */
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static bool measure(const char *path, struct cache *cache, struct err *err)
{
	double open_us[ROUNDS], build_us[ROUNDS], load_us[ROUNDS];
	struct unwind_table_summary summary = { 0 };
	for (int i = 0; i < ROUNDS; i++) {
		AUTO(elf_file_close) struct elf_file *elf = NULL;
		AUTO(unwind_table_free) struct unwind_table *table = NULL;
		double start = now_us();
		if (!elf_file_open(path, &elf, err))
			return false;
		open_us[i] = now_us() - start;
		start = now_us();
		if (!unwind_table_build(elf, &table, err))
			return false;
		build_us[i] = now_us() - start;
		summary = unwind_table_summary(table);
	}
	for (int i = 0; i <= ROUNDS; i++) { /* the first one stores */
		AUTO(elf_file_close) struct elf_file *elf = NULL;
		AUTO(unwind_table_free) struct unwind_table *table = NULL;
		if (!elf_file_open(path, &elf, err))
			return false;
		double start = now_us();
		if (!unwind_table_open(elf, cache, &table, err))
			return false;
		if (i)
			load_us[i - 1] = now_us() - start;
	}
	printf("%s: open %.0f us, build %.0f us, load %.0f us, %zu FDEs, %zu rows, %zu rules\n",
		path, median(open_us), median(build_us), median(load_us), summary.n_fdes,
		summary.n_rows, summary.n_rules);
	return true;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	AUTO(cache_close) struct cache *cache = NULL;
	if (argc < 2 || !cache_open(argv[1], &cache, &err))
		printf("%s\n", argc < 2 ? "usage: table_bench DIR ELF-FILE..." : err.text);
	for (int i = 2; i < argc; i++) {
		if (!measure(argv[i], cache, &err))
			printf("%s\n", err.text);
	}
	return 0;
}

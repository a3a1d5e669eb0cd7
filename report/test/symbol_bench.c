/*
 * How fast addresses get names: N random addresses of an ELF file's code, answered from the files
 * and then from the cache. Not a test; build with `make build/report/test/symbol_bench`.
 *
 *	symbol_bench ELF N
 *
 * writes a line for each figure: a name, a number, a unit. Each is the best of some rounds, by the
 * clock on the wall, with one thread and with as many as there are CPUs.
 */
#include "report/cache.h"
#include "report/elf_file.h"
#include "report/symbol_source.h"
#include "report/workers.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5 };

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare_vaddrs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* xorshift64: the same addresses every time. */
static bool choose_addresses(struct elf_file *elf, uint64_t *vaddrs, size_t n, struct err *err)
{
	struct elf_section text;
	uint64_t random = 88172645463325252u;
	if (!elf_file_section(elf, ".text", &text, err))
		return err->text[0] ? false : err_set(err, "no .text");
	for (size_t i = 0; i < n; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		vaddrs[i] = text.vaddr + random % text.size_bytes;
	}
	qsort(vaddrs, n, sizeof(*vaddrs), compare_vaddrs);
	return true;
}

/* Opens the file, asks, and closes it: what a report does. */
static bool ask(const char *path, const struct symbol_search *search, const uint64_t *vaddrs,
	size_t n, double *ret_s, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	AUTO_FREE struct symbol_answer *answers = calloc(n + 1, sizeof(*answers));
	double start = now_s();
	if (!answers)
		return err_set(err, "no memory");
	if (!elf_file_open(path, &elf, err) || !symbol_source_open(elf, search, &source, err) ||
		!symbol_source_resolve(source, vaddrs, n, answers, err))
		return false;
	symbol_source_finish(source);
	*ret_s = now_s() - start;
	return true;
}

static bool measure(const char *name, const char *path, const struct symbol_search *search,
	const uint64_t *vaddrs, size_t n, struct err *err)
{
	double best_s = 0;
	for (int round = 0; round < ROUNDS; round++) {
		double s;
		if (!ask(path, search, vaddrs, n, &s, err))
			return false;
		if (!round || s < best_s)
			best_s = s;
	}
	printf("symbolize_%s %.0f addresses/s\n", name, (double)n / best_s);
	printf("symbolize_%s_time %.3f ms\n", name, best_s * 1e3);
	return true;
}

static bool run(const char *path, size_t n, const char *cache_path, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(cache_close) struct cache *cache = NULL;
	AUTO_FREE uint64_t *vaddrs = calloc(n + 1, sizeof(*vaddrs));
	struct symbol_search search = { .n_threads = 1 };
	if (!vaddrs)
		return err_set(err, "no memory");
	if (!elf_file_open(path, &elf, err) || !choose_addresses(elf, vaddrs, n, err) ||
		!measure("cold_1_thread", path, &search, vaddrs, n, err))
		return false;
	search.n_threads = workers_default();
	if (!measure("cold", path, &search, vaddrs, n, err) || !cache_open(cache_path, &cache, err))
		return false;
	search.cache = cache;
	double ignored;
	return ask(path, &search, vaddrs, n, &ignored, err) &&
		measure("warm", path, &search, vaddrs, n, err);
}

int main(int argc, char **argv)
{
	char cache_path[] = "/tmp/ddrec-symbol-bench-XXXXXX", command[128];
	struct err err = { 0 };
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (!n || !mkdtemp(cache_path)) {
		fprintf(stderr, "usage: symbol_bench ELF N\n");
		return 2;
	}
	bool ok = run(argv[1], n, cache_path, &err);
	snprintf(command, sizeof(command), "rm -rf %s", cache_path);
	if (system(command) != 0 || !ok)
		fprintf(stderr, "symbol_bench: %s\n", err.text);
	return ok ? 0 : 1;
}

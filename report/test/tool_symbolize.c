/*
 * Names addresses of a file with inlined functions and lines, all of stdin at once, and prints
 *them:
 *
 *	tool_symbolize FILE [CACHE_DIR] <ADDRESSES
 *
 * One line for each function of an address, innermost first: "ADDRESS FUNCTION FILE:LINE". The
 * benchmark gives the same addresses to addr2line and llvm-symbolizer.
 */
#include "report/cache.h"
#include "report/elf_file.h"
#include "report/symbol_source.h"
#include "report/demangle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct addresses {
	uint64_t *vaddrs;
	size_t n, cap;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static bool read_addresses(struct addresses *a)
{
	for (uint64_t vaddr; scanf("%" SCNx64, &vaddr) == 1;) {
		if (a->n == a->cap) {
			a->cap = a->cap ? a->cap * 2 : 1024;
			a->vaddrs = reallocarray(a->vaddrs, a->cap, sizeof(*a->vaddrs));
			if (!a->vaddrs)
				return false;
		}
		a->vaddrs[a->n++] = vaddr;
	}
	qsort(a->vaddrs, a->n, sizeof(*a->vaddrs), compare);
	return a->n > 0;
}

static void print_answer(uint64_t vaddr, const struct symbol_answer *answer)
{
	if (answer->n_frames == 0)
		printf("%#" PRIx64 " ??\n", vaddr);
	for (uint32_t i = 0; i < answer->n_frames; i++) {
		const struct symbol_frame *frame = &answer->frames[i];
		AUTO_FREE char *name = frame->raw_name ? demangle(frame->raw_name) : NULL;
		const char *raw = frame->raw_name ? frame->raw_name : "??";
		printf("%#" PRIx64 " %s %s:%" PRIu32 "\n", vaddr, name ? name : raw,
			frame->file ? frame->file : "??", frame->line);
	}
}

static bool symbolize(
	const char *path, const char *cache_dir, const struct addresses *a, struct err *err)
{
	AUTO(cache_close) struct cache *cache = NULL;
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	AUTO_FREE struct symbol_answer *answers = calloc(a->n, sizeof(*answers));
	if (!answers)
		return err_set(err, "not enough memory");
	if (cache_dir && !cache_open(cache_dir, &cache, err))
		return false;
	const struct symbol_search search = { .cache = cache };
	if (!elf_file_open(path, &elf, err) || !symbol_source_open(elf, &search, &source, err) ||
		!symbol_source_resolve(source, a->vaddrs, a->n, answers, err))
		return false;
	symbol_source_finish(source);
	for (size_t i = 0; i < a->n; i++)
		print_answer(a->vaddrs[i], &answers[i]);
	return true;
}

int main(int argc, char **argv)
{
	struct addresses addresses = { 0 };
	struct err err = { 0 };
	if (argc < 2 || argc > 3 || !read_addresses(&addresses)) {
		fprintf(stderr, "usage: tool_symbolize FILE [CACHE_DIR] <ADDRESSES\n");
		return 2;
	}
	bool ok = symbolize(argv[1], argv[2], &addresses, &err);
	if (!ok)
		fprintf(stderr, "tool_symbolize: %s\n", err.text);
	free(addresses.vaddrs);
	return ok ? 0 : 1;
}

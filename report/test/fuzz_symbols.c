/*
 * Fuzz entry: any bytes as an ELF file, and questions all over its code.
 */
#include "report/symbol_source.h"
#include "report/demangle.h"
#include "report/elf_file.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_QUESTIONS = 256 };

static void ask_all_over(struct symbol_source *source, const struct elf_segment *segment)
{
	uint64_t vaddrs[N_QUESTIONS];
	struct symbol_answer answers[N_QUESTIONS];
	struct err err = { 0 };
	for (uint64_t i = 0; i < N_QUESTIONS; i++)
		vaddrs[i] = segment->vaddr + segment->mem_bytes / N_QUESTIONS * i;
	if (!symbol_source_resolve(source, vaddrs, N_QUESTIONS, answers, &err))
		return;
	for (size_t i = 0; i < N_QUESTIONS; i++)
		for (uint32_t k = 0; k < answers[i].n_frames; k++)
			if (answers[i].frames[k].raw_name)
				free(demangle(answers[i].frames[k].raw_name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const no_dirs[] = { NULL };
	struct symbol_search search = { no_dirs };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct err err = { 0 };
	size_t n = 0;
	if (!elf_file_open_memory(data, size, "/nonexistent/fuzz", &elf, &err) ||
		!symbol_source_open(elf, &search, &source, &err))
		return 0;
	const struct elf_segment *segments = elf_file_segments(elf, &n);
	for (size_t i = 0; i < n && i < 16; i++)
		if (segments[i].executable)
			ask_all_over(source, &segments[i]);
	return 0;
}

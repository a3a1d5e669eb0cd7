/*
 * Asks a symbol source for addresses all over a segment, and demangles what it says: what hostile
 * files are tried with.
 */
#ifndef REPORT_TEST_ASK_SYMBOLS_H
#define REPORT_TEST_ASK_SYMBOLS_H

#include "report/demangle.h"
#include "report/elf_file.h"
#include "report/symbol_source.h"

enum { N_QUESTIONS = 64 };

static inline void ask_all_over(struct symbol_source *source, const struct elf_segment *segment)
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

#endif

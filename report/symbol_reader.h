/*
 * Names for code addresses, worked out from the files: the module, its separate debug file, and
 * what these refer to. The slow half of a symbol source; the other is symbol_store.h.
 *
 * The answer to an address depends on nothing but the files: neither on the other addresses nor on
 * the number of threads. That is what lets answers be kept.
 */
#ifndef REPORT_SYMBOL_READER_H
#define REPORT_SYMBOL_READER_H

#include "report/code_ranges.h"
#include "report/file_facts.h"
#include "report/symbol_source.h"

/* What is known of an address, and of all others from start to end. */
struct symbol_finding {
	uint64_t start, end; /* vaddr */
	const struct symbol_frame *frames;
	uint32_t n_frames;
	const char *problem; /* met while reading this one, or NULL */
	bool is_partial;     /* the reading was given up: another time more might be found */
};

struct symbol_reader;

/* Fails only without memory. elf must outlive the reader. facts gets the files that were looked
 * for. */
MUST_CHECK bool symbol_reader_open(struct elf_file *elf, const struct symbol_search *search,
	struct file_facts *facts, struct symbol_reader **ret_reader, struct err *err);
void symbol_reader_close(struct symbol_reader *r);
DEFINE_AUTO(struct symbol_reader *, symbol_reader_close);

/* As known once the reader is open. Its strings are the reader's. */
const struct symbol_notes *symbol_reader_notes(const struct symbol_reader *r);

void symbol_reader_use_threads(struct symbol_reader *r, unsigned n_threads);

/* vaddrs sorted, rising, n of them; so are the findings. They live as long as the reader. */
MUST_CHECK bool symbol_reader_find(struct symbol_reader *r, const uint64_t *vaddrs, size_t n,
	struct file_facts *facts, struct symbol_finding *ret_findings, struct err *err);

#endif

/*
 * Names for code addresses of one ELF file: functions, inlined calls, source lines. Reads symbol
 * tables, .gnu_debugdata, PLT relocations and DWARF 4/5, in the file and in its separate debug
 * file.
 *
 * A source is opened once per module and asked once with all addresses, sorted: each compile
 * unit is read at most once. What was answered before, for whatever recording, comes from the
 * cache; where all does, symbol tables and debug information are not looked at.
 *
 *	symbol_source_open(elf, &search, &source, err);
 *	symbol_source_resolve(source, vaddrs, n, answers, err);
 *	symbol_source_finish(source);
 *	... use answers ...
 *	symbol_source_close(source);
 */
#ifndef REPORT_SYMBOL_SOURCE_H
#define REPORT_SYMBOL_SOURCE_H

#include "common/err.h"
#include "common/trace_event.h"

struct cache;
struct elf_file;
struct symbol_source;

/* Where separate debug files are looked for; the build-id (or the debuglink's CRC) must match. */
struct symbol_search {
	const char *const *debug_dirs; /* NULL: { "/usr/lib/debug" }; ends with NULL */
	struct cache *cache;           /* of what was answered before; NULL: none */
	unsigned n_threads;            /* for the units of one file; 0: one */
};

/* Innermost first: inlined functions, then the function that contains them. */
struct symbol_frame {
	const char *raw_name;   /* linkage name, or where there is none DW_AT_name with the scopes
				   around it ("a::b"); NULL: unknown */
	const char *shown_name; /* demangled; NULL: raw_name is */
	const char
		*file; /* source file of the line, as full as the debug info tells; NULL: unknown */
	uint32_t line; /* 0: unknown. For the innermost frame the line of the address, for the
			  others the line of the call that was inlined */
	bool is_inlined;
};

struct symbol_answer {
	const struct symbol_frame *frames;
	uint32_t n_frames; /* 0: nothing is known of the address */
};

struct symbol_notes { /* degradations while reading, for the health block */
	bool has_symbols, has_debug_info;
	bool is_stripped;       /* no .symtab anywhere: the symbols, if any, are what is exported */
	const char *debug_file; /* path of the separate debug file used, or NULL */
	const char
		*problem; /* what could not be read, or NULL: "debug file /x: build-id differs" */
};

/* elf stays the caller's and must outlive the source. Fails only without memory. Several threads
 * may have sources at once, each of another elf. */
MUST_CHECK bool symbol_source_open(struct elf_file *elf, const struct symbol_search *search,
	struct symbol_source **ret_source, struct err *err);
void symbol_source_close(struct symbol_source *source);
DEFINE_AUTO(struct symbol_source *, symbol_source_close);

/* The same, but looks only into the cache for now: where that has nothing, the files are opened,
 * and the notes known, once an address is asked about. NULL: no memory. */
struct symbol_source *symbol_source_new(struct elf_file *elf, const struct symbol_search *search);
/* Whether all n can be answered without looking at the files. vaddrs sorted, rising. */
bool symbol_source_knows(const struct symbol_source *source, const uint64_t *vaddrs, size_t n);
/* Before resolve: instead of search.n_threads. */
void symbol_source_use_threads(struct symbol_source *source, unsigned n_threads);

/* vaddrs sorted, rising; answers has n entries, which live as long as the source. */
MUST_CHECK bool symbol_source_resolve(struct symbol_source *source, const uint64_t *vaddrs,
	size_t n, struct symbol_answer *answers, struct err *err);

/* Puts what was learned into the cache, and closes the files. Answers and notes stay. */
void symbol_source_finish(struct symbol_source *source);

/* problem: what opening met, else what was met first among the addresses asked about. */
const struct symbol_notes *symbol_source_notes(const struct symbol_source *source);

#endif
